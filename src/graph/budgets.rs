//! What Meta last said about its call budgets, and which of them are used up until when.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::usage::Usage;

/// Objects that are remembered: more numbers and accounts than one daemon ever serves, but not than it has files.
const MOST_OBJECTS: usize = 4096;

/// Shared by all clones of the client.
#[derive(Default)]
pub(super) struct Budgets(Mutex<Known>);

#[derive(Default)]
struct Known {
    usage: HashMap<String, Usage>,
    /// No call before this, by the object that was called and by the account that Meta named.
    closed: HashMap<String, Instant>,
}

impl Budgets {
    /// What was said in the answers to calls on this object.
    pub(super) fn usage(&self, object: &str) -> Option<Usage> {
        self.known().usage.get(object).cloned()
    }

    /// How long no call on this object will be taken.
    pub(super) fn closed(&self, object: &str) -> Option<Duration> {
        let mut known = self.known();
        let left = known.closed.get(object)?.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        if left.is_none() {
            known.closed.remove(object);
        }
        left
    }

    /// Takes note of an answer. Those to messages tell of the budget of messages, which closes nothing here.
    pub(super) fn learn(&self, object: &str, usage: Usage, budgeted: bool) {
        if usage.is_empty() {
            return;
        }
        let (mut known, now) = (self.known(), Instant::now());
        if budgeted {
            let accounts = usage.business.iter().map(|account| (account.business_id.as_str(), account.regain));
            let all = usage.regain().map(|regain| (object, regain));
            for (closed, regain) in accounts.chain(all).filter(|(_, regain)| !regain.is_zero()) {
                known.close(closed, now, now + regain);
            }
        }
        if known.usage.len() >= MOST_OBJECTS && !known.usage.contains_key(object) {
            // Each answer says it anew.
            known.usage.clear();
        }
        known.usage.insert(object.to_owned(), usage);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn close(&mut self, object: &str, now: Instant, until: Instant) {
        if self.closed.len() >= MOST_OBJECTS {
            self.closed.retain(|_, until| *until > now);
        }
        if let Some(known) = self.closed.get_mut(object) {
            *known = until.max(*known);
        } else if self.closed.len() < MOST_OBJECTS {
            self.closed.insert(object.to_owned(), until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::usage::BusinessUsage;

    const MINUTE: Duration = Duration::from_mins(1);

    fn usage(accounts: &[(&str, u64)]) -> Usage {
        let account = |(id, minutes): &(&str, u64)| BusinessUsage {
            business_id: (*id).to_owned(),
            kind: "whatsapp".into(),
            calls: 100,
            time: 1,
            cpu: 1,
            regain: MINUTE * u32::try_from(*minutes).unwrap(),
        };
        Usage { app: None, business: accounts.iter().map(account).collect() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_is_closed_until_meta_takes_calls_again() {
        let budgets = Budgets::default();
        budgets.learn("7001", usage(&[("9001", 3), ("9002", 0)]), true);
        assert_eq!(["7001", "9001", "9002", "7002"].map(|id| budgets.closed(id).is_some()), [true, true, false, false]);
        tokio::time::advance(MINUTE).await;
        assert_eq!(budgets.closed("9001"), Some(2 * MINUTE));
        budgets.learn("9001", usage(&[("9001", 1)]), true);
        assert_eq!(budgets.closed("9001"), Some(2 * MINUTE), "an answer on its way does not open it sooner");
        tokio::time::advance(2 * MINUTE).await;
        assert_eq!(["7001", "9001"].map(|id| budgets.closed(id)), [None, None]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_of_messages_closes_no_call() {
        let budgets = Budgets::default();
        budgets.learn("7001", usage(&[("9001", 3)]), false);
        assert_eq!((budgets.closed("7001"), budgets.closed("9001")), (None, None));
        assert_eq!(budgets.usage("7001").map(|usage| usage.highest()), Some(100));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_has_an_end_and_the_newest_is_in_it() {
        let budgets = Budgets::default();
        let learn_many = |from: usize| {
            for id in from..=from + MOST_OBJECTS {
                budgets.learn(&id.to_string(), usage(&[("9001", 1)]), true);
            }
            assert!(budgets.usage(&(from + MOST_OBJECTS).to_string()).is_some());
            let known = budgets.known();
            assert!(known.usage.len() <= MOST_OBJECTS && known.closed.len() <= MOST_OBJECTS);
        };
        learn_many(0);
        tokio::time::advance(2 * MINUTE).await;
        learn_many(2 * MOST_OBJECTS);
        assert!(budgets.closed("9001").is_some() && budgets.closed(&(2 * MOST_OBJECTS).to_string()).is_some());
    }
}
