//! What people look at before they sign an order or a payment link, section by section.

use super::{SaidView, ThreadView};
use crate::domain::clock::Timestamp;
use crate::domain::ids::OrderId;
use crate::domain::money::Money;
use crate::domain::orders::{IdentityState, OrderState, SourceKind};
use serde::{Deserialize, Serialize};

words! {
    /// Who said what is to be ordered.
    Teller, "teller" {
        /// The customer, by a cart.
        Customer = "customer",
        /// The agent, from what it read in the conversation.
        Agent = "agent",
    }
}

/// The two sections of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OrderView {
    /// 1: who it is, as far as that is known.
    pub identity: IdentityView,
    /// 1: with whom, and what was said so far.
    pub thread: ThreadView,
    /// 2: what would be ordered.
    pub items: ItemsView,
}

/// The three sections of a payment link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PaymentLinkView {
    /// 1: who it is, as far as that is known.
    pub identity: IdentityView,
    /// 1: with whom, until when, and what was said so far.
    pub thread: ThreadView,
    /// 2: what would be paid.
    pub order: PaidOrderView,
    /// 2: how, and for how long.
    pub terms: TermsView,
    /// 3: the message. The address stands in it as a placeholder; what opens it is made when it is sent.
    pub message: SaidView,
}

/// Who holds the customer's number, as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct IdentityView {
    /// What is known.
    pub state: IdentityState,
    /// When the number last came into other hands, by Meta's word.
    pub changed_at: Option<Timestamp>,
    /// When somebody of the team last made sure.
    pub confirmed_at: Option<Timestamp>,
}

/// What would be ordered, held against the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ItemsView {
    /// Who keeps products and orders.
    pub source: SourceKind,
    /// Who said what is to be ordered.
    pub told_by: Teller,
    /// When the customer sent the cart, where there is one.
    pub cart_sent_at: Option<Timestamp>,
    /// The lines.
    pub lines: Vec<LineView>,
    /// What all of it costs.
    pub total: Money,
    /// What the source should know besides.
    pub note: Option<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LineView {
    /// What, by the source's id.
    pub product_id: String,
    /// What it is called there.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// What one of it costs.
    pub price: Money,
    /// What the line costs.
    pub amount: Money,
    /// What the source said of it; none for what has been ordered.
    pub found: Option<FoundView>,
}

/// What the source said of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FoundView {
    /// What somebody said one of it costs, which is the same; none if nobody did.
    pub claimed: Option<Money>,
    /// How many there were; none for as many as anybody wants.
    pub stock: Option<u32>,
    /// When the source said so.
    pub as_of: Timestamp,
}

/// An order that would be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PaidOrderView {
    /// Which.
    #[schemars(with = "String")]
    pub id: OrderId,
    /// The source's id of it.
    pub source_order_id: Option<String>,
    /// Where it stands.
    pub state: OrderState,
    /// Who keeps it.
    pub source: SourceKind,
    /// Since when.
    pub ordered_at: Timestamp,
    /// Its lines.
    pub lines: Vec<LineView>,
    /// What all of it costs.
    pub total: Money,
}

/// How it would be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TermsView {
    /// How much.
    pub amount: Money,
    /// How many minutes the link is good, from when it is sent.
    pub minutes: u32,
    /// Whose page it opens.
    pub page: String,
    /// Where the page leads on to; none if nowhere is set.
    pub pays_at: Option<String>,
    /// Whether Meta holds the message back from anybody but this person.
    pub guarded: bool,
}
