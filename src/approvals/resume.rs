//! Going on with what stands still: it takes the signatures of the approval once more.

use super::agree::{Signatures, agree, hold, open_in, refused};
use crate::domain::audit::{Actor, Event};
use crate::domain::broadcasts::BroadcastState;
use crate::domain::deliveries::{Agreement, Desired, Tally};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::people::Person;
use crate::domain::policy::signatures::{MayNotSign, may_agree};
use crate::domain::requests::{ActionRequest, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::deliveries::{self, Execution};
use crate::store::{audit, requests, stops};
use crate::tools::Ctx;
use serde_json::json;

/// What a person looks at before agreeing that it goes on.
#[derive(Debug, Clone)]
pub struct Standstill {
    /// The request that is being carried out.
    pub request: ActionRequest,
    /// With the reason why it stands still.
    pub execution: Execution,
    /// How far it is.
    pub tally: Tally,
    /// Of those who wait, how many may not be written to any more.
    pub fallen_away: u64,
    /// Why this person may not agree, if so.
    pub may_agree: Result<(), MayNotSign>,
    /// Nothing goes out from its number: that has to be lifted first.
    pub stopped: bool,
    /// Signatures that it takes, and those of them that are still missing.
    pub signatures: Signatures,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    /// It goes on.
    Goes,
    /// So many more people have to agree.
    Waits(usize),
}

/// Reads what there is to agree to.
pub async fn standstill(ctx: &Ctx, tenant: TenantId, person: &Person, id: RequestId) -> Result<Standstill> {
    let request = requests::find(&ctx.db, tenant, id).await?.ok_or_else(|| Error::not_found("action request", id))?;
    let run = deliveries::by_request(&ctx.db, tenant, id).await?;
    let (execution, tally) = run.ok_or_else(|| Error::not_found("action request", id))?;
    let votes = deliveries::votes(&ctx.db, &execution, Agreement::Resume).await?;
    let signatures = Signatures::of(&request, &votes);
    let may_agree = may_go_on(&request, &execution)
        .and_then(|()| may_agree(&request, open_in(Agreement::Resume, &request, &execution), &votes, person));
    let fallen_away = deliveries::suppressed_ahead(&ctx.db, &execution).await?;
    let stopped = stops::of_number(&ctx.db, tenant, &execution.phone_number_id).await?.is_some();
    Ok(Standstill { request, execution, tally, fallen_away, may_agree, stopped, signatures })
}

/// What was stopped for good does not go on, though its request stands still until its last messages are settled.
fn may_go_on(request: &ActionRequest, execution: &Execution) -> Result<(), MayNotSign> {
    if execution.desired == Desired::Cancel { Err(MayNotSign::NothingOpen(request.status)) } else { Ok(()) }
}

/// Agrees that it goes on; with the last signature it does. `method` says how the person has just proved who they are.
pub async fn resume(ctx: &Ctx, tenant: TenantId, person: &Person, id: RequestId, method: &str) -> Result<Resumed> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let (request, execution) = hold(&mut tx, tenant, id).await?;
    may_go_on(&request, &execution).map_err(refused)?;
    if stops::of_number(&mut tx, tenant, &execution.phone_number_id).await?.is_some() {
        let why = "nothing goes out from the number of this broadcast until a person lets it; nothing was changed";
        return Err(Error::Conflict(why.to_owned()));
    }
    let open = agree(&mut tx, &request, &execution, Agreement::Resume, person, now).await?;
    let act = if open > 0 {
        "execution.resume_signed"
    } else {
        if !deliveries::set_desired(&mut tx, tenant, execution.id, Desired::Run, None).await? {
            return Err(Error::Conflict("this does not stand still; nothing was changed".to_owned()));
        }
        deliveries::rebase(&mut tx, &execution).await?;
        deliveries::forget_votes(&mut tx, &execution, Agreement::Resume).await?;
        requests::set_status(&mut tx, tenant, id, Status::Paused, Status::Executing, now).await?;
        deliveries::follow(&mut tx, tenant, id, BroadcastState::Running).await?;
        "execution.resumed"
    };
    let details = json!({"execution": execution.id, "role": person.role, "method": method});
    let event = Event { actor: Actor::Person(person.id), act, subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Resumed).await?;
    ctx.wake.requests();
    Ok(if open > 0 { Resumed::Waits(open) } else { Resumed::Goes })
}
