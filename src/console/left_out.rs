//! `/requests/{id}/left-out`: the rows that an import leaves out, page by page, and all of them as a file.

use askama::Template;
use askama_web::WebTemplate;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;

use super::errors::Trouble;
use super::facts;
use super::forms::{Address, Fields, Named};
use super::page::{Chrome, Here};
use super::parts::{Pager, Shown};
use super::review::LeftOutLine;
use super::visit::Reviewer;
use crate::domain::ids::{ImportId, RequestId, TenantId};
use crate::domain::preview::{LeftOutRow, View};
use crate::error::{Error, Result};
use crate::store::{Db, imports, requests};
use crate::tools::contacts::import::now::shown;
use crate::words::Words;

/// Rows on one page.
const PAGE: usize = 100;
/// Rows of the file that are in memory at once.
const PIECE: u32 = 5_000;

/// `GET /requests/{id}/left-out`.
#[derive(Template, WebTemplate)]
#[template(path = "requests/left_out.html")]
pub struct LeftOutPage {
    pub l: Words,
    pub chrome: Chrome,
    pub back: String,
    pub name: String,
    pub count: u64,
    pub rows: Vec<LeftOutLine>,
    /// Whether the rows are no longer kept.
    pub gone: bool,
    pub file: String,
    pub pager: Pager,
}

pub async fn show(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await.map_err(|error| Trouble::from_error(&who.l, error));
    who.answer(page).await
}

/// The import of a request, with what it is called and how many rows it leaves out.
async fn import(who: &Reviewer, id: RequestId) -> Result<(Option<ImportId>, String, u64)> {
    let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
    let request = requests::find(db, tenant, id).await?;
    match request.map(|request| request.preview.view) {
        Some(View::ContactImport(view)) => {
            let import = imports::of_request(db, tenant, id).await?.map(|import| import.id);
            Ok((import, view.name.clone(), view.left_out.count()))
        }
        _ => Err(Error::not_found("import", id)),
    }
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<LeftOutPage> {
    let (l, db) = (&who.l, &who.console.ctx.db);
    let (import, name, count) = import(who, id).await?;
    let after: u32 = Fields::of_path(&who.path).get("after").parse().unwrap_or(0);
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let mut rows = match import {
        Some(import) => imports::left_out(db, who.person.tenant, import, after, limit).await?,
        None => Vec::new(),
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let path = format!("/requests/{id}/left-out");
    let next = rows.last().filter(|_| more);
    let next = next.map(|row| Address::new(&path).with("after", &row.line.to_string()).to_string());
    let pager = Pager { shown: Shown::Some(rows.len()), previous: (after > 0).then(|| path.clone()), next };
    let mut chrome = who.chrome(l.t("section-left-out"), Here::Inbox).await;
    chrome.path = path;
    Ok(LeftOutPage {
        back: format!("/requests/{id}#left-out"),
        name,
        count,
        rows: rows.into_iter().map(|row| line(l, &shown(row))).collect(),
        gone: import.is_none(),
        file: format!("/requests/{id}/left-out.csv"),
        pager,
        l: l.clone(),
        chrome,
    })
}

/// A row as people read it.
pub fn line(l: &Words, row: &LeftOutRow) -> LeftOutLine {
    LeftOutLine {
        line: row.line,
        reason: facts::left_out(l, row.reason),
        phone: row.phone.clone().unwrap_or_else(|| "–".to_owned()),
    }
}

/// `GET /requests/{id}/left-out.csv`. No name and no whole number is in it, and no cell begins like a formula.
pub async fn file(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    match import(&who, id).await {
        Ok((Some(import), ..)) => {
            let disposition = format!("attachment; filename=\"left-out-{}.csv\"", id.short());
            let rows = Rows { db: who.console.ctx.db.clone(), tenant: who.person.tenant, import, l: who.l.clone() };
            let mut response = Body::from_stream(stream::try_unfold((rows, None), piece)).into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
            if let Ok(disposition) = HeaderValue::try_from(disposition) {
                headers.insert(CONTENT_DISPOSITION, disposition);
            }
            response
        }
        Ok((None, ..)) => who.answer(Err::<Response, _>(Trouble::NotFound)).await,
        Err(error) => who.answer(Err::<Response, _>(Trouble::from_error(&who.l, error))).await,
    }
}

struct Rows {
    db: Db,
    tenant: TenantId,
    import: ImportId,
    l: Words,
}

/// The next rows of the file: the heads of its columns before all others, none after the last.
async fn piece((rows, after): (Rows, Option<u32>)) -> std::io::Result<Option<(Bytes, (Rows, Option<u32>))>> {
    let Some(after) = after else {
        let heads = ["import-line", "import-phone", "import-reason"].map(|key| quoted(&rows.l.t(key)));
        // The mark lets Excel know that it is UTF-8.
        return Ok(Some((Bytes::from(format!("\u{feff}{}\r\n", heads.join(","))), (rows, Some(0)))));
    };
    let found = imports::left_out(&rows.db, rows.tenant, rows.import, after, PIECE).await;
    let found = found.map_err(std::io::Error::other)?;
    let Some(last) = found.last().map(|row| row.line) else { return Ok(None) };
    let mut text = String::new();
    for row in found {
        let row = line(&rows.l, &shown(row));
        // A space before the country code, or a spreadsheet takes the number for a sum.
        text.push_str(&format!("{},{},{}\r\n", row.line, quoted(&format!(" {}", row.phone)), quoted(&row.reason)));
    }
    Ok(Some((Bytes::from(text), (rows, Some(last)))))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
