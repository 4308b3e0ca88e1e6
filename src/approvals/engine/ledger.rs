//! What the engine asks of the store, each call a whole: it happened, it did not, or nobody knows. The engine asks by this
//! trait alone, so that a simulation can let each call be slow, fail, or succeed without saying so.

use crate::approvals::execute::{self, Halt};
use crate::approvals::reconcile;
use crate::approvals::stops;
use crate::domain::business::stop::StopReach;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::{ContactNo, People};
use crate::domain::ids::{DaemonId, ExecutionId, TenantId};
use crate::error::Result;
use crate::faults::Step;
use crate::store::behind::Known;
use crate::store::deliveries::{self, Committed, Execution, Grant, GroupCommit, Lease, TokenAsk, Waiting};
use crate::tools::{Ctx, webhooks};
use async_trait::async_trait;
use std::time::Duration;

/// How a ledger is to be written: so many rows in one transaction, so many rows in a shard.
#[derive(Debug, Clone, Copy)]
pub struct Chunks {
    /// Rows in one transaction.
    pub rows: u32,
    /// Rows in a shard.
    pub shard: u32,
}

/// The durable side of an execution.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// The execution as it stands.
    async fn find(&self, tenant: TenantId, id: ExecutionId) -> Result<Option<Execution>>;

    /// Writes the next rows; `false` if another daemon writes them, or somebody stopped it.
    async fn build(&self, execution: &Execution, people: &People, chunks: Chunks) -> Result<bool>;

    /// Frees the shards of daemons that are gone; with `mine_too`, also what this one left behind.
    async fn take_over(&self, execution: &Execution, me: DaemonId, mine_too: bool) -> Result<()>;

    /// Ends what has come to its end, and asks people about what stays in doubt. `true` if it has ended.
    async fn settle(&self, unknown_after: Duration, tenant: TenantId, id: ExecutionId) -> Result<bool>;

    /// The worker itself lets it stand still, or ends it.
    async fn halt(&self, execution: &Execution, halt: &Halt) -> Result<()>;

    /// Stops all that goes out from this number, or from all of the business: Meta would refuse it as it has refused one.
    async fn stop_all(&self, execution: &Execution, reach: &StopReach, why: &str) -> Result<()>;

    /// Takes a shard that nobody holds; none in a database that is behind what is known of it.
    async fn claim(&self, execution: ExecutionId, me: DaemonId, lease: Duration, known: Known)
    -> Result<Option<Lease>>;

    /// Ends a shard in which nothing waits any more.
    async fn close(&self, execution: ExecutionId, me: DaemonId, lease: &Lease) -> Result<bool>;

    /// Gives shards back of which nothing is under way.
    async fn release(&self, execution: ExecutionId, me: DaemonId, leases: &[Lease]) -> Result<()>;

    /// Rows of a shard that are marked as being sent, each with its attempt.
    async fn sending(&self, execution: ExecutionId, lease: &Lease) -> Result<Vec<(u32, i16)>>;

    /// Rows that wait, from one number up to another.
    async fn waiting(&self, execution: ExecutionId, from: u32, to: u32) -> Result<Vec<Waiting>>;

    /// Rows of a shard whose time for another try has come, at most so many, and when the next one is due.
    async fn retries(
        &self,
        execution: ExecutionId,
        lease: &Lease,
        now: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Waiting>, Option<Timestamp>)>;

    /// How many people have fallen away since people agreed.
    async fn fallen_away(&self, execution: &Execution) -> Result<u64>;

    /// Makes outcomes and intents durable. After an error nobody knows whether it happened.
    async fn commit(&self, wanted: &GroupCommit<'_>) -> Result<Committed>;

    /// Takes tokens when there is nothing to commit.
    async fn take_tokens(&self, tenant: TenantId, ask: &TokenAsk<'_>) -> Result<Grant>;

    /// Halves the rate of a number.
    async fn slow_down(&self, tenant: TenantId, bucket: &str, per_second: f64) -> Result<()>;

    /// Notes on people what Meta's codes say of them.
    async fn remedy(&self, tenant: TenantId, refusals: &[(ContactNo, i64)]) -> Result<()>;
}

#[async_trait]
impl Ledger for Ctx {
    async fn find(&self, tenant: TenantId, id: ExecutionId) -> Result<Option<Execution>> {
        Ok(deliveries::find(&self.db, tenant, id).await?)
    }

    async fn build(&self, execution: &Execution, people: &People, chunks: Chunks) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let wrote = deliveries::build(&mut tx, execution, people, chunks.rows, chunks.shard, now).await?;
        if wrote {
            tx.commit_at(Step::Built).await?;
        }
        Ok(wrote)
    }

    async fn take_over(&self, execution: &Execution, me: DaemonId, mine_too: bool) -> Result<()> {
        reconcile::take_over(self, execution, me, mine_too).await
    }

    async fn settle(&self, unknown_after: Duration, tenant: TenantId, id: ExecutionId) -> Result<bool> {
        execute::settle(self, unknown_after, tenant, id).await
    }

    async fn halt(&self, execution: &Execution, halt: &Halt) -> Result<()> {
        execute::halt(self, execution, halt).await
    }

    async fn stop_all(&self, execution: &Execution, reach: &StopReach, why: &str) -> Result<()> {
        stops::met(self, execution.tenant, reach, why).await
    }

    async fn claim(
        &self,
        execution: ExecutionId,
        me: DaemonId,
        lease: Duration,
        known: Known,
    ) -> Result<Option<Lease>> {
        let mut tx = self.db.begin().await?;
        let lease = deliveries::claim(&mut tx, execution, me, lease, known, self.clock.now()).await?;
        if lease.is_some() {
            tx.commit_at(Step::Leased).await?;
        }
        Ok(lease)
    }

    async fn close(&self, execution: ExecutionId, me: DaemonId, lease: &Lease) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let closed = deliveries::close(&mut tx, execution, me, lease).await?;
        if closed {
            tx.commit_at(Step::Closed).await?;
        }
        Ok(closed)
    }

    async fn release(&self, execution: ExecutionId, me: DaemonId, leases: &[Lease]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for lease in leases {
            deliveries::release(&mut tx, execution, me, lease).await?;
        }
        Ok(tx.commit_at(Step::Released).await?)
    }

    async fn sending(&self, execution: ExecutionId, lease: &Lease) -> Result<Vec<(u32, i16)>> {
        Ok(deliveries::sending(&self.db, execution, lease.seq_from, lease.seq_to, lease.epoch).await?)
    }

    async fn waiting(&self, execution: ExecutionId, from: u32, to: u32) -> Result<Vec<Waiting>> {
        Ok(deliveries::waiting(&self.db, execution, from, to).await?)
    }

    async fn retries(
        &self,
        execution: ExecutionId,
        lease: &Lease,
        now: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Waiting>, Option<Timestamp>)> {
        Ok(deliveries::retries(&self.db, execution, lease.seq_from, lease.seq_to, now, limit).await?)
    }

    async fn fallen_away(&self, execution: &Execution) -> Result<u64> {
        Ok(deliveries::fallen_away(&self.db, execution).await?)
    }

    async fn commit(&self, wanted: &GroupCommit<'_>) -> Result<Committed> {
        Ok(deliveries::group_commit(&self.db, wanted).await?)
    }

    async fn take_tokens(&self, tenant: TenantId, ask: &TokenAsk<'_>) -> Result<Grant> {
        Ok(deliveries::take_tokens(&self.db, tenant, ask, self.clock.now()).await?)
    }

    async fn slow_down(&self, tenant: TenantId, bucket: &str, per_second: f64) -> Result<()> {
        Ok(deliveries::slow_down(&self.db, tenant, bucket, per_second, self.clock.now()).await?)
    }

    async fn remedy(&self, tenant: TenantId, refusals: &[(ContactNo, i64)]) -> Result<()> {
        webhooks::remedy(self, tenant, refusals).await
    }
}
