//! A change that was signed: whether it still holds, and the storing and switching of it.

use super::world::World;
use crate::domain::audit::{Actor, Event};
use crate::domain::automation::Content;
use crate::domain::automation::plan::{AutomationPlan, Becomes, Step};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::policy::automation::switch::left_behind;
use crate::domain::policy::automation::{check, check_draft, recheck};
use crate::domain::policy::rules::AUTO_43;
use crate::domain::preview::{Finding, Level};
use crate::error::{Error, Result};
use crate::store::{self, Source, Tx};
use crate::tools::{Ctx, Outcome};
use serde_json::json;

/// What the rules say of carrying it out now.
pub async fn standing(ctx: &Ctx, tenant: TenantId, plan: &AutomationPlan) -> Result<Vec<Finding>> {
    let (findings, content) = versions(&ctx.db, tenant, plan).await?;
    let Some(content) = content.filter(|_| findings.is_empty()) else { return Ok(findings) };
    match World::with_products(ctx, tenant, &content).await {
        Ok(world) => Ok(judged(ctx, plan, &content, &world)),
        // It may answer later; until then the request waits, and can still be read, rejected and withdrawn.
        Err(Error::Unavailable(why)) => Ok(vec![AUTO_43.says(&[("why", why.into())])]),
        Err(error) => Err(error),
    }
}

/// Whether the versions are still those that it was worked out on, and what it is about.
async fn versions(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &AutomationPlan,
) -> Result<(Vec<Finding>, Option<Content>)> {
    let mut source = source.into();
    let stored = store::automation::find(source.again(), tenant, plan.subject).await?;
    let (newest, live) = stored.as_ref().map_or((0, None), |known| (known.newest.version, known.live));
    let findings = recheck(plan, newest, live);
    let content = match &plan.step {
        Step::Draft(content) | Step::Publish(content) => Some(Content::clone(content)),
        Step::Activate(digest) => {
            let newest = stored.map(|known| known.newest).filter(|newest| newest.digest == *digest);
            newest.map(|newest| newest.content)
        }
        Step::Retire => match live {
            Some(live) => store::automation::version(source, tenant, plan.subject, live).await?.map(|it| it.content),
            None => None,
        },
    };
    Ok((findings, content))
}

fn judged(ctx: &Ctx, plan: &AutomationPlan, content: &Content, world: &World) -> Vec<Finding> {
    let known = world.known(&ctx.policy.settings, ctx.clock.now());
    let mut findings = match plan.becomes() {
        Becomes::Draft => check_draft(content, &known),
        Becomes::Active => check(content, &known),
        Becomes::Inactive => Vec::new(),
    };
    findings.extend(left_behind(content, plan.becomes(), &known));
    findings
}

/// Stores the new version and switches what is live, in the transaction that settles its request. Another system that keeps
/// products is not asked in it: a database does not wait for others. What it said at the signature holds.
pub async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &AutomationPlan,
    now: Timestamp,
) -> Result<Outcome> {
    // Nobody else adds a version, or switches anything that the rules look at, between the look and the writing.
    store::people::hold(tx, tenant).await?;
    let (mut findings, content) = versions(&mut *tx, tenant, plan).await?;
    if findings.is_empty()
        && let Some(content) = &content
    {
        let mut world = World::read(&mut *tx, tenant, content).await?;
        if ctx.orders.source.is_none() {
            world.add_catalogue(&mut *tx, tenant, content).await?;
        }
        findings = judged(ctx, plan, content, &world);
    }
    if let Some(forbids) = findings.into_iter().find(|finding| finding.level == Level::Block) {
        return Ok(Outcome::Void(forbids));
    }
    let version = match &plan.step {
        Step::Draft(content) | Step::Publish(content) => {
            store::automation::add_version(tx, tenant, content, request, now).await?.version
        }
        Step::Activate(_) | Step::Retire => plan.version(),
    };
    let after = plan.live_after();
    if plan.changes_what_is_live()
        && !store::automation::switch(tx, tenant, plan.subject, plan.live, after, request, now).await?
    {
        return Err(Error::Conflict(format!("what is live of {} was switched at this moment", plan.subject)));
    }
    let digest = content.as_ref().map(Content::digest).transpose()?;
    let details = json!({
        "kind": plan.subject.kind(), "version": version, "digest": digest, "request": request, "replaces": plan.live,
    });
    let act = match plan.becomes() {
        Becomes::Draft => "automation.stored",
        Becomes::Active => "automation.made_live",
        Becomes::Inactive => "automation.taken_away",
    };
    let event = Event { actor: Actor::Worker, act, subject: plan.subject.to_string(), details };
    store::audit::append(tx, tenant, now, event).await?;
    Ok(Outcome::Done(json!({
        "kind": plan.subject.kind(), "id": plan.subject.to_string(), "version": version, "live_version": after,
    })))
}
