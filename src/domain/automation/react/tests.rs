//! Who answers: the order, what keeps automation still, and the guards that end it.

use super::super::samples::{Known, NOW, active, auto_reply, flow, live, menu, queue, rule, tap, text};
use super::super::{Authority, Content, Kind};
use super::*;
use crate::domain::automation::reaction::{Answered, Limits};
use crate::domain::automation::replies::Wording;
use crate::domain::automation::scope::Scope;
use crate::domain::consent::{Suppression, Suppressions};
use crate::domain::contacts::Language;
use serde_json::json;

fn texts(reaction: &Reaction) -> Vec<&str> {
    let replies: &[Outgoing] = reaction.act().map_or(&[], |act| &act.replies);
    replies.iter().map(text_of).collect()
}

fn text_of(reply: &Outgoing) -> &str {
    match reply {
        Outgoing::Text { text } | Outgoing::Buttons { text, .. } | Outgoing::List { text, .. } => text,
        Outgoing::Template { name } => name,
    }
}

fn handed_to(reaction: &Reaction) -> Option<&str> {
    reaction.act()?.hand_over.as_ref().map(|to| to.queue.as_str())
}

fn at_menu(flow: &Flow) -> Place {
    Place { flow: flow.id, version: 1, node: "menu".parse().unwrap(), tries: 0, turns: 0, since: NOW }
}

#[test]
fn a_rule_answers_and_names_the_request_that_made_it_live() {
    let rule = rule(10, "price");
    let made_live = live(Content::KeywordRule(rule.clone()));
    let mut all = Active::default();
    all.put(made_live.clone());
    let known = Known::default();
    let reaction = react(&text("What is the PRICE?"), None, &all, &known.facts(), NOW);
    assert_eq!(texts(&reaction), ["You said price"]);
    let made = reaction.made().unwrap();
    assert_eq!((made.subject, made.version), (Subject::KeywordRule(rule.id), 1));
    assert_eq!(made.subject.kind(), Kind::KeywordRule);
    assert_eq!(made.authority, made_live.authority);
    assert!(matches!(made.authority, Authority::Request(_)));
    assert_eq!(reaction.place, None);
}

#[test]
fn of_several_rules_the_one_with_the_lowest_number_acts_within_its_scope() {
    let zh: Language = "zh_HK".parse().unwrap();
    let first = KeywordRule {
        scope: Scope { numbers: BTreeSet::new(), languages: BTreeSet::from([zh.clone()]) },
        ..rule(10, "price")
    };
    let second = rule(20, "price");
    let elsewhere = KeywordRule {
        scope: Scope { numbers: BTreeSet::from(["2".to_owned()]), languages: BTreeSet::new() },
        ..rule(5, "price")
    };
    let all = active([&second, &first, &elsewhere].map(|rule| Content::KeywordRule(rule.clone())));
    let known = Known::default();
    let en: Language = "en".parse().unwrap();
    for (language, expected) in [(Some(&zh), &first), (Some(&en), &second), (None, &first)] {
        let facts = Facts { language, ..known.facts() };
        let reaction = react(&text("price"), None, &all, &facts, NOW);
        assert_eq!(reaction.made().unwrap().subject, Subject::KeywordRule(expected.id), "{language:?}");
    }
}

#[test]
fn a_flow_is_walked_by_taps_and_by_typing() {
    let flow = menu();
    let start = KeywordRule { action: Action::StartFlow(flow.id), ..rule(10, "menu") };
    let all = active([Content::Flow(flow.clone()), Content::KeywordRule(start)]);
    let known = Known::default();
    let begun = react(&text("menu"), None, &all, &known.facts(), NOW);
    assert_eq!(texts(&begun), ["Welcome!", "What is it about?"]);
    assert_eq!(begun.made().unwrap().subject, Subject::Flow(flow.id));
    let place = begun.place.clone().unwrap();
    assert_eq!(place, at_menu(&flow));
    let Some(Outgoing::Buttons { buttons, .. }) = begun.act().unwrap().replies.last() else { panic!("{begun:?}") };
    let hours = tap(&buttons[0].id, &buttons[0].title);
    for inbound in [hours, text("opening hours"), text("1"), text("you open when?"), text("幾點開門")] {
        let reaction = react(&inbound, Some(&place), &all, &known.facts(), NOW);
        assert_eq!(texts(&reaction), ["From 9 to 6.", "See you!"], "{inbound:?}");
        assert_eq!((reaction.place.as_ref(), handed_to(&reaction)), (None, None));
        assert_eq!(reaction.made().unwrap().node.as_ref().unwrap().as_str(), "bye");
    }
    let other = react(&tap(&buttons[1].id, &buttons[1].title), Some(&place), &all, &known.facts(), NOW);
    assert_eq!((texts(&other), handed_to(&other)), (vec!["A colleague will answer."], Some("sales")));
}

#[test]
fn an_answer_that_is_not_understood_is_asked_for_again_and_then_led_on() {
    let flow = menu();
    let all = active([Content::Flow(flow.clone())]);
    let known = Known::default();
    let mut place = at_menu(&flow);
    for tries in 1..=2 {
        let reaction = react(&text("mumble"), Some(&place), &all, &known.facts(), NOW);
        assert_eq!(texts(&reaction), ["Please choose."]);
        assert!(
            matches!(reaction.act().unwrap().replies[..], [Outgoing::Buttons { .. }]),
            "the choices are shown again"
        );
        place = reaction.place.clone().unwrap();
        assert_eq!(place.tries, tries);
    }
    let picture = Inbound { said: Said::Other { words: None }, ..text("") };
    let reaction = react(&picture, Some(&place), &all, &known.facts(), NOW);
    assert_eq!((handed_to(&reaction), reaction.place.as_ref()), (Some("sales"), None));
}

#[test]
fn the_order_is_stop_person_answer_rule_fallback_auto_reply() {
    let flow = menu();
    let greedy = |priority, phrase: &str| Content::KeywordRule(rule(priority, phrase));
    let closed = auto_reply(Occasion::EverybodyAway(None));
    let all = active([
        Content::Flow(flow.clone()),
        greedy(1, "stop"),
        greedy(2, "human"),
        greedy(3, "hours"),
        greedy(4, "price"),
        Content::AutoReply(closed.clone()),
    ]);
    let known = Known::default();
    let facts = Facts { everybody_away: true, ..known.facts() };
    let place = at_menu(&flow);
    let said = |inbound: &str, place: Option<&Place>| react(&text(inbound), place, &all, &facts, NOW);
    assert_eq!(said("STOP", Some(&place)).silence(), Some(Silence::StopWord));
    assert_eq!(said("STOP", Some(&place)).place, None, "whoever says stop is led no further");
    let person = said("I want a human", Some(&place));
    assert_eq!((handed_to(&person), person.place.as_ref()), (Some("flow desk"), None));
    assert_eq!(texts(&said("opening hours", Some(&place))), ["From 9 to 6.", "See you!"], "the answer, not the rule");
    let aside = said("price", Some(&place));
    assert_eq!((texts(&aside), aside.place.as_ref()), (vec!["You said price"], Some(&place)), "the question stays");
    assert_eq!(texts(&said("mumble", Some(&place))), ["Please choose."]);
    let away = said("mumble", None);
    assert_eq!((texts(&away), away.made().unwrap().subject), (vec!["We are away."], Subject::AutoReply(closed.id)));
    assert_eq!(react(&text("mumble"), None, &Active::default(), &facts, NOW).silence(), Some(Silence::NothingMatches));
}

#[test]
fn a_tap_that_opts_out_ends_it_and_an_old_tap_is_read_by_its_words() {
    let flow = menu();
    let all = active([Content::Flow(flow.clone()), Content::KeywordRule(rule(1, "price"))]);
    let known = Known::default();
    let place = at_menu(&flow);
    let out = react(&tap("x", "Unsubscribe me"), Some(&place), &all, &known.facts(), NOW);
    assert_eq!((out.silence(), out.place), (Some(Silence::StopWord), None));
    let old = react(&tap("fl_0.menu.gone", "Price"), None, &all, &known.facts(), NOW);
    assert_eq!(texts(&old), ["You said price"]);
}

#[test]
fn who_may_not_be_written_to_reads_nothing_but_still_reaches_a_person() {
    let all = active([Content::KeywordRule(rule(1, "price"))]);
    let known = Known::default();
    let blocked = Suppressions::default().with(Suppression::Blocked);
    let no_marketing = Suppressions::default().with(Suppression::OptedOutOfMarketing);
    let soon = Some(NOW.after(Duration::from_secs(59)));
    for (facts, silence) in [
        (Facts { suppressions: blocked, ..known.facts() }, Some(Silence::Suppressed)),
        (Facts { suppressions: no_marketing, ..known.facts() }, None),
        (Facts { window_until: None, ..known.facts() }, Some(Silence::WindowClosed)),
        (Facts { window_until: soon, ..known.facts() }, Some(Silence::WindowClosed)),
    ] {
        assert_eq!(react(&text("price"), None, &all, &facts, NOW).silence(), silence);
        let person = react(&text("agent"), None, &all, &facts, NOW);
        assert_eq!((handed_to(&person), texts(&person)), (Some("desk"), vec![]));
    }
}

#[test]
fn people_are_not_talked_over_but_what_waits_for_them_may_be_routed() {
    let to = HandOver { say: Some(Wording { text: "One moment.".into(), prices: vec![] }), ..queue("returns") };
    let route = KeywordRule { action: Action::Route(to), ..rule(9, "refund") };
    let all = active([Content::KeywordRule(rule(1, "refund")), Content::KeywordRule(route)]);
    let known = Known::default();
    let to_returns = queue("returns").queue;
    let ago = |minutes| NOW.before(Duration::from_mins(minutes));
    for (desk, silence) in [
        (Desk::Free, None),
        (Desk::Assigned(None), None),
        (Desk::Assigned(Some(ago(29))), Some(Silence::PersonAnswers)),
        (Desk::Assigned(Some(ago(30))), None),
        (Desk::Waits(ago(60)), Some(Silence::WaitsForPerson)),
        (Desk::Waits(ago(24 * 60)), None),
    ] {
        let facts = Facts { desk, ..known.facts() };
        let routed = react(&text("refund"), None, &all, &facts, NOW);
        if let Some(silence) = silence {
            let waits = silence == Silence::WaitsForPerson;
            assert_eq!(handed_to(&routed), waits.then_some("returns"), "{desk:?}");
            assert_eq!(texts(&routed), [""; 0], "whoever writes may be a machine");
            let there = Facts { queue: Some(&to_returns), ..facts };
            assert_eq!(react(&text("refund"), None, &all, &there, NOW).silence(), Some(silence), "it is there already");
            let plain = active([Content::KeywordRule(rule(1, "refund"))]);
            assert_eq!(react(&text("refund"), None, &plain, &facts, NOW).silence(), Some(silence));
            assert_eq!(react(&text("human"), None, &all, &facts, NOW).silence(), Some(silence));
        } else {
            assert_eq!(texts(&routed), ["You said refund"], "{desk:?}");
        }
    }
}

#[test]
fn what_may_have_been_answered_before_a_restore_is_left_to_people() {
    let all = active([Content::KeywordRule(rule(1, "price"))]);
    let known = Known::default();
    let facts = Facts { maybe_answered: true, ..known.facts() };
    assert_eq!(react(&text("price"), None, &all, &facts, NOW).silence(), Some(Silence::MaybeAnswered));
    assert_eq!(react(&text("stop"), None, &all, &facts, NOW).silence(), Some(Silence::StopWord));
}

#[test]
fn nothing_is_said_from_a_number_that_is_stopped_and_a_person_is_still_reached() {
    let flow = menu();
    let all = active([Content::KeywordRule(rule(1, "price")), Content::Flow(flow.clone())]);
    let known = Known::default();
    let facts = Facts { stopped: true, ..known.facts() };
    let place = at_menu(&flow);
    for said in ["price", "1", "mumble"] {
        let out = react(&text(said), Some(&place), &all, &facts, NOW);
        assert_eq!((out.silence(), out.place.as_ref()), (Some(Silence::Stopped), Some(&place)), "{said}");
    }
    let person = react(&text("agent"), None, &all, &facts, NOW);
    assert_eq!((handed_to(&person), texts(&person)), (Some("desk"), vec![]));
    assert_eq!(react(&text("stop"), Some(&place), &all, &facts, NOW).silence(), Some(Silence::StopWord));
}

#[test]
fn a_place_is_left_when_its_time_is_over_or_its_flow_is_not_live() {
    let flow = menu();
    let all = active([Content::Flow(flow.clone())]);
    let known = Known::default();
    let old = Place { since: NOW.before(Duration::from_mins(60)), ..at_menu(&flow) };
    let elsewhere = Place { node: "hours".parse().unwrap(), ..at_menu(&flow) };
    for (place, all) in [(&old, &all), (&elsewhere, &all), (&at_menu(&flow), &Active::default())] {
        let reaction = react(&text("mumble"), Some(place), all, &known.facts(), NOW);
        assert_eq!((reaction.silence(), reaction.place), (Some(Silence::NothingMatches), None));
    }
    let newer = Place { version: 0, ..at_menu(&flow) };
    assert_eq!(texts(&react(&text("1"), Some(&newer), &all, &known.facts(), NOW)), ["From 9 to 6.", "See you!"]);
}

#[test]
fn an_auto_reply_is_read_once_and_then_its_fallback_acts() {
    let away = auto_reply(Occasion::EverybodyAway(None));
    let flow = menu();
    let to_flow = AutoReply { fallback: Some(ReplyFallback::Flow(flow.id)), ..away.clone() };
    let draft = AutoReply { fallback: None, ..away.clone() };
    let read = |hours| Known {
        recent: vec![Answered { at: NOW.before(Duration::from_hours(hours)), by: Some(Subject::AutoReply(away.id)) }],
        ..Known::default()
    };
    let says = |reply: &AutoReply, known: &Known| {
        let all = active([Content::Flow(flow.clone()), Content::AutoReply(reply.clone())]);
        react(&text("hello?"), None, &all, &Facts { everybody_away: true, ..known.facts() }, NOW)
    };
    assert_eq!(texts(&says(&away, &Known::default())), ["We are away."]);
    assert_eq!(texts(&says(&away, &read(12))), ["We are away."]);
    assert_eq!(handed_to(&says(&away, &read(11))), Some("night desk"));
    assert_eq!(texts(&says(&to_flow, &read(11))), ["Welcome!", "What is it about?"]);
    assert_eq!(says(&draft, &read(11)).silence(), Some(Silence::SaidAlready));
}

#[test]
fn occasions_are_tried_in_their_order() {
    let hours = |text: &str| -> OpeningHours {
        serde_json::from_value(json!({"zone": "Asia/Hong_Kong", "open": {"mon": [text]}})).unwrap()
    };
    let named = |name: &str, occasion| AutoReply { say: Wording::plain(name), ..auto_reply(occasion) };
    let first = named("first", Occasion::FirstMessage(None));
    let away = named("away", Occasion::EverybodyAway(Some(hours("09:00-12:00"))));
    let closed = named("closed", Occasion::Closed(hours("11:00-12:00")));
    let open = named("closed", Occasion::Closed(hours("09:00-12:00")));
    let known = Known::default();
    let says = |replies: &[&AutoReply], first_message, everybody_away| {
        let all = active(replies.iter().map(|reply| Content::AutoReply((*reply).clone())));
        let facts = Facts { first_message, everybody_away, ..known.facts() };
        let reaction = react(&text("hi there"), None, &all, &facts, NOW);
        texts(&reaction).first().map(|text| (*text).to_owned())
    };
    assert_eq!(says(&[&first, &away, &closed], true, true).as_deref(), Some("closed"));
    assert_eq!(says(&[&first, &away, &open], true, true).as_deref(), Some("away"));
    assert_eq!(says(&[&first, &away, &open], true, false).as_deref(), Some("first"));
    assert_eq!(says(&[&first, &away, &open], false, false), None);
    let queued = AutoReply { queues: BTreeSet::from(["sales".parse().unwrap()]), ..first };
    assert_eq!(says(&[&queued], true, false), None);
}

#[test]
fn machines_that_answer_each_other_are_parted_and_nobody_gets_too_much() {
    let all = active([Content::KeywordRule(rule(1, "price"))]);
    let answered = |count: usize, ago: Duration| Known {
        recent: vec![Answered { at: NOW.before(ago), by: None }; count],
        limits: Limits { burst: 3, per_day: 5, ..Known::default().limits },
        ..Known::default()
    };
    let minute = Duration::from_mins(1);
    for (known, guard) in [
        (answered(2, minute), None),
        (answered(3, minute), Some(Guard::PingPong)),
        (answered(4, minute * 10), None),
        (answered(5, minute * 10), Some(Guard::DailyCap)),
        (answered(9, minute * 60 * 24), None),
    ] {
        let reaction = react(&text("price"), None, &all, &known.facts(), NOW);
        let Cause::Guarded(found, made) = &reaction.act().unwrap().cause else {
            assert_eq!(guard, None);
            continue;
        };
        assert_eq!(Some(*found), guard);
        assert!(made.is_some() && texts(&reaction).is_empty());
        assert_eq!(handed_to(&reaction), Some("desk"));
    }
}

#[test]
fn a_flow_that_circles_is_ended_by_a_person() {
    // No rule lets such a flow pass; the run time does not rely on it.
    let circle = flow(
        "a",
        json!({
            "a": {"message": {"say": {"text": {"text": "a"}}, "next": "b"}},
            "b": {"message": {"say": {"text": {"text": "b"}}, "next": "a"}},
        }),
    );
    let gap = flow("a", json!({"a": {"message": {"say": {"text": {"text": "a"}}, "next": "gone"}}}));
    let known = Known::default();
    for (flow, said) in [(circle, vec!["a", "b"]), (gap, vec!["a"])] {
        let start = KeywordRule { action: Action::StartFlow(flow.id), ..rule(1, "go") };
        let all = active([Content::Flow(flow), Content::KeywordRule(start)]);
        let reaction = react(&text("go"), None, &all, &known.facts(), NOW);
        assert!(matches!(reaction.act().unwrap().cause, Cause::Guarded(Guard::Loop, Some(_))));
        assert_eq!((texts(&reaction), handed_to(&reaction)), (said, Some("flow desk")));
    }
}

#[test]
fn a_condition_looks_at_labels_language_and_hours() {
    let flow = flow(
        "label",
        json!({
            "label": {"tag": {"tag": "asked", "next": "vip"}},
            "vip": {"condition": {"holds": {"tag": "vip"}, "then": "yes", "otherwise": "chinese"}},
            "chinese": {"condition": {"holds": {"language": ["zh"]}, "then": "zh", "otherwise": "open"}},
            "open": {"condition": {"holds": {"open": {"zone": "Asia/Hong_Kong", "open": {"tue": ["09:00-18:00"]}}},
                "then": "yes", "otherwise": "asked"}},
            "asked": {"condition": {"holds": {"tag": "asked"}, "then": "no", "otherwise": "yes"}},
            "yes": {"end": {"say": {"text": "yes"}}},
            "zh": {"end": {"say": {"text": "zh"}}},
            "no": {"end": {"say": {"text": "no"}}},
        }),
    );
    let start = KeywordRule { action: Action::StartFlow(flow.id), ..rule(1, "go") };
    let all = active([Content::Flow(flow), Content::KeywordRule(start)]);
    let vip = Known { tags: BTreeSet::from(["vip".to_owned()]), ..Known::default() };
    let plain = Known::default();
    let zh: Language = "zh_HK".parse().unwrap();
    for (known, language, later, said) in
        [(&vip, None, 0, "yes"), (&plain, Some(&zh), 0, "zh"), (&plain, None, 0, "no"), (&plain, None, 1, "yes")]
    {
        let now = NOW.after(Duration::from_hours(24 * later));
        let facts = Facts { language, window_until: Some(now.after(DAY)), ..known.facts() };
        let reaction = react(&text("go"), None, &all, &facts, now);
        assert_eq!(texts(&reaction), [said]);
        assert!(reaction.act().unwrap().tags.contains("asked"));
    }
}
