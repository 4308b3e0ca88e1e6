//! The rounds that read lists of contacts and write them. Each takes its time, so neither waits for the other.

use super::Round;
use crate::approvals::engine::Engine;
use crate::approvals::imports;
use crate::error::Result;
use crate::tools::wake::Waiter;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks for lists that nobody needs any more.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Reads uploaded lists.
pub struct Readings {
    engine: Arc<Engine>,
    waiter: Waiter,
}

impl Readings {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { waiter: engine.ctx.wake.on_imports(), engine }
    }
}

#[async_trait]
impl Round for Readings {
    const NAME: &'static str = "readings";

    async fn turn(&mut self) -> Result<()> {
        imports::read(&self.engine.ctx, self.engine.lease, &self.engine.stop).await.map(drop)
    }

    async fn woken(&mut self) {
        self.waiter.woken().await;
    }
}

/// Writes lists that were signed.
pub struct Imports {
    engine: Arc<Engine>,
    waiter: Waiter,
}

impl Imports {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { waiter: engine.ctx.wake.on_imports(), engine }
    }
}

#[async_trait]
impl Round for Imports {
    const NAME: &'static str = "imports";

    async fn turn(&mut self) -> Result<()> {
        imports::write(&self.engine.ctx, &self.engine.stop).await
    }

    async fn woken(&mut self) {
        self.waiter.woken().await;
    }
}

/// Takes away the rows of lists that nobody needs any more.
pub struct Forgetting(pub Arc<Engine>);

#[async_trait]
impl Round for Forgetting {
    const NAME: &'static str = "forgetting";

    fn rest(&self) -> Duration {
        FORGET_EVERY
    }

    async fn turn(&mut self) -> Result<()> {
        imports::forget(&self.0.ctx, &self.0.stop).await
    }
}
