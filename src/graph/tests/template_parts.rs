//! Every component of a template message, as Meta wants it.

use serde_json::{Value, json};

use super::sends::message;
use super::*;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::identity::UserId;
use crate::domain::messages::Recipient;
use crate::domain::money::Money;
use crate::graph::messages::{
    Button, ButtonValue, Card, Extension, Header, Media, OrderState, Parameter, Parameters, ProductSection,
    SendOutcome, TemplateMessage, send,
};

fn component(change: impl FnOnce(&mut TemplateMessage)) -> Value {
    let mut message = message();
    message.body = Parameters::None;
    change(&mut message);
    let body = message.to_json();
    let components = body["template"]["components"].as_array().cloned().unwrap_or_default();
    let [component] = &components[..] else { panic!("{components:?}") };
    component.clone()
}

fn button(value: ButtonValue) -> Value {
    component(|m| m.buttons = vec![Button { index: 3, value }])
}

fn header(header: Header) -> Value {
    component(|m| m.header = Some(header))["parameters"][0].clone()
}

fn card(index: u8) -> Card {
    Card {
        header: Header::Image(Media::Id("1013".into())),
        body: Parameters::Positional(vec!["Oolong".into()]),
        buttons: vec![Button { index, value: ButtonValue::QuickReply("more".into()) }],
    }
}

#[test]
fn the_whole_of_a_message_has_its_shape() {
    let mut message = message();
    message.identity_key_hash = Some("hash=".into());
    message.header = Some(Header::Text(Parameters::Positional(vec!["5 Dec".into()])));
    message.buttons = vec![Button { index: 0, value: ButtonValue::UrlSuffix("A-17".into()) }];
    assert_eq!(
        message.to_json(),
        json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+85291234567", "type": "template",
            "biz_opaque_callback_data": "v1.x.1", "recipient_identity_key_hash": "hash=",
            "template": {"name": "winter_offer", "language": {"code": "zh_HK"}, "components": [
                {"type": "header", "parameters": [{"type": "text", "text": "5 Dec"}]},
                {"type": "body", "parameters": [{"type": "text", "text": "陳小姐"}]},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "A-17"}]}]}})
    );
    (message.header, message.body, message.buttons) = (None, Parameters::None, Vec::new());
    assert_eq!(message.to_json()["template"], json!({"name": "winter_offer", "language": {"code": "zh_HK"}}));
    message.to = Recipient::from(UserId::parse("US.1349").unwrap());
    assert_eq!(
        (message.to_json()["recipient"].clone(), message.to_json()["to"].clone()),
        (json!("US.1349"), Value::Null)
    );
    assert!(!format!("{message:?}").contains("1349"));
}

#[test]
fn values_of_every_type_have_their_shape() {
    let amount = Money::parse("HKD".parse().unwrap(), "1280.5").unwrap();
    let values = || {
        [
            "Ada".into(),
            Parameter::Currency { fallback: "HK$1,280.50".into(), amount },
            Parameter::DateTime { fallback: "5 December".into() },
        ]
    };
    let currency = json!({"fallback_value": "HK$1,280.50", "code": "HKD", "amount_1000": 1_280_500});
    assert_eq!(
        component(|m| m.body = Parameters::Positional(values().into())),
        json!({"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "currency", "currency": currency},
            {"type": "date_time", "date_time": {"fallback_value": "5 December"}}]})
    );
    let named = ["first_name", "price", "day"].map(String::from).into_iter().zip(values()).collect();
    assert_eq!(
        component(|m| m.body = Parameters::Named(named)),
        json!({"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ada"},
            {"type": "currency", "parameter_name": "price", "currency": currency},
            {"type": "date_time", "parameter_name": "day", "date_time": {"fallback_value": "5 December"}}]})
    );
}

#[test]
fn headers_of_every_kind_have_their_shape() {
    let (id, link) = (Media::Id("1013".into()), Media::Link("https://cdn.example/a.pdf".into()));
    for (made, wanted) in [
        (
            header(Header::Text(Parameters::Named(vec![("day".into(), "5 Dec".into())]))),
            json!({"type": "text", "parameter_name": "day", "text": "5 Dec"}),
        ),
        (header(Header::Image(id.clone())), json!({"type": "image", "image": {"id": "1013"}})),
        (header(Header::Video(link.clone())), json!({"type": "video", "video": {"link": "https://cdn.example/a.pdf"}})),
        (
            header(Header::Document { media: id, filename: Some("a.pdf".into()) }),
            json!({"type": "document", "document": {"id": "1013", "filename": "a.pdf"}}),
        ),
        (
            header(Header::Document { media: link, filename: None }),
            json!({"type": "document", "document": {"link": "https://cdn.example/a.pdf"}}),
        ),
        (
            header(Header::Location {
                latitude: "22.28".into(),
                longitude: "114.15".into(),
                name: "Shop".into(),
                address: "Central".into(),
            }),
            json!({"type": "location", "location": {"latitude": "22.28", "longitude": "114.15", "name": "Shop", "address": "Central"}}),
        ),
        (
            header(Header::Product { catalog_id: "77".into(), product_retailer_id: "sku-1".into() }),
            json!({"type": "product", "product": {"catalog_id": "77", "product_retailer_id": "sku-1"}}),
        ),
    ] {
        assert_eq!(made, wanted);
    }
}

#[test]
fn buttons_of_every_kind_have_their_shape() {
    let with = |sub_type: &str, parameter: Value| json!({"type": "button", "sub_type": sub_type, "index": "3", "parameters": [parameter]});
    let action = |action: Value| json!({"type": "action", "action": action});
    let sections =
        vec![ProductSection { title: "Teas".into(), product_retailer_ids: vec!["sku-1".into(), "sku-2".into()] }];
    for (value, wanted) in [
        (ButtonValue::UrlSuffix("A-17".into()), with("url", json!({"type": "text", "text": "A-17"}))),
        (ButtonValue::QuickReply("stop".into()), with("quick_reply", json!({"type": "payload", "payload": "stop"}))),
        (
            ButtonValue::CouponCode("WINTER".into()),
            with("copy_code", json!({"type": "coupon_code", "coupon_code": "WINTER"})),
        ),
        (ButtonValue::Flow { token: "t".into(), data: None }, with("flow", action(json!({"flow_token": "t"})))),
        (
            ButtonValue::Flow { token: "t".into(), data: Some(json!({"a": 1})) },
            with("flow", action(json!({"flow_token": "t", "flow_action_data": {"a": 1}}))),
        ),
        (
            ButtonValue::Catalog { thumbnail: Some("sku-1".into()) },
            with("catalog", action(json!({"thumbnail_product_retailer_id": "sku-1"}))),
        ),
        (ButtonValue::Catalog { thumbnail: None }, json!({"type": "button", "sub_type": "catalog", "index": "3"})),
        (
            ButtonValue::Products { thumbnail: "sku-1".into(), sections },
            with(
                "mpm",
                action(json!({"thumbnail_product_retailer_id": "sku-1", "sections": [
                {"title": "Teas", "product_items": [{"product_retailer_id": "sku-1"}, {"product_retailer_id": "sku-2"}]}]})),
            ),
        ),
        (
            ButtonValue::OrderDetails(json!({"reference_id": "o-1"})),
            with("order_details", action(json!({"order_details": {"reference_id": "o-1"}}))),
        ),
        (
            ButtonValue::VoiceCall { minutes: Some(60) },
            with("voice_call", json!({"type": "ttl_minutes", "ttl_minutes": 60})),
        ),
        (ButtonValue::VoiceCall { minutes: None }, json!({"type": "button", "sub_type": "voice_call", "index": "3"})),
    ] {
        assert_eq!(button(value), wanted);
    }
}

#[test]
fn components_of_special_templates_have_their_shape() {
    let extension = |extension| component(|m| m.extension = Some(extension));
    let card_of = |at: u8, index: &str| {
        json!({"card_index": at, "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "1013"}}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Oolong"}]},
            {"type": "button", "sub_type": "quick_reply", "index": index, "parameters": [{"type": "payload", "payload": "more"}]}]})
    };
    assert_eq!(
        extension(Extension::Carousel(vec![card(0), card(1)])),
        json!({"type": "carousel", "cards": [card_of(0, "0"), card_of(1, "1")]})
    );
    assert_eq!(
        extension(Extension::Offer { ends: Timestamp::from_micros(1_790_000_000_123_456) }),
        json!({"type": "limited_time_offer", "parameters": [{"type": "limited_time_offer",
            "limited_time_offer": {"expiration_time_ms": 1_790_000_000_123_i64}}]})
    );
    for (state, word) in [
        (OrderState::Pending, "pending"),
        (OrderState::Processing, "processing"),
        (OrderState::PartiallyShipped, "partially-shipped"),
        (OrderState::Shipped, "shipped"),
        (OrderState::Completed, "completed"),
        (OrderState::Canceled, "canceled"),
    ] {
        let status = Extension::OrderStatus { reference_id: "o-1".into(), state, description: Some("d".into()) };
        assert_eq!(
            extension(status),
            json!({"type": "order_status", "parameters": [{"type": "order_status",
                "order_status": {"reference_id": "o-1", "order": {"status": word, "description": "d"}}}]})
        );
    }
    assert_eq!(
        extension(Extension::TapTarget { url: "https://e.example".into(), title: "Look".into() }),
        json!({"type": "tap_target_configuration", "parameters": [{"type": "tap_target_configuration",
            "tap_target_configuration": [{"url": "https://e.example", "title": "Look"}]}]})
    );
}

/// What a template with this change is refused with before it leaves; nothing if it goes.
async fn refused(change: impl FnOnce(&mut TemplateMessage)) -> Option<String> {
    let double = Double::start([answer(200, r#"{"messages":[{"id":"wamid.A"}]}"#)]).await;
    let mut message = message();
    change(&mut message);
    match send(&double.graph(), &credentials(), &message).await {
        SendOutcome::Accepted { .. } => None,
        SendOutcome::NotSent { why, retry: Backoff::Never } => {
            assert!(double.seen().is_empty());
            Some(why)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn at_a_limit_it_goes_and_beyond_it_does_not() {
    let one = |value| async { refused(|m| m.buttons = vec![Button { index: 9, value }]).await };
    let cards =
        |n: u8| async move { refused(|m| m.extension = Some(Extension::Carousel((0..n).map(card).collect()))).await };
    let products = |sections: usize, each: usize| {
        let section = ProductSection { title: "t".repeat(24), product_retailer_ids: vec!["s".into(); each] };
        ButtonValue::Products { thumbnail: "s".into(), sections: vec![section; sections] }
    };
    let more_buttons = |n: u8| async move {
        let mut with = card(0);
        with.buttons = (0..n).map(|index| Button { index, value: ButtonValue::UrlSuffix("x".into()) }).collect();
        refused(|m| m.extension = Some(Extension::Carousel(vec![with.clone(), with]))).await
    };
    for (found, said) in [
        (refused(|m| m.callback = "x".repeat(512)).await, None),
        (refused(|m| m.callback = "x".repeat(513)).await, Some("callback: 513 characters, at most 512 (Meta)")),
        (one(ButtonValue::QuickReply("é".repeat(256))).await, None),
        (
            one(ButtonValue::QuickReply("é".repeat(257))).await,
            Some("buttons[0].payload: 257 characters, at most 256 (Meta)"),
        ),
        (one(ButtonValue::CouponCode("A".repeat(20))).await, None),
        (
            one(ButtonValue::CouponCode("A".repeat(21))).await,
            Some("buttons[0].coupon_code: 21 characters, at most 20 (Meta)"),
        ),
        (
            one(ButtonValue::CouponCode("A-1".into())).await,
            Some("buttons[0].coupon_code: a coupon has letters and digits only (Meta)"),
        ),
        (one(products(10, 3)).await, None),
        (one(products(11, 1)).await, Some("buttons[0].sections: 11, at most 10 (Meta)")),
        (one(products(1, 31)).await, Some("buttons[0].products: 31, at most 30 (Meta)")),
        (cards(2).await, None),
        (cards(10).await, None),
        (cards(1).await, Some("carousel: 1, at least 2 (Meta); at most 10")),
        (cards(11).await, Some("carousel: 11, at most 10 (Meta)")),
        (more_buttons(2).await, None),
        (more_buttons(3).await, Some("carousel[0].buttons: 3, at most 2 (Meta)")),
    ] {
        assert_eq!(found.as_deref(), said);
    }
}

#[tokio::test]
async fn cards_are_alike_and_buttons_have_one_value_each() {
    let mut other = card(1);
    other.header = Header::Video(Media::Id("1".into()));
    let unlike = refused(|m| m.extension = Some(Extension::Carousel(vec![card(0), other]))).await;
    assert!(unlike.as_deref().is_some_and(|why| why.starts_with("carousel[1]: not of the same parts")), "{unlike:?}");
    let twice = refused(|m| {
        m.buttons = vec![Button { index: 0, value: ButtonValue::UrlSuffix("x".into()) }; 2];
    });
    assert!(twice.await.is_some_and(|why| why.starts_with("buttons[0].index")));
}
