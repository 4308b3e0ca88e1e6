//! What a broadcast would do, worked out and frozen. Nothing of it happens here.

use super::arguments::{CreateArguments, ScheduleArguments};
use super::audience::{Frozen, freeze};
use super::resolve::{Resolved, described, stored};
use super::samples::examples;
use super::view::{first_marketing, page, variants};
use crate::domain::action::{Action, BroadcastDraft};
use crate::domain::audience::{AudienceSeal, SegmentVersion};
use crate::domain::broadcasts::{BroadcastPlan, Cost};
use crate::domain::clock::Timestamp;
use crate::domain::consent::ConsentSource;
use crate::domain::ids::{AudienceId, BroadcastId};
use crate::domain::people::Caller;
use crate::domain::policy::message::{Message, check as check_message};
use crate::domain::policy::people::{Figures, MOST_CHARACTERS, check as check_people};
use crate::domain::policy::rules::AUD_02;
use crate::domain::policy::schedule::check as check_schedule;
use crate::domain::policy::{cost, numbers};
use crate::domain::preview::{Finding, Preview, View};
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::tools::{Ctx, Proposal, Sealed};

/// What whatsapp.broadcast.create would do: store a draft, or send it as well.
pub async fn create(ctx: &Ctx, caller: &Caller, arguments: CreateArguments) -> Result<Proposal> {
    let CreateArguments { broadcast, schedule } = arguments;
    let sends = schedule.is_some();
    let plan = described(&ctx.db, caller.tenant(), broadcast, schedule.unwrap_or_default()).await?;
    propose(ctx, caller, plan, sends).await
}

/// What whatsapp.broadcast.schedule would do.
pub async fn schedule(ctx: &Ctx, caller: &Caller, arguments: ScheduleArguments) -> Result<Proposal> {
    let tenant = caller.tenant();
    let plan = match (arguments.broadcast_id, arguments.broadcast) {
        (Some(id), None) => stored(&ctx.db, tenant, id, arguments.schedule).await?,
        (None, Some(spec)) => described(&ctx.db, tenant, spec, arguments.schedule).await?,
        _ => {
            return Err(Error::Invalid(
                "give either broadcast_id, for a stored broadcast, or broadcast, for a new one".into(),
            ));
        }
    };
    propose(ctx, caller, plan, true).await
}

async fn propose(ctx: &Ctx, caller: &Caller, plan: Resolved, sends: bool) -> Result<Proposal> {
    let (now, settings) = (ctx.clock.now(), &ctx.policy.settings);
    let frozen = freeze(&ctx.db, caller.tenant(), &plan, settings, now).await?;
    let root = frozen.audience.root();
    let examples = examples(&ctx.db, caller.tenant(), &plan, &frozen, root).await?;
    let (cost, costs) = cost::estimate(settings, plan.category, &frozen.markets(), plan.spec.cost_ceiling);
    let mut findings = of_the_message(ctx, &plan, now);
    let (view, links) = page(&plan, &frozen, examples, cost.clone(), &ctx.policy, now);
    findings.extend(links);
    findings.extend(of_the_people(ctx, &plan, &frozen));
    findings.extend(numbers::check(&plan.number, plan.category, settings));
    findings.extend(costs);
    if sends {
        let per_second = plan.number.per_second;
        let markets = frozen.markets();
        let course = &frozen.course;
        findings.extend(check_schedule(settings, plan.category, &plan.schedule, course, &markets, per_second, now));
    }
    findings.sort_by_key(|finding| finding.level);
    let seal = AudienceSeal { id: AudienceId::random(), segments: versions(&plan), count: frozen.count(), root };
    let title = format!("{} · {}", if sends { "Broadcast" } else { "Broadcast draft" }, plan.spec.name);
    let summary = summary(&plan, &frozen, &cost, sends, ctx);
    let action = action(plan, &frozen, cost, seal.clone(), sends, settings.audience.max_shrink_percent)?;
    let preview = Preview { summary, action, findings, view: View::Broadcast(Box::new(view)) };
    let sealed = Some(Sealed::Audience(seal.id, seal.root, frozen.audience));
    Ok(Proposal { preview, title, sealed, kept: None })
}

fn of_the_message(ctx: &Ctx, plan: &Resolved, now: Timestamp) -> Vec<Finding> {
    let message = Message {
        spec: &plan.spec,
        variants: &plan.variants,
        missing: &plan.missing,
        known: &plan.known,
        sender: &plan.number.name,
        now,
    };
    let mut findings = check_message(&message, &ctx.policy.settings);
    for segment in plan.segments.iter().filter(|segment| segment.is_everyone()) {
        findings.push(AUD_02.says(&[("segment", segment.name.as_str().into())]));
    }
    findings
}

fn of_the_people(ctx: &Ctx, plan: &Resolved, frozen: &Frozen) -> Vec<Finding> {
    let caps = &ctx.policy.settings.frequency;
    let mut last_30_days = vec![0_u64; usize::from(caps.warn_from) + 1];
    for receiver in &frozen.receivers {
        if let Some(count) = last_30_days.get_mut(usize::from(receiver.received.last_30_days.min(caps.warn_from))) {
            *count += 1;
        }
    }
    let mut defaulted: Vec<(String, u64)> = Vec::new();
    for (at, form) in plan.composer.forms().iter().enumerate() {
        for (slot, (key, _)) in form.slots().iter().enumerate() {
            let count = frozen.defaulted(at, slot);
            match defaulted.iter_mut().find(|(known, _)| known == key) {
                Some((_, sum)) => *sum += count,
                None => defaulted.push((key.clone(), count)),
            }
        }
    }
    let unconfirmed =
        frozen.tally(|r| r.consent.is_some_and(|consent| consent.source == ConsentSource::Oral && !consent.confirmed));
    let figures = Figures {
        category: plan.category,
        funnel: &frozen.funnel,
        reach: frozen.reach,
        first_marketing: first_marketing(plan, frozen),
        last_30_days: &last_30_days,
        unconfirmed,
        defaulted: &defaulted,
        too_long: (
            frozen.tally(|receiver| receiver.length as u64 > MOST_CHARACTERS),
            frozen.receivers.iter().map(|receiver| receiver.length as u64).max().unwrap_or(0),
        ),
        quiet: &frozen.quiet,
        portfolio: plan.number.portfolio_limit.map(|limit| (limit, frozen.portfolio_used)),
    };
    check_people(&figures, &ctx.policy.settings)
}

fn versions(plan: &Resolved) -> Vec<SegmentVersion> {
    match &plan.stored {
        Some(stored) => stored.view.segments.iter().map(|view| view.segment.clone()).collect(),
        None => plan
            .segments
            .iter()
            .chain(&plan.exclude)
            .map(|s| SegmentVersion { id: s.id, version: s.version, name: s.name.clone() })
            .collect(),
    }
}

fn action(
    plan: Resolved,
    frozen: &Frozen,
    cost: Cost,
    audience: AudienceSeal,
    sends: bool,
    drift_limit_percent: u32,
) -> Result<Action> {
    let known = plan.stored.as_ref().map(|stored| stored.id);
    let broadcast = known.unwrap_or_else(BroadcastId::random);
    if !sends {
        let Resolved { spec, schedule, .. } = plan;
        return Ok(Action::BroadcastCreate(Box::new(BroadcastDraft { broadcast, spec, schedule, audience })));
    }
    let variants = variants(&plan, frozen)?;
    let Resolved { spec, schedule, category, number, .. } = plan;
    Ok(Action::BroadcastSchedule(Box::new(BroadcastPlan {
        broadcast,
        name: spec.name.clone(),
        template: spec.template.clone(),
        category,
        variants,
        default_language: spec.default_language.clone(),
        variables: spec.variables.clone(),
        spec: known.is_none().then_some(spec),
        audience,
        phone_number_id: number.id.for_meta().to_owned(),
        schedule,
        cost,
        drift_limit_percent,
    })))
}

/// The sentence that stands above everything else.
fn summary(plan: &Resolved, frozen: &Frozen, cost: &Cost, sends: bool, ctx: &Ctx) -> String {
    let count = frozen.count();
    let people = format!("{} {}", grouped(&count.to_string()), if count == 1 { "person" } else { "people" });
    let markets = frozen.markets();
    let places = format!("{} {}", markets.len(), if markets.len() == 1 { "market" } else { "markets" });
    let (template, category) = (&plan.spec.template, plan.category);
    if !sends {
        return format!(
            "Store a broadcast of template {template} ({category}) for {people} in {places}. Nothing is sent; sending it would cost about {}.",
            cost.total
        );
    }
    let when = match plan.schedule.start_at {
        None => "as soon as it is approved".to_owned(),
        Some(at) => markets
            .first()
            .and_then(|(market, _)| Some((market, &ctx.policy.settings.market(*market)?.zone)))
            .map_or_else(|| format!("on {at}"), |(market, zone)| format!("on {} ({market})", zone.show(at))),
    };
    format!("Send template {template} ({category}) to {people} in {places} {when}, at most {}.", cost.ceiling)
}
