//! The sections of an order and of a payment link: who the customer is, what is ordered or paid, and the message with the link.

use jiff::Timestamp;

use super::messages::{SaidLine, SaidMessage, message, said};
use crate::console::parts::{Tag, Tone};
use crate::domain::orders::{IdentityState, OrderState, SourceKind};
use crate::domain::preview::{IdentityView, ItemsView, LineView, OrderView, PaymentLinkView, Teller, ThreadView};
use crate::words::Words;

/// The two sections of an order.
#[derive(Clone, Debug)]
pub struct OrderReview {
    pub customer: CustomerReview,
    pub source: String,
    /// Who said what is to be ordered.
    pub told: String,
    pub lines: Vec<OrderLine>,
    pub total: String,
    pub note: Option<String>,
}

/// The three sections of a payment link.
#[derive(Clone, Debug)]
pub struct PaymentReview {
    pub customer: CustomerReview,
    pub order: String,
    /// By which its source knows the order.
    pub source_id: Option<String>,
    pub state: Tag,
    pub source: String,
    pub ordered: Timestamp,
    pub lines: Vec<OrderLine>,
    pub total: String,
    pub amount: String,
    pub minutes: u64,
    /// Whose page the link opens, and where that leads on to.
    pub page: String,
    pub pays_at: Option<String>,
    pub guarded: bool,
    pub message: SaidMessage,
}

/// 1: who it is.
#[derive(Clone, Debug)]
pub struct CustomerReview {
    /// Masked, both.
    pub name: String,
    pub to: String,
    pub from: String,
    pub identity: Tag,
    /// When the number last came into other hands.
    pub changed: Option<Timestamp>,
    /// When somebody of the team last made sure.
    pub confirmed: Option<Timestamp>,
    /// When the customer's window closes; `None` if it is closed.
    pub closes: Option<Timestamp>,
    pub now: Timestamp,
    pub lines: Vec<SaidLine>,
}

/// One line of an order.
#[derive(Clone, Debug)]
pub struct OrderLine {
    pub product: String,
    pub name: String,
    pub quantity: u64,
    pub price: String,
    pub amount: String,
    /// What the source said of it, before it is ordered.
    pub found: Option<FoundLine>,
}

/// What the source said of a product.
#[derive(Clone, Debug)]
pub struct FoundLine {
    /// What somebody said it costs.
    pub claimed: Option<String>,
    /// How many there were; `None` for as many as anybody wants.
    pub stock: Option<u64>,
    pub as_of: Timestamp,
}

/// The two sections of an order, at this moment.
pub fn order(l: &Words, view: &OrderView, now: Timestamp) -> OrderReview {
    let items = &view.items;
    OrderReview {
        customer: customer(l, view.identity, &view.thread, now),
        source: source(l, items.source),
        told: told(l, items),
        lines: items.lines.iter().map(line).collect(),
        total: items.total.to_string(),
        note: items.note.clone(),
    }
}

/// The three sections of a payment link, at this moment.
pub fn payment(l: &Words, view: &PaymentLinkView, now: Timestamp) -> PaymentReview {
    let (order, terms) = (&view.order, &view.terms);
    PaymentReview {
        customer: customer(l, view.identity, &view.thread, now),
        order: order.id.short(),
        source_id: order.source_order_id.clone(),
        state: order_tag(l, order.state),
        source: source(l, order.source),
        ordered: order.ordered_at.to_jiff(),
        lines: order.lines.iter().map(line).collect(),
        total: order.total.to_string(),
        amount: terms.amount.to_string(),
        minutes: terms.minutes.into(),
        page: terms.page.clone(),
        pays_at: terms.pays_at.clone(),
        guarded: terms.guarded,
        message: message(l, &view.message),
    }
}

fn customer(l: &Words, identity: IdentityView, thread: &ThreadView, now: Timestamp) -> CustomerReview {
    CustomerReview {
        name: thread.name.clone(),
        to: thread.to.clone(),
        from: thread.from.clone(),
        identity: match identity.state {
            IdentityState::Marked => Tag::new(Tone::Ok, "check", l.t("identity-marked")),
            IdentityState::Confirmed => Tag::new(Tone::Ok, "check", l.t("identity-confirmed")),
            IdentityState::Unconfirmed => Tag::new(Tone::Danger, "cross", l.t("identity-unconfirmed")),
            IdentityState::Doubtful => Tag::new(Tone::Danger, "warn", l.t("identity-doubtful")),
        },
        changed: identity.changed_at.map(crate::domain::clock::Timestamp::to_jiff),
        confirmed: identity.confirmed_at.map(crate::domain::clock::Timestamp::to_jiff),
        closes: thread.window.map(|window| window.closes_at.to_jiff()),
        now,
        lines: thread.lines.iter().map(|line| said(l, line)).collect(),
    }
}

fn told(l: &Words, items: &ItemsView) -> String {
    match (items.told_by, items.cart_sent_at) {
        (Teller::Customer, Some(at)) => l.t1("order-told-cart", "at", l.when(at.to_jiff())),
        (Teller::Customer, None) => l.t("order-told-customer"),
        (Teller::Agent, _) => l.t("order-told-agent"),
    }
}

fn line(view: &LineView) -> OrderLine {
    OrderLine {
        product: view.product_id.clone(),
        name: view.name.clone(),
        quantity: view.quantity.into(),
        price: view.price.to_string(),
        amount: view.amount.to_string(),
        found: view.found.as_ref().map(|found| FoundLine {
            claimed: found.claimed.map(|claimed| claimed.to_string()),
            stock: found.stock.map(u64::from),
            as_of: found.as_of.to_jiff(),
        }),
    }
}

/// Who keeps orders, in words.
pub fn source(l: &Words, source: SourceKind) -> String {
    match source {
        SourceKind::Catalogue => l.t("order-source-catalogue"),
        SourceKind::Connector => l.t("order-source-connector"),
    }
}

/// Where an order stands, in a word.
pub fn order_tag(l: &Words, state: OrderState) -> Tag {
    match state {
        OrderState::Placing => Tag::new(Tone::Info, "clock", l.t("order-state-placing")),
        OrderState::Placed => Tag::new(Tone::Ok, "check", l.t("order-state-placed")),
        OrderState::Refused => Tag::new(Tone::Danger, "cross", l.t("order-state-refused")),
        OrderState::Cancelled => Tag::new(Tone::Plain, "stop", l.t("order-state-cancelled")),
    }
}

/// What would be ordered, in one sentence made of signed figures.
pub fn order_summary(l: &Words, view: &OrderView) -> String {
    let (lines, total) = (view.items.lines.len(), view.items.total.to_string());
    l.t3("summary-order", "n", lines, "who", view.thread.who(), "total", total)
}

/// What would be asked to be paid, in one sentence made of signed figures.
pub fn payment_summary(l: &Words, view: &PaymentLinkView) -> String {
    let (who, order, minutes) = (view.thread.who(), view.order.id.short(), view.terms.minutes);
    let figures = [
        ("who", who.into()),
        ("order", order.into()),
        ("amount", view.terms.amount.to_string().into()),
        ("minutes", minutes.into()),
    ];
    l.t_with("summary-payment", &figures)
}
