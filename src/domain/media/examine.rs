//! Whether a file is taken in, what is left of it then, and what is to be said of it.

use super::detect::{Unclear, detect};
use super::name::ending;
use super::uses::{humane, useless};
use super::{Content, FileName, LARGEST, MOST_PIXELS, MediaType, Pixels, Scan, Unscanned};
use crate::domain::policy::rules::{
    MEDIA_01, MEDIA_02, MEDIA_03, MEDIA_04, MEDIA_05, MEDIA_06, MEDIA_07, MEDIA_08, MEDIA_09, MEDIA_10, MEDIA_11,
    MEDIA_12, MEDIA_13, MEDIA_14,
};
use crate::domain::preview::Finding;
use bytes::Bytes;

/// A file as somebody brings it.
#[derive(Debug, Clone)]
pub struct Given {
    /// The file.
    pub bytes: Bytes,
    /// What it is called.
    pub name: String,
    /// The type that it is said to have, if it is said.
    pub declared: Option<String>,
}

/// A file as it is to be kept.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What is left of it.
    pub bytes: Bytes,
    /// What that is.
    pub content: Content,
    /// Under which name it is downloaded.
    pub name: FileName,
    /// What people should know of it.
    pub findings: Vec<Finding>,
}

/// Why a file is not what it could be.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// Nothing is in it.
    Empty,
    /// It has so many bytes.
    TooLarge(u64),
    /// What it is shows by nothing, or not all of it is there.
    Unclear(Unclear),
    /// It has too many of these.
    TooManyPixels(Pixels),
}

impl Refusal {
    fn finding(self) -> Finding {
        match self {
            Self::Empty => MEDIA_01.says(&[]),
            Self::TooLarge(size) => MEDIA_02.says(&[("size", size.into()), ("limit", humane(LARGEST).into())]),
            Self::Unclear(Unclear::Unknown) => MEDIA_03.says(&[("types", known_types().into())]),
            Self::Unclear(Unclear::Damaged) => MEDIA_04.says(&[]),
            Self::TooManyPixels(Pixels { width, height }) => {
                MEDIA_05.says(&[("width", width.into()), ("height", height.into()), ("limit", MOST_PIXELS.into())])
            }
        }
    }
}

/// Looks at what somebody wants to send, which must be what it says it is, and fit somewhere.
pub fn examine(given: &Given) -> Result<Prepared, Vec<Finding>> {
    let prepared = recognised(given).map_err(|refusal| vec![refusal.finding()])?;
    let size = u64::try_from(prepared.bytes.len()).unwrap_or(u64::MAX);
    let media_type = prepared.content.media_type();
    let mut against = Vec::new();
    if let Some(said) = contradiction(given, media_type) {
        against.push(MEDIA_06.says(&[("said", said.into()), ("type", media_type.as_str().into())]));
    }
    if let Some(misfits) = useless(prepared.content, size) {
        let limits = misfits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        against.push(MEDIA_07.says(&[("type", media_type.as_str().into()), ("limits", limits.into())]));
    }
    if against.is_empty() { Ok(prepared) } else { Err(against) }
}

/// Looks at what a customer sent, which is kept whatever it is, as long as it can be: what is not known, or not whole, can
/// only be downloaded.
pub fn recognise(given: &Given) -> Result<Prepared, Vec<Finding>> {
    match recognised(given) {
        Ok(prepared) => return Ok(prepared),
        Err(refusal @ (Refusal::Empty | Refusal::TooLarge(_))) => return Err(vec![refusal.finding()]),
        Err(Refusal::Unclear(_) | Refusal::TooManyPixels(_)) => {}
    }
    Ok(Prepared {
        bytes: given.bytes.clone(),
        content: Content::Other,
        name: FileName::clean(&given.name, MediaType::Other),
        findings: vec![MEDIA_12.says(&[])],
    })
}

fn recognised(given: &Given) -> Result<Prepared, Refusal> {
    let size = u64::try_from(given.bytes.len()).unwrap_or(u64::MAX);
    if size == 0 {
        return Err(Refusal::Empty);
    }
    if size > LARGEST {
        return Err(Refusal::TooLarge(size));
    }
    let (content, stripped) = detect(&given.bytes).map_err(Refusal::Unclear)?;
    let media_type = content.media_type();
    if let Some(pixels) = content.pixels().filter(|pixels| pixels.count() > MOST_PIXELS) {
        return Err(Refusal::TooManyPixels(pixels));
    }
    let mut findings = Vec::new();
    let bytes = match stripped {
        Some(stripped) if !stripped.removed.is_empty() => {
            let what = stripped.removed.into_iter().collect::<Vec<_>>().join(", ");
            findings.push(MEDIA_10.says(&[("what", what.into())]));
            stripped.bytes.into()
        }
        Some(_) => given.bytes.clone(),
        None => {
            if content != Content::Text {
                findings.push(MEDIA_11.says(&[("type", media_type.as_str().into())]));
            }
            given.bytes.clone()
        }
    };
    Ok(Prepared { bytes, content, name: FileName::clean(&given.name, media_type), findings })
}

/// What the scanner said, as people read it.
#[must_use]
pub fn scanned(scan: &Scan) -> Option<Finding> {
    match scan {
        Scan::Clean => None,
        Scan::Infected(name) => Some(MEDIA_08.says(&[("name", name.as_str().into())])),
        Scan::NotScanned(Unscanned::NoScanner) => Some(MEDIA_09.says(&[])),
        Scan::NotScanned(Unscanned::Down) => Some(MEDIA_13.says(&[])),
        Scan::NotScanned(Unscanned::TooLarge) => Some(MEDIA_14.says(&[])),
    }
}

fn known_types() -> String {
    let known = MediaType::ALL.iter().filter(|known| **known != MediaType::Other);
    known.map(|known| known.as_str()).collect::<Vec<_>>().join(", ")
}

/// What the name or the declared type says instead.
fn contradiction(given: &Given, found: MediaType) -> Option<String> {
    let ending = ending(&given.name).map(|(_, ending)| ending.to_lowercase());
    if let Some(ending) = ending.filter(|ending| !found.extensions().contains(&ending.as_str())) {
        return Some(format!(".{ending}"));
    }
    let declared = given.declared.as_deref()?;
    let plain = declared.split(';').next().unwrap_or_default().trim().to_lowercase();
    let same = plain == found.as_str() || (found == MediaType::Jpeg && plain == "image/jpg");
    (!same).then(|| declared.chars().take(80).collect())
}

#[cfg(test)]
mod tests;
