//! What a send call is answered with.

use serde_json::{Value, json};

use super::super::settings::{Limits, PhoneSettings, Settings};
use super::{Business, PHONE, WABA, offer, prompt, text};

const ADA: &str = "+85255501234";

#[tokio::test]
async fn two_equal_sends_are_two_messages() {
    let business = Business::prompt().await;
    let (status, first) = business.send(&offer(ADA, "op-1")).await;
    assert_eq!(status, 200);
    assert_eq!(first["messaging_product"], "whatsapp");
    assert_eq!(first["contacts"], json!([{"input": ADA, "wa_id": "85255501234"}]));
    assert_eq!(first["messages"][0]["message_status"], "accepted");
    let second = business.accepted(&offer(ADA, "op-1")).await;
    assert_ne!(first["messages"][0]["id"], second);
    let sends = business.sends().await;
    assert_eq!(sends.len(), 2);
    assert_eq!(sends[0]["parameters"], json!(["Ada", "Friday"]));
    assert_eq!((&sends[0]["template"], &sends[0]["language"]), (&json!("winter_offer"), &json!("en_US")));
    assert_eq!(sends[1]["biz_opaque_callback_data"], "op-1");
    let state = business.get("/control/state").await;
    assert_eq!((&state["duplicate_opaque"], &state["distinct_opaque"]), (&json!(1), &json!(1)));
}

/// Replaces or removes one value of a valid message.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = offer(ADA, "op");
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(fields), Value::Null) => drop(fields.remove(key)),
        (Value::Object(fields), value) => drop(fields.insert(key.into(), value)),
        (Value::Array(list), Value::Null) => drop(list.remove(key.parse().unwrap())),
        (Value::Array(list), value) => list[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer} leads nowhere"),
    }
    body
}

#[tokio::test]
async fn every_mistake_in_a_template_send_has_its_code() {
    let business = Business::prompt().await;
    let parameters = "/template/components/0/parameters";
    let long = "x".repeat(513);
    for (pointer, value, expected) in [
        ("/messaging_product", Value::Null, (400, 100)),
        ("/messaging_product", json!("telegram"), (400, 100)),
        ("/to", Value::Null, (400, 100)),
        ("/to", json!("Ada"), (400, 131_009)),
        ("/type", json!("pigeon"), (400, 100)),
        ("/template", Value::Null, (400, 131_008)),
        ("/template/name", Value::Null, (400, 100)),
        ("/template/name", json!("nobody_wrote_this"), (404, 132_001)),
        ("/template/name", json!("old_campaign"), (400, 132_015)),
        ("/template/name", json!("too_good"), (404, 132_001)),
        ("/template/language/code", json!("fr"), (404, 132_001)),
        (parameters, json!([]), (400, 132_000)),
        ("/template/components/0/parameters/1", Value::Null, (400, 132_000)),
        ("/template/components/0/parameters/1", json!({"type": "image", "image": {"id": "1"}}), (400, 132_012)),
        ("/template/components/0/parameters/1/text", json!(""), (400, 131_008)),
        ("/template/components/0/parameters/1/text", json!("two\nlines"), (400, 100)),
        ("/template/components/0/parameters/1/text", json!("y".repeat(1100)), (400, 132_005)),
        ("/template/components/1", Value::Null, (400, 131_008)),
        ("/template/components/1/sub_type", json!("quick_reply"), (400, 132_012)),
        ("/template/components/1/index", json!(7), (400, 132_000)),
        ("/biz_opaque_callback_data", json!(long), (400, 100)),
        ("/category", json!("utility"), (400, 100)),
    ] {
        let body = with(pointer, value.clone());
        assert_eq!(business.refusal(&body).await, expected, "{pointer} = {value}");
    }
    let named = |parameters: Value| {
        json!({"messaging_product": "whatsapp", "to": ADA, "type": "template", "template": {"name": "order_ready",
            "language": {"code": "en_US"}, "components": [{"type": "body", "parameters": parameters}]}})
    };
    let ada = json!({"type": "text", "parameter_name": "first_name", "text": "Ada"});
    let order = json!({"type": "text", "parameter_name": "order_number", "text": "A-17"});
    assert_eq!(business.refusal(&named(json!([ada, {"type": "text", "text": "A-17"}]))).await, (400, 100));
    assert_eq!(business.refusal(&named(json!([ada, ada]))).await, (400, 132_012));
    business.accepted(&named(json!([order, ada]))).await;
    let sends = business.sends().await;
    assert_eq!(sends.last().unwrap()["parameters"], json!(["Ada", "A-17"]), "in the template's order");
}

#[tokio::test]
async fn free_form_bodies_are_read_with_their_limits() {
    let business = Business::prompt().await;
    business.control("customers", json!({"number": ADA, "wrote_hours_ago": 1.0})).await;
    let message =
        |kind: &str, content: Value| json!({"messaging_product": "whatsapp", "to": ADA, "type": kind, kind: content});
    let button = |title: &str| json!({"type": "reply", "reply": {"id": title, "title": title}});
    let buttons = |list: Value| json!({"type": "button", "body": {"text": "?"}, "action": {"buttons": list}});
    for (kind, content) in [
        ("text", json!({"body": "hello", "preview_url": false})),
        ("image", json!({"link": "https://shop.example/tea.jpg", "caption": "tea"})),
        ("document", json!({"link": "https://shop.example/menu.pdf", "filename": "menu.pdf"})),
        ("location", json!({"latitude": "22.28", "longitude": "114.15", "name": "Central"})),
        ("contacts", json!([{"name": {"formatted_name": "Ann", "first_name": "Ann"}}])),
        ("reaction", json!({"message_id": "wamid.x", "emoji": "🍵"})),
        ("interactive", buttons(json!([button("Yes"), button("No")]))),
        (
            "interactive",
            json!({"type": "list", "body": {"text": "?"}, "action": {"button": "Pick", "sections": [
            {"rows": [{"id": "1", "title": "One"}]}]}}),
        ),
        (
            "interactive",
            json!({"type": "cta_url", "body": {"text": "?"}, "action": {"name": "cta_url",
            "parameters": {"display_text": "Pay", "url": "https://shop.example/p"}}}),
        ),
    ] {
        business.accepted(&message(kind, content)).await;
    }
    for (kind, content, code) in [
        ("text", json!({"body": "x".repeat(4097)}), 100),
        ("text", json!({}), 100),
        ("image", json!({"caption": "no image"}), 131_008),
        ("image", json!({"id": "1", "caption": "x".repeat(1025)}), 100),
        ("image", json!({"link": "ftp://x"}), 131_009),
        ("image", json!({"id": "1013"}), 100),
        ("image", json!({"id": "my picture"}), 100),
        ("location", json!({"latitude": 91, "longitude": 0}), 131_009),
        ("contacts", json!([]), 131_008),
        ("interactive", buttons(json!([])), 131_009),
        ("interactive", buttons(json!([button("Same"), button("Same")])), 131_009),
        ("interactive", buttons(json!([button("A title of many words")])), 100),
        ("interactive", json!({"type": "button", "action": {"buttons": []}}), 131_008),
        ("interactive", json!({"type": "song", "body": {"text": "?"}, "action": {}}), 100),
    ] {
        assert_eq!(business.refusal(&message(kind, content.clone())).await.1, code, "{kind} {content}");
    }
}

#[tokio::test]
async fn callers_prove_who_they_are_and_name_what_exists() {
    let business = Business::open(Settings { require_proof: true, ..prompt() }).await;
    let right = super::webhooks::signature("simulated-app-secret", b"simulated-system-user-token");
    let ask = async |path: &str, token: Option<&str>| {
        let request = business.http.get(business.at(path));
        let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (status, body["error"]["code"].as_i64().unwrap_or(0), body["error"]["error_subcode"].as_i64().unwrap_or(0))
    };
    let token = Some("simulated-system-user-token");
    let foreign = super::super::samples::FOREIGN_ID;
    for (path, token, expected) in [
        (format!("/v24.0/{PHONE}?appsecret_proof={right}"), token, (200, 0, 0)),
        (format!("/v24.0/{PHONE}?appsecret_proof={right}"), None, (401, 190, 0)),
        (format!("/v24.0/{PHONE}?appsecret_proof={right}"), Some("stolen"), (401, 190, 0)),
        (format!("/v24.0/{PHONE}"), token, (400, 100, 0)),
        (format!("/v24.0/{PHONE}?appsecret_proof=00"), token, (400, 100, 0)),
        (format!("/v24.0/{foreign}?appsecret_proof={right}"), token, (403, 200, 0)),
        (format!("/v24.0/999?appsecret_proof={right}"), token, (400, 100, 33)),
        (format!("/v24.0/{PHONE}/nothing?appsecret_proof={right}"), token, (400, 100, 33)),
        (format!("/v19.0/{PHONE}?appsecret_proof={right}"), token, (400, 100, 0)),
        (format!("/{PHONE}/messages?appsecret_proof={right}"), token, (400, 100, 0)),
        ("/a/b/c/d".to_owned(), token, (400, 100, 0)),
    ] {
        assert_eq!(ask(&path, token).await, expected, "{path}");
    }
}

#[tokio::test]
async fn the_window_is_of_one_number_and_closes_after_a_day() {
    let business = Business::prompt().await;
    business.control("life", json!({"refused_later": []})).await;
    assert_eq!(business.refusal(&text(ADA, "hello")).await, (400, 131_047));
    business.control("customers/act", json!({"number": ADA, "text": "Hi", "phone_number_id": PHONE})).await;
    business.accepted(&text(ADA, "hello")).await;
    let other = "/v24.0/106540352242923/messages";
    let (_, answer) = business.call("POST", other, Some(&text(ADA, "hello"))).await;
    assert_eq!(answer["error"]["code"], 131_047, "another number has another window");
    business.control("clock", json!({"advance_seconds": 24 * 3600 + 1})).await;
    assert_eq!(business.refusal(&text(ADA, "hello")).await, (400, 131_047));
}

#[tokio::test]
async fn limits_bite_with_their_codes() {
    let limits = Limits { marketing_per_day: 2, messaging_limit: "TIER_50".into(), ..Limits::default() };
    let test_number = PhoneSettings {
        allowed: Some(vec!["85255501234".into()]),
        ..PhoneSettings::new("7", "+1 555 010 9999", "Test")
    };
    let slow = PhoneSettings { throughput: 5, ..PhoneSettings::new("8", "+1 555 010 8888", "Slow") };
    let mut settings = Settings { limits, ..prompt() };
    settings.life.refused_later = Vec::new();
    settings.phone_numbers.extend([test_number, slow]);
    let business = Business::open(settings).await;
    let code = async |phone: &str, body: &Value| {
        let (_, answer) = business.call("POST", &format!("/v24.0/{phone}/messages"), Some(body)).await;
        answer["error"]["code"].as_i64().unwrap_or(0)
    };
    // Not on WhatsApp, not allowed, oneself, the United States.
    assert_eq!(code(PHONE, &offer("+85255500404", "a")).await, 131_026);
    assert_eq!(code("7", &offer("+85255509999", "a")).await, 131_030);
    assert_eq!(code(PHONE, &offer("+85255501000", "a")).await, 131_021);
    assert_eq!(code(PHONE, &offer("+12125550123", "a")).await, 131_049);
    // Two marketing messages a day, and none after a stop.
    assert_eq!(code(PHONE, &offer(ADA, "a")).await, 0);
    assert_eq!(code(PHONE, &offer(ADA, "a")).await, 0);
    assert_eq!(code(PHONE, &offer(ADA, "a")).await, 131_049);
    business.control("customers/act", json!({"number": ADA, "marketing": "stop"})).await;
    assert_eq!(code(PHONE, &offer(ADA, "a")).await, 131_050);
    business.control("customers/act", json!({"number": ADA, "marketing": "resume"})).await;
    business.control("clock", json!({"advance_seconds": 25 * 3600})).await;
    assert_eq!(code(PHONE, &offer(ADA, "a")).await, 0);
    // Fifty people a day.
    for person in 1..50 {
        assert_eq!(code(PHONE, &offer(&format!("+852555070{person:02}"), "a")).await, 0, "{person}");
    }
    assert_eq!(code(PHONE, &offer("+85255507099", "a")).await, 131_048);
    assert_eq!(code(PHONE, &offer("+85255507001", "a")).await, 0, "who was counted may get more");
    // Five a second.
    let mut refused = 0;
    for _ in 0..30 {
        refused += i64::from(code("8", &offer("+85255507001", "a")).await == 130_429);
    }
    assert!(refused >= 10, "{refused} of 30");
    // Everything, when the account is blocked.
    business.control("account", json!({"blocked_with": 131_042})).await;
    assert_eq!(code(PHONE, &offer(ADA, "a")).await, 131_042);
}

#[tokio::test]
async fn one_person_gets_a_burst_of_45() {
    let business = Business::prompt().await;
    business.control("customers", json!({"number": ADA, "wrote_hours_ago": 0.1})).await;
    for at in 0..45 {
        let (status, answer) = business.send(&text(ADA, "hello")).await;
        assert_eq!(status, 200, "{at}: {answer}");
    }
    assert_eq!(business.refusal(&text(ADA, "hello")).await, (400, 131_056));
    business.accepted(&offer("+85255505678", "a")).await;
    business.control("clock", json!({"advance_seconds": 6.5})).await;
    business.accepted(&text(ADA, "hello")).await;
}

#[tokio::test]
async fn numbers_and_account_tell_their_fields() {
    let business = Business::prompt().await;
    let list = business.get(&format!("/v24.0/{WABA}/phone_numbers?limit=1")).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let next = list["paging"]["next"].as_str().unwrap().to_owned();
    let second = business.get(next.strip_prefix(&business.simulator.url()).unwrap()).await;
    assert_eq!(second["data"][0]["id"], "106540352242923");
    assert!(second["paging"]["next"].is_null(), "the last page has no next");
    let fields = "display_phone_number,quality_rating,throughput{level},whatsapp_business_manager_messaging_limit";
    let phone = business.get(&format!("/v24.0/{PHONE}?fields={fields}")).await;
    assert_eq!(
        phone,
        json!({"id": PHONE, "display_phone_number": "+852 5550 1000", "quality_rating": "GREEN",
        "throughput": {"level": "STANDARD"}, "whatsapp_business_manager_messaging_limit": "TIER_100K"})
    );
    let (status, answer) = business.call("GET", &format!("/v24.0/{PHONE}?fields=shoe_size"), None).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
    let account = business.get(&format!("/v24.0/{WABA}?fields=name,currency")).await;
    assert_eq!(account, json!({"id": WABA, "name": "Harbour Tea House", "currency": "HKD"}));
    let (_, done) = business.call("DELETE", &format!("/v24.0/{WABA}/subscribed_apps"), None).await;
    assert_eq!(done, json!({"success": true}));
    assert_eq!(business.get(&format!("/v24.0/{WABA}/subscribed_apps")).await, json!({"data": []}));
}
