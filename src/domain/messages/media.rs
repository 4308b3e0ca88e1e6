//! Messages that are a picture, a film, a sound, a file or a sticker.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fault::Faults;
use super::limits::CAPTION;
use crate::domain::ids::AssetId;

/// A file: one that is kept here, one that Meta has, or one that it fetches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// The id that an upload gave; good for 30 days.
    Id(String),
    /// An address from which Meta fetches it.
    Link(String),
    /// A file that whatsapp.media_asset.upload kept. People see that very file, and it goes to Meta right before the message.
    #[serde(rename = "asset_id")]
    Asset(#[schemars(with = "String")] AssetId),
}

/// A picture or a film, with words below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Captioned {
    /// The file.
    pub media: Media,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// A sound. It has no words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audio {
    /// The file.
    pub media: Media,
    /// Shown as something spoken; the file must be OGG with OPUS then.
    #[serde(default)]
    pub voice: bool,
}

/// A file to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The file.
    pub media: Media,
    /// The words below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name under which a phone keeps it; its end decides the icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// A sticker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sticker {
    /// The file, in WebP.
    pub media: Media,
}

impl Media {
    /// Notes what Meta would not take.
    pub fn check(&self, place: &str, faults: &mut Faults) {
        match self {
            Self::Id(id) => {
                let good = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
                faults.form(format_args!("{place}.id"), good, "not an id of Meta's: letters and digits only");
            }
            Self::Link(link) => faults.https(format_args!("{place}.link"), link),
            Self::Asset(_) => {}
        }
    }

    /// Notes a file that Meta cannot know yet: by our id, it finds none.
    pub fn check_uploaded(&self, place: &str, faults: &mut Faults) {
        let form = "a file that is kept here: it has to be uploaded to Meta first";
        faults.form(format_args!("{place}.asset_id"), !matches!(self, Self::Asset(_)), form);
    }
}

/// Its address, or the id of it, Meta's or ours.
impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(text) | Self::Link(text) => f.write_str(text),
            Self::Asset(id) => id.fmt(f),
        }
    }
}

impl Captioned {
    pub(super) fn check(&self, faults: &mut Faults) {
        self.media.check("media", faults);
        faults.optional("caption", self.caption.as_deref(), CAPTION);
    }
}

impl Document {
    pub(super) fn check(&self, faults: &mut Faults) {
        self.media.check("media", faults);
        faults.optional("caption", self.caption.as_deref(), CAPTION);
        filename("filename", self.filename.as_deref(), faults);
    }
}

/// A name, not a path: phones show it as it is.
pub(super) fn filename(place: &str, name: Option<&str>, faults: &mut Faults) {
    let good = |name: &str| !name.trim().is_empty() && !name.contains(['/', '\\']) && !name.contains(char::is_control);
    faults.form(place, name.is_none_or(good), "not a file name: write it as menu.pdf");
}
