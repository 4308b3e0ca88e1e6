//! The control endpoint: tests and the curious look behind the scenes, and make things happen. The table of calls
//! stands in the module's head. Scenarios make the same calls by their names.

mod business;
mod numbers;
mod people;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::faults::Fault;
use super::scenario::Scenario;
use super::state::World;
use super::webhooks::Update;

pub use people::perform;

type Shared = State<Arc<World>>;
type Answer = Result<Json<Value>, Refused>;
type Outcome = Result<Value, Refused>;

/// A sentence for the person who wrote the test.
#[derive(Debug)]
pub struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({"error": self.0}))).into_response()
    }
}

fn refused(sentence: impl Into<String>) -> Refused {
    Refused(sentence.into())
}

type Act = fn(&World, &Bytes) -> Outcome;

/// Calls that change something, by their path.
const CALLS: &[(&str, Act)] = &[
    ("account", business::account),
    ("clock", clock),
    ("customers", people::customer),
    ("customers/act", people::act),
    ("customers/follow", people::follow),
    ("faults", add_fault),
    ("life", life),
    ("limits", business::limits),
    ("phones", numbers::phone),
    ("reset", reset),
    ("reviews", business::order),
    ("scenario", scenario),
    ("templates", business::template),
    ("webhooks/send", send_webhook),
];

/// Is there such a call?
pub fn knows(name: &str) -> bool {
    CALLS.iter().any(|(known, _)| *known == name)
}

/// Makes a call by its name, as a scenario does.
pub fn carry_out(world: &World, name: &str, body: &Value) -> Outcome {
    let (_, call) = CALLS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        let known: Vec<&str> = CALLS.iter().map(|(known, _)| *known).collect();
        refused(format!("there is no call \"{name}\"; there is: {}", known.join(", ")))
    })?;
    call(world, &Bytes::from(body.to_string()))
}

pub fn routes() -> Router<Arc<World>> {
    let looks = Router::new()
        .route("/state", get(state))
        .route("/sends", get(sends))
        .route("/faults", get(faults).delete(remove_faults))
        .route("/webhooks", get(deliveries).post(webhooks));
    CALLS.iter().fold(looks, |router, (name, call)| {
        let handler = async move |State(world): Shared, body: Bytes| call(&world, &body).map(Json);
        router.route(&format!("/{name}"), post(handler))
    })
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| refused(format!("the body does not fit: {error}")))
}

async fn state(State(world): Shared) -> Json<Value> {
    let mut answer = world.state().summary();
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("webhooks".into(), world.courier.summary());
        fields.insert("faults".into(), world.faults().summary());
        fields.insert("still_to_happen".into(), world.agenda.len().into());
        fields.insert("now_us".into(), world.clock.now().micros().into());
    }
    Json(answer)
}

#[derive(Deserialize)]
struct Page {
    after: Option<u64>,
    limit: Option<usize>,
}

async fn sends(State(world): Shared, Query(page): Query<Page>) -> Json<Value> {
    let (items, next) = world.state().log.page(page.after, page.limit.unwrap_or(1_000).clamp(1, 10_000));
    Json(json!({"items": items, "next": next}))
}

async fn faults(State(world): Shared) -> Json<Value> {
    Json(world.faults().summary())
}

fn add_fault(world: &World, body: &Bytes) -> Outcome {
    let fault: Fault = read(body)?;
    Ok(json!({"id": world.faults().add(fault)}))
}

#[derive(Deserialize)]
struct Which {
    id: Option<u64>,
}

async fn remove_faults(State(world): Shared, Query(which): Query<Which>) -> Json<Value> {
    Json(json!({"removed": world.faults().remove(which.id)}))
}

async fn deliveries(State(world): Shared, Query(page): Query<Page>) -> Json<Value> {
    let items = world.courier.deliveries(page.limit.unwrap_or(100).clamp(1, 2_000));
    Json(json!({"summary": world.courier.summary(), "items": items}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookChange {
    url: Option<String>,
    #[serde(default)]
    verify: bool,
    paused: Option<bool>,
    subscribed: Option<bool>,
}

async fn webhooks(State(world): Shared, body: Bytes) -> Answer {
    let change: WebhookChange = read(&body)?;
    if let Some(url) = &change.url {
        if url::Url::parse(url).is_err() {
            return Err(refused("url is not an address"));
        }
        if change.verify {
            let token = world.settings.verify_token.clone();
            world.courier.verify(url, &token).await.map_err(refused)?;
        }
        world.courier.set_target(Some(url));
    }
    if let Some(paused) = change.paused {
        world.courier.pause(paused);
    }
    if let Some(subscribed) = change.subscribed {
        world.state().subscribed = subscribed;
    }
    Ok(Json(world.courier.summary()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyWebhook {
    field: String,
    value: Value,
}

fn send_webhook(world: &World, body: &Bytes) -> Outcome {
    let any: AnyWebhook = read(body)?;
    world.courier.publish(&[Update::account(&any.field, any.value, world.clock.now())]);
    Ok(json!({"success": true}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

fn clock(world: &World, body: &Bytes) -> Outcome {
    let advance: Advance = read(body)?;
    let by = Duration::try_from_secs_f64(advance.advance_seconds).map_err(|_| refused("time only goes forward"))?;
    world.clock.advance(by);
    world.agenda.wake();
    Ok(json!({"now_us": world.clock.now().micros()}))
}

/// Puts the given fields over the present ones.
pub fn overlay<T: serde::Serialize + DeserializeOwned>(present: &T, body: &Bytes) -> Result<T, Refused> {
    let mut merged = serde_json::to_value(present).map_err(|error| refused(error.to_string()))?;
    let change: serde_json::Map<String, Value> = read(body)?;
    lay(&mut merged, Value::Object(change));
    serde_json::from_value(merged).map_err(|error| refused(format!("the body does not fit: {error}")))
}

fn lay(present: &mut Value, change: Value) {
    match (present, change) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (key, change) in changes {
                lay(fields.entry(key).or_insert(Value::Null), change);
            }
        }
        (present, change) => *present = change,
    }
}

fn life(world: &World, body: &Bytes) -> Outcome {
    let mut state = world.state();
    state.life = overlay(&state.life, body)?;
    Ok(json!(state.life))
}

/// A scenario in JSON, or as TOML text.
fn scenario(world: &World, body: &Bytes) -> Outcome {
    let text = std::str::from_utf8(body).map_err(|_| refused("the scenario is not UTF-8"))?;
    let scenario = Scenario::read(text).map_err(|why| refused(why.to_string()))?;
    scenario.join(world).map_err(|why| refused(why.to_string()))?;
    Ok(json!({"steps": scenario.steps.len()}))
}

fn reset(world: &World, _: &Bytes) -> Outcome {
    world.reset();
    Ok(json!({"success": true}))
}
