//! The round that brings templates to Meta.

use super::Round;
use crate::approvals::engine::Engine;
use crate::approvals::templates;
use crate::error::Result;
use crate::tools::wake::Waiter;
use async_trait::async_trait;
use std::sync::Arc;

/// Brings templates to Meta.
pub struct Submissions {
    engine: Arc<Engine>,
    waiter: Waiter,
}

impl Submissions {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { waiter: engine.ctx.wake.on_templates(), engine }
    }
}

#[async_trait]
impl Round for Submissions {
    const NAME: &'static str = "submissions";

    async fn turn(&mut self) -> Result<()> {
        let Engine { ctx, lease, unknown_after, stop, .. } = &*self.engine;
        while !stop.is_cancelled() && templates::round(ctx, *lease).await? > 0 {}
        templates::stop::ask(ctx, *unknown_after).await
    }

    async fn woken(&mut self) {
        self.waiter.woken().await;
    }
}
