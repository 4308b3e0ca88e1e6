//! The round that reads from Meta what it knows of the business.

use super::Round;
use crate::approvals::engine::Engine;
use crate::approvals::recheck;
use crate::domain::people::Tenant;
use crate::error::Result;
use crate::store::people;
use crate::tools::sync;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Reads numbers, templates and profiles from Meta: at the start, from time to time, and when an event says that they changed.
/// Then what waits is looked at again.
pub struct Reads {
    pub engine: Arc<Engine>,
    pub every: Duration,
    pub changed: Arc<Notify>,
}

#[async_trait]
impl Round for Reads {
    const NAME: &'static str = "reads";

    fn rest(&self) -> Duration {
        self.every
    }

    async fn turn(&mut self) -> Result<()> {
        read_from_meta(&self.engine).await
    }

    async fn woken(&mut self) {
        self.changed.notified().await;
    }
}

async fn read_from_meta(engine: &Engine) -> Result<()> {
    for tenant in people::tenants(&engine.ctx.db).await? {
        // What goes wrong for one business is no reason to leave the others unread.
        if let Err(error) = read_one(engine, &tenant).await {
            tracing::warn!(tenant = %tenant.id, %error, "a business could not be looked at");
        }
    }
    Ok(())
}

async fn read_one(engine: &Engine, tenant: &Tenant) -> Result<()> {
    // What Meta has told is known before it is asked, and holds where it does not answer.
    recheck::open(&engine.ctx, tenant.id).await?;
    match sync::sync(&engine.ctx, tenant).await {
        Ok(report) if report.changes > 0 => recheck::open(&engine.ctx, tenant.id).await?,
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(tenant = %tenant.id, %error, "numbers and templates could not be read from Meta");
        }
    }
    let failed = sync::profiles::read(&engine.ctx, tenant).await?;
    if failed > 0 {
        tracing::warn!(tenant = %tenant.id, failed, "profiles of numbers could not be read from Meta");
    }
    Ok(())
}
