//! What Meta last said about its call budgets, and which of them are used up until when.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::usage::Usage;

/// Objects whose usage is remembered; more than one daemon ever serves.
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
        let mut known = self.known();
        if budgeted {
            let accounts = usage.business.iter().map(|account| (account.business_id.as_str(), account.regain));
            let all = usage.regain().map(|regain| (object, regain));
            for (closed, regain) in accounts.chain(all).filter(|(_, regain)| !regain.is_zero()) {
                let until = Instant::now() + regain;
                if known.closed.len() < MOST_OBJECTS || known.closed.contains_key(closed) {
                    let entry = known.closed.entry(closed.to_owned()).or_insert(until);
                    *entry = until.max(*entry);
                }
            }
        }
        if known.usage.len() < MOST_OBJECTS || known.usage.contains_key(object) {
            known.usage.insert(object.to_owned(), usage);
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    async fn what_is_remembered_has_an_end() {
        let budgets = Budgets::default();
        for id in 0..2 * MOST_OBJECTS {
            budgets.learn(&id.to_string(), usage(&[("9001", 1)]), true);
        }
        let known = budgets.known();
        assert_eq!((known.usage.len(), known.closed.len()), (MOST_OBJECTS, MOST_OBJECTS));
    }
}
