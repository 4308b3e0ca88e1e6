//! Meta's door: its verification, and its events. An event is kept whole before it is answered; acting on it comes later.

mod senders;
mod shelf;

use crate::domain::webhooks::{self, SignatureError};
use crate::tools::Ctx;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use senders::{Senders, Signed};
use serde::Deserialize;
use shelf::Shelf;
use std::sync::Arc;

/// Meta's own limit is 3 MB; what is larger does not come from there.
const LARGEST: usize = 4 << 20;

struct Door {
    senders: Senders,
    shelf: Shelf,
}

/// `/webhooks/whatsapp`.
pub fn router(ctx: Ctx) -> Router {
    let door = Door { senders: Senders::new(ctx.clone()), shelf: Shelf::open(ctx) };
    Router::new()
        .route("/webhooks/whatsapp", get(verify).post(receive))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(Arc::new(door))
}

fn say(status: StatusCode, sentence: impl Into<String>) -> Response {
    (status, format!("{}\n", sentence.into())).into_response()
}

fn unavailable() -> Response {
    say(StatusCode::SERVICE_UNAVAILABLE, "This cannot be kept now; send it again later.")
}

#[derive(Deserialize)]
struct Verification {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.verify_token")]
    token: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
}

/// Meta asks whether this address knows the word that a tenant has agreed on with it.
async fn verify(State(door): State<Arc<Door>>, Query(asked): Query<Verification>) -> Response {
    let (Some("subscribe"), Some(token), Some(challenge)) = (asked.mode.as_deref(), asked.token, asked.challenge)
    else {
        let what = "This is where Meta sends events. To verify it, ask with hub.mode=subscribe, hub.verify_token and hub.challenge.";
        return say(StatusCode::BAD_REQUEST, what);
    };
    match door.senders.know_token(&token).await {
        Ok(true) => challenge.into_response(),
        Ok(false) => say(
            StatusCode::FORBIDDEN,
            "No business here has this verify token. It must be the value of the variable named by --verify-token-env.",
        ),
        Err(error) => {
            tracing::warn!(%error, "a verification could not be checked");
            unavailable()
        }
    }
}

async fn receive(State(door): State<Arc<Door>>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let Ok(body) = body else {
        metrics::counter!("countersign_webhook_refused_total", "why" => "size").increment(1);
        return say(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 4 MB, or it broke off.");
    };
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    // Over the bytes as they came, and before anything reads them.
    let signed = match door.senders.signed(signature, &body).await {
        Ok(signed) => signed,
        Err(error) => {
            tracing::warn!(%error, "a webhook post could not be checked");
            return unavailable();
        }
    };
    let by = match signed {
        Signed::By(tenants) => tenants,
        Signed::Not(why) => {
            metrics::counter!("countersign_webhook_refused_total", "why" => "signature").increment(1);
            let status = if why == SignatureError::Missing { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
            return say(status, format!("{why}."));
        }
    };
    let accounts = match webhooks::accounts(&body) {
        Ok(accounts) => accounts,
        Err(why) => {
            metrics::counter!("countersign_webhook_refused_total", "why" => "content").increment(1);
            return say(StatusCode::BAD_REQUEST, format!("{why}."));
        }
    };
    // One app may serve several businesses: each keeps the post, and later hears only what is about its own account.
    let tenants: Vec<_> = by.iter().filter(|t| accounts.contains(&t.waba_id)).map(|t| t.id).collect();
    if tenants.is_empty() {
        // Rightly signed, about an account that nobody here has. Refusing it would make Meta send it for days.
        tracing::warn!("a webhook post is about an account that no tenant of this app has; it is not kept");
        return StatusCode::OK.into_response();
    }
    match door.shelf.keep(tenants, body).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(()) => unavailable(),
    }
}
