//! A conversation that is closed at the word of an agent: what came of it, what waits in it, who has to agree; and the closing.

use super::{Deed, NotDone, called, find_for_agent, fits};
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::tags::fault;
use crate::domain::conversations::handover::{CLOSING_READ, CLOSING_SHOWN, ClosePlan, ClosingReason, LookedAt};
use crate::domain::conversations::{Conversation, ConversationAct, Outcome as ThreadOutcome};
use crate::domain::ids::{ConversationId, RequestId, TenantId};
use crate::domain::orders::links::LinkState;
use crate::domain::people::{Area, Caller};
use crate::domain::policy::conversations::{NotClosed, closes, needs_by_now, reasons};
use crate::domain::preview::{ClosingView, Finding, HeardLine, OpenLink, Preview, View};
use crate::error::{Error, Result};
use crate::store::conversations::{self, Act, Closing, Line};
use crate::store::{self, Db, Tx};
use crate::tools::envelope::write_schema;
use crate::tools::heard::said;
use crate::tools::reading::Text;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.conversation.close",
    title: ["Close a conversation", "關閉對話", "关闭对话"],
    summary: "Asks for one conversation to be closed, with what came of it, labels, and when somebody means to come back to it. \
              It opens again when the customer writes.",
    read_first: &["whatsapp.conversation.get"],
    governance: "A person signs when it is about a complaint or a payment, was escalated, or the customer still waits for an \
                 answer; otherwise nobody has to.",
    safety: "One that is escalated is closed only after whoever looks after it has settled it in the console, and none that the \
             customer has written to since it was looked at.",
    area: Area::Conversations,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<CloseArguments>,
    output: schema::<RequestView>,
}];

/// Orders whose payment links are looked at, the newest.
const ORDERS: u32 = 10;
/// Labels of one call.
const LABELS: usize = 20;
/// Nobody remembers what comes later.
const LATEST: Duration = Duration::from_hours(366 * 24);

/// Arguments of whatsapp.conversation.close.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseArguments {
    /// The conversation.
    #[schemars(with = "String", length(max = 64))]
    conversation_id: ConversationId,
    /// What came of it.
    outcome: ThreadOutcome,
    /// Labels to put on it, of 1 to 64 characters. None may stand for a consent.
    #[serde(default)]
    #[schemars(length(max = LABELS))]
    tags: BTreeSet<String>,
    /// When somebody means to come back to it, within a year.
    #[serde(default)]
    follow_up_at: Option<Timestamp>,
    /// What the team should know. The customer never reads it.
    #[serde(default)]
    note: Option<Text<2000>>,
}

impl CloseArguments {
    fn check(&self, now: Timestamp) -> Result<()> {
        if self.tags.len() > LABELS {
            return Err(Error::Invalid(format!("tags: at most {LABELS}")));
        }
        if let Some(why) = self.tags.iter().find_map(|tag| fault(tag)) {
            return Err(Error::Invalid(format!("tags: {why}")));
        }
        if self.follow_up_at.is_some_and(|at| at <= now || at > now.after(LATEST)) {
            return Err(Error::Invalid("follow_up_at: name a time ahead, within a year".into()));
        }
        Ok(())
    }
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: CloseArguments) -> Result<Proposal> {
    let (db, tenant, now) = (&ctx.db, caller.tenant(), ctx.clock.now());
    arguments.check(now)?;
    let thread = find_for_agent(db, caller, arguments.conversation_id).await?;
    let lines = heard(db, tenant, &thread).await?;
    let why = why_a_person(db, tenant, &thread, &lines, &arguments.tags).await?;
    let refused = may_close(&thread, thread.version, thread.unread, arguments.outcome).err();
    let team = store::people::people(db, tenant).await?;
    let note = arguments.note.map(|note| note.as_str().trim().to_owned()).filter(|note| !note.is_empty());
    let mut words: Vec<HeardLine> = lines.iter().take(CLOSING_SHOWN).map(shown).collect();
    words.reverse();
    let view = ClosingView {
        conversation_id: thread.id,
        who: called(db, tenant, &thread).await?,
        outcome: arguments.outcome,
        tags: arguments.tags.clone(),
        follow_up_at: arguments.follow_up_at,
        note: note.clone(),
        queue: thread.queue.clone(),
        person: thread.person.and_then(|id| team.into_iter().find(|it| it.id == id)).map(|person| person.name),
        opened_at: thread.opened_at,
        waiting_since: thread.waiting_since,
        answer_by: thread.answer_by,
        unread: thread.unread,
        reasons: why.clone(),
        words,
        links: links(db, tenant, &thread, now).await?,
    };
    let findings = closes(&view, refused);
    let plan = ClosePlan {
        thread: LookedAt::from(&thread),
        outcome: arguments.outcome,
        tags: arguments.tags,
        follow_up_at: arguments.follow_up_at,
        note,
        reasons: why,
    };
    let summary = format!("Close the conversation with {}: {}.", view.who, view.outcome.as_str().replace('_', " "));
    let title = format!("Closing · {}", view.who);
    let action = Action::ConversationClose(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::ConversationClose(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

fn shown(line: &Line) -> HeardLine {
    HeardLine { at: line.sent_at, kind: line.kind.clone(), text: said(line) }
}

/// The payment links of its newest orders by which somebody may pay, or may have paid.
async fn links(db: &Db, tenant: TenantId, thread: &Conversation, now: Timestamp) -> Result<Vec<OpenLink>> {
    let mut open = Vec::new();
    for order in store::orders::of_conversation(db, tenant, thread.id, ORDERS).await? {
        let items = order.basket.items().iter().map(|item| format!("{} × {}", item.quantity.get(), item.name));
        let items = items.collect::<Vec<_>>().join(", ");
        let links = store::orders::links::of_order(db, tenant, order.id).await?;
        // What was followed before it was opened is another matter, and settled long ago.
        let recent = order.created_at >= thread.opened_at;
        let good = links.iter().filter(|link| match link.state(now) {
            LinkState::Open => true,
            LinkState::Followed => recent,
            LinkState::Expired | LinkState::Revoked => false,
        });
        open.extend(good.map(|link| OpenLink {
            request_id: link.request,
            order: items.clone(),
            amount: link.amount.money(),
            state: link.state(now),
            expires_at: link.expires_at,
        }));
    }
    Ok(open)
}

/// Whether it can be closed as it is; the same rule as at the desk.
fn may_close(
    thread: &Conversation,
    version: i64,
    unread: u32,
    outcome: ThreadOutcome,
) -> std::result::Result<(), NotClosed> {
    fits(thread, version, Deed::Close(outcome, unread)).map_err(|why| match why {
        NotDone::Escalated => NotClosed::Escalated,
        NotDone::Closed => NotClosed::Already,
        NotDone::OnlyReads | NotDone::Changed | NotDone::NotYourQueue | NotDone::NoNote => NotClosed::Changed,
    })
}

/// What the customer wrote since it was opened, newest first.
async fn heard(db: &Db, tenant: TenantId, thread: &Conversation) -> Result<Vec<Line>> {
    let at = (thread.phone_number_id.as_str(), thread.contact);
    let lines = conversations::lines(db, tenant, at, None, CLOSING_READ).await?;
    Ok(lines.into_iter().filter(|line| line.sent_at >= thread.opened_at).collect())
}

async fn why_a_person(
    db: &Db,
    tenant: TenantId,
    thread: &Conversation,
    lines: &[Line],
    tags: &BTreeSet<String>,
) -> Result<BTreeSet<ClosingReason>> {
    let queue = match &thread.queue {
        Some(name) => conversations::queue(db, tenant, name).await?,
        None => None,
    };
    let ordered = store::orders::of_conversation(db, tenant, thread.id, 1).await?;
    let history = conversations::history(db, tenant, thread.id).await?;
    let escalated = history.iter().any(|it| it.act == ConversationAct::Escalated && it.at >= thread.opened_at);
    let mut labels = conversations::tags(db, tenant, thread.id).await?;
    labels.extend(tags.iter().cloned());
    let facts = (
        queue.is_some_and(|queue| queue.restricted),
        ordered.iter().any(|order| order.created_at >= thread.opened_at),
        escalated || thread.escalated,
        thread.waiting_since.is_some(),
    );
    Ok(reasons(lines.iter().filter_map(|line| line.text.as_deref()), facts, &labels))
}

/// What the rules say of closing it now, with the conversation as it is.
async fn look(db: &Db, tenant: TenantId, plan: &ClosePlan) -> Result<std::result::Result<Conversation, Finding>> {
    let Some(thread) = conversations::find(db, tenant, plan.thread.conversation).await? else {
        return Ok(Err(NotClosed::Changed.into()));
    };
    if let Err(why) = may_close(&thread, plan.thread.version, plan.thread.unread, plan.outcome) {
        return Ok(Err(why.into()));
    }
    let lines = heard(db, tenant, &thread).await?;
    let why = why_a_person(db, tenant, &thread, &lines, &plan.tags).await?;
    Ok(needs_by_now(&plan.reasons, &why).map_or(Ok(thread), Err))
}

/// What the rules say of closing it now.
pub async fn standing(db: &Db, tenant: TenantId, plan: &ClosePlan) -> Result<Vec<Finding>> {
    Ok(look(db, tenant, plan).await?.err().into_iter().collect())
}

/// Closes it, in the transaction that settles the request.
pub async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &ClosePlan,
    now: Timestamp,
) -> Result<Outcome> {
    let thread = match look(&ctx.db, tenant, plan).await? {
        Ok(thread) => thread,
        Err(forbids) => return Ok(Outcome::Void(forbids)),
    };
    let details = json!({"outcome": plan.outcome, "note": plan.note, "request": request});
    let closing = Closing { outcome: plan.outcome.as_str(), follow_up_at: plan.follow_up_at };
    let act = Act { act: ConversationAct::Closed, actor: &Actor::Worker, details: &details };
    match conversations::close(tx, tenant, &thread, &closing, &act, now).await {
        Ok(()) => {}
        // The customer wrote, or somebody was faster, in the same moment.
        Err(store::Error::Conflict(_)) => return Ok(Outcome::Void(NotClosed::Changed.into())),
        Err(error) => return Err(error.into()),
    }
    for tag in &plan.tags {
        conversations::tag(tx, tenant, thread.id, tag).await?;
    }
    let details = json!({"outcome": plan.outcome, "tags": plan.tags, "request": request});
    let event = Event { actor: Actor::Worker, act: "conversation.closed", subject: thread.id.to_string(), details };
    store::audit::append(tx, tenant, now, event).await?;
    Ok(Outcome::Done(json!({"conversation_id": thread.id, "outcome": plan.outcome})))
}
