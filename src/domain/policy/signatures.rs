//! Who must sign what, and who may not: the one place that knows.

use super::Policy;
use super::rules::{SEG_07, SEG_09};
use super::signing::{
    SIGN_00, SIGN_01, SIGN_02, SIGN_03, SIGN_04, SIGN_05, SIGN_06, SIGN_07, SIGN_08, SIGN_17, SIGN_18, SIGN_20,
    SIGN_21, SIGN_22, SIGN_23, SIGN_24, SIGN_25, SIGN_26, SIGN_27, SIGN_28, SIGN_30, SIGN_31, SIGN_32, SIGN_33,
    SIGN_35, SIGN_36, SIGN_40, SIGN_41, SIGN_42, SIGN_43, SigningRule,
};
use crate::domain::action::Action;
use crate::domain::automation::Kind;
use crate::domain::automation::plan::AutomationPlan;
use crate::domain::clock::Timestamp;
use crate::domain::consent::update::ChangeKind;
use crate::domain::ids::PersonId;
use crate::domain::people::{Person, Role};
use crate::domain::preview::Preview;
use crate::domain::requests::{ActionRequest, Decision, Quorum, Seat, Signature, Status};
use crate::domain::templates::draft::DraftMark;
use std::time::Duration;

/// The times within which people decide and the worker starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// How long a request waits for signatures.
    pub pending_expiry: Duration,
    /// How long after approval (or after the planned start) the worker may still begin.
    pub start_expiry: Duration,
    /// How long after the last signature a broadcast stands still, so that anybody can stop it.
    pub cooling_off: Duration,
    /// How long a person must have had the page before signing counts as having read it.
    pub min_review: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            pending_expiry: Duration::from_hours(72),
            start_expiry: Duration::from_hours(24),
            cooling_off: Duration::from_mins(5),
            min_review: Duration::from_secs(2),
        }
    }
}

/// The seats that one signature fills.
#[must_use]
pub fn one_signature(rule: &str) -> Quorum {
    Quorum { rule: rule.to_owned(), seats: vec![Seat { roles: vec![Role::Compliance] }] }
}

/// The seats that two signatures fill.
#[must_use]
pub fn two_signatures(rule: &str) -> Quorum {
    Quorum {
        rule: rule.to_owned(),
        seats: vec![Seat { roles: vec![Role::Compliance] }, Seat { roles: vec![Role::Principal] }],
    }
}

impl Policy {
    /// Who must sign this: the one decision about numbers of signatures.
    #[must_use]
    pub fn quorum(&self, preview: &Preview) -> Quorum {
        let (people, cost) = preview.size();
        let limits = &self.settings.signatures;
        // Amounts of two currencies cannot be compared, so the stricter rule holds.
        let dear = limits
            .two_above_cost
            .zip(cost)
            .is_some_and(|(limit, cost)| cost.currency != limit.currency || cost.micros > limit.micros);
        let rule = match &preview.action {
            Action::BroadcastCreate(_) => SIGN_00,
            Action::BroadcastSchedule(_) if people > limits.two_above_people => SIGN_02,
            Action::BroadcastSchedule(_) if dear => SIGN_03,
            Action::BroadcastSchedule(_) => SIGN_01,
            Action::ContactImport(_) => SIGN_04,
            Action::SegmentUpsert(_) if segment_needs_somebody(preview) => SIGN_05,
            Action::SegmentUpsert(_) => SIGN_06,
            Action::SessionMessageSend(_) if preview.view.is_sensitive() => SIGN_07,
            Action::SessionMessageSend(_) => SIGN_08,
            Action::WebhookRetry(_) if preview.view.replays_more_than_notes() => SIGN_17,
            Action::WebhookRetry(_) => SIGN_18,
            Action::OrderCreate(_) => SIGN_35,
            Action::PaymentLinkSend(_) => SIGN_36,
            Action::AutomationChange(plan) => automation(plan),
            Action::ContactUpsert(_) if preview.view.touches_identity() => SIGN_20,
            Action::ContactUpsert(_) => SIGN_21,
            Action::ConsentUpdate(plan) if plan.kind == ChangeKind::Reverse => SIGN_22,
            Action::ConsentUpdate(plan) if plan.is_bulk() => SIGN_23,
            Action::ConsentUpdate(_) => SIGN_24,
            Action::TagApply(plan) if plan.is_bulk() && plan.depends => SIGN_25,
            Action::TagApply(_) => SIGN_26,
            Action::ConversationAssign(_) | Action::ConversationClose(_) if preview.view.moves_with_care() => SIGN_27,
            Action::ConversationAssign(_) | Action::ConversationClose(_) => SIGN_28,
            Action::TemplateDraftUpsert(plan) if plan.mark == DraftMark::Draft => SIGN_40,
            Action::TemplateDraftUpsert(_) => SIGN_41,
            Action::TemplateSubmit(_) => SIGN_42,
            // What it is used in is signed.
            Action::MediaAssetUpload(_) => SIGN_43,
        };
        rule.quorum()
    }
}

/// Whether a segment is one that people look at: it reaches into broadcasts, takes in everybody, or could be taken for another.
fn segment_needs_somebody(preview: &Preview) -> bool {
    preview.view.touches_broadcasts() || [SEG_07, SEG_09].iter().any(|rule| preview.names(rule.id))
}

/// Whoever changes what answers customers has it read; what answers nobody needs nobody. A flow that is live is not even written
/// anew without people.
fn automation(plan: &AutomationPlan) -> SigningRule {
    match plan.subject.kind() {
        Kind::AutoReply if plan.changes_what_is_live() => SIGN_32,
        Kind::KeywordRule if plan.changes_what_is_live() => SIGN_31,
        Kind::Flow | Kind::AutoReply if plan.is_or_becomes_live() => SIGN_30,
        Kind::Flow | Kind::AutoReply | Kind::KeywordRule => SIGN_33,
    }
}

/// Why a person may not sign, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MayNotSign {
    /// Nobody can, any more or yet.
    #[error("this request is {0}; only one that waits for approval can be decided")]
    NotPending(Status),
    /// There is nothing to decide once more, any more or yet.
    #[error("this request is {0}; nothing of it waits for a decision")]
    NothingOpen(Status),
    /// The time is over.
    #[error("the time to decide ended {0}; the agent has to ask again")]
    TooLate(Timestamp),
    /// The person's own agent asked.
    #[error("you answer for the agent that asked for this, so someone else must decide it")]
    OwnAgent,
    /// One person, one signature.
    #[error("you have signed this already; the other signature must be another person's")]
    SignedAlready,
    /// The role does not sign.
    #[error("your role is {0}; this needs the signature of {1}")]
    WrongRole(Role, String),
    /// The account is closed.
    #[error("this account is closed")]
    Disabled,
    /// Nobody reads that fast.
    #[error("this was opened less than {0} seconds ago; read it first, then decide")]
    TooSoon(u64),
}

/// The seats that nobody has filled yet. Each approval takes the first seat that its role fits.
#[must_use]
pub fn open_seats<'q>(quorum: &'q Quorum, signatures: &[Signature]) -> Vec<&'q Seat> {
    let approved = signatures.iter().filter(|s| s.decision == Decision::Approved);
    unfilled(quorum, approved.map(|s| s.role))
}

/// The same where only the roles of those who approved are known, as in a list.
#[must_use]
pub fn unfilled(quorum: &Quorum, approved: impl IntoIterator<Item = Role>) -> Vec<&Seat> {
    let mut open: Vec<&Seat> = quorum.seats.iter().collect();
    for role in approved {
        if let Some(place) = open.iter().position(|seat| seat.roles.contains(&role)) {
            open.remove(place);
        }
    }
    open
}

/// The seat that is next: they are filled in their order, so that a principal never signs what compliance has not.
#[must_use]
pub fn next_seat(quorum: &Quorum, approved: impl IntoIterator<Item = Role>) -> Option<&Seat> {
    unfilled(quorum, approved).into_iter().next()
}

/// Whether this person may decide this request now. `opened_at` is when the person first had exactly this page.
pub fn may_sign(
    request: &ActionRequest,
    signatures: &[Signature],
    person: &Person,
    opened_at: Option<Timestamp>,
    times: &Times,
    now: Timestamp,
) -> Result<(), MayNotSign> {
    may_ever_sign(request, signatures, person, now)?;
    match opened_at {
        Some(at) if now.since(at) >= times.min_review => Ok(()),
        _ => Err(MayNotSign::TooSoon(times.min_review.as_secs())),
    }
}

/// The same without the reading time: what decides whether the panel is there at all.
pub fn may_ever_sign(
    request: &ActionRequest,
    signatures: &[Signature],
    person: &Person,
    now: Timestamp,
) -> Result<(), MayNotSign> {
    if request.status != Status::PendingApproval {
        return Err(MayNotSign::NotPending(request.status));
    }
    if now >= request.decide_by {
        return Err(MayNotSign::TooLate(request.decide_by));
    }
    if person.disabled_at.is_some() {
        return Err(MayNotSign::Disabled);
    }
    if is_maker(request, person.id) {
        return Err(MayNotSign::OwnAgent);
    }
    if signatures.iter().any(|s| s.person == person.id) {
        return Err(MayNotSign::SignedAlready);
    }
    next_fits(&open_seats(&request.quorum, signatures), person)
}

/// Whether this person may decide, once more, on a request that stands where such a decision is open: whoever could have
/// signed it. `voted` are those who have agreed already to what takes all signatures.
pub fn may_agree(
    request: &ActionRequest,
    open_in: Status,
    voted: &[(PersonId, Role)],
    person: &Person,
) -> Result<(), MayNotSign> {
    if request.status != open_in {
        return Err(MayNotSign::NothingOpen(request.status));
    }
    if person.disabled_at.is_some() {
        return Err(MayNotSign::Disabled);
    }
    if is_maker(request, person.id) {
        return Err(MayNotSign::OwnAgent);
    }
    if voted.iter().any(|(id, _)| *id == person.id) {
        return Err(MayNotSign::SignedAlready);
    }
    next_fits(&unfilled(&request.quorum, voted.iter().map(|(_, role)| *role)), person)
}

/// Whether this person may allow it to be asked for again after a person's no: somebody of the role that said it, for whoever
/// could only have filled another seat cannot lift it.
pub fn may_reopen(request: &ActionRequest, signatures: &[Signature], person: &Person) -> Result<(), MayNotSign> {
    if request.status != Status::Rejected {
        return Err(MayNotSign::NothingOpen(request.status));
    }
    if person.disabled_at.is_some() {
        return Err(MayNotSign::Disabled);
    }
    if is_maker(request, person.id) {
        return Err(MayNotSign::OwnAgent);
    }
    match signatures.iter().rev().find(|signature| signature.decision == Decision::Rejected) {
        Some(no) if no.role != person.role => Err(MayNotSign::WrongRole(person.role, no.role.as_str().to_owned())),
        Some(_) => Ok(()),
        None => next_fits(&unfilled(&request.quorum, []), person),
    }
}

/// By whose authority messages in doubt are decided on: whoever signs what let them out, and where policy let them out without
/// anybody, whoever signs an answer that is sensitive.
#[must_use]
pub fn rules_on_doubts(quorum: &Quorum) -> Quorum {
    if quorum.needs_people() { quorum.clone() } else { SIGN_07.quorum() }
}

/// Whether this person may decide what becomes of a reply in doubt that this request let out.
pub fn may_rule_on_reply(request: &ActionRequest, person: &Person) -> Result<(), MayNotSign> {
    if person.disabled_at.is_some() {
        return Err(MayNotSign::Disabled);
    }
    if is_maker(request, person.id) {
        return Err(MayNotSign::OwnAgent);
    }
    next_fits(&unfilled(&rules_on_doubts(&request.quorum), []), person)
}

/// Whether the seat that is next is one for this person's role.
fn next_fits(open: &[&Seat], person: &Person) -> Result<(), MayNotSign> {
    if open.first().is_some_and(|seat| seat.roles.contains(&person.role)) {
        return Ok(());
    }
    Err(MayNotSign::WrongRole(person.role, wanted(open)))
}

fn wanted(open: &[&Seat]) -> String {
    let mut roles: Vec<&str> = open.iter().take(1).flat_map(|seat| &seat.roles).map(|role| role.as_str()).collect();
    roles.dedup();
    roles.join(" or ")
}

/// Whether this person stands on the asking side.
#[must_use]
pub fn is_maker(request: &ActionRequest, person: PersonId) -> bool {
    request.owner == person
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::automation::Content;
    use crate::domain::automation::auto_replies::Occasion;
    use crate::domain::automation::plan::Step;
    use crate::domain::automation::samples::{auto_reply, menu, rule};

    #[test]
    fn nobody_changes_alone_what_answers_customers() {
        let contents = [
            (Content::KeywordRule(rule(1, "price")), ["SIGN-33", "SIGN-33", "SIGN-31", "SIGN-31"]),
            (Content::Flow(menu()), ["SIGN-33", "SIGN-30", "SIGN-30", "SIGN-30"]),
            (
                Content::AutoReply(auto_reply(Occasion::EverybodyAway(None))),
                ["SIGN-33", "SIGN-30", "SIGN-32", "SIGN-32"],
            ),
        ];
        for (content, rules) in contents {
            let boxed = || Box::new(content.clone());
            let steps = [
                (None, Step::Draft(boxed())),
                (Some(1), Step::Draft(boxed())),
                (None, Step::Publish(boxed())),
                (Some(1), Step::Retire),
            ];
            for ((live, step), rule) in steps.into_iter().zip(rules) {
                let quorum = automation(&AutomationPlan { subject: content.subject(), base: 1, live, step }).quorum();
                assert_eq!((quorum.rule.as_str(), quorum.needs_people()), (rule, rule != "SIGN-33"));
            }
        }
    }
}
