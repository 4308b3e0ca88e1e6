//! The page that people see of an import, out of rows that have been judged.

use super::Judged;
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::contacts::import::{Amendment, ImportRow, LeftOut, RowChange, RowConsent, Standing};
use crate::domain::masked::Masked;
use crate::domain::phone::Market;
use crate::domain::preview::{
    FactCount, ImportChange, ImportConsent, ImportSample, ImportView, LeftOutRow, LeftOutView, MarketCount,
    ReasonCount, TagCount,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows that are shown, masked.
const SAMPLES: usize = 10;
/// Rows that are left out and listed one by one.
const LISTED: usize = 200;
/// References to the proof that are shown for each way of consent.
const PROOFS: usize = 3;

type Known = HashMap<String, Standing>;

/// A row that is imported, with whom it meets.
struct Taken<'a> {
    change: RowChange,
    row: &'a ImportRow,
    met: Option<&'a Standing>,
    /// What is written of it, if the person is known.
    amendment: Option<Amendment<'a>>,
}

impl<'a> Taken<'a> {
    fn new(change: RowChange, row: &'a ImportRow, known: &'a Known) -> Self {
        let met = known.get(row.phone.e164());
        Self { change, row, met, amendment: met.map(|standing| row.amendment(standing)) }
    }

    /// The consents that are recorded.
    fn consents(&self) -> Vec<&'a RowConsent> {
        let known = self.amendment.as_ref().map(|amendment| amendment.consents.clone());
        known.unwrap_or_else(|| self.row.said.consents.iter().collect())
    }
}

/// All three sections.
pub fn of(name: &str, rows: &[Judged], known: &Known) -> ImportView {
    let taken: Vec<Taken<'_>> =
        rows.iter().filter_map(|row| row.as_ref().ok()).map(|(change, row)| Taken::new(*change, row, known)).collect();
    ImportView {
        name: name.to_owned(),
        rows: count(rows.len()),
        change: change(&taken),
        left_out: left_out(rows),
        consent: consent(&taken),
        by_word_of_mouth: count(taken.iter().filter(|row| row.consents().iter().any(oral)).count()),
    }
}

fn oral(consent: &&RowConsent) -> bool {
    consent.source == ConsentSource::Oral
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn change(taken: &[Taken<'_>]) -> ImportChange {
    let of = |wanted: RowChange| count(taken.iter().filter(|row| row.change == wanted).count());
    let mut markets: BTreeMap<Market, u64> = BTreeMap::new();
    let mut tags: BTreeMap<&str, u64> = BTreeMap::new();
    let mut facts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let (mut renamed, mut other_language) = (0, 0);
    for Taken { row, met, amendment, .. } in taken.iter().filter(|row| row.change != RowChange::Unchanged) {
        *markets.entry(row.phone.market()).or_default() += 1;
        let mut put = |name, replaced| {
            let (count, lost) = facts.entry(name).or_default();
            *count += 1;
            *lost += u64::from(replaced);
        };
        match (met, amendment) {
            (Some(standing), Some(amendment)) => {
                renamed += u64::from(amendment.name.is_some());
                other_language += u64::from(amendment.language.is_some());
                amendment.attributes.keys().for_each(|&name| put(name, standing.contact.attributes.contains_key(name)));
                amendment.tags.iter().for_each(|tag| *tags.entry(tag).or_default() += 1);
            }
            _ => {
                row.said.attributes.keys().for_each(|name| put(name, false));
                row.said.tags.iter().for_each(|tag| *tags.entry(tag).or_default() += 1);
            }
        }
    }
    let mut markets: Vec<_> = markets.into_iter().map(|(market, count)| MarketCount { market, count }).collect();
    markets.sort_by_key(|row| std::cmp::Reverse(row.count));
    let mut tags: Vec<_> = tags.into_iter().map(|(tag, count)| TagCount { tag: tag.to_owned(), count }).collect();
    tags.sort_by_key(|row| std::cmp::Reverse(row.count));
    ImportChange {
        new: of(RowChange::New),
        changed: of(RowChange::Changed),
        renamed,
        other_language,
        facts: facts
            .into_iter()
            .map(|(name, (count, replaced))| FactCount { name: name.to_owned(), count, replaced })
            .collect(),
        unchanged: of(RowChange::Unchanged),
        markets,
        tags,
        samples: samples(taken),
    }
}

/// Spread evenly over the list: the first rows of a list are seldom like the rest.
fn samples(taken: &[Taken<'_>]) -> Vec<ImportSample> {
    let shown = taken.len().min(SAMPLES);
    let at = |n: usize| n * taken.len() / shown.max(1);
    (0..shown).filter_map(|n| taken.get(at(n))).map(sample).collect()
}

fn sample(taken: &Taken<'_>) -> ImportSample {
    let row = taken.row;
    let person = taken.met.map(|standing| &standing.contact);
    let latest = row.said.consents.iter().max_by_key(|consent| consent.given_at);
    ImportSample {
        line: row.line,
        change: taken.change,
        phone: Masked::new(row.phone.clone()).to_string(),
        name: row.name().to_string(),
        known_as: person.filter(|person| row.renames(person)).map(|person| person.name.to_string()),
        language: row.said.language.clone(),
        categories: row.said.consents.iter().map(|consent| consent.category).collect(),
        consent_at: latest.map(|consent| consent.given_at),
        consent_source: latest.map(|consent| consent.source),
    }
}

fn left_out(rows: &[Judged]) -> LeftOutView {
    let rejected = || rows.iter().filter_map(|row| row.as_ref().err());
    let of = |reason: LeftOut| count(rejected().filter(|row| row.reason == reason).count());
    LeftOutView {
        reasons: LeftOut::ALL.iter().map(|&reason| ReasonCount { reason, count: of(reason) }).collect(),
        rows: rejected()
            .take(LISTED)
            .map(|row| LeftOutRow {
                line: row.line,
                reason: row.reason,
                phone: row.phone.clone().map(|phone| Masked::new(phone).to_string()),
            })
            .collect(),
    }
}

fn consent(taken: &[Taken<'_>]) -> Vec<ImportConsent> {
    let mut ways: BTreeMap<(MessageCategory, ConsentSource), ImportConsent> = BTreeMap::new();
    for taken in taken {
        let mut counted = BTreeSet::new();
        for consent in taken.consents() {
            let key = (consent.category, consent.source);
            let way = ways.entry(key).or_insert_with(|| ImportConsent {
                category: consent.category,
                source: consent.source,
                count: 0,
                oldest: consent.given_at,
                newest: consent.given_at,
                evidence: Vec::new(),
            });
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
    ways.into_values().collect()
}
