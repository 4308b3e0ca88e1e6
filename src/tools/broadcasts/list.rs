//! Broadcasts as agents read them: drafts, those that wait, run or ran, with how far they are.

use crate::domain::broadcasts::{Broadcast, BroadcastState, Schedule};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, MessageCategory};
use crate::domain::contacts::{ContactNo, Language, People};
use crate::domain::deliveries::Tally;
use crate::domain::ids::{BroadcastId, RequestId, SegmentId};
use crate::domain::people::Caller;
use crate::domain::preview::Preview;
use crate::domain::requests::{Decision, Status};
use crate::error::Result;
use crate::graph::errors::explain;
use crate::store;
use crate::tools::Ctx;
use crate::tools::reading::{Cursor, Limit, Page, after, cut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Which broadcasts. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// Standing so.
    #[serde(default)]
    state: Option<BroadcastState>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One broadcast.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BroadcastItem {
    /// Its id, for whatsapp.broadcast.schedule.
    #[schemars(with = "String")]
    id: BroadcastId,
    /// What people call it.
    name: String,
    /// What it is meant to achieve.
    goal: Option<String>,
    /// Where it stands.
    state: BroadcastState,
    /// The template's name.
    template: String,
    /// What Meta takes the template for.
    category: Option<MessageCategory>,
    /// The languages it goes out in.
    languages: Vec<Language>,
    /// To whom.
    audience: AudienceItem,
    /// When and how fast.
    schedule: Option<Schedule>,
    /// Who has to agree, and who has; null for a draft that nobody has asked to send.
    approval: Option<ApprovalItem>,
    /// How far it is; null if nothing has been prepared for sending.
    delivery: Option<DeliverySummary>,
    /// The request that stored it.
    #[schemars(with = "String")]
    created_by: RequestId,
    /// Since when.
    created_at: Timestamp,
}

/// To whom a broadcast goes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AudienceItem {
    /// Members of these.
    #[schemars(with = "Vec<String>")]
    segments: Vec<SegmentId>,
    /// But not of these.
    #[schemars(with = "Vec<String>")]
    exclude_segments: Vec<SegmentId>,
    /// How many people it reaches, without opt-outs and without people who lack the consent it needs: as of now while it
    /// waits, as it was prepared once it has begun.
    people: u64,
    /// How many people were on the list when it was frozen.
    frozen: u64,
}

/// How far the approval is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApprovalItem {
    /// The request that sends it, for whatsapp.action_request.status.
    #[schemars(with = "String")]
    action_request_id: RequestId,
    /// Where that request stands.
    status: Status,
    /// How many people have to sign.
    signatures_required: usize,
    /// How many have.
    signatures_given: usize,
}

/// How far the sending is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliverySummary {
    /// How many messages stand where.
    progress: Tally,
    /// Why it stands still or was cancelled.
    reason: Option<String>,
    /// When it began.
    started_at: Timestamp,
    /// When it came to its end.
    finished_at: Option<Timestamp>,
    /// Why messages failed, the most frequent first.
    failures: Vec<FailureItem>,
}

/// Failures of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailureItem {
    /// Meta's code; null if it was not Meta who refused.
    code: Option<i32>,
    /// How many.
    count: u64,
    /// What the code means.
    meaning: Option<&'static str>,
}

/// Who may not be written to now, and who has agreed: read once for a page.
#[derive(Default)]
struct Present {
    suppressed: People,
    consents: HashMap<MessageCategory, HashMap<ContactNo, Consent>>,
}

pub(super) async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<Page<BroadcastItem>> {
    let filter =
        store::broadcasts::Filter { state: arguments.state, after: after("broadcasts", arguments.cursor.as_ref())? };
    let rows = store::broadcasts::list(&ctx.db, caller.tenant(), &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) = cut("broadcasts", arguments.limit, rows, |b| (b.created_at, b.id))?;
    let mut present =
        Present { suppressed: store::population::suppressed(&ctx.db, caller.tenant()).await?, ..Present::default() };
    let mut items = Vec::with_capacity(rows.len());
    for broadcast in rows {
        items.push(item(ctx, caller, broadcast, &mut present).await?);
    }
    Ok(Page { items, next_cursor })
}

async fn item(ctx: &Ctx, caller: &Caller, broadcast: Broadcast, present: &mut Present) -> Result<BroadcastItem> {
    let tenant = caller.tenant();
    let page = store::broadcasts::page_of(&ctx.db, tenant, &broadcast).await?;
    let waits =
        matches!(broadcast.state, BroadcastState::Draft | BroadcastState::Requested | BroadcastState::Scheduled);
    let people = match &page {
        Some(page) if waits => reachable(ctx, caller, page, present).await?.unwrap_or(broadcast.audience_count),
        _ => broadcast.audience_count,
    };
    let view = page.as_ref().and_then(|page| page.view.broadcast());
    let sent = match broadcast.sent_by {
        Some(request) => store::requests::find(&ctx.db, tenant, request).await?,
        None => None,
    };
    // A draft may be sent by another schedule than it was stored with.
    let planned = sent.as_ref().and_then(|request| request.preview.view.broadcast()).or(view);
    let (approval, delivery) = match broadcast.sent_by {
        Some(request) => (approval(ctx, caller, request).await?, delivery(ctx, caller, request).await?),
        None => (None, None),
    };
    Ok(BroadcastItem {
        id: broadcast.id,
        state: broadcast.state,
        category: view.map(|view| view.message.category),
        languages: view.map(|v| v.message.languages.iter().map(|l| l.language.clone()).collect()).unwrap_or_default(),
        schedule: planned.map(|view| view.schedule.schedule.clone()),
        audience: AudienceItem {
            segments: broadcast.spec.segments,
            exclude_segments: broadcast.spec.exclude_segments,
            people,
            frozen: broadcast.audience_count,
        },
        name: broadcast.spec.name,
        goal: broadcast.spec.goal,
        template: broadcast.spec.template,
        approval,
        delivery,
        created_by: broadcast.created_by,
        created_at: broadcast.created_at,
    })
}

/// How many of the frozen list could still be written to; none if there is no list.
async fn reachable(ctx: &Ctx, caller: &Caller, page: &Preview, present: &mut Present) -> Result<Option<u64>> {
    let Some(seal) = page.action.audience() else { return Ok(None) };
    let Some(audience) = store::audience::load(&ctx.db, caller.tenant(), seal.id).await? else { return Ok(None) };
    let Some(view) = page.view.broadcast() else { return Ok(None) };
    let (category, rules, now) = (view.message.category, &ctx.policy.settings.consent, ctx.clock.now());
    let mut people = audience.people - &present.suppressed;
    if rules.needed_for.contains(&category) {
        if let Entry::Vacant(slot) = present.consents.entry(category) {
            slot.insert(store::population::consents(&ctx.db, caller.tenant(), category).await?);
        }
        let standing = present.consents.get(&category);
        let agreed = |no: u32| standing.and_then(|of| of.get(&ContactNo(no))).is_some_and(|c| rules.rely_on(c, now));
        people = people.iter().filter(|no| agreed(*no)).collect();
    }
    Ok(Some(people.len()))
}

async fn approval(ctx: &Ctx, caller: &Caller, request: RequestId) -> Result<Option<ApprovalItem>> {
    let Some(found) = store::requests::find(&ctx.db, caller.tenant(), request).await? else { return Ok(None) };
    let signatures = store::requests::signatures(&ctx.db, caller.tenant(), request).await?;
    Ok(Some(ApprovalItem {
        action_request_id: request,
        status: found.status,
        signatures_required: found.quorum.seats.len(),
        signatures_given: signatures.iter().filter(|s| s.decision == Decision::Approved).count(),
    }))
}

async fn delivery(ctx: &Ctx, caller: &Caller, request: RequestId) -> Result<Option<DeliverySummary>> {
    let tenant = caller.tenant();
    let Some((execution, progress)) = store::deliveries::by_request(&ctx.db, tenant, request).await? else {
        return Ok(None);
    };
    let failures = store::deliveries::failures_by_code(&ctx.db, tenant, execution.id).await?;
    let failure = |f: store::deliveries::Failed| FailureItem {
        code: f.code,
        count: f.count,
        meaning: f.code.map(|code| explain(code.into()).sentence),
    };
    Ok(Some(DeliverySummary {
        progress,
        reason: execution.reason,
        started_at: execution.started_at,
        finished_at: execution.finished_at,
        failures: failures.into_iter().map(failure).collect(),
    }))
}
