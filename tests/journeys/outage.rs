//! The database goes away while messages go out, in the middle of whatever it does, and comes back: everybody gets the
//! message once, and the daemon has waited.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{Stage, assert_once};
use crate::support::cut::Cut;
use crate::support::db::{Kind, TestDb};
use crate::support::server::Server;
use crate::support::until;

const PEOPLE: usize = 240;
const RATE: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_killed_and_comes_back() {
    let Some(server) = Server::start() else { return };
    let stage = Stage::set(TestDb::on(&server.url).await, PEOPLE, RATE).await;
    let mut daemon = stage.daemon().await;
    let id = stage.signed_offer(RATE).await;
    let ready = format!("{}/readyz", daemon.url);
    for out in [20, 90, 160] {
        until("some are out", Duration::from_secs(30), async || (stage.sends().await.len() >= out).then_some(())).await;
        server.kill();
        until("the daemon says that it has no database", Duration::from_secs(20), async || {
            (reqwest::get(&ready).await.ok()?.status() == 503).then_some(())
        })
        .await;
        assert!(daemon.ended().is_none(), "it waits for its database: {}", daemon.log());
        server.start_again();
    }
    let done = stage.comes_to(&id, "succeeded", Duration::from_secs(90)).await;
    let sends = stage.sends().await;
    assert_once(&sends);
    let progress: &Value = &done["execution"]["progress"];
    assert_eq!(
        (sends.len(), &progress["accepted"], &progress["unknown"]),
        (PEOPLE, &json!(PEOPLE), &json!(0)),
        "{done:#}"
    );
    // Its own figure of the promise: nobody got it twice. It is read from the rows, so that a restart forgets nothing.
    let health = async || reqwest::get(&ready).await.unwrap().json::<Value>().await.unwrap();
    assert_eq!((&health().await["sent_twice"], &health().await["warnings"]), (&json!(0), &json!([])));
    stage.db.execute("insert into delivery_attempt (execution_id, seq, attempt, outcome, evidence, at) select id, 0, 1, 'second_message', '{}', 0 from execution").await;
    let broken = health().await;
    assert_eq!((&broken["sent_twice"], &broken["ready"]), (&json!(1), &json!(true)), "{broken}");
    assert!(
        broken["warnings"][0].as_str().unwrap_or_default().contains("second message for 1 of our tries"),
        "{broken}"
    );
    let figures = reqwest::get(format!("{}/metrics", daemon.url)).await.unwrap().text().await.unwrap();
    assert!(figures.lines().any(|line| line == "countersign_sent_twice 1"), "{figures}");
    assert!(figures.contains("# HELP countersign_sent_twice Tries"), "each figure says what it counts: {figures}");
    assert!(daemon.stop().await.success());
}

/// Whether a commit happened is not known then: nothing goes out of which the intent is in doubt, and no outcome is lost.
#[tokio::test(flavor = "multi_thread")]
async fn connections_are_cut_around_commits() {
    let Some(db) = TestDb::new(Kind::Postgres).await else { return };
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let cut = Cut::before(&stage.db.url).await;
    let daemon = stage.daemon_with(&[("COUNTERSIGN__DATABASE__URL", &cut.url)]).await;
    let id = stage.signed_offer(RATE).await;
    cut.each(15);
    until("it has been cut often", Duration::from_secs(60), async || {
        (cut.done().iter().all(|cuts| *cuts >= 4) && stage.sends().await.len() >= 60).then_some(())
    })
    .await;
    cut.each(0);
    let done = stage.comes_to(&id, "succeeded", Duration::from_secs(60)).await;
    let sends = stage.sends().await;
    assert_once(&sends);
    let progress = &done["execution"]["progress"];
    assert_eq!((sends.len(), &progress["accepted"]), (PEOPLE, &json!(PEOPLE)), "{:?}: {done:#}", cut.done());
    assert!(daemon.stop().await.success());
}
