//! What a row does to the person behind its number: what people are shown before they sign, and what is written after.

use super::given::DAY_STARTS_AHEAD;
use super::{ImportRow, LeftOut, Rejected, RowChange, RowConsent};
use crate::domain::canonical::Digest;
use crate::domain::consent::{ConsentRecord, ConsentState, MessageCategory, Suppression, last_said};
use crate::domain::contacts::{Contact, Language};
use crate::domain::ids::ContactId;
use crate::domain::masked::{CustomerName, Masked};
use crate::domain::redact::scrub;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The last digits of a number that tell whose it is.
const TELLING: usize = 7;

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

/// What a row may write over, as it was when the row was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    contact: ContactId,
    name: Digest,
    language: Option<Language>,
    /// Those that the row names, with the value that was there.
    attributes: BTreeMap<String, Option<String>>,
}

/// What a row writes about somebody who is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Amendment<'a> {
    /// Another name.
    pub name: Option<&'a str>,
    /// Another language.
    pub language: Option<&'a Language>,
    /// Further facts that are new, or have another value.
    pub attributes: BTreeMap<&'a str, &'a str>,
    /// Labels that the person does not carry yet.
    pub tags: Vec<&'a str>,
    /// Consents that are not in the person's history yet: a list that is imported twice records them once.
    pub consents: Vec<&'a RowConsent>,
}

/// What becomes of a row that was signed, when it is written.
#[derive(Debug)]
pub enum Effect<'a> {
    /// The person is added.
    Add,
    /// The person is known, and this is written.
    Amend {
        /// Who.
        standing: &'a Standing,
        /// What.
        amendment: Amendment<'a>,
        /// Whether something that the row says stays unwritten, because it would write over what its signers did not see.
        withheld: bool,
    },
    /// Nothing: the person opted out, or is no longer kept.
    Nothing,
}

impl Amendment<'_> {
    /// Whether all is known already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ImportRow {
    /// What it does to the person behind its number, with what it found there; or why it may not.
    pub fn judge(self, known: Option<&Standing>) -> Result<(RowChange, Self), Rejected> {
        let Some(known) = known else { return Ok((RowChange::New, self)) };
        if let Some(reason) = known.forbids(&self.said.consents) {
            return Err(Rejected { line: self.line, phone: Some(self.phone), reason });
        }
        let change = if self.amendment(known).is_empty() { RowChange::Unchanged } else { RowChange::Changed };
        let found = Some(self.found(known));
        Ok((change, Self { found, ..self }))
    }

    /// What is written of it now. People signed what it does to the person whom they saw: whoever has become another since is
    /// added to, and nothing of theirs is written over.
    #[must_use]
    pub fn effect<'a>(&'a self, known: Option<&'a Standing>) -> Effect<'a> {
        let standing = match (known, &self.found) {
            (None, None) => return Effect::Add,
            (None, Some(_)) => return Effect::Nothing,
            (Some(standing), _) => standing,
        };
        if standing.forbids(&self.said.consents).is_some() {
            return Effect::Nothing;
        }
        let whole = self.amendment(standing);
        if self.found.as_ref() == Some(&self.found(standing)) {
            return Effect::Amend { standing, amendment: whole, withheld: false };
        }
        let person = &standing.contact;
        let adds = Amendment {
            name: whole.name.filter(|_| person.name.is_empty()),
            language: whole.language.filter(|_| person.language.is_none()),
            attributes: whole
                .attributes
                .iter()
                .filter(|(name, _)| !person.attributes.contains_key(**name))
                .map(|(name, value)| (*name, *value))
                .collect(),
            tags: whole.tags.clone(),
            consents: whole.consents.clone(),
        };
        let withheld = adds != whole;
        Effect::Amend { standing, amendment: adds, withheld }
    }

    /// All that it says and that is not known yet.
    #[must_use]
    pub fn amendment(&self, known: &Standing) -> Amendment<'_> {
        let person = &known.contact;
        let new = |consent: &&RowConsent| !known.history.iter().any(|entry| consent.is(entry));
        Amendment {
            name: self.renames(person).then_some(self.said.name.as_str()),
            language: self.said.language.as_ref().filter(|language| person.language.as_ref() != Some(language)),
            attributes: self
                .said
                .attributes
                .iter()
                .filter(|(name, value)| person.attributes.get(*name) != Some(value))
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            tags: self.said.tags.iter().filter(|tag| !person.tags.contains(*tag)).map(String::as_str).collect(),
            consents: self.said.consents.iter().filter(new).collect(),
        }
    }

    fn found(&self, known: &Standing) -> Found {
        let person = &known.contact;
        let facts = self.said.attributes.keys();
        Found {
            contact: person.id,
            name: person.name.fingerprint(),
            language: person.language.clone(),
            attributes: facts.map(|name| (name.clone(), person.attributes.get(name).cloned())).collect(),
        }
    }

    /// Whether the person is known by another name.
    #[must_use]
    pub fn renames(&self, person: &Contact) -> bool {
        !self.said.name.is_empty() && person.name != self.name()
    }

    /// The name, masked.
    #[must_use]
    pub fn name(&self) -> Masked<CustomerName> {
        Masked::new(CustomerName::new(&self.said.name))
    }

    /// Where the proof of a consent lies, fit for anybody's eyes: people write the number, the name or the address of the
    /// person into such fields.
    #[must_use]
    pub fn proof(&self, consent: &RowConsent) -> String {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let number = digits(self.phone.e164());
        let own = number.get(number.len().saturating_sub(TELLING)..).unwrap_or(&number);
        let text = &consent.evidence;
        let shown = if text.contains('@') || digits(text).contains(own) { scrub(text) } else { text.clone() };
        let names = |text: &str| {
            let name = self.said.name.to_lowercase();
            !name.is_empty() && text.to_lowercase().contains(&name)
        };
        let shown = if names(&shown) { shown.replace(&self.said.name, &self.name().to_string()) } else { shown };
        // Spelled in a way of its own, it is not shown at all.
        if digits(&shown).contains(own) || names(&shown) { "•••".to_owned() } else { shown }
    }
}

impl RowConsent {
    /// Whether this entry of a history is it.
    #[must_use]
    pub fn is(&self, entry: &ConsentRecord) -> bool {
        entry.state == ConsentState::Granted
            && (entry.category, entry.source) == (self.category, self.source)
            && entry.evidence.as_deref() == Some(&self.evidence)
            // Today's date is read as the present moment where its day has not begun in UTC; an hour later it is the day.
            && entry.given_at.since(self.given_at).max(self.given_at.since(entry.given_at)) <= DAY_STARTS_AHEAD
    }
}

impl Standing {
    /// Why these consents may not be recorded.
    fn forbids(&self, consents: &[RowConsent]) -> Option<LeftOut> {
        let stopped = |consent: &RowConsent| self.suppressions.iter().any(|kind| kind.says_no_to(consent.category));
        if consents.iter().any(stopped) {
            return Some(LeftOut::OptedOut);
        }
        consents.iter().any(|consent| self.took_back(consent.category)).then_some(LeftOut::ConsentWithdrawn)
    }

    /// Whether the last thing that the person said about a category was no.
    fn took_back(&self, category: MessageCategory) -> bool {
        last_said(&self.history, category).is_some_and(|last| last.state == ConsentState::Withdrawn)
    }
}
