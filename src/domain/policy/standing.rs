//! Which changes end a request that waits, and which only hold it.

use super::rules::{
    AUTO_33, AUTO_42, DRAFT_35, DRAFT_42, QUALITY_06, Rule, SCHED_09, SESS_11, SESS_12, TEMPLATE_09, TEMPLATE_10,
};
use crate::domain::preview::Finding;

/// After these what was shown is never again what would happen. A pause ends, a quality recovers, a number is connected again:
/// all else that blocks may go away by itself, and holds the request for so long.
const LASTING: &[Rule] =
    &[TEMPLATE_09, TEMPLATE_10, QUALITY_06, SCHED_09, SESS_11, SESS_12, AUTO_33, AUTO_42, DRAFT_35, DRAFT_42];

/// Whether a request of which this is said now can never be carried out.
#[must_use]
pub fn lasts(finding: &Finding) -> bool {
    LASTING.iter().any(|rule| rule.id == finding.rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::rules::{QUALITY_03, QUALITY_05, TEMPLATE_01, TEMPLATE_02, TEMPLATE_04, TEMPLATE_11};
    use crate::domain::preview::Level;

    #[test]
    fn what_may_go_away_by_itself_ends_nothing() {
        assert!(LASTING.iter().all(|rule| rule.level == Level::Block && lasts(&rule.says(&[]))));
        for rule in [TEMPLATE_01, TEMPLATE_02, TEMPLATE_04, TEMPLATE_11, QUALITY_03, QUALITY_05] {
            assert!(!lasts(&rule.says(&[])), "{}", rule.id);
        }
    }
}
