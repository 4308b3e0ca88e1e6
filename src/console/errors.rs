//! Pages for what cannot be shown: what happened, what was not done, and a way out. Never anything internal.

use askama::Template;
use askama_web::WebTemplate;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::page::Chrome;
use crate::words::Words;

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Not there, or not this person's to see: the same answer.
    NotFound,
    /// The person may not do this; the sentence says which role can.
    Forbidden(String),
    /// The form cannot be understood or has become stale; the sentence says what to do.
    Refused(String),
    TooMany,
    Unavailable,
    /// Our fault; the reference leads to the log.
    Internal {
        reference: String,
    },
}

impl Trouble {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn title(&self, l: &Words) -> String {
        match self {
            Self::NotFound => l.t("error-not-found"),
            Self::Forbidden(_) => l.t("error-forbidden"),
            Self::Refused(_) => l.t("error-refused"),
            Self::TooMany => l.t("error-too-many"),
            Self::Unavailable => l.t("error-unavailable"),
            Self::Internal { .. } => l.t("error-internal"),
        }
    }

    fn sentence(&self, l: &Words) -> String {
        match self {
            Self::NotFound => l.t("error-not-found-text"),
            Self::Forbidden(sentence) | Self::Refused(sentence) => sentence.clone(),
            Self::TooMany => l.t("error-too-many-text"),
            Self::Unavailable => l.t("error-unavailable-text"),
            Self::Internal { reference } => l.t1("error-internal-text", "reference", reference),
        }
    }
}

/// The page of a trouble, with the status that belongs to it.
#[derive(Template, WebTemplate)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub l: Words,
    pub chrome: Chrome,
    pub sentence: String,
    /// Where to go from here: address and words.
    pub back: (String, String),
}

impl ErrorPage {
    pub fn new(l: Words, mut chrome: Chrome, trouble: &Trouble) -> Self {
        chrome.title = trouble.title(&l);
        let back = match chrome.viewer {
            Some(_) => ("/inbox".to_owned(), l.t("error-back-inbox")),
            None => ("/login".to_owned(), l.t("error-back-login")),
        };
        Self { sentence: trouble.sentence(&l), l, chrome, back }
    }

    /// The whole answer.
    pub fn answer(l: Words, chrome: Chrome, trouble: &Trouble) -> Response {
        (trouble.status(), Self::new(l, chrome, trouble)).into_response()
    }
}
