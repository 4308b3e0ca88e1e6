//! A Graph API that takes every message after a given time, in a process of its own, and counts what arrived.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use countersign::domain::clock::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What arrived since the last reset. Times in microseconds of the machine's clock.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Figures {
    pub requests: u64,
    /// Different recipients among them.
    pub people: u64,
    pub first: i64,
    pub last: i64,
}

#[derive(Default)]
struct Seen {
    delay: Duration,
    people: HashSet<String>,
    figures: Figures,
}

type Shared = State<Arc<Mutex<Seen>>>;

#[derive(Deserialize)]
struct Reset {
    delay_ms: u64,
}

#[derive(Deserialize)]
struct Message {
    to: String,
}

async fn message(State(seen): Shared, body: Bytes) -> Json<Value> {
    let now = SystemClock.now().micros();
    let message: Message = serde_json::from_slice(&body).unwrap();
    let (delay, n) = {
        let mut seen = seen.lock().unwrap();
        seen.figures.requests += 1;
        seen.figures.last = now;
        if seen.figures.first == 0 {
            seen.figures.first = now;
        }
        seen.people.insert(message.to);
        (seen.delay, seen.figures.requests)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    Json(json!({"messaging_product": "whatsapp", "messages": [{"id": format!("wamid.{now}.{n}")}]}))
}

async fn reset(State(seen): Shared, Query(reset): Query<Reset>) {
    *seen.lock().unwrap() = Seen { delay: Duration::from_millis(reset.delay_ms), ..Seen::default() };
}

async fn figures(State(seen): Shared) -> Json<Figures> {
    let seen = seen.lock().unwrap();
    Json(Figures { people: seen.people.len() as u64, ..seen.figures.clone() })
}

/// Serves until the process ends; says its address on standard output.
pub async fn serve() {
    let routes = axum::Router::new()
        .route("/{version}/{number}/messages", post(message))
        .route("/stub/reset", post(reset))
        .route("/stub/figures", get(figures))
        .with_state(Arc::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    // Whoever started it holds the other end: it goes when they go, however that is.
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop));
    axum::serve(listener, routes).with_graceful_shutdown(async { gone.await.unwrap() }).await.unwrap();
}

/// The process that serves it.
pub struct Stub {
    child: Child,
    pub url: String,
    client: reqwest::Client,
}

impl Stub {
    pub fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child =
            Command::new(program).arg("--stub").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned(), client: reqwest::Client::new() }
    }

    pub async fn reset(&self, delay: Duration) {
        let url = format!("{}/stub/reset?delay_ms={}", self.url, delay.as_millis());
        self.client.post(url).send().await.unwrap().error_for_status().unwrap();
    }

    pub async fn figures(&self) -> Figures {
        let answer = self.client.get(format!("{}/stub/figures", self.url)).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.child.kill().ok();
    }
}
