//! A database that is put back from a backup does not send again what it sent after the backup was made.

use std::time::Duration;

use serde_json::Value;

use super::signer::sign_in;
use super::stage::{PASSWORD, Stage, assert_once};
use crate::support::backup::Kept;
use crate::support::db::{Kind, TestDb};
use crate::support::until;

/// Four seconds, so that a backup is made of a broadcast that has not ended.
const PEOPLE: usize = 240;
const RATE: u32 = 60;

/// When a backup is made and put back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backup {
    /// Made of a daemon that was killed and is started again, put back when it is down.
    AtRest,
    /// Made of one that sends on, put back when it is down.
    OfOneThatSends,
    /// Made of one that sends on, put back under it while it still does.
    UnderOneThatSends,
    /// Made of one that sends on, put over what is there when it is down, within the same file and the same database.
    OverWhatIsThere,
}

/// The file in which stands how far the database was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Kept,
    /// Nobody remembers anything: the database itself tells that it is another.
    Gone,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_put_back_sends_nothing_by_itself() {
    put_back(Kind::Sqlite, Backup::AtRest, Mark::Kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_that_was_made_while_the_daemon_sent() {
    put_back(Kind::Sqlite, Backup::OfOneThatSends, Mark::Kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_of_which_nobody_remembers_anything() {
    put_back(Kind::Sqlite, Backup::OfOneThatSends, Mark::Gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_of_postgresql() {
    put_back(Kind::Postgres, Backup::OfOneThatSends, Mark::Kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_of_postgresql_of_which_nobody_remembers_anything() {
    put_back(Kind::Postgres, Backup::OfOneThatSends, Mark::Gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_that_is_put_back_under_a_daemon() {
    put_back(Kind::Postgres, Backup::UnderOneThatSends, Mark::Gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_that_is_copied_over_the_file() {
    put_back(Kind::Sqlite, Backup::OverWhatIsThere, Mark::Gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_that_is_restored_into_the_same_database() {
    put_back(Kind::Postgres, Backup::OverWhatIsThere, Mark::Gone).await;
}

async fn put_back(kind: Kind, backup: Backup, remembered: Mark) {
    let Some(db) = TestDb::new(kind).await else { return };
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let mark = stage.db.folder().join("mark").display().to_string();
    let by_file = (kind, remembered) == (Kind::Postgres, Mark::Kept);
    let settings = by_file.then_some(("COUNTERSIGN__DATABASE__MARK_FILE", mark.as_str()));
    let start = async || stage.daemon_with(settings.as_slice()).await;
    let daemon = start().await;
    let id = stage.signed_offer(RATE).await;
    let sends = async |least| {
        until("so many are out", Duration::from_secs(20), async || (stage.sends().await.len() >= least).then_some(()))
            .await;
    };
    sends(20).await;

    let reaches = async |wanted: &str| stage.comes_to(&id, wanted, Duration::from_secs(60)).await;
    let kept = Kept::beside(&stage.db);
    let daemon = match backup {
        Backup::AtRest => {
            daemon.kill().await;
            kept.make().await;
            start().await
        }
        Backup::OfOneThatSends | Backup::UnderOneThatSends | Backup::OverWhatIsThere => {
            kept.make().await;
            daemon
        }
    };
    let daemon = if backup == Backup::UnderOneThatSends {
        sends(60).await;
        kept.put_back().await;
        daemon
    } else {
        stage.is_through(&id, Duration::from_mins(1)).await;
        daemon.kill().await;
        if backup == Backup::OverWhatIsThere {
            kept.put_over().await;
        } else {
            kept.put_back().await;
        }
        let told_by_attribute =
            || xattr::get(kept.database(), "user.countersign.epoch").is_ok_and(|epoch| epoch.is_some());
        if remembered == Mark::Gone
            && (backup != Backup::OverWhatIsThere || kind == Kind::Postgres || told_by_attribute())
        {
            std::fs::remove_file(format!("{}.lock", kept.database())).ok();
        }
        start().await
    };
    reaches("paused").await;
    let health: Value = reqwest::get(format!("{}/readyz", daemon.url)).await.unwrap().json().await.unwrap();
    assert!(health["warnings"][0].as_str().unwrap_or_default().contains("restored from a backup"), "{health}");
    // So is what was on its way when the backup was made.
    let stands = stage.is_through(&id, Duration::from_secs(30)).await;
    assert!(stands["execution"]["halted"].as_str().expect("why").contains("restored from a backup"), "{stands:#}");
    let progress = &stands["execution"]["progress"];
    let in_doubt = progress["unknown"].as_u64().expect("a number");
    assert!(in_doubt >= 20, "whatever waited may have been sent: {progress}");
    let sends = stage.sends().await;
    assert_once(&sends);

    // Whoever lets it go on reads that, and decides; nothing of it goes out by itself.
    let mut lau = stage.visitor();
    sign_in(&mut lau).await.expect("M. Lau signs in");
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
