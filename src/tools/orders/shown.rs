//! Lines of orders as people see them.

use crate::domain::orders::{Basket, Item, Product, ProductId, Stock, Wish};
use crate::domain::preview::{FoundView, LineView};
use std::collections::BTreeMap;

/// Lines that were ordered.
pub fn ordered(basket: &Basket) -> Vec<LineView> {
    basket.items().iter().map(|item| line(item, None)).collect()
}

/// Lines to be ordered, with what was wished and what the source said.
pub fn wished(basket: &Basket, wishes: &[Wish], found: &BTreeMap<ProductId, Product>) -> Vec<LineView> {
    let found = |item: &Item| {
        let product = found.get(&item.product)?;
        let wish = wishes.iter().find(|wish| wish.product == item.product);
        Some(FoundView {
            claimed: wish.and_then(|wish| wish.claimed),
            stock: match product.stock {
                Stock::Unlimited => None,
                Stock::Left(left) => Some(left),
            },
            as_of: product.as_of,
        })
    };
    basket.items().iter().map(|item| line(item, found(item))).collect()
}

fn line(item: &Item, found: Option<FoundView>) -> LineView {
    LineView {
        product_id: item.product.to_string(),
        name: item.name.clone(),
        quantity: item.quantity.get(),
        price: item.price.money(),
        amount: item.price.money().times(item.quantity.get().into()),
        found,
    }
}
