//! Orders and how they are paid: what can be asked, the source that this daemon works with, and what it says of products.

pub mod create;
mod look;
pub mod now;
pub mod pay;
mod shown;

use super::envelope::PreviewArguments;
use super::request_view::RequestView;
use super::{Ctx, Kind, Tool, schema};
use crate::domain::ids::TenantId;
use crate::domain::orders::{PaymentUrl, Product, ProductId, SourceKind, USUAL_WAIT};
use crate::domain::people::Area;
use crate::error::{Error, Result};
use crate::order_source::OrderSource;
use crate::store::orders;
use std::collections::BTreeMap;
use std::time::Duration;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.order_payment_message.preview",
    title: ["Preview an order or payment link", "預覽訂單或付款連結", "预览订单或付款链接"],
    summary: "Shows what an order from a conversation, or a link by which it is paid, would be: what is known of who the customer \
              is, the lines with price and stock at the source of orders and when it said so, the total, how long a link is \
              good, and its message as the customer sees it. Orders nothing, sends nothing.",
    read_first: &["whatsapp.conversation.get", "whatsapp.contact.get", "whatsapp.session_message.preview"],
    governance: "A person signs every order and every payment link.",
    safety: "The address of a payment link is never shown: it is made when it is sent, and stands in the customer's message \
             alone.",
    area: Area::Orders,
    wants: None,
    kind: Kind::Preview(&["whatsapp.order.create_from_chat", "whatsapp.payment_link.send"]),
    input: schema::<PreviewArguments>,
    output: schema::<RequestView>,
}];

/// Who keeps orders, and where they are paid.
#[derive(Debug, Clone)]
pub struct Orders {
    /// Another system; without it, the catalogue in the database.
    pub source: Option<OrderSource>,
    /// How long an order may wait for that system before people are asked.
    pub unplaced_after: Duration,
    /// Where customers pay; without it, nobody is sent a link.
    pub payment_url: Option<PaymentUrl>,
}

impl Default for Orders {
    fn default() -> Self {
        Self { source: None, unplaced_after: USUAL_WAIT, payment_url: None }
    }
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
