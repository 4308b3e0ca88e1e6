//! What people look at before they sign that a conversation goes to somebody else or is closed, section by section.

use super::Finding;
use crate::domain::canonical::{Digest, NotCanonical};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::Outcome;
use crate::domain::conversations::handover::ClosingReason;
use crate::domain::ids::{ConversationId, RequestId};
use crate::domain::money::Money;
use crate::domain::orders::links::LinkState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The two sections of conversations that are given away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AssignmentView {
    /// The customer in a few masked letters, or how many there are.
    pub who: String,
    /// How many conversations it is about.
    pub count: u64,
    /// How many of them are there already.
    pub unchanged: u64,
    /// How many of them are closed.
    pub closed: u64,
    /// How many of them leave a restricted queue.
    pub out_of_restricted: u64,
    /// 1: to which queue; each stays in its own if none.
    pub queue: Option<QueueView>,
    /// To whom; whoever looks after the queue takes it up if none.
    pub person: Option<String>,
    /// What the team should know, as the agent wrote it. The customer never reads it.
    pub note: Option<String>,
    /// 2: some of them, with what changes for those who wait.
    pub threads: Vec<HandoverLine>,
    /// How many more there are.
    pub unlisted: u64,
}

impl AssignmentView {
    /// One digest a section, in the order of the page.
    pub(super) fn digests(&self, findings: &[Finding]) -> Result<Vec<Digest>, NotCanonical> {
        let change = Digest::of(&(
            (&self.who, self.count, self.unchanged, self.closed, self.out_of_restricted),
            (&self.queue, &self.person, &self.note),
        ));
        [change, Digest::of(&(&self.threads, self.unlisted, findings))].into_iter().collect()
    }
}

impl AssignmentView {
    /// Whether a person has to agree.
    #[must_use]
    pub fn needs_somebody(&self) -> bool {
        self.count > 1 || self.touches_restricted()
    }

    /// Whether a restricted queue gives or takes.
    #[must_use]
    pub fn touches_restricted(&self) -> bool {
        self.out_of_restricted > 0 || self.queue.as_ref().is_some_and(|queue| queue.restricted)
    }
}

/// A queue, and who may look into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct QueueView {
    /// What the team calls it.
    pub name: String,
    /// Whether only its own people see what is in it.
    pub restricted: bool,
    /// How many people look after it.
    pub people: u64,
    /// Within how many minutes it promises an answer.
    pub answer_within_minutes: Option<u64>,
}

/// One conversation before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HandoverLine {
    /// Which.
    #[schemars(with = "String")]
    pub conversation_id: ConversationId,
    /// With whom, masked.
    pub who: String,
    /// In which queue it is.
    pub queue: Option<String>,
    /// Who has it.
    pub person: Option<String>,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// Until when somebody should answer.
    pub answer_by: Option<Timestamp>,
    /// Until when somebody should answer after that.
    pub answer_by_then: Option<Timestamp>,
    /// Whether it has to be settled before it can be closed.
    pub escalated: bool,
    /// How many private notes go with it. The customer never reads them.
    pub notes: u64,
    /// The latest of them, without numbers and addresses; only for agents that may see notes.
    pub latest_note: Option<String>,
}

/// The two sections of a conversation that is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ClosingView {
    /// Which.
    #[schemars(with = "String")]
    pub conversation_id: ConversationId,
    /// With whom, masked.
    pub who: String,
    /// 1: what would be said of it.
    pub outcome: Outcome,
    /// Labels to put on.
    pub tags: BTreeSet<String>,
    /// When somebody means to come back to it.
    pub follow_up_at: Option<Timestamp>,
    /// What the team should know, as the agent wrote it. The customer never reads it.
    pub note: Option<String>,
    /// In which queue it is.
    pub queue: Option<String>,
    /// Who has it.
    pub person: Option<String>,
    /// Since when it is open.
    pub opened_at: Timestamp,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// Until when somebody should answer.
    pub answer_by: Option<Timestamp>,
    /// Messages of the customer that nobody has looked at.
    pub unread: u32,
    /// 2: why a person has to agree; empty if nobody has to.
    pub reasons: BTreeSet<ClosingReason>,
    /// What the customer wrote last, without numbers and addresses, oldest first.
    pub words: Vec<HeardLine>,
    /// Payment links that were sent in it and can be followed, or were.
    pub links: Vec<OpenLink>,
}

/// A payment link that somebody may still pay by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OpenLink {
    /// The request under which it was sent.
    #[schemars(with = "String")]
    pub request_id: RequestId,
    /// What is paid: products with how many of each.
    pub order: String,
    /// How much.
    pub amount: Money,
    /// Whether it waits, or the customer has gone on to the payment.
    pub state: LinkState,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
}

impl ClosingView {
    /// One digest a section, in the order of the page.
    pub(super) fn digests(&self, findings: &[Finding]) -> Result<Vec<Digest>, NotCanonical> {
        let change = Digest::of(&(
            (self.conversation_id, &self.who, self.outcome, &self.tags, self.follow_up_at, &self.note),
            (&self.queue, &self.person, self.opened_at, self.waiting_since, self.answer_by, self.unread),
        ));
        [change, Digest::of(&(&self.reasons, &self.words, &self.links, findings))].into_iter().collect()
    }
}

/// A message of the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HeardLine {
    /// When.
    pub at: Timestamp,
    /// Meta's word for its kind.
    pub kind: String,
    /// Its words; none if it has none.
    pub text: Option<String>,
}
