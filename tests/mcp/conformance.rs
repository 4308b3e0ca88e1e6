//! The conformance suite of the protocol's authors, against the product as it is: every scenario that wants no tools of its own
//! making. It cannot send a key, so a small proxy adds it.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::process::Command;

use crate::support::db::{Kind, TestDb};
use crate::support::door::Door;
use crate::support::world::World;

/// What each revision asks of a server like this one. The other scenarios of its requirement set call tools, prompts and
/// completions with names and answers that the suite prescribes.
const MODERN: &[&str] = &[
    "tools-list",
    "http-header-validation",
    "dns-rebinding-protection",
    "resources-list",
    "sep-2164-resource-not-found",
    "server-sse-multiple-streams",
    "input-required-result-unsupported-methods",
    "input-required-result-validate-input",
    "server-stateless",
    "caching",
];
const LEGACY: &[&str] = &["server-initialize", "ping", "tools-list", "resources-list", "dns-rebinding-protection"];

struct Proxy {
    door: String,
    key: String,
    http: reqwest::Client,
}

/// Passes everything on as it is, with the key.
async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 4 << 20).await.unwrap();
    let url = format!("{}{}", proxy.door, parts.uri.path());
    let headers = parts.headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
    let headers = headers.filter(|(name, _)| name != "content-length").collect();
    let sent = proxy.http.request(parts.method, url).headers(headers).bearer_auth(&proxy.key).body(body).send();
    let answer = sent.await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
        response = response.header(name, value);
    }
    let chunks = futures::stream::unfold(answer, async |mut answer| {
        answer.chunk().await.transpose().map(|chunk| (chunk, answer))
    });
    response.body(Body::from_stream(chunks)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_of_the_protocols_authors_passes() {
    let root = crate::support::root();
    let suite = root.join("tests/clients/node_modules/@modelcontextprotocol/conformance");
    if !crate::support::have("the MCP conformance suite (tests/clients)", suite.exists()) {
        return;
    }
    let db = TestDb::new(Kind::Sqlite).await.unwrap();
    let world = World::new(&db.open().await, "shop").await;
    let (_, key) = world.agent("conformance", "read,propose,audit").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door::open_as(&world.db, |settings| {
        settings.public_url = format!("http://{address}").parse().unwrap();
        settings.hosts.push("localhost".to_owned());
    })
    .await;
    let proxy = Proxy { door: format!("http://{}", door.addr), key, http: reqwest::Client::new() };
    let routes = axum::Router::new().fallback(forward).with_state(Arc::new(proxy));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let url = format!("http://{address}/mcp");
    let mut failed = Vec::new();
    for (revision, scenarios) in [(crate::support::door::MODERN, MODERN), (crate::support::door::LEGACY, LEGACY)] {
        for scenario in scenarios {
            if let Err(why) = run(root, &url, scenario, revision).await {
                failed.push(format!("{scenario} of {revision}:\n{why}"));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

async fn run(root: &Path, url: &str, scenario: &str, revision: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(root.join(".venv/bin/node"))
        .arg(root.join("tests/clients/node_modules/.bin/conformance"))
        .args(["server", "--url", url, "--scenario", scenario, "--spec-version", revision, "--expected-failures"])
        .arg(root.join("tests/clients/conformance.yml"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| e.to_string())?;
    let done = tokio::time::timeout(Duration::from_secs(120), child.wait_with_output()).await;
    let output = done.map_err(|_| "it did not end".to_owned())?.map_err(|e| e.to_string())?;
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    let ran = said.contains("passed") || said.contains("Passed");
    if output.status.success() && ran { Ok(()) } else { Err(said) }
}
