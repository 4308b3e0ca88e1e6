//! A list of contacts to be imported: what a row says, whether it is taken, what it does, and the seals over those that are.

mod columns;
mod effect;
mod given;
mod tally;

use super::Language;
use crate::domain::canonical::{ContentHash, Digest, NotCanonical};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::ids::ImportId;
use crate::domain::phone::PhoneNumber;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use columns::{BadHeader, Cells, Columns, Field, Layout, Understood, UsedColumn};
pub use effect::{Amendment, Effect, Found, Standing};
pub use given::{GivenConsent, GivenRow, ReadRow, date, fits, settle};
pub use tally::{MOST_NAMES, Tally};

/// The most rows of a list.
pub const MOST_ROWS: u64 = 1_000_000;

words! {
    /// Why a row is not imported. The order is the order of the checks: the first that holds counts, so that each row is
    /// counted once and the sum balances.
    LeftOut, "reason" {
        /// No valid number.
        InvalidPhone = "invalid_phone",
        /// An earlier row has the same number.
        Duplicate = "duplicate_in_list",
        /// A name, label or attribute is too long, or holds characters that hide or turn what is written.
        BadText = "text_not_allowed",
        /// A label would pass for a consent.
        ConsentLabel = "label_stands_for_consent",
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

words! {
    /// How far a list is.
    StageState, "import state" {
        /// Its rows are read.
        Reading = "reading",
        /// All of them were.
        Read = "read",
        /// They cannot be.
        Unreadable = "unreadable",
        /// A request is about it.
        Filed = "filed",
        /// Its rows are written.
        Writing = "writing",
        /// All of them were.
        Written = "written",
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

/// One row of a list, judged: what it does, or why it is left out.
pub type Judged = Result<(RowChange, ImportRow), Rejected>;

/// What is signed of an import: enough to tell any other list from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// Where the rows are kept.
    pub import: ImportId,
    /// What the list is called.
    pub name: String,
    /// How many rows may be imported.
    pub rows: u64,
    /// Over the seals of all stretches of rows.
    pub root: Digest,
    /// The file that the rows were read from, if they did not come in the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ImportFile>,
}

/// A file of rows, and how it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportFile {
    /// What the file is called, as it was sent.
    pub name: String,
    /// How large it is.
    pub bytes: u64,
    /// Over its bytes.
    pub sha256: ContentHash,
    /// How its columns were understood.
    pub columns: Understood,
}

/// What became of the rows that were signed, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// People who were added.
    pub new: u64,
    /// People of whom something was written.
    pub changed: u64,
    /// People of whom all was known.
    pub unchanged: u64,
    /// Of those that are known, how many keep what the row would have written over: they changed after people signed.
    pub kept: u64,
    /// Rows that were left out after all: their people have opted out since, or are no longer kept.
    pub left_out_since_signing: u64,
}

impl Report {
    /// With what became of further rows.
    pub const fn add(&mut self, more: &Self) {
        self.new += more.new;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.kept += more.kept;
        self.left_out_since_signing += more.left_out_since_signing;
    }

    /// How many rows it is about.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.new + self.changed + self.unchanged + self.left_out_since_signing
    }
}

/// Whether a consent is the last that a row says of its category: what stands once all of the row is recorded.
#[must_use]
pub fn stands(consents: &[RowConsent], at: usize) -> bool {
    let Some(consent) = consents.get(at) else { return false };
    let later = |(place, other): (usize, &RowConsent)| {
        other.category == consent.category && (other.given_at, place) > (consent.given_at, at)
    };
    !consents.iter().enumerate().any(later)
}

/// A stretch of rows of a list: so many are judged, and later written, at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Chunk {
    /// Its first line.
    pub first: u32,
    /// Its last line.
    pub last: u32,
    /// Rows of it that may be imported.
    pub taken: u32,
    /// Of these, how many add somebody.
    pub new: u32,
    /// Over all that is kept of its rows.
    pub seal: Digest,
}

/// The root that is signed: over the seals of all stretches, in their order.
pub fn root(chunks: &[Chunk]) -> Result<Digest, NotCanonical> {
    Digest::of(&chunks)
}

#[cfg(test)]
mod tests;
