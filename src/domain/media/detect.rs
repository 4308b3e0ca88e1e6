//! What a file is, by its bytes.

use super::boxes::streams;
use super::stripped::Stripped;
use super::{Content, Pixels, jpeg, office, png, webp};

/// Why nobody can say what a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// It is none of the types that are sent here.
    Unknown,
    /// It begins as one of them, and does not go on as one.
    Damaged,
}

/// What a file is, and what is left of it where something had to be taken out.
pub fn detect(file: &[u8]) -> Result<(Content, Option<Stripped>), Unclear> {
    let Some(found) = infer::get(file) else {
        return plain(file).map(|content| (content, None));
    };
    let content = match found.mime_type() {
        "image/jpeg" => return image(file, jpeg::strip, Content::Jpeg),
        "image/png" => {
            return image(file, png::strip, |pixels| Content::Png { pixels, plain: png::is_plain(file) });
        }
        "image/webp" => {
            let animated = webp::is_animated(file);
            return image(file, webp::strip, |pixels| Content::Webp { pixels, animated });
        }
        "video/mp4" | "video/x-m4v" | "audio/m4a" | "video/3gpp" => film(file)?,
        "audio/aac" => Content::Aac,
        "audio/amr" => Content::Amr,
        "audio/mpeg" => Content::Mp3,
        "audio/ogg" | "audio/opus" => Content::Ogg { voice: is_voice(file) },
        "application/pdf" => Content::Pdf,
        _ if file.starts_with(b"PK\x03\x04") => office::in_archive(file).ok_or(Unclear::Unknown)?,
        _ => return plain(file).map(|content| (content, None)),
    };
    Ok((content, None))
}

/// What has no mark by which it is known at once, or one so short that a text may begin so.
fn plain(file: &[u8]) -> Result<Content, Unclear> {
    if file.get(4..8) == Some(b"ftyp") && matches!(file.get(8..11), Some(b"3gp" | b"iso" | b"mp4" | b"M4A" | b"M4V")) {
        return film(file);
    }
    if file.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return office::before_2007(file).ok_or(Unclear::Unknown);
    }
    if file.starts_with(b"PK\x03\x04") {
        return office::in_archive(file).ok_or(Unclear::Unknown);
    }
    if is_text(file) { Ok(Content::Text) } else { Err(Unclear::Unknown) }
}

fn image(
    file: &[u8],
    strip: fn(&[u8]) -> Option<Stripped>,
    content: impl FnOnce(Pixels) -> Content,
) -> Result<(Content, Option<Stripped>), Unclear> {
    let stripped = strip(file).ok_or(Unclear::Damaged)?;
    let size = imagesize::blob_size(&stripped.bytes).map_err(|_| Unclear::Damaged)?;
    let side = |side: usize| u32::try_from(side).ok().filter(|side| *side > 0).ok_or(Unclear::Damaged);
    let pixels = Pixels { width: side(size.width)?, height: side(size.height)? };
    Ok((content(pixels), Some(stripped)))
}

fn film(file: &[u8]) -> Result<Content, Unclear> {
    let streams = streams(file).ok_or(Unclear::Damaged)?;
    Ok(match file.get(8..11) {
        Some(b"3gp") => Content::ThreeGp { playable: streams.playable() },
        _ if streams.video == 0 => Content::M4a,
        _ => Content::Mp4 { playable: streams.playable() },
    })
}

/// Whether it is OPUS with one channel: the head of the first stream stands in its first page.
fn is_voice(file: &[u8]) -> bool {
    // A page begins with 27 bytes, the last of which counts the lengths that follow.
    let head = file.get(26).and_then(|lengths| file.get(27_usize.saturating_add((*lengths).into())..));
    head.is_some_and(|head| head.starts_with(b"OpusHead") && head.get(9) == Some(&1))
}

/// Text that is nothing else besides: no markup, which a browser would take for a page, and no script.
fn is_text(file: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(file) else { return false };
    let start = text.trim_start_matches('\u{FEFF}').trim_start();
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{C}');
    !start.starts_with(['<', '%']) && !start.starts_with("#!") && !text.contains(odd)
}
