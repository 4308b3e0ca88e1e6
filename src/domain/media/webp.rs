//! WebP: its chunks, and those of them that are not the picture.

use super::exif::Turn;
use super::stripped::{Stripped, TRAILER, cut, le32, length};

const EXIF_FLAG: u8 = 0x08;
const XMP_FLAG: u8 = 0x04;
const ANIMATION_FLAG: u8 = 0x02;

struct Chunk<'a> {
    kind: [u8; 4],
    body: &'a [u8],
}

/// Takes out what is not the picture; none if the file is damaged.
pub fn strip(file: &[u8]) -> Option<Stripped> {
    let (chunks, trailer) = chunks(file)?;
    if !chunks.iter().any(|chunk| matches!(&chunk.kind, b"VP8 " | b"VP8L" | b"ANMF")) {
        return None;
    }
    // Only the extended form says what else there is.
    let extended = chunks.first().is_some_and(|chunk| &chunk.kind == b"VP8X");
    let exif = chunks.iter().find(|chunk| &chunk.kind == b"EXIF");
    let turn = exif.filter(|_| extended).and_then(|chunk| turn(chunk.body)).map(Turn::tiff);
    let mut out = Stripped::begin(b"RIFF\0\0\0\0WEBP", file.len());
    let mut turned = false;
    if !trailer.is_empty() {
        out.remove(TRAILER);
    }
    for Chunk { kind, body } in chunks {
        match &kind {
            b"VP8X" => {
                let (flags, others) = body.split_first()?;
                let exif = if turn.is_some() { EXIF_FLAG } else { 0 };
                let flags = flags & !(EXIF_FLAG | XMP_FLAG) | exif;
                put(&mut out, &kind, &[&[flags], others].concat())?;
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => put(&mut out, &kind, body)?,
            b"EXIF" => {
                let kept = turn.as_ref().filter(|_| !turned);
                if kept.map(<[u8; 26]>::as_slice) != Some(body) {
                    out.remove("Exif");
                }
                if let Some(kept) = kept {
                    turned = true;
                    put(&mut out, &kind, kept)?;
                }
            }
            _ => out.remove(String::from_utf8_lossy(&kind).trim()),
        }
    }
    let size = u32::try_from(out.bytes.len().checked_sub(8)?).ok()?;
    out.bytes.get_mut(4..8)?.copy_from_slice(&size.to_le_bytes());
    Some(out)
}

/// Whether it moves.
pub fn is_animated(file: &[u8]) -> bool {
    file.get(12..16) == Some(b"VP8X") && file.get(20).is_some_and(|flags| flags & ANIMATION_FLAG != 0)
}

/// Some programs put the marker of JPEG before it.
fn turn(exif: &[u8]) -> Option<Turn> {
    Turn::read(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
}

fn chunks(file: &[u8]) -> Option<(Vec<Chunk<'_>>, &[u8])> {
    let (head, after) = cut(file, 12)?;
    if !head.starts_with(b"RIFF") || !head.ends_with(b"WEBP") {
        return None;
    }
    let (mut rest, trailer) = cut(after, length(le32(head, 4)?)?.checked_sub(4)?)?;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (head, after) = cut(rest, 8)?;
        let size = length(le32(head, 4)?)?;
        let (body, after) = cut(after, size)?;
        chunks.push(Chunk { kind: *head.first_chunk()?, body });
        (_, rest) = cut(after, size % 2)?;
    }
    Some((chunks, trailer))
}

fn put(out: &mut Stripped, kind: &[u8; 4], body: &[u8]) -> Option<()> {
    out.keep(kind);
    out.keep(&u32::try_from(body.len()).ok()?.to_le_bytes());
    out.keep(body);
    if body.len() % 2 == 1 {
        out.keep(&[0]);
    }
    Some(())
}
