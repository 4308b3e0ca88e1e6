//! Changes of what customers agreed to: what each writes into the ledger, and since when somebody has said no.

use super::{ConsentRecord, ConsentSource, ConsentState, MessageCategory, OptOut, Suppression, last_said};
use crate::domain::canonical::{Digest, NotCanonical};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::import::RowConsent;
use crate::domain::ids::{ConsentId, ContactId, DetailId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

words! {
    /// What is done to the ledger.
    ChangeKind, "change of consent" {
        /// Somebody agreed to something.
        Grant = "grant",
        /// Somebody took back what they agreed to.
        Withdraw = "withdraw",
        /// Somebody is not to be written to any more.
        OptOut = "opt_out",
        /// Somebody who said no says yes again.
        Reverse = "reverse",
    }
}

words! {
    /// What somebody wants no more, or what the business decides about them.
    Stop, "stop" {
        /// The person wants nothing any more.
        Everything = "opted_out_all",
        /// The person wants no marketing any more.
        Marketing = "opted_out_marketing",
        /// The business does not write to the person.
        DoNotContact = "do_not_contact",
        /// The business blocks the person.
        Blocked = "blocked",
    }
}

impl From<Stop> for Suppression {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Everything => Self::OptedOutOfEverything,
            Stop::Marketing => Self::OptedOutOfMarketing,
            Stop::DoNotContact => Self::DoNotContact,
            Stop::Blocked => Self::Blocked,
        }
    }
}

/// What the customer did themselves after they had said no.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum CustomerAct {
    /// They wrote this message, by Meta's id of it.
    Message {
        /// Meta's id.
        wamid: String,
    },
    /// They signed a form, which lies elsewhere.
    Form {
        /// Where.
        reference: String,
        /// When.
        signed_at: Timestamp,
    },
}

/// A change of the ledger.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum ConsentChange {
    /// They agreed.
    Grant(RowConsent),
    /// They took it back.
    Withdraw {
        /// To what.
        category: MessageCategory,
        /// How.
        source: ConsentSource,
        /// Where the proof lies, if there is any: a no needs none.
        evidence: Option<String>,
        /// When.
        given_at: Timestamp,
    },
    /// They are not to be written to.
    OptOut {
        /// What stops.
        of: Stop,
        /// How it was said.
        source: ConsentSource,
        /// Where the proof lies, if there is any.
        evidence: Option<String>,
    },
    /// They said no, and say yes again.
    Reverse {
        /// To what.
        categories: BTreeSet<MessageCategory>,
        /// By what.
        act: CustomerAct,
    },
}

/// What is signed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentPlan {
    /// Whose consent.
    pub contacts: BTreeSet<ContactId>,
    /// What is done.
    pub kind: ChangeKind,
    /// Where the change is kept.
    pub detail: DetailId,
    /// Over the change.
    pub said: Digest,
}

impl ConsentPlan {
    /// Whether it is about more than one person.
    #[must_use]
    pub fn is_bulk(&self) -> bool {
        self.contacts.len() > 1
    }
}

impl ConsentChange {
    /// What is done.
    #[must_use]
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::Grant(_) => ChangeKind::Grant,
            Self::Withdraw { .. } => ChangeKind::Withdraw,
            Self::OptOut { .. } => ChangeKind::OptOut,
            Self::Reverse { .. } => ChangeKind::Reverse,
        }
    }

    /// About what.
    #[must_use]
    pub fn categories(&self) -> BTreeSet<MessageCategory> {
        match self {
            Self::Grant(consent) => [consent.category].into(),
            Self::Withdraw { category, .. } => [*category].into(),
            Self::OptOut { of, .. } => forbidden(Suppression::from(*of)).collect(),
            Self::Reverse { categories, .. } => categories.clone(),
        }
    }

    /// Over the change, with the id under which it is kept.
    pub fn digest(&self, detail: DetailId) -> Result<Digest, NotCanonical> {
        Digest::of(&(detail, self))
    }
}

fn forbidden(kind: Suppression) -> impl Iterator<Item = MessageCategory> {
    MessageCategory::ALL.iter().copied().filter(move |category| kind.forbids(*category))
}

/// All that one person said, and why they may not be written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The entries of the suppression list.
    pub suppressions: Vec<OptOut>,
    /// The history of consent.
    pub history: Vec<ConsentRecord>,
}

/// One entry to be appended to the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// To what.
    pub category: MessageCategory,
    /// Given or taken back.
    pub state: ConsentState,
    /// How.
    pub source: ConsentSource,
    /// Where the proof lies.
    pub evidence: Option<String>,
    /// When.
    pub given_at: Timestamp,
}

/// What a change writes about one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    /// Into the history.
    pub records: Vec<Entry>,
    /// Onto the suppression list.
    pub suppress: Option<Suppression>,
    /// Off the suppression list.
    pub lift: Vec<Suppression>,
    /// What was lifted goes on to hold for marketing, as it was said.
    pub keep_marketing: Option<OptOut>,
}

impl Entries {
    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Ledger {
    /// Whether a consent for this stands.
    #[must_use]
    pub fn stands(&self, category: MessageCategory) -> bool {
        last_said(&self.history, category).is_some_and(|last| last.state == ConsentState::Granted)
    }

    /// Whether the last word of the person about this was no.
    #[must_use]
    pub fn took_back(&self, category: MessageCategory) -> bool {
        last_said(&self.history, category).is_some_and(|last| last.state == ConsentState::Withdrawn)
    }

    /// The entries of the suppression list that say no to any of these.
    pub fn against(&self, categories: &BTreeSet<MessageCategory>) -> impl Iterator<Item = &OptOut> {
        self.suppressions.iter().filter(move |entry| categories.iter().any(|category| entry.kind.says_no_to(*category)))
    }

    /// When the person last said no to any of these: what they did before that takes nothing back. None if they did not say no.
    #[must_use]
    pub fn no_since(&self, categories: &BTreeSet<MessageCategory>) -> Option<Timestamp> {
        let stopped = self.against(categories).map(|entry| entry.at);
        let withdrawn = categories.iter().filter(|category| self.took_back(**category));
        // A day without a time begins before what was said on it; the time of writing down is the safer one.
        let withdrawn = withdrawn
            .filter_map(|category| last_said(&self.history, *category))
            .map(|last| last.given_at.max(last.recorded_at));
        stopped.chain(withdrawn).max()
    }

    /// What a change writes about the person. `act_at` is when the customer did what takes a no back.
    #[must_use]
    pub fn entries(&self, change: &ConsentChange, act_at: Option<Timestamp>, now: Timestamp) -> Entries {
        match change {
            ConsentChange::Grant(consent) => {
                let known = self.history.iter().any(|entry| consent.is(entry));
                let entry = Entry {
                    category: consent.category,
                    state: ConsentState::Granted,
                    source: consent.source,
                    evidence: Some(consent.evidence.clone()),
                    given_at: consent.given_at,
                };
                Entries { records: if known { Vec::new() } else { vec![entry] }, ..Entries::default() }
            }
            ConsentChange::Withdraw { category, source, evidence, given_at } => {
                let entry = withdrawn(*category, *source, evidence.clone(), *given_at);
                let records = if self.took_back(*category) { Vec::new() } else { vec![entry] };
                Entries { records, ..Entries::default() }
            }
            ConsentChange::OptOut { of, source, evidence } => {
                let kind = Suppression::from(*of);
                let stood = forbidden(kind).filter(|category| self.stands(*category));
                let there = self.suppressions.iter().any(|entry| entry.kind == kind);
                Entries {
                    records: stood.map(|category| withdrawn(category, *source, evidence.clone(), now)).collect(),
                    suppress: (!there).then_some(kind),
                    ..Entries::default()
                }
            }
            ConsentChange::Reverse { categories, act } => self.reversed(categories, act, act_at.unwrap_or(now)),
        }
    }

    /// The ledger with these entries, as it would be read.
    #[must_use]
    pub fn with(&self, contact: ContactId, entries: &Entries) -> Self {
        let mut then = self.clone();
        then.suppressions.retain(|entry| !entries.lift.contains(&entry.kind));
        then.suppressions.extend(entries.keep_marketing.clone());
        let latest = self.history.iter().map(|record| record.recorded_at.max(record.given_at)).max();
        // After everything that is there: of two words of one moment the one that is written down later counts.
        let written = entries.records.iter().map(|entry| entry.given_at).chain(latest).max().unwrap_or_default();
        let written = written.after(Duration::from_micros(1));
        if let Some(kind) = entries.suppress {
            then.suppressions.push(OptOut { contact, kind, at: written, source: "request".to_owned(), word: None });
        }
        then.history.extend(entries.records.iter().map(|entry| ConsentRecord {
            id: ConsentId::random(),
            contact,
            category: entry.category,
            state: entry.state,
            source: entry.source,
            evidence: entry.evidence.clone(),
            given_at: entry.given_at,
            recorded_at: written,
            confirmed_at: None,
        }));
        then
    }

    /// What stood before the stop does not stand again by itself: the stop becomes an entry, and then what the customer says now.
    fn reversed(&self, categories: &BTreeSet<MessageCategory>, act: &CustomerAct, at: Timestamp) -> Entries {
        let lifted: Vec<&OptOut> = self.against(categories).collect();
        let mut records = Vec::new();
        for category in MessageCategory::ALL.iter().copied().filter(|category| self.stands(*category)) {
            let stop = lifted.iter().filter(|entry| entry.kind.forbids(category)).max_by_key(|entry| entry.at);
            let agreed = last_said(&self.history, category).map_or(Timestamp::default(), |last| last.given_at);
            // What was agreed to after the stop, and is agreed to now, needs no entry between.
            let between = stop.filter(|stop| !categories.contains(&category) || agreed <= stop.at);
            records.extend(between.map(|stop| withdrawn(category, road(stop), None, stop.at.max(agreed))));
        }
        let (source, evidence) = match act {
            CustomerAct::Message { wamid } => (ConsentSource::WhatsappMessage, wamid),
            CustomerAct::Form { reference, .. } => (ConsentSource::Paper, reference),
        };
        records.extend(categories.iter().map(|category| Entry {
            category: *category,
            state: ConsentState::Granted,
            source,
            evidence: Some(evidence.clone()),
            given_at: at,
        }));
        let marketing = MessageCategory::Marketing;
        let stays = !categories.contains(&marketing);
        let keep = lifted.iter().filter(|entry| stays && entry.kind.forbids(marketing)).max_by_key(|entry| entry.at);
        Entries {
            records,
            suppress: None,
            lift: lifted.iter().map(|entry| entry.kind).collect(),
            keep_marketing: keep.map(|entry| OptOut { kind: Suppression::OptedOutOfMarketing, ..(*entry).clone() }),
        }
    }
}

fn withdrawn(category: MessageCategory, source: ConsentSource, evidence: Option<String>, given_at: Timestamp) -> Entry {
    Entry { category, state: ConsentState::Withdrawn, source, evidence, given_at }
}

/// By what road a stop came, as the history says it.
fn road(stop: &OptOut) -> ConsentSource {
    if stop.source == "message" { ConsentSource::WhatsappMessage } else { ConsentSource::Import }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageCategory::{Marketing, Utility};
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000 + seconds)
    }

    fn record(category: MessageCategory, state: ConsentState, seconds: i64) -> ConsentRecord {
        ConsentRecord {
            id: ConsentId::random(),
            contact: ContactId::random(),
            category,
            state,
            source: ConsentSource::WebForm,
            evidence: Some("form 1".to_owned()),
            given_at: at(seconds),
            recorded_at: at(seconds),
            confirmed_at: None,
        }
    }

    fn stop(kind: Suppression, seconds: i64) -> OptOut {
        let (source, word) = ("message".to_owned(), Some("stop".to_owned()));
        OptOut { contact: ContactId::random(), kind, at: at(seconds), source, word }
    }

    fn form() -> CustomerAct {
        CustomerAct::Form { reference: "form 9".to_owned(), signed_at: at(90) }
    }

    /// The ledger after these entries.
    fn after(ledger: &Ledger, entries: &Entries) -> Ledger {
        ledger.with(ContactId::random(), entries)
    }

    #[test]
    fn a_stop_that_is_taken_back_gives_only_what_was_said() {
        let ledger = Ledger {
            suppressions: vec![stop(Suppression::OptedOutOfEverything, 50)],
            history: [Marketing, Utility].map(|category| record(category, ConsentState::Granted, 10)).to_vec(),
        };
        let change = ConsentChange::Reverse { categories: [Utility].into(), act: form() };
        let entries = ledger.entries(&change, Some(at(90)), at(100));
        assert_eq!(entries.lift, [Suppression::OptedOutOfEverything]);
        let kept = entries.keep_marketing.clone().unwrap();
        assert_eq!(
            (kept.kind, kept.at, kept.word.as_deref()),
            (Suppression::OptedOutOfMarketing, at(50), Some("stop"))
        );
        let then = after(&ledger, &entries);
        assert!(then.stands(Utility) && !then.stands(Marketing), "{entries:?}");
        assert_eq!(last_said(&then.history, Marketing).map(|last| last.given_at), Some(at(50)));
    }

    #[test]
    fn a_no_is_as_young_as_its_youngest_word() {
        let mut ledger = Ledger::default();
        let both = [Marketing, Utility].into();
        assert_eq!(ledger.no_since(&both), None);
        ledger.history.push(record(Utility, ConsentState::Withdrawn, 20));
        assert_eq!(ledger.no_since(&both), Some(at(20)));
        ledger.suppressions.push(stop(Suppression::OptedOutOfMarketing, 40));
        assert_eq!(ledger.no_since(&both), Some(at(40)));
        assert_eq!(ledger.no_since(&[Utility].into()), Some(at(20)));
        ledger.suppressions.push(stop(Suppression::Invalid, 60));
        assert_eq!(ledger.no_since(&both), Some(at(40)), "a number that is none says nothing");
        ledger.history.push(record(Utility, ConsentState::Granted, 70));
        assert_eq!(ledger.no_since(&[Utility].into()), None);
    }

    fn histories() -> impl Strategy<Value = Ledger> {
        let kinds = prop::sample::select(Suppression::ALL);
        let entry = (prop::sample::select(MessageCategory::ALL), any::<bool>(), 0_i64..80);
        let records = prop::collection::vec(entry, 0..6).prop_map(|all| {
            let state = |yes| if yes { ConsentState::Granted } else { ConsentState::Withdrawn };
            all.into_iter().map(|(category, yes, at)| record(category, state(yes), at)).collect()
        });
        let stops = prop::collection::btree_map(kinds, 0_i64..80, 0..4)
            .prop_map(|all| all.into_iter().map(|(kind, at)| stop(kind, at)).collect());
        (stops, records).prop_map(|(suppressions, history)| Ledger { suppressions, history })
    }

    proptest! {
        #[test]
        fn a_stop_stops_whatever_was_there_and_nothing_else_does_it_twice(
            ledger in histories(), of in prop::sample::select(Stop::ALL),
        ) {
            let change = ConsentChange::OptOut { of, source: ConsentSource::InStore, evidence: None };
            let then = after(&ledger, &ledger.entries(&change, None, at(100)));
            for category in change.categories() {
                prop_assert!(!then.stands(category), "{category}");
            }
            prop_assert!(then.suppressions.iter().any(|entry| entry.kind == Suppression::from(of)));
            prop_assert!(then.entries(&change, None, at(100)).is_empty());
        }

        #[test]
        fn a_reversal_gives_nothing_that_was_not_named(
            ledger in histories(), categories in prop::collection::btree_set(prop::sample::select(MessageCategory::ALL), 1..4),
        ) {
            let change = ConsentChange::Reverse { categories: categories.clone(), act: form() };
            let then = after(&ledger, &ledger.entries(&change, Some(at(90)), at(100)));
            for category in MessageCategory::ALL.iter().copied() {
                let might = |ledger: &Ledger| {
                    ledger.stands(category) && !ledger.suppressions.iter().any(|entry| entry.kind.says_no_to(category))
                };
                if categories.contains(&category) {
                    prop_assert!(might(&then), "{category}");
                } else {
                    prop_assert!(!might(&then) || might(&ledger), "{category} was not named");
                }
            }
            let marketing = |ledger: &Ledger| ledger.suppressions.iter().any(|entry| entry.kind.says_no_to(Marketing));
            prop_assert!(categories.contains(&Marketing) || marketing(&then) || !marketing(&ledger));
        }
    }
}
