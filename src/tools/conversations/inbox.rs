//! The team inbox: its queues, who looks after them, how much waits there, and how it got there.

use super::get::{by, note};
use super::list::PersonItem;
use super::sight::Sight;
use crate::domain::automation::hours::OpeningHours;
use crate::domain::automation::names::Queue as QueueName;
use crate::domain::automation::{Active, Kind, Subject};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::ConversationAct;
use crate::domain::ids::{ConversationId, PersonId};
use crate::domain::masked::{Permit, Routing, StaffFigures};
use crate::domain::people::{Caller, Person};
use crate::error::{Error, Result};
use crate::store;
use crate::store::conversations::{Handed, Load, Queue};
use crate::tools::Ctx;
use crate::tools::reading::{Cursor, Limit, Page, Text, after, cut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Hand-overs that are looked at, and shown for one queue.
const LOOKED_AT: u32 = 2_000;
const SHOWN: usize = 20;
/// Without another wish, hand-overs of so long are shown.
const WEEK: Duration = Duration::from_hours(7 * 24);

/// Which queues.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxArguments {
    /// Only the queue of this name.
    #[serde(default)]
    queue: Option<Text<64>>,
    /// Hand-overs at this time or later; those of the last seven days without it.
    #[serde(default)]
    handovers_since: Option<Timestamp>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One queue; or what is in none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QueueItem {
    /// Its name; null for threads that are in no queue.
    queue: Option<String>,
    /// Whether only its own people see what is in it.
    restricted: bool,
    /// When the team is there; null if always.
    hours: Option<OpeningHours>,
    /// A customer waits no longer than so many seconds of those hours; null if nothing is promised.
    answer_within_seconds: Option<u64>,
    /// Who looks after it.
    people: Vec<PersonItem>,
    /// Threads that are open.
    open: u64,
    /// In nobody's hands.
    unassigned: u64,
    /// With messages that nobody has looked at.
    unread: u64,
    /// In which the customer waits for an answer.
    waiting: u64,
    /// In which that was promised for an earlier time.
    late: u64,
    /// Since when the one that has waited longest waits.
    oldest_wait: Option<Timestamp>,
    /// How many open threads single people have; null for keys that may not see figures of the team's members.
    in_hands: Option<Vec<InHands>>,
    /// What of the live automation leads here; null for keys that may not see that.
    led_here_by: Option<Vec<RouteItem>>,
    /// The latest hand-overs to this queue, and within it, newest first, at most 20.
    handovers: Vec<HandoverItem>,
}

/// How much somebody has in hand.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InHands {
    /// Who.
    person: PersonItem,
    /// Open threads of this queue.
    open: u64,
}

/// Something live that leads customers here.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RouteItem {
    /// Which kind.
    kind: Kind,
    /// Which one.
    id: String,
    /// What people call it.
    name: String,
    /// The version that is live.
    version: u32,
}

/// A thread that was given to a queue or a person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandoverItem {
    /// Which thread.
    #[schemars(with = "String")]
    conversation_id: ConversationId,
    /// When.
    at: Timestamp,
    /// Handed over by automation, or assigned.
    act: ConversationAct,
    /// By whom: automation, agent or a person's name.
    by: String,
    /// To whom of the team; null if to the queue.
    person: Option<String>,
    /// What was written down with it, masked for keys that may not see notes.
    note: Option<String>,
}

pub async fn list(ctx: &Ctx, caller: &Caller, arguments: InboxArguments) -> Result<Page<QueueItem>> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let sight = Sight::of(ctx, caller).await?;
    let wanted = arguments.queue.as_ref().map(Text::as_str);
    if let Some(name) = wanted.filter(|name| !sight.queues().any(|queue| queue.name == *name)) {
        return Err(Error::not_found("queue", name));
    }
    let last: Option<Option<String>> = after("inbox", arguments.cursor.as_ref())?;
    // What is in no queue comes first.
    let all = std::iter::once(None).chain(sight.queues().map(Some));
    let name = |queue: &Option<&Queue>| queue.map(|queue| queue.name.clone());
    let all = all.filter(|queue| wanted.is_none() || name(queue).as_deref() == wanted);
    let rest: Vec<Option<&Queue>> = all.filter(|queue| last.as_ref().is_none_or(|last| name(queue) > *last)).collect();
    let (page, next_cursor) = cut("inbox", arguments.limit, rest, name)?;
    let since = arguments.handovers_since.unwrap_or_else(|| now.before(WEEK));
    let read = Read {
        loads: store::conversations::loads(&ctx.db, tenant, now).await?,
        in_hands: store::conversations::in_hands(&ctx.db, tenant).await?,
        people: store::people::people(&ctx.db, tenant).await?,
        active: store::automation::active(&ctx.db, tenant).await?,
        handed: store::conversations::handed(&ctx.db, tenant, since, LOOKED_AT).await?,
    };
    Ok(Page { items: page.into_iter().map(|queue| read.item(caller, &sight, queue)).collect(), next_cursor })
}

/// What all queues are shown with, read once.
struct Read {
    loads: Vec<(Option<String>, Load)>,
    in_hands: Vec<(Option<String>, PersonId, u64)>,
    people: Vec<Person>,
    active: Active,
    handed: Vec<Handed>,
}

impl Read {
    fn item(&self, caller: &Caller, sight: &Sight, queue: Option<&Queue>) -> QueueItem {
        let name = queue.map(|queue| queue.name.as_str());
        let load = self.loads.iter().find(|(of, _)| of.as_deref() == name);
        let load = load.map(|(_, load)| load.clone()).unwrap_or_default();
        let people = queue.map(|queue| queue.people.iter().filter_map(|id| self.person(*id)).collect());
        QueueItem {
            restricted: queue.is_some_and(|queue| queue.restricted),
            hours: queue.and_then(|queue| queue.hours.clone()),
            answer_within_seconds: queue.and_then(|queue| queue.answer_within).map(|within| within.as_secs()),
            people: people.unwrap_or_default(),
            open: load.open,
            unassigned: load.unassigned,
            unread: load.unread,
            waiting: load.waiting,
            late: load.late,
            oldest_wait: load.oldest_wait,
            in_hands: caller.staff_figures().map(|permit| self.in_hands(&permit, name)),
            led_here_by: caller.routing().map(|permit| self.routes(&permit, name)),
            handovers: self.handovers(caller, sight, name),
            queue: name.map(str::to_owned),
        }
    }

    fn person(&self, id: PersonId) -> Option<PersonItem> {
        let person = self.people.iter().find(|person| person.id == id)?;
        Some(PersonItem { id, name: person.name.clone() })
    }

    fn in_hands(&self, _: &Permit<StaffFigures>, queue: Option<&str>) -> Vec<InHands> {
        let of_queue = self.in_hands.iter().filter(|(of, ..)| of.as_deref() == queue);
        of_queue.filter_map(|(_, id, open)| Some(InHands { person: self.person(*id)?, open: *open })).collect()
    }

    fn routes(&self, _: &Permit<Routing>, queue: Option<&str>) -> Vec<RouteItem> {
        let leads = |queues: &BTreeSet<&QueueName>| queues.iter().any(|to| Some(to.as_str()) == queue);
        let item = |subject: Subject, name: &str, version: u32| RouteItem {
            kind: subject.kind(),
            id: subject.to_string(),
            name: name.to_owned(),
            version,
        };
        let rules = self.active.rules().filter(|it| leads(&it.content.leads_to()));
        let flows = self.active.flows().filter(|it| leads(&it.content.leads_to()));
        let replies = self.active.auto_replies().filter(|it| leads(&it.content.leads_to()));
        rules
            .map(|it| item(Subject::KeywordRule(it.content.id), &it.content.name, it.version))
            .chain(flows.map(|it| item(Subject::Flow(it.content.id), &it.content.name, it.version)))
            .chain(replies.map(|it| item(Subject::AutoReply(it.content.id), &it.content.name, it.version)))
            .collect()
    }

    /// A thread that has gone on to a restricted queue of others is not there any more.
    fn handovers(&self, caller: &Caller, sight: &Sight, queue: Option<&str>) -> Vec<HandoverItem> {
        let word = |handed: &Handed, name: &str| handed.details.get(name).and_then(Value::as_str).map(str::to_owned);
        let to = |handed: &Handed| word(handed, "queue").or_else(|| handed.queue.clone());
        let seen = self.handed.iter().filter(|it| sight.sees(it.queue.as_deref()) && to(it).as_deref() == queue);
        let item = |handed: &Handed| HandoverItem {
            conversation_id: handed.thread,
            at: handed.at,
            act: handed.act,
            by: by(&handed.actor, &self.people),
            person: word(handed, "person").and_then(|id| self.person(id.parse().ok()?)).map(|person| person.name),
            note: word(handed, "note").map(|text| note(caller, &text)),
        };
        seen.take(SHOWN).map(item).collect()
    }
}
