//! What the sample business sells: a dozen teas, and one that has run out.

use crate::domain::clock::Timestamp;
use crate::domain::money::Currency;
use crate::domain::orders::{Price, Product, Stock};

/// Id, name, price in cents, and how many there are; none for as many as anybody wants.
const TEAS: [(&str, &str, i64, Option<u32>); 12] = [
    ("OOLONG-WINTER-50", "Winter oolong, 50 g", 11_800, Some(40)),
    ("OOLONG-WINTER-150", "Winter oolong, 150 g", 32_800, Some(12)),
    ("TIEGUANYIN-100", "Tieguanyin, 100 g", 16_800, Some(65)),
    ("JASMINE-100", "Jasmine pearls, 100 g", 13_800, Some(80)),
    ("PUER-RIPE-357", "Ripe pu'er, one cake of 357 g", 48_000, Some(9)),
    ("PUER-RAW-357", "Raw pu'er of 2014, one cake of 357 g", 128_000, Some(3)),
    ("LONGJING-50", "Longjing, 50 g", 19_800, Some(0)),
    ("WHITE-PEONY-75", "White peony, 75 g", 15_800, Some(22)),
    ("CHRYSANTHEMUM-60", "Chrysanthemum flowers, 60 g", 6_800, Some(120)),
    ("LAPSANG-100", "Lapsang souchong, 100 g", 14_200, Some(31)),
    ("GAIWAN-PORCELAIN", "Porcelain gaiwan, 120 ml", 22_000, Some(18)),
    ("VOUCHER-200", "Voucher for HK$200", 20_000, None),
];

/// The catalogue as of now.
pub fn catalogue(now: Timestamp) -> anyhow::Result<Vec<Product>> {
    let product = |(id, name, cents, left): &(&str, &str, i64, Option<u32>)| {
        let price = Price::of_minor(Currency::HKD, *cents);
        Ok(Product {
            id: id.parse()?,
            name: (*name).to_owned(),
            price: price.ok_or_else(|| anyhow::anyhow!("{id} has no price"))?,
            stock: left.map_or(Stock::Unlimited, Stock::Left),
            as_of: now,
        })
    };
    TEAS.iter().map(product).collect()
}
