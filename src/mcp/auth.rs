//! The key on every request: whose it is, whether it still opens, and how its owner spells tool names.

use super::refusal::fault;
use super::tokens::{Refused, USUAL_SCOPES};
use super::{Door, LONGEST_KEY, tokens};
use crate::domain::clock::Timestamp;
use crate::domain::ids::AgentId;
use crate::domain::people::{Agent, Caller, NameStyle, Permission};
use crate::domain::trace::TraceParent;
use crate::error::Error;
use crate::issuer::Refusal;
use crate::store;
use crate::tools::{Ctx, Kind, Tool};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rmcp::ErrorData;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The longest access token that is looked at.
const LONGEST_TOKEN: usize = 8 << 10;
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
    /// What else there is to know of one who came with an access token.
    pub token: Option<Token>,
    /// Seconds after which a refused call is worth trying again; the way back to the response's header.
    pub retry_after: Arc<AtomicU64>,
}

/// An access token that opened the door.
#[derive(Clone)]
pub(super) struct Token {
    /// Until when it does.
    pub until: Timestamp,
    /// The agent with all that it may do, of which the token allows what its scopes say.
    pub whole: Arc<Caller>,
    /// The scopes that a refused call would have needed; the way back to the response's challenge.
    pub lacked: Arc<OnceLock<String>>,
}

impl Visit {
    /// Why this tool is not open to the caller. A client whose token is too narrow may ask its user for a wider one.
    pub(super) fn forbidden(&self, tool: &Tool, name: &str) -> Error {
        let needs = needs(tool);
        if let Some(token) = self.token.as_ref().filter(|token| tool.open_to(&token.whole)) {
            let message = format!("the access token does not allow {name}; its scope would have to name {needs}");
            // The first of several calls says what is asked for; there is one call in a request.
            drop(token.lacked.set(needs));
            return Error::Forbidden(message);
        }
        Error::Forbidden(format!("this key may not use {name}; it would need {needs}"))
    }

    /// The same caller as the rows know it now: at the end of a pipe nobody shows the key again.
    pub(super) async fn again(&self, ctx: &Ctx) -> Result<Self, ErrorData> {
        let known = &self.caller.agent;
        let found = store::people::agent(&ctx.db, known.tenant, known.id).await;
        let found = found.map_err(|error| fault(&error.into(), None))?;
        match found.filter(|agent| agent.shut(ctx.clock.now()).is_none()) {
            Some(agent) => Ok(Self { caller: Arc::new(Caller::new(agent)), ..self.clone() }),
            None => Err(fault(&Error::Forbidden("this key opens nothing any more".into()), None)),
        }
    }

    /// The same caller within a trace of its host, if it sends one.
    pub(super) fn traced(self, parent: Option<&str>) -> Self {
        match parent.and_then(TraceParent::parse) {
            None => self,
            Some(trace) => {
                let caller = Caller { trace: Some(trace), ..(*self.caller).clone() };
                Self { caller: Arc::new(caller), ..self }
            }
        }
    }
}

/// The narrowest permissions that open a tool, in the words of a key or of an access token's scope.
fn needs(tool: &Tool) -> String {
    let usual = match tool.kind {
        Kind::Read(_) | Kind::Status(_) => Permission::Read,
        Kind::Preview(_) | Kind::Write(_) => Permission::ProposeIn(tool.area),
    };
    std::iter::once(usual).chain(tool.wants).map(|permission| permission.to_string()).collect::<Vec<_>>().join(" ")
}

/// Lets a request with a good key through, without the key: from here on it is the caller that counts.
pub(super) async fn bearer(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let now = door.ctx.clock.now();
    let Some(key) = key(&request) else {
        return door.challenge("", "send the agent's key as Authorization: Bearer KEY");
    };
    let (agent, token) = match door.opened_by(key, now).await {
        Ok(found) => found,
        Err(refusal) => return refusal,
    };
    if let Some(why) = agent.shut(now) {
        return door.refused(why);
    }
    let names = match names(request.uri().query(), agent.names) {
        Ok(names) => names,
        Err(refusal) => return (StatusCode::BAD_REQUEST, refusal).into_response(),
    };
    door.touch(agent.id, now).await;
    let visit = Visit { caller: Arc::new(Caller::new(agent)), names, token, retry_after: Arc::default() };
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(visit.clone());
    let mut response = next.run(request).await;
    if let Some(scope) = visit.token.as_ref().and_then(|token| token.lacked.get()) {
        // RFC 6750: the answer stands as it is, for hosts that read it; the status and the challenge are for the client.
        *response.status_mut() = StatusCode::FORBIDDEN;
        let challenge = door.challenge_of(&format!(", error=\"insufficient_scope\", scope=\"{scope}\""));
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
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
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() && key.len() <= LONGEST_TOKEN).then_some(key)
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

impl Door {
    /// Whose key or token it is, or what to answer.
    async fn opened_by(&self, key: &str, now: Timestamp) -> Result<(Agent, Option<Token>), Response> {
        if let Some(resource) = self.resource.as_ref().filter(|_| tokens::looks_like_one(key)) {
            return match tokens::agent(self, resource, key, now).await {
                Ok(Some((agent, token))) => Ok((agent, Some(token))),
                Ok(None) => Err(self.refused(
                    "no agent here is for this token's client and subject; whoever runs this server makes one with `countersign agent add --oauth-client --oauth-subject`",
                )),
                Err(Refused::Token(refusal @ Refusal::Token(_))) => {
                    tracing::debug!(%refusal, "an access token was refused");
                    Err(self.refused("the access token is not good here: not the issuer's, not for this server, or over"))
                }
                Err(Refused::Token(refusal @ Refusal::Keys(_))) => {
                    tracing::error!(%refusal, "access tokens cannot be checked");
                    Err(away("the authorization server does not answer"))
                }
                Err(Refused::Store(error)) => Err(unknown(&error)),
            };
        }
        if key.len() > LONGEST_KEY {
            return Err(self.refused("this is longer than any key"));
        }
        match store::people::agent_by_key(&self.ctx.db, key).await {
            Ok(Some(agent)) => Ok((agent, None)),
            Ok(None) => Err(self.refused(
                "this key is not known here; whoever runs this server makes one with `countersign agent add`",
            )),
            Err(error) => Err(unknown(&error)),
        }
    }

    /// Without an authorization server, no `resource_metadata`: a client would look for one.
    fn challenge(&self, error: &str, message: &'static str) -> Response {
        let usual = self.resource.as_ref().map_or_else(String::new, |_| format!(", scope=\"{USUAL_SCOPES}\""));
        let challenge = self.challenge_of(&format!("{error}{usual}"));
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], message).into_response()
    }

    fn challenge_of(&self, said: &str) -> HeaderValue {
        let metadata = self.resource.as_ref().map_or_else(String::new, |resource| resource.challenge());
        let challenge = format!("Bearer realm=\"countersign\"{metadata}{said}");
        HeaderValue::from_str(&challenge).unwrap_or(HeaderValue::from_static("Bearer"))
    }

    fn refused(&self, why: &'static str) -> Response {
        self.challenge(&format!(", error=\"invalid_token\", error_description=\"{why}\""), why)
    }

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

fn unknown(error: &store::Error) -> Response {
    tracing::error!(%error, "a key could not be looked up");
    away("the database does not answer")
}

fn away(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], why).into_response()
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
        for value in ["", "abc", "Basic abc", "Bearer", "Bearer ", &format!("Bearer {}", "x".repeat(9_000))] {
            assert_eq!(key(&with(value)), None, "{value}");
        }
    }
}
