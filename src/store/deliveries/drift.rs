//! Drift: how many people have fallen away from an audience since it was signed, whether or not their row has had its turn.

use super::Execution;
use crate::domain::consent::Suppression;
use crate::store::{Result, Source, Tx, on, unsigned};

/// Those who fell away at their turn, and those who wait and may not be written to any more, beyond those who had fallen away
/// when people last agreed that it goes on.
pub async fn fallen_away(source: impl Into<Source<'_>>, execution: &Execution) -> Result<u64> {
    // Only what came after the request was made: whoever was suppressed before is not in the audience.
    const SQL: &str = "select cast(coalesce((select sum(suppressed) from shard where execution_id = $2), 0) as bigint)
            + (select count(distinct d.contact_no) from suppression s
                join delivery d on d.execution_id = $2 and d.contact_no = s.contact_no and d.state = 0
                where s.tenant_id = $1 and $3 like '%,' || s.kind || ',%'
                    and s.at >= (select r.created_at from action_request r where r.tenant_id = $1 and r.id = $4))
            - (select drift_base from execution where id = $2)";
    let forbids = Suppression::ALL.iter().filter(|kind| kind.forbids(execution.category)).map(|kind| kind.as_str());
    let kinds = format!(",{},", forbids.collect::<Vec<_>>().join(","));
    let (count,): (i64,) = on!(from source.into(), c => sqlx::query_as(SQL)
        .bind(execution.tenant).bind(execution.id).bind(&kinds).bind(execution.request).fetch_one(c).await)?;
    // Somebody may have opted in again since.
    unsigned("execution", "fallen away", execution.id, count.max(0))
}

/// Those who have agreed that it goes on have agreed to who has fallen away so far.
pub async fn rebase(tx: &mut Tx, execution: &Execution) -> Result<()> {
    let more = i64::try_from(fallen_away(&mut *tx, execution).await?).unwrap_or(i64::MAX);
    on!(tx tx, c => sqlx::query("update execution set drift_base = drift_base + $2 where id = $1")
        .bind(execution.id).bind(more).execute(c).await.map(drop))?;
    Ok(())
}
