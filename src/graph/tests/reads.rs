//! Reading numbers, accounts and templates, page by page.

use serde_json::{Value, json};

use super::*;
use crate::domain::redact::Number;
use crate::graph::business::{self, CanSend, MessagingLimit, NumberStatus, QualityScore};
use crate::graph::templates::{self, ButtonKind, Category, Component, HeaderFormat, ParameterFormat, TemplateStatus};

fn page(data: &[Value], paging: Value) -> Act {
    answer(200, &json!({"data": data, "paging": paging}).to_string())
}

fn bare(id: u32) -> Value {
    json!({"id": id, "name": format!("t{id}"), "language": "en"})
}

#[tokio::test]
async fn numbers_are_read_with_words_we_do_not_know() {
    let data = [
        json!({"id": "7001", "display_phone_number": "+852 5808 1234", "verified_name": "Shop", "status": "CONNECTED",
            "quality_rating": "GREEN", "whatsapp_business_manager_messaging_limit": "TIER_10K", "throughput": {"level": "HIGH"},
            "webhook_configuration": {"application": "https://a.example/x", "phone_number": "https://b.example/y"},
            "health_status": {"can_send_message": "LIMITED", "entities": [
                {"entity_type": "WABA", "additional_info": ["Add a payment method"]},
                {"entity_type": "APP", "errors": [{"error_code": 1, "error_description": "Call +85258081234"}]}]}}),
        json!({"id": 7002, "status": "LINKED", "quality_score": {"score": "NA"}, "messaging_limit_tier": "TIER_5M", "new": []}),
    ];
    let double = Double::start([page(&data, json!({}))]).await;
    let numbers = business::phone_numbers(&double.graph(), &credentials(), "9001").await.unwrap();
    assert!(double.seen()[0].starts_with("GET /v25.0/9001/phone_numbers?fields=id%2Cdisplay_phone_number"));
    assert!(!format!("{numbers:?}").contains("5808"));
    let [a, b] = &numbers[..] else { panic!("{numbers:?}") };
    assert_eq!((a.status.clone(), a.quality.clone()), (NumberStatus::Connected, QualityScore::Green));
    assert_eq!(a.messaging_limit.as_ref().and_then(MessagingLimit::people), Some(10_000));
    assert_eq!(a.display_phone_number.as_ref().map(Number::as_str), Some("+852 5808 1234"));
    assert_eq!(a.webhook_url.as_deref(), Some("https://b.example/y"));
    let health = a.health.as_ref().unwrap();
    assert_eq!(
        (health.can_send.clone(), health.reasons.as_slice()),
        (CanSend::Limited, ["Add a payment method".to_owned(), "Call …34".to_owned()].as_slice())
    );
    assert_eq!((b.id.as_str(), b.status.clone()), ("7002", NumberStatus::Other("LINKED".into())));
    assert_eq!((b.quality.clone(), b.messaging_limit.as_ref().unwrap().as_str()), (QualityScore::Unknown, "TIER_5M"));
}

#[tokio::test]
async fn the_account_is_read() {
    let body = json!({"id": "9001", "name": "Shop", "currency": "HKD", "account_review_status": "APPROVED", "timezone_id": 42,
        "disable_marketing_messages_on_cloud_api": false, "health_status": {"can_send_message": "AVAILABLE", "entities": []}});
    let double = Double::start([answer(200, &body.to_string())]).await;
    let waba = business::waba(&double.graph(), &credentials(), "9001").await.unwrap();
    assert_eq!(
        (waba.id.as_str(), waba.currency.as_deref(), waba.timezone_id.as_deref()),
        ("9001", Some("HKD"), Some("42"))
    );
    assert_eq!((waba.marketing_disabled, waba.health.unwrap().can_send), (Some(false), CanSend::Available));
}

#[tokio::test]
async fn templates_are_read_with_their_parts() {
    let data = [json!({"id": "1", "name": "offer", "language": "zh-HK", "status": "APPROVED", "category": "UTILITY",
        "correct_category": "MARKETING", "parameter_format": "NAMED", "rejected_reason": "NONE",
        "quality_score": {"score": "YELLOW", "date": "1790000000", "reasons": ["SPAM"]},
        "components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi {{first_name}}"},
            {"type": "FOOTER", "text": "STOP to stop"}, {"type": "CAROUSEL", "cards": []},
            {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": "https://e.example/{{1}}"}, {"type": "TELEPORT"}]}]})];
    let double = Double::start([page(&data, json!({}))]).await;
    let templates = templates::list(&double.graph(), &credentials(), "9001").await.unwrap();
    let [t] = &templates[..] else { panic!("{templates:?}") };
    assert_eq!(
        (t.language.as_str(), t.status.clone(), t.category.clone()),
        ("zh_HK", TemplateStatus::Approved, Category::Utility)
    );
    assert_eq!((t.correct_category.clone(), t.rejected_reason.clone()), (Some(Category::Marketing), None));
    assert_eq!(
        (t.parameter_format.clone(), t.quality.score.clone(), t.quality.at),
        (ParameterFormat::Named, QualityScore::Yellow, Some(1_790_000_000))
    );
    assert_eq!(t.components[0], Component::Header { format: HeaderFormat::Image, text: None });
    assert_eq!(t.components[1], Component::Body { text: "Hi {{first_name}}".into() });
    assert!(matches!(&t.components[3], Component::Other { kind, .. } if kind == "CAROUSEL"));
    let Component::Buttons(buttons) = &t.components[4] else { panic!() };
    assert_eq!(
        (buttons[0].kind.clone(), buttons[1].kind.clone()),
        (ButtonKind::Url, ButtonKind::Other("TELEPORT".into()))
    );
    assert_eq!(t.components_json, data[0]["components"]);
}

#[tokio::test]
async fn lists_are_read_to_their_end_and_from_one_host_only() {
    let elsewhere = Double::start([]).await;
    let next = |cursor: &str| format!("{}/v25.0/9001/message_templates?after={cursor}", elsewhere.url);
    let double = Double::start([
        page(&[bare(1), bare(2)], json!({"cursors": {"after": "c1"}, "next": next("x")})),
        page(&[], json!({"cursors": {"after": "c2"}, "next": next("x")})),
        page(&[bare(3)], json!({"next": next("c%203")})),
        page(&[bare(4)], json!({"cursors": {"after": "c4"}})),
    ])
    .await;
    let templates = templates::list(&double.graph(), &credentials(), "9001").await.unwrap();
    assert_eq!(templates.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    let seen = double.seen();
    let after: Vec<_> = seen.iter().map(|r| r.lines().next().unwrap().split("after=").nth(1)).collect();
    assert_eq!(after, [None, Some("c1 HTTP/1.1"), Some("c2 HTTP/1.1"), Some("c+3 HTTP/1.1")]);
    assert!(seen.iter().all(|r| r.contains(&format!("Bearer {TOKEN}"))));
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_stale_cursor_starts_the_list_again_once() {
    let first = || page(&[bare(1)], json!({"cursors": {"after": "c1"}, "next": "x"}));
    let double = Double::start([first(), refusal(400, 131_059), first(), page(&[bare(2)], json!({}))]).await;
    assert_eq!(templates::list(&double.graph(), &credentials(), "9001").await.unwrap().len(), 2);
    let double = Double::start([first(), refusal(400, 131_059), first(), refusal(400, 131_059)]).await;
    let error = templates::list(&double.graph(), &credentials(), "9001").await.unwrap_err();
    assert!(matches!(error, Error::Rejected(e) if e.code == 131_059));
}

#[tokio::test]
async fn lists_that_make_no_sense_are_no_lists() {
    let circle = || page(&[bare(1)], json!({"cursors": {"after": "c1"}, "next": "x"}));
    for acts in [
        vec![circle(), circle()],
        vec![page(&[], json!({"next": "no cursor in it"}))],
        vec![page(&[json!({"name": "no id"})], json!({}))],
        vec![answer(200, r#"{"data":{}}"#)],
        vec![answer(200, "[]")],
        vec![answer(200, "")],
        vec![answer(502, "<html>")],
    ] {
        let double = Double::start(acts.clone()).await;
        let error = templates::list(&double.graph(), &credentials(), "9001").await.unwrap_err();
        assert!(matches!(error, Error::InDoubt { .. }), "{acts:?}: {error:?}");
    }
}

#[tokio::test]
async fn refusals_keep_their_class() {
    let read =
        async |act| business::waba(&Double::start([act]).await.graph(), &credentials(), "9001").await.unwrap_err();
    assert!(matches!(read(refusal(401, 190)).await, Error::Rejected(e) if e.code == 190));
    assert!(matches!(read(refusal(400, 80_008)).await, Error::NotSent { retry: Backoff::CallBudget { .. }, .. }));
    assert!(matches!(read(Act::Silence).await, Error::InDoubt { .. }));
}
