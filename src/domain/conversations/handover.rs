//! Conversations that are given to a queue or a person, and conversations that are closed, at the word of an agent.

use super::{Conversation, Outcome};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ConversationId, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A thread as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedAt {
    /// Which.
    pub conversation: ConversationId,
    /// Changes with every act on it; not with messages.
    pub version: i64,
    /// Messages of the customer that nobody had looked at.
    pub unread: u32,
}

impl From<&Conversation> for LookedAt {
    fn from(thread: &Conversation) -> Self {
        Self { conversation: thread.id, version: thread.version, unread: thread.unread }
    }
}

/// Threads to be given away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignPlan {
    /// Each once, as it was.
    pub threads: Vec<LookedAt>,
    /// To which queue; each stays in its own if none.
    pub queue: Option<String>,
    /// To whom; nobody yet if none.
    pub person: Option<PersonId>,
    /// What the team should know, and the customer never reads.
    pub note: Option<String>,
    /// Whether a restricted queue gives or takes.
    pub restricted: bool,
}

impl AssignPlan {
    /// Whether it is about more than one.
    #[must_use]
    pub fn is_bulk(&self) -> bool {
        self.threads.len() > 1
    }
}

/// Messages that are read to see why a person has to agree to a closing, and those that a page shows: the newest.
pub const CLOSING_READ: u32 = 50;
pub const CLOSING_SHOWN: usize = 6;

words! {
    /// Why a person has to agree before a conversation is closed.
    ClosingReason, "reason to ask a person" {
        /// The customer complains, or a restricted queue has it.
        Complaint = "complaint",
        /// It is about paying, or something was ordered in it.
        Payment = "payment",
        /// It was escalated, if settled since.
        Escalation = "escalation",
        /// The customer still waits for an answer.
        Unanswered = "unanswered",
    }
}

/// A thread to be closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosePlan {
    /// Which, as it was.
    pub thread: LookedAt,
    /// What came of it.
    pub outcome: Outcome,
    /// Labels to put on.
    pub tags: BTreeSet<String>,
    /// When somebody means to come back to it.
    pub follow_up_at: Option<Timestamp>,
    /// What the team should know, and the customer never reads.
    pub note: Option<String>,
    /// Why a person had to agree; empty if nobody had to.
    pub reasons: BTreeSet<ClosingReason>,
}
