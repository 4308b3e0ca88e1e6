//! A free message to one customer within the service window: what may be said so, and what is signed of it.

use super::{Audio, Captioned, Content, CtaUrl, Document, Header, List, Location, Media, ReplyButtons, Text};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ContactId, ConversationId};
use crate::domain::media::{FileName, KeptFile, Use};
use serde::{Deserialize, Serialize};

/// The kinds of message that answer somebody. What sells from a catalogue, a card with other people's data and a sign on a
/// message are none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionContent {
    /// Words.
    Text(Text),
    /// A text with up to three answers to tap.
    ReplyButtons(ReplyButtons),
    /// A text with a list to choose from.
    List(List),
    /// A text with a button that opens a page.
    CtaUrl(CtaUrl),
    /// A picture.
    Image(Captioned),
    /// A film.
    Video(Captioned),
    /// A sound.
    Audio(Audio),
    /// A file.
    Document(Document),
    /// A place.
    Location(Location),
}

/// A message to one customer, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPlan {
    /// In which thread, as it was looked at; none where there is none, and no rule lets that pass.
    pub thread: Option<ThreadMark>,
    /// To whom.
    pub contact: ContactId,
    /// The address as people saw it, masked: with another one it is another recipient.
    pub to: String,
    /// From which number of the business, by Meta's id.
    pub phone_number_id: String,
    /// What it says.
    pub content: SessionContent,
    /// The file that is kept here and goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<KeptFile>,
}

/// A thread as it was when an answer was worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadMark {
    /// Which.
    pub conversation: ConversationId,
    /// Raised by every change that people make.
    pub version: i64,
    /// When the customer had last written.
    pub heard_at: Timestamp,
}

/// A file that a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried<'a> {
    /// As what.
    pub wanted: Use,
    /// Whether it is to be played as something spoken.
    pub voice: bool,
    /// Where it is.
    pub media: &'a Media,
}

impl SessionContent {
    /// Its kind, as agents write it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::ReplyButtons(_) => "reply_buttons",
            Self::List(_) => "list",
            Self::CtaUrl(_) => "cta_url",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Audio(_) => "audio",
            Self::Document(_) => "document",
            Self::Location(_) => "location",
        }
    }

    /// Every text that the customer reads, with its place.
    #[must_use]
    pub fn texts(&self) -> Vec<(String, &str)> {
        let mut found: Vec<(String, &str)> = Vec::new();
        match self {
            Self::Text(text) => found.push(("body".into(), &text.body)),
            Self::ReplyButtons(message) => {
                found.extend(head(message.header.as_ref()));
                found.push(("body".into(), &message.body));
                found.extend(message.footer.as_deref().map(|footer| ("footer".into(), footer)));
                let buttons = message.buttons.iter().enumerate();
                found.extend(buttons.map(|(at, button)| (format!("buttons[{at}].title"), button.title.as_str())));
            }
            Self::List(list) => {
                found.extend(list.header.as_deref().map(|header| ("header".into(), header)));
                found.push(("body".into(), &list.body));
                found.extend(list.footer.as_deref().map(|footer| ("footer".into(), footer)));
                found.push(("button".into(), &list.button));
                for (s, section) in list.sections.iter().enumerate() {
                    found.extend(section.title.as_deref().map(|title| (format!("sections[{s}].title"), title)));
                    for (r, row) in section.rows.iter().enumerate() {
                        let place = format!("sections[{s}].rows[{r}]");
                        found.push((format!("{place}.title"), &row.title));
                        let line = row.description.as_deref();
                        found.extend(line.map(|line| (format!("{place}.description"), line)));
                    }
                }
            }
            Self::CtaUrl(link) => {
                found.extend(head(link.header.as_ref()));
                found.push(("body".into(), &link.body));
                found.extend(link.footer.as_deref().map(|footer| ("footer".into(), footer)));
                found.push(("label".into(), &link.label));
            }
            Self::Image(media) | Self::Video(media) => {
                found.extend(media.caption.as_deref().map(|caption| ("caption".into(), caption)));
            }
            Self::Audio(_) => {}
            Self::Document(document) => {
                found.extend(document.caption.as_deref().map(|caption| ("caption".into(), caption)));
                found.extend(document.filename.as_deref().map(|name| ("filename".into(), name)));
            }
            Self::Location(place) => {
                found.extend(place.name.as_deref().map(|name| ("name".into(), name)));
                found.extend(place.address.as_deref().map(|address| ("address".into(), address)));
            }
        }
        found
    }

    /// The page that a button of it opens.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        if let Self::CtaUrl(link) = self { Some(&link.url) } else { None }
    }

    /// The file that it carries.
    #[must_use]
    pub const fn carried(&self) -> Option<Carried<'_>> {
        let (wanted, media) = match self {
            Self::Image(image) => (Use::Image, &image.media),
            Self::Video(video) => (Use::Video, &video.media),
            Self::Audio(audio) => (Use::Audio, &audio.media),
            Self::Document(document) => (Use::Document, &document.media),
            Self::ReplyButtons(ReplyButtons { header: Some(header), .. })
            | Self::CtaUrl(CtaUrl { header: Some(header), .. }) => match header {
                Header::Image(media) => (Use::Image, media),
                Header::Video(media) => (Use::Video, media),
                Header::Document { media, .. } => (Use::Document, media),
                Header::Text(_) => return None,
            },
            Self::Text(_) | Self::List(_) | Self::Location(_) | Self::ReplyButtons(_) | Self::CtaUrl(_) => return None,
        };
        Some(Carried { wanted, voice: matches!(self, Self::Audio(audio) if audio.voice), media })
    }

    /// Gives a document that has no name of its own the one that its file is kept under.
    pub fn name_document(&mut self, kept: &FileName) {
        let filename = match self {
            Self::Document(document) => &mut document.filename,
            Self::ReplyButtons(ReplyButtons { header: Some(Header::Document { filename, .. }), .. })
            | Self::CtaUrl(CtaUrl { header: Some(Header::Document { filename, .. }), .. }) => filename,
            _ => return,
        };
        filename.get_or_insert_with(|| kept.to_string());
    }
}

fn head(header: Option<&Header>) -> Option<(String, &str)> {
    match header? {
        Header::Text(text) => Some(("header".into(), text)),
        Header::Document { filename: Some(name), .. } => Some(("header.filename".into(), name)),
        Header::Image(_) | Header::Video(_) | Header::Document { .. } => None,
    }
}

impl From<SessionContent> for Content {
    fn from(content: SessionContent) -> Self {
        match content {
            SessionContent::Text(text) => Self::Text(text),
            SessionContent::ReplyButtons(message) => Self::ReplyButtons(message),
            SessionContent::List(list) => Self::List(list),
            SessionContent::CtaUrl(link) => Self::CtaUrl(link),
            SessionContent::Image(image) => Self::Image(image),
            SessionContent::Video(video) => Self::Video(video),
            SessionContent::Audio(audio) => Self::Audio(audio),
            SessionContent::Document(document) => Self::Document(document),
            SessionContent::Location(place) => Self::Location(place),
        }
    }
}
