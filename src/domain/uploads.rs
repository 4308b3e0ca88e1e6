//! Files that an agent sends before it asks a tool to use them: how large, for how long, under what name, and who may.

use super::canonical::ContentHash;
use super::clock::Timestamp;
use super::ids::{AgentId, TenantId, UploadId};
use super::media::harmless;
use super::people::{Area, Caller};
use std::fmt;
use std::time::Duration;

/// No setting allows more: so many pieces as this takes are the most that a bucket puts together.
pub const MOST_BYTES: u64 = 4 << 30;
/// An agent's files that wait at once may be so many times the largest one.
const KEPT_AT_ONCE: u64 = 8;
/// Of a name, in characters.
const LONGEST_NAME: usize = 200;
/// The areas with tools that take a file.
const TAKERS: [Area; 2] = [Area::Contacts, Area::Media];

/// How much is taken, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one file.
    pub max_bytes: u64,
    /// How long it is kept unless a request holds it.
    pub lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 256 << 20, lifetime: Duration::from_hours(24) }
    }
}

impl Limits {
    /// The most bytes that wait of one agent.
    #[must_use]
    pub const fn kept_at_once(&self) -> u64 {
        self.max_bytes.saturating_mul(KEPT_AT_ONCE)
    }
}

/// A file that waits for a tool to take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Which.
    pub id: UploadId,
    /// Of which business.
    pub tenant: TenantId,
    /// Who sent it, and alone may use it.
    pub agent: AgentId,
    /// Over its bytes.
    pub hash: ContentHash,
    /// How many there are.
    pub bytes: u64,
    /// What its sender called it first.
    pub name: Option<UploadName>,
    /// When it came first.
    pub received_at: Timestamp,
    /// From when on it is gone, unless a request holds it.
    pub expires_at: Timestamp,
}

/// What a sender calls a file: without a path and without anything that cannot be seen, with whatever ending it has. It is a
/// claim; what the file is, its bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadName(String);

impl UploadName {
    /// From what was said; none if nothing of it is left.
    #[must_use]
    pub fn clean(said: &str) -> Option<Self> {
        let safe = harmless(said);
        let name: String = safe.trim_matches(['.', ' ']).chars().take(LONGEST_NAME).collect();
        (!name.is_empty()).then_some(Self(name))
    }

    /// From the headers of a request: a `Content-Disposition` (RFC 6266), or a header that holds nothing but the name.
    #[must_use]
    pub fn of_headers(plain: Option<&[u8]>, disposition: Option<&[u8]>) -> Option<Self> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = plain.map(|bytes| unescaped(&text(bytes)));
        let said = said.or_else(|| in_disposition(&text(disposition?)));
        Self::clean(&said?)
    }

    /// Back from the database.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether this key may use any tool that takes a file: nobody else needs the door.
#[must_use]
pub fn may_upload(caller: &Caller) -> bool {
    TAKERS.iter().any(|area| caller.may_propose(*area))
}

/// The name in a header that holds more than the name; the form that can hold any letter comes first.
fn in_disposition(header: &str) -> Option<String> {
    let parameters: Vec<(String, String)> = parameters(header);
    let of = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let extended = of("filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, escaped) = rest.split_once('\'')?;
        charset.eq_ignore_ascii_case("utf-8").then(|| unescaped(escaped))
    });
    extended.or_else(|| of("filename").map(str::to_owned))
}

/// `a; b=c; d="e; f"` without its first word.
fn parameters(header: &str) -> Vec<(String, String)> {
    let (mut quoted, mut escaped) = (false, false);
    let mut pieces = vec![String::new()];
    for c in header.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => {
                escaped = true;
                continue;
            }
            '"' => {
                quoted = !quoted;
                continue;
            }
            ';' if !quoted => {
                pieces.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    let pairs = pieces.iter().skip(1).filter_map(|piece| piece.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned())).collect()
}

/// `%E5%86%AC` as the letter that it is; what is no such escape stays.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let mut byte = [0_u8];
        let hex = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        match hex {
            Some((digits, after)) if hex::decode_to_slice(digits, &mut byte).is_ok() => {
                bytes.extend(byte);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(plain: Option<&str>, disposition: Option<&str>) -> Option<String> {
        let found = UploadName::of_headers(plain.map(str::as_bytes), disposition.map(str::as_bytes));
        found.map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_name_is_found_in_either_header_and_keeps_what_is_harmless() {
        for (plain, disposition, found) in [
            (Some("people.csv"), None, Some("people.csv")),
            (Some("冬季.png"), None, Some("冬季.png")),
            (Some("%E5%86%AC.png"), None, Some("冬.png")),
            (Some("100% tea.png"), None, Some("100% tea.png")),
            (Some("../../etc/passwd"), None, Some("passwd")),
            (Some(r"C:\temp\a.exe"), None, Some("a.exe")),
            (Some("a%00b%0d%0aSet-Cookie.png"), None, Some("abSet-Cookie.png")),
            (Some("invoice\u{202E}gnp.exe"), None, Some("invoicegnp.exe")),
            (Some("..."), None, None),
            (Some(""), Some("attachment; filename=x.csv"), None),
            (None, Some("attachment; filename=\"a; b \\\"c.csv\""), Some("a; b c.csv")),
            (None, Some("attachment; filename=x.csv; filename*=UTF-8''%E5%86%AC.csv"), Some("冬.csv")),
            (None, Some("attachment; FILENAME*=latin1''%E5.csv; filename=y.csv"), Some("y.csv")),
            (None, Some("attachment"), None),
            (None, Some("form-data; name=\"filename=z\""), None),
            (None, None, None),
        ] {
            assert_eq!(name(plain, disposition).as_deref(), found, "{plain:?} {disposition:?}");
        }
        assert_eq!(UploadName::clean(&"長".repeat(500)).unwrap().as_str().chars().count(), LONGEST_NAME);
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(plain in any::<Vec<u8>>(), disposition in any::<Vec<u8>>()) {
            for found in [UploadName::of_headers(Some(&plain), None), UploadName::of_headers(None, Some(&disposition))] {
                let Some(found) = found else { continue };
                prop_assert!(!found.as_str().contains(['/', '\\', '"', '\r', '\n', '\0']));
                prop_assert!(found.as_str().chars().count() <= LONGEST_NAME);
            }
        }
    }
}
