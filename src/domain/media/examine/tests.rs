//! What is taken in, what is refused, and what is left of pictures: by table, and over made-up and broken files.

use super::super::samples::{compound, exif, film, jpeg, ogg, opus, png, vp8l, vp8x, webp, zip};
use super::super::{jpeg as jpegs, png as pngs, webp as webps};
use super::*;
use crate::domain::preview::Level;
use proptest::collection::vec;
use proptest::prelude::*;

const SMALL: Pixels = Pixels { width: 16, height: 8 };
const PLAIN: [u8; 2] = [8, 6];
const OPUS_MONO: Content = Content::Ogg { voice: true };

fn given(bytes: impl Into<Bytes>, name: &str) -> Given {
    Given { bytes: bytes.into(), name: name.to_owned(), declared: None }
}

fn rules(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn refused(given: &Given) -> Vec<String> {
    examine(given).unwrap_err().into_iter().inspect(|f| assert_eq!(f.level, Level::Block)).map(|f| f.rule).collect()
}

#[test]
fn what_a_file_is_its_bytes_say() {
    let png_of = |colour| png([16, 8], colour, &[], &[]);
    for (bytes, content) in [
        (jpeg(&[]), Content::Jpeg(SMALL)),
        (png_of([8, 2]), Content::Png { pixels: SMALL, plain: true }),
        (webp(&[vp8l()]), Content::Webp { pixels: SMALL, animated: false }),
        (film(b"isom", &[(b"vide", b"avc1"), (b"soun", b"mp4a")]), Content::Mp4 { playable: true }),
        (film(b"mp42", &[(b"vide", b"avc3")]), Content::Mp4 { playable: true }),
        (film(b"3gp5", &[(b"vide", b"avc1")]), Content::ThreeGp { playable: true }),
        (film(b"M4A ", &[(b"soun", b"mp4a")]), Content::M4a),
        (film(b"isom", &[(b"soun", b"mp4a")]), Content::M4a),
        (ogg(&opus(1)), OPUS_MONO),
        (b"\xFF\xF1\x50\x80 sound".to_vec(), Content::Aac),
        (b"#!AMR\nsound sound".to_vec(), Content::Amr),
        (b"ID3\x04sound".to_vec(), Content::Mp3),
        (b"%PDF-1.7 ...".to_vec(), Content::Pdf),
        (compound("WordDocument"), Content::Doc),
        (compound("Workbook"), Content::Xls),
        (compound("PowerPoint Document"), Content::Ppt),
        (zip(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]), Content::Docx),
        (zip(&["[Content_Types].xml", "xl/workbook.xml"]), Content::Xlsx),
        (zip(&["ppt/presentation.xml", "[Content_Types].xml"]), Content::Pptx),
        ("Hello,\n世界\t1".into(), Content::Text),
    ] {
        let name = format!("a.{}", content.media_type().extensions()[0]);
        let prepared = examine(&given(bytes, &name)).unwrap_or_else(|why| panic!("{content:?}: {why:?}"));
        assert_eq!((prepared.content, prepared.name.as_str()), (content, name.as_str()));
    }
}

#[test]
fn what_is_not_taken_says_which_rule_it_breaks() {
    let mut truncated = jpeg(&[]);
    truncated.truncate(truncated.len() - 2);
    let mut flipped = png([16, 8], PLAIN, &[], &[]);
    let last = flipped.len() - 20;
    flipped[last] ^= 1;
    let with_macros = zip(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
    for (bytes, name, rule) in [
        (vec![], "a.png", "MEDIA-01"),
        (vec![b'a'; (100 << 20) + 1], "a.txt", "MEDIA-02"),
        (b"MZ\x90\0 a program".to_vec(), "a.exe", "MEDIA-03"),
        (b"GIF89a\x10\0\x08\0".to_vec(), "a.gif", "MEDIA-03"),
        (b"<!DOCTYPE html><script>".to_vec(), "a.txt", "MEDIA-03"),
        (b"\xEF\xBB\xBF <svg onload=x>".to_vec(), "a.txt", "MEDIA-03"),
        (b"#!/bin/sh\n".to_vec(), "a.txt", "MEDIA-03"),
        (b"%!PS-Adobe".to_vec(), "a.txt", "MEDIA-03"),
        (b"text with \0".to_vec(), "a.txt", "MEDIA-03"),
        (zip(&["readme.txt"]), "a.docx", "MEDIA-03"),
        (with_macros, "a.docx", "MEDIA-03"),
        (truncated, "a.jpg", "MEDIA-04"),
        (flipped, "a.png", "MEDIA-04"),
        (film(b"isom", &[]), "a.mp4", "MEDIA-04"),
        (png([5_001, 5_000], PLAIN, &[], &[]), "a.png", "MEDIA-05"),
        (jpeg(&[]), "a.png", "MEDIA-06"),
        (b"%PDF-1.7".to_vec(), "invoice.pdf.exe", "MEDIA-06"),
        (png([16, 8], [16, 6], &[], &[]), "a.png", "MEDIA-07"),
        (png([16, 8], [8, 3], &[], &[]), "a.png", "MEDIA-07"),
        (film(b"isom", &[(b"vide", b"hvc1")]), "a.mp4", "MEDIA-07"),
        (film(b"isom", &[(b"vide", b"avc1"), (b"soun", b"mp4a"), (b"soun", b"mp4a")]), "a.mp4", "MEDIA-07"),
        (ogg(&opus(2)), "a.ogg", "MEDIA-07"),
        (ogg(b"\x01vorbis..."), "a.ogg", "MEDIA-07"),
        (webp(&[vp8x(0), (b"VP8L", vec![b'x'; 101 << 10])]), "a.webp", "MEDIA-07"),
    ] {
        assert_eq!(refused(&given(bytes, name)), [rule], "{name}");
    }
}

#[test]
fn the_declared_type_has_to_be_that_of_the_bytes() {
    let declared = |declared: &str| Given { declared: Some(declared.to_owned()), ..given(jpeg(&[]), "photo") };
    for fine in ["image/jpeg", "IMAGE/JPEG; charset=binary", "image/jpg"] {
        assert!(examine(&declared(fine)).is_ok(), "{fine}");
    }
    let findings = examine(&declared("image/png")).unwrap_err();
    assert!(findings[0].message.contains("declared image/png, and what it holds is image/jpeg"), "{findings:?}");
}

#[test]
fn a_sticker_that_moves_may_be_larger() {
    let sticker = |flags| webp(&[vp8x(flags), vp8l(), (b"VP8L", vec![b'x'; 200 << 10])]);
    assert!(examine(&given(sticker(0x02), "a.webp")).is_ok());
    let findings = examine(&given(sticker(0), "a.webp")).unwrap_err();
    assert!(findings[0].message.ends_with("limits: sticker ≤ 100 KB."), "{findings:?}");
}

#[test]
fn a_customer_may_send_what_nobody_else_may() {
    let program = recognise(&given(b"MZ\x90\0".to_vec(), "setup.exe")).unwrap();
    assert_eq!((program.content, program.name.as_str()), (Content::Other, "setup.exe.bin"));
    assert_eq!(rules(&program.findings), ["MEDIA-12"]);
    let bomb = recognise(&given(png([50_000, 50_000], PLAIN, &[], &[]), "a.png")).unwrap();
    assert_eq!(bomb.content.media_type(), MediaType::Other, "nobody shows it");
    let misnamed = recognise(&given(jpeg(&[]), "a.png")).unwrap();
    assert_eq!((misnamed.content, misnamed.name.as_str()), (Content::Jpeg(SMALL), "a.png.jpg"));
    assert_eq!(rules(&recognise(&given(vec![], "a")).unwrap_err()), ["MEDIA-01"]);
}

#[test]
fn what_stays_hidden_in_a_file_is_said() {
    assert_eq!(rules(&examine(&given(b"%PDF-1.7".to_vec(), "a.pdf")).unwrap().findings), ["MEDIA-11"]);
    assert!(examine(&given("text", "a.txt")).unwrap().findings.is_empty());
    assert!(examine(&given(jpeg(&[]), "a.jpg")).unwrap().findings.is_empty());
    let photo = examine(&given(jpeg(&[(0xE1, exif(6)), (0xFE, b"me".to_vec())]), "a.jpg")).unwrap();
    assert_eq!(photo.findings[0].message, "Hidden data was taken out of the file: COM, Exif.");
}

#[test]
fn what_the_scanner_said_is_a_finding_unless_it_found_nothing() {
    let level = |scan| scanned(&scan).map(|finding| finding.level);
    assert_eq!(level(Scan::Clean), None);
    assert_eq!(level(Scan::Infected("Eicar".into())), Some(Level::Block));
    for why in Unscanned::ALL {
        assert_eq!(level(Scan::NotScanned(*why)), Some(Level::Warn));
    }
}

#[test]
fn a_photo_stays_the_right_way_up_and_says_no_more() {
    let stripped =
        jpegs::strip(&jpeg(&[(0xE1, exif(6)), (0xE1, b"http://ns.adobe.com/xap/1.0/ me".to_vec())])).unwrap();
    let turned = [b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0".as_slice(), &[0; 4]].concat();
    assert_eq!(stripped.bytes, jpeg(&[(0xE1, turned)]));
    assert_eq!(stripped.removed.into_iter().collect::<Vec<_>>(), ["Exif", "XMP"]);
    assert_eq!(jpegs::strip(&jpeg(&[(0xE1, exif(1))])).unwrap().bytes, jpeg(&[]), "upright");
}

#[test]
fn how_colours_are_meant_stays() {
    let adobe = (0xEE, b"Adobe\0d\0\0\0\0\x01".to_vec());
    let icc = (0xE2, b"ICC_PROFILE\0\x01\x01...".to_vec());
    let jfif = |thumbnail: &[u8]| (0xE0, [b"JFIF\0\x01\x01\x00\x00\x48\x00\x48".as_slice(), thumbnail].concat());
    let plain = jpeg(&[jfif(&[0, 0]), adobe.clone(), icc.clone()]);
    assert_eq!(jpegs::strip(&plain).unwrap().bytes, plain);
    let with_thumbnail = jpegs::strip(&jpeg(&[jfif(&[1, 1, 9, 9, 9]), adobe, icc])).unwrap();
    assert_eq!(with_thumbnail.bytes, plain);
    let colours = png([16, 8], PLAIN, &[(b"iCCP", b"profile".to_vec()), (b"tRNS", vec![0; 2])], &[]);
    assert_eq!(pngs::strip(&colours).unwrap().bytes, colours);
}

#[test]
fn a_webp_says_no_longer_what_it_no_longer_has() {
    let full = webp(&[vp8x(0x0C), vp8l(), (b"EXIF", exif(8)), (b"XMP ", b"me".to_vec()), (b"odd!", vec![1])]);
    let stripped = webps::strip(&full).unwrap();
    let turn = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0".as_slice(), &[0; 4]].concat();
    assert_eq!(stripped.bytes, webp(&[vp8x(0x08), vp8l(), (b"EXIF", turn)]));
    assert_eq!(stripped.removed.into_iter().collect::<Vec<_>>(), ["Exif", "XMP", "odd!"]);
}

/// A second file behind a picture is what polyglots are made of.
#[test]
fn nothing_hides_behind_a_picture() {
    type Strip = fn(&[u8]) -> Option<super::super::stripped::Stripped>;
    for (file, strip) in [
        (jpeg(&[]), jpegs::strip as Strip),
        (png([16, 8], PLAIN, &[], &[]), pngs::strip),
        (webp(&[vp8l()]), webps::strip),
    ] {
        let stripped = strip(&[file.as_slice(), b"PK\x03\x04 an archive"].concat()).unwrap();
        assert_eq!(stripped.bytes, file);
        assert!(stripped.removed.contains("trailing data"));
    }
}

/// Segments that are not the picture.
fn hidden() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let other = prop_oneof![Just(0xFE_u8), 0xE3..=0xED_u8, Just(0xE1), Just(0xE2), Just(0xEF),];
    (other, vec(any::<u8>(), 0..60)).prop_filter("no Exif, no colours", |(_, payload)| {
        !payload.starts_with(b"Exif") && !payload.starts_with(b"ICC") && !payload.starts_with(b"Adobe")
    })
}

proptest! {
    #[test]
    fn a_jpeg_without_hidden_data_is_the_same_picture(segments in vec(hidden(), 0..6), tail in vec(any::<u8>(), 0..20)) {
        let full = [jpeg(&segments), tail].concat();
        let stripped = jpegs::strip(&full).unwrap();
        prop_assert_eq!(&stripped.bytes, &jpeg(&[]));
        prop_assert_eq!(imagesize::blob_size(&full).unwrap(), imagesize::blob_size(&stripped.bytes).unwrap());
    }

    #[test]
    fn a_png_without_hidden_data_is_the_same_picture(texts in vec((0..4_usize, vec(any::<u8>(), 0..40)), 0..6)) {
        let kinds = [b"tEXt", b"zTXt", b"iTXt", b"tIME"];
        let hidden: Vec<_> = texts.into_iter().map(|(kind, body)| (kinds[kind], body)).collect();
        let stripped = pngs::strip(&png([16, 8], PLAIN, &hidden, &hidden)).unwrap();
        prop_assert_eq!(stripped.removed.is_empty(), hidden.is_empty());
        prop_assert_eq!(stripped.bytes, png([16, 8], PLAIN, &[], &[]));
    }

    #[test]
    fn a_webp_without_hidden_data_is_the_same_picture(body in vec(any::<u8>(), 0..40), flags in any::<u8>()) {
        let full = webp(&[vp8x(flags), vp8l(), (b"XMP ", body)]);
        let stripped = webps::strip(&full).unwrap();
        prop_assert_eq!(stripped.bytes, webp(&[vp8x(flags & !0x0C), vp8l()]));
    }

    /// Bytes that begin like a file of each kind, and whole files with a few bytes changed, cut or repeated.
    #[test]
    fn no_bytes_are_too_strange_and_stripping_twice_is_stripping_once(
        which in 0..10_usize, at in any::<prop::sample::Index>(), len in 0..40_usize, noise in vec(any::<u8>(), 0..40),
        only_start in any::<bool>(),
    ) {
        let whole = [
            jpeg(&[(0xE1, exif(6)), (0xE0, b"JFIF\0\x01\x01\x00\x00\x48\x00\x48\0\0".to_vec())]),
            png([16, 8], PLAIN, &[(b"eXIf", exif(3)[6..].to_vec())], &[(b"tEXt", b"x".to_vec())]),
            webp(&[vp8x(0x0E), vp8l(), (b"EXIF", exif(8)), (b"XMP ", b"x".to_vec())]),
            film(b"isom", &[(b"vide", b"avc1"), (b"soun", b"mp4a")]),
            ogg(&opus(1)),
            zip(&["[Content_Types].xml", "word/document.xml"]),
            compound("Workbook"),
            b"#!AMR\n".to_vec(),
            b"%PDF-1.7".to_vec(),
            Vec::new(),
        ];
        let mut bytes = whole[which].clone();
        let from = if bytes.is_empty() { 0 } else { at.index(bytes.len()) };
        if only_start {
            bytes.truncate(from);
            bytes.extend(&noise);
        } else {
            let to = (from + len).min(bytes.len());
            bytes.splice(from..to, noise.iter().copied());
        }
        let _ = examine(&given(bytes.clone(), "a"));
        if let Ok(once) = recognise(&given(bytes, "a")) {
            let twice = recognise(&given(once.bytes.clone(), once.name.as_str())).unwrap();
            prop_assert_eq!(&twice.bytes, &once.bytes);
            prop_assert_eq!((twice.content, twice.name), (once.content, once.name));
        }
    }
}
