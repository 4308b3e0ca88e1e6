//! Sections of the small writes on people and conversations: facts before and after, tables, words of others, and notes.

use jiff::Timestamp;

use crate::console::message_text::Piece;
use crate::console::requests::Section;
use crate::words::Words;

/// The sections of a small write.
#[derive(Clone, Debug)]
pub struct SheetReview {
    pub sections: Vec<Sheet>,
}

/// One section, top to bottom.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub section: Section,
    /// What stands beside its title.
    pub meta: Option<String>,
    pub parts: Vec<SheetPart>,
}

#[derive(Clone, Debug)]
pub enum SheetPart {
    Title(String),
    Facts(Vec<SheetFact>),
    Table(SheetTable),
    Said(SheetSaid),
    Note(String),
}

/// A name, and what is and will be.
#[derive(Clone, Debug)]
pub struct SheetFact {
    pub name: String,
    /// What goes; `None` where nothing does.
    pub before: Option<String>,
    pub after: String,
    /// Where more of it stands.
    pub href: Option<String>,
}

#[derive(Clone, Debug)]
pub struct SheetTable {
    pub caption: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<SheetCell>>,
    /// Rows that are not listed.
    pub unlisted: u64,
}

/// What stands in one place of a table.
#[derive(Clone, Debug, Default)]
pub struct SheetCell {
    /// The head of its column, for narrow screens.
    pub head: String,
    pub text: String,
    /// Smaller, below it.
    pub below: Vec<String>,
    /// Where more of it stands.
    pub href: Option<String>,
}

impl From<String> for SheetCell {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl SheetCell {
    pub fn over(self, below: impl IntoIterator<Item = String>) -> Self {
        Self { below: below.into_iter().collect(), ..self }
    }
}

/// Who wrote something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    Customer,
    Team,
    /// What it says is nobody's word but its own.
    Agent,
}

/// What somebody wrote.
#[derive(Clone, Debug)]
pub struct SheetSaid {
    pub writer: Writer,
    pub by: String,
    pub at: Option<Timestamp>,
    pub text: Vec<Piece>,
}

impl SheetFact {
    /// What is so.
    pub fn is(name: String, text: String) -> Self {
        Self { name, before: None, after: text, href: None }
    }

    /// What becomes another.
    pub fn becomes(name: String, before: Option<String>, after: String) -> Self {
        Self { name, before, after, href: None }
    }

    pub fn at(self, href: String) -> Self {
        Self { href: Some(href), ..self }
    }
}

impl SheetTable {
    pub fn new<C: Into<SheetCell>>(caption: String, head: Vec<String>, rows: Vec<Vec<C>>) -> Self {
        let named = |(head, cell): (&String, C)| SheetCell { head: head.clone(), ..cell.into() };
        let rows = rows.into_iter().map(|row| head.iter().zip(row).map(named).collect()).collect();
        Self { caption, head, rows, unlisted: 0 }
    }
}

/// Several words in one line; a dash where there are none.
pub fn list(words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<String> = words.into_iter().collect();
    if words.is_empty() { "–".to_owned() } else { words.join(" · ") }
}

/// A time, or a dash.
pub fn moment(l: &Words, at: Option<Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| l.when(at))
}
