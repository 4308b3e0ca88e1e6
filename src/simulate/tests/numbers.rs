//! Numbers: profile, identity check, blocked people, read receipts, and what Meta decides about them.

use serde_json::{Value, json};

use super::{Business, PHONE, prompt, text, until};

const ADA: &str = "+85255501234";

#[tokio::test]
async fn a_profile_keeps_what_fits() {
    let business = Business::prompt().await;
    let path = format!("/v24.0/{PHONE}/whatsapp_business_profile");
    let fits = json!({"messaging_product": "whatsapp", "about": "Tea since 1931", "email": "tea@shop.example",
        "websites": ["https://shop.example"], "vertical": "RESTAURANT"});
    assert_eq!(business.call("POST", &path, Some(&fits)).await.1, json!({"success": true}));
    for (key, value) in [
        ("about", json!("")),
        ("about", json!("x".repeat(140))),
        ("address", json!("x".repeat(257))),
        ("description", json!("x".repeat(513))),
        ("email", json!("nowhere")),
        ("websites", json!(["https://a.example", "https://b.example", "https://c.example"])),
        ("websites", json!(["shop"])),
        ("vertical", json!("TEA")),
        ("messaging_product", json!("telegram")),
    ] {
        let mut wrong = json!({"messaging_product": "whatsapp", "address": "1 Pier Road"});
        wrong[key] = value.clone();
        let (status, answer) = business.call("POST", &path, Some(&wrong)).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{key} = {value}");
    }
    let read = business.get(&format!("{path}?fields=about,address,websites,vertical")).await;
    assert_eq!(
        read["data"],
        json!([{"about": "Tea since 1931", "websites": ["https://shop.example"], "vertical": "RESTAURANT"}]),
        "a call that does not fit changes nothing"
    );
}

#[tokio::test]
async fn an_identity_that_changed_gets_nothing() {
    let business = Business::prompt().await;
    let settings = format!("/v24.0/{PHONE}/settings");
    let on = json!({"user_identity_change": {"enable_identity_key_check": true}});
    assert_eq!(business.call("POST", &settings, Some(&on)).await.0, 200);
    business.control("customers/act", json!({"number": ADA, "text": "Hello"})).await;
    let inbound = until(|| business.heard.values("messages"), |list| !list.is_empty()).await.remove(0);
    let hash = inbound["contacts"][0]["identity_key_hash"].clone();
    assert!(hash.is_string(), "{inbound}");
    let mut message = text(ADA, "Pay here");
    message["recipient_identity_key_hash"] = hash.clone();
    business.accepted(&message).await;
    let statuses = until(|| business.heard.statuses(), |list| list.len() == 3).await;
    assert!(statuses.iter().all(|status| status["recipient_identity_key_hash"] == hash));

    business.control("customers/act", json!({"number": ADA, "new": "identity"})).await;
    let system = until(|| business.heard.messages(), |list| list.len() == 2).await.remove(1);
    assert_eq!((&system["type"], &system["system"]["type"]), (&json!("system"), &json!("customer_identity_changed")));
    business.accepted(&message).await;
    let failed = until(|| business.heard.statuses(), |list| list.len() == 4).await.remove(3);
    assert_eq!((&failed["status"], &failed["errors"][0]["code"]), (&json!("failed"), &json!(137_000)));
    message.as_object_mut().unwrap().remove("recipient_identity_key_hash");
    business.accepted(&message).await;
    until(|| business.heard.statuses(), |list| list.len() == 7).await;
}

async fn blocks(business: &Business, method: &str, users: &[&str]) -> (u16, Value) {
    let list: Vec<Value> = users.iter().map(|user| json!({"user": user})).collect();
    let body = json!({"messaging_product": "whatsapp", "block_users": list});
    business.call(method, &format!("/v24.0/{PHONE}/block_users"), Some(&body)).await
}

#[tokio::test]
async fn only_who_wrote_can_be_blocked_and_then_nothing_passes() {
    let mut settings = prompt();
    settings.limits.blocked_users = 2;
    let business = Business::open(settings).await;
    let people = [ADA, "+85255501235", "+85255501236"];
    for person in people {
        business.control("customers/act", json!({"number": person, "text": "Hello"})).await;
    }
    let (status, answer) = blocks(&business, "POST", &[ADA, "+85255509999"]).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(139_100)), "{answer}");
    assert_eq!(answer["block_users"]["added_users"], json!([{"input": ADA, "wa_id": "85255501234"}]));
    assert_eq!(answer["block_users"]["failed_users"][0]["errors"][0]["code"], 131_047);
    assert_eq!(business.refusal(&text(ADA, "Hello")).await, (400, 130_403));
    until(|| business.heard.messages(), |list| list.len() == 3).await;
    business.control("customers/act", json!({"number": ADA, "text": "Let me in"})).await;
    business.control("customers/act", json!({"number": people[1], "text": "And me"})).await;
    let heard = until(|| business.heard.messages(), |list| list.len() == 4).await;
    assert!(heard.iter().all(|message| message["text"]["body"] != "Let me in"));

    assert_eq!(blocks(&business, "POST", &[people[1]]).await.0, 200);
    let (_, full) = blocks(&business, "POST", &[people[2]]).await;
    assert_eq!(full["block_users"]["failed_users"][0]["errors"][0]["code"], 139_101);
    let list = business.get(&format!("/v24.0/{PHONE}/block_users?limit=1")).await;
    assert_eq!((list["data"].as_array().unwrap().len(), list["paging"]["next"].is_string()), (1, true));
    let (status, freed) = blocks(&business, "DELETE", &[ADA]).await;
    assert_eq!((status, &freed["block_users"]["removed_users"][0]["input"]), (200, &json!(ADA)));
    business.accepted(&text(ADA, "Welcome back")).await;
}

#[tokio::test]
async fn a_read_receipt_needs_a_message() {
    let business = Business::prompt().await;
    let read = |id: &str| json!({"messaging_product": "whatsapp", "status": "read", "message_id": id});
    assert_eq!(business.refusal(&read("wamid.nothing")).await, (400, 131_009));
    business.control("customers/act", json!({"number": ADA, "text": "One"})).await;
    let second = business.control("customers/act", json!({"number": ADA, "text": "Two"})).await;
    let mut body = read(second["wamid"].as_str().unwrap());
    body["typing_indicator"] = json!({"type": "song"});
    assert_eq!(business.refusal(&body).await, (400, 100));
    body["typing_indicator"] = json!({"type": "text"});
    assert_eq!(business.send(&body).await, (200, json!({"success": true})));
    let page = async || business.http.get(business.at("/people/1")).send().await.unwrap().text().await.unwrap();
    let shown = page().await;
    assert_eq!(shown.matches("read by").count(), 2, "the earlier one too: {shown}");
    assert!(shown.contains("typing"), "{shown}");
    business.control("clock", json!({"advance_seconds": 26})).await;
    assert!(!page().await.contains("typing"), "25 seconds");
}

#[tokio::test]
async fn names_and_pins_are_told() {
    let business = Business::prompt().await;
    let asked = json!({"id": PHONE, "name": {"requested": "Harbour Tea", "decision": "APPROVED"},
        "security": "PIN_CHANGED", "quality": "RED"});
    business.control("phones", asked).await;
    let name = until(|| business.heard.values("phone_number_name_update"), |list| !list.is_empty()).await.remove(0);
    assert_eq!((&name["decision"], &name["requested_verified_name"]), (&json!("APPROVED"), &json!("Harbour Tea")));
    let pin = until(|| business.heard.values("security"), |list| !list.is_empty()).await.remove(0);
    assert_eq!(pin["event"], "PIN_CHANGED");
    until(|| business.heard.values("phone_number_quality_update"), |list| list[0]["event"] == "FLAGGED").await;
    let phone = business.get(&format!("/v24.0/{PHONE}?fields=verified_name,quality_rating")).await;
    assert_eq!((&phone["verified_name"], &phone["quality_rating"]), (&json!("Harbour Tea"), &json!("RED")));
}
