//! How fast: tokens taken from the shared buckets ahead of need, each for its moment, and pauses that Meta or the network
//! impose.

use super::batch;
use crate::domain::broadcasts::LATE;
use crate::graph::Backoff;
use crate::store::deliveries::{AHEAD, Grant};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The buckets are asked at most this often.
const ASK_EVERY: Duration = Duration::from_millis(25);
/// What becomes due in so long a time is begun together, by one commit.
const TOGETHER: Duration = Duration::from_millis(20);

/// A commit that takes longer than this is not waited for ahead of time.
const LONGEST_LEAD: Duration = Duration::from_millis(125);

/// A request whose intent is durable waits no longer than this for its turn; a little later it would be given up.
const SOON: Duration = Duration::from_millis(200);

/// The facts are looked at again and the next batch is made ready so long before the last one is out, so that no place
/// stands empty meanwhile.
const PREPARING: Duration = Duration::from_millis(100);

/// The pace of one sender.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    /// The moments from which the tokens in hand may be used, in their order.
    tokens: VecDeque<Instant>,
    /// How long a commit takes, lately: so long before their moment tokens are put to use.
    lead: Duration,
    /// Requests that began without a token, because a commit outlasted all that were in hand.
    owed: u32,
    /// When the last of them began.
    owed_at: Option<Instant>,
    /// The last moment that was given out, and how far two of them are apart.
    last: Option<Instant>,
    apart: Duration,
    /// When the buckets may be asked again.
    ask_from: Instant,
    /// Tokens used since they were asked, and the last of them.
    used: u32,
    used_at: Option<Instant>,
    hold_until: Option<Instant>,
    unreached: u32,
}

impl Pace {
    /// A pace of at most so many a second.
    pub fn new(per_second: f64, now: Instant) -> Self {
        let (used, used_at, hold_until, unreached) = (0, None, None, 0);
        let (tokens, lead, last, apart) = (VecDeque::new(), Duration::ZERO, None, Duration::ZERO);
        let (owed, owed_at) = (0, None);
        Self {
            per_second,
            tokens,
            lead,
            owed,
            owed_at,
            last,
            apart,
            ask_from: now,
            used,
            used_at,
            hold_until,
            unreached,
        }
    }

    /// How many may go now. After Meta could not be reached, one goes ahead of the others.
    pub fn budget(&mut self, now: Instant) -> u32 {
        let begun = now + self.lead;
        self.lose(begun);
        if self.held(now) {
            return 0;
        }
        let due = whole(self.tokens.partition_point(|at| *at <= begun));
        if self.unreached > 0 { due.min(1) } else { due }
    }

    /// How many tokens to ask for, if it is time to ask: as many as free places and the use so far suggest, because what is
    /// not used in time is lost to the other daemons too.
    pub fn wish(&self, free: usize, now: Instant) -> Option<u32> {
        if now < self.ask_from || self.held(now) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
        let most = (self.per_second * AHEAD.as_secs_f64()).ceil() as u32;
        let stock = whole(free).saturating_add(self.used.saturating_mul(2)).min(most).max(1);
        let left = whole(self.tokens.len());
        (left.saturating_mul(2) <= stock).then(|| stock.saturating_sub(left).max(1))
    }

    /// Tokens were asked for, and this came.
    pub fn granted(&mut self, grant: Grant, now: Instant) {
        self.used = 0;
        self.ask_from = now + if grant.tokens == 0 { grant.first.max(ASK_EVERY) } else { ASK_EVERY };
        // Never ahead of those before: the answer may have come sooner than the last one did.
        let after = self.last.map_or(now, |last| last + grant.apart);
        // All of them later by what a commit takes: that keeps their distances, and none is lost while it is committed.
        let first = after.max(now + self.lead + grant.first);
        let paid = self.owed.min(grant.tokens);
        self.owed -= paid;
        self.tokens.extend((paid..grant.tokens).map(|place| first + grant.apart * place));
        self.last = self.tokens.back().copied().or(self.last);
        self.apart = grant.apart;
    }

    /// A commit took so long.
    pub fn committed(&mut self, took: Duration) {
        self.lead = (self.lead * 7 + took.min(LONGEST_LEAD)) / 8;
    }

    /// One request is to begin: from when on; `None` if that is not soon. If the commit took longer than its token kept, it takes
    /// the next one, so that what was held up does not go out on top of what is due.
    pub fn turn(&mut self, now: Instant) -> Option<Instant> {
        self.lose(now);
        // Without a token: the next moments may be other daemons'; its own has just gone by.
        let owed = || self.owed_at.map_or(now, |last| now.max(last + self.apart));
        let at = self.tokens.front().copied().unwrap_or_else(owed);
        if at > now + SOON {
            return None;
        }
        if self.tokens.pop_front().is_none() {
            self.owed = self.owed.saturating_add(1);
            self.owed_at = Some(at);
        }
        self.used = self.used.saturating_add(1);
        self.used_at = Some(now);
        Some(at)
    }

    /// Drops the tokens that are too old for a request that begins then.
    fn lose(&mut self, begun: Instant) {
        while self.tokens.front().is_some_and(|at| *at + LATE < begun) {
            self.tokens.pop_front();
        }
    }

    /// When it is worth looking again.
    pub fn next(&self, now: Instant) -> Instant {
        if let Some(until) = self.hold_until.filter(|until| *until > now) {
            return until;
        }
        let due = self.tokens.front().map_or(self.ask_from, |at| {
            let at = at.checked_sub(self.lead).unwrap_or(*at);
            self.used_at.map_or(at, |used| at.max(used + TOGETHER))
        });
        due.max(now)
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
                self.tokens.clear();
                self.owed = 0;
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

    fn held(&self, now: Instant) -> bool {
        self.hold_until.is_some_and(|until| until > now)
    }
}

fn whole(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MS: Duration = Duration::from_millis(1);

    /// So many tokens, ten milliseconds apart.
    fn grant(tokens: u32) -> Grant {
        Grant { tokens, first: Duration::ZERO, apart: MS * 10 }
    }

    fn use_up(pace: &mut Pace, tokens: u32, now: Instant) -> Vec<Duration> {
        (0..tokens).map(|_| pace.turn(now).unwrap().saturating_duration_since(now)).collect()
    }

    #[test]
    fn what_a_slow_commit_held_up_takes_the_next_turns() {
        let now = Instant::now();
        let mut pace = Pace::new(80.0, now);
        pace.granted(grant(20), now);
        let late = now + MS * 200;
        assert_eq!(use_up(&mut pace, 3, late), [0, 0, 0].map(|ms| MS * ms), "those of 100, 110 and 120 ms");
        let turns = use_up(&mut pace, 9, late);
        assert_eq!(
            turns[2..],
            [0, 0, 0, 0, 0, 0, 10].map(|ms| MS * ms),
            "two without a token, which do not go together"
        );
        pace.granted(grant(3), late);
        assert_eq!(pace.tokens.len(), 1, "for which the next grant pays");
        assert_eq!(use_up(&mut pace, 1, late), [MS * 20], "the moments go on from those before");
        let turns: Vec<_> = (0..99).map_while(|_| pace.turn(late)).collect();
        assert_eq!(turns.last().copied(), Some(late + SOON), "none is given out that is far away");
    }

    #[test]
    fn where_commits_are_slow_they_begin_ahead_of_the_moment() {
        let now = Instant::now();
        let mut pace = Pace::new(80.0, now);
        for _ in 0..99 {
            pace.committed(MS * 80);
        }
        pace.granted(Grant { tokens: 20, first: MS * 200, apart: MS * 10 }, now);
        assert_eq!(pace.next(now).saturating_duration_since(now).as_millis(), 200, "so that they go at 280 ms");
        let begun = now + MS * 215;
        assert_eq!(pace.budget(begun), 2, "those of 280 and 290 ms");
        let turns = use_up(&mut pace, 3, begun + MS * 80);
        assert_eq!(turns.iter().map(Duration::as_millis).collect::<Vec<_>>(), [0, 0, 4]);
        (0..99).for_each(|_| pace.committed(SECOND * 9));
        assert!(pace.lead <= LONGEST_LEAD);
    }

    #[test]
    fn tokens_are_for_their_moment_and_do_not_keep() {
        let now = Instant::now();
        let mut pace = Pace::new(80.0, now);
        assert_eq!((pace.budget(now), pace.wish(50, now)), (0, Some(20)));
        pace.granted(grant(20), now);
        assert_eq!((pace.budget(now), pace.wish(50, now + ASK_EVERY)), (1, None));
        use_up(&mut pace, 1, now);
        assert_eq!((pace.budget(now), pace.next(now)), (0, now + TOGETHER), "two go together");
        assert_eq!(pace.budget(now + TOGETHER), 2);
        assert_eq!(pace.budget(now + MS * 100), 10, "those of up to 100 ms ago");
        use_up(&mut pace, 10, now + MS * 100);
        assert_eq!(pace.wish(50, now + MS * 100), Some(11), "before they run out");
        pace.granted(Grant { tokens: 0, first: MS * 70, apart: MS }, now + MS * 100);
        assert_eq!(
            [MS * 169, MS * 170].map(|ms| pace.wish(50, now + ms).is_some()),
            [false, true],
            "when it is worth it"
        );
        assert_eq!((pace.budget(now + SECOND), pace.wish(50, now + SECOND)), (0, Some(20)), "too old to count");
    }

    #[test]
    fn only_what_can_be_used_is_asked_for() {
        let now = Instant::now();
        let mut pace = Pace::new(100_000.0, now);
        assert_eq!(pace.wish(50, now), Some(50));
        pace.granted(Grant { tokens: 50, ..Grant::default() }, now);
        use_up(&mut pace, 50, now);
        assert_eq!(pace.wish(0, now + ASK_EVERY), Some(100), "twice as many as were used since");
        pace.granted(Grant { tokens: 100, ..Grant::default() }, now);
        assert_eq!((pace.budget(now), pace.wish(0, now + ASK_EVERY)), (100, None));
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
        pace.granted(grant(20), now);
        assert_eq!(pace.turned_away(Backoff::Recipient, 2, now), Some(Duration::from_secs(16)));
        assert_eq!(pace.budget(now), 1);
        assert_eq!(pace.turned_away(Backoff::Rate, 0, now), Some(SECOND));
        assert_eq!((pace.budget(now), pace.wish(50, now)), (0, None));
        assert_eq!(pace.wish(50, now + SECOND), Some(20));
    }

    #[test]
    fn when_meta_cannot_be_reached_one_message_tries_the_way() {
        let now = Instant::now();
        let mut pace = Pace::new(80.0, now);
        pace.granted(grant(20), now);
        let waits: Vec<_> = (0..5).map(|_| pace.turned_away(Backoff::Reconnect, 9, now)).collect();
        assert_eq!(waits, [Some(SECOND); 5], "five that failed together wait as one");
        assert_eq!(pace.budget(now), 0);
        let later = now + SECOND;
        pace.granted(Grant { tokens: 20, ..Grant::default() }, later);
        assert_eq!(pace.budget(later), 1);
        pace.reached();
        assert_eq!(pace.budget(later), 20);
    }
}
