//! Conversations with customers: the list, one thread, and what people of the team do with it. Nothing is sent from here.

mod acts;
mod fill;
mod lines;
mod list;
mod orders;
mod spoken;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use super::message_text::{Look, Run};
use super::page::Chrome;
use super::parts::{Chip, Choice, Pager, Tag};
use crate::words::Words;

pub use acts::{before, close, escalate, hand_on, look, note, settle, take};
pub use fill::{outcome_words, show};
pub use list::index;
pub use spoken::kind_words;

/// A part of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Open,
    Mine,
    Unread,
    Late,
    InDoubt,
    Closed,
}

impl Tab {
    pub const ALL: [Self; 6] = [Self::Open, Self::Mine, Self::Unread, Self::Late, Self::InDoubt, Self::Closed];

    /// In the address: `/conversations?tab=late`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mine => "mine",
            Self::Unread => "unread",
            Self::Late => "late",
            Self::InDoubt => "in-doubt",
            Self::Closed => "closed",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.name() == name)
    }

    pub fn words(self, l: &Words) -> String {
        match self {
            Self::Open => l.t("conversations-tab-open"),
            Self::Mine => l.t("conversations-tab-mine"),
            Self::Unread => l.t("conversations-tab-unread"),
            Self::Late => l.t("conversations-tab-late"),
            Self::InDoubt => l.t("conversations-tab-in-doubt"),
            Self::Closed => l.t("conversations-tab-closed"),
        }
    }
}

/// A tab with its address.
#[derive(Clone, Debug)]
pub struct TabLink {
    pub tab: Tab,
    pub href: String,
}

/// Until when somebody should answer.
#[derive(Clone, Debug)]
pub struct Promise {
    pub by: Timestamp,
    pub late: bool,
}

/// One conversation in the list.
#[derive(Clone, Debug)]
pub struct Row {
    pub href: String,
    /// Masked, both.
    pub name: String,
    pub phone: String,
    /// What the customer wrote last, with whom it could name hidden.
    pub words: String,
    /// Which of the business's numbers, where it has several.
    pub number: Option<String>,
    pub queue: Option<String>,
    pub person: Option<String>,
    pub waiting: Option<Timestamp>,
    pub promise: Option<Promise>,
    pub unread: u32,
    pub escalated: bool,
    pub last_at: Timestamp,
}

/// `GET /conversations`.
#[derive(Template, WebTemplate)]
#[template(path = "conversations/index.html")]
pub struct ConversationsPage {
    pub l: Words,
    pub chrome: Chrome,
    pub tab: Tab,
    pub tabs: Vec<TabLink>,
    pub queues: Vec<Choice>,
    pub chips: Vec<Chip>,
    pub clear: String,
    pub rows: Vec<Row>,
    pub pager: Pager,
}

/// What somebody said.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    /// What it is besides a text: "Photo", "Location".
    pub kind: Option<String>,
    pub body: Vec<Vec<Run>>,
    /// What can be tapped.
    pub buttons: Vec<String>,
}

/// A message of the customer.
#[derive(Clone, Debug)]
pub struct Theirs {
    pub at: Timestamp,
    pub said: Spoken,
    /// The name of the file, and where it is.
    pub file: Option<(String, Tag)>,
    pub edited: Option<Timestamp>,
    /// Taken back: that it was there stays.
    pub revoked: Option<Timestamp>,
}

/// A message of the business.
#[derive(Clone, Debug)]
pub struct Ours {
    pub at: Timestamp,
    pub said: Spoken,
    /// Who or what said it: "Automatic: rule Hours, version 2".
    pub by: String,
    /// The request that approved it; `None` for what nobody approved here.
    pub approved: Option<String>,
    pub state: Tag,
    /// Why it was not sent, or is in doubt, in English as it was written down.
    pub why: Option<String>,
    /// Where it is decided on, if it waits for that.
    pub doubts: Option<String>,
}

/// What happened to the conversation besides messages.
#[derive(Clone, Debug)]
pub struct Past {
    pub at: Timestamp,
    pub text: String,
}

/// What the customer does not see.
#[derive(Clone, Debug)]
pub struct Note {
    pub at: Timestamp,
    pub who: String,
    pub text: String,
}

/// One entry of a thread.
#[derive(Clone, Debug)]
pub enum Entry {
    Theirs(Box<Theirs>),
    Ours(Box<Ours>),
    Past(Past),
    Note(Note),
}

impl Entry {
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Theirs(it) => it.at,
            Self::Ours(it) => it.at,
            Self::Past(it) => it.at,
            Self::Note(it) => it.at,
        }
    }
}

/// What this person may do with it now.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Forms name what was looked at: if it has changed since, nothing is done.
    pub version: i64,
    pub unread: u32,
    /// Open, and so to be taken, handed on and closed.
    pub open: bool,
    /// Somebody else's, or nobody's.
    pub may_take: bool,
    /// The queues into which this person may put it.
    pub queues: Vec<Choice>,
    pub escalated: bool,
    pub outcomes: Vec<Choice>,
    /// A note that could not be kept, as it was typed.
    pub note: String,
    /// What was wrong with it.
    pub fault: Option<String>,
}

/// What the customer ordered in it.
#[derive(Clone, Debug)]
pub struct Ordered {
    pub at: Timestamp,
    pub state: Tag,
    /// The first lines: how many of what.
    pub lines: Vec<(u64, String)>,
    /// How many lines there are beside those.
    pub more: u64,
    pub total: String,
    /// The request that made it.
    pub request: String,
    /// Each link with where it stands, until when it is or was good, and its request.
    pub links: Vec<(Tag, Timestamp, String)>,
}

/// `GET /conversations/{id}`.
#[derive(Template, WebTemplate)]
#[template(path = "conversations/show.html")]
pub struct ConversationPage {
    pub l: Words,
    pub chrome: Chrome,
    /// `/conversations/{id}`.
    pub href: String,
    pub phone: String,
    pub number: String,
    /// How long ago the number and its profile were read from Meta; `None` if they were not.
    pub read_ago: Option<String>,
    pub tags: Vec<Tag>,
    pub queue: Option<String>,
    pub person: Option<String>,
    pub waiting: Option<Timestamp>,
    pub promise: Option<Promise>,
    pub opened: Timestamp,
    /// Until when what may be sent.
    pub window: String,
    /// Until when messages cost nothing, after an advertisement.
    pub free: Option<String>,
    pub entries: Vec<Entry>,
    /// The newest orders first.
    pub orders: Vec<Ordered>,
    /// Where what was before stands.
    pub earlier: Option<String>,
    /// Where the newest stands, if this is not it.
    pub newest: Option<String>,
    /// Every conversation with this customer.
    pub others: String,
    /// `None` for those who only read.
    pub desk: Option<Desk>,
}
