//! What the rules say of a segment.

use super::rules::{SEG_01, SEG_02, SEG_03, SEG_04, SEG_05, SEG_06, SEG_07};
use crate::domain::ids::SegmentId;
use crate::domain::preview::{Finding, SegmentChangeView, SegmentState};
use crate::domain::segments::{Segment, SegmentPlan};

/// The findings of a proposal, the heaviest first. `everybody` counts those who may be written to at all.
#[must_use]
pub fn check(after: &Segment, view: &SegmentChangeView, everybody: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    if after.is_everyone() {
        findings.push(SEG_01.says(&[]));
    } else if everybody > 0 && view.effect.people_after == everybody {
        findings.push(SEG_07.says(&[("count", everybody.into())]));
    }
    let same = |before: &SegmentState| {
        (&before.name, &before.include, &before.exclude) == (&after.name, &after.include, &after.exclude)
    };
    if view.change.before.as_ref().is_some_and(same) {
        findings.push(SEG_06.says(&[]));
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

/// Whether the segment is still the one that the plan was made on, and its name still free. `version` is the newest, 0 if
/// there is none; `namesake` is the segment that has the name now.
#[must_use]
pub fn recheck(plan: &SegmentPlan, version: u32, namesake: Option<SegmentId>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if version != plan.base {
        findings.push(SEG_04.says(&[("base", plan.base.into()), ("version", version.into())]));
    }
    if namesake.is_some_and(|other| other != plan.segment) {
        findings.push(SEG_05.says(&[("name", plan.name.as_str().into())]));
    }
    findings
}
