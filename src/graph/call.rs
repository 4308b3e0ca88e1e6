//! One call to Meta: its request, and what its answer proves.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::AUTHORIZATION;
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::domain::json::flag;
use crate::domain::redact::scrub;
use crate::graph::errors::Class;
use crate::graph::usage::Usage;
use crate::graph::{Backoff, Credentials, Error, Graph, GraphError};

/// Bytes of an answer that are read. Beyond it, what answers is not Meta.
pub(super) const LONGEST_ANSWER: usize = 16 << 20;
/// For a file to go or come, which takes longer than any other call.
pub(super) const FILE_TIMEOUT: Duration = Duration::from_mins(10);

/// One request to be made.
pub(super) struct Call<'a> {
    method: Method,
    /// The id of a number, an account, a template, a file or an upload.
    pub(super) object: &'a str,
    edge: Option<&'a str>,
    query: Vec<(&'a str, &'a str)>,
    body: Body<'a>,
    /// Whether Meta's call budgets hold for it.
    budgeted: bool,
}

/// What a request carries.
pub(super) enum Body<'a> {
    Nothing,
    Json(&'a Value),
    Form(Form),
    /// A piece of a file, from this offset on.
    Piece {
        bytes: Bytes,
        offset: u64,
    },
}

/// What came back, before anybody says what it proves.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    regain: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(super) const fn get(object: &'a str) -> Self {
        Self::new(Method::GET, object, Body::Nothing)
    }

    pub(super) const fn post(object: &'a str, body: Body<'a>) -> Self {
        Self::new(Method::POST, object, body)
    }

    pub(super) const fn delete(object: &'a str) -> Self {
        Self::new(Method::DELETE, object, Body::Nothing)
    }

    const fn new(method: Method, object: &'a str, body: Body<'a>) -> Self {
        Self { method, object, edge: None, query: Vec::new(), body, budgeted: true }
    }

    pub(super) const fn edge(mut self, edge: &'a str) -> Self {
        self.edge = Some(edge);
        self
    }

    pub(super) fn with(mut self, key: &'a str, value: &'a str) -> Self {
        self.query.push((key, value));
        self
    }

    pub(super) fn maybe(mut self, key: &'a str, value: Option<&'a str>) -> Self {
        self.query.extend(value.map(|value| (key, value)));
        self
    }

    pub(super) fn carrying(mut self, body: &'a Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// A message: a budget of its own, which Meta states by refusing it.
    pub(super) const fn unbudgeted(mut self) -> Self {
        self.budgeted = false;
        self
    }

    /// Uploads in pieces want the token under another name than everything else.
    fn is_upload(&self) -> bool {
        self.object.starts_with(UPLOAD)
    }
}

/// How the ids of uploads begin.
pub(super) const UPLOAD: &str = "upload:";

impl Graph {
    /// Makes the call and takes only a success for an answer.
    pub(super) async fn call(&self, credentials: &Credentials, call: Call<'_>) -> Result<Vec<u8>, Error> {
        self.answer(credentials, call).await?.proves()
    }

    /// The same, where the answer is a JSON object.
    pub(super) async fn ask(&self, credentials: &Credentials, call: Call<'_>) -> Result<Value, Error> {
        let answer = self.call(credentials, call).await?;
        let value = serde_json::from_slice::<Value>(&answer).ok().filter(Value::is_object);
        value.ok_or_else(|| in_doubt(format!("the answer of {} bytes is not a JSON object", answer.len())))
    }

    /// The same, where Meta says only that it is done.
    pub(super) async fn done(&self, credentials: &Credentials, call: Call<'_>) -> Result<(), Error> {
        let answer = self.ask(credentials, call).await?;
        match flag(&answer, "success") {
            Some(true) => Ok(()),
            _ => Err(in_doubt("Meta answered, but did not say that it is done".to_owned())),
        }
    }

    pub(super) async fn answer(&self, credentials: &Credentials, call: Call<'_>) -> Result<Answer, Error> {
        let address = self.address(&call)?;
        let (object, budgeted) = (call.object, call.budgeted);
        if let Some(left) = budgeted.then(|| self.budgets.closed(object)).flatten() {
            let why = format!("Meta's call budget for this account is used up for another {} s", left.as_secs().max(1));
            return Err(Error::NotSent { why, retry: Backoff::CallBudget { regain: Some(left) } });
        }
        let request = self.request(credentials, call, address);
        let response = request.send().await.map_err(|e| transport_error(&e))?;
        let status = response.status();
        let usage = Usage::read(response.headers());
        let regain = usage.regain();
        self.budgets.learn(object, usage, budgeted);
        let Some(body) = read(response, LONGEST_ANSWER).await? else {
            return Err(in_doubt(format!("status {} with an answer longer than any of Meta's", status.as_u16())));
        };
        Ok(Answer { status, body, regain })
    }

    fn request(&self, credentials: &Credentials, call: Call<'_>, address: Url) -> RequestBuilder {
        let token = credentials.token.expose();
        let upload = call.is_upload();
        let mut request = self.http.request(call.method, address);
        request =
            if upload { request.header(AUTHORIZATION, format!("OAuth {token}")) } else { request.bearer_auth(token) };
        request = request.query(&call.query);
        if let Some(proof) = credentials.proof() {
            request = request.query(&[("appsecret_proof", proof)]);
        }
        match call.body {
            Body::Nothing => request,
            Body::Json(body) => request.json(body),
            Body::Form(form) => request.multipart(form).timeout(FILE_TIMEOUT),
            Body::Piece { bytes, offset } => {
                request.header("file_offset", offset.to_string()).body(bytes).timeout(FILE_TIMEOUT)
            }
        }
    }

    fn address(&self, call: &Call<'_>) -> Result<Url, Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let good = match call.object.strip_prefix(UPLOAD) {
            Some(id) => !id.is_empty() && id.len() <= 2048 && id.chars().all(|c| plain(c) || matches!(c, '=' | ':')),
            None => !call.object.is_empty() && call.object.len() <= 64 && call.object.chars().all(plain),
        };
        if !good {
            return Err(never("the id in the call is not one of Meta's: letters and digits only".to_owned()));
        }
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(call.object).extend(call.edge);
        }
        Ok(url)
    }
}

/// The body of an answer; `None` if it is longer than `most`.
pub(super) async fn read(mut response: Response, most: usize) -> Result<Option<Vec<u8>>, Error> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| broken_answer(status, &e))? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

impl Answer {
    pub(super) const fn new(status: StatusCode, body: Vec<u8>) -> Self {
        Self { status, body, regain: None }
    }

    /// What it proves. A 5xx proves nothing even with an error object in it: gateways answer so after the fact.
    pub(super) fn proves(self) -> Result<Vec<u8>, Error> {
        let status = self.status;
        if status.is_success() {
            return Ok(self.body);
        }
        let Some(error) = GraphError::read(&self.body) else {
            return Err(in_doubt(format!("status {} without an error object", status.as_u16())));
        };
        if !status.is_client_error() {
            return Err(in_doubt(format!("status {} with {error}", status.as_u16())));
        }
        match error.row().class {
            Class::Throttled(retry) => {
                let regain = self.regain;
                let retry = if let Backoff::CallBudget { .. } = retry { Backoff::CallBudget { regain } } else { retry };
                Err(Error::NotSent { why: error.to_string(), retry })
            }
            Class::Ambiguous => Err(in_doubt(format!("status {} with {error}", status.as_u16()))),
            Class::Fatal(_) => Err(Error::Rejected(error)),
        }
    }
}

/// What a failure below HTTP proves. Only a connection that never came to be proves that nothing was sent.
pub(super) fn transport_error(error: &reqwest::Error) -> Error {
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

pub(super) fn in_doubt(why: String) -> Error {
    Error::InDoubt { why }
}

pub(super) fn never(why: String) -> Error {
    Error::NotSent { why, retry: Backoff::Never }
}
