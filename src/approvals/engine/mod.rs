//! The sending of what was approved: one runner for each execution on each daemon that shares it.
//!
//! A runner writes the ledger, then a [`sender`] leases shards and sends from them. Safety is in the ledger's guards
//! (`store::deliveries`); what is here decides only how soon and how fast.

mod batch;
mod breaker;
mod flight;
mod ledger;
mod pace;
mod sender;
mod shards;
mod turn;

use crate::approvals::execute::Halt;
use crate::domain::audience::NotNow;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::{ContactNo, People};
use crate::domain::deliveries::{Desired, ExecutionState};
use crate::domain::people::Tenant;
use crate::domain::preview::Finding;
use crate::error::{Error, Result};
use crate::graph::messages::{SendOutcome, TemplateMessage};
use crate::store::behind::Remembered;
use crate::store::deliveries::Execution;
use crate::store::instance::Instance;
use crate::tools::Ctx;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use batch::Look;

pub use ledger::{Chunks, Ledger};

/// Rows written to the ledger in one transaction.
const CHUNK: u32 = 5_000;
/// A shard has about this many rows: enough that leasing costs nothing, few enough that daemons share the work.
const SHARD: (u32, u32) = (1_000, 20_000);
/// How long a runner rests when there is nothing for it to do.
const REST: Duration = Duration::from_secs(1);

/// How long Meta may not answer before the start.
const MAY_NOT_ANSWER: Duration = Duration::from_mins(5);

/// What all runners of a daemon share.
pub struct Engine {
    /// Rows, Meta, time.
    pub ctx: Ctx,
    /// The durable side: `ctx`, outside of simulations.
    pub ledger: Arc<dyn Ledger>,
    /// Which daemon this is.
    pub instance: Instance,
    /// What is known of the database. Nothing is begun in one that is behind that.
    pub remembered: Remembered,
    /// Requests on their way at once, at most.
    pub slots: Arc<Semaphore>,
    /// Messages a second from one number, at most.
    pub rate_per_second: u32,
    /// How long a message may be in doubt before people are asked.
    pub unknown_after: Duration,
    /// How long a shard stays ours without a sign of life.
    pub lease: Duration,
    /// How long requests may take to end when the daemon stops.
    pub drain_timeout: Duration,
    /// Cancelled when nothing new is to be begun.
    pub stop: CancellationToken,
}

/// What an execution sends: who it is for, what each gets, and whether one may still go on. The engine knows nothing else
/// of broadcasts.
#[async_trait]
pub trait Script: Send + Sync + 'static {
    /// Reads anew what may have changed elsewhere, before the first message.
    async fn refresh(&self) -> Result<()>;

    /// Looks at the facts again. Whatever blocks stops the sending before the next message.
    async fn recheck(&self) -> Result<Vec<Finding>>;

    /// Until when nothing can go out to anybody, whatever the facts say.
    fn quiet_until(&self) -> Option<Timestamp>;

    /// The message of each of these people, or why there is none now. A message has no callback token yet.
    async fn messages(&self, rows: &[(u32, ContactNo)]) -> Result<Vec<(u32, Result<TemplateMessage, NotNow>)>>;

    /// Sends one message, once.
    async fn send(&self, message: &TemplateMessage) -> SendOutcome;
}

/// An execution with all that its runner needs.
pub struct Job {
    /// The row, as it was when the job was loaded.
    pub execution: Execution,
    /// Whose.
    pub tenant: Tenant,
    /// To whom, by rank.
    pub people: People,
    /// What.
    pub script: Arc<dyn Script>,
    /// Nothing goes out after this.
    pub finish_by: Option<Timestamp>,
    /// What to do when the facts no longer allow it: stand still, or end.
    pub fallback: Desired,
    /// How many in a hundred may fall away before people are asked.
    pub drift_limit_percent: u32,
    /// What Meta allows the number.
    pub number_per_second: u32,
}

impl Job {
    /// Why it may not go on, after a look at the facts.
    fn forbids(&self, look: &Look) -> bool {
        !look.blocked.is_empty() || self.has_drifted(look.gone)
    }

    /// Whether more people have fallen away than those who agreed to go on have agreed to.
    fn has_drifted(&self, gone: u64) -> bool {
        gone * 100 > u64::from(self.execution.total) * u64::from(self.drift_limit_percent)
    }
}

/// Carries an execution as far as this daemon can. Comes back when it has ended or the daemon stops; an error ends this
/// try, and the worker begins another.
pub async fn carry_out(engine: Arc<Engine>, job: Job) -> Result<()> {
    let job = Arc::new(job);
    let mut woken = engine.ctx.wake.on_requests();
    let mut first = true;
    while !engine.stop.is_cancelled() {
        let execution = current(&engine, &job).await?;
        match (execution.state, execution.desired) {
            (ExecutionState::Done | ExecutionState::Cancelled, _) => return Ok(()),
            (ExecutionState::Building, Desired::Run) => {
                if execution.built == 0
                    && let Err(error) = job.script.refresh().await
                {
                    not_refreshed(&engine, &job, &execution, error).await?;
                    continue;
                }
                build(&engine, &job, &execution).await?;
                continue;
            }
            (ExecutionState::Running | ExecutionState::Attention, Desired::Run) => {
                engine.ledger.take_over(&execution, engine.instance.daemon, first).await?;
                first = false;
                sender::Sender::new(&engine, &job, &execution).run().await?;
            }
            (_, Desired::Pause | Desired::Cancel) => {
                engine.ledger.take_over(&execution, engine.instance.daemon, first).await?;
                first = false;
            }
        }
        if engine.ledger.settle(engine.unknown_after, job.tenant.id, execution.id).await? {
            return Ok(());
        }
        tokio::select! {
            biased;
            () = tokio::time::sleep(rest(&job, &execution)) => {}
            () = woken.woken() => {}
            () = engine.stop.cancelled() => {}
        }
    }
    Ok(())
}

/// What is sent cannot be read anew: it is tried again for a while, and then people are told.
async fn not_refreshed(engine: &Engine, job: &Job, execution: &Execution, error: Error) -> Result<()> {
    let now = engine.ctx.clock.now();
    let over = job.finish_by.is_some_and(|at| at <= now);
    if !over && now.since(execution.started_at) < MAY_NOT_ANSWER {
        return Err(error);
    }
    let to = if over { Desired::Cancel } else { Desired::Pause };
    let reason = format!("The template and the number could not be read anew before the start: {error}");
    engine.ledger.halt(execution, &Halt { to, rule: "refresh", reason }).await
}

/// What waits for a webhook, for a person or for the morning is looked at less often.
fn rest(job: &Job, execution: &Execution) -> Duration {
    let waits = execution.state == ExecutionState::Attention || job.script.quiet_until().is_some();
    if waits { REST * 5 } else { REST }
}

async fn current(engine: &Engine, job: &Job) -> Result<Execution> {
    let id = job.execution.id;
    engine.ledger.find(job.tenant.id, id).await?.ok_or_else(|| Error::not_found("execution", id))
}

async fn build(engine: &Engine, job: &Job, execution: &Execution) -> Result<()> {
    let (least, most) = SHARD;
    let batch = execution.batch_size.max(1);
    let shard = (execution.total / 16).clamp(least, most).div_ceil(batch).saturating_mul(batch);
    if !engine.ledger.build(execution, &job.people, Chunks { rows: CHUNK, shard }).await? {
        // Another daemon writes the same ledger, or somebody stopped it; a look at the row tells.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
