//! Everything that a customer can cause, as the business hears it.

use serde_json::{Value, json};

use super::{Business, offer, text, until};

const ADA: &str = "+85255501234";

async fn heard(business: &Business, act: Value) -> Value {
    let before = business.heard.messages().len();
    let mut body = json!({"number": ADA});
    body.as_object_mut().unwrap().extend(act.as_object().unwrap().clone());
    business.control("customers/act", body).await;
    until(|| business.heard.messages(), |list| list.len() > before).await.remove(before)
}

#[tokio::test]
async fn every_kind_of_message_is_told_in_its_form() {
    let business = Business::prompt().await;
    let first = heard(&business, json!({"text": "Hello", "referral": {"source_type": "ad", "ctwa_clid": "c"}})).await;
    assert_eq!(first["referral"]["source_type"], "ad");
    let id = first["id"].as_str().unwrap();
    for (act, kind, pointer, value) in [
        (json!({"text": "?", "forwarded": true}), "text", "/context/forwarded", json!(true)),
        (
            json!({"text": "?", "product": {"catalog_id": "1", "product_retailer_id": "tea"}}),
            "text",
            "/context/referred_product/product_retailer_id",
            json!("tea"),
        ),
        (json!({"react": "", "wamid": id}), "reaction", "/reaction/message_id", json!(id)),
        (json!({"location": {"latitude": 22.28, "longitude": 114.15}}), "location", "/location/latitude", json!(22.28)),
        (
            json!({"contacts": [{"name": {"formatted_name": "Ann"}}]}),
            "contacts",
            "/contacts/0/name/formatted_name",
            json!("Ann"),
        ),
        (
            json!({"form": {"response": {"seats": 2}}}),
            "interactive",
            "/interactive/nfm_reply/response_json",
            json!("{\"seats\":2}"),
        ),
        (
            json!({"order": {"catalog_id": "1", "product_items": [{"product_retailer_id": "tea", "quantity": 2}]}}),
            "order",
            "/order/product_items/0/quantity",
            json!(2),
        ),
        (json!({"edit": {"wamid": id, "text": "Hallo"}}), "edit", "/edit/message/text/body", json!("Hallo")),
        (json!({"revoke": id}), "revoke", "/revoke/original_message_id", json!(id)),
        (json!({"unsupported": "poll"}), "unsupported", "/errors/0/code", json!(131_051)),
        (json!({"media": {"mime_type": "image/jpeg"}}), "image", "/image/mime_type", json!("image/jpeg")),
        (json!({"media": {"mime_type": "audio/ogg", "voice": true}}), "audio", "/audio/voice", json!(true)),
        (json!({"media": {"mime_type": "image/webp"}}), "sticker", "/sticker/animated", json!(false)),
    ] {
        let message = heard(&business, act.clone()).await;
        assert_eq!(message["type"], kind, "{act}");
        assert_eq!(message.pointer(pointer), Some(&value), "{act}: {message}");
        assert_eq!(message["from"], "85255501234");
    }
    let taken_back = business.heard.messages().into_iter().find(|message| message["type"] == "reaction").unwrap();
    assert!(taken_back["reaction"]["emoji"].is_null());
}

#[tokio::test]
async fn buttons_and_rows_answer_as_what_they_are() {
    let business = Business::prompt().await;
    business.control("customers", json!({"number": ADA, "wrote_hours_ago": 1})).await;
    let interactive = |content: Value| json!({"messaging_product": "whatsapp", "to": ADA, "type": "interactive", "interactive": content});
    let buttons = json!({"type": "button", "body": {"text": "Sure?"}, "action": {"buttons": [
        {"type": "reply", "reply": {"id": "yes-1", "title": "Yes"}}]}});
    let asked = business.accepted(&interactive(buttons)).await;
    let list = json!({"type": "list", "header": {"type": "text", "text": "Winter teas"}, "body": {"text": "Which?"},
        "footer": {"text": "While they last"}, "action": {"button": "Pick", "sections": [
        {"rows": [{"id": "row-1", "title": "Oolong", "description": "Roasted"}]}]}});
    business.accepted(&interactive(list)).await;
    let screen = business.http.get(business.at("/people/1")).send().await.unwrap().text().await.unwrap();
    assert!(screen.contains("Winter teas") && screen.contains("While they last"), "{screen}");
    let yes = heard(&business, json!({"tap": "Yes"})).await;
    assert_eq!(yes["interactive"], json!({"type": "button_reply", "button_reply": {"id": "yes-1", "title": "Yes"}}));
    assert_eq!(yes["context"]["id"], asked.as_str());
    let row = heard(&business, json!({"tap": "Oolong"})).await;
    let reply = json!({"id": "row-1", "title": "Oolong", "description": "Roasted"});
    assert_eq!(row["interactive"], json!({"type": "list_reply", "list_reply": reply}));
    business.accepted(&offer(ADA, "op")).await;
    let stop = heard(&business, json!({"tap": "Stop promotions"})).await;
    assert_eq!(stop["type"], "button");
}

#[tokio::test]
async fn a_new_number_is_a_new_address_of_the_same_person() {
    let business = Business::prompt().await;
    let before = business.control("customers", json!({"number": ADA, "name": "Ada"})).await;
    let moved = heard(&business, json!({"new_number": "+85255509876"})).await;
    assert_eq!((&moved["type"], &moved["system"]["type"]), (&json!("system"), &json!("user_changed_number")));
    assert_eq!((&moved["from"], &moved["system"]["wa_id"]), (&json!("85255501234"), &json!("85255509876")));
    assert_ne!(moved["system"]["user_id"], before["user_id"]);
    let value = business.heard.values("messages").pop().unwrap();
    assert!(value["contacts"].is_null(), "system messages name no contacts");
    business.control("life", json!({"refused_later": []})).await;
    assert_eq!(business.refusal(&offer(ADA, "op")).await, (400, 131_026));
    let (_, sent) = business.send(&offer("+85255509876", "op")).await;
    assert_eq!(sent["contacts"][0]["wa_id"], "85255509876");
    let again = business.control("customers/act", json!({"number": "+85255509876", "new": "user_id"})).await;
    assert_ne!(again["user_id"], moved["system"]["user_id"]);
    let told = until(|| business.heard.messages(), |list| list.len() == 2).await.remove(1);
    assert_eq!(told["system"]["type"], "user_changed_user_id");
    let mut stale = text("", "Hello");
    stale.as_object_mut().unwrap().remove("to");
    stale["recipient"] = before["user_id"].clone();
    assert_eq!(business.refusal(&stale).await, (400, 131_009), "the old id belongs to nobody");
}

#[tokio::test]
async fn somebody_without_a_number_writes_and_is_answered() {
    let business = Business::prompt().await;
    let met = business.control("customers", json!({"country": "SG", "username": "tea.lover", "name": "Bo"})).await;
    let user = met["user_id"].as_str().unwrap();
    assert!(user.starts_with("SG."), "{met}");
    business.control("customers/act", json!({"user_id": user, "text": "Hello"})).await;
    let value = until(|| business.heard.values("messages"), |list| !list.is_empty()).await.remove(0);
    assert_eq!(value["contacts"], json!([{"profile": {"name": "Bo", "username": "tea.lover"}, "user_id": user}]));
    assert!(value["messages"][0]["from"].is_null());
    let mut reply = text("", "Welcome");
    reply.as_object_mut().unwrap().remove("to");
    reply["recipient"] = json!(user);
    business.accepted(&reply).await;
    let code = json!({"messaging_product": "whatsapp", "recipient": user, "type": "template", "template":
        {"name": "login_code", "language": {"code": "en_US"}, "components": []}});
    assert_eq!(business.refusal(&code).await.1, 131_062);
    let page = business.http.get(business.at("/")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("tea.lover") && !page.contains("65000"), "the number is nobody's business: {page}");
}

#[tokio::test]
async fn who_blocks_the_business_is_never_reached() {
    let business = Business::prompt().await;
    business.control("customers/act", json!({"number": ADA, "text": "Hello"})).await;
    business.control("customers/act", json!({"number": ADA, "blocks": true})).await;
    business.accepted(&offer(ADA, "op")).await;
    business.accepted(&offer("+85255505678", "op")).await;
    let statuses = until(|| business.heard.statuses(), |list| list.len() == 4).await;
    let ada: Vec<&Value> = statuses.iter().filter(|status| status["recipient_id"] == "85255501234").collect();
    assert_eq!((ada.len(), &ada[0]["status"]), (1, &json!("sent")));
}

#[tokio::test]
async fn a_reaction_is_sent_and_nothing_more() {
    let business = Business::prompt().await;
    let wrote = business.control("customers/act", json!({"number": ADA, "text": "Hello"})).await;
    let body = json!({"messaging_product": "whatsapp", "to": ADA, "type": "reaction",
        "reaction": {"message_id": wrote["wamid"], "emoji": "🍵"}});
    business.accepted(&body).await;
    business.accepted(&text(ADA, "Hello")).await;
    let statuses = until(|| business.heard.statuses(), |list| list.len() == 4).await;
    assert_eq!(statuses.iter().filter(|status| status["status"] == "sent").count(), 2);
}

#[tokio::test]
async fn who_comes_by_an_advertisement_is_written_to_for_free_for_three_days() {
    let business = Business::prompt().await;
    let came = json!({"text": "Hello", "referral": {"source_type": "ad"}});
    heard(&business, came).await;
    let price = async |at: usize| {
        business.accepted(&offer(ADA, "op")).await;
        until(|| business.heard.statuses(), |list| list.len() == 3 * at).await.remove(3 * at - 3)
    };
    let first = price(1).await;
    assert_eq!(first["pricing"]["type"], "free_entry_point");
    assert_eq!(first["conversation"]["origin"]["type"], "referral_conversion");
    let hours = |hours: u32| json!({"advance_seconds": hours * 3600});
    business.control("clock", hours(71)).await;
    assert_eq!(price(2).await["pricing"]["type"], "free_entry_point");
    business.control("clock", hours(1)).await;
    let last = price(3).await;
    assert_eq!((&last["pricing"]["type"], &last["conversation"]), (&json!("regular"), &Value::Null));
    heard(&business, json!({"text": "Hello", "referral": {"source_type": "ad"}})).await;
    business.control("clock", hours(24)).await;
    assert_eq!(price(4).await["pricing"]["type"], "regular", "the answer came too late");
}
