//! The component that only some kinds of templates have: a carousel, an offer, an order's state.

use std::mem::{Discriminant, discriminant};
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::parts::{Button, ButtonValue, Header, Parameters, add, check_buttons, components};
use crate::domain::clock::Timestamp;
use crate::domain::messages::Faults;

/// The component that only some kinds of templates have. No template has two of them.
#[derive(Clone, PartialEq)]
pub enum Extension {
    /// As many cards as the template has, in its order.
    Carousel(Vec<Card>),
    /// When a limited-time offer ends.
    Offer { ends: Timestamp },
    /// How an order stands.
    OrderStatus { reference_id: String, state: OrderState, description: Option<String> },
    /// Where a tap on the message leads.
    TapTarget { url: String, title: String },
}

/// One card of a carousel.
#[derive(Clone, PartialEq)]
pub struct Card {
    pub header: Header,
    pub body: Parameters,
    pub buttons: Vec<Button>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    Pending,
    Processing,
    PartiallyShipped,
    Shipped,
    Completed,
    Canceled,
}

/// Cards of a carousel.
const CARDS: RangeInclusive<usize> = 2..=10;
/// Buttons of one card.
const CARD_BUTTONS: usize = 2;
/// The longest reference of any country.
const REFERENCE: usize = 60;

impl OrderState {
    /// The word as Meta writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::PartiallyShipped => "partially-shipped",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }
}

impl Extension {
    pub(super) fn check(&self, faults: &mut Faults) {
        match self {
            Self::Carousel(cards) => {
                faults.count("carousel", cards.len(), CARDS);
                for (at, card) in cards.iter().enumerate() {
                    let place = format!("carousel[{at}]");
                    card.header.check(&place, faults);
                    faults.count(format_args!("{place}.buttons"), card.buttons.len(), 0..=CARD_BUTTONS);
                    check_buttons(&format!("{place}.buttons"), &card.buttons, faults);
                    let alike = cards.first().is_none_or(|first| first.shape() == card.shape());
                    faults.form(place, alike, "not of the same parts as the first card, which Meta wants of all");
                }
            }
            Self::TapTarget { url, title } => {
                faults.https("tap_target.url", url);
                faults.required("tap_target.title", title, usize::MAX);
            }
            Self::OrderStatus { reference_id, .. } => {
                faults.required("order_status.reference_id", reference_id, REFERENCE);
            }
            Self::Offer { .. } => {}
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Carousel(cards) => {
                let card = |(at, card): (usize, &Card)| {
                    let components = components(Some(&card.header), &card.body, &card.buttons);
                    json!({"card_index": at, "components": components})
                };
                json!({"type": "carousel", "cards": cards.iter().enumerate().map(card).collect::<Vec<_>>()})
            }
            Self::Offer { ends } => special("limited_time_offer", json!({"expiration_time_ms": ends.micros() / 1000})),
            Self::OrderStatus { reference_id, state, description } => {
                let mut order = json!({"status": state.as_str()});
                add(&mut order, "description", description.as_ref().map(|description| json!(description)));
                special("order_status", json!({"reference_id": reference_id, "order": order}))
            }
            Self::TapTarget { url, title } => {
                special("tap_target_configuration", json!([{"url": url, "title": title}]))
            }
        }
    }
}

/// A component with one parameter, both of the same name.
fn special(kind: &str, value: Value) -> Value {
    json!({"type": kind, "parameters": [{"type": kind, kind: value}]})
}

impl Card {
    /// What must be the same on all cards: the kind of header, how many variables, which buttons.
    fn shape(&self) -> (Discriminant<Header>, usize, Vec<Discriminant<ButtonValue>>) {
        let buttons = self.buttons.iter().map(|button| discriminant(&button.value)).collect();
        (discriminant(&self.header), self.body.len(), buttons)
    }
}
