//! A copy of a database on which another daemon works sends nothing by itself, whatever the original does meanwhile; and a
//! database that is put back a second time is noticed again.

use std::path::Path;
use std::time::Duration;

use countersign::domain::ids::SegmentId;
use serde_json::Value;

use super::stage::{Stage, assert_once, by_recipient};
use crate::support::backup::Kept;
use crate::support::daemon::Daemon;
use crate::support::db::{Kind, TestDb, on_both};
use crate::support::until;

/// Four seconds, so that a copy is made of a broadcast that has not ended.
const PEOPLE: usize = 240;
const RATE: u32 = 60;
const SOON: Duration = Duration::from_mins(1);

on_both!(a_copy_beside_its_original_sends_nothing, a_second_loss_is_noticed_as_the_first);

/// The original sends on under its daemon while another starts on the copy.
async fn a_copy_beside_its_original_sends_nothing(db: TestDb) {
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let original = stage.daemon().await;
    let id = stage.signed_offer(RATE).await;
    sent(&stage, 20).await;
    let kept = Kept::beside(&stage.db);
    kept.make().await;
    let copy = kept.put_beside().await;
    let other = stage.another_daemon(&[("COUNTERSIGN__DATABASE__URL", &copy)]).await;
    stands_still(&stage, &other, &id).await;
    stage.comes_to(&id, "succeeded", SOON).await;
    everybody_once(&stage).await;
    assert!(other.stop().await.success());
    assert!(original.stop().await.success());
    kept.drop_copy().await;
}

/// With all that lies beside it, of a daemon that was killed while it sent.
#[tokio::test(flavor = "multi_thread")]
async fn nor_does_a_copy_of_the_whole_folder() {
    let Some(db) = TestDb::new(Kind::Sqlite).await else { return };
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let original = stage.daemon().await;
    let id = stage.signed_offer(RATE).await;
    sent(&stage, 20).await;
    original.kill().await;
    let folder = stage.db.folder().join("copied");
    std::fs::create_dir(&folder).unwrap();
    let copied = copy_files(stage.db.folder(), &folder);
    assert!(copied.iter().any(|name| name.ends_with(".lock")), "what is remembered goes along: {copied:?}");
    let copy = format!("sqlite://{}", folder.join("test.sqlite").display());

    // Not even where it is the first to start.
    let other = stage.another_daemon(&[("COUNTERSIGN__DATABASE__URL", &copy)]).await;
    stands_still(&stage, &other, &id).await;
    let original = stage.daemon().await;
    stage.is_through(&id, SOON).await;
    assert_once(&stage.sends().await);
    assert!(other.stop().await.success());
    assert!(original.stop().await.success());
}

/// A daemon that stood still while another one saw to the loss works on what was put back as on what was there before.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_saw_nothing_of_a_loss_goes_on_after_it() {
    let Some(db) = TestDb::new(Kind::Postgres).await else { return };
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let slept = stage.daemon().await;
    let id = stage.signed_offer(RATE).await;
    sent(&stage, 20).await;
    let kept = Kept::beside(&stage.db);
    kept.make().await;
    sent(&stage, 60).await;
    let other = stage.another_daemon(&[]).await;
    slept.signal("STOP").await;
    kept.put_back().await;
    stands_still(&stage, &other, &id).await;
    slept.signal("CONT").await;
    assert!(other.stop().await.success());
    let segment = SegmentId::random();
    stage.enroll(PEOPLE..2 * PEOPLE, "later", segment).await;
    let later = stage.signed_offer_to(segment, RATE).await;
    stage.comes_to(&later, "succeeded", SOON).await;
    assert_once(&stage.sends().await);
    assert!(slept.stop().await.success());
}

/// What was begun after the first loss had been seen to is lost in turn.
async fn a_second_loss_is_noticed_as_the_first(db: TestDb) {
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let kept = Kept::beside(&stage.db);
    let mut daemon = stage.daemon().await;
    let mut expected = 0;
    for (round, tag) in ["first", "second"].into_iter().enumerate() {
        let segment = SegmentId::random();
        let people = PEOPLE * (round + 1)..PEOPLE * (round + 2);
        stage.enroll(people, tag, segment).await;
        let id = stage.signed_offer_to(segment, RATE).await;
        sent(&stage, expected + 20).await;
        kept.make().await;
        stage.comes_to(&id, "succeeded", SOON).await;
        expected += PEOPLE;
        daemon.kill().await;
        kept.put_back().await;
        daemon = stage.daemon().await;
        stands_still(&stage, &daemon, &id).await;
        let sends = stage.sends().await;
        assert_eq!(sends.len(), expected, "{tag}");
        assert_once(&sends);
    }
    assert!(daemon.stop().await.success());
}

async fn sent(stage: &Stage, least: usize) {
    until("so many are out", SOON, async || (stage.sends().await.len() >= least).then_some(())).await;
}

/// All that waited is in doubt, nothing is on its way, and people are told why.
async fn stands_still(stage: &Stage, daemon: &Daemon, id: &str) {
    let stands = until("all that waited is in doubt", SOON, async || {
        let stands = stage.comes_to_at(&daemon.url, id, "paused", SOON).await;
        (stands["execution"]["progress"]["queued"] == 0).then_some(stands)
    })
    .await;
    assert!(stands["execution"]["halted"].as_str().expect("why").contains("it is a copy"), "{stands:#}");
    let health: Value = reqwest::get(format!("{}/readyz", daemon.url)).await.unwrap().json().await.unwrap();
    assert!(health["warnings"][0].as_str().unwrap_or_default().contains("restored from a backup"), "{health}");
}

async fn everybody_once(stage: &Stage) {
    let sends = stage.sends().await;
    assert_once(&sends);
    assert_eq!(by_recipient(&sends).len(), PEOPLE);
}

/// The names of the files that were copied.
fn copy_files(from: &Path, to: &Path) -> Vec<String> {
    let files = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap());
    files
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            entry.file_name().into_string().unwrap()
        })
        .collect()
}
