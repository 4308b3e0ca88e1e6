//! Resumable uploads: a session takes bytes until all are there, and then has a handle for samples and pictures.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::BytesMut;
use rand::RngExt;
use serde_json::{Value, json};

use super::super::call::{Call, plain};
use super::super::problem::{Problem, scribble};
use super::super::state::World;
use super::kinds;

/// What can be uploaded for a template's header or as a profile picture.
const TYPES: &[&str] = &["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"];

/// An upload that has begun.
struct Session {
    mime: String,
    length: usize,
    bytes: BytesMut,
}

/// Sessions by their node, and the type behind each handle.
#[derive(Default)]
pub struct Uploads {
    sessions: HashMap<String, Session>,
    handles: HashMap<String, String>,
}

impl Uploads {
    pub fn knows(&self, handle: &str) -> bool {
        self.handles.contains_key(handle)
    }

    pub fn is_image(&self, handle: &str) -> bool {
        self.handles.get(handle).is_some_and(|mime| mime.starts_with("image/"))
    }

    /// Handles of the templates that were there from the start.
    pub fn remember(&mut self, handle: &str) {
        self.handles.insert(handle.into(), "image/png".into());
    }
}

/// `POST /{app}/uploads`: opens a session.
pub fn open(world: &World, call: &Call) -> Result<Value, Problem> {
    let text = |key: &str| call.query(key).map(str::to_owned).or_else(|| plain(call.body.get(key)?));
    let mime = text("file_type").ok_or_else(|| Problem::missing("file_type"))?;
    if !TYPES.contains(&mime.as_str()) {
        return Err(Problem::parameter(format_args!("Param file_type must be one of {{{}}}.", TYPES.join(", "))));
    }
    let length = text("file_length").and_then(|length| length.parse().ok()).filter(|length| *length > 0);
    let length: usize = length.ok_or_else(|| Problem::missing("file_length"))?;
    if length > kinds::LARGEST {
        return Err(Problem::parameter("Param file_length is larger than what can be uploaded."));
    }
    let noise: u128 = scribble().random();
    let id = format!("upload:{}", URL_SAFE_NO_PAD.encode(noise.to_be_bytes()));
    world.state().uploads.sessions.insert(id.clone(), Session { mime, length, bytes: BytesMut::new() });
    Ok(json!({"id": id}))
}

/// `GET /upload:…`: how far it got.
pub fn offset(world: &World, call: &Call) -> Result<Value, Problem> {
    let state = world.state();
    let session = state.uploads.sessions.get(&call.node).ok_or_else(|| no_session(call))?;
    Ok(json!({"id": call.node, "file_offset": session.bytes.len()}))
}

/// `POST /upload:…`: more bytes, from the offset at which the session stands.
pub fn append(world: &World, call: &Call) -> Result<Value, Problem> {
    let mut guard = world.state();
    let uploads = &mut guard.uploads;
    let session = uploads.sessions.get_mut(&call.node).ok_or_else(|| no_session(call))?;
    let stands = session.bytes.len();
    if call.file_offset != Some(stands) {
        let sentence = format!("The header file_offset must be {stands}, where this upload stands.");
        return Err(Problem::parameter(sentence));
    }
    let bytes = call.file.as_ref().map(|file| file.bytes.clone()).unwrap_or_default();
    if stands + bytes.len() > session.length {
        return Err(Problem::parameter(format_args!("The file is longer than its {} bytes.", session.length)));
    }
    session.bytes.extend_from_slice(&bytes);
    if session.bytes.len() < session.length {
        return Ok(json!({"id": call.node, "file_offset": session.bytes.len()}));
    }
    let mime = if session.mime == "image/jpg" { "image/jpeg".to_owned() } else { session.mime.clone() };
    kinds::check(&mime, &session.bytes)?;
    uploads.sessions.remove(&call.node);
    let handle = format!("4:{}:{}", URL_SAFE_NO_PAD.encode(&mime), URL_SAFE_NO_PAD.encode(&call.node));
    uploads.handles.insert(handle.clone(), mime);
    Ok(json!({"h": handle}))
}

fn no_session(call: &Call) -> Problem {
    Problem::no_such_object(call.method.as_str(), &call.node)
}
