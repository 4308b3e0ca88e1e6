//! Marks by which whoever watches requests sees that they have changed.

use super::TABLE;
use crate::domain::ids::{AgentId, RequestId, TenantId};
use crate::store::{Db, Result, on, row, to_json};
use std::collections::BTreeMap;

/// What tells two states of a request apart: its own version, and the last thing that the audit log says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    version: i64,
    last_entry: Option<i64>,
}

row! {
    struct StampRow { id: RequestId, version: i64, last_entry: Option<i64> }
}

/// How those of these requests stand that are this agent's, to be held against an earlier look.
pub async fn stamps(
    db: &Db,
    tenant: TenantId,
    agent: AgentId,
    ids: impl IntoIterator<Item = RequestId>,
) -> Result<BTreeMap<RequestId, Stamp>> {
    macro_rules! stamps {
        ($wanted:literal) => {
            concat!(
                "select r.id, r.version,
                    (select max(e.seq) from audit_entry e where e.tenant_id = r.tenant_id and e.subject = w.subject) as last_entry
                 from (select ",
                $wanted,
                ") w join action_request r on r.id = w.id where r.tenant_id = $1 and r.agent_id = $3"
            )
        };
    }
    let sql = if db.is_postgres() {
        stamps!("cast(value ->> 0 as uuid) as id, value ->> 1 as subject from json_array_elements(cast($2 as json))")
    } else {
        stamps!("unhex(value ->> 0) as id, value ->> 1 as subject from json_each($2)")
    };
    let wanted: Vec<_> = ids.into_iter().map(|id| (id.uuid().simple().to_string(), id.to_string())).collect();
    let wanted = to_json(TABLE, "a list", &wanted)?;
    let rows: Vec<StampRow> =
        on!(read db, p => sqlx::query_as(sql).bind(tenant).bind(wanted).bind(agent).fetch_all(p).await)?;
    Ok(rows.into_iter().map(|row| (row.id, Stamp { version: row.version, last_entry: row.last_entry })).collect())
}
