//! What the rules say of automation: that it ends, leads to a person, answers what it is meant for, and says what may be said.

mod flows;
mod keywords;
mod prices;
pub mod switch;
mod texts;

use super::rules::{AUTO_09, AUTO_26, AUTO_27, AUTO_28, AUTO_29, AUTO_30, AUTO_33, AUTO_42};
use super::settings::Settings;
use crate::domain::automation::auto_replies::{AutoReply, ReplyFallback};
use crate::domain::automation::flows::Node;
use crate::domain::automation::keywords::Action;
use crate::domain::automation::names::Queue;
use crate::domain::automation::plan::AutomationPlan;
use crate::domain::automation::replies::HandOver;
use crate::domain::automation::scope::Scope;
use crate::domain::automation::{Active, Content};
use crate::domain::clock::Timestamp;
use crate::domain::ids::FlowId;
use crate::domain::orders::Product;
use crate::domain::preview::{Finding, Span};
use crate::domain::templates::MessageTemplate;
use std::collections::BTreeSet;

/// What the rules look at besides the proposal.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What is live now.
    pub active: &'a Active,
    /// The templates that the business has, in all languages.
    pub templates: &'a [MessageTemplate],
    /// The queues that there are; none if nobody has set any up.
    pub queues: Option<&'a BTreeSet<Queue>>,
    /// The business's numbers, by Meta's id.
    pub numbers: &'a BTreeSet<String>,
    /// What the source of orders says of products that are named.
    pub products: &'a [Product],
    /// What the rules measure by.
    pub settings: &'a Settings,
    /// When.
    pub now: Timestamp,
}

/// The findings of a proposal, the heaviest first.
#[must_use]
pub fn check(content: &Content, known: &Known<'_>) -> Vec<Finding> {
    let mut findings = match content {
        Content::KeywordRule(rule) => {
            let mut findings = keywords::check(rule, known);
            if let Action::StartFlow(flow) = &rule.action {
                findings.extend(startable(*flow, &rule.scope, known));
            }
            findings
        }
        Content::Flow(flow) => flows::check(flow, known),
        Content::AutoReply(reply) => auto_reply(reply, known),
    };
    findings.extend(texts::check(content, known));
    for (place, to) in hand_overs(content) {
        let unknown = known.queues.is_some_and(|queues| !queues.contains(&to.queue));
        if unknown {
            let queue = to.queue.as_str();
            let finding = AUTO_29.says(&[("place", place.as_str().into()), ("queue", queue.into())]);
            findings.push(finding.at(whole(&place, queue)));
        }
    }
    for number in content.scope().numbers.difference(known.numbers) {
        findings.push(AUTO_30.says(&[("number", number.as_str().into())]).at(whole("scope.numbers", number)));
    }
    findings.sort_by_key(|finding| finding.level);
    findings
}

/// The same of a draft, which answers nobody yet: who takes over, and what happens to those who write on, may still be open.
#[must_use]
pub fn check_draft(content: &Content, known: &Known<'_>) -> Vec<Finding> {
    let open = [AUTO_26.id, AUTO_27.id];
    check(content, known).into_iter().filter(|finding| !open.contains(&finding.rule.as_str())).collect()
}

/// Whether the newest version is still the one that a proposal was made on, where 0 stands for none, and what was live then is
/// live now.
#[must_use]
pub fn recheck(plan: &AutomationPlan, newest: u32, live: Option<u32>) -> Vec<Finding> {
    let base = plan.base;
    let changed = (base != newest).then(|| AUTO_33.says(&[("base", base.into()), ("version", newest.into())]));
    let switched = (plan.live != live).then(|| AUTO_42.says(&[]));
    changed.into_iter().chain(switched).collect()
}

fn auto_reply(reply: &AutoReply, known: &Known<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &reply.fallback {
        None => findings.push(AUTO_26.says(&[])),
        Some(ReplyFallback::Person) => {}
        Some(ReplyFallback::Flow(flow)) => findings.extend(startable(*flow, &reply.scope, known)),
    }
    if reply.person.is_none() {
        findings.push(AUTO_27.says(&[]));
    }
    findings
}

/// Whether a flow can be started for everybody whom something is meant for.
fn startable(flow: FlowId, scope: &Scope, known: &Known<'_>) -> Option<Finding> {
    let live = known.active.flow(flow).is_some_and(|live| live.content.scope.holds(scope));
    (!live).then(|| AUTO_28.says(&[("flow", flow.to_string().into())]).at(whole("flow", &flow.to_string())))
}

fn hand_overs(content: &Content) -> Vec<(String, &HandOver)> {
    match content {
        Content::KeywordRule(rule) => match &rule.action {
            Action::Route(to) => vec![("action".to_owned(), to)],
            Action::Reply { .. } | Action::StartFlow(_) | Action::Tag(_) => Vec::new(),
        },
        Content::Flow(flow) => {
            let nodes = flow.nodes.iter().filter_map(|(name, node)| match node {
                Node::HandOver(to) => Some((format!("nodes.{name}"), to)),
                _ => None,
            });
            nodes.chain([("person".to_owned(), &flow.person)]).collect()
        }
        Content::AutoReply(reply) => reply.person.iter().map(|to| ("person".to_owned(), to)).collect(),
    }
}

/// A figure that must lie between two others.
fn within(field: &str, value: u64, least: u64, most: u64) -> Option<Finding> {
    let facts = [("field", field.into()), ("value", value.into()), ("least", least.into()), ("most", most.into())];
    let outside = value < least || value > most;
    outside.then(|| AUTO_09.says(&facts).at(whole(field, &value.to_string())))
}

fn whole(field: &str, text: &str) -> Span {
    Span { field: field.to_owned(), start: 0, end: text.chars().count(), text: text.to_owned() }
}

#[cfg(test)]
mod tests;
