//! What a fault does to a call: something in place of the work, or something that befalls the answer.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::connection::Switch;
use super::faults::{Fault, Kind};
use super::media::kinds;
use super::problem::Problem;
use super::state::World;

/// Faults that take the place of the work.
pub async fn instead(world: &World, switch: &Switch, fault: &Fault) -> Option<Response> {
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
pub async fn afterwards(switch: &Switch, fault: &Fault, response: Response) -> Response {
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
    let whole = to_bytes(body, kinds::LARGEST).await.unwrap_or_default();
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
    let whole = to_bytes(body, kinds::LARGEST).await.unwrap_or_default();
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
