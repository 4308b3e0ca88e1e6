//! Deciding: what the form asks, and signing: the act in one sentence, its meaning, and the password once more.

mod decide;
mod kept;
mod sign;

use askama::Template;
use askama_web::WebTemplate;

use super::page::Chrome;
use super::parts::Digest;
use super::requests::Verdict;
use crate::words::Words;

pub use decide::{back, decide};
pub use kept::{Kept, kept};
pub use sign::{create, new};

/// `GET /requests/{id}/sign`.
#[derive(Template, WebTemplate)]
#[template(path = "requests/sign.html")]
pub struct SignPage {
    pub l: Words,
    pub chrome: Chrome,
    /// `/requests/{id}/sign`.
    pub action: String,
    /// The request, to go back to.
    pub back: String,
    pub name: String,
    pub verdict: Verdict,
    /// The act with its numbers.
    pub summary: String,
    /// What happens next, as a sentence.
    pub afterwards: String,
    pub comment: String,
    /// Rule and reason of each warning that is accepted.
    pub accepted: Vec<(String, String)>,
    pub digest: Digest,
    /// Good for one signature.
    pub nonce: String,
    /// The person whose password is asked for, so that a password manager fills in the right one.
    pub email: String,
    pub fault: Option<String>,
}

impl SignPage {
    /// The button, named after the act.
    pub fn button(&self) -> String {
        match self.verdict {
            Verdict::Approve => self.l.t("sign-approve"),
            Verdict::RequestChanges => self.l.t("sign-changes"),
            Verdict::Reject => self.l.t("sign-reject"),
        }
    }
}
