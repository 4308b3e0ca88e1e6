//! What the team did in a time: by queue, and by person only for those who may see that.

use super::list::PersonItem;
use super::sight::Sight;
use crate::domain::clock::Timestamp;
use crate::domain::conversations::summary::{Figures, Happening, doings, figures, share};
use crate::domain::ids::PersonId;
use crate::domain::masked::{Permit, StaffFigures};
use crate::domain::people::{Caller, Person};
use crate::error::{Error, Result};
use crate::store;
use crate::store::conversations::{Automated, Load, Queue};
use crate::tools::Ctx;
use crate::tools::reading::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Without another wish, so long back.
const WEEK: Duration = Duration::from_hours(7 * 24);
/// And no longer.
const LONGEST: Duration = Duration::from_hours(92 * 24);
/// What may have happened in a period.
const MOST: u32 = 100_000;

/// Which time, and which queue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryArguments {
    /// From this time on; without it, from seven days before `until`.
    #[serde(default)]
    from: Option<Timestamp>,
    /// Before this time; without it, until now. At most 92 days after `from`.
    #[serde(default)]
    until: Option<Timestamp>,
    /// Only threads that are in the queue of this name by now.
    #[serde(default)]
    queue: Option<Text<64>>,
}

/// What the team did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// From when.
    from: Timestamp,
    /// Until when.
    until: Timestamp,
    /// Over all queues that this key may see.
    total: Figures,
    /// What automation did with customers' messages.
    automation: AutomationFigures,
    /// Queue by queue; a thread counts where it is by now.
    queues: Vec<QueueFigures>,
    /// Person by person; null for keys that may not see figures of the team's members.
    people: Option<Vec<PersonFigures>>,
}

/// What automation did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct AutomationFigures {
    /// Messages of customers on which it decided.
    messages: u64,
    /// On which it acted.
    acted: u64,
    /// Of those, it handed over to people.
    handed_over: u64,
    /// The share of messages on which it acted without handing over; null if there were none.
    share: Option<f64>,
}

/// What happened in one queue, and what waits there now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QueueFigures {
    /// Its name; null for threads that are in no queue.
    queue: Option<String>,
    /// What happened in that time.
    figures: Figures,
    /// What automation did with messages in its threads.
    automation: AutomationFigures,
    /// What is open now.
    backlog: Backlog,
}

/// What is open in a queue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Backlog {
    /// Threads.
    open: u64,
    /// In nobody's hands.
    unassigned: u64,
    /// In which the customer waits for an answer.
    waiting: u64,
    /// In which that was promised for an earlier time.
    late: u64,
    /// Since when the one that has waited longest waits.
    oldest_wait: Option<Timestamp>,
}

/// What one person did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PersonFigures {
    /// Who.
    person: PersonItem,
    /// Threads that the person closed.
    closed: u64,
    /// Threads that the person took or gave to somebody.
    assigned: u64,
    /// Open threads that the person has now.
    in_hand: u64,
}

/// What was read for it.
struct Read {
    happenings: Vec<(Option<String>, Happening)>,
    automated: Vec<(Option<String>, Automated)>,
    loads: Vec<(Option<String>, Load)>,
    in_hands: Vec<(Option<String>, PersonId, u64)>,
    people: Vec<Person>,
}

pub async fn get(ctx: &Ctx, caller: &Caller, arguments: SummaryArguments) -> Result<Summary> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let until = arguments.until.unwrap_or(now);
    let from = arguments.from.unwrap_or_else(|| until.before(WEEK));
    if from >= until || until.since(from) > LONGEST {
        return Err(Error::Invalid("from: must lie before until, and no more than 92 days before it".into()));
    }
    let sight = Sight::of(ctx, caller).await?;
    let wanted = arguments.queue.as_ref().map(Text::as_str);
    if let Some(name) = wanted.filter(|name| !sight.queues().any(|queue| queue.name == *name)) {
        return Err(Error::not_found("queue", name));
    }
    let mut read = Read {
        happenings: store::conversations::happenings(&ctx.db, tenant, (from, until), MOST + 1).await?,
        automated: store::conversations::automated(&ctx.db, tenant, (from, until)).await?,
        loads: store::conversations::loads(&ctx.db, tenant, now).await?,
        in_hands: store::conversations::in_hands(&ctx.db, tenant).await?,
        people: store::people::people(&ctx.db, tenant).await?,
    };
    if read.happenings.len() > usize::try_from(MOST).unwrap_or(usize::MAX) {
        return Err(Error::Invalid(format!("from: more than {MOST} things happened since then; name a shorter time")));
    }
    // What is in a restricted queue of others is not counted.
    let counts = |queue: &Option<String>| {
        let queue = queue.as_deref();
        sight.sees(queue) && wanted.is_none_or(|wanted| queue == Some(wanted))
    };
    read.happenings.retain(|(queue, _)| counts(queue));
    read.automated.retain(|(queue, _)| counts(queue));
    read.in_hands.retain(|(queue, ..)| counts(queue));
    let queues = std::iter::once(None).chain(sight.queues().map(Some));
    let queues = queues.filter(|queue| counts(&queue.map(|queue| queue.name.clone())));
    let due = |queue: &str, since: Timestamp| sight.queues().find(|it| it.name == queue)?.answer_by(since);
    Ok(Summary {
        from,
        until,
        total: figures(read.happenings.iter().map(|(_, it)| it), due, now),
        automation: automation(read.automated.iter().map(|(_, it)| it)),
        queues: queues.map(|queue| read.queue(queue, due, now)).collect(),
        people: caller.staff_figures().map(|permit| read.people(&permit)),
    })
}

fn automation<'a>(of: impl Iterator<Item = &'a Automated>) -> AutomationFigures {
    let mut all = of.fold(AutomationFigures::default(), |all, it| AutomationFigures {
        messages: all.messages + it.messages,
        acted: all.acted + it.acted,
        handed_over: all.handed_over + it.handed_over,
        share: None,
    });
    all.share = share(all.acted.saturating_sub(all.handed_over), all.messages);
    all
}

impl Read {
    fn queue(
        &self,
        queue: Option<&Queue>,
        due: impl Fn(&str, Timestamp) -> Option<Timestamp>,
        now: Timestamp,
    ) -> QueueFigures {
        let name = queue.map(|queue| queue.name.as_str());
        let here = |of: &Option<String>| of.as_deref() == name;
        let load = self.loads.iter().find(|(of, _)| here(of)).map(|(_, load)| load.clone()).unwrap_or_default();
        let happenings = self.happenings.iter().filter(|(of, _)| here(of)).map(|(_, it)| it);
        QueueFigures {
            figures: figures(happenings, due, now),
            automation: automation(self.automated.iter().filter(|(of, _)| here(of)).map(|(_, it)| it)),
            backlog: Backlog {
                open: load.open,
                unassigned: load.unassigned,
                waiting: load.waiting,
                late: load.late,
                oldest_wait: load.oldest_wait,
            },
            queue: name.map(str::to_owned),
        }
    }

    fn people(&self, _: &Permit<StaffFigures>) -> Vec<PersonFigures> {
        let doings = doings(self.happenings.iter().map(|(_, it)| it));
        let of = |person: &Person| {
            let did = doings.get(&person.id).copied().unwrap_or_default();
            let in_hand: u64 = self.in_hands.iter().filter(|(_, id, _)| *id == person.id).map(|(.., open)| open).sum();
            let idle = did.closed == 0 && did.assigned == 0 && in_hand == 0;
            let item = PersonItem { id: person.id, name: person.name.clone() };
            (!idle).then_some(PersonFigures { person: item, closed: did.closed, assigned: did.assigned, in_hand })
        };
        self.people.iter().filter_map(of).collect()
    }
}
