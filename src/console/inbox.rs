//! The inbox: what waits for this person, for others, and what has been decided.

use askama::Template;
use askama_web::WebTemplate;

use super::page::Chrome;
use super::parts::{Chip, Choice, Due, Pager, Risk, Tag};
use crate::words::Words;

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
    pub notes: u64,
    /// "Needs 2 signatures: the first is yours".
    pub needs: String,
    /// `None` for what is decided.
    pub due: Option<Due>,
    pub risk: Option<Risk>,
    pub agent: String,
    pub owner: String,
    pub asked_at: jiff::Timestamp,
    pub state: Tag,
    pub version: u32,
    /// Section checks made by this person, of how many.
    pub checks: Option<(u64, u64)>,
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

impl InboxPage {
    /// A column that would be empty is not drawn.
    pub fn has_risk(&self) -> bool {
        self.rows.iter().any(|row| row.risk.is_some())
    }
}
