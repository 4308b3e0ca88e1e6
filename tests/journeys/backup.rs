//! A database that is put back from a backup does not send again what it sent after the backup was made.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{PASSWORD, Stage, assert_once, offer, sign};
use crate::support::db::{Kind, TestDb};
use crate::support::until;

const PEOPLE: usize = 120;
const RATE: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_put_back_sends_nothing_by_itself() {
    let Some(db) = TestDb::new(Kind::Sqlite).await else { return };
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let daemon = stage.daemon().await;
    let mut lau = stage.visitor();
    let id = until("the templates have come from Meta", Duration::from_secs(20), async || {
        let filed = stage.try_call("whatsapp.broadcast.preview", offer(&json!(stage.segment), RATE)).await.ok()?;
        filed["action_request_id"].as_str().map(str::to_owned)
    })
    .await;
    sign(&mut lau, &id).await.expect("it is signed");
    until("some are out", Duration::from_secs(20), async || (stage.sends().await.len() >= 20).then_some(())).await;
    daemon.kill().await;

    let file = PathBuf::from(stage.db.url.trim_start_matches("sqlite://"));
    let beside = |end: &str| PathBuf::from(format!("{}{end}", file.display()));
    // All that belongs to it: what was committed last stands in the second file.
    let backup: Vec<(PathBuf, Option<Vec<u8>>)> =
        ["", "-wal"].into_iter().map(|end| (beside(end), std::fs::read(beside(end)).ok())).collect();
    let asked = json!({"action_request_id": id});
    let reaches = async |wanted: &str| -> Value {
        until(wanted, Duration::from_secs(60), async || {
            let status = stage.try_call("whatsapp.action_request.status", asked.clone()).await.ok()?;
            (status["status"] == wanted).then_some(status)
        })
        .await
    };
    let daemon = stage.daemon().await;
    reaches("succeeded").await;
    assert!(daemon.stop().await.success());
    let sends = stage.sends().await;
    assert_once(&sends);

    for (path, bytes) in backup {
        match bytes {
            Some(bytes) => std::fs::write(path, bytes).expect("the backup is put back"),
            None => drop(std::fs::remove_file(path)),
        }
    }
    std::fs::remove_file(beside("-shm")).ok();
    let daemon = stage.daemon().await;
    let stands = reaches("paused").await;
    assert!(stands["execution"]["halted"].as_str().expect("why").contains("restored from a backup"), "{stands:#}");
    let progress = &stands["execution"]["progress"];
    let in_doubt = progress["unknown"].as_u64().expect("a number");
    assert!(in_doubt >= 20 && progress["queued"] == 0, "whatever waited may have been sent: {progress}");

    // Whoever lets it go on reads that, and decides; nothing of it goes out by itself.
    let (monitor, doubts) = (format!("/broadcasts/{id}"), format!("/broadcasts/{id}/doubts"));
    for page in [monitor.clone(), format!("{monitor}/resume")] {
        assert_eq!(lau.get(&page).await.count(&format!("a[href='{doubts}']")), 1, "{page} leads there");
    }
    let page = lau.get(&doubts).await;
    assert!(page.text().contains("restored from an earlier time"), "{}", page.text());
    let leave = [("ruling", "leave"), ("reason", "All of them had it."), ("password", PASSWORD)];
    assert_eq!(lau.submit(&page, &doubts, &leave).await.status, 303);
    assert_eq!(lau.get(&doubts).await.status, 409, "nothing of it is in doubt any more");
    reaches("paused").await;
    let page = lau.get(&format!("{monitor}/resume")).await;
    assert_eq!(lau.submit(&page, &format!("{monitor}/resume"), &[("password", PASSWORD)]).await.status, 303);
    reaches("partially_succeeded").await;
    // Longer than a sender rests between two looks.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stage.sends().await.len(), sends.len(), "nobody gets it twice");
    assert!(daemon.stop().await.success());
}
