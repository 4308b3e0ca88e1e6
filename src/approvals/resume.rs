//! Going on with what stands still: it takes the signatures of the approval once more.

use super::agree::{agree, hold, open_in};
use crate::domain::audit::{Actor, Event};
use crate::domain::broadcasts::BroadcastState;
use crate::domain::deliveries::{Agreement, Desired, Tally};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::people::Person;
use crate::domain::policy::signatures::{MayNotSign, may_agree, unfilled};
use crate::domain::requests::{ActionRequest, Status};
use crate::error::{Error, Result};
use crate::store::deliveries::{self, Execution};
use crate::store::{audit, requests};
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
    /// Why this person may not agree, if so.
    pub may_agree: Result<(), MayNotSign>,
    /// Signatures that it still takes, this person's among them.
    pub signatures: usize,
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
    let signatures = unfilled(&request.quorum, votes.iter().map(|(_, role)| *role)).len();
    let may_agree = may_agree(&request, open_in(Agreement::Resume), &votes, person);
    Ok(Standstill { request, execution, tally, may_agree, signatures })
}

/// Agrees that it goes on; with the last signature it does. `method` says how the person has just proved who they are.
pub async fn resume(ctx: &Ctx, tenant: TenantId, person: &Person, id: RequestId, method: &str) -> Result<Resumed> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let (request, execution) = hold(&mut tx, tenant, id).await?;
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
    tx.commit().await?;
    ctx.wake.requests();
    Ok(if open > 0 { Resumed::Waits(open) } else { Resumed::Goes })
}
