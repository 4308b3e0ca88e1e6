//! A segment to be made or changed: who enters, who leaves, which broadcasts were drawn from it; and the storing of it.

use super::walk;
use crate::domain::action::Action;
use crate::domain::broadcasts::{BroadcastSpec, BroadcastState};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{SegmentId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::segments::{check, recheck};
use crate::domain::preview::{
    AffectedBroadcast, Finding, Preview, SegmentChange, SegmentChangeView, SegmentEffect, SegmentState, View,
};
use crate::domain::segments::{Condition, Segment, SegmentPlan};
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::store::{self, Source, Tx};
use crate::tools::envelope::{NAME_LENGTH, check_name, write_schema};
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.segment.upsert",
    title: ["Create or change a segment", "建立或更新分眾", "创建或更新客户分组"],
    summary: "Makes a segment, or a new version of one: conditions over labels, language, market, consent and the last \
              message, and who is left out of them. whatsapp.broadcast.preview previews it with a broadcast; the answer \
              here says how many people enter and leave.",
    read_first: &["whatsapp.segments.list", "whatsapp.broadcast.preview"],
    governance: "A person signs when a broadcast that waits or runs was drawn from it, when it takes in all or nearly all people, \
                 or when its name looks like another's; otherwise nobody has to.",
    safety: "Opt-outs stay out whatever the conditions say. Conditions that take in every contact, or say only who does not \
             belong, are refused.",
    area: Area::Segments,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<UpsertArguments>,
    output: schema::<RequestView>,
}];

/// Arguments of whatsapp.segment.upsert.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpsertArguments {
    /// The segment to change, as whatsapp.segments.list shows it; without it, a new one is made.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    segment_id: Option<SegmentId>,
    /// What people call it; no two segments have one name.
    #[schemars(length(min = 1, max = NAME_LENGTH))]
    name: String,
    /// Who belongs.
    include: Condition,
    /// Who of those does not.
    #[serde(default)]
    exclude: Option<Condition>,
    /// What it is for, for the people who read it.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    purpose: Option<String>,
}

impl UpsertArguments {
    fn check(&self) -> Result<()> {
        if self.purpose.as_ref().is_some_and(|text| text.chars().count() > 1000) {
            return Err(Error::Invalid("purpose: longer than 1000 characters".into()));
        }
        for (place, condition) in [("include", Some(&self.include)), ("exclude", self.exclude.as_ref())] {
            if let Some(fault) = condition.and_then(Condition::fault) {
                return Err(Error::Invalid(format!("{place}: {fault}")));
            }
        }
        Ok(())
    }
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: UpsertArguments) -> Result<Proposal> {
    arguments.check()?;
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let name = check_name("name", &arguments.name)?.to_owned();
    let before = match arguments.segment_id {
        Some(id) => {
            Some(store::segments::find(&ctx.db, tenant, id).await?.ok_or_else(|| Error::not_found("segment", id))?)
        }
        None => None,
    };
    let namesake = store::segments::by_name(&ctx.db, tenant, &name).await?;
    if let Some(other) = namesake.filter(|other| Some(other.id) != arguments.segment_id) {
        return Err(Error::Invalid(format!(
            "name: {} is called \"{name}\" already. Give its segment_id to change it, or choose another name",
            other.id
        )));
    }
    let plan = SegmentPlan {
        segment: arguments.segment_id.unwrap_or_else(SegmentId::random),
        base: before.as_ref().map_or(0, |segment| segment.version),
        name,
        include: arguments.include,
        exclude: arguments.exclude,
    };
    let after = plan.segment(now);
    let (effect, everybody) = effect(ctx, tenant, before.as_ref(), &after).await?;
    if !effect.balances() {
        return Err(Error::internal("the figures of a segment do not add up"));
    }
    let view = SegmentChangeView {
        purpose: arguments.purpose,
        change: SegmentChange { name: plan.name.clone(), before: before.as_ref().map(state), after: state(&after) },
        effect,
    };
    let others = store::segments::list(&ctx.db, tenant, None, u32::MAX).await?;
    let others = others.into_iter().filter(|other| other.id != plan.segment).map(|other| other.name);
    let findings = check(&after, &view, everybody, &others.collect::<Vec<_>>());
    let summary = summary(&view);
    let title = format!("Segment · {}", plan.name);
    let action = Action::SegmentUpsert(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::Segment(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

fn state(segment: &Segment) -> SegmentState {
    SegmentState {
        version: segment.version,
        name: segment.name.clone(),
        include: segment.include.clone(),
        exclude: segment.exclude.clone(),
        in_words: segment.in_words(),
    }
}

/// What it does, and how many people may be written to at all.
async fn effect(
    ctx: &Ctx,
    tenant: TenantId,
    before: Option<&Segment>,
    after: &Segment,
) -> Result<(SegmentEffect, u64)> {
    let (mut people_before, mut people_after, mut enter, mut leave, mut everybody) = (0, 0, 0, 0, 0);
    let both: Vec<Segment> = std::iter::once(after).chain(before).cloned().collect();
    walk(ctx, tenant, &both, |member_of, _| {
        let is = member_of.first() == Some(&true);
        let was = member_of.get(1) == Some(&true);
        everybody += 1;
        people_before += u64::from(was);
        people_after += u64::from(is);
        enter += u64::from(is && !was);
        leave += u64::from(was && !is);
    })
    .await?;
    let broadcasts = match before {
        Some(segment) => that_name(ctx, tenant, segment.id).await?,
        None => Vec::new(),
    };
    Ok((SegmentEffect { people_before, people_after, enter, leave, broadcasts }, everybody))
}

/// Broadcasts that wait or run, and that name the segment: to write to its people, or to leave them out.
async fn that_name(ctx: &Ctx, tenant: TenantId, segment: SegmentId) -> Result<Vec<AffectedBroadcast>> {
    let open = [BroadcastState::Requested, BroadcastState::Scheduled, BroadcastState::Running, BroadcastState::Paused];
    let broadcasts = store::broadcasts::in_states(&ctx.db, tenant, &open).await?;
    let named = |spec: &BroadcastSpec| spec.segments.iter().chain(&spec.exclude_segments).any(|id| *id == segment);
    let affected = broadcasts.into_iter().filter(|broadcast| named(&broadcast.spec));
    Ok(affected.map(|b| AffectedBroadcast { id: b.id, name: b.spec.name, state: b.state }).collect())
}

/// The sentence that stands above everything else.
fn summary(view: &SegmentChangeView) -> String {
    let number = |count: u64| grouped(&count.to_string());
    let effect = &view.effect;
    let reached = number(effect.people_after);
    match &view.change.before {
        None => format!("Make the segment \"{}\", which reaches {reached} people now.", view.change.name),
        Some(_) => format!(
            "Change the segment \"{}\": {} enter, {} leave, and it reaches {reached} people.",
            view.change.name,
            number(effect.enter),
            number(effect.leave)
        ),
    }
}

/// What the rules say of storing it now.
pub async fn standing(source: impl Into<Source<'_>>, tenant: TenantId, plan: &SegmentPlan) -> Result<Vec<Finding>> {
    let mut source = source.into();
    let now = store::segments::find(source.again(), tenant, plan.segment).await?;
    let namesake = store::segments::by_name(source, tenant, &plan.name).await?;
    Ok(recheck(plan, now.map_or(0, |segment| segment.version), namesake.map(|segment| segment.id)))
}

/// Stores the new version, in the transaction that settles its request.
pub async fn store(tx: &mut Tx, tenant: TenantId, plan: &SegmentPlan, now: Timestamp) -> Result<Outcome> {
    // Nobody else takes the name, or adds a version, between the look and the insert.
    store::people::hold(tx, tenant).await?;
    if let Some(changed) = standing(&mut *tx, tenant, plan).await?.pop() {
        return Ok(Outcome::Void(changed));
    }
    let stored =
        store::segments::add_version(tx, tenant, plan.segment, &plan.name, &plan.include, plan.exclude.as_ref(), now)
            .await?;
    Ok(Outcome::Done(json!({"segment_id": stored.id, "version": stored.version})))
}
