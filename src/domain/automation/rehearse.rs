//! A rehearsal: messages of the past, played with what is live and with what is proposed, to see what would be different.

use super::flows::Place;
use super::names::Queue;
use super::react::{DAY, react};
use super::reaction::{Answered, Cause, Desk, Facts, Inbound, Reaction};
use super::replies::Outgoing;
use super::{Active, Authority, Content, Live, Subject};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::conversations::ServiceWindow;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// That this be live, in place of what is live of it.
    Put(Box<Content>),
    /// That this be live no more.
    Remove(Subject),
}

impl Change {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Put(content) => content.subject(),
            Self::Remove(subject) => *subject,
        }
    }
}

/// A message of the past, with what was known then. Where the customer stood, what had been answered and that people were
/// asked for comes out of the rehearsal itself.
#[derive(Debug, Clone)]
pub struct Past<'a> {
    /// Who wrote.
    pub contact: ContactNo,
    /// What.
    pub inbound: Inbound,
    /// What was known.
    pub facts: Facts<'a>,
}

words! {
    /// What would be different, or wrong, about the answer to a message.
    Verdict, "verdict" {
        /// The proposal answers it.
        Answered = "answered",
        /// It is answered in another way than today.
        Changed = "changed",
        /// Something else answers it today.
        Misrouted = "misrouted",
        /// It reaches people in another queue than today.
        OtherQueue = "other_queue",
        /// A guard has to end it.
        Looped = "looped",
        /// It reaches a person today, and would not.
        LeftWithoutPerson = "left_without_person",
        /// It is answered today, and would not be.
        Silenced = "silenced",
    }
}

/// A message that shows something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// All that it shows.
    pub verdicts: Vec<Verdict>,
    /// The message.
    pub wamid: String,
    /// How it is answered today; none if it is not.
    pub today: Option<Answer>,
    /// How it would be.
    pub then: Option<Answer>,
}

/// An answer to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What gives it; none if nobody's rule does, because the customer asks for a person or has had enough.
    pub by: Option<Subject>,
    /// What is said.
    pub says: Vec<Outgoing>,
    /// To whom the conversation is handed.
    pub queue: Option<Queue>,
}

impl Answer {
    fn of(reaction: &Reaction) -> Option<Self> {
        let act = reaction.act()?;
        let queue = act.hand_over.as_ref().map(|to| to.queue.clone());
        Some(Self { by: reaction.made().map(|made| made.subject), says: act.replies.clone(), queue })
    }
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Rehearsal {
    /// Messages that were played.
    pub messages: u64,
    /// How many of them would have another answer than today, or would have or lose one.
    pub different: u64,
    /// In how many conversations.
    pub conversations: u64,
    /// How many of them show what.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// How many of them would be answered by what. Those that none answers are not in it.
    pub by: Vec<(Subject, u64)>,
    /// A few of each verdict, the first that came; each message once.
    pub samples: Vec<Sample>,
}

/// Samples of one verdict.
const SAMPLES: u64 = 5;

/// Plays these messages, which must be in the order of their coming.
#[must_use]
pub fn rehearse<'a>(change: &Change, active: &Active, past: impl IntoIterator<Item = Past<'a>>) -> Rehearsal {
    let mut proposed = active.clone();
    match change {
        Change::Put(content) => {
            proposed.put(Live { version: 0, authority: Authority::Rehearsal, content: Content::clone(content) });
        }
        Change::Remove(subject) => proposed.remove(*subject),
    }
    let (mut today, mut then) = (Stage::on(active), Stage::on(&proposed));
    let mut result = Rehearsal::default();
    let mut by: BTreeMap<Subject, u64> = BTreeMap::new();
    let mut affected: BTreeSet<(ContactNo, String)> = BTreeSet::new();
    for message in past {
        result.messages += 1;
        let (before, after) = (today.play(&message), then.play(&message));
        if differs(&before, &after) {
            result.different += 1;
            affected.insert((message.contact, message.inbound.number.clone()));
        }
        if let Some(made) = after.made() {
            *by.entry(made.subject).or_default() += 1;
        }
        let verdicts = verdicts(&before, &after, change.subject());
        let mut shown = false;
        for verdict in &verdicts {
            let count = result.verdicts.entry(*verdict).or_default();
            *count += 1;
            shown |= *count <= SAMPLES;
        }
        if shown {
            let wamid = message.inbound.wamid.clone();
            result.samples.push(Sample { verdicts, wamid, today: Answer::of(&before), then: Answer::of(&after) });
        }
    }
    result.by = by.into_iter().collect();
    result.conversations = u64::try_from(affected.len()).unwrap_or(u64::MAX);
    result
}

/// Whether a customer, or those who look after them, would notice. Which version decided is no difference.
fn differs(before: &Reaction, after: &Reaction) -> bool {
    match (before.act(), after.act()) {
        (Some(was), Some(would)) => {
            (&was.replies, &was.hand_over, &was.tags) != (&would.replies, &would.hand_over, &would.tags)
        }
        (None, None) => false,
        _ => true,
    }
}

fn verdicts(before: &Reaction, after: &Reaction, proposed: Subject) -> Vec<Verdict> {
    let subject = |reaction: &Reaction| reaction.made().map(|made| made.subject);
    let person = |reaction: &Reaction| reaction.act().is_some_and(|act| act.hand_over.is_some());
    let guarded = |reaction: &Reaction| matches!(reaction.act().map(|act| &act.cause), Some(Cause::Guarded(..)));
    let says = |verdict, so| if so { Some(verdict) } else { None };
    let queue = |reaction: &Reaction| Some(reaction.act()?.hand_over.as_ref()?.queue.clone());
    let both = before.act().is_some() && after.act().is_some();
    let (was, would) = (subject(before), subject(after));
    [
        says(Verdict::Answered, would == Some(proposed)),
        says(Verdict::Changed, both && differs(before, after)),
        says(Verdict::Misrouted, was.is_some() && would.is_some() && was != would),
        says(Verdict::OtherQueue, queue(before).zip(queue(after)).is_some_and(|(was, would)| was != would)),
        says(Verdict::Looped, guarded(after)),
        says(Verdict::LeftWithoutPerson, person(before) && !person(after)),
        says(Verdict::Silenced, before.act().is_some() && after.act().is_none()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// One conversation, as far as it has been played.
#[derive(Default)]
struct Conversation {
    place: Option<Place>,
    answered: Vec<Answered>,
    handed_over: Option<Timestamp>,
}

/// All conversations, with one set of what is live.
struct Stage<'a> {
    active: &'a Active,
    conversations: BTreeMap<(ContactNo, String), Conversation>,
}

impl<'a> Stage<'a> {
    const fn on(active: &'a Active) -> Self {
        Self { active, conversations: BTreeMap::new() }
    }

    fn play(&mut self, past: &Past<'_>) -> Reaction {
        let now = past.inbound.at;
        let conversation = self.conversations.entry((past.contact, past.inbound.number.clone())).or_default();
        conversation.answered.retain(|one| now.since(one.at) < DAY);
        let facts = Facts {
            window_until: Some(ServiceWindow { opened_at: now }.closes_at()),
            desk: conversation.handed_over.map_or(past.facts.desk, Desk::Waits),
            recent: &conversation.answered,
            ..past.facts
        };
        let reaction = react(&past.inbound, conversation.place.as_ref(), self.active, &facts, now);
        if let Some(act) = reaction.act() {
            let by = act.cause.made().map(|made| made.subject);
            conversation.answered.push(Answered { at: now, by });
            if act.hand_over.is_some() {
                conversation.handed_over = Some(now);
            }
        }
        conversation.place.clone_from(&reaction.place);
        reaction
    }
}

#[cfg(test)]
mod tests;
