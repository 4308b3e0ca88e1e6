//! The shape of a flow: that every walk through it ends, and that a person can be reached from wherever it waits.

use super::{Known, whole, within};
use crate::domain::automation::flows::{Flow, MOST_IN_A_ROW, Node, Say};
use crate::domain::automation::names::NodeId;
use crate::domain::policy::message::state;
use crate::domain::policy::rules::{
    AUTO_01, AUTO_02, AUTO_03, AUTO_04, AUTO_05, AUTO_06, AUTO_07, AUTO_08, AUTO_22, AUTO_23,
};
use crate::domain::preview::{Finding, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Nobody can read and sign a flow of more nodes.
const MOST_NODES: u64 = 200;

/// What the rules say of a flow's shape, its figures and its templates.
pub(super) fn check(flow: &Flow, known: &Known<'_>) -> Vec<Finding> {
    let count = u64::try_from(flow.nodes.len()).unwrap_or(u64::MAX);
    let figures = [
        within("nodes", count, 1, MOST_NODES),
        within("fallback.tries", flow.fallback.tries.into(), 1, 5),
        within("timeout_minutes", flow.timeout_minutes.into(), 1, 24 * 60),
    ];
    let mut findings: Vec<Finding> = figures.into_iter().flatten().collect();
    if count > MOST_NODES {
        return findings;
    }
    findings.extend(leads_nowhere(flow));
    findings.extend(unanswerable(flow));
    let circles = circles(flow);
    if circles.is_empty() {
        findings.extend(too_much_in_a_row(flow));
    }
    findings.extend(circles);
    findings.extend(ways_out(flow));
    findings.extend(templates(flow, known));
    findings
}

fn at(node: &NodeId) -> Span {
    whole(&format!("nodes.{node}"), node.as_str())
}

/// Where a node can go on, the fallback of a question included.
fn all_ways<'a>(flow: &'a Flow, node: &'a Node) -> Vec<&'a NodeId> {
    let mut ways = node.next();
    ways.extend(node.waits().then_some(&flow.fallback.next));
    ways
}

fn leads_nowhere(flow: &Flow) -> Vec<Finding> {
    let ends = [("start".to_owned(), &flow.start), ("fallback".to_owned(), &flow.fallback.next)];
    let nodes = flow
        .nodes
        .iter()
        .flat_map(|(name, node)| node.next().into_iter().map(move |next| (format!("nodes.{name}"), next)));
    let missing = ends.into_iter().chain(nodes).filter(|(_, next)| !flow.nodes.contains_key(*next));
    missing
        .map(|(place, next)| {
            let facts = [("place", place.as_str().into()), ("node", next.as_str().into())];
            AUTO_03.says(&facts).at(whole(&place, next.as_str()))
        })
        .collect()
}

fn unanswerable(flow: &Flow) -> Vec<Finding> {
    let questions = flow.nodes.iter().filter(|(_, node)| node.waits() && node.next().is_empty());
    questions.map(|(name, _)| AUTO_08.says(&[("node", name.as_str().into())]).at(at(name))).collect()
}

/// Circles of nodes of which none waits for the customer, each once.
fn circles(flow: &Flow) -> Vec<Finding> {
    fn visit<'a>(
        flow: &'a Flow,
        name: &'a NodeId,
        path: &mut Vec<&'a NodeId>,
        done: &mut BTreeSet<&'a NodeId>,
        found: &mut Vec<Finding>,
    ) {
        if let Some(from) = path.iter().position(|known| *known == name) {
            let circle = path.iter().skip(from).chain([&name]).map(|node| node.as_str()).collect::<Vec<_>>();
            found.push(AUTO_01.says(&[("nodes", circle.join(" → ").into())]).at(at(name)));
            return;
        }
        let Some(node) = flow.nodes.get(name).filter(|node| !node.waits() && !done.contains(name)) else { return };
        path.push(name);
        for next in node.next() {
            visit(flow, next, path, done, found);
        }
        path.pop();
        done.insert(name);
    }
    let (mut done, mut found) = (BTreeSet::new(), Vec::new());
    for name in flow.nodes.keys() {
        visit(flow, name, &mut Vec::new(), &mut done, &mut found);
    }
    found
}

/// Only where there are no circles: it counts along every way.
fn too_much_in_a_row(flow: &Flow) -> Vec<Finding> {
    fn messages<'a>(flow: &'a Flow, name: &'a NodeId, known: &mut BTreeMap<&'a NodeId, usize>) -> usize {
        if let Some(count) = known.get(name) {
            return *count;
        }
        let Some(node) = flow.nodes.get(name).filter(|node| !node.waits()) else { return 0 };
        let after = node.next().into_iter().map(|next| messages(flow, next, known)).max().unwrap_or(0);
        let count = after + usize::from(matches!(node, Node::Message { .. }));
        known.insert(name, count);
        count
    }
    let answered = flow.nodes.values().filter(|node| node.waits()).flat_map(|node| all_ways(flow, node));
    let begins: BTreeSet<&NodeId> = answered.chain([&flow.start]).collect();
    let mut known = BTreeMap::new();
    let long = begins.into_iter().filter(|name| messages(flow, name, &mut known) > MOST_IN_A_ROW);
    let most = u64::try_from(MOST_IN_A_ROW).unwrap_or(u64::MAX);
    long.map(|name| AUTO_07.says(&[("node", name.as_str().into()), ("most", most.into())]).at(at(name))).collect()
}

/// The nodes from which one of these can be reached.
fn reaching<'a>(
    flow: &'a Flow,
    goal: impl Fn(&Node) -> bool,
    ways: impl Fn(&'a Node) -> Vec<&'a NodeId>,
) -> BTreeSet<&'a NodeId> {
    let mut found: BTreeSet<&NodeId> = BTreeSet::new();
    loop {
        let more: Vec<&NodeId> = flow
            .nodes
            .iter()
            .filter(|(name, _)| !found.contains(name))
            .filter(|(_, node)| goal(node) || ways(node).iter().any(|next| found.contains(next)))
            .map(|(name, _)| name)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn ways_out(flow: &Flow) -> Vec<Finding> {
    let hands_over = |node: &Node| matches!(node, Node::HandOver(_));
    let to_the_end = reaching(flow, Node::is_last, |node| all_ways(flow, node));
    let to_a_person = reaching(flow, hands_over, |node| all_ways(flow, node));
    let by_an_answer = reaching(flow, hands_over, Node::next);
    let reached = reached(flow);
    let mut findings = Vec::new();
    for (name, node) in &flow.nodes {
        let is = || ("node", name.as_str().into());
        let finding = if !reached.contains(name) {
            AUTO_04.says(&[is()])
        } else if !to_the_end.contains(name) {
            AUTO_02.says(&[is()])
        } else if node.waits() && !to_a_person.contains(name) {
            AUTO_05.says(&[is()])
        } else if node.waits() && !by_an_answer.contains(name) {
            AUTO_06.says(&[is(), ("tries", u64::from(flow.fallback.tries).into())])
        } else {
            continue;
        };
        findings.push(finding.at(at(name)));
    }
    findings
}

/// The nodes to which a walk can come.
fn reached(flow: &Flow) -> BTreeSet<&NodeId> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![&flow.start];
    while let Some(name) = waiting.pop() {
        if reached.insert(name)
            && let Some(node) = flow.nodes.get(name)
        {
            waiting.extend(all_ways(flow, node));
        }
    }
    reached
}

fn templates(flow: &Flow, known: &Known<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, node) in &flow.nodes {
        let Node::Message { say: Say::Template(template), .. } = node else { continue };
        let facts = || vec![("node", name.as_str().into()), ("template", template.as_str().into())];
        let span = || whole(&format!("nodes.{name}.template"), template);
        let variants = known.templates.iter().filter(|variant| variant.name == *template).collect::<Vec<_>>();
        if variants.is_empty() {
            findings.push(AUTO_22.says(&facts()).at(span()));
        }
        for variant in variants {
            findings.extend(state(variant, known.settings).into_iter().map(|finding| finding.at(span())));
            if !variant.content.placeholders().is_empty() {
                let language = ("language", variant.language.as_str().into());
                findings.push(AUTO_23.says(&[facts(), vec![language]].concat()).at(span()));
            }
        }
    }
    findings
}
