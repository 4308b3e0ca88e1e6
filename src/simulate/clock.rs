//! The simulator's two clocks: the calendar that stamps webhooks and judges windows, and the pace at which life goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::domain::clock::{SharedClock, Timestamp};

/// Both clocks. Moving them forward moves both: windows close, and whatever was due by then happens.
pub struct LifeClock {
    calendar: SharedClock,
    started: Instant,
    speed: f64,
    advanced: AtomicU64,
}

impl LifeClock {
    /// The calendar is the one the daemon under test has, which judges the 24-hour window by the timestamps of webhooks.
    pub fn start(calendar: SharedClock, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { calendar, started: Instant::now(), speed, advanced: AtomicU64::new(0) }
    }

    pub fn now(&self) -> Timestamp {
        self.calendar.now().after(Duration::from_micros(self.advanced.load(Ordering::Relaxed)))
    }

    /// How much life has passed, in microseconds; the agenda is kept in this unit.
    pub fn life(&self) -> u64 {
        micros(self.started.elapsed().mul_f64(self.speed)).saturating_add(self.advanced.load(Ordering::Relaxed))
    }

    /// Real time until that much life has passed.
    pub fn until(&self, life: u64) -> Duration {
        Duration::from_micros(life.saturating_sub(self.life())).div_f64(self.speed)
    }

    pub fn advance(&self, by: Duration) {
        self.advanced.fetch_add(micros(by), Ordering::Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
