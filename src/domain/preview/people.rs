//! What people look at before they sign a change of what is known of customers, section by section.

use super::{AffectedBroadcast, Finding};
use crate::domain::canonical::{Digest, NotCanonical};
use crate::domain::clock::Timestamp;
use crate::domain::consent::update::{ChangeKind, Entries, Ledger};
use crate::domain::consent::{ConsentRecord, ConsentSource, ConsentState, MessageCategory, Suppression};
use crate::domain::contacts::Contact;
use crate::domain::contacts::upsert::FieldChange;
use crate::domain::ids::{ContactId, SegmentId};
use crate::domain::redact::scrub;
use crate::domain::segments::{Condition, Segment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// One digest a section, in the order of the page.
    pub(super) fn digests(&self, findings: &[Finding]) -> Result<Vec<Digest>, NotCanonical> {
        let change = Digest::of(&(self.contact_id, &self.who, self.known, &self.changes));
        [change, Digest::of(&(&self.history, &self.suppressions, findings))].into_iter().collect()
    }
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

/// The two sections of a change of consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConsentChangeView {
    /// The person in a few masked letters, or how many there are.
    pub who: String,
    /// What is done.
    pub change: ChangeKind,
    /// About which kinds of message.
    pub categories: BTreeSet<MessageCategory>,
    /// What goes onto the suppression list.
    pub stop: Option<Suppression>,
    /// How it was said.
    pub source: Option<ConsentSource>,
    /// Where the proof lies, without numbers and addresses.
    pub evidence: Option<String>,
    /// When it was said.
    pub given_at: Option<Timestamp>,
    /// What the customer did after the no; none where nothing is taken back, or nothing was found.
    pub act: Option<ActView>,
    /// How many people it is about.
    pub people: u64,
    /// For how many of them nothing changes.
    pub unchanged: u64,
    /// Some of them, before and after.
    pub persons: Vec<PersonConsent>,
    /// How many more there are.
    pub unlisted: u64,
}

impl ConsentChangeView {
    /// One digest a section, in the order of the page.
    pub(super) fn digests(&self, findings: &[Finding]) -> Result<Vec<Digest>, NotCanonical> {
        let change = Digest::of(&(
            (&self.who, self.change, &self.categories, self.stop),
            (self.source, &self.evidence, self.given_at),
            (self.people, self.unchanged, &self.persons),
        ));
        [change, Digest::of(&(&self.act, findings))].into_iter().collect()
    }
}

/// What a customer did themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ActView {
    /// When: by Meta's clock, or by the date on the form.
    pub at: Timestamp,
    /// Where the form lies; none for a message.
    pub form: Option<String>,
    /// The words of the message, without numbers and addresses; none for a form.
    pub text: Option<String>,
}

/// One person before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PersonConsent {
    /// Which contact.
    #[schemars(with = "String")]
    pub contact_id: ContactId,
    /// Their name, masked.
    pub name: String,
    /// Their number, masked.
    pub phone: Option<String>,
    /// What they agree to now.
    pub agreed: Vec<MessageCategory>,
    /// What they would agree to.
    pub would_agree: Vec<MessageCategory>,
    /// Why they may not be written to now.
    pub suppressions: Vec<Suppression>,
    /// Why they could not be.
    pub would_suppress: Vec<Suppression>,
    /// What they said so far, newest first.
    pub history: Vec<ConsentEntry>,
}

impl PersonConsent {
    /// One person, masked.
    #[must_use]
    pub fn of(id: ContactId, contact: &Contact, ledger: &Ledger, entries: &Entries) -> Self {
        let agrees = |ledger: &Ledger| -> Vec<MessageCategory> {
            MessageCategory::ALL.iter().copied().filter(|category| ledger.stands(*category)).collect()
        };
        let stopped = |ledger: &Ledger| ledger.suppressions.iter().map(|entry| entry.kind).collect();
        let then = ledger.with(id, entries);
        Self {
            contact_id: id,
            name: contact.name.to_string(),
            phone: contact.phone.as_ref().map(ToString::to_string),
            agreed: agrees(ledger),
            would_agree: agrees(&then),
            suppressions: stopped(ledger),
            would_suppress: stopped(&then),
            history: latest(&ledger.history),
        }
    }
}

/// The two sections of labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TagChangeView {
    /// The one in a few masked letters, or how many there are.
    pub who: String,
    /// 1: labels that are put on.
    pub apply: BTreeSet<String>,
    /// Labels that are taken away.
    pub remove: BTreeSet<String>,
    /// How many people it is about.
    pub people: u64,
    /// How many conversations it is about.
    pub conversations: u64,
    /// For how many of them nothing changes.
    pub unchanged: u64,
    /// Some of them, before and after.
    pub lines: Vec<TagLine>,
    /// How many more there are.
    pub unlisted: u64,
    /// 2: segments that find people by one of these labels.
    pub segments: Vec<TaggedSegment>,
    /// Broadcasts that wait or run and name one of those segments. What was frozen for them stays as it is.
    pub broadcasts: Vec<AffectedBroadcast>,
}

impl TagChangeView {
    /// One digest a section, in the order of the page.
    pub(super) fn digests(&self, findings: &[Finding]) -> Result<Vec<Digest>, NotCanonical> {
        let change = Digest::of(&(
            (&self.who, &self.apply, &self.remove),
            (self.people, self.conversations, self.unchanged, &self.lines),
        ));
        [change, Digest::of(&(&self.segments, &self.broadcasts, findings))].into_iter().collect()
    }
}

/// One person or conversation before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TagLine {
    /// Who, masked.
    pub who: String,
    /// The labels that are there.
    pub before: BTreeSet<String>,
    /// The labels that would be.
    pub after: BTreeSet<String>,
}

/// A segment that finds people by a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TaggedSegment {
    /// Which.
    #[schemars(with = "String")]
    pub id: SegmentId,
    /// What people call it.
    pub name: String,
    /// Who belongs.
    pub include: Condition,
    /// Who of those does not.
    pub exclude: Option<Condition>,
    /// The conditions in words.
    pub in_words: String,
}

impl From<&Segment> for TaggedSegment {
    fn from(segment: &Segment) -> Self {
        Self {
            id: segment.id,
            name: segment.name.clone(),
            in_words: segment.in_words(),
            include: segment.include.clone(),
            exclude: segment.exclude.clone(),
        }
    }
}
