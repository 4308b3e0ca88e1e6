//! Drift: how many people have fallen away from an audience since it was signed, whether or not their row has had its turn.

use super::Execution;
use crate::domain::consent::Suppression;
use crate::store::{Result, Source, Tx, on, unsigned};

/// Those who wait and may not be written to any more. Only what came after the request was made counts: whoever was
/// suppressed before is not in the audience.
pub async fn suppressed_ahead(source: impl Into<Source<'_>>, execution: &Execution) -> Result<u64> {
    const SQL: &str = "select count(distinct d.contact_no) from suppression s
            join delivery d on d.execution_id = $2 and d.contact_no = s.contact_no and d.state = 0
        where s.tenant_id = $1 and replace($3, ',' || s.kind || ',', '') <> $3
            and s.at >= (select r.created_at from action_request r where r.tenant_id = $1 and r.id = $4)";
    let kinds = format!(",{},", Suppression::forbidding(execution.category).collect::<Vec<_>>().join(","));
    let (count,): (i64,) = on!(from source.into(), c => sqlx::query_as(SQL)
        .bind(execution.tenant).bind(execution.id).bind(&kinds).bind(execution.request).fetch_one(c).await)?;
    unsigned("execution", "suppressed ahead", execution.id, count)
}

/// Those who fell away at their turn, and those who wait and may not be written to any more, beyond those who had fallen away
/// when people last agreed that it goes on.
pub async fn fallen_away(source: impl Into<Source<'_>>, execution: &Execution) -> Result<u64> {
    const SQL: &str =
        "select cast(coalesce((select sum(suppressed) from shard where execution_id = $1), 0) as bigint), drift_base
        from execution where id = $1";
    let mut source = source.into();
    let (fallen, base): (i64, i64) =
        on!(from source.again(), c => sqlx::query_as(SQL).bind(execution.id).fetch_one(c).await)?;
    let ahead = i64::try_from(suppressed_ahead(source, execution).await?).unwrap_or(i64::MAX);
    // Somebody may have opted in again since.
    unsigned("execution", "fallen away", execution.id, fallen.saturating_add(ahead).saturating_sub(base).max(0))
}

/// Those who have agreed that it goes on have agreed to who has fallen away so far.
pub async fn rebase(tx: &mut Tx, execution: &Execution) -> Result<()> {
    let more = i64::try_from(fallen_away(&mut *tx, execution).await?).unwrap_or(i64::MAX);
    on!(tx tx, c => sqlx::query("update execution set drift_base = drift_base + $2 where id = $1")
        .bind(execution.id).bind(more).execute(c).await.map(drop))?;
    Ok(())
}
