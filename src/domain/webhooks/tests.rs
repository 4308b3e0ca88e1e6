//! Samples of every kind of event, and bodies that someone made up to hurt.

use serde_json::{Value, json};

use super::*;
use crate::domain::redact::Number;

mod kinds;
mod shapes;

fn delivery(field: &str, value: Value) -> Vec<u8> {
    let entry = json!({"id": "9001", "time": 1739321024, "changes": [{"field": field, "value": value}]});
    json!({"object": "whatsapp_business_account", "entry": [entry]}).to_string().into_bytes()
}

fn one(field: &str, value: Value) -> Event {
    let events = parse(&delivery(field, value)).unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    events.into_iter().next().unwrap()
}

fn inbound(message: Value) -> Event {
    one(
        "messages",
        json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550109999", "phone_number_id": "7001"},
               "contacts": [{"profile": {"name": "Bo"}, "wa_id": "15550100002"},
                            {"profile": {"name": "Ada L."}, "wa_id": "15550100001", "user_id": "US.1349"}],
               "messages": [message]}),
    )
}

fn message_of(event: Event) -> Message {
    match event.what {
        What::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_names_its_sender_number_and_answer() {
    let event = inbound(json!({"from": "15550100001", "id": "wamid.A", "timestamp": "1790000000", "type": "text",
        "text": {"body": "STOP"}, "context": {"from": "15550109999", "id": "wamid.Z"}}));
    assert_eq!((event.waba_id.as_str(), event.phone_number_id.as_deref()), ("9001", Some("7001")));
    assert_eq!((event.at, event.dedup_key.as_str()), (Some(1790000000), "message:wamid.A"));
    let message = message_of(event);
    assert_eq!(message.from.phone, Some(Number::new("15550100001")));
    assert_eq!(message.from.user_id.as_deref(), Some("US.1349"));
    assert_eq!(message.profile_name.as_deref(), Some("Ada L."));
    assert_eq!(message.context_id.as_deref(), Some("wamid.Z"));
    assert_eq!(message.opts_out(), Some((crate::domain::consent::Suppression::OptedOutOfEverything, "stop")));
}

#[test]
fn a_person_may_have_no_phone_number() {
    for from in [json!(null), json!("")] {
        let value = json!({"metadata": {"phone_number_id": "7001"},
            "contacts": [{"profile": {"name": "Ada L.", "username": "ada"}, "wa_id": from, "user_id": "US.1349", "parent_user_id": "US.ENT.7"}],
            "messages": [{"from": from, "from_user_id": "US.1349", "id": "wamid.A", "timestamp": "1", "type": "text", "text": {"body": "hi"}}]});
        let message = message_of(one("messages", value));
        let user_id = Some("US.1349".to_owned());
        assert_eq!(message.from, Sender { phone: None, user_id, parent_user_id: Some("US.ENT.7".into()) });
        assert_eq!((message.profile_name.as_deref(), message.username.as_deref()), (Some("Ada L."), Some("ada")));
    }
}

#[test]
fn every_kind_of_message_is_told_apart() {
    let kind = |kind: &str, content: Value| {
        let mut m = json!({"from": "15550100001", "id": "wamid.A", "timestamp": "1", "type": kind});
        m[kind] = content;
        message_of(inbound(m)).kind
    };
    assert_eq!(
        kind("button", json!({"payload": "stop-promos", "text": "Stop"})),
        MessageKind::Button { payload: Some("stop-promos".into()), text: "Stop".into() }
    );
    assert_eq!(
        kind("interactive", json!({"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}})),
        MessageKind::Interactive(Interactive::ButtonReply { id: "y".into(), title: "Yes".into() })
    );
    assert_eq!(
        kind(
            "interactive",
            json!({"type": "list_reply", "list_reply": {"id": "r1", "title": "Row", "description": "d"}})
        ),
        MessageKind::Interactive(Interactive::ListReply {
            id: "r1".into(),
            title: "Row".into(),
            description: Some("d".into())
        })
    );
    assert_eq!(
        kind("interactive", json!({"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{}"}})),
        MessageKind::Interactive(Interactive::FormReply { name: Some("flow".into()), response: Some("{}".into()) })
    );
    assert_eq!(
        kind("interactive", json!({"type": "hologram"})),
        MessageKind::Interactive(Interactive::Other { kind: "hologram".into() })
    );
    assert_eq!(kind("image", json!({"caption": "no id"})), MessageKind::Other { kind: "image".into() });
    assert_eq!(kind("text", json!("not an object")), MessageKind::Text { body: String::new() });
}

#[test]
fn a_status_carries_our_token_price_and_error() {
    let value = json!({"metadata": {"phone_number_id": 7001}, "statuses": [{"id": "wamid.A", "status": "failed",
        "timestamp": 1790000100, "recipient_id": "15550100001", "biz_opaque_callback_data": "v1.x",
        "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
        "errors": [{"code": "131026", "title": "Message undeliverable", "error_data": {"details": "to +15550100001"}}]}]});
    let event = one("messages", value);
    assert_eq!(event.dedup_key, "status:wamid.A:failed");
    assert_eq!((event.at, event.phone_number_id.as_deref()), (Some(1790000100), Some("7001")));
    assert!(!format!("{event:?}").contains("15550100001"), "a phone number is printed");
    let What::Status(status) = event.what else { panic!() };
    assert_eq!(status.status, DeliveryStatus::Failed);
    assert_eq!(status.callback.as_deref(), Some("v1.x"));
    assert_eq!(status.recipient.phone, Some(Number::new("15550100001")));
    assert_eq!(status.pricing.unwrap().category.as_deref(), Some("marketing"));
    let error =
        EventError { code: 131026, title: Some("Message undeliverable".into()), details: Some("to …01".into()) };
    assert_eq!(status.errors, [error]);
}

#[test]
fn a_status_we_do_not_know_is_kept_by_its_word() {
    let event = one("messages", json!({"statuses": [{"id": "wamid.A", "status": "warning", "timestamp": "1"}]}));
    let What::Status(status) = event.what else { panic!() };
    assert_eq!(status.status, DeliveryStatus::Other("warning".into()));
}

#[test]
fn all_entries_changes_messages_and_statuses_are_seen() {
    let status = |n: usize| json!({"id": format!("wamid.{n}"), "status": "sent", "timestamp": "1"});
    let change = |from: usize| json!({"field": "messages", "value": {"statuses": (from..from + 250).map(status).collect::<Vec<_>>()}});
    let entry = |id: &str, from: usize| json!({"id": id, "changes": [change(from), change(from + 250)]});
    let body = json!({"object": "whatsapp_business_account", "entry": [entry("1", 0), entry("2", 500)]});
    let events = parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(events.len(), 1000);
    assert_eq!(events.iter().filter(|e| e.waba_id == "2").count(), 500);
    let keys: std::collections::HashSet<_> = events.iter().map(|e| &e.dedup_key).collect();
    assert_eq!(keys.len(), 1000);
}

#[test]
fn template_events() {
    let ids = json!({"message_template_id": 1234567890123456u64, "message_template_name": "offer", "message_template_language": "en_US"});
    let with = |more: Value| {
        let mut value = ids.clone();
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    let event = one(
        "message_template_status_update",
        with(json!({"event": "PAUSED", "reason": "NONE", "other_info": {"title": "FIRST_PAUSE"}})),
    );
    assert_eq!(event.dedup_key, "message_template_status_update:1739321024:1234567890123456:PAUSED");
    let What::TemplateStatus(status) = event.what else { panic!() };
    assert_eq!(
        (status.event.clone(), status.reason, status.title.as_deref()),
        (TemplateEvent::Paused, None, Some("FIRST_PAUSE"))
    );
    assert!(
        !status.event.may_send()
            && TemplateEvent::Reinstated.may_send()
            && !TemplateEvent::Other("NEW".into()).may_send()
    );

    let quality = with(json!({"previous_quality_score": "GREEN", "new_quality_score": "RED"}));
    for field in ["message_template_quality_update", "message_template_status_update"] {
        let What::TemplateQuality(q) = one(field, quality.clone()).what else { panic!() };
        assert_eq!(
            (q.previous.as_deref(), q.new.as_str(), q.template.id.as_str()),
            (Some("GREEN"), "RED", "1234567890123456")
        );
    }

    let What::TemplateCategory(c) =
        one("template_category_update", with(json!({"new_category": "UTILITY", "correct_category": "MARKETING"}))).what
    else {
        panic!()
    };
    assert_eq!((c.new_category.as_str(), c.correct_category.as_deref()), ("UTILITY", Some("MARKETING")));
}

#[test]
fn number_and_account_events() {
    let What::PhoneQuality(q) = one("phone_number_quality_update",
        json!({"display_phone_number": "15550109999", "event": "ONBOARDING", "max_daily_conversations_per_business": 2000})).what
    else { panic!() };
    assert_eq!((q.event.as_str(), q.limit.as_deref()), ("ONBOARDING", Some("2000")));

    let account = |value| match one("account_update", value).what {
        What::AccountUpdate(update) => update,
        other => panic!("{other:?}"),
    };
    let restricted = account(json!({"event": "ACCOUNT_RESTRICTION",
        "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1}]}));
    assert_eq!(restricted.restrictions, ["RESTRICTED_BIZ_INITIATED_MESSAGING"]);
    assert!(restricted.stops_sending());
    assert!(account(json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}})).stops_sending());
    assert!(
        account(json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": ["SCHEDULE_FOR_DISABLE"]}}))
            .stops_sending()
    );
    assert!(!account(json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}})).stops_sending());
    assert!(!account(json!({"event": "PARTNER_ADDED"})).stops_sending());
}

#[test]
fn a_persons_wish_about_marketing() {
    let wish = |value: &str| json!({"wa_id": "15550100001", "category": "marketing_messages", "value": value, "timestamp": 1731705721});
    let events =
        parse(&delivery("user_preferences", json!({"user_preferences": [wish("stop"), wish("resume"), wish("?")]})))
            .unwrap();
    let values: Vec<_> = events
        .iter()
        .map(|e| match &e.what {
            What::UserPreference(p) => Some(p.value),
            _ => None,
        })
        .collect();
    assert_eq!(values, [Some(Preference::Stop), Some(Preference::Resume), None]);
    assert_eq!(events[0].at, Some(1731705721));
    assert!(events.iter().all(|e| !e.dedup_key.contains("15550100001")));
    assert_ne!(events[0].dedup_key, events[1].dedup_key);
    let nobody = json!({"user_preferences": [{"value": "stop", "timestamp": 1}]});
    assert!(matches!(one("user_preferences", nobody).what, What::Unknown { .. }));
}

#[test]
fn what_is_unknown_is_kept_whole() {
    let value = json!({"anything": [1, {"at": "all"}]});
    let event = one("brand_new_field", value.clone());
    assert_eq!(event.what, What::Unknown { field: "brand_new_field".into(), raw: value.clone() });
    assert_eq!(event.dedup_key, one("brand_new_field", value.clone()).dedup_key);
    assert_ne!(event.dedup_key, one("brand_new_field", json!({"anything": [2]})).dedup_key);
    for odd in [json!({}), json!(null), json!({"messages": "x", "statuses": 3}), json!({"errors": [{"title": "?"}]})] {
        assert!(matches!(one("messages", odd).what, What::Unknown { .. }));
    }
    for without_id in [json!({"messages": [{"type": "text"}]}), json!({"statuses": [{"status": "sent"}]})] {
        assert!(matches!(one("messages", without_id).what, What::Unknown { .. }));
    }
}

#[test]
fn what_is_no_delivery_is_refused_with_a_place_and_without_content() {
    assert_eq!(parse(b"{\n  \"secret\": oops"), Err(ParseError::NotJson { line: 2, column: 13 }));
    for other in ["{}", "[]", "null", "3", r#"{"object":"page","entry":[]}"#, r#"{"object":{}}"#] {
        assert_eq!(parse(other.as_bytes()), Err(ParseError::OtherObject), "{other}");
    }
    assert_eq!(parse(br#"{"object":"whatsapp_business_account","entry":{}}"#), Err(ParseError::NoEntries));
    assert_eq!(parse(br#"{"object":"whatsapp_business_account","entry":[]}"#), Ok(vec![]));
}

#[test]
fn half_an_emoji_spoils_nothing_else() {
    let name = |escape: &str| {
        let whole = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":
            {"contacts":[{"profile":{"name":"NAME"},"wa_id":"15550100001"}],
             "messages":[{"from":"15550100001","id":"wamid.A","type":"text","text":{"body":"STOP"}}]}}]}]}"#;
        let events = parse(whole.replace("NAME", escape).as_bytes()).unwrap();
        let [event] = events.as_slice() else { panic!("{events:?}") };
        let message = message_of(event.clone());
        assert!(message.opts_out().is_some(), "{escape}");
        message.profile_name.unwrap_or_default()
    };
    for (escape, read) in [
        (r"Bo \ud83d", "Bo \u{fffd}"),
        (r"\udc4b Bo", "\u{fffd} Bo"),
        (r"\ud83d\ud83d\udc4b", "\u{fffd}👋"),
        (r"\ud83d\udc4b\uD83D", "👋\u{fffd}"),
        (r"\\ud83d\ud83d", "\\ud83d\u{fffd}"),
        (r"\ud83", "?"),
    ] {
        if read == "?" {
            assert!(matches!(parse(format!("\"{escape}\"").as_bytes()), Err(ParseError::NotJson { .. })));
        } else {
            assert_eq!(name(escape), read, "{escape}");
        }
    }
}

#[test]
fn hostile_bodies_neither_crash_nor_hang() {
    let deep = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    assert!(matches!(parse(deep.as_bytes()), Err(ParseError::NotJson { .. })));
    let deep = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":{}1{}}}]}}"#,
        "{\"a\":".repeat(5000),
        "}".repeat(5000)
    );
    assert!(matches!(parse(deep.as_bytes()), Err(ParseError::NotJson { .. })));
    assert!(matches!(parse(&[0xff; 64]), Err(ParseError::NotJson { .. })));
    assert!(matches!(parse(b""), Err(ParseError::NotJson { .. })));

    let long = "退".repeat(1 << 20); // 3 MB in one text
    let event = inbound(json!({"from": "1", "id": "wamid.A", "type": "text", "text": {"body": long}}));
    assert_eq!(message_of(event).opts_out(), None);
    let many = json!({"statuses": vec![json!({"id": 1, "status": [], "errors": 7}); 95_000]});
    let body = delivery("messages", many);
    assert!(body.len() > 2_900_000);
    assert_eq!(parse(&body).unwrap().len(), 95_000);
}
