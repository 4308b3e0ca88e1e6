//! The agents' door, open on a port of this machine, and an agent that speaks the protocol by hand: what the SDKs would
//! never send can be sent too.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use countersign::domain::clock::FixedClock;
use countersign::domain::policy::Policy;
use countersign::domain::policy::signatures::Times;
use countersign::domain::secret::Secret;
use countersign::graph::{self, Graph};
use countersign::mcp;
use countersign::objects::{Objects, Place};
use countersign::store::Db;
use countersign::tools::Ctx;
use countersign::tools::wake::Wake;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::world::NOW;

pub const MODERN: &str = "2026-07-28";
pub const LEGACY: &str = "2025-11-25";

pub struct Door {
    pub addr: SocketAddr,
    pub ctx: Ctx,
    pub clock: Arc<FixedClock>,
    stop: CancellationToken,
}

/// What tools work with in a test: a clock that stands still, and a Graph that nobody answers at.
pub fn ctx(db: &Db) -> (Ctx, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(NOW));
    let settings = graph::Settings { graph_url: "http://127.0.0.1:9".to_owned(), ..graph::Settings::default() };
    let ctx = Ctx {
        wake: Wake::default(),
        media: countersign::tools::media::Media::default(),
        orders: countersign::tools::orders::Orders::default(),
        calls_per_minute: NonZeroU32::MIN,
        turns: countersign::tools::turns::Turns::default(),
        db: db.clone(),
        graph: Graph::new(&settings).expect("a client"),
        clock: clock.clone(),
        policy: Arc::new(patient()),
        public_url: "http://127.0.0.1:7080".into(),
        secrets: Arc::new(|name| (name == "TEST_TOKEN").then(|| Secret::new("EAAsecret-token".to_owned()))),
    };
    (ctx, clock)
}

/// The shipped policy, but for the pace of broadcasts: a test files what it needs.
fn patient() -> Policy {
    let mut settings = Policy::default().settings;
    settings.agents.broadcasts_per_hour = u16::MAX;
    Policy::new(settings, Times::default()).expect("a policy")
}

impl Door {
    pub async fn open(db: &Db) -> Self {
        Self::open_with(db, 10_000).await
    }

    /// With so many calls a minute for each key.
    pub async fn open_with(db: &Db, calls_per_minute: u32) -> Self {
        let calls = NonZeroU32::new(calls_per_minute).expect("a limit");
        Self::open_as(db, |settings| settings.calls_per_minute = calls).await
    }

    /// With other settings than the usual ones.
    pub async fn open_as(db: &Db, change: impl FnOnce(&mut mcp::Settings)) -> Self {
        Self::open_of(ctx(db), change).await
    }

    /// Under another policy.
    pub async fn open_under(db: &Db, policy: Policy) -> Self {
        let (mut ctx, clock) = ctx(db);
        ctx.policy = Arc::new(policy);
        Self::open_of((ctx, clock), |_| {}).await
    }

    /// To these tools.
    pub async fn open_of((ctx, clock): (Ctx, Arc<FixedClock>), change: impl FnOnce(&mut mcp::Settings)) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its address");
        let stop = CancellationToken::new();
        let mut settings = mcp::Settings {
            public_url: "https://approvals.example".parse().expect("an address"),
            hosts: ["127.0.0.1", "approvals.example"].map(str::to_owned).into(),
            calls_per_minute: NonZeroU32::new(10_000).expect("a limit"),
            issuer: None,
        };
        change(&mut settings);
        let routes = mcp::routes(ctx.clone(), settings, stop.child_token());
        let router = routes.messages.merge(routes.uploads);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { addr, ctx, clock, stop }
    }

    /// With this folder for files.
    pub async fn open_with_files(db: &Db, folder: &Path) -> Self {
        let (mut ctx, clock) = ctx(db);
        ctx.media.objects = Some(Objects::open(&Place::Folder(folder.to_owned())).expect("a folder"));
        Self::open_of((ctx, clock), |_| {}).await
    }

    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.addr)
    }

    /// Sends a file, and gives its `upload_id`.
    pub async fn upload(&self, key: &str, name: &str, bytes: impl Into<Vec<u8>>) -> String {
        let sent = reqwest::Client::new().post(format!("http://{}/uploads", self.addr)).bearer_auth(key);
        let answer = sent.header("x-filename", name).body(bytes.into()).send().await.expect("an answer");
        assert_eq!(answer.status(), 201);
        let answer: Value = answer.json().await.expect("JSON");
        answer["upload_id"].as_str().expect("an id").to_owned()
    }

    /// An agent of the new revision, which says everything in every request.
    pub fn modern(&self, key: &str) -> Caller {
        Caller { http: reqwest::Client::new(), url: self.url(), key: key.to_owned(), modern: true, can: json!({}) }
    }

    /// An agent of the old one.
    pub fn legacy(&self, key: &str) -> Caller {
        Caller { modern: false, ..self.modern(key) }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Clone)]
pub struct Caller {
    pub http: reqwest::Client,
    pub url: String,
    pub key: String,
    pub modern: bool,
    /// What the client says of itself that it can do.
    pub can: Value,
}

/// What came back over HTTP.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Keeps the shortest call of each tool that was answered with something, in the folder that EXAMPLES names: docs/examples.json
/// is made of them.
fn remember(tool: &str, arguments: &Value, answer: &Value) {
    let Some(folder) = std::env::var_os("EXAMPLES") else { return };
    let nothing = answer["items"].as_array().is_some_and(Vec::is_empty);
    let file = Path::new(&folder).join(format!("{tool}.json"));
    let example = json!({"tool": tool, "arguments": arguments, "answer": answer}).to_string();
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    if !nothing && (known.is_empty() || example.len() < known.len()) {
        let draft = file.with_extension(std::process::id().to_string());
        std::fs::write(&draft, example).expect("an example is kept");
        std::fs::rename(draft, file).expect("an example is kept");
    }
}

impl Caller {
    /// The usual head of a request, to be changed by a test.
    pub fn post(&self) -> reqwest::RequestBuilder {
        self.http
            .post(&self.url)
            .bearer_auth(&self.key)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a text");
        assert!(status < 500, "{status} {text}");
        Reply { status, headers, text }
    }

    pub async fn raw(&self, body: impl Into<String>) -> Reply {
        self.send(self.post().body(body.into())).await
    }

    /// The same client, which can do this as well.
    pub fn that_can(&self, can: Value) -> Self {
        Self { can, ..self.clone() }
    }

    /// One request of the protocol, with what its revision wants around it.
    pub async fn request(&self, method: &str, params: Value) -> Reply {
        self.send(self.prepare(method, params)).await
    }

    /// The same, not sent yet.
    pub fn prepare(&self, method: &str, mut params: Value) -> reqwest::RequestBuilder {
        let mut head = self.post();
        if self.modern {
            let mut meta = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": self.can,
                "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
            });
            if let Some(traceparent) = params.get_mut("traceparent").map(Value::take) {
                meta["traceparent"] = traceparent;
                params.as_object_mut().expect("parameters").remove("traceparent");
            }
            params["_meta"] = meta;
            head = head.header("mcp-protocol-version", MODERN).header("mcp-method", method);
            if let Some(name) = ["name", "uri", "taskId"].iter().find_map(|member| params[member].as_str()) {
                head = head.header("mcp-name", name);
            }
        } else {
            head = head.header("mcp-protocol-version", LEGACY);
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        head.body(body.to_string())
    }

    /// A call whose result is wanted, whether the tool did it or refused.
    pub async fn result(&self, tool: &str, arguments: Value) -> Value {
        let reply = self.request("tools/call", json!({"name": tool, "arguments": arguments})).await;
        let mut answer = reply.json();
        assert_eq!(reply.status, 200, "{answer:#}");
        assert!(answer.get("result").is_some(), "{tool}: {answer:#}");
        let result = answer["result"].take();
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().expect("a text block")).unwrap();
        assert_eq!(text, result["structuredContent"], "the text repeats the structure");
        result
    }

    /// The answer of a call that went well, checked against the schema that the catalogue shows for it.
    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        let given = arguments.clone();
        let mut result = self.result(tool, arguments).await;
        assert_ne!(result["isError"], json!(true), "{tool}: {result:#}");
        let answer = result["structuredContent"].take();
        let row = countersign::tools::catalogue::catalogue().find(tool).expect("a tool");
        let schema = (row.output)().to_value();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        if let Err(fault) = validator.validate(&answer) {
            panic!("{tool} answers what its schema does not allow: {fault}\n{answer:#}");
        }
        remember(row.name, &given, &answer);
        answer
    }

    /// The `error` of a call that was refused.
    pub async fn refused(&self, tool: &str, arguments: Value) -> Value {
        let mut result = self.result(tool, arguments).await;
        assert_eq!(result["isError"], json!(true), "{tool}: {result:#}");
        let error = result["structuredContent"]["error"].take();
        for member in ["code", "message", "hint"] {
            assert!(error[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {error:#}");
        }
        assert!(error["retryable"].is_boolean(), "{error:#}");
        error
    }

    /// Every item of a list, over pages of this size; each page's cursor leads to the next.
    pub async fn pages(&self, tool: &str, mut arguments: Value, limit: u32) -> Vec<Value> {
        arguments["limit"] = limit.into();
        let mut items = Vec::new();
        loop {
            let mut page = self.call(tool, arguments.clone()).await;
            let of_page = page["items"].as_array().expect("items").clone();
            assert!(of_page.len() <= limit as usize && items.len() < 10_000, "{tool} never ends");
            items.extend(of_page);
            match page["next_cursor"].take() {
                Value::Null => return items,
                cursor => arguments["cursor"] = cursor,
            }
        }
    }
}
