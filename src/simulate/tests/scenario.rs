//! Scenarios: the example of the documentation, played; what does not fit, refused; and people who write by themselves.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::scenario::Scenario;
use super::super::settings::Settings;
use super::{Business, prompt, until};

const EXAMPLE: &str = include_str!("../../../docs/scenario.toml");

async fn open(text: &str) -> Business {
    let scenario = Scenario::read(text).unwrap();
    let mut settings = prompt();
    scenario.prepare(&mut settings).unwrap();
    Business::open(Settings { scenario: Some(scenario), ..settings }).await
}

#[tokio::test]
async fn the_example_plays() {
    let business = open(EXAMPLE).await;
    business.control("life", json!({"traffic": {"per_minute": 0}})).await;
    let state = business.get("/control/state").await;
    assert_eq!((&state["templates"].as_array().unwrap().len(), &state["customers"]), (&1, &json!(3)));
    assert_eq!(state["faults"]["faults"][0]["fault"]["kind"], "drop_answer");
    assert_eq!(state["life"]["quality_after"], 50);
    assert_eq!(state["phones"][0]["throughput"], 1000);
    let seconds = async |seconds: u32| business.control("clock", json!({"advance_seconds": seconds})).await;
    seconds(6).await;
    let asked = until(|| business.heard.messages(), |list| !list.is_empty()).await.remove(0);
    assert_eq!(asked["text"]["body"], "Is the oolong there yet?");
    seconds(25).await;
    let template = until(|| business.heard.values("message_template_status_update"), |list| !list.is_empty()).await;
    assert_eq!(template[0]["other_info"]["title"], "FIRST_PAUSE");
    for person in 0..97 {
        business.control("customers", json!({"number": format!("+8525551{person:04}")})).await;
    }
    seconds(30).await;
    let stops = || -> BTreeSet<String> {
        let stops = business.heard.messages().into_iter().filter(|message| message["text"]["body"] == "STOP");
        stops.map(|message| message["from_user_id"].as_str().unwrap().to_owned()).collect()
    };
    let who = until(stops, |who| who.len() > 15).await;
    assert!(who.len() < 50, "a share of the hundred: {}", who.len());
    assert!(business.heard.values("account_update").is_empty());
    seconds(30).await;
    let told = until(|| business.heard.values("account_update"), |list| !list.is_empty()).await;
    assert_eq!(told[0]["event"], "ACCOUNT_RESTRICTION");
}

#[tokio::test]
async fn a_scenario_can_join_while_the_simulator_runs() {
    let business = Business::prompt().await;
    let joined = json!({"life": {"never_read": 1.0}, "customers": [{"number": "+85255501234", "name": "Ada"}],
        "steps": [{"at": "10ms", "call": "customers/act", "share": 1.0, "body": {"text": "Hello"}}]});
    assert_eq!(business.control("scenario", joined).await, json!({"steps": 1}));
    let hello = until(|| business.heard.messages(), |list| !list.is_empty()).await.remove(0);
    assert_eq!(hello["from"], "85255501234");
    assert_eq!(business.get("/control/state").await["life"]["never_read"], 1.0);
    for (body, sentence) in [
        (json!({"seed": 3}), "for the start"),
        (json!({"steps": [{"at": "soon", "call": "templates"}]}), "is not a time"),
        (json!({"steps": [{"at": "1s", "call": "reset"}]}), "no call"),
        (json!({"steps": [{"at": "1s", "call": "gremlins"}]}), "no call"),
        (json!({"life": {"happiness": 1}}), "happiness"),
        (json!({"weather": "rain"}), "weather"),
    ] {
        let answer = business.http.post(business.at("/control/scenario")).json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 400, "{body}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(sentence), "{body}: {text}");
    }
}

#[tokio::test]
async fn people_write_by_themselves() {
    let mut settings = prompt();
    settings.life.traffic.per_minute = 12_000.0;
    settings.life.traffic.stops = 0.2;
    settings.life.traffic.preferences = 0.05;
    settings.life.traffic.pictures = 0.1;
    let business = Business::open(settings).await;
    let messages = until(|| business.heard.messages(), |list| list.len() > 150).await;
    let texts: Vec<&str> = messages.iter().filter_map(|message| message["text"]["body"].as_str()).collect();
    assert!(texts.iter().any(|text| text.is_ascii() && *text != "STOP") && texts.iter().any(|text| !text.is_ascii()));
    assert!(texts.contains(&"STOP") && texts.contains(&"停止"), "{texts:?}");
    assert!(messages.iter().any(|message| message["type"] == "image"));
    let people: BTreeSet<String> = messages.iter().map(|message| message["from"].to_string()).collect();
    assert!(people.len() > 20, "{people:?}");
    until(|| business.heard.values("user_preferences"), |list| !list.is_empty()).await;
    business.control("life", json!({"traffic": {"per_minute": 0}})).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let then = business.get("/control/state").await["counters"]["inbound"].clone();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(business.get("/control/state").await["counters"]["inbound"], then, "silence");
}
