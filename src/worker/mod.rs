//! Time's door: whatever is due is done here. The rows say what that is; a wake-up only says it sooner.

mod files;
mod imports;
mod mails;
mod mark;
mod reads;
mod rounds;
mod seats;
mod submissions;

use crate::approvals::engine::Engine;
use crate::error::{Error, Result};
use crate::mail::Mailer;
use crate::store::behind::Remembered;
use crate::store::mark_file::MarkFile;
use crate::store::outbox;
use crate::tools::Ctx;
use async_trait::async_trait;
use files::{Files, Sweeps, Uploads};
use futures::FutureExt as _;
use imports::{Forgetting, Imports, Readings};
use mails::Mails;
use mark::{Mark, SharedMark};
use reads::Reads;
use rounds::{Marks, Orders, Posts, Replies, Requests, Times};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use submissions::Submissions;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The longest that anything waits to be looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What the last word on how far the database is may take.
const LAST_MARK: Duration = Duration::from_secs(2);
/// A worker that has not looked for so long stands still.
const STILL: Duration = Duration::from_secs(30);

/// How the worker works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Requests on their way to Meta at once, at most.
    pub concurrency: usize,
    /// Messages a second from one number, at most.
    pub rate_per_second: u32,
    /// How long a message may be in doubt before people are asked.
    pub unknown_after: Duration,
    /// Without a sign of life before another daemon takes over.
    pub lease: Duration,
    /// How often numbers and templates are read anew.
    pub sync_every: Duration,
    /// How long what is on its way may take at the end.
    pub drain_timeout: Duration,
}

/// The running worker.
pub struct Worker {
    tasks: TaskTracker,
    pulse: Pulse,
    mark: SharedMark,
    remembered: Remembered,
}

/// Tells whether the worker moves.
#[derive(Clone)]
pub struct Pulse {
    since: Instant,
    beat: Arc<AtomicU64>,
}

impl Pulse {
    fn new() -> Self {
        Self { since: Instant::now(), beat: Arc::default() }
    }

    fn beat(&self) {
        let now = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat.store(now, Ordering::Relaxed);
    }

    /// Whether it has looked at its work lately.
    #[must_use]
    pub fn beats(&self) -> bool {
        let last = Duration::from_millis(self.beat.load(Ordering::Relaxed));
        self.since.elapsed().saturating_sub(last) < STILL
    }
}

impl Worker {
    /// Enters this daemon into the database and begins to work. Nothing new is begun once `stop` is cancelled. In `mark_file`
    /// stands how far the database was.
    pub async fn start(
        ctx: Ctx,
        mailer: Option<Mailer>,
        settings: Settings,
        mark_file: Option<MarkFile>,
        stop: CancellationToken,
    ) -> Result<Self> {
        let mut mark = Mark::of(&ctx.db, Arc::clone(&ctx.clock), mark_file).await?;
        let instance = mark.enter(env!("CARGO_PKG_VERSION"), ctx.clock.now()).await?;
        if !ctx.db.is_postgres() {
            // Nobody else sends from this file, so what is marked as being sent was left by a daemon that died.
            outbox::give_up_on_held(&ctx.db).await?;
        }
        tracing::info!(daemon = %instance.daemon, epoch = instance.epoch, "the worker begins");
        let engine = Arc::new(Engine {
            ledger: Arc::new(ctx.clone()),
            ctx,
            instance,
            remembered: mark.remembered().clone(),
            slots: Arc::new(Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS))),
            rate_per_second: settings.rate_per_second.max(1),
            unknown_after: settings.unknown_after,
            lease: settings.lease,
            drain_timeout: settings.drain_timeout,
            stop,
        });
        let remembered = engine.remembered.clone();
        let worker = Self { tasks: TaskTracker::new(), pulse: Pulse::new(), mark: SharedMark::new(mark), remembered };
        let (tasks, stop) = (&worker.tasks, &engine.stop);
        let changed = Arc::new(Notify::new());
        let mark = worker.mark.clone();
        let requests = Requests::new(Arc::clone(&engine), tasks.clone(), worker.pulse.clone(), mark.clone());
        tasks.spawn(again(stop.clone(), requests));
        tasks.spawn(again(stop.clone(), Marks::new(Arc::clone(&engine), mark)));
        tasks.spawn(again(stop.clone(), Posts::new(Arc::clone(&engine), Arc::clone(&changed))));
        tasks.spawn(again(stop.clone(), Replies::new(Arc::clone(&engine), tasks.clone())));
        tasks.spawn(again(stop.clone(), Orders(Arc::clone(&engine))));
        tasks.spawn(again(stop.clone(), Submissions::new(Arc::clone(&engine))));
        tasks.spawn(again(stop.clone(), Readings::new(Arc::clone(&engine))));
        tasks.spawn(again(stop.clone(), Imports::new(Arc::clone(&engine))));
        tasks.spawn(again(stop.clone(), Forgetting(Arc::clone(&engine))));
        tasks.spawn(again(stop.clone(), Files::new(Arc::clone(&engine), tasks.clone())));
        tasks.spawn(again(stop.clone(), Reads { engine: Arc::clone(&engine), every: settings.sync_every, changed }));
        tasks.spawn(again(stop.clone(), Times::new(Arc::clone(&engine))));
        tasks.spawn(again(stop.clone(), Sweeps(Arc::clone(&engine))));
        tasks.spawn(again(stop.clone(), Uploads(Arc::clone(&engine))));
        if let Some(mailer) = mailer {
            tasks.spawn(again(stop.clone(), Mails::new(Arc::clone(&engine), mailer)));
        }
        Ok(worker)
    }

    /// What it knows of its database.
    #[must_use]
    pub fn remembered(&self) -> Remembered {
        self.remembered.clone()
    }

    /// Whether it moves.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Waits for what is on its way, and no longer than this. To be called after `stop` was cancelled.
    pub async fn ended(self, patience: Duration) {
        self.tasks.close();
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end in time; what it was about stands in the rows");
        }
        // A backup of what was there before the last of it is behind this.
        match tokio::time::timeout(LAST_MARK, self.mark.raise()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "how far the database is could not be kept at the end"),
            Err(_) => tracing::warn!("how far the database is could not be kept in time"),
        }
    }
}

/// Something that is done again and again.
#[async_trait]
trait Round: Send + 'static {
    /// What it is called in logs and figures.
    const NAME: &'static str;

    /// How long it rests when nobody wakes it.
    fn rest(&self) -> Duration {
        LOOK_EVERY
    }

    /// Does what there is to do.
    async fn turn(&mut self) -> Result<()>;

    /// Comes back when there is something to do before the rest is over.
    async fn woken(&mut self) {
        std::future::pending::<()>().await;
    }

    /// The daemon stops.
    async fn end(&mut self) {}
}

/// Goes round until the daemon stops. An error is told and ends only that turn.
async fn again<R: Round>(stop: CancellationToken, mut round: R) {
    let mut failures = 0_u32;
    while !stop.is_cancelled() {
        // A turn that panics is a turn that failed: what it was about stands in the rows.
        let turn = AssertUnwindSafe(round.turn()).catch_unwind().await;
        let rest = match turn.unwrap_or_else(|_| Err(Error::internal(format!("a turn of {} panicked", R::NAME)))) {
            Ok(()) => {
                failures = 0;
                round.rest()
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                metrics::counter!("countersign_worker_errors_total", "in" => R::NAME).increment(1);
                tracing::error!(what = R::NAME, failures, %error, cause = ?error, "a turn of the worker failed; it is tried again");
                LOOK_EVERY * failures.min(10)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = round.woken(), if failures == 0 => {}
            () = stop.cancelled() => {}
        }
    }
    round.end().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Falls(Arc<AtomicU64>);

    #[async_trait]
    impl Round for Falls {
        const NAME: &'static str = "falls";

        async fn turn(&mut self) -> Result<()> {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_that_falls_over_goes_on() {
        let (turns, stop) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let round = tokio::spawn(again(stop.clone(), Falls(Arc::clone(&turns))));
        tokio::time::sleep(LOOK_EVERY * 3).await;
        stop.cancel();
        round.await.expect("it lives");
        assert!(turns.load(Ordering::SeqCst) > 1);
    }
}
