//! The engine in a world that a number decides: how slow its store and Meta are, what breaks, when daemons die or stand
//! still, what people do meanwhile. Time moves only when everybody waits, so the same number gives the same history, and
//! minutes pass in milliseconds. The engine is the real one and so are the statements; the world around them is played.
//!
//! `SIMULATION_SEEDS` says how many worlds are played (the first ones, from 0), `SIMULATION_SEED` plays one and prints its
//! history.

mod actors;
mod check;
mod ledger;
mod meta;
mod plan;
mod world;

use std::sync::Arc;
use std::time::{Duration, Instant};

use world::{Ground, World};

/// Worlds that are played when nobody says how many.
const SEEDS: u64 = 200;
/// Tests that share them, so that they run beside each other.
const SHARES: u64 = 4;

/// How one world ended.
struct Played {
    history: Vec<String>,
    wrong: Vec<String>,
}

fn play(ground: &Arc<Ground>, seed: u64) -> Played {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let world = runtime.block_on(async {
        let world = World::new(Arc::clone(ground), seed);
        actors::live(&world).await;
        world
    });
    // Whatever still sleeps in this world is gone with it.
    drop(runtime);
    let wrong = check::wrongs(&world);
    Played { history: world.told(), wrong }
}

/// Keeps this thread, and those that it starts from now on, on one processor. A world and its database only ever wait for
/// each other: on two processors they wake each other up across them, and take three times as long.
#[cfg(target_os = "linux")]
fn stay_on_one_processor(share: u64) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let ours = sched_getaffinity(None).expect("the processors of this thread");
    let ours: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&number| ours.is_set(number)).collect();
    let mut one = CpuSet::new();
    one.set(ours[usize::try_from(share).unwrap() % ours.len()]);
    sched_setaffinity(None, &one).expect("one of our own processors");
}

#[cfg(not(target_os = "linux"))]
fn stay_on_one_processor(_share: u64) {}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text}")))
}

fn play_share(share: u64) {
    stay_on_one_processor(share);
    let begun = Instant::now();
    let ground = Ground::new();
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let one = number("SIMULATION_SEED");
    let mine: Vec<u64> = match one {
        Some(seed) => Vec::from_iter((seed % SHARES == share).then_some(seed)),
        None => (0..seeds).filter(|seed| seed % SHARES == share).collect(),
    };
    let mut failed = Vec::new();
    let mut events = 0;
    for &seed in &mine {
        let played = play(&ground, seed);
        events += played.history.len();
        if one.is_some() || !played.wrong.is_empty() {
            played.history.iter().for_each(|line| eprintln!("{line}"));
        }
        if !played.wrong.is_empty() {
            eprintln!("SIMULATION_SEED={seed}: {}", played.wrong.join("; "));
            failed.push(seed);
            assert!(failed.len() < 3, "worlds {failed:?} ended wrong, and maybe others");
        }
    }
    assert!(failed.is_empty(), "worlds {failed:?} ended wrong; SIMULATION_SEED plays one again");
    println!("{} worlds with {events} events in {:.1} s", mine.len(), begun.elapsed().as_secs_f64());
}

#[test]
fn worlds_of_the_first_share_end_well() {
    play_share(0);
}

#[test]
fn worlds_of_the_second_share_end_well() {
    play_share(1);
}

#[test]
fn worlds_of_the_third_share_end_well() {
    play_share(2);
}

#[test]
fn worlds_of_the_fourth_share_end_well() {
    play_share(3);
}

#[test]
fn a_number_gives_one_history() {
    let ground = Ground::new();
    for seed in 0..6 {
        let (one, other) = (play(&ground, seed).history, play(&ground, seed).history);
        let parts = one.iter().zip(&other).find(|(one, other)| one != other);
        assert_eq!(parts, None, "the histories of world {seed} part");
        assert_eq!(one.len(), other.len());
        assert!(one.len() > 5, "world {seed} has a history");
    }
}

/// How long a world may go on in its own time.
const LONGEST: Duration = Duration::from_mins(40);
