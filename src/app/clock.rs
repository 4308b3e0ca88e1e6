//! One time for all daemons on a database: the database's own. What one daemon puts off, lets lapse or starts at a time is
//! due for the others at the same moment, however far apart their machines' clocks are.

use crate::domain::clock::{Clock, SystemClock, Timestamp};
use crate::faults;
use crate::store::{self, Db};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the two clocks are held against each other.
const EVERY: Duration = Duration::from_mins(1);
/// A difference that the way to the database and back may make by itself, in microseconds.
const NEGLIGIBLE: i64 = 20_000;
/// A difference that somebody should know of, in microseconds.
const REMARKABLE: i64 = 2_000_000;

/// The machine's clock, set right by that of the database. A SQLite file has none, and needs none: one daemon has it.
#[derive(Debug, Default)]
pub struct SharedTime {
    /// Added to what the machine says, in microseconds.
    correction: AtomicI64,
}

impl Clock for SharedTime {
    fn now(&self) -> Timestamp {
        let machine = SystemClock.now().micros().saturating_add(faults::clock_off_by());
        Timestamp::from_micros(machine.saturating_add(self.correction.load(Ordering::Relaxed)))
    }
}

impl SharedTime {
    /// Looks at the database's clock once, and goes by it.
    pub async fn align(&self, db: &Db) -> store::Result<()> {
        let before = self.now();
        let Some(theirs) = store::now(db).await? else { return Ok(()) };
        let ours = before.micros().midpoint(self.now().micros());
        let off = theirs.micros().saturating_sub(ours);
        if off.abs() >= NEGLIGIBLE {
            let all = self.correction.fetch_add(off, Ordering::Relaxed).saturating_add(off);
            if all.abs() >= REMARKABLE {
                let seconds = all / 1_000_000;
                tracing::warn!(
                    seconds,
                    "the clock of this machine is off that of the database, which is the one that counts"
                );
            }
        }
        Ok(())
    }

    /// Does so again and again.
    pub async fn keep(self: Arc<Self>, db: Db, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            if let Err(error) = self.align(&db).await {
                tracing::debug!(%error, "the clock of the database could not be read");
            }
        }
    }
}
