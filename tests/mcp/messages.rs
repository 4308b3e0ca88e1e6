//! Messages that are none: each gets the code of the standard and a sentence, and nothing answers 5xx.

use serde_json::{Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::World;

on_both!(what_is_no_message_gets_a_jsonrpc_error, what_is_no_post_is_refused, a_body_has_a_largest_size);

async fn what_is_no_message_gets_a_jsonrpc_error(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    for caller in [door.modern(&key), door.legacy(&key)] {
        for (body, code, id) in [
            ("", -32700, Value::Null),
            ("{\"jsonrpc\"", -32700, Value::Null),
            ("\u{feff}{}", -32700, Value::Null),
            (&"[".repeat(5_000), -32700, Value::Null),
            ("[]", -32600, Value::Null),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, Value::Null),
            ("null", -32600, Value::Null),
            (r#"{"id":7,"method":"ping"}"#, -32600, json!(7)),
            (r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, -32600, Value::Null),
            (r#"{"jsonrpc":"2.0","id":"a","method":null}"#, -32600, json!("a")),
            (r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"arguments":{}}}"#, -32602, json!("a")),
            (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":"x"}"#, -32602, json!(2)),
        ] {
            let reply = caller.raw(body).await;
            let answer = reply.json();
            assert_eq!((reply.status, &answer["error"]["code"], &answer["id"]), (400, &json!(code), &id), "{body:.60}");
            assert!(answer["error"]["message"].as_str().is_some_and(|m| m.len() > 10), "{answer}");
        }
    }
}

async fn what_is_no_post_is_refused(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let caller = door.legacy(&key);
    for method in ["GET", "DELETE", "PUT"] {
        let request = caller.http.request(method.parse().unwrap(), &caller.url).bearer_auth(&key);
        let reply = caller.send(request.header("accept", "text/event-stream")).await;
        assert_eq!(reply.status, 405, "{method}");
    }
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let post = || caller.http.post(&caller.url).bearer_auth(&key).body(ping);
    let both = "application/json, text/event-stream";
    let html = post().header("accept", both).header("content-type", "text/html");
    assert_eq!(caller.send(html).await.status, 415);
    let json_only = post().header("accept", "application/json").header("content-type", "application/json");
    assert_eq!(caller.send(json_only).await.status, 406);
    let with_charset = post().header("accept", both).header("content-type", "application/json; charset=utf-8");
    assert_eq!(caller.send(with_charset).await.status, 200);
}

async fn a_body_has_a_largest_size(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let caller = door.legacy(&key);
    let padded = |size: usize| {
        let head = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""#;
        format!("{head}{}\"}}}}", "a".repeat(size - head.len() - 3))
    };
    assert_eq!(caller.raw(padded(1 << 20)).await.status, 200);
    let reply = caller.raw(padded((1 << 20) + 1)).await;
    assert_eq!((reply.status, reply.json()["error"]["code"].as_i64()), (413, Some(-32600)));
}
