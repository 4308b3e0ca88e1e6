//! How the business is set up, and its numbers: secrets never, Meta's identifiers only for those who may.

use countersign::domain::business::SendingNumber;
use countersign::domain::masked::ProviderId;
use countersign::domain::templates::Quality;
use countersign::store::business;
use countersign::tools::Kind;
use countersign::tools::catalogue::catalogue;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(secrets_are_there_or_not_and_never_shown, numbers_are_paged_and_masked, the_policy_is_read_as_it_is_applied,);

fn number(n: usize) -> SendingNumber {
    SendingNumber {
        id: ProviderId::new(format!("10654035224292{n}")),
        display: format!("+852 3001 000{n}"),
        name: "Shop".into(),
        status: if n == 0 { "disconnected".into() } else { "connected".into() },
        quality: Quality::Green,
        portfolio_limit: Some(2_000),
        per_second: 80,
        synced_at: NOW,
    }
}

async fn seed(world: &World) {
    let mut tx = world.db.begin().await.unwrap();
    for n in 0..5 {
        business::upsert_number(&mut tx, world.tenant.id, &number(n)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn secrets_are_there_or_not_and_never_shown(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    seed(&world).await;
    let door = Door::open(&world.db).await;
    let (_, plain) = world.agent("plain", "read").await;
    let (_, full) = world.agent("full", "read,provider_ids,contacts:pii,audit,propose").await;
    for key in [&plain, &full] {
        let config = door.modern(key).call("whatsapp.config.get", json!({})).await;
        assert_eq!((&config["api"]["access_token"], &config["api"]["app_secret"]), (&json!(true), &json!(false)));
        assert_eq!(config["sending"], json!({"connected_numbers": 4, "people_in_24_hours": 2000, "per_second": 80}));
        assert_eq!((&config["service_window_hours"], &config["business"]), (&json!(24), &json!("shop")));
        assert_eq!(config["webhook"]["url"], "http://127.0.0.1:7080/webhooks/whatsapp");
        assert_eq!(config["approvals"]["pending_expiry_hours"], 72);
        let text = config.to_string();
        assert!(!text.contains("EAAsecret") && !text.contains("TEST_TOKEN") && !text.contains("TEST_APP"), "{text}");
        assert_eq!(config["api"]["waba_id"] == json!(world.tenant.waba_id), key == &full);
    }
}

async fn numbers_are_paged_and_masked(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    seed(&world).await;
    let door = Door::open(&world.db).await;
    let (_, plain) = world.agent("plain", "read").await;
    let (_, full) = world.agent("full", "read,provider_ids").await;
    let masked = door.modern(&plain).pages("whatsapp.phone_numbers.list", json!({}), 2).await;
    let open = door.legacy(&full).pages("whatsapp.phone_numbers.list", json!({}), 200).await;
    assert_eq!((masked.len(), open.len()), (5, 5));
    assert_eq!((&masked[1]["id"], &open[1]["id"]), (&json!("•••921"), &json!("106540352242921")));
    assert_eq!(masked[1]["display_phone_number"], "+852 3001 0001");
    assert_eq!((&masked[0]["can_send"], &masked[1]["can_send"]), (&json!(false), &json!(true)));
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read").await;
    assert!(door.modern(&foreign).pages("whatsapp.phone_numbers.list", json!({}), 9).await.is_empty());
}

async fn the_policy_is_read_as_it_is_applied(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let policy = door.modern(&key).call("whatsapp.policy_rules.get", json!({})).await;
    assert_eq!(policy["version"], door.ctx.policy.version);
    let marketing = &policy["categories"][0];
    assert_eq!((&marketing["category"], &marketing["consent_needed"]), (&json!("marketing"), &json!(true)));
    assert!(marketing["forbidden_by"].as_array().unwrap().contains(&json!("stopped_marketing_at_meta")));
    assert!(policy["rules"].as_array().unwrap().iter().any(|rule| rule["level"] == "block"));
    let approvals = policy["approvals"].as_array().unwrap();
    let signatures = |id: &str| {
        let rule = approvals.iter().find(|rule| rule["id"] == id).unwrap_or_else(|| panic!("{id}"));
        rule["signatures"].as_array().unwrap().len()
    };
    assert_eq!(["SIGN-00", "SIGN-01", "SIGN-02", "SIGN-22", "SIGN-36"].map(signatures), [0, 1, 2, 2, 1]);
    let large = approvals.iter().find(|rule| rule["id"] == "SIGN-02").unwrap();
    assert_eq!(large["when"], "a broadcast to be sent to more than 10,000 people");
    let told: BTreeSet<&str> =
        approvals.iter().flat_map(|rule| rule["tools"].as_array().unwrap()).filter_map(Value::as_str).collect();
    let writes: BTreeSet<&str> =
        catalogue().tools().iter().filter(|tool| matches!(tool.kind, Kind::Write(_))).map(|tool| tool.name).collect();
    assert_eq!(told, writes, "each write says who signs");
    assert_eq!(policy["agent_limits"], json!({"pending": 10, "broadcasts_per_hour": 65535, "calls_per_minute": 1}));
    assert!(
        !policy["markets"].as_array().unwrap().is_empty()
            && !policy["rate_card"]["rates"].as_array().unwrap().is_empty()
    );
    assert!(policy["markets"][0]["zone"].as_str().unwrap().contains('/'));
}
