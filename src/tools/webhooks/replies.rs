//! What Meta tells of single messages of the business: how far ours came, and what the team wrote with the app.

use super::remedies;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ReplyId, TenantId};
use crate::domain::orders::links::Revocation;
use crate::domain::replies::{ReplyCause, ReplySource, ReplyToken};
use crate::domain::webhooks::{Echo, Status};
use crate::error::Result;
use crate::store::contacts::Found;
use crate::store::conversations::Answer;
use crate::store::deliveries::Reached;
use crate::store::orders::links;
use crate::store::replies::{self, Against, Failed, Told};
use crate::store::{Tx, audit, contacts, conversations, requests};
use serde_json::json;

/// A status of a reply. If this database does not know the reply: when it must have been begun, which is long ago for all that
/// it can tell.
pub(super) async fn told(
    tx: &mut Tx,
    tenant: TenantId,
    token: ReplyToken,
    status: &Status,
    reached: Reached,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let arrived = matches!(reached, Reached::Step(_));
    let unheard_of = replies::find(&mut *tx, tenant, token.reply).await?.is_some_and(|reply| reply.wamid.is_none());
    let against = replies::contradicted(tx, tenant, token, arrived, now).await?;
    let told = replies::apply_status(tx, tenant, token, &status.wamid, reached, now).await?;
    if let Some(against) = against {
        speaks_against(tx, tenant, token, against, now).await?;
    }
    match told {
        Told::Known => {
            if arrived && unheard_of {
                said(tx, tenant, token.reply, now).await?;
            }
            Ok(None)
        }
        Told::Failed(failed) => {
            undelivered(tx, tenant, token.reply, &failed, now).await?;
            Ok(None)
        }
        Told::Twice(new) => {
            if new {
                sent_twice(tx, tenant, token, now).await?;
            }
            Ok(None)
        }
        Told::Forgotten => {
            metrics::counter!("countersign_webhook_unknown_tokens_total").increment(1);
            tracing::error!(reply = %token.reply, attempt = token.attempt, "a status names a reply that this database does not know: was it restored from a backup?");
            Ok(Some(Timestamp::from_micros(0)))
        }
    }
}

/// Meta has it: the conversation knows that it was answered, and whether a person of the team did.
pub async fn said(tx: &mut Tx, tenant: TenantId, reply: ReplyId, now: Timestamp) -> Result<()> {
    let Some(reply) = replies::find(&mut *tx, tenant, reply).await? else { return Ok(()) };
    let (number, contact) = (reply.number.as_str(), reply.contact);
    let by_person = match reply.request.filter(|_| reply.source == ReplySource::Request) {
        // What an agent wrote and policy let out was seen by nobody, unless somebody has the conversation.
        Some(request) => {
            let signed = requests::find(&mut *tx, tenant, request).await?.is_some_and(|it| it.quorum.needs_people());
            let thread = conversations::of(&mut *tx, tenant, number, contact).await?;
            signed || thread.is_some_and(|thread| thread.person.is_some())
        }
        None => false,
    };
    let answer = Answer { number, contact, decided_at: reply.created_at, at: now, by_person };
    Ok(conversations::answered(tx, tenant, &answer).await?)
}

/// Meta has told, or answered, against what a person decided or what stood in the ledger: the log says so.
pub async fn speaks_against(
    tx: &mut Tx,
    tenant: TenantId,
    token: ReplyToken,
    against: Against,
    now: Timestamp,
) -> Result<()> {
    let act = match against {
        Against::Ruling => {
            metrics::counter!("countersign_contradicted_decisions_total").increment(1);
            "execution.ruling_contradicted"
        }
        Against::Outcome => "reply.settled_otherwise",
    };
    log(tx, tenant, token, act, now).await
}

/// Meta has two messages for one reply: the log says so, and the daemon's health counts it.
pub async fn sent_twice(tx: &mut Tx, tenant: TenantId, token: ReplyToken, now: Timestamp) -> Result<()> {
    tracing::error!(reply = %token.reply, attempt = token.attempt, "Meta has a second message for one reply: a person got it twice");
    log(tx, tenant, token, "reply.sent_twice", now).await
}

async fn log(tx: &mut Tx, tenant: TenantId, token: ReplyToken, act: &'static str, now: Timestamp) -> Result<()> {
    let request = replies::find(&mut *tx, tenant, token.reply).await?.and_then(|reply| reply.request);
    let subject = request.map_or_else(|| token.reply.to_string(), |request| request.to_string());
    let details = json!({"reply": token.reply, "attempt": token.attempt});
    audit::append(tx, tenant, now, Event { actor: Actor::Meta, act, subject, details }).await?;
    Ok(())
}

/// Another person than the one whose mark the message carried holds the number.
const MISMATCH: i32 = 137_000;

/// A message to a single customer was not delivered: what follows for the person, and nobody pays by a link that nobody got.
pub async fn undelivered(tx: &mut Tx, tenant: TenantId, reply: ReplyId, failed: &Failed, now: Timestamp) -> Result<()> {
    if let Some(mark) = failed.identity_hash.as_deref().filter(|_| failed.code == MISMATCH) {
        contacts::mismatched(tx, tenant, failed.contact, mark, now).await?;
    }
    remedies(tx, tenant, &[(failed.contact, i64::from(failed.code))], now).await?;
    links::revoke_of_reply(tx, tenant, reply, Revocation::NotDelivered, now).await?;
    Ok(())
}

/// The team wrote with the app: it stands in the conversation, and what the customer wrote before is answered.
pub(super) async fn echoed(
    tx: &mut Tx,
    tenant: TenantId,
    number: &str,
    echo: &Echo,
    at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let Some(who) = super::people::identity(&echo.to) else { return Ok(()) };
    let Found { known, .. } = contacts::know(tx, tenant, &who, "", at, now).await?;
    let said = ReplyCause(json!({"kind": echo.kind.as_str(), "text": echo.kind.text()}));
    if replies::echo(tx, tenant, (number, known.no), &echo.id, &said, (at, now)).await? {
        let answer = Answer { number, contact: known.no, decided_at: at, at, by_person: true };
        conversations::answered(tx, tenant, &answer).await?;
    }
    Ok(())
}
