//! Graph's front door: version, token, proof, faults, and then the node or edge that the path names.

use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::account;
use super::analytics::{self, METRICS};
use super::blocks;
use super::call::{Call, bearer, unsupported};
use super::connection::Switch;
use super::faults::Seen;
use super::media::{calls as media, uploads};
use super::mishaps::{afterwards, instead};
use super::nodes;
use super::problem::{Problem, trace_id};
use super::profile;
use super::sends;
use super::state::World;
use super::templates::calls as templates;

pub async fn node(
    state: State<Arc<World>>,
    switch: ConnectInfo<Switch>,
    Path((version, node)): Path<(String, String)>,
    request: Request,
) -> Response {
    graph(&state, &switch.0, version, node, None, request).await
}

pub async fn edge(
    state: State<Arc<World>>,
    switch: ConnectInfo<Switch>,
    Path((version, node, edge)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    graph(&state, &switch.0, version, node, Some(edge), request).await
}

/// Paths without a version, or with too many parts.
pub async fn unknown_path() -> Response {
    let problem = Problem::proof("Unknown path components: the path is /v24.0/{id} or /v24.0/{id}/{edge}");
    problem.into_response()
}

async fn graph(
    world: &Arc<World>,
    switch: &Switch,
    version: String,
    node: String,
    edge: Option<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let mut call = Call { method: parts.method, node, edge, body: Value::Null, file: None, file_offset: None, query };
    let problem = call.take_body(&parts.headers, body).await;
    let fault = world.faults().strike(&Seen {
        method: call.method.as_str(),
        endpoint: call.endpoint(),
        node: &call.node,
        body: &call.body,
    });
    if let Some(fault) = &fault
        && let Some(response) = instead(world, switch, fault).await
    {
        return response;
    }
    let admitted = check_version(&version).and_then(|()| check_token(world, &parts.headers, &call));
    let name = fault.as_ref().map(|fault| fault.kind.name());
    let answer = admitted.and_then(|()| problem.map_or(Ok(()), Err)).and_then(|()| dispatch(world, &call, name));
    let response = decorate(world, &call, &version, answer);
    match fault {
        Some(fault) => afterwards(switch, &fault, response).await,
        None => response,
    }
}

fn check_version(version: &str) -> Result<(), Problem> {
    let number = version.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    let major: Option<u32> = number.filter(|(_, minor)| *minor == "0").and_then(|(major, _)| major.parse().ok());
    match major {
        Some(21..=26) => Ok(()),
        Some(_) => {
            Err(Problem::parameter("You are calling a version of the Graph API that has ended or does not exist"))
        }
        None => Err(Problem::proof(&format!("Unknown path components: /{version}"))),
    }
}

fn check_token(world: &World, headers: &HeaderMap, call: &Call) -> Result<(), Problem> {
    match bearer(headers) {
        None => return Err(Problem::token("An access token is required to request this resource.")),
        Some(token) if token != world.settings.token => {
            return Err(Problem::token("Invalid OAuth access token - Cannot parse access token"));
        }
        Some(_) => {}
    }
    if world.settings.foreign_ids.contains(&call.node) {
        return Err(Problem::new(200, "You do not have the necessary permissions on this asset"));
    }
    match (&world.proof, call.query("appsecret_proof")) {
        (Some(right), Some(given)) if right != given => {
            Err(Problem::proof("Invalid appsecret_proof provided in the API argument"))
        }
        (Some(_), None) if world.settings.require_proof => {
            Err(Problem::proof("API calls from the server require an appsecret_proof argument"))
        }
        _ => Ok(()),
    }
}

fn dispatch(world: &World, call: &Call, fault: Option<&'static str>) -> Result<Value, Problem> {
    let phone = world.state().phones.get_key_value(call.node.as_str()).map(|(id, _)| id.clone());
    let edge = call.edge.as_deref();
    if let Some(phone) = phone {
        return match (&call.method, edge) {
            (&Method::POST, Some("messages")) => sends::receive(world, &phone, &call.body, false, fault),
            (&Method::POST, Some("marketing_messages")) => sends::receive(world, &phone, &call.body, true, fault),
            (&Method::POST, Some("media")) => media::upload(world, &phone, call),
            (&Method::GET, None) => account::phone(world, call),
            (_, Some("whatsapp_business_profile")) => profile::call(world, call),
            (_, Some("settings")) => profile::settings(world, call),
            (_, Some("block_users")) => blocks::call(world, call),
            (&Method::GET, Some("message_history")) => account::history(world, call),
            _ => Err(unsupported(call)),
        };
    }
    if call.node.starts_with("upload:") {
        return match (&call.method, edge) {
            (&Method::GET, None) => uploads::offset(world, call),
            (&Method::POST, None) => uploads::append(world, call),
            _ => Err(unsupported(call)),
        };
    }
    if media::is_medium(world, &call.node) {
        return match (&call.method, edge) {
            (&Method::GET, None) => media::read(world, call),
            (&Method::DELETE, None) => media::delete(world, call),
            _ => Err(unsupported(call)),
        };
    }
    if call.node == world.settings.app_id || call.node == "app" {
        return match (&call.method, edge) {
            (&Method::POST, Some("uploads")) => uploads::open(world, call),
            _ => Err(unsupported(call)),
        };
    }
    nodes::charge(world)?;
    if call.node == world.settings.waba_id {
        return match (&call.method, edge) {
            (&Method::GET, None) => account::account(world, call),
            (&Method::POST, None) => account::edit(world, call),
            (&Method::GET, Some(metric)) if METRICS.contains(&metric) => analytics::edge(world, metric, call),
            (&Method::GET, Some("phone_numbers")) => account::phone_numbers(world, call),
            (&Method::GET, Some("message_templates")) => templates::list(world, call),
            (&Method::POST, Some("message_templates")) => templates::create(world, call),
            (&Method::DELETE, Some("message_templates")) => templates::delete(world, call),
            (_, Some("subscribed_apps")) => account::subscribed_apps(world, call),
            _ => Err(unsupported(call)),
        };
    }
    match (&call.method, edge) {
        (&Method::GET, None) => templates::read(world, call),
        (&Method::POST, None) => templates::edit(world, call),
        (&Method::POST, Some("unpause")) => templates::unpause(world, call),
        (&Method::GET, Some("compare")) => templates::compare(world, call),
        _ => Err(unsupported(call)),
    }
}

/// The answer with Graph's headers.
fn decorate(world: &World, call: &Call, version: &str, answer: Result<Value, Problem>) -> Response {
    let mut response = match answer {
        Ok(value) => Json(value).into_response(),
        Err(problem) => problem.into_response(),
    };
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    set("facebook-api-version", version.to_owned());
    set("x-fb-trace-id", trace_id());
    set("x-fb-rev", "1000000000".into());
    if call.edge.as_deref() != Some("messages") {
        let used = nodes::usage(world);
        let usage = json!([{"type": "whatsapp", "call_count": used, "total_cputime": used, "total_time": used,
            "estimated_time_to_regain_access": 0}]);
        set("x-business-use-case-usage", json!({ world.settings.waba_id.as_str(): usage }).to_string());
    }
    response
}
