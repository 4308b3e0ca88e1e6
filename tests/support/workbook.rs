//! Workbooks as a spreadsheet program writes them, as far as readers look: one sheet, with its texts shared or in place.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A cell.
#[derive(Clone, Copy)]
pub enum Cell<'a> {
    /// A text among those that are shared.
    Shared(&'a str),
    /// A text in its place.
    Inline(&'a str),
    Number(f64),
    /// Days since 1900, shown as a date.
    Day(u32),
    /// A formula, and what came of it.
    Formula(&'a str, &'a str),
    Error(&'a str),
    Nothing,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn column(mut at: usize) -> String {
    let mut name = String::new();
    loop {
        name.insert(0, char::from(b'A' + u8::try_from(at % 26).unwrap()));
        if at < 26 {
            return name;
        }
        at = at / 26 - 1;
    }
}

/// With these rows; `None` is a row that the sheet does not have.
pub fn workbook(rows: &[Option<Vec<Cell<'_>>>]) -> Vec<u8> {
    let mut shared: Vec<&str> = Vec::new();
    let mut sheet = String::new();
    for (row, cells) in (1..).zip(rows) {
        let Some(cells) = cells else { continue };
        sheet.push_str(&format!("<row r=\"{row}\">"));
        for (at, cell) in cells.iter().enumerate() {
            let place = format!("r=\"{}{row}\"", column(at));
            sheet.push_str(&match cell {
                Cell::Shared(text) => {
                    shared.push(text);
                    format!("<c {place} t=\"s\"><v>{}</v></c>", shared.len() - 1)
                }
                Cell::Inline(text) => format!("<c {place} t=\"inlineStr\"><is><t>{}</t></is></c>", escaped(text)),
                Cell::Number(number) => format!("<c {place}><v>{number}</v></c>"),
                Cell::Day(day) => format!("<c {place} s=\"1\"><v>{day}</v></c>"),
                Cell::Formula(formula, value) => {
                    format!("<c {place} t=\"str\"><f>{}</f><v>{}</v></c>", escaped(formula), escaped(value))
                }
                Cell::Error(error) => format!("<c {place} t=\"e\"><v>{error}</v></c>"),
                Cell::Nothing => String::new(),
            });
        }
        sheet.push_str("</row>");
    }
    let texts: String = shared.iter().map(|text| format!("<si><t>{}</t></si>", escaped(text))).collect();
    let texts = format!("<sst uniqueCount=\"{}\" xmlns=\"{MAIN}\">{texts}</sst>", shared.len());
    packed(&sheet, &texts)
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// With this content of its sheet, and these shared texts.
pub fn packed(rows: &str, texts: &str) -> Vec<u8> {
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Secret\" sheetId=\"2\" state=\"hidden\" r:id=\"r2\"/><sheet name=\"People\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet2.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
        ("xl/sharedStrings.xml", texts.to_owned()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>")),
        (
            "xl/worksheets/sheet2.xml",
            format!(
                "<worksheet xmlns=\"{MAIN}\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>hidden</t></is></c></row></sheetData></worksheet>"
            ),
        ),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
