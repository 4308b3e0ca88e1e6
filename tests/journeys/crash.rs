//! Journey three: the daemon is killed in the middle of a broadcast. Nobody is written to twice, nobody is forgotten.

use std::time::Duration;

use super::stage::{Stage, assert_once, poll};
use crate::support::agent::{Era, Sdk};
use crate::support::browser::Browser;
use crate::support::db::{TestDb, on_both};

on_both!(a_kill_in_the_middle_sends_nothing_twice);

const MEMBERS: usize = 300;
const RATE: u32 = 60;

async fn a_kill_in_the_middle_sends_nothing_twice(db: TestDb) {
    let stage = Stage::set(db, MEMBERS, RATE).await;
    let daemon = stage.daemon().await;
    let Some(mut agent) = stage.agent(Sdk::Python, Era::Modern).await else { return };
    let Some(browser) = Browser::open().await else { return };
    let filed = agent.call("whatsapp.broadcast.preview", stage.offer(RATE)).await.ok();
    let id = filed["action_request_id"].as_str().unwrap_or_else(|| panic!("{filed:#}")).to_owned();
    stage.sign_in(&browser, "lau@harbour.example").await;
    stage.approve(&browser, filed["review_url"].as_str().unwrap()).await;

    // Answers are slow, so that there are always messages whose answer has not come.
    for kill_at in [40, 120] {
        crate::support::until("messages on their way", Duration::from_secs(30), async || {
            (stage.sends().await.len() >= kill_at).then_some(())
        })
        .await;
        if kill_at == 40 {
            slow_answers(&stage, 150).await;
        } else {
            daemon.kill().await;
            break;
        }
    }
    let before = stage.sends().await.len();
    assert!(before < MEMBERS, "the kill came too late to be in the middle");
    let daemon = stage.daemon().await;
    drop(agent);
    let Some(mut agent) = stage.agent(Sdk::Python, Era::Modern).await else { return };
    let done = poll(&mut agent, &id, &["succeeded", "partially_succeeded", "failed", "needs_attention"]).await;
    let sends = stage.sends().await;
    assert_once(&sends);
    let progress = &done["execution"]["progress"];
    let count = |name: &str| progress[name].as_u64().unwrap();
    // Meta's webhooks settle what was in doubt; what provably never reached Meta waits for people, and is the only rest.
    assert_eq!(count("accepted"), sends.len() as u64, "whatever reached Meta is known: {progress}");
    assert_eq!(count("accepted") + count("unknown"), MEMBERS as u64, "{progress}");
    assert!(daemon.stop().await.success());
}

async fn slow_answers(stage: &Stage, ms: u64) {
    let fault = serde_json::json!({ "kind": "delay_answer", "ms": ms });
    let answer =
        reqwest::Client::new().post(format!("{}/control/faults", stage.meta.url())).json(&fault).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}
