//! Each rule fires on what it is about and on nothing else.

use super::*;
use crate::domain::automation::auto_replies::Occasion;
use crate::domain::automation::flows::Flow;
use crate::domain::automation::keywords::KeywordRule;
use crate::domain::automation::phrases::MatchKind;
use crate::domain::automation::plan::{Becomes, Step};
use crate::domain::automation::replies::Wording;
use crate::domain::automation::samples::{NOW, active, auto_reply, flow, menu, queue, rule};
use crate::domain::preview::Level;
use crate::domain::templates::{Quality, TemplateContent, TemplateStatus};
use serde_json::{Value, json};

mod walks;

/// What the rules know, owned.
struct Business {
    active: Active,
    templates: Vec<MessageTemplate>,
    queues: Option<BTreeSet<Queue>>,
    numbers: BTreeSet<String>,
    settings: Settings,
}

impl Default for Business {
    fn default() -> Self {
        Self {
            active: Active::default(),
            templates: Vec::new(),
            queues: None,
            numbers: BTreeSet::from(["1".to_owned()]),
            settings: Settings::default(),
        }
    }
}

impl Business {
    fn check(&self, content: &Content) -> Vec<Finding> {
        self.with(|known| check(content, known))
    }

    fn with<T>(&self, ask: impl FnOnce(&Known<'_>) -> T) -> T {
        let known = Known {
            active: &self.active,
            templates: &self.templates,
            queues: self.queues.as_ref(),
            numbers: &self.numbers,
            products: &[],
            settings: &self.settings,
            now: NOW,
        };
        ask(&known)
    }

    fn rules(&self, content: &Content) -> Vec<String> {
        self.check(content).into_iter().map(|finding| finding.rule).collect()
    }
}

fn of_flow(flow: &Flow) -> Vec<String> {
    Business::default().rules(&Content::Flow(flow.clone()))
}

fn of_rule(rule: &KeywordRule) -> Vec<String> {
    Business::default().rules(&Content::KeywordRule(rule.clone()))
}

fn template(status: TemplateStatus, body: &str) -> MessageTemplate {
    MessageTemplate {
        name: "welcome".into(),
        language: "en".parse().unwrap(),
        meta_id: "1".into(),
        category: crate::domain::consent::MessageCategory::Utility,
        status,
        quality: Quality::Green,
        rejected_reason: None,
        correct_category: None,
        content: TemplateContent { header: None, body: body.into(), footer: None, buttons: vec![] },
        synced_at: NOW,
    }
}

#[test]
fn what_is_in_order_passes_in_silence() {
    assert_eq!(of_flow(&menu()), Vec::<String>::new());
    assert_eq!(of_rule(&rule(10, "price")), Vec::<String>::new());
    let reply = Content::AutoReply(auto_reply(Occasion::EverybodyAway(None)));
    assert_eq!(Business::default().rules(&reply), Vec::<String>::new());
}

/// A flow with a hand-over named desk, beside these nodes.
fn with_desk(start: &str, mut nodes: Value) -> Flow {
    nodes["desk"] = json!({"hand_over": {"queue": "sales"}});
    flow(start, nodes)
}

fn message(next: &str) -> Value {
    json!({"message": {"say": {"text": {"text": "text"}}, "next": next}})
}

fn question(next: &[&str]) -> Value {
    let buttons: Vec<Value> = next
        .iter()
        .enumerate()
        .map(|(n, next)| json!({"id": format!("c{n}"), "title": format!("Choice {n}"), "next": next}))
        .collect();
    json!({"question": {"ask": {"text": "Which?"}, "menu": {"buttons": buttons}}})
}

#[test]
fn the_shape_of_a_flow_is_judged() {
    let end = || json!({"end": {}});
    let mut no_person = flow("q", json!({"q": question(&["end"]), "end": end()}));
    no_person.fallback.next = "end".parse().unwrap();
    let mut no_way_out = flow("q", json!({"q": question(&["q"])}));
    no_way_out.fallback.next = "q".parse().unwrap();
    let row = |count: usize| {
        let mut nodes = json!({"end": end()});
        for n in 0..count {
            nodes[format!("m{n}")] = message(&if n + 1 == count { "q".to_owned() } else { format!("m{}", n + 1) });
        }
        nodes["q"] = question(&["desk"]);
        nodes.as_object_mut().unwrap().remove("end");
        with_desk("m0", nodes)
    };
    let late = Flow { timeout_minutes: 1_441, ..menu() };
    for (flow, rules) in [
        (
            with_desk("a", json!({"a": message("b"), "b": message("a")})),
            vec!["AUTO-01", "AUTO-02", "AUTO-02", "AUTO-04"],
        ),
        (with_desk("a", json!({"a": message("a")})), vec!["AUTO-01", "AUTO-02", "AUTO-04"]),
        (no_way_out, vec!["AUTO-02"]),
        (with_desk("a", json!({"a": message("gone")})), vec!["AUTO-03", "AUTO-02", "AUTO-04"]),
        (with_desk("gone", json!({})), vec!["AUTO-03", "AUTO-04"]),
        (with_desk("a", json!({"a": message("desk"), "b": message("desk")})), vec!["AUTO-04"]),
        (no_person, vec!["AUTO-05"]),
        (with_desk("q", json!({"q": question(&["end"]), "end": end()})), vec!["AUTO-06"]),
        (row(5), vec![]),
        (row(6), vec!["AUTO-07"]),
        (with_desk("q", json!({"q": {"question": {"ask": {"text": "Which?"}}}})), vec!["AUTO-08", "AUTO-06"]),
        (late, vec!["AUTO-09"]),
    ] {
        assert_eq!(of_flow(&flow), rules, "{:?}", flow.nodes);
    }
}

#[test]
fn a_circle_is_named_by_its_nodes() {
    let circle = with_desk("a", json!({"a": message("b"), "b": message("c"), "c": message("b")}));
    let found = Business::default().check(&Content::Flow(circle));
    let finding = found.iter().find(|finding| finding.rule == "AUTO-01").unwrap();
    assert!(finding.message.contains("b → c → b"), "{}", finding.message);
    assert_eq!(finding.span.as_ref().unwrap().field, "nodes.b");
}

#[test]
fn a_template_must_be_there_approved_and_without_variables() {
    let mut flow = menu();
    flow.nodes.insert(
        "hello".parse().unwrap(),
        serde_json::from_value(json!({"message": {"say": {"template": "welcome"}, "next": "menu"}})).unwrap(),
    );
    for (templates, rules) in [
        (vec![], vec!["AUTO-22"]),
        (vec![template(TemplateStatus::Approved, "Welcome")], vec![]),
        (vec![template(TemplateStatus::Rejected, "Welcome")], vec!["TEMPLATE-01"]),
        (vec![template(TemplateStatus::Paused, "Welcome")], vec!["TEMPLATE-02"]),
        (vec![template(TemplateStatus::Approved, "Welcome {{1}}")], vec!["AUTO-23"]),
    ] {
        let business = Business { templates, ..Business::default() };
        assert_eq!(business.rules(&Content::Flow(flow.clone())), rules);
    }
}

#[test]
fn a_keyword_that_is_too_broad_is_refused() {
    use MatchKind::{Contains, Exact, Phrase, Prefix, Word};
    for (kind, phrase, rules) in [
        (Word, "?!", vec!["AUTO-10"]),
        (Exact, "a", vec!["AUTO-12"]),
        (Exact, "x", vec!["AUTO-11"]),
        (Word, "7", vec!["AUTO-11"]),
        (Contains, "ab", vec!["AUTO-11"]),
        (Contains, "abc", vec![]),
        (Contains, "價", vec!["AUTO-11"]),
        (Contains, "價錢", vec![]),
        (Prefix, "價", vec!["AUTO-11"]),
        (Exact, "價", vec![]),
        (Word, "The", vec!["AUTO-12"]),
        (Contains, "please", vec!["AUTO-12"]),
        (Phrase, "請問", vec!["AUTO-12"]),
        (Word, "这个", vec!["AUTO-12"]),
        (Exact, "STOP", vec!["AUTO-13"]),
        (Phrase, "退 訂", vec!["AUTO-13"]),
        (Phrase, "退订", vec!["AUTO-13"]),
        (Phrase, "unsubscribe me", vec!["AUTO-13"]),
        (Exact, "Yes!", vec!["AUTO-14"]),
        (Exact, "ＯＫ", vec!["AUTO-14"]),
        (Word, "好的", vec!["AUTO-14"]),
        (Word, "opening hours", vec!["AUTO-32"]),
        (Phrase, "opening hours", vec![]),
        (Exact, "agent", vec!["AUTO-31"]),
    ] {
        let rule = KeywordRule { kind, phrases: vec![phrase.into()], ..rule(10, phrase) };
        assert_eq!(of_rule(&rule), rules, "{kind} {phrase}");
    }
    let route = KeywordRule { action: Action::Route(queue("sales")), ..rule(10, "agent") };
    assert_eq!(of_rule(&route), Vec::<String>::new());
    assert_eq!(of_rule(&KeywordRule { phrases: vec![], ..rule(10, "price") }), ["AUTO-09"]);
}

#[test]
fn two_rules_for_one_phrase_conflict_where_their_scopes_meet() {
    let live = KeywordRule { kind: MatchKind::Contains, ..rule(10, "price") };
    let business = Business { active: active([Content::KeywordRule(live.clone())]), ..Business::default() };
    let scope = |code: &str| Scope { numbers: BTreeSet::new(), languages: BTreeSet::from([code.parse().unwrap()]) };
    let list = || KeywordRule { kind: MatchKind::Phrase, ..rule(10, "price list") };
    for (rule, rules) in [
        (list(), vec!["AUTO-15"]),
        (KeywordRule { priority: 20, ..list() }, vec!["AUTO-16"]),
        (KeywordRule { priority: 5, ..list() }, vec![]),
        (rule(10, "delivery"), vec![]),
        (KeywordRule { id: live.id, ..list() }, vec![]),
        (KeywordRule { scope: scope("zh"), ..list() }, vec!["AUTO-15"]),
    ] {
        assert_eq!(business.rules(&Content::KeywordRule(rule.clone())), rules, "{rule:?}");
    }
    let english = KeywordRule { scope: scope("en"), ..live };
    let business = Business { active: active([Content::KeywordRule(english)]), ..Business::default() };
    assert_eq!(
        business.rules(&Content::KeywordRule(KeywordRule { scope: scope("zh_HK"), ..list() })),
        Vec::<String>::new()
    );
    let conflict = business.check(&Content::KeywordRule(KeywordRule { scope: scope("en_GB"), ..list() }));
    let finding = conflict.first().unwrap();
    assert_eq!((finding.level, finding.span.as_ref().unwrap().text.as_str()), (Level::Block, "price list"));
    assert!(finding.message.contains("\"About price\""), "{}", finding.message);
}

#[test]
fn an_answer_must_not_trigger_its_own_rule_or_start_what_is_not_live() {
    let reply = |buttons: &[&str]| Action::Reply {
        say: Wording::plain("It is on our page."),
        buttons: buttons.iter().map(|title| (*title).to_owned()).collect(),
    };
    let flow = menu();
    let of_number_two =
        Flow { scope: Scope { numbers: BTreeSet::from(["2".to_owned()]), languages: BTreeSet::new() }, ..flow.clone() };
    let starts = Action::StartFlow(flow.id);
    for (action, live, rules) in [
        (reply(&["Opening hours"]), None, vec![]),
        (reply(&["The price"]), None, vec!["AUTO-17"]),
        (reply(&["Stop"]), None, vec!["AUTO-13"]),
        (reply(&["A", "B", "C", "D"]), None, vec!["AUTO-19"]),
        (reply(&["Hours", "HOURS"]), None, vec!["AUTO-21"]),
        (reply(&["a title of 21 letters"]), None, vec!["AUTO-18"]),
        (starts.clone(), None, vec!["AUTO-28"]),
        (starts.clone(), Some(of_number_two), vec!["AUTO-28"]),
        (starts, Some(flow), vec![]),
        (Action::Tag(BTreeSet::new()), None, vec!["AUTO-10"]),
    ] {
        let business = Business { active: active(live.map(Content::Flow)), ..Business::default() };
        let rule = KeywordRule { action, ..rule(10, "price") };
        assert_eq!(business.rules(&Content::KeywordRule(rule.clone())), rules, "{:?}", rule.action);
    }
}

#[test]
fn an_auto_reply_needs_a_fallback_and_a_person() {
    let whole = auto_reply(Occasion::FirstMessage(None));
    let unknown = Scope { numbers: BTreeSet::from(["9".to_owned()]), languages: BTreeSet::new() };
    for (reply, rules) in [
        (AutoReply { fallback: None, ..whole.clone() }, vec!["AUTO-26"]),
        (AutoReply { person: None, ..whole.clone() }, vec!["AUTO-27"]),
        (AutoReply { fallback: Some(ReplyFallback::Flow(FlowId::random())), ..whole.clone() }, vec!["AUTO-28"]),
        (AutoReply { scope: unknown, ..whole.clone() }, vec!["AUTO-30"]),
        (AutoReply { say: Wording::plain(" "), ..whole.clone() }, vec!["AUTO-20"]),
        (AutoReply { say: Wording::plain("x".repeat(4_097)), ..whole.clone() }, vec!["AUTO-18"]),
        (AutoReply { say: Wording::plain("Now HK$88"), ..whole.clone() }, vec!["AUTO-25"]),
        (AutoReply { say: Wording::plain("See bit.ly/x"), ..whole.clone() }, vec!["LINK-05", "LINK-10"]),
        (AutoReply { say: Wording::plain("a\u{202E}b"), ..whole.clone() }, vec!["TEXT-01"]),
    ] {
        assert_eq!(Business::default().rules(&Content::AutoReply(reply.clone())), rules, "{reply:?}");
    }
    let queues = Some(BTreeSet::from(["sales".parse().unwrap()]));
    let business = Business { queues, ..Business::default() };
    assert_eq!(business.rules(&Content::AutoReply(whole)), ["AUTO-29"]);
}

#[test]
fn metas_limits_hold_for_questions() {
    let limit = |change: &dyn Fn(&mut Value)| {
        let mut asked = question(&["desk", "desk"]);
        change(&mut asked["question"]);
        of_flow(&with_desk("q", json!({"q": asked})))
    };
    let rows = |count: usize| -> Vec<Value> {
        (0..count).map(|n| json!({"id": format!("r{n}"), "title": format!("Row {n}"), "next": "desk"})).collect()
    };
    let no_rules: Vec<String> = Vec::new();
    assert_eq!(limit(&|_| {}), no_rules);
    assert_eq!(limit(&|q| q["ask"]["text"] = "x".repeat(1_024).into()), no_rules);
    assert_eq!(limit(&|q| q["ask"]["text"] = "x".repeat(1_025).into()), ["AUTO-18"]);
    assert_eq!(limit(&|q| q["menu"] = json!({"buttons": rows(4)})), ["AUTO-19"]);
    assert_eq!(limit(&|q| q["menu"] = json!({"list": {"button": "Choose", "rows": rows(10)}})), no_rules);
    assert_eq!(limit(&|q| q["menu"] = json!({"list": {"button": "Choose", "rows": rows(11)}})), ["AUTO-19"]);
    assert_eq!(limit(&|q| q["menu"]["buttons"][0]["title"] = "Choice 1".into()), ["AUTO-21"]);
    assert_eq!(limit(&|q| q["menu"]["buttons"][0]["id"] = "c1".into()), ["AUTO-21"]);
    assert_eq!(limit(&|q| q["menu"]["buttons"][0]["title"] = "".into()), ["AUTO-20"]);
    assert_eq!(limit(&|q| q["menu"]["buttons"][0]["title"] = "Unsubscribe".into()), ["AUTO-13"]);
    assert_eq!(limit(&|q| q["typed"] = json!([{"match": "word", "phrases": ["!"], "next": "desk"}])), ["AUTO-10"]);
}

#[test]
fn a_proposal_on_an_older_version_is_void() {
    let content = Content::KeywordRule(rule(10, "price"));
    let plan = |base, live| AutomationPlan {
        subject: content.subject(),
        base,
        live,
        step: Step::Publish(Box::new(content.clone())),
    };
    for (plan, newest, live, rules) in [
        (plan(2, Some(1)), 2, Some(1), vec![]),
        (plan(0, None), 1, None, vec!["AUTO-33"]),
        (plan(2, Some(1)), 2, Some(2), vec!["AUTO-42"]),
        (plan(2, Some(1)), 2, None, vec!["AUTO-42"]),
        (plan(2, None), 3, Some(3), vec!["AUTO-33", "AUTO-42"]),
    ] {
        let found: Vec<String> = recheck(&plan, newest, live).into_iter().map(|finding| finding.rule).collect();
        assert_eq!(found, rules, "{plan:?}");
    }
}

#[test]
fn a_draft_may_lack_what_what_is_live_must_have() {
    let bare = AutoReply { fallback: None, person: None, ..auto_reply(Occasion::FirstMessage(None)) };
    let known = Business::default();
    assert_eq!(known.rules(&Content::AutoReply(bare.clone())), ["AUTO-26", "AUTO-27"]);
    let draft = AutoReply { say: Wording::plain(" "), ..bare };
    assert_eq!(known.with(|known| check_draft(&Content::AutoReply(draft), known)).len(), 1, "and nothing else");
}

#[test]
fn rules_that_lead_only_to_each_other_are_a_loop() {
    let offers = |priority, phrase: &str, buttons: &[&str]| KeywordRule {
        action: Action::Reply {
            say: Wording::plain("Choose."),
            buttons: buttons.iter().map(|it| (*it).to_owned()).collect(),
        },
        ..rule(priority, phrase)
    };
    let first = offers(10, "teas", &["Cups"]);
    for (other, rules) in [
        (offers(20, "cups", &["Teas"]), vec!["AUTO-41"]),
        (offers(20, "cups", &["Teas", "Talk to a person"]), vec![]),
        (offers(20, "cups", &["Teas", "Something else"]), vec![]),
        (offers(20, "cups", &[]), vec![]),
        (KeywordRule { action: Action::Route(queue("sales")), ..rule(20, "cups") }, vec![]),
        (
            KeywordRule {
                scope: Scope { numbers: ["9".to_owned()].into(), ..Scope::default() },
                ..offers(20, "cups", &["Teas"])
            },
            vec![],
        ),
    ] {
        let of_one =
            KeywordRule { scope: Scope { numbers: ["1".to_owned()].into(), ..Scope::default() }, ..first.clone() };
        let business = Business { active: active([Content::KeywordRule(other.clone())]), ..Business::default() };
        assert_eq!(business.rules(&Content::KeywordRule(of_one)), rules, "{other:?}");
    }
}

#[test]
fn whoever_starts_a_flow_that_goes_is_named() {
    let flow = menu();
    let starts = KeywordRule { action: Action::StartFlow(flow.id), ..rule(10, "menu") };
    let business =
        Business { active: active([Content::Flow(flow.clone()), Content::KeywordRule(starts)]), ..Business::default() };
    let narrow = Flow { scope: Scope { numbers: ["1".to_owned()].into(), ..Scope::default() }, ..flow.clone() };
    for (flow, becomes, named) in [
        (&flow, Becomes::Active, false),
        (&flow, Becomes::Inactive, true),
        (&narrow, Becomes::Draft, false),
        (&narrow, Becomes::Active, true),
    ] {
        let found = business.with(|known| switch::left_behind(&Content::Flow(flow.clone()), becomes, known));
        assert_eq!(found.is_some_and(|finding| finding.message.contains("About menu")), named, "{becomes}");
    }
}
