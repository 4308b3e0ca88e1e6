//! Whatever flow passes the rules is walked to its end, whatever the customer does.

use super::*;
use crate::domain::automation::Subject;
use crate::domain::automation::flows::{MOST_IN_A_ROW, MOST_TURNS, Place};
use crate::domain::automation::react::react;
use crate::domain::automation::reaction::{Cause, Inbound, Reaction, Said};
use crate::domain::automation::replies::Outgoing;
use crate::domain::automation::samples::{Known as Customer, tap, text};
use proptest::prelude::*;
use std::time::Duration;

/// A node that leads among so many others.
fn any_node(count: usize) -> impl Strategy<Value = Value> {
    let next = || (0..count).prop_map(|n| format!("n{n}"));
    prop_oneof![
        2 => next().prop_map(|next| message(&next)),
        1 => next().prop_map(|next| json!({"tag": {"tag": "seen", "next": next}})),
        1 => (next(), next()).prop_map(|(then, otherwise)| {
            json!({"condition": {"holds": {"tag": "seen"}, "then": then, "otherwise": otherwise}})
        }),
        4 => prop::collection::vec(next(), 1..=3).prop_map(|next| question(&next.iter().map(String::as_str).collect::<Vec<_>>())),
        1 => Just(json!({"hand_over": {"queue": "sales"}})),
        1 => Just(json!({"end": {}})),
    ]
}

fn any_flow() -> impl Strategy<Value = Flow> {
    (2..9_usize).prop_flat_map(|count| (prop::collection::vec(any_node(count), count), 0..count, 1..4_u8)).prop_map(
        |(nodes, fallback, tries)| {
            let nodes: serde_json::Map<String, Value> =
                nodes.into_iter().enumerate().map(|(n, node)| (format!("n{n}"), node)).collect();
            let mut flow = flow("n0", Value::Object(nodes));
            flow.fallback.next = format!("n{fallback}").parse().unwrap();
            flow.fallback.tries = tries;
            flow
        },
    )
}

/// What a customer does: taps or types one of what was shown, or says something else.
fn play(shown: Option<&Reaction>, choice: usize) -> Inbound {
    let replies = shown.and_then(|reaction| reaction.act()).map_or(&[][..], |act| &act.replies);
    let buttons = replies.iter().rev().find_map(|reply| match reply {
        Outgoing::Buttons { buttons, .. } => Some(buttons),
        _ => None,
    });
    match (choice % 5, buttons.and_then(|buttons| buttons.get(choice % buttons.len()))) {
        (0..=2, Some(button)) => tap(&button.id, &button.title),
        (3, Some(button)) => text(&button.title),
        (4, _) => Inbound { said: Said::Other { words: None }, ..text("") },
        _ => text("something else"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 200_000, ..ProptestConfig::default() })]

    #[test]
    fn a_flow_that_passes_never_loops_and_always_comes_to_a_person_or_an_end(
        flow in any_flow(),
        choices in prop::collection::vec(0..60_usize, 120),
    ) {
        prop_assume!(Business::default().check(&Content::Flow(flow.clone())).iter().all(|f| f.level != Level::Block));
        let start = KeywordRule { action: Action::StartFlow(flow.id), ..rule(10, "begin") };
        let all = active([Content::Flow(flow.clone()), Content::KeywordRule(start)]);
        let known = Customer::default();
        let mut reaction = react(&text("begin"), None, &all, &known.facts(), NOW);
        let mut turns = 0;
        for choice in choices {
            let act = reaction.act().expect("a flow that goes on says something");
            prop_assert!(act.replies.len() <= MOST_IN_A_ROW + 2);
            let guard = match &act.cause {
                Cause::Guarded(guard, _) => Some(guard.as_str()),
                _ => None,
            };
            prop_assert!(matches!(guard, None | Some("too_many_turns")), "{:?}", guard);
            let Some(place) = reaction.place.clone() else { break };
            prop_assert!(act.hand_over.is_none(), "whoever waits for a person is not asked on");
            prop_assert!(place.turns <= MOST_TURNS);
            turns += 1;
            let inbound = play(Some(&reaction), choice);
            let again = react(&inbound, Some(&place), &all, &known.facts(), NOW);
            reaction = react(&inbound, Some(&place), &all, &known.facts(), NOW);
            prop_assert_eq!(&again, &reaction, "the same message leads to the same answer");
        }
        prop_assert!(reaction.place.is_none(), "still in the flow after {} answers", turns);
        let act = reaction.act().unwrap();
        let node = act.cause.made().and_then(|made| made.node.clone()).unwrap();
        prop_assert!(act.hand_over.is_some() || flow.nodes.get(&node).is_some_and(Node::is_last));
    }

    #[test]
    fn wherever_a_customer_stands_a_person_is_one_word_away(flow in any_flow(), node in 0..9_usize, word in 0..4_usize) {
        let place = Place {
            flow: flow.id, version: 1, node: format!("n{node}").parse().unwrap(), tries: 0, turns: 0, since: NOW,
        };
        let all = active([Content::Flow(flow)]);
        let known = Customer::default();
        let word = ["human", "真人", "客服", "转人工"][word];
        let reaction = react(&text(word), Some(&place), &all, &known.facts(), NOW);
        prop_assert!(reaction.act().is_some_and(|act| act.hand_over.is_some()) && reaction.place.is_none());
    }

    #[test]
    fn among_rules_that_match_the_lowest_number_wins(priorities in prop::collection::btree_set(1..1_000_u16, 2..6)) {
        let rules: Vec<KeywordRule> = priorities.iter().rev().map(|priority| rule(*priority, "price")).collect();
        let all = active(rules.iter().cloned().map(Content::KeywordRule));
        let known = Customer::default();
        let reaction = react(&text("price"), None, &all, &known.facts(), NOW.after(Duration::from_secs(1)));
        let first = rules.iter().min_by_key(|rule| rule.priority).unwrap();
        let subject = reaction.made().unwrap().subject;
        prop_assert_eq!(subject, Subject::KeywordRule(first.id));
    }
}
