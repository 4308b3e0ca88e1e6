//! By what Meta knows a person: a number, an id for this business, or both. Either may be missing, and either may change.

use crate::domain::phone::PhoneNumber;
use std::fmt;

/// Meta's id of a person for this business, such as `US.1349000000000000001`. Only Meta makes them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

/// Longer ones are not Meta's: two letters of a country, perhaps a word, and up to 128 letters and digits.
const LONGEST: usize = 160;

impl UserId {
    /// `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (country, rest) = text.split_once('.')?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let fits = text.len() <= LONGEST
            && country.len() == 2
            && country.bytes().all(|b| b.is_ascii_alphabetic())
            && rest.split('.').all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// For the call to Meta and for the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
        for text in ["US.1349000000000000001", "US.ENT.11815799212886844830", "hk.a1"] {
            assert_eq!(UserId::parse(text).unwrap().as_str(), text);
        }
        let long = format!("US.{}", "1".repeat(158));
        for text in ["", "US", "US.", ".1", "USA.1", "US.1 2", "US..1", "15550100001", "U1.2", &long] {
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
