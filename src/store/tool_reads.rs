//! Which tools an agent has read lately: the evidence for "read first".

use super::{Db, Result, on, row};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, TenantId};
use crate::domain::requests::ReadMade;

row! {
    struct ReadRow { tool: String, at: Timestamp }
}

/// Notes that an agent has just read with this tool.
pub async fn record(db: &Db, tenant: TenantId, agent: AgentId, tool: &str, now: Timestamp) -> Result<()> {
    on!(write db, p => sqlx::query(
        "insert into tool_read (tenant_id, agent_id, tool, at) values ($1, $2, $3, $4)
         on conflict (tenant_id, agent_id, tool) do update set at = excluded.at where tool_read.at < excluded.at")
        .bind(tenant).bind(agent).bind(tool).bind(now).execute(p).await.map(drop))?;
    Ok(())
}

/// When the agent last made each of these reads, as the catalogue names them: `a or b` is made by either.
pub async fn last_reads(db: &Db, tenant: TenantId, agent: AgentId, names: &[&str]) -> Result<Vec<ReadMade>> {
    let rows: Vec<ReadRow> = on!(read db, p => sqlx::query_as(
        "select tool, at from tool_read where tenant_id = $1 and agent_id = $2").bind(tenant).bind(agent).fetch_all(p).await)?;
    let last = |name: &str| rows.iter().filter(|row| name.split(" or ").any(|n| n == row.tool)).map(|row| row.at).max();
    Ok(names.iter().map(|name| ReadMade { tool: (*name).to_owned(), at: last(name) }).collect())
}
