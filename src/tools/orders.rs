//! What the tools for orders stand on: the source that this daemon works with, and what it says of products.

use super::Ctx;
use crate::domain::ids::TenantId;
use crate::domain::orders::{PaymentUrl, Product, ProductId, SourceKind};
use crate::error::{Error, Result};
use crate::order_source::OrderSource;
use crate::store::orders;
use std::collections::BTreeMap;

/// Who keeps orders, and where they are paid.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    /// Another system; without it, the catalogue in the database.
    pub source: Option<OrderSource>,
    /// Where customers pay; without it, nobody is sent a link.
    pub payment_url: Option<PaymentUrl>,
}

impl Orders {
    /// Which of the two kinds of source it is.
    #[must_use]
    pub const fn kind(&self) -> SourceKind {
        if self.source.is_some() { SourceKind::Connector } else { SourceKind::Catalogue }
    }
}

/// What the source says now of these products; those that it does not have are missing.
pub async fn products(ctx: &Ctx, tenant: TenantId, ids: &[ProductId]) -> Result<BTreeMap<ProductId, Product>> {
    let Some(source) = &ctx.orders.source else { return Ok(orders::found(&ctx.db, tenant, ids).await?) };
    let mut products = BTreeMap::new();
    for id in ids {
        let told = source.product(tenant, id, ctx.clock.now()).await;
        let told = told.map_err(|why| Error::Unavailable(format!("the source of orders does not answer: {why}")))?;
        products.extend(told.map(|product| (id.clone(), product)));
    }
    Ok(products)
}
