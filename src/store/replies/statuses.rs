//! What Meta's statuses say of replies: found by the token that travelled with the message, never backwards.

use super::doubts::second;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::TenantId;
use crate::domain::replies::ReplyToken;
use crate::store::deliveries::{Reached, rank};
use crate::store::{Result, Tx, on, row};

/// A message that did not reach its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// For whom it was.
    pub contact: ContactNo,
    /// Meta's code.
    pub code: i32,
    /// The mark of the person that it carried.
    pub identity_hash: Option<String>,
}

/// What came of one status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It was written down, or known.
    Known,
    /// The message failed.
    Failed(Failed),
    /// Meta names a second message for one reply: somebody got it twice. Whether that is new.
    Twice(bool),
    /// The token is ours and names nothing here: this database is behind what has happened.
    Forgotten,
}

row! {
    struct StandsRow { attempt: i16, wamid: Option<String>, contact_no: ContactNo, identity_hash: Option<String> }
}

/// Writes one status down. It proves that Meta has the message, whatever we thought of it, so it is not sent again.
pub async fn apply_status(
    tx: &mut Tx,
    tenant: TenantId,
    token: ReplyToken,
    wamid: &str,
    reached: Reached,
    now: Timestamp,
) -> Result<Told> {
    let wamid = wamid.replace('\0', "");
    let stands: Option<StandsRow> = on!(tx &mut *tx, c => sqlx::query_as(
        "select attempt, wamid, contact_no, identity_hash from reply where tenant_id = $1 and id = $2")
        .bind(tenant).bind(token.reply).fetch_optional(c).await)?;
    let Some(stands) = stands.filter(|it| it.attempt >= token.attempt) else { return Ok(Told::Forgotten) };
    if stands.wamid.as_ref().is_some_and(|known| *known != wamid) {
        return Ok(Told::Twice(second(tx, token, &wamid, "webhook", now).await?));
    }
    let code = if let Reached::Failed(code) = reached { code } else { None };
    on!(tx tx, c => sqlx::query(concat!(
        "update reply set state = 2, owner = null, wamid = $3, error_code = coalesce($4, error_code),
            progress = case when $5 > ", rank!(), " then $6 else progress end, updated_at = $7
         where tenant_id = $1 and id = $2"))
        .bind(tenant).bind(token.reply).bind(&wamid).bind(code).bind(i32::from(reached.rank())).bind(reached.column()).bind(now)
        .execute(c).await.map(drop))?;
    let failed = |code| Told::Failed(Failed { contact: stands.contact_no, code, identity_hash: stands.identity_hash });
    Ok(code.map_or(Told::Known, failed))
}
