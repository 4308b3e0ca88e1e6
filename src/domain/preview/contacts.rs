//! What people look at before they sign the import of a list of contacts, section by section.

use super::MarketCount;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::contacts::Language;
use crate::domain::contacts::import::{ImportFile, LeftOut, RowChange};
use serde::{Deserialize, Serialize};

/// The three sections of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportView {
    /// What the list is called.
    pub name: String,
    /// Rows of the list.
    pub rows: u64,
    /// 1: who is added, who changes.
    pub change: ImportChange,
    /// 2: which rows are not imported, and why.
    pub left_out: LeftOutView,
    /// 3: on what ground these people may be written to: the consents that are recorded.
    pub consent: Vec<ImportConsent>,
    /// People of whom a consent is recorded that was given by word of mouth.
    pub by_word_of_mouth: u64,
    /// The file that the rows were read from, if they did not come in the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ImportFile>,
}

impl ImportView {
    /// Whether the figures add up.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.rows == self.taken() + self.left_out.count()
    }

    /// How many rows are imported.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.change.written() + self.change.unchanged
    }
}

/// What would be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportChange {
    /// People who are not known yet.
    pub new: u64,
    /// People who are known, and of whom something new is said.
    pub changed: u64,
    /// Of those, people whose name becomes another.
    pub renamed: u64,
    /// Of those, people who are written to in another language from then on.
    pub other_language: u64,
    /// People of whom all is known already.
    pub unchanged: u64,
    /// Where the numbers of the new and changed ones belong.
    pub markets: Vec<MarketCount>,
    /// Labels that are put on, each with how many people get it.
    pub tags: Vec<TagCount>,
    /// Further facts that are written, each with how many people get it.
    pub facts: Vec<FactCount>,
    /// Some of the rows that add or change somebody, spread over the list.
    pub samples: Vec<ImportSample>,
}

impl ImportChange {
    /// How many people something is written about.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.new + self.changed
    }
}

/// How many people get a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TagCount {
    /// The label.
    pub tag: String,
    /// How many.
    pub count: u64,
}

/// How many people get a further fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FactCount {
    /// The name of the fact.
    pub name: String,
    /// How many get a value.
    pub count: u64,
    /// How many of those had another one, which is lost.
    pub replaced: u64,
}

/// One row, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportSample {
    /// Its place in the list, from 1.
    pub line: u32,
    /// What it does.
    pub change: RowChange,
    /// Masked number.
    pub phone: String,
    /// Masked name, as the list has it.
    pub name: String,
    /// Masked name as it is known, where the list has another.
    pub known_as: Option<String>,
    /// Preferred language, as the list has it.
    pub language: Option<Language>,
    /// The language that the person was written to in, where it becomes another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_language: Option<Language>,
    /// Labels that are put on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Further facts that are written, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// What the person agreed to.
    pub categories: Vec<MessageCategory>,
    /// When the last of these agreements was given.
    pub consent_at: Option<Timestamp>,
    /// How.
    pub consent_source: Option<ConsentSource>,
}

/// The rows that are not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LeftOutView {
    /// Every reason in the order of the checks, zeros too.
    pub reasons: Vec<ReasonCount>,
    /// Row by row; the first two hundred, if there are more.
    pub rows: Vec<LeftOutRow>,
}

impl LeftOutView {
    /// How many rows are left out.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.reasons.iter().map(|row| row.count).sum()
    }

    /// How many of them because the person said no.
    #[must_use]
    pub fn said_no(&self) -> u64 {
        let no = |row: &&ReasonCount| matches!(row.reason, LeftOut::OptedOut | LeftOut::ConsentWithdrawn);
        self.reasons.iter().filter(no).map(|row| row.count).sum()
    }
}

/// How many rows fell to one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ReasonCount {
    /// Which.
    pub reason: LeftOut,
    /// How many.
    pub count: u64,
}

/// One row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LeftOutRow {
    /// Its place in the list, from 1.
    pub line: u32,
    /// Why.
    pub reason: LeftOut,
    /// The number, masked; none if there is no valid one.
    pub phone: Option<String>,
}

/// Agreements of one kind, given in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportConsent {
    /// To what.
    pub category: MessageCategory,
    /// How.
    pub source: ConsentSource,
    /// How many people.
    pub count: u64,
    /// The oldest.
    pub oldest: Timestamp,
    /// The newest.
    pub newest: Timestamp,
    /// References to the proof, the first three.
    pub evidence: Vec<String>,
}
