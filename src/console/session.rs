//! Sign-in.

use askama::Template;
use askama_web::WebTemplate;

use super::page::Chrome;
use crate::words::Words;

/// `GET /login`.
#[derive(Template, WebTemplate)]
#[template(path = "session/new.html")]
pub struct SignInPage {
    pub l: Words,
    pub chrome: Chrome,
    /// What was typed before, so that it need not be typed again.
    pub email: String,
    /// Where the person was going.
    pub next: String,
    /// Why they are still here; the same sentence whether the address is known or not.
    pub fault: Option<String>,
}
