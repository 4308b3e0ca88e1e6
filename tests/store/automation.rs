//! Automation: versions, what is live and by which request, and what was done with each message once.

use std::time::Duration;

use countersign::domain::automation::flows::{Fallback, Flow, FlowKind, Place};
use countersign::domain::automation::keywords::{Action, KeywordRule};
use countersign::domain::automation::names::Queue;
use countersign::domain::automation::phrases::MatchKind;
use countersign::domain::automation::reaction::{Answered, Cause, Desk, Facts, Inbound, Limits, Said, Silence};
use countersign::domain::automation::replies::{HandOver, Wording};
use countersign::domain::automation::scope::Scope;
use countersign::domain::automation::{Authority, Content, Kind, Subject, react};
use countersign::domain::consent::Suppressions;
use countersign::domain::ids::{FlowId, KeywordRuleId, RequestId};
use countersign::store::automation::{self, Filter, RunFilter};
use countersign::store::requests;
use countersign::store::webhooks::{Inbound as Arrived, receive};
use serde_json::json;

use crate::support::db::{TestDb, on_both};
use crate::support::samples;
use crate::support::world::{NOW, World, person};

on_both!(
    a_draft_is_not_live_until_a_request_makes_it_so,
    two_requests_cannot_both_switch_what_they_saw,
    what_was_changed_behind_our_back_is_not_live,
    the_list_has_the_newest_version_of_each,
    a_message_is_acted_on_once_and_the_run_names_its_cause,
    a_place_is_one_persons_on_one_number,
    another_business_sees_nothing,
    the_past_is_read_in_its_order_and_only_the_newest_of_it,
);

struct Case {
    world: World,
    request: RequestId,
}

impl Case {
    async fn new(db: &TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let request = request(&world, "first").await;
        Self { world, request }
    }

    async fn add(&self, content: &Content) -> u32 {
        let mut tx = self.world.db.begin().await.unwrap();
        let tenant = self.world.tenant.id;
        let added = automation::add_version(&mut tx, tenant, content, self.request, NOW).await.unwrap();
        tx.commit().await.unwrap();
        added.version
    }

    async fn switch(&self, subject: Subject, expected: Option<u32>, to: Option<u32>) -> bool {
        let mut tx = self.world.db.begin().await.unwrap();
        let tenant = self.world.tenant.id;
        let done = automation::switch(&mut tx, tenant, subject, expected, to, self.request, NOW).await.unwrap();
        tx.commit().await.unwrap();
        done
    }

    async fn live_rules(&self) -> Vec<(u32, String)> {
        let active = automation::active(&self.world.db, self.world.tenant.id).await.unwrap();
        active.rules().map(|live| (live.version, live.content.name.clone())).collect()
    }
}

async fn request(world: &World, agent: &str) -> RequestId {
    let (agent, _) = world.agent(agent, "read,propose").await;
    let request = samples::request(&agent, NOW);
    let mut tx = world.db.begin().await.unwrap();
    assert!(requests::insert(&mut tx, &request, "Keyword rule").await.unwrap());
    tx.commit().await.unwrap();
    request.id
}

fn rule(name: &str) -> KeywordRule {
    KeywordRule {
        id: KeywordRuleId::random(),
        name: name.into(),
        priority: 10,
        scope: Scope::default(),
        kind: MatchKind::Word,
        phrases: vec!["price".into(), "價錢".into()],
        action: Action::Reply { say: Wording::plain("See our list."), buttons: vec!["Opening hours".into()] },
    }
}

fn flow() -> Flow {
    let person = HandOver { queue: "sales".parse().unwrap(), note: None, say: None };
    Flow {
        id: FlowId::random(),
        name: "Menu".into(),
        kind: FlowKind::Faq,
        scope: Scope::default(),
        start: "ask".parse().unwrap(),
        nodes: serde_json::from_value(serde_json::json!({
            "ask": {"question": {"ask": {"text": "What?"}, "typed": [{"match": "word", "phrases": ["x"], "next": "desk"}]}},
            "desk": {"hand_over": {"queue": "sales"}},
        }))
        .unwrap(),
        fallback: Fallback { say: Wording::plain("Again?"), tries: 2, next: "desk".parse().unwrap() },
        person,
        timeout_minutes: 30,
    }
}

async fn a_draft_is_not_live_until_a_request_makes_it_so(db: TestDb) {
    let case = Case::new(&db).await;
    let (tenant, rule) = (case.world.tenant.id, rule("Prices"));
    let subject = Subject::KeywordRule(rule.id);
    assert_eq!(case.add(&Content::KeywordRule(rule.clone())).await, 1);
    assert_eq!(case.live_rules().await, []);
    assert!(case.switch(subject, None, Some(1)).await);
    let changed = KeywordRule { name: "New prices".into(), ..rule.clone() };
    assert_eq!(case.add(&Content::KeywordRule(changed.clone())).await, 2);
    assert_eq!(case.live_rules().await, [(1, "Prices".to_owned())], "a newer draft changes nothing");
    let stored = automation::find(&case.world.db, tenant, subject).await.unwrap().unwrap();
    assert_eq!((stored.newest.version, stored.newest.content), (2, Content::KeywordRule(changed)));
    assert_eq!((stored.live, stored.switched), (Some(1), Some((case.request, NOW))));
    let first = automation::version(&case.world.db, tenant, subject, 1).await.unwrap().unwrap();
    assert_eq!((first.content, first.request), (Content::KeywordRule(rule), case.request));
    let active = automation::active(&case.world.db, tenant).await.unwrap();
    assert_eq!(active.rules().next().unwrap().authority, Authority::Request(case.request));
    assert!(case.switch(subject, Some(1), None).await);
    assert_eq!(case.live_rules().await, []);
}

async fn two_requests_cannot_both_switch_what_they_saw(db: TestDb) {
    let case = Case::new(&db).await;
    let rule = rule("Prices");
    let subject = Subject::KeywordRule(rule.id);
    case.add(&Content::KeywordRule(rule.clone())).await;
    case.add(&Content::KeywordRule(rule)).await;
    assert!(!case.switch(subject, None, Some(3)).await, "there is no such version");
    assert!(case.switch(subject, None, Some(1)).await);
    assert!(!case.switch(subject, None, Some(2)).await, "another one is live by now");
    assert!(case.switch(subject, Some(1), Some(2)).await);
    assert_eq!(case.live_rules().await, [(2, "Prices".to_owned())]);
}

async fn what_was_changed_behind_our_back_is_not_live(db: TestDb) {
    let case = Case::new(&db).await;
    let (first, other) = (rule("Prices"), rule("Hours"));
    case.add(&Content::KeywordRule(first.clone())).await;
    assert!(case.switch(Subject::KeywordRule(first.id), None, Some(1)).await);
    db.execute("update automation_version set content = replace(content, 'See our list.', 'All free today.')").await;
    assert_eq!(case.live_rules().await, [], "what was signed, or nothing");
    case.add(&Content::KeywordRule(other.clone())).await;
    assert!(case.switch(Subject::KeywordRule(other.id), None, Some(1)).await);
    assert_eq!(case.live_rules().await, [(1, "Hours".to_owned())], "and nothing else is lost with it");
}

async fn the_list_has_the_newest_version_of_each(db: TestDb) {
    let case = Case::new(&db).await;
    let (tenant, flow) = (case.world.tenant.id, flow());
    case.add(&Content::Flow(flow.clone())).await;
    assert!(case.switch(Subject::Flow(flow.id), None, Some(1)).await);
    for name in ["b", "a", "c"] {
        let rule = rule("old name");
        case.add(&Content::KeywordRule(rule.clone())).await;
        case.add(&Content::KeywordRule(KeywordRule { name: name.into(), ..rule })).await;
    }
    let names = async |filter: Filter| -> Vec<String> {
        let found = automation::list(&case.world.db, tenant, &filter, 2).await.unwrap();
        found.iter().map(|stored| stored.newest.content.name().to_owned()).collect()
    };
    assert_eq!(names(Filter { live: Some(true), ..Filter::default() }).await, ["Menu"]);
    let drafts = Filter { kind: Some(Kind::KeywordRule), live: Some(false), ..Filter::default() };
    assert_eq!(names(drafts.clone()).await, ["a", "b"]);
    let last = automation::list(&case.world.db, tenant, &drafts, 2).await.unwrap().pop().unwrap().newest.content;
    let after = Some((last.name().to_owned(), last.subject()));
    assert_eq!(names(Filter { after, ..drafts }).await, ["c"]);
}

async fn a_message_is_acted_on_once_and_the_run_names_its_cause(db: TestDb) {
    let case = Case::new(&db).await;
    let (tenant, rule) = (case.world.tenant.id, rule("Prices"));
    let contact = case.world.contacts(&[person(1)]).await[0];
    case.add(&Content::KeywordRule(rule.clone())).await;
    assert!(case.switch(Subject::KeywordRule(rule.id), None, Some(1)).await);
    let active = automation::active(&case.world.db, tenant).await.unwrap();
    let (tags, limits) = (Default::default(), Limits::usual("desk".parse().unwrap()));
    let facts = Facts {
        language: None,
        tags: &tags,
        suppressions: Suppressions::default(),
        window_until: Some(NOW.after(Duration::from_hours(24))),
        first_message: false,
        everybody_away: false,
        queue: None,
        desk: Desk::Free,
        maybe_answered: false,
        stopped: false,
        recent: &[],
        limits: &limits,
    };
    let message = |wamid: &str, text: &str| Inbound {
        wamid: wamid.into(),
        number: "106".into(),
        said: Said::Text(text.into()),
        at: NOW,
    };
    for (wamid, text, first) in
        [("w1", "價錢?", true), ("w1", "價錢?", false), ("w2", "stop", true), ("w3", "I want a human", true)]
    {
        let inbound = message(wamid, text);
        let reaction = react::react(&inbound, None, &active, &facts, NOW);
        let mut tx = case.world.db.begin().await.unwrap();
        let recorded = automation::record(&mut tx, tenant, contact, &inbound, &reaction, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(recorded, first, "{wamid} {text}");
    }
    let filter = RunFilter { contact: Some(contact), ..RunFilter::default() };
    let runs = automation::runs(&case.world.db, tenant, &filter, 9).await.unwrap();
    let [asked, stopped, answered] = &runs[..] else { panic!("{runs:?}") };
    let Ok(Cause::Matched(made)) = &answered.decided else { panic!("{answered:?}") };
    assert_eq!((made.subject, made.version), (Subject::KeywordRule(rule.id), 1));
    assert_eq!((made.authority, answered.replies), (Authority::Request(case.request), 1));
    assert_eq!(stopped.decided, Err(Silence::StopWord));
    assert_eq!(asked.decided, Ok(Cause::AskedForPerson(None)));
    assert_eq!(asked.queue.as_ref().map(Queue::as_str), Some("desk"));
    let recent = automation::recent(&case.world.db, tenant, "106", contact, NOW).await.unwrap();
    let by = Some(Subject::KeywordRule(rule.id));
    assert_eq!(recent, [Answered { at: NOW, by }, Answered { at: NOW, by: None }], "what kept still is not counted");
    assert_eq!(automation::recent(&case.world.db, tenant, "107", contact, NOW).await.unwrap(), []);
    let later = NOW.after(Duration::from_micros(1));
    assert_eq!(automation::recent(&case.world.db, tenant, "106", contact, later).await.unwrap(), []);
    let of_rule = RunFilter { subject: by, ..RunFilter::default() };
    assert_eq!(automation::runs(&case.world.db, tenant, &of_rule, 9).await.unwrap(), std::slice::from_ref(answered));
    let rest = RunFilter { after: Some((NOW, "w3".into())), since: Some(NOW), ..RunFilter::default() };
    assert_eq!(automation::runs(&case.world.db, tenant, &rest, 9).await.unwrap(), runs[1..]);
}

async fn a_place_is_one_persons_on_one_number(db: TestDb) {
    let case = Case::new(&db).await;
    let (db, tenant) = (&case.world.db, case.world.tenant.id);
    let contact = case.world.contacts(&[person(1)]).await[0];
    let first =
        Place { flow: FlowId::random(), version: 3, node: "ask".parse().unwrap(), tries: 1, turns: 4, since: NOW };
    let second = Place { tries: 0, turns: 5, node: "then".parse().unwrap(), ..first.clone() };
    for (number, place) in [("1", &first), ("1", &second), ("2", &first)] {
        let mut tx = db.begin().await.unwrap();
        automation::put_place(&mut tx, tenant, number, contact, place).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(automation::place(db, tenant, "1", contact).await.unwrap(), Some(second));
    let mut tx = db.begin().await.unwrap();
    automation::leave_place(&mut tx, tenant, "1", contact).await.unwrap();
    assert_eq!(automation::place(&mut tx, tenant, "1", contact).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(automation::place(db, tenant, "2", contact).await.unwrap(), Some(first));
}

async fn another_business_sees_nothing(db: TestDb) {
    let case = Case::new(&db).await;
    let rule = rule("Prices");
    let subject = Subject::KeywordRule(rule.id);
    case.add(&Content::KeywordRule(rule)).await;
    assert!(case.switch(subject, None, Some(1)).await);
    let other = World::new(&case.world.db, "other").await;
    let tenant = other.tenant.id;
    assert_eq!(automation::find(&other.db, tenant, subject).await.unwrap(), None);
    assert_eq!(automation::version(&other.db, tenant, subject, 1).await.unwrap(), None);
    assert_eq!(automation::list(&other.db, tenant, &Filter::default(), 9).await.unwrap(), []);
    assert_eq!(automation::active(&other.db, tenant).await.unwrap().rules().count(), 0);
    let mut tx = other.db.begin().await.unwrap();
    assert!(!automation::switch(&mut tx, tenant, subject, Some(1), None, case.request, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(case.live_rules().await.len(), 1);
}

async fn the_past_is_read_in_its_order_and_only_the_newest_of_it(db: TestDb) {
    let case = Case::new(&db).await;
    let tenant = case.world.tenant.id;
    let contact = case.world.contacts(&[person(0)]).await[0];
    let (hour, tap) = (Duration::from_hours(1), json!({"id": "fl_1.ask.tea"}));
    let messages = [
        ("a", "106", "text", Some("old"), None, 9),
        ("b", "106", "text", Some("menu"), None, 3),
        ("c", "106", "interactive", Some("Our teas"), Some(tap), 2),
        ("d", "107", "reaction", Some("+"), None, 1),
    ];
    let mut tx = case.world.db.begin().await.unwrap();
    for (wamid, number, kind, body, details, ago) in messages {
        let sent_at = NOW.before(hour * ago);
        let context = None;
        let phone_number_id = number;
        let message = Arrived { wamid, phone_number_id, contact, kind, body, details, context, sent_at };
        assert!(receive(&mut tx, tenant, &message, NOW).await.unwrap());
    }
    tx.commit().await.unwrap();
    let past = automation::past(&case.world.db, tenant, NOW.before(hour * 5), 9).await.unwrap();
    let read: Vec<_> = past.iter().map(|it| (it.inbound.wamid.as_str(), it.inbound.said.clone(), it.first)).collect();
    let tapped = Said::Tap { id: "fl_1.ask.tea".into(), title: "Our teas".into() };
    assert_eq!(
        read,
        [("b", Said::Text("menu".into()), false), ("c", tapped, false), ("d", Said::Nothing, true)],
        "the first to a number is known by what came before, however old that is"
    );
    let newest = automation::past(&case.world.db, tenant, NOW.before(hour * 24), 2).await.unwrap();
    assert_eq!(newest.iter().map(|it| it.inbound.wamid.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    let other = World::new(&case.world.db, "other").await;
    assert_eq!(automation::past(&case.world.db, other.tenant.id, NOW.before(hour * 24), 9).await.unwrap(), []);
}
