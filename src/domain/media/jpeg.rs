//! JPEG: its segments, and those of them that are not the picture.

use super::exif::Turn;
use super::stripped::{Stripped, TRAILER, be16, cut};

const START: [u8; 2] = [0xFF, 0xD8];
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const COMMENT: u8 = 0xFE;
const EXIF: &[u8] = b"Exif\0\0";
const JFIF: &[u8] = b"JFIF\0";
/// A JFIF segment up to the size of its thumbnail.
const JFIF_HEAD: usize = 12;

/// Takes out what is not the picture; none if the file is damaged. What is needed to show it stays: which way up, how its
/// colours are meant (ICC, Adobe), and how dense it is (JFIF, without a thumbnail).
pub fn strip(file: &[u8]) -> Option<Stripped> {
    let mut rest = file.strip_prefix(&START)?;
    let mut out = Stripped::begin(&START, file.len());
    let (mut scanned, mut turned) = (false, false);
    loop {
        let (marker, after) = marker(rest)?;
        if marker == END {
            out.keep(&[0xFF, END]);
            if !after.is_empty() {
                out.remove(TRAILER);
            }
            return scanned.then_some(out);
        }
        // Of those below, all stand without a length, and none outside a scan.
        if matches!(marker, 0x00..=0x01 | 0xD0..=0xD8) {
            return None;
        }
        let (segment, following) = cut(after, be16(after, 0)?.into())?;
        let payload = segment.get(2..)?;
        match (marker, payload) {
            (0xE0, payload) if payload.starts_with(JFIF) => {
                let mut plain = payload.get(..JFIF_HEAD)?.to_vec();
                plain.extend([0, 0]);
                if plain != payload {
                    out.remove("thumbnail");
                }
                put(&mut out, marker, &plain)?;
            }
            (0xE1, payload) if payload.starts_with(EXIF) => {
                let turn = payload.get(EXIF.len()..).and_then(Turn::read).filter(|_| !turned);
                let kept = turn.map(|turn| [EXIF, &turn.tiff()].concat());
                if kept.as_deref() != Some(payload) {
                    out.remove("Exif");
                }
                if let Some(kept) = kept {
                    turned = true;
                    put(&mut out, marker, &kept)?;
                }
            }
            (0xE2, payload) if payload.starts_with(b"ICC_PROFILE\0") => put(&mut out, marker, payload)?,
            (0xEE, payload) if payload.starts_with(b"Adobe") => put(&mut out, marker, payload)?,
            (0xE0..=0xEF, payload) => out.remove(name(marker, payload)),
            (COMMENT, _) => out.remove("COM"),
            (_, payload) => put(&mut out, marker, payload)?,
        }
        rest = following;
        if marker == SCAN {
            let (data, following) = cut(rest, end_of_scan(rest)?)?;
            out.keep(data);
            (rest, scanned) = (following, true);
        }
    }
}

/// The marker that stands here, and what follows. There may be any number of fill bytes before it.
fn marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let after = bytes.strip_prefix(&[0xFF])?;
    let fill = after.iter().take_while(|byte| **byte == 0xFF).count();
    let (marker, rest) = after.get(fill..)?.split_first()?;
    Some((*marker, rest))
}

/// Where the data of a scan end: at a marker that is neither a stuffed byte nor one to restart at.
fn end_of_scan(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| match pair {
        [0xFF, next] => !matches!(next, 0x00 | 0xD0..=0xD7),
        _ => false,
    })
}

fn put(out: &mut Stripped, marker: u8, payload: &[u8]) -> Option<()> {
    let length = u16::try_from(payload.len().checked_add(2)?).ok()?;
    out.keep(&[0xFF, marker]);
    out.keep(&length.to_be_bytes());
    out.keep(payload);
    Some(())
}

/// What people call the segment.
fn name(marker: u8, payload: &[u8]) -> String {
    let known: [(&[u8], &str); 4] = [
        (b"http://ns.adobe.com/xap/1.0/", "XMP"),
        (b"http://ns.adobe.com/xmp/extension/", "XMP"),
        (b"Photoshop 3.0", "IPTC"),
        (b"MPF\0", "MPF"),
    ];
    let found = known.into_iter().find(|(start, _)| payload.starts_with(start));
    found.map_or_else(|| format!("APP{}", marker & 0x0F), |(_, name)| name.to_owned())
}
