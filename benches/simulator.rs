//! How many sends a second the simulator of Meta takes, beside a handler that answers a fixed body, in the same run: what is
//! measured against it measures us, and not it.
//!
//! `cargo bench --bench simulator`. Each serves from a process of its own, over HTTP on the loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::allow_attributes,
    reason = "a measurement says what it finds, and fails by panicking"
)]

mod business;
mod stub;

use axum::Json;
use axum::body::Bytes;
use axum::routing::post;
use countersign::simulate::{Limits, PhoneSettings, Settings, Simulator};
use serde_json::{Value, json};
use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use stub::Served;

const CONNECTIONS: [usize; 2] = [32, 64];
const MESSAGES: usize = 20_000;
const NUMBER: &str = "106540352242922";
/// Above any rate.
const UNLIMITED: u32 = 1_000_000;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "--bare"] => bare().await,
        [_, "--simulator", hook] => simulator(hook).await,
        _ => measure().await,
    }
}

/// The yardstick: it reads the body, looks at nothing, and says what Meta would. It takes webhooks as well.
async fn bare() {
    let send = async |body: Bytes| {
        assert!(!body.is_empty());
        Json(json!({"messaging_product": "whatsapp", "contacts": [{"input": "85291000000", "wa_id": "85291000000"}],
            "messages": [{"id": "wamid.HBgLODUyOTEwMDAwMDAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA", "message_status": "accepted"}]}))
    };
    let routes = axum::Router::new()
        .route("/v24.0/{number}/messages", post(send))
        .route("/hook", post(async |_: Bytes| "taken"));
    stub::until_alone(routes).await;
}

/// The simulator as `countersign simulate` runs it, with limits that no send meets; every message is told of by webhooks.
async fn simulator(hook: &str) {
    let number = PhoneSettings { throughput: UNLIMITED, ..PhoneSettings::new(NUMBER, "+852 5550 1000", "Harbour") };
    let limits = Limits { messaging_limit: "TIER_UNLIMITED".into(), ..Limits::default() };
    let settings =
        Settings { phone_numbers: vec![number], limits, webhook_url: Some(hook.to_owned()), ..Settings::default() };
    let simulator = Simulator::start(settings).await.unwrap();
    println!("{}", simulator.url());
    std::io::stdout().flush().unwrap();
    tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await.unwrap();
    simulator.stop().await;
}

async fn measure() {
    let bare = Served::start(&["--bare"]);
    let simulator = Served::start(&["--simulator", &format!("{}/hook", bare.url)]);
    for (round, connections) in CONNECTIONS.into_iter().enumerate() {
        let people = round * MESSAGES..(round + 1) * MESSAGES;
        let yardstick = rate(&bare.url, connections, people.clone()).await;
        let new = rate(&simulator.url, connections, people.clone()).await;
        let known = rate(&simulator.url, connections, people).await;
        println!(
            "sends/s over {connections} connections: {new:.0} to new people, {known:.0} to known ones; a bare handler \
             {yardstick:.0}; ratio {:.3}",
            known / yardstick
        );
    }
    println!("resident at most: {} MB", simulator.peak_resident());
    let state: Value = reqwest::get(format!("{}/control/state", simulator.url)).await.unwrap().json().await.unwrap();
    let accepted = state.pointer("/counters/accepted").and_then(Value::as_u64);
    assert_eq!(accepted, Some(2 * (CONNECTIONS.len() * MESSAGES) as u64), "every send was taken");
}

/// Sends a second, with one request at a time on each connection.
async fn rate(url: &str, connections: usize, people: Range<usize>) -> f64 {
    let url = format!("{url}/v24.0/{NUMBER}/messages");
    let token = Settings::default().token;
    let (next, begun) = (Arc::new(AtomicUsize::new(people.start)), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (url, token, next, end) = (url.clone(), token.clone(), Arc::clone(&next), people.end);
        // A client of its own has a pool, and so a connection, of its own.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= end {
                    return;
                }
                let answer = client.post(&url).bearer_auth(&token).json(&message(n)).send().await.unwrap();
                assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
                answer.bytes().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    people.len() as f64 / begun.elapsed().as_secs_f64()
}

fn message(n: usize) -> Value {
    let text = |text: &str| json!({"type": "text", "text": text});
    json!({"messaging_product": "whatsapp", "to": format!("+8526{:07}", 1_000_000 + n), "type": "template",
        "biz_opaque_callback_data": format!("bench.{n}"),
        "template": {"name": "winter_offer", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [text("Ada"), text("31 December")]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [text("winter")]}]}})
}
