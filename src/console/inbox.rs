//! The inbox: what waits for this person, for others, and what has been decided.

mod lines;
mod query;

use askama::Template;
use askama_web::WebTemplate;

use super::page::Chrome;
use super::parts::{Chip, Choice, Due, Pager, Tag};
use crate::words::Words;

pub use lines::{Counts, index, neighbours};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Mine,
    Others,
    Decided,
    All,
}

impl Tab {
    pub const ALL: [Self; 4] = [Self::Mine, Self::Others, Self::Decided, Self::All];

    /// In the address: `/inbox?tab=others`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Others => "others",
            Self::Decided => "decided",
            Self::All => "all",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.name() == name)
    }

    pub fn words(self, l: &Words) -> String {
        match self {
            Self::Mine => l.t("inbox-tab-mine"),
            Self::Others => l.t("inbox-tab-others"),
            Self::Decided => l.t("inbox-tab-decided"),
            Self::All => l.t("inbox-tab-all"),
        }
    }
}

/// A tab with its address and, for what is open, its count.
#[derive(Clone, Debug)]
pub struct TabLink {
    pub tab: Tab,
    pub href: String,
    pub count: Option<u64>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Row {
    pub href: String,
    /// What is asked, in a word: "Broadcast".
    pub kind: String,
    pub name: String,
    /// "12,480 people · HK$9,984.00 · Tue 1 Dec 2026, 10:00 HKT".
    pub summary: String,
    pub warnings: u64,
    /// Findings that forbid it by now.
    pub blocked: u64,
    /// "1 of 2 signatures".
    pub needs: String,
    /// `None` for what is decided.
    pub due: Option<Due>,
    pub agent: String,
    pub owner: String,
    pub asked_at: jiff::Timestamp,
    pub state: Tag,
    /// Whose move it is.
    pub next_move: String,
}

/// What the filter bar shows; the state of the filters is the address.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub search: String,
    pub tools: Vec<Choice>,
    pub agents: Vec<Choice>,
    pub due: Vec<Choice>,
    pub chips: Vec<Chip>,
    /// The address without any filter.
    pub clear: String,
}

/// `GET /inbox`.
#[derive(Template, WebTemplate)]
#[template(path = "requests/index.html")]
pub struct InboxPage {
    pub l: Words,
    pub chrome: Chrome,
    pub tab: Tab,
    pub tabs: Vec<TabLink>,
    pub filters: Filters,
    pub rows: Vec<Row>,
    pub pager: Pager,
    /// For the empty inbox: "Tue 1 Dec 2026, 10:00 HKT, Winter offer".
    pub next_send: Option<String>,
}
