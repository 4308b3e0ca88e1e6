//! What automation does with a customer's message. One message leads to one chain of answers at most, and always to the same
//! one: words that end it, a person who is asked for, the answer to a running flow's question, keyword rules by priority, the
//! flow's fallback, auto-replies.

use super::auto_replies::{AGAIN, AutoReply, Occasion, ReplyFallback};
use super::flows::{Flow, Place, Question};
use super::hours::OpeningHours;
use super::keywords::{Action, KeywordRule};
use super::names::NodeId;
use super::people::asks_for_a_person;
use super::phrases::Plain;
use super::reaction::{Act, Cause, Desk, Facts, Guard, Inbound, Made, Outcome, Reaction, Said, Silence};
use super::replies::{HandOver, Outgoing, Tappable};
use super::walk::{begin, made, misunderstood, said, walk};
use super::{Active, Live, Subject};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::ids::FlowId;
use crate::domain::webhooks::opts_out;
use std::collections::BTreeSet;
use std::time::Duration;

/// The window is Meta's, by Meta's clock. What is begun so shortly before its end may come too late.
const WINDOW_MARGIN: Duration = Duration::from_mins(1);

/// A day, over which answers are counted.
pub(super) const DAY: Duration = Duration::from_hours(24);

/// What to do with this message, and where the customer stands afterwards.
#[must_use]
pub fn react(inbound: &Inbound, place: Option<&Place>, active: &Active, facts: &Facts<'_>, now: Timestamp) -> Reaction {
    let at = place.and_then(|place| Standing::of(place, active, now));
    let here = || at.as_ref().map(|at| at.place.clone());
    if inbound.said == Said::Nothing {
        return silent(Silence::NothingSaid, here());
    }
    if ends_it(&inbound.said) {
        return silent(Silence::StopWord, None);
    }
    if facts.maybe_answered {
        return silent(Silence::MaybeAnswered, None);
    }
    let said = inbound.said.plain();
    let asker = Asker { inbound, said: &said, at: at.as_ref(), active, facts, now };
    let tapped = asker.tapped();
    if tapped.is_none() && asks_for_a_person(&said) {
        return asker.person();
    }
    if facts.suppressions.forbidding(MessageCategory::Service).is_some() {
        return silent(Silence::Suppressed, None);
    }
    if !asker.window_is_open() {
        return silent(Silence::WindowClosed, None);
    }
    if facts.stopped {
        return silent(Silence::Stopped, here());
    }
    if let Some(silence) = asker.kept_by_people() {
        return asker.routed(silence);
    }
    let answer = match (tapped.or_else(|| asker.typed()), &at) {
        (Some(next), Some(at)) => walk(at.flow, next, at.place.turns.saturating_add(1), facts, now),
        _ => match asker.rules().next() {
            Some(live) => asker.by_rule(live, here()),
            None => at
                .as_ref()
                .map_or_else(|| asker.by_auto_reply(), |at| misunderstood(at.flow, at.question, at.place, facts, now)),
        },
    };
    asker.guarded(answer)
}

fn silent(silence: Silence, place: Option<Place>) -> Reaction {
    Reaction { outcome: Outcome::Silent(silence), place }
}

/// Words that opt out are written down elsewhere; here they only end what is going on.
fn ends_it(said: &Said) -> bool {
    said.words().is_some_and(|words| opts_out(words, matches!(said, Said::Tap { .. })).is_some())
}

/// A place that still holds: the flow is live, its question is still there, and the time is not over.
struct Standing<'a> {
    place: &'a Place,
    flow: &'a Live<Flow>,
    question: &'a Question,
}

impl<'a> Standing<'a> {
    fn of(place: &'a Place, active: &'a Active, now: Timestamp) -> Option<Self> {
        let flow = active.flow(place.flow)?;
        let question = flow.content.question(&place.node)?;
        (now.since(place.since) < flow.content.timeout()).then_some(Self { place, flow, question })
    }
}

/// A message with all that is known around it.
struct Asker<'a> {
    inbound: &'a Inbound,
    said: &'a Plain,
    at: Option<&'a Standing<'a>>,
    active: &'a Active,
    facts: &'a Facts<'a>,
    now: Timestamp,
}

impl<'a> Asker<'a> {
    fn window_is_open(&self) -> bool {
        self.facts.window_until.is_some_and(|until| self.now.after(WINDOW_MARGIN) < until)
    }

    /// Whether people have the conversation, and how.
    fn kept_by_people(&self) -> Option<Silence> {
        let limits = self.facts.limits;
        match self.facts.desk {
            Desk::Free | Desk::Assigned(None) => None,
            Desk::Waits(since) => (self.now.since(since) < limits.wait_for_a_person).then_some(Silence::WaitsForPerson),
            Desk::Assigned(Some(answered)) => {
                (self.now.since(answered) < limits.after_a_person).then_some(Silence::PersonAnswers)
            }
        }
    }

    /// Where the tapped choice of the present question leads.
    fn tapped(&self) -> Option<&'a NodeId> {
        let (at, Said::Tap { id, .. }) = (self.at?, &self.inbound.said) else { return None };
        let mut choices = at.question.choices();
        let choice = choices.find(|choice| at.flow.content.tap_id(&at.place.node, &choice.id) == *id)?;
        Some(&choice.next)
    }

    /// Where a typed answer to the present question leads.
    fn typed(&self) -> Option<&'a NodeId> {
        let question = self.at?.question;
        let choice = question.menu.as_ref().and_then(|menu| menu.typed(self.said)).map(|choice| &choice.next);
        choice.or_else(|| question.typed.iter().find(|answer| answer.finds(self.said)).map(|answer| &answer.next))
    }

    /// The rules that match, those that come first first.
    fn rules(&self) -> impl Iterator<Item = &'a Live<KeywordRule>> {
        let Self { inbound, said, facts, .. } = self;
        let covers = |rule: &KeywordRule| rule.covers(&inbound.number, facts.language);
        self.active.matching(said).filter(move |live| covers(&live.content))
    }

    /// Hands over to a person. What the customer may not be sent is left unsaid.
    fn person(&self) -> Reaction {
        if let Some(silence) = self.kept_by_people() {
            return silent(silence, None);
        }
        let routing = self.rules().find_map(|live| match &live.content.action {
            Action::Route(to) => Some((made_by_rule(live), to.clone())),
            Action::Reply { .. } | Action::StartFlow(_) | Action::Tag(_) => None,
        });
        let of_flow = || self.at.map(|at| (made(at.flow, Some(&at.place.node)), at.flow.content.person.clone()));
        let (by, to) = routing.or_else(of_flow).map_or_else(|| (None, self.desk()), |(by, to)| (Some(by), to));
        let Facts { suppressions, stopped, .. } = self.facts;
        let may = suppressions.forbidding(MessageCategory::Service).is_none() && self.window_is_open() && !stopped;
        let replies = said(to.say.as_ref()).filter(|_| may).into_iter().collect();
        acts(Act { cause: Cause::AskedForPerson(by), replies, hand_over: Some(to), tags: BTreeSet::new() }, None)
    }

    /// While it waits for people, a rule may still put it where it belongs, without a word: whoever is on the other side may be
    /// a machine that says the same again and again. What somebody is answering stays with them.
    fn routed(&self, silence: Silence) -> Reaction {
        let elsewhere = |live: &&Live<KeywordRule>| live.content.queue().is_some_and(|to| self.facts.queue != Some(to));
        match self.rules().find(elsewhere) {
            Some(live) if silence == Silence::WaitsForPerson => self.by_rule(live, None).without_words(),
            _ => silent(silence, None),
        }
    }

    fn desk(&self) -> HandOver {
        HandOver { queue: self.facts.limits.queue.clone(), note: None, say: None }
    }

    /// What the rule does. An answer leaves a running flow where it is.
    fn by_rule(&self, live: &Live<KeywordRule>, place: Option<Place>) -> Reaction {
        let cause = Cause::Matched(made_by_rule(live));
        let nothing = Act { cause, replies: Vec::new(), hand_over: None, tags: BTreeSet::new() };
        match &live.content.action {
            Action::Reply { say, buttons } => {
                let reply = answer(&live.content, &say.text, buttons);
                acts(Act { replies: vec![reply], ..nothing }, place)
            }
            Action::StartFlow(flow) => match self.startable(*flow) {
                Some(flow) => begin(flow, self.facts, self.now),
                // What it leads to is not live any more: people answer what no machine does.
                None => acts(Act { hand_over: Some(self.desk()), ..nothing }, None),
            },
            Action::Route(to) => {
                let replies = said(to.say.as_ref()).into_iter().collect();
                acts(Act { replies, hand_over: Some(to.clone()), ..nothing }, None)
            }
            Action::Tag(tags) => acts(Act { tags: tags.clone(), ..nothing }, place),
        }
    }

    fn by_auto_reply(&self) -> Reaction {
        let Some(live) = self.active.auto_replies().find(|live| self.is_in_force(&live.content)) else {
            return silent(Silence::NothingMatches, None);
        };
        let reply = &live.content;
        let by = Made {
            subject: Subject::AutoReply(reply.id),
            version: live.version,
            authority: live.authority,
            node: None,
        };
        let nothing = Act { cause: Cause::Matched(by), replies: Vec::new(), hand_over: None, tags: BTreeSet::new() };
        if !self.has_read(reply) {
            return acts(Act { replies: said(Some(&reply.say)).into_iter().collect(), ..nothing }, None);
        }
        let flow = match &reply.fallback {
            None => return silent(Silence::SaidAlready, None),
            Some(ReplyFallback::Person) => None,
            Some(ReplyFallback::Flow(flow)) => self.startable(*flow),
        };
        let Some(flow) = flow else {
            let to = reply.person.clone().unwrap_or_else(|| self.desk());
            let replies = said(to.say.as_ref()).into_iter().collect();
            return acts(Act { replies, hand_over: Some(to), ..nothing }, None);
        };
        begin(flow, self.facts, self.now)
    }

    /// The flow, if it is live and meant for this customer.
    fn startable(&self, flow: FlowId) -> Option<&'a Live<Flow>> {
        let covers = |flow: &Flow| flow.scope.covers(&self.inbound.number, self.facts.language);
        self.active.flow(flow).filter(|live| covers(&live.content))
    }

    fn has_read(&self, reply: &AutoReply) -> bool {
        let by = Some(Subject::AutoReply(reply.id));
        self.facts.recent.iter().any(|one| one.by == by && self.now.since(one.at) < AGAIN)
    }

    fn is_in_force(&self, reply: &AutoReply) -> bool {
        let facts = self.facts;
        let open = |hours: &Option<OpeningHours>| hours.as_ref().is_none_or(|hours| hours.is_open(self.now));
        let speaks = match &reply.occasion {
            Occasion::Closed(hours) => !hours.is_open(self.now),
            Occasion::EverybodyAway(hours) => facts.everybody_away && open(hours),
            // Who has just read it is still meant: what follows is the fallback.
            Occasion::FirstMessage(hours) => (facts.first_message || self.has_read(reply)) && open(hours),
        };
        let queued = reply.queues.is_empty() || facts.queue.is_some_and(|queue| reply.queues.contains(queue));
        speaks && queued && reply.scope.covers(&self.inbound.number, facts.language)
    }

    /// Ends it where two machines may be talking to each other, or one customer has had enough: a person goes on.
    fn guarded(&self, reaction: Reaction) -> Reaction {
        let Some(act) = reaction.act().filter(|act| !act.replies.is_empty() && act.hand_over.is_none()) else {
            return reaction;
        };
        let limits = self.facts.limits;
        let within = |span| self.facts.recent.iter().filter(move |one| self.now.since(one.at) < span).count();
        let guard = if within(limits.burst_within) >= limits.burst {
            Guard::PingPong
        } else if within(DAY) >= limits.per_day {
            Guard::DailyCap
        } else {
            return reaction;
        };
        let cause = Cause::Guarded(guard, act.cause.made().cloned());
        let to = self.at.map_or_else(|| self.desk(), |at| at.flow.content.person.clone());
        acts(Act { cause, replies: Vec::new(), hand_over: Some(to), tags: BTreeSet::new() }, None)
    }
}

fn acts(act: Act, place: Option<Place>) -> Reaction {
    Reaction { outcome: Outcome::Acts(Box::new(act)), place }
}

fn made_by_rule(live: &Live<KeywordRule>) -> Made {
    Made {
        subject: Subject::KeywordRule(live.content.id),
        version: live.version,
        authority: live.authority,
        node: None,
    }
}

/// A rule's answer. A tap on one of its buttons is read by its words, so that the id only has to be one of a kind.
fn answer(rule: &KeywordRule, text: &str, buttons: &[String]) -> Outgoing {
    let text = text.to_owned();
    if buttons.is_empty() {
        return Outgoing::Text { text };
    }
    let tappable = |(at, title): (usize, &String)| Tappable {
        id: format!("{}.{}", rule.id, at + 1),
        title: title.clone(),
        description: None,
    };
    Outgoing::Buttons { text, buttons: buttons.iter().enumerate().map(tappable).collect() }
}

#[cfg(test)]
mod tests;
