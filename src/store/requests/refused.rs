//! What people said no to, for whoever asks again; and how often one agent asks.

use super::TABLE;
use crate::domain::canonical::Ask;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, PersonId, RequestId, TenantId};
use crate::domain::policy::repeats::Rejected;
use crate::store::{Db, Result, Tx, json, on, row, unsigned};

/// The last request of this owner's agents for the same that a person rejected and nobody has opened again, and when.
pub async fn refused_before(
    db: &Db,
    tenant: TenantId,
    owner: PersonId,
    ask: Ask,
) -> Result<Option<(RequestId, Timestamp)>> {
    Ok(on!(read db, p => sqlx::query_as(
        "select id, settled_at from action_request where tenant_id = $1 and status = 'rejected' and reopened_at is null
            and owner_id = $2 and ask = $3
         order by settled_at desc limit 1")
        .bind(tenant).bind(owner).bind(ask).fetch_optional(p).await)?)
}

row! {
    struct RejectedRow { id: RequestId, settled_at: Timestamp, arguments: String, owner_id: PersonId }
}

/// Requests of one tool that people rejected since then, whoever asked, the latest first.
pub async fn refused_lately(
    db: &Db,
    tenant: TenantId,
    tool: &str,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Rejected>> {
    let rows: Vec<RejectedRow> = on!(read db, p => sqlx::query_as(
        "select id, settled_at, arguments, owner_id from action_request
         where tenant_id = $1 and status = 'rejected' and reopened_at is null and settled_at > $2 and tool = $3
         order by settled_at desc limit $4")
        .bind(tenant).bind(since).bind(tool).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Rejected {
                id: row.id,
                at: row.settled_at,
                owner: row.owner_id,
                arguments: json(TABLE, "arguments", row.id, &row.arguments)?,
            })
        })
        .collect()
}

/// Allows what was rejected to be asked for again; `false` if it was not rejected, or is allowed already.
pub async fn reopen(tx: &mut Tx, tenant: TenantId, id: RequestId, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set reopened_at = $3, version = version + 1
         where tenant_id = $1 and id = $2 and status = 'rejected' and reopened_at is null")
        .bind(tenant).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct FiledRow { count: i64, first: Option<Timestamp> }
}

/// How many requests of one tool this agent has asked people for since then, and when the first of them was made.
pub async fn filed_since(
    tx: &mut Tx,
    tenant: TenantId,
    agent: AgentId,
    tool: &str,
    since: Timestamp,
) -> Result<(u64, Option<Timestamp>)> {
    let row: FiledRow = on!(tx tx, c => sqlx::query_as(
        "select count(*) as count, min(created_at) as first from action_request
         where tenant_id = $1 and agent_id = $2 and created_at > $3 and tool = $4 and status <> 'previewed'")
        .bind(tenant).bind(agent).bind(since).bind(tool).fetch_one(c).await)?;
    Ok((unsigned(TABLE, "count", agent, row.count)?, row.first))
}
