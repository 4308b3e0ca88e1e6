//! Sending a message. One call is one request is at most one message.

mod extension;
mod free;
mod parts;
mod receipts;
mod template;

pub use crate::domain::messages::Media;
pub use extension::{Card, Extension, OrderState};
pub use parts::{Button, ButtonValue, Header, Parameter, Parameters, ProductSection};
pub use receipts::{mark_read, show_typing};
pub use template::TemplateMessage;

use serde_json::{Value, json};

use crate::domain::json::{list, text};
use crate::domain::messages::{Fault, OutboundMessage, Recipient, check_callback};
use crate::graph::call::{Body, Call};
use crate::graph::errors::{Class, FatalFor};
use crate::graph::{Backoff, Credentials, Error, Graph, GraphError};

/// What became of a send. `Unknown` is never tried again by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum SendOutcome {
    /// Meta took the message and gave it this id. Whether it arrives is told by webhook.
    Accepted {
        wamid: String,
        /// Meta holds it back until the template has shown its quality, for up to an hour.
        held: bool,
        /// Meta took it although the template is paused; a webhook will say that it failed.
        paused: bool,
    },
    /// Nothing was sent, provably; the same message may go after `retry`.
    NotSent { why: String, retry: Backoff },
    /// Nothing was sent, and this message would be refused again.
    Rejected { error: GraphError, fatal_for: FatalFor },
    /// It may have been sent or not.
    Unknown { why: String },
}

/// Sends a template, once.
pub async fn send(graph: &Graph, credentials: &Credentials, message: &TemplateMessage) -> SendOutcome {
    if let Err(fault) = message.check() {
        return impossible(&fault);
    }
    deliver(graph, credentials, &message.phone_number_id, &message.to_json()).await
}

/// Says something in an open conversation, once. `callback` comes back in every status of it: our own id for this attempt,
/// without personal data.
pub async fn say(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    message: &OutboundMessage,
    callback: &str,
) -> SendOutcome {
    if let Some(fault) = check_callback(callback).err().or_else(|| message.faults().into_iter().next()) {
        return impossible(&fault);
    }
    deliver(graph, credentials, phone_number_id, &free::to_json(message, callback)).await
}

/// The one road on which messages leave.
async fn deliver(graph: &Graph, credentials: &Credentials, phone_number_id: &str, body: &Value) -> SendOutcome {
    let call = Call::post(phone_number_id, Body::Json(body)).edge("messages").unbudgeted();
    match graph.call(credentials, call).await {
        Ok(answer) => accepted(&answer),
        Err(error) => refused(error),
    }
}

/// What all messages have, whatever they say.
fn envelope(to: &Recipient, identity_key_hash: Option<&str>, callback: &str, kind: &str, content: &Value) -> Value {
    // Given both, Meta would take the number.
    let whom = match to {
        Recipient::Phone(_) => "to",
        Recipient::UserId(_) => "recipient",
    };
    let mut body = json!({"messaging_product": "whatsapp", "recipient_type": "individual", whom: to.as_str(), "type": kind,
        "biz_opaque_callback_data": callback, kind: content});
    parts::add(&mut body, "recipient_identity_key_hash", identity_key_hash.map(|hash| json!(hash)));
    body
}

fn impossible(fault: &Fault) -> SendOutcome {
    SendOutcome::NotSent { why: fault.to_string(), retry: Backoff::Never }
}

fn accepted(answer: &[u8]) -> SendOutcome {
    let message = serde_json::from_slice::<Value>(answer).ok();
    let message = message.as_ref().and_then(|answer| list(answer, "messages").first());
    let Some(wamid) = message.and_then(|m| text(m, "id")) else {
        let why = format!("accepted by its status, but the answer of {} bytes names no message", answer.len());
        return SendOutcome::Unknown { why };
    };
    let status = message.and_then(|m| text(m, "message_status")).unwrap_or_default();
    SendOutcome::Accepted { wamid, held: status == "held_for_quality_assessment", paused: status == "paused" }
}

/// What comes of a message whose file could not be uploaded: it was not sent, whatever became of the file.
#[must_use]
pub fn not_uploaded(error: Error) -> SendOutcome {
    match refused(error) {
        SendOutcome::Unknown { why } => SendOutcome::NotSent { why, retry: Backoff::Reconnect },
        known => known,
    }
}

fn refused(error: Error) -> SendOutcome {
    match error {
        Error::NotSent { why, retry } => SendOutcome::NotSent { why, retry },
        Error::InDoubt { why } => SendOutcome::Unknown { why },
        Error::Rejected(error) => match error.row().class {
            Class::Fatal(fatal_for) => SendOutcome::Rejected { error, fatal_for },
            Class::Throttled(retry) => SendOutcome::NotSent { why: error.to_string(), retry },
            Class::Ambiguous => SendOutcome::Unknown { why: error.to_string() },
        },
    }
}
