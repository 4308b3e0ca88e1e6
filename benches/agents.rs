//! What agents wait for: the status of a request over HTTP beside a bare tool of the same SDK, and a page of contacts at any
//! depth of its cursor.
//!
//! `cargo bench --bench agents`; CONTACTS says how many contacts there are (1,000,000), CONNECTIONS how many ask at once (32).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::allow_attributes,
    reason = "a measurement says what it finds, and fails by panicking"
)]

mod business;

use business::{Afternoon, Business, on_each};
use countersign::mcp::{self, Settings};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long each figure is measured.
const FOR: Duration = Duration::from_secs(5);

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a whole number")))
}

/// The yardstick: one tool that answers what it was given.
#[derive(Clone)]
struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![Tool::new("echo", "Answers what it was given.", JsonObject::new())]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = serde_json::to_string(&request.arguments).unwrap_or_default();
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn echo() -> String {
    let config = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service = StreamableHttpService::new(|| Ok(Echo), Arc::new(NeverSessionManager::default()), config);
    serve(axum::Router::new().route_service("/mcp", service)).await
}

async fn product(business: &Business) -> String {
    let settings = Settings {
        public_url: "http://localhost".parse().unwrap(),
        hosts: vec!["127.0.0.1".to_owned()],
        calls_per_minute: NonZeroU32::MAX,
        issuer: None,
    };
    serve(mcp::routes(business.ctx.clone(), settings, CancellationToken::new()).messages).await
}

/// One call, as a client of the newest revision makes it.
async fn call(http: &reqwest::Client, url: &str, tool: &str, arguments: &Value) -> Value {
    const REVISION: &str = "2026-07-28";
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    let head = http.post(url).bearer_auth("x").header("accept", "application/json, text/event-stream");
    let head =
        head.header("mcp-protocol-version", REVISION).header("mcp-method", "tools/call").header("mcp-name", tool);
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let answer: Value = head.json(&body).send().await.unwrap().json().await.unwrap();
    assert_ne!(answer["result"]["isError"], true, "{answer:#}");
    assert!(answer.get("result").is_some(), "{answer:#}");
    answer
}

/// Calls a second over so many connections, and how long the slowest of a hundred takes.
async fn measure(url: &str, tool: &'static str, arguments: Value, connections: usize) -> (f64, Duration) {
    let until = Instant::now() + FOR;
    let done = Arc::new(AtomicU64::new(0));
    let callers = (0..connections).map(|_| {
        let (url, arguments, done) = (url.to_owned(), arguments.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let http = reqwest::Client::builder().pool_max_idle_per_host(1).build().unwrap();
            let mut took = Vec::new();
            while Instant::now() < until {
                let begun = Instant::now();
                call(&http, &url, tool, &arguments).await;
                took.push(begun.elapsed());
                done.fetch_add(1, Ordering::Relaxed);
            }
            took
        })
    });
    let mut took: Vec<Duration> = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        took.extend(caller.await.unwrap());
    }
    took.sort_unstable();
    let slow = took[took.len() * 99 / 100];
    (done.load(Ordering::Relaxed) as f64 / FOR.as_secs_f64(), slow)
}

async fn agents(database: &'static str, url: String) {
    let business = business::open(&url, Afternoon::begins(), "http://127.0.0.1:9").await;
    let request = business.filed(0..1_000, 80).await;
    let connections = number("CONNECTIONS", 32);
    let (bare, ours) = (echo().await, product(&business).await);
    let (yardstick, slow_echo) = measure(&bare, "echo", json!({"action_request_id": request}), connections).await;
    let status = "whatsapp.action_request.status";
    let (rate, slow) = measure(&ours, status, json!({"action_request_id": request}), connections).await;
    println!(
        "{database}: status {rate:.0}/s, bare tool {yardstick:.0}/s ({:.2} of it); p99 {:.1} ms, bare {:.1} ms, {connections} connections",
        rate / yardstick,
        slow.as_secs_f64() * 1e3,
        slow_echo.as_secs_f64() * 1e3,
    );
    let contacts = number("CONTACTS", 1_000_000);
    business.people("many", 1_000..contacts, true).await;
    let http = reqwest::Client::new();
    let (mut cursor, mut pages, mut slowest, mut all) = (Value::Null, 0_u32, Duration::ZERO, Duration::ZERO);
    loop {
        let mut arguments = json!({"limit": 100});
        if cursor.is_string() {
            arguments["cursor"] = cursor;
        }
        let begun = Instant::now();
        let mut page = call(&http, &ours, "whatsapp.contacts.list", &arguments).await;
        let took = begun.elapsed();
        (pages, slowest, all) = (pages + 1, slowest.max(took), all + took);
        cursor = page["result"]["structuredContent"]["next_cursor"].take();
        if cursor.is_null() {
            break;
        }
    }
    println!(
        "{database}: {pages} pages of 100 out of {contacts} contacts: {:.2} ms each, the slowest {:.1} ms",
        all.as_secs_f64() * 1e3 / f64::from(pages),
        slowest.as_secs_f64() * 1e3,
    );
}

#[tokio::main]
async fn main() {
    on_each(agents).await;
}
