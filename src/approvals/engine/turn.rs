//! One turn of a sender: the group commit, and the requests that it allows.

use super::batch::Ready;
use super::flight::{self, Flight, Try};
use super::sender::Sender;
use super::shards::{Held, deadline, renewal};
use crate::domain::deliveries::AttemptToken;
use crate::error::{Error, Result};
use crate::store::deliveries::{Committed, Grip, GroupCommit, Part, Settled, Surprise, TokenAsk, number_bucket};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// A request that has not begun so long after its intent became durable is given up and takes another turn: what was to begin when
/// somebody says stop begins by then, even if the process stood still.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// What is to begin if the commit allows it.
#[derive(Default)]
struct Wanted {
    parts: Vec<Part>,
    rows: HashMap<u32, Ready>,
    slots: Vec<OwnedSemaphorePermit>,
}

impl Sender<'_> {
    /// Commits what has ended and what may begin, if there is anything, and begins it.
    pub(super) async fn turn(&mut self) {
        if self.tries > 0 && self.landed.is_empty() {
            return;
        }
        let begun = Instant::now();
        let wanted = if self.tries == 0 { self.plan(begun) } else { Wanted::default() };
        let buckets = self.buckets();
        let demand = !self.closing && self.held.iter().any(|held| held.has_work() || held.loading);
        let wish = self.pace.wish(self.engine.slots.available_permits(), begun).filter(|_| demand);
        let ask = wish.map(|want| TokenAsk { buckets: &buckets, want });
        let done = if wanted.parts.is_empty() && self.landed.is_empty() {
            match ask {
                None => return,
                Some(ask) => self.only_tokens(&ask).await,
            }
        } else {
            let commit = GroupCommit {
                tenant: self.job.tenant.id,
                execution: self.job.execution.id,
                begun: self.job.execution.started_at,
                category: self.job.execution.category,
                me: self.engine.instance.daemon,
                known: self.engine.remembered.known(),
                lease: self.engine.lease,
                now: self.engine.ctx.clock.now(),
                outcomes: &self.landed,
                parts: &wanted.parts,
                tokens: ask,
            };
            self.engine.ledger.commit(&commit).await
        };
        match done {
            Ok(done) => {
                metrics::histogram!("countersign_commit_seconds").record(begun.elapsed().as_secs_f64());
                if !wanted.parts.is_empty() {
                    self.pace.committed(begun.elapsed());
                }
                self.tries = 0;
                self.landed.clear();
                if wish.is_some() {
                    self.pace.granted(done.tokens, Instant::now());
                }
                if let Err(e) = self.after(done, wanted, begun).await {
                    self.fail(e);
                }
            }
            Err(e) => self.in_doubt(e, &wanted),
        }
    }

    async fn only_tokens(&self, ask: &TokenAsk<'_>) -> Result<Committed> {
        let tokens = self.engine.ledger.take_tokens(self.job.tenant.id, ask).await?;
        Ok(Committed { tokens, ..Committed::default() })
    }

    /// One bucket for the number, whoever sends from it, and one for this execution.
    fn buckets(&self) -> [(String, f64); 2] {
        let number = self.job.number_per_second.min(self.engine.rate_per_second).max(1);
        [
            (self.job.execution.id.to_string(), f64::from(self.job.execution.per_second.max(1))),
            (self.number_bucket(), f64::from(number)),
        ]
    }

    fn number_bucket(&self) -> String {
        number_bucket(&self.job.execution.phone_number_id)
    }

    /// What could begin now, as far as places and tokens go. Rows are taken out of the queues; what the commit does not
    /// grant is not sent, because it waits no more.
    fn plan(&mut self, now: Instant) -> Wanted {
        let mut wanted = Wanted::default();
        // A sender that closes renews its leases for as long as something is on its way.
        let mut budget = if self.closing { 0 } else { self.pace.budget(now) };
        for place in 0..self.held.len() {
            let Some(lease) = self.held.get(place).map(|held| held.lease.clone()) else { continue };
            let aloft = self.aloft_in(&lease);
            let Some(held) = self.held.get_mut(place) else { continue };
            let mut part = Part { shard_no: lease.shard_no, epoch: lease.epoch, ..Part::default() };
            part.again = std::mem::take(&mut held.unqueue);
            while budget > 0 && held.deadline > now && held.may_send(now) {
                let Ok(slot) = Arc::clone(&self.engine.slots).try_acquire_owned() else { break };
                let row = held.again.pop_front().inspect(|_| part.again = true).or_else(|| held.ready.pop_front());
                let Some(row) = row else { break };
                budget -= 1;
                part.intents.push(row.seq);
                wanted.rows.insert(row.seq, row);
                wanted.slots.push(slot);
            }
            part.excluded = std::mem::take(&mut held.excluded);
            part.next_seq = held.next_seq();
            // Rows above the mark are read again by whoever takes the shard next; only those below it belong in the queue.
            (part.later, held.later) = held.later.iter().partition(|row| row.seq < part.next_seq);
            part.low_seq = part.intents.iter().copied().chain(aloft).min().unwrap_or(part.next_seq).min(part.next_seq);
            let moved = held.exhausted() && held.durable_next != part.next_seq;
            let due = now.duration_since(held.renewed) >= renewal(self.engine.lease);
            if !part.intents.is_empty() || !part.excluded.is_empty() || !part.later.is_empty() || moved || due {
                wanted.parts.push(part);
            }
        }
        wanted
    }

    /// The commit is durable: now, and only now, requests begin.
    async fn after(&mut self, done: Committed, mut wanted: Wanted, begun: Instant) -> Result<()> {
        let mut suppressed = 0;
        for (part, granted) in wanted.parts.iter().zip(&done.parts) {
            suppressed += granted.suppressed;
            let place = self.held.iter().position(|h| h.lease.shard_no == part.shard_no && h.lease.epoch == part.epoch);
            let Some(held) = place.and_then(|place| self.held.get_mut(place)) else { continue };
            match granted.grip {
                Grip::Held => {
                    let until = deadline(begun, self.engine.lease);
                    (held.deadline, held.renewed, held.durable_next) = (until, begun, part.next_seq);
                    let first = part.later.iter().map(|row| row.at).min();
                    held.next_retry = held.next_retry.into_iter().chain(first).min();
                    for &(seq, attempt) in &granted.intents {
                        let (Some(row), Some(slot)) = (wanted.rows.remove(&seq), wanted.slots.pop()) else { continue };
                        self.begin(row, Try { seq, attempt, epoch: part.epoch }, until, slot);
                    }
                }
                Grip::Halted(_) => {
                    held.renewed = begun;
                    self.closing = true;
                }
                Grip::Lost => {
                    tracing::warn!(execution = %self.job.execution.id, shard = part.shard_no, "another daemon took this shard");
                    self.held.retain(|h| h.lease.shard_no != part.shard_no);
                }
                Grip::Behind => {
                    tracing::error!(execution = %self.job.execution.id, shard = part.shard_no, "the database is older than what has happened; nothing is begun in it");
                    self.held.retain(|h| h.lease.shard_no != part.shard_no);
                    self.closing = true;
                    self.engine.ctx.wake.requests();
                }
            }
        }
        self.report(&done.surprises);
        if self.closing {
            // What was taken out of the queues and not granted still waits in the ledger, at or above its mark.
            self.held.iter_mut().for_each(Held::forget);
        }
        self.retry_soon();
        if suppressed > 0 {
            metrics::counter!("countersign_suppressed_total").increment(suppressed);
            // Counting who has fallen away is not free: it is looked at beside the sending, and soon.
            self.checked_at = None;
        }
        if std::mem::take(&mut self.too_fast) {
            let number = self.job.number_per_second.min(self.engine.rate_per_second).max(1);
            let bucket = self.number_bucket();
            self.engine.ledger.slow_down(self.job.tenant.id, &bucket, f64::from(number)).await?;
        }
        let remedies = std::mem::take(&mut self.remedies);
        self.engine.ledger.remedy(self.job.tenant.id, &remedies).await
    }

    fn begin(&mut self, row: Ready, of: Try, deadline: Instant, slot: OwnedSemaphorePermit) {
        let Ready { contact, mut message, .. } = row;
        let token = AttemptToken { execution: self.job.execution.id, seq: of.seq, attempt: of.attempt };
        message.callback = token.to_text(&self.engine.instance.secret);
        let now = Instant::now();
        let Some(from) = self.pace.turn(now) else {
            return self.never_begun(of);
        };
        self.aloft.insert(of, contact);
        let until = deadline.min(now + LONGEST_WAIT);
        let grounded = self.grounded.clone();
        let flight = Flight { of, message, from, until, grounded, slot };
        flight::begin(Arc::clone(&self.job.script), flight, self.events.clone());
    }

    /// Rows that were put back are looked for: when they are due stands in the queue.
    fn retry_soon(&mut self) {
        if std::mem::take(&mut self.put_back) {
            self.held.iter_mut().for_each(|held| held.look_again = true);
        }
    }

    fn report(&mut self, surprises: &[Surprise]) {
        let execution = self.job.execution.id;
        for surprise in surprises {
            match surprise {
                Surprise::SecondMessage { seq, attempt } => {
                    tracing::error!(%execution, seq, attempt, "Meta accepted a second message for one attempt: a person got it twice");
                }
                Surprise::Lost { seq, attempt } => {
                    self.closing = true;
                    self.engine.ctx.wake.requests();
                    tracing::error!(%execution, seq, attempt, "Meta has a message that the database does not know: was it restored from a backup?");
                }
                Surprise::Moved { seq, attempt, state } => {
                    tracing::info!(%execution, seq, attempt, ?state, "an outcome found its row in another state");
                }
            }
        }
    }

    /// Nobody knows whether the commit happened. No request was begun, and that is what is written down for each row that
    /// was to begin: if the commit did happen, the rows go back to wait; if not, the words find nothing to change.
    fn in_doubt(&mut self, error: Error, wanted: &Wanted) {
        self.tries = self.tries.saturating_add(1);
        let retry_at = self.engine.ctx.clock.now();
        // Bound to this holding of the shard: if another daemon has taken it since and made the same try, that one is its own.
        let intents = wanted.parts.iter().flat_map(|part| part.intents.iter().map(|seq| (*seq, part.epoch)));
        for (seq, epoch) in intents {
            let Some(row) = wanted.rows.get(&seq) else { continue };
            let why = "its commit was in doubt, and no request was begun".to_owned();
            let of = Try { seq, attempt: row.attempt.saturating_add(1), epoch };
            self.landed.push(of.settled(Settled::NotSent { retry_at, why }));
        }
        metrics::counter!("countersign_commit_failures_total").increment(1);
        // How far the shards are now stands in the database alone; whoever takes them next reads it there.
        self.held.clear();
        self.fail(error);
    }
}
