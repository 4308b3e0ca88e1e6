//! A customer writes, and what is live answers: a keyword, a menu with buttons, a person who takes over; within the window, once
//! for each message, and whatever dies in between.

use std::time::Duration;

use countersign::domain::automation::Content;
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::conversations::Conversation;
use countersign::domain::deliveries::Delivery;
use countersign::domain::ids::{AutoReplyId, FlowId, KeywordRuleId, RequestId, TenantId};
use countersign::faults::{ANSWERED, REQUESTING, Step};
use countersign::store::{self, Db, automation, contacts, conversations, replies};
use serde_json::{Value, json};

use super::signer::sign;
use super::stage::Stage;
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::world::who;

on_both!(
    a_customer_is_answered_led_and_handed_over,
    after_the_window_nothing_is_said,
    what_dies_while_it_answers_says_nothing_twice,
    an_agent_answers_and_a_person_signs_what_is_sensitive,
    what_dies_while_it_sends_an_answer_sends_it_once,
);

/// The steps on the way of an answer.
pub const REPLIES: [Step; 2] = [Step::Intended, Step::Replied];

const ADA: &str = "85291000001";
pub const SOON: Duration = Duration::from_secs(20);

pub struct Shop {
    pub stage: Stage,
    pub db: Db,
    pub tenant: TenantId,
    /// Of Meta's, the first of the business.
    pub number: String,
}

impl Shop {
    /// A business whose menu answers "menu", and whose rule answers "hours"; under an approval, as far as the rows tell.
    pub async fn open(db: TestDb) -> Self {
        let stage = Stage::set(db, 3, 100).await;
        let db = stage.db.open().await;
        let tenant = store::people::tenants(&db).await.unwrap().remove(0).id;
        let number = countersign::simulate::Settings::default().phone_numbers[0].id.clone();
        Self { stage, db, tenant, number }
    }

    /// Under a request that is there: what answers here was never asked for by a tool.
    pub async fn automate(&self, request: RequestId) {
        let flow = FlowId::random();
        let fallback = json!({"say": {"text": "Please choose."}, "tries": 2, "next": "desk"});
        let nodes = json!({
            "menu": {"question": {
                "ask": {"text": "What is it about?"},
                "menu": {"buttons": [
                    {"id": "tea", "title": "Our teas", "next": "tea"}, {"id": "desk", "title": "Talk to us", "next": "desk"}]},
            }},
            "tea": {"message": {"say": {"text": {"text": "Oolong, jasmine, pu'er."}}, "next": "menu"}},
            "desk": {"hand_over": {"queue": "support", "note": "Came by the menu.", "say": {"text": "A colleague will answer."}}},
        });
        let menu = json!({"kind": "flow", "content": {"id": flow, "name": "Menu", "kind": "faq", "scope": {}, "start": "menu", "nodes": nodes,
            "fallback": fallback, "person": {"queue": "support"}, "timeout_minutes": 60}});
        let rule = |name: &str, phrase: &str, action: Value| {
            json!({"kind": "keyword_rule", "content": {"id": KeywordRuleId::random(), "name": name, "priority": 10, "scope": {}, "kind": "word",
                "phrases": [phrase], "action": action}})
        };
        let welcome = json!({"kind": "auto_reply", "content": {"id": AutoReplyId::random(), "name": "Welcome", "occasion": {"first_message": null}, "scope": {},
            "queues": [], "say": {"text": "Welcome to Harbour Tea House."}, "person": {"queue": "support"}}});
        let live = [
            menu,
            rule("Hours", "hours", json!({"reply": {"say": {"text": "From 9 to 6."}}})),
            rule("Menu", "menu", json!({ "start_flow": flow })),
            welcome,
        ];
        let (mut tx, now) = (self.db.begin().await.unwrap(), SystemClock.now());
        for content in live {
            let content: Content =
                serde_json::from_value(content.clone()).unwrap_or_else(|e| panic!("{e}: {content:#}"));
            let version = automation::add_version(&mut tx, self.tenant, &content, request, now).await.unwrap().version;
            let subject = content.subject();
            assert!(
                automation::switch(&mut tx, self.tenant, subject, None, Some(version), request, now).await.unwrap()
            );
        }
        tx.commit().await.unwrap();
    }

    pub async fn request(&self) -> RequestId {
        self.stage.filed_offer(self.stage.segment, 10).await.parse().unwrap()
    }

    pub async fn act(&self, what: Value) {
        let mut ask = json!({ "number": ADA });
        ask.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        self.control("customers/act", &ask).await;
    }

    pub async fn control(&self, path: &str, body: &Value) {
        let url = format!("{}/control/{path}", self.stage.meta.url());
        let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// What reached Ada's phone, once there is so much of it.
    pub async fn heard(&self, count: usize) -> Vec<String> {
        until(&format!("{count} messages are heard"), SOON, async || {
            let said = self.stage.sends().await;
            let said: Vec<String> = said.iter().filter_map(|send| send["text"].as_str().map(str::to_owned)).collect();
            (said.len() >= count).then_some(said)
        })
        .await
    }

    pub async fn thread(&self) -> Option<Conversation> {
        let mut tx = self.db.begin().await.unwrap();
        let ada = who(Some(&format!("+{ADA}")), None);
        let found = contacts::of(&mut tx, self.tenant, &ada, SystemClock.now()).await.unwrap()?;
        conversations::of(&mut tx, self.tenant, &self.number, found.known.no).await.unwrap()
    }

    /// How the replies to Ada stand, oldest first.
    pub async fn replies(&self) -> Vec<Delivery> {
        let Some(thread) = self.thread().await else { return Vec::new() };
        let found = replies::to_contact(&self.db, self.tenant, &self.number, thread.contact, 99).await.unwrap();
        found.iter().rev().map(|reply| reply.delivery).collect()
    }
}

async fn a_customer_is_answered_led_and_handed_over(db: TestDb) {
    let shop = Shop::open(db).await;
    let daemon = shop.stage.daemon().await;
    shop.automate(shop.request().await).await;

    shop.act(json!({"text": "Good morning"})).await;
    assert_eq!(shop.heard(1).await, ["Welcome to Harbour Tea House."]);
    shop.act(json!({"text": "What are your HOURS?"})).await;
    assert_eq!(shop.heard(2).await[1], "From 9 to 6.");
    shop.act(json!({"text": "menu"})).await;
    assert_eq!(shop.heard(3).await[2], "What is it about?");
    shop.act(json!({"tap": "Our teas"})).await;
    assert_eq!(shop.heard(5).await[3..], ["Oolong, jasmine, pu'er.", "What is it about?"], "in their order");
    shop.act(json!({"tap": "Talk to us"})).await;
    assert_eq!(shop.heard(6).await[5], "A colleague will answer.");
    let thread = shop.thread().await.expect("there is a thread");
    assert_eq!(thread.queue.as_deref(), Some("support"));
    assert!(thread.handed_at.is_some() && thread.waiting_since.is_some(), "it waits for a person: {thread:?}");
    // From here on people answer.
    shop.act(json!({"text": "menu"})).await;
    shop.act(json!({"text": "hours"})).await;
    until("both are taken in", SOON, async || (shop.thread().await?.unread == thread.unread + 2).then_some(())).await;
    let history = conversations::history(&shop.db, shop.tenant, thread.id).await.unwrap();
    let handed = history.iter().find(|event| event.act.as_str() == "handed_over").expect("it is written down");
    assert_eq!(handed.details["note"], "Came by the menu.");
    until("Meta has told how far they came", SOON, async || {
        shop.replies().await.iter().all(|it| *it >= Delivery::Sent && *it <= Delivery::Read).then_some(())
    })
    .await;
    assert_eq!(shop.heard(6).await.len(), 6, "nothing was said that nobody asked for");
    daemon.stop().await;
}

async fn after_the_window_nothing_is_said(db: TestDb) {
    let shop = Shop::open(db).await;
    let daemon = shop.stage.daemon().await;
    shop.automate(shop.request().await).await;
    let old = SystemClock.now().before(Duration::from_hours(24)).seconds().to_string();
    let value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": shop.number},
        "messages": [{"from": ADA, "id": "wamid.late", "timestamp": old, "type": "text", "text": {"body": "hours"}}]});
    shop.control("webhooks/send", &json!({"field": "messages", "value": value})).await;
    until("it is taken in", SOON, async || shop.thread().await).await;
    shop.act(json!({"text": "停止"})).await;
    until("both are taken in", SOON, async || (shop.thread().await?.unread == 2).then_some(())).await;
    // Whoever said stop is not answered, and one whose day is over is not either.
    shop.act(json!({"text": "hours"})).await;
    until("all are taken in", SOON, async || (shop.thread().await?.unread == 3).then_some(())).await;
    assert!(shop.replies().await.is_empty());
    assert!(shop.stage.sends().await.is_empty());
    daemon.stop().await;
}

async fn what_dies_while_it_answers_says_nothing_twice(db: TestDb) {
    let shop = Shop::open(db).await;
    let daemon = shop.stage.daemon().await;
    shop.automate(shop.request().await).await;
    daemon.stop().await;
    let points = REPLIES.iter().flat_map(|step| step.points()).chain([REQUESTING, ANSWERED]);
    let mut asked = 0;
    for point in points {
        let mut dying = shop.stage.daemon_with(&[("FAILPOINTS", &format!("{point}=return"))]).await;
        shop.act(json!({"text": "hours"})).await;
        asked += 1;
        until("it dies", SOON, async || dying.ended()).await;
        let daemon = shop.stage.daemon().await;
        until("every question has its answer, or a doubt", SOON, async || {
            let stands = shop.replies().await;
            let open = stands.iter().any(|it| matches!(it, Delivery::Queued | Delivery::Sending));
            (stands.len() == asked && !open).then_some(())
        })
        .await;
        daemon.stop().await;
        let said = shop.stage.sends().await.len();
        assert!(said <= asked, "after {point}: {said} messages for {asked} questions");
        let doubts = shop.replies().await.iter().filter(|it| **it == Delivery::Unknown).count();
        assert!(said + doubts >= asked, "after {point}: {said} messages and {doubts} doubts for {asked} questions");
    }
}

const SEND: &str = "whatsapp.session_message.send";

async fn an_agent_answers_and_a_person_signs_what_is_sensitive(db: TestDb) {
    let shop = Shop::open(db).await;
    let daemon = shop.stage.daemon().await;
    shop.automate(shop.request().await).await;
    shop.act(json!({"text": "menu"})).await;
    shop.heard(1).await;
    shop.act(json!({"tap": "Talk to us"})).await;
    shop.heard(2).await;
    let thread =
        until("it is handed over", SOON, async || shop.thread().await.filter(|it| it.handed_at.is_some())).await;
    let says = |body: &str| json!({"conversation_id": thread.id, "message": {"text": {"body": body}}, "reason": "The customer asked.", "wait_ms": 10_000});
    let plain = shop.stage.try_call(SEND, says("Hello, this is the desk.")).await.unwrap();
    assert_eq!((&plain["status"], &plain["approval"]["rule"]), (&json!("succeeded"), &json!("SIGN-08")), "{plain:#}");
    assert_eq!(shop.heard(3).await[2], "Hello, this is the desk.");

    let asked = shop.stage.try_call(SEND, says("We will refund HK$80.")).await.unwrap();
    assert_eq!(asked["status"], "pending_approval", "{asked:#}");
    let id = asked["action_request_id"].as_str().unwrap();
    assert_eq!(shop.heard(3).await.len(), 3, "nothing goes before the signature");
    let mut lau = shop.stage.visitor();
    sign(&mut lau, id).await.unwrap();
    let done = shop.stage.comes_to(id, "succeeded", SOON).await;
    assert_eq!(done["execution"]["progress"]["accepted"], 1, "{done:#}");
    assert_eq!(shop.heard(4).await[3..], ["We will refund HK$80."]);
    let page = lau.get(&format!("/requests/{id}")).await.text();
    assert!(page.contains("Meta has taken the message"), "{page}");

    // Their day is over: what they wrote is a day old.
    let old = SystemClock.now().before(Duration::from_hours(24)).seconds().to_string();
    let value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": shop.number},
        "messages": [{"from": "85291000002", "id": "wamid.late", "timestamp": old, "type": "text", "text": {"body": "hello"}}]});
    shop.control("webhooks/send", &json!({"field": "messages", "value": value})).await;
    let late = until("it is taken in", SOON, async || {
        let mut tx = shop.db.begin().await.unwrap();
        let who = who(Some("+85291000002"), None);
        let found = contacts::of(&mut tx, shop.tenant, &who, SystemClock.now()).await.unwrap()?;
        conversations::of(&mut tx, shop.tenant, &shop.number, found.known.no).await.unwrap()
    })
    .await;
    let mut ask = says("Are you still there?");
    ask["conversation_id"] = json!(late.id);
    let refused = shop.stage.try_call(SEND, ask).await.unwrap();
    assert_eq!(
        (&refused["error"]["code"], &refused["error"]["findings"][0]["rule"]),
        (&json!("blocked"), &json!("SESS-01"))
    );
    assert_eq!(shop.stage.sends().await.len(), 4);
    daemon.stop().await;
}

async fn what_dies_while_it_sends_an_answer_sends_it_once(db: TestDb) {
    let shop = Shop::open(db).await;
    let daemon = shop.stage.daemon().await;
    shop.act(json!({"text": "hello"})).await;
    let thread = until("it is taken in", SOON, async || shop.thread().await).await;
    until("the numbers have come from Meta", SOON, async || {
        let numbers = store::business::numbers(&shop.db, shop.tenant).await.unwrap();
        (!numbers.is_empty()).then_some(())
    })
    .await;
    daemon.stop().await;
    let steps = [Step::Filed, Step::Claimed, Step::Intended, Step::Replied, Step::Ended];
    let points = steps.iter().flat_map(|step| step.points()).chain([REQUESTING, ANSWERED]);
    let mut asked = 0;
    for point in points {
        let mut dying = shop.stage.daemon_with(&[("FAILPOINTS", &format!("{point}=return"))]).await;
        let body = format!("Answer {point}");
        let ask = json!({"conversation_id": thread.id, "message": {"text": {"body": body}}, "reason": "They asked.", "wait_ms": 0});
        // Whoever should answer may be gone.
        let _ = shop.stage.try_call(SEND, ask.clone()).await;
        asked += 1;
        until("it dies", SOON, async || dying.ended()).await;
        let daemon = shop.stage.daemon().await;
        let again = shop.stage.try_call(SEND, ask).await.unwrap();
        let id = again["action_request_id"].as_str().unwrap_or_else(|| panic!("{point}: {again:#}"));
        let what = json!({ "action_request_id": id });
        let doubt = until("it is done, or in doubt", SOON, async || {
            let is = shop.stage.try_call("whatsapp.action_request.status", what.clone()).await.ok()?;
            let doubt = is["execution"]["progress"]["unknown"] == 1;
            (is["status"] == "succeeded" || doubt).then_some(doubt)
        })
        .await;
        daemon.stop().await;
        let said = shop.stage.sends().await;
        let of_this = said.iter().filter(|send| send["text"] == body.as_str()).count();
        assert!(of_this <= 1 && said.len() <= asked, "after {point}: {of_this} of {}", said.len());
        assert!(of_this == 1 || doubt, "after {point} it is lost");
    }
}
