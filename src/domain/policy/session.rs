//! What the rules say of a free message to one customer: whether they may be written to now, what it may not say, and what
//! a person has to see before it is said.

use super::links::{self, Address};
use super::message::letters;
use super::rules::{
    QUALITY_05, Rule, SESS_01, SESS_02, SESS_03, SESS_04, SESS_05, SESS_06, SESS_07, SESS_08, SESS_09, SESS_10,
    SESS_11, SESS_12, SESS_13, SESS_14,
};
use super::settings::Links;
use super::wordings::{self, CODES, HEALTH, MONEY, PROMISES, SECRETS, Way, advertising, in_order};
use crate::domain::addresses::named_in;
use crate::domain::amounts;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{MessageCategory, Suppressions};
use crate::domain::conversations::{Conversation, ServiceWindow};
use crate::domain::lexicon::{Reading, Said};
use crate::domain::messages::session::{SessionContent, SessionPlan};
use crate::domain::messages::{Content, Media};
use crate::domain::preview::{Finding, Level, Sensitivity};

/// With less left of the window than this, people should hurry.
const SOON_MINUTES: u64 = 60;

/// On what ground a customer would be written to.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The business's number, for people.
    pub number: &'a str,
    /// What keeps that number from sending, in Meta's word.
    pub barred: Option<&'a str>,
    /// The customer's window at that number.
    pub window: Option<ServiceWindow>,
    /// Why the customer may not be written to.
    pub suppressions: Suppressions,
    /// Whether Meta can be told whom it is for.
    pub reachable: bool,
}

/// Whether the customer may be written to now.
#[must_use]
pub fn may_write(ground: &Ground<'_>, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    match ground.window.filter(|window| window.is_open(now)) {
        None => findings.push(SESS_01.says(&[("number", ground.number.into())])),
        Some(window) => {
            let minutes = minutes_left(window, now);
            if minutes < SOON_MINUTES {
                findings.push(SESS_10.says(&[("minutes", minutes.into())]));
            }
        }
    }
    // What speaks to one person in a window they opened is no marketing; who said stop to everything gets nothing.
    if let Some(reason) = ground.suppressions.forbidding(MessageCategory::Service) {
        findings.push(SESS_02.says(&[("reason", reason.as_str().into())]));
    }
    if !ground.reachable {
        findings.push(SESS_03.says(&[]));
    }
    if let Some(status) = ground.barred {
        findings.push(QUALITY_05.says(&[("number", ground.number.into()), ("status", status.into())]));
    }
    findings
}

/// Whole minutes until the window closes.
#[must_use]
pub fn minutes_left(window: ServiceWindow, now: Timestamp) -> u64 {
    window.closes_at().since(now).as_secs() / 60
}

/// What the rules say of the message itself.
#[must_use]
pub fn says(content: &SessionContent, allowed: &Links) -> Vec<Finding> {
    let refused = Content::from(content.clone()).faults();
    let mut findings: Vec<Finding> =
        refused.iter().map(|fault| SESS_04.says(&[("fault", fault.to_string().into())])).collect();
    for (place, text) in content.texts() {
        findings.extend(letters(&place, text, ""));
        findings.extend(wording(&place, text));
        for (start, url) in named_in(text) {
            let address = Address { place: &place, field: &place, button: false, start, url: &url };
            findings.extend(links::check(&address, allowed).1);
        }
    }
    if let Some(url) = content.page() {
        let address = Address { place: "url", field: "url", button: true, start: 0, url };
        findings.extend(links::check(&address, allowed).1);
    }
    // Of a file that is kept here, the rules of files say more.
    if let Some(carried) = content.carried().filter(|it| !matches!(it.media, Media::Asset(_))) {
        let (kind, media) = (carried.wanted.as_str(), carried.media.to_string());
        findings.push(SESS_09.says(&[("kind", kind.into()), ("media", media.into())]));
    }
    findings
}

/// Whether a text speaks of prices or payment.
#[must_use]
pub fn speaks_of_money(text: &str) -> bool {
    !amounts::named_in(text).is_empty() || MONEY.is_in(text)
}

/// What one text says that it may not say, or that a person has to see.
pub(super) fn wording(place: &str, text: &str) -> Vec<Finding> {
    let reading = Reading::of(text);
    let both = |one: Vec<Said>, other: Vec<Said>| in_order(one.into_iter().chain(other).collect());
    let amount = |named: amounts::Amount| Said {
        start: named.start,
        end: named.start + named.shown.chars().count(),
        words: named.shown,
    };
    let money = both(amounts::named_in(text).into_iter().map(amount).collect(), MONEY.found(&reading));
    let by_rule: [(Rule, Vec<Said>); 5] = [
        (SESS_05, advertising(&reading, Way::Answer)),
        (SESS_06, both(SECRETS.found(&reading), CODES.found(&reading))),
        (SESS_07, money),
        (SESS_08, PROMISES.found(&reading)),
        (SESS_14, HEALTH.found(&reading)),
    ];
    by_rule.into_iter().filter_map(|(rule, said)| wordings::says(rule, place, &said)).collect()
}

/// Why a person has to agree, by what the rules warn of.
#[must_use]
pub fn sensitive(findings: &[Finding]) -> Vec<Sensitivity> {
    let reason = |finding: &Finding| match finding.rule.as_str() {
        rule if rule == SESS_07.id => Sensitivity::Payment,
        rule if rule == SESS_08.id => Sensitivity::Promise,
        rule if rule == SESS_09.id || rule.starts_with("MEDIA-") => Sensitivity::Media,
        rule if rule == SESS_14.id => Sensitivity::Health,
        _ => Sensitivity::Link,
    };
    let mut reasons: Vec<Sensitivity> =
        findings.iter().filter(|finding| finding.level == Level::Warn).map(reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

/// What has changed since the message was worked out. `to` is the customer's address now, masked; with a new person behind
/// the number it is another one all the same.
#[must_use]
pub fn changed(
    plan: &SessionPlan,
    thread: Option<&Conversation>,
    to: &str,
    identity_changed_at: Option<Timestamp>,
) -> Vec<Finding> {
    let same = |now: &&Conversation| {
        plan.thread.is_some_and(|then| (then.conversation, then.version) == (now.id, now.version))
    };
    let Some(now) = thread.filter(same) else { return vec![SESS_11.says(&[])] };
    let mut findings = Vec::new();
    let another = plan.thread.is_some_and(|then| identity_changed_at.is_some_and(|at| at > then.heard_at));
    if to != plan.to || another {
        findings.push(SESS_12.says(&[]));
    }
    if plan.thread.is_some_and(|then| then.heard_at < now.last_inbound_at) {
        findings.push(SESS_13.says(&[]));
    }
    findings
}

#[cfg(test)]
mod tests;
