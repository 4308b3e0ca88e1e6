//! Conversations at a browser: who sees which, what a page says, and what people of the team do there.

use countersign::domain::audit::Actor;
use countersign::domain::clock::Timestamp;
use countersign::domain::contacts::ContactNo;
use countersign::domain::conversations::{Conversation, ConversationAct, ConversationState};
use countersign::domain::ids::KeywordRuleId;
use countersign::store::conversations::{self, Assignment, Heard, NewQueue};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{audit, contacts};
use serde_json::{Value, json};
use std::time::Duration;

use super::world::World;
use crate::support::db::{TestDb, on_both};
use crate::support::world::who;

on_both!(
    a_conversation_shows_what_was_said_and_masks_who_said_it,
    a_restricted_queue_is_not_there_for_others,
    people_take_it_note_it_and_close_it_once,
    a_note_of_automation_is_signed_by_what_wrote_it,
    every_language_has_its_words,
);

const NUMBER: &str = "106540352242922";

async fn written(world: &World, phone: &str, text: &str, queue: Option<&str>) -> Conversation {
    let (tenant, now) = (world.tenant, world.now());
    let mut tx = world.db.begin().await.unwrap();
    let known = contacts::know(&mut tx, tenant, &who(Some(phone), None), "Ada Lovelace", now, now).await.unwrap().known;
    let inbound = Inbound {
        wamid: &format!("wamid.{phone}"),
        phone_number_id: NUMBER,
        contact: known.no,
        kind: "text",
        body: Some(text),
        details: None,
        context: None,
        sent_at: now,
    };
    assert!(receive(&mut tx, tenant, &inbound, now).await.unwrap());
    let thread = heard(&mut tx, world, known.no, now).await;
    if let Some(name) = queue {
        let to = Assignment { queue: Some(name), person: None, answer_by: Some(now.after(Duration::from_mins(30))) };
        let act = conversations::Act {
            act: ConversationAct::HandedOver,
            actor: &Actor::Worker,
            details: &json!({ "queue": name }),
        };
        conversations::assign(&mut tx, tenant, &thread, &to, &act, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    thread
}

async fn heard(tx: &mut countersign::store::Tx, world: &World, contact: ContactNo, at: Timestamp) -> Conversation {
    let heard = Heard { number: NUMBER, contact, at, wants_answer: true };
    conversations::heard(tx, world.tenant, &heard, at).await.unwrap()
}

async fn queues(world: &World) {
    let mut tx = world.db.begin().await.unwrap();
    for (name, restricted) in [("support", false), ("legal", true)] {
        let queue = NewQueue { name, restricted, hours: None, answer_within: None };
        conversations::add_queue(&mut tx, world.tenant, &queue).await.unwrap();
    }
    conversations::add_person(&mut tx, world.tenant, "legal", world.people["boss"].id).await.unwrap();
    tx.commit().await.unwrap();
}

/// A conversation that waits in a queue.
pub async fn conversed(world: &World) -> Conversation {
    queues(world).await;
    written(world, "+85291234567", "Is the winter oolong back? 多謝", Some("support")).await
}

async fn a_conversation_shows_what_was_said_and_masks_who_said_it(db: TestDb) {
    let world = World::new(db).await;
    queues(&world).await;
    let thread = written(&world, "+85291234567", "Is the oolong back? Call me: 9876 5432", Some("support")).await;
    let mut ops = world.signed_in("ops").await;
    let list = ops.get("/conversations").await;
    assert!(list.text().contains("support"), "{}", list.text());
    let page = ops.get(&format!("/conversations/{}", thread.id)).await;
    assert!(page.text().contains("Is the oolong back?"), "{}", page.text());
    for page in [&list, &page] {
        for secret in ["91234567", "9876 5432", "Lovelace"] {
            assert!(!page.text().contains(secret), "{secret}: {}", page.text());
        }
    }
    let tenant = world.tenant;
    let after = conversations::find(&world.db, tenant, thread.id).await.unwrap().unwrap();
    assert_eq!(after.unread, 1, "to look at a page changes nothing");
    let answer = ops.submit(&page, &format!("/conversations/{}/look", thread.id), &[]).await;
    assert_eq!(answer.location(), format!("/conversations/{}", thread.id));
    assert_eq!(conversations::find(&world.db, tenant, thread.id).await.unwrap().unwrap().unread, 0);
    assert_eq!(ops.get("/conversations/cv_00000000000000000000000000000000").await.status, 404);
}

async fn a_restricted_queue_is_not_there_for_others(db: TestDb) {
    let world = World::new(db).await;
    queues(&world).await;
    let thread = written(&world, "+85291234567", "My lawyer will call", Some("legal")).await;
    let path = format!("/conversations/{}", thread.id);
    for (name, sees) in [("ops", false), ("boss", true), ("lau", true), ("audit", true)] {
        let mut visitor = world.signed_in(name).await;
        assert_eq!(visitor.get(&path).await.status, if sees { 200 } else { 404 }, "{name}");
        let list = visitor.get("/conversations").await;
        assert_eq!(list.count(&format!("a[href='{path}']")) > 0, sees, "{name}: {}", list.text());
    }
    // With the token of a form that is theirs.
    let open = written(&world, "+85291234568", "Hello", Some("support")).await.id;
    let mut ops = world.signed_in("ops").await;
    let own = ops.get(&format!("/conversations/{open}")).await.form(&format!("/conversations/{open}/note"));
    let fields: Vec<(&str, &str)> = own.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let note = ops.post(&format!("{path}/note"), &[&fields[..], &[("note", "x")]].concat()).await;
    assert_eq!(note.status, 404, "nor can it be written to");
    assert!(!world.acts().await.iter().any(|act| act == "conversation.noted"));
}

async fn a_note_of_automation_is_signed_by_what_wrote_it(db: TestDb) {
    let world = World::new(db).await;
    queues(&world).await;
    let thread = written(&world, "+85291234567", "Refund!", Some("support")).await;
    let rule = KeywordRuleId::random();
    let made = json!({"kind": "keyword_rule", "id": rule, "version": 2});
    for (by, signed) in [(made.clone(), "version 2"), (json!(["loop", made]), "version 2"), (Value::Null, "Automatic")]
    {
        let note = format!("Wants their money back, says {by}.");
        let details = json!({"queue": "support", "note": note, "cause": {"why": "matched", "by": by}});
        let (mut tx, now) = (world.db.begin().await.unwrap(), world.now());
        let thread = conversations::find(&mut tx, world.tenant, thread.id).await.unwrap().unwrap();
        let to = Assignment { queue: Some("support"), person: None, answer_by: None };
        let act = conversations::Act { act: ConversationAct::HandedOver, actor: &Actor::Worker, details: &details };
        conversations::assign(&mut tx, world.tenant, &thread, &to, &act, now).await.unwrap();
        tx.commit().await.unwrap();
        let page = world.signed_in("ops").await.get(&format!("/conversations/{}", thread.id)).await;
        let entry = page.part_of("li", &note);
        assert!(entry.contains(signed) && !entry.contains("Worker"), "{entry}");
    }
}

async fn people_take_it_note_it_and_close_it_once(db: TestDb) {
    let world = World::new(db).await;
    queues(&world).await;
    let thread = written(&world, "+85291234567", "Where is my tea?", Some("support")).await;
    let path = format!("/conversations/{}", thread.id);
    let mut ops = world.signed_in("ops").await;
    let first = ops.get(&path).await;
    let empty = ops.submit(&first, &format!("{path}/note"), &[("note", "  ")]).await;
    assert_eq!(empty.status, 422, "a note says something");
    ops.submit(&first, &format!("{path}/note"), &[("note", "Parcel is at the depot")]).await;
    ops.submit(&first, &format!("{path}/take"), &[]).await;
    let page = ops.get(&path).await;
    assert!(page.text().contains("Parcel is at the depot"), "{}", page.text());
    let standing = async || conversations::find(&world.db, world.tenant, thread.id).await.unwrap().unwrap();
    assert_eq!(standing().await.person, Some(world.people["ops"].id));
    let late = ops.submit(&first, &format!("{path}/escalate"), &[]).await;
    assert_eq!(late.status, 409, "it has changed since that page was shown: {}", late.text());
    ops.submit(&page, &format!("{path}/close"), &[("outcome", "solved")]).await;
    let closed = standing().await;
    assert_eq!((closed.state, closed.outcome.as_deref()), (ConversationState::Closed, Some("solved")));
    let again = ops.submit(&page, &format!("{path}/close"), &[("outcome", "solved")]).await;
    assert_eq!(again.status, 409);
    let mut audit_page = world.signed_in("audit").await;
    let read = audit_page.get(&path).await;
    assert_eq!((read.status, read.count("textarea")), (200, 0), "who only reads gets no form");
    let acts = audit::list(&world.db, world.tenant, &audit::Filter::default(), 99).await.unwrap();
    let details: Vec<String> = acts.iter().map(|entry| entry.details.to_string()).collect();
    assert!(details.iter().all(|it| !it.contains("depot")), "the log holds no note: {details:?}");
}

async fn every_language_has_its_words(db: TestDb) {
    let world = World::new(db).await;
    queues(&world).await;
    let thread = written(&world, "+85291234567", "你好", None).await;
    for (language, title) in [("zh-Hant", "對話"), ("zh-Hans", "对话"), ("en", "Conversations")] {
        let mut ops = world.signed_in("ops").await;
        ops.jar.insert("lang".into(), language.into());
        let list = ops.get("/conversations").await;
        assert!(list.text().contains(title), "{language}: {}", list.text());
        let page = ops.get(&format!("/conversations/{}", thread.id)).await;
        assert!(!page.text().contains("conversation-"), "{language}: a key without words: {}", page.text());
    }
}
