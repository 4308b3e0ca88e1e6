//! Templates through their lives: verdicts, edits, pauses, quality, the archive.

use serde_json::{Value, json};

use super::super::settings::Settings;
use super::{Business, WABA, offer, prompt, until};

const DAY: u32 = 24 * 3600;

fn template(name: &str, category: &str, text: &str) -> Value {
    json!({"name": name, "language": "en_US", "category": category, "components": [{"type": "BODY", "text": text}]})
}

async fn create(business: &Business, body: &Value) -> (u16, Value) {
    business.call("POST", &format!("/v24.0/{WABA}/message_templates"), Some(body)).await
}

async fn told(business: &Business, name: &str, event: &str) -> Value {
    let wanted = |value: &Value| value["message_template_name"] == name && value["event"] == event;
    let found =
        until(|| business.heard.values("message_template_status_update").into_iter().find(wanted), Option::is_some)
            .await;
    found.unwrap()
}

#[tokio::test]
async fn a_verdict_can_be_ordered() {
    let business = Business::prompt().await;
    let reject = json!({"reject": {"reason": "PROMOTIONAL", "recommendation": "Say less."}});
    for (name, verdict) in [("bad", reject), ("moved", json!({"recategorise": "MARKETING"})), ("never", json!("hold"))]
    {
        business.control("reviews", json!({"name": name, "verdict": verdict})).await;
    }
    for name in ["bad", "moved", "never", "good"] {
        let (status, _) = create(&business, &template(name, "UTILITY", &format!("Your {name} parcel is here."))).await;
        assert_eq!(status, 200);
    }
    let bad = told(&business, "bad", "REJECTED").await;
    assert_eq!(bad["reason"], "PROMOTIONAL");
    assert_eq!(bad["rejection_info"]["recommendation"], "Say less.");
    told(&business, "moved", "APPROVED").await;
    told(&business, "good", "APPROVED").await;
    let moved = business.heard.values("template_category_update").remove(0);
    assert_eq!((&moved["message_template_name"], &moved["new_category"]), (&json!("moved"), &json!("MARKETING")));
    let list = business.get(&format!("/v24.0/{WABA}/message_templates?name=never&fields=status")).await;
    assert_eq!(list["data"][0]["status"], "PENDING");
}

#[tokio::test]
async fn the_same_words_twice_are_rejected() {
    let business = Business::prompt().await;
    create(&business, &template("first", "UTILITY", "Your parcel is here.")).await;
    told(&business, "first", "APPROVED").await;
    create(&business, &template("second", "UTILITY", "Your parcel is here.")).await;
    let refused = told(&business, "second", "REJECTED").await;
    assert_eq!(refused["reason"], "INVALID_FORMAT");
    assert!(refused["rejection_info"]["recommendation"].as_str().unwrap().contains("first"), "{refused}");
}

#[tokio::test]
async fn every_form_has_its_rules() {
    let business = Business::prompt().await;
    let with = |category: &str, component: Value| {
        let mut body = template("x", category, "Hello there.");
        body["components"].as_array_mut().unwrap().push(component);
        body
    };
    let buttons = |list: Value| json!({"type": "BUTTONS", "buttons": list});
    let reply = json!({"type": "QUICK_REPLY", "text": "Yes"});
    let link = json!({"type": "URL", "text": "Open", "url": "https://shop.example"});
    let phone = json!({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+85255501000"});
    let otp = json!({"type": "OTP", "otp_type": "COPY_CODE"});
    let offer = json!({"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Now"}});
    let language = |code: &str| {
        let mut body = template("x", "UTILITY", "Hello there.");
        body["language"] = json!(code);
        body
    };
    let ttl = |category: &str, seconds: i64| {
        let mut body = template("x", category, "Hello there.");
        body["message_send_ttl_seconds"] = json!(seconds);
        body
    };
    for (what, body) in [
        ("quick replies apart", with("UTILITY", buttons(json!([reply, link, reply])))),
        ("three links", with("UTILITY", buttons(json!([link, link, link])))),
        ("two phones", with("UTILITY", buttons(json!([phone, phone])))),
        ("a code for marketing", with("MARKETING", buttons(json!([otp])))),
        ("a code without its button", template("x", "AUTHENTICATION", "")),
        ("an offer that is no marketing", with("UTILITY", offer)),
        ("a footer with a variable", with("UTILITY", json!({"type": "FOOTER", "text": "Bye {{1}}"}))),
        ("a header with two lines", with("UTILITY", json!({"type": "HEADER", "format": "TEXT", "text": "a\nb"}))),
        ("a language nobody has", language("tlh")),
        ("a language with a hyphen", language("en-US")),
        ("a long life for marketing", ttl("MARKETING", 60)),
        ("a short life for utility", ttl("UTILITY", 29)),
    ] {
        let (status, answer) = create(&business, &body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{what}: {answer}");
    }
    for (name, body) in [
        ("replies", with("UTILITY", buttons(json!([reply, link, phone])))),
        ("month", ttl("UTILITY", -1)),
        ("month_of_offers", ttl("MARKETING", 2_592_000)),
    ] {
        let mut body = body;
        body["name"] = json!(name);
        let (status, answer) = create(&business, &body).await;
        assert_eq!(status, 200, "{name}: {answer}");
    }
}

#[tokio::test]
async fn counts_are_limited() {
    let mut settings = prompt();
    settings.limits.creations_per_hour = 3;
    let business = Business::open(settings).await;
    let body = |at: usize| template(&format!("t{at}"), "UTILITY", &format!("Parcel number {at} is here."));
    for at in 0..3 {
        assert_eq!(create(&business, &body(at)).await.0, 200);
    }
    assert_eq!(create(&business, &body(3)).await.1["error"]["code"], 80_008);
    business.control("clock", json!({"advance_seconds": 3601})).await;
    assert_eq!(create(&business, &body(3)).await.0, 200);
    business.control("limits", json!({"templates": 5})).await;
    assert_eq!(create(&business, &body(4)).await.1["error"]["error_subcode"], 2_388_019);
}

#[tokio::test]
async fn edits_are_told_and_limited() {
    let business = Business::prompt().await;
    let (_, made) = create(&business, &template("parcel", "UTILITY", "Your parcel is here.")).await;
    told(&business, "parcel", "APPROVED").await;
    let path = format!("/v24.0/{}", made["id"].as_str().unwrap());
    let edit = async |text: &str| {
        let body = json!({"components": [{"type": "BODY", "text": text}]});
        business.call("POST", &path, Some(&body)).await.1
    };
    for round in 1..=11 {
        let answer = edit(&format!("Your parcel is here, {round}.")).await;
        if round == 11 {
            assert_eq!(answer["error"]["error_subcode"], 2_388_039, "ten in a month");
            break;
        }
        assert_eq!(answer, json!({"success": true}), "{round}");
        assert_eq!(edit("Too soon.").await["error"]["error_subcode"], 2_388_039, "in review");
        let seen = || business.heard.values("message_template_components_update");
        let last = until(seen, |list| list.len() == round).await.pop().unwrap();
        assert_eq!(last["message_template_element"], format!("Your parcel is here, {round}."));
        assert_eq!(edit("Too soon.").await["error"]["error_subcode"], 2_388_039, "once a day");
        business.control("clock", json!({"advance_seconds": DAY})).await;
    }
    business.control("clock", json!({"advance_seconds": 21 * DAY})).await;
    assert_eq!(edit("A month later.").await, json!({"success": true}));
    let (_, category) = business.call("POST", &path, Some(&json!({"category": "MARKETING"}))).await;
    assert_eq!(category["error"]["error_subcode"], 2_388_039);
}

#[tokio::test]
async fn one_language_can_be_deleted_by_its_id() {
    let business = Business::prompt().await;
    let list = format!("/v24.0/{WABA}/message_templates?name=winter_offer&fields=language");
    let ids: Vec<(String, String)> = business.get(&list).await["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["language"].as_str().unwrap().to_owned(), t["id"].as_str().unwrap().to_owned()))
        .collect();
    let (_, id) = ids.iter().find(|(language, _)| language == "zh_HK").unwrap();
    let path = format!("/v24.0/{WABA}/message_templates?name=winter_offer&hsm_id={id}");
    assert_eq!(business.call("DELETE", &path, None).await.1, json!({"success": true}));
    told(&business, "winter_offer", "PENDING_DELETION").await;
    assert_eq!(business.get(&list).await["data"].as_array().unwrap().len(), 2);
    let mut again = template("winter_offer", "MARKETING", "Hello.");
    again["language"] = json!("zh_HK");
    assert_eq!(create(&business, &again).await.1["error"]["error_subcode"], 2_388_023);
    business.control("clock", json!({"advance_seconds": 30 * DAY})).await;
    assert_eq!(create(&business, &again).await.0, 200, "30 days later the name is free");
}

#[tokio::test]
async fn a_pause_can_be_ended_after_five_minutes() {
    let business = Business::prompt().await;
    let paused =
        business.control("templates", json!({"name": "order_ready", "language": "en_US", "status": "PAUSED"})).await;
    let path = format!("/v24.0/{}/unpause", paused["template"]["id"].as_str().unwrap());
    let unpause = async || business.call("POST", &path, Some(&json!({}))).await.1;
    assert_eq!(unpause().await["success"], false);
    business.control("clock", json!({"advance_seconds": 301})).await;
    assert_eq!(unpause().await, json!({"success": true}));
    told(&business, "order_ready", "APPROVED").await;
    assert_eq!(unpause().await["success"], false, "it is not paused any more");
}

#[tokio::test]
async fn people_who_stop_pause_a_template() {
    let mut settings = Settings { seed: 3, ..prompt() };
    settings.life.quality_after = Some(10);
    settings.phone_numbers[0].throughput = 1_000;
    let business = Business::open(settings).await;
    let people: Vec<String> = (0..10).map(|at| format!("+8525556{at:04}")).collect();
    for person in &people {
        business.accepted(&offer(person, "op")).await;
    }
    until(|| business.heard.statuses(), |list| list.len() == 30).await;
    assert!(business.heard.values("message_template_quality_update").is_empty(), "it was green, and is");
    business.control("customers/act", json!({"number": people[0], "text": "停止"})).await;
    let quality = || business.heard.values("message_template_quality_update");
    assert_eq!(until(quality, |list| !list.is_empty()).await[0]["new_quality_score"], "YELLOW");
    business.control("customers/act", json!({"number": people[1], "marketing": "stop"})).await;
    assert_eq!(until(quality, |list| list.len() == 2).await[1]["new_quality_score"], "RED");
    let paused = told(&business, "winter_offer", "PAUSED").await;
    assert_eq!(paused["other_info"]["title"], "FIRST_PAUSE");
    assert_eq!(business.refusal(&offer("+85255569999", "op")).await, (400, 132_015));
}

#[tokio::test]
async fn what_nobody_uses_goes_to_the_archive_and_away() {
    let business = Business::prompt().await;
    business.control("clock", json!({"advance_seconds": 200 * DAY})).await;
    business.accepted(&offer("+85255501234", "op")).await;
    business.control("clock", json!({"advance_seconds": 166 * DAY})).await;
    told(&business, "order_ready", "ARCHIVED").await;
    business.accepted(&offer("+85255501234", "op")).await;
    let mut archived = offer("+85255501234", "op");
    archived["template"] = json!({"name": "login_code", "language": {"code": "en_US"}, "components": []});
    assert_eq!(business.refusal(&archived).await, (404, 132_001));
    business.control("templates", json!({"name": "login_code", "status": "APPROVED"})).await;
    told(&business, "login_code", "UNARCHIVED").await;
    business.control("clock", json!({"advance_seconds": 29 * DAY})).await;
    told(&business, "order_ready", "DELETED").await;
    let left = business.get(&format!("/v24.0/{WABA}/message_templates?fields=name")).await;
    let names: Vec<&str> = left["data"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"winter_offer") && names.contains(&"login_code"), "{names:?}");
    assert!(!names.contains(&"order_ready"), "{names:?}");
}

#[tokio::test]
async fn two_templates_are_compared_when_both_were_sent_enough() {
    let mut settings = prompt();
    settings.phone_numbers[0].throughput = 100_000;
    let business = Business::open(settings).await;
    let state = business.get("/control/state").await;
    let id = |language: &str| {
        let list = state["templates"].as_array().unwrap();
        let found = list.iter().find(|t| t["name"] == "winter_offer" && t["language"] == language).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let (mine, other) = (id("en_US"), id("zh_HK"));
    let now = state["now_us"].as_i64().unwrap() / 1_000_000;
    let ask = async |days: i64| {
        let start = now - days * i64::from(DAY);
        let path = format!("/v24.0/{mine}/compare?template_ids=%5B{other}%5D&start={start}&end={now}");
        business.call("GET", &path, None).await.1
    };
    assert_eq!(ask(8).await["error"]["code"], 100, "7, 30, 60 or 90 days");
    let few = ask(7).await;
    assert!(few["error"]["message"].as_str().unwrap().contains("1000 are needed"), "{few}");
    business.control("limits", json!({"compared_sends": 2})).await;
    for at in 0..2 {
        business.accepted(&offer(&format!("+8525557{at:04}"), "op")).await;
        let mut chinese = offer(&format!("+8525558{at:04}"), "op");
        chinese["template"]["language"]["code"] = json!("zh_HK");
        business.accepted(&chinese).await;
    }
    until(|| business.heard.statuses(), |list| list.len() == 12).await;
    business.control("customers/act", json!({"number": "+85255570000", "blocks": true})).await;
    let compared = ask(7).await;
    assert_eq!(compared["data"][0]["order_by_relative_metric"], json!([other, mine]), "{compared}");
    let sends = json!([{"key": mine, "value": 2}, {"key": other, "value": 2}]);
    assert_eq!(compared["data"][1]["number_values"], sends);
}
