//! Flows and rules as agents read them: what is live and what only a draft, how often it acted, and to whom routes are shown.

use countersign::domain::automation::auto_replies::{AutoReply, Occasion, ReplyFallback};
use countersign::domain::automation::flows::{Fallback, Flow, FlowKind};
use countersign::domain::automation::keywords::{Action, KeywordRule};
use countersign::domain::automation::phrases::MatchKind;
use countersign::domain::automation::reaction::{Act, Cause, Inbound, Made, Outcome, Reaction, Said};
use countersign::domain::automation::replies::{HandOver, Wording};
use countersign::domain::automation::scope::Scope;
use countersign::domain::automation::{Authority, Content, Subject};
use countersign::domain::clock::Timestamp;
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::{AutoReplyId, FlowId, KeywordRuleId, RequestId};
use countersign::store::{automation, requests};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::samples;
use crate::support::world::{NOW, World};

on_both!(what_is_live_is_told_from_drafts_and_counted, routes_are_shown_to_those_who_may_see_them,);

const FLOWS: &str = "whatsapp.flows.list";
const RULES: &str = "whatsapp.keyword_rules.list";
const NUMBER: &str = "106540352242922";

struct Shop {
    world: World,
    door: Door,
    key: String,
    request: RequestId,
}

impl Shop {
    async fn open(db: &TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        world.ready_to_send(1).await;
        let (writer, _) = world.agent("writer", "read,propose").await;
        let request = samples::request(&writer, NOW);
        let mut tx = world.db.begin().await.unwrap();
        requests::insert(&mut tx, &request, "Flow").await.unwrap();
        tx.commit().await.unwrap();
        let (_, key) = world.agent("desk", "read").await;
        Self { door: Door::open(&world.db).await, world, key, request: request.id }
    }

    async fn add(&self, content: Content) -> Subject {
        let mut tx = self.world.db.begin().await.unwrap();
        automation::add_version(&mut tx, self.world.tenant.id, &content, self.request, NOW).await.unwrap();
        tx.commit().await.unwrap();
        content.subject()
    }

    async fn live(&self, content: Content) -> Subject {
        let subject = self.add(content).await;
        let mut tx = self.world.db.begin().await.unwrap();
        let tenant = self.world.tenant.id;
        assert!(automation::switch(&mut tx, tenant, subject, None, Some(1), self.request, NOW).await.unwrap());
        tx.commit().await.unwrap();
        subject
    }

    async fn acted(&self, subject: Subject, wamid: &str, at: Timestamp) {
        let made = Made { subject, version: 1, authority: Authority::Request(self.request), node: None };
        let act = Act { cause: Cause::Matched(made), replies: vec![], hand_over: None, tags: BTreeSet::new() };
        let reaction = Reaction { outcome: Outcome::Acts(Box::new(act)), place: None };
        let inbound = Inbound { wamid: wamid.into(), number: NUMBER.into(), said: Said::Text("price".into()), at };
        let mut tx = self.world.db.begin().await.unwrap();
        let tenant = self.world.tenant.id;
        assert!(automation::record(&mut tx, tenant, ContactNo(1), &inbound, &reaction, at).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn list(&self, tool: &str, filter: Value, limit: u32) -> Vec<Value> {
        self.door.modern(&self.key).pages(tool, filter, limit).await
    }
}

fn rule(name: &str) -> KeywordRule {
    KeywordRule {
        id: KeywordRuleId::random(),
        name: name.into(),
        priority: 10,
        scope: Scope { numbers: [NUMBER.to_owned()].into(), languages: ["en".parse().unwrap()].into() },
        kind: MatchKind::Word,
        phrases: vec!["price".into(), "價錢".into()],
        action: Action::Reply { say: Wording::plain("See our list."), buttons: vec!["Opening hours".into()] },
    }
}

fn to(queue: &str, note: &str) -> HandOver {
    HandOver {
        queue: queue.parse().unwrap(),
        note: Some(note.into()),
        say: Some(Wording::plain("A person will answer.")),
    }
}

fn flow(name: &str) -> Flow {
    Flow {
        id: FlowId::random(),
        name: name.into(),
        kind: FlowKind::Faq,
        scope: Scope::default(),
        start: "ask".parse().unwrap(),
        nodes: serde_json::from_value(json!({
            "ask": {"question": {"ask": {"text": "What is it about?"}, "menu": {"buttons": [
                {"id": "t", "title": "Our teas", "next": "teas"}, {"id": "p", "title": "Talk to us", "next": "desk"}]},
                "typed": [{"match": "word", "phrases": ["tea"], "next": "teas"}]}},
            "teas": {"end": {"say": {"text": "We have forty."}}},
            "desk": {"hand_over": {"queue": "secret desk", "note": "likes to talk"}},
        }))
        .unwrap(),
        fallback: Fallback { say: Wording::plain("Again?"), tries: 2, next: "desk".parse().unwrap() },
        person: to("secret desk", "asked for a person"),
        timeout_minutes: 30,
    }
}

fn reply(name: &str) -> AutoReply {
    AutoReply {
        id: AutoReplyId::random(),
        name: name.into(),
        occasion: Occasion::EverybodyAway(None),
        scope: Scope::default(),
        queues: ["secret desk".parse().unwrap()].into(),
        say: Wording::plain("We are away."),
        fallback: Some(ReplyFallback::Person),
        person: Some(to("secret desk", "wrote at night")),
    }
}

async fn what_is_live_is_told_from_drafts_and_counted(db: TestDb) {
    let shop = Shop::open(&db).await;
    let menu = shop.live(Content::Flow(flow("Menu"))).await;
    let away = shop.add(Content::AutoReply(reply("Away"))).await;
    let prices = rule("Prices");
    let priced = shop.live(Content::KeywordRule(prices.clone())).await;
    shop.add(Content::KeywordRule(KeywordRule { priority: 5, name: "Prices, better".into(), ..prices })).await;
    shop.add(Content::KeywordRule(rule("Never yet"))).await;
    let day = Duration::from_hours(24);
    for (n, days) in [1, 29, 31].into_iter().enumerate() {
        shop.acted(priced, &format!("wamid.{n}"), NOW.before(day * days)).await;
    }

    let flows = shop.list(FLOWS, json!({}), 1).await;
    let found: Vec<(&Value, &Value, &Value)> =
        flows.iter().map(|it| (&it["name"], &it["kind"], &it["state"])).collect();
    assert_eq!(
        found,
        [(&json!("Away"), &json!("auto_reply"), &json!("draft")), (&json!("Menu"), &json!("flow"), &json!("live")),],
        "no keyword rules"
    );
    assert_eq!((&flows[0]["live"], &flows[1]["draft"]), (&Value::Null, &Value::Null));
    assert_eq!((&flows[0]["id"], &flows[1]["switched_by"]), (&json!(away.to_string()), &json!(shop.request)));
    let nodes = flows[1]["live"]["says"]["flow"]["nodes"].as_array().unwrap();
    let ask = nodes.iter().find(|node| node["id"] == "ask").unwrap();
    assert_eq!((&ask["say"], &ask["buttons"][0]["title"]), (&json!("What is it about?"), &json!("Our teas")));
    assert_eq!(ask["next"], json!(["teas", "desk", "teas"]));
    for (filter, names) in [
        (json!({"kind": "flow"}), vec!["Menu"]),
        (json!({"kind": "auto_reply"}), vec!["Away"]),
        (json!({"live": true}), vec!["Menu"]),
        (json!({"live": false}), vec!["Away"]),
    ] {
        let found = shop.list(FLOWS, filter.clone(), 9).await;
        assert_eq!(found.iter().map(|it| it["name"].as_str().unwrap()).collect::<Vec<_>>(), names, "{filter}");
    }

    let rules = shop.list(RULES, json!({}), 1).await;
    let found: Vec<(&Value, &Value, &Value)> =
        rules.iter().map(|it| (&it["name"], &it["state"], &it["hits_30_days"])).collect();
    assert_eq!(
        found,
        [
            (&json!("Never yet"), &json!("draft"), &json!(0)),
            (&json!("Prices, better"), &json!("live_with_draft"), &json!(2)),
        ]
    );
    let priced = &rules[1];
    assert_eq!((&priced["live"]["version"], &priced["live"]["name"]), (&json!(1), &json!("Prices")));
    assert_eq!(
        (&priced["draft"]["version"], &priced["draft"]["says"]["keyword_rule"]["priority"]),
        (&json!(2), &json!(5))
    );
    assert_eq!(priced["live"]["says"]["keyword_rule"]["scope"]["numbers"], json!(["+852 3001 0001"]));
    assert_eq!(priced["last_hit_at"], json!(NOW.before(day)));
    assert_eq!(shop.list(RULES, json!({"live": true}), 9).await.len(), 1);
    assert_eq!(menu.to_string(), flows[1]["id"]);

    let other = World::new(&shop.world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,routing").await;
    for tool in [FLOWS, RULES] {
        assert!(shop.door.modern(&foreign).pages(tool, json!({}), 9).await.is_empty(), "{tool}");
    }
}

async fn routes_are_shown_to_those_who_may_see_them(db: TestDb) {
    let shop = Shop::open(&db).await;
    shop.live(Content::Flow(flow("Menu"))).await;
    shop.live(Content::AutoReply(reply("Away"))).await;
    shop.live(Content::KeywordRule(KeywordRule { action: Action::Route(to("secret desk", "angry")), ..rule("Route") }))
        .await;
    for tool in [FLOWS, RULES] {
        let plain = json!(shop.list(tool, json!({}), 9).await).to_string();
        for private in ["secret desk", "likes to talk", "wrote at night", "angry"] {
            assert!(!plain.contains(private), "{tool} {private}: {plain}");
        }
        assert!(plain.contains("A person will answer."), "what customers read is no secret");
    }
    for permissions in ["read,routing", "read,propose:automation"] {
        let (_, key) = shop.world.agent(permissions, permissions).await;
        let rules = shop.door.modern(&key).pages(RULES, json!({}), 9).await;
        let route = &rules[0]["live"]["says"]["keyword_rule"]["routes_to"];
        assert_eq!((&route["queue"], &route["note"]), (&json!("secret desk"), &json!("angry")), "{permissions}");
    }
    let (_, key) = shop.world.agent("other area", "read,propose:contacts").await;
    let rules = shop.door.modern(&key).pages(RULES, json!({}), 9).await;
    assert_eq!(rules[0]["live"]["says"]["keyword_rule"]["routes_to"]["queue"], "•••");
}
