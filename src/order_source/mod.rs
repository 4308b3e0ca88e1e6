//! Another system that keeps products and orders, over a small HTTP contract (docs/order-source.md). It creates one order for
//! each key, so what is in doubt is asked for by its key, and asking twice does no harm.
//!
//! Nothing here follows a redirect, uses a proxy or calls any host but the configured one.

mod call;
mod wire;

#[cfg(test)]
mod tests;

use crate::domain::clock::Timestamp;
use crate::domain::ids::{ContactId, RequestId, TenantId};
use crate::domain::orders::{Basket, Product, ProductId, SourceOrderId};
use crate::domain::secret::Secret;
use call::Call;
use reqwest::Client;
use reqwest::StatusCode;
use std::fmt;
use std::time::Duration;
use url::Url;

/// Where it is, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Scheme and host, and a path if there is one.
    pub url: String,
    /// For a connection.
    pub connect_timeout: Duration,
    /// From the first byte sent to the last one read.
    pub response_timeout: Duration,
}

impl Settings {
    /// There, with the usual patience.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), connect_timeout: Duration::from_secs(5), response_timeout: Duration::from_secs(20) }
    }
}

/// Settings that cannot be used, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address.
    #[error("orders.source_url {0}: write it like https://orders.example.com/countersign")]
    Url(&'static str),
    /// The client.
    #[error("the HTTP client for orders could not be made: {0}")]
    Client(String),
}

/// How a call ended that did not end well. The two differ in what they prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The source provably did nothing: it was not reached, or it turned the call away at the gate.
    #[error("nothing was done: {0}")]
    NotSent(String),
    /// The call was made and nothing that came back says what was done.
    #[error("no usable answer: {0}")]
    InDoubt(String),
}

/// What the source answers to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has it.
    Placed(SourceOrderId),
    /// It does not want it, for this reason.
    Refused(String),
}

/// An order to be created there.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// By which business.
    pub business: TenantId,
    /// The key: one order for each, however often it is asked for.
    pub key: RequestId,
    /// For whom, by our id. The source gets neither a name nor a number.
    pub customer: ContactId,
    /// What.
    pub basket: &'a Basket,
    /// What people should know besides.
    pub note: Option<&'a str>,
}

/// The client. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct OrderSource {
    http: Client,
    base: Url,
    secret: Secret,
}

/// Shows where it is.
impl fmt::Debug for OrderSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderSource").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl OrderSource {
    /// A client for the source at this address, signing with this secret.
    pub fn new(settings: &Settings, secret: Secret) -> Result<Self, SetupError> {
        let base = base_url(&settings.url)?;
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
            .build()
            .map_err(|e| SetupError::Client(e.without_url().to_string()))?;
        Ok(Self { http, base, secret })
    }

    /// A product as it is now; `None` if the source has none of that id.
    pub async fn product(&self, business: TenantId, id: &ProductId, now: Timestamp) -> Result<Option<Product>, Error> {
        let path = ["products", id.as_str()];
        let call = Call::get(&path).with("business", business.to_string());
        let reply = self.call(call, now).await?;
        match reply.status {
            StatusCode::OK => wire::product(&reply.body, id, now).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(reply.unexpected()),
        }
    }

    /// Asks for an order. With the same key it is the same order.
    pub async fn create(&self, ask: &Ask<'_>, now: Timestamp) -> Result<Answer, Error> {
        let body = wire::ask(ask).map_err(|e| Error::NotSent(format!("the order could not be written: {e}")))?;
        let key = ask.key.to_string();
        let reply = self.call(Call::post(&["orders"], body, &key), now).await?;
        match reply.status {
            StatusCode::OK | StatusCode::CREATED => wire::placed(&reply.body).map(Answer::Placed),
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Ok(Answer::Refused(wire::reason(&reply.body))),
            _ => Err(reply.unexpected()),
        }
    }

    /// What became of the order of this key; `None` if the source knows nothing of it.
    pub async fn order(&self, business: TenantId, key: RequestId, now: Timestamp) -> Result<Option<Answer>, Error> {
        let call = Call::get(&["orders"]).with("business", business.to_string()).with("key", key.to_string());
        let reply = self.call(call, now).await?;
        match reply.status {
            StatusCode::OK => wire::answer(&reply.body).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(reply.unexpected()),
        }
    }
}

fn base_url(text: &str) -> Result<Url, SetupError> {
    let url = Url::parse(text).map_err(|_| SetupError::Url("is not an address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(SetupError::Url("is not an https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SetupError::Url("must not hold a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(SetupError::Url("must end with the host or a path"));
    }
    if url.scheme() == "http" && !matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
        tracing::warn!("orders.source_url is plain http to another machine: orders travel unencrypted");
    }
    Ok(url)
}
