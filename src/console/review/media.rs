//! The sections of a file that is kept: what it is, for what, and as what it is kept.

use super::sheet::{Sheet, SheetFact, SheetPart, SheetReview, list};
use crate::console::requests::Section;
use crate::domain::media::{Pixels, Use, Verdict, humane};
use crate::domain::preview::{AssetFileView, AssetView};
use crate::words::Words;

/// The two sections of a file.
pub fn file(l: &Words, view: &AssetView) -> SheetReview {
    let mut facts: Vec<SheetFact> =
        known(l, &view.file).into_iter().map(|(name, fact)| SheetFact::is(name, fact)).collect();
    facts.push(SheetFact::is(l.t("file-use"), wanted(l, view.wanted)));
    facts.push(SheetFact::is(l.t("file-usable"), list(view.usable_as.iter().map(|it| wanted(l, *it)))));
    let kept = l.t(if view.known { "file-kept-known" } else { "file-kept-new" });
    let change = vec![
        SheetPart::Facts(vec![SheetFact::is(l.t("file-kept-as"), format!("{} ({kept})", view.asset_id))]),
        SheetPart::Note(l.t("file-signed-later")),
    ];
    SheetReview {
        sections: vec![
            Sheet { section: Section::Links, meta: None, parts: vec![SheetPart::Facts(facts)] },
            Sheet { section: Section::Change, meta: None, parts: change },
        ],
    }
}

/// What is known of a file, each with its name.
pub fn known(l: &Words, file: &AssetFileView) -> Vec<(String, String)> {
    let AssetFileView { name, media_type, size, pixels, sha256, .. } = file;
    let large = pixels.map(|Pixels { width, height }| (l.t("file-pixels"), format!("{width} × {height}")));
    let first = [
        (l.t("file-name"), name.clone()),
        (l.t("file-type"), media_type.to_string()),
        (l.t("file-size"), humane(*size)),
    ];
    let last = [(l.t("file-scan"), scan(l, file)), (l.t("file-digest"), hex::encode(sha256.bytes()))];
    first.into_iter().chain(large).chain(last).collect()
}

fn scan(l: &Words, file: &AssetFileView) -> String {
    let detail = file.scan_detail.as_deref().unwrap_or("–");
    match file.scan {
        Verdict::Clean => l.t("file-scan-clean"),
        Verdict::Infected => l.t1("file-scan-infected", "detail", detail),
        Verdict::NotScanned => l.t1("file-scan-none", "detail", detail),
    }
}

fn wanted(l: &Words, wanted: Use) -> String {
    l.t(match wanted {
        Use::HeaderImage => "use-header-image",
        Use::HeaderVideo => "use-header-video",
        Use::HeaderDocument => "use-header-document",
        Use::Image => "use-image",
        Use::Video => "use-video",
        Use::Audio => "use-audio",
        Use::Document => "use-document",
        Use::Sticker => "use-sticker",
        Use::ProfilePicture => "use-profile-picture",
    })
}

/// What would be kept, in one sentence made of signed facts.
pub fn summary(l: &Words, view: &AssetView) -> String {
    let values = [
        ("name", view.file.name.clone()),
        ("type", view.file.media_type.to_string()),
        ("size", humane(view.file.size)),
        ("use", wanted(l, view.wanted)),
    ];
    l.t_with("summary-file", &values.map(|(name, value)| (name, value.into())))
}
