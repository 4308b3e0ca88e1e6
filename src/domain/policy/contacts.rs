//! What the rules say of a list of contacts.

use super::rules::{IMPORT_01, IMPORT_02, IMPORT_03, IMPORT_04, IMPORT_05, IMPORT_06};
use crate::domain::contacts::import::LeftOut;
use crate::domain::preview::{Finding, ImportView, LeftOutView};

/// Rows that are named one by one where none can be imported.
const NAMED: usize = 20;

/// The rows that are left out, each with its reason.
fn lines(left_out: &LeftOutView) -> String {
    let named = left_out.rows.iter().take(NAMED).map(|row| format!("{} {}", row.line, row.reason));
    let more = left_out.count().saturating_sub(left_out.rows.len().min(NAMED) as u64);
    let rest = (more > 0).then(|| format!("and {more} more"));
    named.chain(rest).collect::<Vec<_>>().join(", ")
}

/// The findings, the heaviest first.
#[must_use]
pub fn check(view: &ImportView) -> Vec<Finding> {
    let left_out = &view.left_out;
    let most = left_out.most().map_or("", LeftOut::as_str);
    let rows = ("rows", view.rows.into());
    if view.taken() == 0 {
        return vec![IMPORT_01.says(&[rows, ("left_out", most.into()), ("lines", lines(left_out).into())])];
    }
    let count = |count: u64| ("count", count.into());
    let mut findings = Vec::new();
    if left_out.count() > 0 {
        findings.push(IMPORT_02.says(&[count(left_out.count()), rows, ("left_out", most.into())]));
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
