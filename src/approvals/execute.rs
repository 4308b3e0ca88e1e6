//! Carrying out: from an approved request to its end. A person's stop and the worker's own reach the sender by the same
//! row, which every intent must pass.

use crate::domain::audit::{Actor, Event};
use crate::domain::broadcasts::BroadcastState;
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::{Desired, ExecutionState, Tally};
use crate::domain::ids::{ExecutionId, PersonId, RequestId, TenantId};
use crate::domain::mails::MailKind;
use crate::domain::people::Person;
use crate::domain::requests::{Decision, Failure, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::deliveries::{self, Execution};
use crate::store::{Tx, audit, outbox, requests};
use crate::tools::Ctx;
use serde_json::{Value, json};
use std::time::Duration;

/// Why nothing more is to be begun, found by the worker itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// Stand still, or end.
    pub to: Desired,
    /// Which of the worker's rules.
    pub rule: &'static str,
    /// In a sentence, for people.
    pub reason: String,
}

/// The worker stops an execution, for every daemon, and tells those who signed.
pub(super) async fn halt(ctx: &Ctx, execution: &Execution, halt: &Halt) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if halt_in(&mut tx, ctx, execution, halt).await? {
        tx.commit_at(Step::Halted).await?;
        ctx.wake.requests();
    }
    Ok(())
}

/// The same, in a transaction that there is anyway. `false` if it makes no difference.
pub(super) async fn halt_in(tx: &mut Tx, ctx: &Ctx, execution: &Execution, halt: &Halt) -> Result<bool> {
    let (tenant, id, request, now) = (execution.tenant, execution.id, execution.request, ctx.clock.now());
    if !deliveries::set_desired(tx, tenant, id, halt.to, Some(&halt.reason)).await?
        && !deliveries::pause_for(tx, tenant, id, halt.to, &halt.reason).await?
    {
        return Ok(false);
    }
    let act = if halt.to == Desired::Pause { "execution.paused" } else { "execution.cancelled" };
    if halt.to == Desired::Pause {
        stand_still(tx, ctx, tenant, request, now).await?;
    } else {
        winds_up(tx, tenant, request, now).await?;
    }
    let details = json!({"execution": id, "rule": halt.rule, "reason": halt.reason});
    let event = Event { actor: Actor::Worker, act, subject: request.to_string(), details };
    audit::append(tx, tenant, now, event).await?;
    let tell = signers(ctx, tenant, request).await?;
    outbox::enqueue(tx, tenant, MailKind::BroadcastPaused, request, &tell, now).await?;
    metrics::counter!("countersign_halts_total", "rule" => halt.rule).increment(1);
    tracing::warn!(execution = %id, rule = halt.rule, reason = %halt.reason, "sending was halted");
    Ok(true)
}

pub(super) async fn signers(ctx: &Ctx, tenant: TenantId, request: RequestId) -> Result<Vec<PersonId>> {
    let signatures = requests::signatures(&ctx.db, tenant, request).await?;
    Ok(signatures.into_iter().filter(|s| s.decision == Decision::Approved).map(|s| s.person).collect())
}

async fn stand_still(tx: &mut Tx, ctx: &Ctx, tenant: TenantId, request: RequestId, now: Timestamp) -> Result<()> {
    // What waits for a person already is not moved by a pause.
    let standing = requests::find(&ctx.db, tenant, request).await?.map(|r| r.status);
    if standing == Some(Status::Executing) {
        requests::set_status(tx, tenant, request, Status::Executing, Status::Paused, now).await?;
    }
    deliveries::follow(tx, tenant, request, BroadcastState::Paused).await?;
    Ok(())
}

/// What a stop found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopReport {
    /// Requests that were on their way, or whose answer was lost; no other begins.
    pub under_way: u64,
    /// Messages that Meta had taken before.
    pub accepted: u64,
    /// Messages that will not be sent.
    pub not_sent: u64,
}

/// A person stops what runs, alone and at once. When this comes back, no further request begins anywhere.
pub async fn stop(ctx: &Ctx, tenant: TenantId, request: RequestId, person: &Person) -> Result<StopReport> {
    may_stop(person)?;
    let execution = running(ctx, tenant, request).await?;
    let now = ctx.clock.now();
    let reason = format!("Stopped by {}.", person.name);
    let mut tx = ctx.db.begin().await?;
    if !deliveries::set_desired(&mut tx, tenant, execution.id, Desired::Cancel, Some(&reason)).await? {
        return Err(Error::Conflict("this has come to its end or was stopped already; nothing was changed".to_owned()));
    }
    winds_up(&mut tx, tenant, request, now).await?;
    let under_way = deliveries::under_way(&mut tx, execution.id).await?;
    let details = json!({"execution": execution.id, "under_way": under_way});
    let actor = Actor::Person(person.id);
    let event = Event { actor, act: "execution.stopped", subject: request.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Stopped).await?;
    ctx.wake.requests();
    // With nothing on its way this is the end; otherwise the worker ends it when the last answer is in.
    if let Err(error) = settle(ctx, Duration::MAX, tenant, execution.id).await {
        // It is stopped all the same.
        tracing::warn!(execution = %execution.id, %error, "what was stopped is ended later");
    }
    let tally = deliveries::tally(&ctx.db, tenant, execution.id).await?;
    let under_way = under_way + tally.unknown;
    Ok(StopReport { under_way, accepted: tally.accepted, not_sent: tally.not_sent })
}

/// What stood still and was then stopped is worked on until its last message is settled.
async fn winds_up(tx: &mut Tx, tenant: TenantId, request: RequestId, now: Timestamp) -> Result<()> {
    if requests::find(&mut *tx, tenant, request).await?.map(|r| r.status) == Some(Status::Paused) {
        requests::set_status(tx, tenant, request, Status::Paused, Status::Executing, now).await?;
    }
    Ok(())
}

/// A person lets what runs stand still. It goes on when as many agree as have signed (`super::resume`).
pub async fn pause(ctx: &Ctx, tenant: TenantId, request: RequestId, person: &Person) -> Result<()> {
    may_stop(person)?;
    let execution = running(ctx, tenant, request).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let reason = format!("Paused by {}.", person.name);
    if !deliveries::set_desired(&mut tx, tenant, execution.id, Desired::Pause, Some(&reason)).await? {
        return Err(Error::Conflict(
            "this does not run: it is paused, was stopped, or has come to its end; nothing was changed".to_owned(),
        ));
    }
    stand_still(&mut tx, ctx, tenant, request, now).await?;
    let details = json!({"execution": execution.id, "rule": "person"});
    let actor = Actor::Person(person.id);
    let event = Event { actor, act: "execution.paused", subject: request.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Paused).await?;
    ctx.wake.requests();
    Ok(())
}

pub(super) fn may_stop(person: &Person) -> Result<()> {
    if person.role.may_stop() {
        return Ok(());
    }
    Err(Error::Forbidden(format!("your role is {}; it stops nothing", person.role)))
}

async fn running(ctx: &Ctx, tenant: TenantId, request: RequestId) -> Result<Execution> {
    if let Some(execution) = deliveries::of_request(&ctx.db, tenant, request).await? {
        return Ok(execution);
    }
    match requests::find(&ctx.db, tenant, request).await? {
        Some(found) => Err(Error::Conflict(format!("this request is {}; nothing of it runs", found.status))),
        None => Err(Error::not_found("action request", request)),
    }
}

/// Ends an execution in which nothing waits any more. `true` if it has ended, by this call or before. What stays in doubt
/// for longer than `unknown_after` is put in front of people instead.
pub async fn settle(ctx: &Ctx, unknown_after: Duration, tenant: TenantId, id: ExecutionId) -> Result<bool> {
    let Some(execution) = deliveries::find(&ctx.db, tenant, id).await? else { return Ok(true) };
    if execution.finished_at.is_some() {
        return Ok(true);
    }
    if execution.desired == Desired::Pause && execution.state == ExecutionState::Attention {
        return answered(ctx, &execution).await;
    }
    if execution.desired == Desired::Pause
        || (execution.state, execution.desired) == (ExecutionState::Building, Desired::Run)
    {
        return Ok(false);
    }
    // As long as rows have not had their turn, nobody counts a ledger that may be long.
    if execution.desired == Desired::Run && deliveries::ahead(&ctx.db, tenant, id).await?.untouched {
        return Ok(false);
    }
    let tally = deliveries::tally(&ctx.db, tenant, id).await?;
    // A stop may have come between the two looks; then what waits reads as not sent, and the next look ends it.
    if tally.sending > 0 || (execution.desired == Desired::Run && tally.queued + tally.not_sent > 0) {
        return Ok(false);
    }
    // What is in doubt when it is stopped is in doubt all the same: webhooks settle it, or people do.
    if tally.unknown > 0 {
        let waited = deliveries::in_doubt_since(&ctx.db, id).await?.map(|at| ctx.clock.now().since(at));
        if execution.state == ExecutionState::Running && waited.is_some_and(|w| w >= unknown_after) {
            ask_people(ctx, &execution, tally.unknown).await?;
        }
        return Ok(false);
    }
    end(ctx, &execution, &tally).await
}

/// Webhooks may settle all that people were asked about while it stands still: then it only stands still.
async fn answered(ctx: &Ctx, execution: &Execution) -> Result<bool> {
    let (tenant, request, now) = (execution.tenant, execution.request, ctx.clock.now());
    if deliveries::tally(&ctx.db, tenant, execution.id).await?.unknown > 0 {
        return Ok(false);
    }
    let mut tx = ctx.db.begin().await?;
    if deliveries::set_state(&mut tx, execution.id, ExecutionState::Attention, ExecutionState::Running).await? {
        requests::set_status(&mut tx, tenant, request, Status::NeedsAttention, Status::Executing, now).await?;
        requests::set_status(&mut tx, tenant, request, Status::Executing, Status::Paused, now).await?;
        tx.commit_at(Step::Told).await?;
    }
    Ok(false)
}

/// Some messages stay in doubt: from here on it is for people, or for a late webhook.
async fn ask_people(ctx: &Ctx, execution: &Execution, unknown: u64) -> Result<()> {
    let (tenant, request, now) = (execution.tenant, execution.request, ctx.clock.now());
    let mut tx = ctx.db.begin().await?;
    if !deliveries::set_state(&mut tx, execution.id, ExecutionState::Running, ExecutionState::Attention).await? {
        return Ok(());
    }
    winds_up(&mut tx, tenant, request, now).await?;
    requests::set_status(&mut tx, tenant, request, Status::Executing, Status::NeedsAttention, now).await?;
    let details = json!({"execution": execution.id, "in_doubt": unknown});
    let event = Event { actor: Actor::Worker, act: "execution.in_doubt", subject: request.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    let tell = signers(ctx, tenant, request).await?;
    outbox::enqueue(&mut tx, tenant, MailKind::BroadcastPaused, request, &tell, now).await?;
    tx.commit_at(Step::Asked).await?;
    Ok(())
}

async fn end(ctx: &Ctx, execution: &Execution, tally: &Tally) -> Result<bool> {
    let (tenant, request, now) = (execution.tenant, execution.request, ctx.clock.now());
    let Some(standing) = requests::find(&ctx.db, tenant, request).await?.map(|r| r.status) else { return Ok(true) };
    let (to, error) = verdict(execution, tally);
    let cancelled = to == Status::Cancelled;
    let state = if cancelled { ExecutionState::Cancelled } else { ExecutionState::Done };
    let result = receipt(tally, now)?;
    let mut tx = ctx.db.begin().await?;
    if !deliveries::finish(&mut tx, execution, state, now).await? {
        // Somebody was faster, or wants something else of it by now.
        return Ok(false);
    }
    requests::settle(&mut tx, tenant, request, standing, to, Some(&result), error.as_ref(), now).await?;
    let broadcast = if cancelled { BroadcastState::Cancelled } else { BroadcastState::Done };
    deliveries::follow(&mut tx, tenant, request, broadcast).await?;
    let details = json!({"execution": execution.id, "status": to, "result": result});
    let event = Event { actor: Actor::Worker, act: "execution.finished", subject: request.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Ended).await?;
    metrics::counter!("countersign_executions_total", "status" => to.as_str()).increment(1);
    tracing::info!(execution = %execution.id, status = %to, "an execution has come to its end");
    Ok(true)
}

/// What all of it comes to, in one word.
fn verdict(execution: &Execution, tally: &Tally) -> (Status, Option<Failure>) {
    let failure = |code: &str, message: String| Some(Failure { code: code.to_owned(), message, finding: None });
    if execution.desired == Desired::Cancel {
        let reason = execution.reason.clone().unwrap_or_else(|| "Stopped.".to_owned());
        return (Status::Cancelled, failure("stopped", format!("{reason} {} messages were not sent.", tally.not_sent)));
    }
    if tally.taken() == 0 {
        let message = format!(
            "Nothing was sent: {} refused by Meta, {} people no longer to be written to.",
            tally.refused, tally.suppressed
        );
        return (Status::Failed, failure("nothing_sent", message));
    }
    // What fails on its way from Meta to the person is told by webhooks for days; the verdict is about the sending.
    if tally.refused > 0 || tally.abandoned > 0 {
        return (Status::PartiallySucceeded, None);
    }
    (Status::Succeeded, None)
}

/// How many messages stood where at the end, in the words of the progress; webhooks may tell of more.
fn receipt(tally: &Tally, now: Timestamp) -> Result<Value> {
    let mut receipt = serde_json::to_value(tally).map_err(Error::internal)?;
    if let Some(members) = receipt.as_object_mut() {
        members.insert("as_of".to_owned(), json!(now));
    }
    Ok(receipt)
}
