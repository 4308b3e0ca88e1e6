//! The delivery ledger as agents read it.

use countersign::domain::consent::MessageCategory;
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::ids::{ExecutionId, RequestId};
use countersign::domain::people::Agent;
use countersign::store::deliveries::{self, NewExecution};
use countersign::store::requests;
use serde_json::{Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::samples;
use crate::support::world::{NOW, World, person};

on_both!(a_ledger_is_read_row_by_row_with_its_counts, a_report_needs_one_subject_and_it_must_be_ours);

/// A request whose ledger has one row for each of these, all queued.
async fn sent(world: &World, agent: &Agent, people: &[ContactNo]) -> RequestId {
    let request = samples::request(agent, NOW);
    let total = u32::try_from(people.len()).unwrap();
    let new = NewExecution {
        id: ExecutionId::random(),
        request: request.id,
        phone_number_id: "106540352242922",
        category: MessageCategory::Marketing,
        total,
        batch_size: 10,
        per_second: 10,
    };
    let mut tx = world.db.begin().await.unwrap();
    assert!(requests::insert(&mut tx, &request, "Broadcast · Winter offer").await.unwrap());
    deliveries::add(&mut tx, world.tenant.id, &new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let execution = deliveries::find(&world.db, world.tenant.id, new.id).await.unwrap().unwrap();
    let audience: People = people.iter().map(|no| no.0).collect();
    let mut tx = world.db.begin().await.unwrap();
    assert!(deliveries::build(&mut tx, &execution, &audience, total, 100, NOW).await.unwrap());
    tx.commit().await.unwrap();
    request.id
}

async fn a_ledger_is_read_row_by_row_with_its_counts(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let people: Vec<_> = (0..6).map(person).collect();
    let numbers = world.contacts(&people).await;
    let (agent, key) = world.agent("promo", "read").await;
    let (_, full) = world.agent("full", "read,provider_ids,contacts:pii").await;
    let request = sent(&world, &agent, &numbers).await;
    for (seq, set) in [
        (0, "state = 2, wamid = 'wamid.A', progress = 3"),
        (1, "state = 2, wamid = 'wamid.B', progress = 2"),
        (2, "state = 4, error_code = 131026"),
        (3, "state = 2, wamid = 'wamid.C', progress = 9, error_code = 131049"),
        (4, "state = 3"),
    ] {
        db.execute(&format!("update delivery set {set} where seq = {seq}")).await;
    }
    // One answered in words, then by a button.
    for (wamid, kind, at) in [("wamid.x", "text", 5), ("wamid.y", "button", 9)] {
        db.execute(&format!(
            "insert into inbound_message (tenant_id, wamid, phone_number_id, contact_no, kind, body, context_wamid, sent_at, received_at)
             select id, '{wamid}', 'p', 1, '{kind}', 'hello', 'wamid.A', {at}, {at} from tenant"
        ))
        .await;
    }
    let door = Door::open(&world.db).await;
    let of = json!({"action_request_id": request});
    let items = door.modern(&key).pages("whatsapp.message_delivery.list", of.clone(), 4).await;
    let states: Vec<&str> = items.iter().map(|item| item["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["read", "delivered", "failed", "failed", "unknown", "queued"]);
    assert_eq!(
        (&items[0]["replied_at"], &items[0]["tapped_at"]),
        (&json!("1970-01-01T00:00:00.000005Z"), &json!("1970-01-01T00:00:00.000009Z"))
    );
    assert_eq!((&items[1]["replied_at"], &items[0]["message_id"]), (&Value::Null, &json!("•••d.A")));
    assert_eq!(items[0]["phone"], "+852 •••• ••00");
    assert_eq!(items[2]["error"]["code"], 131026);
    assert!(items[2]["error"]["meaning"].as_str().unwrap().len() > 10);
    let open = door.modern(&full).call("whatsapp.message_delivery.list", of.clone()).await;
    assert_eq!(
        (&open["items"][0]["message_id"], &open["items"][0]["phone"]),
        (&json!("wamid.A"), &json!("+85291000000"))
    );
    assert_eq!(
        (&open["counts"]["total"], &open["counts"]["failed"], &open["counts"]["read"]),
        (&json!(6), &json!(2), &json!(1))
    );
    assert_eq!(open["failures"].as_array().unwrap().len(), 2);
    for (status, count) in [("failed", 2), ("read", 1), ("unknown", 1), ("suppressed", 0)] {
        let only = json!({"action_request_id": request, "status": status});
        assert_eq!(door.modern(&key).pages("whatsapp.message_delivery.list", only, 1).await.len(), count, "{status}");
    }
    let to_one = door.modern(&key).call("whatsapp.message_delivery.list", json!({"contact_id": people[0].id})).await;
    assert_eq!((&to_one["items"][0]["status"], &to_one["counts"]), (&json!("read"), &Value::Null));
    assert_eq!(to_one["items"][0]["action_request_id"], json!(request));
    let contact = door.modern(&key).call("whatsapp.contact.get", json!({"contact_id": people[0].id})).await;
    assert_eq!(contact["messages"][0]["status"], "read");
}

async fn a_report_needs_one_subject_and_it_must_be_ours(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let numbers = world.contacts(&[person(1)]).await;
    let (agent, key) = world.agent("promo", "read").await;
    let request = sent(&world, &agent, &numbers).await;
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read").await;
    let door = Door::open(&world.db).await;
    let tool = "whatsapp.message_delivery.list";
    let theirs = door.modern(&foreign).refused(tool, json!({"action_request_id": request})).await;
    assert_eq!(theirs["code"], "not_found");
    let agent = door.modern(&key);
    let nobody = RequestId::random();
    for (arguments, code) in [
        (json!({}), "invalid_arguments"),
        (json!({"action_request_id": request, "contact_id": person(2).id}), "invalid_arguments"),
        (json!({"contact_id": person(2).id, "status": "read"}), "invalid_arguments"),
        (json!({"action_request_id": nobody}), "not_found"),
        (json!({"conversation_id": format!("cv_{}", "0".repeat(32))}), "not_found"),
        (json!({"conversation_id": format!("cv_{}", "0".repeat(32)), "status": "read"}), "invalid_arguments"),
        (json!({"broadcast_id": format!("bc_{}", "0".repeat(32))}), "not_found"),
    ] {
        assert_eq!(agent.refused(tool, arguments.clone()).await["code"], code, "{arguments}");
    }
}
