//! One sender: a loop that gathers what has ended, takes what may begin, commits both together, and only then begins.
//!
//! Any trouble with the database ends the intents, not the outcomes: the sender waits for what is on its way, writes it
//! down for as long as the process lives, and lets its runner begin anew from the rows.

use super::batch::{self, Batch, Look};
use super::breaker::{Breaker, Trip};
use super::flight::{Landing, Try};
use super::pace::Pace;
use super::shards::{Held, renewal};
use super::{Engine, Job};
use crate::approvals::execute::Halt;
use crate::approvals::stops::reach_of;
use crate::domain::business::stop::StopReach;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::Desired;
use crate::domain::preview::Finding;
use crate::error::{Error, Result};
use crate::graph::Backoff;
use crate::graph::errors::FatalFor;
use crate::graph::messages::SendOutcome;
use crate::store::deliveries::{Execution, Outcome, Settled};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The facts are looked at again at least this often, however large a batch is.
pub const CHECK_EVERY: Duration = Duration::from_secs(10);
/// The longest that the loop sleeps.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// What a sender is told.
pub enum Event {
    /// A request has ended.
    Landed(Landing),
    /// Rows were made ready.
    Loaded { shard_no: i64, epoch: i64, to: Option<u32>, next_retry: Option<Timestamp>, batch: Result<Batch> },
    /// The facts were looked at.
    Checked(Result<Look>),
}

/// Sends from the shards of one execution that this daemon can get.
pub struct Sender<'a> {
    pub(super) engine: &'a Engine,
    pub(super) job: &'a Arc<Job>,
    /// How many people have fallen away, if that is more than may go on.
    pub(super) drifted: Option<u64>,
    pub(super) held: Vec<Held>,
    /// Requests on their way, and to whom.
    pub(super) aloft: BTreeMap<Try, ContactNo>,
    /// Requests that have ended and are not written down yet.
    pub(super) landed: Vec<Outcome>,
    /// People to whom something must be noted because of Meta's code.
    pub(super) remedies: Vec<(ContactNo, i64)>,
    pub(super) pace: Pace,
    pub(super) too_fast: bool,
    /// Meta has taken nothing since it was said that it takes nothing.
    turned_away: bool,
    /// Some outcome put its row back into the queue.
    pub(super) put_back: bool,
    pub(super) blocked: Vec<Finding>,
    /// When the facts were last looked at; `None` before the first look.
    pub(super) checked_at: Option<Instant>,
    pub(super) ask_again: Option<Instant>,
    pub(super) events: UnboundedSender<Event>,
    /// No intents any more: stopped, halted, or in trouble.
    pub(super) closing: bool,
    /// Calls off the requests that wait for their turn.
    pub(super) grounded: CancellationToken,
    pub(super) trouble: Option<Error>,
    pub(super) tries: u32,
    checking: bool,
    breaker: Breaker,
    trip: Option<Trip>,
    inbox: UnboundedReceiver<Event>,
    drain_until: Option<Instant>,
}

impl<'a> Sender<'a> {
    pub fn new(engine: &'a Engine, job: &'a Arc<Job>, execution: &Execution) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let now = Instant::now();
        let slowest = execution.per_second.min(job.number_per_second).min(engine.rate_per_second);
        Self {
            engine,
            job,
            drifted: None,
            held: Vec::new(),
            aloft: BTreeMap::new(),
            landed: Vec::new(),
            remedies: Vec::new(),
            pace: Pace::new(f64::from(slowest.max(1)), now),
            too_fast: false,
            turned_away: false,
            put_back: false,
            blocked: Vec::new(),
            checked_at: None,
            ask_again: None,
            events,
            closing: false,
            grounded: CancellationToken::new(),
            trouble: None,
            tries: 0,
            checking: false,
            breaker: Breaker::default(),
            trip: None,
            inbox,
            drain_until: None,
        }
    }

    /// Sends until there is nothing more to be had, somebody says stop, or the daemon ends.
    pub async fn run(mut self) -> Result<()> {
        loop {
            while let Ok(event) = self.inbox.try_recv() {
                self.hear(event);
            }
            self.obey().await;
            if self.closing {
                self.grounded.cancel();
                if self.aloft.is_empty() && self.landed.is_empty() {
                    break;
                }
                if self.drain_until.is_some_and(|until| until <= Instant::now()) {
                    tracing::warn!(execution = %self.job.execution.id, aloft = self.aloft.len(), "requests did not end in time; they become unknown and settle by webhook");
                    break;
                }
            } else {
                match self.shards().await {
                    Ok(true) => self.load(),
                    Ok(false) if self.aloft.is_empty() && self.landed.is_empty() => break,
                    Ok(false) => {}
                    Err(e) => self.fail(e),
                }
            }
            self.turn().await;
            self.wait().await;
        }
        let released = self.release().await;
        match self.trouble.take() {
            Some(e) => Err(e),
            None => released,
        }
    }

    /// Something of ours went wrong: nothing new is begun, and what is on its way is seen to its end.
    pub(super) fn fail(&mut self, error: Error) {
        tracing::warn!(execution = %self.job.execution.id, %error, "sending is interrupted");
        self.closing = true;
        self.trouble.get_or_insert(error);
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Landed(landing) => self.landed(landing),
            // What was made ready for a sender that begins nothing any more is made ready again by the next one.
            Event::Loaded { batch: Ok(_), .. } if self.closing => {}
            Event::Loaded { shard_no, epoch, to, next_retry, batch } => {
                self.loaded((shard_no, epoch), to, next_retry, batch);
            }
            Event::Checked(Ok(look)) => {
                self.checking = false;
                self.looked(look);
            }
            Event::Checked(Err(e)) => {
                self.checking = false;
                self.fail(e);
            }
        }
    }

    /// The facts were looked at.
    pub(super) fn looked(&mut self, look: Look) {
        self.checked_at = Some(Instant::now());
        if self.job.has_drifted(look.gone) {
            self.drifted = Some(look.gone);
        }
        self.blocked.extend(look.blocked);
    }

    /// A request has ended: what it proves, and what follows for the others.
    fn landed(&mut self, landing: Landing) {
        let Landing { of, outcome, took } = landing;
        let contact = self.aloft.remove(&of);
        let now = self.engine.ctx.clock.now();
        let Some(outcome) = outcome else {
            self.never_begun(of);
            return;
        };
        metrics::counter!("countersign_sends_total", "outcome" => word(&outcome)).increment(1);
        metrics::histogram!("countersign_send_seconds").record(took.as_secs_f64());
        if let Some(trip) = self.breaker.see(&outcome) {
            self.trip.get_or_insert(trip);
        }
        let settled = match outcome {
            SendOutcome::Accepted { wamid, .. } => {
                self.turned_away = false;
                self.pace.reached();
                Settled::Accepted { wamid }
            }
            SendOutcome::NotSent { why, retry } => {
                self.too_fast |= retry == Backoff::Rate;
                if retry != Backoff::Reconnect {
                    self.pace.reached();
                }
                if matches!(retry, Backoff::Reconnect | Backoff::Rate)
                    && !std::mem::replace(&mut self.turned_away, true)
                {
                    tracing::warn!(execution = %self.job.execution.id, %why, "Meta takes no messages for now; they are tried again");
                }
                let tries = u32::try_from(of.attempt.saturating_sub(1)).unwrap_or(0);
                match self.pace.turned_away(retry, tries, Instant::now()) {
                    Some(delay) => {
                        self.put_back = true;
                        Settled::NotSent { retry_at: now.after(delay), why }
                    }
                    None => Settled::Failed { code: None, why },
                }
            }
            // Meta took nothing, and not because of this message: it may go when that has been put in order.
            SendOutcome::Rejected { error, fatal_for: FatalFor::Account | FatalFor::Number } => {
                self.pace.reached();
                self.put_back = true;
                Settled::NotSent { retry_at: now, why: error.to_string() }
            }
            SendOutcome::Rejected { error, .. } => {
                self.pace.reached();
                self.remedies.extend(contact.map(|contact| (contact, error.code)));
                Settled::Failed { code: i32::try_from(error.code).ok(), why: error.to_string() }
            }
            SendOutcome::Unknown { why } => Settled::Unknown { why },
        };
        self.landed.push(of.settled(settled));
    }

    /// A request for which there is an intent, and which was not begun: its turn was over, or nothing may begin any more.
    pub(super) fn never_begun(&mut self, of: Try) {
        let (retry_at, why) = (self.engine.ctx.clock.now(), "the request was not begun".to_owned());
        self.put_back = true;
        self.landed.push(of.settled(Settled::NotSent { retry_at, why }));
    }

    /// Whatever says that nothing more may be begun: the daemon's end, the breaker, the facts, the time.
    async fn obey(&mut self) {
        if self.engine.stop.is_cancelled() {
            self.closing = true;
            self.drain_until.get_or_insert_with(|| Instant::now() + self.engine.drain_timeout);
        }
        if self.closing {
            return;
        }
        if self.engine.remembered.known().unkept {
            return self.fail(Error::Unavailable("how far the database is cannot be kept outside of it".to_owned()));
        }
        let over = self.job.finish_by.is_some_and(|at| at <= self.engine.ctx.clock.now());
        let halt = if let Some(Trip { why, fatal_for }) = self.trip.take() {
            let reach = fatal_for.and_then(|far| reach_of(far, &self.job.execution.phone_number_id));
            if let Some(reach) = reach {
                return self.stop_all(&reach, &why).await;
            }
            Halt { to: Desired::Pause, rule: "breaker", reason: why }
        } else if let Some(finding) = self.blocked.first() {
            Halt { to: self.job.fallback, rule: "recheck", reason: finding.message.clone() }
        } else if let Some(gone) = self.drifted {
            let (total, limit) = (self.job.execution.total, self.job.drift_limit_percent);
            let reason = format!(
                "{gone} of {total} people have fallen away since this was signed, more than {limit} %. Look again before it goes on."
            );
            Halt { to: Desired::Pause, rule: "drift", reason }
        } else if over {
            Halt { to: Desired::Cancel, rule: "finish_by", reason: "The time for sending is over.".to_owned() }
        } else {
            // Quiet hours are nobody's decision: what waits for their end goes on without anybody.
            self.closing = self.job.script.quiet_until().is_some();
            return;
        };
        self.halt(halt).await;
    }

    /// Stops this execution everywhere, and here at once.
    pub(super) async fn halt(&mut self, halt: Halt) {
        self.closing = true;
        if let Err(e) = self.engine.ledger.halt(&self.job.execution, &halt).await {
            self.fail(e);
        }
    }

    /// Stops all that Meta would refuse for the same reason, here at once.
    async fn stop_all(&mut self, reach: &StopReach, why: &str) {
        self.closing = true;
        if let Err(e) = self.engine.ledger.stop_all(&self.job.execution, reach, why).await {
            self.fail(e);
        }
    }

    /// Sleeps until something happens or is due.
    async fn wait(&mut self) {
        let now = Instant::now();
        let work = !self.closing && self.held.iter().any(Held::has_work);
        if work && !self.checking && self.checked_at.is_none_or(|at| now.duration_since(at) > CHECK_EVERY) {
            self.checking = true;
            let (ledger, job, events) = (Arc::clone(&self.engine.ledger), Arc::clone(self.job), self.events.clone());
            tokio::spawn(async move { events.send(Event::Checked(batch::look(&*ledger, &job).await)).ok() });
        }
        let mut until = now + LONGEST_SLEEP;
        // Rows that have grown old while others are read wait for those; any other work is due.
        if !self.closing && self.held.iter().any(|held| held.may_send(now) || (held.has_work() && !held.loading)) {
            let free = self.engine.slots.available_permits() > 0;
            // Another execution has all the places; ours tell us when they end.
            until = until.min(if free { self.pace.next(now) } else { now + Duration::from_millis(10) });
        }
        if !self.landed.is_empty() {
            until = until.min(if self.tries == 0 { now } else { now + backoff(self.tries) });
        }
        for held in &self.held {
            until = until.min(held.renewed + renewal(self.engine.lease));
        }
        if until <= now {
            return tokio::task::yield_now().await;
        }
        tokio::select! {
            biased;
            event = self.inbox.recv() => event.into_iter().for_each(|event| self.hear(event)),
            () = tokio::time::sleep_until(until) => {}
            () = self.engine.stop.cancelled(), if self.drain_until.is_none() => {}
        }
    }
}

/// How long to wait before the next try to write down what has ended.
fn backoff(tries: u32) -> Duration {
    Duration::from_millis(50_u64.saturating_mul(1 << tries.min(7)))
}

const fn word(outcome: &SendOutcome) -> &'static str {
    match outcome {
        SendOutcome::Accepted { .. } => "accepted",
        SendOutcome::NotSent { .. } => "not_sent",
        SendOutcome::Rejected { .. } => "rejected",
        SendOutcome::Unknown { .. } => "unknown",
    }
}
