//! Journeys one and two: an agent previews, a person signs in a browser, the worker sends it once.

use serde_json::json;

use super::stage::{Stage, assert_once, by_recipient, poll};
use crate::support::agent::{Era, Sdk};
use crate::support::browser::Browser;
use crate::support::db::{TestDb, on_both};

on_both!(an_agent_proposes_a_person_signs_each_gets_one_message);

const MEMBERS: usize = 60;

async fn an_agent_proposes_a_person_signs_each_gets_one_message(db: TestDb) {
    // One client in its newest protocol on one database, the other in the oldest way on the other.
    let (sdk, era) =
        if db.url.starts_with("sqlite") { (Sdk::Python, Era::Modern) } else { (Sdk::TypeScript, Era::Legacy) };
    let stage = Stage::set(db, MEMBERS, 200).await;
    let daemon = stage.daemon().await;
    let Some(mut agent) = stage.agent(sdk, era).await else { return };
    let Some(browser) = Browser::open().await else { return };

    assert!(agent.tools().await.iter().any(|tool| tool["name"] == "whatsapp.broadcast.preview"));
    let filed = agent.call("whatsapp.broadcast.preview", stage.offer(200)).await.ok();
    assert_eq!(filed["status"], "pending_approval", "{filed:#}");
    let funnel = &filed["preview"]["audience"]["funnel"];
    assert_eq!((&funnel["matched"], &funnel["will_receive"]), (&json!(MEMBERS), &json!(MEMBERS)));
    assert_eq!(filed["preview"]["schedule"]["cost"]["total"], json!({ "currency": "HKD", "amount": "48.00" }));
    let id = filed["action_request_id"].as_str().unwrap().to_owned();
    let again = agent.call("whatsapp.broadcast.preview", stage.offer(200)).await.ok();
    assert_eq!(again["action_request_id"], id.as_str(), "the same ask is the same request");

    let review = filed["review_url"].as_str().unwrap();
    let mails = stage.mail.wait_for(1).await;
    for mail in &mails {
        assert!(mail.text().contains(review), "the mail leads to the request: {}", mail.text());
        assert!(!mail.raw.contains("Chan Tai Man"), "no personal data in a mail");
    }
    assert!(
        mails.iter().all(|m| m.to != ["wong@harbour.example"]),
        "whoever answers for the agent is not asked to sign"
    );

    browser.scripts(false).await;
    stage.sign_in(&browser, "lau@harbour.example").await;
    browser.wait_for_text("Winter offer").await;
    browser.pictures(&format!("journey-inbox-{}", stage.db.kind_name())).await;
    browser.goto(review).await;
    browser.pictures(&format!("journey-request-{}", stage.db.kind_name())).await;
    assert!(stage.sends().await.is_empty(), "nothing goes out before it is signed");
    stage.approve(&browser, review).await;

    let done = poll(&mut agent, &id, &["succeeded", "partially_succeeded", "failed", "needs_attention"]).await;
    assert_eq!(done["status"], "succeeded", "{done:#}");
    assert_eq!(done["approval"]["signatures"][0]["decision"], "approved");
    assert_eq!(done["execution"]["progress"]["accepted"], MEMBERS);
    let sends = stage.sends().await;
    assert_once(&sends);
    assert_eq!(by_recipient(&sends).len(), MEMBERS);

    let read = wait_for_read(&mut agent, &id).await;
    assert_eq!(read, MEMBERS, "every message came to be read, by webhook");
    let audit = agent.call("whatsapp.audit_logs.list", json!({ "subject": id })).await.ok();
    let acts: Vec<&str> = audit["items"].as_array().unwrap().iter().map(|e| e["act"].as_str().unwrap()).collect();
    for act in ["request.filed", "request.signed", "request.approved"] {
        assert!(acts.contains(&act), "{act} is not in {acts:?}");
    }
    browser.goto(&format!("{}/audit", daemon.url)).await;
    browser.wait_for_text("M. Lau").await;
    let phones = sends.iter().filter_map(|s| s["to"].as_str()).map(|to| to.trim_start_matches('+').to_owned());
    let log = daemon.log();
    for phone in phones {
        assert!(!log.contains(&phone), "a phone number stands in the log");
    }
    assert!(daemon.stop().await.success(), "the daemon stops politely");
}

/// How many messages the ledger knows to be read, once all are or time is up.
async fn wait_for_read(agent: &mut crate::support::agent::Agent, id: &str) -> usize {
    let mut read = 0;
    for _ in 0..100 {
        let page =
            agent.call("whatsapp.message_delivery.list", json!({ "action_request_id": id, "limit": 200 })).await.ok();
        read = page["items"].as_array().unwrap().iter().filter(|row| row["status"] == "read").count();
        if read == MEMBERS {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    read
}
