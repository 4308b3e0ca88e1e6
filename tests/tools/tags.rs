//! Labels: put on and taken away, never in place of a consent, and with a person where broadcasts hang on those of many.

use countersign::domain::ids::{ContactId, ConversationId, SegmentId};
use countersign::domain::segments::Condition;
use countersign::store::conversations::{Act, Assignment, Heard, NewQueue};
use countersign::store::{contacts, conversations, segments};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

use super::asking::{Shop, rules};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, person};

on_both!(
    labels_come_and_go_and_nothing_changes_twice,
    a_label_never_stands_for_a_consent,
    many_that_a_segment_finds_wait_for_a_person,
    conversations_are_labelled_where_the_agent_sees_them,
    people_of_others_do_not_exist,
);

const TAG: &str = "whatsapp.tag.apply";

async fn tags(shop: &Shop, id: ContactId) -> BTreeSet<String> {
    contacts::find(&shop.world.db, shop.world.tenant.id, id).await.unwrap().unwrap().tags
}

async fn customers(shop: &Shop, count: usize) -> Vec<ContactId> {
    let new: Vec<_> = (0..count).map(person).collect();
    shop.world.contacts(&new).await;
    new.into_iter().map(|contact| contact.id).collect()
}

async fn thread(shop: &Shop, n: usize) -> ConversationId {
    let tenant = shop.world.tenant.id;
    let no = shop.world.contacts(&[person(n)]).await[0];
    let mut tx = shop.world.db.begin().await.unwrap();
    let heard = Heard { number: "7001", contact: no, at: NOW, wants_answer: true };
    let thread = conversations::heard(&mut tx, tenant, &heard, NOW).await.unwrap();
    tx.commit().await.unwrap();
    thread.id
}

fn set(tags: &[&str]) -> BTreeSet<String> {
    tags.iter().map(|tag| (*tag).to_owned()).collect()
}

async fn labels_come_and_go_and_nothing_changes_twice(db: TestDb) {
    let shop = Shop::open(db).await;
    let ids = customers(&shop, 2).await;
    let ask = json!({"contact_ids": ids, "apply": ["vip"], "remove": ["member"]});
    let answer = shop.ask(TAG, ask.clone()).await;
    assert_eq!(answer["preview"]["lines"][0]["after"], json!(["vip"]));
    assert!(!answer.to_string().contains("Tai Man"), "{answer:#}");
    let done = shop.passes(TAG, ask, "SIGN-26").await;
    assert_eq!(done.result.unwrap(), json!({"changed": 2, "unchanged": 0}));
    assert_eq!((tags(&shop, ids[0]).await, tags(&shop, ids[1]).await), (set(&["vip"]), set(&["vip"])));
    let again = shop.ask(TAG, json!({"contact_ids": [ids[0]], "apply": ["vip"], "remove": ["gone"]})).await;
    assert_eq!(rules(&again["findings"]), ["TAG-03"]);
    assert_eq!(shop.carried_out(&again).await.result.unwrap(), json!({"changed": 0, "unchanged": 1}));
    assert_eq!(shop.acts("contact.tagged").await, 2);
    for wrong in [
        json!({"apply": ["vip"]}),
        json!({"contact_ids": ids}),
        json!({"contact_ids": ids, "apply": ["vip"], "remove": ["vip"]}),
        json!({"contact_ids": ids, "apply": ["  "]}),
        json!({"contact_ids": ids, "conversation_ids": [ConversationId::random()], "apply": ["vip"]}),
        json!({"contact_ids": (0..501).map(|_| ContactId::random()).collect::<Vec<_>>(), "apply": ["vip"]}),
    ] {
        assert_eq!(shop.refused(TAG, wrong.clone()).await["code"], "invalid_arguments", "{wrong}");
    }
}

async fn a_label_never_stands_for_a_consent(db: TestDb) {
    let shop = Shop::open(db).await;
    let ids = customers(&shop, 1).await;
    for tag in ["consent", "Opt-In 2026", "marketing_ok", "已同意", "訂閱者"] {
        shop.blocked(TAG, json!({"contact_ids": ids, "apply": ["vip", tag]}), "TAG-01").await;
    }
    assert_eq!(tags(&shop, ids[0]).await, set(&["member"]));
    // What an older list brought in may go.
    shop.db.execute("update contact_tag set tag = 'opt-in'").await;
    shop.passes(TAG, json!({"contact_ids": ids, "remove": ["opt-in"]}), "SIGN-26").await;
    assert!(tags(&shop, ids[0]).await.is_empty());
}

async fn many_that_a_segment_finds_wait_for_a_person(db: TestDb) {
    let shop = Shop::open(db).await;
    let ids = customers(&shop, 3).await;
    let ask = |ids: &[ContactId], tag: &str| json!({"contact_ids": ids, "apply": [tag]});
    // Asked for while nothing depends on it, and done when something does.
    let early = shop.ask(TAG, ask(&ids[..2], "vip")).await;
    assert_eq!(early["approval"]["rule"], "SIGN-26");
    let tenant = shop.world.tenant.id;
    let mut tx = shop.world.db.begin().await.unwrap();
    let vips = Condition::Not(Box::new(Condition::Tag("vip".into())));
    segments::add_version(&mut tx, tenant, SegmentId::random(), "Others", &vips, None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    shop.stale(&early, "TAG-04").await;
    shop.door.clock.advance(Duration::from_hours(1));
    let answer = shop.waits(TAG, ask(&ids[..2], "vip"), "SIGN-25", 1).await;
    assert_eq!(
        (rules(&answer["findings"]), &answer["preview"]["segments"][0]["name"]),
        (vec!["TAG-02"], &json!("Others"))
    );
    shop.passes(TAG, ask(&ids[..1], "vip"), "SIGN-26").await;
    shop.passes(TAG, ask(&ids, "winter"), "SIGN-26").await;
    assert_eq!(tags(&shop, ids[1]).await, set(&["member", "winter"]));
    shop.approve().await;
    assert_eq!(shop.carried_out(&answer).await.result.unwrap(), json!({"changed": 1, "unchanged": 1}));
}

async fn conversations_are_labelled_where_the_agent_sees_them(db: TestDb) {
    let shop = Shop::open(db).await;
    let tenant = shop.world.tenant.id;
    let (open, hidden) = (thread(&shop, 1).await, thread(&shop, 2).await);
    let mut tx = shop.world.db.begin().await.unwrap();
    let queue = NewQueue { name: "legal", restricted: true, hours: None, answer_within: None };
    conversations::add_queue(&mut tx, tenant, &queue).await.unwrap();
    let is = conversations::find(&mut tx, tenant, hidden).await.unwrap().unwrap();
    let to = Assignment { queue: Some("legal"), person: None, answer_by: None };
    let worker = countersign::domain::audit::Actor::Worker;
    let assigned = countersign::domain::conversations::ConversationAct::Assigned;
    let act = Act { act: assigned, actor: &worker, details: &Value::Null };
    conversations::assign(&mut tx, tenant, &is, &to, &act, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let ask = |ids: &[ConversationId]| json!({"conversation_ids": ids, "apply": ["follow-up"]});
    shop.passes(TAG, ask(&[open]), "SIGN-26").await;
    assert_eq!(conversations::tags(&shop.world.db, tenant, open).await.unwrap(), set(&["follow-up"]));
    assert_eq!(shop.acts("conversation.tagged").await, 1);
    for ids in [vec![hidden], vec![open, hidden], vec![ConversationId::random()]] {
        assert_eq!(shop.refused(TAG, ask(&ids)).await["code"], "not_found");
    }
    shop.passes(TAG, json!({"conversation_ids": [open], "remove": ["follow-up"]}), "SIGN-26").await;
    assert!(conversations::tags(&shop.world.db, tenant, open).await.unwrap().is_empty());
}

async fn people_of_others_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    let other = World::new(&shop.world.db, "other").await;
    let foreign = person(1);
    other.contacts(std::slice::from_ref(&foreign)).await;
    let theirs = shop.refused(TAG, json!({"contact_ids": [foreign.id], "apply": ["vip"]})).await;
    let nobodys = shop.refused(TAG, json!({"contact_ids": [ContactId::random()], "apply": ["vip"]})).await;
    assert_eq!((&theirs["code"], &nobodys["code"]), (&json!("not_found"), &json!("not_found")));
}
