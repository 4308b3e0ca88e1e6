//! Which changes end a request that waits, and which only hold it.

use super::rules::{
    AUTO_33, AUTO_42, DRAFT_35, DRAFT_42, MEDIA_19, ORDER_13, PAY_05, QUALITY_06, Rule, SCHED_09, SESS_11, SESS_12,
    TEMPLATE_09, TEMPLATE_10,
};
use crate::domain::preview::{Finding, Level};
use crate::domain::requests::Accepted;

/// After these what was shown is never again what would happen. A pause ends, a quality recovers, a number is connected again:
/// all else that blocks may go away by itself, and holds the request for so long.
const LASTING: &[Rule] =
    &[TEMPLATE_09, TEMPLATE_10, QUALITY_06, SCHED_09, SESS_11, SESS_12, AUTO_33, AUTO_42, DRAFT_35, DRAFT_42, MEDIA_19];

/// Whether a request of which this is said now can never be carried out.
#[must_use]
pub fn lasts(finding: &Finding) -> bool {
    LASTING.iter().any(|rule| rule.id == finding.rule)
}

/// Warnings after which nothing is ordered and nobody is asked to pay unless somebody has read just that: the customer may have paid
/// already, or may want it no more.
const READ_FIRST: &[Rule] = &[ORDER_13, PAY_05];

/// Whether this forbids to begin what was signed with these warnings accepted.
#[must_use]
pub fn stops(finding: &Finding, accepted: &Accepted) -> bool {
    let read_first = READ_FIRST.iter().any(|rule| rule.id == finding.rule);
    finding.level == Level::Block || (read_first && !accepted.covers(finding))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::rules::{
        QUALITY_03, QUALITY_04, QUALITY_05, TEMPLATE_01, TEMPLATE_02, TEMPLATE_04, TEMPLATE_11,
    };
    use crate::domain::requests::AcceptedWarning;

    #[test]
    fn what_may_go_away_by_itself_ends_nothing() {
        assert!(LASTING.iter().all(|rule| rule.level == Level::Block && lasts(&rule.says(&[]))));
        for rule in [TEMPLATE_01, TEMPLATE_02, TEMPLATE_04, TEMPLATE_11, QUALITY_03, QUALITY_05] {
            assert!(!lasts(&rule.says(&[])), "{}", rule.id);
        }
    }

    #[test]
    fn what_nobody_has_read_stops_it() {
        let said = |at: &str| ORDER_13.says(&[("at", at.into())]);
        let taken_on = AcceptedWarning::new("ORDER-13", "Asked them.".into(), &[said("1")]);
        let accepted = Accepted::of(&[], vec![taken_on]);
        for (finding, wanted) in [
            (said("1"), false),
            (said("2"), true),
            (PAY_05.says(&[("at", "1".into())]), true),
            (SESS_12.says(&[]), true),
            (QUALITY_04.says(&[]), false),
        ] {
            assert_eq!(stops(&finding, &accepted), wanted, "{finding:?}");
        }
    }
}
