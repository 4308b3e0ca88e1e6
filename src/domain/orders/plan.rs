//! What is signed of an order and of a payment link: for whom, in which thread, and what.

use super::{Basket, Price, SourceKind};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ContactId, ConversationId, OrderId};
use serde::{Deserialize, Serialize};

/// The one customer, in the one thread, that something is for, as people saw them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// In which thread.
    pub conversation: ConversationId,
    /// Who.
    pub contact: ContactId,
    /// The address as people saw it, masked: with another one it is another person.
    pub to: String,
    /// At which number of the business, by Meta's id.
    pub phone_number_id: String,
    /// When the number was last known to have come into other hands. With another time, other hands have it.
    pub identity_changed_at: Option<Timestamp>,
    /// When the customer had last written.
    pub heard_at: Timestamp,
}

/// An order to be created, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlan {
    /// For whom.
    pub customer: Customer,
    /// What, at the source's prices.
    pub basket: Basket,
    /// What the source should know besides.
    pub note: Option<String>,
    /// Who keeps it.
    pub source: SourceKind,
}

/// A payment link to be sent, resolved. What opens it is made when it is sent and stands nowhere here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPlan {
    /// To whom.
    pub customer: Customer,
    /// What is paid.
    pub order: OrderId,
    /// How much.
    pub amount: Price,
    /// How long it is good.
    pub minutes: u32,
    /// The text above the link.
    pub body: String,
    /// What stands on the button.
    pub label: String,
}
