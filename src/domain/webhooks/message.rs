//! What a customer sent: every kind of message that Meta tells of, and what it says about its sender.

use super::{EventError, opts_out};
use crate::domain::consent::Suppression;
use crate::domain::open_enum::open_enum;
use crate::domain::redact::Number;
use serde_json::{Value, json};

/// Who is behind an event: some of these, and never none where a person is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sender {
    /// Absent where the person is known by a user id only.
    pub phone: Option<Number>,
    /// Meta's id of the person for this business.
    pub user_id: Option<String>,
    /// Meta's id of the person for the group of businesses that this one belongs to.
    pub parent_user_id: Option<String>,
}

impl Sender {
    /// Nobody in particular: nothing that is said of them can be acted on.
    pub fn is_nobody(&self) -> bool {
        self.phone.is_none() && self.user_id.is_none()
    }
}

/// What a customer wrote, sent or tapped.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: String,
    pub from: Sender,
    pub kind: MessageKind,
    /// The message that this one answers.
    pub context_id: Option<String>,
    /// Passed on from another chat, perhaps by many.
    pub forwarded: bool,
    /// The article that the question is about.
    pub about: Option<Article>,
    /// The advertisement that led here, which may open the free time after one.
    pub referral: Option<Referral>,
    /// What the person calls themselves.
    pub profile_name: Option<String>,
    /// The person's name on WhatsApp, for those who have one.
    pub username: Option<String>,
    /// Another one than before means that somebody else may hold the number now. Only where the check is switched on.
    pub identity_hash: Option<String>,
    /// What Meta could not do with it.
    pub errors: Vec<EventError>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MessageKind {
    Text {
        body: String,
    },
    /// A quick reply of a template.
    Button {
        payload: Option<String>,
        text: String,
    },
    Interactive(Interactive),
    Media(Media),
    Location(Location),
    /// Cards from the address book: how many, and the names on them.
    Contacts(Vec<Card>),
    /// An emoji on a message; none takes it back.
    Reaction {
        to: String,
        emoji: Option<String>,
    },
    /// A filled cart. Its prices are what the customer's phone claims.
    Order(Cart),
    /// The customer changed an earlier message into this.
    Edit {
        original: String,
        to: Box<Self>,
    },
    /// The customer took an earlier message back.
    Revoke {
        original: String,
    },
    /// Meta names a kind that it does not pass on: a poll, a message that vanishes, ..
    Unsupported {
        what: Option<String>,
    },
    /// A kind that this version does not know, by Meta's word for it.
    Other {
        kind: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Interactive {
    ButtonReply {
        id: String,
        title: String,
    },
    ListReply {
        id: String,
        title: String,
        description: Option<String>,
    },
    /// A form or an address, filled in.
    FormReply {
        name: Option<String>,
        response: Option<String>,
    },
    /// Whether the business may call.
    CallPermission {
        response: Option<String>,
    },
    Other {
        kind: String,
    },
}

/// A file of the customer's. Meta keeps it for seven days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    pub kind: MediaKind,
    pub id: String,
    pub mime_type: Option<String>,
    /// As Meta writes it: hexadecimal or base64.
    pub sha256: Option<String>,
    pub caption: Option<String>,
    pub filename: Option<String>,
    /// Spoken into the phone, or a sticker that moves.
    pub voice_or_animated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    Image,
    Audio,
    Video,
    Document,
    Sticker,
}

impl MediaKind {
    /// Meta's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::Image, Self::Audio, Self::Video, Self::Document, Self::Sticker]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// A place on the map, in decimal degrees as Meta writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub latitude: String,
    pub longitude: String,
    pub name: Option<String>,
    pub address: Option<String>,
}

/// One entry of an address book.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    pub name: String,
    pub phones: Vec<Number>,
    /// The customer answered our question for their own number by this card.
    pub own: bool,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("phones", &self.phones).field("own", &self.own).finish_non_exhaustive()
    }
}

/// An article of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    pub catalog_id: Option<String>,
    pub product_id: String,
}

/// Read again from what is kept of its message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Cart {
    pub catalog_id: Option<String>,
    pub text: Option<String>,
    pub items: Vec<CartItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct CartItem {
    pub product_id: String,
    pub quantity: i64,
    /// In the catalogue's currency, as the customer's phone knew it.
    pub price: Option<String>,
    pub currency: Option<String>,
}

/// The advertisement or page that a customer came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: Option<String>,
    pub source_id: Option<String>,
    pub headline: Option<String>,
    /// Meta's id of the click.
    pub click_id: Option<String>,
}

open_enum! {
    /// How a person became another, by number or by name.
    pub enum ChangeKind {
        Number = "user_changed_number",
        UserId = "user_changed_user_id",
        Identity = "customer_identity_changed",
    }
}

/// A person's number or id is another one from now on, or somebody else may hold it.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonChange {
    pub id: String,
    pub kind: ChangeKind,
    pub before: Sender,
    pub after: Sender,
}

/// A message that a person of the business wrote with the app on their phone: in the conversation, and approved by nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    pub id: String,
    pub to: Sender,
    pub kind: MessageKind,
}

impl Message {
    /// What the customer no longer wants, and in which words: however they were said, under a picture too. Whoever changes a
    /// message into STOP means it.
    pub fn opts_out(&self) -> Option<(Suppression, &str)> {
        opts_out(self.kind.words()?, self.kind.is_tap())
    }
}

impl MessageKind {
    /// Meta's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Button { .. } => "button",
            Self::Interactive(_) => "interactive",
            Self::Media(media) => media.kind.as_str(),
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::Reaction { .. } => "reaction",
            Self::Order(_) => "order",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Unsupported { .. } => "unsupported",
            Self::Other { kind } => kind,
        }
    }

    /// What its sender said with it: what STOP and the phrases of keyword rules are looked for in.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text { .. } | Self::Button { .. } | Self::Media(_) | Self::Order(_) => self.text(),
            Self::Interactive(Interactive::ButtonReply { .. } | Interactive::ListReply { .. }) => self.text(),
            Self::Edit { to, .. } => to.words(),
            _ => None,
        }
    }

    /// Whether it is a tap on what the business offered.
    pub const fn is_tap(&self) -> bool {
        matches!(
            self,
            Self::Button { .. } | Self::Interactive(Interactive::ButtonReply { .. } | Interactive::ListReply { .. })
        )
    }

    /// What it holds besides its text, for those who look after the conversation.
    pub fn details(&self) -> Option<Value> {
        Some(match self {
            Self::Media(media) => json!({
                "filename": media.filename, "mime_type": media.mime_type, "voice_or_animated": media.voice_or_animated,
            }),
            Self::Location(place) => json!({
                "latitude": place.latitude, "longitude": place.longitude, "name": place.name, "address": place.address,
            }),
            Self::Contacts(cards) => {
                let card = |card: &Card| {
                    let phones: Vec<&str> = card.phones.iter().map(Number::as_str).collect();
                    json!({"name": card.name, "phones": phones, "own": card.own})
                };
                json!({ "cards": cards.iter().map(card).collect::<Vec<_>>() })
            }
            Self::Reaction { to, emoji } => json!({"to": to, "emoji": emoji}),
            Self::Order(cart) => {
                let item = |item: &CartItem| {
                    json!({
                        "product_id": item.product_id, "quantity": item.quantity, "price": item.price, "currency": item.currency,
                    })
                };
                json!({"catalog_id": cart.catalog_id, "items": cart.items.iter().map(item).collect::<Vec<_>>()})
            }
            Self::Button { payload, .. } => json!({ "payload": payload }),
            Self::Interactive(Interactive::ButtonReply { id, .. } | Interactive::ListReply { id, .. }) => {
                json!({ "id": id })
            }
            Self::Interactive(Interactive::FormReply { name, .. }) => json!({ "form": name }),
            Self::Interactive(Interactive::CallPermission { response }) => json!({ "call_permission": response }),
            Self::Unsupported { what } => json!({ "what": what }),
            Self::Edit { original, .. } | Self::Revoke { original } => json!({ "original": original }),
            Self::Text { .. } | Self::Interactive(Interactive::Other { .. }) | Self::Other { .. } => return None,
        })
    }

    /// What of it can be read as text in a conversation.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { body } => Some(body),
            Self::Button { text, .. } => Some(text),
            Self::Interactive(Interactive::ButtonReply { title, .. } | Interactive::ListReply { title, .. }) => {
                Some(title)
            }
            Self::Interactive(Interactive::FormReply { response, .. }) => response.as_deref(),
            Self::Media(media) => media.caption.as_deref(),
            Self::Location(place) => place.name.as_deref().or(place.address.as_deref()),
            Self::Reaction { emoji, .. } => emoji.as_deref(),
            Self::Order(cart) => cart.text.as_deref(),
            Self::Edit { to, .. } => to.text(),
            Self::Interactive(_)
            | Self::Contacts(_)
            | Self::Revoke { .. }
            | Self::Unsupported { .. }
            | Self::Other { .. } => None,
        }
    }
}
