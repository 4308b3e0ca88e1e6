//! What the rules say of a list of contacts.

use super::rules::{Fact, IMPORT_01, IMPORT_02, IMPORT_03, IMPORT_04, IMPORT_05, IMPORT_06, Rule};
use crate::domain::contacts::import::LeftOut;
use crate::domain::preview::{Finding, ImportView, LeftOutView};

/// Rows that are named one by one where none can be imported.
const NAMED: usize = 20;

/// In a sentence.
fn in_words(reason: LeftOut) -> String {
    reason.as_str().replace('_', " ")
}

/// A finding that names each reason with how many rows fell to it: in words in its sentence, and among its facts as it is stored,
/// so that each language can say it.
fn by_reason(rule: Rule, facts: &[(&str, Fact)], left_out: &LeftOutView) -> Finding {
    let list = |said: fn(LeftOut) -> String| {
        let counted = left_out.reasons.iter().filter(|row| row.count > 0);
        counted.map(|row| format!("{} {}", row.count, said(row.reason))).collect::<Vec<_>>().join(", ")
    };
    let facts: Vec<_> = facts.iter().cloned().chain([("left_out", list(in_words).into())]).collect();
    let mut finding = rule.says(&facts);
    finding.facts.insert("left_out".to_owned(), list(|reason| reason.as_str().to_owned()));
    finding
}

/// The rows that are left out, each with its reason.
fn lines(left_out: &LeftOutView) -> String {
    let named = left_out.rows.iter().take(NAMED).map(|row| format!("{} {}", row.line, in_words(row.reason)));
    let more = left_out.count().saturating_sub(left_out.rows.len().min(NAMED) as u64);
    let rest = (more > 0).then(|| format!("and {more} more"));
    named.chain(rest).collect::<Vec<_>>().join(", ")
}

/// The findings, the heaviest first.
#[must_use]
pub fn check(view: &ImportView) -> Vec<Finding> {
    let left_out = &view.left_out;
    let rows = ("rows", view.rows.into());
    if view.taken() == 0 {
        return vec![by_reason(IMPORT_01, &[rows, ("lines", lines(left_out).into())], left_out)];
    }
    let count = |count: u64| ("count", count.into());
    let mut findings = Vec::new();
    if left_out.count() > 0 {
        findings.push(by_reason(IMPORT_02, &[count(left_out.count()), rows], left_out));
    }
    if view.change.renamed > 0 {
        findings.push(IMPORT_03.says(&[count(view.change.renamed)]));
    }
    if view.by_word_of_mouth > 0 {
        findings.push(IMPORT_04.says(&[count(view.by_word_of_mouth)]));
    }
    if left_out.said_no() > 0 {
        findings.push(IMPORT_05.says(&[count(left_out.said_no())]));
    }
    if view.change.written() == 0 {
        findings.push(IMPORT_06.says(&[]));
    }
    findings
}
