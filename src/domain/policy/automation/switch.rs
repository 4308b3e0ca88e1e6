//! What the rules say of making something live or taking it away: whom it touches, by what its rehearsal showed.

use super::Known;
use crate::domain::automation::plan::{AutomationPlan, Becomes};
use crate::domain::automation::rehearse::{Rehearsal, Verdict};
use crate::domain::automation::{Content, Kind};
use crate::domain::policy::rules::{AUTO_34, AUTO_35, AUTO_36, AUTO_37, AUTO_38, AUTO_39, AUTO_44};
use crate::domain::preview::Finding;

/// Fewer messages say nothing of how broad a keyword is.
const ENOUGH_MESSAGES: u64 = 20;
/// A keyword rule that answers more of all messages than this is hardly about one thing.
const BROAD_PERCENT: u64 = 30;

/// Nothing would be stored, and nothing would be switched.
#[must_use]
pub fn nothing_changes() -> Finding {
    AUTO_34.says(&[])
}

/// What starts the flow and could not any more. It hands customers to people then; that is no loop, but not what was meant.
#[must_use]
pub fn left_behind(content: &Content, becomes: Becomes, known: &Known<'_>) -> Option<Finding> {
    let Content::Flow(flow) = content else { return None };
    let lost = |scope| match becomes {
        Becomes::Draft => false,
        Becomes::Active => !flow.scope.holds(scope),
        Becomes::Inactive => true,
    };
    let starters = known.active.starters(flow.id).filter(|(_, scope)| lost(scope));
    let names: Vec<&str> = starters.map(|(name, _)| name).collect();
    (!names.is_empty()).then(|| AUTO_35.says(&[("names", names.join(", ").into())]))
}

/// What people should know of how messages of the past would be answered.
#[must_use]
pub fn rehearsed(rehearsal: &Rehearsal, plan: &AutomationPlan, days: u64) -> Vec<Finding> {
    let count = |verdict| rehearsal.verdicts.get(&verdict).copied().unwrap_or(0);
    let days = || ("days", days.into());
    let mut findings = Vec::new();
    let without = count(Verdict::LeftWithoutPerson);
    if without > 0 {
        findings.push(AUTO_36.says(&[("count", without.into()), days()]));
    }
    let silenced = count(Verdict::Silenced);
    if silenced > 0 {
        findings.push(AUTO_44.says(&[("count", silenced.into()), days()]));
    }
    // What is taken away is answered by others on purpose.
    let misled = count(Verdict::Misrouted).max(count(Verdict::OtherQueue));
    if misled > 0 && plan.becomes() != Becomes::Inactive {
        findings.push(AUTO_37.says(&[("count", misled.into()), days()]));
    }
    let looped = count(Verdict::Looped);
    if looped > 0 {
        findings.push(AUTO_38.says(&[("count", looped.into()), days()]));
    }
    let percent = count(Verdict::Answered).saturating_mul(100).checked_div(rehearsal.messages).unwrap_or(0);
    let broad = rehearsal.messages >= ENOUGH_MESSAGES && percent > BROAD_PERCENT;
    if broad && plan.subject.kind() == Kind::KeywordRule {
        let facts = [("percent", percent.into()), ("messages", rehearsal.messages.into()), days()];
        findings.push(AUTO_39.says(&facts));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::automation::plan::Step;
    use crate::domain::automation::samples::rule;

    #[test]
    fn each_verdict_that_somebody_should_know_of_is_a_warning() {
        let content = Content::KeywordRule(rule(10, "price"));
        let plan = |step| AutomationPlan { subject: content.subject(), base: 0, live: None, step };
        let publish = plan(Step::Publish(Box::new(content.clone())));
        let found = |messages, verdicts: &[(Verdict, u64)], plan| {
            let rehearsal =
                Rehearsal { messages, verdicts: verdicts.iter().copied().collect(), ..Rehearsal::default() };
            rehearsed(&rehearsal, plan, 30).into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        for (messages, verdicts, rules) in [
            (0, vec![], vec![]),
            (100, vec![(Verdict::Answered, 30), (Verdict::Changed, 30)], vec![]),
            (100, vec![(Verdict::Answered, 31)], vec!["AUTO-39"]),
            (19, vec![(Verdict::Answered, 19)], vec![]),
            (9, vec![(Verdict::LeftWithoutPerson, 1)], vec!["AUTO-36"]),
            (9, vec![(Verdict::Silenced, 1)], vec!["AUTO-44"]),
            (9, vec![(Verdict::Misrouted, 1)], vec!["AUTO-37"]),
            (9, vec![(Verdict::OtherQueue, 1)], vec!["AUTO-37"]),
            (9, vec![(Verdict::Looped, 1)], vec!["AUTO-38"]),
        ] {
            assert_eq!(found(messages, &verdicts, &publish), rules, "{verdicts:?}");
        }
        let verdicts = [(Verdict::Misrouted, 3), (Verdict::LeftWithoutPerson, 1), (Verdict::Silenced, 2)];
        assert_eq!(found(9, &verdicts, &plan(Step::Retire)), ["AUTO-36", "AUTO-44"]);
    }
}
