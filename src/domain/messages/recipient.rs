//! Whom a message goes to: a phone number, or the id that Meta gives a person for one business.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::contacts::identity::UserId;
use super::super::phone::PhoneNumber;
use super::super::redact::Number;

/// A person at Meta. Since people may hide their numbers, either is enough to write to them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// By phone number.
    Phone(E164),
    /// By business-scoped user id.
    UserId(UserId),
}

/// A phone number in E.164, with its plus: without one Meta guesses the country.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// Why a text names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the recipient is not a phone number in E.164: write it as +85291234567")]
pub struct BadE164;

impl Recipient {
    /// Whoever has this number.
    pub fn phone(e164: &str) -> Result<Self, BadE164> {
        E164::try_from(e164.to_owned()).map(Self::Phone)
    }

    /// As Meta wants it, whole.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(E164(text)) => text,
            Self::UserId(id) => id.as_str(),
        }
    }
}

impl TryFrom<String> for E164 {
    type Error = BadE164;
    fn try_from(text: String) -> Result<Self, BadE164> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let good = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if good { Ok(Self(text)) } else { Err(BadE164) }
    }
}

impl From<&PhoneNumber> for Recipient {
    fn from(phone: &PhoneNumber) -> Self {
        Self::Phone(E164(phone.e164().to_owned()))
    }
}

impl From<E164> for String {
    fn from(number: E164) -> Self {
        number.0
    }
}

impl From<UserId> for Recipient {
    fn from(id: UserId) -> Self {
        Self::UserId(id)
    }
}

/// Shows which kind it is, and nobody's number.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(E164(text)) => Number::new(text.as_str()).fmt(f),
            Self::UserId(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_have_a_plus() {
        for good in ["+85291234567", "+1234567", "+123456789012345"] {
            assert_eq!(Recipient::phone(good).unwrap().as_str(), good);
        }
        for bad in ["", "+", "85291234567", "+852 9123 4567", "+123456", "+1234567890123456", "+８５２９１２３４５６７"]
        {
            assert_eq!(Recipient::phone(bad), Err(BadE164), "{bad}");
        }
    }

    #[test]
    fn stored_recipients_are_checked_when_they_are_read_and_do_not_print() {
        let phone = Recipient::phone("+85291234567").unwrap();
        let id = Recipient::from(UserId::parse("US.1349").unwrap());
        assert_eq!(
            serde_json::to_value([&phone, &id]).unwrap(),
            json!([{"phone": "+85291234567"}, {"user_id": "US.1349"}])
        );
        assert_eq!(serde_json::from_value::<Recipient>(json!({"phone": "+85291234567"})).unwrap(), phone);
        for bad in [json!({"phone": "85291234567"}), json!({"user_id": "1349"}), json!({"group": "x"}), json!("x")] {
            assert!(serde_json::from_value::<Recipient>(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(format!("{phone:?} {id:?}"), "Number(…67) UserId(…49)");
    }
}
