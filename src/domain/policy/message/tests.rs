//! The rules about what a message says, each with a message that breaks it.

use super::*;
use crate::domain::ids::SegmentId;
use crate::domain::templates::MediaKind;
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-22T14:00:00+08:00".parse().unwrap()
}

fn template(language: &str) -> MessageTemplate {
    let (body, footer) = if language.starts_with("zh") {
        ("{{1}}，範例商店冬季優惠至{{2}}", "回覆「停止」可取消接收")
    } else {
        ("Hello {{1}}, winter offer of 範例商店 until {{2}}", "Reply STOP to opt out")
    };
    MessageTemplate {
        name: "winter_offer".into(),
        language: language.parse().unwrap(),
        meta_id: "1".into(),
        category: MessageCategory::Marketing,
        status: TemplateStatus::Approved,
        quality: Quality::Green,
        rejected_reason: None,
        correct_category: None,
        content: TemplateContent {
            header: None,
            body: body.into(),
            footer: Some(footer.into()),
            buttons: vec![Button::Url { text: "Look".into(), url: "https://example.hk/w?u=1".into() }],
        },
        synced_at: now(),
    }
}

fn spec() -> BroadcastSpec {
    serde_json::from_value(json!({
        "name": "Winter", "template": "winter_offer", "segments": [SegmentId::random()],
        "variables": {"1": {"contact_name": {"default": "friend"}}, "2": {"text": "5 Dec"}}
    }))
    .unwrap()
}

fn rules(spec: &BroadcastSpec, variants: &[MessageTemplate], missing: &[Language]) -> Vec<String> {
    let known: Vec<Language> = variants.iter().map(|v| v.language.clone()).collect();
    let message = Message { spec, variants, missing, known: &known, sender: "範例商店", now: now() };
    check(&message, &Settings::default()).into_iter().map(|f| f.rule).collect()
}

#[test]
fn a_good_message_is_silent_in_every_language() {
    assert_eq!(rules(&spec(), &[template("en"), template("zh_HK"), template("zh_CN")], &[]), Vec::<String>::new());
}

#[test]
fn each_fault_of_a_template_is_named() {
    type Change = fn(&mut MessageTemplate);
    let cases: &[(Change, &[&str])] = &[
        (|t| t.status = TemplateStatus::Pending, &["TEMPLATE-01"]),
        (|t| t.status = TemplateStatus::Rejected, &["TEMPLATE-01"]),
        (|t| t.status = TemplateStatus::Unknown, &["TEMPLATE-01"]),
        (|t| t.status = TemplateStatus::Paused, &["TEMPLATE-02"]),
        (|t| t.correct_category = Some(MessageCategory::Utility), &["TEMPLATE-04"]),
        (|t| t.correct_category = Some(MessageCategory::Marketing), &[]),
        (|t| t.content.header = Some(Header::Media(MediaKind::Image)), &["TEMPLATE-06"]),
        (|t| t.content.buttons.push(Button::CopyCode { text: "X".into() }), &["TEMPLATE-06"]),
        (|t| t.synced_at = now().before(std::time::Duration::from_hours(26)), &["TEMPLATE-07"]),
        (|t| t.category = MessageCategory::Authentication, &["TEMPLATE-08"]),
        (|t| t.quality = Quality::Red, &["QUALITY-01"]),
        (|t| t.quality = Quality::Yellow, &["QUALITY-02"]),
        (|t| t.content.body.push('\u{200B}'), &["TEXT-01"]),
        (|t| t.content.body.push_str("e\u{301}"), &["TEXT-02"]),
        (|t| t.content.body.push_str(" p\u{0430}ypal"), &["TEXT-03"]),
        (|t| t.content.footer = None, &["TEXT-04"]),
        (|t| t.content.footer = Some("回覆「停止」可取消接收".into()), &["TEXT-04"]),
        (|t| t.content.body = "Hello {{1}} until {{2}}".into(), &["TEXT-05"]),
        (|t| t.content.body.push_str(" {{3}}"), &["VAR-01"]),
        (|t| t.content.buttons = vec![Button::QuickReply { text: "Unsubscribe".into() }], &[]),
    ];
    for (at, (change, broken)) in cases.iter().enumerate() {
        let mut variant = template("en");
        change(&mut variant);
        assert_eq!(rules(&spec(), &[variant], &[]), *broken, "case {at}");
    }
    let mut utility = template("en");
    utility.category = MessageCategory::Utility;
    utility.content.footer = None;
    assert_eq!(rules(&spec(), &[utility.clone()], &[]), Vec::<String>::new(), "only marketing must say how to opt out");
    assert_eq!(rules(&spec(), &[template("zh_HK"), utility], &[]), ["TEMPLATE-05"]);
    assert_eq!(rules(&spec(), &[template("en")], &["fr".parse().unwrap()]), ["TEMPLATE-03"]);
}

#[test]
fn each_fault_of_a_variable_is_named_with_its_place() {
    for (variables, broken) in [
        (json!({"1": {"text": "x"}}), "VAR-01"),
        (json!({"1": {"text": "x"}, "2": {"text": "y"}, "3": {"text": "z"}}), "VAR-02"),
        (json!({"1": {"text": "x"}, "2": {"text": "5\nDec"}}), "TEXT-06"),
        (json!({"1": {"text": "x"}, "2": {"text": ""}}), "TEXT-06"),
        (json!({"1": {"contact_name": {"default": "a\u{202E}b"}}, "2": {"text": "y"}}), "TEXT-01"),
    ] {
        let mut spec = spec();
        spec.variables = serde_json::from_value(variables).unwrap();
        assert_eq!(rules(&spec, &[template("en")], &[]).first().map(String::as_str), Some(broken));
    }
    let mut variant = template("zh_HK");
    variant.content.body.insert(0, '\u{202E}');
    let known = [variant.language.clone()];
    let variants = [variant];
    let message =
        Message { spec: &spec(), variants: &variants, missing: &[], known: &known, sender: "範例商店", now: now() };
    let finding = check(&message, &Settings::default()).into_iter().next().unwrap();
    let span = finding.span.unwrap();
    assert_eq!((span.field.as_str(), span.start, span.end, span.text.as_str()), ("zh_HK.body", 0, 1, "\u{202E}"));
}
