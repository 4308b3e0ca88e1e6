//! From the body of a delivery to its events. Wrong types and unknown fields make an `Unknown` event, never a failure:
//! only a body that is no WhatsApp delivery at all is refused.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::json::{flag, int, list, text, texts};
use crate::domain::redact::{Number, scrub};
use crate::domain::webhooks::{
    AccountUpdate, DeliveryStatus, Event, EventError, Interactive, Message, MessageKind, PhoneQuality, Preference,
    Pricing, Status, TemplateCategory, TemplateEvent, TemplateQuality, TemplateStatus, UserPreference, What,
};

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
fn delivery(body: &[u8]) -> Result<Value, ParseError> {
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
            "user_preferences" => {
                for item in list(self.value, "user_preferences") {
                    let key = self.hashed(item);
                    out.push(self.event(item, key, int(item, "timestamp"), preference(item)));
                }
            }
            _ => {
                let what = self.management();
                let template = text(self.value, "message_template_id").unwrap_or_default();
                let key = match &what {
                    Some(What::TemplateStatus(t)) => self.timed(&[&template, t.event.as_str()]),
                    Some(What::TemplateQuality(t)) => self.timed(&[&template, "quality", &t.new]),
                    _ => self.hashed(self.value),
                };
                out.push(self.event(self.value, key, self.time, what));
            }
        }
    }

    /// Customers' messages, the fate of our own, and errors, in the order in which Meta lists them.
    fn messages(&self, out: &mut Vec<Event>) {
        let before = out.len();
        let contacts = list(self.value, "contacts");
        for item in list(self.value, "messages") {
            let what = message(item, contacts);
            let key = what.as_ref().map_or_else(|| self.hashed(item), |m| format!("message:{}", m.id));
            out.push(self.event(item, key, int(item, "timestamp"), what.map(What::Message)));
        }
        for item in list(self.value, "statuses") {
            let what = status(item);
            let key = match &what {
                None => self.hashed(item),
                Some(s) => match text(item, "recipient_participant_id") {
                    None => format!("status:{}:{}", s.wamid, s.status.as_str()),
                    Some(participant) => {
                        format!("status:{}:{}:{}", s.wamid, s.status.as_str(), sha256(participant.as_bytes()))
                    }
                },
            };
            out.push(self.event(item, key, int(item, "timestamp"), what.map(What::Status)));
        }
        for item in list(self.value, "errors") {
            out.push(self.event(item, self.hashed(item), self.time, None));
        }
        if out.len() == before {
            out.push(self.event(self.value, self.hashed(self.value), self.time, None));
        }
    }

    fn management(&self) -> Option<What> {
        let value = self.value;
        let template_id = text(value, "message_template_id");
        let name = text(value, "message_template_name");
        let language = text(value, "message_template_language");
        // Meta's own sample of a quality event comes under the name of the status event, so the content decides.
        if let (Some(new), Some(template_id)) = (text(value, "new_quality_score"), &template_id) {
            let (template_id, previous) = (template_id.clone(), text(value, "previous_quality_score"));
            return Some(What::TemplateQuality(TemplateQuality { template_id, name, language, previous, new }));
        }
        match self.field {
            "message_template_status_update" => Some(What::TemplateStatus(TemplateStatus {
                template_id: template_id?,
                name,
                language,
                event: TemplateEvent::from(text(value, "event")?.as_str()),
                category: text(value, "message_template_category"),
                reason: text(value, "reason").filter(|reason| reason != "NONE"),
                title: value.get("other_info").and_then(|info| text(info, "title")),
            })),
            "template_category_update" => Some(What::TemplateCategory(TemplateCategory {
                template_id: template_id?,
                name,
                language,
                previous_category: text(value, "previous_category"),
                new_category: text(value, "new_category")?,
                correct_category: text(value, "correct_category"),
            })),
            "phone_number_quality_update" => Some(What::PhoneQuality(PhoneQuality {
                display_phone_number: text(value, "display_phone_number").map(Number::new),
                event: text(value, "event")?,
                limit: text(value, "max_daily_conversations_per_business").or_else(|| text(value, "current_limit")),
            })),
            "account_update" => Some(What::AccountUpdate(AccountUpdate {
                event: text(value, "event")?,
                restrictions: list(value, "restriction_info")
                    .iter()
                    .filter_map(|r| text(r, "restriction_type"))
                    .collect(),
                violation: value.get("violation_info").and_then(|v| text(v, "violation_type")),
                ban_state: value.get("ban_info").and_then(ban_state),
            })),
            _ => None,
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

fn message(item: &Value, contacts: &[Value]) -> Option<Message> {
    let from = text(item, "from");
    let user_id = text(item, "from_user_id");
    let sender = contacts.iter().find(|contact| {
        let is = |key, id: &Option<String>| id.is_some() && text(contact, key) == *id;
        is("wa_id", &from) || is("user_id", &user_id)
    });
    let kind = text(item, "type")?;
    let content = item.get(&kind).unwrap_or(&Value::Null);
    let kind = match kind.as_str() {
        "text" => MessageKind::Text { body: text(content, "body").unwrap_or_default() },
        "button" => {
            MessageKind::Button { payload: text(content, "payload"), text: text(content, "text").unwrap_or_default() }
        }
        "interactive" => MessageKind::Interactive(interactive(content)),
        _ => MessageKind::Other { kind },
    };
    Some(Message {
        id: text(item, "id")?,
        from: from.map(Number::new),
        user_id: user_id.or_else(|| sender.and_then(|contact| text(contact, "user_id"))),
        kind,
        context_id: item.get("context").and_then(|context| text(context, "id")),
        profile_name: sender.and_then(|contact| contact.get("profile")).and_then(|profile| text(profile, "name")),
    })
}

fn interactive(content: &Value) -> Interactive {
    let kind = text(content, "type").unwrap_or_default();
    let reply = content.get(&kind).unwrap_or(&Value::Null);
    let (id, title) = (text(reply, "id"), text(reply, "title").unwrap_or_default());
    match (kind.as_str(), id) {
        ("button_reply", Some(id)) => Interactive::ButtonReply { id, title },
        ("list_reply", Some(id)) => Interactive::ListReply { id, title },
        ("nfm_reply", _) => {
            Interactive::FormReply { name: text(reply, "name"), response: text(reply, "response_json") }
        }
        _ => Interactive::Other { kind },
    }
}

fn status(item: &Value) -> Option<Status> {
    Some(Status {
        wamid: text(item, "id")?,
        status: DeliveryStatus::from(text(item, "status")?.as_str()),
        recipient: text(item, "recipient_id").map(Number::new),
        recipient_user_id: text(item, "recipient_user_id"),
        callback: text(item, "biz_opaque_callback_data"),
        pricing: item.get("pricing").filter(|p| p.is_object()).map(|p| Pricing {
            billable: flag(p, "billable"),
            model: text(p, "pricing_model"),
            kind: text(p, "type"),
            category: text(p, "category"),
        }),
        errors: list(item, "errors").iter().filter_map(error).collect(),
    })
}

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

fn preference(item: &Value) -> Option<What> {
    let value = match text(item, "value")?.to_ascii_lowercase().as_str() {
        "stop" => Preference::Stop,
        "resume" => Preference::Resume,
        _ => return None,
    };
    let (wa_id, user_id) = (text(item, "wa_id").map(Number::new), text(item, "user_id"));
    // A wish of nobody in particular cannot be honoured; it stays visible as unknown.
    if wa_id.is_none() && user_id.is_none() {
        return None;
    }
    Some(What::UserPreference(UserPreference { wa_id, user_id, category: text(item, "category"), value }))
}

/// Written as one word or as a list of words, depending on the age of the sample.
fn ban_state(info: &Value) -> Option<String> {
    text(info, "waba_ban_state").or_else(|| texts(info, "waba_ban_state").into_iter().next())
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
