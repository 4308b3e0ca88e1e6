//! Previews and writes through the door: one ask is one request, and the reads before it are remembered.

use countersign::domain::requests::Status;
use countersign::store::requests;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(
    a_preview_and_its_write_are_one_request,
    whoever_may_only_read_proposes_nothing,
    what_is_forbidden_comes_back_with_its_findings,
    an_agent_floods_nobody,
    a_preview_of_long_ago_is_worked_out_anew,
);

const PREVIEW: &str = "whatsapp.broadcast.preview";
const SCHEDULE: &str = "whatsapp.broadcast.schedule";
const STATUS: &str = "whatsapp.action_request.status";

pub fn broadcast(segment: impl serde::Serialize) -> Value {
    json!({"broadcast": {
        "name": "Winter offer", "template": "winter_offer", "segments": [segment],
        "variables": {"1": {"contact_name": {"default": "friend"}}},
    }, "schedule": {"start_at": "2026-11-23T10:00:00+08:00"}})
}

pub fn write(arguments: &Value, reason: &str) -> Value {
    let mut write = arguments.clone();
    write["reason"] = reason.into();
    write
}

async fn a_preview_and_its_write_are_one_request(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(30).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    agent.call("whatsapp.broadcasts.list", json!({})).await;
    let arguments = broadcast(segment);
    let ask = json!({"write_tool": SCHEDULE, "arguments": arguments, "reason": "The winter oolong has arrived."});
    let first = agent.call(PREVIEW, ask.clone()).await;
    assert_eq!((&first["status"], &first["tool"]), (&json!("pending_approval"), &json!(SCHEDULE)));
    assert_eq!(first["preview"]["audience"]["funnel"]["will_receive"], 30, "{first:#}");
    assert!(!first.to_string().contains("+85291"), "no number stands in a preview");
    let id = &first["action_request_id"];
    // The same ask again, in the other revision, by the write, and by the write in the other spelling.
    assert_eq!(&door.legacy(&key).call(PREVIEW, ask).await["action_request_id"], id);
    assert_eq!(&agent.call(SCHEDULE, write(&arguments, "as previewed")).await["action_request_id"], id);
    let mut named = write(&arguments, "as previewed");
    named["action_request_id"] = id.clone();
    assert_eq!(&agent.call("whatsapp_broadcast_schedule", named.clone()).await["action_request_id"], id);
    named["broadcast"]["name"] = "Another offer".into();
    assert_eq!(agent.refused(SCHEDULE, named).await["code"], "ask_mismatch");
    let status = agent.call(STATUS, json!({"action_request_id": id})).await;
    assert_eq!((&status["status"], &status["digest"]), (&first["status"], &first["digest"]));
    let stored =
        requests::find(&world.db, world.tenant.id, id.as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
    let made: Vec<&str> = stored.reads_made.iter().filter(|r| r.at.is_some()).map(|r| r.tool.as_str()).collect();
    assert_eq!(made, [PREVIEW, "whatsapp.broadcasts.list"], "what reviewers see of the reads before the ask");
    // Somebody else's request is not there, whatever is done with its id.
    let (_, second) = world.agent("second", "read,propose").await;
    let mut theirs = write(&arguments, "mine now");
    theirs["action_request_id"] = id.clone();
    assert_eq!(door.modern(&second).refused(SCHEDULE, theirs).await["code"], "not_found");
}

async fn whoever_may_only_read_proposes_nothing(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let door = Door::open(&world.db).await;
    let (_, reader) = world.agent("reader", "read").await;
    let (_, elsewhere) = world.agent("elsewhere", "read,propose:contacts").await;
    let ask = json!({"write_tool": SCHEDULE, "arguments": broadcast(segment), "reason": "Why not."});
    for key in [&reader, &elsewhere] {
        let error = door.modern(key).refused(PREVIEW, ask.clone()).await;
        assert_eq!((error["code"].as_str(), error["retryable"].as_bool()), (Some("forbidden"), Some(false)));
        assert_eq!(door.modern(key).refused(SCHEDULE, write(&broadcast(segment), "x")).await["code"], "forbidden");
    }
    let (_, here) = world.agent("here", "read,propose:broadcasts").await;
    let list = door.modern(&here).request("tools/list", json!({})).await.json();
    let tools = list["result"]["tools"].as_array().unwrap();
    let hints = |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap()["annotations"].clone();
    assert_eq!(hints(PREVIEW)["readOnlyHint"], true);
    assert_eq!((&hints(SCHEDULE)["destructiveHint"], &hints(SCHEDULE)["openWorldHint"]), (&json!(true), &json!(true)));
    assert_eq!((&hints("whatsapp.broadcast.create")["readOnlyHint"]), &json!(false));
    door.modern(&here).call(PREVIEW, ask).await;
}

async fn what_is_forbidden_comes_back_with_its_findings(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    let mut past = broadcast(segment);
    past["schedule"]["start_at"] = "2020-01-01T10:00:00+08:00".into();
    let error = agent.refused(PREVIEW, json!({"write_tool": SCHEDULE, "arguments": past, "reason": "Late."})).await;
    assert_eq!((error["code"].as_str(), error["retryable"].as_bool()), (Some("blocked"), Some(false)), "{error:#}");
    let findings = error["findings"].as_array().unwrap();
    assert!(findings.iter().any(|f| f["level"] == "block" && f["rule"].as_str().is_some_and(|r| !r.is_empty())));
    for (change, says) in [
        (json!({"write_tool": "whatsapp.nothing.do", "arguments": {}, "reason": "x"}), "write_tool"),
        (json!({"arguments": {}}), "reason"),
        (json!({"write_tool": SCHEDULE, "arguments": {"broadcast": {"nam": 1}}, "reason": "x"}), "nam"),
        (json!({"write_tool": SCHEDULE, "arguments": broadcast("se_7"), "reason": "x"}), "segments"),
        (json!({"write_tool": SCHEDULE, "arguments": broadcast(segment), "reason": "a\u{0}b"}), "U+0000"),
    ] {
        let error = agent.refused(PREVIEW, change.clone()).await;
        assert_eq!(error["code"], "invalid_arguments", "{change}: {error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{change}: {error}");
    }
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,propose").await;
    let ask = json!({"write_tool": SCHEDULE, "arguments": broadcast(segment), "reason": "Theirs."});
    let error = door.modern(&foreign).refused(PREVIEW, ask).await;
    assert!(matches!(error["code"].as_str(), Some("not_found")), "{error}");
}

async fn an_agent_floods_nobody(db: TestDb) {
    const MOST: usize = 10;
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    let ask = |n: usize, submit: bool| {
        let mut arguments = broadcast(segment);
        arguments["broadcast"]["name"] = format!("Offer {n}").into();
        json!({"write_tool": SCHEDULE, "arguments": arguments, "reason": "The winter oolong.", "submit": submit})
    };
    let previewed = agent.call(PREVIEW, ask(99, false)).await;
    assert_eq!(previewed["status"], "previewed", "a preview asks nobody, and does not count");
    let asks: Vec<Value> = (0..MOST + 5).map(|n| ask(n, true)).collect();
    let all = futures::future::join_all(asks.iter().map(|ask| agent.result(PREVIEW, ask.clone()))).await;
    let (filed, refused): (Vec<_>, Vec<_>) = all.iter().partition(|answer| answer["isError"] != true);
    assert_eq!((filed.len(), refused.len()), (MOST, 5), "filed all at once");
    for answer in refused {
        assert_eq!(answer["structuredContent"]["error"]["code"], "too_many_pending", "{answer:#}");
    }
    let mut late = write(&ask(99, true)["arguments"], "as previewed");
    late["action_request_id"] = previewed["action_request_id"].clone();
    assert_eq!(agent.refused(SCHEDULE, late.clone()).await["code"], "too_many_pending");
    let first = filed.first().map(|answer| answer["structuredContent"]["action_request_id"].clone()).unwrap();
    let again = asks.iter().find(|ask| {
        filed.first().is_some_and(|answer| {
            let title = answer["structuredContent"]["preview"]["name"].as_str();
            title == ask["arguments"]["broadcast"]["name"].as_str()
        })
    });
    assert_eq!(agent.call(PREVIEW, again.unwrap().clone()).await["action_request_id"], first, "the same is the same");
    let (_, other) = world.agent("second", "read,propose").await;
    assert_eq!(door.modern(&other).call(PREVIEW, ask(0, true)).await["status"], "pending_approval");
    // When people have decided one, there is room for another.
    let mut tx = world.db.begin().await.unwrap();
    let id = first.as_str().unwrap().parse().unwrap();
    let (from, to) = (Status::PendingApproval, Status::Cancelled);
    requests::set_status(&mut tx, world.tenant.id, id, from, to, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(agent.call(SCHEDULE, late).await["status"], "pending_approval");
}

/// Nobody signs what was true an hour ago, and previews that are kept in store get round no limit of an hour.
async fn a_preview_of_long_ago_is_worked_out_anew(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    let arguments = broadcast(segment);
    let ask = json!({"write_tool": SCHEDULE, "arguments": arguments, "reason": "It is winter.", "submit": false});
    let preview = agent.call(PREVIEW, ask).await;
    assert_eq!(preview["status"], "previewed");
    door.clock.advance(Duration::from_mins(16));
    let mut named = write(&arguments, "As previewed.");
    named["action_request_id"] = preview["action_request_id"].clone();
    let filed = agent.call(SCHEDULE, named).await;
    assert_eq!(filed["status"], "pending_approval");
    assert_ne!(filed["action_request_id"], preview["action_request_id"]);
    let old = agent.call(STATUS, json!({"action_request_id": preview["action_request_id"]})).await;
    let (message, newer) = (old["error"]["message"].as_str().unwrap(), filed["action_request_id"].as_str().unwrap());
    assert!(old["status"] == "superseded" && message.contains(newer), "{old:#}");
}
