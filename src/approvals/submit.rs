//! A proposal becomes a request: previewed, waiting for people, or approved by the rule that needs nobody.

use super::repeats::{like_a_refused, paced, refuse_repeated};
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::canonical::{Ask, Digest};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{PersonId, RequestId, TenantId};
use crate::domain::mails::MailKind;
use crate::domain::people::Caller;
use crate::domain::policy::signatures::Times;
use crate::domain::preview::{Finding, Level, Preview};
use crate::domain::requests::{ActionRequest, Quorum, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::requests::Approval;
use crate::store::{self, Db, Tx};
use crate::tools::broadcasts;
use crate::tools::catalogue::catalogue;
use crate::tools::envelope::{PreviewArguments, check_reason, open_write};
use crate::tools::request_view::{RequestView, view};
use crate::tools::requests::own;
use crate::tools::{Ctx, Kind, Proposal, Propose, Tool, arguments};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// For this long a preview is what the write that follows it joins; after it, the world is looked at again.
const PREVIEW_HOLDS: Duration = Duration::from_mins(15);
/// For this long a repeated call finds the request that it made before, although that has come to its end.
const ANSWER_MAY_BE_LOST: Duration = Duration::from_mins(15);
/// How often a call that waits for its result looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) tool: &'static Tool,
    propose: Propose,
    pub(super) ask: Ask,
    pub(super) arguments: Value,
    reason: &'a str,
    /// The preview tool that it was asked by.
    previewed_by: Option<&'static str>,
}

/// A preview tool was called.
pub async fn preview(ctx: &Ctx, caller: &Caller, tool: &'static Tool, input: Value) -> Result<RequestView> {
    let Kind::Preview(writes) = tool.kind else { return Err(Error::internal("not a preview tool")) };
    let input: PreviewArguments = arguments(input)?;
    check_reason(&input.reason)?;
    let name = match (&input.write_tool, writes) {
        (Some(name), _) => name.as_str(),
        (None, [only]) => only,
        (None, _) => {
            return Err(Error::Invalid(format!("write_tool: name the write to preview, one of {}", writes.join(", "))));
        }
    };
    let write = catalogue().find(name).filter(|t| writes.contains(&t.name)).ok_or_else(|| {
        Error::Invalid(format!("write_tool: {} serves {}, not \"{name}\"", tool.name, writes.join(", ")))
    })?;
    let asked = Asked { previewed_by: Some(tool.name), ..asked(caller, write, input.arguments, &input.reason)? };
    let request = file(ctx, caller, asked, input.submit).await?;
    view(ctx, request).await
}

/// A write tool was called. It submits; it never acts.
pub async fn write(ctx: &Ctx, caller: &Caller, tool: &'static Tool, input: Value) -> Result<RequestView> {
    let (envelope, own) = open_write(input)?;
    let asked = asked(caller, tool, own, &envelope.reason)?;
    let request = match envelope.action_request_id {
        Some(id) => join(ctx, caller, id, asked).await?,
        None => file_write(ctx, caller, asked).await?,
    };
    let request = if request.quorum.needs_people() {
        request
    } else {
        wait_for_result(ctx, request, Duration::from_millis(envelope.wait_ms)).await?
    };
    view(ctx, request).await
}

fn asked<'a>(caller: &Caller, tool: &'static Tool, own: Map<String, Value>, reason: &'a str) -> Result<Asked<'a>> {
    let Kind::Write(propose) = tool.kind else { return Err(Error::internal("not a write tool")) };
    if !tool.open_to(caller) {
        return Err(Error::Forbidden(format!("this agent may not use {}", tool.name)));
    }
    let arguments = Value::Object(own);
    Ok(Asked {
        tool,
        propose,
        ask: Ask::of(caller.tenant(), tool.name, &arguments)?,
        arguments,
        reason,
        previewed_by: None,
    })
}

/// A write that names the preview it goes with.
async fn join(ctx: &Ctx, caller: &Caller, id: RequestId, asked: Asked<'_>) -> Result<ActionRequest> {
    let request = own(ctx, caller, id).await?;
    if request.ask != asked.ask {
        return Err(Error::AskMismatch(format!(
            "the arguments are not those that {id} was previewed with ({}); nothing was submitted",
            request.tool
        )));
    }
    match request.status {
        // The world has gone on since: what people are asked to sign is worked out anew, and takes this one's place.
        Status::Previewed if ctx.clock.now().since(request.created_at) >= PREVIEW_HOLDS => {
            file_write(ctx, caller, asked).await
        }
        Status::Previewed => submit_preview(ctx, caller, request).await,
        _ => Ok(request),
    }
}

async fn file_write(ctx: &Ctx, caller: &Caller, asked: Asked<'_>) -> Result<ActionRequest> {
    let request = file(ctx, caller, asked, true).await?;
    // A preview that needs nobody waits for its write; this is it.
    if request.status == Status::Previewed { submit_preview(ctx, caller, request).await } else { Ok(request) }
}

/// Finds the request that this ask already is, or makes it.
async fn file(ctx: &Ctx, caller: &Caller, asked: Asked<'_>, submit: bool) -> Result<ActionRequest> {
    let (tenant, agent, now) = (caller.tenant(), caller.agent.id, ctx.clock.now());
    let open = store::requests::open_by_ask(&ctx.db, tenant, agent, asked.ask).await?;
    let stale = match open {
        Some(open) if open.status != Status::Previewed => return Ok(open),
        Some(open) if now.since(open.created_at) < PREVIEW_HOLDS => {
            return if submit && open.quorum.needs_people() {
                submit_preview(ctx, caller, open).await
            } else {
                Ok(open)
            };
        }
        other => other,
    };
    if submit {
        let since = now.before(ANSWER_MAY_BE_LOST);
        if let Some(done) = store::requests::done_by_ask(&ctx.db, tenant, agent, asked.ask, since).await? {
            return Ok(done);
        }
    }
    refuse_repeated(ctx, caller, &asked, now).await?;
    let mut proposal = match (asked.propose)(ctx, caller, asked.arguments.clone()).await {
        // What cannot even be worked out is refused, and written down, like what may not be done.
        Err(Error::Blocked(findings)) => {
            refuse_blocked(ctx, caller, &asked, &findings, now).await?;
            return Err(Error::Blocked(findings));
        }
        worked_out => worked_out?,
    };
    proposal.preview.findings.extend(like_a_refused(ctx, caller, &asked, &proposal, now).await?);
    refuse_blocked(ctx, caller, &asked, &proposal.preview.findings, now).await?;
    let stale = match stale {
        None => rival(ctx, caller, &proposal).await?,
        found => found,
    };
    if let Some(tool) = asked.previewed_by {
        // Before the request looks at the reads that were made: reviewers see that it was previewed.
        store::tool_reads::record(&ctx.db, tenant, agent, tool, now).await?;
    }
    let request = request_of(ctx, caller, &asked, &proposal, submit, now).await?;
    match insert(ctx, caller, &request, proposal, stale.as_ref(), now).await? {
        true => Ok(request),
        // Somebody filed the same ask between our look and our insert: that one is the request.
        false => store::requests::open_by_ask(&ctx.db, tenant, agent, asked.ask)
            .await?
            .ok_or_else(|| Error::Conflict("the same request was filed and closed at this moment; call again".into())),
    }
}

/// The agent's own request for the same stored broadcast that nobody has decided yet: what is asked now takes its place.
async fn rival(ctx: &Ctx, caller: &Caller, proposal: &Proposal) -> Result<Option<ActionRequest>> {
    let Action::BroadcastSchedule(plan) = proposal.action() else { return Ok(None) };
    let broadcast = store::broadcasts::find(&ctx.db, caller.tenant(), plan.broadcast).await?;
    let Some(asks) = broadcast.and_then(|b| b.sent_by) else { return Ok(None) };
    let request = store::requests::find(&ctx.db, caller.tenant(), asks).await?;
    Ok(request.filter(|r| r.agent == caller.agent.id && r.status == Status::PendingApproval))
}

/// A blocking finding ends it here. Nobody is asked to sign what may not be done; that it was tried is written down.
pub(super) async fn refuse_blocked(
    ctx: &Ctx,
    caller: &Caller,
    asked: &Asked<'_>,
    findings: &[Finding],
    now: Timestamp,
) -> Result<()> {
    let blocks = findings.iter().filter(|finding| finding.level == Level::Block);
    let rules: Vec<&str> = blocks.map(|finding| finding.rule.as_str()).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.db.begin().await?;
    let event = Event {
        actor: Actor::Agent(caller.agent.id),
        act: "request.blocked",
        subject: caller.agent.id.to_string(),
        details: json!({ "tool": asked.tool.name, "ask": asked.ask, "rules": rules, "policy": ctx.policy.version }),
    };
    store::audit::append(&mut tx, caller.tenant(), now, event).await?;
    tx.commit().await?;
    let mut findings = findings.to_vec();
    findings.sort_by_key(|f| f.level);
    Err(Error::Blocked(findings))
}

async fn request_of(
    ctx: &Ctx,
    caller: &Caller,
    asked: &Asked<'_>,
    proposal: &Proposal,
    submit: bool,
    now: Timestamp,
) -> Result<ActionRequest> {
    let tenant = caller.tenant();
    let quorum = ctx.policy.quorum(&proposal.preview);
    let digests = proposal.preview.digests(tenant, asked.tool.schema_digest()?, &ctx.policy.version)?;
    let status = if submit && quorum.needs_people() { Status::PendingApproval } else { Status::Previewed };
    Ok(ActionRequest {
        id: RequestId::random(),
        tenant,
        tool: asked.tool.name.to_owned(),
        ask: asked.ask,
        digest: digests.whole,
        sections: digests.sections,
        preview: proposal.preview.clone(),
        reason: asked.reason.to_owned(),
        arguments: proposal.kept.clone().unwrap_or_else(|| asked.arguments.clone()),
        reads_made: store::tool_reads::last_reads(&ctx.db, tenant, caller.agent.id, asked.tool.read_first).await?,
        status,
        version: 1,
        agent: caller.agent.id,
        agent_name: caller.agent.name.clone(),
        owner: caller.agent.owner,
        owner_name: caller.agent.owner_name.clone(),
        quorum,
        policy: ctx.policy.version.clone(),
        created_at: now,
        decide_by: decide_by(&proposal.preview, &ctx.policy.times, now),
        start_by: None,
        not_before: None,
        approved_at: None,
        settled_at: None,
        result: None,
        error: None,
        superseded_by: None,
        reopened_at: None,
        trace: caller.trace.clone(),
    })
}

/// A decision after the sending has to be over would decide nothing.
fn decide_by(preview: &Preview, times: &Times, now: Timestamp) -> Timestamp {
    let usual = now.after(times.pending_expiry);
    preview.view.ends_at().map_or(usual, |end| end.min(usual))
}

/// When an approval of this moment may start, and until when. What people approved and many would get cools off.
pub(super) fn approval(request: &ActionRequest, times: &Times, now: Timestamp) -> Approval {
    let action = &request.preview.action;
    let start = request.preview.view.broadcast().and_then(|view| view.schedule.schedule.start_at);
    let planned = start.filter(|_| action.leaves_the_house());
    let cooled = if action.cools_off() && request.quorum.needs_people() { now.after(times.cooling_off) } else { now };
    let not_before = planned.map_or(cooled, |at| at.max(cooled));
    Approval { at: now, not_before, start_by: planned.unwrap_or(now).max(now).after(times.start_expiry) }
}

/// Stores the request with what belongs to it. `false` if the same ask is open already.
async fn insert(
    ctx: &Ctx,
    caller: &Caller,
    request: &ActionRequest,
    proposal: Proposal,
    stale: Option<&ActionRequest>,
    now: Timestamp,
) -> Result<bool> {
    let tenant = request.tenant;
    let mut tx = ctx.db.begin().await?;
    if let Some(old) = stale {
        store::requests::supersede(&mut tx, old, now).await?;
        let event = event(caller, "request.superseded", old, json!({ "by": request.id }));
        store::audit::append(&mut tx, tenant, now, event).await?;
        store::broadcasts::release(&mut tx, tenant, old.id).await?;
    }
    if !store::requests::insert(&mut tx, request, &proposal.title).await? {
        return Ok(false);
    }
    if let Some(old) = stale {
        store::requests::superseded_by(&mut tx, old, request.id).await?;
    }
    if let Some(sealed) = &proposal.sealed {
        sealed.store(&mut tx, tenant, request.id, now).await?;
    }
    let act = if request.status == Status::PendingApproval { "request.filed" } else { "request.previewed" };
    store::audit::append(&mut tx, tenant, now, event(caller, act, request, filed_details(request))).await?;
    if request.status == Status::PendingApproval {
        ask_people(ctx, &mut tx, request, now).await?;
    }
    tx.commit_at(Step::Filed).await?;
    Ok(true)
}

/// The write follows its preview, or policy asks people at once.
async fn submit_preview(ctx: &Ctx, caller: &Caller, request: ActionRequest) -> Result<ActionRequest> {
    let (tenant, now) = (request.tenant, ctx.clock.now());
    let approval = (!request.quorum.needs_people()).then(|| approval(&request, &ctx.policy.times, now));
    let decide_by = decide_by(&request.preview, &ctx.policy.times, now);
    let mut tx = ctx.db.begin().await?;
    match store::requests::submit(&mut tx, &request, decide_by, approval).await {
        Ok(()) => {}
        // Whoever was faster submitted the very same thing.
        Err(store::Error::Conflict(_)) => {
            drop(tx);
            return again(ctx, tenant, request.id).await;
        }
        Err(e) => return Err(e.into()),
    }
    if approval.is_some() {
        let details = json!({ "digest": request.digest, "rule": request.quorum.rule });
        let event = Event {
            actor: Actor::Policy(request.quorum.rule.clone()),
            act: "request.approved",
            subject: request.id.to_string(),
            details,
        };
        store::audit::append(&mut tx, tenant, now, event).await?;
    } else {
        let event = event(caller, "request.filed", &request, filed_details(&request));
        store::audit::append(&mut tx, tenant, now, event).await?;
        ask_people(ctx, &mut tx, &request, now).await?;
    }
    tx.commit_at(Step::Filed).await?;
    ctx.wake.requests();
    again(ctx, tenant, request.id).await
}

/// What goes with asking people: what the request is about belongs to it from now on, and those who may sign are told.
async fn ask_people(ctx: &Ctx, tx: &mut Tx, request: &ActionRequest, now: Timestamp) -> Result<()> {
    let most = ctx.policy.settings.agents.max_pending;
    // Counted after the entry in the audit log, where requests of one business come one after the other.
    if store::requests::pending_of(tx, request.tenant, request.agent).await? > most.into() {
        return Err(Error::TooManyPending(format!(
            "{most} requests of this agent wait for people already, the most that the policy allows (agents.max_pending); \
             this one was not filed"
        )));
    }
    paced(ctx, tx, request, now).await?;
    broadcasts::filed(tx, request.tenant, request.id, &request.preview.action, now).await?;
    let reviewers = reviewers(&ctx.db, request.tenant, &request.quorum, request.owner).await?;
    Ok(store::outbox::enqueue(tx, request.tenant, MailKind::RequestFiled, request.id, &reviewers, now).await?)
}

/// Small things answer with their result: looks until the worker is through or the time is over.
async fn wait_for_result(ctx: &Ctx, mut request: ActionRequest, at_most: Duration) -> Result<ActionRequest> {
    let until = tokio::time::Instant::now() + at_most;
    while matches!(request.status, Status::Approved | Status::Executing) && tokio::time::Instant::now() < until {
        tokio::time::sleep(LOOK_EVERY).await;
        request = again(ctx, request.tenant, request.id).await?;
    }
    Ok(request)
}

async fn again(ctx: &Ctx, tenant: TenantId, id: RequestId) -> Result<ActionRequest> {
    store::requests::find(&ctx.db, tenant, id).await?.ok_or_else(|| Error::not_found("action request", id))
}

/// Who may sign this, and so is told.
pub(super) async fn reviewers(db: &Db, tenant: TenantId, quorum: &Quorum, owner: PersonId) -> Result<Vec<PersonId>> {
    let roles: Vec<_> = quorum.seats.iter().flat_map(|seat| seat.roles.clone()).collect();
    Ok(store::people::with_roles(db, tenant, &roles)
        .await?
        .into_iter()
        .map(|p| p.id)
        .filter(|id| *id != owner)
        .collect())
}

fn filed_details(request: &ActionRequest) -> Value {
    let warned: Vec<&str> = request.preview.warnings().map(|f| f.rule.as_str()).collect();
    json!({
        "tool": request.tool, "digest": request.digest, "ask": request.ask, "policy": request.policy, "warnings": warned,
        "rule": request.quorum.rule, "signatures_required": request.quorum.seats.len(), "people": request.preview.size().0,
    })
}

fn event(caller: &Caller, act: &'static str, request: &ActionRequest, details: Value) -> Event {
    Event { actor: Actor::Agent(caller.agent.id), act, subject: request.id.to_string(), details }
}

/// The digest of a write tool's schema, as this program has it.
pub(super) fn schema_of(tool: &str) -> Result<Digest> {
    catalogue().find(tool).ok_or_else(|| Error::internal(format!("no tool {tool} in the catalogue")))?.schema_digest()
}
