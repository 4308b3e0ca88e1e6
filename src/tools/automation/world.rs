//! What there is around a change of automation: what is live, templates, queues, numbers, and products whose prices it names.

use crate::domain::automation::names::Queue as QueueName;
use crate::domain::automation::{Active, Content};
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{FlowId, TenantId};
use crate::domain::orders::{Product, ProductId};
use crate::domain::policy::automation::Known;
use crate::domain::policy::settings::Settings;
use crate::domain::preview::scripts::Named;
use crate::domain::templates::MessageTemplate;
use crate::error::{Error, Result};
use crate::store::conversations::Queue;
use crate::store::{self, Source};
use crate::tools::Ctx;
use std::collections::BTreeSet;

/// Products of a catalogue that are looked for by their names in a text, at most.
const MOST_PRODUCTS: u32 = 1_000;

/// What there is.
pub struct World {
    pub active: Active,
    pub queues: Vec<Queue>,
    templates: Vec<MessageTemplate>,
    queue_names: BTreeSet<QueueName>,
    numbers: Vec<SendingNumber>,
    number_ids: BTreeSet<String>,
    products: Vec<Product>,
}

impl World {
    /// Without any products.
    pub async fn read(source: impl Into<Source<'_>>, tenant: TenantId, content: &Content) -> Result<Self> {
        let mut source = source.into();
        let mut templates = Vec::new();
        for name in content.templates() {
            templates.extend(store::templates::of_name(source.again(), tenant, name).await?);
        }
        let queues = store::conversations::queues(source.again(), tenant).await?;
        let numbers = store::business::numbers(source.again(), tenant).await?;
        Ok(Self {
            active: store::automation::active(source, tenant).await?,
            templates,
            queue_names: queues.iter().filter_map(|queue| queue.name.parse().ok()).collect(),
            queues,
            number_ids: numbers.iter().map(|number| number.id.for_meta().to_owned()).collect(),
            numbers,
            products: Vec::new(),
        })
    }

    /// With what the source of orders says now of products that it names.
    pub async fn with_products(ctx: &Ctx, tenant: TenantId, content: &Content) -> Result<Self> {
        let mut world = Self::read(&ctx.db, tenant, content).await?;
        let ids = products_named(content);
        if let Some(source) = &ctx.orders.source {
            for id in &ids {
                let told = source.product(tenant, id, ctx.clock.now()).await;
                let told =
                    told.map_err(|why| Error::Unavailable(format!("the source of orders does not answer: {why}")))?;
                world.products.extend(told);
            }
        } else {
            world.add_catalogue(&ctx.db, tenant, content).await?;
        }
        Ok(world)
    }

    /// With the products of the catalogue in the database: those that its texts may name, and those whose prices it names by
    /// their ids.
    pub async fn add_catalogue(
        &mut self,
        source: impl Into<Source<'_>>,
        tenant: TenantId,
        content: &Content,
    ) -> Result<()> {
        if content.wordings().is_empty() {
            return Ok(());
        }
        let mut source = source.into();
        self.products = store::orders::catalogue(source.again(), tenant, None, MOST_PRODUCTS).await?;
        let found = store::orders::found(source, tenant, &products_named(content)).await?;
        let more = found.into_values().filter(|product| self.products.iter().all(|known| known.id != product.id));
        let more: Vec<Product> = more.collect();
        self.products.extend(more);
        Ok(())
    }

    /// As the rules look at it.
    pub fn known<'a>(&'a self, settings: &'a Settings, now: Timestamp) -> Known<'a> {
        Known {
            active: &self.active,
            templates: &self.templates,
            queues: (!self.queues.is_empty()).then_some(&self.queue_names),
            numbers: &self.number_ids,
            products: &self.products,
            settings,
            now,
        }
    }
}

impl Named for World {
    fn number(&self, id: &str) -> String {
        let number = self.numbers.iter().find(|number| number.id.for_meta() == id);
        number.map_or_else(|| id.to_owned(), |number| number.display.clone())
    }

    fn flow(&self, id: FlowId) -> String {
        self.active.flow(id).map_or_else(|| id.to_string(), |live| live.content.name.clone())
    }

    fn starters(&self, id: FlowId) -> Vec<String> {
        self.active.starters(id).map(|(name, _)| name.to_owned()).collect()
    }
}

/// Prices say where they were looked up; an id of a product is one of the places.
fn products_named(content: &Content) -> Vec<ProductId> {
    let prices = content.wordings().into_iter().flat_map(|wording| &wording.prices);
    let ids: BTreeSet<ProductId> = prices.filter_map(|price| price.source.trim().parse().ok()).collect();
    ids.into_iter().collect()
}
