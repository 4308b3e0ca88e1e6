//! Analytics that tell what was really sent.

use serde_json::{Value, json};

use super::{Business, PHONE, WABA, offer, text, until};

const ADA: &str = "+85255501234";

async fn ask(business: &Business, fields: &str) -> Value {
    let answer = business.http.get(business.at(&format!("/v24.0/{WABA}"))).query(&[("fields", fields)]);
    answer.bearer_auth("simulated-system-user-token").send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn figures_follow_the_messages() {
    let business = Business::prompt().await;
    let now = business.get("/control/state").await["now_us"].as_i64().unwrap() / 1_000_000;
    let day = 24 * 3600;
    let (start, end) = (now - now.rem_euclid(day), now - now.rem_euclid(day) + 2 * day);
    let wamid = business.accepted(&offer(ADA, "op-1")).await;
    business.accepted(&offer("+12125550123", "op-2")).await;
    business.control("customers/act", json!({"number": ADA, "tap": "Stop promotions", "wamid": wamid})).await;
    business.accepted(&text(ADA, "As you wish.")).await;
    // The one to the United States fails.
    until(|| business.heard.statuses(), |list| list.len() == 7).await;
    let span = format!("start({start}).end({end})");

    let all = ask(&business, &format!("id,analytics.{span}.granularity(DAY)")).await;
    assert_eq!(
        all["analytics"]["data_points"],
        json!([{"start": start, "end": start + day, "sent": 2, "delivered": 2}])
    );
    let support = ask(&business, &format!("analytics.{span}.granularity(DAY).product_types([2])")).await;
    assert_eq!(support["analytics"]["data_points"][0]["sent"], 1);
    let elsewhere = ask(&business, &format!("analytics.{span}.granularity(DAY).country_codes([\"US\"])")).await;
    assert_eq!(elsewhere["analytics"]["data_points"], json!([]));

    let fields =
        format!("pricing_analytics.{span}.granularity(DAILY).dimensions([\"PRICING_CATEGORY\",\"PRICING_TYPE\"])");
    let prices = ask(&business, &fields).await;
    let points = prices["pricing_analytics"]["data"][0]["data_points"].as_array().unwrap().clone();
    let of = |category: &str| points.iter().find(|point| point["pricing_category"] == category).unwrap();
    assert_eq!((&of("MARKETING")["volume"], &of("MARKETING")["pricing_type"]), (&json!(1), &json!("REGULAR")));
    assert!(of("MARKETING")["cost"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&of("SERVICE")["pricing_type"], &of("SERVICE")["cost"]),
        (&json!("FREE_CUSTOMER_SERVICE"), &json!(0.0))
    );

    let id = business.get(&format!("/v24.0/{WABA}/message_templates?name=winter_offer&language=en_US&fields=id")).await;
    let id = id["data"][0]["id"].as_str().unwrap().to_owned();
    let path =
        format!("/v24.0/{WABA}/template_analytics?start={start}&end={end}&granularity=DAILY&template_ids=[{id}]");
    let template = business.get(&path).await;
    let point = &template["data"][0]["data_points"][0];
    assert_eq!((&point["template_id"], &point["sent"], &point["read"]), (&json!(id), &json!(1), &json!(1)));
    assert_eq!(point["clicked"][0]["count"], 1);
    assert_eq!(business.get(&format!("/v24.0/{PHONE}")).await["id"], PHONE);
}

#[tokio::test]
async fn insights_are_switched_on_once() {
    let business = Business::prompt().await;
    business.control("account", json!({"insights": false})).await;
    let path = format!("/v24.0/{WABA}/template_analytics?start=1&end=2&granularity=DAILY");
    assert_eq!(business.call("GET", &path, None).await.1["error"]["code"], 100, "too long ago");
    let now = business.get("/control/state").await["now_us"].as_i64().unwrap() / 1_000_000;
    let path =
        format!("/v24.0/{WABA}/template_analytics?start={}&end={now}&granularity=DAILY&template_ids=1", now - 60);
    assert_eq!(business.call("GET", &path, None).await.1["error"]["code"], 200_007);
    let switch = |on: bool| json!({"is_enabled_for_insights": on});
    let account = format!("/v24.0/{WABA}");
    assert_eq!(business.call("POST", &account, Some(&switch(true))).await.1, json!({"success": true}));
    assert_eq!(business.get(&path).await["data"][0]["data_points"], json!([]));
    assert_eq!(business.call("POST", &account, Some(&switch(false))).await.1["error"]["code"], 200_006);
    let path = path.replace("DAILY", "WEEKLY");
    assert_eq!(business.call("GET", &path, None).await.1["error"]["code"], 100);
}
