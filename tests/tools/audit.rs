//! The audit log: only with the permission, newest first, whole and checkable.

use countersign::domain::audit::{Actor, Event, number_subject};
use countersign::domain::masked::ProviderId;
use countersign::store::audit;
use serde_json::json;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(
    only_those_who_may_read_the_log,
    the_log_is_filtered_and_paged_from_its_end,
    identifiers_of_metas_want_their_own_permission,
);

async fn seed(world: &World) {
    let mut tx = world.db.begin().await.unwrap();
    for n in 0..5 {
        let event = Event {
            actor: if n % 2 == 0 { Actor::Worker } else { Actor::Policy("SIGN-01".into()) },
            act: if n < 3 { "request.filed" } else { "contact.changed" },
            subject: format!("s{}", n % 2),
            details: json!({"n": n}),
        };
        audit::append(&mut tx, world.tenant.id, NOW, event).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn only_those_who_may_read_the_log(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    seed(&world).await;
    let door = Door::open(&world.db).await;
    let (_, plain) = world.agent("plain", "read,propose,contacts:pii").await;
    assert_eq!(door.modern(&plain).refused("whatsapp.audit_logs.list", json!({})).await["code"], "forbidden");
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,audit").await;
    let empty = door.modern(&foreign).call("whatsapp.audit_logs.list", json!({})).await;
    assert_eq!((&empty["items"], &empty["log"]["size"]), (&json!([]), &json!(0)));
}

async fn the_log_is_filtered_and_paged_from_its_end(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    seed(&world).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("auditor", "read,audit").await;
    let agent = door.modern(&key);
    let all = agent.pages("whatsapp.audit_logs.list", json!({}), 2).await;
    let seqs: Vec<u64> = all.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [4, 3, 2, 1, 0]);
    for (filter, count) in [
        (json!({"act": "request."}), 3),
        (json!({"act": "contact.changed", "subject": "s1"}), 1),
        (json!({"actor": "worker"}), 3),
        (json!({"actor": "SIGN-01"}), 2),
        (json!({"from": NOW, "until": NOW}), 5),
        (json!({"until": "2020-01-01T00:00:00Z"}), 0),
    ] {
        assert_eq!(agent.pages("whatsapp.audit_logs.list", filter.clone(), 9).await.len(), count, "{filter}");
    }
    let page = agent.call("whatsapp.audit_logs.list", json!({"limit": 1})).await;
    let head = audit::head(&world.db, world.tenant.id).await.unwrap();
    assert_eq!(
        (&page["log"]["size"], &page["log"]["root"]),
        (&json!(5), &json!(format!("sha256:{}", hex::encode(head.root()))))
    );
    let hashes = audit::leaf_hashes(&world.db, world.tenant.id).await.unwrap();
    assert_eq!(page["items"][0]["leaf_hash"], json!(format!("sha256:{}", hex::encode(&hashes[4]))));
}

async fn identifiers_of_metas_want_their_own_permission(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let id = ProviderId::new("106540352242922");
    let mut tx = world.db.begin().await.unwrap();
    let subject = number_subject(&id);
    let details = json!({"waba_id": "102290129340398"});
    let event = Event { actor: Actor::Meta, act: "number.changed", subject, details };
    audit::append(&mut tx, world.tenant.id, NOW, event).await.unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    for (permissions, subject, account) in [
        ("read,audit", "number/•••922", "•••398"),
        ("read,audit,provider_ids", "number/106540352242922", "102290129340398"),
    ] {
        let (_, key) = world.agent(permissions, permissions).await;
        let page = door.modern(&key).call("whatsapp.audit_logs.list", json!({})).await;
        let item = &page["items"][0];
        assert_eq!((&item["subject"], &item["details"]["waba_id"]), (&json!(subject), &json!(account)));
    }
}
