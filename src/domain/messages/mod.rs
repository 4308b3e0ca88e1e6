//! What a business can say to a customer: every kind of message, with the limits that Meta sets, checked before a call.

mod cards;
pub mod fault;
mod interactive;
pub mod limits;
mod media;
mod recipient;
pub mod session;
#[cfg(test)]
mod tests;

pub use cards::{
    ContactAddress, ContactCard, ContactEmail, ContactName, ContactOrg, ContactPhone, ContactUrl, Location,
};
pub use fault::{Fault, Faults, Problem};
pub use interactive::{
    CtaUrl, Header, List, Product, ProductList, ProductSection, ReplyButton, ReplyButtons, Row, Section,
};
pub use media::{Audio, Captioned, Document, Media, Sticker};
pub use recipient::{BadE164, E164, Recipient};

use std::fmt;

use serde::{Deserialize, Serialize};

/// One message to one customer, in an open conversation. Templates are apart: their words are with Meta already.
///
/// There is no top-level `category` in it, with which Meta would take a free text outside the 24-hour window and make a
/// template of it by itself: a message of this type cannot leave the window in that way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundMessage {
    /// To whom.
    pub to: Recipient,
    /// The message that it answers, by Meta's id: shown above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Given, Meta delivers it only while the person behind the number is still the one of whom this was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_key_hash: Option<String>,
    /// What it says.
    pub content: Content,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Content {
    /// Words.
    Text(Text),
    /// A picture.
    Image(Captioned),
    /// A film.
    Video(Captioned),
    /// A sound.
    Audio(Audio),
    /// A file.
    Document(Document),
    /// A sticker.
    Sticker(Sticker),
    /// A place.
    Location(Location),
    /// Contact cards.
    Contacts(Contacts),
    /// An emoji on a message of the customer.
    Reaction(Reaction),
    /// A text with answers to tap.
    ReplyButtons(ReplyButtons),
    /// A text with a list to choose from.
    List(List),
    /// A text with a button that opens a page.
    CtaUrl(CtaUrl),
    /// A product.
    Product(Product),
    /// Several products.
    ProductList(ProductList),
}

/// Words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The words.
    pub body: String,
    /// Whether the first link in them is shown with a picture.
    #[serde(default)]
    pub preview_url: bool,
}

/// Contact cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// The cards.
    pub contacts: Vec<ContactCard>,
}

/// An emoji on a message that the customer wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// The message, by Meta's id.
    pub message_id: String,
    /// The emoji; none takes back the one that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
}

impl OutboundMessage {
    /// Everything that Meta would refuse, by the limits that it has made known.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Faults::default();
        if let Some(message) = &self.reply_to {
            match &self.content {
                Content::Reaction(_) => faults.form("reply_to", false, "a reaction names its message itself"),
                _ => message_id("reply_to", message, &mut faults),
            }
        }
        if let Some(hash) = &self.identity_key_hash {
            faults.required("identity_key_hash", hash, usize::MAX);
        }
        self.content.check(&mut faults);
        if let Some(media) = self.content.clone().media_mut() {
            media.check_uploaded("media", &mut faults);
        }
        faults.into_vec()
    }
}

impl Content {
    /// The file that it carries.
    pub const fn media_mut(&mut self) -> Option<&mut Media> {
        match self {
            Self::Image(picture) | Self::Video(picture) => Some(&mut picture.media),
            Self::Audio(audio) => Some(&mut audio.media),
            Self::Document(document) => Some(&mut document.media),
            Self::Sticker(sticker) => Some(&mut sticker.media),
            Self::ReplyButtons(ReplyButtons { header, .. }) | Self::CtaUrl(CtaUrl { header, .. }) => match header {
                Some(Header::Image(media) | Header::Video(media) | Header::Document { media, .. }) => Some(media),
                Some(Header::Text(_)) | None => None,
            },
            Self::Text(_)
            | Self::Location(_)
            | Self::Contacts(_)
            | Self::Reaction(_)
            | Self::List(_)
            | Self::Product(_)
            | Self::ProductList(_) => None,
        }
    }

    /// Its kind, in Meta's words.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Audio(_) => "audio",
            Self::Document(_) => "document",
            Self::Sticker(_) => "sticker",
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::Reaction(_) => "reaction",
            Self::ReplyButtons(_) | Self::List(_) | Self::CtaUrl(_) | Self::Product(_) | Self::ProductList(_) => {
                "interactive"
            }
        }
    }

    /// Its words, where it has any of its own.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.body),
            Self::Image(picture) | Self::Video(picture) => picture.caption.as_deref(),
            Self::Document(document) => document.caption.as_deref(),
            Self::Location(place) => place.name.as_deref(),
            Self::Reaction(reaction) => reaction.emoji.as_deref(),
            Self::ReplyButtons(buttons) => Some(&buttons.body),
            Self::List(list) => Some(&list.body),
            Self::CtaUrl(link) => Some(&link.body),
            Self::Product(product) => product.body.as_deref(),
            Self::ProductList(products) => Some(&products.body),
            Self::Audio(_) | Self::Sticker(_) | Self::Contacts(_) => None,
        }
    }

    /// Everything that Meta would refuse of it, whoever gets it.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Faults::default();
        self.check(&mut faults);
        faults.into_vec()
    }

    fn check(&self, faults: &mut Faults) {
        match self {
            Self::Text(text) => faults.required("body", &text.body, limits::TEXT),
            Self::Image(picture) | Self::Video(picture) => picture.check(faults),
            Self::Audio(audio) => audio.media.check("media", faults),
            Self::Document(document) => document.check(faults),
            Self::Sticker(sticker) => sticker.media.check("media", faults),
            Self::Location(location) => location.check(faults),
            Self::Contacts(Contacts { contacts }) => {
                faults.count("contacts", contacts.len(), 1..=limits::CONTACTS);
                contacts.iter().enumerate().for_each(|(at, card)| card.check(at, faults));
            }
            Self::Reaction(reaction) => {
                message_id("message_id", &reaction.message_id, faults);
                let good = reaction.emoji.as_deref().is_none_or(is_emoji);
                faults.form("emoji", good, "not an emoji: write one, such as 👍");
            }
            Self::ReplyButtons(buttons) => buttons.check(faults),
            Self::List(list) => list.check(faults),
            Self::CtaUrl(link) => link.check(faults),
            Self::Product(product) => product.check(faults),
            Self::ProductList(products) => products.check(faults),
        }
    }
}

/// The token by which we know a message again in its statuses. Without it, an outcome could never be told.
pub fn check_callback(token: &str) -> Result<(), Fault> {
    let mut faults = Faults::default();
    faults.required("callback", token, limits::CALLBACK);
    faults.into_vec().pop().map_or(Ok(()), Err)
}

fn message_id(place: &str, id: &str, faults: &mut Faults) {
    let good =
        id.strip_prefix("wamid.").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic()));
    faults.form(place, good, "not the id of a message: Meta's begin with wamid.");
}

/// One sign, however many code points it is made of. Which signs are emoji changes every year; that words are none does not.
fn is_emoji(text: &str) -> bool {
    // Some signs count as letters, such as those for a blood group.
    let sign = |c: char| matches!(c, '\u{2100}'..='\u{2BFF}' | '\u{3200}'..='\u{32FF}' | '\u{1F000}'..);
    let of_a_word = |c: char| c.is_whitespace() || (c.is_alphabetic() && !sign(c));
    (1..=16).contains(&text.chars().count()) && !text.is_ascii() && !text.contains(of_a_word)
}

/// Shows to whom and of what kind, not what it says.
impl fmt::Debug for OutboundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundMessage").field("to", &self.to).field("content", &self.content).finish_non_exhaustive()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.kind()).finish_non_exhaustive()
    }
}
