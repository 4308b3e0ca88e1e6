//! Phone numbers: E.164, parsed by Google's rules, masked unless permitted.

use super::masked::{CustomerData, Guarded, Mask};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use std::fmt;

/// A valid number in E.164 form, such as `+85291234567`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber {
    e164: String,
    market: Market,
}

/// The country or territory that a number belongs to, as ISO 3166 has it: the key of the rate card.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Market([u8; 2]);

/// Why a text is not a phone number that can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPhone {
    /// It does not read as a number.
    #[error("not a phone number: write it with its country code, such as +852 9123 4567")]
    Unreadable,
    /// It reads as one, but nobody can have it.
    #[error("no such phone number in its country's numbering plan")]
    Impossible,
}

/// Why a text is not a market.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a market: write the two letters of ISO 3166, such as HK")]
pub struct BadMarket(String);

impl PhoneNumber {
    /// Reads a number; one without a country code is taken as of `home`.
    pub fn parse(text: &str, home: Option<Market>) -> Result<Self, BadPhone> {
        // The library reads letters as the keys of a telephone and drops extensions: either way somebody else's number.
        if text.chars().any(|c| c.is_alphabetic() || matches!(c, ';' | '=' | '#' | '*' | ',')) {
            return Err(BadPhone::Unreadable);
        }
        let region = home.and_then(|m| Region::try_from(m.as_str()).ok());
        let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|_| BadPhone::Unreadable)?;
        if !number.is_valid() {
            return Err(BadPhone::Impossible);
        }
        // The library's region is its two letters as a number.
        let market = number
            .get_region_code()
            .and_then(|region| std::str::from_utf8(&(region as u16).to_be_bytes()).ok()?.parse().ok())
            .ok_or(BadPhone::Impossible)?;
        Ok(Self { e164: number.format_as(PhoneNumberFormat::E164).into_owned(), market })
    }

    /// Back from the database, where only parsed numbers go.
    #[must_use]
    pub const fn stored(e164: String, market: Market) -> Self {
        Self { e164, market }
    }

    /// For the call to Meta and for the database; everything else shows the mask.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Where it belongs.
    #[must_use]
    pub const fn market(&self) -> Market {
        self.market
    }
}

impl Guarded for PhoneNumber {
    type Class = CustomerData;
}

impl Mask for PhoneNumber {
    /// Country code and the last two digits: `+852 •••• ••34`.
    fn mask(&self) -> String {
        let code = PHONE_NUMBER_UTIL
            .parse(&self.e164, None)
            .map_or_else(|_| String::new(), |n| format!("+{}", n.country_code));
        let tail: String = self.e164.chars().skip(self.e164.len().saturating_sub(2)).collect();
        format!("{code} •••• ••{tail}")
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.e164)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask())
    }
}

impl Market {
    /// Of a number whose market is not known; ISO 3166 gives these letters to nobody.
    pub const UNKNOWN: Self = Self(*b"ZZ");

    /// Its two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

impl std::str::FromStr for Market {
    type Err = BadMarket;
    fn from_str(text: &str) -> Result<Self, BadMarket> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                let market = Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]);
                // Two letters that nobody's numbers belong to would only make every number a wrong one.
                let there = Region::try_from(market.as_str()).is_ok_and(|region| region != Region::ZZ);
                if there { Ok(market) } else { Err(BadMarket(text.to_owned())) }
            }
            _ => Err(BadMarket(text.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Market {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Market {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Market {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Market".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166 country or territory, such as HK" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_in_many_spellings_is_one_number() {
        let home = "HK".parse().ok();
        for text in [
            "+852 9123 4567",
            "9123 4567",
            "(852) 9123-4567",
            "+85291234567",
            "００８５２９１２３４５６７",
            "+852-9123.4567",
        ] {
            if let Ok(phone) = PhoneNumber::parse(text, home) {
                assert_eq!((phone.e164(), phone.market().as_str()), ("+85291234567", "HK"), "{text}");
            } else {
                assert_eq!(text, "００８５２９１２３４５６７", "only the doubtful prefix may be refused");
            }
        }
    }

    #[test]
    fn what_nobody_can_have_is_refused() {
        for text in [
            "",
            "hello",
            "+852 123",
            "+1 555",
            "12",
            "+999 1234 5678",
            "+852 9123-ABCD",
            "+1-800-FLOWERS",
            "+852 9123 4567 x2",
            "+85291234567;ext=3",
        ] {
            assert!(PhoneNumber::parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_shows_its_country_and_two_digits() {
        let phone = PhoneNumber::parse("+852 9123 4534", None).unwrap();
        assert_eq!((phone.mask(), format!("{phone:?}")), ("+852 •••• ••34".into(), "+852 •••• ••34".into()));
    }
}
