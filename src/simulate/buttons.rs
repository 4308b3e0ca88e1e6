//! The buttons of a template: their kinds, lengths, numbers and order.

use serde_json::Value;

use super::problem::Problem;
use super::shape::{text_of, too_long};

#[derive(Clone, Debug)]
pub enum Button {
    QuickReply {
        text: String,
    },
    Url {
        text: String,
        variable: bool,
    },
    CopyCode,
    /// Carries the code of an authentication template; sent like a URL button.
    Otp {
        text: String,
    },
    Other {
        text: String,
    },
}

impl Button {
    pub fn label(&self) -> &str {
        match self {
            Button::QuickReply { text } | Button::Url { text, .. } | Button::Otp { text } | Button::Other { text } => {
                text
            }
            Button::CopyCode => "Copy code",
        }
    }
}

const OTHERS: &[&str] = &[
    "FLOW",
    "CATALOG",
    "MPM",
    "SPM",
    "VOICE_CALL",
    "ORDER_DETAILS",
    "REQUEST_CONTACT_INFO",
    "CALL_PERMISSION_REQUEST",
];

/// Kinds of which a template has only so many.
const MOST: &[(&str, usize)] = &[("URL", 2), ("PHONE_NUMBER", 1), ("COPY_CODE", 1), ("OTP", 1)];

/// Reads a BUTTONS component.
pub fn read(component: &Value) -> Result<Vec<Button>, Problem> {
    let list = component.get("buttons").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.is_empty() || list.len() > 10 {
        return Err(wrong("a template has 1 to 10 buttons"));
    }
    for (kind, most) in MOST {
        if list.iter().filter(|button| kind_of(button) == *kind).count() > *most {
            return Err(wrong(&format!("a template has at most {most} of type {kind}")));
        }
    }
    let buttons: Result<Vec<Button>, Problem> = list.iter().map(one).collect();
    let buttons = buttons?;
    let replies: Vec<bool> = buttons.iter().map(|button| matches!(button, Button::QuickReply { .. })).collect();
    if replies.windows(2).filter(|pair| matches!(pair, [false, true])).count()
        > usize::from(replies.first() == Some(&false))
    {
        return Err(wrong("quick replies must stand together"));
    }
    Ok(buttons)
}

fn wrong(sentence: &str) -> Problem {
    Problem::parameter(format_args!("Invalid buttons: {sentence}"))
}

fn kind_of(button: &Value) -> &str {
    button.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn one(button: &Value) -> Result<Button, Problem> {
    let text = text_of(button).to_owned();
    too_long(&text, 25, "button label")?;
    let kind = kind_of(button);
    if text.is_empty() && matches!(kind, "QUICK_REPLY" | "URL" | "PHONE_NUMBER") {
        return Err(wrong("every button needs a text"));
    }
    if text.contains("{{") {
        return Err(wrong("a button's text takes no variables"));
    }
    match kind {
        "QUICK_REPLY" => Ok(Button::QuickReply { text }),
        "URL" => url(button, text),
        "PHONE_NUMBER" => {
            let number = button.get("phone_number").and_then(Value::as_str).unwrap_or_default();
            if !(1..=20).contains(&number.len()) || !number.bytes().any(|byte| byte.is_ascii_digit()) {
                return Err(wrong("a phone_number has 1 to 20 characters"));
            }
            Ok(Button::Other { text })
        }
        "COPY_CODE" => {
            let example = button.get("example");
            let example = example.and_then(|example| example.as_str().or_else(|| example.get(0)?.as_str()));
            if example.is_none_or(|code| code.is_empty() || code.chars().count() > 20) {
                return Err(wrong("a copy code needs an example of at most 20 characters"));
            }
            Ok(Button::CopyCode)
        }
        "OTP" => otp(button, text),
        kind if OTHERS.contains(&kind) => Ok(Button::Other { text }),
        _ => Err(wrong("unknown button type")),
    }
}

fn url(button: &Value, text: String) -> Result<Button, Problem> {
    let url = button.get("url").and_then(Value::as_str).unwrap_or_default();
    let variable = url.ends_with("}}");
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(wrong("a URL button needs a url"));
    }
    too_long(url, 2_000, "url")?;
    if url.matches("{{").count() > usize::from(variable) {
        return Err(wrong("a url has one variable, at its end"));
    }
    if variable && button.get("example").is_none() {
        return Err(wrong("a url with a variable needs an example"));
    }
    Ok(Button::Url { text, variable })
}

/// One-tap and zero-tap need the apps that may read the code.
fn otp(button: &Value, text: String) -> Result<Button, Problem> {
    let apps = button.get("supported_apps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    match button.get("otp_type").and_then(Value::as_str).unwrap_or_default() {
        "COPY_CODE" => {}
        "ONE_TAP" | "ZERO_TAP" => {
            let known = |app: &Value| {
                let text = |key: &str| app.get(key).and_then(Value::as_str).unwrap_or_default();
                (1..=224).contains(&text("package_name").len()) && text("signature_hash").len() == 11
            };
            if !(1..=5).contains(&apps.len()) || !apps.iter().all(known) {
                return Err(wrong("supported_apps has 1 to 5 apps with a package_name and a signature_hash of 11"));
            }
        }
        _ => return Err(wrong("otp_type is COPY_CODE, ONE_TAP or ZERO_TAP")),
    }
    Ok(Button::Otp { text: if text.is_empty() { "Copy code".into() } else { text } })
}
