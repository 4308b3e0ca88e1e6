//! PNG: its chunks, and those of them that are not the picture.

use super::exif::Turn;
use super::stripped::{Stripped, TRAILER, be32, cut, length};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks without which it would look different: the picture, its colours, how dense it is, and how it moves.
const KEPT: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// Takes out what is not the picture; none if the file is damaged.
pub fn strip(file: &[u8]) -> Option<Stripped> {
    let mut rest = file.strip_prefix(SIGNATURE)?;
    let mut out = Stripped::begin(SIGNATURE, file.len());
    let (mut first, mut data, mut turned) = (true, false, false);
    loop {
        let (head, after) = cut(rest, 8)?;
        let kind: [u8; 4] = *head.last_chunk()?;
        let (body, after) = cut(after, length(be32(head, 0)?)?)?;
        let (sum, after) = cut(after, 4)?;
        if first != (&kind == b"IHDR") || be32(sum, 0)? != checksum(&kind, body) {
            return None;
        }
        if KEPT.contains(&&kind) {
            put(&mut out, &kind, body)?;
        } else if &kind == b"eXIf" {
            let turn = Turn::read(body).filter(|_| !turned).map(Turn::tiff);
            if turn.as_ref().map(<[u8; 26]>::as_slice) != Some(body) {
                out.remove("Exif");
            }
            if let Some(turn) = turn {
                turned = true;
                put(&mut out, &kind, &turn)?;
            }
        } else {
            out.remove(String::from_utf8_lossy(&kind));
        }
        data |= &kind == b"IDAT";
        if &kind == b"IEND" {
            if !after.is_empty() {
                out.remove(TRAILER);
            }
            return data.then_some(out);
        }
        (first, rest) = (false, after);
    }
}

/// Whether it is one that Meta takes: eight bits, RGB or RGBA.
pub fn is_plain(file: &[u8]) -> bool {
    // Behind the signature, the length and the name of the first chunk stand width and height, and then these.
    matches!(file.get(24..26), Some([8, 2 | 6]))
}

fn put(out: &mut Stripped, kind: &[u8; 4], body: &[u8]) -> Option<()> {
    out.keep(&u32::try_from(body.len()).ok()?.to_be_bytes());
    out.keep(kind);
    out.keep(body);
    out.keep(&checksum(kind, body).to_be_bytes());
    Some(())
}

/// CRC-32 over the name and the body of a chunk.
pub fn checksum(kind: &[u8; 4], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(kind);
    hasher.update(body);
    hasher.finalize()
}
