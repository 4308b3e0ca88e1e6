//! The rules about a template, each with a template that breaks it.

use super::*;
use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, AssetId};
use crate::domain::media::{Content, FileName, MediaAsset, Origin, Pixels, Scan, Unscanned};
use crate::domain::templates::draft::{ButtonDraft, HeaderDraft, MediaDraft};
use crate::domain::templates::submission::{Change, told_apart};
use crate::domain::templates::{MediaKind, MessageTemplate, Quality, TemplateStatus};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_seconds(1_795_142_400);

fn ready() -> Value {
    json!({
        "language": "en", "body": "Hello {{1}}, order {{2}} of 範例商店 is ready at the counter.",
        "footer": "範例商店", "buttons": [{"quick_reply": {"text": "On my way"}}],
        "samples": {"1": "Ada", "2": "A-17"},
    })
}

fn draft_of(category: MessageCategory, languages: &[Value]) -> TemplateDraft {
    let languages = languages.iter().map(|it| serde_json::from_value(it.clone()).unwrap()).collect();
    TemplateDraft { name: "order_ready".parse().unwrap(), category, languages }
}

fn rules_of(draft: &TemplateDraft, ready: bool) -> Vec<String> {
    let mut rules: Vec<String> = check(draft, ready, "範例商店").into_iter().map(|it| it.rule).collect();
    rules.dedup();
    rules
}

/// A good utility template, changed.
fn rules(change: impl FnOnce(&mut LanguageDraft)) -> Vec<String> {
    let mut draft = draft_of(MessageCategory::Utility, &[ready()]);
    change(&mut draft.languages[0]);
    rules_of(&draft, true)
}

fn buttons(list: Value) -> Vec<ButtonDraft> {
    serde_json::from_value(list).unwrap()
}

#[test]
fn a_good_template_is_silent() {
    assert_eq!(rules(|_| ()), Vec::<String>::new());
    let offer = json!({"language": "zh_HK", "body": "{{name}}你好", "footer": "範例商店。回覆「停止」可取消接收"});
    let mut offer = draft_of(MessageCategory::Marketing, &[offer]);
    offer.languages[0].body = "你好{{name}}，範例商店冬季優惠已經開始，歡迎到店選購。".into();
    offer.languages[0].samples = [("name".to_owned(), "陳先生".to_owned())].into();
    assert_eq!(rules_of(&offer, true), Vec::<String>::new());
}

#[test]
fn each_fault_of_the_form_is_named() {
    type Change = fn(&mut LanguageDraft);
    let cases: &[(Change, &[&str])] = &[
        (
            |it| it.body = format!("Hello {{{{1}}}}, order {{{{2}}}} is ready at the counter {}.", "x".repeat(1_024)),
            &["DRAFT-01"],
        ),
        (|it| it.footer = Some("x".repeat(61)), &["DRAFT-01"]),
        (|it| it.footer = Some(" ".into()), &["DRAFT-02"]),
        (|it| it.body.push(' '), &["DRAFT-02"]),
        (|it| it.body = "Hello {{1}}, order {{2}} and {{ 3 }} are ready now.".into(), &["DRAFT-03", "DRAFT-19"]),
        (|it| it.body = "Hello {{1}}, order {{2}} is }} ready at the counter.".into(), &["DRAFT-03"]),
        (
            |it| it.body = "Hello {{1}}, order {{3}} is ready at the counter.".into(),
            &["DRAFT-04", "DRAFT-19", "DRAFT-22"],
        ),
        (
            |it| it.body = "Hello {{1}}, order {{code}} is ready at the counter.".into(),
            &["DRAFT-05", "DRAFT-19", "DRAFT-22"],
        ),
        (|it| it.body = "{{1}}, your order {{2}} is ready at the counter.".into(), &["DRAFT-06"]),
        (|it| it.body = "Hello {{1}}, at the counter is ready order {{2}}".into(), &["DRAFT-06"]),
        (|it| it.body = "Hello {{1}}{{2}}, your order is ready at the counter.".into(), &["DRAFT-07"]),
        (|it| it.body = "Hello {{1}}, order {{2}} ready.".into(), &["DRAFT-08"]),
        (|it| it.footer = Some("For {{1}} only".into()), &["DRAFT-09"]),
        (|it| it.buttons = buttons(json!([{"quick_reply": {"text": "Go {{1}}"}}])), &["DRAFT-09"]),
        (
            |it| {
                it.header = Some(HeaderDraft::Text("For {{1}} of {{2}}".into()));
                it.samples.extend([("header.1".into(), "Ada".into()), ("header.2".into(), "HK".into())]);
            },
            &["DRAFT-10"],
        ),
        (
            |it| {
                it.buttons = buttons(json!([{"url": {"text": "Look", "url": "https://shop.example.hk/{{1}}/x"}}]));
                it.samples.insert("button.1.1".into(), "w".into());
            },
            &["DRAFT-11"],
        ),
        (
            |it| {
                it.body = "Hello {{name}}, your order is ready at the counter, {{name}} dear.".into();
                it.samples = [("name".into(), "Ada".into())].into();
            },
            &["DRAFT-12"],
        ),
        (|it| it.header = Some(HeaderDraft::Text("Order *ready*".into())), &["DRAFT-13"]),
        (|it| it.footer = Some("two\nlines".into()), &["DRAFT-13"]),
        (
            |it| {
                let one = json!({"url": {"text": "Look", "url": "https://shop.example.hk"}});
                let named = |n: u32| json!({"url": {"text": format!("Look {n}"), "url": "https://shop.example.hk"}});
                it.buttons = buttons(json!([one, named(1), named(2)]));
            },
            &["DRAFT-14"],
        ),
        (
            |it| {
                it.buttons = buttons(json!([
                    {"quick_reply": {"text": "A"}}, {"url": {"text": "Look", "url": "https://shop.example.hk"}},
                    {"quick_reply": {"text": "B"}}]));
            },
            &["DRAFT-15"],
        ),
        (
            |it| it.buttons = buttons(json!([{"quick_reply": {"text": "Yes"}}, {"quick_reply": {"text": "YES"}}])),
            &["DRAFT-16"],
        ),
        (
            |it| it.buttons = buttons(json!([{"phone_number": {"text": "Call", "phone_number": "5550 1000"}}])),
            &["DRAFT-17"],
        ),
        (|it| it.buttons = buttons(json!([{"copy_code": {"example": "x".repeat(16)}}])), &["DRAFT-01"]),
        (|it| it.language = "zh_MO".parse().unwrap(), &["DRAFT-18"]),
        (|it| it.body.push('\u{200B}'), &["TEXT-01"]),
    ];
    for (at, (change, wanted)) in cases.iter().enumerate() {
        assert_eq!(&rules(change), wanted, "case {at}");
    }
}

#[test]
fn each_fault_of_the_samples_is_named() {
    type Change = fn(&mut LanguageDraft);
    let cases: &[(Change, &[&str])] = &[
        (|it| drop(it.samples.remove("2")), &["DRAFT-19"]),
        (|it| it.header = Some(HeaderDraft::Media(MediaDraft { kind: MediaKind::Image, sample: None })), &["DRAFT-20"]),
        (|it| drop(it.samples.insert("9".into(), "x".into())), &["DRAFT-22"]),
        (|it| drop(it.samples.insert("1".into(), "two\nlines".into())), &["DRAFT-23"]),
        (|it| drop(it.samples.insert("1".into(), "+852 9123 4567".into())), &["DRAFT-24"]),
        (|it| drop(it.samples.insert("1".into(), "ada@example.com".into())), &["DRAFT-24"]),
        (|it| drop(it.samples.insert("1".into(), "A\u{202E}da".into())), &["TEXT-01"]),
    ];
    for (at, (change, wanted)) in cases.iter().enumerate() {
        assert_eq!(&rules(change), wanted, "case {at}");
    }
    let mut early = draft_of(MessageCategory::Utility, &[ready()]);
    early.languages[0].samples.clear();
    early.languages[0].header = Some(HeaderDraft::Media(MediaDraft { kind: MediaKind::Image, sample: None }));
    let found = check(&early, false, "範例商店");
    assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), ["DRAFT-21"]);
    assert!(found[0].message.contains(": 3."), "{}", found[0].message);
}

#[test]
fn words_that_meta_forbids_or_moves_are_found_with_their_place() {
    for (body, rule, words) in [
        ("Hello {{1}}, order {{2}} has 20% off at the counter today.", "DRAFT-27", "20% off"),
        ("你好{{1}}，訂單{{2}}可享冬季優惠，請到櫃檯取貨。", "DRAFT-27", "優惠"),
        ("Hello {{1}}, {{2}} is your verification code for the counter.", "DRAFT-28", "verification code"),
        ("Hello {{1}}, for order {{2}} send us your card number please.", "DRAFT-30", "card number"),
        ("Hello {{1}}, order {{2}} comes with guaranteed profit for you.", "DRAFT-31", "guaranteed profit"),
        ("Hello {{1}}, pay {{2}} or we take legal action against you today.", "DRAFT-31", "legal action against you"),
        ("你好{{1}}，訂單{{2}}附送電子煙，請到櫃檯取貨。", "DRAFT-31", "電子煙"),
    ] {
        let mut draft = draft_of(MessageCategory::Utility, &[ready()]);
        draft.languages[0].body = body.into();
        let found = check(&draft, true, "範例商店");
        let it = found.iter().find(|it| it.rule == rule).unwrap_or_else(|| panic!("{body}: {found:?}"));
        assert!(it.message.contains(words) && it.level == Level::Block, "{}", it.message);
        let span = it.span.as_ref().unwrap();
        let there: String = body.chars().skip(span.start).take(span.end - span.start).collect();
        assert_eq!((span.field.as_str(), there.to_lowercase().as_str()), ("en.body", words));
    }
    let mut offer = draft_of(MessageCategory::Marketing, &[ready()]);
    offer.languages[0].body = "Hello {{1}}, 範例商店 has 20% off until {{2}}. Reply STOP to opt out.".into();
    assert_eq!(rules_of(&offer, true), Vec::<String>::new(), "that is what marketing is for");
    assert_eq!(advertises(&offer), ["20% off"]);
    offer.languages[0].body = "Hello {{1}}, 範例商店 has new teas until {{2}} at the counter.".into();
    assert_eq!(rules_of(&offer, true), ["TEXT-04"]);
    for category in [MessageCategory::Authentication, MessageCategory::Service] {
        assert_eq!(rules_of(&draft_of(category, &[ready()]), true), ["DRAFT-29"]);
    }
    assert_eq!(rules(|it| it.body = "Hello {{1}} ({{2}}) there.".into()), ["DRAFT-08", "DRAFT-32"]);
}

#[test]
fn languages_should_want_the_same_values() {
    let mut other = ready();
    other["language"] = json!("zh_HK");
    let both = draft_of(MessageCategory::Utility, &[ready(), other.clone()]);
    assert_eq!(rules_of(&both, true), Vec::<String>::new());
    other["body"] = json!("你好{{1}}，範例商店的訂單已經可以到櫃檯取貨。");
    other["samples"] = json!({"1": "阿達"});
    assert_eq!(rules_of(&draft_of(MessageCategory::Utility, &[ready(), other]), true), ["DRAFT-34"]);
}

#[test]
fn to_work_on_it_form_and_category_must_be_right_and_the_rest_may_come() {
    let mut draft = draft_of(MessageCategory::Utility, &[ready()]);
    draft.languages[0].body = "Hello {{1}}, for order {{2}} send us your card number please.".into();
    let found = for_work(check(&draft, false, "範例商店"));
    assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), ["DRAFT-46"]);
    assert!(found[0].level == Level::Note && found[0].message.contains("DRAFT-30"));
    draft.languages[0].body = "Hello {{1}}, order {{3}} has 20% off at the counter today.".into();
    let found = for_work(check(&draft, false, "範例商店"));
    let blocks: Vec<&str> = found.iter().filter(|it| it.level == Level::Block).map(|it| it.rule.as_str()).collect();
    assert_eq!(blocks, ["DRAFT-04", "DRAFT-22", "DRAFT-27"]);
}

#[test]
fn links_are_judged_wherever_they_stand() {
    let mut draft = draft_of(MessageCategory::Utility, &[ready()]);
    draft.languages[0].body = "Hello {{1}}, order {{2}} is at www.evil.example.com today.".into();
    draft.languages[0].buttons = buttons(json!([{"url": {"text": "Look", "url": "https://bit.ly/{{1}}"}}]));
    let (views, found) = leads_to(&draft, &Links::default());
    assert_eq!(views.len(), 2);
    let rules: Vec<&str> = found.iter().map(|it| it.rule.as_str()).collect();
    assert!(rules.contains(&"LINK-05") && rules.contains(&"LINK-10"), "{rules:?}");
}

fn live(change: impl FnOnce(&mut MessageTemplate)) -> MessageTemplate {
    let draft = draft_of(MessageCategory::Utility, &[ready()]);
    let mut live = MessageTemplate {
        name: "order_ready".into(),
        language: "en".parse().unwrap(),
        meta_id: "1".into(),
        category: MessageCategory::Utility,
        status: TemplateStatus::Approved,
        quality: Quality::Green,
        rejected_reason: None,
        correct_category: None,
        content: draft.languages[0].content(),
        synced_at: NOW,
    };
    live.content.body = "Hello {{1}}, order {{2}} waits.".into();
    change(&mut live);
    live
}

fn held_against(there: &[MessageTemplate], edits: Edits) -> (Option<Change>, Vec<String>) {
    let draft = draft_of(MessageCategory::Utility, &[ready()]);
    let at = At { name: "order_ready", category: draft.category, live: there, edits, now: NOW };
    let (change, found) = at_meta(&at, &draft.languages[0]).unwrap();
    (change, found.into_iter().map(|it| it.rule).collect())
}

#[test]
fn what_stands_at_meta_decides_what_is_done() {
    use TemplateStatus::{Approved, Deleted, Paused, Pending, Rejected};
    let same = draft_of(MessageCategory::Utility, &[ready()]).languages[0].content();
    let within = |within_30_days, hours| Edits { within_30_days, last: Some(NOW.before(Duration::from_hours(hours))) };
    let fresh = Edits::default();
    let cases: Vec<(MessageTemplate, Edits, &str, Vec<&str>)> = vec![
        (live(|it| it.name = "other".into()), fresh, "create", vec![]),
        (live(|it| it.status = Deleted), fresh, "create", vec![]),
        (live(|_| ()), fresh, "edit", vec!["DRAFT-39"]),
        (live(|it| it.status = Paused), within(3, 1), "edit", vec!["DRAFT-39"]),
        (live(|it| it.status = Rejected), fresh, "edit", vec![]),
        (live(|it| it.status = Pending), fresh, "edit", vec!["DRAFT-36"]),
        (live(|it| it.category = MessageCategory::Marketing), fresh, "edit", vec!["DRAFT-37"]),
        (live(|_| ()), within(1, 23), "edit", vec!["DRAFT-38"]),
        (live(|_| ()), within(10, 30), "edit", vec!["DRAFT-38"]),
        (live(|_| ()), within(9, 24), "edit", vec!["DRAFT-39"]),
        (live(|it| it.content = same.clone()), fresh, "nothing", vec!["DRAFT-40"]),
        (live(|it| (it.content, it.status) = (same.clone(), Approved)), within(1, 1), "nothing", vec!["DRAFT-40"]),
        (live(|it| (it.content, it.status) = (same.clone(), Rejected)), fresh, "edit", vec!["DRAFT-43"]),
        (
            live(|it| {
                it.name = "other".into();
                it.content = same.clone();
            }),
            fresh,
            "create",
            vec!["DRAFT-33"],
        ),
    ];
    for (at, (there, edits, does, wanted)) in cases.into_iter().enumerate() {
        let (change, rules) = held_against(&[there], edits);
        let word = match change {
            None => "nothing",
            Some(Change::Create) => "create",
            Some(Change::Edit(_)) => "edit",
        };
        assert_eq!((word, rules.iter().map(String::as_str).collect::<Vec<_>>()), (does, wanted), "case {at}");
    }
}

#[test]
fn what_was_shown_must_still_stand_there() {
    let before = live(|_| ());
    let (edit, _) = held_against(std::slice::from_ref(&before), Edits::default());
    let edit = edit.unwrap();
    let said = |change: &Change, there: Option<&MessageTemplate>| {
        let there = there.map(|it| (it, told_apart(&it.content).unwrap()));
        changed_at_meta("order_ready", "en", change, there).map(|it| it.rule)
    };
    let other = live(|it| it.content.body = "Hello {{1}}, order {{2}} is late.".into());
    let moved = live(|it| it.category = MessageCategory::Marketing);
    let closed = live(|it| it.status = TemplateStatus::Pending);
    let gone = live(|it| it.status = TemplateStatus::Deleted);
    assert_eq!(said(&edit, Some(&before)), None);
    assert_eq!(said(&Change::Create, None), None);
    assert_eq!(said(&Change::Create, Some(&gone)), None);
    for there in [Some(&other), Some(&moved), Some(&gone), None] {
        assert_eq!(said(&edit, there).as_deref(), Some("DRAFT-42"), "{there:?}");
    }
    assert_eq!(said(&edit, Some(&closed)).as_deref(), Some("DRAFT-36"), "its review may end");
    assert_eq!(said(&Change::Create, Some(&before)).as_deref(), Some("DRAFT-42"));
    assert_eq!(changed("order_ready", 3, 3), None);
    assert_eq!(changed("order_ready", 3, 4).unwrap().rule, "DRAFT-35");
}

#[test]
fn a_sample_file_is_what_it_is_for() {
    let asset = |content, scan| MediaAsset {
        id: AssetId::random(),
        hash: ContentHash::of(b"x"),
        size: 9,
        content,
        name: FileName::stored("tea.png".into()),
        scan,
        origin: Origin::Agent(AgentId::random()),
        created_at: NOW,
        last_used_at: None,
    };
    let png = Content::Png { pixels: Pixels { width: 8, height: 8 }, plain: true };
    let said = |kind, asset: Option<&MediaAsset>| {
        file_fits("en", kind, AssetId::random(), asset).into_iter().map(|it| it.rule).collect::<Vec<_>>()
    };
    let clean = asset(png, Scan::Clean);
    assert_eq!(said(MediaKind::Image, Some(&clean)), Vec::<String>::new());
    assert_eq!(said(MediaKind::Video, Some(&clean)), ["DRAFT-25"]);
    assert_eq!(said(MediaKind::Image, None), ["DRAFT-26"]);
    assert_eq!(said(MediaKind::Image, Some(&asset(png, Scan::Infected("Eicar".into())))), ["DRAFT-25"]);
    let unseen = asset(png, Scan::NotScanned(Unscanned::NoScanner));
    assert_eq!(said(MediaKind::Image, Some(&unseen)), ["MEDIA-09"]);
}

proptest! {
    #[test]
    fn whatever_is_written_is_judged_and_every_span_is_there(
        body in "[ -~一-龥\u{200B}{}]{0,60}|(Hi |\\{\\{[1-3]\\}\\}|\\{\\{|\\}\\}|[a-z ]){0,12}",
        footer in proptest::option::of("[ -~]{0,70}"),
        header in proptest::option::of("[ -~{}]{0,70}"),
        sample in "[ -~]{0,12}",
    ) {
        let draft = draft_of(MessageCategory::Utility, &[json!({
            "language": "en", "body": body, "footer": footer, "header": header.as_ref().map(|text| json!({"text": text})),
            "samples": {"1": sample},
        })]);
        for ready in [false, true] {
            for finding in check(&draft, ready, "Shop") {
                let Some(span) = &finding.span else { continue };
                let text = match span.field.as_str() {
                    "en.body" => body.clone(),
                    "en.footer" => footer.clone().unwrap(),
                    "en.header" => header.clone().unwrap(),
                    "en.samples.1" => sample.clone(),
                    other => panic!("{other}"),
                };
                let there: String = text.chars().skip(span.start).take(span.end - span.start).collect();
                prop_assert_eq!(&there, &span.text, "{}", finding.rule);
            }
        }
    }
}
