//! Reading the ledger by ranges of its primary key, and the evidence beside it.

use super::doubts::Why;
use super::{Sql, dialects, list};
use crate::domain::audience::Withheld;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::{Delivery, DeliveryState, Desired, LedgerRow, PROGRESS_FAILED, Tally};
use crate::domain::ids::{ExecutionId, PersonId, TenantId};
use crate::store::{Db, Error, Result, Tx, json, on, row, to_json, unsigned, word};

/// A row that waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub seq: u32,
    /// Whom it goes to.
    pub contact_no: ContactNo,
    /// Tries so far.
    pub attempt: i16,
}

row! {
    struct WaitingRow { seq: i64, contact_no: ContactNo, attempt: i16 }
}

fn read_waiting(rows: Vec<WaitingRow>) -> Result<Vec<Waiting>> {
    rows.into_iter()
        .map(|row| {
            let seq = unsigned("delivery", "seq", row.seq, row.seq)?;
            Ok(Waiting { seq, contact_no: row.contact_no, attempt: row.attempt })
        })
        .collect()
}

/// Rows that wait, from one number up to another.
pub async fn waiting(db: &Db, execution: ExecutionId, from: u32, to: u32) -> Result<Vec<Waiting>> {
    let rows: Vec<WaitingRow> = on!(read db, p => sqlx::query_as(
        "select seq, contact_no, attempt from delivery where execution_id = $1 and seq >= $2 and seq < $3 and state = 0 order by seq")
        .bind(execution).bind(i64::from(from)).bind(i64::from(to)).fetch_all(p).await)?;
    read_waiting(rows)
}

/// Rows of a shard whose time for another try has come, and when the next one is due.
pub async fn retries(
    db: &Db,
    execution: ExecutionId,
    from: u32,
    to: u32,
    now: Timestamp,
    limit: u32,
) -> Result<(Vec<Waiting>, Option<Timestamp>)> {
    let rows: Vec<WaitingRow> = on!(read db, p => sqlx::query_as(
        "select d.seq, d.contact_no, d.attempt from retry_queue q join delivery d on d.execution_id = q.execution_id and d.seq = q.seq
         where q.execution_id = $1 and q.seq >= $2 and q.seq < $3 and q.retry_at <= $4 and d.state = 0 order by q.retry_at limit $5")
        .bind(execution).bind(i64::from(from)).bind(i64::from(to)).bind(now).bind(i64::from(limit)).fetch_all(p).await)?;
    let (next,): (Option<Timestamp>,) = on!(read db, p => sqlx::query_as(
        // A row that a webhook has settled meanwhile may still stand in the queue; it waits for nothing.
        "select min(q.retry_at) from retry_queue q join delivery d on d.execution_id = q.execution_id and d.seq = q.seq
         where q.execution_id = $1 and q.seq >= $2 and q.seq < $3 and d.state = 0")
        .bind(execution).bind(i64::from(from)).bind(i64::from(to)).fetch_one(p).await)?;
    Ok((read_waiting(rows)?, next))
}

/// What an execution still has before it, by the marks of its shards and its retry queue alone: the ledger may be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Whether rows have not had their turn.
    pub untouched: bool,
    /// When the first of the rows is due that are tried again or were put off.
    pub next_retry: Option<Timestamp>,
}

/// Reads it.
pub async fn ahead(db: &Db, tenant: TenantId, execution: ExecutionId) -> Result<Ahead> {
    let (open, next_retry): (i64, Option<Timestamp>) = on!(read db, p => sqlx::query_as(
        "select (select count(*) from shard s where s.execution_id = e.id and s.next_seq < s.seq_to),
            (select min(q.retry_at) from retry_queue q where q.execution_id = e.id)
         from execution e where e.tenant_id = $1 and e.id = $2")
        .bind(tenant).bind(execution).fetch_optional(p).await)?
    .unwrap_or_default();
    Ok(Ahead { untouched: open > 0, next_retry })
}

/// Rows of a stretch that are marked as sending under one epoch, each with its attempt.
pub async fn sending(db: &Db, execution: ExecutionId, from: u32, to: u32, epoch: i64) -> Result<Vec<(u32, i16)>> {
    let rows: Vec<(i64, i16)> = on!(read db, p => sqlx::query_as(
        "select seq, attempt from delivery where execution_id = $1 and seq >= $2 and seq < $3 and state = 1 and epoch = $4 order by seq")
        .bind(execution).bind(i64::from(from)).bind(i64::from(to)).bind(epoch).fetch_all(p).await)?;
    rows.into_iter().map(|(seq, attempt)| Ok((unsigned("delivery", "seq", execution, seq)?, attempt))).collect()
}

row! {
    struct TallyRow { state: i16, progress: Option<i16>, n: i64 }
}

/// How many rows of an execution stand where.
pub async fn tally(db: &Db, tenant: TenantId, execution: ExecutionId) -> Result<Tally> {
    let found: Option<(i64, String)> = on!(read db, p => sqlx::query_as("select total, desired from execution where tenant_id = $1 and id = $2")
        .bind(tenant).bind(execution).fetch_optional(p).await)?;
    let Some((total, desired)) = found else { return Ok(Tally::default()) };
    let desired: Desired = word("execution", "desired", execution, &desired)?;
    let rows: Vec<TallyRow> = on!(read db, p => sqlx::query_as(
        "select state, progress, count(*) as n from delivery where execution_id = $1 group by state, progress")
        .bind(execution).fetch_all(p).await)?;
    let mut tally = Tally { total: unsigned("execution", "total", execution, total)?, ..Tally::default() };
    let mut written = 0;
    for row in rows {
        let n: u64 = unsigned("delivery", "count", execution, row.n)?;
        written += n;
        match state(row.state)? {
            DeliveryState::Queued => tally.queued += n,
            DeliveryState::Sending => tally.sending += n,
            DeliveryState::Unknown => tally.unknown += n,
            DeliveryState::Failed => (tally.failed, tally.refused) = (tally.failed + n, tally.refused + n),
            DeliveryState::Suppressed => tally.suppressed += n,
            DeliveryState::Abandoned => tally.abandoned += n,
            DeliveryState::Accepted => {
                let came_to = Delivery::of(DeliveryState::Accepted, row.progress, desired);
                let count = if came_to == Delivery::Failed { &mut tally.failed } else { &mut tally.accepted };
                *count += n;
                match came_to {
                    Delivery::Read => (tally.read, tally.delivered) = (tally.read + n, tally.delivered + n),
                    Delivery::Delivered => tally.delivered += n,
                    _ => {}
                }
            }
        }
    }
    // Rows that are not written yet wait too.
    tally.queued += tally.total.saturating_sub(written);
    if desired == Desired::Cancel {
        tally.not_sent = std::mem::take(&mut tally.queued);
    }
    Ok(tally)
}

fn state(number: i16) -> Result<DeliveryState> {
    DeliveryState::from_number(number).ok_or_else(|| Error::inconsistent("delivery", "state", number, number))
}

/// Since when the youngest row in doubt has been so; none if there is none.
pub async fn in_doubt_since(db: &Db, execution: ExecutionId) -> Result<Option<Timestamp>> {
    let (at,): (Option<Timestamp>,) = on!(read db, p => sqlx::query_as(
        "select max(updated_at) from delivery where execution_id = $1 and state = 3").bind(execution).fetch_one(p).await)?;
    Ok(at)
}

/// One row with what only some may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What everybody sees.
    pub row: LedgerRow,
    /// To whom.
    pub contact_no: ContactNo,
    /// Meta's id of the message.
    pub wamid: Option<String>,
}

row! {
    struct EntryRow {
        seq: i64, contact_no: ContactNo, state: i16, attempt: i16, wamid: Option<String>, progress: Option<i16>,
        error_code: Option<i32>, updated_at: Timestamp, desired: String,
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = Error;
    fn try_from(row: EntryRow) -> Result<Self> {
        Ok(Self {
            row: LedgerRow {
                seq: unsigned("delivery", "seq", row.seq, row.seq)?,
                delivery: Delivery::of(
                    state(row.state)?,
                    row.progress,
                    word("execution", "desired", row.seq, &row.desired)?,
                ),
                attempt: row.attempt,
                error_code: row.error_code,
                updated_at: row.updated_at,
            },
            contact_no: row.contact_no,
            wamid: row.wamid,
        })
    }
}

/// The two columns behind one word: its state, and a condition on the progress. What left Meta's servers counts as accepted
/// until it is on the device, and can be asked for by itself, too.
fn columns(delivery: Delivery) -> (i16, Option<i16>, bool) {
    let accepted = DeliveryState::Accepted.number();
    match delivery {
        Delivery::Queued | Delivery::NotSent => (DeliveryState::Queued.number(), None, false),
        Delivery::Sending => (DeliveryState::Sending.number(), None, false),
        Delivery::Accepted => (accepted, None, true),
        Delivery::Sent => (accepted, Some(1), false),
        Delivery::Delivered => (accepted, Some(2), false),
        Delivery::Read => (accepted, Some(3), false),
        Delivery::Failed => (DeliveryState::Failed.number(), None, false),
        Delivery::Suppressed => (DeliveryState::Suppressed.number(), None, false),
        Delivery::Unknown => (DeliveryState::Unknown.number(), None, false),
        Delivery::Abandoned => (DeliveryState::Abandoned.number(), None, false),
    }
}

/// Rows of an execution in their order, after one number, of one word or of all.
pub async fn ledger_page(
    db: &Db,
    tenant: TenantId,
    execution: ExecutionId,
    after: Option<u32>,
    limit: u32,
    only: Option<Delivery>,
) -> Result<Vec<Entry>> {
    let (state, progress, bare) = only.map_or((None, None, false), |delivery| {
        let (state, progress, bare) = columns(delivery);
        (Some(state), progress, bare)
    });
    // A message that Meta took and could not deliver reads as failed too.
    let undelivered = (only == Some(Delivery::Failed)).then_some(PROGRESS_FAILED);
    // What waits is told from what will never go by what is wanted of the whole.
    let stopped = only.filter(|delivery| matches!(delivery, Delivery::Queued | Delivery::NotSent));
    let stopped = stopped.map(|delivery| delivery == Delivery::NotSent);
    let rows: Vec<EntryRow> = on!(read db, p => sqlx::query_as(
        "select d.seq, d.contact_no, d.state, d.attempt, d.wamid, d.progress, d.error_code, d.updated_at, e.desired
         from delivery d join execution e on e.id = d.execution_id
         where e.tenant_id = $1 and d.execution_id = $2 and d.seq > $3 and ($9 is null or $9 = (e.desired = 'cancel'))
            and ($4 is null or (d.state = $4 and ($5 is null or d.progress = $5) and (not $6 or d.progress is null or d.progress = 1))
                or ($7 is not null and d.state = 2 and d.progress = $7))
         order by d.seq limit $8")
        .bind(tenant).bind(execution).bind(after.map_or(-1, i64::from)).bind(state).bind(progress).bind(bare)
        .bind(undelivered).bind(i64::from(limit)).bind(stopped).fetch_all(p).await)?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// One row.
pub async fn entry(db: &Db, tenant: TenantId, execution: ExecutionId, seq: u32) -> Result<Option<Entry>> {
    let row: Option<EntryRow> = on!(read db, p => sqlx::query_as(
        "select d.seq, d.contact_no, d.state, d.attempt, d.wamid, d.progress, d.error_code, d.updated_at, e.desired
         from delivery d join execution e on e.id = d.execution_id
         where e.tenant_id = $1 and d.execution_id = $2 and d.seq = $3")
        .bind(tenant).bind(execution).bind(i64::from(seq)).fetch_optional(p).await)?;
    row.map(Entry::try_from).transpose()
}

/// How many messages failed with one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// Meta's code; none if it was not Meta who refused.
    pub code: Option<i32>,
    /// How many.
    pub count: u64,
}

/// Failures of an execution by their code, the most frequent first.
pub async fn failures_by_code(db: &Db, tenant: TenantId, execution: ExecutionId) -> Result<Vec<Failed>> {
    let rows: Vec<(Option<i32>, i64)> = on!(read db, p => sqlx::query_as(
        "select d.error_code, count(*) from delivery d join execution e on e.id = d.execution_id
         where e.tenant_id = $1 and d.execution_id = $2 and (d.state = 4 or (d.state = 2 and d.progress = 9))
         group by d.error_code order by count(*) desc, d.error_code")
        .bind(tenant).bind(execution).fetch_all(p).await)?;
    rows.into_iter().map(|(code, n)| Ok(Failed { code, count: unsigned("delivery", "count", execution, n)? })).collect()
}

/// How many rows were withheld for each reason that the worker found, the most frequent first. The rest of all that were
/// withheld was suppressed between that look and the sending.
pub async fn withheld_by_reason(
    db: &Db,
    tenant: TenantId,
    execution: ExecutionId,
    all: u64,
) -> Result<Vec<(Withheld, u64)>> {
    let rows: Vec<(String, i64)> = on!(read db, p => sqlx::query_as(
        "select a.evidence, count(*) from delivery_attempt a join execution e on e.id = a.execution_id
         where e.tenant_id = $1 and a.execution_id = $2 and a.outcome = 'suppressed'
         group by a.evidence order by count(*) desc, a.evidence")
        .bind(tenant).bind(execution).fetch_all(p).await)?;
    let mut reasons = rows
        .into_iter()
        .map(|(evidence, n)| {
            let Why { why } = json("delivery_attempt", "evidence", execution, &evidence)?;
            let why = word("delivery_attempt", "evidence", execution, &why)?;
            Ok((why, unsigned("delivery_attempt", "count", execution, n)?))
        })
        .collect::<Result<Vec<(Withheld, u64)>>>()?;
    let late = all.saturating_sub(reasons.iter().map(|(_, count)| count).sum());
    reasons.extend((late > 0).then_some((Withheld::Late, late)));
    Ok(reasons)
}

/// What is to be remembered of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptNote {
    /// Which row.
    pub seq: u32,
    /// Which try.
    pub attempt: i16,
    /// A word for what came of it.
    pub outcome: &'static str,
    /// What was seen.
    pub evidence: serde_json::Value,
}

/// Remembers attempts. The same note twice is one note.
pub async fn record_attempts(tx: &mut Tx, execution: ExecutionId, notes: &[AttemptNote], now: Timestamp) -> Result<()> {
    macro_rules! record {
        ($list:literal) => {
            concat!(
                "insert into delivery_attempt (execution_id, seq, attempt, outcome, evidence, at)
                 select $1, n_seq, n_attempt, n_outcome, n_evidence, $2 from ",
                $list,
                " n where n_seq is not null on conflict do nothing"
            )
        };
    }
    const RECORD: Sql = dialects!(record!(
        "(select json_extract(value, '$[0]') as n_seq, json_extract(value, '$[1]') as n_attempt, json_extract(value, '$[2]') as n_outcome,
            json_extract(value, '$[3]') as n_evidence from json_each($3))",
        "(select (v->>0)::bigint as n_seq, (v->>1)::smallint as n_attempt, v->>2 as n_outcome, v->>3 as n_evidence
            from json_array_elements($3::json) v)"
    ));
    if notes.is_empty() {
        return Ok(());
    }
    let rows: Vec<(u32, i16, &str, String)> = notes
        .iter()
        .map(|n| Ok((n.seq, n.attempt, n.outcome, to_json("delivery_attempt", "evidence", &n.evidence)?)))
        .collect::<Result<_>>()?;
    let (sql, rows) = (RECORD.of(tx), list(&rows)?);
    on!(tx tx, c => sqlx::query(sql).bind(execution).bind(now).bind(rows).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct AttemptRow { attempt: i16, outcome: String, evidence: String, at: Timestamp, authorized_by: Option<PersonId> }
}

/// What is known of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Which try.
    pub attempt: i16,
    /// A word for what came of it.
    pub outcome: String,
    /// What was seen.
    pub evidence: serde_json::Value,
    /// When it was written down.
    pub at: Timestamp,
    /// The person who asked for this try, if one did.
    pub authorized_by: Option<PersonId>,
}

/// The evidence on one row, oldest first.
pub async fn attempts(db: &Db, execution: ExecutionId, seq: u32) -> Result<Vec<Attempt>> {
    let rows: Vec<AttemptRow> = on!(read db, p => sqlx::query_as(
        "select attempt, outcome, evidence, at, authorized_by from delivery_attempt
         where execution_id = $1 and seq = $2 order by attempt, at, outcome")
        .bind(execution).bind(i64::from(seq)).fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Attempt {
                attempt: row.attempt,
                evidence: json("delivery_attempt", "evidence", seq, &row.evidence)?,
                outcome: row.outcome,
                at: row.at,
                authorized_by: row.authorized_by,
            })
        })
        .collect()
}
