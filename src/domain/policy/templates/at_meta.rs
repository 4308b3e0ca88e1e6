//! What stands at Meta, and what becomes of it.

use crate::domain::canonical::{Digest, NotCanonical};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::policy::rules::{
    DRAFT_33, DRAFT_36, DRAFT_37, DRAFT_38, DRAFT_39, DRAFT_40, DRAFT_42, DRAFT_43, Fact,
};
use crate::domain::preview::Finding;
use crate::domain::templates::draft::LanguageDraft;
use crate::domain::templates::submission::{Before, Change, is_editable, told_apart};
use crate::domain::templates::{MessageTemplate, TemplateStatus};
use std::time::Duration;

/// An approved template may be edited once in this time,
const A_DAY: Duration = Duration::from_hours(24);
/// and so often in 30 days.
const MOST_EDITS: u64 = 10;

/// How often an approved template was edited by us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Edits {
    /// Within 30 days.
    pub within_30_days: u64,
    /// When last.
    pub last: Option<Timestamp>,
}

impl Edits {
    fn used_up(&self, now: Timestamp) -> bool {
        self.within_30_days >= MOST_EDITS || self.last.is_some_and(|at| now.since(at) < A_DAY)
    }
}

/// What one language is held against.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The template.
    pub name: &'a str,
    /// What Meta is to take it for.
    pub category: MessageCategory,
    /// All templates of the account, as they were last read.
    pub live: &'a [MessageTemplate],
    /// How often this language was edited.
    pub edits: Edits,
    /// When.
    pub now: Timestamp,
}

/// What is done in one language, none if nothing is, and what the rules say of that.
pub fn at_meta(at: &At<'_>, draft: &LanguageDraft) -> Result<(Option<Change>, Vec<Finding>), NotCanonical> {
    let wanted = told_apart(&draft.content())?;
    let facts = [("template", Fact::from(at.name)), ("language", draft.language.as_str().into())];
    let with = |name: &'static str, fact: &str| [facts[0].clone(), facts[1].clone(), (name, fact.into())];
    let mut findings: Vec<Finding> = twin(at, draft).into_iter().collect();
    let own = |it: &&MessageTemplate| it.name == at.name && it.language == draft.language;
    let Some(live) = at.live.iter().find(own).filter(|it| it.status != TemplateStatus::Deleted) else {
        return Ok((Some(Change::Create), findings));
    };
    let content = told_apart(&live.content)?;
    let same = content == wanted && live.category == at.category;
    if same && live.status != TemplateStatus::Rejected {
        findings.push(DRAFT_40.says(&facts));
        return Ok((None, findings));
    }
    if same {
        let why = live.rejected_reason.as_deref().unwrap_or("no reason given");
        findings.push(DRAFT_43.says(&with("why", why)));
    }
    let status = live.status.as_str();
    match live.status {
        TemplateStatus::Approved if live.category != at.category => {
            findings.push(DRAFT_37.says(&with("category", live.category.as_str())));
        }
        TemplateStatus::Approved if at.edits.used_up(at.now) => {
            let [template, language] = facts.clone();
            findings.push(DRAFT_38.says(&[template, language, ("count", at.edits.within_30_days.into())]));
        }
        TemplateStatus::Approved | TemplateStatus::Paused => findings.push(DRAFT_39.says(&with("status", status))),
        _ if is_editable(live.status) => {}
        _ => findings.push(DRAFT_36.says(&with("status", status))),
    }
    Ok((Some(Change::Edit(Before { content, category: live.category, status: live.status })), findings))
}

/// Another template that says the same in this language, which Meta would refuse.
fn twin(at: &At<'_>, draft: &LanguageDraft) -> Option<Finding> {
    let says_the_same = |it: &&MessageTemplate| {
        it.name != at.name
            && it.language == draft.language
            && !matches!(it.status, TemplateStatus::Deleted | TemplateStatus::Rejected)
            && (it.content.body == draft.body && it.content.footer == draft.footer)
    };
    let other = at.live.iter().find(says_the_same)?;
    Some(DRAFT_33.says(&[("template", other.name.as_str().into()), ("language", draft.language.as_str().into())]))
}

/// Whether what stands at Meta is still what was shown, by the digest of what it says now.
#[must_use]
pub fn changed_at_meta(
    name: &str,
    language: &str,
    change: &Change,
    live: Option<(&MessageTemplate, Digest)>,
) -> Option<Finding> {
    let live = live.filter(|(it, _)| it.status != TemplateStatus::Deleted);
    let facts = [("template", Fact::from(name)), ("language", language.into())];
    match (change, live) {
        (Change::Create, None) => None,
        (Change::Edit(before), Some((it, content))) if content == before.content && it.category == before.category => {
            let [template, language] = facts;
            let closed = DRAFT_36.says(&[template, language, ("status", it.status.as_str().into())]);
            (!is_editable(it.status)).then_some(closed)
        }
        _ => Some(DRAFT_42.says(&facts)),
    }
}
