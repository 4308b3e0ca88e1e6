//! A Graph API that takes every message after a given time, in a process of its own, and counts what arrived. It can tell a
//! webhook of each message how far it came, as Meta does: three posts, one after the other.

#![allow(dead_code, clippy::allow_attributes, reason = "each measurement uses a part of it")]

use crate::business::{ACCOUNT, NUMBER, SECRET};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use countersign::domain::clock::{Clock as _, SystemClock};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashSet;
use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Posts on their way to the webhook at once, at most.
const POSTS: usize = 200;

/// What arrived since the last reset. Times in microseconds of the machine's clock.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Figures {
    pub requests: u64,
    /// Different recipients among them.
    pub people: u64,
    pub first: i64,
    pub last: i64,
    /// Posts that the webhook took.
    pub posts: u64,
    /// Posts that it did not take at once, and that were made again.
    pub repeated: u64,
    pub first_post: i64,
    pub last_post: i64,
    /// How long it took over one: the half and the hundredth of them that took longest took at least so long, in microseconds.
    pub post_p50: u64,
    pub post_p99: u64,
}

#[derive(Default)]
struct Seen {
    delay: Duration,
    hook: Option<String>,
    people: HashSet<u64>,
    figures: Figures,
    took: Vec<u64>,
}

struct Meta {
    seen: Mutex<Seen>,
    client: reqwest::Client,
    slots: Semaphore,
}

type Shared = State<Arc<Meta>>;

#[derive(Deserialize, Serialize)]
struct Reset {
    delay_ms: u64,
    hook: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    to: String,
    biz_opaque_callback_data: String,
}

async fn message(State(meta): Shared, body: Bytes) -> Json<Value> {
    let now = SystemClock.now().micros();
    let message: Message = serde_json::from_slice(&body).unwrap();
    let (delay, n, hook) = {
        let mut seen = meta.seen.lock().unwrap();
        seen.figures.requests += 1;
        seen.figures.last = now;
        if seen.figures.first == 0 {
            seen.figures.first = now;
        }
        seen.people.insert(message.to.trim_start_matches('+').parse().unwrap());
        (seen.delay, seen.figures.requests, seen.hook.clone())
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let wamid = format!("wamid.{now}.{n}");
    if let Some(hook) = hook {
        tokio::spawn(tell(meta, hook, wamid.clone(), message));
    }
    Json(json!({"messaging_product": "whatsapp", "messages": [{"id": wamid}]}))
}

async fn tell(meta: Arc<Meta>, hook: String, wamid: String, message: Message) {
    for status in ["sent", "delivered", "read"] {
        let at = SystemClock.now().micros();
        let status = json!({"id": wamid, "status": status, "timestamp": (at / 1_000_000).to_string(),
            "recipient_id": message.to.trim_start_matches('+'), "biz_opaque_callback_data": message.biz_opaque_callback_data});
        let value = json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "85230010001", "phone_number_id": NUMBER},
            "statuses": [status]});
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": [{"field": "messages", "value": value}]}]});
        let body = Bytes::from(body.to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(&body);
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        loop {
            let slot = meta.slots.acquire().await.unwrap();
            let (begun, at) = (Instant::now(), SystemClock.now().micros());
            let post = meta.client.post(&hook).header("x-hub-signature-256", &signature).body(body.clone());
            let taken = post.send().await.is_ok_and(|answer| answer.status().is_success());
            drop(slot);
            let mut seen = meta.seen.lock().unwrap();
            seen.took.push(u64::try_from(begun.elapsed().as_micros()).unwrap());
            if seen.figures.first_post == 0 {
                seen.figures.first_post = at;
            }
            if taken {
                seen.figures.posts += 1;
                seen.figures.last_post = at;
                break;
            }
            seen.figures.repeated += 1;
        }
    }
}

async fn reset(State(meta): Shared, Query(reset): Query<Reset>) {
    let (delay, hook) = (Duration::from_millis(reset.delay_ms), reset.hook);
    *meta.seen.lock().unwrap() = Seen { delay, hook, ..Seen::default() };
}

async fn figures(State(meta): Shared) -> Json<Figures> {
    let seen = meta.seen.lock().unwrap();
    let mut took = seen.took.clone();
    took.sort_unstable();
    let at = |share: usize| took.get((took.len() * share / 100).min(took.len().saturating_sub(1)));
    Json(Figures {
        people: seen.people.len() as u64,
        post_p50: at(50).copied().unwrap_or_default(),
        post_p99: at(99).copied().unwrap_or_default(),
        ..seen.figures.clone()
    })
}

/// Serves until the process ends; says its address on standard output.
pub async fn serve() {
    let meta = Meta { seen: Mutex::default(), client: reqwest::Client::new(), slots: Semaphore::new(POSTS) };
    let routes = axum::Router::new()
        .route("/{version}/{number}/messages", post(message))
        .route("/stub/reset", post(reset))
        .route("/stub/figures", get(figures))
        .with_state(Arc::new(meta));
    until_alone(routes).await;
}

/// Serves these routes on a free port, whose address is said on standard output, until whoever started the process is gone.
pub async fn until_alone(routes: axum::Router) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    // Whoever started it holds the other end: it goes when they go, however that is.
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop));
    axum::serve(listener, routes).with_graceful_shutdown(async { gone.await.unwrap() }).await.unwrap();
}

/// This program, started anew with other arguments, as a process that serves.
pub struct Served {
    child: Child,
    pub url: String,
}

impl Served {
    pub fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child =
            Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    /// The most memory that it had resident, in MB.
    pub fn peak_resident(&self) -> u64 {
        peak_resident(&self.child.id().to_string())
    }
}

/// The most memory that a process had resident, in MB; `self` is this one.
pub fn peak_resident(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The process of the Graph API.
pub struct Stub {
    served: Served,
    client: reqwest::Client,
}

impl Stub {
    pub fn start() -> Self {
        Self { served: Served::start(&["--stub"]), client: reqwest::Client::new() }
    }

    pub fn url(&self) -> &str {
        &self.served.url
    }

    /// Begins to count anew. `hook` is told of every message.
    pub async fn reset(&self, delay: Duration, hook: Option<&str>) {
        let reset = Reset { delay_ms: u64::try_from(delay.as_millis()).unwrap(), hook: hook.map(str::to_owned) };
        let url = format!("{}/stub/reset", self.url());
        self.client.post(url).query(&reset).send().await.unwrap().error_for_status().unwrap();
    }

    pub async fn figures(&self) -> Figures {
        let answer = self.client.get(format!("{}/stub/figures", self.url())).send().await.unwrap();
        answer.json().await.unwrap()
    }
}
