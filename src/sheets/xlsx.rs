//! Workbooks: the cells of one sheet, one after the other. What a workbook unfolds to is measured first, because a small file may
//! hold a very large one.

use super::{LONGEST_ROW, MOST_CELLS, Take, Unreadable};
use crate::domain::contacts::import::Cells;
use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use memchr::memmem;
use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use zip::ZipArchive;

/// All parts of a workbook, unfolded: a million rows of a dozen cells.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// The texts that its cells share, which are in memory while it is read.
const LARGEST_TEXTS: u64 = 64 * 1024 * 1024;
/// Parts in which nothing but a sheet's cells can be long.
const LARGEST_PART: u64 = 16 * 1024 * 1024;
/// The longest piece of a part without the beginning of an element: a cell has at most 32,767 characters.
const LONGEST_TEXT: usize = 1024 * 1024;
/// As many digits as the count of shared texts may have: memory is set aside for it before any of them is read.
const DIGITS: usize = 7;
/// As much may stand between its name and its first digit.
const SPACE: usize = 32;
/// How that count is called.
const COUNT: &[u8] = b"uniqueCount";

impl From<zip::result::ZipError> for Unreadable {
    fn from(e: zip::result::ZipError) -> Self {
        Self::Broken(e.to_string())
    }
}

impl From<calamine::XlsxError> for Unreadable {
    fn from(e: calamine::XlsxError) -> Self {
        match e {
            calamine::XlsxError::Password => Self::OldWorkbook,
            e => Self::Broken(e.to_string()),
        }
    }
}

/// Reads all rows of a sheet.
pub(super) fn read(file: File, sheet: Option<&str>, take: &mut Take<'_>) -> Result<(), Unreadable> {
    measure(&file)?;
    let mut book = Xlsx::new(BufReader::new(file))?;
    let of_cells = |it: &&calamine::Sheet| it.typ == SheetType::WorkSheet;
    let shown = |it: &&calamine::Sheet| it.visible == SheetVisible::Visible;
    let mut sheets = book.sheets_metadata().iter().filter(of_cells);
    let found = match sheet {
        Some(name) => sheets.find(|it| it.name == name),
        None => sheets.find(shown),
    };
    let name = found.map(|it| it.name.clone());
    let name = name.ok_or_else(|| sheet.map_or(Unreadable::Empty, |name| Unreadable::NoSheet(name.to_owned())))?;
    let mut cells = book.worksheet_cells_reader(&name)?;
    let mut row = Row::default();
    while let Some(cell) = cells.next_cell()? {
        let ((line, column), value) = (cell.get_position(), text(cell.get_value()));
        if line != row.index {
            if line < row.index {
                return Err(Unreadable::Broken(format!("row {} comes after row {}", line + 1, row.index + 1)));
            }
            if row.done(take)?.is_break() {
                return Ok(());
            }
            row.index = line;
        }
        row.put(column, value)?;
    }
    row.done(take).map(drop)
}

/// A row on its way.
#[derive(Default)]
struct Row {
    /// From 0.
    index: u32,
    cells: Vec<String>,
    text: String,
    ends: Vec<usize>,
}

impl Row {
    const fn line(&self) -> u32 {
        self.index.saturating_add(1)
    }

    fn put(&mut self, column: u32, value: String) -> Result<(), Unreadable> {
        if value.is_empty() {
            return Ok(());
        }
        let at = usize::try_from(column).unwrap_or(usize::MAX);
        if at >= MOST_CELLS {
            return Err(Unreadable::TooManyCells(self.line()));
        }
        if self.cells.len() <= at {
            self.cells.resize(at + 1, String::new());
        }
        if let Some(cell) = self.cells.get_mut(at) {
            *cell = value;
        }
        Ok(())
    }

    fn done(&mut self, take: &mut Take<'_>) -> Result<ControlFlow<()>, Unreadable> {
        self.text.clear();
        self.ends.clear();
        for cell in self.cells.drain(..) {
            self.text.push_str(&cell);
            self.ends.push(self.text.len());
        }
        if self.text.len() > LONGEST_ROW {
            return Err(Unreadable::TooLong(self.line()));
        }
        let cells = Cells::new(&self.text, &self.ends);
        Ok(if cells.are_empty() { ControlFlow::Continue(()) } else { take(self.line(), cells) })
    }
}

/// A value as people see it. Of a formula it is what came of it the last time; of a moment its day, for a workbook knows no time
/// zones; an error says nothing.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        // Numbers of telephones are numbers to a workbook; they have no fraction and no exponent.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTime(span) => span.as_f64().to_string(),
        DataRef::DateTimeIso(moment) => moment.split('T').next().unwrap_or_default().to_owned(),
        DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Unfolds every part once, and keeps nothing: what is too large is refused before anybody sets memory aside for it.
fn measure(file: &File) -> Result<(), Unreadable> {
    let mut archive = ZipArchive::new(BufReader::new(file))?;
    let (mut all, mut piece) = (0_u64, vec![0; 64 * 1024]);
    for at in 0..archive.len() {
        let mut part = archive.by_index(at)?;
        let name = part.name()?.to_ascii_lowercase();
        let (most, what) = if name.contains("worksheets/") {
            (LARGEST, "cells")
        } else if name.ends_with("sharedstrings.xml") {
            (LARGEST_TEXTS, "different texts")
        } else {
            (LARGEST_PART, "a part that is no sheet")
        };
        let (mut size, mut look) = (0_u64, Look::default());
        loop {
            let count = part.read(&mut piece).map_err(|e| Unreadable::Broken(e.to_string()))?;
            if count == 0 {
                break;
            }
            size += count as u64;
            all += count as u64;
            if size > most || all > LARGEST {
                return Err(Unreadable::TooLarge(what));
            }
            // Pictures and the like are nothing that anybody reads here.
            if name.ends_with(".xml") || name.ends_with(".rels") {
                look.at(piece.get(..count).unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

/// What was seen of a part so far.
#[derive(Default)]
struct Look {
    /// Bytes since the last beginning of an element.
    text: usize,
    /// The end of the piece before, in which a count may begin.
    before: Vec<u8>,
}

impl Look {
    fn at(&mut self, piece: &[u8]) -> Result<(), Unreadable> {
        for stretch in piece.split_inclusive(|byte| *byte == b'<') {
            self.text += stretch.len();
            if self.text > LONGEST_TEXT {
                return Err(Unreadable::TooLarge("a text without an end"));
            }
            if stretch.last() == Some(&b'<') {
                self.text = 0;
            }
        }
        self.before.extend_from_slice(piece);
        for at in memmem::find_iter(&self.before, COUNT) {
            if counts_too_many(self.before.get(at + COUNT.len()..).unwrap_or_default()) {
                return Err(Unreadable::TooLarge("different texts"));
            }
        }
        let kept = self.before.len().saturating_sub(COUNT.len() + 64);
        self.before.drain(..kept);
        Ok(())
    }
}

/// Whether what follows the name of the count is one with more digits than there can be texts. Nobody writes much space before it.
fn counts_too_many(rest: &[u8]) -> bool {
    let between = |byte: &&u8| matches!(**byte, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\'' | b'+' | b'0');
    let skipped = rest.iter().take_while(between).count();
    let digits = rest.iter().skip(skipped).take_while(|byte| byte.is_ascii_digit()).count();
    skipped > SPACE || digits > DIGITS
}
