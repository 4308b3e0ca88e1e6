//! The sections of an import: who is added and changed, which rows are left out, where consent comes from.

use jiff::Timestamp;

use crate::console::facts;
use crate::console::left_out::line;
use crate::console::parts::{Digest, Share};
use crate::domain::contacts::import::RowChange;
use crate::domain::preview::{ImportConsent, ImportSample, ImportView};
use crate::domain::requests::ActionRequest;
use crate::words::Words;

/// Rows that are left out and listed on the page itself.
const LISTED: usize = 50;

/// The three sections of an import.
#[derive(Clone, Debug)]
pub struct ImportReview {
    /// Rows of the list.
    pub rows: u64,
    /// New, changed, unchanged and left out; they sum to the rows.
    pub outcome: Vec<Share>,
    /// People whose name becomes another.
    pub renamed: u64,
    /// People who are written to in another language from then on.
    pub other_language: u64,
    /// Further facts: name, how many get it, how many lose another value by it.
    pub facts: Vec<(String, u64, u64)>,
    pub markets: Vec<Share>,
    pub tags: Vec<Share>,
    pub sample: Vec<ImportPerson>,
    /// Every reason, also those that left out nobody, in the order in which they are tried.
    pub reasons: Vec<Share>,
    pub left_out_count: u64,
    pub left_out: Vec<LeftOutLine>,
    /// Rows that are left out and not listed one by one.
    pub unlisted: u64,
    /// `/requests/{id}/left-out`.
    pub all_left_out: String,
    /// The file that the rows are of.
    pub file: Option<FileFacts>,
    pub consents: Vec<ConsentLine>,
    pub policy_version: String,
}

impl ImportReview {
    pub fn accounted(&self) -> u64 {
        self.outcome.iter().map(|share| share.count).sum()
    }

    pub fn balances(&self) -> bool {
        self.accounted() == self.rows
    }
}

/// A file of rows.
#[derive(Clone, Debug)]
pub struct FileFacts {
    pub name: String,
    pub bytes: u64,
    pub sha256: Digest,
    /// What each column that is used says, with its header.
    pub columns: Vec<(String, String)>,
    pub unused: Vec<String>,
}

/// One row of the list, masked.
#[derive(Clone, Debug)]
pub struct ImportPerson {
    pub line: u32,
    pub change: String,
    pub phone: String,
    pub name: String,
    pub known_as: Option<String>,
    pub language: String,
    /// The language before, where it becomes another.
    pub was_language: Option<String>,
    /// Labels and further facts that are written.
    pub writes: String,
    pub categories: String,
    /// When and how they agreed.
    pub consent: Option<(Timestamp, String)>,
}

/// One row that is left out.
#[derive(Clone, Debug)]
pub struct LeftOutLine {
    pub line: u32,
    pub reason: String,
    pub phone: String,
}

/// One way of consent.
#[derive(Clone, Debug)]
pub struct ConsentLine {
    pub category: String,
    pub source: String,
    pub people: u64,
    pub oldest: Timestamp,
    pub newest: Timestamp,
    pub evidence: String,
}

/// The three sections of an import.
pub fn import(l: &Words, view: &ImportView, request: &ActionRequest) -> ImportReview {
    let share = |name: String, count: u64| Share { name, count };
    let left_out = view.left_out.count();
    ImportReview {
        rows: view.rows,
        outcome: vec![
            share(l.t("import-new"), view.change.new),
            share(l.t("import-changed"), view.change.changed),
            share(l.t("import-unchanged"), view.change.unchanged),
            share(l.t("import-left-out"), left_out),
        ],
        renamed: view.change.renamed,
        other_language: view.change.other_language,
        facts: view.change.facts.iter().map(|fact| (fact.name.clone(), fact.count, fact.replaced)).collect(),
        markets: view.change.markets.iter().map(|row| share(facts::market(l, row.market), row.count)).collect(),
        tags: view.change.tags.iter().map(|row| share(row.tag.clone(), row.count)).collect(),
        sample: view.change.samples.iter().map(|row| person(l, row)).collect(),
        left_out_count: left_out,
        reasons: view.left_out.reasons.iter().map(|row| share(facts::left_out(l, row.reason), row.count)).collect(),
        left_out: view.left_out.rows.iter().take(LISTED).map(|row| line(l, row)).collect(),
        unlisted: left_out.saturating_sub(view.left_out.rows.len().min(LISTED) as u64),
        all_left_out: format!("/requests/{}/left-out", request.id),
        file: view.file.as_ref().map(|file| FileFacts {
            name: file.name.clone(),
            bytes: file.bytes,
            sha256: Digest::new(&file.sha256.to_string()),
            columns: file.columns.used.iter().map(|it| (it.says.clone(), it.header.clone())).collect(),
            unused: file.columns.unused.clone(),
        }),
        consents: view.consent.iter().map(|row| consent(l, row)).collect(),
        policy_version: request.policy.clone(),
    }
}

fn person(l: &Words, row: &ImportSample) -> ImportPerson {
    let categories = row.categories.iter().map(|category| facts::category(l, *category));
    ImportPerson {
        line: row.line,
        change: match row.change {
            RowChange::New => l.t("import-new"),
            RowChange::Changed => l.t("import-changed"),
            RowChange::Unchanged => l.t("import-unchanged"),
        },
        phone: row.phone.clone(),
        name: row.name.clone(),
        known_as: row.known_as.clone(),
        language: row.language.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string),
        was_language: row.was_language.as_ref().map(ToString::to_string),
        writes: row.tags.iter().chain(&row.facts).cloned().collect::<Vec<_>>().join(" · "),
        categories: categories.collect::<Vec<_>>().join(" · "),
        consent: row.consent_at.map(|at| (at.to_jiff(), facts::source(l, row.consent_source))),
    }
}

fn consent(l: &Words, row: &ImportConsent) -> ConsentLine {
    ConsentLine {
        category: facts::category(l, row.category),
        source: facts::source(l, Some(row.source)),
        people: row.count,
        oldest: row.oldest.to_jiff(),
        newest: row.newest.to_jiff(),
        evidence: row.evidence.join(" · "),
    }
}

/// What would be written, in one sentence made of signed figures.
pub fn summary(l: &Words, view: &ImportView) -> String {
    let values = [
        ("name", view.name.as_str().into()),
        ("taken", view.taken().into()),
        ("rows", view.rows.into()),
        ("new", view.change.new.into()),
        ("changed", view.change.changed.into()),
        ("unchanged", view.change.unchanged.into()),
    ];
    l.t_with("summary-import", &values)
}
