//! What was not done, as agents read it: in the result of a tool, or as an error of the protocol where there is no tool.

use crate::error::Error;
use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use serde_json::{Value, json};

/// The most characters of a sentence to an agent; whoever writes more into an argument knows it.
const SENTENCE: usize = 2_000;

/// Outside the numbers that JSON-RPC keeps for itself: the status that HTTP has for it.
const TOO_MANY_REQUESTS: ErrorCode = ErrorCode(429);

/// A refusal as a tool's result: a stable word, what happened, what to do.
pub(super) fn refusal(error: &Error) -> Value {
    let mut body = refusal_as(error.code(), &error.to_string(), error.hint(), error.retryable());
    if let Some(members) = body.pointer_mut("/error").and_then(Value::as_object_mut) {
        match error {
            Error::Blocked(findings) => {
                members.insert("findings".into(), json!(findings));
            }
            Error::RateLimited { retry_after, .. } => {
                members.insert("retry_after_seconds".into(), json!(retry_after));
            }
            _ => {}
        }
    }
    body
}

/// The shape of every refusal.
pub(super) fn refusal_as(code: &str, message: &str, hint: &str, retryable: bool) -> Value {
    // What it says may repeat what was given, and that may be anything.
    json!({"error": {"code": code, "message": clipped(message), "hint": hint, "retryable": retryable}})
}

/// A refusal of what is no tool.
pub(super) fn fault(error: &Error, data: Option<Value>) -> ErrorData {
    let message = clipped(&error.to_string());
    match error {
        Error::NotFound { .. } => ErrorData::resource_not_found(message, data),
        Error::RateLimited { retry_after, .. } => {
            ErrorData::new(TOO_MANY_REQUESTS, message, Some(json!({"retry_after_seconds": retry_after})))
        }
        Error::Internal(cause) => {
            tracing::error!(error = %cause, "an agent could not be answered");
            ErrorData::internal_error(message, data)
        }
        Error::Unavailable(_) => ErrorData::internal_error(message, data),
        Error::Forbidden(_)
        | Error::Invalid(_)
        | Error::Blocked(_)
        | Error::AskMismatch(_)
        | Error::Conflict(_)
        | Error::TooManyPending(_)
        | Error::InProgress(_) => ErrorData::invalid_params(message, data),
    }
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(SENTENCE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
