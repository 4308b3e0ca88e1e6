//! Rows as they are given: what each says, and why it cannot be read.

use super::{ImportRow, LeftOut, Rejected, RowConsent, RowSaid};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::tags::stands_for_consent;
use crate::domain::phone::{Market, PhoneNumber};
use crate::domain::text::refused;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// The longest name, and the most labels and attributes of one row, with their lengths in characters.
const NAME: usize = 200;
const MANY: usize = 20;
const LABEL: usize = 64;
const VALUE: usize = 1_024;
const EVIDENCE: usize = 200;

/// A date without a time may be today's anywhere on earth.
pub(super) const DAY_STARTS_AHEAD: Duration = Duration::from_hours(14);

/// A row as it is given. Everything is a text, so that what is wrong with a row leaves out that row and not the list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GivenRow {
    /// The number in international form, or as it is dialled in `default_market`.
    pub phone: String,
    /// What the person is called, in up to 200 characters.
    pub name: String,
    /// What language to write in, as Meta writes it: en, zh_HK.
    pub language: Option<String>,
    /// Labels to put on, up to 20 of up to 64 characters; those that are there stay.
    pub tags: Vec<String>,
    /// Further facts that a template may insert, up to 20 of up to 1,024 characters; those that are there and not named here
    /// stay.
    pub attributes: BTreeMap<String, String>,
    /// What the person agreed to. A row without any is left out.
    pub consents: Vec<GivenConsent>,
}

/// A consent as it is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GivenConsent {
    /// To what: marketing, utility, authentication or service.
    pub category: String,
    /// How: web_form, in_store, whatsapp_message, paper, oral or import.
    pub source: String,
    /// Where the proof lies, in up to 200 characters: the id of a form, the number of a till receipt, the reference of another
    /// system.
    pub evidence: String,
    /// When: 2026-11-20, or a time with its offset.
    pub date: String,
}

/// What a row says by itself: whose it is, and what of that person or why nothing.
#[derive(Debug, Clone)]
pub struct ReadRow {
    /// Its place in the list.
    pub line: u32,
    /// The person's number.
    pub phone: PhoneNumber,
    /// The rest of what it says.
    pub said: Result<RowSaid, LeftOut>,
}

/// Settles rows that follow each other in a list, once it is known which of their numbers stand in `earlier` rows of it. Of rows
/// with one number the first counts, whatever else it says.
#[must_use]
pub fn settle(rows: Vec<Result<ReadRow, Rejected>>, earlier: &HashSet<String>) -> Vec<Result<ImportRow, Rejected>> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut settle = |row: ReadRow| {
        let ReadRow { line, phone, said } = row;
        let again = earlier.contains(phone.e164()) || !seen.insert(phone.e164().to_owned());
        match if again { Err(LeftOut::Duplicate) } else { said } {
            Ok(said) => Ok(ImportRow { line, phone, said, found: None }),
            Err(reason) => Err(Rejected { line, phone: Some(phone), reason }),
        }
    };
    rows.into_iter().map(|row| row.and_then(&mut settle)).collect()
}

impl GivenRow {
    /// Reads it, as far as it alone tells. A number without a country code is of `home`.
    pub fn read(&self, line: u32, home: Option<Market>, now: Timestamp) -> Result<ReadRow, Rejected> {
        let phone = PhoneNumber::parse(self.phone.trim(), home);
        let phone = phone.map_err(|_| Rejected { line, phone: None, reason: LeftOut::InvalidPhone })?;
        Ok(ReadRow { line, phone, said: self.said(now) })
    }

    /// What it says of the person behind its number.
    fn said(&self, now: Timestamp) -> Result<RowSaid, LeftOut> {
        if !fits(&self.name, &self.tags, &self.attributes) {
            return Err(LeftOut::BadText);
        }
        if self.tags.iter().any(|tag| stands_for_consent(tag).is_some()) {
            return Err(LeftOut::ConsentLabel);
        }
        let language = self.language.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let language = language.map(str::parse).transpose().map_err(|_| LeftOut::UnknownLanguage)?;
        if self.consents.is_empty() {
            return Err(LeftOut::NoConsent);
        }
        let consents: Vec<_> = self.consents.iter().map(|consent| consent.read(now)).collect();
        // Of several consents, the one that falls to the earliest check names the reason.
        if let Some(reason) = consents.iter().filter_map(|consent| consent.as_ref().err()).min() {
            return Err(*reason);
        }
        Ok(RowSaid {
            name: self.name.trim().to_owned(),
            language,
            tags: self.tags.iter().map(|tag| tag.trim().to_owned()).collect(),
            attributes: self.attributes.clone(),
            consents: consents.into_iter().flatten().collect(),
        })
    }
}

/// Whether a name, labels and further facts may be kept: not too long, not too many, and without characters that hide or turn what
/// is written.
#[must_use]
pub fn fits(name: &str, tags: &[String], attributes: &BTreeMap<String, String>) -> bool {
    plain(name, NAME)
        && tags.len() <= MANY
        && attributes.len() <= MANY
        && tags.iter().all(|tag| !tag.trim().is_empty() && plain(tag, LABEL))
        && attributes.iter().all(|(name, value)| !name.is_empty() && plain(name, LABEL) && plain(value, VALUE))
}

fn plain(text: &str, most: usize) -> bool {
    text.chars().count() <= most
        && !text.chars().any(char::is_control)
        && (text.is_ascii() || refused(text, "").is_empty())
}

impl GivenConsent {
    /// What it says, or the first thing that is wrong with it.
    pub fn read(&self, now: Timestamp) -> Result<RowConsent, LeftOut> {
        let category = self.category.trim().parse().map_err(|_| LeftOut::NoCategory)?;
        let source = self.source.trim().parse().map_err(|_| LeftOut::NoSource)?;
        let given_at = date(self.date.trim(), now)?;
        let evidence = self.evidence.trim();
        if evidence.is_empty() || !plain(evidence, EVIDENCE) {
            return Err(LeftOut::NotTraceable);
        }
        Ok(RowConsent { category, source, evidence: evidence.to_owned(), given_at })
    }
}

/// A day, or a time with its offset; neither may be ahead.
pub fn date(text: &str, now: Timestamp) -> Result<Timestamp, LeftOut> {
    let (at, leeway) = match text.parse::<Timestamp>() {
        Ok(at) => (at, Duration::ZERO),
        Err(_) => {
            let unread = |_| if text.is_empty() { LeftOut::NoDate } else { LeftOut::BadDate };
            let day: jiff::civil::Date = text.parse().map_err(unread)?;
            let start = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(unread)?;
            (start.timestamp().into(), DAY_STARTS_AHEAD)
        }
    };
    if at > now.after(leeway) { Err(LeftOut::DateAhead) } else { Ok(at.min(now)) }
}
