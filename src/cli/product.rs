//! `countersign product`: what a business sells, where no other system keeps it.

use super::{ConfigFile, find_tenant, say, say_json};
use crate::app;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::money::{Currency, Money};
use crate::domain::orders::{Price, Product, ProductId, Stock};
use crate::store;
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Debug, Subcommand)]
pub enum ProductCommand {
    /// Add a product, or change the one of that id.
    Set(Set),
    /// List the products of a business.
    List(List),
}

#[derive(Debug, Args)]
pub struct Set {
    /// By what it is known: letters, digits, and - _ . :
    id: ProductId,
    /// Name or id of the business.
    #[arg(long)]
    tenant: String,
    /// What customers read.
    #[arg(long)]
    name: String,
    /// What one of it costs, such as 118.00.
    #[arg(long)]
    price: String,
    /// In which currency, such as HKD.
    #[arg(long)]
    currency: Currency,
    /// How many there are; as many as anybody wants, if left out.
    #[arg(long, value_name = "COUNT")]
    stock: Option<u32>,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
pub struct List {
    /// Name or id of the business.
    #[arg(long)]
    tenant: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

impl ProductCommand {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Set(set) => set.run().await,
            Self::List(list) => list.run().await,
        }
    }
}

impl Set {
    async fn run(self) -> anyhow::Result<()> {
        let price = Price::try_from(Money::parse(self.currency, &self.price)?)?;
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let product = Product {
            id: self.id,
            name: self.name.trim().to_owned(),
            price,
            stock: self.stock.map_or(Stock::Unlimited, Stock::Left),
            as_of: SystemClock.now(),
        };
        app::people::set_product(&db, tenant.id, &product).await?;
        say(format_args!("the product {} is there, at {price}", product.id));
        Ok(())
    }
}

/// Products that are read at once.
const PAGE: u32 = 500;

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let mut products: Vec<Product> = Vec::new();
        loop {
            let after = products.last().map(|product| product.id.clone());
            let more = store::orders::catalogue(&db, tenant.id, after.as_ref(), PAGE).await?;
            if more.is_empty() {
                break;
            }
            products.extend(more);
        }
        if self.json {
            let row = |product: &Product| json!({"id": product.id, "name": product.name, "price": product.price, "stock": product.stock});
            return say_json(&products.iter().map(row).collect::<Vec<_>>());
        }
        for product in &products {
            let stock = match product.stock {
                Stock::Unlimited => "any number".to_owned(),
                Stock::Left(left) => format!("{left} left"),
            };
            say(format_args!("{}  {}  {}  {stock}", product.id, product.price, product.name));
        }
        Ok(())
    }
}
