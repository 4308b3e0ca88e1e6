//! A disk that is full, a disk that fails, a file that somebody else holds: sending stops there, and what was under way is
//! written down when it is over. For SQLite, whose disk is the daemon's; PostgreSQL's own ends are in `journeys/outage.rs`.

use countersign::approvals::engine;
use countersign::domain::deliveries::Tally;
use countersign::domain::requests::Status;
use countersign::graph::messages::SendOutcome;
use countersign::store::Db;
use sqlx::{Connection as _, Executor as _, SqliteConnection, SqlitePool};
use std::process::Command;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use super::play::{Meta, Play};
use crate::support::db::{Kind, TestDb};
use crate::support::{have, program, until};

const PEOPLE: u32 = 800;

/// A message id as long as Meta may make it, so that the file grows.
fn accepted(who: u32, before: usize) -> SendOutcome {
    let wamid = format!("wamid.{who}.{before}.{}", "A".repeat(400));
    SendOutcome::Accepted { wamid, held: false, paused: false }
}

/// A broadcast in the middle of which the disk breaks, and is mended.
async fn broken(breaks: impl AsyncFnOnce(&TestDb, &SqlitePool), mends: impl AsyncFnOnce(&SqlitePool)) {
    let test = TestDb::new(Kind::Sqlite).await.expect("a file");
    let mut play = Play::new(&test, PEOPLE, Meta::new(Duration::from_millis(5), accepted)).await;
    let engine = play.engine(20).await;
    let Db::Sqlite { write, .. } = play.stage.db.clone() else { unreachable!("it was asked for") };
    let mut failures = 0;
    let runs = async {
        while let Err(error) = engine::carry_out(engine.clone(), play.job().await).await {
            eprintln!("interrupted: {error}");
            failures += 1;
            sleep(Duration::from_millis(100)).await;
        }
    };
    let happens = async {
        until("some are out", Duration::from_secs(20), async || (play.meta.requests() > 100).then_some(())).await;
        breaks(&test, &write).await;
        let stands_at = until("nothing goes out any more", Duration::from_secs(20), async || {
            let before = play.meta.requests();
            sleep(Duration::from_secs(1)).await;
            (play.meta.requests() == before).then_some(before)
        })
        .await;
        assert!(stands_at < PEOPLE as usize, "it was interrupted");
        mends(&write).await;
    };
    tokio::time::timeout(Duration::from_mins(1), async { tokio::join!(runs, happens) }).await.expect("it goes on");
    assert!(failures > 0, "whoever carries it out is told");
    assert_eq!((play.meta.counts().len(), play.meta.requests()), (PEOPLE as usize, PEOPLE as usize), "each once");
    assert_eq!(play.tally().await, Tally { total: PEOPLE.into(), accepted: PEOPLE.into(), ..Tally::default() });
    assert_eq!(play.status().await, Status::Succeeded);
}

async fn pragma(write: &SqlitePool, pragma: &'static str) {
    write.execute(pragma).await.expect("the pragma is set");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk() {
    broken(
        async |_, write| pragma(write, "pragma max_page_count = 1").await,
        async |write| pragma(write, "pragma max_page_count = 1000000").await,
    )
    .await;
}

/// No file of this process may grow: what SQLite writes comes back as an error of the disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails() {
    // What is set holds for the whole process: this test needs one of its own, as nextest gives it.
    if std::env::var_os("NEXTEST").is_none() || !have("prlimit", program("prlimit").is_some()) {
        return;
    }
    // Without somebody who hears it, the signal that comes with the error ends the process.
    let _heard = signal(SignalKind::from_raw(25)).expect("SIGXFSZ can be heard");
    let limit = |size: u64| {
        let soft = if size == u64::MAX { "unlimited:".to_owned() } else { format!("{size}:") };
        let process = std::process::id().to_string();
        let set = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={soft}")]).status();
        assert!(set.expect("prlimit").success());
    };
    broken(
        async |test, _| {
            let log = test.folder().join("test.sqlite-wal");
            limit(std::fs::metadata(log).expect("the log of SQLite").len() + 20_000);
        },
        async |_| limit(u64::MAX),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_else_holds() {
    let (tell, told) = tokio::sync::oneshot::channel::<SqliteConnection>();
    broken(
        async |test, write| {
            pragma(write, "pragma busy_timeout = 200").await;
            let mut other = SqliteConnection::connect(&test.url).await.expect("the file opens");
            other.execute("begin immediate").await.expect("it is taken");
            tell.send(other).ok();
        },
        async |_| {
            let mut other = told.await.expect("it was taken");
            other.execute("rollback").await.expect("it is let go");
        },
    )
    .await;
}
