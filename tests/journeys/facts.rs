//! What changes between the signature and the message: the words at Meta, how much people had already, who fell away. And what
//! is asked for anew before anybody has signed.

use std::time::Duration;

use countersign::domain::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::signer::sign;
use super::stage::{Stage, by_recipient, offer};
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::visitor::Visitor;

on_both!(
    words_that_were_changed_at_meta_are_not_sent,
    nor_if_meta_says_nothing_of_it,
    nobody_gets_more_than_the_policy_allows,
    who_falls_away_ahead_of_their_turn_counts_at_once,
    a_request_for_a_draft_can_be_asked_for_anew,
);

async fn file(stage: &Stage, ask: Value) -> String {
    until("the templates have come from Meta", Duration::from_secs(20), async || {
        let filed = stage.try_call("whatsapp.broadcast.preview", ask.clone()).await.expect("an answer");
        let id = filed["action_request_id"].as_str().map(str::to_owned);
        assert!(id.is_some() || filed["error"]["code"] == "not_found", "{filed:#}");
        id
    })
    .await
}

async fn reaches(stage: &Stage, id: &str, wanted: &[&str]) -> Value {
    let asked = json!({"action_request_id": id});
    let what = format!("{wanted:?}");
    until(&what, Duration::from_secs(40), async || {
        let status = stage.try_call("whatsapp.action_request.status", asked.clone()).await.expect("an answer");
        wanted.iter().any(|word| status["status"] == *word).then_some(status)
    })
    .await
}

async fn control(stage: &Stage, path: &str, body: &Value) {
    let url = format!("{}/control/{path}", stage.meta.url());
    let answer = reqwest::Client::new().post(url).json(body).send().await.expect("the simulator answers");
    assert!(answer.status().is_success(), "{}", answer.text().await.expect("why"));
}

/// Edits the template as its owner would, in every language.
async fn edit(stage: &Stage, words: &str) {
    let graph = stage.meta.url();
    let token = countersign::simulate::Settings::default().token;
    let http = reqwest::Client::new();
    let list =
        format!("{graph}/v25.0/102290129340398/message_templates?name=winter_offer&fields=id,components,language");
    let found: Value = http.get(list).bearer_auth(&token).send().await.expect("an answer").json().await.expect("JSON");
    let templates = found["data"].as_array().expect("a list");
    assert!(!templates.is_empty(), "{found:#}");
    for template in templates {
        let mut components = template["components"].clone();
        for component in components.as_array_mut().expect("components") {
            if component["type"] == "BODY" {
                component["text"] = format!("{words} {}", component["text"].as_str().expect("a text")).into();
            }
        }
        let url = format!("{graph}/v25.0/{}", template["id"].as_str().expect("an id"));
        let answer = http.post(url).bearer_auth(&token).json(&json!({"components": components})).send().await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.text().await.expect("why"));
    }
}

async fn words_that_were_changed_at_meta_are_not_sent(db: TestDb) {
    swapped(db, true).await;
}

async fn nor_if_meta_says_nothing_of_it(db: TestDb) {
    swapped(db, false).await;
}

async fn swapped(db: TestDb, told: bool) {
    let stage = Stage::set(db, 20, 100).await;
    let daemon = stage.daemon().await;
    let mut ask = offer(&json!(stage.segment), 100);
    ask["arguments"]["schedule"]["start_at"] = json!(SystemClock.now().after(Duration::from_secs(6)));
    let id = file(&stage, ask).await;
    sign(&mut stage.visitor(), &id).await.expect("it is signed");
    if !told {
        // Meta's events are late, and what was read is old by now.
        control(&stage, "webhooks", &json!({"paused": true})).await;
        stage.db.execute("update message_template set synced_at = 0").await;
    }
    edit(&stage, "SWAPPED").await;
    // Told of it in time, the request ends before it begins; otherwise it is found out when it begins, and stands still.
    let halted = reaches(&stage, &id, &["paused", "stale", "succeeded", "failed"]).await;
    let (stands, why) =
        if told { ("stale", &halted["error"]["message"]) } else { ("paused", &halted["execution"]["halted"]) };
    let why = why.as_str().unwrap_or_default();
    assert!(halted["status"] == stands && why.contains("no longer says what was signed"), "{halted:#}");
    assert_eq!(stage.sends().await.len(), 0, "nobody gets words that nobody signed");
    assert!(daemon.stop().await.success());
}

async fn nobody_gets_more_than_the_policy_allows(db: TestDb) {
    let stage = Stage::set(db, 30, 100).await;
    let caps = [("COUNTERSIGN__POLICY__FREQUENCY__MARKETING_PER_7_DAYS", "1")];
    let daemon = stage.daemon_with(&caps).await;
    let mut lau: Visitor = stage.visitor();
    let mut asked = Vec::new();
    for n in 0..2 {
        let mut ask = offer(&json!(stage.segment), 100);
        ask["arguments"]["broadcast"]["name"] = format!("Offer {n}").into();
        let start = SystemClock.now().after(Duration::from_secs(4 + 3 * n));
        ask["arguments"]["schedule"]["start_at"] = json!(start);
        asked.push(file(&stage, ask).await);
    }
    for id in &asked {
        sign(&mut lau, id).await.expect("it is signed");
    }
    reaches(&stage, &asked[0], &["succeeded"]).await;
    let second = reaches(&stage, &asked[1], &["paused", "failed", "succeeded"]).await;
    let counts = by_recipient(&stage.sends().await);
    assert_eq!((counts.len(), counts.values().max()), (30, Some(&1)), "{second:#}");
    assert_ne!(second["status"], "succeeded", "{second:#}");
    let report =
        stage.try_call("whatsapp.message_delivery.list", json!({"action_request_id": asked[1]})).await.expect("one");
    assert_eq!(report["withheld"][0]["reason"], "our_frequency_cap", "{report:#}");
    assert!(daemon.stop().await.success());
}

async fn who_falls_away_ahead_of_their_turn_counts_at_once(db: TestDb) {
    let stage = Stage::set(db, 100, 20).await;
    let daemon = stage.daemon().await;
    let mut lau = stage.visitor();
    let mut ask = offer(&json!(stage.segment), 10);
    ask["arguments"]["schedule"]["batch_size"] = 5.into();
    let id = file(&stage, ask).await;
    sign(&mut lau, &id).await.expect("it is signed");
    until("some are out", Duration::from_secs(20), async || (stage.sends().await.len() >= 5).then_some(())).await;
    for n in 90..100 {
        let act = json!({"number": format!("+8529{:07}", 1_000_000 + n), "text": "STOP"});
        control(&stage, "customers/act", &act).await;
    }
    let halted = reaches(&stage, &id, &["paused", "succeeded"]).await;
    let out = stage.sends().await.len();
    assert!(halted["status"] == "paused" && out < 80, "it stood still after {out}: {halted:#}");
    assert!(daemon.stop().await.success());
}

async fn a_request_for_a_draft_can_be_asked_for_anew(db: TestDb) {
    let stage = Stage::set(db, 10, 100).await;
    let daemon = stage.daemon().await;
    let spec = offer(&json!(stage.segment), 100)["arguments"]["broadcast"].clone();
    let stored = until("the templates have come from Meta", Duration::from_secs(20), async || {
        let draft = json!({"broadcast": spec, "reason": "The winter oolong.", "wait_ms": 10_000});
        let stored = stage.try_call("whatsapp.broadcast.create", draft).await.expect("an answer");
        (stored["status"] == "succeeded").then_some(stored)
    })
    .await;
    let draft = &stored["result"]["broadcast_id"];
    let schedule = async |rate: u32| {
        let ask = json!({"broadcast_id": draft, "schedule": {"per_second": rate}, "reason": "The winter oolong."});
        stage.try_call("whatsapp.broadcast.schedule", ask).await.expect("an answer")
    };
    let (first, second) = (schedule(50).await, schedule(40).await);
    assert_eq!(
        (&first["status"], &second["status"]),
        (&json!("pending_approval"), &json!("pending_approval")),
        "{second:#}"
    );
    let old = reaches(&stage, first["action_request_id"].as_str().expect("an id"), &["superseded"]).await;
    assert_ne!(old["action_request_id"], second["action_request_id"]);
    let list = stage.try_call("whatsapp.broadcasts.list", json!({})).await.expect("an answer");
    assert_eq!(list["items"][0]["schedule"]["per_second"], 40, "{list:#}");
    let mut lau = stage.visitor();
    let id = second["action_request_id"].as_str().expect("an id");
    sign(&mut lau, id).await.expect("it is signed");
    let done = reaches(&stage, id, &["succeeded"]).await;
    assert_eq!(
        (done["result"]["accepted"].as_u64(), done["result"]["total"].as_u64()),
        (Some(10), Some(10)),
        "{done:#}"
    );
    assert!(daemon.stop().await.success());
}
