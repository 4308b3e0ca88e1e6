//! The official clients for Python and TypeScript, in both revisions, and the older one for TypeScript, against this door: they
//! list the tools, read, ask for something and look where it stands.

use serde_json::{Value, json};

use super::writes::broadcast;
use crate::support::agent::{Agent, Era, Sdk};
use crate::support::db::{TestDb, on_both};
use crate::support::door::{Door, LEGACY, MODERN};
use crate::support::world::World;

on_both!(clients_of_others_list_and_ask);

const PREVIEW: &str = "whatsapp.broadcast.preview";
const STATUS: &str = "whatsapp.action_request.status";

/// A door, a key that opens all but the classes of data, and what a preview is asked for with.
async fn opened(db: &TestDb) -> (Door, String, Value) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose,audit").await;
    let ask = json!({
        "write_tool": "whatsapp.broadcast.schedule", "arguments": broadcast(segment), "reason": "The winter oolong is here.",
    });
    (door, key, ask)
}

fn all_tools() -> usize {
    countersign::tools::catalogue::catalogue().tools().len()
}

async fn clients_of_others_list_and_ask(db: TestDb) {
    let (door, key, ask) = opened(&db).await;
    for (sdk, era, protocol) in [
        (Sdk::Python, Era::Modern, MODERN),
        (Sdk::Python, Era::Legacy, LEGACY),
        (Sdk::TypeScript, Era::Modern, MODERN),
        (Sdk::TypeScript, Era::Legacy, LEGACY),
        (Sdk::TypeScript1, Era::Legacy, LEGACY),
    ] {
        let Some(mut agent) = Agent::connect(sdk, era, &door.url(), &key).await else { continue };
        assert_eq!(agent.protocol, protocol, "{sdk:?}");
        assert_eq!(agent.tools().await.len(), all_tools());
        let contacts = agent.call("whatsapp.contacts.list", json!({"limit": 2})).await.ok();
        assert_eq!(contacts["items"].as_array().unwrap().len(), 2);
        for tool in ["whatsapp.config.get", "whatsapp.audit_logs.list"] {
            agent.call(tool, json!({})).await.ok();
        }
        // The older client holds refusals against the schema of answers, and shows neither.
        if sdk != Sdk::TypeScript1 {
            let error = agent.call("whatsapp.contacts.list", json!({"nonsense": true})).await.error();
            assert_eq!(error["code"], "invalid_arguments");
        }
        // Whoever comes first makes the request; the others find it.
        let preview = agent.call(PREVIEW, ask.clone()).await.ok();
        let status = agent.call(STATUS, json!({"action_request_id": preview["action_request_id"]})).await.ok();
        assert_eq!((&status["status"], &status["digest"]), (&json!("pending_approval"), &preview["digest"]), "{sdk:?}");
    }
}
