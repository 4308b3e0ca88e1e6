//! The log of what Meta sent: every post in its place, nothing of a person, and what is left to try.

use std::collections::BTreeMap;

use countersign::domain::clock::Timestamp;
use countersign::domain::webhooks::{Event, parse};
use countersign::store::webhooks::{self, Post, Read};
use serde_json::{Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(posts_are_listed_with_what_is_left_to_try, the_pages_hold_still_while_posts_arrive,);

pub fn body(waba: &str, field: &str, value: Value) -> Vec<u8> {
    let entry = json!([{"id": waba, "changes": [{"field": field, "value": value}]}]);
    json!({"object": "whatsapp_business_account", "entry": entry}).to_string().into_bytes()
}

pub fn message(waba: &str, n: u32) -> Vec<u8> {
    let sent = json!({"from": "85291234567", "id": format!("wamid.{n}"), "timestamp": "1795142400", "type": "text",
        "text": {"body": "my card is 4111"}});
    body(waba, "messages", json!({"metadata": {"phone_number_id": "7001"}, "messages": [sent]}))
}

/// Keeps a post; gives it back.
pub async fn keep(world: &World, body: &[u8], at: Timestamp) -> Post {
    let mut tx = world.db.begin().await.unwrap();
    webhooks::keep(&mut tx, &[(world.tenant.id, body)], at).await.unwrap();
    let post = webhooks::take(&mut tx, 500).await.unwrap().pop().unwrap();
    tx.commit().await.unwrap();
    post
}

pub async fn apply(world: &World, post: &Post, kind: &'static str) {
    let mut tx = world.db.begin().await.unwrap();
    webhooks::applied(&mut tx, &[Read { post: post.id, kinds: BTreeMap::from([(kind, 1)]) }], NOW).await.unwrap();
    tx.commit().await.unwrap();
}

/// Sets the first event of a post aside.
pub async fn park_event(world: &World, post: &Post, why: &str) {
    let events: Vec<Event> = parse(&post.body).unwrap();
    let mut tx = world.db.begin().await.unwrap();
    webhooks::park_event(&mut tx, post, 0, &events[0], why, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn posts_are_listed_with_what_is_left_to_try(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let waba = world.tenant.waba_id.clone();
    let minute = |n: i64| Timestamp::from_seconds(NOW.seconds() + 60 * n);
    let status = keep(&world, &body(&waba, "account_update", json!({"event": "ACCOUNT_VIOLATION"})), minute(0)).await;
    apply(&world, &status, "account_update").await;
    let aside = keep(&world, &message(&waba, 1), minute(1)).await;
    apply(&world, &aside, "message").await;
    park_event(&world, &aside, "refused").await;
    park_event(&world, &aside, "refused again").await;
    let unread = keep(&world, b"{\"object\": \"whatsapp", minute(2)).await;
    let mut tx = world.db.begin().await.unwrap();
    webhooks::park(&mut tx, unread.id, "the body is no JSON", minute(2)).await.unwrap();
    tx.commit().await.unwrap();
    let waiting = keep(&world, &message(&waba, 2), minute(3)).await;

    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("plain", "read").await;
    let list = async |filter: Value| door.modern(&key).pages("whatsapp.webhook_logs.list", filter, 1).await;
    let ids = async |filter: Value| -> Vec<i64> {
        list(filter).await.iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    let all = list(json!({})).await;
    let brief: Vec<_> = all.iter().map(|it| (&it["state"], &it["can_retry"])).collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(
        brief,
        [(&json!("waiting"), &no), (&json!("parked"), &yes), (&json!("parked"), &yes), (&json!("applied"), &no)]
    );
    assert_eq!((&all[1]["why"], &all[1]["payload"]), (&json!("the body is no JSON"), &Value::Null));
    let event = &all[2]["aside"][0];
    assert_eq!(
        (&event["why"], &event["tries"], &event["kind"]),
        (&json!("refused again"), &json!(2), &json!("message"))
    );
    assert_eq!(all[3]["payload"]["entry"][0]["changes"][0]["value"]["event"], "ACCOUNT_VIOLATION");
    let text = json!(all).to_string();
    for secret in ["85291234567", "4111", "wamid.", "7001", &waba] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }

    assert_eq!(ids(json!({"state": "parked"})).await, [unread.id, aside.id]);
    assert_eq!(ids(json!({"state": "waiting"})).await, [waiting.id]);
    assert_eq!(ids(json!({"state": "applied"})).await, [status.id]);
    assert_eq!(ids(json!({"kind": "message"})).await, [aside.id]);
    assert_eq!(ids(json!({"from": minute(1), "until": minute(2)})).await, [unread.id, aside.id]);
    let error = door.modern(&key).refused("whatsapp.webhook_logs.list", json!({"kind": "%"})).await;
    assert_eq!(error["code"], "invalid_arguments");

    let mut tx = world.db.begin().await.unwrap();
    assert!(webhooks::unpark_event(&mut tx, world.tenant.id, aside.id, 0, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(ids(json!({"state": "applied"})).await, [aside.id, status.id], "nothing of it is left to try");

    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read").await;
    assert!(door.modern(&foreign).pages("whatsapp.webhook_logs.list", json!({}), 9).await.is_empty());
}

async fn the_pages_hold_still_while_posts_arrive(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let mut kept = Vec::new();
    for n in 0..5 {
        kept.push(keep(&world, &message(&world.tenant.waba_id, n), NOW).await.id);
    }
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("plain", "read").await;
    let mut seen = Vec::new();
    let mut arguments = json!({"limit": 2});
    for n in 10.. {
        let page = door.modern(&key).call("whatsapp.webhook_logs.list", arguments.clone()).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()));
        keep(&world, &message(&world.tenant.waba_id, n), NOW).await;
        let Some(next) = page["next_cursor"].as_str() else { break };
        arguments["cursor"] = next.into();
    }
    kept.reverse();
    assert_eq!(seen, kept);
}
