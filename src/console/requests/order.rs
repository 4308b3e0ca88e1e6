//! Where the order or the payment link of a request stands at the moment, on its page.

use jiff::Timestamp;

use crate::console::confirm::What;
use crate::console::order_stop::is_open;
use crate::console::parts::{Tag, Tone};
use crate::console::review::orders::order_tag;
use crate::console::visit::Reviewer;
use crate::domain::orders::OrderState;
use crate::domain::orders::links::LinkState;
use crate::domain::requests::ActionRequest;
use crate::error::Error;
use crate::tools::orders::now;
use crate::words::Words;

/// The order of a request, with the link that it sends.
#[derive(Clone, Debug)]
pub struct OrderStands {
    pub id: String,
    pub source_id: Option<String>,
    pub state: Tag,
    /// Why it was refused or still waits, in English as it was written down.
    pub why: Option<String>,
    pub asked_again: Option<Timestamp>,
    /// When a person called it off, while the source is looked at.
    pub called_off: Option<Timestamp>,
    /// `/requests/{id}/stop-order`, while it waits and the person may.
    pub stop: Option<String>,
    /// `/requests/{id}/close-order`, while it was called off in vain and the person may.
    pub close: Option<String>,
    pub link: Option<LinkStands>,
}

/// A payment link.
#[derive(Clone, Debug)]
pub struct LinkStands {
    pub state: Tag,
    pub expires: Timestamp,
    pub followed: Option<Timestamp>,
    /// `/requests/{id}/take-back`, while it is open and the person may.
    pub take_back: Option<String>,
}

/// Where it stands; none for other requests, and before the worker has begun.
pub async fn of_request(who: &Reviewer, request: &ActionRequest) -> Result<Option<OrderStands>, Error> {
    let Some(order) = now::of_request(&who.console.ctx, request).await? else { return Ok(None) };
    let at = crate::domain::clock::Timestamp::to_jiff;
    let waits = order.state == OrderState::Placing && who.person.role.may_stop();
    let waiting = if waits { now::waiting(&who.console.ctx, request).await? } else { None };
    let open = |what: What| {
        let open = waiting.is_some_and(|waiting| is_open(&waiting, what, who.now));
        open.then(|| format!("/requests/{}/{}", request.id, what.word()))
    };
    Ok(Some(OrderStands {
        id: order.order_id,
        source_id: order.source_order_id,
        state: order_tag(&who.l, order.state),
        why: order.why,
        asked_again: order.asked_again_at.map(at),
        called_off: order.called_off_at.map(at),
        stop: open(What::StopOrder),
        close: open(What::CloseOrder),
        link: order.link.map(|link| LinkStands {
            state: link_tag(&who.l, link.state),
            expires: at(link.expires_at),
            followed: link.followed_at.map(at),
            take_back: (link.state == LinkState::Open && who.person.role.may_stop())
                .then(|| format!("/requests/{}/take-back", request.id)),
        }),
    }))
}

/// Where a payment link stands, in a word.
pub fn link_tag(l: &Words, state: LinkState) -> Tag {
    match state {
        LinkState::Open => Tag::new(Tone::Info, "clock", l.t("payment-state-open")),
        LinkState::Followed => Tag::new(Tone::Ok, "check", l.t("payment-state-followed")),
        LinkState::Expired => Tag::new(Tone::Plain, "stop", l.t("payment-state-expired")),
        LinkState::Revoked => Tag::new(Tone::Warn, "stop", l.t("payment-state-revoked")),
    }
}
