//! Access tokens of somebody else's authorization server: an OAuth 2.1 resource server's half of the work. A token is good
//! here if the configured issuer signed it, for this server and no other, and its time is not over (RFC 9068, RFC 8707).
//!
//! Signatures are checked by ring, which TLS brings already; what the claims must be, by `jsonwebtoken`. Nothing here follows a
//! redirect, uses a proxy, or calls any address but the configured one.

mod ring_provider;

use crate::domain::clock::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::{Client, redirect};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::{Host, Url};

/// Clocks of two servers differ by this much, at most.
const LEEWAY: Duration = Duration::from_secs(60);
/// The keys are asked for again when a token names one that is not known, but no sooner than this after the last time.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// Keys that were withdrawn are forgotten after this, as long as the issuer answers.
const KEYS_HOLD: Duration = Duration::from_hours(1);
/// While it does not, those that are known are good for this long.
const KEYS_LAST: Duration = Duration::from_hours(24);
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a key set that are read.
const LONGEST_SET: usize = 256 << 10;

/// Signatures by a key pair; a shared secret proves nothing between servers.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Whose tokens are good here.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer, letter by letter as it stands in its tokens.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_url: String,
    /// What a token must be for: the address of this server, as its clients know it.
    pub audience: String,
}

/// Settings that cannot be used, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address of the keys.
    #[error("oauth.jwks_url {0}: write it like https://login.example.com/keys")]
    Url(&'static str),
    /// The client.
    #[error("the HTTP client for oauth.jwks_url could not be made: {0}")]
    Client(String),
}

/// Why a token opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not one of the issuer's, not for this server, or over.
    #[error("the access token is not good here: {0}")]
    Token(String),
    /// Nobody can say: the issuer's keys could not be read.
    #[error("the keys of the authorization server cannot be read: {0}")]
    Keys(String),
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The program that it was given to.
    pub client: String,
    /// The person that it was given for; none where the program was given it for itself.
    pub subject: Option<String>,
    /// What it may be used for.
    pub scopes: BTreeSet<String>,
    /// Until when.
    pub until: Timestamp,
}

/// The claims that are looked at beyond those that say when, by whom and for whom.
#[derive(Debug, Deserialize)]
struct Claims {
    client_id: Option<String>,
    /// The older name of the same.
    azp: Option<String>,
    sub: Option<String>,
    #[serde(default)]
    scope: String,
}

/// One authorization server. Cheap to clone; all clones share what is known of its keys.
#[derive(Clone)]
pub struct Issuer {
    settings: Settings,
    http: Client,
    url: Url,
    known: Arc<Mutex<Known>>,
    /// Held while the keys are read: they are read once, however many wait for them.
    reading: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Known {
    keys: Option<JwkSet>,
    read_at: Option<Timestamp>,
    /// When the last try ended, and why it failed if it did.
    tried_at: Option<Timestamp>,
    failed: Option<Refusal>,
}

impl Known {
    /// The key of that name, if the keys are not older than that.
    fn key(&self, id: Option<&str>, now: Timestamp, oldest: Duration) -> Option<Jwk> {
        let fresh = self.read_at.is_some_and(|at| now.since(at) <= oldest);
        self.keys.as_ref().filter(|_| fresh).and_then(|keys| pick(keys, id))
    }
}

/// Shows whose tokens.
impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}

impl Issuer {
    /// For the tokens of this issuer.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let url = keys_url(&settings.jwks_url)?;
        ring_provider::install();
        // The client panics without a provider; whoever came first has installed the same one.
        let _ours = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|e| SetupError::Client(e.to_string()))?;
        Ok(Self { settings, http, url, known: Arc::default(), reading: Arc::default() })
    }

    /// Who issues the tokens, for whoever has none yet.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.issuer
    }

    /// What a token must be for.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.settings.audience
    }

    /// What this token allows, if it is good here and now.
    pub async fn check(&self, token: &str, now: Timestamp) -> Result<Grant, Refusal> {
        let bad = |e: jsonwebtoken::errors::Error| Refusal::Token(e.to_string());
        let header = decode_header(token).map_err(bad)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Refusal::Token("it is not signed by a key pair".to_owned()));
        }
        let key = self.key(header.kid.as_deref(), now).await?;
        let key = DecodingKey::from_jwk(&key).map_err(bad)?;
        let mut wanted = Validation::new(header.alg);
        wanted.set_required_spec_claims(&["exp", "iss", "aud"]);
        wanted.set_issuer(&[&self.settings.issuer]);
        wanted.set_audience(&[&self.settings.audience]);
        // Times are held against our clock below; this library would ask the machine's.
        (wanted.validate_exp, wanted.validate_nbf) = (false, false);
        let claims = decode::<serde_json::Value>(token, &key, &wanted).map_err(bad)?.claims;
        let until = in_its_time(&claims, now)?;
        let claims: Claims = serde_json::from_value(claims).map_err(|e| Refusal::Token(e.to_string()))?;
        let client = claims.client_id.or(claims.azp).filter(|id| !id.is_empty());
        let client = client.ok_or_else(|| Refusal::Token("it names no client_id".to_owned()))?;
        // RFC 9068 has a client that acts for itself say its own id here.
        let subject = claims.sub.filter(|sub| !sub.is_empty() && *sub != client);
        Ok(Grant { client, subject, scopes: claims.scope.split_whitespace().map(str::to_owned).collect(), until })
    }

    /// The key that a token names. An unknown one may be new, so the issuer is asked, now and then. Nobody waits for that who
    /// comes with a known key, and whoever goes away in the middle keeps the others from nothing: anybody can send a token that
    /// names no key of ours.
    async fn key(&self, id: Option<&str>, now: Timestamp) -> Result<Jwk, Refusal> {
        let (known, failing) = {
            let keys = self.known();
            if let Some(key) = keys.key(id, now, KEYS_HOLD) {
                return Ok(key);
            }
            (keys.key(id, now, KEYS_LAST), keys.failed.is_some())
        };
        let read = tokio::spawn(self.clone().read_again(now));
        if let Some(key) = known.filter(|_| failing) {
            return Ok(key);
        }
        // Whatever became of it stands in what is known.
        drop(read.await);
        let keys = self.known();
        if let Some(key) = keys.key(id, now, KEYS_LAST) {
            return Ok(key);
        }
        Err(match &keys.failed {
            Some(why) => why.clone(),
            None => Refusal::Token("it is signed by a key that the issuer does not publish".to_owned()),
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the keys anew, unless that was tried a moment ago.
    async fn read_again(self, now: Timestamp) {
        let _alone = self.reading.lock().await;
        if self.known().tried_at.is_some_and(|at| now.since(at) < ASK_AGAIN) {
            return;
        }
        let read = self.read_keys().await;
        let mut known = self.known();
        known.tried_at = Some(now);
        match read {
            Ok(keys) => (known.keys, known.read_at, known.failed) = (Some(keys), Some(now), None),
            Err(why) => known.failed = Some(why),
        }
    }

    async fn read_keys(&self) -> Result<JwkSet, Refusal> {
        let failed = |e: reqwest::Error| Refusal::Keys(e.without_url().to_string());
        let mut answer = self.http.get(self.url.clone()).send().await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(Refusal::Keys(format!("status {}", answer.status().as_u16())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_SET {
                return Err(Refusal::Keys(format!("more than {LONGEST_SET} bytes")));
            }
        }
        serde_json::from_slice(&body).map_err(|e| Refusal::Keys(format!("they are no JWK set: {e}")))
    }
}

/// The key of that name, or the only one there is. One that is published for encryption signs nothing.
fn pick(keys: &JwkSet, id: Option<&str>) -> Option<Jwk> {
    let signs = |key: &&Jwk| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    match id {
        Some(id) => keys.keys.iter().filter(signs).find(|key| key.common.key_id.as_deref() == Some(id)).cloned(),
        None => match keys.keys.as_slice() {
            [only] => Some(only).filter(signs).cloned(),
            _ => None,
        },
    }
}

/// Until when a token is good that has begun and is not over, give or take what clocks differ.
fn in_its_time(claims: &serde_json::Value, now: Timestamp) -> Result<Timestamp, Refusal> {
    let at = |name: &str| claims.get(name).and_then(serde_json::Value::as_i64).map(Timestamp::from_seconds);
    let until = at("exp").ok_or_else(|| Refusal::Token("exp is no time in whole seconds".to_owned()))?.after(LEEWAY);
    if until <= now {
        return Err(Refusal::Token("its time is over".to_owned()));
    }
    if at("nbf").is_some_and(|begins| begins > now.after(LEEWAY)) {
        return Err(Refusal::Token("its time has not begun".to_owned()));
    }
    Ok(until)
}

/// HTTPS, except on this machine: whoever could change the keys on their way could sign tokens.
fn keys_url(text: &str) -> Result<Url, SetupError> {
    let url = Url::parse(text).map_err(|_| SetupError::Url("is not an address"))?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(SetupError::Url("names no host")),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        _ => Err(SetupError::Url("is not https")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for good in
            ["https://login.example/keys", "http://127.0.0.1:9/keys", "http://[::1]:9/keys", "http://localhost/k"]
        {
            assert!(keys_url(good).is_ok(), "{good}");
        }
        for bad in ["", "login.example/keys", "http://login.example/keys", "file:///etc/keys", "ftp://127.0.0.1/keys"] {
            assert!(keys_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_has_its_time() {
        let now = Timestamp::from_seconds(1_000_000);
        for (claims, good) in [
            (json!({"exp": 1_000_001}), true),
            (json!({"exp": 999_941}), true),
            (json!({"exp": 999_940}), false),
            (json!({"exp": "tomorrow"}), false),
            (json!({}), false),
            (json!({"exp": 1_000_900, "nbf": 1_000_060}), true),
            (json!({"exp": 1_000_900, "nbf": 1_000_061}), false),
        ] {
            assert_eq!(in_its_time(&claims, now).is_ok(), good, "{claims}");
        }
    }
}
