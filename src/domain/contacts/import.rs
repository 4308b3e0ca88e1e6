//! A list of contacts to be imported: what a row says, whether it is taken, what it does, and the seal over those that are.

use super::{Contact, Language};
use crate::domain::audit::{leaf_hash, root_of};
use crate::domain::canonical::{Digest, NotCanonical, canonical};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentRecord, ConsentSource, ConsentState, MessageCategory, Suppression};
use crate::domain::ids::ImportId;
use crate::domain::masked::{CustomerName, Masked};
use crate::domain::phone::{Market, PhoneNumber};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

words! {
    /// Why a row is not imported. The order is the order of the checks: the first that holds counts, so that each row is
    /// counted once and the sum balances.
    LeftOut, "reason" {
        /// No valid number.
        InvalidPhone = "invalid_phone",
        /// An earlier row has the same number.
        Duplicate = "duplicate_in_list",
        /// A name, label or attribute is too long, or holds control characters.
        BadText = "text_not_allowed",
        /// The language is not written as Meta writes it.
        UnknownLanguage = "unknown_language",
        /// It says nothing of consent.
        NoConsent = "no_consent",
        /// A consent does not say to what.
        NoCategory = "consent_category_missing",
        /// A consent does not say how it was given.
        NoSource = "consent_source_missing",
        /// A consent does not say when it was given.
        NoDate = "consent_date_missing",
        /// A consent was given in the future.
        DateAhead = "consent_date_in_future",
        /// A consent has no reference to its proof.
        NotTraceable = "consent_not_traceable",
        /// The person has opted out of what the row says they agreed to. Only the person's own act lifts that.
        OptedOut = "opted_out",
        /// The person took back what the row says they agreed to.
        ConsentWithdrawn = "consent_withdrawn",
    }
}

words! {
    /// What a row does to the contacts.
    RowChange, "row change" {
        /// Adds somebody.
        New = "new",
        /// Adds to what is known of somebody.
        Changed = "changed",
        /// Says nothing that is not known already.
        Unchanged = "unchanged",
    }
}

/// A row as it is given. Everything is a text, so that what is wrong with a row leaves out that row and not the list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GivenRow {
    /// The number in international form, or as it is dialled in `default_market`.
    pub phone: String,
    /// What the person is called.
    pub name: String,
    /// What language to write in, as Meta writes it: en, zh_HK.
    pub language: Option<String>,
    /// Labels to put on; those that are there stay.
    pub tags: Vec<String>,
    /// Further facts that a template may insert; those that are there and not named here stay.
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
    /// Where the proof lies: the id of a form, the number of a till receipt, the reference of another system.
    pub evidence: String,
    /// When: 2026-11-20, or a time with its offset.
    pub date: String,
}

/// A row that may be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its place in the list, from 1.
    pub line: u32,
    /// The person's number.
    pub phone: PhoneNumber,
    /// The rest of what it says.
    pub said: RowSaid,
}

/// What a row says of the person behind its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSaid {
    /// What the person is called; empty if the row does not say.
    pub name: String,
    /// What language to write in.
    pub language: Option<Language>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// Further facts.
    pub attributes: BTreeMap<String, String>,
    /// What the person agreed to.
    pub consents: Vec<RowConsent>,
}

/// A consent that may be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowConsent {
    /// To what.
    pub category: MessageCategory,
    /// How.
    pub source: ConsentSource,
    /// Where the proof lies.
    pub evidence: String,
    /// When.
    pub given_at: Timestamp,
}

/// What is signed of an import: enough to tell any other list from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// Where the rows are kept.
    pub import: ImportId,
    /// What the list is called.
    pub name: String,
    /// How many rows may be imported.
    pub rows: u64,
    /// Root of the Merkle tree over these rows, in their order.
    pub root: Digest,
}

/// What is known of the person behind a number, as far as a row could touch it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The contact.
    pub contact: Contact,
    /// Why the person may not be written to.
    pub suppressions: Vec<Suppression>,
    /// Everything the person ever said about consent.
    pub history: Vec<ConsentRecord>,
}

/// The longest name, and the most labels and attributes of one row, with their lengths.
const NAME: usize = 200;
const MANY: usize = 20;
const LABEL: usize = 64;
const VALUE: usize = 1_024;
const EVIDENCE: usize = 200;

/// A date without a time may be today's anywhere on earth.
const DAY_STARTS_AHEAD: Duration = Duration::from_hours(14);

impl GivenRow {
    /// What it says, if it can be imported as far as the row alone tells. A number without a country code is of `home`.
    pub fn read(&self, line: u32, home: Option<Market>, now: Timestamp) -> Result<ImportRow, LeftOut> {
        let phone = PhoneNumber::parse(self.phone.trim(), home).map_err(|_| LeftOut::InvalidPhone)?;
        let fits = plain(&self.name, NAME)
            && self.tags.len() <= MANY
            && self.attributes.len() <= MANY
            && self.tags.iter().all(|tag| !tag.trim().is_empty() && plain(tag, LABEL))
            && self
                .attributes
                .iter()
                .all(|(name, value)| !name.is_empty() && plain(name, LABEL) && plain(value, VALUE));
        if !fits {
            return Err(LeftOut::BadText);
        }
        let language = self.language.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let language = language.map(str::parse).transpose().map_err(|_| LeftOut::UnknownLanguage)?;
        if self.consents.is_empty() {
            return Err(LeftOut::NoConsent);
        }
        let consents = self.consents.iter().map(|consent| consent.read(now)).collect::<Result<_, _>>()?;
        let tags = self.tags.iter().map(|tag| tag.trim().to_owned()).collect();
        let (name, attributes) = (self.name.trim().to_owned(), self.attributes.clone());
        Ok(ImportRow { line, phone, said: RowSaid { name, language, tags, attributes, consents } })
    }
}

fn plain(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

impl GivenConsent {
    fn read(&self, now: Timestamp) -> Result<RowConsent, LeftOut> {
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

fn date(text: &str, now: Timestamp) -> Result<Timestamp, LeftOut> {
    let (at, leeway) = match text.parse::<Timestamp>() {
        Ok(at) => (at, Duration::ZERO),
        Err(_) => {
            let day: jiff::civil::Date = text.parse().map_err(|_| LeftOut::NoDate)?;
            let start = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| LeftOut::NoDate)?;
            (start.timestamp().into(), DAY_STARTS_AHEAD)
        }
    };
    if at > now.after(leeway) { Err(LeftOut::DateAhead) } else { Ok(at.min(now)) }
}

/// The root that is signed: over every row as it was understood, in their order.
pub fn root(rows: &[ImportRow]) -> Result<Digest, NotCanonical> {
    let leaf = |row: &ImportRow| {
        Ok(leaf_hash(canonical(&(row.line, row.phone.e164(), row.phone.market(), &row.said))?.as_bytes()))
    };
    Ok(Digest::from_bytes(root_of(rows.iter().map(leaf).collect::<Result<Vec<_>, NotCanonical>>()?)))
}

impl ImportRow {
    /// What it does to the person behind its number, or why it may not.
    pub fn judge(&self, known: Option<&Standing>) -> Result<RowChange, LeftOut> {
        let Some(known) = known else { return Ok(RowChange::New) };
        for consent in &self.said.consents {
            let stopped = |kind: &Suppression| *kind != Suppression::Invalid && kind.forbids(consent.category);
            if known.suppressions.iter().any(stopped) {
                return Err(LeftOut::OptedOut);
            }
            if known.took_back(consent.category) {
                return Err(LeftOut::ConsentWithdrawn);
            }
        }
        let person = &known.contact;
        let says_more = self.renames(person)
            || self.changes_language(person)
            || !self.said.tags.is_subset(&person.tags)
            || self.said.attributes.iter().any(|(name, value)| person.attributes.get(name) != Some(value))
            || self.new_consents(known).next().is_some();
        Ok(if says_more { RowChange::Changed } else { RowChange::Unchanged })
    }

    /// Whether the person is known by another name.
    #[must_use]
    pub fn renames(&self, person: &Contact) -> bool {
        !self.said.name.is_empty() && person.name != self.name()
    }

    /// Whether the person is known to read another language.
    #[must_use]
    pub fn changes_language(&self, person: &Contact) -> bool {
        self.said.language.is_some() && self.said.language != person.language
    }

    /// The name, masked.
    #[must_use]
    pub fn name(&self) -> Masked<CustomerName> {
        Masked::new(CustomerName::new(&self.said.name))
    }

    /// The consents that are not in the person's history yet: a list that is imported twice records them once.
    pub fn new_consents<'a>(&'a self, known: &'a Standing) -> impl Iterator<Item = &'a RowConsent> {
        self.said.consents.iter().filter(|consent| !known.history.iter().any(|entry| consent.is(entry)))
    }
}

impl RowConsent {
    fn is(&self, entry: &ConsentRecord) -> bool {
        entry.state == ConsentState::Granted
            && (entry.category, entry.source) == (self.category, self.source)
            && entry.evidence.as_deref() == Some(&self.evidence)
            // Today's date is read as the present moment where its day has not begun in UTC; an hour later it is the day.
            && entry.given_at.since(self.given_at).max(self.given_at.since(entry.given_at)) <= DAY_STARTS_AHEAD
    }
}

impl Standing {
    /// Whether the last thing that the person said about a category was no.
    fn took_back(&self, category: MessageCategory) -> bool {
        let entries = self.history.iter().filter(|entry| entry.category == category);
        entries
            .max_by_key(|entry| (entry.given_at, entry.recorded_at, entry.id))
            .is_some_and(|last| last.state == ConsentState::Withdrawn)
    }
}

#[cfg(test)]
mod tests;
