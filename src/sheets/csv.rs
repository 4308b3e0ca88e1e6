//! CSV, as programs really write it: with or without a mark at the beginning, with `,`, `;` or tabs, any ends of lines, and
//! lines within quotation marks.

use super::{LONGEST_ROW, MOST_CELLS, Take, Unreadable};
use crate::domain::contacts::import::Cells;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::memchr2_iter;
use std::io::Read;
use std::ops::ControlFlow;

/// Bytes that are read at once. The first line, which tells the separator, is looked for in as many.
const PIECE: usize = 64 * 1024;
/// What some programs put before the first letter of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";
/// What stands there before UTF-16.
const WIDE: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];

/// Counts lines: `\n`, `\r\n` and `\r` end one.
struct Lines {
    at: u32,
    /// Whether the last byte was `\r`.
    open: bool,
}

impl Lines {
    fn pass(&mut self, bytes: &[u8]) {
        let mut before = self.open.then_some(0);
        for at in memchr2_iter(b'\r', b'\n', bytes) {
            let first = bytes.get(at) == Some(&b'\r');
            // The second half of an end that was counted with its first.
            if first || before != Some(at) {
                self.at = self.at.saturating_add(1);
            }
            before = first.then_some(at + 1);
        }
        if !bytes.is_empty() {
            self.open = bytes.last() == Some(&b'\r');
        }
    }
}

/// A row on its way.
struct Row {
    text: Vec<u8>,
    filled: usize,
    ends: Vec<usize>,
    cells: usize,
    /// The line that it begins in, once anything of it was read.
    line: Option<u32>,
}

impl Row {
    fn done(&mut self, take: &mut Take<'_>) -> Result<ControlFlow<()>, Unreadable> {
        let line = self.line.take().unwrap_or(1);
        let (filled, cells) = (std::mem::take(&mut self.filled), std::mem::take(&mut self.cells));
        let text = str::from_utf8(self.text.get(..filled).unwrap_or_default());
        let text = text.map_err(|_| Unreadable::NotUtf8(line))?;
        let cells = Cells::new(text, self.ends.get(..cells).unwrap_or_default());
        Ok(if cells.are_empty() { ControlFlow::Continue(()) } else { take(line, cells) })
    }
}

/// The separator: of those that are used, the one that the first line has most of.
fn separator(start: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            byte => counts.iter_mut().filter(|(separator, _)| separator == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of equals the first.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| *separator)
}

/// Reads all rows.
pub(super) fn read(mut file: impl Read, take: &mut Take<'_>) -> Result<(), Unreadable> {
    let mut piece = vec![0; PIECE];
    let mut held = fill(&mut file, &mut piece)?;
    let start = piece.get(..held).unwrap_or_default();
    if WIDE.iter().any(|mark| start.starts_with(mark)) {
        return Err(Unreadable::NotUtf8(1));
    }
    let mut from = if start.starts_with(MARK) { MARK.len() } else { 0 };
    let mut core = ReaderBuilder::new().delimiter(separator(start.get(from..).unwrap_or_default())).build();
    let mut lines = Lines { at: 1, open: false };
    let mut row = Row { text: vec![0; LONGEST_ROW], filled: 0, ends: vec![0; MOST_CELLS], cells: 0, line: None };
    loop {
        if row.line.is_none() {
            // Empty lines stand for nothing, but count.
            let rest = piece.get(from..held).unwrap_or_default();
            let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            lines.pass(rest.get(..blank).unwrap_or_default());
            from += blank;
        }
        if from >= held {
            (held, from) = (fill(&mut file, &mut piece)?, 0);
            if held > 0 {
                continue;
            }
        }
        let input = piece.get(from..held).unwrap_or_default();
        if step(&mut core, &mut row, &mut lines, input, &mut from, take)?.is_break() {
            return Ok(());
        }
    }
}

/// Feeds the machine once; an empty input is the end.
fn step(
    core: &mut Reader,
    row: &mut Row,
    lines: &mut Lines,
    input: &[u8],
    from: &mut usize,
    take: &mut Take<'_>,
) -> Result<ControlFlow<()>, Unreadable> {
    if !input.is_empty() {
        row.line.get_or_insert(lines.at);
    }
    let (text, ends) = (row.text.get_mut(row.filled..), row.ends.get_mut(row.cells..));
    let (result, used, wrote, ended) = core.read_record(input, text.unwrap_or_default(), ends.unwrap_or_default());
    lines.pass(input.get(..used).unwrap_or_default());
    *from += used;
    row.filled += wrote;
    row.cells += ended;
    match result {
        ReadRecordResult::InputEmpty => Ok(ControlFlow::Continue(())),
        ReadRecordResult::OutputFull => Err(Unreadable::TooLong(row.line.unwrap_or(lines.at))),
        ReadRecordResult::OutputEndsFull => Err(Unreadable::TooManyCells(row.line.unwrap_or(lines.at))),
        ReadRecordResult::Record => row.done(take),
        ReadRecordResult::End => Ok(ControlFlow::Break(())),
    }
}

/// As much as there is, up to a whole piece.
fn fill(file: &mut impl Read, piece: &mut [u8]) -> Result<usize, Unreadable> {
    let mut held = 0;
    while let Some(rest) = piece.get_mut(held..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => held += count,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::super::tests::rows;
    use super::*;
    use proptest::prelude::*;

    fn read_all(text: &[u8]) -> Vec<(u32, Vec<String>)> {
        rows(text).unwrap()
    }

    fn cells(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn every_end_of_line_and_separator_is_understood_and_lines_are_counted_as_an_editor_does() {
        for (text, line) in [
            ("phone,name\n\n\n1,\"a\nb\"\n2,c\n", [1, 4, 6]),
            ("phone,name\r\n\r\n\r\n1,\"a\r\nb\"\r\n2,c", [1, 4, 6]),
            ("phone,name\r\r\r1,\"a\rb\"\r2,c\r", [1, 4, 6]),
            ("\u{feff}phone;name\n1;\"a\nb\"\n2;c\n", [1, 2, 4]),
            ("phone\tname\n,\n1\t\"a\nb\"\n;;\n2\tc\n", [1, 3, 6]),
        ] {
            let read = read_all(text.as_bytes());
            let wide: Vec<_> = read.iter().filter(|(_, cells)| cells.len() == 2).collect();
            assert_eq!(wide.iter().map(|(line, _)| *line).collect::<Vec<_>>(), line, "{text:?}");
            assert_eq!(wide[0].1, cells(&["phone", "name"]), "{text:?}");
            assert_eq!(wide[2].1, cells(&["2", "c"]), "{text:?}");
        }
    }

    #[test]
    fn what_is_quoted_is_a_text_whatever_stands_in_it() {
        let read = read_all("a,b\n\"x, \"\"y\"\" ; z\",=1+1\n\"\",\n".as_bytes());
        assert_eq!(read[1], (2, cells(&["x, \"y\" ; z", "=1+1"])));
        assert_eq!(read.len(), 2, "a row with nothing in it is none");
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_line() {
        assert_eq!(rows(b"a,b\n1,2\n\xff,3\n"), Err(Unreadable::NotUtf8(3)));
        assert_eq!(rows(b"\xff\xfea\0,\0b\0"), Err(Unreadable::NotUtf8(1)));
        let open = format!("a,b\n1,\"{}\n", "x".repeat(LONGEST_ROW + 1));
        assert_eq!(rows(open.as_bytes()), Err(Unreadable::TooLong(2)));
        let wide = format!("a\n{}\n", ",".repeat(MOST_CELLS + 1));
        assert_eq!(rows(wide.as_bytes()), Err(Unreadable::TooManyCells(2)));
    }

    #[test]
    fn a_row_over_the_edge_of_a_piece_is_one_row() {
        let filler = "x".repeat(PIECE - 7);
        for extra in 0..12 {
            let text = format!("a,b\r\n1,{filler}{}\r\n\r\n2,\"q\r\nr\"\r\n3,z\r\n", "y".repeat(extra));
            let read = read_all(text.as_bytes());
            let lines: Vec<u32> = read.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, [1, 2, 4, 6], "{extra}");
            assert_eq!(read[3].1, cells(&["3", "z"]));
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(table in prop::collection::vec(prop::collection::vec("[a-z,;\"\n\r é]{0,6}", 2..5), 1..8)) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let lines: Vec<String> = table.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
            let text = format!("\"a\",\"b\",\"c\"\n{}\n", lines.join("\n"));
            let read: Vec<Vec<String>> = read_all(text.as_bytes()).into_iter().skip(1).map(|(_, cells)| cells).collect();
            let trimmed = |row: &Vec<String>| row.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
            let wanted: Vec<Vec<String>> =
                table.iter().map(trimmed).filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
