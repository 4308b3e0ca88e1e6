//! What automation says, laid out step by step for those who read it before it speaks, and two versions of it side by side.

use super::automation::{LeadKind, LeadView, ScriptLine, ScriptView, StepKind, StepView, TriggerView};
use super::messages::{ChoiceView, SaidView};
use crate::domain::automation::Content;
use crate::domain::automation::auto_replies::{AutoReply, ReplyFallback};
use crate::domain::automation::flows::{Flow, Node, Say};
use crate::domain::automation::keywords::{Action, KeywordRule};
use crate::domain::automation::names::NodeId;
use crate::domain::automation::replies::{HandOver, Wording};
use crate::domain::contacts::Language;
use crate::domain::ids::FlowId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Differences that a page lists, at most: whoever changes more has written something new.
const LISTED: usize = 80;

/// Names that people know, for the ids in a script.
pub trait Named {
    /// What a number is displayed as.
    fn number(&self, id: &str) -> String;
    /// What a flow is called.
    fn flow(&self, id: FlowId) -> String;
    /// What starts a flow today.
    fn starters(&self, id: FlowId) -> Vec<String>;
}

impl ScriptView {
    /// Of what a version says.
    #[must_use]
    pub fn of(content: &Content, names: &impl Named) -> Self {
        let scope = content.scope();
        let (trigger, steps) = match content {
            Content::KeywordRule(rule) => (listens(rule), vec![acts(rule, names)]),
            Content::Flow(flow) => (started(flow, names), steps(flow)),
            Content::AutoReply(reply) => {
                let trigger = TriggerView::Occasion { occasion: reply.occasion.clone(), queues: reply.queues.clone() };
                (trigger, replies(reply, names))
            }
        };
        Self {
            kind: content.subject().kind(),
            trigger,
            numbers: scope.numbers.iter().map(|id| names.number(id)).collect(),
            languages: scope.languages.iter().map(Language::to_string).collect(),
            steps,
        }
    }
}

fn listens(rule: &KeywordRule) -> TriggerView {
    TriggerView::Keywords { priority: rule.priority, matching: rule.kind, phrases: rule.phrases.clone() }
}

fn started(flow: &Flow, names: &impl Named) -> TriggerView {
    TriggerView::Started {
        kind: flow.kind,
        starters: names.starters(flow.id),
        timeout_minutes: flow.timeout_minutes,
        tries: flow.fallback.tries,
    }
}

fn step(does: StepKind) -> StepView {
    StepView {
        name: String::new(),
        depth: 0,
        reached: true,
        does,
        says: None,
        prices: Vec::new(),
        what: None,
        note: None,
        holds: None,
        leads: Vec::new(),
    }
}

fn says(does: StepKind, wording: &Wording) -> StepView {
    StepView { says: Some(SaidView::of_wording(wording, None)), prices: prices(wording), ..step(does) }
}

fn prices(wording: &Wording) -> Vec<String> {
    wording.prices.iter().map(|price| format!("{} · {} · {}", price.shown, price.source, price.as_of)).collect()
}

fn hands_over(to: &HandOver) -> StepView {
    let said = to.say.as_ref().map_or_else(|| step(StepKind::HandOver), |say| says(StepKind::HandOver, say));
    StepView { what: Some(to.queue.to_string()), note: to.note.clone(), ..said }
}

fn starts(flow: FlowId, names: &impl Named) -> StepView {
    StepView { what: Some(names.flow(flow)), ..step(StepKind::StartFlow) }
}

fn acts(rule: &KeywordRule, names: &impl Named) -> StepView {
    match &rule.action {
        Action::Reply { say, buttons } => {
            let mut shown = says(StepKind::Message, say);
            if let Some(said) = shown.says.as_mut().filter(|_| !buttons.is_empty()) {
                "reply_buttons".clone_into(&mut said.kind);
                said.choices = buttons.iter().map(|title| ChoiceView::button(title)).collect();
            }
            shown
        }
        Action::StartFlow(flow) => starts(*flow, names),
        Action::Route(to) => hands_over(to),
        Action::Tag(tags) => {
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            StepView { what: Some(tags.join(", ")), ..step(StepKind::Tag) }
        }
    }
}

/// First the text, then what happens to those who write on.
fn replies(reply: &AutoReply, names: &impl Named) -> Vec<StepView> {
    let then = match &reply.fallback {
        Some(ReplyFallback::Flow(flow)) => Some(starts(*flow, names)),
        Some(ReplyFallback::Person) | None => None,
    };
    let person = reply.person.as_ref().map(hands_over);
    let later = then.into_iter().chain(person).map(|step| StepView { depth: 1, ..step });
    [says(StepKind::Message, &reply.say)].into_iter().chain(later).collect()
}

/// The nodes in the order in which customers come to them, then those to which nothing leads, then what happens with answers
/// that the flow does not know, and who takes over.
fn steps(flow: &Flow) -> Vec<StepView> {
    let mut listed = Vec::new();
    let mut seen: BTreeSet<&NodeId> = BTreeSet::new();
    let mut waiting = vec![(&flow.start, 0)];
    while let Some((name, depth)) = waiting.pop() {
        if let Some(node) = flow.nodes.get(name).filter(|_| seen.insert(name)) {
            listed.push(of_node(name, node, depth, true, &seen));
            let mut next: Vec<_> = node.next().into_iter().map(|next| (next, depth + 1)).collect();
            next.reverse();
            waiting.extend(next);
        }
        // The fallback is reached from any question.
        if waiting.is_empty() && !seen.contains(&flow.fallback.next) && flow.nodes.contains_key(&flow.fallback.next) {
            waiting.push((&flow.fallback.next, 1));
        }
    }
    let rest = flow.nodes.iter().filter(|(name, _)| !seen.contains(name));
    listed.extend(rest.map(|(name, node)| of_node(name, node, 0, false, &seen)));
    let next = LeadView {
        by: LeadKind::Next,
        words: Vec::new(),
        matching: None,
        to: flow.fallback.next.to_string(),
        back: false,
    };
    listed.push(StepView { leads: vec![next], ..says(StepKind::Fallback, &flow.fallback.say) });
    listed.push(hands_over(&flow.person));
    listed
}

fn of_node(name: &NodeId, node: &Node, depth: u32, reached: bool, seen: &BTreeSet<&NodeId>) -> StepView {
    let on = |by, to: &NodeId| LeadView {
        by,
        words: Vec::new(),
        matching: None,
        to: to.to_string(),
        back: seen.contains(to),
    };
    let shown = match node {
        Node::Message { say: Say::Text(say), next } => {
            StepView { leads: vec![on(LeadKind::Next, next)], ..says(StepKind::Message, say) }
        }
        Node::Message { say: Say::Template(template), next } => {
            StepView { what: Some(template.clone()), leads: vec![on(LeadKind::Next, next)], ..step(StepKind::Template) }
        }
        Node::Question(question) => {
            let chosen = question
                .choices()
                .map(|it| LeadView { words: vec![it.title.clone()], ..on(LeadKind::Choice, &it.next) });
            let typed = question.typed.iter().map(|it| LeadView {
                words: it.phrases.clone(),
                matching: Some(it.kind),
                ..on(LeadKind::Typed, &it.next)
            });
            StepView {
                says: Some(SaidView::of_wording(&question.ask, question.menu.as_ref())),
                prices: prices(&question.ask),
                leads: chosen.chain(typed).collect(),
                ..step(StepKind::Question)
            }
        }
        Node::Condition { holds, then, otherwise } => StepView {
            holds: Some(holds.clone()),
            leads: vec![on(LeadKind::Then, then), on(LeadKind::Otherwise, otherwise)],
            ..step(StepKind::Condition)
        },
        Node::Tag { tag, next } => {
            StepView { what: Some(tag.clone()), leads: vec![on(LeadKind::Next, next)], ..step(StepKind::Tag) }
        }
        Node::HandOver(to) => hands_over(to),
        Node::End { say } => say.as_ref().map_or_else(|| step(StepKind::End), |say| says(StepKind::End, say)),
    };
    StepView { name: name.to_string(), depth, reached, ..shown }
}

/// What is different between two versions, and how much of it is not listed.
#[must_use]
pub fn differences(before: &Content, after: &Content) -> (Vec<ScriptLine>, u64) {
    let (was, would) = (leaves(before), leaves(after));
    let places: BTreeSet<&String> = was.keys().chain(would.keys()).collect();
    let line = |place: &String| ScriptLine {
        place: place.clone(),
        before: was.get(place).cloned(),
        after: would.get(place).cloned(),
    };
    let mut lines: Vec<_> = places.into_iter().map(line).filter(|line| line.before != line.after).collect();
    let unlisted = lines.len().saturating_sub(LISTED);
    lines.truncate(LISTED);
    (lines, u64::try_from(unlisted).unwrap_or(u64::MAX))
}

/// Every value of a content, by its place: `nodes.menu.question.ask.text`.
fn leaves(content: &Content) -> BTreeMap<String, String> {
    fn gather(place: &str, value: &Value, found: &mut BTreeMap<String, String>) {
        let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| gather(&below(name), value, found)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| gather(&below(&(at + 1).to_string()), item, found));
            }
            Value::Null => {}
            Value::String(text) => drop(found.insert(place.to_owned(), text.clone())),
            Value::Bool(_) | Value::Number(_) => drop(found.insert(place.to_owned(), value.to_string())),
        }
    }
    let mut found = BTreeMap::new();
    let value = serde_json::to_value(content).unwrap_or_default();
    if let Some(value) = value.get("content") {
        gather("", value, &mut found);
    }
    found.remove("id");
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::automation::samples::{menu, rule};

    struct Nobody;

    impl Named for Nobody {
        fn number(&self, id: &str) -> String {
            id.to_owned()
        }
        fn flow(&self, id: FlowId) -> String {
            id.to_string()
        }
        fn starters(&self, _: FlowId) -> Vec<String> {
            Vec::new()
        }
    }

    #[test]
    fn a_flow_is_listed_as_customers_come_to_it() {
        let mut flow = menu();
        flow.nodes.insert(
            "lost".parse().unwrap(),
            serde_json::from_value(serde_json::json!({"tag": {"tag": "x", "next": "menu"}})).unwrap(),
        );
        let script = ScriptView::of(&Content::Flow(flow), &Nobody);
        let steps: Vec<(&str, u32, bool)> =
            script.steps.iter().map(|step| (step.name.as_str(), step.depth, step.reached)).collect();
        assert_eq!(
            steps,
            [
                ("hello", 0, true),
                ("menu", 1, true),
                ("hours", 2, true),
                ("bye", 3, true),
                ("desk", 2, true),
                ("lost", 0, false),
                ("", 0, true),
                ("", 0, true),
            ]
        );
        let menu = &script.steps[1];
        let leads: Vec<_> = menu.leads.iter().map(|lead| (lead.by, lead.words.join(","), lead.to.as_str())).collect();
        assert_eq!(
            leads,
            [
                (LeadKind::Choice, "Opening hours".to_owned(), "hours"),
                (LeadKind::Choice, "Somebody else".to_owned(), "desk"),
                (LeadKind::Typed, "open,幾點".to_owned(), "hours"),
            ]
        );
        assert!(script.steps[5].leads[0].back, "to where customers have been");
    }

    #[test]
    fn each_difference_has_its_place() {
        let before = rule(10, "price");
        let mut after = before.clone();
        after.phrases.push("prices".into());
        after.priority = 20;
        let (lines, unlisted) = differences(&Content::KeywordRule(before.clone()), &Content::KeywordRule(after));
        let lines: Vec<_> =
            lines.iter().map(|line| (line.place.as_str(), line.before.as_deref(), line.after.as_deref())).collect();
        assert_eq!(lines, [("phrases.2", None, Some("prices")), ("priority", Some("10"), Some("20"))]);
        assert_eq!(unlisted, 0);
        let same = Content::KeywordRule(before);
        assert_eq!(differences(&same, &same), (Vec::new(), 0));
    }
}
