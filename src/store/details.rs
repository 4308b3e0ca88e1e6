//! What requests carry that names somebody, kept apart from them. The caller holds it against the signed digest.

use super::{Result, Source, Tx, json, on, to_json};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{DetailId, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;

const TABLE: &str = "request_detail";

/// Stores it with the request that it belongs to.
pub async fn add(tx: &mut Tx, tenant: TenantId, id: DetailId, body: &impl Serialize, now: Timestamp) -> Result<()> {
    let body = to_json(TABLE, "body", body)?;
    on!(tx tx, c => sqlx::query("insert into request_detail (id, tenant_id, body, created_at) values ($1, $2, $3, $4)")
        .bind(id).bind(tenant).bind(body).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// What was stored; none if it is not this tenant's.
pub async fn find<T: DeserializeOwned>(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    id: DetailId,
) -> Result<Option<T>> {
    let row: Option<(String,)> = on!(from source.into(), c => sqlx::query_as(
        "select body from request_detail where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(|(body,)| json::<serde_json::Value>(TABLE, "body", id, &body))
        .transpose()?
        .map(|value| serde_json::from_value(value).map_err(|e| super::Error::inconsistent(TABLE, "body", id, e)))
        .transpose()
}
