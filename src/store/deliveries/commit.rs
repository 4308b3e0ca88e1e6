//! The group commit: one transaction that makes the outcomes of finished requests and the intents of the next ones durable.
//!
//! Order within it: shards first, in the order of their numbers (a stop, a takeover and this transaction meet there), then
//! outcomes by attempt, then intents under the shards that are still ours and may run. The caller starts requests only for
//! the intents that come back from here.

use super::ledger::record_attempts;
use super::rate::{TokenAsk, take};
use super::shards::lease_micros;
use super::{AttemptNote, Sql, clean, dialects, list};
use crate::domain::audience::Exclusion;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{MessageCategory, Suppression};
use crate::domain::deliveries::{DeliveryState, Desired};
use crate::domain::ids::{DaemonId, ExecutionId, TenantId};
use crate::store::{Db, Result, Tx, on, row, unsigned, word};
use serde_json::json;

/// What is to become durable together.
#[derive(Debug, Clone)]
pub struct GroupCommit<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// Of which execution.
    pub execution: ExecutionId,
    /// What kind of messages: decides which suppressions count.
    pub category: MessageCategory,
    /// Who commits.
    pub me: DaemonId,
    /// By this daemon's clock, for the rows; leases have their own time.
    pub now: Timestamp,
    /// How requests ended, whoever holds their shard by now.
    pub outcomes: &'a [Outcome],
    /// The shards to renew, each with what is wanted under it. In the order of their numbers.
    pub parts: &'a [Part],
    /// Tokens to take along for the next group, which then cost no transaction of their own.
    pub tokens: Option<TokenAsk<'a>>,
}

/// What a group commit made durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// One entry a part, in their order.
    pub parts: Vec<Granted>,
    /// Outcomes that met something unexpected.
    pub surprises: Vec<Surprise>,
    /// Tokens that were granted.
    pub tokens: u32,
}

/// How one request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which row.
    pub seq: u32,
    /// Which try of it.
    pub attempt: i16,
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

/// What is wanted under one shard.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Which shard.
    pub shard_no: i64,
    /// The epoch in which we hold it.
    pub epoch: i64,
    /// Every row below it was taken, is excluded here, or is in the retry queue.
    pub next_seq: u32,
    /// No row below it is under way.
    pub low_seq: u32,
    /// Rows to be sent now.
    pub intents: Vec<u32>,
    /// Rows not to be sent, with the reason.
    pub excluded: Vec<Exclude>,
    /// Whether any of them comes from the retry queue.
    pub again: bool,
}

/// A row that is not to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclude {
    /// Which row.
    pub seq: u32,
    /// Why.
    pub why: Exclusion,
}

/// Whether a shard is still ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grip {
    /// Ours, and it may run.
    Held,
    /// Ours, but somebody wants it to stand still or to end.
    Halted(Desired),
    /// Somebody else's by now.
    Lost,
}

/// What became of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Which shard.
    pub shard_no: i64,
    /// Whether it is still ours.
    pub grip: Grip,
    /// Rows whose request may be started once this has been committed, each with its attempt.
    pub intents: Vec<(u32, i16)>,
    /// Rows that fell away.
    pub suppressed: u64,
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

/// Does it. After an error nobody knows whether it happened, and the caller must read before it writes again.
pub async fn group_commit(db: &Db, wanted: &GroupCommit<'_>) -> Result<Committed> {
    let mut tx = db.begin().await?;
    let mut done = Committed::default();
    for part in wanted.parts {
        let grip = grip(&mut tx, wanted, part).await?;
        done.parts.push(Granted { shard_no: part.shard_no, grip, intents: Vec::new(), suppressed: 0 });
    }
    done.surprises = outcomes(&mut tx, wanted).await?;
    for (part, granted) in wanted.parts.iter().zip(&mut done.parts) {
        if granted.grip == Grip::Held {
            (granted.intents, granted.suppressed) = intents(&mut tx, wanted, part).await?;
        }
    }
    if let Some(ask) = &wanted.tokens {
        done.tokens = take(&mut tx, wanted.tenant, ask, wanted.now).await?;
    }
    tx.commit().await?;
    Ok(done)
}

/// Renews the lease under the condition that it is ours and may run: the guard of every intent.
async fn grip(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part) -> Result<Grip> {
    macro_rules! renew {
        ($now:literal) => {
            concat!(
                "update shard set next_seq = $5, low_seq = $6, lease_until = $7 + ",
                $now,
                " where execution_id = $1 and shard_no = $2 and owner = $3 and epoch = $4 and desired = 'run'"
            )
        };
    }
    const RENEW: Sql =
        dialects!(renew!("$8", "0 * $8::bigint + (extract(epoch from clock_timestamp()) * 1000000)::bigint"));
    let sql = RENEW.of(tx);
    let hit = on!(tx &mut *tx, c => sqlx::query(sql).bind(wanted.execution).bind(part.shard_no).bind(wanted.me).bind(part.epoch)
        .bind(i64::from(part.next_seq)).bind(i64::from(part.low_seq)).bind(lease_micros()).bind(wanted.now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 1 {
        return Ok(Grip::Held);
    }
    let desired: Option<(String,)> = on!(tx tx, c => sqlx::query_as(
        "select desired from shard where execution_id = $1 and shard_no = $2 and owner = $3 and epoch = $4")
        .bind(wanted.execution).bind(part.shard_no).bind(wanted.me).bind(part.epoch).fetch_optional(c).await)?;
    Ok(match desired {
        Some((desired,)) => Grip::Halted(word("shard", "desired", part.shard_no, &desired)?),
        None => Grip::Lost,
    })
}

async fn outcomes(tx: &mut Tx, wanted: &GroupCommit<'_>) -> Result<Vec<Surprise>> {
    macro_rules! settle {
        ($list:literal) => {
            concat!(
                "update delivery set state = o_state, wamid = coalesce(wamid, o_wamid), error_code = o_code, updated_at = $2
                 from ",
                $list,
                " o where execution_id = $1 and seq = o_seq and attempt = o_attempt and state in (1, 3) returning seq"
            )
        };
    }
    const SETTLE: Sql = dialects!(settle!(
        "(select json_extract(value, '$[0]') as o_seq, json_extract(value, '$[1]') as o_attempt, json_extract(value, '$[2]') as o_state,
            json_extract(value, '$[3]') as o_wamid, json_extract(value, '$[4]') as o_code from json_each($3))",
        "(select (v->>0)::bigint as o_seq, (v->>1)::smallint as o_attempt, (v->>2)::smallint as o_state, v->>3 as o_wamid,
            (v->>4)::integer as o_code from json_array_elements($3::json) v)"
    ));
    if wanted.outcomes.is_empty() {
        return Ok(Vec::new());
    }
    let mut sorted: Vec<&Outcome> = wanted.outcomes.iter().collect();
    sorted.sort_by_key(|o| o.seq);
    let rows: Vec<_> = sorted
        .iter()
        .map(|o| {
            let (wamid, code) = match &o.settled {
                Settled::Accepted { wamid } => (Some(clean(wamid)), None),
                Settled::Failed { code, .. } => (None, *code),
                Settled::NotSent { .. } | Settled::Unknown { .. } => (None, None),
            };
            (o.seq, o.attempt, o.settled.state().number(), wamid, code)
        })
        .collect();
    let (sql, rows) = (SETTLE.of(tx), list(&rows)?);
    let hit: Vec<(i64,)> = on!(tx &mut *tx, c => sqlx::query_as(sql).bind(wanted.execution).bind(wanted.now).bind(rows)
        .fetch_all(c).await)?;
    let hit: std::collections::HashSet<i64> = hit.into_iter().map(|(seq,)| seq).collect();
    let (settled, missed): (Vec<&Outcome>, Vec<&Outcome>) =
        sorted.into_iter().partition(|o| hit.contains(&i64::from(o.seq)));
    note(tx, wanted, &settled).await?;
    queue_again(tx, wanted, &settled).await?;
    explain(tx, wanted, &missed).await
}

/// Keeps what is known of every attempt but a plain first-time accept.
async fn note(tx: &mut Tx, wanted: &GroupCommit<'_>, settled: &[&Outcome]) -> Result<()> {
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
    record_attempts(tx, wanted.execution, &notes, wanted.now).await
}

/// Puts rows that were provably not sent into the retry queue, and opens their shards again if they were closed: a report
/// may come late, from a daemon that lost the shard long ago.
async fn queue_again(tx: &mut Tx, wanted: &GroupCommit<'_>, settled: &[&Outcome]) -> Result<()> {
    macro_rules! queue {
        ($list:literal) => {
            concat!(
                "insert into retry_queue (execution_id, seq, retry_at) select $1, q_seq, q_at from ",
                $list,
                " q where q_seq is not null on conflict (execution_id, seq) do update set retry_at = excluded.retry_at"
            )
        };
    }
    const QUEUE: Sql = dialects!(queue!(
        "(select json_extract(value, '$[0]') as q_seq, json_extract(value, '$[1]') as q_at from json_each($2))",
        "(select (v->>0)::bigint as q_seq, (v->>1)::bigint as q_at from json_array_elements($2::json) v)"
    ));
    let retries: Vec<(u32, i64)> = settled
        .iter()
        .filter_map(|o| match &o.settled {
            Settled::NotSent { retry_at, .. } => Some((o.seq, retry_at.micros())),
            _ => None,
        })
        .collect();
    if retries.is_empty() {
        return Ok(());
    }
    let (sql, rows) = (QUEUE.of(tx), list(&retries)?);
    on!(tx &mut *tx, c => sqlx::query(sql).bind(wanted.execution).bind(rows).execute(c).await.map(drop))?;
    on!(tx tx, c => sqlx::query(
        "update shard set done = $2 where execution_id = $1 and done and exists (select 1 from retry_queue q
            where q.execution_id = $1 and q.seq >= shard.seq_from and q.seq < shard.seq_to)")
        .bind(wanted.execution).bind(false).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct StandsRow { seq: i64, attempt: i16, state: i16, wamid: Option<String> }
}

/// An outcome that changed no row is an event to explain. Most often a webhook was faster and said the same.
async fn explain(tx: &mut Tx, wanted: &GroupCommit<'_>, missed: &[&Outcome]) -> Result<Vec<Surprise>> {
    let mut surprises = Vec::new();
    for outcome in missed {
        let row: Option<StandsRow> = on!(tx &mut *tx, c => sqlx::query_as(
            "select seq, attempt, state, wamid from delivery where execution_id = $1 and seq = $2")
            .bind(wanted.execution).bind(i64::from(outcome.seq)).fetch_optional(c).await)?;
        let Some(row) = row else { continue };
        let state = DeliveryState::from_number(row.state)
            .ok_or_else(|| crate::store::Error::inconsistent("delivery", "state", row.seq, row.state))?;
        let (seq, attempt) = (outcome.seq, outcome.attempt);
        let same = row.attempt == attempt && state == outcome.settled.state();
        match &outcome.settled {
            Settled::Accepted { wamid } if same && row.wamid.as_deref() == Some(clean(wamid).as_str()) => {}
            Settled::Accepted { wamid } => {
                let note =
                    AttemptNote { seq, attempt, outcome: "second_message", evidence: json!({"wamid": clean(wamid)}) };
                record_attempts(tx, wanted.execution, &[note], wanted.now).await?;
                surprises.push(Surprise::SecondMessage { seq, attempt });
            }
            _ if same => {}
            // The webhook proved more than our broken connection did.
            Settled::Unknown { .. } if row.attempt == attempt && state == DeliveryState::Accepted => {}
            _ => surprises.push(Surprise::Moved { seq, attempt, state }),
        }
    }
    Ok(surprises)
}

/// Marks rows as being sent. A row that waits no more, or whose person was suppressed in the meantime, is not among them.
async fn intents(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part) -> Result<(Vec<(u32, i16)>, u64)> {
    macro_rules! intend {
        ($seqs:literal, $kinds:literal) => {
            concat!(
                "update delivery set state = 1, attempt = attempt + 1, epoch = $2, updated_at = $3
                 where execution_id = $1 and seq in (",
                $seqs,
                ") and state = 0 and not exists (select 1 from suppression s
                    where s.tenant_id = $5 and s.contact_no = delivery.contact_no and s.kind in (",
                $kinds,
                ")) returning seq, attempt"
            )
        };
    }
    const INTEND: Sql = Sql {
        sqlite: intend!("select value from json_each($4)", "select value from json_each($6)"),
        postgres: intend!(
            "select v::bigint from json_array_elements_text($4::json) v",
            "select v from json_array_elements_text($6::json) v"
        ),
    };
    let mut suppressed = exclude(tx, wanted, part).await?;
    if part.intents.is_empty() {
        return Ok((Vec::new(), suppressed));
    }
    let kinds: Vec<&str> = Suppression::ALL.iter().filter(|s| s.forbids(wanted.category)).map(|s| s.as_str()).collect();
    let (sql, seqs, kinds) = (INTEND.of(tx), list(&part.intents)?, list(&kinds)?);
    let rows: Vec<(i64, i16)> = on!(tx &mut *tx, c => sqlx::query_as(sql).bind(wanted.execution).bind(part.epoch)
        .bind(wanted.now).bind(&seqs).bind(wanted.tenant).bind(kinds).fetch_all(c).await)?;
    let granted = rows
        .into_iter()
        .map(|(seq, attempt)| Ok((unsigned("delivery", "seq", wanted.execution, seq)?, attempt)))
        .collect::<Result<Vec<(u32, i16)>>>()?;
    if granted.len() < part.intents.len() {
        // What still waits after the statement above was held back by a suppression.
        suppressed += suppress(tx, wanted, part, &seqs).await?;
    }
    unqueue(tx, wanted, part, &seqs).await?;
    Ok((granted, suppressed))
}

async fn suppress(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part, seqs: &str) -> Result<u64> {
    macro_rules! suppress {
        ($seqs:literal) => {
            concat!(
                "update delivery set state = 5, updated_at = $2 where execution_id = $1 and state = 0 and seq in (",
                $seqs,
                ")"
            )
        };
    }
    const SUPPRESS: Sql = dialects!(suppress!(
        "select value from json_each($3)",
        "select v::bigint from json_array_elements_text($3::json) v"
    ));
    let sql = SUPPRESS.of(tx);
    let hit = on!(tx &mut *tx, c => sqlx::query(sql).bind(wanted.execution).bind(wanted.now).bind(seqs)
        .execute(c).await.map(|r| r.rows_affected()))?;
    if hit > 0 {
        on!(tx tx, c => sqlx::query("update shard set suppressed = suppressed + $3 where execution_id = $1 and shard_no = $2")
            .bind(wanted.execution).bind(part.shard_no).bind(i64::try_from(hit).unwrap_or(i64::MAX)).execute(c).await.map(drop))?;
    }
    Ok(hit)
}

async fn exclude(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part) -> Result<u64> {
    if part.excluded.is_empty() {
        return Ok(0);
    }
    let seqs: Vec<u32> = part.excluded.iter().map(|e| e.seq).collect();
    let notes: Vec<AttemptNote> = part
        .excluded
        .iter()
        .map(|e| AttemptNote { seq: e.seq, attempt: 0, outcome: "suppressed", evidence: json!({"why": e.why}) })
        .collect();
    record_attempts(tx, wanted.execution, &notes, wanted.now).await?;
    let seqs = list(&seqs)?;
    let hit = suppress(tx, wanted, part, &seqs).await?;
    unqueue(tx, wanted, part, &seqs).await?;
    Ok(hit)
}

/// Takes rows that wait no more out of the retry queue.
async fn unqueue(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part, seqs: &str) -> Result<()> {
    macro_rules! unqueue {
        ($seqs:literal) => {
            concat!("delete from retry_queue where execution_id = $1 and seq in (", $seqs, ")")
        };
    }
    const UNQUEUE: Sql = dialects!(unqueue!(
        "select value from json_each($2)",
        "select v::bigint from json_array_elements_text($2::json) v"
    ));
    if !part.again {
        return Ok(());
    }
    let sql = UNQUEUE.of(tx);
    on!(tx tx, c => sqlx::query(sql).bind(wanted.execution).bind(seqs).execute(c).await.map(drop))?;
    Ok(())
}
