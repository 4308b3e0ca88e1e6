//! Keeping broadcasts: a draft that is stored, and the bond between a broadcast and the one request that may send it.

use crate::domain::action::{Action, BroadcastDraft};
use crate::domain::broadcasts::BroadcastState;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, TenantId};
use crate::error::{Error, Result};
use crate::store::Tx;
use crate::store::broadcasts::{NewBroadcast, attach_request, insert, set_state};

/// Stores a draft, in the transaction that settles its request. Twice is once.
pub async fn create(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    draft: &BroadcastDraft,
    now: Timestamp,
) -> Result<()> {
    let new = NewBroadcast {
        id: draft.broadcast,
        spec: &draft.spec,
        schedule: &draft.schedule,
        audience: draft.audience.id,
        audience_count: draft.audience.count,
        state: BroadcastState::Draft,
        created_by: request,
        sent_by: None,
    };
    insert(tx, tenant, &new, now).await?;
    Ok(())
}

/// A request that would send a broadcast is submitted, in that transaction: a new broadcast is stored with it, a draft is
/// given to it. A draft that another request has already is a conflict, because two requests would send it twice.
pub async fn filed(tx: &mut Tx, tenant: TenantId, request: RequestId, action: &Action, now: Timestamp) -> Result<()> {
    let Action::BroadcastSchedule(plan) = action else { return Ok(()) };
    let Some(spec) = &plan.spec else {
        if attach_request(tx, tenant, plan.broadcast, request).await? {
            return Ok(());
        }
        return Err(Error::Conflict(format!(
            "another request already asks for sending the broadcast {}; cancel that one first",
            plan.broadcast
        )));
    };
    let new = NewBroadcast {
        id: plan.broadcast,
        spec,
        schedule: &plan.schedule,
        audience: plan.audience.id,
        audience_count: plan.audience.count,
        state: BroadcastState::Requested,
        created_by: request,
        sent_by: Some(request),
    };
    insert(tx, tenant, &new, now).await?;
    Ok(())
}

/// All signatures are there: the broadcast waits for its time.
pub async fn approved(tx: &mut Tx, tenant: TenantId, action: &Action) -> Result<()> {
    if let Action::BroadcastSchedule(plan) = action {
        set_state(tx, tenant, plan.broadcast, BroadcastState::Scheduled).await?;
    }
    Ok(())
}
