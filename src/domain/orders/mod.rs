//! Orders: what a customer wants, checked against who sells it, and the short-lived addresses under which it is paid.

mod basket;
mod guard;
pub mod links;
mod payment_url;
mod placing;
mod plan;
mod price;
mod product;

pub use basket::{BadBasket, BadCart, Basket, Item, MOST_LINES, Problem, Wish, check, read_cart};
pub use guard::{Doubt, IdentityState, identity, may_send};
pub use payment_url::{BadPaymentUrl, PaymentUrl};
pub use placing::{BETWEEN_LOOKS, LOOKS, Next, STOP_PATIENCE, Stop, USUAL_WAIT, Waiting, next};
pub use plan::{Customer, LinkPlan, OrderPlan};
pub use price::{BadPrice, Price};
pub use product::{BadProductId, BadQuantity, MOST, Product, ProductId, Quantity, Stock};

use super::clock::Timestamp;
use super::contacts::ContactNo;
use super::ids::{ConversationId, OrderId, RequestId};

words! {
    /// Who keeps the products and the orders.
    SourceKind, "source of orders" {
        /// The catalogue in this database.
        Catalogue = "catalogue",
        /// Another system, over HTTP.
        Connector = "connector",
    }
}

words! {
    /// Where an order stands.
    OrderState, "state of an order" {
        /// The source is asked, and has not answered yet.
        Placing = "placing",
        /// The source has it.
        Placed = "placed",
        /// The source does not want it, or it may not be asked for any more; there is no such order.
        Refused = "refused",
        /// A person called it off before the source had it.
        Cancelled = "cancelled",
    }
}

/// What happens to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The source has it, under this id.
    Place(SourceOrderId),
    /// The source refuses it, or it may not be asked for any more, for this reason.
    Refuse(String),
    /// A person has called it off; what is known of it at the source.
    CallOff(String),
}

impl OrderState {
    /// Where an act leads; `None` where it is not legal. What the source answers twice changes nothing the second time, and what
    /// it has once said holds.
    #[must_use]
    pub const fn next(self, act: &Act) -> Option<Self> {
        match (self, act) {
            (Self::Placing, Act::Place(_)) => Some(Self::Placed),
            (Self::Placing, Act::Refuse(_)) => Some(Self::Refused),
            (Self::Placing, Act::CallOff(_)) => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// The source's own id of an order, which people there look for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceOrderId(String);

/// Why a text is no such id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order's id has from 1 to 100 characters that can be printed, and no spaces")]
pub struct BadSourceOrderId;

impl SourceOrderId {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SourceOrderId {
    type Error = BadSourceOrderId;
    fn try_from(text: String) -> Result<Self, BadSourceOrderId> {
        let fits = (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(BadSourceOrderId) }
    }
}

impl From<SourceOrderId> for String {
    fn from(id: SourceOrderId) -> Self {
        id.0
    }
}

/// How an order stands, with what belongs to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not answered yet.
    Placing,
    /// The source has it.
    Placed(SourceOrderId),
    /// It does not want it.
    Refused(String),
    /// It was called off, and this is known of it at the source.
    Cancelled(String),
}

impl Standing {
    /// Its word.
    #[must_use]
    pub const fn state(&self) -> OrderState {
        match self {
            Self::Placing => OrderState::Placing,
            Self::Placed(_) => OrderState::Placed,
            Self::Refused(_) => OrderState::Refused,
            Self::Cancelled(_) => OrderState::Cancelled,
        }
    }
}

/// What one customer ordered in one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Which.
    pub id: OrderId,
    /// Who ordered it.
    pub contact: ContactNo,
    /// Where.
    pub conversation: ConversationId,
    /// The request under which it was created. The source is asked under this id, so that it is created once.
    pub request: RequestId,
    /// What.
    pub basket: Basket,
    /// What the source should know besides.
    pub note: Option<String>,
    /// Who keeps it.
    pub source: SourceKind,
    /// How it stands.
    pub standing: Standing,
    /// Since when.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_forward_only() {
        let id = || SourceOrderId::try_from("S-1".to_owned()).unwrap();
        let acts = [Act::Place(id()), Act::Refuse("no".into()), Act::CallOff("no".into())];
        let table = OrderState::ALL.iter().map(|state| acts.each_ref().map(|act| state.next(act)));
        assert_eq!(
            table.collect::<Vec<_>>(),
            [
                [Some(OrderState::Placed), Some(OrderState::Refused), Some(OrderState::Cancelled)],
                [None, None, None],
                [None, None, None],
                [None, None, None],
            ]
        );
    }

    #[test]
    fn a_source_may_call_its_orders_what_it_likes_within_reason() {
        for (text, fits) in [("SO-2026/118", true), ("", false), ("a b", false), ("訂單", false)] {
            assert_eq!(SourceOrderId::try_from(text.to_owned()).is_ok(), fits, "{text}");
        }
    }
}
