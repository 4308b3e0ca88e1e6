//! A person stops a broadcast in the middle, and a customer's STOP reaches one that is running.

use std::time::Duration;

use serde_json::json;

use super::stage::{Stage, assert_once, poll, press};
use crate::support::agent::{Era, Sdk};
use crate::support::browser::Browser;
use crate::support::db::{Kind, TestDb, on_both};

on_both!(stop_stops_and_a_customers_stop_is_honoured_at_once, what_has_ended_is_forgotten);

const MEMBERS: usize = 200;
/// Half a minute, in which a browser finds the button however busy the machine is.
const RATE: u32 = 7;

async fn stop_stops_and_a_customers_stop_is_honoured_at_once(db: TestDb) {
    let stage = Stage::set(db, MEMBERS, RATE).await;
    let daemon = stage.daemon().await;
    let Some(mut agent) = stage.agent(Sdk::TypeScript, Era::Modern).await else { return };
    let Some(browser) = Browser::open().await else { return };
    let filed = agent.call("whatsapp.broadcast.preview", stage.offer(RATE)).await.ok();
    let id = filed["action_request_id"].as_str().unwrap_or_else(|| panic!("{filed:#}")).to_owned();
    stage.sign_in(&browser, "lau@harbour.example").await;
    stage.approve(&browser, filed["review_url"].as_str().unwrap()).await;
    let gone = |at_least: usize| {
        let stage = &stage;
        crate::support::until("messages went out", Duration::from_secs(30), async move || {
            (stage.sends().await.len() >= at_least).then_some(())
        })
    };
    gone(10).await;
    // The last person of the list writes STOP while the broadcast is far from them.
    let last = "+85291000199";
    let act = json!({ "number": last, "text": "停止" });
    let said = reqwest::Client::new()
        .post(format!("{}/control/customers/act", stage.meta.url()))
        .json(&act)
        .send()
        .await
        .unwrap();
    assert!(said.status().is_success(), "{}", said.text().await.unwrap());
    crate::support::until("the STOP is on the list", Duration::from_secs(20), async || {
        let page = agent_opt_outs(&daemon.url, &stage.key).await;
        (page >= 1).then_some(())
    })
    .await;
    browser.goto(&format!("{}/broadcasts", daemon.url)).await;
    browser.wait_for_text("Winter offer").await;
    press(&browser, "Winter offer").await;
    browser.wait_for_text("Stop sending").await;
    browser.pictures(&format!("journey-monitor-{}", stage.db.kind_name())).await;
    press(&browser, "Stop sending").await;
    browser.wait_for_text("Can it be undone").await;
    press(&browser, "Stop sending").await;
    let stopped = poll(&mut agent, &id, &["cancelled", "partially_succeeded"]).await;
    let after = stage.sends().await.len();
    assert!(after < MEMBERS, "it was stopped in the middle, at {after}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let sends = stage.sends().await;
    assert_eq!(sends.len(), after, "nothing goes out after the stop: {stopped:#}");
    assert_once(&sends);
    assert!(sends.iter().all(|s| s["to"] != last), "nobody is written to after STOP");
    assert!(daemon.stop().await.success());
}

/// How many people the suppression list names.
async fn agent_opt_outs(url: &str, key: &str) -> usize {
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "whatsapp.opt_outs.list", "arguments": {} },
    });
    let answer: serde_json::Value = reqwest::Client::new()
        .post(format!("{url}/mcp"))
        .bearer_auth(key)
        .header("accept", "application/json, text/event-stream")
        .json(&call)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    answer["result"]["structuredContent"]["items"].as_array().map_or(0, Vec::len)
}

/// Sessions that have ended, and failed sign-ins that count no more: who came when is not kept for longer than it is needed.
async fn what_has_ended_is_forgotten(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    let hash = |of: &str| match stage.db.kind {
        Kind::Sqlite => format!("x'{of}'"),
        Kind::Postgres => format!("'\\x{of}'"),
    };
    for (of, when) in [("01", 1), ("02", i64::MAX)] {
        let hash = hash(of);
        stage.db.execute(&format!("insert into http_session values ({hash}, '{{}}', {when})")).await;
        stage.db.execute(&format!("insert into sign_in_failure values ({hash}, 3, {when}, {when})")).await;
    }
    let daemon = stage.daemon().await;
    crate::support::until("only what still counts is there", Duration::from_secs(20), async || {
        let rows = stage.db.rows().await;
        (rows.get("http_session") == Some(&1) && rows.get("sign_in_failure") == Some(&1)).then_some(())
    })
    .await;
    assert!(daemon.stop().await.success());
}
