//! Every tool under every set of permissions, in a business that has something of everything and for an agent of the business
//! beside it: what is listed, what is refused, and that nobody reads what its key does not open.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::SqlitePool;

use crate::support::daemon::{Daemon, free_port, run};
use crate::support::until;

const READS: [&str; 24] = [
    "audit_logs.list",
    "broadcasts.list",
    "business_profile.get",
    "campaign_report.get",
    "config.get",
    "consent_records.list",
    "contact.get",
    "contacts.list",
    "conversation.get",
    "conversation_summary.get",
    "conversations.list",
    "flows.list",
    "inbox_assignments.list",
    "keyword_rules.list",
    "media_assets.list",
    "message_delivery.list",
    "opt_outs.list",
    "phone_numbers.list",
    "policy_rules.get",
    "segments.list",
    "template.get",
    "template_quality.get",
    "templates.list",
    "webhook_logs.list",
];
const OF_ORDERS: [&str; 3] = ["order.create_from_chat", "order_payment_message.preview", "payment_link.send"];
const STATUS: &str = "action_request.status";
/// Permissions that each open one class of what reads show.
const CLASSES: [&str; 7] =
    ["contacts:pii", "notes", "attachments", "staff_metrics", "provider_ids", "routing", "audit"];

/// An agent that knows nothing but its key.
struct Agent {
    permissions: String,
    url: String,
    key: String,
    http: reqwest::Client,
}

/// What a tool answered: how it was refused, if it was, and all that the client received.
struct Answer {
    refused: Option<String>,
    value: Value,
    text: String,
}

impl Agent {
    async fn add(folder: &Path, url: &str, tenant: &str, owner: &str, permissions: &str) -> Self {
        let name: String = format!("{tenant} {permissions}").chars().take(80).collect();
        let arguments =
            ["agent", "add", &name, "--tenant", tenant, "--owner", owner, "--permissions", permissions, "--json"];
        let added: Value = serde_json::from_str(&run(folder, &arguments, &DATABASE).await).expect("JSON");
        let key = added["key"].as_str().expect("a key").to_owned();
        Self { permissions: permissions.to_owned(), url: format!("{url}/mcp"), key, http: reqwest::Client::new() }
    }

    fn has(&self, permission: &str) -> bool {
        self.permissions.split(',').any(|one| one == permission)
    }

    /// Whoever may change what answers customers may see to whom it leads them.
    fn opens(&self, class: &str) -> bool {
        self.has(class) || (class == "routing" && self.has("propose"))
    }

    async fn send(&self, method: &str, params: &Value) -> String {
        let request = self.http.post(&self.url).bearer_auth(&self.key).header("mcp-protocol-version", "2025-11-25");
        let request =
            request.header("accept", "application/json, text/event-stream").header("content-type", "application/json");
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let reply = request.body(body.to_string()).send().await.expect("an answer");
        assert_eq!(reply.status(), 200, "{method} {params}");
        reply.text().await.expect("a body")
    }

    /// Names of the tools that it is shown, without what they all begin with.
    async fn listed(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut params = json!({});
        loop {
            let page: Value = serde_json::from_str(&self.send("tools/list", &params).await).unwrap();
            for tool in page["result"]["tools"].as_array().expect("tools") {
                names.insert(tool["name"].as_str().unwrap().strip_prefix("whatsapp.").unwrap().to_owned());
            }
            match page["result"]["nextCursor"].as_str() {
                Some(cursor) => params = json!({"cursor": cursor}),
                None => return names,
            }
        }
    }

    async fn call(&self, tool: &str, arguments: &Value) -> Answer {
        let text = self.send("tools/call", &json!({"name": format!("whatsapp.{tool}"), "arguments": arguments})).await;
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        let value = answer["result"]["structuredContent"].take();
        let refused = value["error"]["code"].as_str().filter(|_| answer["result"]["isError"] == true);
        Answer { refused: refused.map(str::to_owned), value, text }
    }
}

const DATABASE: [(&str, &str); 1] = [("COUNTERSIGN__DATABASE__URL", "sqlite://data/demo.sqlite")];

/// What each class of data looks like in this business, taken from its rows.
struct Marks {
    phones: Vec<String>,
    names: Vec<String>,
    notes: Vec<String>,
    ids_of_meta: Vec<String>,
    secrets: Vec<String>,
}

impl Marks {
    async fn read(folder: &Path) -> Self {
        let url = format!("sqlite://{}?mode=ro", folder.join("data/demo.sqlite").display());
        let pool = SqlitePool::connect(&url).await.expect("the demo's database");
        let texts = async |sql: &'static str| -> Vec<String> {
            let found: Vec<String> =
                sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
            assert!(!found.is_empty(), "{sql}");
            found
        };
        let mut secrets = texts("select password_hash from person").await;
        secrets.extend(texts("select lower(hex(key_hash)) from agent").await);
        Self {
            phones: texts("select substr(phone, 2) from contact where phone is not null").await,
            // Short ones are words of other things as well.
            names: texts("select distinct name from contact where length(name) > 3 or name > 'z'").await,
            notes: texts("select json_extract(details, '$.note') from conversation_event where act = 'noted'").await,
            ids_of_meta: texts(
                "select meta_id from phone_number union select meta_id from message_template
                 union select waba_id from tenant union select wamid from inbound_message",
            )
            .await,
            secrets,
        }
    }

    /// The classes of which this text shows something.
    fn shown(&self, tool: &str, answer: &Answer) -> BTreeSet<&'static str> {
        let digits: String = answer.text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let any = |marks: &[String], text: &str| marks.iter().any(|mark| text.contains(mark.as_str()));
        let mut shown = BTreeSet::new();
        if any(&self.phones, &digits) || any(&self.names, &answer.text) {
            shown.insert("contacts:pii");
        }
        if any(&self.notes, &answer.text) {
            shown.insert("notes");
        }
        if any(&self.ids_of_meta, &answer.text) {
            shown.insert("provider_ids");
        }
        let figures = if tool == "conversation_summary.get" { "people" } else { "in_hands" };
        if answer.text.contains("/files/") || answer.text.contains("/media/") {
            shown.insert("attachments");
        }
        if has(&answer.value, &|name, value| name == figures && value.is_array()) {
            shown.insert("staff_metrics");
        }
        let leads =
            |name: &str, value: &Value| name == "queue" && value.as_str().is_some_and(|text| !text.contains('•'));
        if matches!(tool, "flows.list" | "keyword_rules.list") && has(&answer.value, &leads) {
            shown.insert("routing");
        }
        if tool == "audit_logs.list" && answer.refused.is_none() {
            shown.insert("audit");
        }
        shown
    }
}

/// Whether any member of a document is like that.
fn has(document: &Value, like: &dyn Fn(&str, &Value) -> bool) -> bool {
    match document {
        Value::Object(members) => members.iter().any(|(name, value)| like(name, value) || has(value, like)),
        Value::Array(items) => items.iter().any(|item| has(item, like)),
        _ => false,
    }
}

/// Calls that together show all that reads can show, with ids that stand in this business.
async fn calls(knows_all: &Agent, marks: &Marks) -> Vec<(&'static str, Value)> {
    let list = async |tool: &str, arguments: Value, name: &str| -> Vec<Value> {
        let answer = knows_all.call(tool, &arguments).await;
        let items = answer.value["items"].as_array().unwrap_or_else(|| panic!("{tool}: {}", answer.text)).clone();
        items.iter().map(|item| item[name].clone()).collect()
    };
    let some = |count: u32| json!({"limit": count});
    let mut calls: Vec<(&'static str, Value)> = READS
        .into_iter()
        .filter(|tool| !tool.ends_with(".get") && *tool != "message_delivery.list")
        .map(|tool| (tool, json!({"limit": 50})))
        .chain([("config.get", json!({})), ("policy_rules.get", json!({})), ("conversation_summary.get", json!({}))])
        .chain([("business_profile.get", json!({"phone_number": "+852 5550 1000"})), (STATUS, json!({"limit": 50}))])
        .collect();
    for contact in list("contacts.list", some(3), "id").await {
        calls.push(("contact.get", json!({"contact_id": contact})));
        calls.push(("message_delivery.list", json!({"contact_id": contact})));
    }
    for queue in ["support", "complaints", "orders"] {
        for (at, conversation) in
            list("conversations.list", json!({"queue": queue, "limit": 20}), "id").await.into_iter().enumerate()
        {
            let arguments = json!({"conversation_id": conversation, "limit": 50});
            // The first of each queue, and those that have something that others have not.
            let shown = marks.shown("conversation.get", &knows_all.call("conversation.get", &arguments).await);
            if at == 0 || shown.contains("notes") || shown.contains("attachments") {
                calls.push(("conversation.get", arguments));
            }
        }
    }
    for name in list("templates.list", some(2), "name").await {
        calls.push(("template.get", json!({"name": name})));
        calls.push(("template_quality.get", json!({"name": name})));
    }
    for broadcast in list("broadcasts.list", some(3), "id").await {
        calls.push(("campaign_report.get", json!({"broadcast_id": broadcast})));
        calls.push(("message_delivery.list", json!({"broadcast_id": broadcast})));
    }
    calls
}

#[tokio::test]
async fn every_key_sees_what_it_opens_and_nothing_else() {
    const SOON: Duration = Duration::from_secs(60);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let listen = format!("127.0.0.1:{}", free_port());
    let env = [("COUNTERSIGN__SERVER__LISTEN", listen.as_str()), ("COUNTERSIGN__MCP__CALLS_PER_MINUTE", "100000")];
    let url = format!("http://{listen}");
    let daemon = Daemon::start(folder, &["demo", "--data", "data", "--pace", "10"], &env, &url).await;
    let (business, owner) = ("Harbour Tea House", "wong@harbour.example");
    let all = format!("read,propose,{}", CLASSES.join(","));
    let knows_all = Agent::add(folder, &url, business, owner, &all).await;
    until("the demo has told its story", SOON, async || {
        let notes = daemon.log().matches("S. Ng looks after").count() > 0;
        (notes && daemon.log().contains("the number in Macau may send no more")).then_some(())
    })
    .await;
    let marks = Marks::read(folder).await;
    let calls = calls(&knows_all, &marks).await;
    assert!(calls.len() > 35, "{}", calls.len());
    let called: BTreeSet<&str> = calls.iter().map(|(tool, _)| *tool).collect();
    assert!(READS.iter().all(|read| called.contains(read)), "{called:?}");

    let mut sets = vec!["propose:orders".to_owned(), "read".to_owned(), "read,propose".to_owned()];
    sets.extend(CLASSES.map(|class| format!("read,{class}")));
    let every = knows_all.listed().await;
    assert_eq!(every.len(), countersign::tools::catalogue::catalogue().tools().len());
    let mut agents = vec![knows_all];
    for set in sets {
        agents.push(Agent::add(folder, &url, business, owner, &set).await);
    }
    for agent in &agents {
        let of_reads = |tool: &str| agent.has("read") && (tool != "audit_logs.list" || agent.has("audit"));
        let open = |tool: &str| match tool {
            STATUS => true,
            read if READS.contains(&read) => of_reads(read),
            of_orders if OF_ORDERS.contains(&of_orders) => agent.has("propose") || agent.has("propose:orders"),
            _ => agent.has("propose"),
        };
        let wanted: BTreeSet<String> = every.iter().filter(|tool| open(tool)).cloned().collect();
        assert_eq!(agent.listed().await, wanted, "{}", agent.permissions);
        for tool in &every {
            // Nothing that is not listed can be used, and what is listed asks for its arguments.
            let refused = agent.call(tool, &json!({"no such argument": 1})).await.refused;
            let expected = if open(tool) { "invalid_arguments" } else { "forbidden" };
            assert_eq!(refused.as_deref(), Some(expected), "{tool} with {}", agent.permissions);
        }
        let mut seen = BTreeSet::new();
        for (tool, arguments) in &calls {
            let answer = agent.call(tool, arguments).await;
            let refused = (!open(tool)).then_some("forbidden");
            assert_eq!(
                answer.refused.as_deref(),
                refused,
                "{tool} {arguments} with {}: {}",
                agent.permissions,
                answer.text
            );
            let shown = marks.shown(tool, &answer);
            for class in &shown {
                assert!(
                    agent.opens(class),
                    "{tool} {arguments} shows {class} to {}: {}",
                    agent.permissions,
                    answer.text
                );
            }
            seen.extend(shown);
            for secret in &marks.secrets {
                assert!(!answer.text.contains(secret.as_str()), "{tool} shows a secret");
            }
        }
        // What a key opens is there to be seen: none of this holds because nothing is shown.
        let opened: BTreeSet<&str> =
            CLASSES.into_iter().filter(|class| agent.has("read") && agent.opens(class)).collect();
        assert_eq!(seen, opened, "{}", agent.permissions);
    }

    // The business beside it, with a key that may do everything: nothing of the first is there, by no list and by no id.
    let waba = ["tenant", "add", "Next Door", "--waba-id", "990000000000001", "--token-env", "NEXT_TOKEN"];
    run(folder, &waba, &DATABASE).await;
    let user = ["user", "add", "ann@next.example", "--tenant", "Next Door", "--name", "Ann", "--role", "manager"];
    run(folder, &user, &DATABASE).await;
    let neighbour = Agent::add(folder, &url, "Next Door", "ann@next.example", &all).await;
    for (tool, arguments) in &calls {
        let answer = neighbour.call(tool, arguments).await;
        let by_id = arguments
            .as_object()
            .unwrap()
            .keys()
            .any(|name| name.ends_with("_id") || name == "phone_number" || name == "name");
        assert_eq!(answer.refused.as_deref(), by_id.then_some("not_found"), "{tool} {arguments}: {}", answer.text);
        let shown = marks.shown(tool, &answer);
        let of_their_own = BTreeSet::from(["audit", "staff_metrics"]);
        assert!(shown.is_subset(&of_their_own), "{tool} {arguments} shows {shown:?} to the neighbour: {}", answer.text);
        // Everybody has a line for what is in no queue.
        let own = ["audit_logs.list", "inbox_assignments.list"].contains(tool);
        if let Some(items) = answer.value["items"].as_array().filter(|_| !own) {
            assert!(items.is_empty(), "{tool}: {}", answer.text);
        }
    }
    assert!(daemon.stop().await.success());
}
