//! Where the order or the payment link of a request stands at the moment, for those who ask after it. Never what opens a link.

use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::orders::links::{LinkState, PaymentLink, Revocation};
use crate::domain::orders::{Order, OrderState, Standing, Waiting};
use crate::domain::requests::ActionRequest;
use crate::error::Result;
use crate::store::orders::placing::{self, Waits};
use crate::store::orders::{self, links};
use crate::tools::Ctx;
use schemars::JsonSchema;
use serde::Serialize;

/// An order, with the link of the request that sends one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderNow {
    /// Which.
    pub order_id: String,
    /// Where it stands.
    pub state: OrderState,
    /// The source's id of it, once it has it.
    pub source_order_id: Option<String>,
    /// Why it was refused or called off, or has not been taken yet.
    pub why: Option<String>,
    /// When the source is asked again.
    pub asked_again_at: Option<Timestamp>,
    /// When a person called it off, while the source is looked at.
    pub called_off_at: Option<Timestamp>,
    /// The link that this request sends.
    pub link: Option<LinkNow>,
}

/// A payment link. How far its message came stands in `execution`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LinkNow {
    /// Where it stands. `followed`: the customer went on to the payment; whether they paid, the payment provider knows.
    pub state: LinkState,
    /// How much is paid by it.
    pub amount: Money,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When its page was first looked at, by the customer or by a program that shows previews.
    pub opened_at: Option<Timestamp>,
    /// When the customer first went on to the payment.
    pub followed_at: Option<Timestamp>,
    /// Why it was taken back.
    pub revoked_for: Option<Revocation>,
}

/// Where it stands; none for other writes, and before the worker has begun.
pub async fn of_request(ctx: &Ctx, request: &ActionRequest) -> Result<Option<OrderNow>> {
    let (tenant, db) = (request.tenant, &ctx.db);
    let (order, link) = match &request.preview.action {
        Action::OrderCreate(_) => (orders::of_request(db, tenant, request.id).await?, None),
        Action::PaymentLinkSend(_) => match links::of_request(db, tenant, request.id).await? {
            Some(link) => (orders::find(db, tenant, link.order).await?, Some(link)),
            None => (None, None),
        },
        _ => return Ok(None),
    };
    let Some(order) = order else { return Ok(None) };
    let waits = placing::waits(db, tenant, order.id).await?;
    Ok(Some(shown(order, waits, link, ctx.clock.now())))
}

/// What is known of the order that a request asked for, as long as it waits for its source.
pub async fn waiting(ctx: &Ctx, request: &ActionRequest) -> Result<Option<Waiting>> {
    let Some(order) = orders::of_request(&ctx.db, request.tenant, request.id).await? else { return Ok(None) };
    Ok(placing::waits(&ctx.db, request.tenant, order.id).await?.map(|waits| waits.waiting))
}

fn shown(order: Order, waits: Option<Waits>, link: Option<PaymentLink>, now: Timestamp) -> OrderNow {
    let state = order.standing.state();
    let (source_order_id, refused) = match order.standing {
        Standing::Placed(id) => (Some(id.into()), None),
        Standing::Refused(why) | Standing::Cancelled(why) => (None, Some(why)),
        Standing::Placing => (None, None),
    };
    let called_off_at = waits.as_ref().and_then(|waits| waits.waiting.stop).map(|stop| stop.at);
    let (why, asked_again_at) = waits.map_or((None, None), |waits| (waits.why, Some(waits.due_at)));
    OrderNow {
        order_id: order.id.to_string(),
        state,
        source_order_id,
        why: refused.or(why),
        asked_again_at,
        called_off_at,
        link: link.map(|link| LinkNow {
            state: link.state(now),
            amount: link.amount.money(),
            expires_at: link.expires_at,
            opened_at: link.opened_at,
            followed_at: link.used_at,
            revoked_for: link.revoked.map(|(_, why)| why),
        }),
    }
}
