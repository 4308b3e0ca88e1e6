//! What a customer ordered in a conversation, and the links by which it is paid.

use super::Ordered;
use crate::console::requests::link_tag;
use crate::console::review::orders::order_tag;
use crate::console::visit::Reviewer;
use crate::domain::conversations::Conversation;
use crate::domain::orders::links::PaymentLink;
use crate::domain::orders::{Item, Order};
use crate::error::Error;
use crate::store::orders::{self, links};

/// Orders that are shown, and lines of each.
const SHOWN: u32 = 5;
const LINES: usize = 3;

/// The newest orders first.
pub async fn ordered(who: &Reviewer, thread: &Conversation) -> Result<Vec<Ordered>, Error> {
    let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
    let mut shown = Vec::new();
    for order in orders::of_conversation(db, tenant, thread.id, SHOWN).await? {
        let links = links::of_order(db, tenant, order.id).await?;
        let link = |link: &PaymentLink| {
            let state = link_tag(&who.l, link.state(who.now));
            (state, link.expires_at.to_jiff(), format!("/requests/{}", link.request))
        };
        shown.push(Ordered { links: links.iter().map(link).collect(), ..of(who, &order) });
    }
    Ok(shown)
}

fn of(who: &Reviewer, order: &Order) -> Ordered {
    let items = order.basket.items();
    let line = |item: &Item| (item.quantity.get().into(), item.name.clone());
    Ordered {
        at: order.created_at.to_jiff(),
        state: order_tag(&who.l, order.standing.state()),
        lines: items.iter().take(LINES).map(line).collect(),
        more: items.len().saturating_sub(LINES) as u64,
        total: order.basket.total().to_string(),
        request: format!("/requests/{}", order.request),
        links: Vec::new(),
    }
}
