//! Agreeing once more: what takes the signatures of the approval again, after it.

use crate::domain::clock::Timestamp;
use crate::domain::deliveries::{Agreement, Desired};
use crate::domain::ids::{PersonId, RequestId, TenantId};
use crate::domain::people::{Person, Role};
use crate::domain::policy::signatures::{MayNotSign, may_agree, unfilled};
use crate::domain::requests::{ActionRequest, Status};
use crate::error::{Error, Result};
use crate::store::deliveries::{self, Execution};
use crate::store::{Tx, requests};

/// Where this request stands while this is open. Messages in doubt are decided on when people are asked, and before that once
/// nothing of it is sent any more: it stands still, or was stopped.
pub(super) fn open_in(to: Agreement, request: &ActionRequest, execution: &Execution) -> Status {
    match (to, request.status) {
        (Agreement::SendAgain, Status::Paused) => Status::Paused,
        (Agreement::SendAgain, Status::Executing) if execution.desired == Desired::Cancel => Status::Executing,
        (Agreement::SendAgain, _) => Status::NeedsAttention,
        (Agreement::Resume, _) => Status::Paused,
    }
}

/// How many signatures something takes after the approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signatures {
    /// In all.
    pub all: usize,
    /// Still missing.
    pub missing: usize,
}

impl Signatures {
    pub(super) fn of(request: &ActionRequest, votes: &[(PersonId, Role)]) -> Self {
        let missing = unfilled(&request.quorum, votes.iter().map(|(_, role)| *role)).len();
        Self { all: request.quorum.seats.len(), missing }
    }
}

/// Holds the execution of a request until the transaction ends, and reads both: two who decide at once meet here, and the second
/// sees what the first has done.
pub(super) async fn hold(tx: &mut Tx, tenant: TenantId, id: RequestId) -> Result<(ActionRequest, Execution)> {
    let missing = || Error::not_found("action request", id);
    let there = deliveries::of_request(&mut *tx, tenant, id).await?.ok_or_else(missing)?;
    let execution = deliveries::lock(tx, tenant, there.id).await?.ok_or_else(missing)?;
    let request = requests::find(&mut *tx, tenant, id).await?.ok_or_else(missing)?;
    Ok((request, execution))
}

/// Adds a person's agreement, in a transaction that holds the execution, and gives how many more it takes. The last one is
/// not kept: with it the thing is done.
pub(super) async fn agree(
    tx: &mut Tx,
    request: &ActionRequest,
    execution: &Execution,
    to: Agreement,
    person: &Person,
    now: Timestamp,
) -> Result<usize> {
    let votes = deliveries::votes(&mut *tx, execution, to).await?;
    may_agree(request, open_in(to, request, execution), &votes, person).map_err(refused)?;
    let open = unfilled(&request.quorum, votes.iter().map(|(_, role)| *role).chain([person.role])).len();
    if open > 0 {
        deliveries::vote(tx, execution, to, person, now).await?;
    }
    Ok(open)
}

pub(super) fn refused(why: MayNotSign) -> Error {
    match why {
        MayNotSign::NothingOpen(_) => Error::Conflict(why.to_string()),
        _ => Error::Forbidden(why.to_string()),
    }
}
