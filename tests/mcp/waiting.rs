//! Waiting for people by other ways than asking again: tasks, resources, streams, and the page that a host is pointed at.

use std::time::Duration;

use countersign::domain::ids::RequestId;
use countersign::domain::requests::Status;
use countersign::store::{people, requests};
use serde_json::{Value, json};

use super::writes::{broadcast, write};
use crate::support::db::{TestDb, on_both};
use crate::support::door::{Caller, Door};
use crate::support::world::{NOW, World};

on_both!(
    a_write_is_a_task_for_those_who_keep_them,
    a_refused_task_says_that_it_is_final,
    a_request_is_a_resource_of_its_own_agent_alone,
    a_stream_tells_of_changes_until_its_key_is_void,
    a_host_is_pointed_at_the_page_where_its_key_says_so,
    a_request_remembers_the_trace_that_it_came_from,
);

const SCHEDULE: &str = "whatsapp.broadcast.schedule";
const STATUS: &str = "whatsapp.action_request.status";

/// A business with a broadcast to be sent, its door, and what to ask for.
async fn shop(db: &TestDb) -> (World, Door, Value) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let door = Door::open(&world.db).await;
    (world, door, write(&broadcast(segment), "The winter oolong has arrived."))
}

pub(super) fn keeps_tasks() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/tasks": {}}})
}

async fn ask(agent: &Caller, params: Value) -> Value {
    let reply = agent.request("tools/call", params).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["result"].take()
}

async fn ask_content(agent: &Caller, params: Value) -> Vec<Value> {
    ask(agent, params).await["content"].as_array().unwrap().clone()
}

async fn task(agent: &Caller, method: &str, id: &Value) -> Value {
    agent.request(method, json!({"taskId": id})).await.json()
}

async fn end(world: &World, id: &Value, from: Status, to: Status) {
    let id: RequestId = id.as_str().unwrap().parse().unwrap();
    let mut tx = world.db.begin().await.unwrap();
    requests::set_status(&mut tx, world.tenant.id, id, from, to, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_write_is_a_task_for_those_who_keep_them(db: TestDb) {
    let (world, door, arguments) = shop(&db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let plain = door.modern(&key);
    let agent = plain.that_can(keeps_tasks());
    let params = json!({"name": SCHEDULE, "arguments": arguments});
    let begun = ask(&agent, params.clone()).await;
    assert_eq!((&begun["resultType"], &begun["status"]), (&json!("task"), &json!("working")), "{begun:#}");
    let id = &begun["taskId"];
    assert!(begun["statusMessage"].as_str().unwrap().starts_with("waiting for approval, 0 of "), "{begun:#}");
    assert!(begun["pollIntervalMs"].as_u64().unwrap() >= 1_000 && begun["ttlMs"].is_null(), "{begun:#}");
    // It is the request: the same id, for whoever keeps no tasks as well, and in the next call of the same client.
    let request = plain.call(SCHEDULE, arguments.clone()).await;
    assert_eq!(&request["action_request_id"], id);
    assert_eq!(&ask(&agent, params).await["taskId"], id);
    let standing = task(&agent, "tasks/get", id).await;
    let result = &standing["result"];
    assert_eq!((&result["status"], &result["resultType"]), (&json!("working"), &json!("complete")), "{standing:#}");
    // What a client did not say in this very call it cannot do, and what is another's is not there.
    assert_eq!(task(&plain, "tasks/get", id).await["error"]["code"], -32021);
    // Whoever keeps no tasks follows a link to the same, unless its revision has none.
    let links = async |agent: &Caller| {
        let again = json!({"name": SCHEDULE, "arguments": write(&arguments, "Again.")});
        let content = ask_content(agent, again).await;
        content.iter().filter(|block| block["type"] == "resource_link").cloned().collect::<Vec<_>>()
    };
    let [link] = links(&plain).await.try_into().expect("one link");
    assert_eq!(plain.request("resources/read", json!({"uri": link["uri"]})).await.status, 200);
    assert_eq!(link["name"], *id);
    let (_, second) = world.agent("second", "read,propose").await;
    let other = door.modern(&second).that_can(keeps_tasks());
    let nothing = json!("ar_0000000000000000000000000000000000000000");
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        for (caller, id) in [(&other, id), (&agent, &nothing), (&agent, &json!("x"))] {
            let answer = caller.request(method, json!({"taskId": id, "inputResponses": {}})).await.json();
            assert_eq!(answer["error"]["code"], -32602, "{method} {id}: {answer:#}");
        }
    }
    assert_eq!(plain.call(STATUS, json!({"action_request_id": id})).await["status"], "pending_approval");
    for _ in 0..2 {
        assert_eq!(task(&agent, "tasks/cancel", id).await["result"]["resultType"], "complete", "and again: the same");
    }
    assert_eq!(task(&agent, "tasks/get", id).await["result"]["status"], "cancelled");
    let status = plain.call(STATUS, json!({"action_request_id": id})).await;
    assert_eq!((&status["status"], &status["error"]["code"]), (&json!("cancelled"), &json!("withdrawn")));
    let log = countersign::store::audit::list(&world.db, world.tenant.id, &Default::default(), 50).await.unwrap();
    let cancelled = log.iter().find(|entry| entry.act == "request.cancelled").expect("it is in the log");
    assert!(matches!(cancelled.actor, countersign::domain::audit::Actor::Agent(_)), "{cancelled:?}");
}

async fn a_refused_task_says_that_it_is_final(db: TestDb) {
    let (world, door, arguments) = shop(&db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key).that_can(keeps_tasks());
    let id = ask(&agent, json!({"name": SCHEDULE, "arguments": arguments})).await["taskId"].take();
    end(&world, &id, Status::PendingApproval, Status::Rejected).await;
    let answer = task(&agent, "tasks/get", &id).await;
    let (standing, result) = (&answer["result"]["status"], &answer["result"]["result"]);
    assert_eq!((standing, &result["isError"]), (&json!("completed"), &json!(true)), "{answer:#}");
    assert!(result["content"][0]["text"].as_str().unwrap().starts_with("NOT DONE. "), "{result:#}");
    let structure = &result["structuredContent"];
    assert_eq!((&structure["executed"], &structure["error"]["final"]), (&json!(false), &json!(true)));
    assert_eq!((&structure["status"], &structure["action_request_id"]), (&json!("rejected"), &id));
    assert_eq!(task(&agent, "tasks/cancel", &id).await["result"]["resultType"], "complete");
    assert_eq!(task(&agent, "tasks/get", &id).await["result"]["status"], "completed", "a wish changes nothing");
}

async fn a_request_is_a_resource_of_its_own_agent_alone(db: TestDb) {
    let (world, door, arguments) = shop(&db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    let request = agent.call(SCHEDULE, arguments).await;
    let uri = format!("approval://requests/{}", request["action_request_id"].as_str().unwrap());
    for caller in [&agent, &door.legacy(&key)] {
        let templates = caller.request("resources/templates/list", json!({})).await.json();
        let template = &templates["result"]["resourceTemplates"][0]["uriTemplate"];
        assert_eq!(template, "approval://requests/{action_request_id}");
        let list = caller.request("resources/list", json!({})).await.json();
        assert_eq!(list["result"]["resources"].as_array().unwrap().len(), 1, "{list:#}");
        assert_eq!(list["result"]["resources"][0]["uri"], json!(uri));
        let read = caller.request("resources/read", json!({"uri": uri})).await.json();
        let contents = &read["result"]["contents"][0];
        assert_eq!((&contents["uri"], &contents["mimeType"]), (&json!(uri), &json!("application/json")));
        let document: Value = serde_json::from_str(contents["text"].as_str().unwrap()).unwrap();
        let status = caller.call(STATUS, json!({"action_request_id": request["action_request_id"]})).await;
        assert_eq!(document, status);
    }
    let (_, second) = world.agent("second", "read,propose").await;
    let (_, nobody) = world.agent("nobody", "").await;
    let absent = "approval://requests/ar_0000000000000000000000000000000000000000".to_owned();
    for (key, uri) in [(&second, &uri), (&key, &absent), (&key, &"file:///etc/passwd".to_owned())] {
        for (caller, code) in [(door.modern(key), -32602), (door.legacy(key), -32002)] {
            let answer = caller.request("resources/read", json!({"uri": uri})).await.json();
            assert_eq!((&answer["error"]["code"], &answer["error"]["data"]["uri"]), (&json!(code), &json!(uri)));
        }
    }
    let list = door.modern(&second).request("resources/list", json!({})).await.json();
    assert_eq!(list["result"]["resources"], json!([]));
    let refused = door.modern(&nobody).request("resources/list", json!({})).await.json();
    assert!(refused["error"]["message"].as_str().unwrap().contains("may not ask"), "{refused}");
    let cursor = agent.request("resources/list", json!({"cursor": "x"})).await.json();
    assert_eq!(cursor["error"]["code"], -32602);
}

/// A stream as it comes in, one message after the other.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(agent: &Caller, uris: &[&str]) -> Self {
        let filter = json!({"notifications": {"resourceSubscriptions": uris}});
        let response = agent.prepare("subscriptions/listen", filter).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    /// The next message; none once the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        let within = Duration::from_secs(20);
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data: String = event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
                self.text = rest.to_owned();
                if let Ok(message) = serde_json::from_str(&data) {
                    return Some(message);
                }
                continue;
            }
            let chunk = tokio::time::timeout(within, self.response.chunk()).await.expect("a message in time").unwrap();
            self.text.push_str(std::str::from_utf8(&chunk?).unwrap());
        }
    }
}

async fn a_stream_tells_of_changes_until_its_key_is_void(db: TestDb) {
    let (world, door, arguments) = shop(&db).await;
    let (promo, key) = world.agent("promo", "read,propose").await;
    let (_, second) = world.agent("second", "read,propose").await;
    let agent = door.modern(&key);
    let id = agent.call(SCHEDULE, arguments).await["action_request_id"].take();
    let uri = format!("approval://requests/{}", id.as_str().unwrap());
    let mut own = Stream::open(&agent, &[&uri, "file:///etc/passwd"]).await;
    let mut other = Stream::open(&door.modern(&second), &[&uri]).await;
    for stream in [&mut own, &mut other] {
        let told = stream.next().await.unwrap();
        assert_eq!(told["method"], "notifications/subscriptions/acknowledged", "{told}");
        assert_eq!(told["params"]["notifications"]["resourceSubscriptions"], json!([uri]));
    }
    // Once to begin with, for what happened before anybody looked; and once for the change.
    for change in [false, true] {
        if change {
            end(&world, &id, Status::PendingApproval, Status::Rejected).await;
        }
        let told = own.next().await.unwrap();
        assert_eq!((&told["method"], &told["params"]["uri"]), (&json!("notifications/resources/updated"), &json!(uri)));
        assert!(!told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].is_null(), "{told}");
    }
    let mut tx = world.db.begin().await.unwrap();
    assert!(people::revoke_agent(&mut tx, world.tenant.id, promo.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let last = own.next().await.unwrap();
    assert!(last.get("result").is_some(), "the stream ends in order: {last}");
    assert_eq!(own.next().await, None);
    let nothing = tokio::time::timeout(Duration::from_millis(500), other.response.chunk()).await;
    assert!(nothing.is_err(), "nobody is told of another agent's request");
}

async fn a_host_is_pointed_at_the_page_where_its_key_says_so(db: TestDb) {
    let (world, door, arguments) = shop(&db).await;
    let opens_pages = || json!({"elicitation": {"url": {}}});
    let (_, usual) = world.agent("usual", "read,propose").await;
    let params = json!({"name": SCHEDULE, "arguments": arguments});
    let plain = ask(&door.modern(&usual).that_can(opens_pages()), params.clone()).await;
    assert_eq!(plain["structuredContent"]["status"], "pending_approval", "its key has it switched off: {plain:#}");
    let (_, key) = world.agent_with("desk", "read,propose", |agent| agent.elicits = true).await;
    let agent = door.modern(&key).that_can(opens_pages());
    let unable = ask(&door.modern(&key), params.clone()).await;
    assert_eq!(unable["structuredContent"]["status"], "pending_approval", "a client that cannot is not asked");
    let asked = ask(&agent, params.clone()).await;
    assert_eq!(asked["resultType"], "input_required", "{asked:#}");
    let page = &asked["inputRequests"]["follow"]["params"];
    let id = &unable["structuredContent"]["action_request_id"];
    assert_eq!((&page["mode"], &page["url"]), (&json!("url"), &unable["structuredContent"]["review_url"]));
    assert!(!page["url"].as_str().unwrap().contains('?'), "nothing that signs anybody in: {page}");
    let again = |state: Value| {
        let mut params = params.clone();
        params["requestState"] = state;
        params["inputResponses"] = json!({"follow": {"action": "accept"}});
        params
    };
    let answered = ask(&agent, again(asked["requestState"].clone())).await;
    assert_eq!(&answered["structuredContent"]["action_request_id"], id);
    assert_eq!(answered["structuredContent"]["status"], "pending_approval", "an accept decides nothing");
    // A state that is somebody else's, of another call, or no state at all.
    let theirs = plain["structuredContent"]["action_request_id"].clone();
    let mut other = again(asked["requestState"].clone());
    other["arguments"]["broadcast"]["name"] = "Another offer".into();
    for params in [again(theirs), again(json!("tampered")), other] {
        let refused = agent.request("tools/call", params).await.json();
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
}

async fn a_request_remembers_the_trace_that_it_came_from(db: TestDb) {
    let (world, door, arguments) = shop(&db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let params = json!({"name": SCHEDULE, "arguments": arguments, "traceparent": parent});
    let answer = ask(&door.modern(&key), params).await;
    let id = answer["structuredContent"]["action_request_id"].as_str().unwrap().parse().unwrap();
    let stored = requests::find(&world.db, world.tenant.id, id).await.unwrap().unwrap();
    assert_eq!(stored.trace.unwrap().as_str(), parent);
}
