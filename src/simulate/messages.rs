//! Reads the body of a send call and refuses what Meta refuses before looking at the account: missing fields, wrong
//! values, texts that are too long.

use std::sync::Arc;

use serde_json::Value;

use super::fill::Choice;
use super::interactive;
use super::media::Attachment;
use super::problem::Problem;

/// What a POST to `/messages` asks for.
pub enum Call {
    Send(Box<Outgoing>),
    MarkRead {
        message_id: String,
        /// The customer sees that somebody writes.
        typing: bool,
    },
}

pub struct Outgoing {
    pub to: Recipient,
    /// As it was written.
    pub input: String,
    pub opaque: Option<Arc<str>>,
    /// Deliver only if the person is still the one with this key.
    pub identity: Option<String>,
    /// The category of a message by Direct Send.
    pub direct: Option<&'static str>,
    pub content: Content,
}

pub enum Recipient {
    /// Digits, and whether a plus sign stood before them.
    Number { digits: String, international: bool },
    /// A business-scoped user id.
    User(String),
}

pub enum Content {
    Template { name: Arc<str>, language: Arc<str>, components: Vec<Value> },
    Free(Free),
}

/// A message that needs an open window.
#[derive(Default)]
pub struct Free {
    pub kind: &'static str,
    pub header: Option<String>,
    pub footer: Option<String>,
    pub text: String,
    pub buttons: Vec<Choice>,
    pub media: Option<Attachment>,
}

const TYPES: &[&str] = &[
    "audio",
    "contacts",
    "document",
    "image",
    "interactive",
    "location",
    "reaction",
    "sticker",
    "template",
    "text",
    "video",
];

pub fn read(body: &Value) -> Result<Call, Problem> {
    if body.get("messaging_product").is_none() {
        return Err(Problem::missing("messaging_product"));
    }
    if text_at(body, "/messaging_product") != Some("whatsapp") {
        return Err(Problem::parameter("Param messaging_product must be one of {WHATSAPP}."));
    }
    if let Some(status) = body.get("status") {
        if status.as_str() != Some("read") {
            return Err(Problem::parameter("Param status must be one of {READ}."));
        }
        let id = text_at(body, "/message_id").ok_or_else(|| Problem::missing("message_id"))?;
        let typing = match body.get("typing_indicator") {
            None => false,
            Some(indicator) if text_at(indicator, "/type") == Some("text") => true,
            Some(_) => return Err(Problem::parameter("Param typing_indicator['type'] must be one of {TEXT}.")),
        };
        return Ok(Call::MarkRead { message_id: id.into(), typing });
    }
    match text_at(body, "/recipient_type") {
        None | Some("individual") => {}
        Some("group") => return Err(Problem::new(131_009, "Groups are not enabled for this phone number")),
        Some(_) => return Err(Problem::parameter("Param recipient_type must be one of {INDIVIDUAL, GROUP}.")),
    }
    let direct = direct(body)?;
    let (to, input) = recipient(body)?;
    let opaque = match body.get("biz_opaque_callback_data") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => {
            at_most(text, 512, "biz_opaque_callback_data")?;
            Some(Arc::from(text.as_str()))
        }
        Some(_) => return Err(Problem::parameter("Param biz_opaque_callback_data must be a string.")),
    };
    if body.get("context").is_some() && text_at(body, "/context/message_id").is_none_or(str::is_empty) {
        return Err(Problem::missing("context['message_id']"));
    }
    let asked = body.get("type").and_then(Value::as_str).unwrap_or("text").to_ascii_lowercase();
    let kind = TYPES.iter().copied().find(|kind| *kind == asked).ok_or_else(|| {
        Problem::parameter(format_args!("Param type must be one of {{{}}}.", TYPES.join(", ").to_uppercase()))
    })?;
    let content =
        body.get(kind).ok_or_else(|| Problem::new(131_008, format!("Required parameter is missing: {kind}")))?;
    let content = if kind == "template" { template(content)? } else { Content::Free(free(kind, content)?) };
    if direct.is_some() && !matches!(kind, "text" | "interactive") {
        return Err(Problem::parameter("Direct Send takes messages of type text and interactive."));
    }
    if direct.is_some() && matches!(&content, Content::Free(free) if free.text.chars().count() > 1024) {
        return Err(Problem::parameter("A body by Direct Send must be at most 1024 characters long."));
    }
    match text_at(body, "/product_policy") {
        None | Some("CLOUD_API_FALLBACK" | "STRICT") => {}
        Some(_) => {
            return Err(Problem::parameter("Param product_policy must be one of {CLOUD_API_FALLBACK, STRICT}."));
        }
    }
    let identity = body.get("recipient_identity_key_hash").and_then(Value::as_str).map(str::to_owned);
    Ok(Call::Send(Box::new(Outgoing { to, input, opaque, identity, direct, content })))
}

/// The category of a message without a template that may go out at any time.
fn direct(body: &Value) -> Result<Option<&'static str>, Problem> {
    let Some(given) = body.get("category") else { return Ok(None) };
    match given.as_str().unwrap_or_default().to_ascii_lowercase().as_str() {
        "utility" => Ok(Some("utility")),
        "authentication" => Ok(Some("authentication")),
        _ => Err(Problem::parameter("Param category must be one of {UTILITY, AUTHENTICATION}.")),
    }
}

fn recipient(body: &Value) -> Result<(Recipient, String), Problem> {
    let text = |key: &str| match body.get(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    if let Some(input) = text("to") {
        let cleaned: String = input.chars().filter(|c| !matches!(c, '-' | '(' | ')' | ' ')).collect();
        let international = cleaned.starts_with('+');
        let digits = cleaned.trim_start_matches('+').to_owned();
        if !(3..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::new(131_009, "Parameter to is not a valid phone number"));
        }
        return Ok((Recipient::Number { digits, international }, input));
    }
    let user = text("recipient").ok_or_else(|| Problem::missing("to"))?;
    Ok((Recipient::User(user.clone()), user))
}

fn template(content: &Value) -> Result<Content, Problem> {
    let text = |path: &str, name: &str| {
        text_at(content, path)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Problem::missing(&format!("template['{name}']")))
    };
    let name = text("/name", "name")?;
    let language = text("/language/code", "language']['code")?;
    at_most(name, 512, "template['name']")?;
    if text_at(content, "/language/policy").is_some_and(|policy| policy != "deterministic") {
        return Err(Problem::parameter("Param template['language']['policy'] must be one of {DETERMINISTIC}."));
    }
    let components = match content.get("components") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(_) => return Err(Problem::parameter("Param template['components'] must be an array.")),
    };
    Ok(Content::Template { name: name.into(), language: language.into(), components })
}

fn free(kind: &'static str, content: &Value) -> Result<Free, Problem> {
    let plain = |text: String| Ok(Free { kind, text, ..Free::default() });
    match kind {
        "text" => {
            let body = required(content, "body", "text['body']")?;
            at_most(body, 4096, "text['body']")?;
            plain(body.into())
        }
        "image" | "video" | "document" | "audio" | "sticker" => media(kind, content),
        "location" => {
            for (key, most) in [("latitude", 90.0), ("longitude", 180.0)] {
                let value = content.get(key).ok_or_else(|| missing_in(kind, key))?;
                let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
                if number.is_none_or(|number: f64| !number.is_finite() || number.abs() > most) {
                    return Err(Problem::new(131_009, format!("location['{key}'] is not in decimal degrees")));
                }
            }
            plain(format!("📍 {}", text_at(content, "/name").unwrap_or("location")))
        }
        "contacts" => {
            let list = content.as_array().filter(|list| !list.is_empty()).ok_or_else(|| missing_in(kind, "0"))?;
            if list.len() > 257 {
                return Err(Problem::parameter("Param contacts must have at most 257 elements."));
            }
            let names: Option<Vec<&str>> =
                list.iter().map(|contact| text_at(contact, "/name/formatted_name")).collect();
            let names = names.ok_or_else(|| missing_in(kind, "name']['formatted_name"))?;
            plain(format!("👤 {}", names.join(", ")))
        }
        "reaction" => {
            required(content, "message_id", "reaction['message_id']")?;
            let emoji = text_at(content, "/emoji").ok_or_else(|| missing_in(kind, "emoji"))?;
            plain(emoji.into())
        }
        _ => interactive::read(content),
    }
}

/// Media come by id or by link; captions are short.
fn media(kind: &'static str, content: &Value) -> Result<Free, Problem> {
    let attachment = Attachment::read(kind, content, kind)?;
    let caption = text_at(content, "/caption").unwrap_or_default();
    if !caption.is_empty() && matches!(kind, "audio" | "sticker") {
        return Err(Problem::parameter(format_args!("Param {kind}['caption'] is not supported.")));
    }
    at_most(caption, 1024, &format!("{kind}['caption']"))?;
    Ok(Free { kind, text: caption.into(), media: Some(attachment), ..Free::default() })
}

pub fn text_at<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path).and_then(Value::as_str)
}

fn required<'a>(content: &'a Value, key: &str, name: &str) -> Result<&'a str, Problem> {
    let text = content.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| Problem::missing(name))
}

fn missing_in(kind: &str, key: &str) -> Problem {
    Problem::new(131_008, format!("Required parameter is missing: {kind}['{key}']"))
}

pub fn at_most(text: &str, most: usize, name: &str) -> Result<(), Problem> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(Problem::parameter(format_args!("Param {name} must be at most {most} characters long.")))
}
