//! The delivery ledger and what drives it: executions, the shards that daemons lease, and the one transaction in which
//! outcomes and intents become durable together.
//!
//! Safety rests on two guarded updates. An intent needs its shard (owner, epoch, `desired = 'run'`) and its row
//! (`queued`); an outcome needs its attempt. A lease only decides who may go on, never what is true.

mod commit;
mod doubts;
mod drift;
mod executions;
mod ledger;
mod lost;
mod outcomes;
mod rate;
mod reach;
mod shards;
mod statuses;
mod votes;

pub use commit::{Committed, Exclude, Granted, Grip, GroupCommit, Later, Part, group_commit};
pub use doubts::{Evidence, doubt, evidence, latest_in_doubt, nothing_waits, rule};
pub use drift::{fallen_away, rebase, suppressed_ahead};
pub use executions::{
    Execution, NewExecution, add, build, by_request, find, finish, follow, lock, of_request, pause_for, set_desired,
    set_state, under_way, unfinished,
};
pub use ledger::{
    Ahead, Attempt, AttemptNote, Entry, Failed, Waiting, ahead, attempts, entry, failures_by_code, in_doubt_since,
    ledger_page, record_attempts, retries, sending, tally, waiting, withheld_by_reason,
};
pub use outcomes::{Outcome, Settled, Surprise, TurnedAway, second_messages, turned_away};
pub use rate::{AHEAD, Grant, NumberLimits, TokenAsk, number_bucket, number_limits, slow_down, take_tokens};
pub use reach::{Reach, reached};
pub use shards::{Lease, Taken, claim, close, release, sweep};
pub(super) use statuses::rank;
pub use statuses::{Applied, Reached, StatusUpdate, apply_statuses};
pub use votes::{forget_votes, vote, votes};

use super::Tx;

/// One statement in both dialects, for the few places where they differ.
#[derive(Clone, Copy)]
pub(super) struct Sql {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl Sql {
    pub(super) const fn of(self, tx: &Tx) -> &'static str {
        match tx {
            Tx::Sqlite(_) => self.sqlite,
            Tx::Postgres(_) => self.postgres,
        }
    }
}

/// A statement with a piece that each database words differently: lists that travel as one JSON text, and the time that
/// leases are measured by. On PostgreSQL that is the server's own, because daemons' clocks differ; on SQLite there is one
/// daemon and one clock.
macro_rules! dialects {
    ($sql:ident!($sqlite:literal, $postgres:literal)) => {
        crate::store::deliveries::Sql { sqlite: $sql!($sqlite), postgres: $sql!($postgres) }
    };
}
use dialects;

/// A statement about rows of one execution that travel as a list: see [`list`].
macro_rules! of_seqs {
    ($before:literal, $place:literal $(, $after:literal)?) => {
        crate::store::deliveries::Sql {
            sqlite: concat!($before, "seq in (select value from json_each(", $place, "))" $(, $after)?),
            postgres: concat!($before, "seq = any(translate(", $place, ", '[]', '{}')::bigint[])" $(, $after)?),
        }
    };
}
use of_seqs;

/// Text from outside, fit for a column: PostgreSQL keeps no NUL.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(1000).collect()
}

/// A list as one parameter. PostgreSQL takes rows out of the ledger by `= any` of an array, which reads the primary key for
/// each whatever it believes of the table; `in (select ...)` it may answer by reading the whole ledger. SQLite reads a whole
/// ledger too, and the list anew for each row, where a list is joined by a known `execution_id`; the lists that are joined
/// are materialized first, with the execution in each row, so that only the whole key finds anything.
fn list<T: serde::Serialize>(items: &[T]) -> super::Result<String> {
    super::to_json("delivery", "a list", &items)
}
