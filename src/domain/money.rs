//! Money, exact to a millionth of its currency: a rate of 0.0732 a message must not be rounded before it is multiplied.

use super::text::grouped;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A currency's three letters, as ISO 4217 has them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// An amount of one currency, in millionths.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Of what.
    pub currency: Currency,
    /// How much, in millionths.
    pub micros: i64,
}

/// Why a text is not a currency or an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    /// Not three letters.
    #[error("\"{0}\" is not a currency: write the three letters of ISO 4217, such as HKD")]
    Currency(String),
    /// Not a number with at most six decimals.
    #[error("\"{0}\" is not an amount: write a number with at most six decimals, such as 0.0732")]
    Amount(String),
}

impl Money {
    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { currency, micros: 0 }
    }

    /// Reads a plain decimal number.
    pub fn parse(currency: Currency, amount: &str) -> Result<Self, BadMoney> {
        let bad = || BadMoney::Amount(amount.chars().take(30).collect());
        let (whole, decimals) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 6 || !digits(whole) || !digits(decimals) {
            return Err(bad());
        }
        let whole: i64 = whole.parse().map_err(|_| bad())?;
        let decimals: i64 = format!("{decimals:0<6}").parse().map_err(|_| bad())?;
        let micros = whole.checked_mul(1_000_000).and_then(|w| w.checked_add(decimals)).ok_or_else(bad)?;
        Ok(Self { currency, micros })
    }

    /// This rate, so many times. An amount beyond all money is the largest there is, and so above any ceiling.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Self { currency: self.currency, micros: self.micros.saturating_mul(count) }
    }

    /// The sum, if both are of one currency.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| Self { currency: self.currency, micros: self.micros.saturating_add(other.micros) })
    }

    /// A share of it, rounded up to a hundredth: a ceiling must not lie below what it covers, and is a price people read.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        let hundredths = (i128::from(self.micros) * i128::from(percent) + 999_999) / 1_000_000;
        Self { currency: self.currency, micros: i64::try_from(hundredths * 10_000).unwrap_or(i64::MAX) }
    }

    /// The plain number: at least two decimals, at most six.
    #[must_use]
    pub fn amount(self) -> String {
        let text = format!("{}.{:06}", self.micros / 1_000_000, self.micros.unsigned_abs() % 1_000_000);
        let cut = text.trim_end_matches('0').len().max(text.len() - 4);
        text.get(..cut).unwrap_or(&text).to_owned()
    }
}

impl Currency {
    /// The Hong Kong dollar, in which the built-in figures are.
    pub const HKD: Self = Self(*b"HKD");

    /// How many decimals its smallest coin has, as ISO 4217 says.
    #[must_use]
    pub fn decimals(self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
            | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// What stands before an amount: the sign that tells one dollar from another, or the letters.
    fn mark(self) -> Cow<'static, str> {
        match self.as_str() {
            "HKD" => "HK$".into(),
            "MOP" => "MOP$".into(),
            "SGD" => "S$".into(),
            "USD" => "US$".into(),
            "TWD" => "NT$".into(),
            "CNY" => "CN¥".into(),
            "GBP" => "£".into(),
            "EUR" => "€".into(),
            code => format!("{code} ").into(),
        }
    }

    /// Its three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl FromStr for Currency {
    type Err = BadMoney;
    fn from_str(text: &str) -> Result<Self, BadMoney> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|x| x.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(BadMoney::Currency(text.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// As people write it: `HK$9,984.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = self.amount();
        let (whole, decimals) = amount.split_once('.').unwrap_or((&amount, "00"));
        write!(f, "{}{}.{decimals}", self.currency.mark(), grouped(whole))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// On the wire: `{"currency": "HKD", "amount": "9984.00"}`. A string, because a JSON number is a float.
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Wire {
    currency: String,
    amount: String,
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Wire { currency: self.currency.to_string(), amount: self.amount() }.serialize(s)
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(d)?;
        let currency = wire.currency.parse().map_err(serde::de::Error::custom)?;
        Self::parse(currency, &wire.amount).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(g: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Wire::json_schema(g)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_times_many_is_exact() {
        let hkd: Currency = "HKD".parse().unwrap();
        let rate = Money::parse(hkd, "0.0732").unwrap();
        assert_eq!(rate.to_string(), "HK$0.0732");
        assert_eq!(rate.times(1_000_000).to_string(), "HK$73,200.00");
        assert_eq!(Money::parse(hkd, "9984").unwrap().percent(105).to_string(), "HK$10,483.20");
        assert_eq!(Money::parse(hkd, "132.1").unwrap().percent(105).to_string(), "HK$138.71");
        assert!(rate.times(u64::MAX).micros == i64::MAX);
        let yen = Money::parse("jpy".parse().unwrap(), "1250000").unwrap();
        assert_eq!((yen.to_string(), yen.amount()), ("JPY 1,250,000.00".into(), "1250000.00".into()));
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        let hkd: Currency = "HKD".parse().unwrap();
        for text in ["", "-1", "1.1234567", "1,000", "1e3", ".5", "NaN", "99999999999999999999"] {
            assert!(Money::parse(hkd, text).is_err(), "{text}");
        }
        assert!("HK$".parse::<Currency>().is_err());
    }
}
