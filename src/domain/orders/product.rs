//! What can be ordered, as the source of orders tells it.

use super::Price;
use crate::domain::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Letters of an id, at most; Meta's catalogues allow as many.
const LONGEST_ID: usize = 100;
/// Of one product in one order, at most: more is a slip of somebody's finger, or a business of another kind.
pub const MOST: u32 = 999;

/// By what the source knows a product. It stands in addresses and on pages, so it is plain.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProductId(String);

/// Why a text is no id of a product.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not the id of a product: up to 100 letters, digits, and - _ . :")]
pub struct BadProductId(String);

impl ProductId {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProductId {
    type Error = BadProductId;
    fn try_from(text: String) -> Result<Self, BadProductId> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
        // A dot or two alone would name another place in an address.
        let fits = (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain) && !matches!(&*text, "." | "..");
        if fits { Ok(Self(text)) } else { Err(BadProductId(text.chars().take(40).collect())) }
    }
}

impl std::str::FromStr for ProductId {
    type Err = BadProductId;
    fn from_str(text: &str) -> Result<Self, BadProductId> {
        Self::try_from(text.to_owned())
    }
}

impl From<ProductId> for String {
    fn from(id: ProductId) -> Self {
        id.0
    }
}

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many of one product: from 1 to [`MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(u32);

/// Why a number is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a quantity: order from 1 to 999 of a product")]
pub struct BadQuantity(i64);

impl Quantity {
    /// As a number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = BadQuantity;
    fn try_from(number: i64) -> Result<Self, BadQuantity> {
        let fits = u32::try_from(number).ok().filter(|n| (1..=MOST).contains(n));
        fits.map(Self).ok_or(BadQuantity(number))
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0.into()
    }
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stock {
    /// As much as anybody wants: a voucher, a service.
    Unlimited,
    /// So many.
    Left(u32),
}

impl Stock {
    /// Whether so many can be had.
    #[must_use]
    pub const fn covers(self, quantity: Quantity) -> bool {
        match self {
            Self::Unlimited => true,
            Self::Left(left) => left >= quantity.0,
        }
    }
}

/// One product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Which.
    pub id: ProductId,
    /// What it is called.
    pub name: String,
    /// What one of it costs.
    pub price: Price,
    /// How much there is.
    pub stock: Stock,
    /// When the source said so.
    pub as_of: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_enough_for_addresses() {
        let longest = "x".repeat(LONGEST_ID);
        for text in ["OOLONG-50", "tea.jasmine:100g", "7", &longest] {
            assert_eq!(text.parse::<ProductId>().unwrap().as_str(), text);
        }
        for text in ["", ".", "..", "a/b", "a b", "a?b", "茶", &format!("{longest}x")] {
            assert!(text.parse::<ProductId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_quantity_is_neither_nothing_nor_a_slip() {
        for (number, fits) in [(-1, false), (0, false), (1, true), (999, true), (1000, false), (i64::MAX, false)] {
            assert_eq!(Quantity::try_from(number).is_ok(), fits, "{number}");
        }
    }

    #[test]
    fn stock_covers_what_it_holds() {
        let three = Quantity::try_from(3).unwrap();
        for (stock, covers) in
            [(Stock::Left(2), false), (Stock::Left(3), true), (Stock::Left(0), false), (Stock::Unlimited, true)]
        {
            assert_eq!(stock.covers(three), covers, "{stock:?}");
        }
    }
}
