//! What a customer's message says: its content as webhooks carry it, and as the customer's own screen shows it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::media::kinds;
use super::problem::Problem;

/// Contents of a message that a customer writes.
#[derive(Clone, Debug)]
pub enum Said {
    Text {
        body: String,
        /// Came by an advertisement.
        referral: Option<Value>,
        /// Asks about a product of the catalogue.
        product: Option<Value>,
        forwarded: bool,
    },
    /// A button of a template, a reply button or a row of a list.
    Tap {
        label: String,
        payload: String,
        wamid: Arc<str>,
    },
    /// Without an emoji the reaction is taken back.
    React {
        emoji: String,
        wamid: Arc<str>,
    },
    Media(Enclosure),
    Location(Value),
    Contacts(Value),
    /// A form that was filled in, of a flow or for an address.
    Form {
        name: String,
        response: Value,
        wamid: Option<Arc<str>>,
    },
    Order(Value),
    Edit {
        wamid: Arc<str>,
        body: String,
    },
    Revoke {
        wamid: Arc<str>,
    },
    /// What the API does not carry, such as a poll.
    Unsupported(String),
}

impl Said {
    pub fn text(body: impl Into<String>) -> Self {
        Said::Text { body: body.into(), referral: None, product: None, forwarded: false }
    }

    /// The message that it answers.
    pub fn about(&self) -> Option<&Arc<str>> {
        match self {
            Said::Tap { wamid, .. } => Some(wamid),
            Said::Form { wamid, .. } => wamid.as_ref(),
            _ => None,
        }
    }
}

/// A file that a customer sends. Without bytes it is a small sample of its type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enclosure {
    pub mime_type: String,
    pub caption: Option<String>,
    pub filename: Option<String>,
    base64: Option<String>,
    /// The bytes of a text file.
    text: Option<String>,
    #[serde(default)]
    voice: bool,
    /// Larger than Meta can fetch: the business hears of it, and gets nothing.
    #[serde(default)]
    too_large: bool,
}

/// The smallest picture there is.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

impl Enclosure {
    /// A small file of a type, with a usual name.
    pub fn sample(mime_type: &str, caption: Option<String>) -> Self {
        Self {
            mime_type: mime_type.into(),
            caption,
            filename: Some(format!(
                "{}.{}",
                if mime_type.starts_with("image/") { "photo" } else { "file" },
                kinds::extension(mime_type)
            )),
            base64: None,
            text: None,
            voice: mime_type.starts_with("audio/"),
            too_large: false,
        }
    }

    /// The message type it travels as; what Meta does not take is a document.
    pub fn kind(&self) -> &'static str {
        kinds::of(&self.mime_type).map_or("document", |kind| kind.use_as)
    }

    pub fn bytes(&self) -> Result<Bytes, &'static str> {
        if let Some(text) = &self.base64 {
            return STANDARD.decode(text).map(Bytes::from).map_err(|_| "base64 is not base64");
        }
        if let Some(text) = &self.text {
            return Ok(Bytes::from(text.clone()));
        }
        Ok(match self.mime_type.as_str() {
            "image/png" => Bytes::from(STANDARD.decode(PIXEL).unwrap_or_default()),
            "image/jpeg" => Bytes::from_static(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\xff\xd9"),
            "application/pdf" => Bytes::from_static(b"%PDF-1.4\n%%EOF\n"),
            "audio/ogg" => Bytes::from_static(b"OggS\x00\x02"),
            "video/mp4" => Bytes::from_static(b"\x00\x00\x00\x18ftypmp42"),
            "image/webp" => Bytes::from_static(b"RIFF\x04\x00\x00\x00WEBP"),
            _ => Bytes::from_static(b"A file."),
        })
    }

    pub fn too_large(&self) -> bool {
        self.too_large
    }

    /// Its part of a message, around what is told of the file itself.
    pub fn in_message(&self, mut file: Value) -> Value {
        let kind = self.kind();
        if let Some(fields) = file.as_object_mut() {
            match kind {
                "audio" => drop(fields.insert("voice".into(), self.voice.into())),
                "sticker" => drop(fields.insert("animated".into(), false.into())),
                "document" => {
                    let name = self.filename.clone().unwrap_or_else(|| "file".into());
                    fields.insert("filename".into(), name.into());
                }
                _ => {}
            }
            if let Some(caption) = self.caption.as_ref().filter(|_| !matches!(kind, "audio" | "sticker")) {
                fields.insert("caption".into(), caption.as_str().into());
            }
        }
        json!({"type": kind, kind: file})
    }
}

/// The content of a message and what the sender's screen shows of it. Files are for the caller to keep.
pub fn content(said: &Said, tapped: Tapped) -> (Value, String) {
    match said {
        Said::Text { body, referral, .. } => {
            let mut message = json!({"type": "text", "text": {"body": body}});
            if let (Some(referral), Some(fields)) = (referral, message.as_object_mut()) {
                fields.insert("referral".into(), referral.clone());
            }
            (message, body.clone())
        }
        Said::React { emoji, wamid } => {
            let mut reaction = json!({"message_id": **wamid});
            if let Some(fields) = reaction.as_object_mut().filter(|_| !emoji.is_empty()) {
                fields.insert("emoji".into(), emoji.as_str().into());
            }
            let shown = if emoji.is_empty() { "(reaction taken back)".to_owned() } else { emoji.clone() };
            (json!({"type": "reaction", "reaction": reaction}), shown)
        }
        Said::Tap { label, payload, .. } => (tap(label, payload, tapped), label.clone()),
        Said::Media(enclosure) => (json!({"type": enclosure.kind()}), enclosure.caption.clone().unwrap_or_default()),
        Said::Location(place) => {
            let name = place.get("name").and_then(Value::as_str).unwrap_or("location");
            (json!({"type": "location", "location": place}), format!("📍 {name}"))
        }
        Said::Contacts(list) => {
            let name = list.pointer("/0/name/formatted_name").and_then(Value::as_str).unwrap_or("contact");
            (json!({"type": "contacts", "contacts": list}), format!("👤 {name}"))
        }
        Said::Form { name, response, .. } => {
            let reply = json!({"name": name, "body": "Sent", "response_json": response.to_string()});
            (json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": reply}}), "(form)".into())
        }
        Said::Order(order) => {
            let count = order.get("product_items").and_then(Value::as_array).map_or(0, Vec::len);
            (json!({"type": "order", "order": order}), format!("🛒 {count} products"))
        }
        Said::Edit { wamid, body } => {
            let edit = json!({"original_message_id": **wamid, "message": {"type": "text", "text": {"body": body}}});
            (json!({"type": "edit", "edit": edit}), format!("{body} (edited)"))
        }
        Said::Revoke { wamid } => {
            (json!({"type": "revoke", "revoke": {"original_message_id": **wamid}}), "(deleted)".into())
        }
        Said::Unsupported(kind) => {
            let error = Problem::new(131_051, "Message type is currently not supported.").in_webhook();
            let message = json!({"type": "unsupported", "errors": [error], "unsupported": {"type": kind}});
            (message, format!("({kind})"))
        }
    }
}

/// What kind of thing was pressed.
#[derive(Clone, Debug, PartialEq)]
pub enum Tapped {
    Template,
    Button,
    /// A row of a list, with its description.
    Row(Option<String>),
}

fn tap(label: &str, payload: &str, tapped: Tapped) -> Value {
    let reply = match tapped {
        Tapped::Template => return json!({"type": "button", "button": {"payload": payload, "text": label}}),
        Tapped::Button => json!({"type": "button_reply", "button_reply": {"id": payload, "title": label}}),
        Tapped::Row(description) => {
            let mut row = json!({"id": payload, "title": label});
            if let (Some(text), Some(fields)) = (description, row.as_object_mut()) {
                fields.insert("description".into(), text.into());
            }
            json!({"type": "list_reply", "list_reply": row})
        }
    };
    json!({"type": "interactive", "interactive": reply})
}
