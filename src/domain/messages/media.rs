//! Messages that are a picture, a film, a sound, a file or a sticker.

use serde::{Deserialize, Serialize};

use super::fault::Faults;
use super::limits::CAPTION;

/// A file: one that Meta has, or one that it fetches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// The id that an upload gave; good for 30 days.
    Id(String),
    /// An address from which Meta fetches it.
    Link(String),
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
