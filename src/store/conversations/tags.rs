//! Labels on threads.

use crate::domain::ids::{ConversationId, TenantId};
use crate::store::{Result, Source, Tx, on};
use std::collections::BTreeSet;

/// The labels of a thread.
pub async fn tags(source: impl Into<Source<'_>>, tenant: TenantId, id: ConversationId) -> Result<BTreeSet<String>> {
    let rows: Vec<(String,)> = on!(from source.into(), c => sqlx::query_as(
        "select tag from conversation_tag where tenant_id = $1 and conversation_id = $2")
        .bind(tenant).bind(id).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(tag,)| tag).collect())
}

/// Puts a label on; `false` if it was there.
pub async fn tag(tx: &mut Tx, tenant: TenantId, id: ConversationId, tag: &str) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "insert into conversation_tag (tenant_id, conversation_id, tag) values ($1, $2, $3) on conflict do nothing")
        .bind(tenant).bind(id).bind(tag).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Takes a label away; `false` if it was not there.
pub async fn untag(tx: &mut Tx, tenant: TenantId, id: ConversationId, tag: &str) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "delete from conversation_tag where tenant_id = $1 and conversation_id = $2 and tag = $3")
        .bind(tenant).bind(id).bind(tag).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Two threads have become one: it carries the labels of both.
pub(super) async fn join(tx: &mut Tx, tenant: TenantId, goes: ConversationId, stays: ConversationId) -> Result<()> {
    on!(tx &mut *tx, c => sqlx::query(
        "insert into conversation_tag (tenant_id, conversation_id, tag)
         select tenant_id, $3, tag from conversation_tag where tenant_id = $1 and conversation_id = $2 on conflict do nothing")
        .bind(tenant).bind(goes).bind(stays).execute(c).await.map(drop))?;
    on!(tx tx, c => sqlx::query("delete from conversation_tag where tenant_id = $1 and conversation_id = $2")
        .bind(tenant).bind(goes).execute(c).await.map(drop))?;
    Ok(())
}
