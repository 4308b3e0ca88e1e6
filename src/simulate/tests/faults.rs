//! Faults on demand: what the caller sees, and whether the message went out all the same.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Business, PHONE, offer};

const ADA: &str = "+85255501234";

/// What one send looked like from outside.
#[derive(Debug, PartialEq)]
enum Seen {
    /// Status, and whether an id could be read.
    Answer(u16, bool),
    Broken,
    TimedOut,
    NoConnection,
}

async fn send(business: &Business, opaque: &str) -> Seen {
    let url = business.at(&format!("/v24.0/{PHONE}/messages"));
    let request = business.http.post(url).bearer_auth("simulated-system-user-token").json(&offer(ADA, opaque));
    let broken = |error: &reqwest::Error| {
        if error.is_timeout() {
            Seen::TimedOut
        } else if error.is_connect() {
            Seen::NoConnection
        } else {
            Seen::Broken
        }
    };
    match request.timeout(Duration::from_millis(300)).send().await {
        Err(error) => broken(&error),
        Ok(answer) => {
            let status = answer.status().as_u16();
            match answer.bytes().await {
                Err(error) => broken(&error),
                Ok(body) => {
                    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
                    Seen::Answer(status, json["messages"][0]["id"].is_string())
                }
            }
        }
    }
}

#[tokio::test]
async fn every_fault_shows_and_does_what_it_says() {
    let business = Business::prompt().await;
    for (fault, seen, went_out) in [
        (json!({"kind": "reset_before_read"}), Seen::Broken, false),
        (json!({"kind": "status_500_unprocessed"}), Seen::Answer(500, false), false),
        (json!({"kind": "html_502_unprocessed"}), Seen::Answer(502, false), false),
        (json!({"kind": "redirect"}), Seen::NoConnection, false),
        (json!({"kind": "rate_limit"}), Seen::Answer(400, false), false),
        (json!({"kind": "error", "code": 131_016}), Seen::Answer(500, false), false),
        (json!({"kind": "error", "code": 80_007, "status": 429}), Seen::Answer(429, false), false),
        (json!({"kind": "delay", "ms": 50}), Seen::Answer(200, true), true),
        (json!({"kind": "reset_after_process"}), Seen::Broken, true),
        (json!({"kind": "drop_answer"}), Seen::Broken, true),
        (json!({"kind": "hang"}), Seen::TimedOut, true),
        (json!({"kind": "delay_answer", "ms": 50}), Seen::Answer(200, true), true),
        (json!({"kind": "status_500_processed"}), Seen::Answer(500, false), true),
        (json!({"kind": "html_502_processed"}), Seen::Answer(502, false), true),
        (json!({"kind": "drip", "ms": 50}), Seen::Answer(200, true), true),
        (json!({"kind": "foreign_200"}), Seen::Answer(200, false), true),
        (json!({"kind": "empty_200"}), Seen::Answer(200, false), true),
        (json!({"kind": "no_id_200"}), Seen::Answer(200, false), true),
        (json!({"kind": "truncated_200"}), Seen::Answer(200, false), true),
        (json!({"kind": "cut_200"}), Seen::Broken, true),
    ] {
        business.control("reset", json!({})).await;
        let mut once = fault.clone();
        once["count"] = json!(1);
        business.control("faults", once).await;
        assert_eq!(send(&business, "op-1").await, seen, "{fault}");
        let sends = business.sends().await;
        assert_eq!(sends.len(), usize::from(went_out), "{fault}");
        if let Some(sent) = sends.first() {
            assert_eq!(sent["outcome"], "accepted");
            assert_eq!(sent["fault"], fault["kind"]);
        }
        assert_eq!(send(&business, "op-2").await, Seen::Answer(200, true), "{fault} strikes once");
    }
}

#[tokio::test]
async fn a_closed_door_refuses_connections_and_opens_again() {
    let business = Business::prompt().await;
    business.control("faults", json!({"kind": "refuse", "ms": 400, "count": 1})).await;
    assert_eq!(send(&business, "op-1").await, Seen::Broken, "the open connection is reset");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(fresh.get(business.at("/healthz")).send().await.unwrap_err().is_connect());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(send(&business, "op-2").await, Seen::Answer(200, true));
    assert_eq!(business.sends().await.len(), 1);
}

#[tokio::test]
async fn faults_choose_their_victims() {
    let business = Business::prompt().await;
    let fault =
        json!({"kind": "error", "code": 131_000, "every": 3, "skip": 1, "count": 2, "match": {"opaque": "bad-"}});
    business.control("faults", fault).await;
    let mut struck = Vec::new();
    for at in 0..12 {
        assert_eq!(send(&business, &format!("good-{at}")).await, Seen::Answer(200, true));
        if send(&business, &format!("bad-{at}")).await != Seen::Answer(200, true) {
            struck.push(at);
        }
    }
    assert_eq!(struck, [3, 6], "one is spared, then every third, twice");
    let listed = business.get("/control/faults").await;
    assert_eq!((&listed["faults"][0]["matched"], &listed["struck"]), (&json!(7), &json!(2)));
    let none = business.http.delete(business.at("/control/faults")).send().await.unwrap();
    assert_eq!(none.json::<Value>().await.unwrap(), json!({"removed": 1}));
    let wrong =
        business.http.post(business.at("/control/faults")).json(&json!({"kind": "gremlins"})).send().await.unwrap();
    assert_eq!(wrong.status().as_u16(), 400);
    assert!(wrong.text().await.unwrap().contains("gremlins"));
}

#[tokio::test]
async fn a_status_can_overtake_the_answer() {
    let business = Business::prompt().await;
    business.control("faults", json!({"kind": "delay_answer", "ms": 250})).await;
    assert_eq!(send(&business, "op-1").await, Seen::Answer(200, true));
    assert!(!business.heard.statuses().is_empty(), "the statuses came while the answer was on its way");
}
