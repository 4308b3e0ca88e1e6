//! What an execution needs to know of the broadcast it sends, loaded from the request that was signed.

use super::engine::{Job, Script};
use crate::domain::action::Action;
use crate::domain::audience::{Audience, NotNow};
use crate::domain::broadcasts::{BroadcastPlan, Fallback};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::Desired;
use crate::domain::ids::ExecutionId;
use crate::domain::people::Tenant;
use crate::domain::preview::Finding;
use crate::error::{Error, Result};
use crate::graph::Credentials;
use crate::graph::messages::{SendOutcome, TemplateMessage, send};
use crate::store::deliveries::{self, Execution};
use crate::store::{self, people, requests};
use crate::tools::Ctx;
use crate::tools::broadcasts;
use async_trait::async_trait;
use std::sync::Arc;

/// A number that was never read from Meta gets what Meta gives every number.
const DEFAULT_PER_SECOND: u32 = 80;

struct Broadcast {
    ctx: Ctx,
    tenant: Tenant,
    execution: ExecutionId,
    plan: BroadcastPlan,
    audience: Arc<Audience>,
    credentials: Credentials,
}

#[async_trait]
impl Script for Broadcast {
    async fn refresh(&self) -> Result<()> {
        broadcasts::refresh(&self.ctx, &self.tenant, &self.plan).await
    }

    async fn recheck(&self) -> Result<Vec<Finding>> {
        broadcasts::standing(&self.ctx, self.tenant.id, &self.plan).await
    }

    fn quiet_until(&self) -> Option<Timestamp> {
        broadcasts::quiet_until(&self.ctx, &self.plan)
    }

    async fn messages(&self, rows: &[(u32, ContactNo)]) -> Result<Vec<(u32, Result<TemplateMessage, NotNow>)>> {
        let marked = rows
            .iter()
            .map(|&(seq, contact)| {
                let mark = self.audience.marks.get(seq as usize).copied();
                mark.map(|mark| (seq, contact, mark))
                    .ok_or_else(|| Error::internal(format!("row {seq} is beyond the audience that was signed")))
            })
            .collect::<Result<Vec<_>>>()?;
        broadcasts::messages_for(&self.ctx, self.tenant.id, self.execution, &self.plan, &marked).await
    }

    async fn send(&self, message: &TemplateMessage) -> SendOutcome {
        send(&self.ctx.graph, &self.credentials, message).await
    }
}

/// Everything that the runner of an execution needs.
pub async fn job(ctx: &Ctx, execution: Execution) -> Result<Job> {
    let (id, request) = (execution.tenant, execution.request);
    let (tenant, found) = tokio::try_join!(people::tenant(&ctx.db, id), requests::find(&ctx.db, id, request))?;
    let tenant = tenant.ok_or_else(|| Error::not_found("tenant", id))?;
    let found = found.ok_or_else(|| Error::not_found("action request", request))?;
    let Action::BroadcastSchedule(plan) = found.preview.action else {
        return Err(Error::internal(format!("request {request} sends nothing")));
    };
    let (audience, limits) = tokio::try_join!(
        store::audience::load(&ctx.db, id, plan.audience.id),
        deliveries::number_limits(&ctx.db, id, &plan.phone_number_id),
    )?;
    let audience = Arc::new(audience.ok_or_else(|| Error::not_found("audience", plan.audience.id))?);
    // The stored list fits its own root; only this ties it to the one that people signed.
    if !audience.fits(&plan.audience) || audience.people.len() != u64::from(execution.total) {
        return Err(Error::internal(format!("the audience of {request} is not the one that was signed")));
    }
    let credentials = ctx.credentials(&tenant)?;
    Ok(Job {
        people: audience.people.clone(),
        finish_by: plan.schedule.finish_by,
        fallback: match plan.schedule.fallback {
            Fallback::Pause => Desired::Pause,
            Fallback::Cancel => Desired::Cancel,
        },
        drift_limit_percent: plan.drift_limit_percent,
        number_per_second: limits.map_or(DEFAULT_PER_SECOND, |limits| limits.per_second),
        script: Arc::new(Broadcast {
            ctx: ctx.clone(),
            tenant: tenant.clone(),
            execution: execution.id,
            plan: *plan,
            audience,
            credentials,
        }),
        tenant,
        execution,
    })
}
