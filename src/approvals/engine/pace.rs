//! How fast: tokens taken from the shared buckets ahead of need, and pauses that Meta or the network impose.

use super::batch;
use crate::graph::Backoff;
use std::time::Duration;
use tokio::time::Instant;

/// Tokens are worth this long: what was granted a second ago is not a right to send two seconds' worth now.
const SHELF_LIFE: Duration = Duration::from_secs(1);
/// The buckets are asked at most this often.
const ASK_EVERY: Duration = Duration::from_millis(25);

/// The facts are looked at again and the next batch is made ready so long before the last one is out, so that no place
/// stands empty meanwhile.
const PREPARING: Duration = Duration::from_millis(100);

/// The pace of one sender.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    tokens: u32,
    granted_at: Instant,
    asked_at: Option<Instant>,
    hold_until: Option<Instant>,
    unreached: u32,
}

impl Pace {
    /// A pace of at most so many a second.
    pub fn new(per_second: f64, now: Instant) -> Self {
        Self { per_second, tokens: 0, granted_at: now, asked_at: None, hold_until: None, unreached: 0 }
    }

    /// How many may go now. After Meta could not be reached, one goes ahead of the others.
    pub fn budget(&mut self, now: Instant) -> u32 {
        self.throw_away_the_old(now);
        if self.held(now) {
            return 0;
        }
        if self.unreached > 0 { self.tokens.min(1) } else { self.tokens }
    }

    /// How many tokens to ask for, if it is time to ask.
    pub fn wish(&self, now: Instant) -> Option<u32> {
        let rested = self.asked_at.is_none_or(|at| now.duration_since(at) >= ASK_EVERY);
        if !rested || self.held(now) {
            return None;
        }
        // A quarter of a second's worth, as much as a bucket holds.
        let most = (self.per_second / 4.0).ceil().max(1.0);
        let missing = most - f64::from(self.tokens);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
        (missing > most / 2.0 || self.tokens == 0).then_some(missing.max(1.0) as u32)
    }

    /// Tokens were asked for, and so many came.
    pub fn granted(&mut self, tokens: u32, now: Instant) {
        self.asked_at = Some(now);
        self.throw_away_the_old(now);
        if tokens > 0 {
            self.tokens += tokens;
            self.granted_at = now;
        }
    }

    /// Tokens were used.
    pub fn used(&mut self, tokens: u32) {
        self.tokens = self.tokens.saturating_sub(tokens);
    }

    /// When it is worth looking again.
    pub fn next(&self, now: Instant) -> Instant {
        if let Some(until) = self.hold_until.filter(|until| *until > now) {
            return until;
        }
        let gap = Duration::from_secs_f64(1.0 / self.per_second.max(0.01)).min(Duration::from_secs(1));
        self.asked_at.map_or(now, |at| at + gap.max(ASK_EVERY))
    }

    /// How many go out while the facts are looked at and the next rows made ready; one at least.
    pub fn ahead(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
        ((self.per_second * PREPARING.as_secs_f64()) as usize).clamp(1, batch::CHUNK as usize / 2)
    }

    /// Meta answered: it can be reached.
    pub fn reached(&mut self) {
        self.unreached = 0;
    }

    /// A request was turned away or did not get through. How long to wait before the same message is tried again; `None`:
    /// never. `tries` were made of this message before.
    pub fn turned_away(&mut self, backoff: Backoff, tries: u32, now: Instant) -> Option<Duration> {
        let everybody = match backoff {
            // Those that were in flight together failed together: that is one failure.
            Backoff::Reconnect if self.held(now) => None,
            Backoff::Reconnect => {
                self.unreached = self.unreached.saturating_add(1);
                backoff.delay(self.unreached - 1)
            }
            Backoff::Rate => {
                self.tokens = 0;
                Some(Duration::from_secs(1))
            }
            Backoff::CallBudget { .. } | Backoff::Pause(_) => backoff.delay(tries),
            Backoff::Recipient | Backoff::Never => None,
        };
        if let Some(length) = everybody {
            let until = now + length;
            self.hold_until = Some(self.hold_until.map_or(until, |at| at.max(until)));
        }
        match backoff {
            // The message has done nothing wrong; it goes when the way is free.
            Backoff::Reconnect => Some(self.hold_until.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))),
            other => other.delay(tries),
        }
    }

    fn throw_away_the_old(&mut self, now: Instant) {
        if now.duration_since(self.granted_at) >= SHELF_LIFE {
            self.tokens = 0;
        }
    }

    fn held(&self, now: Instant) -> bool {
        self.hold_until.is_some_and(|until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn tokens_are_used_up_and_do_not_keep() {
        let now = Instant::now();
        let mut pace = Pace::new(80.0, now);
        assert_eq!((pace.budget(now), pace.wish(now)), (0, Some(20)));
        pace.granted(20, now);
        assert_eq!((pace.budget(now), pace.wish(now)), (20, None));
        pace.used(15);
        assert_eq!(pace.wish(now + ASK_EVERY), Some(15), "before they run out");
        assert_eq!(pace.budget(now + SECOND * 2), 0, "too old to count");
        assert_eq!(pace.wish(now + SECOND * 2), Some(20));
    }

    #[test]
    fn the_next_batch_is_begun_a_tenth_of_a_second_ahead() {
        let ahead = |per_second| Pace::new(per_second, Instant::now()).ahead();
        assert_eq!([0.1, 20.0, 80.0, 1_000.0, 100_000.0].map(ahead), [1, 2, 8, 100, 125]);
    }

    #[test]
    fn a_number_that_is_too_fast_stands_still_and_one_person_holds_up_nobody() {
        let now = Instant::now();
        let mut pace = Pace::new(80.0, now);
        pace.granted(20, now);
        assert_eq!(pace.turned_away(Backoff::Recipient, 2, now), Some(Duration::from_secs(16)));
        assert_eq!(pace.budget(now), 20);
        assert_eq!(pace.turned_away(Backoff::Rate, 0, now), Some(SECOND));
        assert_eq!((pace.budget(now), pace.wish(now)), (0, None));
        assert_eq!(pace.wish(now + SECOND), Some(20));
    }

    #[test]
    fn when_meta_cannot_be_reached_one_message_tries_the_way() {
        let now = Instant::now();
        let mut pace = Pace::new(80.0, now);
        pace.granted(20, now);
        let waits: Vec<_> = (0..5).map(|_| pace.turned_away(Backoff::Reconnect, 9, now)).collect();
        assert_eq!(waits, [Some(SECOND); 5], "five that failed together wait as one");
        assert_eq!(pace.budget(now), 0);
        let later = now + SECOND;
        pace.granted(20, later);
        assert_eq!(pace.budget(later), 1);
        pace.reached();
        assert_eq!(pace.budget(later), 20);
    }
}
