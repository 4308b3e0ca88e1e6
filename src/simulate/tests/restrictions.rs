//! What Meta decides about the account, and which sends that stops.

use serde_json::{Value, json};

use super::{Business, PHONE, WABA, offer, text, until};

const ADA: &str = "+85255501234";

fn ready(to: &str) -> Value {
    let parameter = |name: &str, text: &str| json!({"type": "text", "parameter_name": name, "text": text});
    json!({"messaging_product": "whatsapp", "to": to, "type": "template", "template": {"name": "order_ready",
        "language": {"code": "en_US"}, "components": [{"type": "body",
        "parameters": [parameter("first_name", "Ada"), parameter("order_number", "A-17")]}]}})
}

async fn health(business: &Business) -> (Value, Value) {
    let account = business.get(&format!("/v24.0/{WABA}?fields=status,health_status")).await;
    (account["status"].clone(), account["health_status"]["can_send_message"].clone())
}

#[tokio::test]
async fn restrictions_stop_what_they_name_until_they_end() {
    let business = Business::prompt().await;
    business.control("customers", json!({"number": ADA, "wrote_hours_ago": 1})).await;
    let stranger = "+85255505678";
    let restrict = async |what: &str, hours: Value| {
        business.control("account", json!({"restriction": {"type": what, "hours": hours}})).await
    };
    restrict("RESTRICTED_BIZ_INITIATED_MESSAGING", json!(2)).await;
    let told = until(|| business.heard.values("account_update"), |list| !list.is_empty()).await.remove(0);
    assert_eq!(told["event"], "ACCOUNT_RESTRICTION");
    assert_eq!(told["restriction_info"][0]["restriction_type"], "RESTRICTED_BIZ_INITIATED_MESSAGING");
    assert_eq!(business.refusal(&offer(stranger, "op")).await, (403, 368));
    business.accepted(&text(ADA, "An answer still goes out")).await;
    assert_eq!(health(&business).await, (json!("RESTRICTED"), json!("LIMITED")));
    business.control("clock", json!({"advance_seconds": 2 * 3600})).await;
    business.accepted(&offer(stranger, "op")).await;
    assert_eq!(health(&business).await, (json!("ACTIVE"), json!("AVAILABLE")));

    restrict("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", json!(2)).await;
    assert_eq!(business.refusal(&text(ADA, "An answer")).await, (403, 368));
    business.accepted(&offer(stranger, "op")).await;
    restrict("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", Value::Null).await;
    restrict("RESTRICTED_UTILITY_TEMPLATES", json!(2)).await;
    assert_eq!(business.refusal(&ready(stranger)).await.1, 131_064);
    business.accepted(&offer(stranger, "op")).await;
}

#[tokio::test]
async fn a_banned_or_rejected_account_sends_nothing() {
    let business = Business::prompt().await;
    business.control("account", json!({"ban": "SCHEDULE_FOR_DISABLE"})).await;
    business.accepted(&offer(ADA, "op")).await;
    business.control("account", json!({"ban": "DISABLE"})).await;
    assert_eq!(business.refusal(&offer(ADA, "op")).await, (403, 131_031));
    assert_eq!(health(&business).await, (json!("DISABLED"), json!("BLOCKED")));
    business.control("account", json!({"ban": "REINSTATE"})).await;
    business.accepted(&offer(ADA, "op")).await;
    let states = until(|| business.heard.values("account_update"), |list| list.len() == 3).await;
    let states: Vec<&Value> = states.iter().map(|value| &value["ban_info"]["waba_ban_state"]).collect();
    assert_eq!(states, ["SCHEDULE_FOR_DISABLE", "DISABLE", "REINSTATE"]);
    business.control("account", json!({"review": "REJECTED"})).await;
    assert_eq!(business.refusal(&offer(ADA, "op")).await, (403, 368));
    business.control("account", json!({"review": "APPROVED", "alert": {"type": "OBA_APPROVED"}})).await;
    business.accepted(&offer(ADA, "op")).await;
    let reviews = until(|| business.heard.values("account_review_update"), |list| list.len() == 2).await;
    assert_eq!(reviews[0], json!({"decision": "REJECTED"}));
    let alerts = until(|| business.heard.values("account_alerts"), |list| !list.is_empty()).await;
    assert_eq!(alerts[0]["alert_info"]["alert_type"], "OBA_APPROVED");
}

#[tokio::test]
async fn marketing_can_be_sent_to_its_own_door_only() {
    let business = Business::prompt().await;
    business.control("account", json!({"marketing_disabled": true})).await;
    assert_eq!(business.refusal(&offer(ADA, "op")).await.1, 131_063);
    business.accepted(&ready(ADA)).await;
    let door = format!("/v24.0/{PHONE}/marketing_messages");
    let mut body = offer(ADA, "op");
    body["product_policy"] = json!("STRICT");
    assert_eq!(business.call("POST", &door, Some(&body)).await.0, 200);
    body["product_policy"] = json!("MAYBE");
    assert_eq!(business.call("POST", &door, Some(&body)).await.1["error"]["code"], 100);
    assert_eq!(business.call("POST", &door, Some(&ready(ADA))).await.1["error"]["code"], 131_055);
}

#[tokio::test]
async fn direct_send_needs_no_window_where_it_is_enabled() {
    let business = Business::prompt().await;
    let mut body = text(ADA, "Your order A-17 is ready.");
    body["category"] = json!("utility");
    assert_eq!(business.refusal(&body).await, (400, 100));
    business.control("account", json!({"direct_send": "enabled"})).await;
    business.accepted(&body).await;
    let sent = until(|| business.heard.statuses(), |list| list.len() == 3).await.remove(0);
    assert_eq!((&sent["pricing"]["category"], &sent["pricing"]["type"]), (&json!("utility"), &json!("regular")));
    body["category"] = json!("marketing");
    assert_eq!(business.refusal(&body).await, (400, 100));
    body["category"] = json!("utility");
    body["text"]["body"] = json!("x".repeat(1025));
    assert_eq!(business.refusal(&body).await, (400, 100), "1,024 characters");
    body["text"]["body"] = json!("Ready.");
    business.control("account", json!({"direct_send": "blocked"})).await;
    assert_eq!(business.refusal(&body).await, (403, 139_200));
}
