//! What Meta knows of the business, read anew: numbers, limits, templates and their quality. What changed is written down.

pub mod profiles;

use super::Ctx;
use crate::domain::audit::{Actor, Event, number_subject, template_subject};
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::masked::ProviderId;
use crate::domain::people::Tenant;
use crate::domain::templates::{Button, Header, MediaKind, MessageTemplate, Quality, TemplateContent, TemplateStatus};
use crate::error::{Error, Result};
use crate::graph::business::{MessagingLimit, PhoneNumberInfo, QualityScore, phone_numbers};
use crate::graph::templates::{self, Category, Component, HeaderFormat, Template};
use crate::store;
use serde_json::{Value, json};

/// What was read and what of it was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncReport {
    /// Numbers of the business.
    pub numbers: usize,
    /// Templates, each language by itself.
    pub templates: usize,
    /// Entries written to the audit log.
    pub changes: usize,
}

/// Reads everything, compares, stores.
pub async fn sync(ctx: &Ctx, tenant: &Tenant) -> Result<SyncReport> {
    let credentials = ctx.credentials(tenant)?;
    let unreachable = |e: crate::graph::Error| {
        Error::Unavailable(format!("Meta's account {} could not be read: {e}", tenant.waba_id))
    };
    let numbers = phone_numbers(&ctx.graph, &credentials, &tenant.waba_id).await.map_err(unreachable)?;
    let found = templates::list(&ctx.graph, &credentials, &tenant.waba_id).await.map_err(unreachable)?;
    let now = ctx.clock.now();
    let numbers: Vec<SendingNumber> = numbers.iter().map(|n| number(n, now)).collect();
    let found: Vec<MessageTemplate> = found.into_iter().filter_map(|t| template(t, now)).collect();
    let known_numbers = store::business::numbers(&ctx.db, tenant.id).await?;
    let known = store::templates::all(&ctx.db, tenant.id).await?;
    let mut events: Vec<Event> = numbers
        .iter()
        .filter_map(|new| number_changed(known_numbers.iter().find(|old| old.id == new.id), new))
        .chain(found.iter().filter_map(|new| template_changed(known.iter().find(|old| same(old, new)), new)))
        .collect();
    let gone: Vec<MessageTemplate> = known
        .into_iter()
        .filter(|old| old.status != TemplateStatus::Deleted && !found.iter().any(|new| same(old, new)))
        .map(|old| MessageTemplate { status: TemplateStatus::Deleted, synced_at: now, ..old })
        .collect();
    events.extend(gone.iter().map(|t| event("template.changed", subject(t), json!({ "status": t.status }))));
    let report = SyncReport { numbers: numbers.len(), templates: found.len(), changes: events.len() };
    let mut tx = ctx.db.begin().await?;
    for number in &numbers {
        store::business::upsert_number(&mut tx, tenant.id, number).await?;
    }
    for template in found.iter().chain(&gone) {
        store::templates::upsert(&mut tx, tenant.id, template).await?;
    }
    for event in events {
        store::audit::append(&mut tx, tenant.id, now, event).await?;
    }
    tx.commit().await?;
    Ok(report)
}

fn same(a: &MessageTemplate, b: &MessageTemplate) -> bool {
    a.name == b.name && a.language == b.language
}

fn subject(template: &MessageTemplate) -> String {
    template_subject(&template.name, template.language.as_str())
}

fn event(act: &'static str, subject: String, details: Value) -> Event {
    Event { actor: Actor::Meta, act, subject, details }
}

fn number_changed(old: Option<&SendingNumber>, new: &SendingNumber) -> Option<Event> {
    let facts = |n: &SendingNumber| json!({ "status": n.status, "quality": n.quality, "limit": n.portfolio_limit, "name": n.name });
    let (before, after) = (old.map(facts), facts(new));
    (before.as_ref() != Some(&after))
        .then(|| event("number.changed", number_subject(&new.id), json!({ "before": before, "after": after })))
}

fn template_changed(old: Option<&MessageTemplate>, new: &MessageTemplate) -> Option<Event> {
    let facts = |t: &MessageTemplate| {
        json!({
            "status": t.status, "quality": t.quality, "category": t.category, "correct_category": t.correct_category,
            "content": t.content.digest().ok(),
        })
    };
    let (before, after) = (old.map(facts), facts(new));
    (before.as_ref() != Some(&after))
        .then(|| event("template.changed", subject(new), json!({ "before": before, "after": after })))
}

fn number(info: &PhoneNumberInfo, now: Timestamp) -> SendingNumber {
    SendingNumber {
        id: ProviderId::new(&info.id),
        display: info.display_phone_number.as_ref().map_or_else(String::new, |n| n.as_str().to_owned()),
        name: info.verified_name.clone().unwrap_or_default(),
        status: info.status.as_str().to_lowercase(),
        quality: quality(&info.quality),
        portfolio_limit: info.messaging_limit.as_ref().and_then(MessagingLimit::people).map(u64::from),
        // Meta's throughput page: 80 messages a second, 1,000 after the upgrade.
        per_second: if info.throughput.as_deref() == Some("HIGH") { 1_000 } else { 80 },
        synced_at: now,
    }
}

fn quality(score: &QualityScore) -> Quality {
    match score {
        QualityScore::Green => Quality::Green,
        QualityScore::Yellow => Quality::Yellow,
        QualityScore::Red => Quality::Red,
        QualityScore::Unknown | QualityScore::Other(_) => Quality::Unknown,
    }
}

/// Its category, if this version knows it.
#[must_use]
pub fn category(category: &Category) -> Option<MessageCategory> {
    match category {
        Category::Authentication => Some(MessageCategory::Authentication),
        Category::Marketing => Some(MessageCategory::Marketing),
        Category::Utility => Some(MessageCategory::Utility),
        Category::Other(_) => None,
    }
}

/// Where it stands.
#[must_use]
pub fn status(status: &templates::TemplateStatus) -> TemplateStatus {
    use templates::TemplateStatus as Meta;
    match status {
        Meta::Approved => TemplateStatus::Approved,
        Meta::Archived => TemplateStatus::Archived,
        Meta::Deleted => TemplateStatus::Deleted,
        Meta::Disabled => TemplateStatus::Disabled,
        Meta::InAppeal => TemplateStatus::InAppeal,
        Meta::LimitExceeded => TemplateStatus::LimitExceeded,
        Meta::Paused => TemplateStatus::Paused,
        Meta::Pending => TemplateStatus::Pending,
        Meta::PendingDeletion => TemplateStatus::PendingDeletion,
        Meta::Rejected => TemplateStatus::Rejected,
        Meta::Other(_) => TemplateStatus::Unknown,
    }
}

/// A template whose language or category this version cannot read is left out: it could not be sent either.
pub fn template(template: Template, now: Timestamp) -> Option<MessageTemplate> {
    let language = template.language.parse().ok();
    let kind = category(&template.category);
    let (Some(language), Some(kind)) = (language, kind) else {
        tracing::warn!(
            template = template.name,
            language = template.language,
            "Meta lists a template that cannot be read"
        );
        return None;
    };
    Some(MessageTemplate {
        content: content(&template),
        name: template.name,
        language,
        meta_id: template.id,
        category: kind,
        status: status(&template.status),
        quality: quality(&template.quality.score),
        rejected_reason: template.rejected_reason,
        correct_category: template.correct_category.as_ref().and_then(category).filter(|c| *c != kind),
        synced_at: now,
    })
}

fn content(template: &Template) -> TemplateContent {
    let mut content = TemplateContent { header: None, body: String::new(), footer: None, buttons: Vec::new() };
    for component in &template.components {
        match component {
            Component::Header { format, text } => content.header = header(format, text.clone()),
            Component::Body { text } => content.body.clone_from(text),
            Component::Footer { text } => content.footer.clone_from(text),
            Component::Buttons(buttons) => content.buttons = buttons.iter().map(button).collect(),
            // Kept in the digest by its kind, so that a carousel never passes for a plain message.
            Component::Other { kind, .. } => {
                content.buttons.push(Button::Other { kind: kind.clone(), text: String::new() });
            }
        }
    }
    content
}

fn header(format: &HeaderFormat, text: Option<String>) -> Option<Header> {
    match format {
        HeaderFormat::Text => text.map(Header::Text),
        HeaderFormat::Image => Some(Header::Media(MediaKind::Image)),
        HeaderFormat::Video | HeaderFormat::Gif => Some(Header::Media(MediaKind::Video)),
        HeaderFormat::Document | HeaderFormat::Other(_) => Some(Header::Media(MediaKind::Document)),
        HeaderFormat::Location => Some(Header::Location),
    }
}

fn button(button: &templates::Button) -> Button {
    use templates::ButtonKind as Kind;
    let text = button.text.clone().unwrap_or_default();
    match (&button.kind, &button.url, &button.phone_number) {
        (Kind::QuickReply, ..) => Button::QuickReply { text },
        (Kind::Url, Some(url), _) => Button::Url { text, url: url.clone() },
        (Kind::PhoneNumber, _, Some(number)) => Button::PhoneNumber { text, phone_number: number.clone() },
        (Kind::CopyCode, ..) => Button::CopyCode { text },
        (kind, ..) => Button::Other { kind: kind.as_str().to_owned(), text },
    }
}
