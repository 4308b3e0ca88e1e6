//! Files at Meta: what the business uploaded and what customers sent, each for as long as Meta keeps it.

pub mod calls;
pub mod kinds;
pub mod uploads;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::webhooks::signature;
use crate::domain::clock::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Ids of uploads live so long, unless the upload says otherwise.
pub const UPLOADED: Duration = DAY.saturating_mul(30);
/// Ids of what customers sent.
pub const RECEIVED: Duration = DAY.saturating_mul(7);
/// Addresses of both.
const ADDRESS: Duration = Duration::from_secs(5 * 60);
const FIRST_ID: u64 = 1_013_000_000_000_000;

/// One file.
pub struct Medium {
    pub id: u64,
    /// The number that uploaded or received it.
    pub phone: Arc<str>,
    pub mime: String,
    pub name: Option<String>,
    pub bytes: Bytes,
    sha256: [u8; 32],
    until: Timestamp,
}

impl Medium {
    /// What a read call tells, with an address for the next minutes.
    fn to_json(&self, base: &str, token: &str, now: Timestamp) -> Value {
        json!({"messaging_product": "whatsapp", "url": self.address(base, token, now), "mime_type": self.mime,
            "sha256": hex::encode(self.sha256), "file_size": self.bytes.len(), "id": self.id.to_string()})
    }

    /// The address needs the token as well; without it, or later, there is nothing.
    fn address(&self, base: &str, token: &str, now: Timestamp) -> String {
        let until = now.after(ADDRESS).seconds();
        format!("{base}/media/{}?ext={until}&hash={}", self.id, seal(token, self.id, until))
    }

    /// As it stands in the webhook of a message. The hash is base64 there.
    pub fn in_message(&self, base: &str, token: &str, now: Timestamp) -> Value {
        json!({"id": self.id.to_string(), "mime_type": self.mime, "sha256": STANDARD.encode(self.sha256),
            "url": self.address(base, token, now)})
    }

    /// As it stands in the log of what was sent.
    pub fn in_log(&self) -> Value {
        json!({"id": self.id.to_string(), "mime_type": self.mime, "sha256": hex::encode(self.sha256)})
    }

    pub fn shown_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}.{}", self.id, kinds::extension(&self.mime)))
    }
}

fn seal(token: &str, id: u64, until: i64) -> String {
    signature(token, format!("media {id} {until}").as_bytes())
}

/// All files, by id.
#[derive(Default)]
pub struct Media {
    by_id: BTreeMap<u64, Medium>,
    last_id: u64,
    bytes: usize,
}

/// A file before it has an id.
pub struct Incoming {
    pub phone: Arc<str>,
    pub mime: String,
    pub name: Option<String>,
    pub bytes: Bytes,
}

impl Media {
    /// Keeps a file for a time; the oldest make room when there are too many bytes.
    pub fn keep(&mut self, incoming: Incoming, life: Duration, most: usize, now: Timestamp) -> &Medium {
        let Incoming { phone, mime, name, bytes } = incoming;
        while self.bytes.saturating_add(bytes.len()) > most
            && let Some((_, oldest)) = self.by_id.pop_first()
        {
            self.bytes -= oldest.bytes.len();
        }
        self.bytes += bytes.len();
        self.last_id = self.last_id.max(FIRST_ID) + 1;
        let sha256 = Sha256::digest(&bytes).into();
        let medium = Medium { id: self.last_id, phone, mime, name, bytes, sha256, until: now.after(life) };
        self.by_id.entry(self.last_id).or_insert(medium)
    }

    pub fn get(&self, id: u64, now: Timestamp) -> Option<&Medium> {
        self.by_id.get(&id).filter(|medium| now < medium.until)
    }

    pub fn remove(&mut self, id: u64) -> bool {
        let gone = self.by_id.remove(&id);
        self.bytes -= gone.as_ref().map_or(0, |medium| medium.bytes.len());
        gone.is_some()
    }

    /// Forgets what nobody can ask for any more.
    pub fn age(&mut self, now: Timestamp) {
        self.by_id.retain(|_, medium| now < medium.until);
        self.bytes = self.by_id.values().map(|medium| medium.bytes.len()).sum();
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }
}

/// A file in a message of the business.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: &'static str,
    pub source: Source,
    pub filename: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Source {
    Id(u64),
    /// Meta fetches it.
    Link(String),
}

impl Attachment {
    /// Reads `{"id"}` or `{"link"}` of a message or of a template's header. `place` names it in refusals.
    pub fn read(kind: &'static str, content: &Value, place: &str) -> Result<Self, Problem> {
        let text = |key: &str| content.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let filename = text("filename").map(str::to_owned);
        let source = match (text("id"), text("link")) {
            (Some(id), _) => Source::Id(id.parse().map_err(|_| no_such_id(place))?),
            (None, Some(link)) => {
                let address = url::Url::parse(link).ok();
                if !address.is_some_and(|address| matches!(address.scheme(), "http" | "https") && address.has_host()) {
                    return Err(Problem::new(131_009, format!("Param {place}['link'] is not a valid URI.")));
                }
                Source::Link(link.to_owned())
            }
            (None, None) => {
                let details = format!("Required parameter is missing: {place}['id'] or {place}['link']");
                return Err(Problem::new(131_008, details));
            }
        };
        Ok(Self { kind, source, filename })
    }

    /// Is the file there for this number, and of the right kind? It, if it was uploaded.
    pub fn check<'a>(&self, media: &'a Media, phone: &str, now: Timestamp) -> Result<Option<&'a Medium>, Problem> {
        let Source::Id(id) = &self.source else { return Ok(None) };
        let medium = media.get(*id, now).filter(|medium| *medium.phone == *phone);
        let medium = medium.ok_or_else(|| no_such_id(self.kind))?;
        let kind = kinds::of(&medium.mime).map(|known| known.use_as);
        if kind == Some(self.kind) {
            return Ok(Some(medium));
        }
        Err(Problem::new(131_053, format!("The media is {} and cannot be sent as {}", medium.mime, self.kind)))
    }

    /// A link that leads nowhere shows only when Meta fetches it. Hosts under `.invalid` never exist.
    pub fn check_link(&self) -> Result<(), Problem> {
        let Source::Link(link) = &self.source else { return Ok(()) };
        let host = url::Url::parse(link).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        if host.ends_with(".invalid") {
            return Err(Problem::new(131_053, "Failed to download the media from the given link"));
        }
        Ok(())
    }

    /// What the customer's screen calls it.
    pub fn shown_name(&self, media: &Media, now: Timestamp) -> String {
        let name = self.filename.clone().or_else(|| match &self.source {
            Source::Id(id) => media.get(*id, now).map(Medium::shown_name),
            Source::Link(link) => {
                let url = url::Url::parse(link).ok()?;
                url.path_segments()?.next_back().filter(|part| !part.is_empty()).map(str::to_owned)
            }
        });
        name.unwrap_or_else(|| self.kind.to_owned())
    }
}

fn no_such_id(place: &str) -> Problem {
    let sentence = format!("Param {place}['id'] is not a valid whatsapp business account media attachment ID");
    Problem::parameter(sentence)
}
