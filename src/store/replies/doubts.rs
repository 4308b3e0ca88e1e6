//! Replies in doubt: when people are asked about them, what they decide, and what Meta tells against that later.

use crate::domain::clock::Timestamp;
use crate::domain::deliveries::DeliveryState;
use crate::domain::ids::{PersonId, ReplyId, RequestId, TenantId};
use crate::domain::replies::{ReplyRuling, ReplySource, ReplyToken};
use crate::store::{Db, Result, Tx, on, row, to_json, unsigned, word};
use serde_json::{Value, json};

/// A reply that has been in doubt for so long that people have to look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// Of which business.
    pub tenant: TenantId,
    /// Which one.
    pub reply: ReplyId,
    /// Where it comes from.
    pub source: ReplySource,
    /// Under whose approval.
    pub request: RequestId,
}

row! {
    struct OverdueRow { tenant_id: TenantId, id: ReplyId, source: String, request_id: RequestId }
}

/// Replies that have been in doubt since then or before, and that nobody was asked about, the oldest first.
pub async fn overdue(db: &Db, since: Timestamp, limit: u32) -> Result<Vec<Overdue>> {
    let rows: Vec<OverdueRow> = on!(read db, p => sqlx::query_as(
        "select tenant_id, id, source, request_id from reply
         where state = 3 and asked_at is null and request_id is not null and updated_at <= $1 order by updated_at, id limit $2")
        .bind(since).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            let source = word("reply", "source", row.id, &row.source)?;
            Ok(Overdue { tenant: row.tenant_id, reply: row.id, source, request: row.request_id })
        })
        .collect()
}

/// Automatic replies that people were asked about and have not decided on: by which requests they are live, and how many.
pub async fn open(db: &Db, tenant: TenantId) -> Result<Vec<(RequestId, u64)>> {
    let rows: Vec<(RequestId, i64)> = on!(read db, p => sqlx::query_as(
        "select request_id, count(*) from reply
         where tenant_id = $1 and state = 3 and asked_at is not null and source = 'automation' group by request_id")
        .bind(tenant).fetch_all(p).await)?;
    rows.into_iter().map(|(request, count)| Ok((request, unsigned("reply", "count", request, count)?))).collect()
}

/// Notes that people are asked about one in doubt; `false` if that was done, or it is in doubt no more.
pub async fn ask(tx: &mut Tx, tenant: TenantId, reply: ReplyId, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update reply set asked_at = $3 where tenant_id = $1 and id = $2 and state = 3 and asked_at is null")
        .bind(tenant).bind(reply).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// The word under which a ruling stands beside its try.
const fn noted(ruling: ReplyRuling) -> &'static str {
    match ruling {
        ReplyRuling::CountAsSent => "counted_as_sent",
        ReplyRuling::Leave => "left",
    }
}

/// Does with a try in doubt what a person decided; `false` if it is in doubt no more, or nobody was asked.
pub async fn rule(
    tx: &mut Tx,
    tenant: TenantId,
    token: ReplyToken,
    ruling: ReplyRuling,
    reason: &str,
    person: PersonId,
    now: Timestamp,
) -> Result<bool> {
    let to = match ruling {
        ReplyRuling::CountAsSent => DeliveryState::Accepted,
        ReplyRuling::Leave => DeliveryState::Abandoned,
    };
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update reply set state = $4, updated_at = $5
         where tenant_id = $1 and id = $2 and attempt = $3 and state = 3 and asked_at is not null")
        .bind(tenant).bind(token.reply).bind(token.attempt).bind(to.number()).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1 && note(tx, token, noted(ruling), &json!({"reason": reason}), Some(person), now).await?)
}

/// Takes the message of a request back before a request to Meta has begun for it; `false` if one has, or it came to its end.
pub async fn stop(tx: &mut Tx, tenant: TenantId, request: RequestId, why: &str, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update reply set state = 5, why = $3, updated_at = $4
         where tenant_id = $1 and request_id = $2 and source = 'request' and state = 0")
        .bind(tenant).bind(request).bind(why).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// What news of a reply speak against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// What a person decided about it.
    Ruling,
    /// That it was refused or not sent, as it stood in the ledger.
    Outcome,
}

row! {
    struct StandsRow { state: i16, ruled: Option<String> }
}

/// Whether news of this try speak against what was decided or held of it; each time once, however often the news come.
pub async fn contradicted(
    tx: &mut Tx,
    tenant: TenantId,
    token: ReplyToken,
    arrived: bool,
    now: Timestamp,
) -> Result<Option<Against>> {
    let stands: Option<StandsRow> = on!(tx &mut *tx, c => sqlx::query_as(
        "select r.state, (select a.outcome from reply_attempt a
            where a.reply_id = r.id and a.attempt = $3 and a.outcome in ('counted_as_sent', 'left')) as ruled
         from reply r where r.tenant_id = $1 and r.id = $2 and r.attempt >= $3 and $3 > 0")
        .bind(tenant).bind(token.reply).bind(token.attempt).fetch_optional(c).await)?;
    let Some(stands) = stands else { return Ok(None) };
    let ended = [DeliveryState::Failed, DeliveryState::Suppressed].map(DeliveryState::number);
    let against = match (stands.ruled.as_deref(), arrived) {
        (Some("left"), true) | (Some("counted_as_sent"), false) => Against::Ruling,
        (None, true) if ended.contains(&stands.state) => Against::Outcome,
        _ => return Ok(None),
    };
    Ok(note(tx, token, "contradicted", &json!({}), None, now).await?.then_some(against))
}

/// Notes that Meta took a second message for one reply; `false` if that was known.
pub(super) async fn second(tx: &mut Tx, token: ReplyToken, wamid: &str, by: &str, now: Timestamp) -> Result<bool> {
    note(tx, token, "second_message", &json!({"wamid": wamid, "by": by}), None, now).await
}

async fn note(
    tx: &mut Tx,
    token: ReplyToken,
    outcome: &str,
    evidence: &Value,
    person: Option<PersonId>,
    now: Timestamp,
) -> Result<bool> {
    let evidence = to_json("reply_attempt", "evidence", evidence)?;
    let hit = on!(tx tx, c => sqlx::query(
        "insert into reply_attempt (reply_id, attempt, outcome, evidence, at, authorized_by) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing")
        .bind(token.reply).bind(token.attempt).bind(outcome).bind(evidence).bind(now).bind(person)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Tries for which Meta took a second message though nobody had decided that it goes again: the promise was broken so often.
pub async fn second_messages(db: &Db, tenant: TenantId) -> Result<u64> {
    let (count,): (i64,) = on!(read db, p => sqlx::query_as(
        "select count(*) from reply_attempt a join reply r on r.id = a.reply_id
         where a.outcome = 'second_message' and r.tenant_id = $1")
        .bind(tenant).fetch_one(p).await)?;
    unsigned("reply_attempt", "count", tenant, count)
}
