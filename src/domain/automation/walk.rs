//! A walk through a flow: from a node to the next question, to a person, or to the end.

use super::flows::{Fact, Flow, MOST_IN_A_ROW, MOST_TURNS, Node, Place, Question, Say};
use super::names::NodeId;
use super::reaction::{Act, Cause, Facts, Guard, Made, Outcome, Reaction};
use super::replies::{HandOver, Menu, Outgoing, Tappable, Wording};
use super::scope::covers;
use super::{Live, Subject};
use crate::domain::clock::Timestamp;
use std::collections::BTreeSet;

/// What has been gathered on the way.
struct Walk<'a> {
    flow: &'a Live<Flow>,
    replies: Vec<Outgoing>,
    tags: BTreeSet<String>,
}

impl Walk<'_> {
    fn ends(self, cause: Cause, hand_over: Option<HandOver>, place: Option<Place>) -> Reaction {
        let Self { replies, tags, .. } = self;
        Reaction { outcome: Outcome::Acts(Box::new(Act { cause, replies, hand_over, tags })), place }
    }

    fn matched(self, node: &NodeId, hand_over: Option<HandOver>, place: Option<Place>) -> Reaction {
        let cause = Cause::Matched(made(self.flow, Some(node)));
        self.ends(cause, hand_over, place)
    }

    /// What was said stays said; a person goes on.
    fn guarded(mut self, guard: Guard, node: &NodeId) -> Reaction {
        let person = &self.flow.content.person;
        self.replies.truncate(MOST_IN_A_ROW);
        self.replies.extend(said(person.say.as_ref()));
        let cause = Cause::Guarded(guard, Some(made(self.flow, Some(node))));
        let person = person.clone();
        self.ends(cause, Some(person), None)
    }
}

/// Names the flow as the cause, with a node.
pub(super) fn made(flow: &Live<Flow>, node: Option<&NodeId>) -> Made {
    Made {
        subject: Subject::Flow(flow.content.id),
        version: flow.version,
        authority: flow.authority,
        node: node.cloned(),
    }
}

/// A text as a message.
pub(super) fn said(wording: Option<&Wording>) -> Option<Outgoing> {
    wording.map(|wording| Outgoing::Text { text: wording.text.clone() })
}

/// Begins a flow.
pub(super) fn begin(flow: &Live<Flow>, facts: &Facts<'_>, now: Timestamp) -> Reaction {
    walk(flow, &flow.content.start, 0, facts, now)
}

/// Goes from `node` as far as it goes without an answer. `turns` counts the answers so far.
pub(super) fn walk(flow: &Live<Flow>, node: &NodeId, turns: u16, facts: &Facts<'_>, now: Timestamp) -> Reaction {
    let mut gathered = Walk { flow, replies: Vec::new(), tags: BTreeSet::new() };
    if turns > MOST_TURNS {
        return gathered.guarded(Guard::TooManyTurns, node);
    }
    let mut seen: BTreeSet<&NodeId> = BTreeSet::new();
    let mut node = node;
    loop {
        let Some((name, step)) = flow.content.nodes.get_key_value(node) else {
            return gathered.guarded(Guard::Loop, node);
        };
        if !seen.insert(name) || gathered.replies.len() > MOST_IN_A_ROW {
            return gathered.guarded(Guard::Loop, name);
        }
        match step {
            Node::Message { say, next } => {
                gathered.replies.push(match say {
                    Say::Text(wording) => Outgoing::Text { text: wording.text.clone() },
                    Say::Template(name) => Outgoing::Template { name: name.clone() },
                });
                node = next;
            }
            Node::Tag { tag, next } => {
                gathered.tags.insert(tag.clone());
                node = next;
            }
            Node::Condition { holds: fact, then, otherwise } => {
                node = if holds(fact, facts, &gathered.tags, now) { then } else { otherwise };
            }
            Node::Question(question) => {
                gathered.replies.push(asked(&flow.content, name, question, &question.ask.text));
                let place = Place {
                    flow: flow.content.id,
                    version: flow.version,
                    node: name.clone(),
                    tries: 0,
                    turns,
                    since: now,
                };
                return gathered.matched(name, None, Some(place));
            }
            Node::HandOver(to) => {
                gathered.replies.extend(said(to.say.as_ref()));
                return gathered.matched(name, Some(to.clone()), None);
            }
            Node::End { say } => {
                gathered.replies.extend(said(say.as_ref()));
                return gathered.matched(name, None, None);
            }
        }
    }
}

/// An answer that the question at `place` does not know: asks again, or goes where the fallback leads.
pub(super) fn misunderstood(
    flow: &Live<Flow>,
    question: &Question,
    place: &Place,
    facts: &Facts<'_>,
    now: Timestamp,
) -> Reaction {
    let fallback = &flow.content.fallback;
    if place.tries >= fallback.tries {
        return walk(flow, &fallback.next, place.turns.saturating_add(1), facts, now);
    }
    let again = asked(&flow.content, &place.node, question, &fallback.say.text);
    let gathered = Walk { flow, replies: vec![again], tags: BTreeSet::new() };
    let waiting = Place { tries: place.tries + 1, version: flow.version, since: now, ..place.clone() };
    gathered.matched(&place.node, None, Some(waiting))
}

/// A text with the choices of a question.
fn asked(flow: &Flow, node: &NodeId, question: &Question, text: &str) -> Outgoing {
    let text = text.to_owned();
    let tappable = |with_line: bool| {
        let choices = question.choices().map(|choice| Tappable {
            id: flow.tap_id(node, &choice.id),
            title: choice.title.clone(),
            description: choice.description.clone().filter(|_| with_line),
        });
        choices.collect::<Vec<_>>()
    };
    match &question.menu {
        None => Outgoing::Text { text },
        Some(Menu::Buttons(_)) => Outgoing::Buttons { text, buttons: tappable(false) },
        Some(Menu::List { button, .. }) => Outgoing::List { text, button: button.clone(), rows: tappable(true) },
    }
}

/// A label that was put on along the way counts already.
fn holds(fact: &Fact, facts: &Facts<'_>, tagged: &BTreeSet<String>, now: Timestamp) -> bool {
    match fact {
        Fact::Language(languages) => facts.language.is_some_and(|own| languages.iter().any(|one| covers(one, own))),
        Fact::Tag(tag) => facts.tags.contains(tag) || tagged.contains(tag),
        Fact::Open(hours) => hours.is_open(now),
    }
}
