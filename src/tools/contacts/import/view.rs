//! The page that people see of an import, out of rows that have been judged.

use super::Judged;
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::contacts::import::{ImportRow, LeftOut, RowChange, Standing};
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

/// All three sections.
pub fn of(name: &str, rows: &[Judged], known: &Known) -> ImportView {
    let taken: Vec<(RowChange, &ImportRow)> =
        rows.iter().filter_map(|row| Some((row.change.ok()?, row.row.as_ref()?))).collect();
    ImportView {
        name: name.to_owned(),
        rows: count(rows.len()),
        change: change(&taken, known),
        left_out: left_out(rows),
        consent: consent(&taken),
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn change(taken: &[(RowChange, &ImportRow)], known: &Known) -> ImportChange {
    let of = |wanted: RowChange| count(taken.iter().filter(|(change, _)| *change == wanted).count());
    let written = || taken.iter().filter(|(change, _)| *change != RowChange::Unchanged).map(|(_, row)| *row);
    let mut markets: BTreeMap<Market, u64> = BTreeMap::new();
    let mut tags: BTreeMap<&str, u64> = BTreeMap::new();
    let mut facts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let (mut renamed, mut other_language) = (0, 0);
    for row in written() {
        *markets.entry(row.phone.market()).or_default() += 1;
        let person = known.get(row.phone.e164()).map(|standing| &standing.contact);
        renamed += u64::from(person.is_some_and(|person| row.renames(person)));
        other_language += u64::from(person.is_some_and(|person| row.changes_language(person)));
        for (name, value) in &row.said.attributes {
            let before = person.and_then(|person| person.attributes.get(name));
            if before != Some(value) {
                let (put, replaced) = facts.entry(name).or_default();
                *put += 1;
                *replaced += u64::from(before.is_some());
            }
        }
        for tag in row.said.tags.iter().filter(|tag| person.is_none_or(|person| !person.tags.contains(*tag))) {
            *tags.entry(tag).or_default() += 1;
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
        samples: samples(taken, known),
    }
}

/// Spread evenly over the list: the first rows of a list are seldom like the rest.
fn samples(taken: &[(RowChange, &ImportRow)], known: &Known) -> Vec<ImportSample> {
    let shown = taken.len().min(SAMPLES);
    let at = |n: usize| n * taken.len() / shown.max(1);
    (0..shown).filter_map(|n| taken.get(at(n))).map(|(change, row)| sample(*change, row, known)).collect()
}

fn sample(change: RowChange, row: &ImportRow, known: &Known) -> ImportSample {
    let person = known.get(row.phone.e164()).map(|standing| &standing.contact);
    let latest = row.said.consents.iter().max_by_key(|consent| consent.given_at);
    ImportSample {
        line: row.line,
        change,
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
    let fallen = || rows.iter().filter_map(|row| Some((row.change.err()?, row)));
    let of = |reason: LeftOut| count(fallen().filter(|(why, _)| *why == reason).count());
    LeftOutView {
        reasons: LeftOut::ALL.iter().map(|&reason| ReasonCount { reason, count: of(reason) }).collect(),
        rows: fallen()
            .take(LISTED)
            .map(|(reason, row)| LeftOutRow {
                line: row.line,
                reason,
                phone: row.row.as_ref().map(|row| Masked::new(row.phone.clone()).to_string()),
            })
            .collect(),
    }
}

fn consent(taken: &[(RowChange, &ImportRow)]) -> Vec<ImportConsent> {
    let mut ways: BTreeMap<(MessageCategory, ConsentSource), ImportConsent> = BTreeMap::new();
    for (_, row) in taken {
        let mut counted = BTreeSet::new();
        for consent in &row.said.consents {
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
            if way.evidence.len() < PROOFS && !way.evidence.contains(&consent.evidence) {
                way.evidence.push(consent.evidence.clone());
            }
        }
    }
    ways.into_values().collect()
}
