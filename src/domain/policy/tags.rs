//! What the rules say of labels on people and conversations.

use super::identity::labels;
use super::rules::{TAG_02, TAG_03, TAG_04};
use crate::domain::contacts::tags::TagPlan;
use crate::domain::preview::{Finding, TagChangeView};

/// The findings of a proposal, the heaviest first. What stands for a consent may be taken away, and not put on.
#[must_use]
pub fn check(view: &TagChangeView) -> Vec<Finding> {
    let mut findings = labels(&view.apply);
    if !view.segments.is_empty() {
        let names: Vec<&str> = view.segments.iter().map(|segment| segment.name.as_str()).collect();
        findings.push(TAG_02.says(&[("segments", names.join(", ").into())]));
    }
    if view.unchanged == view.people + view.conversations {
        findings.push(TAG_03.says(&[]));
    }
    findings
}

/// Whether something depends on the labels of many by now that did not when nobody was asked.
#[must_use]
pub fn depends_by_now(plan: &TagPlan, depends: bool) -> Option<Finding> {
    (plan.is_bulk() && depends && !plan.depends).then(|| TAG_04.says(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ContactId, SegmentId};
    use crate::domain::preview::TaggedSegment;
    use crate::domain::segments::Condition;
    use std::collections::BTreeSet;

    fn set(tags: &[&str]) -> BTreeSet<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    #[test]
    fn a_label_for_a_consent_may_go_and_not_come() {
        let segment = TaggedSegment {
            id: SegmentId::random(),
            name: "VIPs".into(),
            include: Condition::Tag("vip".into()),
            exclude: None,
            in_words: "tag vip".into(),
        };
        for (apply, remove, segments, unchanged, wanted) in [
            (set(&["vip"]), set(&[]), vec![], 0, vec![]),
            (set(&["opt-in"]), set(&[]), vec![], 0, vec!["TAG-01"]),
            (set(&[]), set(&["opt-in"]), vec![], 0, vec![]),
            (set(&["vip"]), set(&[]), vec![segment.clone()], 0, vec!["TAG-02"]),
            (set(&["vip"]), set(&[]), vec![], 2, vec!["TAG-03"]),
        ] {
            let view = TagChangeView {
                who: "2 contacts".into(),
                apply,
                remove,
                people: 2,
                conversations: 0,
                unchanged,
                lines: Vec::new(),
                unlisted: 2,
                segments,
                broadcasts: Vec::new(),
            };
            let found = check(&view);
            assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), wanted, "{view:?}");
        }
    }

    #[test]
    fn what_depends_on_many_by_now_needs_somebody_who_knows() {
        let plan = |count, depends| TagPlan {
            contacts: (0..count).map(|_| ContactId::random()).collect(),
            conversations: BTreeSet::new(),
            apply: set(&["vip"]),
            remove: set(&[]),
            depends,
        };
        for (count, then, now, stale) in [
            (2, false, true, true),
            (2, true, true, false),
            (2, false, false, false),
            (2, true, false, false),
            (1, false, true, false),
        ] {
            assert_eq!(depends_by_now(&plan(count, then), now).is_some(), stale, "{count} {then} {now}");
        }
    }
}
