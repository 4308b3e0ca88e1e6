//! The agents' door: MCP over streamable HTTP at `/mcp`, for clients with and without `initialize`, without sessions; and
//! `/uploads` for files that are too large for a message.
//!
//! A request passes, in this order: the key (`auth`), the shape of the message (`message`), the SDK's transport with its
//! checks of host, origin and headers, and then the handler (`server`), which walks the catalogue.

mod auth;
mod describe;
mod elicit;
mod listen;
mod message;
mod refusal;
mod resources;
mod server;
pub mod stdio;
mod tasks;
mod tokens;
mod uploads;

use crate::domain::ids::AgentId;
use crate::error::Error;
use crate::issuer::Issuer;
use crate::tools::Ctx;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::post;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokens::Resource;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The largest message, in bytes: far above what any tool takes.
const MAX_BODY: usize = 1 << 20;
/// The longest key that is looked up; ours have some fifty characters.
const LONGEST_KEY: usize = 200;

/// How the door is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The origin that agents use.
    pub public_url: Url,
    /// Names that a request may call us by.
    pub hosts: Vec<String>,
    /// Tool calls a minute, for each key.
    pub calls_per_minute: NonZeroU32,
    /// Whose access tokens open it beside our own keys.
    pub issuer: Option<Issuer>,
}

impl Settings {
    /// The only page that may call is one of ours. Requests without an origin are no browser's.
    fn origins(&self) -> Vec<String> {
        let url = &self.public_url;
        let parts = url.host_str().zip(url.port_or_known_default());
        parts.map(|(host, port)| format!("{}://{host}:{port}", url.scheme())).into_iter().collect()
    }
}

/// What the steps of a request share.
struct Door {
    ctx: Ctx,
    calls: DefaultKeyedRateLimiter<AgentId>,
    seen: auth::Seen,
    ears: listen::Ears,
    resource: Option<Arc<Resource>>,
    /// Seats for files that come in.
    uploads: Arc<Semaphore>,
}

impl Door {
    fn new(ctx: Ctx, calls_per_minute: NonZeroU32, resource: Option<Arc<Resource>>) -> Self {
        let calls = RateLimiter::keyed(Quota::per_minute(calls_per_minute));
        let uploads = Arc::new(Semaphore::new(uploads::AT_ONCE));
        Self { ctx, calls, seen: auth::Seen::default(), ears: listen::Ears::default(), resource, uploads }
    }

    /// Counts the call against the key's minute.
    fn pace(&self, visit: &auth::Visit) -> Result<(), Error> {
        let Err(early) = self.calls.check_key(&visit.caller.agent.id) else { return Ok(()) };
        let retry_after = early.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        visit.retry_after.store(retry_after, Ordering::Relaxed);
        let allowed = early.quota().burst_size();
        Err(Error::RateLimited {
            message: format!("this key may make {allowed} calls a minute; the next one in {retry_after} s"),
            retry_after,
        })
    }
}

/// The routes of this door.
pub struct Routes {
    /// Those that answer at once.
    pub messages: Router,
    /// Files, which take as long as they take.
    pub uploads: Router,
}

/// Opens the door.
pub fn routes(ctx: Ctx, settings: Settings, stop: CancellationToken) -> Routes {
    let resource = settings.issuer.clone().map(|issuer| Arc::new(Resource::new(issuer, &settings.public_url)));
    let door = Arc::new(Door::new(ctx, settings.calls_per_minute, resource));
    let public = door.resource.clone().map_or_else(Router::new, tokens::router);
    let config = StreamableHttpServerConfig::default()
        // A session would not be bound to the key that opened it.
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(settings.hosts.clone())
        .with_allowed_origins(settings.origins())
        // Without this, an empty list of origins would let every page of every site in.
        .enforce_origin_validation()
        .with_max_request_body_bytes(MAX_BODY)
        .with_cancellation_token(stop);
    let server = server::Server::new(door.clone(), None);
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config);
    let messages = Router::new()
        .route_service("/mcp", service)
        .route_layer(from_fn(message::check))
        .route_layer(from_fn_with_state(door.clone(), auth::bearer))
        .merge(public);
    let uploads = Router::new()
        .route(uploads::PATH, post(uploads::receive))
        .route_layer(from_fn_with_state(door.clone(), auth::bearer))
        .with_state(door);
    Routes { messages, uploads }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_is_let_in() {
        let settings = |url: &str| Settings {
            public_url: url.parse().unwrap(),
            hosts: Vec::new(),
            calls_per_minute: NonZeroU32::MIN,
            issuer: None,
        };
        let of = settings("https://approvals.example");
        assert_eq!(of.origins(), ["https://approvals.example:443"]);
        assert_eq!(settings("http://127.0.0.1:7080").origins(), ["http://127.0.0.1:7080"]);
    }
}
