//! Consent and its opposite: who agreed to what and how one knows, and who may not be written to.

pub mod update;

use super::clock::Timestamp;
use super::ids::{ConsentId, ContactId};
use std::time::Duration;

words! {
    /// What kind of message, as Meta prices it and the law sees it.
    MessageCategory, "message category" {
        /// Offers, news, reminders to buy.
        Marketing = "marketing",
        /// About something the person did or has.
        Utility = "utility",
        /// One-time codes.
        Authentication = "authentication",
        /// Answers within an open conversation.
        Service = "service",
    }
}

words! {
    /// Whether a record gives consent or takes it back.
    ConsentState, "consent state" {
        /// Agreed.
        Granted = "granted",
        /// Took it back.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// How consent was given.
    ConsentSource, "consent source" {
        /// A form on a web page.
        WebForm = "web_form",
        /// At a counter.
        InStore = "in_store",
        /// By writing to the business.
        WhatsappMessage = "whatsapp_message",
        /// On paper.
        Paper = "paper",
        /// By word of mouth; to be confirmed in writing within 14 days (PDPO s.35E).
        Oral = "oral",
        /// From another system, with its reference.
        Import = "import",
    }
}

/// How long an oral consent counts before it has been confirmed in writing (PDPO s.35E).
pub const ORAL_CONFIRMATION: Duration = Duration::from_hours(14 * 24);

/// One entry of a person's consent history; never changed, never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// Which entry.
    pub id: ConsentId,
    /// Whose.
    pub contact: ContactId,
    /// For what.
    pub category: MessageCategory,
    /// Given or taken back.
    pub state: ConsentState,
    /// How.
    pub source: ConsentSource,
    /// Where the proof lies: a form's id, a message's id, a file and line.
    pub evidence: Option<String>,
    /// When the person said so.
    pub given_at: Timestamp,
    /// When it was written down here.
    pub recorded_at: Timestamp,
    /// When an oral consent was confirmed in writing.
    pub confirmed_at: Option<Timestamp>,
}

/// What a person said last about a category, whatever the order in which it was written down.
#[must_use]
pub fn last_said(history: &[ConsentRecord], category: MessageCategory) -> Option<&ConsentRecord> {
    let entries = history.iter().filter(|entry| entry.category == category);
    entries.max_by_key(|entry| (entry.given_at, entry.recorded_at, entry.id))
}

/// The consent that stands now, for one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// How it was given.
    pub source: ConsentSource,
    /// Whether there is a reference to its proof.
    pub traceable: bool,
    /// When.
    pub given_at: Timestamp,
    /// Whether an oral one was confirmed in writing.
    pub confirmed: bool,
}

impl Consent {
    /// Whether one may rely on it: an oral consent lapses when it was not confirmed in time.
    #[must_use]
    pub fn counts_at(&self, now: Timestamp) -> bool {
        self.source != ConsentSource::Oral || self.confirmed || now < self.given_at.after(ORAL_CONFIRMATION)
    }
}

words! {
    /// Why a person may not be written to.
    Suppression, "suppression" {
        /// On the business's own do-not-contact list.
        DoNotContact = "do_not_contact",
        /// Said stop to everything: a typed STOP counts as this.
        OptedOutOfEverything = "opted_out_all",
        /// Said stop to marketing.
        OptedOutOfMarketing = "opted_out_marketing",
        /// Switched marketing off at Meta; only switching it on again lifts it.
        StoppedAtMeta = "stopped_marketing_at_meta",
        /// Blocked by the business.
        Blocked = "blocked",
        /// The number is not, or no longer, on WhatsApp.
        Invalid = "invalid",
    }
}

impl Suppression {
    /// Whether it forbids messages of this category.
    #[must_use]
    pub const fn forbids(self, category: MessageCategory) -> bool {
        match self {
            Self::DoNotContact | Self::OptedOutOfEverything | Self::Blocked | Self::Invalid => true,
            Self::OptedOutOfMarketing | Self::StoppedAtMeta => matches!(category, MessageCategory::Marketing),
        }
    }

    /// Whether the person, or the business, said no to this category by it. A number that is none says nothing of its owner.
    #[must_use]
    pub fn says_no_to(self, category: MessageCategory) -> bool {
        self != Self::Invalid && self.forbids(category)
    }

    /// Those that forbid messages of this category, by their stored words.
    pub fn forbidding(category: MessageCategory) -> impl Iterator<Item = &'static str> {
        Self::ALL
            .iter()
            .filter(move |suppression| suppression.forbids(category))
            .map(|suppression| suppression.as_str())
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// All reasons for which one person may not be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suppressions(u8);

impl Suppressions {
    /// With this one too.
    #[must_use]
    pub const fn with(self, suppression: Suppression) -> Self {
        Self(self.0 | suppression.bit())
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, suppression: Suppression) -> bool {
        self.0 & suppression.bit() != 0
    }

    /// The first that forbids messages of this category, in the order of the list above.
    #[must_use]
    pub fn forbidding(self, category: MessageCategory) -> Option<Suppression> {
        Suppression::ALL.iter().copied().find(|s| self.contains(*s) && s.forbids(category))
    }
}

/// One entry of the suppression list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// Whose.
    pub contact: ContactId,
    /// Why.
    pub kind: Suppression,
    /// Since when.
    pub at: Timestamp,
    /// By what road: `inbound_message`, `meta_preference`, `console`.
    pub source: String,
    /// The word as the person wrote it, kept verbatim.
    pub word: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_of_marketing_leaves_the_receipt_alone() {
        let none = Suppressions::default();
        let marketing = none.with(Suppression::StoppedAtMeta);
        assert_eq!(marketing.forbidding(MessageCategory::Marketing), Some(Suppression::StoppedAtMeta));
        assert_eq!(marketing.forbidding(MessageCategory::Utility), None);
        let all = marketing.with(Suppression::OptedOutOfEverything);
        assert_eq!(all.forbidding(MessageCategory::Utility), Some(Suppression::OptedOutOfEverything));
        assert_eq!(none.forbidding(MessageCategory::Marketing), None);
    }

    #[test]
    fn an_oral_consent_lapses_after_fourteen_days_unless_confirmed() {
        let given_at = Timestamp::from_seconds(1_790_000_000);
        let oral = Consent { source: ConsentSource::Oral, traceable: true, given_at, confirmed: false };
        let later = given_at.after(ORAL_CONFIRMATION);
        assert!(oral.counts_at(later.before(Duration::from_micros(1))));
        assert!(!oral.counts_at(later));
        assert!(Consent { confirmed: true, ..oral }.counts_at(later));
        assert!(Consent { source: ConsentSource::WebForm, ..oral }.counts_at(later));
    }
}
