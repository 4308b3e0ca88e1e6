//! Conversations that are given to a queue or a person: who may have them, what changes for those who wait; and the giving.

use super::{Deed, find_for_agent, fits, place};
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::handover::{AssignPlan, LookedAt};
use crate::domain::conversations::{Access, Conversation, ConversationAct, ConversationState, Place};
use crate::domain::ids::{ConversationId, PersonId, RequestId, TenantId};
use crate::domain::mails::MailKind;
use crate::domain::people::{Area, Caller, Permission, Person};
use crate::domain::policy::conversations::{Target, assigns, moved, refused, restricted_by_now};
use crate::domain::preview::{AssignmentView, Finding, HandoverLine, Preview, QueueView, View};
use crate::domain::redact::scrub;
use crate::domain::requests::LeftUndone;
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::store::conversations::{self, Act, Assignment, Queue};
use crate::store::{self, Db, Tx};
use crate::tools::envelope::{PreviewArguments, write_schema};
use crate::tools::reading::Text;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.handover.preview",
        title: ["Preview a handover", "預覽對話移交", "预览对话移交"],
        summary: "Shows what giving conversations to a queue or a person would do: who may have them, until when waiting \
                  customers should be answered before and after, which private notes go along, and whether a person has to \
                  agree. Changes nothing.",
        read_first: &["whatsapp.conversation.get", "whatsapp.inbox_assignments.list"],
        governance: "A person signs when a restricted queue gives or takes, or when more than one conversation is given.",
        safety: "Notes stay within the team, and the history of who had a conversation is kept.",
        area: Area::Conversations,
        wants: None,
        kind: Kind::Preview(&["whatsapp.conversation.assign"]),
        input: schema::<PreviewArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.conversation.assign",
        title: ["Assign conversations", "指派對話", "分配对话"],
        summary: "Asks for conversations to be given to a queue, to a person, or to a person in a queue. Those who get them are \
                  told by mail; the customer hears nothing.",
        read_first: &["whatsapp.handover.preview"],
        governance: "A person signs when a restricted queue gives or takes, or when more than one conversation is given; \
                     otherwise nobody has to.",
        safety: "Nobody gets a conversation whose queue they may not look after. A note is read by the team alone, and who had \
                 it before stays in its history.",
        area: Area::Conversations,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
        }),
        input: write_schema::<AssignArguments>,
        output: schema::<RequestView>,
    },
];

/// People to whom conversations are given get one mail in this time, however many there are: their inbox shows all, and an agent
/// that moves them to and fro fills no mailbox.
const ONE_MAIL_IN: Duration = Duration::from_mins(15);
/// The most conversations of one call.
const MOST: usize = 100;
/// Those that a page lists.
const LISTED: usize = 20;

/// Arguments of whatsapp.conversation.assign. Name a queue, a person, or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignArguments {
    /// The conversations.
    #[schemars(with = "BTreeSet<String>", length(min = 1, max = MOST))]
    conversation_ids: BTreeSet<ConversationId>,
    /// The queue; without it, each stays in its own.
    #[serde(default)]
    queue: Option<Text<120>>,
    /// The person of the team; without it, nobody has it until somebody takes it.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    person_id: Option<PersonId>,
    /// What the team should know. The customer never reads it.
    #[serde(default)]
    note: Option<Text<2000>>,
}

/// Where conversations would go.
struct Goal<'a> {
    queues: &'a [Queue],
    /// The queue that is named, if there is one of that name.
    queue: Option<&'a Queue>,
    named: Option<&'a str>,
    /// The person that is named, and whether they are one of the team.
    person: Option<Option<&'a Person>>,
}

impl<'a> Goal<'a> {
    fn of(queues: &'a [Queue], team: &'a [Person], named: Option<&'a str>, person: Option<PersonId>) -> Self {
        let known = |id: PersonId| team.iter().find(|it| it.id == id && it.disabled_at.is_none());
        Self { queue: named.and_then(|name| find(queues, name)), queues, named, person: person.map(known) }
    }

    /// The queue that a conversation would be in.
    fn queue_of(&self, thread: &Conversation) -> Option<&'a Queue> {
        self.queue.or_else(|| thread.queue.as_deref().and_then(|name| find(self.queues, name)))
    }

    /// As the rules look at it. Whoever may not look into a restricted queue does not learn who works there.
    fn target(&self, threads: &[Conversation], seen: impl Fn(&Queue) -> bool) -> Target<'a> {
        let works = |thread: &Conversation| {
            let queue = self.queue_of(thread);
            let person = self.person.flatten()?;
            let at = queue.map_or(Place::Nowhere, |queue| place(person, queue));
            Some(Access::of(person.role, at) == Access::WorksOn && queue.is_none_or(&seen))
        };
        Target {
            queue: self.named.map(|name| (name, self.queue.is_some())),
            person: self.person.map(|person| person.is_some()),
            may_work: threads.iter().all(|thread| works(thread).unwrap_or(self.person.is_none())),
        }
    }

    /// Whether a restricted queue gives or takes.
    fn touches_restricted(&self, threads: &[Conversation]) -> bool {
        self.queue.is_some_and(|queue| queue.restricted)
            || threads.iter().any(|thread| leaves_restricted(self.queues, thread))
    }

    fn answer_by(&self, thread: &Conversation) -> Option<Timestamp> {
        match self.queue {
            Some(queue) => thread.waiting_since.and_then(|since| queue.answer_by(since)),
            None => thread.answer_by,
        }
    }
}

fn find<'q>(queues: &'q [Queue], name: &str) -> Option<&'q Queue> {
    queues.iter().find(|queue| queue.name == name)
}

fn leaves_restricted(queues: &[Queue], thread: &Conversation) -> bool {
    thread.queue.as_deref().and_then(|name| find(queues, name)).is_some_and(|queue| queue.restricted)
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: AssignArguments) -> Result<Proposal> {
    let wanted = arguments.conversation_ids.len();
    if !(1..=MOST).contains(&wanted) {
        return Err(Error::Invalid(format!("conversation_ids: name 1 to {MOST} conversations; {wanted} are named")));
    }
    let queue = arguments.queue.as_ref().map(|name| name.as_str().trim()).filter(|name| !name.is_empty());
    if queue.is_none() && arguments.person_id.is_none() {
        return Err(Error::Invalid("name a queue, a person_id, or both".into()));
    }
    let note = arguments.note.as_ref().map(|note| note.as_str().trim()).filter(|note| !note.is_empty());
    let (db, tenant, now) = (&ctx.db, caller.tenant(), ctx.clock.now());
    let mut threads = Vec::with_capacity(wanted);
    for id in &arguments.conversation_ids {
        threads.push(find_for_agent(db, caller, *id).await?);
    }
    let (queues, team) = (conversations::queues(db, tenant).await?, store::people::people(db, tenant).await?);
    let goal = Goal::of(&queues, &team, queue, arguments.person_id);
    let target = goal.target(&threads, |queue| queue.is_seen_by_agents_of(caller.agent.owner));
    let view = view(db, caller, &goal, &team, &threads, note).await?;
    let findings = assigns(&view, &target, now);
    let plan = AssignPlan {
        threads: threads.iter().map(LookedAt::from).collect(),
        queue: queue.map(str::to_owned),
        person: arguments.person_id,
        note: note.map(str::to_owned),
        restricted: goal.touches_restricted(&threads),
    };
    let summary = summary(&view);
    let title = format!("Handover · {}", view.who);
    let action = Action::ConversationAssign(plan);
    let preview = Preview { summary, action, findings, view: View::ConversationAssign(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

async fn view(
    db: &Db,
    caller: &Caller,
    goal: &Goal<'_>,
    team: &[Person],
    threads: &[Conversation],
    note: Option<&str>,
) -> Result<AssignmentView> {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let name = |id: PersonId| team.iter().find(|it| it.id == id).map_or_else(|| id.to_string(), |it| it.name.clone());
    let mut lines = Vec::new();
    for thread in threads.iter().take(LISTED) {
        lines.push(line(db, caller, goal, thread, thread.person.map(name)).await?);
    }
    let there = |thread: &&Conversation| {
        let queue = goal.named.is_none_or(|name| thread.queue.as_deref() == Some(name));
        queue && thread.person == goal.person.flatten().map(|person| person.id)
    };
    let who = match lines.as_slice() {
        [only] if threads.len() == 1 => only.who.clone(),
        _ => format!("{} conversations", grouped(&threads.len().to_string())),
    };
    Ok(AssignmentView {
        who,
        count: number(threads.len()),
        unchanged: number(threads.iter().filter(there).count()),
        closed: number(threads.iter().filter(|thread| thread.state == ConversationState::Closed).count()),
        out_of_restricted: number(threads.iter().filter(|thread| leaves_restricted(goal.queues, thread)).count()),
        queue: goal.queue.map(|queue| QueueView {
            name: queue.name.clone(),
            restricted: queue.restricted,
            people: number(queue.people.len()),
            answer_within_minutes: queue.answer_within.map(|within| within.as_secs() / 60),
        }),
        person: goal.person.flatten().map(|person| person.name.clone()),
        note: note.map(str::to_owned),
        threads: lines,
        unlisted: number(threads.len().saturating_sub(LISTED)),
    })
}

async fn line(
    db: &Db,
    caller: &Caller,
    goal: &Goal<'_>,
    thread: &Conversation,
    person: Option<String>,
) -> Result<HandoverLine> {
    let tenant = caller.tenant();
    let history = conversations::history(db, tenant, thread.id).await?;
    let notes = history.iter().filter_map(|event| event.details.get("note")?.as_str());
    let latest = notes.clone().next_back().filter(|_| caller.has(Permission::Notes));
    Ok(HandoverLine {
        conversation_id: thread.id,
        who: super::called(db, tenant, thread).await?,
        queue: thread.queue.clone(),
        person,
        waiting_since: thread.waiting_since,
        answer_by: thread.answer_by,
        answer_by_then: goal.answer_by(thread),
        escalated: thread.escalated,
        latest_note: latest.map(scrub),
        notes: u64::try_from(notes.count()).unwrap_or(u64::MAX),
    })
}

/// The sentence that stands above everything else.
fn summary(view: &AssignmentView) -> String {
    let queue = view.queue.as_ref().map(|queue| format!("put into the queue {}", queue.name));
    let person = view.person.as_ref().map(|person| format!("given to {person}"));
    let what = queue.into_iter().chain(person).collect::<Vec<_>>().join(" and ");
    format!("Handover of {}: {what}.", view.who)
}

/// What the rules say of giving them away now.
pub async fn standing(db: &Db, tenant: TenantId, plan: &AssignPlan) -> Result<Vec<Finding>> {
    Ok(look(db, tenant, plan).await?.err().into_iter().collect())
}

/// What would be given by now.
struct Look {
    /// Those that are as they were looked at.
    threads: Vec<Conversation>,
    /// Those that are not.
    rest: Vec<(String, LeftUndone)>,
    queues: Vec<Queue>,
    team: Vec<Person>,
}

/// What would be given by now, or why nothing may be.
async fn look(db: &Db, tenant: TenantId, plan: &AssignPlan) -> Result<std::result::Result<Look, Finding>> {
    let (mut threads, mut rest) = (Vec::new(), Vec::new());
    for it in &plan.threads {
        let queue = plan.queue.as_deref().unwrap_or_default();
        let why = match conversations::find(db, tenant, it.conversation).await? {
            None => LeftUndone::Gone,
            Some(thread) if fits(&thread, it.version, Deed::HandOn(queue)).is_ok() => {
                threads.push(thread);
                continue;
            }
            Some(thread) if thread.state == ConversationState::Closed => LeftUndone::Closed,
            Some(_) => LeftUndone::Changed,
        };
        rest.push((it.conversation.to_string(), why));
    }
    let (queues, team) = (conversations::queues(db, tenant).await?, store::people::people(db, tenant).await?);
    let goal = Goal::of(&queues, &team, plan.queue.as_deref(), plan.person);
    // Whoever looks after a restricted queue was looked at when it was asked for.
    let forbids = refused(&goal.target(&threads, |_| true))
        .or_else(|| threads.is_empty().then(moved))
        .or_else(|| restricted_by_now(plan, goal.touches_restricted(&threads)));
    Ok(forbids.map_or(Ok(Look { threads, rest, queues, team }), Err))
}

/// Gives them away, in the transaction that settles the request, and tells those who get them.
pub async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &AssignPlan,
    now: Timestamp,
) -> Result<Outcome> {
    let Look { threads, mut rest, queues, team } = match look(&ctx.db, tenant, plan).await? {
        Ok(found) => found,
        Err(forbids) => return Ok(Outcome::Void(forbids)),
    };
    let goal = Goal::of(&queues, &team, plan.queue.as_deref(), plan.person);
    let mut given: Vec<ConversationId> = Vec::new();
    for thread in &threads {
        let details = json!({"queue": plan.queue, "person": plan.person, "note": plan.note, "request": request});
        let act = Act { act: ConversationAct::Assigned, actor: &Actor::Worker, details: &details };
        let to = Assignment {
            queue: plan.queue.as_deref().or(thread.queue.as_deref()),
            person: plan.person,
            answer_by: goal.answer_by(thread),
        };
        match conversations::assign(tx, tenant, thread, &to, &act, now).await {
            Ok(()) => given.push(thread.id),
            // Somebody was faster, in the same moment.
            Err(store::Error::Conflict(_)) => {
                rest.push((thread.id.to_string(), LeftUndone::Changed));
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let details = json!({"queue": plan.queue, "person": plan.person, "request": request});
        let subject = thread.id.to_string();
        let event = Event { actor: Actor::Worker, act: "conversation.handed_on", subject, details };
        store::audit::append(tx, tenant, now, event).await?;
    }
    if given.is_empty() {
        return Ok(Outcome::Void(moved()));
    }
    let told = told(&goal, &team, plan);
    let times = (now.before(ONE_MAIL_IN), now);
    store::outbox::enqueue_one_since(tx, tenant, MailKind::ConversationAssigned, request, &told, times).await?;
    let report = json!({"assigned": given.len(), "changed_since": rest.len(), "conversation_ids": given});
    Ok(Outcome::with_the_rest(report, "conversation_id", &rest))
}

/// Who hears of it: the person, or else everybody who looks after the queue.
fn told(goal: &Goal<'_>, team: &[Person], plan: &AssignPlan) -> Vec<PersonId> {
    let queue = goal.queue.into_iter().flat_map(|queue| queue.people.iter().copied());
    let all: Vec<PersonId> = plan.person.map_or_else(|| queue.collect(), |person| vec![person]);
    all.into_iter().filter(|id| team.iter().any(|it| it.id == *id && it.disabled_at.is_none())).collect()
}
