//! How far the import of a request is, and which of its rows are left out, page by page.

use crate::domain::contacts::import::{Rejected, Report, StageState};
use crate::domain::masked::Masked;
use crate::domain::preview::{LeftOutRow, View};
use crate::domain::requests::ActionRequest;
use crate::error::Result;
use crate::store::imports;
use crate::tools::Ctx;
use crate::tools::reading::{Cursor, Limit, Page, after, cut};
use schemars::JsonSchema;
use serde::Serialize;

/// What pages of rows that are left out are called in their cursors.
const LIST: &str = "left_out";

/// An import at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportNow {
    /// Rows that may be imported.
    pub rows: u64,
    /// Rows that are seen to.
    pub done: u64,
    /// What became of these.
    pub report: Report,
}

/// How far it is; none for other writes, and before the worker has begun.
pub async fn of_request(ctx: &Ctx, request: &ActionRequest) -> Result<Option<ImportNow>> {
    let View::ContactImport(view) = &request.preview.view else { return Ok(None) };
    let import = imports::of_request(&ctx.db, request.tenant, request.id).await?;
    let begun = import.filter(|it| matches!(it.state, StageState::Writing | StageState::Written));
    Ok(begun.map(|it| ImportNow { rows: view.taken(), done: it.report.rows(), report: it.report }))
}

/// A page of the rows of a request that are left out; none for other writes, and once they are no longer kept.
pub async fn left_out(
    ctx: &Ctx,
    request: &ActionRequest,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<Option<Page<LeftOutRow>>> {
    let Some(import) = imports::of_request(&ctx.db, request.tenant, request.id).await? else { return Ok(None) };
    let from = after(LIST, cursor)?.unwrap_or(0);
    let rows = imports::left_out(&ctx.db, request.tenant, import.id, from, limit.and_one()).await?;
    let (rows, next_cursor) = cut(LIST, limit, rows, |row| row.line)?;
    Ok(Some(Page { items: rows.into_iter().map(shown).collect(), next_cursor }))
}

/// A row that is left out, as anybody may see it.
#[must_use]
pub fn shown(row: Rejected) -> LeftOutRow {
    LeftOutRow { line: row.line, reason: row.reason, phone: row.phone.map(|phone| Masked::new(phone).to_string()) }
}
