//! One call as it came in: the path's node and edge, the query, and the body as JSON, form, multipart or bytes.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde_json::Value;
use url::form_urlencoded;

use super::media::kinds;
use super::problem::Problem;

/// Larger bodies are refused, but for those that carry a file.
const LARGEST_BODY: usize = 1 << 20;
/// What multipart needs around its file.
const AROUND: usize = 64 << 10;

/// A call that passed the door.
pub struct Call {
    pub method: Method,
    pub node: String,
    pub edge: Option<String>,
    /// The body's fields, or the query's where a write has no body.
    pub body: Value,
    /// The file of a media upload, or the bytes of a resumable one.
    pub file: Option<File>,
    /// Where those bytes belong.
    pub file_offset: Option<usize>,
    pub query: Vec<(String, String)>,
}

impl Call {
    /// How faults name it: its edge, or `upload` or `node` where it has none.
    pub fn endpoint(&self) -> &str {
        self.edge.as_deref().unwrap_or(if self.node.starts_with("upload:") { "upload" } else { "node" })
    }

    pub fn query(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Values of a list filter, written `key=a&key=b`, `key[]=a` or `key=["a","b"]`.
    pub fn list(&self, key: &str) -> Vec<String> {
        let bracketed = format!("{key}[]");
        let values = self.query.iter().filter(|(known, _)| known == key || *known == bracketed);
        values
            .flat_map(|(_, value)| match serde_json::from_str::<Vec<Value>>(value) {
                Ok(list) => list.iter().filter_map(plain).collect(),
                Err(_) => value.split(',').map(|word| word.trim().to_owned()).collect::<Vec<String>>(),
            })
            .collect()
    }

    /// The whole query without the cursors, to make the address of the next page.
    pub fn page_query(&self, after: &str) -> String {
        let kept = self.query.iter().filter(|(key, _)| key != "after" && key != "before");
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("after", after).finish()
    }
}

/// Ids are written as strings or as numbers.
pub fn plain(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
}

/// A file in a body.
pub struct File {
    pub bytes: Bytes,
    pub mime: Option<String>,
    pub name: Option<String>,
}

/// The token of a call.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok())?;
    header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("OAuth ")).map(str::trim)
}

pub fn unsupported(call: &Call) -> Problem {
    Problem::no_such_object(call.method.as_str(), &call.node)
}

impl Call {
    /// Takes in a body: what it cannot read comes as a problem, so that faults strike first.
    pub async fn take_body(&mut self, headers: &HeaderMap, body: Body) -> Option<Problem> {
        let raw = self.node.starts_with("upload:");
        let file = raw || self.edge.as_deref() == Some("media");
        let most = if file { kinds::LARGEST + AROUND } else { LARGEST_BODY };
        let (bytes, whole) = collect(body, most).await;
        if raw {
            let offset = headers.get("file_offset").and_then(|offset| offset.to_str().ok());
            self.file_offset = offset.and_then(|offset| offset.parse().ok());
            // What came before the connection broke counts: that is what sessions are for.
            self.file = Some(File { bytes, mime: None, name: None });
            return None;
        }
        if !whole {
            return Some(Problem::parameter("The request body is too large or was cut off"));
        }
        self.read_body(headers, bytes).await.err()
    }

    /// JSON, a form, multipart, or nothing; the query's parameters count as fields, as Graph has it.
    async fn read_body(&mut self, headers: &HeaderMap, bytes: Bytes) -> Result<(), Problem> {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if bytes.is_empty() {
            self.body = fields(self.query.iter().cloned());
            return Ok(());
        }
        if kind.starts_with("application/x-www-form-urlencoded") {
            self.body = fields(form_urlencoded::parse(&bytes).into_owned());
            return Ok(());
        }
        if let Ok(boundary) = multer::parse_boundary(kind) {
            return self.read_multipart(bytes, boundary).await;
        }
        match serde_json::from_slice(&bytes) {
            Ok(value @ Value::Object(_)) => self.body = value,
            _ => return Err(Problem::parameter("The request body is not a JSON object")),
        }
        Ok(())
    }

    async fn read_multipart(&mut self, bytes: Bytes, boundary: String) -> Result<(), Problem> {
        let broken = |_: multer::Error| Problem::parameter("The request body is not well-formed multipart");
        let whole = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        let mut parts = multer::Multipart::new(whole, boundary);
        let mut texts = Vec::new();
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                let mime = part.content_type().map(ToString::to_string);
                let file = part.file_name().map(str::to_owned);
                self.file = Some(File { bytes: part.bytes().await.map_err(broken)?, mime, name: file });
            } else {
                texts.push((name, part.text().await.map_err(broken)?));
            }
        }
        self.body = fields(texts);
        Ok(())
    }
}

fn fields(pairs: impl IntoIterator<Item = (String, String)>) -> Value {
    let read = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    Value::Object(pairs.into_iter().map(|(key, value)| (key, read(value))).collect())
}

/// The bytes of a body, and whether they are all of it.
async fn collect(body: Body, most: usize) -> (Bytes, bool) {
    let mut bytes = BytesMut::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) if bytes.len() + piece.len() <= most => bytes.extend_from_slice(&piece),
            _ => return (bytes.freeze(), false),
        }
    }
    (bytes.freeze(), true)
}
