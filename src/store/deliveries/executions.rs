//! Executions: one for each approved request that sends, and the writing of its ledger in chunks.

use super::{Sql, dialects, list, tally};
use crate::domain::broadcasts::BroadcastState;
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::People;
use crate::domain::deliveries::{Agreement, Desired, ExecutionState, Tally};
use crate::domain::ids::{ExecutionId, RequestId, TenantId};
use crate::store::{Db, Error, Result, Source, Tx, on, row, unsigned, word};

/// One carrying-out of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Which.
    pub id: ExecutionId,
    /// Whose.
    pub tenant: TenantId,
    /// Of what.
    pub request: RequestId,
    /// From which number.
    pub phone_number_id: String,
    /// What kind of messages.
    pub category: MessageCategory,
    /// What is wanted.
    pub desired: Desired,
    /// What is.
    pub state: ExecutionState,
    /// Why it stands still or was cancelled, in a sentence.
    pub reason: Option<String>,
    /// Rows in all.
    pub total: u32,
    /// Rows written so far.
    pub built: u32,
    /// Rows between two checks of the facts.
    pub batch_size: u32,
    /// Messages a second, at most.
    pub per_second: u32,
    /// Since when.
    pub started_at: Timestamp,
    /// Until when.
    pub finished_at: Option<Timestamp>,
}

impl Execution {
    /// Whether more is to be begun.
    #[must_use]
    pub fn goes_on(&self, progress: &Tally) -> bool {
        self.may_run() && progress.queued > 0
    }

    /// Whether nobody has it stand still, and it has not ended.
    #[must_use]
    pub fn may_run(&self) -> bool {
        self.finished_at.is_none() && self.desired == Desired::Run
    }

    /// Why it stands still or was ended before its time; `None` while it may run.
    #[must_use]
    pub fn halted(&self) -> Option<&str> {
        self.reason.as_deref().filter(|_| self.desired != Desired::Run)
    }
}

row! {
    struct ExecutionRow {
        id: ExecutionId, tenant_id: TenantId, request_id: RequestId, phone_number_id: String, category: String,
        desired: String, state: String, reason: Option<String>, total: i64, built: i64, batch_size: i64,
        per_second: i64, started_at: Timestamp, finished_at: Option<Timestamp>,
    }
}

const TABLE: &str = "execution";

impl TryFrom<ExecutionRow> for Execution {
    type Error = Error;
    fn try_from(row: ExecutionRow) -> Result<Self> {
        let id = row.id;
        Ok(Self {
            id,
            tenant: row.tenant_id,
            request: row.request_id,
            phone_number_id: row.phone_number_id,
            category: word(TABLE, "category", id, &row.category)?,
            desired: word(TABLE, "desired", id, &row.desired)?,
            state: word(TABLE, "state", id, &row.state)?,
            reason: row.reason,
            total: unsigned(TABLE, "total", id, row.total)?,
            built: unsigned(TABLE, "built", id, row.built)?,
            batch_size: unsigned(TABLE, "batch_size", id, row.batch_size)?,
            per_second: unsigned(TABLE, "per_second", id, row.per_second)?,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select id, tenant_id, request_id, phone_number_id, category, desired, state, reason, total, built, batch_size,
                per_second, started_at, finished_at from execution ",
            $tail
        )
    };
}

/// What an execution starts from.
#[derive(Debug, Clone)]
pub struct NewExecution<'a> {
    /// Which it will be.
    pub id: ExecutionId,
    /// Of what.
    pub request: RequestId,
    /// From which number.
    pub phone_number_id: &'a str,
    /// What kind of messages.
    pub category: MessageCategory,
    /// Rows in all.
    pub total: u32,
    /// Rows between two checks of the facts.
    pub batch_size: u32,
    /// Messages a second, at most.
    pub per_second: u32,
}

/// Adds an execution whose ledger is still to be written. A second one for the same request breaks a unique index.
pub async fn add(tx: &mut Tx, tenant: TenantId, new: &NewExecution<'_>, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into execution (id, tenant_id, request_id, phone_number_id, category, desired, state, total, built, batch_size,
            per_second, drift_base, started_at)
         values ($1, $2, $3, $4, $5, 'run', 'building', $6, 0, $7, $8, 0, $9)")
        .bind(new.id).bind(tenant).bind(new.request).bind(new.phone_number_id).bind(new.category.as_str())
        .bind(i64::from(new.total)).bind(i64::from(new.batch_size)).bind(i64::from(new.per_second)).bind(now)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// One execution.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: ExecutionId) -> Result<Option<Execution>> {
    const SQL: &str = select!("where tenant_id = $1 and id = $2");
    let row: Option<ExecutionRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(Execution::try_from).transpose()
}

/// The execution of a request, with how far it is.
pub async fn by_request(db: &Db, tenant: TenantId, request: RequestId) -> Result<Option<(Execution, Tally)>> {
    let Some(execution) = of_request(db, tenant, request).await? else { return Ok(None) };
    let tally = tally(db, tenant, execution.id).await?;
    Ok(Some((execution, tally)))
}

/// The execution of a request.
pub async fn of_request(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    request: RequestId,
) -> Result<Option<Execution>> {
    const SQL: &str = select!("where tenant_id = $1 and request_id = $2");
    let row: Option<ExecutionRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(request).fetch_optional(c).await)?;
    row.map(Execution::try_from).transpose()
}

/// Executions that have not come to their end, of every tenant, oldest first: what the worker walks.
pub async fn unfinished(db: &Db) -> Result<Vec<Execution>> {
    const SQL: &str = select!("where state in ('building', 'running', 'attention') order by started_at, id");
    let rows: Vec<ExecutionRow> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)?;
    rows.into_iter().map(Execution::try_from).collect()
}

/// One execution as it stands now, locked until the transaction ends: whoever changes its desired state or its own state
/// waits here.
pub async fn lock(tx: &mut Tx, tenant: TenantId, id: ExecutionId) -> Result<Option<Execution>> {
    const SQL: Sql = Sql {
        sqlite: select!("where tenant_id = $1 and id = $2"),
        postgres: select!("where tenant_id = $1 and id = $2 for update"),
    };
    let sql = SQL.of(tx);
    let row: Option<ExecutionRow> = on!(tx tx, c => sqlx::query_as(sql).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(Execution::try_from).transpose()
}

/// Writes the next rows of the ledger, those of `audience` from `from` on; the last call also makes the shards. `false`
/// if another daemon wrote them, or writing has ended.
///
/// All of it hangs on the first statement, which moves `built` from the value the caller saw: so each row is written
/// once, and a crash leaves whole chunks or nothing of one.
pub async fn build(
    tx: &mut Tx,
    execution: &Execution,
    audience: &People,
    chunk: u32,
    shard_size: u32,
    now: Timestamp,
) -> Result<bool> {
    macro_rules! rows {
        ($numbers:literal) => {
            concat!(
                "insert into delivery (execution_id, seq, contact_no, state, attempt, epoch, updated_at)
                 select $1, $2 + place, contact_no, 0, 0, 0, $3 from ",
                $numbers
            )
        };
    }
    const ROWS: Sql = dialects!(rows!(
        "(select key as place, value as contact_no from json_each($4))",
        "(select n - 1 as place, contact_no::bigint from json_array_elements_text($4::json) with ordinality as x (contact_no, n)) y"
    ));
    let (from, to) = (execution.built, execution.built.saturating_add(chunk).min(execution.total));
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update execution set built = $3 where id = $1 and built = $2 and state = 'building' and desired = 'run'")
        .bind(execution.id).bind(i64::from(from)).bind(i64::from(to)).execute(c).await.map(|r| r.rows_affected()))?;
    if hit != 1 {
        return Ok(false);
    }
    // Selecting by rank finds the start of the chunk without walking all before it.
    let numbers: Vec<u32> = match audience.select(from) {
        Some(first) => audience.range(first..).take(to.saturating_sub(from) as usize).collect(),
        None => Vec::new(),
    };
    if numbers.len() as u64 != u64::from(to - from) {
        return Err(Error::inconsistent("audience", "people", execution.id, "fewer people than were signed"));
    }
    let (sql, numbers) = (ROWS.of(tx), list(&numbers)?);
    on!(tx &mut *tx, c => sqlx::query(sql).bind(execution.id).bind(i64::from(from)).bind(now).bind(numbers)
        .execute(c).await.map(drop))?;
    if to == execution.total {
        add_shards(tx, execution, shard_size).await?;
        on!(tx tx, c => sqlx::query("update execution set state = 'running' where id = $1").bind(execution.id)
            .execute(c).await.map(drop))?;
    }
    Ok(true)
}

async fn add_shards(tx: &mut Tx, execution: &Execution, size: u32) -> Result<()> {
    macro_rules! shards {
        ($list:literal) => {
            concat!(
                "insert into shard (execution_id, shard_no, seq_from, seq_to, next_seq, low_seq, lease_until, epoch, desired,
                    suppressed, done)
                 select $1, place, low, high, low, low, 0, 0, 'run', 0, $3 from ",
                $list
            )
        };
    }
    const SHARDS: Sql = dialects!(shards!(
        "(select key as place, json_extract(value, '$[0]') as low, json_extract(value, '$[1]') as high from json_each($2))",
        "(select n - 1 as place, (pair->>0)::bigint as low, (pair->>1)::bigint as high from json_array_elements($2::json) with ordinality as x (pair, n)) y"
    ));
    let size = size.max(1);
    let pairs: Vec<(u32, u32)> = (0..execution.total)
        .step_by(size as usize)
        .map(|low| (low, low.saturating_add(size).min(execution.total)))
        .collect();
    let (sql, pairs) = (SHARDS.of(tx), list(&pairs)?);
    on!(tx tx, c => sqlx::query(sql).bind(execution.id).bind(pairs).bind(false).execute(c).await.map(drop))?;
    Ok(())
}

/// Changes what is wanted, on the execution and on every shard, so that the next intent of any daemon meets it. `false`
/// if nothing changed: it is so already, it was cancelled, or it has ended.
pub async fn set_desired(
    tx: &mut Tx,
    tenant: TenantId,
    id: ExecutionId,
    to: Desired,
    reason: Option<&str>,
) -> Result<bool> {
    const SHARDS: Sql = Sql {
        sqlite: "update shard set desired = $2 where execution_id = $1",
        // Locked in the order of their numbers, as the group commit does.
        postgres: "with locked as (select shard_no from shard where execution_id = $1 order by shard_no for update)
            update shard s set desired = $2 from locked l where s.execution_id = $1 and s.shard_no = l.shard_no",
    };
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update execution set desired = $3, reason = $4
         where tenant_id = $1 and id = $2 and desired <> $3 and desired <> 'cancel' and state in ('building', 'running', 'attention')")
        .bind(tenant).bind(id).bind(to.as_str()).bind(reason).execute(c).await.map(|r| r.rows_affected()))?;
    if hit != 1 {
        return Ok(false);
    }
    let sql = SHARDS.of(tx);
    on!(tx tx, c => sqlx::query(sql).bind(id).bind(to.as_str()).execute(c).await.map(drop))?;
    Ok(true)
}

/// Gives what stands still already another reason to, which people read before they let it go on; what they had agreed to
/// for the old one is forgotten. `false` if it does not stand still, or for this reason already.
pub async fn pause_for(tx: &mut Tx, tenant: TenantId, id: ExecutionId, to: Desired, reason: &str) -> Result<bool> {
    if to != Desired::Pause {
        return Ok(false);
    }
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update execution set reason = $3
         where tenant_id = $1 and id = $2 and desired = 'pause' and reason <> $3 and state in ('building', 'running', 'attention')")
        .bind(tenant).bind(id).bind(reason).execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 1 {
        on!(tx tx, c => sqlx::query("delete from execution_vote where execution_id = $1 and agreed_to = $2")
            .bind(id).bind(Agreement::Resume.as_str()).execute(c).await.map(drop))?;
    }
    Ok(hit == 1)
}

/// How many requests may be on their way. Exact once the shards were changed in this transaction, because then no further
/// intent can commit.
pub async fn under_way(tx: &mut Tx, id: ExecutionId) -> Result<u64> {
    let (n,): (i64,) = on!(tx tx, c => sqlx::query_as(
        "select count(*) from shard s join delivery d
            on d.execution_id = s.execution_id and d.seq >= s.low_seq and d.seq < s.next_seq and d.state = 1
         where s.execution_id = $1 and not s.done")
        .bind(id).fetch_one(c).await)?;
    unsigned(TABLE, "under way", id, n)
}

/// Moves an execution from one state to another; `false` if it was not there.
pub async fn set_state(tx: &mut Tx, id: ExecutionId, from: ExecutionState, to: ExecutionState) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query("update execution set state = $3 where id = $1 and state = $2")
        .bind(id).bind(from.as_str()).bind(to.as_str()).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Ends an execution; `false` if somebody else has.
pub async fn finish(tx: &mut Tx, execution: &Execution, to: ExecutionState, now: Timestamp) -> Result<bool> {
    let id = execution.id;
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update execution set state = $2, finished_at = $3
         where id = $1 and desired = $4 and state in ('building', 'running', 'attention')")
        .bind(id).bind(to.as_str()).bind(now).bind(execution.desired.as_str()).execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 1 {
        on!(tx tx, c => sqlx::query("delete from retry_queue where execution_id = $1").bind(id).execute(c).await.map(drop))?;
    }
    Ok(hit == 1)
}

/// Lets the broadcast that a request sends follow it. Nothing happens for a request that sends none.
pub async fn follow(tx: &mut Tx, tenant: TenantId, request: RequestId, state: BroadcastState) -> Result<()> {
    on!(tx tx, c => sqlx::query("update broadcast set state = $3 where tenant_id = $1 and sent_by = $2")
        .bind(tenant).bind(request).bind(state.as_str()).execute(c).await.map(drop))?;
    Ok(())
}
