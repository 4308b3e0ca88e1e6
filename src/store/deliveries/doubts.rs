//! Messages in doubt: what is known of them, and what a person decided.

use super::executions::Execution;
use super::outcomes::queue;
use super::{Sql, dialects, list};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::{DeliveryState, Ruling};
use crate::domain::ids::{ExecutionId, PersonId, TenantId};
use crate::store::{Db, Result, Tx, json, on, row, to_json, unsigned};
use serde::Deserialize;
use std::ops::Range;

/// Different ways in which requests broke that are told apart.
const WAYS: i64 = 5;

/// What is known of an execution's messages in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// How many they are.
    pub count: u64,
    /// The latest try among them.
    pub attempt: i16,
    /// Since when the oldest is in doubt.
    pub since: Option<Timestamp>,
    /// What was seen when their requests broke, and how often; the most frequent first.
    pub ways: Vec<(String, u64)>,
    /// Messages of the same execution of which Meta has told since then.
    pub told_since: u64,
    /// When Meta last told of any message of this execution.
    pub last_told: Option<Timestamp>,
}

row! {
    struct WayRow { evidence: String, n: i64 }
}

/// What was seen of an attempt.
#[derive(Deserialize)]
pub(super) struct Why {
    #[serde(default)]
    pub(super) why: String,
}

/// Reads it.
pub async fn evidence(db: &Db, execution: &Execution) -> Result<Evidence> {
    let id = execution.id;
    let (count, attempt, since): (i64, i16, Option<Timestamp>) = on!(read db, p => sqlx::query_as(
        "select count(*), cast(coalesce(max(attempt), 0) as smallint), min(updated_at) from delivery where execution_id = $1 and state = 3").bind(id).fetch_one(p).await)?;
    let ways: Vec<WayRow> = on!(read db, p => sqlx::query_as(
        "select a.evidence, count(*) as n from delivery d
         join delivery_attempt a on a.execution_id = d.execution_id and a.seq = d.seq and a.attempt = d.attempt
         where d.execution_id = $1 and d.state = 3 and a.outcome = 'unknown'
         group by a.evidence order by count(*) desc, a.evidence limit $2")
        .bind(id).bind(WAYS).fetch_all(p).await)?;
    let (told, last_told): (i64, Option<Timestamp>) = on!(read db, p => sqlx::query_as(
        "select cast(coalesce(sum(case when updated_at > $2 then 1 else 0 end), 0) as bigint), max(updated_at)
         from delivery where execution_id = $1 and progress is not null")
        .bind(id).bind(since).fetch_one(p).await)?;
    let ways = ways.into_iter().map(|row| {
        let Why { why } = json("delivery_attempt", "evidence", id, &row.evidence)?;
        Ok((why, unsigned("delivery_attempt", "count", id, row.n)?))
    });
    Ok(Evidence {
        count: unsigned("delivery", "count", id, count)?,
        attempt,
        since,
        ways: ways.collect::<Result<_>>()?,
        told_since: unsigned("delivery", "count", id, told)?,
        last_told,
    })
}

/// Leaves nothing of an execution to be taken; what is sent again goes through the retry queue.
pub async fn nothing_waits(tx: &mut Tx, execution: &Execution) -> Result<()> {
    let id = execution.id;
    on!(tx &mut *tx, c => sqlx::query("update shard set next_seq = seq_to where execution_id = $1").bind(id)
        .execute(c).await.map(drop))?;
    on!(tx tx, c => sqlx::query("delete from retry_queue where execution_id = $1").bind(id).execute(c).await.map(drop))?;
    Ok(())
}

/// Marks what waits among these rows as in doubt: each at its next try, which another daemon, or this one before the database
/// was put back, may have made. So a status that tells of that try settles it, and one that is sent again is a try after it.
/// What is on its way is in doubt as it is: that Meta turns it away says nothing of a message before. No report of ours is
/// about either but that Meta took it. Says how many they are.
pub async fn doubt(tx: &mut Tx, execution: &Execution, rows: Range<u32>, why: &str, now: Timestamp) -> Result<u64> {
    let (id, from, to) = (execution.id, i64::from(rows.start), i64::from(rows.end));
    let evidence = to_json("delivery_attempt", "evidence", &serde_json::json!({"why": why}))?;
    on!(tx &mut *tx, c => sqlx::query(
        "insert into delivery_attempt (execution_id, seq, attempt, outcome, evidence, at)
         select execution_id, seq, attempt + case when state = 0 then 1 else 0 end, 'unknown', $2, $3 from delivery
            where execution_id = $1 and seq >= $4 and seq < $5 and state in (0, 1)
         on conflict do nothing")
        .bind(id).bind(evidence).bind(now).bind(from).bind(to).execute(c).await.map(drop))?;
    let rows = on!(tx tx, c => sqlx::query(
        "update delivery set attempt = attempt + case when state = 0 then 1 else 0 end, state = 3, epoch = 0, updated_at = $2
         where execution_id = $1 and seq >= $3 and seq < $4 and state in (0, 1)")
        .bind(id).bind(now).bind(from).bind(to).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows)
}

/// The latest try among messages in doubt; 0 if none is.
pub async fn latest_in_doubt(tx: &mut Tx, execution: &Execution) -> Result<i16> {
    let (attempt,): (i16,) = on!(tx tx, c => sqlx::query_as(
        "select cast(coalesce(max(attempt), 0) as smallint) from delivery where execution_id = $1 and state = 3")
        .bind(execution.id).fetch_one(c).await)?;
    Ok(attempt)
}

/// The word under which a ruling stands beside each message it was about.
const fn noted(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::CountAsSent => "counted_as_sent",
        Ruling::Leave => "left",
        Ruling::SendAgain => "sent_again",
    }
}

/// Does with every message in doubt what a person decided, and says how many they were.
pub async fn rule(
    tx: &mut Tx,
    execution: &Execution,
    ruling: Ruling,
    reason: &str,
    person: PersonId,
    now: Timestamp,
) -> Result<u64> {
    macro_rules! note {
        ($list:literal) => {
            concat!(
                "insert into delivery_attempt (execution_id, seq, attempt, outcome, evidence, at, authorized_by)
                 select $1, n_seq, n_attempt, $2, $6, $3, $4 from ",
                $list,
                " n where n_seq is not null on conflict do nothing"
            )
        };
    }
    const NOTE: Sql = dialects!(note!(
        "(select json_extract(value, '$[0]') as n_seq, json_extract(value, '$[1]') as n_attempt from json_each($5))",
        "(select (v->>0)::bigint as n_seq, (v->>1)::smallint as n_attempt from json_array_elements($5::json) v)"
    ));
    let to = match ruling {
        Ruling::CountAsSent => DeliveryState::Accepted,
        Ruling::Leave => DeliveryState::Abandoned,
        Ruling::SendAgain => DeliveryState::Queued,
    };
    let id = execution.id;
    let rows: Vec<(i64, i16)> = on!(tx &mut *tx, c => sqlx::query_as(
        "update delivery set state = $2, updated_at = $3 where execution_id = $1 and state = 3 returning seq, attempt")
        .bind(id).bind(to.number()).bind(now).fetch_all(c).await)?;
    let (sql, notes) = (NOTE.of(tx), list(&rows)?);
    let evidence = to_json("delivery_attempt", "evidence", &serde_json::json!({"reason": reason}))?;
    on!(tx &mut *tx, c => sqlx::query(sql).bind(id).bind(noted(ruling)).bind(now).bind(person).bind(notes).bind(evidence)
        .execute(c).await.map(drop))?;
    if ruling == Ruling::SendAgain {
        let again: Vec<(i64, i64)> = rows.iter().map(|(seq, _)| (*seq, now.micros())).collect();
        queue(tx, id, &again).await?;
    }
    Ok(rows.len() as u64)
}

/// Those of these attempts on which a person decided otherwise than Meta tells now; each once, however often Meta tells it.
/// Each comes with whether it arrived.
pub(super) async fn contradicted(
    tx: &mut Tx,
    tenant: TenantId,
    execution: ExecutionId,
    told: &[(u32, i16, bool)],
    now: Timestamp,
) -> Result<Vec<(u32, i16)>> {
    macro_rules! told {
        ($with:literal, $list:literal, $keys:literal) => {
            concat!(
                $with,
                "insert into delivery_attempt (execution_id, seq, attempt, outcome, evidence, at)
                 select distinct a.execution_id, a.seq, a.attempt, 'contradicted', '{}', cast($2 as bigint)
                 from delivery_attempt a join ",
                $list,
                " on n_seq = a.seq and n_attempt = a.attempt
                 where exists (select 1 from execution e where e.id = $1 and e.tenant_id = $4)
                    and ((n_arrived = 1 and a.outcome in ($5, $6)) or (n_arrived = 0 and a.outcome = $7))",
                $keys,
                " on conflict do nothing returning seq, attempt"
            )
        };
    }
    const TOLD: Sql = Sql {
        sqlite: told!(
            "with n as materialized (select $1 as n_execution, json_extract(value, '$[0]') as n_seq, json_extract(value, '$[1]') as n_attempt,
                json_extract(value, '$[2]') as n_arrived from json_each($3)) ",
            "n",
            " and a.execution_id = n_execution"
        ),
        postgres: told!(
            "",
            "(select (v->>0)::bigint as n_seq, (v->>1)::smallint as n_attempt, (v->>2)::integer as n_arrived
                from json_array_elements($3::json) v) n",
            " and a.execution_id = $1 and a.seq = any(array(select (v->>0)::bigint from json_array_elements($3::json) v))"
        ),
    };
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let told: Vec<(u32, i16, u8)> =
        told.iter().map(|(seq, attempt, arrived)| (*seq, *attempt, u8::from(*arrived))).collect();
    let (sql, told) = (TOLD.of(tx), list(&told)?);
    let rows: Vec<(i64, i16)> = on!(tx tx, c => sqlx::query_as(sql).bind(execution).bind(now).bind(told).bind(tenant)
        .bind(noted(Ruling::Leave)).bind(noted(Ruling::SendAgain)).bind(noted(Ruling::CountAsSent)).fetch_all(c).await)?;
    rows.into_iter().map(|(seq, attempt)| Ok((unsigned("delivery_attempt", "seq", execution, seq)?, attempt))).collect()
}

/// Whether a person decided that this attempt be followed by another one.
pub(super) async fn was_sent_again(tx: &mut Tx, execution: ExecutionId, seq: u32, attempt: i16) -> Result<bool> {
    let found: Option<(i64,)> = on!(tx tx, c => sqlx::query_as(
        "select seq from delivery_attempt where execution_id = $1 and seq = $2 and attempt = $3 and outcome = $4")
        .bind(execution).bind(i64::from(seq)).bind(attempt).bind(noted(Ruling::SendAgain)).fetch_optional(c).await)?;
    Ok(found.is_some())
}
