//! When to stop and ask people: an API that is in trouble must cost a handful of messages in doubt, not thousands.

use crate::graph::errors::FatalFor;
use crate::graph::messages::SendOutcome;
use crate::graph::{Backoff, errors};

/// So many messages without a usable answer, one after the other, and sending stands still.
const IN_A_ROW: u32 = 10;

/// Why sending is to stand still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// In a sentence.
    pub why: String,
    /// How far Meta's refusal reaches, if it is one.
    pub fatal_for: Option<FatalFor>,
}

/// Watches how requests end.
#[derive(Debug, Default)]
pub struct Breaker {
    in_doubt: u32,
    impossible: u32,
}

impl Breaker {
    /// Takes note of one outcome. If sending should stand still because of it: why.
    pub fn see(&mut self, outcome: &SendOutcome) -> Option<Trip> {
        let trip = |why: String| Trip { why, fatal_for: None };
        match outcome {
            SendOutcome::Accepted { paused, .. } => {
                *self = Self::default();
                paused.then(|| trip("Meta has paused the template.".to_owned()))
            }
            SendOutcome::Unknown { .. } => {
                self.in_doubt += 1;
                (self.in_doubt >= IN_A_ROW)
                    .then(|| trip(format!("{IN_A_ROW} messages in a row got no usable answer from Meta.")))
            }
            SendOutcome::NotSent { retry: Backoff::Never, why } => {
                self.impossible += 1;
                (self.impossible >= IN_A_ROW)
                    .then(|| trip(format!("{IN_A_ROW} messages in a row could not be sent: {why}.")))
            }
            // Turned away at the gate: Meta answers, and waiting helps.
            SendOutcome::NotSent { .. } => None,
            SendOutcome::Rejected { error, fatal_for } => {
                self.in_doubt = 0;
                match fatal_for {
                    FatalFor::Account | FatalFor::Number | FatalFor::Template => {
                        let why = errors::explain(error.code).sentence.to_owned();
                        Some(Trip { why, fatal_for: Some(*fatal_for) })
                    }
                    FatalFor::Message | FatalFor::Recipient => None,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::GraphError;

    fn unknown() -> SendOutcome {
        SendOutcome::Unknown { why: "reset".into() }
    }

    fn accepted(paused: bool) -> SendOutcome {
        SendOutcome::Accepted { wamid: "w".into(), held: false, paused }
    }

    fn rejected(code: i64, fatal_for: FatalFor) -> SendOutcome {
        let (subcode, details, trace_id) = (None, None, None);
        let error = GraphError { code, subcode, title: String::new(), details, is_transient: false, trace_id };
        SendOutcome::Rejected { error, fatal_for }
    }

    #[test]
    fn ten_in_doubt_in_a_row_stop_it_and_one_answer_begins_anew() {
        let mut breaker = Breaker::default();
        for _ in 0..9 {
            assert_eq!(breaker.see(&unknown()), None);
        }
        assert_eq!(breaker.see(&accepted(false)), None);
        let said: Vec<bool> = (0..10).map(|_| breaker.see(&unknown()).is_some()).collect();
        assert_eq!(said.iter().position(|s| *s), Some(9));
    }

    #[test]
    fn what_concerns_everybody_stops_at_once_and_one_person_does_not() {
        let mut breaker = Breaker::default();
        for code in [190, 10, 200, 368] {
            assert!(breaker.see(&rejected(code, FatalFor::Account)).is_some(), "{code}");
        }
        assert!(breaker.see(&rejected(132_015, FatalFor::Template)).is_some_and(|trip| !trip.why.is_empty()));
        for _ in 0..100 {
            assert_eq!(breaker.see(&rejected(131_026, FatalFor::Recipient)), None);
        }
        assert!(breaker.see(&accepted(true)).is_some());
    }
}
