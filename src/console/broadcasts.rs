//! The list of broadcasts, and the page on which one is stopped.

mod list;
mod stop;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use super::monitor::Progress;
use super::page::Chrome;
use super::parts::{Pager, Tag};
use crate::words::Words;

pub use list::index;
pub use stop::{create, new};

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
}
