//! A frozen audience: who will be written to, who will not and why, and a seal that a later change breaks.

use super::audit::{leaf_hash, root_of};
use super::canonical::{Digest, Hash, NotCanonical, canonical, sha256};
use super::clock::Timestamp;
use super::contacts::{Language, People};
use super::ids::{AudienceId, ContactId, SegmentId};
use super::templates::Values;
use serde::{Deserialize, Serialize};

words! {
    /// Why somebody who matched will not be written to. The order is the order of the checks: the first that holds counts,
    /// so that each person is counted once and the sum balances.
    Exclusion, "exclusion" {
        /// No valid number.
        InvalidNumber = "invalid_number",
        /// Already matched by an earlier segment.
        Duplicate = "duplicate",
        /// On the do-not-contact list.
        DoNotContact = "do_not_contact",
        /// Opted out of everything.
        OptedOutOfEverything = "opted_out_all",
        /// Opted out of marketing.
        OptedOutOfMarketing = "opted_out_marketing",
        /// Switched marketing off at Meta.
        StoppedAtMeta = "stopped_marketing_at_meta",
        /// Blocked.
        Blocked = "blocked",
        /// Never agreed, or took it back.
        NoConsent = "no_consent",
        /// Agreed, but nobody can show how.
        ConsentNotTraceable = "consent_not_traceable",
        /// Agreed by word of mouth and never confirmed, or to something else.
        ConsentDoesNotCover = "consent_does_not_cover",
        /// In a market that may not be written to.
        MarketNotAllowed = "market_not_allowed",
        /// The template has no language for the person.
        NoTemplateLanguage = "no_template_language",
        /// A variable has no value for the person.
        VariableMissing = "variable_missing",
        /// Had as many messages as we allow.
        FrequencyCap = "our_frequency_cap",
        /// Meta lately refused marketing to the person.
        RecentMetaCap = "recent_meta_cap",
        /// Meta holds the person out of marketing, as an experiment.
        MetaExperiment = "meta_experiment",
        /// The whole sending time is quiet where the person lives.
        QuietHours = "quiet_hours",
        /// More people than Meta's limit allows in 24 hours.
        OverPortfolioLimit = "over_portfolio_limit",
    }
}

/// Why somebody who was signed for is not written to after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// One of the reasons of the preview holds now.
    Excluded(Exclusion),
    /// The message would no longer be the one that was signed: the name, the language or a value has changed.
    Changed,
    /// The contact is gone.
    Gone,
    /// Suppressed between the last look and the sending.
    Late,
}

impl Withheld {
    /// A stable word for the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Excluded(reason) => reason.as_str(),
            Self::Changed => "changed_since_signing",
            Self::Gone => "contact_gone",
            Self::Late => "late",
        }
    }
}

impl std::str::FromStr for Withheld {
    type Err = <Exclusion as std::str::FromStr>::Err;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let own = [Self::Changed, Self::Gone, Self::Late].into_iter().find(|why| why.as_str() == word);
        own.map_or_else(|| word.parse().map(Self::Excluded), Ok)
    }
}

/// Why a row of the ledger is not sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// The person is not to be written to any more.
    Never(Withheld),
    /// Not before this: it is quiet where the person lives.
    Until(Timestamp),
}

impl Serialize for Withheld {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for Withheld {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many matched, how many fell to each reason, how many remain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Funnel {
    /// Members of the segments, each segment counted by itself.
    pub matched: u64,
    /// Every reason in the order of the checks, zeros too.
    pub excluded: Vec<Excluded>,
    /// Those who will be written to.
    pub will_receive: u64,
}

/// How many fell to one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Excluded {
    /// Which.
    pub reason: Exclusion,
    /// How many.
    pub count: u64,
}

impl Funnel {
    /// Nobody yet.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            matched: 0,
            excluded: Exclusion::ALL.iter().map(|&reason| Excluded { reason, count: 0 }).collect(),
            will_receive: 0,
        }
    }

    /// Where a list that was frozen before is looked at again: those who fell out then stay counted, and those who were
    /// left are counted anew.
    #[must_use]
    pub fn resumed(frozen: &Self) -> Self {
        Self { matched: frozen.excluded_total(), excluded: frozen.excluded.clone(), will_receive: 0 }
    }

    /// Counts one person who matched.
    pub fn count(&mut self, verdict: Result<(), Exclusion>) {
        self.matched += 1;
        match verdict {
            Ok(()) => self.will_receive += 1,
            Err(reason) => {
                if let Some(row) = self.excluded.iter_mut().find(|row| row.reason == reason) {
                    row.count += 1;
                }
            }
        }
    }

    /// So many of those who would have received it fall to a later reason after all.
    pub fn move_to(&mut self, reason: Exclusion, count: u64) {
        let count = count.min(self.will_receive);
        if let Some(row) = self.excluded.iter_mut().find(|row| row.reason == reason) {
            row.count += count;
            self.will_receive -= count;
        }
    }

    /// How many fell to any reason.
    #[must_use]
    pub fn excluded_total(&self) -> u64 {
        self.excluded.iter().map(|row| row.count).sum()
    }

    /// Whether the figures add up.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.matched == self.excluded_total() + self.will_receive
    }
}

/// What is signed of an audience: enough to tell any other audience from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceSeal {
    /// Where the set is kept.
    pub id: AudienceId,
    /// The segments it was drawn from, in the versions of that moment.
    pub segments: Vec<SegmentVersion>,
    /// How many people.
    pub count: u64,
    /// Root of the Merkle tree over every person's number and mark, in the order of the numbers.
    pub root: Digest,
}

/// A segment in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SegmentVersion {
    /// Which segment.
    #[schemars(with = "String")]
    pub id: SegmentId,
    /// In which version.
    pub version: u32,
    /// What it was called.
    pub name: String,
}

/// The frozen list itself: who, and for each a mark of what exactly that person will get.
#[derive(Debug, Clone, PartialEq)]
pub struct Audience {
    /// Who.
    pub people: People,
    /// One mark a person, in the order of the set.
    pub marks: Vec<Mark>,
}

/// The first eight bytes of a fingerprint: enough to see that a message would no longer be the one that was signed.
pub type Mark = [u8; 8];

/// Over everything that makes one person's message: who, in which language, with which values.
pub fn fingerprint(contact: ContactId, language: &Language, values: &Values) -> Result<Hash, NotCanonical> {
    // The canonical form of these three, written without the detour over a tree, because there is one a recipient. Only
    // keys beyond ASCII could be sorted differently there.
    if !values.keys().all(|key| key.is_ascii()) {
        return Ok(sha256(canonical(&(contact, language, values))?.as_bytes()));
    }
    let mut text = Vec::with_capacity(128);
    serde_json::to_writer(&mut text, &(contact, language, values)).map_err(|e| NotCanonical::new(&e))?;
    Ok(sha256(&text))
}

/// The mark of a fingerprint.
#[must_use]
pub fn mark(fingerprint: &Hash) -> Mark {
    let mut mark = Mark::default();
    mark.iter_mut().zip(fingerprint).for_each(|(m, f)| *m = *f);
    mark
}

impl Audience {
    /// The root that is signed: a Merkle tree over everybody's number and mark, in the order of the numbers. It can be worked
    /// out anew from what is stored, so that a stored list that was tampered with is seen.
    #[must_use]
    pub fn root(&self) -> Digest {
        let leaf = |(no, mark): (u32, &Mark)| {
            let mut bytes = [0; 12];
            no.to_be_bytes().iter().chain(mark).zip(&mut bytes).for_each(|(from, to)| *to = *from);
            leaf_hash(&bytes)
        };
        Digest::from_bytes(root_of(self.people.iter().zip(&self.marks).map(leaf)))
    }

    /// Whether this is the list that was sealed.
    #[must_use]
    pub fn fits(&self, seal: &AudienceSeal) -> bool {
        self.people.len() == seal.count && self.root() == seal.root
    }

    /// The marks as one string of bytes, for the database.
    #[must_use]
    pub fn mark_bytes(&self) -> Vec<u8> {
        self.marks.concat()
    }

    /// Back from the database; `None` if set and marks do not belong together.
    #[must_use]
    pub fn from_parts(people: People, marks: &[u8]) -> Option<Self> {
        let (marks, rest) = marks.as_chunks::<8>();
        (rest.is_empty() && marks.len() as u64 == people.len()).then(|| Self { people, marks: marks.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_funnel_balances_whatever_falls_out() {
        let mut funnel = Funnel::empty();
        for n in 0..1_000_usize {
            funnel.count(if n % 3 == 0 { Ok(()) } else { Err(Exclusion::ALL[n % Exclusion::ALL.len()]) });
        }
        assert!(funnel.balances());
        assert_eq!((funnel.matched, funnel.will_receive, funnel.excluded.len()), (1_000, 334, 18));
        funnel.move_to(Exclusion::OverPortfolioLimit, 300);
        funnel.move_to(Exclusion::QuietHours, 300);
        assert_eq!((funnel.will_receive, funnel.balances()), (0, true));
    }

    #[test]
    fn a_change_of_person_language_or_value_changes_the_mark() {
        let (a, b) = (ContactId::random(), ContactId::random());
        let (en, zh): (Language, Language) = ("en".parse().unwrap(), "zh_HK".parse().unwrap());
        let values = Values::from([("1".into(), "Ada".into())]);
        let base = fingerprint(a, &en, &values).unwrap();
        assert_ne!(base, fingerprint(b, &en, &values).unwrap());
        assert_ne!(base, fingerprint(a, &zh, &values).unwrap());
        assert_ne!(base, fingerprint(a, &en, &Values::new()).unwrap());
        assert_eq!(mark(&base), base[..8]);
    }

    #[test]
    fn the_root_changes_with_every_person_and_every_mark() {
        let audience = |people: &[u32], marks: &[u8]| Audience {
            people: people.iter().copied().collect(),
            marks: marks.iter().map(|byte| [*byte; 8]).collect(),
        };
        let base = audience(&[1, 5, 9], &[1, 2, 3]);
        let seal = AudienceSeal { id: AudienceId::random(), segments: Vec::new(), count: 3, root: base.root() };
        assert!(base.fits(&seal));
        for other in [
            audience(&[1, 5], &[1, 2]),
            audience(&[1, 5, 9, 10], &[1, 2, 3, 4]),
            audience(&[1, 5, 8], &[1, 2, 3]),
            audience(&[1, 5, 9], &[2, 1, 3]),
        ] {
            assert!(!other.fits(&seal));
        }
    }

    proptest::proptest! {
        #[test]
        fn a_fingerprint_is_over_the_canonical_form(
            values in proptest::collection::btree_map("\\PC{0,6}", "(?s).{0,20}", 0..4)
        ) {
            let (contact, language) = (ContactId::random(), "zh_HK".parse::<Language>().unwrap());
            let plain = sha256(canonical(&(contact, &language, &values)).unwrap().as_bytes());
            proptest::prop_assert_eq!(fingerprint(contact, &language, &values).unwrap(), plain);
        }
    }

    #[test]
    fn set_and_marks_must_belong_together() {
        let people = People::from_iter([3, 9]);
        assert!(Audience::from_parts(people.clone(), &[0; 16]).is_some());
        assert!(Audience::from_parts(people.clone(), &[0; 8]).is_none());
        assert!(Audience::from_parts(people, &[0; 17]).is_none());
    }
}
