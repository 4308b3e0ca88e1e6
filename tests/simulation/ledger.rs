//! The store as a daemon meets it: each call may be slow, come to nothing, or happen without an answer. What it does is done
//! by the real statements, and looked at when they are through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use countersign::approvals::engine::{Chunks, Ledger};
use countersign::approvals::execute::Halt;
use countersign::domain::business::stop::StopReach;
use countersign::domain::clock::Timestamp;
use countersign::domain::consent::{MessageCategory, Suppression};
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::ids::{DaemonId, ExecutionId, TenantId};
use countersign::error::{Error, Result};
use countersign::store::behind::Known;
use countersign::store::deliveries::{
    Committed, Execution, Grant, Grip, GroupCommit, Lease, Surprise, TokenAsk, Waiting,
};
use countersign::store::{self, Db};
use countersign::tools::Ctx;
use tokio::sync::Notify;

use super::world::{Event, World};

/// Whether a daemon is alive, and whether it moves.
#[derive(Default)]
pub struct Life {
    dead: AtomicBool,
    frozen: AtomicBool,
    thawed: Notify,
}

impl Life {
    pub fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub fn is_over(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub fn freeze(&self) {
        self.frozen.store(true, Ordering::SeqCst);
    }

    pub fn thaw(&self) {
        self.frozen.store(false, Ordering::SeqCst);
        self.thawed.notify_waiters();
    }

    /// Goes on if it moves; never comes back if it is dead.
    pub async fn goes_on(&self) {
        loop {
            let thawed = self.thawed.notified();
            if self.is_over() {
                std::future::pending::<()>().await;
            }
            if !self.frozen.load(Ordering::SeqCst) {
                return;
            }
            thawed.await;
        }
    }

    pub async fn sleeps(&self, length: Duration) {
        tokio::time::sleep(length).await;
        self.goes_on().await;
    }
}

/// The store, as one daemon meets it.
pub struct Distant {
    pub world: Arc<World>,
    pub daemon: usize,
    pub life: Arc<Life>,
    /// With the store's own clock.
    pub ctx: Ctx,
    /// What was left behind is still to be swept.
    pub mine_too: AtomicBool,
}

impl Distant {
    async fn call<T>(&self, call: &'static str, asked: impl AsyncFnOnce(&Ctx) -> Result<T>) -> Result<T> {
        let world = &self.world;
        self.life.sleeps(world.up_to(world.plan.store)).await;
        if world.happens(world.plan.store_away) || world.within(world.plan.outage) {
            world.tell(Event::Troubled { daemon: self.daemon, call, happened: false });
            return away();
        }
        let answer = world.wait(asked(&self.ctx));
        self.life.sleeps(world.up_to(world.plan.store)).await;
        if world.happens(world.plan.store_in_doubt) {
            world.tell(Event::Troubled { daemon: self.daemon, call, happened: true });
            return away();
        }
        answer
    }

    /// What was committed, read anew: nothing may go out that was stopped, or to people who want nothing more.
    async fn intended(&self, done: &Committed) {
        let world = &self.world;
        let granted: Vec<(u32, i16)> = done.parts.iter().flat_map(|part| part.intents.iter().copied()).collect();
        if granted.is_empty() {
            return;
        }
        let Db::Sqlite { write, .. } = &self.ctx.db else { return };
        let seqs: Vec<u32> = granted.iter().map(|(seq, _)| *seq).collect();
        let found: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "select d.seq, e.desired, s.kind from delivery d join execution e on e.id = d.execution_id
             left join suppression s on s.tenant_id = $1 and s.contact_no = d.contact_no
             where d.execution_id = $2 and d.seq in (select value from json_each($3))",
        )
        .bind(world.ground.business.tenant.id.uuid())
        .bind(world.execution.uuid())
        .bind(serde_json::to_string(&seqs).unwrap())
        .fetch_all(write)
        .await
        .unwrap();
        for (seq, desired, kind) in found {
            if desired != "run" {
                world.wrong(format!("row {seq} was intended although it is to {desired}"));
            }
            if Suppression::forbidding(MessageCategory::Marketing).any(|forbidden| kind.as_deref() == Some(forbidden)) {
                world.wrong(format!("row {seq} was intended although its person wants nothing more"));
            }
        }
        for (seq, attempt) in granted {
            world.tell(Event::Intended { daemon: self.daemon, seq, attempt });
        }
    }

    /// Whether every shard that others hold is free to be taken.
    async fn others_are_gone(&self, me: DaemonId) -> bool {
        let Db::Sqlite { write, .. } = &self.ctx.db else { return true };
        let held: i64 = sqlx::query_scalar(
            "select count(*) from shard where execution_id = $1 and not done and owner is not null and owner <> $2 and lease_until >= $3",
        )
        .bind(self.world.execution.uuid())
        .bind(me.uuid())
        .bind(self.ctx.clock.now().micros())
        .fetch_one(write)
        .await
        .unwrap();
        held == 0
    }
}

fn away<T>() -> Result<T> {
    Err(Error::from(store::Error::Database(sqlx::Error::PoolTimedOut)))
}

#[async_trait]
impl Ledger for Distant {
    async fn find(&self, tenant: TenantId, id: ExecutionId) -> Result<Option<Execution>> {
        self.call("find", async |ctx| ctx.find(tenant, id).await).await
    }

    async fn build(&self, execution: &Execution, people: &People, _: Chunks) -> Result<bool> {
        let chunks = Chunks { rows: self.world.plan.chunk, shard: self.world.plan.shard };
        self.call("build", async |ctx| ctx.build(execution, people, chunks).await).await
    }

    /// On SQLite whoever sweeps takes it that nobody else is there; here others are. Most worlds wait for their leases to
    /// lapse, as PostgreSQL does; some do not.
    async fn take_over(&self, execution: &Execution, me: DaemonId, mine_too: bool) -> Result<()> {
        if mine_too {
            self.mine_too.store(true, Ordering::SeqCst);
        }
        self.call("take_over", async |ctx| {
            if self.world.plan.takes_early && self.world.troubled() || self.others_are_gone(me).await {
                ctx.take_over(execution, me, self.mine_too.load(Ordering::SeqCst)).await?;
                self.mine_too.store(false, Ordering::SeqCst);
            }
            Ok(())
        })
        .await
    }

    async fn settle(&self, unknown_after: Duration, tenant: TenantId, id: ExecutionId) -> Result<bool> {
        self.call("settle", async |ctx| ctx.settle(unknown_after, tenant, id).await).await
    }

    async fn halt(&self, execution: &Execution, halt: &Halt) -> Result<()> {
        self.call("halt", async |ctx| {
            ctx.halt(execution, halt).await?;
            self.world.tell(Event::Done { what: format!("halt by {}", halt.rule) });
            Ok(())
        })
        .await
    }

    async fn stop_all(&self, execution: &Execution, reach: &StopReach, why: &str) -> Result<()> {
        self.call("stop all", async |ctx| {
            ctx.stop_all(execution, reach, why).await?;
            self.world.tell(Event::Done { what: "everything is stopped".to_owned() });
            Ok(())
        })
        .await
    }

    async fn claim(
        &self,
        execution: ExecutionId,
        me: DaemonId,
        lease: Duration,
        known: Known,
    ) -> Result<Option<Lease>> {
        self.call("claim", async |ctx| ctx.claim(execution, me, lease, known).await).await
    }

    async fn close(&self, execution: ExecutionId, me: DaemonId, lease: &Lease) -> Result<bool> {
        self.call("close", async |ctx| ctx.close(execution, me, lease).await).await
    }

    async fn release(&self, execution: ExecutionId, me: DaemonId, leases: &[Lease]) -> Result<()> {
        self.call("release", async |ctx| ctx.release(execution, me, leases).await).await
    }

    async fn sending(&self, execution: ExecutionId, lease: &Lease) -> Result<Vec<(u32, i16)>> {
        self.call("sending", async |ctx| ctx.sending(execution, lease).await).await
    }

    async fn waiting(&self, execution: ExecutionId, from: u32, to: u32) -> Result<Vec<Waiting>> {
        self.call("waiting", async |ctx| ctx.waiting(execution, from, to).await).await
    }

    async fn retries(
        &self,
        execution: ExecutionId,
        lease: &Lease,
        now: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Waiting>, Option<Timestamp>)> {
        self.call("retries", async |ctx| ctx.retries(execution, lease, now, limit).await).await
    }

    async fn fallen_away(&self, execution: &Execution) -> Result<u64> {
        self.call("fallen_away", async |ctx| ctx.fallen_away(execution).await).await
    }

    async fn commit(&self, wanted: &GroupCommit<'_>) -> Result<Committed> {
        self.call("commit", async |ctx| {
            // Leases have the store's time, as on PostgreSQL.
            let wanted = GroupCommit { now: ctx.clock.now(), ..wanted.clone() };
            let done = ctx.commit(&wanted).await?;
            self.intended(&done).await;
            for surprise in done.surprises.iter().filter(|s| !matches!(s, Surprise::Moved { .. })) {
                self.world.wrong(format!("{surprise:?}"));
            }
            if done.parts.iter().any(|part| part.grip == Grip::Behind) {
                self.world.wrong("the database is taken for older than what has happened".to_owned());
            }
            Ok(done)
        })
        .await
    }

    async fn take_tokens(&self, tenant: TenantId, ask: &TokenAsk<'_>) -> Result<Grant> {
        self.call("take_tokens", async |ctx| ctx.take_tokens(tenant, ask).await).await
    }

    async fn slow_down(&self, tenant: TenantId, bucket: &str, per_second: f64) -> Result<()> {
        self.call("slow_down", async |ctx| ctx.slow_down(tenant, bucket, per_second).await).await
    }

    async fn remedy(&self, tenant: TenantId, refusals: &[(ContactNo, i64)]) -> Result<()> {
        if refusals.is_empty() {
            return Ok(());
        }
        self.call("remedy", async |ctx| ctx.remedy(tenant, refusals).await).await
    }
}
