//! What people look at before they sign a change of what is known of customers, section by section.

use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentRecord, ConsentSource, ConsentState, MessageCategory, Suppression};
use crate::domain::contacts::upsert::FieldChange;
use crate::domain::ids::ContactId;
use crate::domain::redact::scrub;
use serde::{Deserialize, Serialize};

/// The two sections of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ContactChangeView {
    /// Who it is, or will be.
    #[schemars(with = "String")]
    pub contact_id: ContactId,
    /// The person in a few masked letters.
    pub who: String,
    /// Whether the person is known already.
    pub known: bool,
    /// 1: part by part, before and after; empty if all of it is known.
    pub changes: Vec<FieldChange>,
    /// 2: what the person said about consent so far, newest first. It stays with them.
    pub history: Vec<ConsentEntry>,
    /// Why the person may not be written to. It stays with them, too.
    pub suppressions: Vec<Suppression>,
}

impl ContactChangeView {
    /// Whether it makes somebody else of a person who is known, or says who that is.
    #[must_use]
    pub fn touches_identity(&self) -> bool {
        self.known && self.changes.iter().any(FieldChange::touches_identity)
    }
}

/// One entry of the history of consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConsentEntry {
    /// To what.
    pub category: MessageCategory,
    /// Given or taken back.
    pub state: ConsentState,
    /// How.
    pub source: ConsentSource,
    /// Where the proof lies, without numbers and addresses.
    pub evidence: Option<String>,
    /// When the person said so.
    pub given_at: Timestamp,
}

impl From<&ConsentRecord> for ConsentEntry {
    fn from(record: &ConsentRecord) -> Self {
        Self {
            category: record.category,
            state: record.state,
            source: record.source,
            evidence: record.evidence.as_deref().map(scrub),
            given_at: record.given_at,
        }
    }
}

/// Entries that are shown of a history, at most.
const SHOWN: usize = 20;

/// What a person said last, newest first.
#[must_use]
pub fn latest(history: &[ConsentRecord]) -> Vec<ConsentEntry> {
    history.iter().rev().take(SHOWN).map(ConsentEntry::from).collect()
}
