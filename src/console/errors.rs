//! Pages for what cannot be shown: what happened, what was not done, and a way out. Never anything internal.

use askama::Template;
use askama_web::WebTemplate;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::page::Chrome;
use crate::domain::ids::random_bytes;
use crate::error::Error;
use crate::words::{Lang, Words};

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Not there, or not this person's to see: the same answer.
    NotFound,
    /// The person may not do this; the sentence says which role can.
    Forbidden(String),
    /// What was asked for cannot be done any more; the sentence says what to do.
    Refused(String),
    /// The form did not stand on a page of this session.
    NotYours(String),
    /// The form or the address cannot be understood.
    Unreadable(String),
    /// The form is larger than any form here.
    TooLarge,
    /// The address is there, but takes another method.
    Method,
    TooMany,
    Unavailable,
    /// Our fault; the reference leads to the log.
    Internal {
        reference: String,
    },
}

impl Trouble {
    /// What an error of the layers below means here. A fault of ours goes to the log under a reference.
    pub fn from_error(l: &Words, error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::NotFound,
            Error::RateLimited { .. } => Self::TooMany,
            Error::Unavailable(_) => Self::Unavailable,
            Error::Internal(cause) => {
                let reference = hex::encode(random_bytes::<5>());
                tracing::error!(%reference, error = %cause, "a page failed");
                Self::Internal { reference }
            }
            // These are written for agents as well, and so in English; the page they are on is not always.
            Error::Forbidden(_) if l.lang() != Lang::En => Self::Forbidden(l.t("error-forbidden-text")),
            Error::Conflict(_) if l.lang() != Lang::En => Self::Refused(l.t("error-refused-text")),
            Error::Forbidden(sentence) => Self::Forbidden(sentence),
            Error::Invalid(sentence) => Self::Unreadable(sentence),
            error @ (Error::Blocked(_)
            | Error::AskMismatch(_)
            | Error::Conflict(_)
            | Error::TooManyPending(_)
            | Error::InProgress(_)) => Self::Refused(error.to_string()),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) | Self::NotYours(_) => StatusCode::FORBIDDEN,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Unreadable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn title(&self, l: &Words) -> String {
        match self {
            Self::NotFound => l.t("error-not-found"),
            Self::Forbidden(_) => l.t("error-forbidden"),
            Self::NotYours(_) => l.t("error-not-yours"),
            Self::Refused(_) => l.t("error-refused"),
            Self::Unreadable(_) | Self::TooLarge | Self::Method => l.t("error-unreadable"),
            Self::TooMany => l.t("error-too-many"),
            Self::Unavailable => l.t("error-unavailable"),
            Self::Internal { .. } => l.t("error-internal"),
        }
    }

    fn sentence(&self, l: &Words) -> String {
        match self {
            Self::NotFound => l.t("error-not-found-text"),
            Self::Forbidden(sentence)
            | Self::NotYours(sentence)
            | Self::Refused(sentence)
            | Self::Unreadable(sentence) => sentence.clone(),
            Self::TooLarge => l.t("error-form-large"),
            Self::Method => l.t("error-method"),
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
        let up = matches!(trouble, Trouble::Refused(_)).then(|| up(&l, &chrome.path)).flatten();
        let back = match (&chrome.viewer, up) {
            (Some(_), Some(up)) => up,
            (Some(_), None) => ("/inbox".to_owned(), l.t("error-back-inbox")),
            (None, _) => ("/login".to_owned(), l.t("error-back-login")),
        };
        Self { sentence: trouble.sentence(&l), l, chrome, back }
    }

    /// The whole answer.
    pub fn answer(l: Words, chrome: Chrome, trouble: &Trouble) -> Response {
        (trouble.status(), Self::new(l, chrome, trouble)).into_response()
    }
}

/// The page of what somebody wanted to do something with, address and words.
fn up(l: &Words, path: &str) -> Option<(String, String)> {
    let mut parts = path.split(['/', '?']).skip(1);
    let (list, id, _act) = (parts.next()?, parts.next()?, parts.next()?);
    let words = match list {
        "broadcasts" => l.t("stop-back"),
        "requests" => l.t("sign-back"),
        "conversations" => l.t("desk-back"),
        _ => return None,
    };
    Some((format!("/{list}/{id}"), words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_leads_back_to_what_it_was_about() {
        let l = Words::hong_kong(Lang::En);
        let way = |path| up(&l, path).map(|(to, _)| to);
        assert_eq!(way("/broadcasts/rq_1/doubts?a=b"), Some("/broadcasts/rq_1".to_owned()));
        assert_eq!(way("/requests/rq_1/sign"), Some("/requests/rq_1".to_owned()));
        assert_eq!([way("/requests/rq_1"), way("/inbox"), way("/audit/1/x")], [None, None, None]);
    }
}
