//! Four daemons share one PostgreSQL and one broadcast, with clocks minutes apart. Three of them are killed, or held up for
//! longer than their lease, at moments of chance: everybody is written to once all the same, and the number sends no faster
//! than it may.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::stage::{Stage, assert_once};
use super::trial::Chance;
use crate::support::db::{Kind, TestDb};

const PEOPLE: usize = 600;
const RATE: u32 = 40;
/// Seconds by which their clocks are off.
const CLOCKS: [&str; 3] = ["300", "-300", "120"];

#[tokio::test(flavor = "multi_thread")]
async fn four_daemons_killed_and_held_up_send_each_message_once() {
    let Some(db) = TestDb::new(Kind::Postgres).await else { return };
    let mut chance = Chance::from_env();
    let stage = Stage::set(db, PEOPLE, RATE).await;
    // This one has the door for people, agents and webhooks.
    let first = stage.daemon().await;
    let mut others = Vec::new();
    for off_by in CLOCKS {
        others.push((off_by, stage.another_daemon(&[("CLOCK_OFF_BY", off_by)]).await));
    }
    let id = stage.signed_offer(RATE).await;
    let (mut kills, mut pauses) = (0, 0);
    while stage.sends().await.len() < PEOPLE - 100 && kills + pauses < 40 {
        sleep(Duration::from_millis(chance.below(800))).await;
        let which = usize::try_from(chance.below(3)).unwrap();
        let (off_by, daemon) = others.swap_remove(which);
        let daemon = if chance.below(3) == 0 {
            pauses += 1;
            daemon.signal("STOP").await;
            // The lease is of five seconds.
            sleep(Duration::from_millis(1_000 + chance.below(6_000))).await;
            daemon.signal("CONT").await;
            daemon
        } else {
            kills += 1;
            daemon.kill().await;
            stage.another_daemon(&[("CLOCK_OFF_BY", off_by)]).await
        };
        others.push((off_by, daemon));
    }
    let done = stage.comes_to(&id, "succeeded", Duration::from_mins(1)).await;
    let sends = stage.sends().await;
    assert_once(&sends);
    assert_eq!(sends.len(), PEOPLE);
    assert_paced(&sends);
    let count = |name: &str| done["execution"]["progress"][name].as_u64().unwrap_or_default();
    // Meta, as it is simulated, reaches not everybody that it accepted.
    assert_eq!((count("accepted") + count("failed"), count("unknown")), (PEOPLE as u64, 0), "{done:#}");
    assert!(kills > 0, "{kills} kills, {pauses} pauses");
    for (_, daemon) in others {
        assert!(daemon.stop().await.success());
    }
    assert!(first.stop().await.success());
}

/// However they share it, no second has more than the rate allows. A tenth of it is left to the machine that runs this.
fn assert_paced(sends: &[Value]) {
    let mut times: Vec<i64> = sends.iter().map(|send| send["at_us"].as_i64().expect("a time")).collect();
    times.sort_unstable();
    let rate = RATE as usize;
    let shortest = times.windows(rate + 1).map(|some| some[rate] - some[0]).min().expect("more than a second's worth");
    assert!(shortest >= 900_000, "{} messages within {shortest} µs", rate + 1);
}
