//! What becomes of an accepted message, as the business hears it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::settings::Settings;
use super::{Business, offer, prompt, until, webhooks};

const ADA: &str = "+85255501234";

#[tokio::test]
async fn statuses_come_signed_over_the_exact_bytes() {
    let business = Business::prompt().await;
    let wamid = business.accepted(&offer(ADA, "op/茶-1")).await;
    let heard = &business.heard;
    let statuses = until(|| heard.statuses(), |list| list.len() == 3).await;
    let words: Vec<&str> = statuses.iter().map(|status| status["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["sent", "delivered", "read"]);
    for status in &statuses {
        assert_eq!(status["id"], wamid.as_str());
        assert_eq!(status["biz_opaque_callback_data"], "op/茶-1");
        assert_eq!(status["recipient_id"], "85255501234");
        assert!(status["timestamp"].as_str().unwrap().parse::<i64>().unwrap() > 1_600_000_000);
    }
    let pricing = json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing"});
    assert_eq!(statuses[0]["pricing"], pricing);
    for (body, signature) in heard.posts.lock().unwrap().iter() {
        assert!(body.is_ascii(), "characters beyond ASCII are escaped");
        let text = std::str::from_utf8(body).unwrap();
        assert!(text.contains(r"op\/\u8336-1"), "{text}");
        assert_eq!(*signature, format!("sha256={}", webhooks::signature("simulated-app-secret", body)));
        let again = serde_json::to_vec(&serde_json::from_slice::<Value>(body).unwrap()).unwrap();
        assert_ne!(again, **body, "who signs what was parsed and written again gets it wrong");
    }
}

#[tokio::test]
async fn refusals_that_come_later_are_failed_statuses() {
    let business = Business::prompt().await;
    business.accepted(&offer("+85255500404", "op-1")).await;
    let status = until(|| business.heard.statuses(), |list| !list.is_empty()).await.remove(0);
    assert_eq!(status["status"], "failed");
    assert_eq!(status["biz_opaque_callback_data"], "op-1");
    assert_eq!(status["errors"][0]["code"], 131_026);
    assert_eq!(status["errors"][0]["title"], status["errors"][0]["message"]);
    assert!(status["recipient_user_id"].is_null());
    let send = business.sends().await.remove(0);
    assert_eq!((&send["outcome"], &send["code"]), (&json!("accepted"), &json!(131_026)));
}

#[tokio::test]
async fn a_webhook_that_is_not_answered_with_200_comes_again() {
    let business = Business::prompt().await;
    *business.heard.refuse.lock().unwrap() = 3;
    business.accepted(&offer(ADA, "op-1")).await;
    until(|| business.heard.statuses(), |list| list.len() == 3).await;
    let summary = business.get("/control/webhooks").await;
    assert_eq!(summary["summary"]["failed"], 3);
    assert!(summary["items"].as_array().unwrap().iter().any(|delivery| delivery["attempt"] == 2));
}

#[tokio::test]
async fn what_waits_for_the_business_is_bounded() {
    let mut settings = prompt();
    settings.delivery.backlog_bytes = 3_000;
    let business = Business::open(settings).await;
    business.control("webhooks", json!({"paused": true})).await;
    for person in 0..20 {
        business.accepted(&offer(&format!("+8525554{person:04}"), "op")).await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let summary = business.get("/control/webhooks").await["summary"].clone();
    assert!(summary["dropped"].as_u64().unwrap() > 0, "{summary}");
    assert!(summary["waiting_bytes"].as_u64().unwrap() <= 3_000, "{summary}");
    business.control("webhooks", json!({"paused": false})).await;
    until(|| business.heard.statuses(), |list| !list.is_empty()).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(business.get("/control/webhooks").await["summary"]["waiting_bytes"], 0);
}

#[tokio::test]
async fn webhooks_can_be_held_back() {
    let business = Business::prompt().await;
    business.control("webhooks", json!({"paused": true})).await;
    business.accepted(&offer(ADA, "op-1")).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(business.heard.statuses().is_empty());
    business.control("webhooks", json!({"paused": false})).await;
    until(|| business.heard.statuses(), |list| list.len() == 3).await;
}

#[tokio::test]
async fn a_crowd_is_told_in_batches_and_nothing_is_missed() {
    let mut settings = Settings { seed: 7, ..prompt() };
    settings.phone_numbers[0].throughput = 10_000;
    settings.delivery.gather_ms = 20;
    settings.life.duplicated = 0.1;
    settings.life.reordered = 0.1;
    let business = Business::open(settings).await;
    let crowd = 200;
    for person in 0..crowd {
        business.accepted(&offer(&format!("+8525552{person:04}"), &format!("op-{person}"))).await;
    }
    let count = |list: &Vec<Value>| {
        let mut seen: HashMap<(String, String), u32> = HashMap::new();
        for status in list {
            let key = (status["biz_opaque_callback_data"].to_string(), status["status"].to_string());
            *seen.entry(key).or_default() += 1;
        }
        seen
    };
    let statuses = until(|| business.heard.statuses(), |list| count(list).len() == 3 * crowd).await;
    let posts = business.heard.posts.lock().unwrap().len();
    assert!(posts < 300, "{posts} POSTs for {} statuses", statuses.len());
    assert!(count(&statuses).values().any(|times| *times > 1), "some come twice");
    let read_first = statuses.iter().position(|status| status["status"] == "read").unwrap();
    assert!(read_first < statuses.len() - 1);
    let state = business.get("/control/state").await;
    assert_eq!(state["counters"]["delivered"], crowd);
    assert_eq!(state["duplicate_opaque"], 0);
}

#[tokio::test]
async fn what_is_lost_is_lost_for_the_business_only() {
    let mut settings = prompt();
    settings.life.lost = 1.0;
    let business = Business::open(settings).await;
    let wamid = business.accepted(&offer(ADA, "op-1")).await;
    let mut state = Value::Null;
    for _ in 0..400 {
        state = business.get("/control/state").await;
        if state["counters"]["read"] == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(state["counters"]["updates_lost"], 3);
    assert!(business.heard.statuses().is_empty());
    let history = business.http.get(business.at(&format!("/v24.0/{}/message_history", super::PHONE)));
    let history =
        history.query(&[("message_id", wamid)]).bearer_auth("simulated-system-user-token").send().await.unwrap();
    let history: Value = history.json().await.unwrap();
    assert_eq!(history["data"][0]["events"]["data"].as_array().unwrap().len(), 3, "{history}");
}
