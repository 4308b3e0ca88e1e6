//! The built-in catalogue: what there is, and how much of it.

use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::orders::{Basket, Item, Price, Product, ProductId, Stock};
use crate::store::{Error, Result, Source, Tx, on, row, unsigned, word};
use std::collections::BTreeMap;

row! {
    struct ProductRow { id: String, name: String, price: i64, currency: String, stock: Option<i64>, as_of: Timestamp }
}

impl TryFrom<ProductRow> for Product {
    type Error = Error;
    fn try_from(row: ProductRow) -> Result<Self> {
        let currency = word("product", "currency", &row.id, &row.currency)?;
        let price = Price::of_minor(currency, row.price);
        let stock = row.stock.map(|left| unsigned("product", "stock", &row.id, left)).transpose()?;
        Ok(Self {
            price: price.ok_or_else(|| Error::inconsistent("product", "price", &row.id, row.price))?,
            stock: stock.map_or(Stock::Unlimited, Stock::Left),
            id: word("product", "id", &row.id, &row.id)?,
            name: row.name,
            as_of: row.as_of,
        })
    }
}

fn left(stock: Stock) -> Option<i64> {
    match stock {
        Stock::Unlimited => None,
        Stock::Left(left) => Some(left.into()),
    }
}

/// Adds products, or changes those that are there.
pub async fn put(tx: &mut Tx, tenant: TenantId, products: &[Product]) -> Result<()> {
    for product in products {
        on!(tx &mut *tx, c => sqlx::query(
            "insert into product (tenant_id, id, name, price, currency, stock, as_of) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (tenant_id, id) do update set name = excluded.name, price = excluded.price, currency = excluded.currency,
                stock = excluded.stock, as_of = excluded.as_of")
            .bind(tenant).bind(product.id.as_str()).bind(product.name.replace('\0', "")).bind(product.price.minor())
            .bind(product.price.currency().as_str()).bind(left(product.stock)).bind(product.as_of).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Those of these that there are.
pub async fn found(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    ids: &[ProductId],
) -> Result<BTreeMap<ProductId, Product>> {
    let mut source = source.into();
    let mut products = BTreeMap::new();
    for id in ids {
        let row: Option<ProductRow> = on!(from source.again(), c => sqlx::query_as(
            "select id, name, price, currency, stock, as_of from product where tenant_id = $1 and id = $2")
            .bind(tenant).bind(id.as_str()).fetch_optional(c).await)?;
        if let Some(row) = row {
            products.insert(id.clone(), row.try_into()?);
        }
    }
    Ok(products)
}

/// All of them in the order of their ids, from after that one on.
pub async fn catalogue(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    after: Option<&ProductId>,
    limit: u32,
) -> Result<Vec<Product>> {
    let rows: Vec<ProductRow> = on!(from source.into(), c => sqlx::query_as(
        "select id, name, price, currency, stock, as_of from product where tenant_id = $1 and ($2 is null or id > $2)
         order by id limit $3")
        .bind(tenant).bind(after.map(ProductId::as_str)).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Product::try_from).collect()
}

/// Takes a basket out of the stock, at the prices that it names. The product that cannot be had so, if there is one; then
/// nothing was taken.
pub(super) async fn take(tx: &mut Tx, tenant: TenantId, basket: &Basket) -> Result<Option<ProductId>> {
    // Always in the same order, so that two baskets never wait for each other.
    let mut items = basket.items().to_vec();
    items.sort_by(|a, b| a.product.cmp(&b.product));
    for (at, item) in items.iter().enumerate() {
        let hit = on!(tx &mut *tx, c => sqlx::query(
            "update product set stock = stock - $5 where tenant_id = $1 and id = $2 and price = $3 and currency = $4
                and (stock is null or stock >= $5)")
            .bind(tenant).bind(item.product.as_str()).bind(item.price.minor()).bind(item.price.currency().as_str())
            .bind(i64::from(item.quantity)).execute(c).await.map(|r| r.rows_affected()))?;
        if hit == 0 {
            give_back(tx, tenant, items.get(..at).unwrap_or_default()).await?;
            return Ok(Some(item.product.clone()));
        }
    }
    Ok(None)
}

/// Puts back what was taken.
async fn give_back(tx: &mut Tx, tenant: TenantId, items: &[Item]) -> Result<()> {
    for item in items {
        on!(tx &mut *tx, c => sqlx::query("update product set stock = stock + $3 where tenant_id = $1 and id = $2")
            .bind(tenant).bind(item.product.as_str()).bind(i64::from(item.quantity)).execute(c).await.map(drop))?;
    }
    Ok(())
}
