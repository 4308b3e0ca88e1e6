//! A list of contacts to be imported: what a row says, whether it is taken, what it does, and the seal over those that are.

mod effect;
mod given;

use super::Language;
use crate::domain::audit::{leaf_hash, root_of};
use crate::domain::canonical::{Digest, NotCanonical, canonical};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::ids::ImportId;
use crate::domain::phone::PhoneNumber;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use effect::{Amendment, Effect, Found, Standing};
pub use given::{GivenConsent, GivenRow, date, fits, read};

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
        /// The date of a consent is no date: it is written as 2026-11-20.
        BadDate = "consent_date_unreadable",
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

/// A row that may be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its place in the list, from 1.
    pub line: u32,
    /// The person's number.
    pub phone: PhoneNumber,
    /// The rest of what it says.
    pub said: RowSaid,
    /// Whom it found when it was judged; none if the number was not known.
    pub found: Option<Found>,
}

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its place in the list, from 1.
    pub line: u32,
    /// Its number, if it has a valid one.
    pub phone: Option<PhoneNumber>,
    /// Why.
    pub reason: LeftOut,
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

/// The root that is signed: over every row as it was understood, in their order.
pub fn root(rows: &[ImportRow]) -> Result<Digest, NotCanonical> {
    let leaf = |row: &ImportRow| {
        Ok(leaf_hash(canonical(&(row.line, row.phone.e164(), row.phone.market(), &row.said, &row.found))?.as_bytes()))
    };
    Ok(Digest::from_bytes(root_of(rows.iter().map(leaf).collect::<Result<Vec<_>, NotCanonical>>()?)))
}

#[cfg(test)]
mod tests;
