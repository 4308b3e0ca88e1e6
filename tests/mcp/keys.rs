//! Who is let in: keys that are missing, wrong, revoked or expired; hosts and origins; how fast one may call.

use countersign::domain::people::NameStyle;
use countersign::store::people;
use serde_json::json;
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(
    only_a_living_key_opens,
    a_key_can_be_revoked_between_two_calls,
    whoever_may_ask_may_know_what_came_of_it,
    a_key_ends_with_the_account_of_its_owner,
    foreign_hosts_and_pages_are_refused,
    the_spelling_is_the_keys_or_the_addresss,
    a_key_has_so_many_calls_a_minute,
);

async fn only_a_living_key_opens(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, good) = world.agent("good", "read").await;
    let (_, expired) = world.agent_with("old", "read", |a| a.expires_at = Some(NOW)).await;
    let ping = json!({});
    assert_eq!(door.legacy(&good).request("ping", ping.clone()).await.status, 200);
    for (key, says) in [("", "Authorization"), ("cs_test_none", "not known"), (expired.as_str(), "expired")] {
        let reply = door.legacy(key).request("ping", ping.clone()).await;
        assert_eq!(reply.status, 401, "{key}");
        let challenge = reply.header("www-authenticate");
        assert!(challenge.starts_with("Bearer") && !challenge.contains("resource_metadata"), "{challenge}");
        assert!(reply.text.contains(says), "{}", reply.text);
        assert!(key.is_empty() || !reply.text.contains(key), "the key is not repeated");
    }
    let basic = door.legacy(&good);
    let request = basic.http.post(&basic.url).header("authorization", format!("Basic {good}")).body("{}");
    assert_eq!(basic.send(request).await.status, 401);
    let query = basic.http.post(format!("{}?key={good}", basic.url)).body("{}");
    assert_eq!(basic.send(query).await.status, 401, "a key in the address is none");
}

async fn a_key_can_be_revoked_between_two_calls(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (agent, key) = world.agent("promo", "read").await;
    let caller = door.modern(&key);
    caller.call("whatsapp.config.get", json!({})).await;
    let mut tx = world.db.begin().await.unwrap();
    assert!(people::revoke_agent(&mut tx, world.tenant.id, agent.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let reply = caller.request("tools/list", json!({})).await;
    assert_eq!((reply.status, reply.text.contains("revoked")), (401, true));
}

async fn whoever_may_ask_may_know_what_came_of_it(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    for permissions in ["propose", "propose:broadcasts", "read"] {
        let (_, key) = world.agent(permissions, permissions).await;
        let tools = door.modern(&key).request("tools/list", json!({})).await;
        assert!(tools.text.contains("whatsapp.action_request.status"), "{permissions}: {}", tools.text);
        assert_eq!(tools.text.contains("\"name\":\"whatsapp.contacts.list\""), permissions == "read", "{permissions}");
        let answer = door.modern(&key).call("whatsapp.action_request.status", json!({})).await;
        assert!(answer["items"].is_array(), "{permissions}: {answer}");
    }
}

async fn a_key_ends_with_the_account_of_its_owner(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let caller = door.modern(&key);
    caller.call("whatsapp.config.get", json!({})).await;
    let mut tx = world.db.begin().await.unwrap();
    assert!(people::disable(&mut tx, world.tenant.id, world.owner.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let reply = caller.request("tools/list", json!({})).await;
    assert_eq!((reply.status, reply.text.contains("owner is closed")), (401, true), "{}", reply.text);
}

async fn foreign_hosts_and_pages_are_refused(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let caller = door.legacy(&key);
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for (header, value, status) in [
        ("host", "approvals.example", 200),
        ("host", "evil.example", 403),
        ("origin", "https://approvals.example", 200),
        ("origin", "https://evil.example", 403),
        ("origin", "http://approvals.example", 403),
        ("origin", "http://127.0.0.1", 403),
        ("origin", "null", 403),
    ] {
        let reply = caller.send(caller.post().header(header, value).body(ping)).await;
        assert_eq!(reply.status, status, "{header}: {value}: {}", reply.text);
    }
}

async fn the_spelling_is_the_keys_or_the_addresss(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, dotted) = world.agent("one", "read").await;
    let (_, flat) = world.agent_with("two", "read", |a| a.names = NameStyle::Underscore).await;
    for (key, query, dots) in [(&dotted, "", true), (&dotted, "?names=underscore", false), (&flat, "", false)] {
        for mut caller in [door.modern(key), door.legacy(key)] {
            caller.url.push_str(query);
            let list = caller.request("tools/list", json!({})).await.json();
            let names: Vec<&str> =
                list["result"]["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
            assert!(names.len() >= 10 && names.iter().all(|n| n.contains('.') == dots), "{names:?}");
            assert!(names.is_sorted(), "the order never changes");
            for name in names {
                let other = if dots { name.replace('.', "_") } else { name.to_owned() };
                // Both spellings lead to the same tool, whichever the list shows.
                let called = caller.request("tools/call", json!({"name": other, "arguments": {"nonsense": 1}})).await;
                assert_eq!(
                    called.json()["result"]["structuredContent"]["error"]["code"],
                    "invalid_arguments",
                    "{other}"
                );
            }
        }
    }
    let mut caller = door.modern(&dotted);
    caller.url.push_str("?names=camel");
    let reply = caller.request("tools/list", json!({})).await;
    assert_eq!((reply.status, reply.text.contains("underscore")), (400, true));
}

async fn a_key_has_so_many_calls_a_minute(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open_with(&world.db, 3).await;
    let (_, fast) = world.agent("fast", "read").await;
    let (_, other) = world.agent("other", "read").await;
    let caller = door.modern(&fast);
    for _ in 0..3 {
        caller.call("whatsapp.config.get", json!({})).await;
    }
    let error = caller.refused("whatsapp.config.get", json!({})).await;
    assert_eq!((error["code"].as_str(), error["retryable"].as_bool()), (Some("rate_limited"), Some(true)));
    assert!((1..=60).contains(&error["retry_after_seconds"].as_u64().unwrap()), "{error}");
    let reply = caller.request("tools/call", json!({"name": "whatsapp.config.get", "arguments": {}})).await;
    assert!(reply.header("retry-after").parse::<u64>().is_ok_and(|s| s <= 60), "the header says so too");
    door.modern(&other).call("whatsapp.config.get", json!({})).await;
    assert_eq!(caller.request("tools/list", json!({})).await.status, 200, "only calls are counted");
    // And what asks where a request stands by another way.
    let nothing = "ar_00000000000000000000000000000000";
    for (method, params) in
        [("resources/read", json!({"uri": format!("countersign://requests/{nothing}")})), ("resources/list", json!({}))]
    {
        let answer = caller.request(method, params).await.json();
        assert!(answer["error"]["message"].as_str().is_some_and(|text| text.contains("calls a minute")), "{answer:#}");
    }
    door.clock.advance(Duration::from_secs(1));
}
