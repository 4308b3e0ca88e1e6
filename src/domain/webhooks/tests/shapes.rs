//! Whatever stands in a member of a delivery, the delivery is read: Meta adds words, and changes types, without a version.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::delivery;
use crate::domain::webhooks::*;

/// Fields that carry lists of messages, of statuses or of wishes.
const LISTS: &[&str] = &["messages", "smb_message_echoes", "user_preferences"];
/// Fields about the business, and one that nobody knows.
const OTHERS: &[&str] = &[
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "business_username_update",
    "flows",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
    "template_correct_category_detection",
    "tomorrows_field",
];

/// A message of each kind, with everything that Meta may say of it.
fn messages() -> Vec<Value> {
    let file =
        json!({"id": "1013", "mime_type": "x/y", "sha256": "c2hh", "caption": "C", "filename": "a.pdf", "voice": true});
    let contents = [
        ("text", json!({"body": "STOP"})),
        ("image", file.clone()),
        ("video", file.clone()),
        ("audio", file.clone()),
        ("document", file.clone()),
        ("sticker", file),
        ("button", json!({"payload": "p", "text": "T"})),
        ("location", json!({"latitude": 22.28, "longitude": 114.158, "name": "N", "address": "A"})),
        (
            "contacts",
            json!([{"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+1 555 010 0002", "wa_id": "1"}]}]),
        ),
        ("reaction", json!({"message_id": "w", "emoji": "👍"})),
        (
            "order",
            json!({"catalog_id": "c", "text": "T", "product_items": [{"product_retailer_id": "p", "quantity": 1, "item_price": 2.5, "currency": "HKD"}]}),
        ),
        (
            "system",
            json!({"type": "user_changed_number", "body": "B", "wa_id": "2", "user_id": "US.2", "identity": "i"}),
        ),
        ("edit", json!({"original_message_id": "w", "message": {"type": "text", "text": {"body": "B"}}})),
        ("revoke", json!({"original_message_id": "w"})),
        ("unsupported", json!({"type": "poll"})),
        ("interactive", json!({"type": "button_reply", "button_reply": {"id": "y", "title": "Y"}})),
        ("interactive", json!({"type": "list_reply", "list_reply": {"id": "y", "title": "Y", "description": "D"}})),
        (
            "interactive",
            json!({"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "B", "response_json": "{}"}}),
        ),
        ("tomorrows_kind", json!({"a": 1})),
    ];
    let message = |(kind, content): (&str, Value)| {
        let mut message = json!({"from": "1", "from_user_id": "US.1", "to": "2", "id": "w", "timestamp": "1", "type": kind,
            "context": {"id": "z", "from": "2", "forwarded": true, "referred_product": {"catalog_id": "c", "product_retailer_id": "p"}},
            "referral": {"source_url": "https://example.com", "source_type": "ad", "source_id": "s", "ctwa_clid": "k"},
            "errors": [{"code": 131_051, "title": "T"}]});
        message[kind] = content;
        message
    };
    contents.into_iter().map(message).collect()
}

/// One value for all lists, with this message.
fn lists(message: &Value) -> Value {
    json!({"metadata": {"phone_number_id": "7001", "display_phone_number": "1"}, "messages": [message], "message_echoes": [message],
        "contacts": [{"profile": {"name": "A", "username": "a"}, "wa_id": "1", "user_id": "US.1", "parent_user_id": "US.0", "identity_key_hash": "h"}],
        "statuses": [{"id": "w", "status": "failed", "timestamp": "1", "recipient_id": "1", "biz_opaque_callback_data": "t",
            "conversation": {"id": "c", "expiration_timestamp": "1", "origin": {"type": "marketing"}}, "pricing": {"billable": true, "pricing_model": "PMP",
            "category": "utility", "type": "regular"}, "payment": {"reference_id": "r", "transaction": {"id": "x", "status": "success", "amount": {"value": 1, "offset": 100}}},
            "errors": [{"code": 131_026, "title": "T", "error_data": {"details": "D"}}]}],
        "errors": [{"code": 131_031, "title": "T"}], "user_preferences": [{"wa_id": "1", "category": "marketing_messages", "value": "stop", "timestamp": 1}]})
}

/// One value for all fields about the business.
fn business() -> Value {
    json!({"event": "PAUSED", "message_template_id": 1, "message_template_name": "n", "message_template_language": "en",
        "other_info": {"title": "T"}, "reason": "R", "rejection_info": {"reason": "R", "recommendation": "R"}, "new_quality_score": "RED",
        "previous_quality_score": "GREEN", "previous_category": "UTILITY", "new_category": "MARKETING", "correct_category": "MARKETING",
        "category": "UTILITY", "display_phone_number": "1", "current_limit": "TIER_10K", "decision": "APPROVED", "requested_verified_name": "S",
        "username": "s", "status": "approved", "requester": "1", "restriction_info": [{"restriction_type": "R", "expiration": 1}],
        "violation_info": {"violation_type": "SCAM"}, "ban_info": {"waba_ban_state": "DISABLE"}, "entity_type": "BUSINESS",
        "alert_info": {"alert_severity": "WARNING", "alert_status": "ACTIVE", "alert_type": "T"}, "max_daily_conversations_per_business": "TIER_2K",
        "max_phone_numbers_per_waba": 20, "flow_id": "9", "new_status": "PUBLISHED", "configuration_name": "till"})
}

#[test]
fn any_member_of_any_field_and_kind_may_be_of_any_type() {
    let messages = messages();
    let samples = || {
        let lists = messages.iter().flat_map(|message| LISTS.iter().map(|field| (*field, lists(message))));
        lists.chain(OTHERS.iter().map(|field| (*field, business())))
    };
    for (field, value) in samples() {
        let events = parse(&delivery(field, value)).unwrap();
        let known = events.iter().all(|event| !matches!(event.what, What::Unknown { .. }));
        assert!(known || field == "tomorrows_field" || field == "smb_message_echoes", "{field}: {events:?}");
    }
    let mut rng = StdRng::seed_from_u64(7);
    for (field, sample) in (0..100).flat_map(|_| samples()) {
        let mut value = sample;
        for _ in 0..rng.random_range(1..6) {
            replace_somewhere(&mut value, &mut rng);
        }
        let body = delivery(field, value);
        let events = parse(&body).unwrap();
        assert!(!events.is_empty(), "{field}: nothing is kept");
        assert!(events.iter().all(|e| !e.dedup_key.is_empty() && e.waba_id == "9001"), "{field}");
        assert!(masked(&body, "9001", None).is_some(), "{field}");
    }
}

fn replace_somewhere(value: &mut Value, rng: &mut StdRng) {
    let size = match value {
        Value::Object(map) => map.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    };
    if size == 0 || rng.random_range(0..6) == 0 {
        let others = [
            json!(null),
            json!(-1),
            json!(1e300),
            json!(""),
            json!("x"),
            json!([]),
            json!([[]]),
            json!({}),
            json!(true),
        ];
        *value = others[rng.random_range(0..others.len())].clone();
        return;
    }
    let at = rng.random_range(0..size);
    match value {
        Value::Object(map) => replace_somewhere(map.values_mut().nth(at).unwrap(), rng),
        Value::Array(items) => replace_somewhere(&mut items[at], rng),
        _ => {}
    }
}
