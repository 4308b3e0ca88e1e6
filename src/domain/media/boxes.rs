//! MP4 and 3GP: boxes within boxes, read as far as needed to say which streams there are.

use super::stripped::{be32, cut, length};

/// The streams of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Streams {
    /// With pictures.
    pub video: usize,
    /// With sound.
    pub audio: usize,
    /// Whether all pictures are H.264 and all sound is AAC.
    pub usual: bool,
}

impl Streams {
    /// Whether Meta takes it for a video.
    pub const fn playable(self) -> bool {
        self.video == 1 && self.audio <= 1 && self.usual
    }
}

/// Which streams there are; none if the file is damaged.
pub fn streams(file: &[u8]) -> Option<Streams> {
    // Behind the last whole box, some recorders leave zeros; a file that was cut off has no list of its streams, or is cut
    // within the box that its pictures are in.
    let mut found = Streams { usual: true, ..Streams::default() };
    let movie = only(file, b"moov")?;
    for track in Boxes(movie).filter(|b| &b.kind == b"trak") {
        let media = only(track.body, b"mdia")?;
        let handler = only(media, b"hdlr")?.get(8..12)?;
        let samples = only(media, b"minf").and_then(|b| only(b, b"stbl")).and_then(|b| only(b, b"stsd"))?;
        let codec = samples.get(12..16);
        match handler {
            b"vide" => {
                found.video = found.video.saturating_add(1);
                found.usual &= matches!(codec, Some(b"avc1" | b"avc3"));
            }
            b"soun" => {
                found.audio = found.audio.saturating_add(1);
                found.usual &= codec == Some(b"mp4a");
            }
            _ => {}
        }
    }
    (found.video > 0 || found.audio > 0).then_some(found)
}

struct Box<'a> {
    kind: [u8; 4],
    body: &'a [u8],
}

/// The boxes that follow each other in a body.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = Box<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (head, after) = cut(self.0, 8)?;
        let kind: [u8; 4] = *head.last_chunk()?;
        let (body, rest) = match length(be32(head, 0)?)? {
            // To the end.
            0 => (after, &[][..]),
            // Its size has 64 bits and stands behind the kind.
            1 => {
                let (size, after) = cut(after, 8)?;
                let size = usize::try_from(u64::from_be_bytes(*size.first_chunk()?)).ok()?;
                cut(after, size.checked_sub(16)?)?
            }
            size => cut(after, size.checked_sub(8)?)?,
        };
        self.0 = rest;
        Some(Box { kind, body })
    }
}

/// The first box of this kind.
fn only<'a>(body: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    Boxes(body).find(|b| &b.kind == kind).map(|b| b.body)
}
