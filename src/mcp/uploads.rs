//! The door for what no message can hold: an agent posts a file with its key, and gets a name for it that tools take.

use super::Door;
use super::auth::Visit;
use super::refusal::{refusal, refusal_as};
use crate::domain::uploads::{Upload, UploadName};
use crate::error::Error;
use crate::tools::uploads::{self, Announced, NotReceived};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use serde_json::json;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Where files are sent.
pub(super) const PATH: &str = "/uploads";
/// Files that come in at once. Each takes some 10 MB of memory.
pub(super) const AT_ONCE: usize = 8;
/// The largest file takes less over a slow line; nobody keeps a seat for longer.
const PATIENCE: Duration = Duration::from_hours(1);
/// When a seat may be free again, in seconds.
const AGAIN_IN: u64 = 5;

/// Takes a file in.
pub(super) async fn receive(
    State(door): State<Arc<Door>>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    if let Err(error) = door.pace(&visit) {
        return refused(&NotReceived::Other(error));
    }
    let Ok(seat) = Arc::clone(&door.uploads).try_acquire_owned() else {
        visit.retry_after.store(AGAIN_IN, Ordering::Relaxed);
        let error = Error::Unavailable(format!("{AT_ONCE} files are coming in at this moment, which is the most"));
        return refused(&NotReceived::Other(error));
    };
    let announced = announced(request.headers());
    let body = in_time(request.into_body(), Instant::now() + PATIENCE);
    // A task of its own: when the caller goes away, what has come is still taken away in order.
    let received = tokio::spawn(async move {
        let received = uploads::receive(&door.ctx, &visit.caller, announced, body).await;
        drop(seat);
        received
    });
    match received.await {
        Ok(Ok(upload)) => (StatusCode::CREATED, Json(shown(&upload))).into_response(),
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => refused(&NotReceived::Other(Error::internal(error))),
    }
}

fn announced(headers: &HeaderMap) -> Announced {
    let bytes = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let name = UploadName::of_headers(bytes("x-filename"), bytes(header::CONTENT_DISPOSITION.as_str()));
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    Announced { name, bytes: length }
}

/// The body until then. One that is not over by that time ends with an error: an end would look like that of the file.
fn in_time(body: Body, until: Instant) -> BoxStream<'static, io::Result<Bytes>> {
    stream::unfold(body.into_data_stream(), move |mut body| async move {
        let piece = match timeout_at(until, body.next()).await {
            Ok(piece) => piece?.map_err(io::Error::other),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        Some((piece, body))
    })
    .boxed()
}

fn shown(upload: &Upload) -> serde_json::Value {
    json!({
        "upload_id": upload.id,
        "bytes": upload.bytes,
        "sha256": hex::encode(upload.hash.bytes()),
        "expires_at": upload.expires_at,
    })
}

/// The same words as a tool's refusal, with the status that HTTP has for it.
fn refused(why: &NotReceived) -> Response {
    let (status, body) = match why {
        NotReceived::TooLarge(_) => {
            let hint = "Send a smaller file, or several.";
            (StatusCode::PAYLOAD_TOO_LARGE, refusal_as("too_large", &why.to_string(), hint, false))
        }
        NotReceived::TooMuch { .. } => {
            let hint = "Use what was sent, or wait until it expires.";
            (StatusCode::TOO_MANY_REQUESTS, refusal_as("too_many_uploads", &why.to_string(), hint, true))
        }
        NotReceived::CutShort(_) => {
            (StatusCode::BAD_REQUEST, refusal_as("cut_short", &why.to_string(), "Send the file again.", true))
        }
        NotReceived::Other(error) => {
            if let Error::Internal(cause) = error {
                tracing::error!(error = %cause, "a file could not be taken in");
            }
            (status(error), refusal(error))
        }
    };
    (status, Json(body)).into_response()
}

const fn status(error: &Error) -> StatusCode {
    match error {
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::Blocked(_) | Error::AskMismatch(_) | Error::Conflict(_) => StatusCode::CONFLICT,
        Error::RateLimited { .. } | Error::TooManyPending(_) => StatusCode::TOO_MANY_REQUESTS,
        Error::InProgress(_) | Error::Unavailable(_) | Error::Internal(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
