//! The tools over a pipe: the real program, started as a host starts it.

use serde_json::{Value, json};

use crate::support::daemon::command_with_input;
use crate::support::db::{TestDb, on_both};
use crate::support::door::{LEGACY, MODERN};
use crate::support::world::World;

on_both!(a_host_on_this_machine_reads_and_asks, a_key_that_opens_nothing_is_said_on_standard_error);

async fn answers(db: &TestDb, key: &str, lines: &[Value]) -> (Vec<Value>, String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let env = [("COUNTERSIGN__DATABASE__URL", db.url.as_str()), ("COUNTERSIGN_AGENT_KEY", key)];
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let output = command_with_input(folder.path(), &["mcp"], &env, &input).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers = answers.lines().map(|line| serde_json::from_str(line).expect("only messages")).collect();
    (answers, said, output.status.success())
}

fn modern(id: u32, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
    });
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

async fn a_host_on_this_machine_reads_and_asks(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (_, key) = world.agent("desk", "read,propose").await;
    let call = json!({"name": "whatsapp.config.get", "arguments": {}});
    let (found, said, well) = answers(
        &db,
        &key,
        &[
            modern(1, "server/discover", json!({})),
            modern(2, "tools/list", json!({})),
            modern(3, "tools/call", call.clone()),
        ],
    )
    .await;
    assert!(well, "{said}");
    let of = |id: u32| found.iter().find(|answer| answer["id"] == id).unwrap_or_else(|| panic!("{found:?} {said}"));
    assert!(of(1)["result"]["supportedVersions"].as_array().unwrap().contains(&json!(MODERN)));
    assert!(of(2)["result"]["tools"].as_array().unwrap().iter().any(|tool| tool["name"] == "whatsapp.contacts.list"));
    assert_eq!(of(3)["result"]["isError"], false, "{}", of(3));
    // A host that begins with a handshake.
    let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    let (found, said, well) = answers(
        &db,
        &key,
        &[
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}),
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
            json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}),
        ],
    )
    .await;
    assert!(well, "{said}");
    assert_eq!(found[0]["result"]["protocolVersion"], LEGACY);
    assert_eq!(found[1]["result"]["isError"], false, "{found:?}");
    let (found, said, well) = answers(&db, &key, &[]).await;
    assert!(well && found.is_empty(), "whoever closes the pipe at once has changed its mind: {said}");
}

async fn a_key_that_opens_nothing_is_said_on_standard_error(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (_, revoked) =
        world.agent_with("gone", "read", |agent| agent.expires_at = Some(crate::support::world::NOW)).await;
    for (key, says) in
        [("apk_live_nobody", "not known here"), (revoked.as_str(), "expired"), ("", "COUNTERSIGN_AGENT_KEY")]
    {
        let (found, said, well) = answers(&db, key, &[]).await;
        assert!(!well && found.is_empty() && said.contains(says), "{key}: {said}");
    }
}
