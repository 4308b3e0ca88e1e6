//! Files of messages at Meta: sending one there, fetching one that a customer sent, deleting.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use url::Url;

use crate::domain::json::{int, text};
use crate::graph::call::{Answer, Body, Call, FILE_TIMEOUT, LONGEST_ANSWER, in_doubt, never, read, transport_error};
use crate::graph::{Credentials, Error, Graph};

/// A file to go to Meta.
#[derive(Clone)]
pub struct Upload {
    pub bytes: Bytes,
    /// What the bytes are. Meta looks at them, and refuses a message whose file is something else.
    pub mime_type: String,
    pub filename: String,
}

/// A file that Meta has.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaFile {
    pub id: String,
    pub address: MediaAddress,
    pub mime_type: Option<String>,
    /// Of its bytes, whichever way Meta wrote it.
    pub sha256: Option<[u8; 32]>,
    pub size: Option<u64>,
}

/// Where a file can be fetched for five minutes. Whoever knows it and the token has the file, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaAddress(Url);

/// What became of fetching a file.
#[derive(Clone, PartialEq, Eq)]
pub enum Fetched {
    File(Vec<u8>),
    /// The address has expired: read the file's entry again for a new one.
    Expired,
    /// It is longer than what the caller takes.
    TooLong,
}

/// Sends a file to Meta, for messages from this number. Its id is good for 30 days; a repetition only makes another one.
pub async fn upload(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    file: Upload,
) -> Result<String, Error> {
    let length = u64::try_from(file.bytes.len()).map_err(|_| never("the file is too long".to_owned()))?;
    let part = Part::stream_with_length(file.bytes, length)
        .file_name(file.filename)
        .mime_str(&file.mime_type)
        .map_err(|_| never(format!("\"{}\" is not a type of file: write it like image/png", file.mime_type)))?;
    let form = Form::new().text("messaging_product", "whatsapp").text("type", file.mime_type).part("file", part);
    let answer = graph.ask(credentials, Call::post(phone_number_id, Body::Form(form)).edge("media")).await?;
    text(&answer, "id").ok_or_else(|| in_doubt("the uploaded file has no id".to_owned()))
}

/// The entry of a file. Given the number, Meta answers only if the file belongs to it.
pub async fn get(
    graph: &Graph,
    credentials: &Credentials,
    media_id: &str,
    phone_number_id: Option<&str>,
) -> Result<MediaFile, Error> {
    let answer = graph.ask(credentials, Call::get(media_id).maybe("phone_number_id", phone_number_id)).await?;
    let address = text(&answer, "url").and_then(|url| Url::parse(&url).ok());
    let address = address.ok_or_else(|| in_doubt("the entry of the file has no address".to_owned()))?;
    Ok(MediaFile {
        id: text(&answer, "id").unwrap_or_else(|| media_id.to_owned()),
        address: MediaAddress(address),
        mime_type: text(&answer, "mime_type"),
        sha256: text(&answer, "sha256").and_then(|hash| decoded_sha256(&hash)),
        size: int(&answer, "file_size").and_then(|size| u64::try_from(size).ok()),
    })
}

/// Fetches the bytes, of which there may be `most`. The token goes to the configured host and to those that
/// `whatsapp.media_hosts` names, to nobody else.
pub async fn download(
    graph: &Graph,
    credentials: &Credentials,
    address: &MediaAddress,
    most: usize,
) -> Result<Fetched, Error> {
    if !graph.may_fetch(&address.0) {
        let host = host_of(&address.0).unwrap_or_else(|| "no host".to_owned());
        return Err(never(format!("the file lies on {host}, which whatsapp.media_hosts does not name")));
    }
    let request = graph.http.get(address.0.clone()).bearer_auth(credentials.token.expose()).timeout(FILE_TIMEOUT);
    let response = request.send().await.map_err(|e| transport_error(&e))?;
    let status = response.status();
    if status == StatusCode::NOT_FOUND {
        return Ok(Fetched::Expired);
    }
    if !status.is_success() {
        let body = read(response, LONGEST_ANSWER).await?.unwrap_or_default();
        return Answer::new(status, body).proves().map(Fetched::File);
    }
    // Told beforehand, nothing of it need be read.
    let long = |length: u64| usize::try_from(length).map_or(true, |length| length > most);
    if response.content_length().is_some_and(long) {
        return Ok(Fetched::TooLong);
    }
    Ok(read(response, most).await?.map_or(Fetched::TooLong, Fetched::File))
}

/// Deletes a file at Meta.
pub async fn delete(
    graph: &Graph,
    credentials: &Credentials,
    media_id: &str,
    phone_number_id: Option<&str>,
) -> Result<(), Error> {
    graph.done(credentials, Call::delete(media_id).maybe("phone_number_id", phone_number_id)).await
}

impl Graph {
    /// Whether the token may go to the host of this address.
    fn may_fetch(&self, address: &Url) -> bool {
        let bare = address.username().is_empty() && address.password().is_none();
        let named = || host_of(address).is_some_and(|host| self.media_hosts.contains(&host));
        let as_safe = address.scheme() == "https" || address.scheme() == self.base.scheme();
        bare && (address.origin() == self.base.origin() || (as_safe && named()))
    }
}

/// The host of an address, with its port if that is not the usual one.
pub(super) fn host_of(address: &Url) -> Option<String> {
    let host = address.host_str()?;
    Some(address.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Meta writes hashes in hexadecimal in some places and in base64 in others. `None` for what is neither.
pub fn decoded_sha256(text: &str) -> Option<[u8; 32]> {
    let bytes = hex::decode(text).ok().filter(|bytes| bytes.len() == 32).or_else(|| STANDARD.decode(text).ok())?;
    bytes.try_into().ok()
}

impl fmt::Debug for MediaAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaAddress(…)")
    }
}

/// Shows how long it is, not what is in it.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(bytes) => write!(f, "File({} bytes)", bytes.len()),
            Self::Expired => f.write_str("Expired"),
            Self::TooLong => f.write_str("TooLong"),
        }
    }
}
