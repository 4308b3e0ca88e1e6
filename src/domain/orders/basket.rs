//! From a wish to a basket: what a customer or an agent says they want, held against what the source says there is.

use super::{BadProductId, BadQuantity, Price, Product, ProductId, Quantity, Stock};
use crate::domain::money::{BadMoney, Currency, Money};
use crate::domain::webhooks::{Cart, CartItem};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of an order, at most.
pub const MOST_LINES: usize = 50;

/// One line of what somebody wants. Its price is a claim until the source has confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What.
    pub product: ProductId,
    /// How many.
    pub quantity: Quantity,
    /// What one of it is said to cost.
    pub claimed: Option<Money>,
}

/// Why a cart cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCart {
    /// A product's id.
    #[error(transparent)]
    Product(#[from] BadProductId),
    /// A number.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// A price.
    #[error(transparent)]
    Price(#[from] BadMoney),
}

/// The wishes of a cart that a customer sent. Its prices were known to a telephone at some time, and are checked like any claim.
pub fn read_cart(cart: &Cart) -> Result<Vec<Wish>, BadCart> {
    cart.items.iter().map(wish).collect()
}

fn wish(item: &CartItem) -> Result<Wish, BadCart> {
    let claim = item.price.as_deref().zip(item.currency.as_deref());
    let claimed = claim.map(|(price, currency)| Money::parse(currency.parse()?, price)).transpose()?;
    Ok(Wish { product: item.product_id.parse()?, quantity: item.quantity.try_into()?, claimed })
}

/// What keeps wishes from becoming an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The source has no such product.
    #[error("the source of orders has no product {0}")]
    Unknown(ProductId),
    /// It costs something else.
    #[error("{product} costs {price} now, not {claimed}")]
    Price {
        /// Which.
        product: ProductId,
        /// What was said.
        claimed: Money,
        /// What the source says.
        price: Price,
    },
    /// There is not as much.
    #[error("of {product} there are {left} left, and {wanted} are wanted")]
    Stock {
        /// Which.
        product: ProductId,
        /// How many there are.
        left: u32,
        /// How many were to be ordered.
        wanted: u32,
    },
    /// The lines do not make an order.
    #[error(transparent)]
    Basket(#[from] BadBasket),
}

/// Holds wishes against what the source says: the basket at the source's prices, or everything that is wrong with them.
pub fn check(wishes: &[Wish], found: &BTreeMap<ProductId, Product>) -> Result<Basket, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut items = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let Some(product) = found.get(&wish.product) else {
            problems.push(Problem::Unknown(wish.product.clone()));
            continue;
        };
        if let Some(claimed) = wish.claimed.filter(|claimed| *claimed != product.price.money()) {
            problems.push(Problem::Price { product: product.id.clone(), claimed, price: product.price });
        }
        if let Stock::Left(left) = product.stock
            && !product.stock.covers(wish.quantity)
        {
            problems.push(Problem::Stock { product: product.id.clone(), left, wanted: wish.quantity.get() });
        }
        items.push(Item {
            product: product.id.clone(),
            name: product.name.clone(),
            quantity: wish.quantity,
            price: product.price,
        });
    }
    if problems.is_empty() {
        return Basket::new(items).map_err(|bad| vec![bad.into()]);
    }
    Err(problems)
}

/// One line of an order, at the source's price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What.
    pub product: ProductId,
    /// What it was called when it was ordered.
    pub name: String,
    /// How many.
    pub quantity: Quantity,
    /// What one of it costs.
    pub price: Price,
}

/// The lines of an order: at least one, each product once, in one currency, with a sum that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Item>", into = "Vec<Item>")]
pub struct Basket {
    items: Vec<Item>,
    total: Price,
}

/// Why lines do not make an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBasket {
    /// None, or too many.
    #[error("{0} lines: an order has from 1 to 50")]
    Lines(usize),
    /// The same product in two lines.
    #[error("{0} stands in two lines: put them together")]
    Twice(ProductId),
    /// More than one currency.
    #[error("{0} and {1} in one order: order them apart")]
    Currencies(Currency, Currency),
    /// More than all money.
    #[error("the sum is larger than any amount can be")]
    TooMuch,
}

impl Basket {
    /// Adds the lines up.
    pub fn new(items: Vec<Item>) -> Result<Self, BadBasket> {
        let currency = items.first().filter(|_| items.len() <= MOST_LINES).map(|item| item.price.currency());
        let currency = currency.ok_or(BadBasket::Lines(items.len()))?;
        let mut seen = BTreeSet::new();
        let mut total = Price::zero(currency);
        for item in &items {
            if !seen.insert(&item.product) {
                return Err(BadBasket::Twice(item.product.clone()));
            }
            if item.price.currency() != currency {
                return Err(BadBasket::Currencies(currency, item.price.currency()));
            }
            let line = item.price.times(item.quantity.get());
            total = line.and_then(|line| total.plus(line)).ok_or(BadBasket::TooMuch)?;
        }
        Ok(Self { items, total })
    }

    /// Its lines as claims, to be held against the source once more.
    #[must_use]
    pub fn claims(&self) -> Vec<Wish> {
        let claim = |item: &Item| Wish {
            product: item.product.clone(),
            quantity: item.quantity,
            claimed: Some(item.price.money()),
        };
        self.items.iter().map(claim).collect()
    }

    /// Its lines.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What all of it costs.
    #[must_use]
    pub const fn total(&self) -> Price {
        self.total
    }
}

impl TryFrom<Vec<Item>> for Basket {
    type Error = BadBasket;
    fn try_from(items: Vec<Item>) -> Result<Self, BadBasket> {
        Self::new(items)
    }
}

impl From<Basket> for Vec<Item> {
    fn from(basket: Basket) -> Self {
        basket.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use proptest::prelude::*;

    fn product(id: &str, currency: &str, minor: i64, stock: Stock) -> (ProductId, Product) {
        let id: ProductId = id.parse().unwrap();
        let price = Price::of_minor(currency.parse().unwrap(), minor).unwrap();
        (id.clone(), Product { id, name: "Tea".into(), price, stock, as_of: Timestamp::from_seconds(0) })
    }

    fn source() -> BTreeMap<ProductId, Product> {
        [
            product("oolong", "HKD", 11_800, Stock::Left(3)),
            product("jasmine", "HKD", 6_850, Stock::Unlimited),
            product("sencha", "JPY", 1_250, Stock::Unlimited),
            product("gold", "HKD", i64::MAX / 10_000, Stock::Unlimited),
        ]
        .into()
    }

    fn wants(product: &str, quantity: i64, claimed: Option<&str>) -> Wish {
        let claimed = claimed.map(|amount| Money::parse(Currency::HKD, amount).unwrap());
        Wish { product: product.parse().unwrap(), quantity: quantity.try_into().unwrap(), claimed }
    }

    #[test]
    fn wishes_that_the_source_confirms_become_a_basket_at_its_prices() {
        let basket = check(&[wants("oolong", 3, Some("118")), wants("jasmine", 2, None)], &source()).unwrap();
        assert_eq!(basket.total().to_string(), "HK$491.00");
        let written = serde_json::to_string(&basket).unwrap();
        assert_eq!(serde_json::from_str::<Basket>(&written).unwrap(), basket);
        assert_eq!(check(&basket.claims(), &source()), Ok(basket));
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let wishes =
            [wants("oolong", 4, Some("18.00")), wants("matcha", 1, None), wants("jasmine", 1, Some("68.499999"))];
        let problems: Vec<String> = check(&wishes, &source()).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "oolong costs HK$118.00 now, not HK$18.00",
                "of oolong there are 3 left, and 4 are wanted",
                "the source of orders has no product matcha",
                "jasmine costs HK$68.50 now, not HK$68.499999",
            ]
        );
    }

    #[test]
    fn lines_that_make_no_order_are_refused() {
        let many: Vec<Wish> = (0..=MOST_LINES).map(|_| wants("jasmine", 1, None)).collect();
        for (wishes, bad) in [
            (vec![], BadBasket::Lines(0)),
            (many, BadBasket::Lines(51)),
            (vec![wants("jasmine", 1, None); 2], BadBasket::Twice("jasmine".parse().unwrap())),
            (
                vec![wants("jasmine", 1, None), wants("sencha", 1, None)],
                BadBasket::Currencies(Currency::HKD, "JPY".parse().unwrap()),
            ),
            (vec![wants("gold", 2, None)], BadBasket::TooMuch),
        ] {
            assert_eq!(check(&wishes, &source()).unwrap_err(), [Problem::Basket(bad)]);
        }
    }

    #[test]
    fn the_prices_of_a_cart_are_claims() {
        let item = |product: &str, quantity, price: Option<&str>| CartItem {
            product_id: product.into(),
            quantity,
            price: price.map(str::to_owned),
            currency: Some("HKD".into()),
        };
        let cart = |items| Cart { catalog_id: None, text: None, items };
        let wishes = read_cart(&cart(vec![item("oolong", 1, Some("1")), item("jasmine", 2, None)])).unwrap();
        assert_eq!(wishes, [wants("oolong", 1, Some("1")), wants("jasmine", 2, None)]);
        assert!(matches!(check(&wishes, &source()).unwrap_err().as_slice(), [Problem::Price { .. }]));
        for bad in [item("a b", 1, None), item("oolong", 0, None), item("oolong", 1, Some("free"))] {
            assert!(read_cart(&cart(vec![bad.clone()])).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_basket_costs_what_its_lines_cost(lines in prop::collection::vec((0_i64..1_000_000, 1_i64..=999), 1..=50)) {
            let item = |(n, (minor, quantity)): (usize, &(i64, i64))| Item {
                product: format!("p{n}").parse().unwrap(),
                name: String::new(),
                quantity: (*quantity).try_into().unwrap(),
                price: Price::of_minor(Currency::HKD, *minor).unwrap(),
            };
            let basket = Basket::new(lines.iter().enumerate().map(item).collect()).unwrap();
            prop_assert_eq!(basket.total().minor(), lines.iter().map(|(minor, quantity)| minor * quantity).sum::<i64>());
        }
    }
}
