//! Which files Meta takes, how large, and whether the bytes are what they are said to be.

use super::super::problem::Problem;

const MB: usize = 1 << 20;
const KB: usize = 1 << 10;
const STATIC_STICKER: usize = 100 * KB;

/// One MIME type.
pub struct Kind {
    pub mime: &'static str,
    /// The message type that carries it.
    pub use_as: &'static str,
    pub extension: &'static str,
    most: usize,
    looks_like: fn(&[u8]) -> bool,
}

const fn kind(
    mime: &'static str,
    use_as: &'static str,
    extension: &'static str,
    most: usize,
    looks_like: fn(&[u8]) -> bool,
) -> Kind {
    Kind { mime, use_as, extension, most, looks_like }
}

const KINDS: &[Kind] = &[
    kind("audio/aac", "audio", "aac", 16 * MB, |b| matches!(b, [0xff, second, ..] if second & 0xf6 == 0xf0)),
    kind("audio/amr", "audio", "amr", 16 * MB, |b| b.starts_with(b"#!AMR")),
    kind("audio/mpeg", "audio", "mp3", 16 * MB, |b| {
        b.starts_with(b"ID3") || matches!(b, [0xff, second, ..] if second & 0xe0 == 0xe0)
    }),
    kind("audio/mp4", "audio", "m4a", 16 * MB, is_iso_media),
    kind("audio/ogg", "audio", "ogg", 16 * MB, |b| b.starts_with(b"OggS")),
    kind("text/plain", "document", "txt", 100 * MB, |b| !b.contains(&0) && std::str::from_utf8(b).is_ok()),
    kind("application/pdf", "document", "pdf", 100 * MB, |b| b.starts_with(b"%PDF-")),
    kind("application/msword", "document", "doc", 100 * MB, is_compound),
    kind("application/vnd.ms-excel", "document", "xls", 100 * MB, is_compound),
    kind("application/vnd.ms-powerpoint", "document", "ppt", 100 * MB, is_compound),
    kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "document",
        "docx",
        100 * MB,
        is_zip,
    ),
    kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document", "xlsx", 100 * MB, is_zip),
    kind(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "document",
        "pptx",
        100 * MB,
        is_zip,
    ),
    kind("image/jpeg", "image", "jpg", 5 * MB, |b| b.starts_with(b"\xff\xd8\xff")),
    kind("image/png", "image", "png", 5 * MB, |b| b.starts_with(b"\x89PNG\r\n\x1a\n")),
    kind("image/webp", "sticker", "webp", 500 * KB, |b| b.starts_with(b"RIFF") && b.get(8..12) == Some(b"WEBP")),
    kind("video/mp4", "video", "mp4", 16 * MB, is_iso_media),
    kind("video/3gpp", "video", "3gp", 16 * MB, is_iso_media),
];

/// Larger uploads are not even read.
pub const LARGEST: usize = 100 * MB;

fn is_iso_media(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
}

fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xd0\xcf\x11\xe0")
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The kind of a MIME type, with or without parameters such as `codecs=opus`.
pub fn of(mime: &str) -> Option<&'static Kind> {
    let bare = mime.split(';').next().unwrap_or_default().trim();
    KINDS.iter().find(|kind| kind.mime.eq_ignore_ascii_case(bare))
}

pub fn extension(mime: &str) -> &'static str {
    of(mime).map_or("bin", |kind| kind.extension)
}

/// May this be uploaded as this type?
pub fn check(mime: &str, bytes: &[u8]) -> Result<&'static Kind, Problem> {
    let kind = of(mime).ok_or_else(|| {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.mime).collect();
        let sentence = format!(
            "Param file must be a file with one of the following types: {}. Received file of type '{mime}'.",
            known.join(", ")
        );
        Problem::parameter(sentence)
    })?;
    if bytes.is_empty() {
        return Err(Problem::parameter("Param file must not be empty."));
    }
    if !(kind.looks_like)(bytes) {
        return Err(Problem::new(131_053, format!("The file is not {}, although it was uploaded as such", kind.mime)));
    }
    // Only a sticker that moves may be as large as stickers get.
    let still = kind.use_as == "sticker" && !bytes.windows(4).any(|four| four == b"ANIM");
    let most = if still { STATIC_STICKER } else { kind.most };
    if bytes.len() > most {
        let details = format!("The file has {} bytes; {} may have at most {most}", bytes.len(), kind.mime);
        return Err(Problem::new(131_053, details));
    }
    Ok(kind)
}
