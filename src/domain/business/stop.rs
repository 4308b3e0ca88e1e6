//! A stop of all that goes out from a number, or from the business: broadcasts, answers that people approved, and automation. It
//! holds until a person lets it go on.

use crate::domain::clock::Timestamp;
use crate::domain::ids::PersonId;

/// How far a stop reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReach {
    /// One number, by Meta's id.
    Number(String),
    /// All numbers of the business.
    Business,
}

impl StopReach {
    /// Whether nothing goes out from this number.
    #[must_use]
    pub fn covers(&self, number: &str) -> bool {
        match self {
            Self::Number(stopped) => stopped == number,
            Self::Business => true,
        }
    }
}

/// Who stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedBy {
    /// A person of the team.
    Person(PersonId),
    /// Meta, by what it told.
    Meta,
    /// The worker, because Meta refused a message for a reason that all others have, too.
    Worker,
}

/// Why nothing goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// From where.
    pub reach: StopReach,
    /// Who gave the latest reason.
    pub by: StoppedBy,
    /// It, in a sentence.
    pub reason: String,
    /// Since when nothing goes out.
    pub since: Timestamp,
    /// When that reason was given.
    pub told_at: Timestamp,
}
