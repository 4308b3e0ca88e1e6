//! How requests ended, written into the ledger by attempt and by the holding of the shard under which it was made, whoever
//! holds it by now: the truth about a request is worth having from anybody who made it.

use super::doubts::Why;
use super::ledger::record_attempts;
use super::lost::{Lost, Standing, find_again, standing};
use super::{AttemptNote, Sql, clean, dialects, list};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::DeliveryState;
use crate::domain::ids::{ExecutionId, TenantId};
use crate::store::{Db, Error, Result, Tx, json, on, row, unsigned};
use serde_json::json;
use std::collections::HashSet;

/// How one request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which row.
    pub seq: u32,
    /// Which try of it.
    pub attempt: i16,
    /// Under which holding of its shard the try was made: a number alone may be another daemon's try, too.
    pub epoch: i64,
    /// How.
    pub settled: Settled,
}

/// How a request ended, as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Meta has it, under this id.
    Accepted {
        /// Meta's id of the message.
        wamid: String,
    },
    /// Provably not processed; another try may follow.
    NotSent {
        /// When to try again.
        retry_at: Timestamp,
        /// What proves it.
        why: String,
    },
    /// Refused for good.
    Failed {
        /// Meta's code, if it was Meta.
        code: Option<i32>,
        /// In words.
        why: String,
    },
    /// Nobody can tell.
    Unknown {
        /// What was seen.
        why: String,
    },
}

impl Settled {
    const fn state(&self) -> DeliveryState {
        match self {
            Self::Accepted { .. } => DeliveryState::Accepted,
            Self::NotSent { .. } => DeliveryState::Queued,
            Self::Failed { .. } => DeliveryState::Failed,
            Self::Unknown { .. } => DeliveryState::Unknown,
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::NotSent { .. } => "not_sent",
            Self::Failed { .. } => "failed",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// An outcome that met a row in another state than it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Surprise {
    /// A second message id for one attempt: somebody got it twice.
    SecondMessage {
        /// Which row.
        seq: u32,
        /// Which try.
        attempt: i16,
    },
    /// A message of a try that the ledger has forgotten: the database was put back from an older backup.
    Lost {
        /// Which row.
        seq: u32,
        /// Which try.
        attempt: i16,
    },
    /// The row had moved on; nothing was changed.
    Moved {
        /// Which row.
        seq: u32,
        /// Which try.
        attempt: i16,
        /// Where the row stands.
        state: DeliveryState,
    },
}

/// Tries for which Meta took a second message though nobody had decided that it goes again: the promise was broken so often.
pub async fn second_messages(db: &Db, tenant: TenantId) -> Result<u64> {
    let (count,): (i64,) = on!(read db, p => sqlx::query_as(
        "select count(*) from delivery_attempt a join execution e on e.id = a.execution_id
         where a.outcome = 'second_message' and e.tenant_id = $1")
        .bind(tenant).fetch_one(p).await)?;
    unsigned("delivery_attempt", "count", tenant, count)
}

/// What keeps messages back that were to go out already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedAway {
    /// How many wait for another try for this reason, the most frequent one.
    pub messages: u64,
    /// What was seen when they were tried.
    pub why: String,
    /// When the first of them is tried again.
    pub next_try_at: Timestamp,
}

row! {
    struct AwayRow { evidence: String, n: i64, next: Timestamp }
}

/// What keeps messages back: Meta could not be reached, or would not take them yet. None if none waits for another try.
pub async fn turned_away(db: &Db, tenant: TenantId, execution: ExecutionId) -> Result<Option<TurnedAway>> {
    let row: Option<AwayRow> = on!(read db, p => sqlx::query_as(
        "select a.evidence, count(*) as n, min(q.retry_at) as next from retry_queue q
         join execution e on e.id = q.execution_id
         join delivery d on d.execution_id = q.execution_id and d.seq = q.seq and d.state = 0
         join delivery_attempt a on a.execution_id = d.execution_id and a.seq = d.seq and a.attempt = d.attempt
         where e.tenant_id = $1 and q.execution_id = $2 and a.outcome = 'not_sent'
         group by a.evidence order by count(*) desc, a.evidence limit 1")
        .bind(tenant).bind(execution).fetch_optional(p).await)?;
    row.map(|row| {
        let Why { why } = json("delivery_attempt", "evidence", execution, &row.evidence)?;
        let messages = unsigned("delivery_attempt", "count", execution, row.n)?;
        Ok(TurnedAway { messages, why, next_try_at: row.next })
    })
    .transpose()
}

/// Writes outcomes down by attempt, and explains those that changed no row. That Meta has a message is worth knowing even
/// after people have decided about it: what they left or counted is accepted then, and what was to go again does not.
pub(super) async fn settle(
    tx: &mut Tx,
    tenant: TenantId,
    execution: ExecutionId,
    outcomes: &[Outcome],
    now: Timestamp,
) -> Result<Vec<Surprise>> {
    macro_rules! settle {
        ($with:literal, $list:literal, $keys:literal) => {
            concat!(
                $with,
                "update delivery set state = o_state, wamid = coalesce(wamid, o_wamid), error_code = o_code, updated_at = $2
                 from ",
                $list,
                " where seq = o_seq",
                $keys,
                " and attempt = o_attempt and epoch = o_epoch
                    and (state in (1, 3) or (o_state = 2 and wamid is null and state in (0, 2, 6))) returning seq"
            )
        };
    }
    const SETTLE: Sql = Sql {
        sqlite: settle!(
            "with o as materialized (select $1 as o_execution, json_extract(value, '$[0]') as o_seq, json_extract(value, '$[1]') as o_attempt,
            json_extract(value, '$[2]') as o_state, json_extract(value, '$[3]') as o_wamid, json_extract(value, '$[4]') as o_code,
            json_extract(value, '$[5]') as o_epoch from json_each($3)) ",
            "o",
            " and execution_id = o_execution"
        ),
        postgres: settle!(
            "",
            "(select (v->>0)::bigint as o_seq, (v->>1)::smallint as o_attempt, (v->>2)::smallint as o_state, v->>3 as o_wamid,
            (v->>4)::integer as o_code, (v->>5)::bigint as o_epoch from json_array_elements($3::json) v) o",
            " and execution_id = $1 and seq = any(array(select (v->>0)::bigint from json_array_elements($3::json) v))"
        ),
    };
    if outcomes.is_empty() {
        return Ok(Vec::new());
    }
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    sorted.sort_by_key(|o| o.seq);
    let rows: Vec<_> = sorted
        .iter()
        .map(|o| {
            let (wamid, code) = match &o.settled {
                Settled::Accepted { wamid } => (Some(clean(wamid)), None),
                Settled::Failed { code, .. } => (None, *code),
                Settled::NotSent { .. } | Settled::Unknown { .. } => (None, None),
            };
            (o.seq, o.attempt, o.settled.state().number(), wamid, code, o.epoch)
        })
        .collect();
    let (sql, rows) = (SETTLE.of(tx), list(&rows)?);
    let hit: Vec<(i64,)> = on!(tx &mut *tx, c => sqlx::query_as(sql).bind(execution).bind(now).bind(rows)
        .fetch_all(c).await)?;
    let hit: HashSet<i64> = hit.into_iter().map(|(seq,)| seq).collect();
    let (settled, missed): (Vec<&Outcome>, Vec<&Outcome>) =
        sorted.into_iter().partition(|o| hit.contains(&i64::from(o.seq)));
    note(tx, execution, &settled, now).await?;
    queue_again(tx, execution, &settled).await?;
    explain(tx, tenant, execution, &missed, now).await
}

/// Keeps what is known of every attempt but a plain first-time accept.
async fn note(tx: &mut Tx, execution: ExecutionId, settled: &[&Outcome], now: Timestamp) -> Result<()> {
    let notes: Vec<AttemptNote> = settled
        .iter()
        .filter_map(|o| {
            let evidence = match &o.settled {
                Settled::Accepted { wamid } if o.attempt > 1 => json!({"wamid": clean(wamid)}),
                Settled::Accepted { .. } => return None,
                Settled::NotSent { why, .. } | Settled::Unknown { why } => json!({"why": clean(why)}),
                Settled::Failed { code, why } => json!({"code": code, "why": clean(why)}),
            };
            Some(AttemptNote { seq: o.seq, attempt: o.attempt, outcome: o.settled.word(), evidence })
        })
        .collect();
    record_attempts(tx, execution, &notes, now).await
}

/// Rows that were provably not sent are tried again.
async fn queue_again(tx: &mut Tx, execution: ExecutionId, settled: &[&Outcome]) -> Result<()> {
    let retries: Vec<(i64, i64)> = settled
        .iter()
        .filter_map(|o| match &o.settled {
            Settled::NotSent { retry_at, .. } => Some((i64::from(o.seq), retry_at.micros())),
            _ => None,
        })
        .collect();
    queue(tx, execution, &retries).await
}

/// Puts rows into the retry queue, each with its time, and opens their shards again if they were closed: a report may come
/// late, from a daemon that lost the shard long ago.
pub(super) async fn queue(tx: &mut Tx, execution: ExecutionId, retries: &[(i64, i64)]) -> Result<()> {
    macro_rules! queue {
        ($list:literal) => {
            concat!(
                "insert into retry_queue (execution_id, seq, retry_at) select $1, q_seq, q_at from ",
                $list,
                " q where q_seq is not null and exists (select 1 from delivery d
                    where d.execution_id = $1 and d.seq = q_seq and d.state = 0) on conflict (execution_id, seq) do update set retry_at = excluded.retry_at"
            )
        };
    }
    const QUEUE: Sql = dialects!(queue!(
        "(select json_extract(value, '$[0]') as q_seq, json_extract(value, '$[1]') as q_at from json_each($2))",
        "(select (v->>0)::bigint as q_seq, (v->>1)::bigint as q_at from json_array_elements($2::json) v)"
    ));
    if retries.is_empty() {
        return Ok(());
    }
    let (sql, rows) = (QUEUE.of(tx), list(retries)?);
    on!(tx &mut *tx, c => sqlx::query(sql).bind(execution).bind(rows).execute(c).await.map(drop))?;
    on!(tx tx, c => sqlx::query(
        "update shard set done = $2 where execution_id = $1 and done and exists (select 1 from retry_queue q
            where q.execution_id = $1 and q.seq >= shard.seq_from and q.seq < shard.seq_to)")
        .bind(execution).bind(false).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct StandsRow { seq: i64, attempt: i16, state: i16, wamid: Option<String> }
}

/// An outcome that changed no row is an event to explain. Most often a webhook was faster and said the same.
async fn explain(
    tx: &mut Tx,
    tenant: TenantId,
    execution: ExecutionId,
    missed: &[&Outcome],
    now: Timestamp,
) -> Result<Vec<Surprise>> {
    let mut surprises = Vec::new();
    for outcome in missed {
        let row: Option<StandsRow> = on!(tx &mut *tx, c => sqlx::query_as(
            "select seq, attempt, state, wamid from delivery where execution_id = $1 and seq = $2")
            .bind(execution).bind(i64::from(outcome.seq)).fetch_optional(c).await)?;
        let (seq, attempt) = (outcome.seq, outcome.attempt);
        if let Settled::Accepted { wamid } = &outcome.settled {
            let (wamid, stands) = (&clean(wamid), row.as_ref().map(|row| (row.attempt, row.wamid.as_deref())));
            match standing(tx, stands, execution, (seq, attempt), wamid).await? {
                Standing::Same => continue,
                Standing::SentAgain => {}
                Standing::Second => {
                    let evidence = json!({"wamid": wamid});
                    let note = AttemptNote { seq, attempt, outcome: "second_message", evidence };
                    record_attempts(tx, execution, &[note], now).await?;
                    surprises.push(Surprise::SecondMessage { seq, attempt });
                    continue;
                }
                Standing::Forgotten => {
                    let lost = Lost { tenant, execution, seq, attempt, wamid, progress: None, code: None };
                    find_again(tx, lost, now).await?;
                    surprises.push(Surprise::Lost { seq, attempt });
                    continue;
                }
            }
        }
        let Some(row) = row else { continue };
        let state = DeliveryState::from_number(row.state)
            .ok_or_else(|| Error::inconsistent("delivery", "state", row.seq, row.state))?;
        let same = row.attempt == attempt && state == outcome.settled.state();
        match &outcome.settled {
            _ if same => {}
            // The webhook proved more than our broken connection did.
            Settled::Unknown { .. } if row.attempt == attempt && state == DeliveryState::Accepted => {}
            _ => surprises.push(Surprise::Moved { seq, attempt, state }),
        }
    }
    Ok(surprises)
}
