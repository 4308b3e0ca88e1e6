//! An order that waits for another system: whether it is asked for, looked for or given up, and when people have to look at it.

use crate::domain::clock::Timestamp;
use crate::domain::ids::PersonId;
use std::time::Duration;

/// A source that says so often that it knows nothing of an order does not have it.
pub const LOOKS: u32 = 3;
/// So far apart those looks are. A call without an answer may still be at work over there: gateways give up on one after a
/// minute as a rule, and three looks are two minutes.
pub const BETWEEN_LOOKS: Duration = Duration::from_mins(1);
/// Whoever called an order off waits for what comes of it. A source that has not said so long has to be asked by telephone.
pub const STOP_PATIENCE: Duration = Duration::from_mins(10);
/// An order waits no longer than this before people are asked, where nobody has set anything else.
pub const USUAL_WAIT: Duration = Duration::from_hours(24);

/// That a person has called it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonId,
}

/// What is known of an order that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Since when the source may have it; none if it was never asked for it.
    pub asked_at: Option<Timestamp>,
    /// Looks in a row, so far apart, at which the source knew nothing of it.
    pub misses: u32,
    /// Whether a person has called it off.
    pub stop: Option<Stop>,
    /// From then on people look at it, and it is asked for no more.
    pub people_at: Timestamp,
}

impl Waiting {
    /// Whether people have to look at it by now.
    #[must_use]
    pub fn is_for_people(&self, now: Timestamp) -> bool {
        now >= self.people_at
    }

    /// Whether a person may end it without the source's word: it was called off, and the source has not said whether it has it.
    #[must_use]
    pub fn may_be_closed(&self, now: Timestamp) -> bool {
        self.stop.is_some() && self.is_for_people(now)
    }
}

/// What is done with an order of which the source knows nothing as far as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is asked for.
    Ask,
    /// It is not there, and will not be: it ends.
    End,
    /// It may be there all the same: it is looked for once more.
    LookAgain,
    /// It is left to people, and only looked for.
    Rest,
}

/// What comes next, where the source has just been looked at or was never asked. `forbidden`: it may not be asked for any more.
#[must_use]
pub fn next(waiting: &Waiting, forbidden: bool, now: Timestamp) -> Next {
    let absent = waiting.asked_at.is_none() || waiting.misses + 1 >= LOOKS;
    match (waiting.stop.is_some() || forbidden, absent) {
        (true, true) => Next::End,
        (true, false) => Next::LookAgain,
        (false, _) if waiting.is_for_people(now) => Next::Rest,
        (false, _) => Next::Ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn waiting(asked: bool, misses: u32, stopped: bool) -> Waiting {
        let stop = stopped.then(|| Stop { at: AT, by: PersonId::random() });
        Waiting { asked_at: asked.then_some(AT), misses, stop, people_at: AT.after(USUAL_WAIT) }
    }

    #[test]
    fn what_the_source_may_have_ends_only_after_several_looks() {
        let late = AT.after(USUAL_WAIT);
        for (asked, misses, stopped, forbidden, now, wanted) in [
            (false, 0, false, false, AT, Next::Ask),
            (true, 0, false, false, AT, Next::Ask),
            (false, 0, true, false, AT, Next::End),
            (false, 0, false, true, AT, Next::End),
            (true, 0, true, false, AT, Next::LookAgain),
            (true, 0, false, true, AT, Next::LookAgain),
            (true, 1, false, true, AT, Next::LookAgain),
            (true, 2, true, false, AT, Next::End),
            (true, 2, false, true, AT, Next::End),
            (true, 9, false, false, AT, Next::Ask),
            (false, 0, false, false, late, Next::Rest),
            (true, 9, false, false, late, Next::Rest),
            (true, 2, true, false, late, Next::End),
        ] {
            let found = next(&waiting(asked, misses, stopped), forbidden, now);
            assert_eq!(found, wanted, "{asked} {misses} {stopped} {forbidden}");
        }
    }

    #[test]
    fn nobody_closes_what_was_not_called_off_or_may_still_be_answered() {
        let late = AT.after(USUAL_WAIT);
        for (stopped, now, may) in [(false, AT, false), (false, late, false), (true, AT, false), (true, late, true)] {
            assert_eq!(waiting(true, 0, stopped).may_be_closed(now), may, "{stopped}");
        }
    }
}
