//! From the body of a delivery to its events. Wrong types and unknown fields make an `Unknown` event, never a failure:
//! only a body that is no WhatsApp delivery at all is refused.

mod business;
mod message;

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::json::{int, list, text};
use crate::domain::redact::scrub;
use crate::domain::webhooks::{Event, EventError, What};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Says where, never what: the body may hold personal data.
    #[error("the body is not JSON: line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("the body is not a WhatsApp event: `object` must be \"whatsapp_business_account\"")]
    OtherObject,
    #[error("the body is not a WhatsApp event: `entry` must be a list")]
    NoEntries,
}

/// The accounts that a delivery is about.
pub fn accounts(body: &[u8]) -> Result<BTreeSet<String>, ParseError> {
    Ok(list(&delivery(body)?, "entry").iter().filter_map(|entry| text(entry, "id")).collect())
}

/// A body that is a delivery, by its outermost members.
pub(super) fn delivery(body: &[u8]) -> Result<Value, ParseError> {
    let delivery: Value = serde_json::from_slice(body)
        .or_else(|e| serde_json::from_slice(&without_lone_surrogates(body)).map_err(|_| e))
        .map_err(|e| ParseError::NotJson { line: e.line(), column: e.column() })?;
    if delivery.get("object").and_then(Value::as_str) != Some("whatsapp_business_account") {
        return Err(ParseError::OtherObject);
    }
    delivery.get("entry").and_then(Value::as_array).ok_or(ParseError::NoEntries)?;
    Ok(delivery)
}

/// RFC 8259 lets half of a surrogate pair stand alone in an escape, as where a name was cut in the middle of an emoji; no
/// text of Rust can hold it. It becomes the character for what cannot be read, and the rest of the delivery is not lost.
fn without_lone_surrogates(body: &[u8]) -> Vec<u8> {
    let mut whole = body.to_vec();
    let mut at = 0;
    while let Some(place) = whole.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += place;
        let length = match (escaped(&whole, at), escaped(&whole, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                if let Some(digits) = whole.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            _ => 2,
        };
        at += length;
    }
    whole
}

/// The number in an escape `\\u1234` that begins here.
fn escaped(body: &[u8], at: usize) -> Option<u16> {
    let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// All events of a delivery, in its order.
pub fn parse(body: &[u8]) -> Result<Vec<Event>, ParseError> {
    let delivery = delivery(body)?;
    let entries = list(&delivery, "entry");
    let mut events = Vec::new();
    for entry in entries {
        let waba_id = text(entry, "id").unwrap_or_default();
        let time = int(entry, "time");
        for change in list(entry, "changes") {
            let field = text(change, "field").unwrap_or_default();
            let change =
                Change { waba_id: &waba_id, time, field: &field, value: change.get("value").unwrap_or(&Value::Null) };
            change.events(&mut events);
        }
    }
    Ok(events)
}

/// Whether this version acts on what comes under this name.
#[must_use]
pub fn is_acted_on(field: &str) -> bool {
    matches!(field, "messages" | "user_preferences" | "smb_message_echoes") || business::FIELDS.contains(&field)
}

/// One element of `changes`, with what its entry says about it.
struct Change<'a> {
    waba_id: &'a str,
    time: Option<i64>,
    field: &'a str,
    value: &'a Value,
}

impl Change<'_> {
    fn events(&self, out: &mut Vec<Event>) {
        match self.field {
            "messages" => self.messages(out),
            "user_preferences" => self.each("user_preferences", out, message::preference),
            "smb_message_echoes" => self.each("message_echoes", out, |item| message::echo(item).map(What::Echo)),
            _ => {
                let what = business::read(self.field, self.value);
                let key = match &what {
                    Some(What::TemplateStatus(t)) => self.timed(&[&t.template.id, t.event.as_str()]),
                    Some(What::TemplateQuality(t)) => self.timed(&[&t.template.id, "quality", &t.new]),
                    _ => self.hashed(self.value),
                };
                out.push(self.event(self.value, key, self.time, what));
            }
        }
    }

    /// One event for each element of a list. A change without it is one event that nobody can read.
    fn each(&self, name: &str, out: &mut Vec<Event>, read: impl Fn(&Value) -> Option<What>) {
        let items = list(self.value, name);
        for item in items {
            let what = read(item);
            let key = match &what {
                Some(What::Echo(echo)) => format!("echo:{}", echo.id),
                _ => self.hashed(item),
            };
            out.push(self.event(item, key, int(item, "timestamp"), what));
        }
        if items.is_empty() {
            out.push(self.event(self.value, self.hashed(self.value), self.time, None));
        }
    }

    /// Customers' messages, the fate of our own, and errors, in the order in which Meta lists them.
    fn messages(&self, out: &mut Vec<Event>) {
        let before = out.len();
        let contacts = list(self.value, "contacts");
        for item in list(self.value, "messages") {
            let what = message::message(item, contacts);
            let key = text(item, "id").filter(|_| what.is_some());
            let key = key.map_or_else(|| self.hashed(item), |id| format!("message:{id}"));
            out.push(self.event(item, key, int(item, "timestamp"), what));
        }
        for item in list(self.value, "statuses") {
            let what = message::status(item);
            let key = match &what {
                Some(What::Status(s)) => match text(item, "recipient_participant_id") {
                    None => format!("status:{}:{}", s.wamid, s.status.as_str()),
                    Some(participant) => {
                        format!("status:{}:{}:{}", s.wamid, s.status.as_str(), sha256(participant.as_bytes()))
                    }
                },
                _ => self.hashed(item),
            };
            out.push(self.event(item, key, int(item, "timestamp"), what));
        }
        for item in list(self.value, "errors") {
            out.push(self.event(item, self.hashed(item), self.time, error(item).map(What::Trouble)));
        }
        if out.len() == before {
            out.push(self.event(self.value, self.hashed(self.value), self.time, None));
        }
    }

    fn event(&self, raw: &Value, dedup_key: String, at: Option<i64>, what: Option<What>) -> Event {
        let metadata = self.value.get("metadata").unwrap_or(&Value::Null);
        Event {
            waba_id: self.waba_id.to_owned(),
            phone_number_id: text(metadata, "phone_number_id"),
            dedup_key,
            at: at.or(self.time),
            what: what.unwrap_or_else(|| What::Unknown { field: self.field.to_owned(), raw: raw.clone() }),
        }
    }

    /// For events that Meta numbers nowhere: what it says and when. A later event that says the same is another one.
    fn hashed(&self, item: &Value) -> String {
        self.timed(&[&sha256(item.to_string().as_bytes())])
    }

    fn timed(&self, parts: &[&str]) -> String {
        let time = self.time.map(|t| t.to_string()).unwrap_or_default();
        let field: String = self.field.chars().take(64).collect();
        format!("{field}:{time}:{}", parts.join(":"))
    }
}

/// An error as webhooks write it, in messages, statuses and by itself.
fn error(item: &Value) -> Option<EventError> {
    let details = item.get("error_data").and_then(|data| match data {
        Value::String(details) => Some(details.clone()),
        data => text(data, "details"),
    });
    let title = text(item, "title").or_else(|| text(item, "message"));
    Some(EventError {
        code: int(item, "code")?,
        title: title.as_deref().map(scrub),
        details: details.as_deref().map(scrub),
    })
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
