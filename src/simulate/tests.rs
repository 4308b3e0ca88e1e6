//! The simulator over real HTTP: a business with its webhook address, and the calls it would make.

mod acts;
mod analytics;
mod faults;
mod media;
mod numbers;
mod people;
mod restrictions;
mod reviews;
mod scenario;
mod sending;
mod statuses;
mod templates;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};

use super::settings::{Delivery, Life, Settings};
use super::{Simulator, webhooks};

const PHONE: &str = "106540352242922";
const WABA: &str = super::samples::WABA_ID;

/// A business: the simulator it talks to, and what it was told by webhook.
struct Business {
    simulator: Simulator,
    http: reqwest::Client,
    heard: Heard,
}

/// Everything that was POSTed to the business, as it came.
#[derive(Clone, Default)]
struct Heard {
    posts: Arc<Mutex<Vec<(Bytes, String)>>>,
    /// Answers other than 200 that are still to be given.
    refuse: Arc<Mutex<u32>>,
}

impl Heard {
    fn changes(&self) -> Vec<(String, Value)> {
        let mut changes = Vec::new();
        for (body, _) in self.posts.lock().unwrap().iter() {
            let envelope: Value = serde_json::from_slice(body).unwrap();
            assert_eq!(envelope["object"], "whatsapp_business_account");
            for entry in envelope["entry"].as_array().unwrap() {
                for change in entry["changes"].as_array().unwrap() {
                    changes.push((change["field"].as_str().unwrap().to_owned(), change["value"].clone()));
                }
            }
        }
        changes
    }

    fn all(&self, field: &str, list: &str) -> Vec<Value> {
        let changes = self.changes().into_iter().filter(|(name, _)| name == field);
        changes.flat_map(|(_, value)| value[list].as_array().cloned().unwrap_or_default()).collect()
    }

    fn statuses(&self) -> Vec<Value> {
        self.all("messages", "statuses")
    }

    fn messages(&self) -> Vec<Value> {
        self.all("messages", "messages")
    }

    fn values(&self, field: &str) -> Vec<Value> {
        self.changes().into_iter().filter(|(name, _)| name == field).map(|(_, value)| value).collect()
    }
}

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut refuse = heard.refuse.lock().unwrap();
    if *refuse > 0 {
        *refuse -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let signature = headers.get("x-hub-signature-256").map(|value| value.to_str().unwrap().to_owned());
    heard.posts.lock().unwrap().push((body, signature.unwrap_or_default()));
    StatusCode::OK
}

/// Everybody reads at once, nobody answers, and webhooks leave within milliseconds.
fn prompt() -> Settings {
    Settings {
        life: Life::prompt(),
        delivery: Delivery { gather_ms: 1, first_retry_ms: 5, ..Delivery::default() },
        ..Settings::default()
    }
}

impl Business {
    async fn open(settings: Settings) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let heard = Heard::default();
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let router = Router::new().route("/hook", post(hear)).with_state(heard.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let webhook_url = Some(format!("http://{address}/hook"));
        let simulator = Simulator::start(Settings { webhook_url, ..settings }).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { simulator, http, heard }
    }

    async fn prompt() -> Self {
        Self::open(prompt()).await
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.url())
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = self.http.request(method.parse().unwrap(), self.at(path));
        let request = request.bearer_auth(&Settings::default().token);
        let request = if let Some(body) = body { request.json(body) } else { request };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, None).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn send(&self, body: &Value) -> (u16, Value) {
        self.call("POST", &format!("/v24.0/{PHONE}/messages"), Some(body)).await
    }

    /// The code of a send that must be refused.
    async fn refusal(&self, body: &Value) -> (u16, i64) {
        let (status, answer) = self.send(body).await;
        assert!(answer["error"]["fbtrace_id"].is_string(), "{answer}");
        (status, answer["error"]["code"].as_i64().unwrap())
    }

    async fn accepted(&self, body: &Value) -> String {
        let (status, answer) = self.send(body).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(self.at(&format!("/control/{path}"))).json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn sends(&self) -> Vec<Value> {
        self.get("/control/sends").await["items"].as_array().unwrap().clone()
    }
}

/// A template message that is in order.
fn offer(to: &str, opaque: &str) -> Value {
    json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "template",
        "biz_opaque_callback_data": opaque,
        "template": {"name": "winter_offer", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "Friday"}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "w"}]}]}})
}

fn text(to: &str, body: &str) -> Value {
    json!({"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}})
}

/// Waits until something holds, and fails with what was seen last if it never does.
async fn until<T: std::fmt::Debug>(mut look: impl FnMut() -> T, mut enough: impl FnMut(&T) -> bool) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let seen = look();
        if enough(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "still not there: {seen:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
