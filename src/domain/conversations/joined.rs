//! Two threads that turn out to be with one customer.

use super::{Conversation, ConversationState};

impl Conversation {
    /// This thread with what the other one holds: open if either is, in the hands of those who have the open one, or the one
    /// that the customer wrote to last. A restricted queue keeps it, and nothing that waits or has to be settled is lost.
    #[must_use]
    pub fn joined(self, other: &Self, restricted: impl Fn(&str) -> bool) -> Self {
        let leads = |one: &Self| (one.state == ConversationState::Open, one.last_inbound_at);
        let (lead, rest) = if leads(other) > leads(&self) { (other, &self) } else { (&self, other) };
        let hidden = |one: &Self| one.queue.as_deref().is_some_and(&restricted);
        let place = if hidden(rest) && !hidden(lead) { rest } else { lead };
        let earliest = |one: Option<_>, other: Option<_>| one.into_iter().chain(other).min();
        Self {
            state: lead.state,
            queue: place.queue.clone(),
            person: place.person,
            handed_at: earliest(self.handed_at, other.handed_at),
            unread: self.unread.saturating_add(other.unread),
            waiting_since: earliest(self.waiting_since, other.waiting_since),
            answer_by: earliest(self.answer_by, other.answer_by),
            last_inbound_at: self.last_inbound_at.max(other.last_inbound_at),
            last_outbound_at: self.last_outbound_at.max(other.last_outbound_at),
            answered_at: self.answered_at.max(other.answered_at),
            escalated: self.escalated || other.escalated,
            outcome: lead.outcome.clone(),
            follow_up_at: earliest(self.follow_up_at, other.follow_up_at),
            opened_at: lead.opened_at,
            closed_at: lead.closed_at,
            version: self.version.saturating_add(1),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::contacts::ContactNo;
    use crate::domain::ids::{ConversationId, PersonId};

    fn thread(heard: i64) -> Conversation {
        Conversation {
            id: ConversationId::random(),
            phone_number_id: "1".to_owned(),
            contact: ContactNo(1),
            state: ConversationState::Open,
            queue: Some("sales".to_owned()),
            person: Some(PersonId::random()),
            handed_at: None,
            unread: 1,
            waiting_since: Some(Timestamp::from_micros(heard)),
            answer_by: None,
            last_inbound_at: Timestamp::from_micros(heard),
            last_outbound_at: None,
            answered_at: None,
            escalated: false,
            outcome: None,
            follow_up_at: None,
            opened_at: Timestamp::from_micros(0),
            closed_at: None,
            version: 3,
        }
    }

    #[test]
    fn what_is_open_restricted_or_unsettled_in_either_stays_so() {
        let stays = Conversation {
            state: ConversationState::Closed,
            outcome: Some("solved".to_owned()),
            closed_at: Some(Timestamp::from_micros(95)),
            waiting_since: None,
            ..thread(90)
        };
        let goes = Conversation { queue: Some("legal".to_owned()), escalated: true, ..thread(50) };
        let both = stays.clone().joined(&goes, |queue| queue == "legal");
        assert_eq!((both.id, both.state, both.closed_at), (stays.id, ConversationState::Open, None));
        assert_eq!((both.queue.as_deref(), both.person, both.escalated), (Some("legal"), goes.person, true));
        assert_eq!((both.unread, both.waiting_since, both.outcome), (2, goes.waiting_since, None));
        assert_eq!((both.last_inbound_at, both.version), (stays.last_inbound_at, 4));

        let (first, second) = (thread(10), thread(20));
        let both = first.clone().joined(&second, |_| false);
        assert_eq!((both.person, both.waiting_since), (second.person, first.waiting_since), "the later one leads");
        let closed = Conversation { state: ConversationState::Closed, queue: Some("legal".to_owned()), ..thread(30) };
        let both = first.joined(&closed, |queue| queue == "legal");
        assert_eq!(
            (both.state, both.queue.as_deref()),
            (ConversationState::Open, Some("legal")),
            "nobody else sees it"
        );
    }
}
