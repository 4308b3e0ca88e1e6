//! What Meta's status webhooks say of the ledger: found by the token that travelled with the message, never backwards.

use super::doubts::contradicted;
use super::lost::{Lost, Standing, find_again, standing};
use super::{AttemptNote, Sql, clean, list, of_seqs, record_attempts};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::{AttemptToken, PROGRESS_FAILED, Progress};
use crate::domain::ids::{ExecutionId, TenantId};
use crate::store::{Result, Tx, on, row};
use serde_json::json;
use std::collections::BTreeMap;

/// One status of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUpdate {
    /// Which attempt it is about.
    pub token: AttemptToken,
    /// Meta's id of the message.
    pub wamid: String,
    /// How far it came.
    pub reached: Reached,
}

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// So far.
    Step(Progress),
    /// It did not reach the person, with Meta's code.
    Failed(Option<i32>),
}

impl Reached {
    /// As it stands in the ledger.
    #[must_use]
    pub const fn column(self) -> i16 {
        match self {
            Self::Step(step) => step as i16,
            Self::Failed(_) => PROGRESS_FAILED,
        }
    }

    /// A failure is the end unless the message arrived after all. As in [`rank!`].
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Step(Progress::Sent) => 1,
            Self::Failed(_) => 2,
            Self::Step(Progress::Delivered) => 3,
            Self::Step(Progress::Read) => 4,
        }
    }
}

/// The rank of the progress that a row has, as [`Reached::rank`] gives it to what Meta tells.
macro_rules! rank {
    () => {
        "(case progress when 1 then 1 when 9 then 2 when 2 then 3 when 3 then 4 else 0 end)"
    };
}

pub(in crate::store) use rank;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that were found.
    pub rows: u64,
    /// People to whom a message failed, with Meta's code.
    pub failed: Vec<(ContactNo, i32)>,
    /// Attempts for which Meta names a second message, or an earlier attempt that arrived after all: somebody got it twice.
    pub twice: Vec<AttemptToken>,
    /// Attempts of which a person had decided the opposite: that they had not arrived, or be made once more; or that they had.
    pub contradicted: Vec<AttemptToken>,
    /// Tokens that are ours by their mark and name no row, or a later try than the row knows: this database is behind what
    /// has happened.
    pub unknown: Vec<AttemptToken>,
}

struct Merged {
    wamid: String,
    best: Reached,
    code: Option<i32>,
}

/// Writes statuses into the ledger. A status proves that Meta has the message, whatever we thought of it: a row in doubt,
/// one that waits to be tried again, even one that we took for refused becomes `accepted`.
pub async fn apply_statuses(
    tx: &mut Tx,
    tenant: TenantId,
    updates: &[StatusUpdate],
    now: Timestamp,
) -> Result<Applied> {
    let mut applied = Applied::default();
    let mut by_execution: BTreeMap<ExecutionId, BTreeMap<(u32, i16), Merged>> = BTreeMap::new();
    for update in updates {
        let rows = by_execution.entry(update.token.execution).or_default();
        let key = (update.token.seq, update.token.attempt);
        let code = if let Reached::Failed(code) = update.reached { code } else { None };
        let wamid = clean(&update.wamid);
        let Some(known) = rows.get_mut(&key) else {
            rows.insert(key, Merged { wamid, best: update.reached, code });
            continue;
        };
        if known.wamid != wamid {
            second(tx, update.token, &wamid, now).await?;
            applied.twice.push(update.token);
            continue;
        }
        if update.reached.rank() > known.best.rank() {
            known.best = update.reached;
        }
        known.code = known.code.or(code);
    }
    for (execution, rows) in by_execution {
        apply(tx, tenant, execution, &rows, now, &mut applied).await?;
    }
    Ok(applied)
}

row! {
    struct HitRow { seq: i64, attempt: i16, contact_no: ContactNo }
}

async fn apply(
    tx: &mut Tx,
    tenant: TenantId,
    execution: ExecutionId,
    rows: &BTreeMap<(u32, i16), Merged>,
    now: Timestamp,
    applied: &mut Applied,
) -> Result<()> {
    macro_rules! apply {
        ($with:literal, $list:literal, $keys:literal) => {
            concat!(
                $with,
                "update delivery set state = 2, wamid = coalesce(wamid, o_wamid), error_code = coalesce(o_code, error_code),
                    progress = case when o_rank > ", rank!(), "
                        then o_progress else progress end,
                    updated_at = case when state = 2 and wamid is not null
                        and o_rank <= ", rank!(), "
                        then updated_at else $2 end
                 from ",
                $list,
                " where seq = o_seq",
                $keys,
                " and attempt = o_attempt and attempt > 0 and state <> 5
                    and (wamid is null or wamid = o_wamid)
                    and exists (select 1 from execution e where e.id = $1 and e.tenant_id = $4)
                 returning seq, attempt, contact_no"
            )
        };
    }
    const APPLY: Sql = Sql {
        sqlite: apply!(
            "with o as materialized (select $1 as o_execution, json_extract(value, '$[0]') as o_seq, json_extract(value, '$[1]') as o_attempt,
            json_extract(value, '$[2]') as o_wamid, json_extract(value, '$[3]') as o_progress, json_extract(value, '$[4]') as o_rank,
            json_extract(value, '$[5]') as o_code from json_each($3)) ",
            "o",
            " and execution_id = o_execution"
        ),
        postgres: apply!(
            "",
            "(select (v->>0)::bigint as o_seq, (v->>1)::smallint as o_attempt, v->>2 as o_wamid, (v->>3)::smallint as o_progress,
            (v->>4)::integer as o_rank, (v->>5)::integer as o_code from json_array_elements($3::json) v) o",
            " and execution_id = $1 and seq = any(array(select (v->>0)::bigint from json_array_elements($3::json) v))"
        ),
    };
    let columns: Vec<_> = rows
        .iter()
        .map(|(&(seq, attempt), m)| (seq, attempt, m.wamid.as_str(), m.best.column(), m.best.rank(), m.code))
        .collect();
    let (sql, columns) = (APPLY.of(tx), list(&columns)?);
    let hit: Vec<HitRow> = on!(tx &mut *tx, c => sqlx::query_as(sql).bind(execution).bind(now).bind(columns).bind(tenant)
        .fetch_all(c).await)?;
    let people: BTreeMap<(i64, i16), ContactNo> =
        hit.into_iter().map(|row| ((row.seq, row.attempt), row.contact_no)).collect();
    applied.rows += people.len() as u64;
    unqueue(tx, execution, rows).await?;
    let told: Vec<(u32, i16, bool)> =
        rows.iter().map(|(&(seq, attempt), merged)| (seq, attempt, matches!(merged.best, Reached::Step(_)))).collect();
    let contradicted = contradicted(tx, tenant, execution, &told, now).await?;
    applied.contradicted.extend(contradicted.into_iter().map(|(seq, attempt)| AttemptToken {
        execution,
        seq,
        attempt,
    }));
    for (&(seq, attempt), merged) in rows {
        match people.get(&(i64::from(seq), attempt)) {
            Some(&contact) => {
                let failed = merged.code.filter(|_| matches!(merged.best, Reached::Failed(_)));
                applied.failed.extend(failed.map(|code| (contact, code)));
            }
            None => explain(tx, tenant, AttemptToken { execution, seq, attempt }, merged, now, applied).await?,
        }
    }
    Ok(())
}

/// A row that waited for another try waits no more: Meta has it.
async fn unqueue(tx: &mut Tx, execution: ExecutionId, rows: &BTreeMap<(u32, i16), Merged>) -> Result<()> {
    const UNQUEUE: Sql = of_seqs!(
        "delete from retry_queue where execution_id = $1 and ",
        "$2",
        " and exists (select 1 from delivery d where d.execution_id = $1 and d.seq = retry_queue.seq and d.state <> 0)"
    );
    let seqs: Vec<u32> = rows.keys().map(|(seq, _)| *seq).collect();
    let (sql, seqs) = (UNQUEUE.of(tx), list(&seqs)?);
    on!(tx tx, c => sqlx::query(sql).bind(execution).bind(seqs).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct StandsRow { attempt: i16, wamid: Option<String> }
}

/// A status that changed no row.
async fn explain(
    tx: &mut Tx,
    tenant: TenantId,
    token: AttemptToken,
    merged: &Merged,
    now: Timestamp,
    applied: &mut Applied,
) -> Result<()> {
    let row: Option<StandsRow> = on!(tx &mut *tx, c => sqlx::query_as(
        "select d.attempt, d.wamid from delivery d join execution e on e.id = d.execution_id
         where e.tenant_id = $1 and d.execution_id = $2 and d.seq = $3")
        .bind(tenant).bind(token.execution).bind(i64::from(token.seq)).fetch_optional(c).await)?;
    let AttemptToken { execution, seq, attempt } = token;
    let (wamid, stands) = (merged.wamid.as_str(), row.as_ref().map(|row| (row.attempt, row.wamid.as_deref())));
    match standing(tx, stands, execution, (seq, attempt), wamid).await? {
        Standing::Same | Standing::SentAgain => {}
        Standing::Second => {
            second(tx, token, wamid, now).await?;
            applied.twice.push(token);
        }
        Standing::Forgotten => {
            applied.unknown.push(token);
            let (progress, code) = (Some(merged.best.column()), merged.code);
            find_again(tx, Lost { tenant, execution, seq, attempt, wamid, progress, code }, now).await?;
        }
    }
    Ok(())
}

async fn second(tx: &mut Tx, token: AttemptToken, wamid: &str, now: Timestamp) -> Result<()> {
    let evidence = json!({"wamid": wamid, "by": "webhook"});
    let note = AttemptNote { seq: token.seq, attempt: token.attempt, outcome: "second_message", evidence };
    record_attempts(tx, token.execution, &[note], now).await
}
