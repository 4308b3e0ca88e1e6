//! Samples for Meta's reviewers: one for each variable, none for what is not there, and nobody's data.

use crate::domain::media::{MediaAsset, Use};
use crate::domain::policy::message::{letters, whole};
use crate::domain::policy::rules::{DRAFT_19, DRAFT_20, DRAFT_21, DRAFT_22, DRAFT_23, DRAFT_24, DRAFT_25, DRAFT_26};
use crate::domain::preview::Finding;
use crate::domain::templates::MediaKind;
use crate::domain::templates::draft::{LanguageDraft, TemplateDraft};
use crate::domain::text::value_fault;
use crate::domain::{ids::AssetId, media};

/// What is wrong with the samples of one language. Missing ones weigh only where it is to be submitted.
pub fn check(draft: &LanguageDraft, ready: bool) -> Vec<Finding> {
    let (language, wanted) = (draft.language.as_str(), draft.content().placeholders());
    let mut findings = Vec::new();
    if ready {
        let missing = wanted.iter().filter(|key| !draft.samples.contains_key(*key));
        findings.extend(
            missing.map(|key| DRAFT_19.says(&[("placeholder", key.as_str().into()), ("language", language.into())])),
        );
        if let Some((kind, None)) = draft.sample() {
            findings.push(DRAFT_20.says(&[("language", language.into()), ("kind", kind.as_str().into())]));
        }
    }
    for (key, sample) in &draft.samples {
        let facts = [("placeholder", key.as_str().into()), ("language", language.into())];
        let [placeholder, named] = facts.clone();
        let field = format!("{language}.samples.{key}");
        if !wanted.contains(key) {
            let known = if wanted.is_empty() {
                "none".to_owned()
            } else {
                wanted.iter().cloned().collect::<Vec<_>>().join(", ")
            };
            findings.push(DRAFT_22.says(&[named, placeholder, ("known", known.into())]));
            continue;
        }
        if let Some(fault) = value_fault(sample) {
            findings.push(DRAFT_23.says(&[placeholder, named, ("fault", fault.into())]).at(whole(&field, sample)));
        } else if is_somebodys(sample) {
            findings.push(DRAFT_24.says(&facts).at(whole(&field, sample)));
        }
        findings.extend(letters(&field, sample, draft.language.base()));
    }
    findings
}

/// How many are missing yet, where that keeps nobody from storing it.
pub fn missing_yet(draft: &TemplateDraft) -> Option<Finding> {
    let of = |it: &LanguageDraft| {
        let variables = it.content().placeholders().iter().filter(|key| !it.samples.contains_key(*key)).count();
        variables + usize::from(matches!(it.sample(), Some((_, None))))
    };
    let count: usize = draft.languages.iter().map(of).sum();
    (count > 0).then(|| DRAFT_21.says(&[("count", u64::try_from(count).unwrap_or(u64::MAX).into())]))
}

/// Eight digits or more, or an address for mail: what a customer has, and a sample does not need.
fn is_somebodys(sample: &str) -> bool {
    let digits = sample.chars().filter(char::is_ascii_digit).count();
    let only_a_number = sample.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'));
    (digits >= 8 && only_a_number) || sample.split_whitespace().any(|word| word.contains('@') && word.contains('.'))
}

/// Whether this file can stand on top of a template; what is said of a file that was not found.
#[must_use]
pub fn file_fits(language: &str, kind: MediaKind, id: AssetId, asset: Option<&MediaAsset>) -> Vec<Finding> {
    let named = ("language", language.into());
    let Some(asset) = asset else {
        return vec![DRAFT_26.says(&[("asset", id.to_string().into()), named])];
    };
    let wanted = match kind {
        MediaKind::Image => Use::HeaderImage,
        MediaKind::Video => Use::HeaderVideo,
        MediaKind::Document => Use::HeaderDocument,
    };
    match asset.fits(wanted) {
        Ok(()) => media::scanned(&asset.scan).into_iter().collect(),
        Err(misfit) => vec![DRAFT_25.says(&[named, ("why", misfit.to_string().into())])],
    }
}
