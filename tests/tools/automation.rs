//! Changes of automation: what is stored and what is made live, who has to agree, what is refused, and what a rehearsal shows.

use std::time::Duration;

use countersign::approvals::begin::begin;
use countersign::approvals::inbox;
use countersign::domain::clock::Clock as _;
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::RequestId;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::domain::templates::TemplateStatus;
use countersign::store::conversations::NewQueue;
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{audit, automation, conversations, replies, requests, templates};
use serde_json::{Value, json};

use super::webhooks::{body, keep};
use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(
    a_draft_answers_nobody_and_needs_nobody,
    a_rule_that_was_signed_answers_the_next_customer,
    a_flow_that_is_live_is_not_changed_without_a_person,
    an_auto_reply_is_switched_by_people_only,
    the_last_thirty_days_are_played,
);

const PREVIEW: &str = "whatsapp.automation_change.preview";
pub const FLOW: &str = "whatsapp.flow.upsert";
pub const RULE: &str = "whatsapp.keyword_rule.upsert";
const SWITCH: &str = "whatsapp.auto_reply.enable";
const NUMBER: &str = "106540352242922";

pub struct Shop {
    pub db: TestDb,
    pub world: World,
    pub door: Door,
    key: String,
    contacts: Vec<ContactNo>,
}

impl Shop {
    /// With a number, two queues, some contacts and an approved template without variables.
    pub async fn open(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let (_, contacts) = world.ready_to_send(4).await;
        let mut tx = world.db.begin().await.unwrap();
        for (name, restricted) in [("support", false), ("returns", false), ("complaints", true)] {
            let queue = NewQueue { name, restricted, hours: None, answer_within: None };
            conversations::add_queue(&mut tx, world.tenant.id, &queue).await.unwrap();
        }
        let mut welcome = templates::of_name(&mut tx, world.tenant.id, "winter_offer").await.unwrap().remove(0);
        (welcome.name, welcome.content.body) = ("welcome".into(), "Welcome.".into());
        templates::upsert(&mut tx, world.tenant.id, &welcome).await.unwrap();
        tx.commit().await.unwrap();
        let door = Door::open(&world.db).await;
        let (_, key) = world.agent("ops", "read,propose").await;
        Self { db, world, door, key, contacts }
    }

    pub async fn ask(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).call(tool, enveloped(arguments)).await
    }

    async fn refused(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).refused(tool, enveloped(arguments)).await
    }

    /// Refused by these rules, and nobody is asked.
    pub async fn blocked(&self, tool: &str, arguments: Value, rule: &str) {
        let error = self.refused(tool, arguments.clone()).await;
        assert_eq!(error["code"], "blocked", "{arguments:#} {error:#}");
        assert!(rules(&error["findings"]).contains(&rule), "{rule} is not in {error:#}");
    }

    pub async fn request(&self, answer: &Value) -> ActionRequest {
        let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    /// As if everybody had signed, and a worker looked at it.
    pub async fn carried_out(&self, answer: &Value) -> ActionRequest {
        let id = self.request(answer).await.id;
        let sql = format!(
            "update action_request set status = 'approved', approved_at = {0}, not_before = {0}, start_by = {0} + 1 where status = 'pending_approval'",
            self.door.clock.now().micros()
        );
        self.db.execute(&sql).await;
        begin(&self.door.ctx, self.world.tenant.id, id).await.unwrap();
        self.request(answer).await
    }

    /// Makes it live; gives the result.
    pub async fn live(&self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask(tool, arguments).await;
        let done = self.carried_out(&answer).await;
        assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
        done.result.unwrap()
    }

    /// What is live, by name and version.
    pub async fn answering(&self) -> Vec<(String, u32)> {
        let active = automation::active(&self.world.db, self.world.tenant.id).await.unwrap();
        let rules = active.rules().map(|live| (live.content.name.clone(), live.version));
        let flows = active.flows().map(|live| (live.content.name.clone(), live.version));
        let replies = active.auto_replies().map(|live| (live.content.name.clone(), live.version));
        rules.chain(flows).chain(replies).collect()
    }

    /// A message of the past.
    async fn wrote(&self, who: usize, n: u32, text: &str, days_ago: u64) {
        let at = NOW.before(Duration::from_hours(24 * days_ago)).after(Duration::from_secs(n.into()));
        let message = Inbound {
            wamid: &format!("wamid.past.{n}"),
            phone_number_id: NUMBER,
            contact: self.contacts[who],
            kind: "text",
            body: Some(text),
            details: None,
            context: None,
            sent_at: at,
        };
        let mut tx = self.world.db.begin().await.unwrap();
        assert!(receive(&mut tx, self.world.tenant.id, &message, at).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// A customer writes now; gives what is said to them since.
    async fn hears(&self, n: u32, text: &str) -> Vec<String> {
        let message = json!({"from": "85291000000", "id": format!("wamid.now.{n}"), "type": "text",
            "timestamp": self.door.clock.now().seconds().to_string(), "text": {"body": text}});
        let value = json!({"metadata": {"phone_number_id": NUMBER}, "messages": [message]});
        keep(&self.world, &body(&self.world.tenant.waba_id, "messages", value), self.door.clock.now()).await;
        while inbox::round(&self.door.ctx, &[7; 32]).await.unwrap().posts > 0 {}
        let tenant = self.world.tenant.id;
        let said = replies::to_contact(&self.world.db, tenant, NUMBER, self.contacts[0], 9).await.unwrap();
        let words = |saying: countersign::domain::replies::Saying| serde_json::to_value(saying).unwrap().to_string();
        said.into_iter().filter_map(|reply| reply.saying.map(words)).collect()
    }

    pub async fn acts(&self, act: &str) -> usize {
        let log = audit::list(&self.world.db, self.world.tenant.id, &Default::default(), 999).await.unwrap();
        log.iter().filter(|entry| entry.act == act).count()
    }

    pub async fn template_is(&self, status: TemplateStatus) {
        let mut tx = self.world.db.begin().await.unwrap();
        let mut welcome = templates::of_name(&mut tx, self.world.tenant.id, "welcome").await.unwrap().remove(0);
        welcome.status = status;
        templates::upsert(&mut tx, self.world.tenant.id, &welcome).await.unwrap();
        tx.commit().await.unwrap();
    }
}

pub fn enveloped(mut arguments: Value) -> Value {
    arguments["reason"] = "Customers ask for this every day.".into();
    arguments["wait_ms"] = 0.into();
    arguments
}

pub fn rules(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect()
}

pub fn rule(name: &str, priority: u16, phrase: &str, action: Value) -> Value {
    json!({"name": name, "priority": priority, "match": "word", "phrases": [phrase], "action": action})
}

pub fn says(text: &str) -> Value {
    json!({"reply": {"say": {"text": text}}})
}

pub fn menu(says: &str) -> Value {
    json!({
        "name": "Menu", "kind": "faq", "start": "ask",
        "nodes": {
            "ask": {"question": {"ask": {"text": says}, "menu": {"buttons": [
                {"id": "tea", "title": "Our teas", "next": "tea"}, {"id": "desk", "title": "Talk to us", "next": "desk"}]}}},
            "tea": {"message": {"say": {"text": {"text": "Oolong and jasmine."}}, "next": "ask"}},
            "desk": {"hand_over": {"queue": "support"}},
        },
        "fallback": {"say": {"text": "Please choose."}, "tries": 2, "next": "desk"},
        "person": {"queue": "support"},
    })
}

fn away(name: &str) -> Value {
    json!({"name": name, "occasion": {"first_message": null}, "say": {"text": "Welcome to the shop."},
        "fallback": "person", "person": {"queue": "support"}})
}

/// A count of the rehearsal.
fn count(answer: &Value, verdict: &str) -> u64 {
    let verdicts = answer["preview"]["effect"]["verdicts"].as_array().unwrap();
    verdicts.iter().find(|it| it["verdict"] == verdict).unwrap()["messages"].as_u64().unwrap()
}

async fn a_draft_answers_nobody_and_needs_nobody(db: TestDb) {
    let shop = Shop::open(db).await;
    let draft = json!({"rule": rule("Prices", 10, "price", says("See our list."))});
    let answer = shop.ask(RULE, draft.clone()).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("approved"), &json!("SIGN-33")), "{answer:#}");
    let done = shop.carried_out(&answer).await;
    let result = done.result.unwrap();
    assert_eq!((&result["version"], &result["live_version"]), (&json!(1), &Value::Null));
    assert_eq!(shop.hears(1, "price").await, Vec::<String>::new());
    assert_eq!((shop.answering().await, shop.acts("automation.stored").await), (vec![], 1));
    assert_eq!(shop.ask(RULE, draft.clone()).await["action_request_id"], answer["action_request_id"], "asked twice");
    // The same words are no new version.
    let id = result["id"].clone();
    shop.blocked(RULE, json!({"keyword_rule_id": id, "rule": draft["rule"]}), "AUTO-34").await;
    let second = rule("Prices", 10, "price", says("See our new list."));
    let again = shop.ask(RULE, json!({"keyword_rule_id": id, "rule": second})).await;
    assert_eq!(again["preview"]["change"]["version"], 2);
    let line = &again["preview"]["change"]["lines"][0];
    assert_eq!((&line["place"], &line["before"]), (&json!("action.reply.say.text"), &json!("See our list.")));
    // A flow that is no draft is asked for; a draft of one is not.
    let flow = shop.ask(FLOW, json!({"flow": menu("What is it about?")})).await;
    assert_eq!((&flow["status"], &flow["approval"]["rule"]), (&json!("approved"), &json!("SIGN-33")));
}

async fn a_rule_that_was_signed_answers_the_next_customer(db: TestDb) {
    let shop = Shop::open(db).await;
    let arguments = json!({"rule": rule("Prices", 10, "price", says("See our list.")), "becomes": "active"});
    let asked = json!({"write_tool": RULE, "arguments": arguments, "reason": "Customers ask for this every day."});
    let preview = shop.door.modern(&shop.key).call(PREVIEW, asked).await;
    assert_eq!((&preview["status"], &preview["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-31")));
    let answer = shop.ask(RULE, arguments).await;
    assert_eq!(answer["action_request_id"], preview["action_request_id"], "the write joins its preview");
    assert_eq!(shop.hears(1, "what is the price").await, Vec::<String>::new(), "nobody has signed");
    let done = shop.carried_out(&answer).await;
    assert_eq!((done.status, done.not_before), (Status::Succeeded, done.approved_at));
    let said = shop.hears(2, "what is the price").await;
    assert!(said.len() == 1 && said[0].contains("See our list."), "{said:?}");
    // A second claim finds nothing to do.
    let again = shop.carried_out(&answer).await;
    assert_eq!((again.version, shop.acts("automation.made_live").await), (done.version, 1));
    // Taking it away is as much a person's decision.
    let id = done.result.unwrap()["id"].clone();
    let off = shop.ask(RULE, json!({"keyword_rule_id": id, "becomes": "inactive"})).await;
    assert_eq!((&off["status"], &off["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-31")));
    assert!(
        off["summary"].as_str().unwrap().starts_with("Take the keyword rule \"Prices\" away"),
        "{}",
        off["summary"]
    );
    assert_eq!(shop.carried_out(&off).await.status, Status::Succeeded);
    assert_eq!((shop.answering().await, shop.acts("automation.taken_away").await), (vec![], 1));
    assert_eq!(shop.hears(3, "what is the price").await.len(), 1, "nothing more");
    shop.door.clock.advance(Duration::from_hours(1));
    shop.blocked(RULE, json!({"keyword_rule_id": id, "becomes": "inactive"}), "AUTO-34").await;
}

async fn a_flow_that_is_live_is_not_changed_without_a_person(db: TestDb) {
    let shop = Shop::open(db).await;
    let flow = shop.live(FLOW, json!({"flow": menu("What is it about?"), "becomes": "active"})).await;
    let id = flow["id"].clone();
    // Not even a draft of it.
    let draft = shop.ask(FLOW, json!({"flow_id": id, "flow": menu("What is it?")})).await;
    assert_eq!((&draft["status"], &draft["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-30")));
    assert_eq!(shop.carried_out(&draft).await.status, Status::Succeeded);
    assert_eq!(shop.answering().await, [("Menu".to_owned(), 1)], "a draft beside what is live");
    // The same words again are that draft, made live.
    let answer = shop.ask(FLOW, json!({"flow_id": id, "flow": menu("What is it?"), "becomes": "active"})).await;
    let change = &answer["preview"]["change"];
    assert_eq!((&change["version"], &change["replaces"]), (&json!(2), &json!(1)), "{change:#}");
    assert_eq!(change["lines"][0]["place"], "nodes.ask.question.ask.text");
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded);
    assert_eq!(shop.answering().await, [("Menu".to_owned(), 2)]);
    let starts = json!({"rule": rule("Menu", 5, "menu", json!({"start_flow": id})), "becomes": "active"});
    shop.live(RULE, starts).await;
    let said = shop.hears(1, "menu").await;
    assert!(said.len() == 1 && said[0].contains("What is it?"), "{said:?}");
    // Who starts it is named before it goes, and how many stand in it.
    let off = shop.ask(FLOW, json!({"flow_id": id, "becomes": "inactive"})).await;
    assert_eq!((rules(&off["findings"]), &off["preview"]["effect"]["standing"]), (vec!["AUTO-35"], &json!(1)));
    let steps = off["preview"]["script"]["steps"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["name"] != "").count(), 3);
    assert_eq!(shop.carried_out(&off).await.status, Status::Succeeded);
    let unknown = shop.refused(FLOW, json!({"flow_id": id, "auto_reply": away("Away")})).await;
    assert_eq!(unknown["code"], "invalid_arguments");
}

async fn an_auto_reply_is_switched_by_people_only(db: TestDb) {
    let shop = Shop::open(db).await;
    let mut bare = away("Welcome");
    bare.as_object_mut().unwrap().retain(|name, _| name != "fallback" && name != "person");
    let written = shop.ask(FLOW, json!({ "auto_reply": bare })).await;
    assert_eq!((&written["status"], &written["approval"]["rule"]), (&json!("approved"), &json!("SIGN-33")));
    let id = shop.carried_out(&written).await.result.unwrap()["id"].clone();
    let on = |more: Value| {
        let mut arguments = json!({"auto_reply_id": id, "active": true});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        arguments
    };
    for rule in ["AUTO-26", "AUTO-27"] {
        shop.blocked(SWITCH, on(json!({})), rule).await;
    }
    let active = shop.refused(FLOW, json!({"auto_reply": away("Welcome"), "becomes": "active"})).await;
    assert!(active["message"].as_str().unwrap().contains(SWITCH), "{active:#}");
    let whole = shop.ask(FLOW, json!({"auto_reply_id": id, "auto_reply": away("Welcome")})).await;
    assert_eq!(shop.carried_out(&whole).await.status, Status::Succeeded);
    let answer = shop.ask(SWITCH, on(json!({}))).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-32")));
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded);
    assert_eq!(shop.answering().await, [("Welcome".to_owned(), 2)]);
    let said = shop.hears(1, "hello").await;
    assert!(said.len() == 1 && said[0].contains("Welcome to the shop."), "{said:?}");
    // Another scope is another version, and a person's decision.
    shop.door.clock.advance(Duration::from_hours(1));
    let narrowed = shop.ask(SWITCH, on(json!({"scope": {"languages": ["zh"]}}))).await;
    let change = &narrowed["preview"]["change"];
    assert_eq!((&change["version"], &change["replaces"]), (&json!(3), &json!(2)));
    assert_eq!(change["lines"][0], json!({"place": "scope.languages.1", "before": null, "after": "zh"}));
    assert_eq!(shop.carried_out(&narrowed).await.status, Status::Succeeded);
    shop.blocked(SWITCH, on(json!({"scope": {"numbers": ["7001"]}})), "AUTO-30").await;
    // A number may be named as lists show it.
    let here = shop.ask(SWITCH, on(json!({"scope": {"numbers": ["+852 3001-0001"]}}))).await;
    assert_eq!(here["status"], "pending_approval", "{here:#}");
    let numbers = &shop.request(&here).await.arguments["scope"]["numbers"];
    assert_eq!(numbers, &json!(["+852 3001-0001"]), "the agent's own words are kept as they were");
    let off = shop.ask(SWITCH, json!({"auto_reply_id": id, "active": false})).await;
    assert_eq!((&off["status"], &off["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-32")));
    assert_eq!(shop.carried_out(&off).await.status, Status::Succeeded);
    assert_eq!(shop.answering().await, []);
    shop.door.clock.advance(Duration::from_hours(1));
    shop.blocked(SWITCH, json!({"auto_reply_id": id, "active": false}), "AUTO-34").await;
}

async fn the_last_thirty_days_are_played(db: TestDb) {
    let shop = Shop::open(db).await;
    let returns = json!({"route": {"queue": "returns"}});
    shop.live(RULE, json!({"rule": rule("Returns", 20, "refund", returns), "becomes": "active"})).await;
    for (n, (who, text, days)) in [
        (0, "refund for +852 9123 4567 please", 3),
        (1, "refund", 2),
        (2, "refund", 31),
        (3, "where is my cup", 2),
        (3, "refund", 1),
    ]
    .into_iter()
    .enumerate()
    {
        shop.wrote(who, u32::try_from(n).unwrap(), text, days).await;
    }
    let broad = json!({"rule": rule("Money", 5, "refund", says("Please write to us.")), "becomes": "active"});
    let answer = shop.ask(RULE, broad).await;
    let effect = &answer["preview"]["effect"];
    assert_eq!(
        (&effect["messages"], &effect["different"], &effect["conversations"]),
        (&json!(4), &json!(3), &json!(3))
    );
    let counts = ["answered", "changed", "misrouted", "left_without_person", "other_queue", "looped", "silenced"]
        .map(|verdict| count(&answer, verdict));
    assert_eq!(counts, [3, 3, 3, 3, 0, 0, 0]);
    assert_eq!(rules(&answer["findings"]), ["AUTO-36", "AUTO-37"]);
    let sample = &effect["samples"][0];
    assert_eq!((&sample["today"]["by"], &sample["today"]["queue"]), (&json!("Returns"), &json!("returns")));
    assert_eq!(
        (&sample["then"]["by"], &sample["then"]["says"][0]["body"]),
        (&json!("Money"), &json!("Please write to us."))
    );
    let text = answer.to_string();
    for secret in ["9123 4567", "91234567", "wamid.past", "Tai Man"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // To another queue, which is for few.
    let id = shop.world.db.clone();
    let known = automation::active(&id, shop.world.tenant.id).await.unwrap();
    let id = known.rules().next().unwrap().content.id.to_string();
    let moved = rule("Returns", 20, "refund", json!({"route": {"queue": "complaints"}}));
    let answer = shop.ask(RULE, json!({"keyword_rule_id": id, "rule": moved, "becomes": "active"})).await;
    assert_eq!((count(&answer, "other_queue"), count(&answer, "left_without_person")), (3, 0));
    assert_eq!(rules(&answer["findings"]), ["AUTO-37"]);
    let off = shop.ask(RULE, json!({"keyword_rule_id": id, "becomes": "inactive"})).await;
    assert_eq!((count(&off, "silenced"), count(&off, "left_without_person")), (3, 3));
}
