//! Who of the team sees a conversation, and who works on it.

use crate::domain::people::Role;

/// What a person may do with one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// For this person it is not there.
    Hidden,
    /// Read it.
    Reads,
    /// Read it, note, take, hand on and close.
    WorksOn,
}

/// Where a conversation is, as seen by one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In no queue yet.
    Nowhere,
    /// In a queue that is open to all of the business.
    Open(Member),
    /// In a queue that only its own people look into.
    Restricted(Member),
}

/// Whether a person belongs to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// Looks after it.
    Yes,
    /// Others look after it.
    No,
    /// Nobody looks after it, so whoever comes first may.
    NobodyIs,
}

impl Access {
    /// What a person of this role may do there.
    #[must_use]
    pub const fn of(role: Role, place: Place) -> Self {
        let works = role.may_look_after_customers();
        match place {
            Place::Restricted(Member::No | Member::NobodyIs) if !role.may_see_every_queue() => Self::Hidden,
            Place::Restricted(Member::No | Member::NobodyIs) | Place::Open(Member::No) => Self::Reads,
            _ if works => Self::WorksOn,
            _ => Self::Reads,
        }
    }

    /// Whether it is there at all.
    #[must_use]
    pub fn sees(self) -> bool {
        self != Self::Hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restricted_queues_are_for_their_people_and_those_who_oversee_all() {
        use Access::{Hidden, Reads, WorksOn};
        for (role, place, access) in [
            (Role::Operator, Place::Nowhere, WorksOn),
            (Role::Operator, Place::Open(Member::Yes), WorksOn),
            (Role::Operator, Place::Open(Member::NobodyIs), WorksOn),
            (Role::Operator, Place::Open(Member::No), Reads),
            (Role::Operator, Place::Restricted(Member::Yes), WorksOn),
            (Role::Operator, Place::Restricted(Member::No), Hidden),
            (Role::Manager, Place::Restricted(Member::NobodyIs), Hidden),
            (Role::Admin, Place::Restricted(Member::No), Hidden),
            (Role::Compliance, Place::Restricted(Member::No), Reads),
            (Role::Principal, Place::Restricted(Member::No), Reads),
            (Role::Dpo, Place::Restricted(Member::No), Reads),
            (Role::Auditor, Place::Restricted(Member::No), Reads),
            (Role::Auditor, Place::Nowhere, Reads),
            (Role::Auditor, Place::Open(Member::Yes), Reads),
            (Role::Dpo, Place::Open(Member::Yes), Reads),
        ] {
            assert_eq!(Access::of(role, place), access, "{role} {place:?}");
        }
    }

    #[test]
    fn nobody_works_on_what_they_do_not_see_and_an_auditor_on_nothing() {
        let members = [Member::Yes, Member::No, Member::NobodyIs];
        let places = members.iter().flat_map(|it| [Place::Open(*it), Place::Restricted(*it)]).chain([Place::Nowhere]);
        for place in places {
            for &role in Role::ALL {
                let access = Access::of(role, place);
                assert!(access.sees() || !role.may_see_every_queue(), "{role} {place:?}");
                assert!(access != Access::WorksOn || role.may_look_after_customers(), "{role} {place:?}");
            }
        }
    }
}
