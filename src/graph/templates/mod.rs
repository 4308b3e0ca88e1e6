//! The account's message templates, with their state and quality at Meta.

mod draft;
mod write;

pub use draft::{
    AndroidApp, DraftButton, DraftCard, DraftContent, DraftHeader, DraftOffer, DraftText, Examples, NewTemplate,
    OneTimeCode, OtpButton, TemplateEdit, Written,
};
pub use write::{Created, Unpaused, create, delete, delete_one, edit, unpause};

use serde_json::Value;

use crate::domain::json::{self, int, text, texts};
use crate::domain::open_enum::open_enum;
use crate::graph::business::{Health, QualityScore, health, quality};
use crate::graph::call::in_doubt;
use crate::graph::lists::List;
use crate::graph::{Credentials, Error, Graph};

/// One template in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub language: String,
    /// Only an approved one can be sent.
    pub status: TemplateStatus,
    pub category: Category,
    pub sub_category: Option<String>,
    /// What it was before Meta changed it.
    pub previous_category: Option<Category>,
    /// What Meta will change it to, if that is announced.
    pub correct_category: Option<Category>,
    pub parameter_format: ParameterFormat,
    pub components: Vec<Component>,
    /// The components as Meta wrote them, for comparing what was approved with what is.
    pub components_json: Value,
    pub quality: Quality,
    pub rejected_reason: Option<String>,
    /// How long Meta tries to deliver its messages, if the business has set it.
    pub ttl_seconds: Option<i64>,
    pub health: Option<Health>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    pub score: QualityScore,
    /// In unix seconds.
    pub at: Option<i64>,
    pub reasons: Vec<String>,
}

open_enum! {
    pub enum TemplateStatus {
        Approved = "APPROVED",
        Archived = "ARCHIVED",
        Deleted = "DELETED",
        Disabled = "DISABLED",
        InAppeal = "IN_APPEAL",
        LimitExceeded = "LIMIT_EXCEEDED",
        Paused = "PAUSED",
        Pending = "PENDING",
        PendingDeletion = "PENDING_DELETION",
        Rejected = "REJECTED",
    }
}

open_enum! {
    pub enum Category {
        Authentication = "AUTHENTICATION",
        Marketing = "MARKETING",
        Utility = "UTILITY",
    }
}

open_enum! {
    pub enum ParameterFormat {
        Named = "NAMED",
        Positional = "POSITIONAL",
    }
}

open_enum! {
    pub enum HeaderFormat {
        Text = "TEXT",
        Image = "IMAGE",
        Video = "VIDEO",
        Document = "DOCUMENT",
        Gif = "GIF",
        Location = "LOCATION",
    }
}

open_enum! {
    pub enum ButtonKind {
        Catalog = "CATALOG",
        CopyCode = "COPY_CODE",
        Flow = "FLOW",
        Mpm = "MPM",
        Otp = "OTP",
        PhoneNumber = "PHONE_NUMBER",
        QuickReply = "QUICK_REPLY",
        RequestContactInfo = "REQUEST_CONTACT_INFO",
        Spm = "SPM",
        Url = "URL",
        VoiceCall = "VOICE_CALL",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Component {
    Header {
        format: HeaderFormat,
        text: Option<String>,
    },
    Body {
        text: String,
    },
    Footer {
        text: Option<String>,
    },
    Buttons(Vec<Button>),
    /// A kind that this version does not know: carousels, offers, what comes next.
    Other {
        kind: String,
        raw: Value,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Button {
    pub kind: ButtonKind,
    pub text: Option<String>,
    pub url: Option<String>,
    pub phone_number: Option<String>,
}

const FIELDS: &str = "id,name,language,status,category,sub_category,previous_category,correct_category,\
    parameter_format,components,quality_score,rejected_reason,message_send_ttl_seconds";

/// All templates of the account, in all languages and states.
pub async fn list(graph: &Graph, credentials: &Credentials, waba: &str) -> Result<Vec<Template>, Error> {
    read(graph, credentials, waba, &[("fields", FIELDS)]).await
}

/// All languages of one template: how a creation ended whose answer was lost.
pub async fn named(graph: &Graph, credentials: &Credentials, waba: &str, name: &str) -> Result<Vec<Template>, Error> {
    let mut templates = read(graph, credentials, waba, &[("fields", FIELDS), ("name", name)]).await?;
    // Meta looks for the name anywhere in a name.
    templates.retain(|template| template.name == name);
    Ok(templates)
}

/// One template, with Meta's forecast of whether it can be sent.
pub async fn get(graph: &Graph, credentials: &Credentials, template_id: &str) -> Result<Template, Error> {
    let item = graph.object(credentials, template_id, &format!("{FIELDS},health_status")).await?;
    template(&item).ok_or_else(unreadable)
}

async fn read(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
    query: &[(&str, &str)],
) -> Result<Vec<Template>, Error> {
    let items = graph.all(credentials, List::edge(waba, "message_templates", query)).await?;
    items.iter().map(|item| template(item).ok_or_else(unreadable)).collect()
}

fn unreadable() -> Error {
    in_doubt("a template without id, name or language".to_owned())
}

/// A template as Meta writes it. `None` without id, name or language.
#[must_use]
pub fn template(item: &Value) -> Option<Template> {
    let category = |key: &str| text(item, key).map(|word| Category::from(word.as_str()));
    let score = item.get("quality_score").unwrap_or(&Value::Null);
    Some(Template {
        id: text(item, "id")?,
        name: text(item, "name")?,
        // Meta writes languages with a hyphen in places.
        language: text(item, "language")?.replace('-', "_"),
        status: TemplateStatus::from(text(item, "status").as_deref().unwrap_or("UNKNOWN")),
        category: category("category").unwrap_or_else(|| Category::Other(String::new())),
        sub_category: text(item, "sub_category"),
        previous_category: category("previous_category"),
        correct_category: category("correct_category"),
        parameter_format: ParameterFormat::from(text(item, "parameter_format").as_deref().unwrap_or("POSITIONAL")),
        components: json::list(item, "components").iter().map(component).collect(),
        components_json: item.get("components").cloned().unwrap_or(Value::Array(Vec::new())),
        quality: Quality {
            score: quality(text(score, "score")),
            at: int(score, "date"),
            reasons: texts(score, "reasons"),
        },
        rejected_reason: text(item, "rejected_reason").filter(|reason| reason != "NONE"),
        ttl_seconds: int(item, "message_send_ttl_seconds"),
        health: health(item),
    })
}

fn component(raw: &Value) -> Component {
    let kind = text(raw, "type").unwrap_or_default();
    let words = text(raw, "text");
    match kind.to_ascii_uppercase().as_str() {
        "HEADER" => {
            let format = HeaderFormat::from(text(raw, "format").as_deref().unwrap_or("TEXT"));
            Component::Header { format, text: words }
        }
        "BODY" => Component::Body { text: words.unwrap_or_default() },
        "FOOTER" => Component::Footer { text: words },
        "BUTTONS" => Component::Buttons(json::list(raw, "buttons").iter().map(button).collect()),
        _ => Component::Other { kind, raw: raw.clone() },
    }
}

fn button(raw: &Value) -> Button {
    Button {
        kind: ButtonKind::from(text(raw, "type").unwrap_or_default().as_str()),
        text: text(raw, "text"),
        url: text(raw, "url"),
        phone_number: text(raw, "phone_number"),
    }
}
