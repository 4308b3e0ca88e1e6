//! Whether something private may go to a number: not while it may be in other hands than those it was meant for.

use crate::domain::clock::Timestamp;

/// Somebody else may hold the number, and nobody has made sure since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody else may hold the customer's number since {}: make sure who it is, outside WhatsApp, and confirm it", .since.to_jiff())]
pub struct Doubt {
    /// Since when.
    pub since: Timestamp,
}

/// Whether something private may be sent, and the mark of the person that it then carries: with it Meta delivers nothing to
/// anybody else. Without a mark, nobody has ever been told of one, and the message goes unguarded.
pub fn may_send(
    mark: Option<&str>,
    changed_at: Option<Timestamp>,
    confirmed_at: Option<Timestamp>,
) -> Result<Option<&str>, Doubt> {
    match changed_at {
        Some(since) if confirmed_at.is_none_or(|confirmed| confirmed < since) => Err(Doubt { since }),
        _ => Ok(mark),
    }
}

words! {
    /// What is known of who holds a customer's number.
    IdentityState, "state of an identity" {
        /// Meta marks the person, and the mark is the one that holds.
        Marked = "marked",
        /// Meta tells no mark, and somebody of the team has made sure.
        Confirmed = "confirmed",
        /// Meta tells no mark, and nobody has made sure.
        Unconfirmed = "unconfirmed",
        /// Somebody else may hold the number.
        Doubtful = "doubtful",
    }
}

/// What is known of who holds a number.
#[must_use]
pub fn identity(mark: Option<&str>, changed_at: Option<Timestamp>, confirmed_at: Option<Timestamp>) -> IdentityState {
    match may_send(mark, changed_at, confirmed_at) {
        Err(_) => IdentityState::Doubtful,
        Ok(Some(_)) => IdentityState::Marked,
        Ok(None) if confirmed_at.is_some() => IdentityState::Confirmed,
        Ok(None) => IdentityState::Unconfirmed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_lasts_until_somebody_confirms_who_it_is() {
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        for (changed, confirmed, fine) in [
            (None, None, true),
            (None, at(5), true),
            (at(5), None, false),
            (at(5), at(4), false),
            (at(5), at(5), true),
            (at(5), at(6), true),
        ] {
            assert_eq!(may_send(Some("mark"), changed, confirmed).is_ok(), fine, "{changed:?} {confirmed:?}");
        }
        assert_eq!(may_send(Some("mark"), at(5), at(6)), Ok(Some("mark")));
        assert_eq!(may_send(None, None, None), Ok(None));
    }

    #[test]
    fn only_meta_or_the_team_says_who_somebody_is() {
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        for (mark, changed, confirmed, state) in [
            (Some("mark"), None, None, IdentityState::Marked),
            (Some("mark"), at(5), at(6), IdentityState::Marked),
            (Some("mark"), at(5), None, IdentityState::Doubtful),
            (None, at(5), at(4), IdentityState::Doubtful),
            (None, None, at(1), IdentityState::Confirmed),
            (None, None, None, IdentityState::Unconfirmed),
        ] {
            assert_eq!(identity(mark, changed, confirmed), state, "{mark:?} {changed:?} {confirmed:?}");
        }
    }
}
