//! Messages in doubt that no webhook has settled: people decide what becomes of them, by the authority of those who signed.

use super::agree::{Signatures, agree, hold, open_in, refused};
use super::execute::settle;
use crate::domain::audit::{Actor, Event};
use crate::domain::deliveries::{Agreement, Desired, ExecutionState, Ruling};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::people::Person;
use crate::domain::policy::signatures::{MayNotSign, may_agree};
use crate::domain::requests::{ActionRequest, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::deliveries::{self, Evidence, Execution};
use crate::store::{audit, requests};
use crate::tools::Ctx;
use serde_json::json;
use std::time::Duration;

/// The most characters of a reason.
pub const REASON_LENGTH: usize = 1_000;

/// What a person looks at before deciding.
#[derive(Debug, Clone)]
pub struct Doubts {
    /// The request that is being carried out.
    pub request: ActionRequest,
    /// What is known.
    pub evidence: Evidence,
    /// Why this person may not count them as sent or leave them, if so.
    pub may_rule: Result<(), MayNotSign>,
    /// Why this person may not sign that they are sent again, if so. What was stopped is not.
    pub may_send_again: Result<(), MayNotSign>,
    /// Signatures that sending again takes, and those of them that are still missing.
    pub signatures: Signatures,
}

/// What a person decides.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// What becomes of them.
    pub ruling: Ruling,
    /// The latest try among those that the person saw in doubt: a decision is about no later one.
    pub attempt: i16,
    /// What it rests on.
    pub reason: &'a str,
}

/// What came of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruled {
    /// It was done to so many messages.
    Done(u64),
    /// So many more people have to want it.
    Waits(usize),
}

/// Reads what there is to decide on.
pub async fn doubts(ctx: &Ctx, tenant: TenantId, person: &Person, id: RequestId) -> Result<Doubts> {
    let request = requests::find(&ctx.db, tenant, id).await?.ok_or_else(|| Error::not_found("action request", id))?;
    let execution = deliveries::of_request(&ctx.db, tenant, id).await?;
    let execution = execution.ok_or_else(|| Error::not_found("action request", id))?;
    let votes = deliveries::votes(&ctx.db, &execution, Agreement::SendAgain).await?;
    let evidence = deliveries::evidence(&ctx.db, &execution).await?;
    let (signatures, open) = (Signatures::of(&request, &votes), open_in(Agreement::SendAgain, &request, &execution));
    // Whoever has signed for sending again may still decide otherwise.
    let some = || some_in_doubt(&request, evidence.count > 0);
    let may_rule = some().and_then(|()| may_agree(&request, open, &[], person));
    let may_send_again = if execution.desired == Desired::Cancel {
        Err(MayNotSign::NothingOpen(Status::Cancelled))
    } else {
        some().and_then(|()| may_agree(&request, open, &votes, person))
    };
    Ok(Doubts { request, evidence, may_rule, may_send_again, signatures })
}

/// What only stands still or was stopped may have nothing in doubt; where people were asked, something was.
fn some_in_doubt(request: &ActionRequest, some: bool) -> Result<(), MayNotSign> {
    if some || request.status == Status::NeedsAttention { Ok(()) } else { Err(MayNotSign::NothingOpen(request.status)) }
}

/// Whether so many messages in doubt of this request may be decided on now.
#[must_use]
pub fn is_open(request: &ActionRequest, execution: &Execution, unknown: u64) -> bool {
    some_in_doubt(request, unknown > 0).is_ok() && open_in(Agreement::SendAgain, request, execution) == request.status
}

/// Decides. To count them as sent, or to leave them, takes one of those who could have signed; to send them again takes all
/// the signatures that the request took. `method` says how the person has just proved who they are.
pub async fn rule(
    ctx: &Ctx,
    tenant: TenantId,
    person: &Person,
    id: RequestId,
    wish: &Wish<'_>,
    method: &str,
) -> Result<Ruled> {
    let Wish { ruling, attempt, reason } = *wish;
    let reason = reason.trim();
    if !(1..=REASON_LENGTH).contains(&reason.chars().count()) {
        return Err(Error::Invalid(format!("reason: say in 1 to {REASON_LENGTH} characters what this rests on")));
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let (request, execution) = hold(&mut tx, tenant, id).await?;
    if execution.desired == Desired::Cancel && ruling == Ruling::SendAgain {
        return Err(refused(MayNotSign::NothingOpen(Status::Cancelled)));
    }
    let latest = deliveries::latest_in_doubt(&mut tx, &execution).await?;
    some_in_doubt(&request, latest > 0).map_err(refused)?;
    if latest > attempt {
        return Err(Error::Conflict("other tries are in doubt by now; nothing was decided. Read it again".to_owned()));
    }
    let open = if ruling == Ruling::SendAgain {
        agree(&mut tx, &request, &execution, Agreement::SendAgain, person, now).await?
    } else {
        may_agree(&request, open_in(Agreement::SendAgain, &request, &execution), &[], person).map_err(refused)?;
        0
    };
    let ruled = if open > 0 {
        Ruled::Waits(open)
    } else {
        let asked =
            deliveries::set_state(&mut tx, execution.id, ExecutionState::Attention, ExecutionState::Running).await?;
        if !asked && open_in(Agreement::SendAgain, &request, &execution) != request.status {
            return Err(refused(MayNotSign::NothingOpen(request.status)));
        }
        deliveries::forget_votes(&mut tx, &execution, Agreement::SendAgain).await?;
        let count = deliveries::rule(&mut tx, &execution, ruling, reason, person.id, now).await?;
        if asked {
            requests::set_status(&mut tx, tenant, id, Status::NeedsAttention, Status::Executing, now).await?;
        }
        if asked && execution.desired == Desired::Pause {
            // Somebody, or the worker, let it stand still while people were asked: so it does, until people agree.
            requests::set_status(&mut tx, tenant, id, Status::Executing, Status::Paused, now).await?;
        }
        Ruled::Done(count)
    };
    let (act, messages) = match ruled {
        Ruled::Done(count) => ("execution.ruled", Some(count)),
        Ruled::Waits(_) => ("execution.ruling_signed", None),
    };
    // The reason is free text and may name people: it stands beside the messages, not in the log.
    let details = json!({
        "execution": execution.id, "ruling": ruling, "messages": messages, "role": person.role, "method": method,
    });
    let event = Event { actor: Actor::Person(person.id), act, subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Ruled).await?;
    ctx.wake.requests();
    // With nothing left to send this is the end. It is decided whatever comes of that; the worker ends it otherwise.
    if let Err(error) = settle(ctx, Duration::MAX, tenant, execution.id).await {
        tracing::warn!(execution = %execution.id, %error, "what was decided is carried out later");
    }
    Ok(ruled)
}
