//! Files that are sent or were received: what they are, what Meta takes them for, and what becomes of them before they are kept.
//!
//! What a file is, its bytes say; its name and what somebody declared are only compared with that.

mod boxes;
mod detect;
mod examine;
mod exif;
mod jpeg;
mod name;
mod office;
mod plan;
mod png;
mod reference;
mod stripped;
mod uses;
mod webp;

#[cfg(test)]
pub mod samples;

use super::canonical::ContentHash;
use super::clock::Timestamp;
use super::ids::{AgentId, AssetId, PersonId};
use super::masked::ProviderId;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub use examine::{Given, Prepared, examine, recognise, scanned};
pub use name::{FileName, harmless};
pub use plan::{AssetPlan, KeptFile};
pub use reference::{Purpose, Reference};
pub use uses::{Misfit, Use, humane};

/// No larger file is kept: Meta takes and gives none.
pub const LARGEST: u64 = 100 * MIB;
/// Images with more pixels take too much memory where they are shown.
pub const MOST_PIXELS: u64 = 25_000_000;

/// Meta forgets a file so long after it was uploaded.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(30 * 24);
/// An id that ends sooner than this is not used any more: a message may be on its way for a while, and clocks differ.
const MARGIN: Duration = Duration::from_hours(24);
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

words! {
    /// A type of file, by the name that Meta has for it.
    MediaType, "type of file" {
        /// A photograph.
        Jpeg = "image/jpeg",
        /// A drawing, or a picture of a screen.
        Png = "image/png",
        /// A sticker.
        Webp = "image/webp",
        /// A video.
        Mp4 = "video/mp4",
        /// A video of a simple phone.
        ThreeGp = "video/3gpp",
        /// Sound.
        Aac = "audio/aac",
        /// Sound of a simple phone.
        Amr = "audio/amr",
        /// Sound.
        Mp3 = "audio/mpeg",
        /// Sound in the container of a video.
        M4a = "audio/mp4",
        /// A voice message.
        Ogg = "audio/ogg",
        /// A document.
        Pdf = "application/pdf",
        /// Word, before 2007.
        Doc = "application/msword",
        /// Excel, before 2007.
        Xls = "application/vnd.ms-excel",
        /// PowerPoint, before 2007.
        Ppt = "application/vnd.ms-powerpoint",
        /// Word.
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        /// Excel.
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        /// PowerPoint.
        Pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        /// Plain text.
        Text = "text/plain",
        /// Whatever else a customer sent: to be downloaded, and nothing more.
        Other = "application/octet-stream",
    }
}

impl MediaType {
    /// The endings of its names, the usual one first.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Mp4 => &["mp4", "m4v"],
            Self::ThreeGp => &["3gp", "3gpp"],
            Self::Aac => &["aac"],
            Self::Amr => &["amr"],
            Self::Mp3 => &["mp3"],
            Self::M4a => &["m4a", "mp4"],
            Self::Ogg => &["ogg", "oga", "opus"],
            Self::Pdf => &["pdf"],
            Self::Doc => &["doc"],
            Self::Xls => &["xls"],
            Self::Ppt => &["ppt"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Pptx => &["pptx"],
            Self::Text => &["txt", "csv", "log", "md"],
            Self::Other => &["bin"],
        }
    }

    /// Whether a browser may show it within a page.
    #[must_use]
    pub const fn is_image(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp)
    }
}

/// The size of an image as it is stored, whichever way up it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pixels {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Pixels {
    /// How many there are.
    #[must_use]
    pub const fn count(self) -> u64 {
        // Two figures of 32 bits: the product has 64 at most.
        (self.width as u64).saturating_mul(self.height as u64)
    }
}

/// What a file is, with what Meta's limits hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// JPEG.
    Jpeg(Pixels),
    /// PNG.
    Png {
        /// Its size.
        pixels: Pixels,
        /// Whether it has eight bits, RGB or RGBA.
        plain: bool,
    },
    /// WebP.
    Webp {
        /// Its size.
        pixels: Pixels,
        /// Whether it moves.
        animated: bool,
    },
    /// MP4 with a video.
    Mp4 {
        /// Whether it is H.264 with one AAC stream or none.
        playable: bool,
    },
    /// The same in the container of simple phones.
    ThreeGp {
        /// Whether it is H.264 with one AAC stream or none.
        playable: bool,
    },
    /// Ogg.
    Ogg {
        /// Whether it is OPUS with one channel.
        voice: bool,
    },
    // Of what follows, no more needs to be known.
    Aac,
    Amr,
    Mp3,
    M4a,
    Pdf,
    Doc,
    Xls,
    Ppt,
    Docx,
    Xlsx,
    Pptx,
    Text,
    Other,
}

impl Content {
    /// What it is called.
    #[must_use]
    pub const fn media_type(self) -> MediaType {
        match self {
            Self::Jpeg(_) => MediaType::Jpeg,
            Self::Png { .. } => MediaType::Png,
            Self::Webp { .. } => MediaType::Webp,
            Self::Mp4 { .. } => MediaType::Mp4,
            Self::ThreeGp { .. } => MediaType::ThreeGp,
            Self::Ogg { .. } => MediaType::Ogg,
            Self::Aac => MediaType::Aac,
            Self::Amr => MediaType::Amr,
            Self::Mp3 => MediaType::Mp3,
            Self::M4a => MediaType::M4a,
            Self::Pdf => MediaType::Pdf,
            Self::Doc => MediaType::Doc,
            Self::Xls => MediaType::Xls,
            Self::Ppt => MediaType::Ppt,
            Self::Docx => MediaType::Docx,
            Self::Xlsx => MediaType::Xlsx,
            Self::Pptx => MediaType::Pptx,
            Self::Text => MediaType::Text,
            Self::Other => MediaType::Other,
        }
    }

    /// How large it is, of an image.
    #[must_use]
    pub const fn pixels(self) -> Option<Pixels> {
        match self {
            Self::Jpeg(pixels) | Self::Png { pixels, .. } | Self::Webp { pixels, .. } => Some(pixels),
            _ => None,
        }
    }
}

words! {
    /// Why nobody knows whether there is a virus in a file.
    Unscanned, "reason not to be scanned" {
        /// None is set up.
        NoScanner = "no_scanner",
        /// It did not answer, or not in time, or not as it should.
        Down = "down",
        /// It takes no file of this size.
        TooLarge = "too_large",
    }
}

words! {
    /// What the virus scanner said, in a word.
    Verdict, "verdict of the virus scanner" {
        /// It found nothing.
        Clean = "clean",
        /// It found something.
        Infected = "infected",
        /// It said nothing.
        NotScanned = "not_scanned",
    }
}

/// What the virus scanner said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scan {
    /// It found nothing.
    Clean,
    /// It found what it calls so.
    Infected(String),
    /// It said nothing.
    NotScanned(Unscanned),
}

impl Scan {
    /// What it found, or why it said nothing.
    #[must_use]
    pub const fn detail(&self) -> Option<&str> {
        match self {
            Self::Clean => None,
            Self::Infected(found) => Some(found.as_str()),
            Self::NotScanned(why) => Some(why.as_str()),
        }
    }

    /// In a word.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Clean => Verdict::Clean,
            Self::Infected(_) => Verdict::Infected,
            Self::NotScanned(_) => Verdict::NotScanned,
        }
    }
}

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An agent uploaded it.
    Agent(AgentId),
    /// A person uploaded it.
    Person(PersonId),
    /// A customer sent it; the message knows it, and it not the message.
    Inbound,
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaAsset {
    /// Which.
    pub id: AssetId,
    /// Over the bytes as they are kept, and the key by which they are found.
    pub hash: ContentHash,
    /// How many bytes.
    pub size: u64,
    /// What they are.
    pub content: Content,
    /// Under which name it is downloaded.
    pub name: FileName,
    /// What the scanner said when it was asked last.
    pub scan: Scan,
    /// Where it came from first.
    pub origin: Origin,
    /// When that was.
    pub created_at: Timestamp,
    /// When it went to Meta last.
    pub last_used_at: Option<Timestamp>,
}

impl MediaAsset {
    /// Whether Meta takes it for this.
    pub fn fits(&self, wanted: Use) -> Result<(), Misfit> {
        if matches!(self.scan, Scan::Infected(_)) {
            return Err(Misfit::Infected(wanted));
        }
        uses::fits(self.content, self.size, wanted)
    }

    /// All that Meta takes it for.
    #[must_use]
    pub fn uses(&self) -> Vec<Use> {
        Use::ALL.iter().copied().filter(|wanted| self.fits(*wanted).is_ok()).collect()
    }
}

/// To whom at Meta an upload belongs, which alone can use it.
#[derive(Clone, PartialEq, Eq)]
pub enum MetaOwner {
    /// A sending number: the media id goes into messages from it.
    Number(ProviderId),
    /// An app: the handle goes into samples of templates, and pictures of profiles.
    App(ProviderId),
}

/// A file as Meta knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct AtMeta {
    /// Whose it is there.
    pub owner: MetaOwner,
    /// The media id, or the handle.
    pub id: ProviderId,
    /// When Meta forgets it.
    pub expires_at: Timestamp,
}

impl AtMeta {
    /// As Meta answered an upload for messages from this number.
    #[must_use]
    pub fn uploaded(number: &str, media_id: String, now: Timestamp) -> Self {
        let owner = MetaOwner::Number(ProviderId::new(number));
        Self { owner, id: ProviderId::new(media_id), expires_at: now.after(FORGOTTEN_AFTER) }
    }

    /// Until when an id has to be good for what is sent now.
    #[must_use]
    pub fn needed_until(now: Timestamp) -> Timestamp {
        now.after(MARGIN)
    }

    /// Whether it was there already at that time: one that was uploaded since is not forgotten yet.
    #[must_use]
    pub fn is_older_than(&self, at: Timestamp) -> bool {
        self.expires_at.before(FORGOTTEN_AFTER) < at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_metas_is_used_for_twenty_nine_days() {
        let uploaded = Timestamp::from_seconds(1_795_142_400);
        let at = AtMeta::uploaded("1065", "1013".into(), uploaded);
        let day = |n: u64| uploaded.after(Duration::from_hours(24 * n));
        assert_eq!(at.expires_at, day(30));
        let used = |now| at.expires_at > AtMeta::needed_until(now);
        assert_eq!([0, 28, 29, 30].map(|n| used(day(n))), [true, true, false, false]);
        assert!(at.is_older_than(day(1)) && !at.is_older_than(uploaded) && !at.is_older_than(uploaded.before(MARGIN)));
    }
}
