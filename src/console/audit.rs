//! The audit list: what happened, by whom, to what, in order, with filters that live in the address.

mod list;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use super::page::Chrome;
use super::parts::{Chip, Choice, Digest, Pager};
use crate::words::Words;

pub use list::{Names, act, index, permitted, row};

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    Person(String),
    Agent(String),
    /// The daemon itself, or a named rule of the policy.
    System(String),
    Meta,
}

impl Actor {
    pub fn icon(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Agent(_) => "agent",
            Self::System(_) => "gear",
            Self::Meta => "send",
        }
    }

    /// For readers who do not see the icon.
    pub fn kind(&self, l: &Words) -> String {
        match self {
            Self::Person(_) => l.t("actor-person"),
            Self::Agent(_) => l.t("actor-agent"),
            Self::System(_) => l.t("actor-system"),
            Self::Meta => l.t("actor-meta"),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Person(name) | Self::Agent(name) | Self::System(name) => name,
            Self::Meta => "Meta",
        }
    }
}

/// One entry of the log.
#[derive(Clone, Debug)]
pub struct Row {
    pub seq: u64,
    pub at: Timestamp,
    pub actor: Actor,
    /// The stored name, never translated: `request.signed`.
    pub action: String,
    /// What it means, in the reader's language; the stored name where there is no sentence for it.
    pub words: String,
    /// What it is about: words and, where there is a page, its address.
    pub subject: (String, Option<String>),
    pub digest: Option<Digest>,
}

/// The end of the log as it is now.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub size: u64,
    pub root: Digest,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub search: String,
    pub actors: Vec<Choice>,
    pub actions: Vec<Choice>,
    /// Days, as a date field writes them: `2026-12-01`.
    pub from: String,
    pub to: String,
    pub chips: Vec<Chip>,
    pub clear: String,
    /// What in the address could not be understood, as a sentence.
    pub fault: Option<String>,
}

/// `GET /audit`.
#[derive(Template, WebTemplate)]
#[template(path = "audit/index.html")]
pub struct AuditPage {
    pub l: Words,
    pub chrome: Chrome,
    pub filters: Filters,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub checkpoint: Option<Checkpoint>,
}
