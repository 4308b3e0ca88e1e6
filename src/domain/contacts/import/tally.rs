//! What all rows of a list come to, counted while it is read: the figures of the page that people sign.

use super::{Amendment, ImportFile, ImportRow, Judged, LeftOut, RowChange, RowConsent, Standing};
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::masked::Masked;
use crate::domain::phone::Market;
use crate::domain::preview::{
    FactCount, ImportChange, ImportConsent, ImportSample, ImportView, LeftOutRow, LeftOutView, MarketCount,
    ReasonCount, TagCount,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Different labels, or further facts, that a list may write.
pub const MOST_NAMES: usize = 200;
/// Rows of each kind that are shown, masked: at least half as many, where there are.
const SAMPLES: usize = 10;
/// Rows that are left out and listed with the request.
const LISTED: usize = 200;
/// References to the proof that are shown for each way of consent.
const PROOFS: usize = 3;

/// The figures of the rows that were read so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows that were read.
    pub rows: u64,
    new: u64,
    changed: u64,
    unchanged: u64,
    renamed: u64,
    other_language: u64,
    markets: BTreeMap<Market, u64>,
    tags: Names<u64>,
    facts: Names<(u64, u64)>,
    added: Spread,
    amended: Spread,
    reasons: BTreeMap<LeftOut, u64>,
    listed: Vec<LeftOutRow>,
    consents: Vec<ImportConsent>,
    by_word_of_mouth: u64,
}

/// Figures by name, of not too many names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Names<T> {
    figures: BTreeMap<String, T>,
    /// Whether there were more names than are kept.
    more: bool,
}

impl<T: Default> Names<T> {
    fn of(&mut self, name: &str) -> Option<&mut T> {
        if !self.figures.contains_key(name) && self.figures.len() >= MOST_NAMES {
            self.more = true;
            return None;
        }
        Some(self.figures.entry(name.to_owned()).or_default())
    }
}

/// Some rows of many, spread evenly over them, however many come: the first rows of a list are seldom like the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Spread {
    /// Every so many rows one is kept.
    every: u64,
    seen: u64,
    kept: Vec<ImportSample>,
}

impl Default for Spread {
    fn default() -> Self {
        Self { every: 1, seen: 0, kept: Vec::new() }
    }
}

impl Spread {
    fn offer(&mut self, sample: impl FnOnce() -> ImportSample) {
        if self.seen.is_multiple_of(self.every) {
            if self.kept.len() == SAMPLES {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.every *= 2;
            }
            if self.seen.is_multiple_of(self.every) {
                self.kept.push(sample());
            }
        }
        self.seen += 1;
    }
}

/// A row that is imported, with whom it meets.
struct Taken<'a> {
    change: RowChange,
    row: &'a ImportRow,
    met: Option<&'a Standing>,
    /// What is written of it, if the person is known.
    amendment: Option<Amendment<'a>>,
}

impl<'a> Taken<'a> {
    fn new(change: RowChange, row: &'a ImportRow, known: &'a HashMap<String, Standing>) -> Self {
        let met = known.get(row.phone.e164());
        Self { change, row, met, amendment: met.map(|standing| row.amendment(standing)) }
    }

    /// The consents that are recorded.
    fn consents(&self) -> Vec<&'a RowConsent> {
        let known = self.amendment.as_ref().map(|amendment| amendment.consents.clone());
        known.unwrap_or_else(|| self.row.said.consents.iter().collect())
    }
}

fn oral(consent: &&RowConsent) -> bool {
    consent.source == ConsentSource::Oral
}

impl Tally {
    /// Counts rows that were judged, with who is known of the people behind their numbers.
    pub fn add(&mut self, rows: &[Judged], known: &HashMap<String, Standing>) {
        for row in rows {
            self.rows += 1;
            match row {
                Ok((change, row)) => self.take(&Taken::new(*change, row, known)),
                Err(rejected) => {
                    *self.reasons.entry(rejected.reason).or_default() += 1;
                    if self.listed.len() < LISTED {
                        let phone = rejected.phone.clone().map(|phone| Masked::new(phone).to_string());
                        self.listed.push(LeftOutRow { line: rejected.line, reason: rejected.reason, phone });
                    }
                }
            }
        }
    }

    /// Whether the rows write more different labels or further facts than a list may: most often a wrong column.
    #[must_use]
    pub const fn has_too_many_names(&self) -> bool {
        self.tags.more || self.facts.more
    }

    fn take(&mut self, taken: &Taken<'_>) {
        match taken.change {
            RowChange::New => self.new += 1,
            RowChange::Changed => self.changed += 1,
            RowChange::Unchanged => self.unchanged += 1,
        }
        match taken.change {
            RowChange::New => self.added.offer(|| sample(taken)),
            RowChange::Changed => self.amended.offer(|| sample(taken)),
            RowChange::Unchanged => {}
        }
        if taken.change != RowChange::Unchanged {
            self.write(taken);
        }
        self.by_word_of_mouth += u64::from(taken.consents().iter().any(oral));
        self.agree(taken);
    }

    fn write(&mut self, taken: &Taken<'_>) {
        *self.markets.entry(taken.row.phone.market()).or_default() += 1;
        let mut tag = |name: &str| {
            if let Some(count) = self.tags.of(name) {
                *count += 1;
            }
        };
        let mut fact = |name: &str, replaced: bool| {
            if let Some((count, lost)) = self.facts.of(name) {
                *count += 1;
                *lost += u64::from(replaced);
            }
        };
        match (taken.met, &taken.amendment) {
            (Some(standing), Some(amendment)) => {
                self.renamed += u64::from(amendment.name.is_some());
                self.other_language += u64::from(amendment.language.is_some());
                amendment
                    .attributes
                    .keys()
                    .for_each(|name| fact(name, standing.contact.attributes.contains_key(*name)));
                amendment.tags.iter().for_each(|name| tag(name));
            }
            _ => {
                taken.row.said.attributes.keys().for_each(|name| fact(name, false));
                taken.row.said.tags.iter().for_each(|name| tag(name));
            }
        }
    }

    fn agree(&mut self, taken: &Taken<'_>) {
        let mut counted: BTreeSet<(MessageCategory, ConsentSource)> = BTreeSet::new();
        for consent in taken.consents() {
            let key = (consent.category, consent.source);
            let place = self.consents.binary_search_by_key(&key, |way| (way.category, way.source));
            let place = place.unwrap_or_else(|place| {
                let way = ImportConsent {
                    category: consent.category,
                    source: consent.source,
                    count: 0,
                    oldest: consent.given_at,
                    newest: consent.given_at,
                    evidence: Vec::new(),
                };
                self.consents.insert(place, way);
                place
            });
            let Some(way) = self.consents.get_mut(place) else { continue };
            // A person counts once, however often the row says it.
            way.count += u64::from(counted.insert(key));
            way.oldest = way.oldest.min(consent.given_at);
            way.newest = way.newest.max(consent.given_at);
            if way.evidence.len() < PROOFS {
                let proof = taken.row.proof(consent);
                if !way.evidence.contains(&proof) {
                    way.evidence.push(proof);
                }
            }
        }
    }

    /// All sections of the page.
    #[must_use]
    pub fn view(&self, name: &str, file: Option<ImportFile>) -> ImportView {
        let mut markets: Vec<_> =
            self.markets.iter().map(|(market, count)| MarketCount { market: *market, count: *count }).collect();
        markets.sort_by_key(|row| std::cmp::Reverse(row.count));
        let mut tags: Vec<_> =
            self.tags.figures.iter().map(|(tag, count)| TagCount { tag: tag.clone(), count: *count }).collect();
        tags.sort_by_key(|row| std::cmp::Reverse(row.count));
        let fact = |(name, (count, replaced)): (&String, &(u64, u64))| FactCount {
            name: name.clone(),
            count: *count,
            replaced: *replaced,
        };
        let mut samples: Vec<ImportSample> = self.added.kept.iter().chain(&self.amended.kept).cloned().collect();
        samples.sort_by_key(|sample| sample.line);
        let of = |reason: &LeftOut| self.reasons.get(reason).copied().unwrap_or_default();
        ImportView {
            name: name.to_owned(),
            rows: self.rows,
            change: ImportChange {
                new: self.new,
                changed: self.changed,
                renamed: self.renamed,
                other_language: self.other_language,
                unchanged: self.unchanged,
                markets,
                tags,
                facts: self.facts.figures.iter().map(fact).collect(),
                samples,
            },
            left_out: LeftOutView {
                reasons: LeftOut::ALL.iter().map(|reason| ReasonCount { reason: *reason, count: of(reason) }).collect(),
                rows: self.listed.clone(),
            },
            consent: self.consents.clone(),
            by_word_of_mouth: self.by_word_of_mouth,
            file,
        }
    }
}

fn sample(taken: &Taken<'_>) -> ImportSample {
    let row = taken.row;
    let person = taken.met.map(|standing| &standing.contact);
    let latest = row.said.consents.iter().max_by_key(|consent| consent.given_at);
    let amendment = taken.amendment.as_ref();
    ImportSample {
        line: row.line,
        change: taken.change,
        phone: Masked::new(row.phone.clone()).to_string(),
        name: row.name().to_string(),
        known_as: person.filter(|person| row.renames(person)).map(|person| person.name.to_string()),
        language: row.said.language.clone(),
        was_language: amendment
            .filter(|amendment| amendment.language.is_some())
            .and_then(|_| person.and_then(|person| person.language.clone())),
        tags: amendment.map_or_else(
            || row.said.tags.iter().cloned().collect(),
            |amendment| amendment.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ),
        facts: amendment.map_or_else(
            || row.said.attributes.keys().cloned().collect(),
            |amendment| amendment.attributes.keys().map(|name| (*name).to_owned()).collect(),
        ),
        categories: row.said.consents.iter().map(|consent| consent.category).collect(),
        consent_at: latest.map(|consent| consent.given_at),
        consent_source: latest.map(|consent| consent.source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: u32) -> ImportSample {
        ImportSample {
            line,
            change: RowChange::New,
            phone: String::new(),
            name: String::new(),
            known_as: None,
            language: None,
            was_language: None,
            tags: Vec::new(),
            facts: Vec::new(),
            categories: Vec::new(),
            consent_at: None,
            consent_source: None,
        }
    }

    #[test]
    fn samples_are_spread_over_a_list_of_any_length() {
        for rows in [0_u32, 1, 9, 10, 11, 19, 20, 21, 40, 1_000, 100_000] {
            let mut spread = Spread::default();
            (0..rows).for_each(|line| spread.offer(|| shown(line)));
            let lines: Vec<u32> = spread.kept.iter().map(|sample| sample.line).collect();
            assert!(lines.len() >= (rows as usize).min(SAMPLES / 2) && lines.len() <= SAMPLES, "{rows}: {lines:?}");
            let steps: BTreeSet<u32> = lines.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(steps.len() <= 1, "{rows}: evenly, {lines:?}");
            let gap = steps.first().copied().unwrap_or(1);
            assert!(lines.last().is_none_or(|last| rows - last <= 2 * gap), "{rows}: to its end, {lines:?}");
        }
    }

    #[test]
    fn it_is_kept_between_two_looks_as_it_is() {
        let mut tally = Tally { rows: 3, new: 1, ..Tally::default() };
        tally.markets.insert("HK".parse().unwrap(), 1);
        tally.reasons.insert(LeftOut::Duplicate, 2);
        *tally.facts.of("tier").unwrap() = (1, 0);
        tally.added.offer(|| shown(2));
        let text = serde_json::to_string(&tally).unwrap();
        assert_eq!(serde_json::from_str::<Tally>(&text).unwrap(), tally);
    }

    #[test]
    fn more_names_than_a_list_may_write_are_noticed_and_not_kept() {
        let mut names = Names::<u64>::default();
        for n in 0..=MOST_NAMES {
            assert_eq!(names.of(&n.to_string()).is_some(), n < MOST_NAMES);
        }
        assert!(names.more && names.figures.len() == MOST_NAMES && names.of("0").is_some());
    }
}
