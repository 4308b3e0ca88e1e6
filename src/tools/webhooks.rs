//! What follows from Meta's events: the ledger, the suppression list, windows, templates. Each event may come twice and in
//! any order, so each is applied in a way that a repeat does not change.

use super::Ctx;
use crate::domain::audit::{Actor, Event as AuditEvent, template_subject};
use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use crate::domain::consent::Suppression;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::{AttemptToken, Progress};
use crate::domain::ids::{ContactId, TenantId};
use crate::domain::phone::PhoneNumber;
use crate::domain::policy::message::is_way_out;
use crate::domain::redact::Number;
use crate::domain::templates::{Quality, TemplateStatus};
use crate::domain::webhooks::{
    DeliveryStatus, Event, Message, MessageKind, Preference, Status, TemplateEvent, UserPreference, What, stop_word,
};
use crate::error::Result;
use crate::graph::errors::{Remedy, explain};
use crate::store::deliveries::{self, Reached, StatusUpdate};
use crate::store::webhooks::{self, Inbound, Refusal, TemplateNews};
use crate::store::{Tx, audit, consent, contacts};
use serde_json::json;

/// What the caller has to see to, in the same transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Follow {
    /// Nothing more may go out for this business, and why.
    pub stop_sending: Option<String>,
    /// Numbers or the account have changed: read them again.
    pub read_again: bool,
    /// Messages of ours were told about: executions may have come to their end.
    pub ledger: bool,
    /// Meta tells of a message of ours that this database does not know: it is older than what has happened.
    pub behind: Option<Timestamp>,
}

/// An event with the time at which it reached us.
pub type Arrived = (Timestamp, Event);

/// Applies the events of one business, in their order. Statuses are gathered and written together, because they are many
/// and their order does not matter.
pub async fn apply(ctx: &Ctx, tx: &mut Tx, secret: &Hash, tenant: TenantId, events: &[Arrived]) -> Result<Follow> {
    let mut follow = Follow::default();
    let mut statuses = Vec::new();
    for (arrived, event) in events {
        let at = moment(event, *arrived);
        match &event.what {
            What::Status(status) => statuses.extend(update(status, secret)),
            What::Message(message) => {
                if let Some(number) = &event.phone_number_id {
                    written(tx, tenant, number, message, at, *arrived).await?;
                }
            }
            What::UserPreference(preference) => preferred(tx, tenant, preference, *arrived).await?,
            What::TemplateStatus(_) | What::TemplateQuality(_) | What::TemplateCategory(_) => {
                template(tx, tenant, &event.what, at, *arrived).await?;
                // The event says nothing of the words, and they may be others now.
                follow.read_again = true;
            }
            What::PhoneQuality(_) => follow.read_again = true,
            What::AccountUpdate(update) => {
                follow.read_again = true;
                if update.stops_sending() {
                    let word: String =
                        update.event.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    follow.stop_sending = Some(format!("Meta says that the account may not send now ({word})."));
                }
            }
            What::Unknown { field, .. } => {
                metrics::counter!("countersign_webhook_events_unknown_total").increment(1);
                follow.read_again |= field == "message_template_components_update";
                tracing::debug!(field, "an event that this version does not act on");
            }
        }
    }
    if !statuses.is_empty() {
        follow.ledger = true;
        follow.behind = ledger(ctx, tx, tenant, &statuses).await?;
    }
    Ok(follow)
}

/// When it happened. Meta's clock counts, but not beyond ours: a window must not open in the future.
fn moment(event: &Event, arrived: Timestamp) -> Timestamp {
    event.at.map_or(arrived, |at| Timestamp::from_seconds(at).min(arrived))
}

/// What a status says of a message of ours. One without our token is of somebody else's message on the same account.
fn update(status: &Status, secret: &Hash) -> Option<StatusUpdate> {
    let reached = match &status.status {
        DeliveryStatus::Sent => Reached::Step(Progress::Sent),
        DeliveryStatus::Delivered => Reached::Step(Progress::Delivered),
        DeliveryStatus::Read | DeliveryStatus::Played => Reached::Step(Progress::Read),
        DeliveryStatus::Failed => Reached::Failed(status.errors.first().and_then(|e| i32::try_from(e.code).ok())),
        DeliveryStatus::Other(_) => return None,
    };
    let token = status.callback.as_deref().and_then(|text| AttemptToken::parse(text, secret));
    let outcome = if token.is_some() { "ours" } else { "other" };
    metrics::counter!("countersign_webhook_statuses_total", "of" => outcome).increment(1);
    Some(StatusUpdate { token: token?, wamid: status.wamid.clone(), reached })
}

/// Writes them down. If some are of messages that this database does not know: when what they belong to was begun, as far as
/// that is known, or long ago.
async fn ledger(ctx: &Ctx, tx: &mut Tx, tenant: TenantId, statuses: &[StatusUpdate]) -> Result<Option<Timestamp>> {
    let now = ctx.clock.now();
    let applied = deliveries::apply_statuses(tx, tenant, statuses, now).await?;
    for token in &applied.twice {
        tracing::error!(execution = %token.execution, seq = token.seq, attempt = token.attempt, "Meta names a second message for one row: a person got it twice");
    }
    for token in &applied.contradicted {
        // Not locked: a person who stops it holds it first and what this transaction holds after.
        let Some(execution) = deliveries::find(&mut *tx, tenant, token.execution).await? else { continue };
        metrics::counter!("countersign_contradicted_decisions_total").increment(1);
        let event = AuditEvent {
            actor: Actor::Meta,
            act: "execution.ruling_contradicted",
            subject: execution.request.to_string(),
            details: json!({"execution": token.execution, "number": token.seq + 1, "attempt": token.attempt}),
        };
        audit::append(tx, tenant, now, event).await?;
    }
    let mut behind = None;
    for token in &applied.unknown {
        let begun = deliveries::find(&mut *tx, tenant, token.execution).await?.map(|it| it.started_at);
        behind = behind.max(Some(begun.unwrap_or(Timestamp::from_micros(0))));
        metrics::counter!("countersign_webhook_unknown_tokens_total").increment(1);
        tracing::error!(execution = %token.execution, seq = token.seq, attempt = token.attempt, "a status names a message that this database does not know: was it restored from a backup?");
    }
    let failed: Vec<(ContactNo, i64)> = applied.failed.iter().map(|(who, code)| (*who, i64::from(*code))).collect();
    remedies(tx, tenant, &failed, now).await?;
    Ok(behind)
}

/// Notes on people what Meta's codes say of them, in a transaction of its own.
pub async fn remedy(ctx: &Ctx, tenant: TenantId, refusals: &[(ContactNo, i64)]) -> Result<()> {
    if refusals.iter().all(|(_, code)| lasting(*code).is_none()) {
        return Ok(());
    }
    let mut tx = ctx.db.begin().await?;
    remedies(&mut tx, tenant, refusals, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// What stays of a refusal beyond its message.
enum Lasting {
    Suppressed(Suppression),
    Noted(Refusal),
}

fn lasting(code: i64) -> Option<Lasting> {
    // Two codes whose remedy is shared with others, and whose meaning for the person is not.
    match code {
        130_403 => return Some(Lasting::Suppressed(Suppression::Blocked)),
        130_472 => return Some(Lasting::Noted(Refusal::Experiment)),
        _ => {}
    }
    match explain(code).remedy {
        Remedy::RestRecipient => Some(Lasting::Noted(Refusal::Capped)),
        Remedy::SuppressMarketing => Some(Lasting::Suppressed(Suppression::StoppedAtMeta)),
        Remedy::MarkUnreachable => Some(Lasting::Suppressed(Suppression::Invalid)),
        _ => None,
    }
}

async fn remedies(tx: &mut Tx, tenant: TenantId, refusals: &[(ContactNo, i64)], now: Timestamp) -> Result<()> {
    for (contact, code) in refusals {
        match lasting(*code) {
            Some(Lasting::Suppressed(kind)) => {
                consent::suppress(tx, tenant, *contact, kind, &format!("meta:{code}"), None, now).await?;
            }
            Some(Lasting::Noted(refusal)) => webhooks::refused(tx, tenant, *contact, refusal, now).await?,
            None => {}
        }
    }
    Ok(())
}

/// A customer wrote: the window opens, and a STOP is heard before anything else is sent.
async fn written(
    tx: &mut Tx,
    tenant: TenantId,
    number: &str,
    message: &Message,
    at: Timestamp,
    arrived: Timestamp,
) -> Result<()> {
    let Some(phone) = message.from.as_ref().and_then(phone) else {
        metrics::counter!("countersign_webhook_messages_unreadable_total").increment(1);
        tracing::warn!("a customer wrote from what is no phone number; nobody here has it");
        return Ok(());
    };
    let name = message.profile_name.as_deref().unwrap_or_default().replace('\0', "");
    let known = contacts::know(tx, tenant, &phone, &name, arrived).await?;
    let body = match &message.kind {
        MessageKind::Text { body } => Some(body.as_str()),
        _ => message.words(),
    };
    let inbound = Inbound {
        wamid: &message.id,
        phone_number_id: number,
        contact: known.no,
        kind: kind(&message.kind),
        body,
        context: message.context_id.as_deref(),
        sent_at: at,
    };
    if !webhooks::receive(tx, tenant, &inbound, arrived).await? {
        return Ok(());
    }
    contacts::wrote(tx, tenant, known.no, at).await?;
    let said = message.words().and_then(stop_word).map(|word| (Suppression::OptedOutOfEverything, word.as_str()));
    // A button such as "Stop promotions" is how a template lets people out; it speaks of what templates promote.
    let tapped =
        || message.tapped().filter(|text| is_way_out(text)).map(|text| (Suppression::OptedOutOfMarketing, text));
    if let Some((kind, word)) = said.or_else(tapped)
        && consent::suppress(tx, tenant, known.no, kind, "message", Some(word), arrived).await?
    {
        opted(tx, tenant, known.id, "contact.opted_out", kind, arrived).await?;
    }
    Ok(())
}

const fn kind(kind: &MessageKind) -> &str {
    match kind {
        MessageKind::Text { .. } => "text",
        MessageKind::Button { .. } => "button",
        MessageKind::Interactive(_) => "interactive",
        MessageKind::Other { kind } => kind.as_str(),
    }
}

/// Meta writes numbers without their plus.
fn phone(number: &Number) -> Option<PhoneNumber> {
    PhoneNumber::parse(&format!("+{}", number.as_str().trim_start_matches('+')), None).ok()
}

async fn opted(
    tx: &mut Tx,
    tenant: TenantId,
    contact: ContactId,
    act: &'static str,
    kind: Suppression,
    now: Timestamp,
) -> Result<()> {
    let details = json!({"kind": kind.as_str()});
    let event = AuditEvent { actor: Actor::Meta, act, subject: contact.to_string(), details };
    audit::append(tx, tenant, now, event).await?;
    Ok(())
}

/// A person switched marketing off at Meta, or on again. That lifts only what was switched off there, never a STOP.
async fn preferred(tx: &mut Tx, tenant: TenantId, preference: &UserPreference, now: Timestamp) -> Result<()> {
    let Some(phone) = preference.wa_id.as_ref().and_then(phone) else { return Ok(()) };
    let kind = Suppression::StoppedAtMeta;
    match preference.value {
        Preference::Stop => {
            let known = contacts::know(tx, tenant, &phone, "", now).await?;
            if consent::suppress(tx, tenant, known.no, kind, "meta", None, now).await? {
                opted(tx, tenant, known.id, "contact.opted_out", kind, now).await?;
            }
        }
        Preference::Resume => {
            if let Some(known) = contacts::by_phone(tx, tenant, &phone).await?
                && consent::lift(tx, tenant, known.no, kind).await?
            {
                opted(tx, tenant, known.id, "contact.opted_in", kind, now).await?;
            }
        }
    }
    Ok(())
}

async fn template(tx: &mut Tx, tenant: TenantId, what: &What, at: Timestamp, now: Timestamp) -> Result<()> {
    let (id, news) = match what {
        What::TemplateStatus(t) => {
            let news =
                TemplateNews { status: status_of(&t.event), reason: t.reason.clone(), ..TemplateNews::default() };
            (&t.template_id, news)
        }
        What::TemplateQuality(t) => {
            let quality = t.new.to_lowercase().parse().unwrap_or(Quality::Unknown);
            (&t.template_id, TemplateNews { quality: Some(quality), ..TemplateNews::default() })
        }
        What::TemplateCategory(t) => {
            // An announced change names the present category as the new one, and the coming one apart.
            let category = t.new_category.to_lowercase().parse().ok();
            let correct_category = t.correct_category.clone();
            (&t.template_id, TemplateNews { category, correct_category, ..TemplateNews::default() })
        }
        _ => return Ok(()),
    };
    let Some((name, language)) = webhooks::template_news(tx, tenant, id, &news, at).await? else { return Ok(()) };
    let details = json!({
        "status": news.status, "quality": news.quality, "category": news.category,
        "correct_category": news.correct_category,
    });
    let subject = template_subject(&name, &language);
    audit::append(tx, tenant, now, AuditEvent { actor: Actor::Meta, act: "template.changed", subject, details })
        .await?;
    Ok(())
}

fn status_of(event: &TemplateEvent) -> Option<TemplateStatus> {
    Some(match event {
        TemplateEvent::Approved | TemplateEvent::Reinstated | TemplateEvent::Unarchived => TemplateStatus::Approved,
        TemplateEvent::Pending => TemplateStatus::Pending,
        TemplateEvent::Rejected => TemplateStatus::Rejected,
        // A warning, or a lock for a time: Meta may let it through, we do not.
        TemplateEvent::Flagged | TemplateEvent::Locked | TemplateEvent::Paused => TemplateStatus::Paused,
        TemplateEvent::Disabled => TemplateStatus::Disabled,
        TemplateEvent::InAppeal => TemplateStatus::InAppeal,
        TemplateEvent::PendingDeletion => TemplateStatus::PendingDeletion,
        TemplateEvent::Deleted => TemplateStatus::Deleted,
        TemplateEvent::LimitExceeded => TemplateStatus::LimitExceeded,
        TemplateEvent::Archived => TemplateStatus::Archived,
        TemplateEvent::Other(_) => TemplateStatus::Unknown,
    })
}
