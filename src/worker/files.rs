//! The rounds that look after files: those of customers are fetched, and those that nobody knows are taken away.

use super::Round;
use crate::approvals::attachments;
use crate::approvals::engine::Engine;
use crate::error::Result;
use crate::tools::media;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;

/// Files that are fetched at once. Each may take 100 MB of memory.
const FETCHED_AT_ONCE: usize = 4;
/// Files that no row names are a day old before they are taken away.
const SWEEP_EVERY: Duration = Duration::from_hours(24);

/// Fetches the files of customers, some at once: one that takes its time keeps nobody but itself.
pub struct Files {
    engine: Arc<Engine>,
    tasks: TaskTracker,
    seats: Arc<Semaphore>,
    freed: Arc<Notify>,
}

impl Files {
    pub fn new(engine: Arc<Engine>, tasks: TaskTracker) -> Self {
        Self { engine, tasks, seats: Arc::new(Semaphore::new(FETCHED_AT_ONCE)), freed: Arc::default() }
    }
}

#[async_trait]
impl Round for Files {
    const NAME: &'static str = "files";

    async fn turn(&mut self) -> Result<()> {
        let mut seats = Vec::new();
        while let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() {
            seats.push(seat);
        }
        if seats.is_empty() {
            return Ok(());
        }
        let most = u32::try_from(seats.len()).unwrap_or(u32::MAX);
        for due in attachments::claim(&self.engine.ctx, most).await? {
            let (engine, seat, freed) = (Arc::clone(&self.engine), seats.pop(), Arc::clone(&self.freed));
            self.tasks.spawn(async move {
                if let Err(error) = attachments::fetch(&engine.ctx, &due, &engine.stop).await {
                    tracing::error!(message = due.wamid, %error, cause = ?error, "what became of a customer's file could not be written down");
                }
                drop(seat);
                freed.notify_one();
            });
        }
        Ok(())
    }

    async fn woken(&mut self) {
        self.freed.notified().await;
    }
}

/// Takes away files that nobody knows.
pub struct Sweeps(pub Arc<Engine>);

#[async_trait]
impl Round for Sweeps {
    const NAME: &'static str = "sweeps";

    fn rest(&self) -> Duration {
        SWEEP_EVERY
    }

    async fn turn(&mut self) -> Result<()> {
        let Self(engine) = self;
        let swept = media::sweep(&engine.ctx, &engine.stop).await?;
        if swept > 0 {
            tracing::info!(swept, "files that no row names were taken away");
        }
        Ok(())
    }
}
