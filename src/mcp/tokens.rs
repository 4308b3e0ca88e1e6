//! Access tokens of an authorization server: which agent one is for, and how a client without one learns where to ask
//! (RFC 9728).

use super::Door;
use super::auth::Token;
use crate::domain::clock::Timestamp;
use crate::domain::people::{Agent, Caller, Permission, TokenHolder, narrowed};
use crate::issuer::{Issuer, Refusal};
use crate::store;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// Where clients look, and for those that leave the path out.
const METADATA: [&str; 2] = ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"];

/// What a client asks for that does not know what it needs.
pub(super) const USUAL_SCOPES: &str = "read propose";

/// This door, as an OAuth 2.1 resource server.
pub(super) struct Resource {
    issuer: Issuer,
    metadata_url: String,
}

impl Resource {
    pub(super) fn new(issuer: Issuer, public_url: &Url) -> Self {
        let [path, _] = METADATA;
        let metadata_url = public_url.join(path).map_or_else(|_| path.to_owned(), String::from);
        Self { issuer, metadata_url }
    }

    /// Where a challenge sends a client.
    pub(super) fn challenge(&self) -> String {
        format!(", resource_metadata=\"{}\"", self.metadata_url)
    }

    fn metadata(&self) -> Value {
        let scopes: Vec<&str> = Permission::PLAIN.iter().map(|(word, _)| *word).collect();
        json!({
            "resource": self.issuer.audience(),
            "authorization_servers": [self.issuer.name()],
            "scopes_supported": scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": "Countersign",
        })
    }
}

/// The page about it, which is for everybody.
pub(super) fn router(resource: Arc<Resource>) -> Router {
    let show = async |State(resource): State<Arc<Resource>>| Json(resource.metadata());
    METADATA.iter().fold(Router::new(), |routes, path| routes.route(path, get(show))).with_state(resource)
}

/// Whether this could be an access token: three parts, which our own keys never have.
pub(super) fn looks_like_one(key: &str) -> bool {
    key.split('.').count() == 3
}

/// The agent that a token opens for, with what the token leaves of its permissions.
pub(super) async fn agent(
    door: &Door,
    resource: &Resource,
    token: &str,
    now: Timestamp,
) -> Result<Option<(Agent, Token)>, Refused> {
    let grant = resource.issuer.check(token, now).await.map_err(Refused::Token)?;
    let holder = TokenHolder { client: grant.client, subject: grant.subject };
    let found = store::people::agent_by_tokens(&door.ctx.db, &holder).await.map_err(Refused::Store)?;
    Ok(found.map(|agent| {
        let permissions = narrowed(&agent.permissions, &grant.scopes);
        let whole = Arc::new(Caller::new(agent.clone()));
        (Agent { permissions, ..agent }, Token { until: grant.until, whole, lacked: Arc::default() })
    }))
}

/// Why a token opens nothing.
pub(super) enum Refused {
    Token(Refusal),
    Store(store::Error),
}
