//! What the rules say of giving a conversation to somebody else and of closing one.

use super::identity::labels;
use super::rules::{
    CLOSE_01, CLOSE_02, CLOSE_03, CLOSE_04, CLOSE_05, CLOSE_06, HAND_01, HAND_02, HAND_03, HAND_04, HAND_05, HAND_06,
    HAND_07, HAND_08, HAND_09, HAND_10, HAND_11,
};
use super::session::speaks_of_money;
use crate::domain::automation::phrases::{MatchKind, Plain};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::handover::{AssignPlan, ClosingReason};
use crate::domain::orders::links::LinkState;
use crate::domain::preview::{AssignmentView, ClosingView, Finding};
use std::collections::BTreeSet;

/// By which a customer shows that something went wrong, in English, traditional and simplified Chinese.
const COMPLAINTS: &[&str] = &[
    "complaint",
    "complaints",
    "complain",
    "complained",
    "complaining",
    "refund",
    "refunds",
    "money back",
    "broke",
    "broken",
    "damaged",
    "defective",
    "faulty",
    "unacceptable",
    "terrible",
    "disappointed",
    "scam",
    "fraud",
    "cheated",
    "lawyer",
    "consumer council",
    "ombudsman",
    "compensation",
    "投訴",
    "投诉",
    "退款",
    "退錢",
    "退钱",
    "賠償",
    "赔偿",
    "壞了",
    "坏了",
    "爛了",
    "損壞",
    "损坏",
    "不滿",
    "不满",
    "騙",
    "骗",
    "律師",
    "律师",
    "消委會",
    "消费者委员会",
    "消協",
    "消协",
];

/// Where a conversation would go, as the rules look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// The queue that is named, and whether it is there.
    pub queue: Option<(&'a str, bool)>,
    /// Whether the person that is named is one of the team, if one is.
    pub person: Option<bool>,
    /// Whether that person works in the queue of each of the conversations.
    pub may_work: bool,
}

/// Why nothing may be given there.
#[must_use]
pub fn refused(target: &Target<'_>) -> Option<Finding> {
    match (target.queue, target.person) {
        (Some((name, false)), _) => Some(HAND_01.says(&[("title", name.into())])),
        (_, Some(false)) => Some(HAND_02.says(&[])),
        (_, Some(true)) if !target.may_work => Some(HAND_03.says(&[])),
        _ => None,
    }
}

/// The findings of giving conversations away, the heaviest first.
#[must_use]
pub fn assigns(view: &AssignmentView, target: &Target<'_>, now: Timestamp) -> Vec<Finding> {
    let mut findings: Vec<Finding> = refused(target).into_iter().collect();
    if view.closed > 0 {
        findings.push(HAND_04.says(&[("count", view.closed.into())]));
    }
    if view.out_of_restricted > 0 {
        findings.push(HAND_06.says(&[("count", view.out_of_restricted.into())]));
    }
    if view.queue.as_ref().is_some_and(|queue| queue.restricted) {
        findings.push(HAND_07.says(&[]));
    }
    let late = view.threads.iter().filter(|line| line.answer_by_then.is_some_and(|by| by < now)).count();
    if late > 0 {
        findings.push(HAND_08.says(&[("count", u64::try_from(late).unwrap_or(u64::MAX).into())]));
    }
    if view.queue.as_ref().is_some_and(|queue| queue.people == 0) && view.person.is_none() {
        findings.push(HAND_09.says(&[]));
    }
    if view.unchanged == view.count {
        findings.push(HAND_05.says(&[]));
    }
    findings.sort_by_key(|finding| finding.level);
    findings
}

/// It was given to somebody, closed or changed since.
#[must_use]
pub fn moved() -> Finding {
    HAND_10.says(&[])
}

/// Whether a restricted queue gives or takes by now, and did not when nobody was asked.
#[must_use]
pub fn restricted_by_now(plan: &AssignPlan, restricted: bool) -> Option<Finding> {
    (restricted && !plan.restricted && !plan.is_bulk()).then(|| HAND_11.says(&[]))
}

/// Why a conversation is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotClosed {
    /// It is closed.
    Already,
    /// It has to be settled first, by those who look after it.
    Escalated,
    /// It is not as it was looked at, or the customer has written since.
    Changed,
}

impl From<NotClosed> for Finding {
    fn from(why: NotClosed) -> Self {
        match why {
            NotClosed::Escalated => CLOSE_01.says(&[]),
            NotClosed::Already => CLOSE_02.says(&[]),
            NotClosed::Changed => CLOSE_03.says(&[]),
        }
    }
}

/// Why a person has to agree that it is closed: by what the customer wrote, and by what happened in it.
#[must_use]
pub fn reasons<'a>(
    words: impl IntoIterator<Item = &'a str>,
    (restricted, ordered, escalated, waits): (bool, bool, bool, bool),
    tags: &BTreeSet<String>,
) -> BTreeSet<ClosingReason> {
    let complains = |text: &str| {
        let plain = Plain::of(text);
        COMPLAINTS.iter().any(|phrase| MatchKind::Phrase.finds(&Plain::of(phrase), &plain))
    };
    let (mut complaint, mut payment) = (restricted || tags.iter().any(|tag| complains(tag)), ordered);
    for text in words {
        complaint |= complains(text);
        payment |= speaks_of_money(text);
    }
    [
        (complaint, ClosingReason::Complaint),
        (payment, ClosingReason::Payment),
        (escalated, ClosingReason::Escalation),
        (waits, ClosingReason::Unanswered),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

/// The findings of closing a conversation, the heaviest first.
#[must_use]
pub fn closes(view: &ClosingView, refused: Option<NotClosed>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = refused.map(Finding::from).into_iter().collect();
    findings.extend(labels(&view.tags));
    if view.reasons.contains(&ClosingReason::Unanswered) {
        findings.push(CLOSE_04.says(&[]));
    }
    let open = view.links.iter().filter(|link| link.state == LinkState::Open).count();
    if open > 0 {
        findings.push(CLOSE_06.says(&[("count", u64::try_from(open).unwrap_or(u64::MAX).into())]));
    }
    findings
}

/// What would need a person by now and did not when nobody was asked.
#[must_use]
pub fn needs_by_now(then: &BTreeSet<ClosingReason>, now: &BTreeSet<ClosingReason>) -> Option<Finding> {
    (then.is_empty() && !now.is_empty()).then(|| CLOSE_05.says(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_goes_only_to_who_may_have_it() {
        let target = |queue, person, may_work| Target { queue, person, may_work };
        for (target, rule) in [
            (target(Some(("sales", true)), None, true), None),
            (target(Some(("nowhere", false)), None, true), Some("HAND-01")),
            (target(Some(("nowhere", false)), Some(true), true), Some("HAND-01")),
            (target(None, Some(false), false), Some("HAND-02")),
            (target(Some(("sales", true)), Some(true), false), Some("HAND-03")),
            (target(None, Some(true), true), None),
        ] {
            assert_eq!(refused(&target).map(|finding| finding.rule), rule.map(str::to_owned), "{target:?}");
        }
    }

    #[test]
    fn complaints_payments_escalations_and_silence_need_a_person() {
        use ClosingReason::{Complaint, Escalation, Payment, Unanswered};
        let none = (false, false, false, false);
        for (words, facts, tag, wanted) in [
            (vec!["When do you open?"], none, "vip", vec![]),
            (vec!["hello", "I want to COMPLAIN!"], none, "vip", vec![Complaint]),
            (vec!["茶壺爛了，我要退款"], none, "vip", vec![Complaint]),
            (vec!["thanks"], none, "complaint", vec![Complaint]),
            (vec!["I paid yesterday"], none, "vip", vec![Payment]),
            (vec!["it was HK$80"], none, "vip", vec![Payment]),
            (vec![], (true, false, false, false), "vip", vec![Complaint]),
            (vec![], (false, true, false, false), "vip", vec![Payment]),
            (vec![], (false, false, true, false), "vip", vec![Escalation]),
            (vec![], (false, false, false, true), "vip", vec![Unanswered]),
        ] {
            let found = reasons(words.iter().copied(), facts, &[tag.to_owned()].into());
            assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted, "{words:?} {facts:?} {tag}");
        }
    }

    #[test]
    fn what_needs_a_person_by_now_is_not_closed_without_one() {
        let (none, one) = (BTreeSet::new(), BTreeSet::from([ClosingReason::Payment]));
        assert!(needs_by_now(&none, &one).is_some());
        assert!(needs_by_now(&none, &none).is_none() && needs_by_now(&one, &one).is_none());
    }
}
