//! The ledger of replies: one row for each message to one person. A request to Meta is made only for a row whose intent is
//! durable, and once for each intent; what a daemon left behind is in doubt, and no timer sends it again.

mod doubts;
mod read;
mod statuses;

use super::behind::not_behind;
use super::deliveries::Sql;
use super::{Error, Result, Tx, on, row, to_json, word};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::DeliveryState;
use crate::domain::ids::{DaemonId, ReplyId, RequestId, TenantId};
use crate::domain::replies::{ReplyCause, ReplySource, ReplyToken, Saying};
use crate::store::behind::Known;

pub use doubts::{Against, Overdue, ask, contradicted, open, overdue, rule, second_messages, stop};
pub use read::{Reply, between, ended, find, of_request, page_to, to_contact};
pub use statuses::{Failed, Told, apply_status};

/// A message to be said to one person.
#[derive(Debug, Clone)]
pub struct NewReply<'a> {
    /// From which number of the business, by Meta's id.
    pub number: &'a str,
    /// To whom.
    pub contact: ContactNo,
    /// Where it comes from, and under whose approval.
    pub source: Origin,
    /// What caused it.
    pub cause: &'a ReplyCause,
    /// The customer's message that it answers.
    pub in_reply_to: Option<&'a str>,
    /// Given, Meta delivers it only to the person of whom this mark was read.
    pub identity_hash: Option<&'a str>,
    /// What it says.
    pub saying: &'a Saying,
}

/// Where a reply comes from, with the approval that lets it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// People or policy approved this very message.
    Request(RequestId),
    /// This request made live what answers.
    Automation(RequestId),
}

impl Origin {
    const fn columns(self) -> (ReplySource, RequestId) {
        match self {
            Self::Request(id) => (ReplySource::Request, id),
            Self::Automation(id) => (ReplySource::Automation, id),
        }
    }
}

/// Adds replies, to be said in their order.
pub async fn add(tx: &mut Tx, tenant: TenantId, replies: &[NewReply<'_>], now: Timestamp) -> Result<Vec<ReplyId>> {
    let mut ids = Vec::with_capacity(replies.len());
    for reply in replies {
        let (id, (source, request)) = (ReplyId::random(), reply.source.columns());
        let (cause, content) = (to_json("reply", "cause", reply.cause)?, to_json("reply", "content", reply.saying)?);
        on!(tx &mut *tx, c => sqlx::query(
            "insert into reply (id, tenant_id, phone_number_id, contact_no, n, source, request_id, cause, in_reply_to, content,
                state, attempt, lease_until, due_at, created_at, updated_at, identity_hash)
             select $1, $2, $3, $4, coalesce(max(n), 0) + 1, $5, $6, $7, $8, $9, 0, 0, 0, $10, $10, $10, $11
             from reply where tenant_id = $2 and phone_number_id = $3 and contact_no = $4")
            .bind(id).bind(tenant).bind(reply.number).bind(reply.contact).bind(source.as_str()).bind(request).bind(cause)
            .bind(reply.in_reply_to).bind(content).bind(now).bind(reply.identity_hash).execute(c).await.map(drop))?;
        ids.push(id);
    }
    Ok(ids)
}

/// What the team wrote with the app on their phone: Meta has it already. `false` if it was here before.
pub async fn echo(
    tx: &mut Tx,
    tenant: TenantId,
    (number, contact): (&str, ContactNo),
    wamid: &str,
    said: &ReplyCause,
    (at, now): (Timestamp, Timestamp),
) -> Result<bool> {
    let cause = to_json("reply", "cause", said)?;
    let hit = on!(tx tx, c => sqlx::query(
        "insert into reply (id, tenant_id, phone_number_id, contact_no, n, source, cause, content, state, attempt, lease_until,
            due_at, wamid, progress, created_at, updated_at)
         select $1, $2, $3, $4, coalesce(max(n), 0) + 1, 'app', $5, 'null', 2, 0, 0, $7, $6, 1, $7, $8
         from reply where tenant_id = $2 and phone_number_id = $3 and contact_no = $4
         having not exists (select 1 from reply r where r.tenant_id = $2 and r.wamid = $6)")
        .bind(ReplyId::random()).bind(tenant).bind(number.replace('\0', "")).bind(contact).bind(cause).bind(wamid.replace('\0', ""))
        .bind(at).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// A reply whose intent is durable: whoever holds it makes one request for it.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Which reply.
    pub id: ReplyId,
    /// Of which business.
    pub tenant: TenantId,
    /// From which number.
    pub number: String,
    /// To whom.
    pub contact: ContactNo,
    /// Under whose approval.
    pub request: RequestId,
    /// Where it comes from.
    pub source: ReplySource,
    /// The customer's message that it answers.
    pub in_reply_to: Option<String>,
    /// The mark of the person for whom it is.
    pub identity_hash: Option<String>,
    /// What it says.
    pub saying: Saying,
    /// Which try.
    pub attempt: i16,
    /// Since when it waits.
    pub created_at: Timestamp,
}

row! {
    struct IntentRow {
        id: ReplyId, tenant_id: TenantId, phone_number_id: String, contact_no: ContactNo, request_id: RequestId, source: String,
        in_reply_to: Option<String>, identity_hash: Option<String>, content: String, attempt: i16, created_at: Timestamp,
    }
}

impl TryFrom<IntentRow> for Intent {
    type Error = Error;
    fn try_from(row: IntentRow) -> Result<Self> {
        Ok(Self {
            source: word("reply", "source", row.id, &row.source)?,
            saying: super::json("reply", "content", row.id, &row.content)?,
            id: row.id,
            tenant: row.tenant_id,
            number: row.phone_number_id,
            contact: row.contact_no,
            request: row.request_id,
            in_reply_to: row.in_reply_to,
            identity_hash: row.identity_hash,
            attempt: row.attempt,
            created_at: row.created_at,
        })
    }
}

/// Takes replies that are due, at most one for each customer, none from a number that is stopped, and none in a database that
/// is behind what has happened. The intent counts once the transaction is committed, and until then nothing may be sent.
pub async fn claim(
    tx: &mut Tx,
    by: DaemonId,
    known: Known,
    (now, lease_until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Intent>> {
    macro_rules! claim {
        ($kind:ident, $lock:literal) => {
            concat!(
                "update reply set state = 1, attempt = attempt + 1, owner = $1, lease_until = $3, updated_at = $2
                 where state = 0 and id in (select r.id from reply r where r.state in (0, 1) and r.state = 0 and r.due_at <= $2
                    and not exists (select 1 from sending_stop s
                        where s.tenant_id = r.tenant_id and s.phone_number_id in ('', r.phone_number_id))
                    and not exists (select 1 from reply p where p.tenant_id = r.tenant_id and p.phone_number_id = r.phone_number_id
                        and p.contact_no = r.contact_no and p.n < r.n and p.state in (0, 1))
                    order by r.due_at, r.id limit $4",
                $lock,
                ") and ",
                not_behind!($kind, "$5", "$6"),
                " returning id, tenant_id, phone_number_id, contact_no, request_id, source, in_reply_to, identity_hash, content, attempt, created_at"
            )
        };
    }
    // `state in (0, 1)` is what the index of those that are due is made for.
    const CLAIM: Sql = Sql { sqlite: claim!(sqlite, ""), postgres: claim!(postgres, " for update skip locked") };
    let sql = CLAIM.of(tx);
    let rows: Vec<IntentRow> = on!(tx tx, c => sqlx::query_as(sql).bind(by).bind(now).bind(lease_until).bind(i64::from(limit))
        .bind(known.epoch).bind(known.database).fetch_all(c).await)?;
    rows.into_iter().map(Intent::try_from).collect()
}

/// How one try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Meta has it, under this id.
    Accepted(String),
    /// Provably not sent; it may be tried again from then on.
    Again(Timestamp, String),
    /// It had to wait for its turn until then: that was no try.
    Waits(Timestamp),
    /// Refused for good, with Meta's code if it is Meta who refused.
    Failed(Option<i32>, String),
    /// Not sent, on purpose.
    Suppressed(String),
    /// Nobody can tell.
    Unknown(String),
}

/// What came of writing an ending down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It stands in the ledger.
    Written,
    /// The row had moved on; nothing was changed.
    Moved,
    /// Meta has two messages for this try: somebody got it twice.
    Twice,
}

/// Writes down how a try ended. A late outcome of one that was taken for lost is welcome, also after people have decided.
pub async fn settle(tx: &mut Tx, token: ReplyToken, ending: &Ending, now: Timestamp) -> Result<Settled> {
    let (state, wamid, code, why, due) = match ending {
        Ending::Accepted(wamid) => (DeliveryState::Accepted, Some(wamid.replace('\0', "")), None, None, None),
        Ending::Again(at, why) => (DeliveryState::Queued, None, None, Some(why), Some(*at)),
        Ending::Waits(until) => (DeliveryState::Queued, None, None, None, Some(*until)),
        Ending::Failed(code, why) => (DeliveryState::Failed, None, *code, Some(why), None),
        Ending::Suppressed(why) => (DeliveryState::Suppressed, None, None, Some(why), None),
        Ending::Unknown(why) => (DeliveryState::Unknown, None, None, Some(why), None),
    };
    let given_back = i16::from(matches!(ending, Ending::Waits(_)));
    // What people decided about has no id of Meta's, until Meta's own answer comes after all.
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update reply set state = $3, wamid = coalesce(wamid, $4), error_code = $5, why = $6, due_at = coalesce($7, due_at),
            owner = null, updated_at = $8, attempt = attempt - $9
         where id = $1 and attempt = $2
            and (state = 1 or (state = 3 and $3 <> 0) or ($3 in (2, 4) and state in (2, 6) and wamid is null))")
        .bind(token.reply).bind(token.attempt).bind(state.number()).bind(wamid.as_deref()).bind(code)
        .bind(why.map(|why| why.replace('\0', ""))).bind(due).bind(now).bind(given_back)
        .execute(c).await.map(|r| r.rows_affected()))?;
    let Some(wamid) = wamid.filter(|_| hit == 0) else {
        return Ok(if hit == 1 { Settled::Written } else { Settled::Moved });
    };
    let known: Option<(Option<String>,)> = on!(tx &mut *tx, c => sqlx::query_as("select wamid from reply where id = $1")
        .bind(token.reply).fetch_optional(c).await)?;
    if known.and_then(|(known,)| known).is_none_or(|known| known == wamid) {
        return Ok(Settled::Moved);
    }
    doubts::second(tx, token, &wamid, "answer", now).await?;
    Ok(Settled::Twice)
}

/// Writes down how it ended to make a reply ready, by a daemon that had given its intent back as `Waits` for so long. It does
/// nothing if others have taken the reply since, or it was stopped.
pub async fn prepared(tx: &mut Tx, token: ReplyToken, ending: &Ending, now: Timestamp) -> Result<Settled> {
    let (state, code, why, due, tried) = match ending {
        Ending::Waits(at) => (DeliveryState::Queued, None, None, Some(*at), 0_i16),
        Ending::Again(at, why) => (DeliveryState::Queued, None, Some(why), Some(*at), 1),
        Ending::Failed(code, why) => (DeliveryState::Failed, *code, Some(why), None, 1),
        Ending::Suppressed(why) => (DeliveryState::Suppressed, None, Some(why), None, 1),
        // What was not sent is neither with Meta nor in doubt.
        Ending::Accepted(_) | Ending::Unknown(_) => return Ok(Settled::Moved),
    };
    let hit = on!(tx tx, c => sqlx::query(
        "update reply set state = $3, error_code = $4, why = $5, due_at = coalesce($6, due_at), attempt = attempt + $7, updated_at = $8
         where id = $1 and attempt = $2 and state = 0")
        .bind(token.reply).bind(token.attempt.saturating_sub(1)).bind(state.number()).bind(code)
        .bind(why.map(|why| why.replace('\0', ""))).bind(due).bind(tried).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(if hit == 1 { Settled::Written } else { Settled::Moved })
}

/// What daemons that are gone had on its way is in doubt from now on; how many there were.
pub async fn lapse(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(on!(tx tx, c => sqlx::query(
        "update reply set state = 3, owner = null, why = 'the daemon that was sending it is gone', updated_at = $1
         where state in (0, 1) and state = 1 and lease_until < $1").bind(now).execute(c).await.map(|r| r.rows_affected()))?)
}

/// In a database that has gone back in time, what waits may have been sent: it is in doubt, at the try that would be next, so
/// that a status of that try settles it.
pub async fn doubt_all(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(on!(tx tx, c => sqlx::query(
        "update reply set attempt = attempt + case when state = 0 then 1 else 0 end, state = 3, owner = null,
            why = 'the database was put back, and this may have been sent', updated_at = $1
         where state in (0, 1)").bind(now).execute(c).await.map(|r| r.rows_affected()))?)
}

/// What was said to a contact that has become another was said to that one.
pub(super) async fn merge(tx: &mut Tx, tenant: TenantId, from: ContactNo, into: ContactNo) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update reply set contact_no = $3,
            n = n + (select coalesce(max(r.n), 0) from reply r where r.tenant_id = $1 and r.phone_number_id = reply.phone_number_id and r.contact_no = $3)
         where tenant_id = $1 and contact_no = $2").bind(tenant).bind(from).bind(into).execute(c).await.map(drop))?;
    Ok(())
}
