//! The official clients for Python and TypeScript, in both revisions, against this door.

use serde_json::json;

use crate::support::agent::{Agent, Era, Sdk};
use crate::support::db::{TestDb, on_both};
use crate::support::door::{Door, LEGACY, MODERN};
use crate::support::world::{World, person};

on_both!(clients_of_others_list_and_call);

async fn clients_of_others_list_and_call(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.contacts(&(0..3).map(person).collect::<Vec<_>>()).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,audit").await;
    for sdk in [Sdk::Python, Sdk::TypeScript] {
        for (era, protocol) in [(Era::Modern, MODERN), (Era::Legacy, LEGACY)] {
            let Some(mut agent) = Agent::connect(sdk, era, &door.url(), &key).await else { continue };
            assert_eq!(agent.protocol, protocol, "{sdk:?}");
            let tools = agent.tools().await;
            assert_eq!(
                tools.len(),
                countersign::tools::catalogue::catalogue()
                    .tools()
                    .iter()
                    .filter(|t| { !matches!(t.kind.as_str(), "preview" | "write") })
                    .count()
            );
            let contacts = agent.call("whatsapp.contacts.list", json!({"limit": 2})).await.ok();
            assert_eq!(contacts["items"].as_array().unwrap().len(), 2);
            for tool in ["whatsapp.config.get", "whatsapp.audit_logs.list", "whatsapp.action_request.status"] {
                agent.call(tool, json!({})).await.ok();
            }
            let error = agent.call("whatsapp.contacts.list", json!({"nonsense": true})).await.error();
            assert_eq!(error["code"], "invalid_arguments");
        }
    }
}
