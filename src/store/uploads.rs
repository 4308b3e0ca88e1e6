//! Files that agents sent for a tool to take: whose they are, until when, and which requests still read them. Their bytes are
//! not here.

use super::{Db, Error, Result, Source, Tx, ensure_one, on, row, unsigned};
use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, RequestId, TenantId, UploadId};
use crate::domain::uploads::{Upload, UploadName};

const TABLE: &str = "upload";

row! {
    struct UploadRow {
        id: UploadId, tenant_id: TenantId, agent_id: AgentId, hash: ContentHash, bytes: i64, name: Option<String>,
        received_at: Timestamp, expires_at: Timestamp,
    }
}

/// Whether a request that has not ended reads it.
macro_rules! held {
    () => {
        "exists (select 1 from upload_hold h join action_request r on r.id = h.request_id
                 where h.upload_id = upload.id and r.settled_at is null)"
    };
}

impl TryFrom<UploadRow> for Upload {
    type Error = Error;
    fn try_from(row: UploadRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            tenant: row.tenant_id,
            agent: row.agent_id,
            hash: row.hash,
            bytes: unsigned(TABLE, "bytes", row.id, row.bytes)?,
            name: row.name.map(UploadName::stored),
            received_at: row.received_at,
            expires_at: row.expires_at,
        })
    }
}

/// Stores what is known of a file that came. The same bytes of this agent are the upload that is there, which now lasts as long
/// as this one would.
pub async fn add(tx: &mut Tx, upload: &Upload) -> Result<Upload> {
    let bytes = i64::try_from(upload.bytes).map_err(|e| Error::inconsistent(TABLE, "bytes", upload.id, e))?;
    let row: UploadRow = on!(tx tx, c => sqlx::query_as(
        "insert into upload (id, tenant_id, agent_id, hash, bytes, name, received_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (tenant_id, agent_id, hash) do update set expires_at =
            case when upload.expires_at > excluded.expires_at then upload.expires_at else excluded.expires_at end
         returning id, tenant_id, agent_id, hash, bytes, name, received_at, expires_at")
        .bind(upload.id).bind(upload.tenant).bind(upload.agent).bind(upload.hash).bind(bytes)
        .bind(upload.name.as_ref().map(UploadName::as_str)).bind(upload.received_at).bind(upload.expires_at)
        .fetch_one(c).await)?;
    row.try_into()
}

/// A file of this agent's that it may still use: it has not expired, or a request that has not ended holds it.
pub async fn get(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    agent: AgentId,
    id: UploadId,
    now: Timestamp,
) -> Result<Option<Upload>> {
    const SQL: &str = concat!(
        "select id, tenant_id, agent_id, hash, bytes, name, received_at, expires_at from upload
         where tenant_id = $1 and agent_id = $2 and id = $3 and (expires_at > $4 or ",
        held!(),
        ")"
    );
    let row: Option<UploadRow> = on!(from source.into(), c => sqlx::query_as(SQL)
        .bind(tenant).bind(agent).bind(id).bind(now).fetch_optional(c).await)?;
    row.map(Upload::try_from).transpose()
}

/// How many bytes of this agent's wait.
pub async fn kept(db: &Db, tenant: TenantId, agent: AgentId) -> Result<u64> {
    let (bytes,): (i64,) = on!(read db, p => sqlx::query_as(
        "select cast(coalesce(sum(bytes), 0) as bigint) from upload where tenant_id = $1 and agent_id = $2")
        .bind(tenant).bind(agent).fetch_one(p).await)?;
    unsigned(TABLE, "bytes", agent, bytes)
}

/// Keeps a file for as long as this request is open, which stands in the same transaction or before it. To hold it again
/// changes nothing.
pub async fn hold(tx: &mut Tx, tenant: TenantId, id: UploadId, request: RequestId) -> Result<()> {
    // First the guarded update: a sweep that is about to take it away waits here, and then sees the hold.
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update upload set expires_at = expires_at where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).execute(c).await.map(|r| r.rows_affected()))?;
    ensure_one(hit, "upload", id)?;
    on!(tx tx, c => sqlx::query(
        "insert into upload_hold (upload_id, request_id) values ($1, $2) on conflict (upload_id, request_id) do nothing")
        .bind(id).bind(request).execute(c).await.map(drop))?;
    Ok(())
}

/// Some that have expired and that nobody holds.
pub async fn expired(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, UploadId)>> {
    const SQL: &str = concat!(
        "select tenant_id, id from upload where expires_at <= $1 and not ",
        held!(),
        " order by expires_at limit $2"
    );
    Ok(on!(read db, p => sqlx::query_as(SQL).bind(now).bind(i64::from(limit)).fetch_all(p).await)?)
}

/// Forgets one that has expired; not one that was sent again or is held by now.
pub async fn forget(db: &Db, tenant: TenantId, id: UploadId, now: Timestamp) -> Result<bool> {
    const SQL: &str = concat!("delete from upload where tenant_id = $1 and id = $2 and not ", held!());
    let mut tx = db.begin().await?;
    // The row is locked by a statement of its own, so that the next one sees a hold that was about to be made.
    let hit = on!(tx &mut tx, c => sqlx::query(
        "update upload set expires_at = expires_at where tenant_id = $1 and id = $2 and expires_at <= $3")
        .bind(tenant).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    let gone = hit == 1
        && on!(tx &mut tx, c => sqlx::query(SQL).bind(tenant).bind(id).execute(c).await.map(|r| r.rows_affected()))?
            == 1;
    tx.commit().await?;
    Ok(gone)
}

/// Whether there is one of this name at all.
pub async fn exists(db: &Db, tenant: TenantId, id: UploadId) -> Result<bool> {
    let row: Option<(i64,)> = on!(read db, p => sqlx::query_as(
        "select bytes from upload where tenant_id = $1 and id = $2").bind(tenant).bind(id).fetch_optional(p).await)?;
    Ok(row.is_some())
}
