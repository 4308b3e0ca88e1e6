//! Webhook payloads: updates gathered into Meta's envelope, escaped as Meta escapes, signed over the exact bytes.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;

use super::customers::{Customer, Status};
use super::phones::Phone;
use super::problem::Problem;
use super::sends::{Price, Sent};
use super::templates::Template;
use crate::domain::clock::Timestamp;

/// Statuses in one change, and changes in one entry: small, so that a receiver that looks only at the first is caught.
const STATUSES_IN_CHANGE: usize = 10;
const CHANGES_IN_ENTRY: usize = 5;

/// The business number that an update is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub id: Arc<str>,
    pub digits: Arc<str>,
}

impl Line {
    pub fn of(phone: &Phone) -> Self {
        Self { id: phone.id.clone(), digits: phone.digits.clone() }
    }

    fn metadata(&self) -> Value {
        json!({"display_phone_number": *self.digits, "phone_number_id": *self.id})
    }
}

/// What statuses carry beyond the message itself.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Of the Graph API.
    pub version: u32,
    /// The number checks identities.
    pub identity: bool,
}

/// One thing that the business is told.
#[derive(Clone, Debug)]
pub enum Update {
    Status {
        line: Line,
        status: Value,
        contact: Option<Value>,
    },
    Inbound {
        line: Line,
        message: Value,
        /// None for system messages.
        contact: Option<Value>,
    },
    /// Everything that is not about a message.
    Other {
        field: String,
        value: Value,
        at: Option<Timestamp>,
    },
}

impl Update {
    pub fn status(
        sent: &Sent,
        customer: &Customer,
        status: Status,
        problem: Option<&Problem>,
        told: Told,
        now: Timestamp,
    ) -> Self {
        let mut json = json!({"id": *sent.wamid, "status": status, "timestamp": now.seconds().to_string()});
        if let Some(fields) = json.as_object_mut() {
            if !customer.hides_number {
                fields.insert("recipient_id".into(), Value::from(&*customer.wa_id));
            }
            if status != Status::Failed {
                fields.insert("recipient_user_id".into(), Value::from(&*customer.user_id));
            }
            if told.identity {
                fields.insert("recipient_identity_key_hash".into(), customer.identity_hash().into());
            }
            if let Some(opaque) = &sent.opaque {
                fields.insert("biz_opaque_callback_data".into(), Value::from(&**opaque));
            }
            if matches!(status, Status::Sent | Status::Delivered) {
                let billable = sent.price == Price::Charged;
                let pricing = json!({"billable": billable, "pricing_model": "PMP", "type": sent.pricing(),
                    "category": sent.category});
                fields.insert("pricing".into(), pricing);
                if let Some(conversation) = conversation(sent, customer, told) {
                    fields.insert("conversation".into(), conversation);
                }
            }
            if let Some(problem) = problem {
                fields.insert("errors".into(), json!([problem.in_webhook()]));
            }
        }
        let line = Line { id: sent.phone.clone(), digits: sent.digits.clone() };
        Self::Status { line, status: json, contact: problem.is_none().then(|| contact(customer, told.identity)) }
    }

    pub fn inbound(line: Line, customer: &Customer, identity: bool, message: Value) -> Self {
        Self::Inbound { line, message, contact: Some(contact(customer, identity)) }
    }

    pub fn preference(line: Line, customer: &Customer, stop: bool, now: Timestamp) -> Self {
        let detail = if stop { "stop" } else { "resume" };
        let mut preference = json!({"user_id": *customer.user_id, "category": "marketing_messages", "value": detail,
            "detail": format!("User requested to {detail} marketing messages"), "timestamp": now.seconds()});
        if !customer.hides_number
            && let Some(fields) = preference.as_object_mut()
        {
            fields.insert("wa_id".into(), Value::from(&*customer.wa_id));
        }
        let value = json!({"messaging_product": "whatsapp", "metadata": line.metadata(),
            "contacts": [contact(customer, false)], "user_preferences": [preference]});
        Self::Other { field: "user_preferences".into(), value, at: None }
    }

    pub fn account(field: &str, value: Value, now: Timestamp) -> Self {
        Self::Other { field: field.into(), value, at: Some(now) }
    }
}

/// Up to version 23 every message has one; since then only what is free because of an advertisement.
fn conversation(sent: &Sent, customer: &Customer, told: Told) -> Option<Value> {
    let id = format!("{}-{}", customer.ordinal, sent.category);
    match sent.price {
        Price::FreeEntry { until } => Some(json!({"id": id, "expiration_timestamp": until.seconds().to_string(),
            "origin": {"type": "referral_conversion"}})),
        _ if told.version <= 23 => Some(json!({"id": id, "origin": {"type": sent.category}})),
        _ => None,
    }
}

fn contact(customer: &Customer, identity: bool) -> Value {
    let mut contact = if customer.hides_number {
        json!({"profile": {"name": customer.name, "username": customer.username()}, "user_id": *customer.user_id})
    } else {
        json!({"profile": {"name": customer.name}, "wa_id": *customer.wa_id, "user_id": *customer.user_id})
    };
    if let Some(fields) = contact.as_object_mut().filter(|_| identity) {
        fields.insert("identity_key_hash".into(), customer.identity_hash().into());
    }
    contact
}

/// The webhook of a template's new status.
pub fn template_status(template: &Template, event: &str, title: Option<&str>, now: Timestamp) -> Update {
    let mut value = json!({"event": event, "message_template_id": template.id,
        "message_template_name": *template.name, "message_template_language": *template.language,
        "message_template_category": *template.category,
        "reason": if event == "REJECTED" { template.rejected_reason.word() } else { "NONE" }});
    if let Some(fields) = value.as_object_mut() {
        if let Some(title) = title {
            fields.insert("other_info".into(), json!({"title": title, "description": "Because of its quality"}));
        }
        if event == "DISABLED" {
            fields.insert("disable_info".into(), json!({"disable_date": now.seconds()}));
        }
    }
    Update::account("message_template_status_update", value, now)
}

/// Puts updates into the envelope. Statuses of one number that follow each other share a change.
pub fn envelope(waba_id: &str, updates: &[Update]) -> Value {
    let mut changes: Vec<(Value, Option<Timestamp>)> = Vec::new();
    let alike = updates.chunk_by(|a, b| match (a, b) {
        (Update::Status { line: a, contact: x, .. }, Update::Status { line: b, contact: y, .. }) => {
            a == b && x.is_some() == y.is_some()
        }
        _ => false,
    });
    for chunk in alike.flat_map(|alike| alike.chunks(STATUSES_IN_CHANGE)) {
        let Some(first) = chunk.first() else { continue };
        changes.push(match first {
            Update::Status { line, .. } => (change("messages", statuses(line, chunk)), None),
            Update::Inbound { line, message, contact } => {
                let mut value =
                    json!({"messaging_product": "whatsapp", "metadata": line.metadata(), "messages": [message]});
                if let (Some(contact), Some(fields)) = (contact, value.as_object_mut()) {
                    fields.insert("contacts".into(), json!([contact]));
                }
                (change("messages", value), None)
            }
            Update::Other { field, value, at } => (change(field, value.clone()), *at),
        });
    }
    let entries: Vec<Value> = changes
        .chunk_by(|a, b| a.1 == b.1)
        .flat_map(|alike| alike.chunks(CHANGES_IN_ENTRY))
        .map(|chunk| {
            let list: Vec<&Value> = chunk.iter().map(|(change, _)| change).collect();
            match chunk.first().and_then(|(_, at)| *at) {
                Some(at) => json!({"id": waba_id, "time": at.seconds(), "changes": list}),
                None => json!({"id": waba_id, "changes": list}),
            }
        })
        .collect();
    json!({"object": "whatsapp_business_account", "entry": entries})
}

fn change(field: &str, value: Value) -> Value {
    json!({"field": field, "value": value})
}

fn statuses(line: &Line, chunk: &[Update]) -> Value {
    let mut list = Vec::with_capacity(chunk.len());
    let mut contacts: Vec<&Value> = Vec::new();
    for update in chunk {
        if let Update::Status { status, contact, .. } = update {
            list.push(status);
            if let Some(contact) = contact
                && !contacts.contains(&contact)
            {
                contacts.push(contact);
            }
        }
    }
    let mut value = json!({"messaging_product": "whatsapp", "metadata": line.metadata(), "statuses": list});
    if !contacts.is_empty()
        && let Some(fields) = value.as_object_mut()
    {
        fields.insert("contacts".into(), json!(contacts));
    }
    value
}

/// JSON as Meta writes it: characters beyond ASCII as `\uXXXX`, slashes as `\/`. A receiver that signs what it parsed
/// and wrote again instead of what came gets another signature.
pub fn to_bytes(value: &Value) -> Bytes {
    let mut bytes = Vec::with_capacity(1024);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Escaping);
    // Writing a `Value` into memory cannot fail: its keys are strings and the buffer grows.
    if value.serialize(&mut serializer).is_err() {
        return Bytes::new();
    }
    bytes.into()
}

struct Escaping;

impl serde_json::ser::Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, character) in fragment.char_indices() {
            if character.is_ascii() && character != '/' {
                continue;
            }
            writer.write_all(fragment.get(plain..at).unwrap_or_default().as_bytes())?;
            plain = at + character.len_utf8();
            if character == '/' {
                writer.write_all(b"\\/")?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        writer.write_all(fragment.get(plain..).unwrap_or_default().as_bytes())
    }
}

/// Lower-case hex of HMAC-SHA256.
pub fn signature(secret: &str, message: &[u8]) -> String {
    // A key of any length is valid for HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}
