//! A database that is put back from a backup does not send again what it sent after the backup was made.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::stage::{PASSWORD, Stage, assert_once, offer, sign};
use crate::support::db::{Kind, TestDb};
use crate::support::until;

const PEOPLE: usize = 120;
const RATE: u32 = 60;

/// How a backup is made, and what happens between that and the end of what was sending.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backup {
    /// Of a daemon that was killed and is started again.
    AtRest,
    /// Of one that sends on.
    OfOneThatSends,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_put_back_sends_nothing_by_itself() {
    put_back(Backup::AtRest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_that_was_made_while_the_daemon_sent() {
    put_back(Backup::OfOneThatSends).await;
}

async fn put_back(backup: Backup) {
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

    let file = PathBuf::from(stage.db.url.trim_start_matches("sqlite://"));
    let beside = |end: &str| PathBuf::from(format!("{}{end}", file.display()));
    let asked = json!({"action_request_id": id});
    let reaches = async |wanted: &str| -> Value {
        until(wanted, Duration::from_secs(60), async || {
            let status = stage.try_call("whatsapp.action_request.status", asked.clone()).await.ok()?;
            (status["status"] == wanted).then_some(status)
        })
        .await
    };
    let kept = beside(".kept");
    let daemon = if backup == Backup::AtRest {
        daemon.kill().await;
        copy(&file, &kept).await;
        stage.daemon().await
    } else {
        copy(&file, &kept).await;
        daemon
    };
    reaches("succeeded").await;
    daemon.kill().await;
    let sends = stage.sends().await;
    assert_once(&sends);

    std::fs::rename(&kept, &file).expect("the backup is put back");
    for end in ["-wal", "-shm"] {
        std::fs::remove_file(beside(end)).ok();
    }
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

/// A whole copy, as SQLite makes it of a file in use.
async fn copy(file: &Path, to: &Path) {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(20));
    let mut connection = options.connect().await.expect("the file opens");
    let copied = sqlx::query("vacuum into $1").bind(to.display().to_string()).execute(&mut connection).await;
    copied.expect("a copy is made");
    connection.close().await.expect("it closes");
}
