//! What Meta takes a file for, and the limits of each.

use super::{Content, KIB, LARGEST, MIB, MediaType};
use std::fmt;

words! {
    /// A place where a file can be put.
    Use, "use of a file" {
        /// An image above a template's text.
        HeaderImage = "header_image",
        /// A video above a template's text.
        HeaderVideo = "header_video",
        /// A document above a template's text.
        HeaderDocument = "header_document",
        /// A message that is an image.
        Image = "image",
        /// A message that is a video.
        Video = "video",
        /// A message that is sound.
        Audio = "audio",
        /// A message that is a document.
        Document = "document",
        /// A message that is a sticker.
        Sticker = "sticker",
        /// The picture of a number's profile.
        ProfilePicture = "profile_picture",
    }
}

/// Why a file cannot be put somewhere, with the limit that it does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// It is of a type that Meta does not take there.
    Type(Use, MediaType),
    /// It is larger than so many bytes.
    Size(Use, u64),
    /// A PNG must have eight bits, RGB or RGBA.
    Colours(Use),
    /// A video must be H.264 with one AAC stream or none.
    Streams(Use),
    /// Ogg must be OPUS with one channel.
    Voice(Use),
    /// The virus scanner found something.
    Infected(Use),
}

/// Short, and the same in every language: the word of the use, and the limit.
impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(wanted, has) => write!(f, "{wanted} ≠ {has}"),
            Self::Size(wanted, most) => write!(f, "{wanted} ≤ {}", humane(*most)),
            Self::Colours(wanted) => write!(f, "{wanted}: PNG, 8 bit, RGB(A)"),
            Self::Streams(wanted) => write!(f, "{wanted}: H.264 + AAC ≤ 1"),
            Self::Voice(wanted) => write!(f, "{wanted}: OPUS, 1 channel"),
            Self::Infected(wanted) => write!(f, "{wanted}: infected"),
        }
    }
}

/// A size in the unit that it is a whole number of, which all limits are of some; else in bytes.
pub fn humane(size: u64) -> String {
    match size {
        size if size >= MIB && size.is_multiple_of(MIB) => format!("{} MB", size / MIB),
        size if size >= KIB && size.is_multiple_of(KIB) => format!("{} KB", size / KIB),
        size => format!("{size} B"),
    }
}

/// The most bytes that a file of this type may have there; none where the type is not taken.
const fn most(wanted: Use, content: Content) -> Option<u64> {
    use Content as C;
    match (wanted, content) {
        (Use::HeaderImage | Use::Image | Use::ProfilePicture, C::Jpeg(_) | C::Png { .. }) => Some(5 * MIB),
        (Use::HeaderVideo | Use::Video, C::Mp4 { .. }) | (Use::Video, C::ThreeGp { .. }) => Some(16 * MIB),
        (Use::Audio, C::Aac | C::Amr | C::Mp3 | C::M4a | C::Ogg { .. }) => Some(16 * MIB),
        (Use::HeaderDocument | Use::Document, C::Pdf) => Some(LARGEST),
        (Use::Document, C::Doc | C::Xls | C::Ppt | C::Docx | C::Xlsx | C::Pptx | C::Text) => Some(LARGEST),
        (Use::Sticker, C::Webp { animated: false, .. }) => Some(100 * KIB),
        (Use::Sticker, C::Webp { animated: true, .. }) => Some(500 * KIB),
        _ => None,
    }
}

/// Whether Meta takes so many bytes of this for that.
pub fn fits(content: Content, size: u64, wanted: Use) -> Result<(), Misfit> {
    let most = most(wanted, content).ok_or_else(|| Misfit::Type(wanted, content.media_type()))?;
    if size > most {
        return Err(Misfit::Size(wanted, most));
    }
    match content {
        Content::Png { plain: false, .. } => Err(Misfit::Colours(wanted)),
        Content::Mp4 { playable: false } | Content::ThreeGp { playable: false } => Err(Misfit::Streams(wanted)),
        Content::Ogg { voice: false } => Err(Misfit::Voice(wanted)),
        _ => Ok(()),
    }
}

/// Why there is no use for it at all: the limits of the uses that take its type. None if there is one.
pub fn useless(content: Content, size: u64) -> Option<Vec<Misfit>> {
    let mut misfits = Vec::new();
    for wanted in Use::ALL {
        match fits(content, size, *wanted) {
            Ok(()) => return None,
            Err(Misfit::Type(..)) => {}
            Err(misfit) => misfits.push(misfit),
        }
    }
    Some(misfits)
}

#[cfg(test)]
mod tests {
    use super::super::Pixels;
    use super::*;

    const PIXELS: Pixels = Pixels { width: 8, height: 8 };

    #[test]
    fn each_limit_is_kept_to_the_byte() {
        let still = Content::Webp { pixels: PIXELS, animated: false };
        let moving = Content::Webp { pixels: PIXELS, animated: true };
        let png = Content::Png { pixels: PIXELS, plain: true };
        for (wanted, content, most) in [
            (Use::Image, Content::Jpeg(PIXELS), 5 << 20),
            (Use::HeaderImage, png, 5 << 20),
            (Use::ProfilePicture, png, 5 << 20),
            (Use::HeaderVideo, Content::Mp4 { playable: true }, 16 << 20),
            (Use::Video, Content::ThreeGp { playable: true }, 16 << 20),
            (Use::Audio, Content::Ogg { voice: true }, 16 << 20),
            (Use::Audio, Content::Amr, 16 << 20),
            (Use::HeaderDocument, Content::Pdf, 100 << 20),
            (Use::Document, Content::Xlsx, 100 << 20),
            (Use::Sticker, still, 100 << 10),
            (Use::Sticker, moving, 500 << 10),
        ] {
            assert_eq!(fits(content, most, wanted), Ok(()), "{wanted}");
            assert_eq!(fits(content, most + 1, wanted), Err(Misfit::Size(wanted, most)), "{wanted}");
        }
    }

    #[test]
    fn each_type_has_the_places_that_meta_names() {
        let places = |content| Use::ALL.iter().copied().filter(|w| fits(content, 1, *w).is_ok()).collect::<Vec<_>>();
        assert_eq!(places(Content::Jpeg(PIXELS)), [Use::HeaderImage, Use::Image, Use::ProfilePicture]);
        assert_eq!(places(Content::Webp { pixels: PIXELS, animated: false }), [Use::Sticker]);
        assert_eq!(places(Content::Mp4 { playable: true }), [Use::HeaderVideo, Use::Video]);
        assert_eq!(places(Content::ThreeGp { playable: true }), [Use::Video]);
        assert_eq!(places(Content::Pdf), [Use::HeaderDocument, Use::Document]);
        assert_eq!(places(Content::Text), [Use::Document]);
        assert_eq!(places(Content::M4a), [Use::Audio]);
        assert_eq!(places(Content::Other), []);
    }

    #[test]
    fn what_a_size_does_not_say_counts_too() {
        let deep = Content::Png { pixels: PIXELS, plain: false };
        assert_eq!(fits(deep, 1, Use::Image), Err(Misfit::Colours(Use::Image)));
        assert_eq!(fits(Content::Mp4 { playable: false }, 1, Use::Video), Err(Misfit::Streams(Use::Video)));
        assert_eq!(fits(Content::Ogg { voice: false }, 1, Use::Audio), Err(Misfit::Voice(Use::Audio)));
    }

    #[test]
    fn why_there_is_no_use_names_the_limits_that_matter() {
        let said = |content, size| {
            useless(content, size).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        };
        let large = said(Content::Jpeg(PIXELS), (5 << 20) + 1).unwrap();
        assert_eq!(large, "header_image ≤ 5 MB, image ≤ 5 MB, profile_picture ≤ 5 MB");
        assert_eq!(said(Content::Webp { pixels: PIXELS, animated: true }, 600 << 10).unwrap(), "sticker ≤ 500 KB");
        assert_eq!(said(Content::Pdf, 10), None);
    }
}
