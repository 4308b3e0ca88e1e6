//! Every component of a template that is created, as Meta wants it.

use serde_json::json;

use super::*;
use crate::graph::templates::{
    AndroidApp, DraftButton, DraftCard, DraftContent, DraftHeader, DraftOffer, DraftText, Examples, OneTimeCode,
    OtpButton, Written,
};
use crate::graph::uploads::Handle;

pub(super) fn plain(text: &str) -> DraftText {
    DraftText { text: text.into(), examples: Examples::None }
}

pub(super) fn written(body: DraftText) -> Written {
    Written { header: None, body, footer: None, buttons: Vec::new(), offer: None, cards: Vec::new() }
}

fn components(change: impl FnOnce(&mut Written)) -> Value {
    let mut content = written(plain("Hello"));
    change(&mut content);
    DraftContent::Written(content).to_json()
}

#[test]
fn texts_have_their_examples() {
    let (positional, named) = (
        Examples::Positional(vec!["Ada".into(), "5 Dec".into()]),
        Examples::Named(vec![("first_name".into(), "Ada".into())]),
    );
    assert_eq!(components(|_| ()), json!([{"type": "BODY", "text": "Hello"}]));
    assert_eq!(
        components(|c| c.body = DraftText { text: "Hi {{1}}, until {{2}}.".into(), examples: positional }),
        json!([{"type": "BODY", "text": "Hi {{1}}, until {{2}}.", "example": {"body_text": [["Ada", "5 Dec"]]}}])
    );
    assert_eq!(
        components(|c| c.body = DraftText { text: "Hi {{first_name}}.".into(), examples: named }),
        json!([{"type": "BODY", "text": "Hi {{first_name}}.",
            "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Ada"}]}}])
    );
}

#[test]
fn headers_have_their_samples() {
    let header = |header| components(|c| c.header = Some(header))[0].clone();
    let text = |examples| DraftHeader::Text(DraftText { text: "Until {{1}}".into(), examples });
    let sample = || Handle::new("4::aW");
    for (made, wanted) in [
        (header(text(Examples::None)), json!({"type": "HEADER", "format": "TEXT", "text": "Until {{1}}"})),
        (
            header(text(Examples::Positional(vec!["5 Dec".into()]))),
            json!({"type": "HEADER", "format": "TEXT", "text": "Until {{1}}", "example": {"header_text": ["5 Dec"]}}),
        ),
        (
            header(text(Examples::Named(vec![("day".into(), "5 Dec".into())]))),
            json!({"type": "HEADER", "format": "TEXT", "text": "Until {{1}}",
                "example": {"header_text_named_params": [{"param_name": "day", "example": "5 Dec"}]}}),
        ),
        (
            header(DraftHeader::Image(sample())),
            json!({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW"]}}),
        ),
        (
            header(DraftHeader::Video(sample())),
            json!({"type": "HEADER", "format": "VIDEO", "example": {"header_handle": ["4::aW"]}}),
        ),
        (
            header(DraftHeader::Document(sample())),
            json!({"type": "HEADER", "format": "DOCUMENT", "example": {"header_handle": ["4::aW"]}}),
        ),
        (header(DraftHeader::Location), json!({"type": "HEADER", "format": "LOCATION"})),
        (header(DraftHeader::Product), json!({"type": "HEADER", "format": "PRODUCT"})),
    ] {
        assert_eq!(made, wanted);
    }
}

#[test]
fn buttons_have_their_words() {
    let text = || "Look".to_owned();
    let made = components(|c| {
        c.buttons = vec![
            DraftButton::QuickReply { text: text() },
            DraftButton::Url { text: text(), url: "https://e.example".into(), example: None },
            DraftButton::Url {
                text: text(),
                url: "https://e.example/{{1}}".into(),
                example: Some("https://e.example/a".into()),
            },
            DraftButton::PhoneNumber { text: text(), phone_number: "+85230010001".into() },
            DraftButton::CopyCode { example: "WINTER".into() },
            DraftButton::Flow { text: text(), flow_id: "5".into() },
            DraftButton::Catalog { text: text() },
            DraftButton::Products { text: text() },
            DraftButton::Product { text: text() },
            DraftButton::VoiceCall { text: text() },
            DraftButton::RequestContactInfo,
        ];
    });
    assert_eq!(
        made[1],
        json!({"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Look"}, {"type": "URL", "text": "Look", "url": "https://e.example"},
            {"type": "URL", "text": "Look", "url": "https://e.example/{{1}}", "example": ["https://e.example/a"]},
            {"type": "PHONE_NUMBER", "text": "Look", "phone_number": "+85230010001"},
            {"type": "COPY_CODE", "example": "WINTER"}, {"type": "FLOW", "text": "Look", "flow_id": "5"},
            {"type": "CATALOG", "text": "Look"}, {"type": "MPM", "text": "Look"}, {"type": "SPM", "text": "Look"},
            {"type": "VOICE_CALL", "text": "Look"}, {"type": "REQUEST_CONTACT_INFO"}]})
    );
}

#[test]
fn footers_offers_and_cards_have_their_place() {
    let made = components(|c| {
        c.footer = Some("Reply STOP to opt out".into());
        c.offer = Some(DraftOffer { text: "Ends soon".into(), has_expiration: true });
        let card = DraftCard {
            header: DraftHeader::Image(Handle::new("4::aW")),
            body: Some(plain("Oolong")),
            buttons: vec![DraftButton::QuickReply { text: "More".into() }],
        };
        c.cards = vec![card.clone(), DraftCard { body: None, ..card }];
    });
    let image = json!({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW"]}});
    let buttons = json!({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "More"}]});
    assert_eq!(
        made,
        json!([{"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": true}},
            {"type": "BODY", "text": "Hello"}, {"type": "FOOTER", "text": "Reply STOP to opt out"},
            {"type": "CAROUSEL", "cards": [{"components": [image, {"type": "BODY", "text": "Oolong"}, buttons]},
                {"components": [image, buttons]}]}])
    );
}

#[test]
fn one_time_codes_have_metas_words() {
    let app = || vec![AndroidApp { package_name: "hk.shop".into(), signature_hash: "K8a/AINcGX7".into() }];
    let code = |button| {
        let code = OneTimeCode { security_recommendation: true, expires_minutes: Some(10), button };
        DraftContent::OneTimeCode(code).to_json()
    };
    let apps = json!([{"package_name": "hk.shop", "signature_hash": "K8a/AINcGX7"}]);
    for (button, wanted) in [
        (OtpButton::CopyCode { text: None }, json!({"type": "OTP", "otp_type": "COPY_CODE"})),
        (
            OtpButton::OneTap { text: Some("Copy".into()), autofill_text: Some("Fill".into()), apps: app() },
            json!({"type": "OTP", "otp_type": "ONE_TAP", "text": "Copy", "autofill_text": "Fill", "supported_apps": apps}),
        ),
        (
            OtpButton::ZeroTap { apps: app(), terms_accepted: true },
            json!({"type": "OTP", "otp_type": "ZERO_TAP", "supported_apps": apps, "zero_tap_terms_accepted": true}),
        ),
    ] {
        assert_eq!(
            code(button),
            json!([{"type": "BODY", "add_security_recommendation": true}, {"type": "FOOTER", "code_expiration_minutes": 10},
                {"type": "BUTTONS", "buttons": [wanted]}])
        );
    }
}
