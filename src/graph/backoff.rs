//! What must pass before the same call may be made again, when Meta provably did nothing with it.

use std::time::Duration;

/// Why to wait decides how long, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// Meta was not reached. Everything waits a little.
    Reconnect,
    /// This number sends too fast (130429). Halve its rate, then recover slowly.
    Rate,
    /// This number wrote to this recipient too often (131056). Others are not affected.
    Recipient,
    /// The app or the account has spent its calls. Nothing more until Meta says so, where it does say.
    CallBudget { regain: Option<Duration> },
    /// Meta asks for a pause of a length it names.
    Pause(Duration),
    /// Waiting does not help: the call as it stands cannot be made. Something must be changed first.
    Never,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Backoff {
    /// How long to wait after `tries` calls that ended so. `None`: do not try again.
    pub fn delay(self, tries: u32) -> Option<Duration> {
        let power =
            |base: u32, most: Duration| Duration::from_secs(base.saturating_pow(tries.min(30)).into()).min(most);
        match self {
            Self::Reconnect | Self::Rate => Some(power(2, MINUTE)),
            Self::Recipient => Some(power(4, 60 * MINUTE)),
            Self::CallBudget { regain } => Some(regain.unwrap_or(5 * MINUTE).max(MINUTE)),
            Self::Pause(length) => Some(length),
            Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_end() {
        let seconds = |b: Backoff, n| b.delay(n).map(|d| d.as_secs());
        assert_eq!([0, 1, 2, 3].map(|n| seconds(Backoff::Recipient, n)), [Some(1), Some(4), Some(16), Some(64)]);
        assert_eq!([0, 3, 6, u32::MAX].map(|n| seconds(Backoff::Rate, n)), [Some(1), Some(8), Some(60), Some(60)]);
        assert_eq!(seconds(Backoff::Recipient, u32::MAX), Some(3600));
        assert_eq!(seconds(Backoff::CallBudget { regain: None }, 9), Some(300));
        assert_eq!(seconds(Backoff::CallBudget { regain: Some(7 * MINUTE) }, 0), Some(420));
        assert_eq!(seconds(Backoff::Never, 0), None);
    }
}
