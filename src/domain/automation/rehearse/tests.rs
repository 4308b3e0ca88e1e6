//! What a rehearsal counts.

use super::super::keywords::{Action, KeywordRule};
use super::super::phrases::MatchKind;
use super::super::samples::{Known, NOW, active, menu, queue, rule, text};
use super::*;
use std::time::Duration;

fn past<'a>(known: &'a Known, messages: &[(u32, &str)]) -> Vec<Past<'a>> {
    let message = |(at, (who, said)): (usize, &(u32, &str))| {
        let at = u64::try_from(at).unwrap();
        let inbound = Inbound { wamid: format!("wamid.{at}"), at: NOW.after(Duration::from_mins(at)), ..text(said) };
        Past { contact: ContactNo(*who), inbound, facts: known.facts() }
    };
    messages.iter().enumerate().map(message).collect()
}

fn count(rehearsal: &Rehearsal, verdict: Verdict) -> u64 {
    rehearsal.verdicts.get(&verdict).copied().unwrap_or(0)
}

#[test]
fn a_broad_draft_shows_whom_it_takes_away_from_whom() {
    let price = rule(20, "price");
    let refund = KeywordRule { action: Action::Route(queue("returns")), ..rule(20, "refund") };
    let all = active([Content::KeywordRule(price.clone()), Content::KeywordRule(refund.clone())]);
    let draft = KeywordRule { kind: MatchKind::Contains, priority: 1, ..rule(1, "re") };
    let known = Known::default();
    let messages = [(1, "price"), (2, "refund price"), (3, "refund please"), (4, "where are you"), (5, "hmm")];
    let rehearsal =
        rehearse(&Change::Put(Box::new(Content::KeywordRule(draft.clone()))), &all, past(&known, &messages));
    assert_eq!(rehearsal.messages, 5);
    assert_eq!(count(&rehearsal, Verdict::Answered), 3);
    assert_eq!(count(&rehearsal, Verdict::Misrouted), 2);
    assert_eq!(count(&rehearsal, Verdict::LeftWithoutPerson), 2 - count_first_by_price(&price, &refund));
    assert_eq!(count(&rehearsal, Verdict::Looped), 0);
    let of_draft = rehearsal.by.iter().find(|(subject, _)| *subject == Subject::KeywordRule(draft.id));
    assert_eq!(of_draft.map(|(_, count)| *count), Some(3));
    let misrouted: Vec<&str> = rehearsal
        .samples
        .iter()
        .filter(|sample| sample.verdicts.contains(&Verdict::Misrouted))
        .map(|sample| sample.wamid.as_str())
        .collect();
    assert_eq!(misrouted, ["wamid.1", "wamid.2"]);
}

/// Of two rules of one priority the one with the lower id comes first.
fn count_first_by_price(price: &KeywordRule, refund: &KeywordRule) -> u64 {
    u64::from(price.id < refund.id)
}

#[test]
fn conversations_go_on_from_message_to_message() {
    let flow = menu();
    let start = KeywordRule { action: Action::StartFlow(flow.id), ..rule(10, "menu") };
    let all = active([Content::KeywordRule(start)]);
    let known = Known::default();
    // The second is somebody else, the fourth waits for a person.
    let messages = [(1, "menu"), (2, "1"), (1, "2"), (1, "menu")];
    let rehearsal = rehearse(&Change::Put(Box::new(Content::Flow(flow.clone()))), &all, past(&known, &messages));
    assert_eq!(rehearsal.by, [(Subject::Flow(flow.id), 2)]);
    assert_eq!(count(&rehearsal, Verdict::Answered), 2);
    let gone = rehearse(
        &Change::Remove(Subject::KeywordRule(all.rules().next().unwrap().content.id)),
        &all,
        past(&known, &messages),
    );
    assert_eq!((count(&gone, Verdict::Silenced), count(&gone, Verdict::LeftWithoutPerson)), (1, 1));
    assert_eq!(gone.by, []);
}

#[test]
fn a_rehearsal_of_what_is_live_changes_nothing() {
    let rule = rule(10, "price");
    let all = active([Content::KeywordRule(rule.clone())]);
    let known = Known::default();
    let messages = [(1, "price"), (1, "human"), (1, "price"), (2, "stop")];
    let rehearsal = rehearse(&Change::Put(Box::new(Content::KeywordRule(rule))), &all, past(&known, &messages));
    assert_eq!(rehearsal.verdicts.into_iter().collect::<Vec<_>>(), [(Verdict::Answered, 1)]);
}

#[test]
fn another_queue_and_other_words_are_seen_and_conversations_counted_once() {
    let refund = KeywordRule { action: Action::Route(queue("returns")), ..rule(20, "refund") };
    let price = rule(30, "price");
    let all = active([Content::KeywordRule(refund.clone()), Content::KeywordRule(price.clone())]);
    let elsewhere = KeywordRule { action: Action::Route(queue("complaints")), ..refund.clone() };
    let known = Known::default();
    let messages = [(1, "refund"), (2, "refund"), (3, "price"), (2, "price")];
    let put = |rule: KeywordRule| Change::Put(Box::new(Content::KeywordRule(rule)));
    let moved = rehearse(&put(elsewhere), &all, past(&known, &messages));
    assert_eq!((count(&moved, Verdict::OtherQueue), count(&moved, Verdict::Changed)), (2, 2));
    assert_eq!((moved.different, moved.conversations, count(&moved, Verdict::Misrouted)), (2, 2, 0));
    let sample = moved.samples.iter().find(|sample| sample.verdicts.contains(&Verdict::OtherQueue)).unwrap();
    let queues = [&sample.today, &sample.then].map(|answer| answer.as_ref().unwrap().queue.as_ref().unwrap().as_str());
    assert_eq!(queues, ["returns", "complaints"]);
    let worded = KeywordRule { action: Action::Tag(["asked".to_owned()].into()), ..price };
    let silent = rehearse(&put(worded), &all, past(&known, &messages));
    // The second who asks waits for a person already.
    assert_eq!((count(&silent, Verdict::Changed), silent.different, silent.conversations), (1, 1, 1));
}
