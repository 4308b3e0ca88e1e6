//! What the rules say of applying again what Meta sent.

use super::rules::{HOOK_01, HOOK_02, HOOK_03, HOOK_04, HOOK_05, HOOK_06, HOOK_07, HOOK_08};
use crate::domain::preview::{Finding, RetryEffect};
use crate::domain::webhooks::Left;

/// Why nothing of a post may be tried now; none if something may.
#[must_use]
pub fn refused(post: i64, left: &Left) -> Option<Finding> {
    let post = ("post", post.to_string().into());
    match left {
        Left::Nothing => Some(HOOK_01.says(&[post])),
        Left::Unreadable(why) => Some(HOOK_02.says(&[post, ("why", why.as_str().into())])),
        Left::Waits => Some(HOOK_03.says(&[post])),
        Left::ReadsOtherwise => Some(HOOK_04.says(&[post])),
        Left::Whole(_) | Left::Events(_) => None,
    }
}

/// The post is gone, or its bytes are others than those that were shown.
#[must_use]
pub fn gone(post: i64) -> Finding {
    HOOK_08.says(&[("post", post.to_string().into())])
}

/// What people should know of what would be applied.
#[must_use]
pub fn notable(effect: &RetryEffect) -> Vec<Finding> {
    let mut findings = Vec::new();
    if effect.in_vain > 0 {
        findings.push(HOOK_06.says(&[("count", effect.in_vain.into())]));
    }
    if effect.changes > 0 {
        findings.push(HOOK_05.says(&[("count", effect.changes.into()), ("events", effect.events.into())]));
    }
    if effect.old > 0 {
        findings.push(HOOK_07.says(&[("count", effect.old.into())]));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::preview::Level;
    use std::collections::BTreeMap;

    fn effect(posts: u64, events: u64) -> RetryEffect {
        RetryEffect { posts, events, changes: 0, in_vain: 0, old: 0, kinds: BTreeMap::new() }
    }

    #[test]
    fn only_what_is_left_may_be_tried() {
        for (left, rule) in [
            (Left::Nothing, Some("HOOK-01")),
            (Left::Unreadable("no JSON".to_owned()), Some("HOOK-02")),
            (Left::Waits, Some("HOOK-03")),
            (Left::ReadsOtherwise, Some("HOOK-04")),
            (Left::Whole(vec![]), None),
            (Left::Events(vec![]), None),
        ] {
            let found = refused(17, &left);
            assert_eq!(found.as_ref().map(|it| it.rule.as_str()), rule);
            assert!(found.is_none_or(|it| it.level == Level::Block && it.message.contains("17")));
        }
    }

    #[test]
    fn people_hear_of_changes_of_old_events_and_of_vain_tries() {
        for (changes, in_vain, old, rules) in [
            (0, 0, 0, vec![]),
            (1, 0, 0, vec!["HOOK-05"]),
            (0, 1, 0, vec!["HOOK-06"]),
            (0, 0, 1, vec!["HOOK-07"]),
            (1, 1, 1, vec!["HOOK-06", "HOOK-05", "HOOK-07"]),
        ] {
            let found = notable(&RetryEffect { changes, in_vain, old, ..effect(1, 1) });
            assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), rules);
        }
    }

    #[test]
    fn one_note_is_no_bulk_and_anything_more_is() {
        for (posts, events, bulk) in [(1, 0, false), (1, 1, false), (1, 2, true), (2, 0, true), (2, 2, true)] {
            assert_eq!(effect(posts, events).is_bulk(), bulk, "{posts} {events}");
        }
    }
}
