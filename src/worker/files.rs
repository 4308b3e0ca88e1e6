//! The rounds that look after files: those of customers are fetched, and those that nobody knows are taken away.

use super::Round;
use super::seats::Seats;
use crate::approvals::attachments;
use crate::approvals::engine::Engine;
use crate::error::Result;
use crate::tools::media;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Files that are fetched at once. Each may take 100 MB of memory.
const FETCHED_AT_ONCE: usize = 4;
/// Files that no row names are a day old before they are taken away.
const SWEEP_EVERY: Duration = Duration::from_hours(24);

/// Files of agents that have expired wait no longer than this to be taken away.
const SWEEP_UPLOADS_EVERY: Duration = Duration::from_hours(1);

/// Fetches the files of customers, some at once: one that takes its time keeps nobody but itself.
pub struct Files {
    engine: Arc<Engine>,
    seats: Seats,
}

impl Files {
    pub fn new(engine: Arc<Engine>, tasks: TaskTracker) -> Self {
        Self { engine, seats: Seats::new(FETCHED_AT_ONCE, tasks) }
    }
}

#[async_trait]
impl Round for Files {
    const NAME: &'static str = "files";

    async fn turn(&mut self) -> Result<()> {
        let mut seats = self.seats.free();
        if seats.is_empty() {
            return Ok(());
        }
        let most = u32::try_from(seats.len()).unwrap_or(u32::MAX);
        for due in attachments::claim(&self.engine.ctx, most).await? {
            let engine = Arc::clone(&self.engine);
            self.seats.take(seats.pop(), async move {
                if let Err(error) = attachments::fetch(&engine.ctx, &due, &engine.stop).await {
                    tracing::error!(message = due.wamid, %error, cause = ?error, "what became of a customer's file could not be written down");
                }
            });
        }
        Ok(())
    }

    async fn woken(&mut self) {
        self.seats.freed().await;
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

/// Takes away what agents sent and nobody used in time.
pub struct Uploads(pub Arc<Engine>);

#[async_trait]
impl Round for Uploads {
    const NAME: &'static str = "uploads";

    fn rest(&self) -> Duration {
        SWEEP_UPLOADS_EVERY
    }

    async fn turn(&mut self) -> Result<()> {
        let Self(engine) = self;
        let swept = media::sweep_uploads(&engine.ctx, &engine.stop).await?;
        if swept > 0 {
            tracing::info!(swept, "files of agents that have expired were taken away");
        }
        Ok(())
    }
}
