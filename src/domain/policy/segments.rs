//! What the rules say of a segment.

use super::rules::{SEG_01, SEG_02, SEG_03, SEG_04, SEG_05, SEG_06, SEG_07, SEG_08, SEG_09};
use crate::domain::contacts::tags::stands_for_consent;
use crate::domain::ids::SegmentId;
use crate::domain::preview::{Finding, SegmentChangeView, SegmentState};
use crate::domain::segments::{Segment, SegmentPlan};
use crate::domain::text::look;

/// With fewer contacts than this, most of them are easily meant.
pub const FEW: u64 = 20;

/// Whether so many are everybody, or of many nearly everybody.
#[must_use]
pub const fn are_nearly_all(count: u64, everybody: u64) -> bool {
    const PERCENT: u64 = 95;
    everybody > 0 && (count == everybody || (everybody >= FEW && count * 100 >= everybody * PERCENT))
}

/// The findings of a proposal. `everybody` counts those who may be written to at all; `names` are those of the other segments.
#[must_use]
pub fn check(after: &Segment, view: &SegmentChangeView, everybody: u64, names: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if after.is_everyone() {
        findings.push(SEG_01.says(&[]));
    } else if are_nearly_all(view.effect.people_after, everybody) {
        findings.push(SEG_07.says(&[("count", view.effect.people_after.into()), ("everybody", everybody.into())]));
    }
    let same = |before: &SegmentState| {
        (&before.name, &before.include, &before.exclude) == (&after.name, &after.include, &after.exclude)
    };
    if view.change.before.as_ref().is_some_and(same) {
        findings.push(SEG_06.says(&[]));
    }
    // Labels from before they were refused are still carried.
    let read_like_consent = after.tags().into_iter().filter(|tag| stands_for_consent(tag).is_some());
    findings.extend(read_like_consent.map(|tag| SEG_08.says(&[("phrase", tag.into())])));
    let is_new = view.change.before.as_ref().is_none_or(|before| before.name != after.name);
    if let Some(alike) = names.iter().filter(|_| is_new).find(|name| look(name) == look(&after.name)) {
        findings.push(SEG_09.says(&[("title", alike.as_str().into())]));
    }
    let broadcasts = u64::try_from(view.effect.broadcasts.len()).unwrap_or(u64::MAX);
    if broadcasts > 0 {
        findings.push(SEG_02.says(&[("count", broadcasts.into())]));
    }
    if view.effect.people_after == 0 {
        findings.push(SEG_03.says(&[]));
    }
    findings.sort_by_key(|finding| finding.level);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_all_of_many_are_everybody() {
        for (count, everybody, all) in [
            (0, 0, false),
            (0, 9, false),
            (9, 9, true),
            (8, 9, false),
            (18, 19, false),
            (19, 20, true),
            (18, 20, false),
            (950, 1_000, true),
            (949, 1_000, false),
        ] {
            assert_eq!(are_nearly_all(count, everybody), all, "{count} of {everybody}");
        }
    }
}
