//! One entry of the audit log: its fields, what changed, and the bytes that the log's tree is made of.

use askama::Template;
use askama_web::WebTemplate;

use super::audit::Row;
use super::page::Chrome;
use super::parts::Digest;
use crate::words::Words;

/// `GET /audit/{seq}`.
#[derive(Template, WebTemplate)]
#[template(path = "audit/show.html")]
pub struct AuditEventPage {
    pub l: Words,
    pub chrome: Chrome,
    pub row: Row,
    /// Name, before, after; for entries that record a change.
    pub changes: Vec<Change>,
    /// The canonical JSON that is hashed.
    pub leaf: String,
    pub leaf_hash: Digest,
    /// Size of the log and its root when the proof was made.
    pub tree_size: u64,
    pub root: Digest,
    /// The hashes from the leaf to the root.
    pub proof: Vec<String>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Change {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}
