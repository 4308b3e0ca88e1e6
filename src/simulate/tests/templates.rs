//! Templates: listed, written, reviewed, paused, held.

use serde_json::{Value, json};

use super::super::Simulator;
use super::super::settings::Settings;
use super::{Business, WABA, offer, until};

fn template(name: &str, category: &str, text: &str) -> Value {
    json!({"name": name, "language": "en_US", "category": category, "components": [{"type": "BODY", "text": text}]})
}

#[tokio::test]
async fn lists_end_where_next_is_missing() {
    let business = Business::prompt().await;
    let mut path = format!("/v24.0/{WABA}/message_templates?fields=name,language,status&limit=2");
    let mut names = Vec::new();
    loop {
        let page = business.get(&path).await;
        for item in page["data"].as_array().unwrap() {
            assert_eq!(item.as_object().unwrap().len(), 4, "three fields and the id: {item}");
            names.push(format!("{}/{}", item["name"], item["language"]));
        }
        let Some(next) = page["paging"]["next"].as_str() else { break };
        path = next.strip_prefix(&business.simulator.url()).unwrap().to_owned();
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), super::super::samples::templates().len());
    let list = |filter: &str| format!("/v24.0/{WABA}/message_templates?{filter}");
    let count = async |filter: &str| business.get(&list(filter)).await["data"].as_array().unwrap().len();
    assert_eq!(count("name=winter_offer").await, 3);
    assert_eq!(count("name=winter_offer&language=zh_HK").await, 1);
    assert_eq!(count("status=PAUSED").await, 1);
    assert_eq!(count("status=%5B%22PAUSED%22%2C%22REJECTED%22%5D").await, 2);
    assert_eq!(count("name=none_like_this").await, 0);
    let (_, stale) = business.call("GET", &list("after=AAAAAAAAAAE"), None).await;
    assert_eq!(stale["error"]["code"], 131_059);
}

#[tokio::test]
async fn a_new_template_waits_for_its_verdict() {
    let business = Business::prompt().await;
    business.control("life", json!({"review_ms": [50, 60]})).await;
    let path = format!("/v24.0/{WABA}/message_templates");
    let text = "A discount of ten per cent waits for you on Monday.";
    let (status, created) = business.call("POST", &path, Some(&template("monday", "UTILITY", text))).await;
    assert_eq!((status, &created["status"], &created["category"]), (200, &json!("PENDING"), &json!("UTILITY")));
    let mut early = offer("+85255501234", "op");
    early["template"] = json!({"name": "monday", "language": {"code": "en_US"}});
    assert_eq!(business.refusal(&early).await, (404, 132_001));
    let told =
        until(|| business.heard.values("message_template_status_update"), |list| !list.is_empty()).await.remove(0);
    assert_eq!((&told["event"], &told["message_template_name"]), (&json!("APPROVED"), &json!("monday")));
    assert!(told["message_template_id"].is_u64(), "a number in webhooks");
    let moved = business.heard.values("template_category_update").remove(0);
    assert_eq!((&moved["previous_category"], &moved["new_category"]), (&json!("UTILITY"), &json!("MARKETING")));
    business.accepted(&early).await;
    let id = created["id"].as_str().unwrap();
    assert_eq!(business.get(&format!("/v24.0/{id}?fields=category")).await, json!({"id": id, "category": "MARKETING"}));

    let (_, twice) = business.call("POST", &path, Some(&template("monday", "UTILITY", "Another text."))).await;
    assert_eq!(twice["error"]["error_subcode"], 2_388_024);
    let (_, edited) = business
        .call("POST", &format!("/v24.0/{id}"), Some(&json!({"components": [{"type": "BODY", "text": "New words."}]})))
        .await;
    assert_eq!(edited, json!({"success": true}));
    until(|| business.heard.values("message_template_status_update"), |list| list.len() == 2).await;
    let (_, again) = business.call("POST", &format!("/v24.0/{id}"), Some(&json!({"components": []}))).await;
    assert_eq!(again["error"]["error_subcode"], 2_388_039, "once in 24 hours");
    let (_, gone) = business.call("DELETE", &format!("{path}?name=monday"), None).await;
    assert_eq!(gone, json!({"success": true}));
    let (_, locked) = business.call("POST", &path, Some(&template("monday", "UTILITY", "Another text."))).await;
    assert_eq!(locked["error"]["error_subcode"], 2_388_023, "the name rests for 30 days");
}

#[tokio::test]
async fn a_start_with_a_bad_template_is_refused() {
    let settings = Settings { templates: vec![template("x", "UTILITY", "{{1}}")], ..Settings::default() };
    let error = Simulator::start(settings).await.err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("\"x\""), "{error}");
}

#[tokio::test]
async fn bad_forms_are_refused_at_once() {
    let business = Business::prompt().await;
    let path = format!("/v24.0/{WABA}/message_templates");
    for (body, subcode) in [
        (template("Bad Name", "UTILITY", "Hello."), Value::Null),
        (template("x", "FUN", "Hello."), Value::Null),
        (template("x", "UTILITY", "{{1}} hello."), json!(2_388_299)),
        (template("x", "UTILITY", "Hello {{1}}{{2}} there."), json!(2_388_072)),
        (template("x", "UTILITY", "Hello {{2}} there."), json!(2_388_072)),
        (template("x", "UTILITY", "Hello {{1} there."), json!(2_388_072)),
        (template("x", "UTILITY", "Hello {{1}} without an example."), json!(2_388_072)),
        (template("x", "UTILITY", &"long ".repeat(300)), json!(2_388_040)),
    ] {
        let (status, answer) = business.call("POST", &path, Some(&body)).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{body}");
        assert_eq!(answer["error"]["error_subcode"], subcode, "{body}");
    }
}

#[tokio::test]
async fn pauses_end_by_themselves_until_the_third() {
    let business = Business::prompt().await;
    let pause = json!({"name": "winter_offer", "language": "en_US", "status": "PAUSED"});
    for (pause_number, title, hours) in [(1, "FIRST_PAUSE", 3), (2, "SECOND_PAUSE", 6)] {
        business.control("templates", pause.clone()).await;
        assert_eq!(business.refusal(&offer("+85255501234", "op")).await, (400, 132_015));
        business.control("clock", json!({"advance_seconds": hours * 3600 + 1})).await;
        let told =
            until(|| business.heard.values("message_template_status_update"), |list| list.len() == pause_number * 2)
                .await;
        assert!(told.iter().any(|value| value["other_info"]["title"] == title), "{told:?}");
        business.accepted(&offer("+85255501234", "op")).await;
    }
    business.control("templates", pause).await;
    assert_eq!(business.refusal(&offer("+85255501234", "op")).await, (400, 132_016));
    business.control("templates", json!({"name": "order_ready", "quality": "RED"})).await;
    let quality = until(|| business.heard.values("message_template_quality_update"), |list| !list.is_empty()).await;
    assert_eq!(quality[0]["new_quality_score"], "RED");
}

#[tokio::test]
async fn held_messages_are_released_or_dropped() {
    let business = Business::prompt().await;
    let set = async |change: Value| {
        let mut body = json!({"name": "winter_offer", "language": "en_US"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        business.control("templates", body).await
    };
    set(json!({"paced": true})).await;
    let (_, held) = business.send(&offer("+85255501234", "op-1")).await;
    assert_eq!(held["messages"][0]["message_status"], "held_for_quality_assessment");
    assert_eq!(business.sends().await[0]["outcome"], "held");
    assert_eq!(set(json!({"held": "release"})).await["settled"], 1);
    until(|| business.heard.statuses(), |list| list.len() == 3).await;
    business.send(&offer("+85255501234", "op-2")).await;
    assert_eq!(set(json!({"held": "drop"})).await["settled"], 1);
    let last = until(|| business.heard.statuses(), |list| list.len() == 4).await.remove(3);
    assert_eq!((&last["status"], &last["errors"][0]["code"]), (&json!("failed"), &json!(132_015)));
}
