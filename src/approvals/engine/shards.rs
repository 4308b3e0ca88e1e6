//! The shards that a sender holds: taking them, keeping their next rows ready, closing them, giving them back.

use super::batch::{self, Batch, Ready};
use super::flight::Try;
use super::sender::{CHECK_EVERY, Event, Sender};
use crate::domain::clock::Timestamp;
use crate::error::Result;
use crate::store::deliveries::{Exclude, Later, Lease, Settled};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// When nobody offers a shard, the next look is so much later.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// A shard in our hands.
pub struct Held {
    /// The lease.
    pub lease: Lease,
    /// The next rows, in their order.
    pub ready: VecDeque<Ready>,
    /// Rows whose time for another try has come.
    pub again: VecDeque<Ready>,
    /// Rows not to be sent any more; written down with the next commit.
    pub excluded: Vec<Exclude>,
    /// Rows to be sent later; put into the retry queue with the next commit.
    pub later: Vec<Later>,
    /// Whether some of them come from the retry queue.
    pub unqueue: bool,
    /// Rows below it were made ready.
    pub loaded_to: u32,
    /// Somebody makes rows ready.
    pub loading: bool,
    /// When the next row of the retry queue is due; `None` if there is none.
    pub next_retry: Option<Timestamp>,
    /// Rows were put back into that queue since it was looked at.
    pub look_again: bool,
    /// As it stands in the database.
    pub durable_next: u32,
    /// Until when the lease surely is ours.
    pub deadline: Instant,
    /// When it was last renewed.
    pub renewed: Instant,
}

impl Held {
    /// The lowest row that was not taken yet.
    pub fn next_seq(&self) -> u32 {
        self.ready.front().map_or(self.loaded_to, |row| row.seq)
    }

    /// Whether all of its rows were taken once.
    pub fn exhausted(&self) -> bool {
        self.nearly_exhausted(1)
    }

    /// Whether fewer than so many of its rows are left to be taken.
    fn nearly_exhausted(&self, ahead: usize) -> bool {
        self.ready.len() < ahead && !self.loading && self.loaded_to >= self.lease.seq_to
    }

    /// Whether there is something to send now.
    pub fn has_work(&self) -> bool {
        !self.ready.is_empty() || !self.again.is_empty()
    }

    /// Whether there is something to send now that was looked at lately enough: quiet hours may have begun since, or
    /// somebody fallen away.
    pub fn may_send(&self, now: Instant) -> bool {
        let fresh = |row: &Ready| now.duration_since(row.since) < CHECK_EVERY;
        self.has_work() && self.again.front().is_none_or(fresh) && self.ready.front().is_none_or(fresh)
    }

    /// Lets go of rows that were made ready too long ago, to be read again.
    fn freshen(&mut self, now: Instant) {
        if !self.has_work() || self.may_send(now) || self.loading {
            return;
        }
        self.look_again |= !self.again.is_empty();
        self.loaded_to = self.next_seq();
        self.ready.clear();
        self.again.clear();
        let to = self.loaded_to;
        self.later.retain(|row| row.seq < to);
    }

    /// Lets go of all that was made ready: it was not sent, and is to be read again.
    pub fn forget(&mut self) {
        self.ready.clear();
        self.again.clear();
        self.excluded.clear();
        self.later.clear();
        self.unqueue = false;
        self.loaded_to = self.durable_next;
    }

    fn batch_of(&self, seq: u32, size: u32) -> u32 {
        seq.saturating_sub(self.lease.seq_from) / size.max(1)
    }
}

/// The end of a lease that was taken or renewed by a transaction that began at `begun`. It counts as ours for a sixth less
/// than it is, so that our clock may run slower than the database's.
pub fn deadline(begun: Instant, lease: Duration) -> Instant {
    begun + lease - lease / 6
}

/// After how long without a commit that renews it anyway a lease is renewed.
pub fn renewal(lease: Duration) -> Duration {
    lease / 6
}

impl Sender<'_> {
    /// Closes what is finished and takes another shard when all that are held are nearly exhausted. `false` when there is
    /// nothing left for this sender to do now.
    pub(super) async fn shards(&mut self) -> Result<bool> {
        self.close().await?;
        let ahead = self.pace.ahead();
        if self.held.iter().all(|held| held.nearly_exhausted(ahead))
            && self.ask_again.is_none_or(|at| at <= Instant::now())
        {
            let begun = Instant::now();
            let (id, me, known) = (self.job.execution.id, self.engine.instance.daemon, self.engine.remembered.known());
            match self.engine.ledger.claim(id, me, self.engine.lease, known).await? {
                Some(lease) => self.take(lease, begun),
                None => self.ask_again = Some(begun + ASK_AGAIN),
            }
        }
        Ok(!self.held.is_empty())
    }

    fn take(&mut self, lease: Lease, begun: Instant) {
        tracing::debug!(execution = %self.job.execution.id, shard = lease.shard_no, epoch = lease.epoch, "shard taken");
        self.held.push(Held {
            ready: VecDeque::new(),
            again: VecDeque::new(),
            excluded: Vec::new(),
            later: Vec::new(),
            unqueue: false,
            loaded_to: lease.next_seq,
            loading: false,
            next_retry: None,
            look_again: true,
            durable_next: lease.next_seq,
            deadline: deadline(begun, self.engine.lease),
            renewed: begun,
            lease,
        });
        self.held.sort_by_key(|held| held.lease.shard_no);
    }

    /// Has rows made ready in the background, ahead of need; the first ones of a batch after a fresh look at the facts, when
    /// those before it are as good as out.
    pub(super) fn load(&mut self) {
        let now = self.engine.ctx.clock.now();
        let size = self.job.execution.batch_size.max(1);
        let check = self.checked_at.is_none_or(|at| at.elapsed() > CHECK_EVERY);
        let ahead = self.pace.ahead();
        let begun = Instant::now();
        for held in self.held.iter_mut().filter(|held| !held.loading) {
            held.freshen(begun);
            let from = held.loaded_to;
            let last = from.saturating_sub(1).max(held.lease.seq_from);
            let fresh = from == held.lease.next_seq || held.batch_of(from, size) != held.batch_of(last, size);
            let wanted = held.ready.len() < if fresh { ahead } else { batch::CHUNK as usize / 2 };
            let (ledger, job, events) = (Arc::clone(&self.engine.ledger), Arc::clone(self.job), self.events.clone());
            let (shard_no, epoch, seq_to) = (held.lease.shard_no, held.lease.epoch, held.lease.seq_to);
            if wanted && from < seq_to {
                let end = held.lease.seq_from.saturating_add((held.batch_of(from, size) + 1).saturating_mul(size));
                let to = from.saturating_add(batch::CHUNK).min(end).min(seq_to);
                held.loading = true;
                tokio::spawn(async move {
                    let batch = batch::load(&*ledger, &job, from, to, fresh).await;
                    events.send(Event::Loaded { shard_no, epoch, to: Some(to), next_retry: None, batch }).ok();
                });
            } else if held.again.is_empty() && (held.look_again || held.next_retry.is_some_and(|at| at <= now)) {
                (held.loading, held.look_again) = (true, false);
                let lease = held.lease.clone();
                tokio::spawn(async move {
                    let loaded = async {
                        // They may have waited for a whole night.
                        let look = if check { Some(batch::look(&*ledger, &job).await?) } else { None };
                        if look.as_ref().is_some_and(|look| job.forbids(look)) {
                            return Ok((Batch { look, ..Batch::default() }, None));
                        }
                        let limit = batch::CHUNK;
                        let (rows, next) = ledger.retries(job.execution.id, &lease, now, limit).await?;
                        Ok::<_, crate::error::Error>((Batch { look, ..batch::prepare(&job, &rows).await? }, next))
                    };
                    let (batch, next_retry) = match loaded.await {
                        Ok((batch, next)) => (Ok(batch), next),
                        Err(e) => (Err(e), None),
                    };
                    events.send(Event::Loaded { shard_no, epoch, to: None, next_retry, batch }).ok();
                });
            }
        }
    }

    /// Rows were made ready: the next ones of the shard, or, without `to`, those that are tried again.
    pub(super) fn loaded(
        &mut self,
        (shard_no, epoch): (i64, i64),
        to: Option<u32>,
        next_retry: Option<Timestamp>,
        batch: Result<Batch>,
    ) {
        let held = self.held.iter_mut().find(|h| h.lease.shard_no == shard_no && h.lease.epoch == epoch);
        let batch = match batch {
            Ok(batch) => batch,
            Err(e) => return self.fail(e),
        };
        let Some(held) = held else { return };
        held.loading = false;
        if let Some(look) = batch.look {
            let forbids = self.job.forbids(&look);
            self.looked(look);
            if forbids {
                return;
            }
        }
        let Some(held) = self.held.iter_mut().find(|h| h.lease.shard_no == shard_no && h.lease.epoch == epoch) else {
            return;
        };
        held.excluded.extend(batch.excluded);
        held.later.extend(batch.later);
        if let Some(to) = to {
            held.ready.extend(batch.ready);
            held.loaded_to = to;
        } else {
            held.unqueue |= !held.excluded.is_empty();
            held.again.extend(batch.ready);
            held.next_retry = next_retry;
        }
    }

    async fn close(&mut self) -> Result<()> {
        let clock = self.engine.ctx.clock.now();
        let idle = |held: &Held| {
            held.exhausted()
                && held.durable_next >= held.lease.seq_to
                && held.excluded.is_empty()
                && held.later.is_empty()
                && held.again.is_empty()
                && held.next_retry.is_none()
                && !held.look_again
                && self.aloft_in(&held.lease).is_none()
                && !self.landed.iter().any(|o| (held.lease.seq_from..held.lease.seq_to).contains(&o.seq))
        };
        let Some(place) = self.held.iter().position(idle) else { return Ok(()) };
        let Some(lease) = self.held.get(place).map(|held| held.lease.clone()) else { return Ok(()) };
        let (execution, me) = (self.job.execution.id, self.engine.instance.daemon);
        if self.engine.ledger.close(execution, me, &lease).await? {
            self.held.remove(place);
            self.ask_again = None;
            return Ok(());
        }
        // Something is left in it after all. Rows that are marked as sending and that nobody sends are those of a commit
        // that seemed to have failed: no request was ever begun for them, and this sender alone can know.
        for (seq, attempt) in self.engine.ledger.sending(execution, &lease).await? {
            let of = Try { seq, attempt, epoch: lease.epoch };
            if !self.aloft.contains_key(&of) {
                let why = "its commit was in doubt, and no request was begun".to_owned();
                self.landed.push(of.settled(Settled::NotSent { retry_at: clock, why }));
            }
        }
        if let Some(held) = self.held.get_mut(place) {
            held.look_again = true;
        }
        Ok(())
    }

    /// Gives back the shards of which nothing is on its way.
    pub(super) async fn release(&mut self) -> Result<()> {
        let (execution, me) = (self.job.execution.id, self.engine.instance.daemon);
        let done = |lease: &Lease| {
            let waits = self.landed.iter().any(|o| (lease.seq_from..lease.seq_to).contains(&o.seq));
            self.aloft_in(lease).is_none() && !waits
        };
        let leases: Vec<Lease> = self.held.iter().map(|held| held.lease.clone()).filter(done).collect();
        self.held.clear();
        if leases.is_empty() {
            return Ok(());
        }
        self.engine.ledger.release(execution, me, &leases).await
    }

    /// The lowest row of a shard that is on its way.
    pub(super) fn aloft_in(&self, lease: &Lease) -> Option<u32> {
        let first_of = |seq| Try { seq, attempt: i16::MIN, epoch: i64::MIN };
        self.aloft.range(first_of(lease.seq_from)..first_of(lease.seq_to)).next().map(|(of, _)| of.seq)
    }
}
