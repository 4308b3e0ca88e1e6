//! Where a request stands. Asking reads rows; it never causes anything.

use super::request_view::{RequestView, view_with_page};
use crate::domain::clock::Timestamp;
use crate::domain::ids::RequestId;
use crate::domain::people::{Area, Caller};
use crate::domain::requests::{ActionRequest, Status};
use crate::error::{Error, Result};
use crate::store;
use crate::store::requests::{Line, ListFilter};
use crate::tools::reading::{Cursor, Limit, Text, after, cut, reading};
use crate::tools::{Ctx, Kind, Tool, schema};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.action_request.status",
    title: ["Ask where a request stands", "查詢請求狀態", "查询请求状态"],
    summary: "Says where an action request stands: who has to agree and who has, how far it is, what came of it. Give its id, \
              or leave it out to list this key's own recent requests, newest first, by status and tool.",
    read_first: &["whatsapp.audit_logs.list"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Answers with status and references into the audit log. It never sends, retries or repeats anything.",
    area: Area::Requests,
    wants: None,
    kind: Kind::Status(reading!(status)),
    input: schema::<StatusArguments>,
    output,
}];

/// Which request, or which of one's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusArguments {
    /// The request's id, as the preview or write answered it. Without it, recent ones are listed.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    action_request_id: Option<RequestId>,
    /// Only requests that stand so; without it, all. Only for the list.
    #[serde(default)]
    status: Option<Status>,
    /// Only requests of this write tool. Only for the list.
    #[serde(default)]
    tool: Option<Text<128>>,
    /// How many items a page has: of the list, or of the rows that an import leaves out.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

impl StatusArguments {
    /// The page that a cursor leads on to, of all of the caller's own.
    #[must_use]
    pub fn page(cursor: Option<Cursor>) -> Self {
        Self { action_request_id: None, status: None, tool: None, limit: Limit::default(), cursor }
    }
}

/// One request in full, or a page of them in short.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum StatusAnswer {
    One(Box<RequestView>),
    Recent(RecentPage),
}

/// Recent requests.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecentPage {
    /// The requests of this page, newest first.
    pub items: Vec<RecentItem>,
    /// Give this back as `cursor` to read on; null on the last page.
    pub next_cursor: Option<String>,
}

/// One request in short.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecentItem {
    /// Its id.
    #[schemars(with = "String")]
    pub action_request_id: RequestId,
    /// The write tool.
    tool: String,
    /// Where it stands.
    status: Status,
    /// What people call it.
    pub title: String,
    /// What would happen, in one sentence.
    pub summary: String,
    /// How many people have to sign.
    signatures_required: usize,
    /// How many have.
    signatures_given: usize,
    /// When it was made.
    created_at: Timestamp,
    /// Until when it can be signed.
    decide_by: Timestamp,
    /// When it came to its end.
    settled_at: Option<Timestamp>,
    /// Where people decide.
    review_url: String,
}

/// Every answer is an object, which a schema of alternatives alone does not say.
fn output() -> Schema {
    let mut either = schema::<StatusAnswer>();
    either.insert("type".to_owned(), "object".into());
    either
}

async fn status(ctx: &Ctx, caller: &Caller, arguments: StatusArguments) -> Result<StatusAnswer> {
    match arguments.action_request_id {
        Some(id) => {
            let request = own(ctx, caller, id).await?;
            let one = view_with_page(ctx, request, arguments.limit, arguments.cursor.as_ref()).await?;
            Ok(StatusAnswer::One(Box::new(one)))
        }
        None => recent(ctx, caller, arguments).await.map(StatusAnswer::Recent),
    }
}

/// One of the caller's own requests. An id is a name, not a key: another agent's request is as little there as another
/// business's.
pub async fn own(ctx: &Ctx, caller: &Caller, id: RequestId) -> Result<ActionRequest> {
    let found = store::requests::find(&ctx.db, caller.tenant(), id).await?;
    found.filter(|request| request.agent == caller.agent.id).ok_or_else(|| Error::not_found("action request", id))
}

/// A page of the caller's own requests, newest first.
pub async fn recent(ctx: &Ctx, caller: &Caller, arguments: StatusArguments) -> Result<RecentPage> {
    let filter = ListFilter {
        status: arguments.status.into_iter().collect(),
        agent: Some(caller.agent.id),
        tool: arguments.tool.map(Text::into_string),
        search: None,
        before: after("requests", arguments.cursor.as_ref())?,
    };
    let rows = store::requests::list(&ctx.db, caller.tenant(), None, &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) = cut("requests", arguments.limit, rows, |line| (line.created_at, line.id))?;
    let item = |line: Line| RecentItem {
        action_request_id: line.id,
        tool: line.tool,
        status: line.status,
        title: line.title,
        summary: line.summary,
        signatures_required: line.quorum.seats.len(),
        signatures_given: line.signed.len(),
        created_at: line.created_at,
        decide_by: line.decide_by,
        settled_at: line.settled_at,
        review_url: format!("{}/requests/{}", ctx.public_url, line.id),
    };
    Ok(RecentPage { items: rows.into_iter().map(item).collect(), next_cursor })
}
