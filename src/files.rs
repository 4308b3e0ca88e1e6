//! The door for files: whoever has a signed address fetches one file, and proves nothing else.
//!
//! It is no page of the console: agents and people without a session come here as well, a browser must run nothing of what
//! it gets, and an answer says nothing of who asked.

use crate::domain::media::Purpose;
use crate::tools::Ctx;
use crate::tools::media::{self, Opened};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;

/// What every address of a file begins with.
pub const PATH: &str = "/media/";

/// What every answer carries, whatever it is.
const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "private, no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// `/media/{token}`.
pub fn router(ctx: Ctx) -> Router {
    let routes = Router::new().route("/media/{token}", get(show)).with_state(ctx);
    HEADERS.into_iter().fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)))
    })
}

async fn show(State(ctx): State<Ctx>, Path(token): Path<String>) -> Response {
    match media::open(&ctx, &token).await {
        Ok(Some(opened)) => answer(opened),
        // Whether it was right once is nobody's business.
        Ok(None) => {
            say(StatusCode::NOT_FOUND, "There is no such file, or its address has expired. Ask for a new one.\n")
        }
        Err(error) => {
            tracing::warn!(%error, cause = ?error, "a file could not be fetched");
            say(StatusCode::SERVICE_UNAVAILABLE, "This file cannot be fetched now. Try again later.\n")
        }
    }
}

fn say(status: StatusCode, sentence: &'static str) -> Response {
    (status, sentence).into_response()
}

fn answer(opened: Opened) -> Response {
    let Opened { asset, purpose, bytes } = opened;
    let kind = match purpose {
        Purpose::Download => "attachment",
        Purpose::Inline => "inline",
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content.media_type().as_str()));
    headers.insert(CONTENT_LENGTH, asset.size.into());
    // The header of a name is of plain letters; without it, the sandbox still keeps a browser from showing anything.
    if let Ok(disposition) = HeaderValue::from_str(&asset.name.disposition(kind)) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    (headers, Body::from_stream(bytes)).into_response()
}
