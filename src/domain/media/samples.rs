//! Small files for tests, made of their parts.

use super::png::checksum;

/// Scan data with a stuffed byte and a marker to restart at.
const SCAN: &[u8] = b"\x12\xFF\x00\x34\xFF\xD0\x56";

/// A JPEG of 16 by 8 with these segments before the picture.
pub fn jpeg(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    let sof = (0xC0, b"\x08\x00\x08\x00\x10\x01\x01\x11\x00".to_vec());
    let tables = [(0xDB, vec![0; 65]), (0xC4, vec![0; 17]), (0xDA, b"\x01\x01\x00\x00\x3F\x00".to_vec())];
    for (marker, payload) in segments.iter().chain([&sof]).chain(&tables) {
        file.extend([0xFF, *marker]);
        file.extend(u16::try_from(payload.len() + 2).unwrap().to_be_bytes());
        file.extend(payload);
    }
    file.extend(SCAN);
    file.extend([0xFF, 0xD9]);
    file
}

/// Exif that says which way up, and who took it where.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x0F\x01\x02\0\x05\0\0\0\x26\0\0\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"22.28N 114.15E");
    tiff
}

/// A chunk of a PNG.
pub fn png_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length, kind.as_slice(), body, &checksum(kind, body).to_be_bytes()].concat()
}

/// A PNG of this size with these chunks before and behind the picture; `colour` is its depth and its type.
pub fn png(size: [u32; 2], colour: [u8; 2], before: &[(&[u8; 4], Vec<u8>)], behind: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let head = [&size[0].to_be_bytes(), &size[1].to_be_bytes(), colour.as_slice(), &[0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(png_chunk(b"IHDR", &head));
    for (kind, body) in before {
        file.extend(png_chunk(kind, body));
    }
    file.extend(png_chunk(b"IDAT", b"pixels"));
    for (kind, body) in behind {
        file.extend(png_chunk(kind, body));
    }
    file.extend(png_chunk(b"IEND", b""));
    file
}

/// A WebP of these chunks.
pub fn webp(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, data) in chunks {
        body.extend(*kind);
        body.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        body.extend(data);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF", u32::try_from(body.len()).unwrap().to_le_bytes().as_slice(), &body].concat()
}

/// The chunk that says which others there are, of a picture of 16 by 8.
pub fn vp8x(flags: u8) -> (&'static [u8; 4], Vec<u8>) {
    (b"VP8X", vec![flags, 0, 0, 0, 15, 0, 0, 7, 0, 0])
}

/// A picture of 16 by 8 without loss.
pub fn vp8l() -> (&'static [u8; 4], Vec<u8>) {
    (b"VP8L", [&[0x2F], (15_u32 | 7 << 14).to_le_bytes().as_slice(), b"pixels"].concat())
}

fn mp4_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), kind.as_slice(), body].concat()
}

/// A film of this brand with these streams: each its handler and its codec.
pub fn film(brand: &[u8; 4], streams: &[(&[u8; 4], &[u8; 4])]) -> Vec<u8> {
    let track = |(handler, codec): &(&[u8; 4], &[u8; 4])| {
        let handler = mp4_box(b"hdlr", &[&[0; 8], handler.as_slice(), &[0; 13]].concat());
        let entry = mp4_box(codec, &[0; 8]);
        let samples = mp4_box(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], entry.as_slice()].concat());
        let media = [handler, mp4_box(b"minf", &mp4_box(b"stbl", &samples))].concat();
        mp4_box(b"trak", &mp4_box(b"mdia", &media))
    };
    let movie: Vec<u8> = streams.iter().flat_map(track).collect();
    let start = mp4_box(b"ftyp", &[brand.as_slice(), &[0; 4], b"isom"].concat());
    [start, mp4_box(b"mdat", b"pictures"), mp4_box(b"moov", &movie)].concat()
}

/// The first page of an Ogg stream.
pub fn ogg(head: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0\x02".to_vec();
    page.resize(26, 0);
    page.extend([1, u8::try_from(head.len()).unwrap()]);
    page.extend(head);
    page
}

/// The head of OPUS.
pub fn opus(channels: u8) -> Vec<u8> {
    [b"OpusHead\x01".as_slice(), &[channels], &[0; 9]].concat()
}

/// An archive of empty files with these names.
pub fn zip(names: &[&str]) -> Vec<u8> {
    let (mut files, mut list) = (Vec::new(), Vec::new());
    for name in names {
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let at = u32::try_from(files.len()).unwrap().to_le_bytes();
        files.extend([b"PK\x03\x04".as_slice(), &[0; 22], &length, &[0; 2], name.as_bytes()].concat());
        list.extend([b"PK\x01\x02".as_slice(), &[0; 24], &length, &[0; 12], &at, name.as_bytes()].concat());
    }
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    let [at, size] = [files.len(), list.len()].map(|length| u32::try_from(length).unwrap().to_le_bytes());
    let end = [b"PK\x05\x06".as_slice(), &[0; 4], &count, &count, &size, &at, &[0; 2]].concat();
    [files, list, end].concat()
}

/// A document of the years before 2007 with a stream of this name.
pub fn compound(stream: &str) -> Vec<u8> {
    let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 504], &name, &[0; 64]].concat()
}
