//! What follows from Meta's events: the ledger, the suppression list, windows, templates. Each event may come twice and in
//! any order, so each is applied in a way that a repeat does not change.

mod automation;
mod business;
pub mod log;
mod people;
pub mod replies;
pub mod retry;

use super::Ctx;
use crate::domain::audit::{Actor, Event as AuditEvent};
use crate::domain::business::stop::StopReach;
use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use crate::domain::consent::Suppression;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::{AttemptToken, Progress};
use crate::domain::ids::TenantId;
use crate::domain::replies::ReplyToken;
use crate::domain::webhooks::{DeliveryStatus, Event, Status, What};
use crate::error::{Error, Result};
use crate::graph::errors::{Remedy, explain};
use crate::store::deliveries::{self, Reached, StatusUpdate};
use crate::store::webhooks::{self, Refusal};
use crate::store::{Tx, audit, consent};
use serde_json::json;

/// What the caller has to see to, in the same transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Follow {
    /// From where nothing more may go out, and why.
    pub stops: Vec<(StopReach, String)>,
    /// Numbers or the account have changed: read them again.
    pub read_again: bool,
    /// Messages of ours were told about: executions may have come to their end.
    pub ledger: bool,
    /// Something is to be said to a customer.
    pub replies: bool,
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
            What::Status(status) => match update(status, secret) {
                Some(Update::OfDelivery(update)) => statuses.push(update),
                Some(Update::OfReply(token, reached)) => {
                    follow.behind =
                        follow.behind.max(replies::told(tx, tenant, token, status, reached, *arrived).await?);
                }
                None => {}
            },
            What::Message(message) => match &event.phone_number_id {
                Some(number) => follow.replies |= people::wrote(tx, tenant, number, message, at, *arrived).await?,
                None => return Err(aside("a customer's message that names no number of the business")),
            },
            What::Echo(echo) => match &event.phone_number_id {
                Some(number) => replies::echoed(tx, tenant, number, echo, at, *arrived).await?,
                None => return Err(aside("a message of the team that names no number of the business")),
            },
            What::PersonChange(change) => people::changed(tx, tenant, change, at, *arrived).await?,
            What::UserPreference(wish) => people::wished(tx, tenant, wish, at, *arrived).await?,
            What::Unknown { field, .. } if event.what.unreadable().is_some() => {
                return Err(aside(&format!(
                    "what the field {field} is about is missing, or in a form that is not known"
                )));
            }
            What::Unknown { field, .. } => {
                metrics::counter!("countersign_webhook_events_unknown_total").increment(1);
                tracing::debug!(field, "an event that this version does not act on");
            }
            _ => business::told(tx, tenant, event, at, *arrived, &mut follow).await?,
        }
    }
    if !statuses.is_empty() {
        follow.ledger = true;
        follow.behind = follow.behind.max(ledger(ctx, tx, tenant, &statuses).await?);
    }
    Ok(follow)
}

/// What is set aside: people find it there with this reason, and a later version may be able to apply it.
fn aside(why: &str) -> Error {
    metrics::counter!("countersign_webhook_events_unreadable_total").increment(1);
    Error::Conflict(why.to_owned())
}

/// When it happened. Meta's clock counts, but not beyond ours: a window must not open in the future.
fn moment(event: &Event, arrived: Timestamp) -> Timestamp {
    event.at.map_or(arrived, |at| Timestamp::from_seconds(at).min(arrived))
}

/// What a status says of a message of ours. One without our token is of somebody else's message on the same account.
fn update(status: &Status, secret: &Hash) -> Option<Update> {
    let reached = match &status.status {
        DeliveryStatus::Sent => Reached::Step(Progress::Sent),
        DeliveryStatus::Delivered => Reached::Step(Progress::Delivered),
        DeliveryStatus::Read | DeliveryStatus::Played => Reached::Step(Progress::Read),
        DeliveryStatus::Failed => Reached::Failed(status.errors.first().and_then(|e| i32::try_from(e.code).ok())),
        DeliveryStatus::Other(_) => return None,
    };
    let text = status.callback.as_deref().unwrap_or_default();
    let delivery = || AttemptToken::parse(text, secret);
    let update = match ReplyToken::parse(text, secret) {
        Some(token) => Some(Update::OfReply(token, reached)),
        None => {
            delivery().map(|token| Update::OfDelivery(StatusUpdate { token, wamid: status.wamid.clone(), reached }))
        }
    };
    let of = if update.is_some() { "ours" } else { "other" };
    metrics::counter!("countersign_webhook_statuses_total", "of" => of).increment(1);
    update
}

/// News of a message of ours.
enum Update {
    /// One of many, of an execution.
    OfDelivery(StatusUpdate),
    /// One to a single customer.
    OfReply(ReplyToken, Reached),
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

/// The same, in the transaction that writes the refusals down.
pub async fn remedies(tx: &mut Tx, tenant: TenantId, refusals: &[(ContactNo, i64)], now: Timestamp) -> Result<()> {
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
