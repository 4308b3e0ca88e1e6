//! The world as it is now, against what was signed: before a broadcast starts, and before each of its batches.

use crate::domain::broadcasts::BroadcastPlan;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::people::Tenant;
use crate::domain::policy::message::state;
use crate::domain::policy::rules::{QUALITY_06, STOP_01, TEMPLATE_09, TEMPLATE_10, TEMPLATE_11};
use crate::domain::policy::{cost, numbers, schedule};
use crate::domain::preview::{Finding, Level};
use crate::domain::templates::MessageTemplate;
use crate::error::Result;
use crate::store;
use crate::tools::{Ctx, sync};
use std::time::Duration;

/// What the rules say of the signed thing as it stands now. A finding that blocks means: nothing more goes out until it is
/// gone or people have decided. Quiet hours are not among them, for they end by themselves: see [`quiet_until`].
pub async fn standing(ctx: &Ctx, tenant: TenantId, plan: &BroadcastPlan) -> Result<Vec<Finding>> {
    let (now, settings) = (ctx.clock.now(), &ctx.policy.settings);
    let (templates, numbers) = tokio::try_join!(
        store::templates::of_name(&ctx.db, tenant, &plan.template),
        store::business::numbers(&ctx.db, tenant),
    )?;
    let mut findings = Vec::new();
    for variant in plan.variants.iter().filter(|variant| variant.recipients > 0) {
        let place = [("template", plan.template.as_str().into()), ("language", variant.language.as_str().into())];
        let Some(template) = templates.iter().find(|template| template.language == variant.language) else {
            findings.push(TEMPLATE_11.says(&place));
            continue;
        };
        findings.extend(state(template, settings));
        if template.content.digest()? != variant.content {
            findings.push(TEMPLATE_09.says(&place));
        }
        findings.extend(category(template, plan));
    }
    match numbers.iter().find(|number| number.id.for_meta() == plan.phone_number_id) {
        Some(number) => findings.extend(numbers::check(number, plan.category, settings)),
        None => findings.push(QUALITY_06.says(&[])),
    }
    if let Some(stop) = store::stops::of_number(&ctx.db, tenant, &plan.phone_number_id).await? {
        let number = numbers.iter().find(|number| number.id.for_meta() == plan.phone_number_id);
        let number = number.map_or("•••", |number| &number.display);
        let why = stop.reason.trim_end_matches('.');
        findings.push(STOP_01.says(&[("number", number.into()), ("why", why.into())]));
    }
    findings.extend(cost::recheck(settings, plan.category, &plan.cost));
    findings.extend(schedule::is_over(&plan.schedule, now));
    // Warnings were accepted, or not there, when it was signed; what counts now is what forbids.
    findings.retain(|finding| finding.level != Level::Note);
    findings.sort_by_key(|finding| finding.level);
    Ok(findings)
}

/// What was read from Meta longer ago than this is read anew before the first message: hours may lie between the signature
/// and the start, and a template can be edited at Meta.
const FRESH: Duration = Duration::from_mins(1);

/// Reads the templates and numbers from Meta, unless that was done just now. Without an answer nothing is sent.
pub async fn refresh(ctx: &Ctx, tenant: &Tenant, plan: &BroadcastPlan) -> Result<()> {
    let (now, templates) = (ctx.clock.now(), store::templates::of_name(&ctx.db, tenant.id, &plan.template).await?);
    if templates.iter().any(|template| now.since(template.synced_at) > FRESH) {
        sync::sync(ctx, tenant).await?;
    }
    Ok(())
}

/// Until when nothing of it can go out, because it is quiet wherever its people live.
#[must_use]
pub fn quiet_until(ctx: &Ctx, plan: &BroadcastPlan) -> Option<Timestamp> {
    let markets = plan.cost.lines.iter().filter(|line| line.count > 0).map(|line| line.market);
    schedule::quiet_until(&ctx.policy.settings, plan.category, markets, ctx.clock.now())
}

fn category(template: &MessageTemplate, plan: &BroadcastPlan) -> Option<Finding> {
    (template.category != plan.category).then(|| {
        TEMPLATE_10.says(&[
            ("template", plan.template.as_str().into()),
            ("language", template.language.as_str().into()),
            ("signed", plan.category.as_str().into()),
            ("category", template.category.as_str().into()),
        ])
    })
}
