//! Signing: the act in one sentence, its meaning, and the password once more.

use askama::Template;
use askama_web::WebTemplate;

use super::page::Chrome;
use super::parts::Digest;
use super::requests::Verdict;
use crate::words::Words;

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
    pub nonce: String,
    /// The person whose password is asked for, so that a password manager fills in the right one.
    pub email: String,
    /// Ask once more whether everything was read.
    pub high_risk: bool,
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
