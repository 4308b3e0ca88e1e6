//! Labels that are put on people or conversations, or taken away: whom, what finds people by them, who has to agree; and the writing.

use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::broadcasts::{BroadcastSpec, BroadcastState};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::tags::{TagPlan, fault};
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::ids::{ContactId, ConversationId, RequestId, SegmentId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::tags::{check, depends_by_now};
use crate::domain::preview::{AffectedBroadcast, Finding, Preview, TagChangeView, TagLine, TaggedSegment, View};
use crate::domain::requests::LeftUndone;
use crate::domain::segments::Segment;
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::store::{self, Db, Source, Tx};
use crate::tools::envelope::write_schema;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Tool, desk, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.tag.apply",
    title: ["Label people or conversations", "套用標籤", "应用标签"],
    summary: "Asks for labels to be put on contacts or conversations, or to be taken away, one or many: such as a signal for a \
              segment, or what is to be followed up.",
    read_first: &["whatsapp.contact.get", "whatsapp.conversation.get"],
    governance: "A person signs when more than one is labelled and a segment, and so a broadcast, finds people by one of the \
                 labels; otherwise nobody has to.",
    safety: "A label that would pass for a consent is refused: consent is recorded with its proof.",
    area: Area::Contacts,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<ApplyArguments>,
    output: schema::<RequestView>,
}];

/// The most contacts or conversations, and the most labels, of one call.
const MOST: usize = 500;
const LABELS: usize = 20;
/// Those that a page lists.
const LISTED: usize = 20;

/// Arguments of whatsapp.tag.apply. Name contacts or conversations, and labels to put on, to take away, or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyArguments {
    /// The contacts.
    #[serde(default)]
    #[schemars(with = "BTreeSet<String>", length(max = MOST))]
    contact_ids: BTreeSet<ContactId>,
    /// The conversations, in place of contacts.
    #[serde(default)]
    #[schemars(with = "BTreeSet<String>", length(max = MOST))]
    conversation_ids: BTreeSet<ConversationId>,
    /// Labels to put on, of 1 to 64 characters. None may stand for a consent.
    #[serde(default)]
    #[schemars(length(max = LABELS))]
    apply: BTreeSet<String>,
    /// Labels to take away.
    #[serde(default)]
    #[schemars(length(max = LABELS))]
    remove: BTreeSet<String>,
}

impl ApplyArguments {
    fn check(&self) -> Result<()> {
        let (people, threads) = (self.contact_ids.len(), self.conversation_ids.len());
        if (people > 0) == (threads > 0) || people.max(threads) > MOST {
            return Err(Error::Invalid(format!("name 1 to {MOST} contact_ids, or 1 to {MOST} conversation_ids")));
        }
        let labels = self.apply.len() + self.remove.len();
        if !(1..=LABELS).contains(&labels) {
            return Err(Error::Invalid(format!("apply and remove: name 1 to {LABELS} labels in all")));
        }
        if let Some(both) = self.apply.intersection(&self.remove).next() {
            return Err(Error::Invalid(format!("\"{both}\" is both put on and taken away")));
        }
        self.apply.iter().find_map(|tag| fault(tag)).map_or(Ok(()), |why| Err(Error::Invalid(format!("apply: {why}"))))
    }

    fn named(&self) -> impl Iterator<Item = &String> {
        self.apply.iter().chain(&self.remove)
    }
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: ApplyArguments) -> Result<Proposal> {
    arguments.check()?;
    let tenant = caller.tenant();
    let lines = if arguments.conversation_ids.is_empty() {
        people(&ctx.db, tenant, &arguments).await?
    } else {
        threads(ctx, caller, &arguments).await?
    };
    let segments = dependents(&ctx.db, tenant, arguments.named(), arguments.conversation_ids.is_empty()).await?;
    let broadcasts = drawn_from(&ctx.db, tenant, &segments).await?;
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (contacts, conversations) = (arguments.contact_ids.len(), arguments.conversation_ids.len());
    let view = TagChangeView {
        who: who(&lines, contacts),
        apply: arguments.apply.clone(),
        remove: arguments.remove.clone(),
        people: number(contacts),
        conversations: number(conversations),
        unchanged: number(lines.iter().filter(|line| line.before == line.after).count()),
        unlisted: number(lines.len().saturating_sub(LISTED)),
        lines: lines.into_iter().take(LISTED).collect(),
        segments: segments.iter().map(TaggedSegment::from).collect(),
        broadcasts,
    };
    let findings = check(&view);
    let plan = TagPlan {
        contacts: arguments.contact_ids,
        conversations: arguments.conversation_ids,
        apply: arguments.apply,
        remove: arguments.remove,
        depends: !segments.is_empty(),
    };
    let summary = summary(&view);
    let title = format!("Labels · {}", view.who);
    let action = Action::TagApply(plan);
    let preview = Preview { summary, action, findings, view: View::TagApply(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

fn who(lines: &[TagLine], contacts: usize) -> String {
    match lines {
        [only] => only.who.clone(),
        many if contacts > 0 => format!("{} contacts", grouped(&many.len().to_string())),
        many => format!("{} conversations", grouped(&many.len().to_string())),
    }
}

fn called(contact: &Contact) -> String {
    let phone = || contact.phone.as_ref().map_or_else(|| "•••".to_owned(), ToString::to_string);
    if contact.name.is_empty() { phone() } else { contact.name.to_string() }
}

fn line(who: String, before: BTreeSet<String>, arguments: &ApplyArguments) -> TagLine {
    let kept = before.iter().filter(|tag| !arguments.remove.contains(*tag));
    let after = kept.chain(&arguments.apply).cloned().collect();
    TagLine { who, before, after }
}

async fn people(db: &Db, tenant: TenantId, arguments: &ApplyArguments) -> Result<Vec<TagLine>> {
    let numbers = store::contacts::by_ids(db, tenant, arguments.contact_ids.iter().copied()).await?;
    if let Some(missing) = arguments.contact_ids.iter().find(|id| !numbers.contains_key(id)) {
        return Err(Error::not_found("contact", missing));
    }
    let all: Vec<ContactNo> = numbers.values().copied().collect();
    let mut found = store::contacts::many(db, tenant, &all).await?;
    let contacts = numbers.values().filter_map(|no| found.remove(no));
    Ok(contacts.map(|contact| line(called(&contact), contact.tags.clone(), arguments)).collect())
}

async fn threads(ctx: &Ctx, caller: &Caller, arguments: &ApplyArguments) -> Result<Vec<TagLine>> {
    let (db, tenant) = (&ctx.db, caller.tenant());
    let mut lines = Vec::with_capacity(arguments.conversation_ids.len());
    for id in &arguments.conversation_ids {
        let thread = desk::find_for_agent(db, caller, *id).await?;
        let contact = store::contacts::many(db, tenant, &[thread.contact]).await?.remove(&thread.contact);
        let who = contact.as_ref().map_or_else(|| "•••".to_owned(), called);
        lines.push(line(who, store::conversations::tags(db, tenant, *id).await?, arguments));
    }
    Ok(lines)
}

/// The segments that find people by one of these labels; labels of conversations are found by none.
async fn dependents<'a>(
    db: &Db,
    tenant: TenantId,
    labels: impl Iterator<Item = &'a String>,
    of_people: bool,
) -> Result<Vec<Segment>> {
    if !of_people {
        return Ok(Vec::new());
    }
    let labels: BTreeSet<&str> = labels.map(String::as_str).collect();
    let segments = store::segments::list(db, tenant, None, u32::MAX).await?;
    Ok(segments.into_iter().filter(|segment| !segment.tags().is_disjoint(&labels)).collect())
}

/// Broadcasts that wait or run, and that name one of these segments. What was frozen for them stays as it is.
async fn drawn_from(db: &Db, tenant: TenantId, segments: &[Segment]) -> Result<Vec<AffectedBroadcast>> {
    if segments.is_empty() {
        return Ok(Vec::new());
    }
    let ids: BTreeSet<SegmentId> = segments.iter().map(|segment| segment.id).collect();
    let open = [BroadcastState::Requested, BroadcastState::Scheduled, BroadcastState::Running, BroadcastState::Paused];
    let named = |spec: &BroadcastSpec| spec.segments.iter().chain(&spec.exclude_segments).any(|id| ids.contains(id));
    let broadcasts = store::broadcasts::in_states(db, tenant, &open).await?;
    let drawn = broadcasts.into_iter().filter(|broadcast| named(&broadcast.spec));
    Ok(drawn.map(|b| AffectedBroadcast { id: b.id, name: b.spec.name, state: b.state }).collect())
}

/// The sentence that stands above everything else.
fn summary(view: &TagChangeView) -> String {
    let list = |tags: &BTreeSet<String>| tags.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let put = (!view.apply.is_empty()).then(|| format!("put on {}", list(&view.apply)));
    let take = (!view.remove.is_empty()).then(|| format!("take away {}", list(&view.remove)));
    let what = put.into_iter().chain(take).collect::<Vec<_>>().join(" and ");
    format!("Labels of {}: {what}.", view.who)
}

/// What the rules say of writing it now.
pub async fn standing(db: &Db, tenant: TenantId, plan: &TagPlan) -> Result<Vec<Finding>> {
    let labels = plan.apply.iter().chain(&plan.remove);
    let depends = !dependents(db, tenant, labels, !plan.contacts.is_empty()).await?.is_empty();
    Ok(depends_by_now(plan, depends).into_iter().collect())
}

/// Writes it, in the transaction that settles its request.
pub async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &TagPlan,
    now: Timestamp,
) -> Result<Outcome> {
    if let Some(forbids) = standing(&ctx.db, tenant, plan).await?.pop() {
        return Ok(Outcome::Void(forbids));
    }
    let details = json!({"request": request, "apply": plan.apply, "remove": plan.remove});
    let (mut changed, mut gone) = (0_u64, Vec::new());
    // Whoever turned out to be somebody else since carries what that one carries.
    let numbers = store::contacts::by_ids(Source::from(&mut *tx), tenant, plan.contacts.iter().copied()).await?;
    let all: Vec<ContactNo> = numbers.values().copied().collect();
    let before = store::contacts::many(&mut *tx, tenant, &all).await?;
    let add: Vec<(ContactNo, &str)> =
        all.iter().flat_map(|no| plan.apply.iter().map(|tag| (*no, tag.as_str()))).collect();
    store::contacts::tag_many(tx, tenant, &add).await?;
    gone.extend(plan.contacts.iter().filter(|id| !numbers.contains_key(*id)).map(ToString::to_string));
    for (id, no) in &numbers {
        let carried = before.get(no).map(|contact| &contact.tags);
        let has = |tag: &String| carried.is_some_and(|tags| tags.contains(tag));
        let away: Vec<&String> = plan.remove.iter().filter(|tag| has(tag)).collect();
        for tag in &away {
            store::contacts::untag(tx, tenant, *no, tag).await?;
        }
        if !away.is_empty() || plan.apply.iter().any(|tag| !has(tag)) {
            tell(tx, tenant, "contact.tagged", id.to_string(), &details, now).await?;
            changed += 1;
        }
    }
    for id in &plan.conversations {
        if store::conversations::find(&mut *tx, tenant, *id).await?.is_none() {
            gone.push(id.to_string());
            continue;
        }
        let mut touched = false;
        for tag in &plan.apply {
            touched |= store::conversations::tag(tx, tenant, *id, tag).await?;
        }
        for tag in &plan.remove {
            touched |= store::conversations::untag(tx, tenant, *id, tag).await?;
        }
        if touched {
            tell(tx, tenant, "conversation.tagged", id.to_string(), &details, now).await?;
            changed += 1;
        }
    }
    let there = plan.contacts.len() + plan.conversations.len() - gone.len();
    let unchanged = u64::try_from(there).unwrap_or(u64::MAX).saturating_sub(changed);
    let name = if plan.conversations.is_empty() { "contact_id" } else { "conversation_id" };
    let rest: Vec<_> = gone.into_iter().map(|id| (id, LeftUndone::Gone)).collect();
    Ok(Outcome::with_the_rest(json!({"changed": changed, "unchanged": unchanged}), name, &rest))
}

async fn tell(
    tx: &mut Tx,
    tenant: TenantId,
    act: &'static str,
    subject: String,
    details: &Value,
    now: Timestamp,
) -> Result<()> {
    let event = Event { actor: Actor::Worker, act, subject, details: details.clone() };
    store::audit::append(tx, tenant, now, event).await?;
    Ok(())
}
