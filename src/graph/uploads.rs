//! Uploads in pieces: samples for the headers of templates, and profile pictures. What comes out of one is a handle, which is
//! not the id of a file for messages.

use bytes::Bytes;
use url::form_urlencoded;

use crate::domain::json::{int, text};
use crate::graph::call::{Body, Call, UPLOAD, in_doubt};
use crate::graph::{Credentials, Error, Graph};

/// What Meta is told of a file before it gets any of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub filename: String,
    /// One of application/pdf, image/jpeg, image/png and video/mp4.
    pub mime_type: String,
    pub length: u64,
}

/// An upload that has begun. It can be kept and gone on with after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session(String);

/// What a finished upload is called in templates and profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle(String);

impl Session {
    /// As it was kept; `None` if that is no upload.
    pub fn kept(id: impl Into<String>) -> Option<Self> {
        Some(Self(id.into())).filter(|session| session.0.starts_with(UPLOAD))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Meta's id of it, and what Meta has signed it with, if it has.
    fn parts(&self) -> (&str, Option<String>) {
        let (id, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let signature = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "sig");
        (id, signature.map(|(_, value)| value.into_owned()))
    }
}

impl Handle {
    /// As it was kept.
    pub fn new(handle: impl Into<String>) -> Self {
        Self(handle.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Begins an upload for an app. Until bytes follow, Meta keeps nothing.
pub async fn begin(graph: &Graph, credentials: &Credentials, app_id: &str, file: &Sample) -> Result<Session, Error> {
    let length = file.length.to_string();
    let call = Call::post(app_id, Body::Nothing)
        .edge("uploads")
        .with("file_name", &file.filename)
        .with("file_length", &length)
        .with("file_type", &file.mime_type);
    let answer = graph.ask(credentials, call).await?;
    text(&answer, "id")
        .and_then(Session::kept)
        .ok_or_else(|| in_doubt("the upload that has begun has no id".to_owned()))
}

/// How many bytes Meta has: where to go on after a connection broke.
pub async fn offset(graph: &Graph, credentials: &Credentials, session: &Session) -> Result<u64, Error> {
    let (id, signature) = session.parts();
    let answer = graph.ask(credentials, Call::get(id).maybe("sig", signature.as_deref())).await?;
    let offset = int(&answer, "file_offset").and_then(|offset| u64::try_from(offset).ok());
    offset.ok_or_else(|| in_doubt("the upload does not say how far it is".to_owned()))
}

/// Sends the rest of the file, from `offset` on; 0 for all of it. The last byte brings the handle. Where the answer is lost,
/// `offset` says what arrived.
pub async fn send(
    graph: &Graph,
    credentials: &Credentials,
    session: &Session,
    rest: Bytes,
    offset: u64,
) -> Result<Handle, Error> {
    let (id, signature) = session.parts();
    let call = Call::post(id, Body::Piece { bytes: rest, offset }).maybe("sig", signature.as_deref());
    let answer = graph.ask(credentials, call).await?;
    text(&answer, "h").map(Handle).ok_or_else(|| in_doubt("the upload ended without a handle".to_owned()))
}
