//! Meta's Graph API: one call, one request, and an honest account of what its outcome proves.
//!
//! Nothing here repeats a request, follows a redirect, uses a proxy or calls any host but the configured one. Whoever
//! calls decides whether to call again, from the class of the outcome.

mod backoff;
pub mod business;
mod error_table;
pub mod errors;
mod lists;
pub mod messages;
pub mod templates;
mod usage;

pub use backoff::Backoff;
pub use errors::{Error, GraphError};
pub use usage::{AppUsage, BusinessUsage, Usage};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use sha2::Sha256;
use url::{Host, Url};

use crate::domain::redact::scrub;
use crate::domain::secret::Secret;

/// Where Meta is, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Scheme, host and port; a path before the version is allowed.
    pub graph_url: String,
    /// `v` and two numbers.
    pub api_version: String,
    pub connect_timeout: Duration,
    /// From the first byte sent to the last one read. Giving up early makes a known outcome an unknown one.
    pub response_timeout: Duration,
    /// Shorter than Meta's, so that we rarely write into a connection that is about to be closed.
    pub idle_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            graph_url: "https://graph.facebook.com".to_owned(),
            api_version: "v25.0".to_owned(),
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(15),
        }
    }
}

/// What a tenant proves itself with. Never printed.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub token: Secret,
    /// When given, each call carries a proof that we hold it.
    pub app_secret: Option<Secret>,
}

impl Credentials {
    fn proof(&self) -> Option<String> {
        let secret = self.app_secret.as_ref().filter(|secret| !secret.is_empty())?;
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
        Some(hex::encode(mac.chain_update(self.token.expose()).finalize().into_bytes()))
    }
}

/// Settings that cannot be used, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    #[error("whatsapp.graph_url {0}: write it like https://graph.facebook.com")]
    Url(&'static str),
    #[error("whatsapp.api_version is not a version: write it like v25.0")]
    Version,
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
}

/// The client. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Graph {
    http: Client,
    base: Url,
    usage: Arc<Mutex<HashMap<String, Usage>>>,
}

/// Objects whose usage is remembered; more than one daemon ever serves.
const MOST_OBJECTS: usize = 4096;
/// Bytes of an answer that are read. Beyond it, what answers is not Meta.
const LONGEST_ANSWER: usize = 16 << 20;

/// One request to be made.
struct Call<'a> {
    method: Method,
    /// The id of a number or an account.
    object: &'a str,
    edge: Option<&'a str>,
    query: &'a [(&'a str, &'a str)],
    body: Option<&'a Value>,
}

impl Graph {
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let base = base_url(settings)?;
        // The client panics without a provider; whoever came first has installed the same one.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = Client::builder()
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .https_only(base.scheme() == "https")
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.response_timeout)
            .pool_idle_timeout(settings.idle_timeout)
            .build()
            .map_err(|e| SetupError::Client(e.without_url().to_string()))?;
        Ok(Self { http, base, usage: Arc::default() })
    }

    /// Where calls go, with the version.
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// What Meta last said about the budgets, in its answers to calls on this number or account.
    pub fn usage(&self, object: &str) -> Option<Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner).get(object).cloned()
    }

    async fn call(&self, credentials: &Credentials, call: Call<'_>) -> Result<Vec<u8>, Error> {
        let address = self.address(&call)?;
        let mut request = self.http.request(call.method, address).bearer_auth(credentials.token.expose());
        request = request.query(call.query);
        if let Some(proof) = credentials.proof() {
            request = request.query(&[("appsecret_proof", proof)]);
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(|e| transport_error(&e))?;
        let status = response.status();
        let usage = Usage::read(response.headers());
        let regain = usage.regain();
        self.remember(call.object, usage);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| broken_answer(status, &e))? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(in_doubt(format!("status {} with an answer longer than any of Meta's", status.as_u16())));
            }
            body.extend_from_slice(&chunk);
        }
        classify(status, body, regain)
    }

    fn address(&self, call: &Call<'_>) -> Result<Url, Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if call.object.is_empty() || call.object.len() > 64 || !call.object.chars().all(plain) {
            return Err(never(
                "the id of the number or account is not one of Meta's: letters and digits only".to_owned(),
            ));
        }
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(call.object).extend(call.edge);
        }
        Ok(url)
    }

    fn remember(&self, object: &str, usage: Usage) {
        if usage.is_empty() {
            return;
        }
        let mut known = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_OBJECTS || known.contains_key(object) {
            known.insert(object.to_owned(), usage);
        }
    }
}

fn base_url(settings: &Settings) -> Result<Url, SetupError> {
    let mut url = Url::parse(&settings.graph_url).map_err(|_| SetupError::Url("is not an address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(SetupError::Url("is not an https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SetupError::Url("must not hold a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(SetupError::Url("must end with the host or a path"));
    }
    let numbers = settings.api_version.strip_prefix('v').and_then(|v| v.split_once('.'));
    let digits = |s: &str| !s.is_empty() && s.len() <= 3 && s.bytes().all(|b| b.is_ascii_digit());
    if !numbers.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
        return Err(SetupError::Version);
    }
    let here = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "http" && !here {
        tracing::warn!("whatsapp.graph_url is plain http to another machine: access tokens travel unencrypted");
    }
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(&settings.api_version);
    }
    Ok(url)
}

/// What an answer proves. A 5xx proves nothing even with an error object in it: gateways answer so after the fact.
fn classify(status: StatusCode, body: Vec<u8>, regain: Option<Duration>) -> Result<Vec<u8>, Error> {
    if status.is_success() {
        return Ok(body);
    }
    let Some(error) = GraphError::read(&body) else {
        return Err(in_doubt(format!("status {} without an error object", status.as_u16())));
    };
    if !status.is_client_error() {
        return Err(in_doubt(format!("status {} with {error}", status.as_u16())));
    }
    match error.row().class {
        errors::Class::Throttled(retry) => {
            let retry = if let Backoff::CallBudget { .. } = retry { Backoff::CallBudget { regain } } else { retry };
            Err(Error::NotSent { why: error.to_string(), retry })
        }
        errors::Class::Ambiguous => Err(in_doubt(format!("status {} with {error}", status.as_u16()))),
        errors::Class::Fatal(_) => Err(Error::Rejected(error)),
    }
}

/// What a failure below HTTP proves. Only a connection that never came to be proves that nothing was sent.
fn transport_error(error: &reqwest::Error) -> Error {
    if error.is_builder() {
        return never("the request could not be made: is the access token one line of letters and digits?".to_owned());
    }
    if error.is_connect() {
        return Error::NotSent { why: format!("no connection to Meta: {}", cause(error)), retry: Backoff::Reconnect };
    }
    if error.is_timeout() {
        return in_doubt("no answer in time".to_owned());
    }
    in_doubt(format!("the connection broke before the answer: {}", cause(error)))
}

fn broken_answer(status: StatusCode, error: &reqwest::Error) -> Error {
    let how = if error.is_timeout() { "came too slowly".to_owned() } else { format!("broke off: {}", cause(error)) };
    in_doubt(format!("status {}, and the answer {how}", status.as_u16()))
}

/// The innermost reason. The outer ones repeat the address, and with it the proof in its query.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if std::ptr::addr_eq(inner, error) { "unknown".to_owned() } else { scrub(&inner.to_string()) }
}

fn in_doubt(why: String) -> Error {
    Error::InDoubt { why }
}

fn never(why: String) -> Error {
    Error::NotSent { why, retry: Backoff::Never }
}

#[cfg(test)]
mod tests;
