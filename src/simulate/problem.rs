//! Graph API errors: the codes, their titles and HTTP statuses, and the two shapes in which they reach the business.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rand::distr::Alphanumeric;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// One refusal. The code is what callers branch on; everything else is for people.
#[derive(Clone, Debug)]
pub struct Problem {
    pub code: u32,
    title: &'static str,
    http: u16,
    kind: &'static str,
    message: Option<Box<str>>,
    details: Option<Box<str>>,
    subcode: Option<u32>,
    user: Option<(&'static str, Box<str>)>,
    /// What did work, where a call did a part of its work.
    beside: Option<Box<Value>>,
}

/// Code, HTTP status, title.
const CODES: &[(u32, u16, &str)] = &[
    (0, 401, "AuthException"),
    (1, 400, "API Unknown"),
    (2, 503, "API Service"),
    (3, 500, "API Method"),
    (4, 400, "Application request limit reached"),
    (10, 403, "Application does not have permission for this action"),
    (100, 400, "Invalid parameter"),
    (190, 401, "Invalid OAuth access token"),
    (200, 403, "Permissions error"),
    (368, 403, "Temporarily blocked for policies violations"),
    (80007, 400, "Rate limit issues"),
    (80008, 400, "There have been too many calls to this WhatsApp Business account"),
    (130403, 400, "User is blocked by the business"),
    (130429, 400, "Rate limit hit"),
    (130472, 400, "User's number is part of an experiment"),
    (130497, 403, "Business account is restricted from messaging users in this country"),
    (131000, 500, "Something went wrong"),
    (131005, 403, "Access denied"),
    (131008, 400, "Required parameter is missing"),
    (131009, 400, "Parameter value is not valid"),
    (131016, 500, "Service unavailable"),
    (131021, 400, "Recipient cannot be sender"),
    (131026, 400, "Message undeliverable"),
    (131030, 400, "Recipient phone number not in allowed list"),
    (131031, 403, "Account has been locked"),
    (131037, 400, "WhatsApp provided number needs display name approval before message can be sent"),
    (131042, 400, "Business eligibility payment issue"),
    (131045, 500, "Incorrect certificate"),
    (131047, 400, "Re-engagement message"),
    (131048, 400, "Spam rate limit hit"),
    (131049, 400, "This message was not delivered to maintain healthy ecosystem engagement"),
    (131050, 400, "User has stopped receiving marketing messages from this business"),
    (131051, 400, "Unsupported message type"),
    (131052, 400, "Media download error"),
    (131053, 400, "Media upload error"),
    (131055, 400, "Method not allowed"),
    (131056, 400, "(Business Account, Consumer Account) pair rate limit hit"),
    (131057, 500, "Account in maintenance mode"),
    (131059, 400, "Invalid paging cursor"),
    (131062, 400, "Business-scoped user ids are not supported for this message"),
    (131063, 400, "Marketing templates are disabled on Cloud API for this account"),
    (131064, 400, "Messaging limit reached because of misclassified templates"),
    (132000, 400, "Number of parameters does not match the expected number of params"),
    (132001, 404, "Template name does not exist in the translation"),
    (132005, 400, "Translated text too long"),
    (132007, 400, "Template format character policy violated"),
    (132012, 400, "Parameter format does not match format in the created template"),
    (132015, 400, "Template is paused"),
    (132016, 400, "Template is disabled"),
    (133004, 503, "Server temporarily unavailable"),
    (133010, 400, "Phone number not registered"),
    (135000, 400, "Generic user error"),
    (137000, 400, "Recipient identity key hash mismatch"),
    (139100, 400, "Failed to block or unblock some users"),
    (139101, 400, "Blocklist limit reached"),
    (139200, 403, "Direct Send access is blocked"),
    (200007, 400, "Template insights are not enabled"),
];

impl Problem {
    pub fn new(code: u32, details: impl Into<String>) -> Self {
        Self { details: Some(details.into().into()), ..Self::bare(code) }
    }

    /// The code with its title alone.
    pub fn bare(code: u32) -> Self {
        let (http, title) = CODES
            .iter()
            .find(|(known, ..)| *known == code)
            .map_or((400, "Request failed"), |(_, http, title)| (*http, *title));
        Self {
            code,
            title,
            http,
            kind: "OAuthException",
            message: None,
            details: None,
            subcode: None,
            user: None,
            beside: None,
        }
    }

    /// Code 100 with the sentence in `message`, as for fields that Graph itself checks.
    pub fn parameter(sentence: impl std::fmt::Display) -> Self {
        Self { message: Some(format!("(#100) {sentence}").into()), ..Self::bare(100) }
    }

    pub fn missing(field: &str) -> Self {
        Self::parameter(format_args!("The parameter {field} is required."))
    }

    pub fn no_such_field(field: &str, node: &str) -> Self {
        Self::parameter(format_args!("Tried accessing nonexisting field ({field}) on node type ({node})"))
    }

    /// An id that nobody has, or that this token may not see: Graph does not say which.
    pub fn no_such_object(method: &str, id: &str) -> Self {
        Self {
            kind: "GraphMethodException",
            subcode: Some(33),
            message: Some(
                format!(
                    "Unsupported {} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
                 permissions, or does not support this operation",
                    method.to_lowercase()
                )
                .into(),
            ),
            ..Self::bare(100)
        }
    }

    pub fn proof(sentence: &str) -> Self {
        Self { kind: "GraphMethodException", message: Some(sentence.into()), ..Self::bare(100) }
    }

    pub fn token(sentence: &str) -> Self {
        Self { message: Some(sentence.into()), ..Self::bare(190) }
    }

    /// A template that cannot be created or changed: code 100 with a subcode and texts for the person who wrote it.
    pub fn template(subcode: u32, title: &'static str, sentence: impl Into<String>) -> Self {
        Self { subcode: Some(subcode), user: Some((title, sentence.into().into())), ..Self::bare(100) }
    }

    /// Puts what did work beside the error.
    pub fn beside(mut self, done: Value) -> Self {
        self.beside = Some(Box::new(done));
        self
    }

    pub fn title(&self) -> &'static str {
        self.title
    }

    pub fn details(&self) -> &str {
        self.details.as_deref().unwrap_or(self.title)
    }

    /// Any code that a fault asks for.
    pub fn with_http(mut self, http: u16) -> Self {
        self.http = http;
        self
    }

    fn is_transient(&self) -> bool {
        matches!(self.code, 1 | 2 | 131_000 | 131_016 | 131_057 | 133_004)
    }

    /// The shape of a synchronous answer.
    pub fn envelope(&self) -> Value {
        let message = self.message.clone().unwrap_or_else(|| format!("(#{}) {}", self.code, self.title).into());
        let mut error = json!({"message": message, "type": self.kind, "code": self.code, "fbtrace_id": trace_id()});
        if let Some(fields) = error.as_object_mut() {
            if let Some(details) = &self.details {
                fields.insert("error_data".into(), json!({"messaging_product": "whatsapp", "details": **details}));
            }
            if let Some(subcode) = self.subcode {
                fields.insert("error_subcode".into(), subcode.into());
            }
            if let Some((title, sentence)) = &self.user {
                fields.insert("error_user_title".into(), (*title).into());
                fields.insert("error_user_msg".into(), (**sentence).into());
            }
            if self.user.is_some() || self.is_transient() {
                fields.insert("is_transient".into(), self.is_transient().into());
            }
        }
        let mut answer = self.beside.as_deref().cloned().unwrap_or_else(|| json!({}));
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("error".into(), error);
        }
        answer
    }

    /// The shape inside webhooks.
    pub fn in_webhook(&self) -> Value {
        json!({"code": self.code, "title": self.title, "message": self.title,
            "error_data": {"details": self.details()},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"})
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.http).unwrap_or(StatusCode::BAD_REQUEST)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status(), Json(self.envelope())).into_response()
    }
}

/// What support asks for: letters and digits without meaning.
pub fn trace_id() -> String {
    let middle: String = scribble().sample_iter(Alphanumeric).take(21).map(char::from).collect();
    format!("A{middle}_")
}

/// Noise that nobody has to guess: every call gets another stream, in the order of calls.
pub fn scribble() -> SmallRng {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    SmallRng::seed_from_u64(CALLS.fetch_add(1, Ordering::Relaxed))
}
