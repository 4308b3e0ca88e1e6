//! Answers to one customer: what may be said, what waits for a person, and that it goes into the ledger once.

use countersign::approvals::begin::begin;
use countersign::approvals::replies::doubts::ask;
use countersign::approvals::replies::end;
use countersign::domain::audit::Actor;
use countersign::domain::clock::Timestamp;
use countersign::domain::consent::Suppression;
use countersign::domain::contacts::ContactNo;
use countersign::domain::conversations::{Conversation, ConversationAct};
use countersign::domain::ids::{ContactId, RequestId};
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::conversations::{Act, Assignment, Heard, NewQueue};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{consent, conversations, replies, requests};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(
    a_plain_answer_passes_by_the_policy_and_is_said_once,
    what_becomes_of_the_message_becomes_of_the_request,
    what_may_not_be_said_is_refused_and_nobody_is_asked,
    what_is_sensitive_waits_for_a_person,
    what_has_changed_since_is_not_sent,
    other_peoples_conversations_do_not_exist,
    an_answer_in_doubt_is_told_plainly_and_listed,
);

const SEND: &str = "whatsapp.session_message.send";
const PREVIEW: &str = "whatsapp.session_message.preview";
const NUMBER: &str = "106540352242922";
const HOUR: Duration = Duration::from_hours(1);

struct Shop {
    world: World,
    door: Door,
    key: String,
    contact: ContactId,
    no: ContactNo,
    thread: Conversation,
}

pub async fn hear(world: &World, no: ContactNo, body: &str, at: Timestamp) -> Conversation {
    let mut tx = world.db.begin().await.unwrap();
    let wamid = format!("wamid.{}", body.len());
    let inbound = Inbound {
        wamid: &wamid,
        phone_number_id: NUMBER,
        contact: no,
        kind: "text",
        body: Some(body),
        details: None,
        context: None,
        sent_at: at,
    };
    assert!(receive(&mut tx, world.tenant.id, &inbound, at).await.unwrap());
    let heard = Heard { number: NUMBER, contact: no, at, wants_answer: true };
    let thread = conversations::heard(&mut tx, world.tenant.id, &heard, at).await.unwrap();
    tx.commit().await.unwrap();
    thread
}

impl Shop {
    /// A customer wrote an hour ago, with their number in it.
    async fn open(db: &TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let (_, numbers) = world.ready_to_send(2).await;
        let thread = hear(&world, numbers[0], "When do you open? Call 9123 4567", NOW.before(HOUR)).await;
        let contact = countersign::store::contacts::many(&world.db, world.tenant.id, &numbers[..1]).await.unwrap();
        let door = Door::open(&world.db).await;
        let (_, key) = world.agent("desk", "read,propose:messages").await;
        Self { contact: contact[&numbers[0]].id, no: numbers[0], thread, world, door, key }
    }

    fn says(&self, message: Value) -> Value {
        json!({"conversation_id": self.thread.id, "message": message, "reason": "The customer asked.", "wait_ms": 0})
    }

    async fn call(&self, message: Value) -> Value {
        self.door.modern(&self.key).call(SEND, self.says(message)).await
    }

    async fn request(&self, id: RequestId) -> ActionRequest {
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    /// A worker's look at what may begin.
    async fn carried_out(&self, answer: &Value) -> ActionRequest {
        let id = id(answer);
        begin(&self.door.ctx, self.world.tenant.id, id).await.unwrap();
        self.request(id).await
    }

    async fn replies(&self) -> Vec<replies::Reply> {
        replies::to_contact(&self.world.db, self.world.tenant.id, NUMBER, self.no, 99).await.unwrap()
    }
}

fn id(answer: &Value) -> RequestId {
    answer["action_request_id"].as_str().unwrap().parse().unwrap()
}

fn text(body: &str) -> Value {
    json!({"text": {"body": body}})
}

async fn a_plain_answer_passes_by_the_policy_and_is_said_once(db: TestDb) {
    let shop = Shop::open(&db).await;
    let answer = shop.call(text("We open at 9.")).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("approved"), &json!("SIGN-08")), "{answer:#}");
    let preview = &answer["preview"];
    assert_eq!((&preview["message"]["body"], &preview["sensitive"]), (&json!("We open at 9."), &json!([])));
    assert_eq!(
        (&preview["thread"]["to"], &preview["thread"]["name"]),
        (&json!("+852 •••• ••00"), &json!("C••• T•• M•• 0•"))
    );
    assert_eq!(preview["thread"]["window"]["minutes_left"], 23 * 60);
    let line = &preview["thread"]["lines"][0];
    assert_eq!((&line["by"], &line["text"]), (&json!("customer"), &json!("When do you open? Call …67")));
    let same = shop.call(text("We open at 9.")).await;
    assert_eq!(same["action_request_id"], answer["action_request_id"], "one ask, one message");
    assert_eq!(shop.carried_out(&answer).await.status, Status::Executing);
    assert_eq!(shop.carried_out(&answer).await.status, Status::Executing);
    let said = shop.replies().await;
    assert_eq!(said.len(), 1, "begun twice, said once");
    assert_eq!(said[0].request, Some(id(&answer)));
    end(&shop.door.ctx).await.unwrap();
    let asked = json!({"action_request_id": answer["action_request_id"]});
    let status = shop.door.modern(&shop.key).call("whatsapp.action_request.status", asked).await;
    assert_eq!((&status["status"], &status["execution"]["progress"]["queued"]), (&json!("executing"), &json!(1)));
    let by_contact = json!({"contact_id": shop.contact, "from": "+852 3001 0001", "message": text("We open at 9!"),
        "reason": "The customer asked.", "wait_ms": 0});
    let other = shop.door.modern(&shop.key).call(SEND, by_contact).await;
    assert_eq!(other["preview"]["thread"]["conversation_id"], json!(shop.thread.id));
}

async fn what_becomes_of_the_message_becomes_of_the_request(db: TestDb) {
    let shop = Shop::open(&db).await;
    for (n, (set, status, says)) in [
        ("state = 2, wamid = 'wamid.A'", Status::Succeeded, ""),
        ("state = 4, error_code = 131026, why = 'The number is not on WhatsApp.'", Status::Failed, "not on WhatsApp"),
        ("state = 5, why = 'The window is closed.'", Status::Failed, "The window is closed."),
        ("state = 3, why = 'the answer was lost'", Status::Executing, ""),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = shop.call(text(&format!("We open at {n}."))).await;
        shop.carried_out(&answer).await;
        db.execute(&format!("update reply set {set} where state = 0")).await;
        end(&shop.door.ctx).await.unwrap();
        end(&shop.door.ctx).await.unwrap();
        let ended = shop.request(id(&answer)).await;
        assert_eq!(ended.status, status, "{set}");
        let error = ended.error.map(|failure| failure.message).unwrap_or_default();
        assert!(error.contains(says) && error.is_empty() == says.is_empty(), "{set}: {error}");
    }
    // Meta tells of the one in doubt after all.
    db.execute("update reply set state = 2, wamid = 'wamid.B', progress = 2 where state = 3").await;
    end(&shop.door.ctx).await.unwrap();
    let last = shop.replies().await.remove(0);
    let ended = shop.request(last.request.unwrap()).await;
    assert_eq!((ended.status, &ended.result.unwrap()["delivery"]), (Status::Succeeded, &json!("delivered")));
}

async fn what_may_not_be_said_is_refused_and_nobody_is_asked(db: TestDb) {
    let shop = Shop::open(&db).await;
    let agent = shop.door.modern(&shop.key);
    let buttons = |titles: &[&str]| {
        let buttons: Vec<Value> = titles.iter().map(|title| json!({"id": title, "title": title})).collect();
        json!({"reply_buttons": {"body": "Which one?", "buttons": buttons}})
    };
    for (message, rule) in [
        (text("Flash sale: buy now!"), "SESS-05"),
        (text("限時優惠，立即選購"), "SESS-05"),
        (text("Our new oolong is 20% off this week, come by!"), "SESS-05"),
        (text("新茶八折，快來選購！"), "SESS-05"),
        (text("Please tell us the 6-digit code"), "SESS-06"),
        (text("Please send me your card number."), "SESS-06"),
        (text(&"x".repeat(4_097)), "SESS-04"),
        (buttons(&["1", "2", "3", "4"]), "SESS-04"),
        (buttons(&["this title is much too long"]), "SESS-04"),
        (json!({"image": {"media": {"link": "ftp://shop.example/a.jpg"}}}), "SESS-04"),
        (text("See http://bit.ly/x"), "LINK-05"),
    ] {
        let error = agent.refused(SEND, shop.says(message.clone())).await;
        let rules: Vec<&str> =
            error["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
        assert!(error["code"] == "blocked" && rules.contains(&rule), "{message}: {error:#}");
    }
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::suppress(&mut tx, shop.world.tenant.id, shop.no, Suppression::OptedOutOfMarketing, "test", None, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(shop.call(text("You will get no more offers.")).await["status"], "approved", "that was marketing only");
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::suppress(&mut tx, shop.world.tenant.id, shop.no, Suppression::OptedOutOfEverything, "test", None, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let error = agent.refused(SEND, shop.says(text("Hello again"))).await;
    assert_eq!(error["findings"][0]["rule"], "SESS-02");
    shop.door.clock.advance(HOUR * 23);
    let error = agent
        .refused(
            PREVIEW,
            json!({"arguments": {"conversation_id": shop.thread.id, "message": text("Hello")},
        "reason": "The customer asked."}),
        )
        .await;
    assert_eq!(error["findings"][0]["rule"], "SESS-01");
    assert!(error["findings"][0]["message"].as_str().unwrap().contains("template"), "it says what may be sent instead");
    assert!(shop.replies().await.is_empty());
    let acts =
        countersign::store::audit::list(&shop.world.db, shop.world.tenant.id, &Default::default(), 99).await.unwrap();
    assert_eq!(acts.iter().filter(|entry| entry.act == "request.blocked").count(), 13);
    assert!(acts.iter().all(|entry| entry.act != "request.filed"));
}

async fn what_is_sensitive_waits_for_a_person(db: TestDb) {
    let shop = Shop::open(&db).await;
    let image = json!({"image": {"media": {"id": "1234567890"}, "caption": "The receipt"}});
    for (message, why) in [
        (text("It costs HK$80."), "payment"),
        (text("我們會退款給你"), "promise"),
        (text("Transfer to account 012-345-678"), "payment"),
        (text("your medical results are fine"), "health"),
        (text("See https://elsewhere.example.org/a"), "link"),
        (image, "media"),
    ] {
        let answer = shop.call(message.clone()).await;
        let approval = &answer["approval"];
        assert_eq!(
            (&answer["status"], &approval["rule"]),
            (&json!("pending_approval"), &json!("SIGN-07")),
            "{answer:#}"
        );
        assert_eq!((&approval["signatures_required"], &answer["preview"]["sensitive"]), (&json!(1), &json!([why])));
        assert_eq!(answer["expires_at"], json!(NOW.after(HOUR * 23)), "nobody decides once the window is closed");
        let begun = shop.carried_out(&answer).await;
        assert_eq!(begun.status, Status::PendingApproval);
    }
    assert!(shop.replies().await.is_empty(), "nothing goes without its signature");
}

async fn what_has_changed_since_is_not_sent(db: TestDb) {
    let shop = Shop::open(&db).await;
    let tenant = shop.world.tenant.id;
    let stopped = shop.call(text("We open at one.")).await;
    let moved = shop.call(text("We open at two.")).await;
    let late = shop.call(text("We open at three.")).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::suppress(&mut tx, tenant, shop.no, Suppression::Blocked, "test", None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let begun = shop.carried_out(&stopped).await;
    assert_eq!((begun.status, begun.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "SESS-02"));
    db.execute("delete from suppression").await;
    // The customer wrote on: that alone keeps nothing back, and makes the window longer.
    hear(&shop.world, shop.no, "And on Sunday?", NOW).await;
    shop.door.clock.advance(HOUR * 23 + HOUR / 2);
    let begun = shop.carried_out(&late).await;
    assert_eq!(begun.status, Status::Executing, "{:?}", begun.error);
    let mut tx = shop.world.db.begin().await.unwrap();
    conversations::add_queue(
        &mut tx,
        tenant,
        &NewQueue { name: "desk", restricted: false, hours: None, answer_within: None },
    )
    .await
    .unwrap();
    let to = Assignment { queue: Some("desk"), person: None, answer_by: None };
    let act = Act { act: ConversationAct::Assigned, actor: &Actor::Worker, details: &Value::Null };
    conversations::assign(&mut tx, tenant, &shop.thread, &to, &act, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let begun = shop.carried_out(&moved).await;
    assert_eq!((begun.status, begun.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "SESS-11"));
    assert_eq!(shop.replies().await.len(), 1);
}

async fn other_peoples_conversations_do_not_exist(db: TestDb) {
    let shop = Shop::open(&db).await;
    let other = World::new(&shop.world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,propose:messages").await;
    let theirs = shop.door.modern(&foreign).refused(SEND, shop.says(text("Hello"))).await;
    assert_eq!(theirs["code"], "not_found");
    let (_, reader) = shop.world.agent("reader", "read").await;
    let unknown = shop
        .door
        .modern(&reader)
        .request("tools/call", json!({"name": SEND, "arguments": shop.says(text("Hello"))}))
        .await;
    assert!(!unknown.text.contains("action_request_id"), "{}", unknown.text);
    let tenant = shop.world.tenant.id;
    let mut tx = shop.world.db.begin().await.unwrap();
    let queue = NewQueue { name: "complaints", restricted: true, hours: None, answer_within: None };
    conversations::add_queue(&mut tx, tenant, &queue).await.unwrap();
    let to = Assignment { queue: Some("complaints"), person: None, answer_by: None };
    let act = Act { act: ConversationAct::Assigned, actor: &Actor::Worker, details: &Value::Null };
    conversations::assign(&mut tx, tenant, &shop.thread, &to, &act, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let agent = shop.door.modern(&shop.key);
    assert_eq!(agent.refused(SEND, shop.says(text("Hello"))).await["code"], "not_found");
    let of_thread = json!({"conversation_id": shop.thread.id});
    assert_eq!(agent.refused("whatsapp.message_delivery.list", of_thread).await["code"], "not_found");
    let mut tx = shop.world.db.begin().await.unwrap();
    conversations::add_person(&mut tx, tenant, "complaints", shop.world.owner.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(shop.call(text("Hello")).await["status"], "approved", "for those who look after it");
    for whom in [json!({}), json!({"conversation_id": shop.thread.id, "contact_id": shop.contact})] {
        let mut ask = json!({"message": text("Hi"), "reason": "The customer asked."});
        ask.as_object_mut().unwrap().extend(whom.as_object().unwrap().clone());
        assert_eq!(agent.refused(SEND, ask).await["code"], "invalid_arguments", "{whom}");
    }
}

async fn an_answer_in_doubt_is_told_plainly_and_listed(db: TestDb) {
    let shop = Shop::open(&db).await;
    let answer = shop.call(text("We open at 9.")).await;
    shop.carried_out(&answer).await;
    db.execute("update reply set state = 3, attempt = 1, why = 'the connection was cut'").await;
    let agent = shop.door.modern(&shop.key);
    let asked = json!({"action_request_id": answer["action_request_id"]});
    let status = agent.call("whatsapp.action_request.status", asked.clone()).await;
    let halted = status["execution"]["halted"].as_str().unwrap();
    assert!(halted.starts_with("IN DOUBT") && halted.contains("Meta's status"), "{halted}");
    ask(&shop.door.ctx, Duration::ZERO).await.unwrap();
    let status = agent.call("whatsapp.action_request.status", asked.clone()).await;
    let reply = shop.replies().await.remove(0).id;
    assert_eq!(status["status"], "needs_attention");
    let halted = status["execution"]["halted"].as_str().unwrap();
    assert!(halted.contains(&format!("/replies/{reply}/doubts")), "{halted}");

    let listed = agent.call("whatsapp.message_delivery.list", asked).await;
    assert_eq!((&listed["counts"]["unknown"], listed["items"].as_array().unwrap().len()), (&json!(1), 1));
    let next = shop.call(text("And on Sunday at 10.")).await;
    shop.carried_out(&next).await;
    let page = json!({"contact_id": shop.contact, "limit": 1});
    let first = agent.call("whatsapp.message_delivery.list", page).await;
    let page = json!({"contact_id": shop.contact, "limit": 1, "cursor": first["next_cursor"]});
    let second = agent.call("whatsapp.message_delivery.list", page).await;
    assert_eq!(second["next_cursor"], Value::Null);
    let of_thread = |cursor: &Value| json!({"conversation_id": shop.thread.id, "limit": 1, "cursor": cursor});
    let one = agent.call("whatsapp.message_delivery.list", of_thread(&Value::Null)).await;
    let other = agent.call("whatsapp.message_delivery.list", of_thread(&one["next_cursor"])).await;
    assert_eq!((&one["items"], &other["items"]), (&first["items"], &second["items"]), "all were said in one thread");
    let of = |page: &Value| page["items"][0]["action_request_id"].clone();
    let mut both = [of(&first), of(&second)].map(|id| id.as_str().unwrap().to_owned());
    let mut wanted = [id(&answer).to_string(), id(&next).to_string()];
    both.sort();
    wanted.sort();
    assert_eq!(both, wanted, "each once");
    assert_eq!(first["items"][0]["phone"], "+852 •••• ••00");
}
