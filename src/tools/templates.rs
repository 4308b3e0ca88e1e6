//! Message templates: as Meta has them, as drafts, and on their way from one to the other.

pub mod draft;
pub mod meta;
pub mod submit;
mod view;

pub mod quality;

use super::reading::{Cursor, Limit, Page, Text, after, cut, reading};
use super::{Ctx, Kind, Tool, schema};
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::Language;
use crate::domain::masked::{Masked, ProviderId};
use crate::domain::people::{Area, Caller};
use crate::domain::redact::scrub;
use crate::domain::templates::{Button, Header, MediaKind, MessageTemplate, Quality, TemplateStatus};
use crate::error::{Error, Result};
use crate::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.templates.list",
        title: ["List templates", "列出訊息範本", "列出消息模板"],
        summary: "Lists message templates by name and language with category, Meta's verdict and quality. Filters: name, \
                  status, category, language, quality.",
        read_first: &["whatsapp.config.get"],
        governance: "Only reads; nobody has to approve it.",
        safety: "Only a template marked `sendable` may go out in a message that the business begins.",
        area: Area::Templates,
        wants: None,
        kind: Kind::Read(reading!(list)),
        input: schema::<ListArguments>,
        output: schema::<Page<TemplateItem>>,
    },
    Tool {
        name: "whatsapp.template.get",
        title: ["Read one template", "讀取一個訊息範本", "读取一个消息模板"],
        summary: "Shows one template in every language or in one: texts, variables, media, buttons, category, Meta's \
                  verdict with its reason, and quality.",
        read_first: &["whatsapp.templates.list"],
        governance: "Only reads; nobody has to approve it.",
        safety: "Says why Meta refused a template, without tokens, addresses or anything about its reviewers.",
        area: Area::Templates,
        wants: None,
        kind: Kind::Read(reading!(get)),
        input: schema::<GetArguments>,
        output: schema::<TemplateDetail>,
    },
];

/// Which templates. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// Of exactly this name.
    #[serde(default)]
    name: Option<Text<512>>,
    /// With this verdict of Meta's.
    #[serde(default)]
    status: Option<TemplateStatus>,
    /// Of this category.
    #[serde(default)]
    category: Option<MessageCategory>,
    /// In this language.
    #[serde(default)]
    language: Option<Language>,
    /// Received with this quality.
    #[serde(default)]
    quality: Option<Quality>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One language of a template.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TemplateItem {
    /// Its name, shared by its languages.
    name: String,
    /// Which language.
    language: Language,
    /// Meta's id, masked for most.
    meta_id: String,
    /// What Meta takes it for, and bills it as.
    category: MessageCategory,
    /// Meta's verdict.
    status: TemplateStatus,
    /// Whether it may be sent now.
    sendable: bool,
    /// How it is received.
    quality: Quality,
    /// Why Meta refused it.
    rejected_reason: Option<String>,
    /// The category that Meta will move it to.
    correct_category: Option<MessageCategory>,
    /// The placeholders that need a value: `1` or a name for the body, `header.1`, `button.1.1`.
    placeholders: Vec<String>,
    /// When it was last read from Meta.
    last_read_at: Timestamp,
}

fn item(template: &MessageTemplate, caller: &Caller) -> TemplateItem {
    TemplateItem {
        name: template.name.clone(),
        language: template.language.clone(),
        meta_id: Masked::new(ProviderId::new(&template.meta_id)).show(caller.provider_ids().as_ref()),
        category: template.category,
        status: template.status,
        sendable: template.status == TemplateStatus::Approved,
        quality: template.quality,
        rejected_reason: template.rejected_reason.as_deref().map(scrub),
        correct_category: template.correct_category,
        placeholders: template.content.placeholders().into_iter().collect(),
        last_read_at: template.synced_at,
    }
}

async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<Page<TemplateItem>> {
    let filter = store::templates::Filter {
        name: arguments.name.map(Text::into_string),
        status: arguments.status,
        category: arguments.category,
        language: arguments.language,
        quality: arguments.quality,
        after: after("templates", arguments.cursor.as_ref())?,
    };
    let rows = store::templates::list(&ctx.db, caller.tenant(), &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) = cut("templates", arguments.limit, rows, |t| (t.name.clone(), t.language.to_string()))?;
    Ok(Page { items: rows.iter().map(|template| item(template, caller)).collect(), next_cursor })
}

/// Which template.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetArguments {
    /// The template's name, from whatsapp.templates.list.
    name: Text<512>,
    /// Only this language; without it, every one.
    #[serde(default)]
    language: Option<Language>,
}

/// One template in its languages.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TemplateDetail {
    /// Its name.
    name: String,
    /// One entry a language.
    languages: Vec<LanguageDetail>,
}

/// One language with all it says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LanguageDetail {
    /// The facts about it.
    template: TemplateItem,
    /// What stands on top.
    header: Option<HeaderItem>,
    /// The text.
    body: String,
    /// The small line below.
    footer: Option<String>,
    /// What can be tapped.
    buttons: Vec<ButtonItem>,
    /// Over all it says: what is signed holds for this very content.
    content_digest: Digest,
}

/// The top of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeaderItem {
    /// A line of text.
    Text(String),
    /// A medium, given when sending.
    Media(MediaKind),
    /// A place on the map.
    Location,
}

/// A button.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ButtonItem {
    /// What it does: `quick_reply`, `url`, `phone_number`, `copy_code`, or Meta's word for what this version only shows.
    kind: String,
    /// What stands on it.
    label: String,
    /// Where it leads, or whom it calls.
    target: Option<String>,
}

fn button(button: &Button) -> ButtonItem {
    let (kind, target) = match button {
        Button::QuickReply { .. } => ("quick_reply", None),
        Button::Url { url, .. } => ("url", Some(url)),
        Button::PhoneNumber { phone_number, .. } => ("phone_number", Some(phone_number)),
        Button::CopyCode { .. } => ("copy_code", None),
        Button::Other { kind, .. } => (kind.as_str(), None),
    };
    ButtonItem { kind: kind.to_owned(), label: button.label().to_owned(), target: target.cloned() }
}

fn detail(template: &MessageTemplate, caller: &Caller) -> Result<LanguageDetail> {
    let content = &template.content;
    Ok(LanguageDetail {
        template: item(template, caller),
        header: content.header.as_ref().map(|header| match header {
            Header::Text(text) => HeaderItem::Text(text.clone()),
            Header::Media(kind) => HeaderItem::Media(*kind),
            Header::Location => HeaderItem::Location,
        }),
        body: content.body.clone(),
        footer: content.footer.clone(),
        buttons: content.buttons.iter().map(button).collect(),
        content_digest: content.digest()?,
    })
}

async fn get(ctx: &Ctx, caller: &Caller, arguments: GetArguments) -> Result<TemplateDetail> {
    let name = arguments.name.into_string();
    let mut found = store::templates::of_name(&ctx.db, caller.tenant(), &name).await?;
    if found.is_empty() {
        return Err(Error::not_found("template", &name));
    }
    if let Some(wanted) = &arguments.language {
        let there: Vec<String> = found.iter().map(|template| template.language.to_string()).collect();
        found.retain(|template| template.language == *wanted);
        if found.is_empty() {
            let there = there.join(", ");
            return Err(Error::not_found("language of this template", format!("{wanted}; it has {there}")));
        }
    }
    let languages = found.iter().map(|template| detail(template, caller)).collect::<Result<_>>()?;
    Ok(TemplateDetail { name, languages })
}
