//! What the rules say of a segment.

use super::rules::{SEG_01, SEG_02, SEG_03, SEG_04};
use crate::domain::preview::{Finding, SegmentChangeView};
use crate::domain::segments::{Segment, SegmentPlan};

/// The findings of a proposal, the heaviest first.
#[must_use]
pub fn check(after: &Segment, view: &SegmentChangeView) -> Vec<Finding> {
    let mut findings = Vec::new();
    if after.is_everyone() {
        findings.push(SEG_01.says(&[]));
    }
    let broadcasts = u64::try_from(view.effect.broadcasts.len()).unwrap_or(u64::MAX);
    if broadcasts > 0 {
        findings.push(SEG_02.says(&[("count", broadcasts.into())]));
    }
    if view.effect.people_after == 0 {
        findings.push(SEG_03.says(&[]));
    }
    findings
}

/// Whether the segment is still the one that the plan was made on; `version` is the newest, 0 if there is none.
#[must_use]
pub fn recheck(plan: &SegmentPlan, version: u32) -> Option<Finding> {
    (version != plan.base).then(|| SEG_04.says(&[("base", plan.base.into()), ("version", version.into())]))
}
