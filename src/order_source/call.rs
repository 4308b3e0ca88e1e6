//! One signed call to the source of orders, and what its answer proves.

use super::{Error, OrderSource};
use crate::domain::clock::Timestamp;
use crate::domain::redact::scrub;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use sha2::Sha256;

/// Bytes of an answer that are read.
const LONGEST_ANSWER: usize = 256 << 10;

/// One request to be made.
pub(super) struct Call<'a> {
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: String,
    key: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(super) const fn get(path: &'a [&'a str]) -> Self {
        Self { method: Method::GET, path, query: Vec::new(), body: String::new(), key: None }
    }

    pub(super) const fn post(path: &'a [&'a str], body: String, key: &'a str) -> Self {
        Self { method: Method::POST, path, query: Vec::new(), body, key: Some(key) }
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.query.push((name, value));
        self
    }
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// What a status proves for which the contract has no meaning.
    pub(super) fn unexpected(&self) -> Error {
        let status = self.status.as_u16();
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Error::NotSent(format!("status {status}: it does not accept our signature (orders.source_secret_env)"))
            }
            StatusCode::TOO_MANY_REQUESTS => Error::NotSent(format!("status {status}: too many calls")),
            // A redirect is no answer: only the configured address is asked. What a gateway says may come after the fact.
            _ => Error::InDoubt(format!("status {status}")),
        }
    }
}

impl OrderSource {
    pub(super) async fn call(&self, call: Call<'_>, now: Timestamp) -> Result<Reply, Error> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let time = now.seconds().to_string();
        let signature = self.sign(&[call.method.as_str(), &target, &time, &call.body])?;
        let mut request = self.http.request(call.method, url);
        request = request.header("countersign-time", time).header("countersign-signature", format!("v1={signature}"));
        if let Some(key) = call.key {
            request = request.header("idempotency-key", key).header(CONTENT_TYPE, "application/json");
            request = request.body(call.body);
        }
        let mut response = request.send().await.map_err(|e| transport_error(&e))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| transport_error(&e))? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Error::InDoubt(format!("status {} with an answer of more than 256 KB", status.as_u16())));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body })
    }

    /// Over what was asked, line by line: no line but the last can hold another.
    fn sign(&self, lines: &[&str]) -> Result<String, Error> {
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.expose().as_bytes());
        let mac = mac.map_err(|_| Error::NotSent("the secret cannot sign".to_owned()))?;
        Ok(hex::encode(mac.chain_update(lines.join("\n")).finalize().into_bytes()))
    }
}

/// What a failure below HTTP proves. Only a connection that never came to be proves that nothing was asked.
fn transport_error(error: &reqwest::Error) -> Error {
    if error.is_builder() {
        return Error::NotSent("the request could not be made".to_owned());
    }
    if error.is_connect() {
        return Error::NotSent(format!("no connection: {}", cause(error)));
    }
    if error.is_timeout() {
        return Error::InDoubt("no answer in time".to_owned());
    }
    Error::InDoubt(format!("the connection broke before the answer: {}", cause(error)))
}

/// The innermost reason; the outer ones repeat the address.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if std::ptr::addr_eq(inner, error) { "unknown".to_owned() } else { scrub(&inner.to_string()) }
}
