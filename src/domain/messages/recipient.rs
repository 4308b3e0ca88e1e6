//! Whom a message goes to: a phone number, or the id that Meta gives a person for one business.

use std::fmt;

use serde::{Deserialize, Serialize};

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

/// A person as one business sees them: the country's two letters, a dot, and up to 128 letters and digits. That of a parent
/// business has `ENT.` between.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// Why a text names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRecipient {
    /// Not a number in E.164.
    #[error("the recipient is not a phone number in E.164: write it as +85291234567")]
    Phone,
    /// Not a user id.
    #[error("the recipient is not one of Meta's user ids: they look like US.1349000000000000001")]
    UserId,
}

impl Recipient {
    /// Whoever has this number.
    pub fn phone(e164: &str) -> Result<Self, BadRecipient> {
        E164::try_from(e164.to_owned()).map(Self::Phone)
    }

    /// Whoever Meta knows by this id.
    pub fn user_id(id: &str) -> Result<Self, BadRecipient> {
        UserId::try_from(id.to_owned()).map(Self::UserId)
    }

    /// As Meta wants it, whole.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(E164(text)) | Self::UserId(UserId(text)) => text,
        }
    }
}

impl TryFrom<String> for E164 {
    type Error = BadRecipient;
    fn try_from(text: String) -> Result<Self, BadRecipient> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let good = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if good { Ok(Self(text)) } else { Err(BadRecipient::Phone) }
    }
}

impl TryFrom<String> for UserId {
    type Error = BadRecipient;
    fn try_from(text: String) -> Result<Self, BadRecipient> {
        let (country, id) = text.split_once('.').unwrap_or_default();
        let id = id.strip_prefix("ENT.").unwrap_or(id);
        let good = country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if good { Ok(Self(text)) } else { Err(BadRecipient::UserId) }
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

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

/// Shows which kind it is, and nobody's number.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(E164(text)) => Number::new(text.as_str()).fmt(f),
            Self::UserId(_) => f.write_str("UserId(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_have_a_plus_and_ids_a_country() {
        for good in ["+85291234567", "+1234567", "+123456789012345"] {
            assert_eq!(Recipient::phone(good).unwrap().as_str(), good);
        }
        for bad in ["", "+", "85291234567", "+852 9123 4567", "+123456", "+1234567890123456", "+８５２９１２３４５６７"]
        {
            assert_eq!(Recipient::phone(bad), Err(BadRecipient::Phone), "{bad}");
        }
        let longest = format!("US.{}", "a".repeat(128));
        for good in ["US.1349000000000000001", "HK.a", "US.ENT.13A", longest.as_str()] {
            assert_eq!(Recipient::user_id(good).unwrap().as_str(), good);
        }
        let longer = format!("{longest}a");
        for bad in ["", "US.", "us.1", "USA.1", "US1", "US.ENT.", "US.1 2", "US.1.2", "+85291234567", longer.as_str()] {
            assert_eq!(Recipient::user_id(bad), Err(BadRecipient::UserId), "{bad}");
        }
    }

    #[test]
    fn stored_recipients_are_checked_when_they_are_read_and_do_not_print() {
        let phone = Recipient::phone("+85291234567").unwrap();
        let id = Recipient::user_id("US.1349").unwrap();
        assert_eq!(
            serde_json::to_value([&phone, &id]).unwrap(),
            json!([{"phone": "+85291234567"}, {"user_id": "US.1349"}])
        );
        assert_eq!(serde_json::from_value::<Recipient>(json!({"phone": "+85291234567"})).unwrap(), phone);
        for bad in [json!({"phone": "85291234567"}), json!({"user_id": "1349"}), json!({"group": "x"}), json!("x")] {
            assert!(serde_json::from_value::<Recipient>(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(format!("{phone:?} {id:?}"), "Number(…67) UserId(…)");
    }
}
