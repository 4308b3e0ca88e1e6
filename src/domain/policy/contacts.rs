//! What the rules say of a list of contacts.

use super::rules::{IMPORT_01, IMPORT_02, IMPORT_03, IMPORT_04, IMPORT_05, IMPORT_06};
use crate::domain::consent::ConsentSource;
use crate::domain::contacts::import::LeftOut;
use crate::domain::preview::{Finding, ImportView};

/// The findings, the heaviest first.
#[must_use]
pub fn check(view: &ImportView) -> Vec<Finding> {
    let reasons = &view.left_out.reasons;
    let left_out: u64 = reasons.iter().map(|row| row.count).sum();
    let most = reasons.iter().rev().max_by_key(|row| row.count).map_or("", |row| row.reason.as_str());
    let rows = ("rows", view.rows.into());
    if left_out == view.rows {
        return vec![IMPORT_01.says(&[rows, ("left_out", most.into())])];
    }
    let count = |count: u64| ("count", count.into());
    let mut findings = Vec::new();
    if left_out > 0 {
        findings.push(IMPORT_02.says(&[count(left_out), rows, ("left_out", most.into())]));
    }
    if view.change.renamed > 0 {
        findings.push(IMPORT_03.says(&[count(view.change.renamed)]));
    }
    let oral = view.consent.iter().filter(|row| row.source == ConsentSource::Oral).map(|row| row.count).max();
    if let Some(oral) = oral {
        findings.push(IMPORT_04.says(&[count(oral)]));
    }
    let opted_out = |row: &&crate::domain::preview::ReasonCount| {
        matches!(row.reason, LeftOut::OptedOut | LeftOut::ConsentWithdrawn)
    };
    let opted_out: u64 = reasons.iter().filter(opted_out).map(|row| row.count).sum();
    if opted_out > 0 {
        findings.push(IMPORT_05.says(&[count(opted_out)]));
    }
    if view.change.written() == 0 {
        findings.push(IMPORT_06.says(&[]));
    }
    findings
}
