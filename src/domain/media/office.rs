//! Office documents: which program one belongs to, by the names of what it consists of.

use super::Content;
use super::stripped::{cut, le16, le32, length};
use memchr::memmem;

/// The end of a list of files, without its comment.
const END: usize = 22;
/// A line of that list, without its names.
const LINE: usize = 46;

/// What an archive is; none if it is damaged, no document, or one with macros.
pub fn in_archive(file: &[u8]) -> Option<Content> {
    let names = names(file)?;
    let has = |name: &[u8]| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    if !has(b"[Content_Types].xml") || names.iter().any(|name| name.to_ascii_lowercase().ends_with(b"vbaproject.bin")) {
        return None;
    }
    let parts: [(&[u8], Content); 3] = [
        (b"word/document.xml", Content::Docx),
        (b"xl/workbook.xml", Content::Xlsx),
        (b"ppt/presentation.xml", Content::Pptx),
    ];
    parts.into_iter().find(|(part, _)| has(part)).map(|(_, content)| content)
}

/// The names in the list at the end of an archive, which is the one that programs go by.
fn names(file: &[u8]) -> Option<Vec<&[u8]>> {
    let tail = file.get(file.len().saturating_sub(END + usize::from(u16::MAX))..)?;
    let end = tail.get(memmem::rfind(tail, b"PK\x05\x06")?..)?;
    let (_, mut rest) = cut(file, length(le32(end, 16)?)?)?;
    (0..le16(end, 10)?)
        .map(|_| {
            let (line, after) = cut(rest, LINE)?;
            if !line.starts_with(b"PK\x01\x02") {
                return None;
            }
            let (name, after) = cut(after, le16(line, 28)?.into())?;
            let (_, after) = cut(after, usize::from(le16(line, 30)?).checked_add(le16(line, 32)?.into())?)?;
            rest = after;
            Some(name)
        })
        .collect()
}

/// What a document of the years before 2007 is, by the name of its main stream.
pub fn before_2007(file: &[u8]) -> Option<Content> {
    let streams = [
        ("WordDocument", Content::Doc),
        ("Workbook", Content::Xls),
        ("PowerPoint Document", Content::Ppt),
        ("Book", Content::Xls),
    ];
    let has = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(file, &name).is_some()
    };
    streams.into_iter().find(|(name, _)| has(name)).map(|(_, content)| content)
}
