//! What the rules say of a template before Meta sees it: its form, its words, its samples, and what stands at Meta.

mod at_meta;
mod form;
mod samples;

#[cfg(test)]
mod tests;

use super::links::{self, Address};
use super::message::{characters, courtesy, texts, whole};
use super::rules::{
    DRAFT_01, DRAFT_02, DRAFT_03, DRAFT_04, DRAFT_05, DRAFT_06, DRAFT_07, DRAFT_09, DRAFT_10, DRAFT_11, DRAFT_12,
    DRAFT_13, DRAFT_14, DRAFT_15, DRAFT_16, DRAFT_17, DRAFT_18, DRAFT_22, DRAFT_23, DRAFT_27, DRAFT_28, DRAFT_29,
    DRAFT_30, DRAFT_31, DRAFT_32, DRAFT_34, DRAFT_35, DRAFT_46, Fact, Rule,
};
use super::settings::Links;
use super::wordings::{self, CODES, SECRETS, Way, advertising, prohibited};
use crate::domain::addresses::named_in;
use crate::domain::consent::MessageCategory;
use crate::domain::lexicon::{Reading, Said};
use crate::domain::preview::{Finding, Level, LinkView};
use crate::domain::templates::Button;
use crate::domain::templates::draft::{LanguageDraft, TemplateDraft};
use crate::domain::templates::languages;
use std::collections::BTreeSet;

pub use at_meta::{At, Edits, at_meta, changed_at_meta};
pub use samples::file_fits;

/// With fewer words beside the variables nobody can say what a text is about.
const FEWEST_WORDS: u64 = 3;

/// What is wrong with the form, the variables or the category: nobody stores that, not even to work on it.
const UNFIT: &[Rule] = &[
    DRAFT_01, DRAFT_02, DRAFT_03, DRAFT_04, DRAFT_05, DRAFT_06, DRAFT_07, DRAFT_09, DRAFT_10, DRAFT_11, DRAFT_12,
    DRAFT_13, DRAFT_14, DRAFT_15, DRAFT_16, DRAFT_17, DRAFT_18, DRAFT_22, DRAFT_23, DRAFT_27, DRAFT_28, DRAFT_29,
];

/// What weighs in a draft that is only worked on: what else forbids to submit it is named, and forbids nothing yet.
#[must_use]
pub fn for_work(findings: Vec<Finding>) -> Vec<Finding> {
    let weighs = |it: &Finding| it.level != Level::Block || UNFIT.iter().any(|rule| rule.id == it.rule);
    let (mut findings, later): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(weighs);
    let rules: BTreeSet<&str> = later.iter().map(|it| it.rule.as_str()).collect();
    if !rules.is_empty() {
        let rules = rules.into_iter().collect::<Vec<_>>().join(", ");
        findings.push(DRAFT_46.says(&[("rules", rules.into())]));
    }
    findings
}

/// What the rules say of a draft by itself. One that is `ready` goes to Meta, or to customers, as it is.
#[must_use]
pub fn check(draft: &TemplateDraft, ready: bool, sender: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !matches!(draft.category, MessageCategory::Marketing | MessageCategory::Utility) {
        findings.push(DRAFT_29.says(&[("category", draft.category.as_str().into())]));
    }
    for language in &draft.languages {
        findings.extend(known(language));
        findings.extend(form::check(language));
        findings.extend(samples::check(language, ready));
        findings.extend(characters(&language.language, &language.content()));
        findings.extend(wording(draft.category, language));
        findings.extend(courtesy(draft.category, &language.language, &language.content(), sender));
    }
    findings.extend(samples::missing_yet(draft).filter(|_| !ready));
    findings.extend(alike(draft));
    findings
}

fn known(draft: &LanguageDraft) -> Option<Finding> {
    let language = &draft.language;
    (!languages::is_taken(language)).then(|| {
        let near = languages::near(language).join(", ");
        let near = if near.is_empty() { "none".to_owned() } else { near };
        DRAFT_18.says(&[("language", language.as_str().into()), ("known", near.into())])
    })
}

/// What its words say of what it is for.
fn wording(category: MessageCategory, draft: &LanguageDraft) -> Vec<Finding> {
    let content = draft.content();
    let mut findings = Vec::new();
    for (place, text) in texts(&content) {
        let field = format!("{}.{place}", draft.language);
        let reading = Reading::of(text);
        let is_marketing = category == MessageCategory::Marketing;
        let by_rule: [(Rule, Vec<Said>); 4] = [
            (DRAFT_27, if is_marketing { Vec::new() } else { advertising(&reading, Way::Notice) }),
            (DRAFT_28, CODES.found(&reading)),
            (DRAFT_30, SECRETS.found(&reading)),
            (DRAFT_31, prohibited(&reading)),
        ];
        findings.extend(by_rule.into_iter().filter_map(|(rule, said)| wordings::says(rule, &field, &said)));
    }
    let words = form::words(&draft.body);
    if words < FEWEST_WORDS {
        let field = format!("{}.body", draft.language);
        let facts = [("place", Fact::from(field.as_str())), ("words", words.into())];
        findings.push(DRAFT_32.says(&facts).at(whole(&field, &draft.body)));
    }
    findings
}

/// By which words the draft reads as advertising, in all its languages: why it is of its category.
#[must_use]
pub fn advertises(draft: &TemplateDraft) -> Vec<String> {
    let all = draft.languages.iter().flat_map(|language| {
        let content = language.content();
        let said = texts(&content).into_iter().flat_map(|(_, text)| advertising(&Reading::of(text), Way::Notice));
        said.map(|said| said.words.to_lowercase()).collect::<Vec<_>>()
    });
    all.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Where it leads, in every language, and what is wrong with that.
#[must_use]
pub fn leads_to(draft: &TemplateDraft, allowed: &Links) -> (Vec<LinkView>, Vec<Finding>) {
    let (mut views, mut findings) = (Vec::new(), Vec::new());
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for language in &draft.languages {
        let (code, content) = (&language.language, language.content());
        let mut look = |place: &str, field: &str, button: bool, start: usize, url: &str| {
            let (view, found) = links::check(&Address { place, field, button, start, url }, allowed);
            findings.extend(found);
            if seen.insert(view.url.clone()) {
                views.push(view);
            }
        };
        for (at, button) in (1..).zip(&content.buttons) {
            if let Button::Url { url, .. } = button {
                look(&format!("{code} button {at}"), &format!("{code}.button.{at}"), true, 0, url);
            }
        }
        for (place, text) in texts(&content) {
            for (start, url) in named_in(text) {
                look(&format!("{code} {place}"), &format!("{code}.{place}"), false, start, &url);
            }
        }
    }
    (views, findings)
}

/// Languages that want other values than the first one.
fn alike(draft: &TemplateDraft) -> Vec<Finding> {
    let Some((first, rest)) = draft.languages.split_first() else { return Vec::new() };
    let list = |names: &BTreeSet<String>| {
        if names.is_empty() { "none".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
    };
    let wanted = first.content().placeholders();
    let differs = rest.iter().map(|it| (it, it.content().placeholders())).filter(|(_, has)| *has != wanted);
    let say = |(it, has): (&LanguageDraft, BTreeSet<String>)| {
        DRAFT_34.says(&[
            ("language", it.language.as_str().into()),
            ("found", list(&has).into()),
            ("other", first.language.as_str().into()),
            ("known", list(&wanted).into()),
        ])
    };
    differs.map(say).collect()
}

/// The draft is at another version than the one that something was made of.
#[must_use]
pub fn changed(template: &str, base: u32, version: u32) -> Option<Finding> {
    let facts = || [("template", Fact::from(template)), ("base", base.into()), ("version", version.into())];
    (base != version).then(|| DRAFT_35.says(&facts()))
}
