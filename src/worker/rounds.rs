//! The rounds: requests whose time has come, posts from Meta, and what the clock brings.

use super::mark::{Found, SharedMark};
use super::seats::Seats;
use super::{Pulse, Round};
use crate::approvals::behind::stand_still;
use crate::approvals::engine::{self, Engine};
use crate::approvals::{begin, inbox, orders, replies, retries, script};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::{Desired, ExecutionState};
use crate::domain::ids::ExecutionId;
use crate::error::Result;
use crate::store::deliveries::Execution;
use crate::store::{behind, deliveries, instance, requests, sessions, webhooks};
use crate::tools::wake::Waiter;
use async_trait::async_trait;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Requests that are taken in one look.
const TAKEN_AT_ONCE: u32 = 50;
/// A request that could not be begun, and an execution whose runner failed, rests for so long.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// A sign of life so often while one turn takes long.
const BEAT: Duration = Duration::from_secs(1);
/// A daemon that was silent for so long is forgotten.
const SILENT: Duration = Duration::from_mins(10);
/// Meta repeats an event for up to a week; what was applied is remembered for longer than that.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);
/// Failed sign-ins count for minutes; nobody asks for them after so long.
const FORGIVEN: Duration = Duration::from_hours(24);

/// Which executions this daemon works on.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<HashSet<ExecutionId>>>);

/// One of them; leaving the list with its runner, however that ends.
struct Seat(Running, ExecutionId);

impl Running {
    fn take(&self, id: ExecutionId) -> Option<Seat> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        taken.then(|| Seat(self.clone(), id))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Self(running, id) = self;
        running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Requests and executions that failed lately, with when each is tried again.
#[derive(Clone, Default)]
struct Resting(Arc<Mutex<HashMap<Uuid, Instant>>>);

impl Resting {
    fn lay(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Instant::now() + AFTER_FAILURE);
    }

    fn has(&self, id: Uuid) -> bool {
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|_, until| *until > Instant::now());
        resting.contains_key(&id)
    }
}

/// Takes approved requests, and has a runner for each execution that has not ended.
pub struct Requests {
    engine: Arc<Engine>,
    tasks: TaskTracker,
    pulse: Pulse,
    running: Running,
    resting: Resting,
    waiter: Waiter,
    mark: SharedMark,
}

impl Requests {
    pub fn new(engine: Arc<Engine>, tasks: TaskTracker, pulse: Pulse, mark: SharedMark) -> Self {
        let waiter = engine.ctx.wake.on_requests();
        Self { engine, tasks, pulse, running: Running::default(), resting: Resting::default(), waiter, mark }
    }

    /// The database was found to be older than what has happened, by whomever.
    async fn see_to(&self, noticed: Timestamp) -> Result<()> {
        let mut mark = self.mark.hold().await;
        // Others may have noticed it, of a database that this daemon has not looked at yet.
        mark.look().await?;
        let remembered = mark.remembered().known().epoch;
        let seeing_to = stand_still(&self.engine.ctx, noticed, remembered, mark.identity());
        tokio::pin!(seeing_to);
        let epoch = loop {
            tokio::select! {
                biased;
                // Whoever comes next goes on with it.
                () = self.engine.stop.cancelled() => return Ok(()),
                epoch = &mut seeing_to => break epoch?,
                // Large ledgers take their time.
                () = tokio::time::sleep(BEAT) => self.pulse.beat(),
            }
        };
        epoch.map_or(Ok(()), |epoch| mark.see(epoch))
    }

    fn run(&self, execution: Execution, seat: Seat) {
        let (engine, resting) = (Arc::clone(&self.engine), self.resting.clone());
        self.tasks.spawn(async move {
            let id = execution.id;
            if let Err(error) = run(engine, execution).await {
                tracing::error!(execution = %id, %error, cause = ?error, "an execution is interrupted and will go on");
                resting.lay(id.uuid());
            }
            drop(seat);
        });
    }
}

#[async_trait]
impl Round for Requests {
    const NAME: &'static str = "requests";

    async fn turn(&mut self) -> Result<()> {
        self.pulse.beat();
        let ctx = &self.engine.ctx;
        let mut due = requests::due(&ctx.db, ctx.clock.now(), TAKEN_AT_ONCE).await?;
        due.retain(|(_, id)| !self.resting.has(id.uuid()));
        let raised = !due.is_empty();
        let mut found = if raised { self.mark.raise().await? } else { Found::Ahead };
        if let Some(noticed) = behind::noticed(&ctx.db).await? {
            return self.see_to(noticed).await;
        }
        if found == Found::Behind {
            return Ok(());
        }
        for (tenant, id) in due {
            if let Err(error) = begin::begin(ctx, tenant, id).await {
                self.resting.lay(id.uuid());
                tracing::error!(request = %id, %error, cause = ?error, "an approved request could not be begun");
            }
        }
        let (mut begin, mut goes_on, mut begins) = (Vec::new(), false, false);
        for execution in deliveries::unfinished(&ctx.db).await? {
            let sends = execution.desired == Desired::Run && execution.state != ExecutionState::Attention;
            goes_on |= sends;
            if !self.resting.has(execution.id.uuid())
                && let Some(seat) = self.running.take(execution.id)
            {
                begins |= sends;
                begin.push((execution, seat));
            }
        }
        self.mark.goes_on(goes_on);
        // Whoever begins anew may do so because the database went away; it may have come back as another.
        if begins && !raised {
            found = self.mark.raise().await?;
        }
        if found == Found::Behind {
            ctx.wake.requests();
            return Ok(());
        }
        for (execution, seat) in begin {
            self.run(execution, seat);
        }
        Ok(())
    }

    async fn woken(&mut self) {
        self.waiter.woken().await;
    }
}

/// Keeps the mark up while anything is sent, and once after that, whatever else takes its time.
pub struct Marks {
    engine: Arc<Engine>,
    mark: SharedMark,
    went_on: bool,
}

impl Marks {
    pub fn new(engine: Arc<Engine>, mark: SharedMark) -> Self {
        Self { engine, mark, went_on: false }
    }
}

#[async_trait]
impl Round for Marks {
    const NAME: &'static str = "marks";

    async fn turn(&mut self) -> Result<()> {
        let goes_on = self.mark.is_going_on();
        if (goes_on || self.went_on) && self.mark.raise().await? == Found::Behind {
            self.engine.ctx.wake.requests();
        }
        self.went_on = goes_on;
        Ok(())
    }
}

async fn run(engine: Arc<Engine>, execution: Execution) -> Result<()> {
    let job = script::job(&engine.ctx, execution).await?;
    engine::carry_out(engine, job).await
}

/// Applies what Meta sent, and tries again what people agreed to. Some of it asks for numbers and accounts to be read anew.
pub struct Posts {
    engine: Arc<Engine>,
    changed: Arc<Notify>,
    waiter: Waiter,
}

impl Posts {
    pub fn new(engine: Arc<Engine>, changed: Arc<Notify>) -> Self {
        Self { waiter: engine.ctx.wake.on_posts(), engine, changed }
    }
}

#[async_trait]
impl Round for Posts {
    const NAME: &'static str = "posts";

    async fn turn(&mut self) -> Result<()> {
        loop {
            let round = inbox::round(&self.engine.ctx, &self.engine.instance.secret).await?;
            if round.read_again {
                self.changed.notify_one();
            }
            if self.engine.stop.is_cancelled() {
                return Ok(());
            }
            if round.posts == 0 {
                break;
            }
        }
        if retries::round(&self.engine.ctx, &self.engine.instance.secret).await? {
            self.changed.notify_one();
        }
        Ok(())
    }

    async fn woken(&mut self) {
        self.waiter.woken().await;
    }
}

/// Replies that are said at once.
const SAID_AT_ONCE: usize = 32;

/// Says what is to be said to single customers, each by itself: a slow answer of Meta's keeps nobody else waiting.
pub struct Replies {
    engine: Arc<Engine>,
    waiter: Waiter,
    seats: Seats,
}

impl Replies {
    pub fn new(engine: Arc<Engine>, tasks: TaskTracker) -> Self {
        Self { waiter: engine.ctx.wake.on_replies(), engine, seats: Seats::new(SAID_AT_ONCE, tasks) }
    }
}

#[async_trait]
impl Round for Replies {
    const NAME: &'static str = "replies";

    async fn turn(&mut self) -> Result<()> {
        let Engine { ctx, instance, remembered, lease, unknown_after, stop, .. } = &*self.engine;
        let mut seats = self.seats.free();
        if !seats.is_empty() && !stop.is_cancelled() {
            for held in replies::take(ctx, instance, remembered.known(), *lease, seats.len()).await? {
                let engine = Arc::clone(&self.engine);
                self.seats.take(seats.pop(), async move {
                    let said = replies::say(&engine.ctx, &engine.instance, &held, engine.rate_per_second).await;
                    // It is left for its lease to lapse, and then in doubt.
                    if let Err(error) = said {
                        tracing::error!(reply = %held.reply(), %error, cause = ?error, "what became of a reply could not be written down");
                    }
                });
            }
        }
        replies::doubts::ask(ctx, *unknown_after).await?;
        replies::end(ctx).await
    }

    async fn woken(&mut self) {
        tokio::select! {
            () = self.waiter.woken() => {}
            () = self.seats.freed() => {}
        }
    }
}

/// Places orders with the system that keeps them.
pub struct Orders(pub Arc<Engine>);

#[async_trait]
impl Round for Orders {
    const NAME: &'static str = "orders";

    async fn turn(&mut self) -> Result<()> {
        while !self.0.stop.is_cancelled() && orders::round(&self.0.ctx).await? > 0 {}
        Ok(())
    }
}

/// What the clock brings: requests that lapse, the sign of life, the figures, what may be forgotten.
pub struct Times {
    engine: Arc<Engine>,
    turns: u32,
}

impl Times {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine, turns: 0 }
    }
}

#[async_trait]
impl Round for Times {
    const NAME: &'static str = "times";

    async fn turn(&mut self) -> Result<()> {
        let (ctx, turns) = (&self.engine.ctx, self.turns);
        let now = ctx.clock.now();
        begin::lapse(ctx, now).await?;
        if turns.is_multiple_of(10) {
            instance::heartbeat(&ctx.db, self.engine.instance.daemon, now.before(SILENT), now).await?;
            figures(&self.engine, now).await?;
        }
        if turns.is_multiple_of(3600) {
            webhooks::forget(&ctx.db, now.before(REMEMBERED)).await?;
            sessions::delete_ended(&ctx.db, now, now.before(FORGIVEN)).await?;
        }
        self.turns = turns.wrapping_add(1);
        Ok(())
    }

    async fn end(&mut self) {
        if let Err(error) = instance::leave(&self.engine.ctx.db, self.engine.instance.daemon).await {
            tracing::debug!(%error, "this daemon stays on the list until it is forgotten");
        }
    }
}

async fn figures(engine: &Engine, now: Timestamp) -> Result<()> {
    let backlog = webhooks::backlog(&engine.ctx.db).await?;
    #[expect(clippy::cast_precision_loss, reason = "a figure on a chart")]
    {
        metrics::gauge!("countersign_webhook_posts_waiting").set(backlog.waiting as f64);
        metrics::gauge!("countersign_webhook_posts_parked").set(backlog.parked as f64);
        metrics::gauge!("countersign_webhook_events_aside").set(backlog.aside as f64);
        metrics::gauge!("countersign_send_slots_free").set(engine.slots.available_permits() as f64);
    }
    let lag = backlog.oldest.map_or(Duration::ZERO, |at| now.since(at));
    metrics::gauge!("countersign_webhook_lag_seconds").set(lag.as_secs_f64());
    Ok(())
}
