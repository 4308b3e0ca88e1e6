//! The key on every request: whose it is, whether it still opens, and how its owner spells tool names.

use super::Door;
use crate::domain::clock::Timestamp;
use crate::domain::ids::AgentId;
use crate::domain::people::{Caller, NameStyle};
use crate::store;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The longest key that is looked up; ours have some fifty characters.
const LONGEST_KEY: usize = 200;
/// "Last used" is for people who wonder whether a key can go, so minutes are exact enough.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// When each agent's last use was last written down.
#[derive(Default)]
pub(super) struct Seen(Mutex<HashMap<AgentId, Timestamp>>);

/// Who calls, as the handler finds it in the request.
#[derive(Clone)]
pub(super) struct Visit {
    /// The agent with what it may do.
    pub caller: Arc<Caller>,
    /// How tool names are spelled in lists and texts.
    pub names: NameStyle,
    /// Seconds after which a refused call is worth trying again; the way back to the response's header.
    pub retry_after: Arc<AtomicU64>,
}

/// Lets a request with a good key through, without the key: from here on it is the caller that counts.
pub(super) async fn bearer(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let agent = match key(&request) {
        None => return challenge("", "send the agent's key as Authorization: Bearer KEY"),
        Some(key) => store::people::agent_by_key(&door.ctx.db, key).await,
    };
    let agent = match agent {
        Ok(Some(agent)) => agent,
        Ok(None) => {
            return refused(
                "this key is not known here; whoever runs this server makes one with `countersign agent add`",
            );
        }
        Err(e) => {
            tracing::error!(error = %e, "a key could not be looked up");
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], "the database does not answer")
                .into_response();
        }
    };
    let now = door.ctx.clock.now();
    if let Some(why) = agent.shut(now) {
        return refused(why);
    }
    let names = match names(request.uri().query(), agent.names) {
        Ok(names) => names,
        Err(refusal) => return (StatusCode::BAD_REQUEST, refusal).into_response(),
    };
    door.touch(agent.id, now).await;
    let visit = Visit { caller: Arc::new(Caller { agent }), names, retry_after: Arc::default() };
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(visit.clone());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let seconds @ 1.. = visit.retry_after.load(Ordering::Relaxed) {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    // Answers hold what one key may see.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

fn key(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() && key.len() <= LONGEST_KEY).then_some(key)
}

/// How names are spelled: as the key says, or as the address asks.
fn names(query: Option<&str>, of_key: NameStyle) -> Result<NameStyle, String> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let asked = pairs.into_iter().find(|(name, _)| name == "names").map(|(_, value)| value.parse::<NameStyle>());
    match asked {
        Some(Err(e)) => Err(format!("names: {e}")),
        // A key that was made for a host without dots stays with it.
        _ if of_key == NameStyle::Underscore => Ok(NameStyle::Underscore),
        Some(Ok(style)) => Ok(style),
        None => Ok(of_key),
    }
}

/// Without `resource_metadata`: there is no authorization server, and a client would look for one.
fn challenge(error: &str, message: &'static str) -> Response {
    let challenge = format!("Bearer realm=\"countersign\"{error}");
    let challenge = HeaderValue::from_str(&challenge).unwrap_or(HeaderValue::from_static("Bearer"));
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], message).into_response()
}

fn refused(why: &'static str) -> Response {
    challenge(&format!(", error=\"invalid_token\", error_description=\"{why}\""), why)
}

impl Door {
    /// Writes down that a key is in use, now and then. That it fails is no reason to refuse the call.
    async fn touch(&self, agent: AgentId, now: Timestamp) {
        let due = {
            let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
            let due = seen.get(&agent).is_none_or(|last| now.since(*last) >= TOUCH_EVERY);
            if due {
                seen.insert(agent, now);
            }
            due
        };
        if due && let Err(e) = store::people::touch_agent(&self.ctx.db, agent, now).await {
            tracing::warn!(error = %e, "the last use of a key could not be written down");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_chooses_the_spelling_unless_the_key_has_one() {
        use NameStyle::{Dotted, Underscore};
        for (query, of_key, names_are) in [
            (None, Dotted, Dotted),
            (Some("names=underscore"), Dotted, Underscore),
            (Some("a=b&names=underscore"), Dotted, Underscore),
            (Some("names=dotted"), Underscore, Underscore),
            (None, Underscore, Underscore),
        ] {
            assert_eq!(names(query, of_key), Ok(names_are), "{query:?}");
        }
        assert!(names(Some("names=camel"), Dotted).unwrap_err().contains("underscore"));
    }

    #[test]
    fn only_a_bearer_key_of_a_sane_length_is_looked_up() {
        let with =
            |value: &str| Request::builder().header("authorization", value).body(axum::body::Body::empty()).unwrap();
        assert_eq!(key(&with("Bearer abc")), Some("abc"));
        assert_eq!(key(&with("bearer  abc ")), Some("abc"));
        for value in ["", "abc", "Basic abc", "Bearer", "Bearer ", &format!("Bearer {}", "x".repeat(201))] {
            assert_eq!(key(&with(value)), None, "{value}");
        }
    }
}
