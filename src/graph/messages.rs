//! Sending a message. One call is one request is at most one message.

use std::fmt;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::domain::json::{list, text};
use crate::graph::errors::{Class, FatalFor};
use crate::graph::{Backoff, Call, Credentials, Error, Graph, GraphError};

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

/// A template with its values, to one person.
#[derive(Clone, PartialEq)]
pub struct TemplateMessage {
    pub phone_number_id: String,
    /// In E.164, with its plus.
    pub to: String,
    pub name: String,
    pub language: String,
    pub header: Option<Header>,
    pub body: Parameters,
    pub buttons: Vec<Button>,
    /// Comes back in every status webhook: our ledger's id for this attempt. No personal data.
    pub callback: String,
}

/// A template's variables are all numbered or all named.
#[derive(Clone, PartialEq)]
pub enum Parameters {
    None,
    Positional(Vec<String>),
    Named(Vec<(String, String)>),
}

#[derive(Clone, PartialEq)]
pub enum Header {
    Text(Parameters),
    Image(Media),
    Video(Media),
    Document { media: Media, filename: Option<String> },
    Location { latitude: String, longitude: String, name: String, address: String },
}

#[derive(Clone, PartialEq)]
pub enum Media {
    Id(String),
    Link(String),
}

/// The value of one button, by its place in the template.
#[derive(Clone, PartialEq)]
pub struct Button {
    pub index: u8,
    pub value: ButtonValue,
}

#[derive(Clone, PartialEq)]
pub enum ButtonValue {
    /// Replaces the variable at the end of the button's address.
    UrlSuffix(String),
    /// Comes back in the webhook when the person taps it.
    QuickReply(String),
    CouponCode(String),
    Flow {
        token: String,
        data: Option<Value>,
    },
}

/// Longer tokens are refused by Meta.
const LONGEST_CALLBACK: usize = 512;

/// Sends it, once.
pub async fn send(graph: &Graph, credentials: &Credentials, message: &TemplateMessage) -> SendOutcome {
    if let Err(why) = message.check() {
        return SendOutcome::NotSent { why: why.to_owned(), retry: Backoff::Never };
    }
    let body = message.to_json();
    let call = Call {
        method: Method::POST,
        object: &message.phone_number_id,
        edge: Some("messages"),
        query: &[],
        body: Some(&body),
    };
    match graph.call(credentials, call).await {
        Ok(answer) => accepted(&answer),
        Err(error) => refused(error),
    }
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

impl TemplateMessage {
    /// What Meta would refuse anyway, and one thing it would not: without a plus it guesses the country.
    fn check(&self) -> Result<(), &'static str> {
        let digits = self.to.strip_prefix('+').unwrap_or_default();
        if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err("the recipient is not a phone number in E.164");
        }
        if self.callback.is_empty() || self.callback.chars().count() > LONGEST_CALLBACK {
            return Err("the callback token must have 1 to 512 characters, or the outcome could never be told");
        }
        Ok(())
    }

    /// The request's body, as Meta wants it.
    pub fn to_json(&self) -> Value {
        let mut components = Vec::new();
        if let Some(parameters) = self.header.as_ref().map(Header::to_json).filter(|p| !p.is_empty()) {
            components.push(json!({"type": "header", "parameters": parameters}));
        }
        let body = self.body.to_json();
        if !body.is_empty() {
            components.push(json!({"type": "body", "parameters": body}));
        }
        components.extend(self.buttons.iter().map(Button::to_json));
        let mut template = json!({"name": self.name, "language": {"code": self.language}});
        if let (Some(template), false) = (template.as_object_mut(), components.is_empty()) {
            template.insert("components".to_owned(), Value::Array(components));
        }
        json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": self.to, "type": "template",
               "biz_opaque_callback_data": self.callback, "template": template})
    }
}

/// Shows what is sent and where from, not to whom nor with which values.
impl fmt::Debug for TemplateMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateMessage")
            .field("phone_number_id", &self.phone_number_id)
            .field("name", &self.name)
            .field("language", &self.language)
            .field("callback", &self.callback)
            .finish_non_exhaustive()
    }
}

impl Parameters {
    fn to_json(&self) -> Vec<Value> {
        match self {
            Self::None => Vec::new(),
            Self::Positional(values) => values.iter().map(|v| json!({"type": "text", "text": v})).collect(),
            Self::Named(values) => values
                .iter()
                .map(|(name, value)| json!({"type": "text", "parameter_name": name, "text": value}))
                .collect(),
        }
    }
}

impl Header {
    fn to_json(&self) -> Vec<Value> {
        match self {
            Self::Text(parameters) => parameters.to_json(),
            Self::Image(media) => vec![json!({"type": "image", "image": media.to_json()})],
            Self::Video(media) => vec![json!({"type": "video", "video": media.to_json()})],
            Self::Document { media, filename } => {
                let mut document = media.to_json();
                document.extend(filename.iter().map(|name| ("filename".to_owned(), json!(name))));
                vec![json!({"type": "document", "document": document})]
            }
            Self::Location { latitude, longitude, name, address } => {
                let location = json!({"latitude": latitude, "longitude": longitude, "name": name, "address": address});
                vec![json!({"type": "location", "location": location})]
            }
        }
    }
}

impl Media {
    fn to_json(&self) -> Map<String, Value> {
        let (key, value) = match self {
            Self::Id(id) => ("id", id),
            Self::Link(link) => ("link", link),
        };
        Map::from_iter([(key.to_owned(), json!(value))])
    }
}

impl Button {
    fn to_json(&self) -> Value {
        let (sub_type, parameter) = match &self.value {
            ButtonValue::UrlSuffix(text) => ("url", json!({"type": "text", "text": text})),
            ButtonValue::QuickReply(payload) => ("quick_reply", json!({"type": "payload", "payload": payload})),
            ButtonValue::CouponCode(code) => ("copy_code", json!({"type": "coupon_code", "coupon_code": code})),
            ButtonValue::Flow { token, data } => {
                let mut action = Map::from_iter([("flow_token".to_owned(), json!(token))]);
                action.extend(data.iter().map(|data| ("flow_action_data".to_owned(), data.clone())));
                ("flow", json!({"type": "action", "action": action}))
            }
        };
        json!({"type": "button", "sub_type": sub_type, "index": self.index.to_string(), "parameters": [parameter]})
    }
}
