//! The group commit: one transaction that makes the outcomes of finished requests and the intents of the next ones durable.
//!
//! Order within it: shards first, in the order of their numbers (a stop, a takeover and this transaction meet there), then
//! outcomes by attempt, then intents under the shards that are still ours and may run. The caller starts requests only for
//! the intents that come back from here.

use super::ledger::record_attempts;
use super::outcomes::{Outcome, Surprise, queue, settle};
use super::rate::{Grant, TokenAsk, take};
use super::shards::micros;
use super::{AttemptNote, Sql, list, of_seqs};
use crate::domain::audience::Withheld;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{MessageCategory, Suppression};
use crate::domain::deliveries::Desired;
use crate::domain::ids::{DaemonId, ExecutionId, TenantId};
use crate::faults::Step;
use crate::store::behind::{self, Known, not_behind};
use crate::store::{Db, Result, Tx, on, row, unsigned, word};
use serde_json::json;
use std::time::Duration;

/// What is to become durable together.
#[derive(Debug, Clone)]
pub struct GroupCommit<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// Of which execution.
    pub execution: ExecutionId,
    /// When that began, as far back as it is remembered.
    pub begun: Timestamp,
    /// What kind of messages: decides which suppressions count.
    pub category: MessageCategory,
    /// Who commits.
    pub me: DaemonId,
    /// What is known of the database; in one that is behind that nothing may begin.
    pub known: Known,
    /// How long the shards stay ours from here on.
    pub lease: Duration,
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
    /// Tokens that were given out.
    pub tokens: Grant,
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
    /// Rows to be sent later.
    pub later: Vec<Later>,
    /// Whether any of them comes from the retry queue.
    pub again: bool,
}

/// A row that is not to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclude {
    /// Which row.
    pub seq: u32,
    /// Why.
    pub why: Withheld,
}

/// A row that is to be sent later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later {
    /// Which row.
    pub seq: u32,
    /// When it is looked at again.
    pub at: Timestamp,
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
    /// Nobody knows whose: the database is behind what is known of it, or that waits to be seen to.
    Behind,
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

/// Does it. After an error nobody knows whether it happened, and the caller must read before it writes again.
pub async fn group_commit(db: &Db, wanted: &GroupCommit<'_>) -> Result<Committed> {
    let mut tx = db.begin().await?;
    let mut done = Committed::default();
    for part in wanted.parts {
        let grip = grip(&mut tx, wanted, part).await?;
        done.parts.push(Granted { shard_no: part.shard_no, grip, intents: Vec::new(), suppressed: 0 });
    }
    done.surprises = settle(&mut tx, wanted.tenant, wanted.execution, wanted.outcomes, wanted.now).await?;
    if done.surprises.iter().any(|surprise| matches!(surprise, Surprise::Lost { .. })) {
        if done.parts.iter().any(|granted| granted.grip == Grip::Held) {
            drop(tx);
            return without_parts(db, wanted).await;
        }
        behind::notice(&mut tx, wanted.begun, wanted.now).await?;
    }
    for (part, granted) in wanted.parts.iter().zip(&mut done.parts) {
        if granted.grip == Grip::Held {
            (granted.intents, granted.suppressed) = intents(&mut tx, wanted, part).await?;
        }
    }
    if let Some(ask) = &wanted.tokens {
        done.tokens = take(&mut tx, wanted.tenant, ask, wanted.now).await?;
    }
    tx.commit_at(Step::Grouped).await?;
    Ok(done)
}

row! {
    struct DesiredRow { desired: String }
}

/// Outcomes alone: one of them shows that the database has forgotten what it was told, so nothing may begin with them.
async fn without_parts(db: &Db, wanted: &GroupCommit<'_>) -> Result<Committed> {
    let mut done = Box::pin(group_commit(db, &GroupCommit { parts: &[], tokens: None, ..wanted.clone() })).await?;
    let behind =
        |part: &Part| Granted { shard_no: part.shard_no, grip: Grip::Behind, intents: Vec::new(), suppressed: 0 };
    done.parts = wanted.parts.iter().map(behind).collect();
    Ok(done)
}

/// Renews the lease and reads what is desired, in the statement that locks the row: the guard of every intent. A stop that
/// commits before it is seen here; one that commits after it waits for this transaction.
async fn grip(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part) -> Result<Grip> {
    macro_rules! renew {
        ($now:literal, $not_behind:expr) => {
            concat!(
                "update shard set next_seq = case when desired = 'run' then $5 else next_seq end, low_seq = $6,
                    lease_until = $7 + ",
                $now,
                " where execution_id = $1 and shard_no = $2 and owner = $3 and epoch = $4 and ",
                $not_behind,
                " returning desired"
            )
        };
    }
    const RENEW: Sql = Sql {
        sqlite: renew!("$8", not_behind!(sqlite, "$9", "$10")),
        postgres: renew!(
            "0 * $8::bigint + (extract(epoch from clock_timestamp()) * 1000000)::bigint",
            not_behind!(postgres, "$9", "$10")
        ),
    };
    let sql = RENEW.of(tx);
    let row: Option<DesiredRow> = on!(tx tx, c => sqlx::query_as(sql).bind(wanted.execution).bind(part.shard_no)
        .bind(wanted.me).bind(part.epoch).bind(i64::from(part.next_seq)).bind(i64::from(part.low_seq)).bind(micros(wanted.lease))
        .bind(wanted.now).bind(wanted.known.epoch).bind(wanted.known.database).fetch_optional(c).await)?;
    let Some(row) = row else {
        return Ok(if behind::is_not(tx, wanted.known).await? { Grip::Lost } else { Grip::Behind });
    };
    Ok(match word("shard", "desired", part.shard_no, &row.desired)? {
        Desired::Run => Grip::Held,
        other => Grip::Halted(other),
    })
}

/// Marks rows as being sent. A row that waits no more, or whose person was suppressed in the meantime, is not among them.
async fn intents(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part) -> Result<(Vec<(u32, i16)>, u64)> {
    macro_rules! intend {
        ($seqs:literal, $kinds:literal) => {
            concat!(
                "update delivery set state = 1, attempt = attempt + 1, epoch = $2, updated_at = $3
                 where execution_id = $1 and ",
                $seqs,
                " and state = 0 and not exists (select 1 from suppression s
                    where s.tenant_id = $5 and s.contact_no = delivery.contact_no and s.kind ",
                $kinds,
                ") returning seq, attempt"
            )
        };
    }
    const INTEND: Sql = Sql {
        sqlite: intend!("seq in (select value from json_each($4))", "in (select value from json_each($6))"),
        // `offset` keeps the planner from holding all of a tenant's suppressions against the rows.
        postgres: intend!(
            "seq = any(translate($4, '[]', '{}')::bigint[])",
            "= any(translate($6, '[]', '{}')::text[]) offset 0"
        ),
    };
    let mut suppressed = exclude(tx, wanted, part).await?;
    if part.intents.is_empty() {
        put_off(tx, wanted, part).await?;
        return Ok((Vec::new(), suppressed));
    }
    let kinds: Vec<&str> = Suppression::forbidding(wanted.category).collect();
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
    put_off(tx, wanted, part).await?;
    Ok((granted, suppressed))
}

async fn put_off(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part) -> Result<()> {
    let later: Vec<(i64, i64)> = part.later.iter().map(|row| (row.seq.into(), row.at.micros())).collect();
    queue(tx, wanted.execution, &later).await
}

async fn suppress(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part, seqs: &str) -> Result<u64> {
    const SUPPRESS: Sql =
        of_seqs!("update delivery set state = 5, updated_at = $2 where execution_id = $1 and state = 0 and ", "$3");
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
        .map(|e| AttemptNote {
            seq: e.seq,
            attempt: 0,
            outcome: "suppressed",
            evidence: json!({"why": e.why.as_str()}),
        })
        .collect();
    record_attempts(tx, wanted.execution, &notes, wanted.now).await?;
    let seqs = list(&seqs)?;
    let hit = suppress(tx, wanted, part, &seqs).await?;
    unqueue(tx, wanted, part, &seqs).await?;
    Ok(hit)
}

/// Takes rows that wait no more out of the retry queue.
async fn unqueue(tx: &mut Tx, wanted: &GroupCommit<'_>, part: &Part, seqs: &str) -> Result<()> {
    const UNQUEUE: Sql = of_seqs!("delete from retry_queue where execution_id = $1 and ", "$2");
    if !part.again {
        return Ok(());
    }
    let sql = UNQUEUE.of(tx);
    on!(tx tx, c => sqlx::query(sql).bind(wanted.execution).bind(seqs).execute(c).await.map(drop))?;
    Ok(())
}
