//! Where a request stands: the shape that agents rely on, and nobody else's requests.

use countersign::domain::requests::Status;
use countersign::store::requests;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::samples;
use crate::support::world::{NOW, World};

on_both!(a_request_has_the_shape_that_agents_rely_on, an_agent_lists_its_own_requests_only);

const STATUS: &str = "whatsapp.action_request.status";

async fn a_request_has_the_shape_that_agents_rely_on(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (agent, key) = world.agent("promo-agent", "read").await;
    let request = samples::request(&agent, NOW);
    let mut tx = world.db.begin().await.unwrap();
    requests::insert(&mut tx, &request, "Broadcast · Winter offer").await.unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let by_id = json!({"action_request_id": request.id});
    let view = door.modern(&key).call(STATUS, by_id.clone()).await;
    for member in [
        "action_request_id",
        "tool",
        "status",
        "digest",
        "created_at",
        "expires_at",
        "reason",
        "requested_by",
        "summary",
        "approval",
        "findings",
        "preview",
        "review_url",
        "execution",
        "result",
        "error",
        "audit_refs",
        "poll_after_ms",
    ] {
        assert!(view.get(member).is_some(), "{member} is missing: {view:#}");
    }
    assert_eq!((&view["status"], &view["tool"]), (&json!("pending_approval"), &json!("whatsapp.broadcast.schedule")));
    assert_eq!(view["requested_by"], json!({"agent": "promo-agent", "owner": "K. Wong"}));
    assert_eq!((&view["approval"]["needed"], &view["approval"]["signatures_required"]), (&json!(true), &json!(1)));
    assert_eq!(view["review_url"], format!("http://127.0.0.1:7080/requests/{}", request.id));
    assert_eq!((&view["execution"], &view["result"], &view["error"]), (&Value::Null, &Value::Null, &Value::Null));
    assert!(view["poll_after_ms"].as_u64().is_some());
    // Another agent of the same business, and one of another business, see nothing.
    let other = World::new(&world.db, "other").await;
    for (_, foreign) in [world.agent("second", "read").await, other.agent("foreign", "read").await] {
        assert_eq!(door.modern(&foreign).refused(STATUS, by_id.clone()).await["code"], "not_found");
    }
    assert_eq!(door.modern(&key).refused(STATUS, json!({"action_request_id": "7"})).await["code"], "invalid_arguments");
}

async fn an_agent_lists_its_own_requests_only(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (agent, key) = world.agent("promo-agent", "read").await;
    let (second, _) = world.agent("second", "read").await;
    let mut tx = world.db.begin().await.unwrap();
    for n in 0..5_u64 {
        let mut request = samples::request(if n == 2 { &second } else { &agent }, NOW.after(Duration::from_secs(n)));
        if n == 0 {
            request.status = Status::Previewed;
        }
        requests::insert(&mut tx, &request, &format!("Broadcast · {n}")).await.unwrap();
    }
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let agent = door.modern(&key);
    let all = agent.pages(STATUS, json!({}), 3).await;
    let titles: Vec<&str> = all.iter().map(|item| item["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Broadcast · 4", "Broadcast · 3", "Broadcast · 1", "Broadcast · 0"]);
    assert_eq!(agent.pages(STATUS, json!({"status": "previewed"}), 3).await.len(), 1);
    assert_eq!(agent.pages(STATUS, json!({"tool": "whatsapp.broadcast.create"}), 3).await.len(), 0);
    assert_eq!((&all[0]["signatures_required"], &all[0]["signatures_given"]), (&json!(1), &json!(0)));
}
