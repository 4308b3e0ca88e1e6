//! Files of customers: until when Meta keeps them, and how fetching one goes on.

use crate::domain::clock::Timestamp;
use crate::domain::ids::AssetId;
use std::time::Duration;

/// Meta keeps a customer's file for so long. Source: Meta's page on media, "media ids from webhooks".
pub const KEPT_AT_META: Duration = Duration::from_hours(7 * 24);
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// And none is longer.
const LONGEST_PAUSE: Duration = Duration::from_hours(6);

words! {
    /// Where a customer's file stands.
    AttachmentState, "state of an attachment" {
        /// It is at Meta, and to be fetched.
        Waiting = "waiting",
        /// It is here.
        Kept = "kept",
        /// It was fetched, and may not be kept.
        Refused = "refused",
        /// Meta forgot it before it could be fetched.
        Lost = "lost",
    }
}

/// How one try to fetch a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// It is kept as this file.
    Kept(AssetId),
    /// It may not be kept, and why.
    Refused(String),
    /// It is gone, and why it was not fetched before.
    Lost(String),
    /// It was not fetched, and is tried again from then on.
    Again(Timestamp, String),
}

impl Fetch {
    /// The state that follows.
    #[must_use]
    pub const fn state(&self) -> AttachmentState {
        match self {
            Self::Kept(_) => AttachmentState::Kept,
            Self::Refused(_) => AttachmentState::Refused,
            Self::Lost(_) => AttachmentState::Lost,
            Self::Again(..) => AttachmentState::Waiting,
        }
    }
}

/// When a file that could not be fetched is tried again, after so many tries. No later than Meta forgets it: then it is seen to
/// be lost.
#[must_use]
pub fn next_try(tries: u32, expires_at: Timestamp, now: Timestamp) -> Timestamp {
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
    now.after(FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)).min(expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_double_and_end_where_meta_forgets() {
        let now = Timestamp::from_seconds(1_000_000);
        let week = now.after(KEPT_AT_META);
        for (tries, minutes) in [(0, 1), (1, 1), (2, 2), (3, 4), (9, 256), (10, 360), (u32::MAX, 360)] {
            assert_eq!(next_try(tries, week, now), now.after(Duration::from_mins(minutes)), "{tries}");
        }
        assert_eq!(next_try(9, now.after(Duration::from_secs(5)), now), now.after(Duration::from_secs(5)));
    }

    proptest! {
        #[test]
        fn a_try_lies_ahead_and_before_the_end(tries: u32, left in 1_u64..700_000) {
            let now = Timestamp::from_seconds(1_000_000);
            let end = now.after(Duration::from_secs(left));
            let next = next_try(tries, end, now);
            prop_assert!(next > now && next <= end);
            prop_assert!(next_try(tries.saturating_add(1), end, now) >= next);
        }
    }
}
