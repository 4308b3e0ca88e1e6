//! Tables in files, CSV and XLSX, row by row: whatever the size of a file, little of it is in memory at once.

mod csv;
mod xlsx;

use crate::domain::contacts::import::Cells;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::ControlFlow;

/// The most bytes of one row: one that is longer is most often a quotation mark that is never closed.
const LONGEST_ROW: usize = 128 * 1024;
/// The most columns.
const MOST_CELLS: usize = 512;

/// Why a file cannot be read, and where it shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// A text in another encoding.
    #[error("line {0}: not UTF-8; save the file as \"CSV UTF-8\"")]
    NotUtf8(u32),
    /// A row without an end.
    #[error("line {0}: the row is longer than 128 KB; a quotation mark may not be closed")]
    TooLong(u32),
    /// More columns than anybody has.
    #[error("line {0}: more than 512 cells")]
    TooManyCells(u32),
    /// A workbook of a format from before 2007, or one that is locked.
    #[error("an old or a locked workbook; save it as .xlsx without a password, or as \"CSV UTF-8\"")]
    OldWorkbook,
    /// A workbook that is broken.
    #[error("the workbook is broken: {0}")]
    Broken(String),
    /// A workbook that unfolds to more than may be in memory.
    #[error("the workbook holds more than can be read ({0}); save the sheet as \"CSV UTF-8\"")]
    TooLarge(&'static str),
    /// A sheet that is not there.
    #[error("the workbook has no sheet \"{0}\"")]
    NoSheet(String),
    /// The bytes do not come.
    #[error("its bytes cannot be read: {0}")]
    Bytes(String),
}

impl From<std::io::Error> for Unreadable {
    fn from(e: std::io::Error) -> Self {
        Self::Bytes(e.to_string())
    }
}

/// Whoever takes the rows, each with the line that it begins in; may have had enough.
pub type Take<'t> = dyn FnMut(u32, Cells<'_>) -> ControlFlow<()> + 't;

/// Gives every row of a file that is not empty, the first line too. Of a workbook that is the sheet of this name, or the first
/// that is not hidden. What a file is, its bytes say, not its name.
pub fn read(mut file: File, sheet: Option<&str>, take: &mut Take<'_>) -> Result<(), Unreadable> {
    let mut head = [0_u8; 8];
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            count => filled += count,
        }
    }
    file.seek(SeekFrom::Start(0))?;
    match head.get(..filled).unwrap_or_default() {
        [] => Err(Unreadable::Empty),
        [b'P', b'K', 3, 4, ..] => xlsx::read(file, sheet, take),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(Unreadable::OldWorkbook),
        _ => csv::read(file, take),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write as _;

    /// A file of these bytes.
    pub fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        file
    }

    /// All its rows, each with its line.
    pub fn rows(bytes: &[u8]) -> Result<Vec<(u32, Vec<String>)>, Unreadable> {
        let mut rows = Vec::new();
        read(file(bytes), None, &mut |line, cells| {
            rows.push((line, (0..cells.count()).map(|at| cells.get(at).to_owned()).collect()));
            ControlFlow::Continue(())
        })?;
        Ok(rows)
    }

    #[test]
    fn a_file_is_what_its_bytes_are() {
        assert_eq!(rows(b""), Err(Unreadable::Empty));
        assert_eq!(rows(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0]), Err(Unreadable::OldWorkbook));
        assert!(matches!(rows(b"PK\x03\x04 and then nothing"), Err(Unreadable::Broken(_))));
        assert_eq!(rows(b"PK"), Ok(vec![(1, vec!["PK".to_owned()])]), "a text that begins like one");
    }
}
