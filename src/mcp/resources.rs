//! Action requests as resources: under an address of its own, each is the document that the status tool answers, for clients
//! that would rather be told of a change than ask again and again.

use super::refusal::fault;
use crate::domain::ids::RequestId;
use crate::domain::people::Caller;
use crate::error::{Error, Result};
use crate::tools::Ctx;
use crate::tools::reading::Cursor;
use crate::tools::request_view::view;
use crate::tools::requests::{RecentItem, StatusArguments, own, recent};
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde_json::json;

const PREFIX: &str = "approval://requests/";
const JSON: &str = "application/json";
/// Addresses that this is the shape of are no secret and never change while the program runs.
const TEMPLATES_HOLD_MS: u64 = 3_600_000;

/// The address of a request.
pub(super) fn uri(id: RequestId) -> String {
    format!("{PREFIX}{id}")
}

/// The request at an address.
pub(super) fn id_at(uri: &str) -> Option<RequestId> {
    uri.strip_prefix(PREFIX)?.parse().ok()
}

/// How addresses are made.
pub(super) fn templates() -> ListResourceTemplatesResult {
    let template = ResourceTemplate::new(format!("{PREFIX}{{action_request_id}}"), "action_request")
        .with_title("Action request")
        .with_description("Where one of this key's requests stands: what whatsapp.action_request.status answers.")
        .with_mime_type(JSON);
    ListResourceTemplatesResult::with_all_items(vec![template])
        .with_ttl_ms(TEMPLATES_HOLD_MS)
        .with_cache_scope(CacheScope::Private)
}

/// A page of the caller's own requests, newest first.
pub(super) async fn list(
    ctx: &Ctx,
    caller: &Caller,
    cursor: Option<String>,
) -> std::result::Result<ListResourcesResult, ErrorData> {
    let page = async {
        let cursor = cursor.map(Cursor::try_from).transpose()?;
        recent(ctx, caller, StatusArguments::page(cursor)).await
    };
    let page = page.await.map_err(|error| fault(&error, None))?;
    let mut list = ListResourcesResult::with_all_items(page.items.iter().map(resource).collect())
        .with_ttl_ms(0)
        .with_cache_scope(CacheScope::Private);
    list.next_cursor = page.next_cursor;
    Ok(list)
}

fn resource(item: &RecentItem) -> Resource {
    Resource::new(uri(item.action_request_id), item.action_request_id.to_string())
        .with_title(&item.title)
        .with_description(&item.summary)
        .with_mime_type(JSON)
}

/// One of the caller's own requests.
pub(super) async fn read(
    ctx: &Ctx,
    caller: &Caller,
    address: &str,
) -> std::result::Result<ReadResourceResult, ErrorData> {
    let text = document(ctx, caller, address).await.map_err(|error| fault(&error, Some(json!({"uri": address}))))?;
    let contents = ResourceContents::text(text, address).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
}

async fn document(ctx: &Ctx, caller: &Caller, address: &str) -> Result<String> {
    let id = id_at(address).ok_or_else(|| Error::not_found("resource", address))?;
    let view = view(ctx, own(ctx, caller, id).await?).await?;
    serde_json::to_string(&view).map_err(Error::internal)
}
