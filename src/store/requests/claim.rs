//! The one way from an approved request to something that may be carried out.

use super::{RequestRow, Status};
use crate::domain::action::Action;
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::requests::ActionRequest;
use crate::store::{Db, Error, Result, Tx, on};

/// What may be carried out. Only a won claim makes one; executing consumes it.
#[derive(Debug)]
pub struct ApprovedPayload {
    action: Action,
    digest: Digest,
}

impl ApprovedPayload {
    /// What was signed, to be done now.
    #[must_use]
    pub fn into_action(self) -> Action {
        self.action
    }

    /// Over what the signatures stand.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// A won claim.
#[derive(Debug)]
pub struct Claim {
    /// The request, now `executing`.
    pub request: ActionRequest,
    /// Its payload.
    pub payload: ApprovedPayload,
}

/// Approved requests whose time has come, of every tenant.
pub async fn due(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, RequestId)>> {
    Ok(on!(read db, p => sqlx::query_as(
        "select tenant_id, id from action_request where status = 'approved' and not_before <= $1 and start_by > $1
         order by not_before, id limit $2")
        .bind(now).bind(i64::from(limit)).fetch_all(p).await)?)
}

/// Requests of this tool that were claimed and have not come to their end, of every tenant.
pub async fn executing(db: &Db, tool: &str, limit: u32) -> Result<Vec<(TenantId, RequestId)>> {
    Ok(on!(read db, p => sqlx::query_as(
        "select a.tenant_id, a.id from tenant t join action_request a on a.tenant_id = t.id and a.status = 'executing'
         where a.tool = $1 order by a.id limit $2")
        .bind(tool).bind(i64::from(limit)).fetch_all(p).await)?)
}

/// All that waits for people, or is approved and not begun.
pub async fn not_begun(db: &Db) -> Result<Vec<(TenantId, RequestId)>> {
    Ok(on!(read db, p => sqlx::query_as(
            "select tenant_id, id from action_request where status in ('pending_approval', 'approved') order by id")
        .fetch_all(p).await)?)
}

/// The same of one business.
pub async fn not_begun_of(db: &Db, tenant: TenantId) -> Result<Vec<RequestId>> {
    let rows: Vec<(RequestId,)> = on!(read db, p => sqlx::query_as(
            "select id from action_request where tenant_id = $1 and status in ('pending_approval', 'approved') order by id")
        .bind(tenant).fetch_all(p).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes an approved request for carrying out; `None` if somebody else has, or it may not start, or the database was found to be
/// older than what has happened and that waits to be seen to. `schema_of` gives the digest
/// of a tool's schema as this program has it; without one nothing is taken, for another daemon may know the tool.
///
/// The digest is worked out again from the stored bytes. If it is not the one that stands in the row, the row was changed
/// behind our back: nothing is carried out, and the error says so.
pub async fn claim(
    tx: &mut Tx,
    tenant: TenantId,
    id: RequestId,
    schema_of: impl FnOnce(&str) -> Option<Digest>,
    now: Timestamp,
) -> Result<Option<Claim>> {
    const SQL: &str = select!("where r.tenant_id = $1 and r.id = $2");
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update action_request set status = 'executing', version = version + 1
         where tenant_id = $1 and id = $2 and status = 'approved' and not_before <= $3 and start_by > $3
            and not exists (select 1 from instance i where i.one = 1 and i.noticed_at is not null)")
        .bind(tenant).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    if hit != 1 {
        return Ok(None);
    }
    let row: RequestRow = on!(tx tx, c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_one(c).await)?;
    let request = ActionRequest::try_from(row)?;
    let Some(schema) = schema_of(&request.tool) else {
        return Ok(None);
    };
    let digests = request
        .preview
        .digests(tenant, schema, &request.policy)
        .map_err(|_| Error::Altered { request: id.to_string(), what: "its digest cannot be worked out" })?;
    if digests.whole != request.digest || digests.sections != request.sections {
        return Err(Error::Altered { request: id.to_string(), what: "its digest is another" });
    }
    if request.preview.action.tool() != request.tool || request.status != Status::Executing {
        return Err(Error::Altered { request: id.to_string(), what: "its action is of another tool" });
    }
    let payload = ApprovedPayload { action: request.preview.action.clone(), digest: request.digest };
    Ok(Some(Claim { request, payload }))
}
