//! What a number decides before a world begins. Each kind of trouble is absent from half of the worlds: troubles that
//! always come together hide each other.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;

/// Trouble is over after so long; then the world has to come to rest.
pub const TROUBLED: Duration = Duration::from_secs(12);
/// A shard stays ours for so long.
pub const LEASE: Duration = Duration::from_secs(5);
/// In doubt for longer than this, people are asked.
pub const UNKNOWN_AFTER: Duration = Duration::from_secs(4);
/// Whoever waits longer for an answer of Meta's gives up.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What happens to a daemon.
#[derive(Debug, Clone, Copy)]
pub enum Blow {
    /// It dies at once.
    Kill,
    /// It is asked to end.
    Terminate,
    /// It stands still for so long.
    Freeze(Duration),
    /// Its clock jumps by so many seconds.
    Jump(i64),
}

/// What a person does.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// Lets it stand still.
    Pause,
    /// Lets it stand still and go on again, and again, as fast as a person with a script could.
    Storm,
    /// Stops it.
    Stop,
    /// Wants no more messages: the one at this place of the list.
    OptOut(u32),
}

/// How often something happens, of one.
pub type Chance = f64;

/// How a world is.
#[derive(Debug, Clone)]
pub struct Plan {
    pub people: u32,
    /// Rows written in one transaction, rows in a shard, rows between two looks at the facts.
    pub chunk: u32,
    pub shard: u32,
    pub batch: u32,
    pub per_second: u32,
    pub slots: usize,
    /// Their clocks are off by so many seconds each.
    pub daemons: Vec<i64>,
    /// Shards are taken from daemons that are alive, too, as after a wrong judgement of time.
    pub takes_early: bool,
    /// A call to the store takes up to so long, on its way there and back.
    pub store: Duration,
    pub store_away: Chance,
    pub store_in_doubt: Chance,
    /// The store answers nobody for a while.
    pub outage: Option<(Duration, Duration)>,
    /// Meta answers within so long, mostly.
    pub meta: Duration,
    pub refused: Chance,
    pub cut_before: Chance,
    pub cut_after: Chance,
    pub too_fast: Chance,
    pub too_often: Chance,
    pub rejected: Chance,
    pub fatal: Chance,
    pub panics: Chance,
    pub slow: Chance,
    /// Statuses that never come, come twice, come before the answer.
    pub lost: Chance,
    pub twice: Chance,
    pub failed: Chance,
    /// People who cannot be written to when their turn comes, and who sleep then.
    pub withheld: Chance,
    pub asleep: Chance,
    pub drift: u32,
    /// The facts forbid it for a while.
    pub blocked: Option<(Duration, Duration)>,
    pub blows: Vec<(Duration, usize, Blow)>,
    pub deeds: Vec<(Duration, Deed)>,
}

impl Plan {
    pub fn of(dice: &mut SmallRng) -> Self {
        let people = dice.random_range(1..=36);
        let daemons: Vec<i64> = (0..dice.random_range(1..=3)).map(|_| sometimes(dice, 300)).collect();
        let blows = (0..sometimes(dice, 6).unsigned_abs())
            .map(|_| (moment(dice), dice.random_range(0..daemons.len()), blow(dice)))
            .collect();
        let deeds = (0..sometimes(dice, 5).unsigned_abs()).map(|_| (moment(dice), deed(dice, people))).collect();
        Self {
            people,
            chunk: dice.random_range(1..=40),
            shard: dice.random_range(1..=40),
            batch: dice.random_range(1..=40),
            // Slow enough, half of the time, that the rate is what holds it up.
            per_second: if dice.random_bool(0.5) { dice.random_range(2..=12) } else { dice.random_range(12..=200) },
            slots: dice.random_range(1..=8),
            daemons,
            takes_early: dice.random_bool(0.2),
            store: Duration::from_micros(dice.random_range(10..200_000)),
            store_away: chance(dice, 0.1),
            store_in_doubt: chance(dice, 0.1),
            outage: window(dice),
            meta: Duration::from_millis(dice.random_range(1..800)),
            refused: chance(dice, 0.3),
            cut_before: chance(dice, 0.1),
            cut_after: chance(dice, 0.2),
            too_fast: chance(dice, 0.2),
            too_often: chance(dice, 0.1),
            rejected: chance(dice, 0.2),
            fatal: chance(dice, 0.03),
            panics: chance(dice, 0.05),
            slow: chance(dice, 0.4),
            lost: chance(dice, 0.5),
            twice: chance(dice, 0.5),
            failed: chance(dice, 0.3),
            withheld: chance(dice, 0.2),
            asleep: chance(dice, 0.4),
            drift: if dice.random_bool(0.8) { 100 } else { dice.random_range(0..20) },
            blocked: window(dice),
            blows,
            deeds,
        }
    }
}

fn chance(dice: &mut SmallRng, most: Chance) -> Chance {
    if dice.random_bool(0.5) { dice.random_range(0.0..most) } else { 0.0 }
}

fn sometimes(dice: &mut SmallRng, most: i64) -> i64 {
    if dice.random_bool(0.5) { dice.random_range(-most..=most) } else { 0 }
}

fn moment(dice: &mut SmallRng) -> Duration {
    // Most of what matters happens early.
    let latest = if dice.random_bool(0.5) { Duration::from_secs(3) } else { TROUBLED };
    dice.random_range(Duration::ZERO..latest)
}

fn window(dice: &mut SmallRng) -> Option<(Duration, Duration)> {
    let begins = moment(dice);
    let length = dice.random_range(Duration::ZERO..Duration::from_secs(4));
    dice.random_bool(0.2).then_some((begins, begins + length))
}

fn blow(dice: &mut SmallRng) -> Blow {
    match dice.random_range(0..8) {
        0..3 => Blow::Kill,
        3..5 => Blow::Terminate,
        5..7 => Blow::Freeze(dice.random_range(LEASE / 2..LEASE * 4)),
        _ => Blow::Jump(dice.random_range(-300..300)),
    }
}

fn deed(dice: &mut SmallRng, people: u32) -> Deed {
    match dice.random_range(0..8) {
        0..2 => Deed::Pause,
        2 => Deed::Stop,
        3 => Deed::Storm,
        _ => Deed::OptOut(dice.random_range(0..people)),
    }
}
