//! By what Meta knows a person: a number, an id for this business, or both. Either may be missing, and either may change.

use crate::domain::phone::PhoneNumber;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Meta's id of a person for this business, such as `US.1349000000000000001`: the two letters of a country, a dot, and letters
/// and digits. That for a group of businesses has `ENT.` between. Only Meta makes them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// Why a text is none of Meta's ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of Meta's user ids: they look like US.1349000000000000001")]
pub struct BadUserId;

/// Letters and digits behind the country, at most.
const LONGEST: usize = 128;

impl UserId {
    /// `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::try_from(text.to_owned()).ok()
    }

    /// For the call to Meta and for the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = BadUserId;
    fn try_from(text: String) -> Result<Self, BadUserId> {
        let (country, id) = text.split_once('.').unwrap_or_default();
        let id = id.strip_prefix("ENT.").unwrap_or(id);
        let fits = country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=LONGEST).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(Self(text)) } else { Err(BadUserId) }
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail: String = self.0.chars().skip(self.0.chars().count().saturating_sub(2)).collect();
        write!(f, "UserId(…{tail})")
    }
}

/// What is known of who somebody is. There is always one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    phone: Option<PhoneNumber>,
    user_id: Option<UserId>,
    parent: Option<UserId>,
}

impl Identity {
    /// `None` where neither is given: that is nobody.
    #[must_use]
    pub fn new(phone: Option<PhoneNumber>, user_id: Option<UserId>) -> Option<Self> {
        (phone.is_some() || user_id.is_some()).then_some(Self { phone, user_id, parent: None })
    }

    /// With the id that the person has for the group of businesses.
    #[must_use]
    pub fn within(self, parent: Option<UserId>) -> Self {
        Self { parent, ..self }
    }

    /// The number, for those who show it to the business.
    #[must_use]
    pub const fn phone(&self) -> Option<&PhoneNumber> {
        self.phone.as_ref()
    }

    /// The id, where Meta gives one.
    #[must_use]
    pub const fn user_id(&self) -> Option<&UserId> {
        self.user_id.as_ref()
    }

    /// Meta's id of the person for the group of businesses that this one belongs to.
    #[must_use]
    pub const fn parent(&self) -> Option<&UserId> {
        self.parent.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_a_country_and_letters_and_digits_and_does_not_print_itself() {
        let longest = format!("US.{}", "a".repeat(LONGEST));
        for text in ["US.1349000000000000001", "US.ENT.11815799212886844830", "HK.a1", &longest] {
            assert_eq!(UserId::parse(text).unwrap().as_str(), text);
        }
        let longer = format!("{longest}a");
        for text in [
            "",
            "US",
            "US.",
            ".1",
            "us.1",
            "USA.1",
            "US.1 2",
            "US..1",
            "US.1.2",
            "US.ENT.",
            "U1.2",
            "+85291234567",
            &longer,
        ] {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
        assert_eq!(format!("{:?}", UserId::parse("US.1349").unwrap()), "UserId(…49)");
    }

    #[test]
    fn nobody_is_no_identity() {
        assert!(Identity::new(None, None).is_none());
        let phone = PhoneNumber::parse("+85291234567", None).unwrap();
        assert!(Identity::new(Some(phone), None).is_some());
    }
}
