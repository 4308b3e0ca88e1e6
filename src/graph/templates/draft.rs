//! A template to be created or edited, as Meta wants it. What Meta would not take is the rule of those who write templates.

use serde_json::{Map, Value, json};

use super::{Category, ParameterFormat};
use crate::graph::uploads::Handle;

/// A template to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTemplate {
    pub name: String,
    pub language: String,
    /// What is asked for; Meta may decide otherwise and says so in its answer.
    pub category: Category,
    pub format: ParameterFormat,
    pub content: DraftContent,
    /// How long Meta tries to deliver its messages; Meta's own time without it.
    pub ttl_seconds: Option<i64>,
}

/// What Meta lets be changed of a template. Components are replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateEdit {
    /// Not of an approved one.
    pub category: Option<Category>,
    pub content: Option<DraftContent>,
    pub ttl_seconds: Option<i64>,
}

/// What a template says.
#[derive(Debug, Clone, PartialEq)]
pub enum DraftContent {
    /// In the business's own words.
    Written(Written),
    /// A one-time code, in Meta's words.
    OneTimeCode(OneTimeCode),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub header: Option<DraftHeader>,
    pub body: DraftText,
    pub footer: Option<String>,
    pub buttons: Vec<DraftButton>,
    /// A limited-time offer: its words, and whether it has an end.
    pub offer: Option<DraftOffer>,
    /// Two to ten, all of the same parts; none for a template that is no carousel.
    pub cards: Vec<DraftCard>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OneTimeCode {
    /// Whether Meta adds not to share it.
    pub security_recommendation: bool,
    pub expires_minutes: Option<u32>,
    pub button: OtpButton,
}

/// How the code gets into the app.
#[derive(Debug, Clone, PartialEq)]
pub enum OtpButton {
    CopyCode {
        text: Option<String>,
    },
    OneTap {
        text: Option<String>,
        autofill_text: Option<String>,
        apps: Vec<AndroidApp>,
    },
    /// Nobody taps it, so Meta wants the business to have accepted terms of its own.
    ZeroTap {
        apps: Vec<AndroidApp>,
        terms_accepted: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct AndroidApp {
    pub package_name: String,
    pub signature_hash: String,
}

/// A text with an example for each of its variables.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftText {
    pub text: String,
    pub examples: Examples,
}

/// Examples are all numbered or all named, as the variables are.
#[derive(Debug, Clone, PartialEq)]
pub enum Examples {
    None,
    Positional(Vec<String>),
    Named(Vec<(String, String)>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum DraftHeader {
    Text(DraftText),
    /// With a sample that Meta's reviewers look at.
    Image(Handle),
    Video(Handle),
    Document(Handle),
    Location,
    /// The product is named when the message is sent.
    Product,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DraftButton {
    QuickReply {
        text: String,
    },
    Url {
        text: String,
        url: String,
        /// The whole address with its variable filled in.
        example: Option<String>,
    },
    PhoneNumber {
        text: String,
        phone_number: String,
    },
    CopyCode {
        example: String,
    },
    Flow {
        text: String,
        flow_id: String,
    },
    Catalog {
        text: String,
    },
    Products {
        text: String,
    },
    Product {
        text: String,
    },
    VoiceCall {
        text: String,
    },
    RequestContactInfo,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DraftOffer {
    pub text: String,
    pub has_expiration: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DraftCard {
    pub header: DraftHeader,
    pub body: Option<DraftText>,
    pub buttons: Vec<DraftButton>,
}

impl NewTemplate {
    pub(super) fn to_json(&self) -> Value {
        let mut body = Map::from_iter([
            ("name".to_owned(), json!(self.name)),
            ("language".to_owned(), json!(self.language)),
            ("category".to_owned(), json!(self.category.as_str())),
            ("parameter_format".to_owned(), json!(self.format.as_str())),
            ("components".to_owned(), self.content.to_json()),
        ]);
        body.extend(self.ttl_seconds.map(|seconds| ("message_send_ttl_seconds".to_owned(), json!(seconds))));
        Value::Object(body)
    }
}

impl TemplateEdit {
    pub(super) fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.extend(self.category.as_ref().map(|category| ("category".to_owned(), json!(category.as_str()))));
        body.extend(self.content.as_ref().map(|content| ("components".to_owned(), content.to_json())));
        body.extend(self.ttl_seconds.map(|seconds| ("message_send_ttl_seconds".to_owned(), json!(seconds))));
        Value::Object(body)
    }
}

impl DraftContent {
    /// The list of components.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Written(written) => written.to_json(),
            Self::OneTimeCode(code) => code.to_json(),
        }
    }
}

impl Written {
    fn to_json(&self) -> Value {
        let offer = self.offer.as_ref().map(|offer| {
            let offer = json!({"text": offer.text, "has_expiration": offer.has_expiration});
            json!({"type": "LIMITED_TIME_OFFER", "limited_time_offer": offer})
        });
        let cards = (!self.cards.is_empty()).then(|| {
            let cards: Vec<Value> = self.cards.iter().map(DraftCard::to_json).collect();
            json!({"type": "CAROUSEL", "cards": cards})
        });
        let parts = [
            self.header.as_ref().map(DraftHeader::to_json),
            offer,
            Some(self.body.to_json("BODY", "body_text")),
            self.footer.as_ref().map(|footer| json!({"type": "FOOTER", "text": footer})),
            buttons(&self.buttons),
            cards,
        ];
        Value::Array(parts.into_iter().flatten().collect())
    }
}

impl OneTimeCode {
    fn to_json(&self) -> Value {
        let mut parts = vec![json!({"type": "BODY", "add_security_recommendation": self.security_recommendation})];
        let footer = |minutes| json!({"type": "FOOTER", "code_expiration_minutes": minutes});
        parts.extend(self.expires_minutes.map(footer));
        parts.push(json!({"type": "BUTTONS", "buttons": [self.button.to_json()]}));
        Value::Array(parts)
    }
}

impl OtpButton {
    fn to_json(&self) -> Value {
        let (kind, text, autofill, apps) = match self {
            Self::CopyCode { text } => ("COPY_CODE", text.as_ref(), None, None),
            Self::OneTap { text, autofill_text, apps } => {
                ("ONE_TAP", text.as_ref(), autofill_text.as_ref(), Some(apps))
            }
            Self::ZeroTap { apps, .. } => ("ZERO_TAP", None, None, Some(apps)),
        };
        let app = |app: &AndroidApp| json!({"package_name": app.package_name, "signature_hash": app.signature_hash});
        let apps = apps.map(|apps| json!(apps.iter().map(app).collect::<Vec<_>>()));
        let mut button = Map::from_iter([("type".to_owned(), json!("OTP")), ("otp_type".to_owned(), json!(kind))]);
        let texts = [("text", text), ("autofill_text", autofill)];
        button.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), json!(text?)))));
        button.extend(apps.map(|apps| ("supported_apps".to_owned(), apps)));
        if let Self::ZeroTap { terms_accepted, .. } = self {
            button.insert("zero_tap_terms_accepted".to_owned(), json!(terms_accepted));
        }
        Value::Object(button)
    }
}

impl DraftText {
    /// Examples for positions stand under `example`, those of a body in a list within the list; named ones beside it.
    fn to_json(&self, kind: &str, example: &str) -> Value {
        let examples = match &self.examples {
            Examples::None => return json!({"type": kind, "text": self.text}),
            Examples::Positional(values) if kind == "BODY" => json!({example: [values]}),
            Examples::Positional(values) => json!({example: values}),
            Examples::Named(values) => {
                let named = |(name, value): &(String, String)| json!({"param_name": name, "example": value});
                json!({format!("{example}_named_params"): values.iter().map(named).collect::<Vec<_>>()})
            }
        };
        json!({"type": kind, "text": self.text, "example": examples})
    }
}

impl DraftHeader {
    fn to_json(&self) -> Value {
        let sample = |format: &str, handle: &Handle| {
            let example = json!({"header_handle": [handle.as_str()]});
            json!({"type": "HEADER", "format": format, "example": example})
        };
        match self {
            Self::Text(text) => {
                let mut header = text.to_json("HEADER", "header_text");
                if let Some(header) = header.as_object_mut() {
                    header.insert("format".to_owned(), json!("TEXT"));
                }
                header
            }
            Self::Image(handle) => sample("IMAGE", handle),
            Self::Video(handle) => sample("VIDEO", handle),
            Self::Document(handle) => sample("DOCUMENT", handle),
            Self::Location => json!({"type": "HEADER", "format": "LOCATION"}),
            Self::Product => json!({"type": "HEADER", "format": "PRODUCT"}),
        }
    }
}

impl DraftCard {
    fn to_json(&self) -> Value {
        let body = self.body.as_ref().map(|body| body.to_json("BODY", "body_text"));
        let parts = [Some(self.header.to_json()), body, buttons(&self.buttons)];
        json!({"components": parts.into_iter().flatten().collect::<Vec<_>>()})
    }
}

fn buttons(buttons: &[DraftButton]) -> Option<Value> {
    let all: Vec<Value> = buttons.iter().map(DraftButton::to_json).collect();
    (!all.is_empty()).then(|| json!({"type": "BUTTONS", "buttons": all}))
}

impl DraftButton {
    fn to_json(&self) -> Value {
        match self {
            Self::QuickReply { text } => json!({"type": "QUICK_REPLY", "text": text}),
            Self::Url { text, url, example: None } => json!({"type": "URL", "text": text, "url": url}),
            Self::Url { text, url, example: Some(example) } => {
                json!({"type": "URL", "text": text, "url": url, "example": [example]})
            }
            Self::PhoneNumber { text, phone_number } => {
                json!({"type": "PHONE_NUMBER", "text": text, "phone_number": phone_number})
            }
            Self::CopyCode { example } => json!({"type": "COPY_CODE", "example": example}),
            Self::Flow { text, flow_id } => json!({"type": "FLOW", "text": text, "flow_id": flow_id}),
            Self::Catalog { text } => json!({"type": "CATALOG", "text": text}),
            Self::Products { text } => json!({"type": "MPM", "text": text}),
            Self::Product { text } => json!({"type": "SPM", "text": text}),
            Self::VoiceCall { text } => json!({"type": "VOICE_CALL", "text": text}),
            Self::RequestContactInfo => json!({"type": "REQUEST_CONTACT_INFO"}),
        }
    }
}
