//! Messages that Meta has and that changed no row when it told of them. Most often the row knows of that message already; of a
//! try that the ledger does not know, the database was put back from a backup that is older.

use super::doubts::was_sent_again;
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

/// What such a message is to the row that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The one that it has.
    Same,
    /// An earlier one: a person decided to send it again, knowing that this one may have arrived.
    SentAgain,
    /// One too many.
    Second,
    /// One that the ledger has forgotten.
    Forgotten,
}

/// What the message of a try is to its row, as far as there is one: its latest try, and the message of that.
pub(super) async fn standing(
    tx: &mut Tx,
    row: Option<(i16, Option<&str>)>,
    execution: ExecutionId,
    (seq, attempt): (u32, i16),
    wamid: &str,
) -> Result<Standing> {
    Ok(match row {
        Some((latest, Some(known))) if latest == attempt && known == wamid => Standing::Same,
        Some((latest, _)) if latest > attempt => {
            if was_sent_again(tx, execution, seq, attempt).await? {
                Standing::SentAgain
            } else {
                Standing::Second
            }
        }
        Some((latest, Some(_))) if latest == attempt => Standing::Second,
        // Of a later try; or of this one, of which the row knows no message.
        Some(_) | None => Standing::Forgotten,
    })
}

/// Writes down that Meta has it, so that its row does not go out again, unless the row has a message already or was excluded.
pub(super) async fn find_again(tx: &mut Tx, lost: Lost<'_>, now: Timestamp) -> Result<()> {
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
    Ok(())
}
