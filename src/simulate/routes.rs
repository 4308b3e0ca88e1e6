//! Graph's front door: version, token, proof, faults, and then the node or edge that the path names.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::connection::Switch;
use super::faults::{Fault, Kind, Seen};
use super::nodes;
use super::problem::{Problem, trace_id};
use super::sends;
use super::state::World;

/// Larger bodies are refused; media uploads have another road.
const LARGEST_BODY: usize = 1 << 20;

/// A call that passed the door.
pub struct Call {
    pub method: Method,
    pub node: String,
    pub edge: Option<String>,
    /// The body's fields, or the query's where a write has no body.
    pub body: Value,
    query: Vec<(String, String)>,
}

impl Call {
    pub fn query(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Values of a list filter, written `key=a&key=b`, `key[]=a` or `key=["a","b"]`.
    pub fn list(&self, key: &str) -> Vec<String> {
        let bracketed = format!("{key}[]");
        let values = self.query.iter().filter(|(known, _)| known == key || *known == bracketed);
        values
            .flat_map(|(_, value)| match serde_json::from_str::<Vec<String>>(value) {
                Ok(list) => list,
                Err(_) => value.split(',').map(|word| word.trim().to_owned()).collect(),
            })
            .collect()
    }

    /// The whole query without the cursors, to make the address of the next page.
    pub fn page_query(&self, after: &str) -> String {
        let kept = self.query.iter().filter(|(key, _)| key != "after" && key != "before");
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("after", after).finish()
    }
}

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
    let body = match to_bytes(body, LARGEST_BODY).await {
        Ok(bytes) => read_body(&parts.headers, &bytes, &query),
        Err(_) => Err(Problem::parameter("The request body is too large or was cut off")),
    };
    let mut call = Call { method: parts.method, node, edge, body: Value::Null, query };
    let problem = match body {
        Ok(value) => {
            call.body = value;
            None
        }
        Err(problem) => Some(problem),
    };
    let fault = world.faults().strike(&Seen {
        method: call.method.as_str(),
        endpoint: call.edge.as_deref().unwrap_or("node"),
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

/// JSON, or a form, or nothing; the query's parameters count as fields, as Graph has it.
fn read_body(headers: &HeaderMap, bytes: &Bytes, query: &[(String, String)]) -> Result<Value, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let pairs = |pairs: &mut dyn Iterator<Item = (String, String)>| {
        Value::Object(
            pairs.map(|(key, value)| (key, serde_json::from_str(&value).unwrap_or(Value::String(value)))).collect(),
        )
    };
    if bytes.is_empty() {
        return Ok(pairs(&mut query.iter().cloned()));
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(pairs(&mut form_urlencoded::parse(bytes).into_owned()));
    }
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Problem::parameter("The request body is not a JSON object")),
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
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth ")));
    match token {
        None => return Err(Problem::token("An access token is required to request this resource.")),
        Some(token) if token.trim() != world.settings.token => {
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
            (&Method::GET, None) => nodes::phone(world, call),
            (&Method::GET, Some("message_history")) => nodes::history(world, call),
            _ => Err(unsupported(call)),
        };
    }
    nodes::charge(world)?;
    if call.node == world.settings.waba_id {
        return match (&call.method, edge) {
            (&Method::GET, None) => nodes::account(world, call),
            (&Method::GET, Some("phone_numbers")) => nodes::phone_numbers(world, call),
            (&Method::GET, Some("message_templates")) => nodes::list_templates(world, call),
            (&Method::POST, Some("message_templates")) => nodes::create_template(world, call),
            (&Method::DELETE, Some("message_templates")) => nodes::delete_template(world, call),
            (_, Some("subscribed_apps")) => nodes::subscribed_apps(world, call),
            _ => Err(unsupported(call)),
        };
    }
    match (&call.method, edge) {
        (&Method::GET, None) => nodes::template(world, call),
        (&Method::POST, None) => nodes::edit_template(world, call),
        (&Method::POST, Some("unpause")) => nodes::unpause_template(world, call),
        _ => Err(unsupported(call)),
    }
}

pub fn unsupported(call: &Call) -> Problem {
    Problem::no_such_object(call.method.as_str(), &call.node)
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

/// Faults that take the place of the work.
async fn instead(world: &World, switch: &Switch, fault: &Fault) -> Option<Response> {
    let code = |usual: u32| fault.code.unwrap_or(usual);
    let problem = |usual: u32| match &fault.details {
        Some(details) => Problem::new(code(usual), details.clone()),
        None => Problem::bare(code(usual)),
    };
    match fault.kind {
        Kind::Refuse => {
            world.door.close_for(fault.wait(Duration::from_secs(1)));
            switch.reset();
            Some(StatusCode::OK.into_response())
        }
        Kind::ResetBeforeRead => {
            switch.reset();
            Some(StatusCode::OK.into_response())
        }
        Kind::Status500Unprocessed => Some(problem(131_000).with_http(500).into_response()),
        Kind::Html502Unprocessed => Some(bad_gateway()),
        Kind::Redirect => Some((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "http://127.0.0.1:9/")]).into_response()),
        Kind::RateLimit => Some(problem(130_429).into_response()),
        Kind::Error => {
            let problem = problem(131_000);
            let status = fault.status.unwrap_or(problem.status().as_u16());
            Some(problem.with_http(status).into_response())
        }
        Kind::Delay => {
            tokio::time::sleep(fault.wait(Duration::from_secs(1))).await;
            None
        }
        _ => None,
    }
}

/// Faults that befall the answer.
async fn afterwards(switch: &Switch, fault: &Fault, response: Response) -> Response {
    match fault.kind {
        Kind::ResetAfterProcess => switch.reset(),
        Kind::DropAnswer => switch.hang_up(),
        Kind::Hang => {
            tokio::time::sleep(fault.wait(Duration::from_secs(3600))).await;
            switch.hang_up();
        }
        Kind::DelayAnswer => tokio::time::sleep(fault.wait(Duration::from_secs(1))).await,
        Kind::Status500Processed => return Problem::bare(fault.code.unwrap_or(131_000)).with_http(500).into_response(),
        Kind::Html502Processed => return bad_gateway(),
        Kind::Drip => return drip(response, fault.wait(Duration::from_secs(1))).await,
        Kind::Foreign200 => return (StatusCode::OK, [(CONTENT_TYPE, "text/html")], "<h1>Welcome</h1>").into_response(),
        Kind::Empty200 => return StatusCode::OK.into_response(),
        Kind::NoId200 => return Json(json!({})).into_response(),
        Kind::Truncated200 | Kind::Cut200 => return halve(response, fault.kind == Kind::Cut200).await,
        _ => {}
    }
    response
}

/// Half of an answer: as if it were all, or with the promise of the rest.
async fn halve(response: Response, promise: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    parts.headers.remove(CONTENT_LENGTH);
    if !promise {
        return Response::from_parts(parts, Body::from(half));
    }
    parts.headers.insert(CONTENT_LENGTH, whole.len().into());
    let broken = futures::stream::iter([Ok(half), Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe))]);
    Response::from_parts(parts, Body::from_stream(broken))
}

/// So many pieces make an answer that drips.
const DROPS: u32 = 10;

/// A whole answer that takes its time.
async fn drip(response: Response, within: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    parts.headers.remove(CONTENT_LENGTH);
    let (apart, piece) = (within / DROPS, whole.len().div_ceil(DROPS as usize));
    let drops = futures::stream::unfold(whole, move |mut rest| async move {
        tokio::time::sleep(apart).await;
        (!rest.is_empty()).then(|| (Ok::<_, std::io::Error>(rest.split_to(piece.min(rest.len()))), rest))
    });
    Response::from_parts(parts, Body::from_stream(drops))
}

fn bad_gateway() -> Response {
    let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
    (StatusCode::BAD_GATEWAY, [(CONTENT_TYPE, "text/html")], page).into_response()
}
