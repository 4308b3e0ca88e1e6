//! From an empty business to its first broadcast: contacts, a segment and the broadcast all come through the agents' door
//! and past people. Meanwhile the mail server is out of order.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

use super::stage::{Stage, assert_once, by_recipient, offer, poll};
use crate::support::agent::{Era, Sdk};
use crate::support::browser::Browser;
use crate::support::db::{TestDb, on_both};

on_both!(a_new_business_comes_to_its_first_broadcast);

const GUESTS: usize = 40;
/// Those who came to the fair; the others came to the shop.
const AT_THE_FAIR: usize = 36;

fn guest(n: usize) -> Value {
    let tag = if n < AT_THE_FAIR { "winter-fair" } else { "shop" };
    json!({
        "phone": format!("9{:07}", 1_000_000 + n), "name": format!("Guest {n}"), "language": "en", "tags": [tag],
        "consents": [{"category": "marketing", "source": "paper", "evidence": format!("card {n}"), "date": "2026-11-01"}],
    })
}

async fn a_new_business_comes_to_its_first_broadcast(db: TestDb) {
    let stage = Stage::empty(db, 200).await;
    let daemon = stage.daemon().await;
    let Some(mut agent) = stage.agent(Sdk::TypeScript, Era::Modern).await else { return };
    let Some(browser) = Browser::open().await else { return };
    stage.mail.refuse(Some("451 4.3.0 later"));

    let mut rows: Vec<Value> = (0..GUESTS).map(guest).collect();
    rows.push(json!({"phone": "1234", "name": "Nobody"}));
    rows.push(json!({"phone": "91009999", "name": "Never agreed"}));
    rows.push(json!({"phone": "+852 9100-0005", "name": "Guest 5 once more", "tags": ["winter-fair"]}));
    let list = json!({"name": "Winter fair", "rows": rows, "default_market": "HK"});
    let ask = json!({"arguments": list, "reason": "The cards that were filled in at the winter fair."});
    let filed = agent.call("whatsapp.contact_import.preview", ask).await.ok();
    assert_eq!((&filed["status"], &filed["preview"]["change"]["new"]), (&json!("pending_approval"), &json!(GUESTS)));
    crate::support::until("the mail server refuses", Duration::from_secs(20), async || {
        (stage.mail.refused() > 0).then_some(())
    })
    .await;
    stage.mail.refuse(None);

    browser.scripts(false).await;
    stage.sign_in(&browser, "lau@harbour.example").await;
    let review = filed["review_url"].as_str().unwrap();
    browser.goto(review).await;
    browser.wait_for_text("What is left out").await;
    browser.pictures(&format!("journey-import-{}", stage.db.kind_name())).await;
    stage.approve(&browser, review).await;
    let id = filed["action_request_id"].as_str().unwrap();
    let done = poll(&mut agent, id, &["succeeded", "failed", "stale"]).await;
    assert_eq!((&done["status"], &done["result"]["new"]), (&json!("succeeded"), &json!(GUESTS)), "{done:#}");

    let segment = json!({"name": "Fair guests", "include": {"tag": "winter-fair"}, "reason": "Those who filled in a card.",
        "wait_ms": 20_000});
    let made = agent.call("whatsapp.segment.upsert", segment).await.ok();
    assert_eq!(made["status"], "succeeded", "nobody has to sign it, so the call answers with its result: {made:#}");
    let asked = agent.call("whatsapp.broadcast.preview", offer(&made["result"]["segment_id"], 200)).await.ok();
    assert_eq!(asked["preview"]["audience"]["funnel"]["will_receive"], AT_THE_FAIR, "{asked:#}");
    stage.approve(&browser, asked["review_url"].as_str().unwrap()).await;
    let sent = poll(&mut agent, asked["action_request_id"].as_str().unwrap(), &["succeeded", "failed"]).await;
    assert_eq!(sent["status"], "succeeded", "{sent:#}");
    let sends = stage.sends().await;
    assert_once(&sends);
    assert_eq!(by_recipient(&sends).len(), AT_THE_FAIR);

    // Everybody who may sign was told of both requests, late but once; whoever answers for the agent of their ends.
    let mails = stage.mail.wait_for(4).await;
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for mail in &mails {
        *told.entry((mail.to.join(","), mail.subject())).or_default() += 1;
        assert!(!mail.raw.contains("Guest"), "no personal data in a mail");
    }
    assert_eq!(told.values().sum::<usize>(), 4, "{told:?}");
    assert!(told.values().all(|count| *count == 2), "two requests, one mail each: {told:?}");
    for n in 0..GUESTS {
        let phone = format!("9{:07}", 1_000_000 + n);
        assert!(!daemon.log().contains(&phone), "a phone number stands in the log");
    }
    assert!(daemon.stop().await.success());
}
