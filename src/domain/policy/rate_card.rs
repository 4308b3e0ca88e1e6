//! What a message costs, by market and category. Prices are configuration with a version: Meta changes them four times a
//! year, and each account has its currency.

use crate::domain::consent::MessageCategory;
use crate::domain::money::{Currency, Money};
use crate::domain::phone::Market;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A list of prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct RateCard {
    /// Which one, so that a signed cost can be told from another.
    pub version: String,
    /// Of all its prices.
    pub currency: Currency,
    rates: BTreeMap<Market, BTreeMap<MessageCategory, Money>>,
}

/// As it stands in the configuration: prices are texts, because a number there is a float.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    currency: String,
    rates: BTreeMap<String, BTreeMap<String, String>>,
}

impl RateCard {
    /// The price of one message. `None` is no price: it must stop a broadcast, never count as zero.
    #[must_use]
    pub fn rate(&self, market: Market, category: MessageCategory) -> Option<Money> {
        self.rates.get(&market)?.get(&category).copied()
    }

    /// Every price, in order.
    pub fn rates(&self) -> impl Iterator<Item = (Market, MessageCategory, Money)> {
        self.rates.iter().flat_map(|(m, prices)| prices.iter().map(|(c, rate)| (*m, *c, *rate)))
    }

    /// Figures to try the product with; they are nobody's prices.
    #[must_use]
    pub fn example() -> Self {
        let prices = [("HK", "0.80", "0.10"), ("MO", "0.80", "0.10"), ("SG", "0.80", "0.15")];
        let rates = prices.into_iter().map(|(market, marketing, utility)| {
            let prices = [("marketing", marketing), ("utility", utility), ("authentication", utility)];
            (market.to_owned(), prices.map(|(c, price)| (c.to_owned(), price.to_owned())).into())
        });
        let written = Written { version: "example".into(), currency: "HKD".into(), rates: rates.collect() };
        Self::try_from(written).unwrap_or_else(|_| Self {
            version: "none".into(),
            currency: Currency::HKD,
            rates: BTreeMap::new(),
        })
    }
}

impl TryFrom<Written> for RateCard {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let currency: Currency = written.currency.parse().map_err(|e| format!("rate_card.currency: {e}"))?;
        if written.version.trim().is_empty() {
            return Err("rate_card.version: name the card, such as 2026-10".into());
        }
        let mut rates: BTreeMap<Market, BTreeMap<MessageCategory, Money>> = BTreeMap::new();
        for (market, prices) in written.rates {
            let at: Market = market.parse().map_err(|e| format!("rate_card.rates: {e}"))?;
            for (category, price) in prices {
                let of = category.parse().map_err(|e| format!("rate_card.rates.{market}: {e}"))?;
                let rate =
                    Money::parse(currency, &price).map_err(|e| format!("rate_card.rates.{market}.{category}: {e}"))?;
                rates.entry(at).or_default().insert(of, rate);
            }
        }
        Ok(Self { version: written.version, currency, rates })
    }
}

impl From<RateCard> for Written {
    fn from(card: RateCard) -> Self {
        let rates = card.rates.into_iter().map(|(market, prices)| {
            (market.to_string(), prices.into_iter().map(|(c, rate)| (c.to_string(), rate.amount())).collect())
        });
        Self { version: card.version, currency: card.currency.to_string(), rates: rates.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_price_is_exact_and_a_missing_one_is_not_zero() {
        let card: RateCard = serde_json::from_value(
            json!({"version": "2026-10", "currency": "usd", "rates": {"hk": {"marketing": "0.0732"}}}),
        )
        .unwrap();
        let hk = "HK".parse().unwrap();
        assert_eq!(card.rate(hk, MessageCategory::Marketing).unwrap().to_string(), "US$0.0732");
        assert_eq!(card.rate(hk, MessageCategory::Utility), None);
        assert_eq!(card.rate("SG".parse().unwrap(), MessageCategory::Marketing), None);
        assert_eq!(RateCard::example().rates().count(), 9);
    }

    #[test]
    fn a_wrong_price_is_refused_with_its_place() {
        for (rates, place) in [
            (json!({"HK": {"marketing": "cheap"}}), "rates.HK.marketing"),
            (json!({"Hong Kong": {}}), "not a market"),
            (json!({"HK": {"market": "1"}}), "rates.HK"),
        ] {
            let card = json!({"version": "x", "currency": "HKD", "rates": rates});
            let refused = serde_json::from_value::<RateCard>(card).unwrap_err().to_string();
            assert!(refused.contains(place), "{refused}");
        }
    }
}
