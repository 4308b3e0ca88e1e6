//! Until when a business may write freely to a customer, and until when that costs nothing. Both are counted from Meta's
//! timestamps, to the second.

use crate::domain::clock::Timestamp;
use std::time::Duration;

/// For so long after a customer's message the business may answer with what it likes. Source: Meta's page on sending
/// messages, "customer service windows".
pub const SERVICE: Duration = Duration::from_hours(24);
/// For so long after the first answer to a customer who came by an advertisement all messages are free of charge, if that answer
/// was given within the service window. Source: Meta's page on pricing, "free entry point windows".
pub const FREE: Duration = Duration::from_hours(72);

/// The time in which free text may be sent to one customer from one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceWindow {
    /// The customer's last message, by Meta's clock.
    pub opened_at: Timestamp,
}

impl ServiceWindow {
    /// The first instant at which it is closed.
    #[must_use]
    pub fn closes_at(self) -> Timestamp {
        self.opened_at.after(SERVICE)
    }

    /// Whether free text may be sent at this instant.
    #[must_use]
    pub fn is_open(self, at: Timestamp) -> bool {
        at < self.closes_at()
    }
}

/// A customer who came by an advertisement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeEntry {
    /// When, by Meta's clock.
    pub entered_at: Timestamp,
}

impl FreeEntry {
    /// Until when messages are free, if the business gave its first answer at that time; none if that was too late. It does not
    /// make the service window longer: once that is closed only templates may be sent, for nothing.
    #[must_use]
    pub fn free_until(self, answered_at: Timestamp) -> Option<Timestamp> {
        let in_time = ServiceWindow { opened_at: self.entered_at }.is_open(answered_at);
        in_time.then(|| answered_at.after(FREE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WROTE: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(WROTE.seconds() + seconds)
    }

    #[test]
    fn a_window_is_open_for_a_day_to_the_second() {
        let window = ServiceWindow { opened_at: WROTE };
        for (seconds, open) in [(0, true), (24 * 3600 - 1, true), (24 * 3600, false), (25 * 3600, false)] {
            assert_eq!(window.is_open(after(seconds)), open, "{seconds} s");
        }
    }

    #[test]
    fn three_days_are_free_from_an_answer_within_the_first() {
        let entry = FreeEntry { entered_at: WROTE };
        for (seconds, free) in [(0, Some(72 * 3600)), (86_399, Some(86_399 + 72 * 3600)), (86_400, None)] {
            assert_eq!(entry.free_until(after(seconds)), free.map(after), "answered after {seconds} s");
        }
    }
}
