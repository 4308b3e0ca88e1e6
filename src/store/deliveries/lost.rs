//! Messages that Meta has, of tries that the ledger does not know: the database was put back from a backup that is older.

use crate::domain::clock::Timestamp;
use crate::domain::ids::{ExecutionId, TenantId};
use crate::store::{Result, Tx, on};

/// One such message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lost<'a> {
    pub(super) tenant: TenantId,
    pub(super) execution: ExecutionId,
    pub(super) seq: u32,
    pub(super) attempt: i16,
    pub(super) wamid: &'a str,
    pub(super) progress: Option<i16>,
    pub(super) code: Option<i32>,
}

/// Writes down that Meta has it, so that its row does not go out again. `false` if the row has a message already, or knows
/// of a later try.
pub(super) async fn find_again(tx: &mut Tx, lost: Lost<'_>, now: Timestamp) -> Result<bool> {
    let rows = on!(tx &mut *tx, c => sqlx::query(
        "update delivery set state = 2, attempt = $3, wamid = $4, progress = coalesce($5, progress), error_code = $6, updated_at = $7
         where execution_id = $1 and seq = $2 and attempt <= $3 and wamid is null and state <> 5
            and exists (select 1 from execution e where e.id = $1 and e.tenant_id = $8)")
        .bind(lost.execution).bind(i64::from(lost.seq)).bind(lost.attempt).bind(lost.wamid).bind(lost.progress)
        .bind(lost.code).bind(now).bind(lost.tenant).execute(c).await.map(|done| done.rows_affected()))?;
    if rows > 0 {
        on!(tx tx, c => sqlx::query("delete from retry_queue where execution_id = $1 and seq = $2")
            .bind(lost.execution).bind(i64::from(lost.seq)).execute(c).await.map(drop))?;
    }
    Ok(rows > 0)
}
