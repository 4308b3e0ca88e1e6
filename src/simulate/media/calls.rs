//! The calls on media: upload, read, delete, and the download behind an address.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, bearer, unsupported};
use super::super::connection::Switch;
use super::super::faults::Seen;
use super::super::mishaps::{afterwards, instead};
use super::super::problem::Problem;
use super::super::state::World;
use super::{Incoming, UPLOADED, kinds, seal};

pub fn upload(world: &World, phone: &Arc<str>, call: &Call) -> Result<Value, Problem> {
    if call.body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
        return Err(Problem::missing("messaging_product"));
    }
    let file = call.file.as_ref().ok_or_else(|| Problem::missing("file"))?;
    let named = call.body.get("type").and_then(Value::as_str);
    let mime = named.or(file.mime.as_deref()).ok_or_else(|| Problem::missing("type"))?;
    kinds::check(mime, &file.bytes)?;
    let life = match call.body.get("ttl_minutes") {
        None => UPLOADED,
        Some(minutes) => {
            let minutes = minutes.as_u64().filter(|minutes| (60..=43_200).contains(minutes));
            let minutes = minutes.ok_or_else(|| Problem::parameter("Param ttl_minutes must be 60 to 43200."))?;
            Duration::from_secs(minutes * 60)
        }
    };
    let incoming =
        Incoming { phone: phone.clone(), mime: mime.into(), name: file.name.clone(), bytes: file.bytes.clone() };
    let now = world.clock.now();
    let mut guard = world.state();
    let state = &mut *guard;
    let medium = state.media.keep(incoming, life, state.limits.media_bytes, now);
    Ok(json!({"id": medium.id.to_string()}))
}

/// Is this node a file? Other nodes have ids of other kinds.
pub fn is_medium(world: &World, node: &str) -> bool {
    node.parse().is_ok_and(|id| world.state().media.get(id, world.clock.now()).is_some())
}

fn check_owner(call: &Call, phone: &str) -> Result<(), Problem> {
    match call.query("phone_number_id") {
        Some(id) if id != phone => Err(Problem::parameter("Param phone_number_id is not the number of this media.")),
        _ => Ok(()),
    }
}

pub fn read(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let state = world.state();
    let medium = call.node.parse().ok().and_then(|id| state.media.get(id, now)).ok_or_else(|| unsupported(call))?;
    check_owner(call, &medium.phone)?;
    Ok(medium.to_json(&world.base_url(), &world.settings.token, now))
}

pub fn delete(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let mut state = world.state();
    let medium = call.node.parse().ok().and_then(|id| state.media.get(id, now)).ok_or_else(|| unsupported(call))?;
    check_owner(call, &medium.phone)?;
    let id = medium.id;
    Ok(json!({"success": state.media.remove(id)}))
}

/// What an address carries.
#[derive(Deserialize)]
pub struct Seal {
    ext: i64,
    hash: String,
}

/// The file itself, to whoever has the token, for as long as the address lives; otherwise 404, as Meta answers.
pub async fn download(
    State(world): State<Arc<World>>,
    switch: ConnectInfo<Switch>,
    Path(id): Path<u64>,
    Query(given): Query<Seal>,
    headers: HeaderMap,
) -> Response {
    let node = id.to_string();
    let fault = world.faults().strike(&Seen { method: "GET", endpoint: "download", node: &node, body: &Value::Null });
    if let Some(fault) = &fault
        && let Some(response) = instead(&world, &switch.0, fault).await
    {
        return response;
    }
    let response = file(&world, id, &given, &headers);
    match fault {
        Some(fault) => afterwards(&switch.0, &fault, response).await,
        None => response,
    }
}

fn file(world: &World, id: u64, given: &Seal, headers: &HeaderMap) -> Response {
    let (now, token) = (world.clock.now(), &world.settings.token);
    let valid = bearer(headers) == Some(token) && given.ext > now.seconds() && given.hash == seal(token, id, given.ext);
    let found =
        valid.then(|| world.state().media.get(id, now).map(|medium| (medium.mime.clone(), medium.bytes.clone())));
    match found.flatten() {
        Some((mime, bytes)) => ([(CONTENT_TYPE, mime)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
