//! Meta's Graph API: one call, one request, and an honest account of what its outcome proves.
//!
//! Nothing here repeats a request, follows a redirect, uses a proxy or calls any host but the configured one; files are
//! fetched from those that the settings name beside it. Whoever calls decides whether to call again, from the class of the
//! outcome.

pub mod analytics;
mod backoff;
mod budgets;
pub mod business;
mod call;
mod error_table;
pub mod errors;
mod lists;
pub mod media;
pub mod messages;
pub mod templates;
pub mod uploads;
mod usage;

pub use backoff::Backoff;
pub use errors::{Error, GraphError};
pub use usage::{AppUsage, BusinessUsage, Usage};

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use sha2::Sha256;
use url::{Host, Url};

use crate::domain::secret::Secret;
use crate::graph::budgets::Budgets;

/// Where Meta is, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Scheme, host and port; a path before the version is allowed.
    pub graph_url: String,
    /// `v` and two numbers.
    pub api_version: String,
    /// Hosts beside that of `graph_url` from which files are fetched with the token, with their port if it is not usual.
    pub media_hosts: Vec<String>,
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
            media_hosts: vec!["lookaside.fbsbx.com".to_owned()],
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
    #[error("whatsapp.media_hosts: \"{0}\" is not a host: write it like lookaside.fbsbx.com")]
    MediaHost(String),
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
}

/// The client. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Graph {
    http: Client,
    base: Url,
    media_hosts: Arc<[String]>,
    budgets: Arc<Budgets>,
}

impl Graph {
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let base = base_url(settings)?;
        let media_hosts = settings.media_hosts.iter().map(|host| media_host(host)).collect::<Result<_, _>>()?;
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
        Ok(Self { http, base, media_hosts, budgets: Arc::default() })
    }

    /// Where calls go, with the version.
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// What Meta last said about the budgets, in its answers to calls on this number or account.
    pub fn usage(&self, object: &str) -> Option<Usage> {
        self.budgets.usage(object)
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

/// A host as addresses spell it, with its port if that is not the usual one.
fn media_host(host: &str) -> Result<String, SetupError> {
    let url = Url::parse(&format!("https://{host}")).ok();
    let spelled = url.as_ref().and_then(media::host_of).filter(|spelled| spelled.eq_ignore_ascii_case(host));
    // A star would name no host, and not all below it either.
    spelled.filter(|host| !host.contains('*')).ok_or_else(|| SetupError::MediaHost(host.to_owned()))
}

#[cfg(test)]
mod tests;
