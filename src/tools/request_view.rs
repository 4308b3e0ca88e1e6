//! A request as agents read it: what previews, writes and the status tool answer.

use super::contacts::import::now::{self as import, ImportNow};
use super::orders::now::{self, OrderNow};
use super::reading::{Cursor, Limit, Page};
use super::{Ctx, turned_away, waits_until};
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::{Delivery, Tally};
use crate::domain::people::Role;
use crate::domain::preview::{Finding, LeftOutRow, View};
use crate::domain::replies::ReplySource;
use crate::domain::requests::{ActionRequest, Decision, Failure, Status};
use crate::error::Result;
use crate::store;
use crate::store::deliveries::TurnedAway;
use crate::store::replies::Reply;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

/// What previews, writes and the status tool answer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RequestView {
    /// Its id.
    pub action_request_id: String,
    /// The write tool.
    pub tool: String,
    /// Where it stands.
    pub status: Status,
    /// Over exactly what people sign.
    pub digest: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it lapses if nothing happens; none once it runs or has ended.
    pub expires_at: Option<Timestamp>,
    /// Why, as the agent wrote it.
    pub reason: String,
    /// Who asked.
    pub requested_by: RequestedBy,
    /// What would happen, in one sentence.
    pub summary: String,
    /// Who has to agree, and who has.
    pub approval: ApprovalView,
    /// What the policy rules say.
    pub findings: Vec<Finding>,
    /// What they say by now beyond that, as far as it waits: what forbids it holds it until that is gone.
    pub findings_now: Vec<Finding>,
    /// What people see, by kind of write.
    #[schemars(schema_with = "shape")]
    pub preview: View,
    /// Where people decide.
    pub review_url: String,
    /// How far it is.
    pub execution: Option<ExecutionView>,
    /// Its order or payment link as it stands; null without one.
    #[schemars(schema_with = "in_short")]
    pub order: Option<OrderNow>,
    /// How far its import is, once it has begun; null without one.
    #[schemars(schema_with = "in_short")]
    pub import: Option<ImportNow>,
    /// A page of its rows that are left out, where the status tool was asked about an import; null otherwise.
    #[schemars(schema_with = "in_short")]
    pub left_out: Option<Page<LeftOutRow>>,
    /// What came of it.
    pub result: Option<Value>,
    /// Why it did not come to what was asked.
    pub error: Option<Failure>,
    /// Numbers of its entries in the audit log.
    pub audit_refs: Vec<u64>,
    /// When it is worth asking again; none when nothing will change any more.
    pub poll_after_ms: Option<u64>,
}

/// The shape of what people see, in short: every preview, every write and the status tool answer with it, and a list of tools
/// that spells out each kind is longer than what a model reads.
fn shape(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { "kind": { "type": "string" } },
        "required": ["kind"],
        "description": "what people see on the page of the request, by kind of write: facts that the server worked out",
    })
}

/// An order in the same way, and shorter still.
fn in_short(_: &mut SchemaGenerator) -> Schema {
    json_schema!({})
}

/// Who asked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RequestedBy {
    /// The agent's name.
    pub agent: String,
    /// The person who answers for it.
    pub owner: String,
}

/// Who has to agree, and who has. Names of people stay in the console.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApprovalView {
    /// Whether any person has to.
    pub needed: bool,
    /// The rule that says so.
    pub rule: String,
    /// How many.
    pub signatures_required: usize,
    /// What was decided so far.
    pub signatures: Vec<SignatureView>,
}

/// One decision.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SignatureView {
    /// In which capacity.
    pub role: Role,
    /// What.
    pub decision: Decision,
    /// When.
    pub at: Timestamp,
    /// What the person wrote, for the agent's user.
    pub comment: String,
}

/// How far the worker is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExecutionView {
    /// Which try; there is one, unless people ordered another.
    pub attempt: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// Why it stands still or was ended before its time; null while it goes on.
    pub halted: Option<String>,
    /// Until when all that is left waits by itself, most often because it is quiet where those people live; null while it
    /// goes on.
    pub waits_until: Option<Timestamp>,
    /// What keeps messages back that were to go out already: Meta cannot be reached, or takes no more for now. They are tried
    /// again by themselves. Null while nothing does.
    pub turned_away: Option<TurnedAwayView>,
    /// How many messages stand where.
    pub progress: Tally,
}

/// What keeps messages back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TurnedAwayView {
    /// How many wait for another try for this reason, the most frequent one.
    pub messages: u64,
    /// What was seen when they were tried.
    pub why: String,
    /// When the first of them is tried again.
    pub next_try_at: Timestamp,
}

impl From<TurnedAway> for TurnedAwayView {
    fn from(TurnedAway { messages, why, next_try_at }: TurnedAway) -> Self {
        Self { messages, why, next_try_at }
    }
}

/// How many entries of the log an answer names, at most: the first ones and the newest.
const AUDIT_REFS: u32 = 20;

/// How often a request that moves while it is read is read again.
const LOOKS: usize = 4;

/// A request and its execution as they stand together: they are read one after the other, so what has moved between is read
/// again.
async fn together(ctx: &Ctx, mut request: ActionRequest) -> Result<(ActionRequest, Option<ExecutionView>)> {
    let mut execution = execution_of(ctx, &request).await?;
    for _ in 1..LOOKS {
        match store::requests::find(&ctx.db, request.tenant, request.id).await? {
            Some(moved) if moved.version != request.version => request = moved,
            _ => break,
        }
        execution = execution_of(ctx, &request).await?;
    }
    Ok((request, execution))
}

/// A request as agents read it.
pub async fn view(ctx: &Ctx, request: ActionRequest) -> Result<RequestView> {
    let (request, execution) = together(ctx, request).await?;
    let signatures = store::requests::signatures(&ctx.db, request.tenant, request.id).await?;
    let filter = store::audit::Filter { subject: Some(request.id.to_string()), ..Default::default() };
    let mut audit_refs: Vec<u64> =
        store::audit::list(&ctx.db, request.tenant, &filter, AUDIT_REFS).await?.into_iter().map(|e| e.seq).collect();
    audit_refs.reverse();
    let refusal = signatures.iter().rev().find(|s| s.decision != Decision::Approved).map(|s| s.comment.as_str());
    Ok(RequestView {
        action_request_id: request.id.to_string(),
        tool: request.tool.clone(),
        status: request.status,
        digest: request.digest,
        created_at: request.created_at,
        expires_at: expires_at(&request),
        reason: request.reason.clone(),
        requested_by: RequestedBy { agent: request.agent_name.clone(), owner: request.owner_name.clone() },
        summary: request.preview.summary.clone(),
        approval: ApprovalView {
            needed: request.quorum.needs_people(),
            rule: request.quorum.rule.clone(),
            signatures_required: request.quorum.seats.len(),
            signatures: signatures
                .iter()
                .map(|s| SignatureView { role: s.role, decision: s.decision, at: s.at, comment: s.comment.clone() })
                .collect(),
        },
        findings: request.preview.findings.clone(),
        findings_now: match request.status {
            Status::PendingApproval | Status::Approved => {
                store::requests::standing(&ctx.db, request.tenant, request.id).await?
            }
            _ => Vec::new(),
        },
        preview: request.preview.view.clone(),
        review_url: format!("{}/requests/{}", ctx.public_url, request.id),
        execution,
        order: now::of_request(ctx, &request).await?,
        import: import::of_request(ctx, &request).await?,
        left_out: None,
        result: request.result.clone(),
        error: request.error.clone().or_else(|| why_not(&request, refusal)),
        audit_refs,
        poll_after_ms: poll_after(request.status),
    })
}

/// The same, with a page of the rows that it leaves out, if it is an import.
pub async fn view_with_page(
    ctx: &Ctx,
    request: ActionRequest,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<RequestView> {
    let left_out = import::left_out(ctx, &request, limit, cursor).await?;
    Ok(RequestView { left_out, ..view(ctx, request).await? })
}

async fn execution_of(ctx: &Ctx, request: &ActionRequest) -> Result<Option<ExecutionView>> {
    let found = store::deliveries::by_request(&ctx.db, request.tenant, request.id).await?;
    let Some((execution, progress)) = found else { return reply_of(ctx, request).await };
    Ok(Some(ExecutionView {
        attempt: 1,
        started_at: execution.started_at,
        waits_until: waits_until(ctx, &request.preview.action, &execution, &progress).await?,
        turned_away: turned_away(ctx, &execution).await?.map(TurnedAwayView::from),
        halted: execution.halted().map(str::to_owned),
        finished_at: execution.finished_at,
        progress,
    }))
}

/// A message to one customer has no ledger of its own, but a row in that of replies.
async fn reply_of(ctx: &Ctx, request: &ActionRequest) -> Result<Option<ExecutionView>> {
    let replies = store::replies::of_request(&ctx.db, request.tenant, request.id).await?;
    let found = replies.into_iter().find(|reply| reply.source == ReplySource::Request);
    Ok(found.map(|reply| ExecutionView {
        attempt: u32::try_from(reply.attempt).unwrap_or_default().max(1),
        started_at: reply.created_at,
        finished_at: request.settled_at,
        halted: (reply.delivery == Delivery::Unknown).then(|| in_doubt(ctx, &reply)),
        waits_until: None,
        turned_away: None,
        progress: Tally::of_one(reply.delivery, reply.wamid.is_some()),
    }))
}

/// What is not known of a message, and whose move it is.
fn in_doubt(ctx: &Ctx, reply: &Reply) -> String {
    let why = reply.why.as_deref().unwrap_or("its answer was lost");
    let next = if reply.waits_for_people() {
        let page = format!("{}/replies/{}/doubts", ctx.public_url, reply.id);
        format!("Meta has told nothing since; a person decides at {page}.")
    } else {
        "Meta's status of it may still settle this; otherwise people are asked.".to_owned()
    };
    format!(
        "IN DOUBT. The message may have been sent: {why}. {next} It is not sent again by itself; do not ask for it again."
    )
}

const fn expires_at(request: &ActionRequest) -> Option<Timestamp> {
    match request.status {
        Status::Previewed | Status::PendingApproval => Some(request.decide_by),
        Status::Approved => request.start_by,
        _ => None,
    }
}

/// How soon something may have changed: people take minutes, the worker seconds.
const fn poll_after(status: Status) -> Option<u64> {
    match status {
        Status::PendingApproval | Status::Approved | Status::Paused | Status::NeedsAttention => Some(5_000),
        Status::Executing => Some(2_000),
        _ => None,
    }
}

/// What an agent must understand when nothing was done. A refusal must not read like a fault, or it will be tried again.
fn why_not(request: &ActionRequest, comment: Option<&str>) -> Option<Failure> {
    let said = comment.filter(|c| !c.is_empty()).map_or_else(String::new, |c| format!(" The reviewer wrote: {c}"));
    let (code, message) = match request.status {
        Status::Rejected => (
            "rejected",
            format!(
                "NOT DONE. A reviewer rejected this request; that is final. Do not resubmit the same content; ask your user.{said}"
            ),
        ),
        Status::ChangesRequested => (
            "changes_requested",
            format!("NOT DONE. A reviewer asks for changes. Change what is asked for and make a new request.{said}"),
        ),
        Status::Expired => (
            "expired",
            "NOT DONE. Nobody decided, or nothing started, in time. Make a new request if it is still wanted.".into(),
        ),
        Status::Cancelled => (
            "cancelled",
            "STOPPED. A person took this request back or stopped it. Ask your user before you ask again.".into(),
        ),
        Status::Superseded => {
            let newer = request.superseded_by.map_or_else(String::new, |id| format!(", {id}"));
            ("superseded", format!("NOT DONE. A newer request{newer} took the place of this one."))
        }
        Status::Stale => {
            ("stale", "NOT DONE. What was signed is no longer what would happen. Preview it again.".into())
        }
        _ => return None,
    };
    Some(Failure { code: code.into(), message, finding: None })
}
