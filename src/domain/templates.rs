//! Message templates: what Meta approved, in which languages, and what comes out when the variables are filled in.

pub mod draft;
pub mod languages;
pub mod quality;
pub mod submission;

use super::canonical::{Digest, NotCanonical};
use super::clock::Timestamp;
use super::consent::MessageCategory;
use super::contacts::Language;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// What Meta says of a template. Only an approved one can be sent.
    TemplateStatus, "template status" {
        /// May be sent.
        Approved = "approved",
        /// In review.
        Pending = "pending",
        /// Refused, with a reason.
        Rejected = "rejected",
        /// Not to be sent for a while, because of its quality.
        Paused = "paused",
        /// Not to be sent any more.
        Disabled = "disabled",
        /// Meta looks at it again.
        InAppeal = "in_appeal",
        /// Goes away when its messages are delivered.
        PendingDeletion = "pending_deletion",
        /// Gone.
        Deleted = "deleted",
        /// There were too many.
        LimitExceeded = "limit_exceeded",
        /// Put away after a year without use.
        Archived = "archived",
        /// A word that this version does not know.
        Unknown = "unknown",
    }
}

words! {
    /// How recipients take a template or a number, by Meta's measure.
    Quality, "quality" {
        /// High.
        Green = "green",
        /// Medium.
        Yellow = "yellow",
        /// Low.
        Red = "red",
        /// Not measured yet.
        Unknown = "unknown",
    }
}

/// One language of a template, as last read from Meta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplate {
    /// Its name, shared by its languages.
    pub name: String,
    /// Which language.
    pub language: Language,
    /// Meta's id of this name and language.
    pub meta_id: String,
    /// What Meta takes it for, and bills it as.
    pub category: MessageCategory,
    /// Whether it can be sent.
    pub status: TemplateStatus,
    /// How it is received.
    pub quality: Quality,
    /// Why Meta refused it.
    pub rejected_reason: Option<String>,
    /// The category that Meta will move it to.
    pub correct_category: Option<MessageCategory>,
    /// What it says.
    pub content: TemplateContent,
    /// When it was last read from Meta.
    pub synced_at: Timestamp,
}

/// What a template says: its parts with their placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateContent {
    /// The line or medium on top.
    pub header: Option<Header>,
    /// The text.
    pub body: String,
    /// The small line below.
    pub footer: Option<String>,
    /// What can be tapped.
    #[serde(default)]
    pub buttons: Vec<Button>,
}

/// The top of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// A line of text, with one variable at most.
    Text(String),
    /// A medium; which one is given when sending.
    Media(MediaKind),
    /// A place on the map.
    Location,
}

words! {
    /// What kind of medium a header shows.
    MediaKind, "kind of media" {
        /// A picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// A file.
        Document = "document",
    }
}

/// Something to tap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Button {
    /// Answers with a prepared text.
    QuickReply {
        /// Its label.
        text: String,
    },
    /// Opens a page; a variable may stand at the end of its address.
    Url {
        /// Its label.
        text: String,
        /// Its address.
        url: String,
    },
    /// Calls a number.
    PhoneNumber {
        /// Its label.
        text: String,
        /// Whom it calls.
        phone_number: String,
    },
    /// Copies a code.
    CopyCode {
        /// The example code.
        text: String,
    },
    /// A kind that this version only shows.
    Other {
        /// Meta's word for it.
        kind: String,
        /// Its label.
        text: String,
    },
}

impl Button {
    /// What stands on it.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::QuickReply { text }
            | Self::Url { text, .. }
            | Self::PhoneNumber { text, .. }
            | Self::CopyCode { text }
            | Self::Other { text, .. } => text,
        }
    }
}

/// A message with its variables filled in, as its recipient sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rendered {
    /// The line on top.
    pub header: Option<String>,
    /// The text.
    pub body: String,
    /// The small line below.
    pub footer: Option<String>,
    /// Labels with the addresses behind them.
    pub buttons: Vec<RenderedButton>,
}

/// A button with its address filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RenderedButton {
    /// What stands on it.
    pub label: String,
    /// Where it leads.
    pub url: Option<String>,
}

/// The values for the placeholders, by key: see [`TemplateContent::placeholders`].
pub type Values = BTreeMap<String, String>;

impl TemplateContent {
    /// Over what it says; two contents with one digest read the same.
    pub fn digest(&self) -> Result<Digest, NotCanonical> {
        Digest::of(self)
    }

    /// The keys of its placeholders. Meta counts positions anew in the header and in each button, so those carry the place:
    /// `1` is the body's first, `header.1` the header's, `button.1.1` that of the first button. Names are shared by all.
    #[must_use]
    pub fn placeholders(&self) -> BTreeSet<String> {
        self.texts()
            .into_iter()
            .flat_map(|(place, text)| placeholders_in(text).map(move |name| place.key(name)))
            .collect()
    }

    /// The placeholders of one text, in the order in which they stand.
    #[must_use]
    pub fn placeholders_of(text: &str) -> Vec<&str> {
        placeholders_in(text).collect()
    }

    /// Every text that may hold placeholders, with its place.
    #[must_use]
    pub fn texts(&self) -> Vec<(Place, &str)> {
        let header = match &self.header {
            Some(Header::Text(text)) => Some((Place::Header, text.as_str())),
            _ => None,
        };
        let urls = self.buttons.iter().enumerate().filter_map(|(index, button)| match button {
            Button::Url { url, .. } => Some((Place::Button(index), url.as_str())),
            _ => None,
        });
        header.into_iter().chain([(Place::Body, self.body.as_str())]).chain(urls).collect()
    }

    /// Fills in the values; a placeholder without one stays as it is written.
    #[must_use]
    pub fn render(&self, values: &Values) -> Rendered {
        Rendered {
            header: match &self.header {
                Some(Header::Text(text)) => Some(fill(Place::Header, text, values)),
                _ => None,
            },
            body: fill(Place::Body, &self.body, values),
            footer: self.footer.clone(),
            buttons: self
                .buttons
                .iter()
                .enumerate()
                .map(|(index, button)| RenderedButton {
                    label: button.label().to_owned(),
                    url: if let Button::Url { url, .. } = button {
                        Some(fill(Place::Button(index), url, values))
                    } else {
                        None
                    },
                })
                .collect(),
        }
    }
}

/// Where a placeholder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the line on top.
    Header,
    /// In the text.
    Body,
    /// In a button's address, counted from 0.
    Button(usize),
}

impl Place {
    /// The key of the placeholder of this name in this place.
    #[must_use]
    pub fn key(self, name: &str) -> String {
        let position = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Header if position => format!("header.{name}"),
            Self::Button(index) if position => format!("button.{}.{name}", index + 1),
            _ => name.to_owned(),
        }
    }
}

/// The texts between `{{` and `}}`, trimmed.
fn placeholders_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}

fn fill(place: Place, text: &str, values: &Values) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, tail)) => {
                match values.get(&place.key(name.trim())) {
                    Some(value) => out.push_str(value),
                    None => {
                        out.push_str("{{");
                        out.push_str(name);
                        out.push_str("}}");
                    }
                }
                rest = tail;
            }
            None => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> TemplateContent {
        TemplateContent {
            header: Some(Header::Text("Hello {{name}}".into())),
            body: "{{ name }}, {{discount}} off. {{name}}!".into(),
            footer: Some("Reply STOP to opt out".into()),
            buttons: vec![
                Button::Url { text: "Look".into(), url: "https://shop.example.hk/w?u={{code}}".into() },
                Button::QuickReply { text: "Stop".into() },
            ],
        }
    }

    #[test]
    fn every_placeholder_is_found_and_filled_once_for_each_place() {
        assert_eq!(content().placeholders().into_iter().collect::<Vec<_>>(), ["code", "discount", "name"]);
        let values = Values::from([
            ("name".into(), "Ada {{discount}}".into()),
            ("discount".into(), "15%".into()),
            ("code".into(), "x1".into()),
        ]);
        let rendered = content().render(&values);
        assert_eq!(rendered.header.as_deref(), Some("Hello Ada {{discount}}"));
        assert_eq!(
            rendered.body, "Ada {{discount}}, 15% off. Ada {{discount}}!",
            "a value is never read as a template"
        );
        assert_eq!(rendered.buttons.first().unwrap().url.as_deref(), Some("https://shop.example.hk/w?u=x1"));
    }

    #[test]
    fn positions_are_counted_anew_in_each_part() {
        let mut content = content();
        content.header = Some(Header::Text("Until {{1}}".into()));
        content.body = "Hi {{1}}".into();
        content.buttons = vec![Button::Url { text: "Look".into(), url: "https://shop.example.hk/{{1}}".into() }];
        assert_eq!(content.placeholders().into_iter().collect::<Vec<_>>(), ["1", "button.1.1", "header.1"]);
        let values = [("1", "Ada"), ("header.1", "5 Dec"), ("button.1.1", "w")];
        let rendered = content.render(&values.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert_eq!((rendered.header.as_deref(), rendered.body.as_str()), (Some("Until 5 Dec"), "Hi Ada"));
        assert_eq!(rendered.buttons.first().unwrap().url.as_deref(), Some("https://shop.example.hk/w"));
    }

    #[test]
    fn what_is_not_a_placeholder_stays() {
        let values = Values::from([("1".into(), "x".into())]);
        for (text, filled) in
            [("{{1}", "{{1}"), ("{1}}", "{1}}"), ("{{2}} {{1}}", "{{2}} x"), ("{{", "{{"), ("a {{1}} b {{", "a x b {{")]
        {
            assert_eq!(fill(Place::Body, text, &values), filled);
        }
    }

    #[test]
    fn any_change_of_the_words_changes_the_digest() {
        let mut other = content();
        other.footer = None;
        assert_ne!(content().digest().unwrap(), other.digest().unwrap());
    }
}
