//! Every kind of message that a customer can send, and every field that Meta may be subscribed to, as Meta writes them.

use serde_json::{Value, json};

use super::{inbound, message_of, one};
use crate::domain::redact::Number;
use crate::domain::webhooks::*;

fn sent(kind: &str, content: Value) -> Message {
    let mut message = json!({"from": "15550100001", "id": "wamid.A", "timestamp": "1790000000", "type": kind});
    message[kind] = content;
    message_of(inbound(message))
}

fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn files_keep_what_is_needed_to_fetch_and_check_them() {
    let file = |kind, caption: Option<&str>, filename: Option<&str>, voice_or_animated| {
        MessageKind::Media(Media {
            kind,
            id: "1013".into(),
            mime_type: owned("x/y"),
            sha256: owned("c2hh"),
            caption: caption.map(Into::into),
            filename: filename.map(Into::into),
            voice_or_animated,
        })
    };
    let content = |more: Value| {
        let mut content =
            json!({"id": 1013, "mime_type": "x/y", "sha256": "c2hh", "url": "https://lookaside.example/1"});
        content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        content
    };
    for (word, more, kind) in [
        ("image", json!({"caption": "me"}), file(MediaKind::Image, Some("me"), None, false)),
        ("video", json!({}), file(MediaKind::Video, None, None, false)),
        ("audio", json!({"voice": true}), file(MediaKind::Audio, None, None, true)),
        ("document", json!({"filename": "a.pdf"}), file(MediaKind::Document, None, Some("a.pdf"), false)),
        ("sticker", json!({"animated": true}), file(MediaKind::Sticker, None, None, true)),
    ] {
        let message = sent(word, content(more));
        assert_eq!((message.kind.as_str(), &message.kind), (word, &kind));
    }
    assert!(sent("image", content(json!({"caption": "STOP"}))).opts_out().is_some(), "a caption says it too");
}

#[test]
fn places_cards_carts_and_emojis() {
    let place =
        sent("location", json!({"latitude": 22.28, "longitude": 114.158, "name": "Pier 4", "address": "Central"}));
    assert_eq!(
        place.kind,
        MessageKind::Location(Location {
            latitude: "22.28".into(),
            longitude: "114.158".into(),
            name: owned("Pier 4"),
            address: owned("Central"),
        })
    );
    assert!(matches!(sent("location", json!({"latitude": 1})).kind, MessageKind::Other { .. }));

    let cards = message_of(inbound(
        json!({"from": "15550100001", "id": "w", "timestamp": "1", "type": "contacts", "contacts": [
        {"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+1 555 010 0002", "wa_id": "15550100002"}, {"phone": "n/a"}]},
        {"name": {}, "phones": [], "origin": "contact_request"}]}),
    ));
    let MessageKind::Contacts(cards) = cards.kind else { panic!() };
    assert_eq!(
        cards[0],
        Card { name: "Bo".into(), phones: vec![Number::new("15550100002"), Number::new("n/a")], own: false }
    );
    assert_eq!(cards[1], Card { name: String::new(), phones: vec![], own: true });
    assert!(!format!("{cards:?}").contains("Bo") && !format!("{cards:?}").contains("15550100002"));

    let emoji = |content| sent("reaction", content).kind;
    let to = || "wamid.Z".to_owned();
    assert_eq!(
        emoji(json!({"message_id": "wamid.Z", "emoji": "👍"})),
        MessageKind::Reaction { to: to(), emoji: owned("👍") }
    );
    for gone in [json!({"message_id": "wamid.Z"}), json!({"message_id": "wamid.Z", "emoji": ""})] {
        assert_eq!(emoji(gone), MessageKind::Reaction { to: to(), emoji: None });
    }

    let cart = sent(
        "order",
        json!({"catalog_id": "77", "text": "soon please", "product_items": [
        {"product_retailer_id": "A-1", "quantity": "2", "item_price": 19.9, "currency": "HKD"}, {"quantity": 1}]}),
    );
    let item = CartItem { product_id: "A-1".into(), quantity: 2, price: owned("19.9"), currency: owned("HKD") };
    assert_eq!(
        cart.kind,
        MessageKind::Order(Cart { catalog_id: owned("77"), text: owned("soon please"), items: vec![item] })
    );
}

#[test]
fn what_was_changed_or_taken_back_and_what_meta_keeps_to_itself() {
    let text = |body: &str| json!({"type": "text", "text": {"body": body}});
    let edit = sent("edit", json!({"original_message_id": "wamid.O", "message": text("stop")}));
    assert_eq!(
        edit.kind,
        MessageKind::Edit { original: "wamid.O".into(), to: Box::new(MessageKind::Text { body: "stop".into() }) }
    );
    assert!(edit.opts_out().is_some(), "whoever changes a message into STOP means it");
    let nested = json!({"type": "edit", "edit": {"original_message_id": "x", "message": text("deep")}});
    assert!(matches!(
        sent("edit", json!({"original_message_id": "x", "message": nested})).kind,
        MessageKind::Other { .. } | MessageKind::Edit { .. }
    ));
    assert_eq!(
        sent("revoke", json!({"original_message_id": "wamid.O"})).kind,
        MessageKind::Revoke { original: "wamid.O".into() }
    );

    let errors = json!([{"code": 131051, "title": "Message type unknown", "error_data": {"details": "not supported"}}]);
    for word in ["unsupported", "unknown"] {
        let mut message = json!({"from": "15550100001", "id": "w", "timestamp": "1", "type": word, "errors": errors});
        message[word] = json!({"type": "poll"});
        let message = message_of(inbound(message));
        assert_eq!(message.kind, MessageKind::Unsupported { what: owned("poll") });
        assert_eq!((message.errors[0].code, message.kind.words()), (131_051, None));
    }
    for kind in ["request_welcome", "ephemeral", "hologram"] {
        assert_eq!(sent(kind, json!({})).kind, MessageKind::Other { kind: kind.into() });
    }
    let permission =
        sent("interactive", json!({"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}));
    assert_eq!(permission.kind, MessageKind::Interactive(Interactive::CallPermission { response: owned("accept") }));
}

#[test]
fn what_led_to_a_message_comes_with_it() {
    let with = |more: Value| {
        let mut message =
            json!({"from": "15550100001", "id": "w", "timestamp": "1", "type": "text", "text": {"body": "hi"}});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message_of(inbound(message))
    };
    let article = with(json!({"context": {"from": "15550109999", "id": "wamid.Z",
        "referred_product": {"catalog_id": "77", "product_retailer_id": "A-1"}}}));
    assert_eq!(article.about, Some(Article { catalog_id: owned("77"), product_id: "A-1".into() }));
    for word in ["forwarded", "frequently_forwarded"] {
        assert!(with(json!({"context": {word: true}})).forwarded);
    }
    let referral = with(json!({"referral": {"source_url": "https://fb.me/1", "source_id": "120", "source_type": "ad",
        "headline": "Winter", "body": "…", "ctwa_clid": "Aff-1"}}));
    assert_eq!(
        referral.referral,
        Some(Referral {
            source_type: owned("ad"),
            source_id: owned("120"),
            headline: owned("Winter"),
            click_id: owned("Aff-1"),
        })
    );
    let plain = with(json!({}));
    assert_eq!((plain.about, plain.forwarded, plain.referral), (None, false, None));
}

#[test]
fn a_person_becomes_another() {
    let system = |system: Value| {
        let message = json!({"from": "15550100001", "id": "wamid.S", "timestamp": "1790000000", "type": "system", "system": system});
        one("messages", json!({"metadata": {"phone_number_id": "7001"}, "messages": [message]}))
    };
    let person = |phone: Option<&str>, user_id: Option<&str>| Sender {
        phone: phone.map(Number::new),
        user_id: user_id.map(Into::into),
        parent_user_id: None,
    };
    let event = system(
        json!({"body": "User A changed from … to …", "wa_id": "15550100009", "user_id": "US.9", "type": "user_changed_number"}),
    );
    assert_eq!((event.dedup_key.as_str(), event.at), ("message:wamid.S", Some(1_790_000_000)));
    let before = person(Some("15550100001"), None);
    assert_eq!(
        event.what,
        What::PersonChange(PersonChange {
            id: "wamid.S".into(),
            kind: ChangeKind::Number,
            before: before.clone(),
            after: person(Some("15550100009"), Some("US.9")),
        })
    );
    let What::PersonChange(change) = system(json!({"user_id": "US.9", "type": "user_changed_user_id"})).what else {
        panic!()
    };
    assert_eq!(change.after, person(Some("15550100001"), Some("US.9")), "the number stays");
    let What::PersonChange(change) = system(json!({"type": "customer_identity_changed"})).what else { panic!() };
    assert_eq!((change.kind, change.before), (ChangeKind::Identity, before));
    assert!(matches!(system(json!({"body": "no type"})).what, What::Unknown { .. }));
}

#[test]
fn a_status_tells_more_than_how_far() {
    let status = |more: Value| {
        let mut status = json!({"id": "wamid.A", "status": "sent", "timestamp": "1", "recipient_user_id": "US.1"});
        status.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one("messages", json!({"statuses": [status]})).what
    };
    let What::Status(marked) = status(json!({"recipient_identity_key_hash": "h"})) else { panic!() };
    assert_eq!(marked.identity_hash.as_deref(), Some("h"));
    assert_eq!((marked.recipient.phone, marked.recipient.user_id.as_deref()), (None, Some("US.1")));
    let paid = status(
        json!({"type": "payment", "status": "captured", "payment": {"reference_id": "o-7", "amount": {"value": 1}}}),
    );
    assert_eq!(
        paid,
        What::Payment(Payment { wamid: "wamid.A".into(), reference: "o-7".into(), status: "captured".into() })
    );
}

#[test]
fn what_the_business_wrote_with_its_phone() {
    let value = json!({"metadata": {"phone_number_id": "7001"}, "message_echoes": [
        {"from": "15550109999", "to": "15550100001", "id": "wamid.E", "timestamp": "1790000000", "type": "text", "text": {"body": "On it"}},
        {"from": "15550109999", "id": "wamid.F", "timestamp": "1", "type": "text"}]});
    let events = parse(&super::delivery("smb_message_echoes", value)).unwrap();
    let [echo, nobody] = &events[..] else { panic!("{events:?}") };
    assert_eq!((echo.dedup_key.as_str(), echo.phone_number_id.as_deref()), ("echo:wamid.E", Some("7001")));
    let What::Echo(Echo { id, to, kind }) = &echo.what else { panic!() };
    assert_eq!(
        (id.as_str(), to.phone.as_ref(), kind.text()),
        ("wamid.E", Some(&Number::new("15550100001")), Some("On it"))
    );
    assert!(matches!(nobody.what, What::Unknown { .. }));
    assert!(matches!(one("smb_message_echoes", json!({})).what, What::Unknown { .. }));
}

#[test]
fn every_field_about_the_business() {
    let own = || Some(Number::new("15550109999"));
    let template = || TemplateRef { id: "123".into(), name: owned("offer"), language: owned("en_US") };
    let of_template = |more: Value| {
        let mut value =
            json!({"message_template_id": 123, "message_template_name": "offer", "message_template_language": "en-US"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    for (field, value, what) in [
        (
            "message_template_status_update",
            of_template(
                json!({"event": "REJECTED", "reason": null, "rejection_info": {"reason": "Variables touch", "recommendation": "Put a word between"}}),
            ),
            What::TemplateStatus(TemplateStatus {
                template: template(),
                event: TemplateEvent::Rejected,
                category: None,
                reason: owned("Variables touch"),
                title: None,
                recommendation: owned("Put a word between"),
            }),
        ),
        (
            "message_template_components_update",
            of_template(json!({"message_template_element": "New words"})),
            What::TemplateComponents(TemplateComponents { template: template() }),
        ),
        (
            "template_category_update",
            of_template(json!({"previous_category": "UTILITY", "new_category": "MARKETING"})),
            What::TemplateCategory(TemplateCategory {
                template: template(),
                previous_category: owned("UTILITY"),
                new_category: "MARKETING".into(),
                correct_category: None,
            }),
        ),
        (
            "template_correct_category_detection",
            of_template(json!({"category": "UTILITY", "correct_category": "MARKETING"})),
            What::TemplateCategory(TemplateCategory {
                template: template(),
                previous_category: None,
                new_category: "UTILITY".into(),
                correct_category: owned("MARKETING"),
            }),
        ),
        (
            "phone_number_quality_update",
            json!({"display_phone_number": "15550109999", "event": "UPGRADE", "current_limit": "TIER_10K"}),
            What::PhoneQuality(PhoneQuality {
                display_phone_number: own(),
                event: "UPGRADE".into(),
                limit: owned("TIER_10K"),
            }),
        ),
        (
            "phone_number_name_update",
            json!({"display_phone_number": "15550109999", "decision": "REJECTED", "requested_verified_name": "Shop", "rejection_reason": "NAME_NOT_CONSISTENT"}),
            What::PhoneName(PhoneName {
                display_phone_number: own(),
                decision: "REJECTED".into(),
                requested: owned("Shop"),
                reason: owned("NAME_NOT_CONSISTENT"),
            }),
        ),
        (
            "business_username_update",
            json!({"display_phone_number": "15550109999", "username": "shop", "status": "approved"}),
            What::BusinessUsername(BusinessUsername {
                display_phone_number: own(),
                username: owned("shop"),
                status: "approved".into(),
            }),
        ),
        (
            "security",
            json!({"display_phone_number": "15550109999", "event": "PIN_CHANGED", "requester": "1"}),
            What::Security(Security { display_phone_number: own(), event: "PIN_CHANGED".into() }),
        ),
        (
            "account_update",
            json!({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}}),
            What::AccountUpdate(AccountUpdate {
                event: "ACCOUNT_VIOLATION".into(),
                restrictions: vec![],
                violation: owned("SCAM"),
                ban_state: None,
            }),
        ),
        (
            "account_review_update",
            json!({"decision": "APPROVED"}),
            What::AccountReview(AccountReview { decision: "APPROVED".into() }),
        ),
        (
            "account_alerts",
            json!({"entity_type": "BUSINESS", "entity_id": "1", "alert_info": {"alert_severity": "WARNING", "alert_status": "ACTIVE", "alert_type": "OBA_REJECTED", "alert_description": "…"}}),
            What::AccountAlert(AccountAlert {
                entity: owned("BUSINESS"),
                severity: owned("WARNING"),
                status: owned("ACTIVE"),
                kind: "OBA_REJECTED".into(),
            }),
        ),
        (
            "business_capability_update",
            json!({"max_daily_conversations_per_business": "TIER_2K", "max_phone_numbers_per_waba": 20}),
            What::Capability(Capability { people_a_day: owned("TIER_2K"), most_numbers: Some(20) }),
        ),
        (
            "flows",
            json!({"event": "FLOW_STATUS_CHANGE", "flow_id": "9", "old_status": "DRAFT", "new_status": "PUBLISHED"}),
            What::FormEvent(FormEvent {
                form_id: "9".into(),
                event: "FLOW_STATUS_CHANGE".into(),
                status: owned("PUBLISHED"),
            }),
        ),
        (
            "payment_configuration_update",
            json!({"configuration_name": "till", "provider_name": "p", "status": "Active"}),
            What::PaymentSetup(PaymentSetup { name: "till".into(), status: owned("Active") }),
        ),
        (
            "messages",
            json!({"errors": [{"code": 131031, "title": "Account locked", "message": "Account locked"}]}),
            What::Trouble(EventError { code: 131_031, title: owned("Account locked"), details: None }),
        ),
    ] {
        assert_eq!(one(field, value).what, what, "{field}");
        assert!(matches!(one(field, json!({})).what, What::Unknown { .. }), "{field} without its content");
    }
    for kept in
        ["history", "smb_app_state_sync", "partner_solutions", "automatic_events", "calls", "group_lifecycle_update"]
    {
        assert!(matches!(one(kept, json!({"a": 1})).what, What::Unknown { field, .. } if field == kept));
    }
}
