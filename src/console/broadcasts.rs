//! The list of broadcasts, and the page on which one is stopped.

mod list;
mod resume;
mod stop;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use super::monitor::Progress;
use super::page::Chrome;
use super::parts::{Pager, Tag};
use crate::approvals::agree::Signatures;
use crate::words::Words;

pub use list::index;
pub use resume::{agree, agreed};
pub use stop::{before_pause, create, new, pause, permitted};

/// `GET /broadcasts`.
#[derive(Template, WebTemplate)]
#[template(path = "broadcasts/index.html")]
pub struct BroadcastsPage {
    pub l: Words,
    pub chrome: Chrome,
    pub running: Vec<Row>,
    pub scheduled: Vec<Row>,
    pub finished: Vec<Row>,
    /// Of the finished ones; the others are always all shown.
    pub pager: Pager,
}

/// One broadcast.
#[derive(Clone, Debug)]
pub struct Row {
    /// The monitor, or the request while it is not approved.
    pub href: String,
    pub name: String,
    pub template: String,
    pub state: Tag,
    pub people: u64,
    /// Start, planned or real.
    pub at: Option<Timestamp>,
    pub progress: Option<Progress>,
    pub stop: Option<String>,
}

/// `GET /broadcasts/{id}/resume`: why it stands still, and the password of whoever agrees that it goes on.
#[derive(Template, WebTemplate)]
#[template(path = "broadcasts/resume.html")]
pub struct ResumePage {
    pub l: Words,
    pub chrome: Chrome,
    /// `/broadcasts/{id}/resume`.
    pub action: String,
    pub back: String,
    pub name: String,
    /// Why it stands still, in English as it was written down.
    pub reason: Option<String>,
    pub reason_lang: Option<&'static str>,
    pub progress: Progress,
    /// Messages that would go out.
    pub waiting: u64,
    /// Messages in doubt, which would not, and where they are decided on.
    pub in_doubt: Option<(u64, String)>,
    /// Why this person may not agree.
    pub not_you: Option<String>,
    /// Signatures that it still takes.
    pub signatures: Signatures,
    pub email: String,
    pub fault: Option<String>,
}

/// `GET /broadcasts/{id}/stop`: what stopping does, before it is done.
#[derive(Template, WebTemplate)]
#[template(path = "broadcasts/stop.html")]
pub struct StopPage {
    pub l: Words,
    pub chrome: Chrome,
    /// `/broadcasts/{id}/stop`.
    pub action: String,
    pub back: String,
    pub name: String,
    pub progress: Progress,
    /// Messages that are on their way to Meta and may still leave.
    pub in_flight: u64,
    /// Where it is paused instead, if it does not stand still already.
    pub pause: Option<String>,
}
