//! What somebody has to pay: money in whole coins of its currency, and never less than nothing.

use crate::domain::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount that can be asked for. A rate may have a ten-thousandth of a cent; a price may not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Money", into = "Money")]
pub struct Price {
    currency: Currency,
    minor: i64,
}

/// Why an amount is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a price: write an amount of 0 or more with no more than {decimals} decimals", decimals = .0.currency.decimals())]
pub struct BadPrice(Money);

impl Price {
    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { currency, minor: 0 }
    }

    /// So many of the currency's smallest coins; `None` below nothing, and for more than there is.
    #[must_use]
    pub fn of_minor(currency: Currency, minor: i64) -> Option<Self> {
        let fits = minor >= 0 && minor.checked_mul(coin(currency)).is_some();
        fits.then_some(Self { currency, minor })
    }

    /// In the currency's smallest coins.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Of what.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// As money, exactly.
    #[must_use]
    pub fn money(self) -> Money {
        Money { currency: self.currency, micros: self.minor.saturating_mul(coin(self.currency)) }
    }

    /// So many times; `None` for more than there is.
    #[must_use]
    pub fn times(self, count: u32) -> Option<Self> {
        Self::of_minor(self.currency, self.minor.checked_mul(count.into())?)
    }

    /// The sum, if both are of one currency and it is not more than there is.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let one = self.currency == other.currency;
        one.then(|| Self::of_minor(self.currency, self.minor.checked_add(other.minor)?)).flatten()
    }

    /// The plain number with just the decimals of its currency, as other programs want it: `118.00`, or `1250` of yen.
    #[must_use]
    pub fn amount(self) -> String {
        let decimals = usize::try_from(self.currency.decimals()).unwrap_or(0);
        let coins = 10_i64.pow(self.currency.decimals());
        let (whole, rest) = (self.minor / coins, self.minor % coins);
        if decimals == 0 { whole.to_string() } else { format!("{whole}.{rest:0decimals$}") }
    }
}

/// The smallest coin, in millionths.
fn coin(currency: Currency) -> i64 {
    10_i64.pow(6 - currency.decimals())
}

impl TryFrom<Money> for Price {
    type Error = BadPrice;
    fn try_from(money: Money) -> Result<Self, BadPrice> {
        let coin = coin(money.currency);
        let whole = money.micros % coin == 0;
        Self::of_minor(money.currency, money.micros / coin).filter(|_| whole).ok_or(BadPrice(money))
    }
}

impl From<Price> for Money {
    fn from(price: Price) -> Self {
        price.money()
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.money(), f)
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(currency: &str, amount: &str) -> Money {
        Money::parse(currency.parse().unwrap(), amount).unwrap()
    }

    #[test]
    fn a_price_has_the_decimals_of_its_currency_and_no_more() {
        for (currency, amount, minor, written) in
            [("HKD", "118", 11_800, "118.00"), ("JPY", "1250", 1_250, "1250"), ("KWD", "1.005", 1_005, "1.005")]
        {
            let price = Price::try_from(money(currency, amount)).unwrap();
            assert_eq!((price.minor(), price.amount().as_str()), (minor, written), "{currency}");
            assert_eq!(price.money(), money(currency, amount));
        }
        for (currency, amount) in [("HKD", "0.005"), ("JPY", "1.5"), ("KWD", "1.0005")] {
            assert!(Price::try_from(money(currency, amount)).is_err(), "{amount} {currency}");
        }
        assert!(Price::try_from(Money { currency: Currency::HKD, micros: -10_000 }).is_err(), "nobody is paid by it");
    }

    proptest! {
        #[test]
        fn sums_are_exact_or_none(a in 0_i64..=i64::MAX, b in 0_i64..=i64::MAX, count in 0_u32..=u32::MAX) {
            let (Some(one), Some(other)) = (Price::of_minor(Currency::HKD, a), Price::of_minor(Currency::HKD, b)) else { return Ok(()) };
            let exact = i128::from(a) + i128::from(b);
            prop_assert!(one.plus(other).is_none_or(|sum| i128::from(sum.minor()) == exact));
            let exact = i128::from(a) * i128::from(count);
            prop_assert!(one.times(count).is_none_or(|product| i128::from(product.minor()) == exact));
            prop_assert_eq!(Price::try_from(one.money()), Ok(one));
        }
    }
}
