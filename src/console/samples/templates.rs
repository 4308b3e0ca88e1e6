//! A sample template: one language that is replaced, with a picture, and one that is new.

use super::HOSTILE;
use crate::console::message_text::{formatted, hidden_count, pieces};
use crate::console::review::{
    ChangeLine, Header, LinkView, LinksSection, PartLine, TemplateReview, TemplateVariant, UseLine,
};
use crate::console::word_diff::diff;

fn variant(language: &str, lang: &str, body: &str, header: Header, sample: Option<&str>) -> TemplateVariant {
    TemplateVariant {
        language: language.into(),
        lang: lang.into(),
        dir: "ltr",
        header: Some(header),
        body: formatted(&body.replace("{{1}}", sample.unwrap_or("{{1}}"))),
        footer: Some("Harbour Retail".into()),
        buttons: vec!["See the offer".into(), HOSTILE.into()],
        raw: pieces(body),
        hidden_characters: hidden_count(body),
        samples: vec![("{{1}}".into(), sample.map(str::to_owned))],
        file: sample.map(|_| (HOSTILE.into(), "image/png, 84 KB, 1125×600, clean".into())),
    }
}

pub fn template() -> TemplateReview {
    let part = |part: &str, before: Option<&str>, after: Option<&str>| PartLine {
        part: part.into(),
        text: diff(before, after),
    };
    let change = |language: &str, there: Option<(&str, &str)>, parts: Vec<PartLine>| ChangeLine {
        language: language.into(),
        does: if there.is_some() { "is replaced" } else { "is created" }.into(),
        there: there.map(|(status, category)| (status.into(), category.into())),
        parts,
    };
    let was = "{{1}}，冬季優惠已經開始！";
    let will = "{{1}}，*冬季優惠*已經開始！\u{200B}\n回覆「停止」可取消接收";
    TemplateReview {
        name: "winter_offer".into(),
        category: "marketing".into(),
        advertises: "優惠, special offer".into(),
        version: 4,
        mark: "ready for Meta".into(),
        variants: vec![
            variant("zh_HK", "zh-Hant-HK", will, Header::Media("Image".into()), Some("陳先生")),
            variant(
                "en",
                "en",
                "Dear {{1}}, it *has begun*.\nReply STOP to opt out",
                Header::Text(HOSTILE.into()),
                None,
            ),
        ],
        changes: vec![
            change(
                "zh_HK",
                Some(("approved", "marketing")),
                vec![part("Body", Some(was), Some(will)), part("Footer", Some(HOSTILE), None)],
            ),
            change("en", None, vec![part("Body", None, Some("Dear {{1}}, it has begun."))]),
        ],
        links: LinksSection {
            links: vec![LinkView {
                domain: "example.hk".into(),
                address: "https://shop.example.hk/winter?u={{1}}".into(),
                place: "zh_HK button 1".into(),
                proofs: Vec::new(),
            }],
            media: vec!["zh_HK image".into()],
        },
        uses: vec![
            UseLine { href: Some("/broadcasts/bc_1".into()), name: HOSTILE.into(), state: "Sending".into() },
            UseLine { href: None, name: "Menu".into(), state: "Live flow".into() },
        ],
    }
}
