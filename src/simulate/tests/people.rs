//! Customers who act, through the control endpoint and through their screens.

use serde_json::{Value, json};

use super::{Business, PHONE, offer, prompt, text, until};

const ADA: &str = "+85255501234";

#[tokio::test]
async fn customers_write_tap_and_stop() {
    let business = Business::prompt().await;
    business.simulator.introduce(ADA, "Ada");
    let wamid = business.accepted(&offer(ADA, "op-1")).await;
    business.control("customers/act", json!({"number": ADA, "text": "停止", "reply_to": wamid})).await;
    business.control("customers/act", json!({"number": ADA, "tap": "Stop promotions"})).await;
    business.control("customers/act", json!({"number": ADA, "react": "👍", "wamid": wamid})).await;
    business.control("customers/act", json!({"number": ADA, "marketing": "stop"})).await;
    let messages = until(|| business.heard.messages(), |list| list.len() == 3).await;
    assert_eq!(messages[0]["from"], "85255501234");
    assert!(messages[0]["from_user_id"].as_str().unwrap().starts_with("HK."), "{}", messages[0]);
    assert_eq!(messages[0]["text"]["body"], "停止");
    assert_eq!(messages[0]["context"]["id"], wamid.as_str());
    assert_eq!(messages[1]["button"], json!({"payload": "Stop promotions", "text": "Stop promotions"}));
    assert_eq!(messages[2]["reaction"]["emoji"], "👍");
    let stopped = until(|| business.heard.all("user_preferences", "user_preferences"), |list| !list.is_empty()).await;
    assert_eq!((&stopped[0]["value"], &stopped[0]["wa_id"]), (&json!("stop"), &json!("85255501234")));
    assert!(stopped[0]["timestamp"].is_i64());
    let inbound = business.heard.values("messages").into_iter().find(|value| value["messages"].is_array()).unwrap();
    assert_eq!(inbound["metadata"], json!({"display_phone_number": "85255501000", "phone_number_id": PHONE}));
    assert_eq!(inbound["contacts"][0]["profile"]["name"], "Ada");
}

#[tokio::test]
async fn who_hides_the_number_is_reached_by_user_id() {
    let business = Business::prompt().await;
    let met = business.control("customers", json!({"number": ADA, "hides_number": true})).await;
    business.control("customers/act", json!({"number": ADA, "text": "Hello"})).await;
    let message = until(|| business.heard.messages(), |list| !list.is_empty()).await.remove(0);
    assert!(message["from"].is_null());
    assert_eq!(message["from_user_id"], met["user_id"]);
    let mut reply = text("", "Welcome");
    reply.as_object_mut().unwrap().remove("to");
    reply["recipient"] = met["user_id"].clone();
    let (status, answer) = business.send(&reply).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["contacts"], json!([{"input": met["user_id"], "user_id": met["user_id"]}]));
    let statuses = until(|| business.heard.statuses(), |list| list.len() == 3).await;
    assert!(statuses.iter().all(|status| status["recipient_id"].is_null()));
    assert_eq!(statuses[0]["pricing"]["type"], "free_customer_service");
}

#[tokio::test]
async fn some_people_answer_by_themselves() {
    let mut settings = prompt();
    settings.phone_numbers[0].throughput = 1_000;
    settings.life.replies = 0.5;
    settings.life.stops = 0.2;
    settings.life.marketing_stops = 0.1;
    let business = Business::open(settings).await;
    for person in 0..60 {
        business.accepted(&offer(&format!("+8525553{person:04}"), "op")).await;
    }
    until(|| business.heard.statuses(), |list| list.len() == 180).await;
    let messages = until(|| business.heard.messages(), |list| list.len() > 15).await;
    assert!(messages.iter().any(|message| message["type"] == "button"));
    assert!(messages.iter().any(|message| message["type"] == "text"));
    until(|| business.heard.values("user_preferences"), |list| !list.is_empty()).await;
}

#[tokio::test]
async fn screens_show_what_customers_saw_and_take_their_answer() {
    let business = Business::prompt().await;
    let page = async |path: &str| business.http.get(business.at(path)).send().await.unwrap().text().await.unwrap();
    assert!(page("/").await.contains("No phone has received anything yet"));
    business.accepted(&offer(ADA, "op-1")).await;
    business.control("customers", json!({"number": ADA, "name": "<b>Ada</b>"})).await;
    let list = page("/").await;
    assert!(list.contains("/people/1") && list.contains("+85255501234"), "{list}");
    assert!(!list.contains("<b>Ada"), "names are escaped");
    let screen = page("/people/1").await;
    assert!(screen.contains("Hi Ada, our winter oolong has arrived. Until Friday"), "{screen}");
    assert!(screen.contains("Winter tea is here") && screen.contains("Stop promotions"));
    let form = [("phone", PHONE), ("text", "好的")];
    let body = form.map(|(key, value)| format!("{key}={value}")).join("&");
    let post = |body: String| {
        let request = business.http.post(business.at("/people/1")).body(body);
        request.header("content-type", "application/x-www-form-urlencoded").send()
    };
    let after = post(body.clone()).await.unwrap();
    assert_eq!(after.url().path(), "/people/1", "the form leads back to the screen");
    assert!(after.text().await.unwrap().contains("好的"));
    let heard = until(|| business.heard.messages(), |list| !list.is_empty()).await;
    assert_eq!(heard[0]["text"]["body"], "好的");
    let foreign = business.http.post(business.at("/people/1")).body(body).header("origin", "https://elsewhere.example");
    let foreign = foreign.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(foreign.status().as_u16(), 403, "other sites press no buttons here");
    assert_eq!(business.http.get(business.at("/people/99")).send().await.unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn a_webhook_address_consents_before_it_is_used() {
    let business = Business::prompt().await;
    let ask = async |body: Value| {
        let answer = business.http.post(business.at("/control/webhooks")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, sentence) = ask(json!({"url": business.at("/healthz"), "verify": true})).await;
    assert_eq!(status, 400);
    assert!(sentence.contains("not 200 with the bare challenge"), "{sentence}");
    let (status, _) = ask(json!({"url": "nowhere"})).await;
    assert_eq!(status, 400);
    let echo = axum::Router::new().route(
        "/",
        axum::routing::get(|query: axum::extract::RawQuery| async move {
            let query = query.0.unwrap_or_default();
            assert!(query.contains("hub.verify_token=simulated-verify-token"));
            query.split('&').find_map(|pair| pair.strip_prefix("hub.challenge=")).unwrap_or_default().to_owned()
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, echo).await });
    let (status, sentence) = ask(json!({"url": url, "verify": true})).await;
    assert_eq!(status, 200, "{sentence}");
}

#[tokio::test]
async fn it_stops_when_told() {
    let business = Business::prompt().await;
    let Business { simulator, http, .. } = business;
    let url = format!("{}/healthz", simulator.url());
    assert_eq!(simulator.addr().to_string(), url.trim_start_matches("http://").trim_end_matches("/healthz"));
    assert_eq!(http.get(&url).send().await.unwrap().text().await.unwrap(), "ok");
    simulator.stop().await;
    let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(fresh.get(&url).send().await.unwrap_err().is_connect());
}
