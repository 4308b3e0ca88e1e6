//! Conversations that are given away and closed: who may have them, who has to agree, who is told, and that nothing happens twice.

use countersign::domain::audit::Actor;
use countersign::domain::clock::{Clock as _, Timestamp};
use countersign::domain::conversations::{Conversation, ConversationAct, ConversationState};
use countersign::domain::ids::{ConversationId, PersonId};
use countersign::domain::mails::MailKind;
use countersign::domain::people::{Person, Role};
use countersign::domain::requests::Status;
use countersign::store::conversations::{self, Act, Assignment, Heard, NewQueue};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{outbox, people, replies};
use serde_json::{Value, json};
use std::time::Duration;

use super::asking::{Shop, rules};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, person};

on_both!(
    a_conversation_goes_to_a_queue_and_its_people_are_told,
    nobody_gets_what_they_may_not_look_after,
    restricted_queues_and_many_wait_for_a_person,
    what_changed_since_stays_where_it_is,
    notes_are_for_those_who_may_see_them_and_never_for_the_customer,
    a_settled_conversation_is_closed_with_its_outcome,
    complaints_payments_and_silence_wait_for_a_person,
    what_is_escalated_is_not_closed_before_its_owner_has_settled_it,
    what_the_customer_wrote_since_keeps_it_open,
    conversations_of_others_do_not_exist,
);

const ASSIGN: &str = "whatsapp.conversation.assign";
const PREVIEW: &str = "whatsapp.handover.preview";
const CLOSE: &str = "whatsapp.conversation.close";
const NUMBER: &str = "7001";

fn ago(minutes: u64) -> Timestamp {
    NOW.before(Duration::from_mins(minutes))
}

/// A thread whose customer wrote this half an hour ago.
async fn thread(shop: &Shop, n: usize, text: &str) -> ConversationId {
    let no = shop.world.contacts(&[person(n)]).await[0];
    let mut tx = shop.world.db.begin().await.unwrap();
    let inbound = Inbound {
        wamid: &format!("wamid.{n}"),
        phone_number_id: NUMBER,
        contact: no,
        kind: "text",
        body: Some(text),
        details: None,
        context: None,
        sent_at: ago(30),
    };
    assert!(receive(&mut tx, shop.world.tenant.id, &inbound, ago(30)).await.unwrap());
    let heard = Heard { number: NUMBER, contact: no, at: ago(30), wants_answer: true };
    let thread = conversations::heard(&mut tx, shop.world.tenant.id, &heard, ago(30)).await.unwrap();
    tx.commit().await.unwrap();
    thread.id
}

/// The same, answered.
async fn answered(shop: &Shop, n: usize, text: &str) -> ConversationId {
    let id = thread(shop, n, text).await;
    shop.db.execute("update conversation set waiting_since = null, answer_by = null, unread = 0").await;
    id
}

async fn find(shop: &Shop, id: ConversationId) -> Conversation {
    conversations::find(&shop.world.db, shop.world.tenant.id, id).await.unwrap().unwrap()
}

async fn queue(shop: &Shop, name: &str, restricted: bool, people: &[PersonId]) {
    let mut tx = shop.world.db.begin().await.unwrap();
    let within = Some(Duration::from_mins(20));
    let queue = NewQueue { name, restricted, hours: None, answer_within: within };
    conversations::add_queue(&mut tx, shop.world.tenant.id, &queue).await.unwrap();
    for id in people {
        conversations::add_person(&mut tx, shop.world.tenant.id, name, *id).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn staff(shop: &Shop, name: &str, role: Role) -> PersonId {
    let id = PersonId::random();
    let email = format!("{name}@{}.example", shop.world.tenant.id.short().to_lowercase());
    let person = Person { id, tenant: shop.world.tenant.id, email, name: name.to_owned(), role, disabled_at: None };
    let mut tx = shop.world.db.begin().await.unwrap();
    people::add_person(&mut tx, &person, "no password opens this", NOW).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Somebody of the team does something with it at the desk.
async fn by_hand(shop: &Shop, id: ConversationId, act: ConversationAct, details: Value) {
    let (tenant, thread) = (shop.world.tenant.id, find(shop, id).await);
    let actor = Actor::Person(shop.world.owner.id);
    let act = Act { act, actor: &actor, details: &details };
    let mut tx = shop.world.db.begin().await.unwrap();
    match act.act {
        ConversationAct::Escalated => conversations::escalate(&mut tx, tenant, &thread, true, &act, NOW).await.unwrap(),
        ConversationAct::Settled => conversations::escalate(&mut tx, tenant, &thread, false, &act, NOW).await.unwrap(),
        ConversationAct::Noted => conversations::note(&mut tx, tenant, id, &act, NOW).await.unwrap(),
        _ => {
            let queue = details["queue"].as_str();
            let to = Assignment { queue, person: None, answer_by: None };
            conversations::assign(&mut tx, tenant, &thread, &to, &act, NOW).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

/// Who is told of a conversation, by sign-in name, since the last look.
async fn told(shop: &Shop) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(due) = outbox::claim_next(&shop.world.db, shop.door.clock.now()).await.unwrap() {
        assert_eq!(due.kind, MailKind::ConversationAssigned);
        told.push(due.to.split('@').next().unwrap().to_owned());
    }
    told.sort_unstable();
    told
}

async fn a_conversation_goes_to_a_queue_and_its_people_are_told(db: TestDb) {
    let shop = Shop::open(db).await;
    let (ng, lee) = (staff(&shop, "ng", Role::Operator).await, staff(&shop, "lee", Role::Manager).await);
    queue(&shop, "sales", false, &[ng, lee]).await;
    let id = thread(&shop, 1, "How much is a teapot? 9123 4567").await;
    let ask = json!({"conversation_ids": [id], "queue": "sales", "note": "Asks for the blue one."});
    let answer = shop.ask(ASSIGN, ask.clone()).await;
    let line = &answer["preview"]["threads"][0];
    assert_eq!((&line["answer_by"], &line["answer_by_then"]), (&Value::Null, &json!(ago(10))));
    assert_eq!(rules(&answer["findings"]), ["HAND-08"], "late already");
    assert!(!answer.to_string().contains("Tai Man"), "{answer:#}");
    let again = shop.ask(ASSIGN, ask).await;
    assert_eq!(again["action_request_id"], answer["action_request_id"], "one ask");
    let done = shop.carried_out(&answer).await;
    assert_eq!((done.status, &done.result.as_ref().unwrap()["assigned"]), (Status::Succeeded, &json!(1)));
    assert_eq!(shop.carried_out(&answer).await.version, done.version, "begun twice, given once");
    let is = find(&shop, id).await;
    assert_eq!((is.queue.as_deref(), is.person, is.answer_by), (Some("sales"), None, Some(ago(10))));
    assert_eq!(told(&shop).await, ["lee", "ng"]);
    // Whoever was told a moment ago is not told of the next one.
    shop.passes(ASSIGN, json!({"conversation_ids": [id], "person_id": lee}), "SIGN-28").await;
    assert!(told(&shop).await.is_empty());
    shop.door.clock.advance(Duration::from_mins(16));
    // On to one person of it, who alone is told; the history says who had it.
    let on = json!({"conversation_ids": [id], "person_id": ng});
    shop.passes(ASSIGN, on, "SIGN-28").await;
    assert_eq!(told(&shop).await, ["ng"]);
    let is = find(&shop, id).await;
    assert_eq!((is.queue.as_deref(), is.person, is.answer_by), (Some("sales"), Some(ng), Some(ago(10))));
    let history = conversations::history(&shop.world.db, shop.world.tenant.id, id).await.unwrap();
    let given: Vec<_> = history.iter().filter(|it| it.act == ConversationAct::Assigned).collect();
    assert_eq!((given.len(), &given[0].details["note"]), (3, &json!("Asks for the blue one.")));
    assert_eq!(shop.acts("conversation.handed_on").await, 3);
}

async fn nobody_gets_what_they_may_not_look_after(db: TestDb) {
    let shop = Shop::open(db).await;
    let (ng, lee) = (staff(&shop, "ng", Role::Operator).await, staff(&shop, "lee", Role::Manager).await);
    let auditor = staff(&shop, "tam", Role::Auditor).await;
    queue(&shop, "sales", false, &[ng]).await;
    queue(&shop, "legal", true, &[ng]).await;
    let id = thread(&shop, 1, "Hello").await;
    let ask = |queue: Option<&str>, person: Option<PersonId>| json!({"conversation_ids": [id], "queue": queue, "person_id": person});
    for (queue, person, rule) in [
        (Some("nowhere"), None, "HAND-01"),
        (None, Some(PersonId::random()), "HAND-02"),
        (Some("sales"), Some(lee), "HAND-03"),
        (None, Some(auditor), "HAND-03"),
        // Whoever may not look into a restricted queue does not learn who works there.
        (Some("legal"), Some(ng), "HAND-03"),
    ] {
        shop.blocked(ASSIGN, ask(queue, person), rule).await;
    }
    shop.passes(ASSIGN, ask(None, Some(lee)), "SIGN-28").await;
    for wrong in [
        json!({"conversation_ids": [id]}),
        json!({"conversation_ids": [], "queue": "sales"}),
        json!({"conversation_ids": (0..101).map(|_| ConversationId::random()).collect::<Vec<_>>(), "queue": "sales"}),
    ] {
        assert_eq!(shop.refused(ASSIGN, wrong).await["code"], "invalid_arguments");
    }
    // The person leaves the queue after it was asked for.
    let late = shop.ask(ASSIGN, ask(Some("sales"), Some(ng))).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    conversations::remove_person(&mut tx, shop.world.tenant.id, "sales", ng).await.unwrap();
    conversations::add_person(&mut tx, shop.world.tenant.id, "sales", lee).await.unwrap();
    tx.commit().await.unwrap();
    shop.stale(&late, "HAND-03").await;
    assert_eq!(find(&shop, id).await.queue, None);
}

async fn restricted_queues_and_many_wait_for_a_person(db: TestDb) {
    let shop = Shop::open(db).await;
    queue(&shop, "sales", false, &[]).await;
    queue(&shop, "legal", true, &[shop.world.owner.id]).await;
    let (one, two) = (thread(&shop, 1, "Hello").await, thread(&shop, 2, "Hello").await);
    let bulk = json!({"conversation_ids": [one, two], "queue": "sales"});
    let bulk = shop.waits(ASSIGN, bulk, "SIGN-27", 1).await;
    let into = json!({"write_tool": ASSIGN, "arguments": {"conversation_ids": [one], "queue": "legal"}});
    let into = shop.preview(PREVIEW, into).await;
    assert_eq!((&into["status"], &into["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-27")));
    assert_eq!(rules(&into["findings"])[0], "HAND-07");
    assert_eq!(find(&shop, one).await.queue, None, "not before it is signed");
    shop.approve().await;
    assert_eq!(shop.carried_out(&into).await.status, Status::Succeeded);
    assert_eq!(find(&shop, one).await.queue.as_deref(), Some("legal"));
    // It has moved since; the other one goes.
    let done = shop.carried_out(&bulk).await;
    assert_eq!(done.status, Status::PartiallySucceeded, "not all that was signed");
    let result = done.result.unwrap();
    assert_eq!((&result["assigned"], &result["changed_since"]), (&json!(1), &json!(1)));
    assert_eq!(result["left_out"], json!([{"conversation_id": one, "reason": "changed_since"}]));
    assert_eq!(find(&shop, one).await.queue.as_deref(), Some("legal"));
    let out = shop.waits(ASSIGN, json!({"conversation_ids": [one], "queue": "sales"}), "SIGN-27", 1).await;
    assert_eq!(rules(&out["findings"])[0], "HAND-06");
    // A queue that is restricted by now is not entered without anybody's leave.
    queue(&shop, "desk", false, &[]).await;
    let early = shop.ask(ASSIGN, json!({"conversation_ids": [two], "queue": "desk"})).await;
    assert_eq!(early["approval"]["rule"], "SIGN-28");
    queue(&shop, "desk", true, &[]).await;
    shop.stale(&early, "HAND-11").await;
}

async fn what_changed_since_stays_where_it_is(db: TestDb) {
    let shop = Shop::open(db).await;
    queue(&shop, "sales", false, &[]).await;
    queue(&shop, "desk", false, &[]).await;
    let id = answered(&shop, 1, "Hello").await;
    let asked = shop.ask(ASSIGN, json!({"conversation_ids": [id], "queue": "sales"})).await;
    by_hand(&shop, id, ConversationAct::Assigned, json!({"queue": "desk"})).await;
    shop.stale(&asked, "HAND-10").await;
    assert_eq!(find(&shop, id).await.queue.as_deref(), Some("desk"));
    shop.passes(CLOSE, json!({"conversation_id": id, "outcome": "solved"}), "SIGN-28").await;
    shop.blocked(ASSIGN, json!({"conversation_ids": [id], "queue": "sales"}), "HAND-04").await;
}

async fn notes_are_for_those_who_may_see_them_and_never_for_the_customer(db: TestDb) {
    let shop = Shop::open(db).await;
    queue(&shop, "sales", false, &[]).await;
    let id = thread(&shop, 1, "Hello").await;
    by_hand(&shop, id, ConversationAct::Noted, json!({"note": "Owes us money, 9123 4567"})).await;
    let ask = |queue: &str| json!({"conversation_ids": [id], "queue": queue});
    let blind = shop.ask(ASSIGN, ask("sales")).await;
    let line = &blind["preview"]["threads"][0];
    assert_eq!((&line["notes"], &line["latest_note"]), (&json!(1), &Value::Null));
    assert!(!blind.to_string().contains("Owes us"), "{blind:#}");
    let (_, key) = shop.world.agent("chief", "read,propose,notes").await;
    let mut call = ask("sales");
    call["reason"] = "x".into();
    call["wait_ms"] = 0.into();
    let seen = shop.door.modern(&key).call(ASSIGN, call).await;
    assert_eq!(seen["preview"]["threads"][0]["latest_note"], "Owes us money, …67");
    shop.carried_out(&blind).await;
    let contact = find(&shop, id).await.contact;
    let said = replies::to_contact(&shop.world.db, shop.world.tenant.id, NUMBER, contact, 9).await.unwrap();
    assert!(said.is_empty(), "the customer hears nothing");
}

async fn a_settled_conversation_is_closed_with_its_outcome(db: TestDb) {
    let shop = Shop::open(db).await;
    let id = answered(&shop, 1, "When do you open?").await;
    let back = NOW.after(Duration::from_hours(48));
    let ask =
        json!({"conversation_id": id, "outcome": "solved", "tags": ["hours"], "follow_up_at": back, "note": "Told."});
    let answer = shop.ask(CLOSE, ask.clone()).await;
    assert_eq!((&answer["preview"]["reasons"], rules(&answer["findings"])), (&json!([]), vec![]));
    let done = shop.passes(CLOSE, ask, "SIGN-28").await;
    assert_eq!(done.result.unwrap(), json!({"conversation_id": id, "outcome": "solved"}));
    let is = find(&shop, id).await;
    assert_eq!(
        (is.state, is.outcome.as_deref(), is.follow_up_at),
        (ConversationState::Closed, Some("solved"), Some(back))
    );
    let tags = conversations::tags(&shop.world.db, shop.world.tenant.id, id).await.unwrap();
    assert_eq!(tags.into_iter().collect::<Vec<_>>(), ["hours"]);
    assert_eq!(shop.acts("conversation.closed").await, 1);
    shop.door.clock.advance(Duration::from_hours(1));
    shop.blocked(CLOSE, json!({"conversation_id": id, "outcome": "no_reply"}), "CLOSE-02").await;
    let other = answered(&shop, 2, "Thanks").await;
    shop.blocked(CLOSE, json!({"conversation_id": other, "outcome": "solved", "tags": ["opted in"]}), "TAG-01").await;
    for wrong in [
        json!({"conversation_id": other, "outcome": "fine"}),
        json!({"conversation_id": other, "outcome": "solved", "follow_up_at": ago(1)}),
        json!({"conversation_id": other, "outcome": "solved", "tags": [" x"]}),
    ] {
        assert_eq!(shop.refused(CLOSE, wrong.clone()).await["code"], "invalid_arguments", "{wrong}");
    }
}

async fn complaints_payments_and_silence_wait_for_a_person(db: TestDb) {
    let shop = Shop::open(db).await;
    queue(&shop, "legal", true, &[shop.world.owner.id]).await;
    let close = |id: ConversationId| json!({"conversation_id": id, "outcome": "solved"});
    for (n, text, why) in [
        (1, "The teapot is broken, I want to complain", "complaint"),
        (2, "我要退款", "complaint"),
        (3, "I paid twice", "payment"),
    ] {
        let id = answered(&shop, n, text).await;
        let answer = shop.waits(CLOSE, close(id), "SIGN-27", 1).await;
        let reasons = answer["preview"]["reasons"].as_array().unwrap();
        assert!(reasons.contains(&json!(why)), "{text}: {reasons:?}");
        assert_eq!(find(&shop, id).await.state, ConversationState::Open);
    }
    let restricted = answered(&shop, 4, "Hello").await;
    by_hand(&shop, restricted, ConversationAct::Assigned, json!({"queue": "legal"})).await;
    let answer = shop.waits(CLOSE, close(restricted), "SIGN-27", 1).await;
    assert_eq!(answer["preview"]["reasons"], json!(["complaint"]));
    // Nothing needed anybody when it was asked for; then somebody labels it.
    let labelled = answered(&shop, 5, "Hello").await;
    let early = shop.ask(CLOSE, close(labelled)).await;
    shop.passes("whatsapp.tag.apply", json!({"conversation_ids": [labelled], "apply": ["complaint"]}), "SIGN-26").await;
    shop.stale(&early, "CLOSE-05").await;
    let waits = thread(&shop, 6, "Are you there?").await;
    let answer = shop.waits(CLOSE, close(waits), "SIGN-27", 1).await;
    assert_eq!((&answer["preview"]["reasons"], rules(&answer["findings"])), (&json!(["unanswered"]), vec!["CLOSE-04"]));
    shop.approve().await;
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded);
    assert_eq!(find(&shop, waits).await.state, ConversationState::Closed);
}

async fn what_is_escalated_is_not_closed_before_its_owner_has_settled_it(db: TestDb) {
    let shop = Shop::open(db).await;
    let id = answered(&shop, 1, "Hello").await;
    by_hand(&shop, id, ConversationAct::Escalated, Value::Null).await;
    let close = json!({"conversation_id": id, "outcome": "solved"});
    shop.blocked(CLOSE, close.clone(), "CLOSE-01").await;
    by_hand(&shop, id, ConversationAct::Settled, Value::Null).await;
    let answer = shop.waits(CLOSE, close, "SIGN-27", 1).await;
    assert_eq!(answer["preview"]["reasons"], json!(["escalation"]), "settled, and still worth a look");
    shop.approve().await;
    by_hand(&shop, id, ConversationAct::Escalated, Value::Null).await;
    shop.stale(&answer, "CLOSE-03").await;
    assert_eq!(find(&shop, id).await.state, ConversationState::Open);
}

async fn what_the_customer_wrote_since_keeps_it_open(db: TestDb) {
    let shop = Shop::open(db).await;
    let id = answered(&shop, 1, "Hello").await;
    let answer = shop.ask(CLOSE, json!({"conversation_id": id, "outcome": "solved"})).await;
    let (tenant, contact) = (shop.world.tenant.id, find(&shop, id).await.contact);
    let mut tx = shop.world.db.begin().await.unwrap();
    let heard = Heard { number: NUMBER, contact, at: NOW, wants_answer: true };
    conversations::heard(&mut tx, tenant, &heard, NOW).await.unwrap();
    tx.commit().await.unwrap();
    shop.stale(&answer, "CLOSE-03").await;
    assert_eq!(find(&shop, id).await.state, ConversationState::Open);
}

async fn conversations_of_others_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    queue(&shop, "legal", true, &[]).await;
    let hidden = thread(&shop, 1, "Hello").await;
    by_hand(&shop, hidden, ConversationAct::Assigned, json!({"queue": "legal"})).await;
    let other = World::new(&shop.world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,propose").await;
    let (_, reader) = shop.world.agent("reader", "read,propose:contacts").await;
    let open = thread(&shop, 2, "Hello").await;
    for (tool, ask) in [
        (ASSIGN, json!({"conversation_ids": [hidden], "queue": "legal"})),
        (CLOSE, json!({"conversation_id": hidden, "outcome": "solved"})),
        (ASSIGN, json!({"conversation_ids": [open, hidden], "queue": "legal"})),
    ] {
        assert_eq!(shop.refused(tool, ask.clone()).await["code"], "not_found", "{tool}");
        let mut call = ask;
        call["reason"] = "x".into();
        let theirs = shop.door.modern(&foreign).refused(tool, call.clone()).await;
        assert_eq!(theirs["code"], "not_found", "{tool}");
        let unknown = shop.door.modern(&reader).request("tools/call", json!({"name": tool, "arguments": call})).await;
        assert!(!unknown.text.contains("action_request_id"), "{}", unknown.text);
    }
}
