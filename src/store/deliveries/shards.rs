//! Shards: parts of a ledger that one daemon at a time may send from. A lease is for progress; nothing is sent twice if
//! two daemons believe they hold the same one, because the epoch in the row decides whose intents count.

use super::ledger::record_attempts;
use super::{AttemptNote, Sql};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{DaemonId, ExecutionId};
use crate::store::behind::{Known, not_behind};
use crate::store::{Result, Tx, on, row, unsigned};
use serde_json::json;
use std::time::Duration;

/// A shard that this daemon holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which shard.
    pub shard_no: i64,
    /// Its first row.
    pub seq_from: u32,
    /// The one after its last row.
    pub seq_to: u32,
    /// Rows from here on were never looked at.
    pub next_seq: u32,
    /// What makes this holding of it different from every other.
    pub epoch: i64,
}

row! {
    struct LeaseRow { shard_no: i64, seq_from: i64, seq_to: i64, next_seq: i64, epoch: i64 }
}

/// Takes the next shard of an execution that nobody holds and that may run, for as long as `lease` unless it is renewed.
/// None in a database that is behind what is known of it.
pub async fn claim(
    tx: &mut Tx,
    execution: ExecutionId,
    me: DaemonId,
    lease: Duration,
    known: Known,
    now: Timestamp,
) -> Result<Option<Lease>> {
    macro_rules! claim {
        ($until:literal, $lock:literal, $not_behind:expr) => {
            concat!(
                "update shard set owner = $2, epoch = epoch + 1, lease_until = $4 + ",
                $until,
                " where execution_id = $1 and shard_no = (select shard_no from shard
                    where execution_id = $1 and not done and owner is null and desired = 'run' order by shard_no limit 1",
                $lock,
                ") and ",
                $not_behind,
                " returning shard_no, seq_from, seq_to, next_seq, epoch"
            )
        };
    }
    const CLAIM: Sql = Sql {
        sqlite: claim!("$3", "", not_behind!(sqlite, "$5", "$6")),
        postgres: claim!(
            "0 * $3::bigint + (extract(epoch from clock_timestamp()) * 1000000)::bigint",
            " for update skip locked",
            not_behind!(postgres, "$5", "$6")
        ),
    };
    let sql = CLAIM.of(tx);
    let row: Option<LeaseRow> = on!(tx tx, c => sqlx::query_as(sql).bind(execution).bind(me).bind(now).bind(micros(lease))
        .bind(known.epoch).bind(known.database).fetch_optional(c).await)?;
    row.map(|row| {
        let seq = |number| unsigned("shard", "seq", execution, number);
        Ok(Lease {
            shard_no: row.shard_no,
            seq_from: seq(row.seq_from)?,
            seq_to: seq(row.seq_to)?,
            next_seq: seq(row.next_seq)?,
            epoch: row.epoch,
        })
    })
    .transpose()
}

pub(super) fn micros(lease: Duration) -> i64 {
    i64::try_from(lease.as_micros()).unwrap_or(i64::MAX)
}

/// A shard that was taken from a daemon that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Which shard.
    pub shard_no: i64,
    /// Rows whose request may have been made: now in doubt, and never sent again by themselves.
    pub in_doubt: Vec<u32>,
}

row! {
    struct DeadRow { shard_no: i64, low_seq: i64, next_seq: i64, epoch: i64 }
}

/// Frees the shards of daemons that are gone, whatever is desired of them, and marks what they had under way as in doubt.
/// On SQLite every other owner is gone, because the file has one daemon; on PostgreSQL those whose lease has lapsed by the
/// server's clock. `mine_too` frees what this daemon itself left behind: true when its sender starts.
pub async fn sweep(
    tx: &mut Tx,
    execution: ExecutionId,
    me: DaemonId,
    mine_too: bool,
    now: Timestamp,
) -> Result<Vec<Taken>> {
    const DEAD: Sql = Sql {
        sqlite: "select shard_no, low_seq, next_seq, epoch from shard
             where execution_id = $1 and not done and owner is not null and (owner <> $2 or $3) order by shard_no",
        postgres: "select shard_no, low_seq, next_seq, epoch from shard
             where execution_id = $1 and not done and owner is not null
                and (lease_until < (extract(epoch from clock_timestamp()) * 1000000)::bigint or (owner = $2 and $3))
             order by shard_no for update skip locked",
    };
    let sql = DEAD.of(tx);
    let dead: Vec<DeadRow> =
        on!(tx &mut *tx, c => sqlx::query_as(sql).bind(execution).bind(me).bind(mine_too).fetch_all(c).await)?;
    let mut taken = Vec::with_capacity(dead.len());
    for shard in dead {
        on!(tx &mut *tx, c => sqlx::query(
            "update shard set owner = null, epoch = epoch + 1, lease_until = 0, low_seq = next_seq
             where execution_id = $1 and shard_no = $2 and epoch = $3")
            .bind(execution).bind(shard.shard_no).bind(shard.epoch).execute(c).await.map(drop))?;
        let rows: Vec<(i64, i16)> = on!(tx &mut *tx, c => sqlx::query_as(
            "update delivery set state = 3, updated_at = $4
             where execution_id = $1 and seq >= $2 and seq < $3 and state = 1 returning seq, attempt")
            .bind(execution).bind(shard.low_seq).bind(shard.next_seq).bind(now).fetch_all(c).await)?;
        let mut in_doubt = Vec::with_capacity(rows.len());
        let mut notes = Vec::with_capacity(rows.len());
        for (seq, attempt) in rows {
            let seq = unsigned("delivery", "seq", execution, seq)?;
            in_doubt.push(seq);
            let evidence = json!({"why": "the daemon that sent it stopped before it wrote down the answer"});
            notes.push(AttemptNote { seq, attempt, outcome: "unknown", evidence });
        }
        record_attempts(tx, execution, &notes, now).await?;
        taken.push(Taken { shard_no: shard.shard_no, in_doubt });
    }
    Ok(taken)
}

/// Gives a shard back, for anybody to go on with. Only when nothing of it is under way: otherwise it must be swept.
pub async fn release(tx: &mut Tx, execution: ExecutionId, me: DaemonId, lease: &Lease) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update shard set owner = null, lease_until = 0 where execution_id = $1 and shard_no = $2 and owner = $3 and epoch = $4")
        .bind(execution).bind(lease.shard_no).bind(me).bind(lease.epoch).execute(c).await.map(drop))?;
    Ok(())
}

/// Ends a shard in which nothing waits any more; `false` if something does, or it is not ours.
pub async fn close(tx: &mut Tx, execution: ExecutionId, me: DaemonId, lease: &Lease) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update shard set done = $5, owner = null, lease_until = 0
         where execution_id = $1 and shard_no = $2 and owner = $3 and epoch = $4 and next_seq >= seq_to
            and not exists (select 1 from retry_queue q
                join delivery d on d.execution_id = q.execution_id and d.seq = q.seq and d.state = 0
                where q.execution_id = $1 and q.seq >= shard.seq_from and q.seq < shard.seq_to)
            and not exists (select 1 from delivery d
                where d.execution_id = $1 and d.seq >= shard.seq_from and d.seq < shard.seq_to and d.state = 1)")
        .bind(execution).bind(lease.shard_no).bind(me).bind(lease.epoch).bind(true)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}
