//! Conversations: one thread for each customer at each number of the business, who looks after it, and until when it may go on.

mod access;
pub mod attachments;
pub mod handover;
mod joined;
pub mod summary;
mod window;

pub use access::{Access, Member, Place};
pub use window::{FREE, FreeEntry, SERVICE, ServiceWindow};

use super::clock::Timestamp;
use super::contacts::ContactNo;
use super::ids::{ConversationId, PersonId};

words! {
    /// Where a thread stands.
    ConversationState, "state of a conversation" {
        /// Somebody may have to answer.
        Open = "open",
        /// Done, until the customer writes again.
        Closed = "closed",
    }
}

words! {
    /// What happens to a thread besides messages.
    ConversationAct, "act on a conversation" {
        /// The customer wrote for the first time.
        Opened = "opened",
        /// Automation left it to people.
        HandedOver = "handed_over",
        /// A queue or a person has it now.
        Assigned = "assigned",
        /// Somebody of the team wrote something down that the customer does not see.
        Noted = "noted",
        /// Somebody has to settle it before it can be closed.
        Escalated = "escalated",
        /// That was done.
        Settled = "settled",
        /// Done, with an outcome.
        Closed = "closed",
        /// The customer wrote again.
        Reopened = "reopened",
    }
}

words! {
    /// What came of a thread, as people of the team say it.
    Outcome, "outcome of a conversation" {
        /// The customer has what they asked for.
        Solved = "solved",
        /// They do not, and will not.
        NotSolved = "not_solved",
        /// They wrote no more.
        NoReply = "no_reply",
        /// It was not meant for this business.
        Misdirected = "misdirected",
    }
}

/// One thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which one.
    pub id: ConversationId,
    /// At which number of the business, by Meta's id.
    pub phone_number_id: String,
    /// With whom.
    pub contact: ContactNo,
    /// Where it stands.
    pub state: ConversationState,
    /// In which queue it is.
    pub queue: Option<String>,
    /// Who has it.
    pub person: Option<PersonId>,
    /// Since when it waits for a person, because it was handed over.
    pub handed_at: Option<Timestamp>,
    /// Messages of the customer that nobody has looked at.
    pub unread: u32,
    /// The oldest message of the customer that nobody has answered.
    pub waiting_since: Option<Timestamp>,
    /// Until when somebody should.
    pub answer_by: Option<Timestamp>,
    /// When the customer last wrote.
    pub last_inbound_at: Timestamp,
    /// When the business last wrote.
    pub last_outbound_at: Option<Timestamp>,
    /// When a person of the team last answered.
    pub answered_at: Option<Timestamp>,
    /// Somebody has to settle it before it can be closed.
    pub escalated: bool,
    /// How it ended.
    pub outcome: Option<String>,
    /// When somebody means to come back to it.
    pub follow_up_at: Option<Timestamp>,
    /// Since when it is open, this time.
    pub opened_at: Timestamp,
    /// Since when it is closed.
    pub closed_at: Option<Timestamp>,
    /// Changes with every act on it; not with messages.
    pub version: i64,
}

impl Conversation {
    /// Whether somebody should have answered by now.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.state == ConversationState::Open && self.answer_by.is_some_and(|by| by < now)
    }
}
