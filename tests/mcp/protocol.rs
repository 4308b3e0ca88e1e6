//! Both revisions: opening, lists, calls, and what each revision must be told.

use serde_json::{Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::door::{Door, LEGACY, MODERN};
use crate::support::world::World;

on_both!(
    both_revisions_open_without_a_session,
    a_list_shows_what_the_key_may_use,
    an_unknown_tool_is_a_protocol_error_and_bad_arguments_are_not,
    the_modern_revision_checks_its_headers,
    every_read_is_remembered_for_the_reviewers,
);

async fn both_revisions_open_without_a_session(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let legacy = door.legacy(&key);
    for (asked, given) in [(LEGACY, LEGACY), ("2025-03-26", "2025-03-26"), (MODERN, LEGACY), ("1999-01-01", LEGACY)] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}});
        let reply = legacy.raw(body.to_string()).await;
        let answer = reply.json();
        assert_eq!(answer["result"]["protocolVersion"], given, "{asked}: {answer}");
        assert_eq!(answer["result"]["serverInfo"]["name"], "countersign");
        assert!(answer["result"]["instructions"].as_str().unwrap().contains("whatsapp.action_request.status"));
        assert!(reply.headers.get("mcp-session-id").is_none(), "no session");
        let capabilities = json!({"tools": {}, "resources": {}});
        assert_eq!(answer["result"]["capabilities"], capabilities, "nothing that came after the handshake");
    }
    let reply = legacy.raw(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!((reply.status, reply.text.as_str()), (202, ""));
    let modern = door.modern(&key).request("server/discover", json!({})).await.json();
    let versions = modern["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(MODERN)) && versions.contains(&json!(LEGACY)), "{modern}");
    assert_eq!(modern["result"]["resultType"], "complete");
    assert!(modern["result"]["instructions"].is_string());
    let capabilities = json!({
        "tools": {}, "resources": {"subscribe": true}, "extensions": {"io.modelcontextprotocol/tasks": {}},
    });
    assert_eq!(modern["result"]["capabilities"], capabilities);
}

fn names(list: &Value) -> Vec<String> {
    let tools = list["result"]["tools"].as_array().unwrap_or_else(|| panic!("{list:#}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_list_shows_what_the_key_may_use(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, reader) = world.agent("reader", "read").await;
    let (_, writer) = world.agent("writer", "read,propose").await;
    let (_, auditor) = world.agent("auditor", "read,audit").await;
    let (_, nobody) = world.agent("nobody", "").await;
    let list = door.modern(&reader).request("tools/list", json!({})).await.json();
    assert!(!names(&list).contains(&"whatsapp.audit_logs.list".to_owned()));
    assert_eq!((&list["result"]["cacheScope"], &list["result"]["nextCursor"]), (&json!("private"), &Value::Null));
    for tool in list["result"]["tools"].as_array().unwrap() {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert!(tool["title"].is_string() && tool["_meta"]["countersign.dev/read_first"].is_array(), "{tool}");
    }
    // A host reads the list into memory, and some a model.
    let list = door.modern(&writer).request("tools/list", json!({})).await.json();
    for tool in list["result"]["tools"].as_array().unwrap() {
        let most = match tool["name"].as_str() {
            // Takes every form that a message can have.
            Some("whatsapp.session_message.send") => 24 << 10,
            // Takes every node that a flow can have, and all that an auto-reply says.
            Some("whatsapp.flow.upsert") => 27 << 10,
            // Each act has evidence of its own; a draft has every part of a template in each language.
            Some("whatsapp.consent.update" | "whatsapp.template_draft.upsert") => 19 << 10,
            _ => 17 << 10,
        };
        assert!(tool.to_string().len() < most, "{} has {} bytes", tool["name"], tool.to_string().len());
    }
    let list = door.modern(&reader).request("tools/list", json!({})).await.json();
    let all = door.modern(&auditor).request("tools/list", json!({})).await.json();
    assert_eq!(names(&all).len(), names(&list).len() + 1);
    assert!(names(&door.legacy(&nobody).request("tools/list", json!({})).await.json()).is_empty());
    let error = door.modern(&reader).refused("whatsapp.audit_logs.list", json!({})).await;
    assert_eq!((error["code"].as_str(), error["retryable"].as_bool()), (Some("forbidden"), Some(false)));
    let rest = door.modern(&reader).request("tools/list", json!({"cursor": "whatsapp.contacts.list"})).await.json();
    assert!(names(&rest).iter().all(|name| name.as_str() > "whatsapp.contacts.list") && !names(&rest).is_empty());
    let bad = door.modern(&reader).request("tools/list", json!({"cursor": "x"})).await.json();
    assert_eq!(bad["error"]["code"], -32602);
}

async fn an_unknown_tool_is_a_protocol_error_and_bad_arguments_are_not(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    for caller in [door.modern(&key), door.legacy(&key)] {
        let reply = caller.request("tools/call", json!({"name": "whatsapp.nothing.get", "arguments": {}})).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].as_i64()), (200, Some(-32602)));
        for (arguments, says) in [
            (json!({"limit": 0}), "limit: 0 is not between 1 and 200"),
            (json!({"limit": "ten"}), "limit: "),
            (json!({"cursor": "AAAA"}), "cursor: "),
            (json!({"cursor": "x".repeat(600)}), "cursor: longer than 512"),
            (json!({"tagg": "x"}), "tagg"),
            (json!({"language": "English"}), "language: "),
            (json!({"wrote_since": "yesterday"}), "wrote_since: "),
            (json!({"tag": "a\u{0}b"}), "U+0000"),
            (json!({"tag": "x".repeat(65)}), "tag: longer than 64"),
        ] {
            let error = caller.refused("whatsapp.contacts.list", arguments.clone()).await;
            assert_eq!(error["code"], "invalid_arguments", "{arguments}");
            assert!(error["message"].as_str().unwrap().contains(says), "{arguments}: {error}");
        }
        let without = caller.request("tools/call", json!({"name": "whatsapp.config.get"})).await.json();
        assert_eq!(without["result"]["isError"], false, "no arguments are no fault");
        let method = caller.request("no/such/method", json!({})).await;
        assert_eq!(method.json()["error"]["code"], -32601);
    }
}

async fn the_modern_revision_checks_its_headers(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let caller = door.modern(&key);
    let meta = json!({"io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "whatsapp.config.get", "arguments": {}, "_meta": meta}});
    let with = |name: &str, method: &str, version: &str| {
        let head = caller.post().header("mcp-name", name).header("mcp-method", method);
        caller.send(head.header("mcp-protocol-version", version).body(body.to_string()))
    };
    assert_eq!(with("whatsapp.config.get", "tools/call", MODERN).await.status, 200);
    for (name, method, version) in [
        ("whatsapp_config_get", "tools/call", MODERN),
        ("whatsapp.contacts.list", "tools/call", MODERN),
        ("whatsapp.config.get", "tools/list", MODERN),
        ("whatsapp.config.get", "tools/call", LEGACY),
        ("whatsapp.config.get", "tools/call", "2031-01-01"),
    ] {
        let reply = with(name, method, version).await;
        assert_eq!(reply.status, 400, "{name} {method} {version}: {}", reply.text);
        assert!(reply.json()["error"]["code"].as_i64().is_some_and(|c| c < -32000), "{}", reply.text);
    }
}

async fn every_read_is_remembered_for_the_reviewers(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (agent, key) = world.agent("promo", "read").await;
    let caller = door.modern(&key);
    caller.call("whatsapp_contacts_list", json!({})).await;
    caller.refused("whatsapp.segments.list", json!({"limit": 0})).await;
    let wanted = ["whatsapp.contacts.list", "whatsapp.segments.list"];
    let made = countersign::store::tool_reads::last_reads(&world.db, world.tenant.id, agent.id, &wanted).await.unwrap();
    let made: Vec<bool> = made.iter().map(|read| read.at.is_some()).collect();
    assert_eq!(made, [true, false], "a refused read was none");
}
