//! What the rules say of a change of consent: a yes must not pass over a no, and a no is taken back by the customer alone.

use super::rules::{
    LEDGER_01, LEDGER_02, LEDGER_03, LEDGER_04, LEDGER_05, LEDGER_06, LEDGER_07, LEDGER_08, LEDGER_09, LEDGER_10,
    LEDGER_11, LEDGER_12,
};
use crate::domain::clock::Timestamp;
use crate::domain::consent::update::{ConsentChange, CustomerAct, Ledger};
use crate::domain::consent::{ConsentSource, MessageCategory, Suppression};
use crate::domain::preview::Finding;
use crate::domain::webhooks::stop_word;
use std::collections::BTreeSet;

/// A message of the customer, as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Meta's word for its kind.
    pub kind: String,
    /// Its text; none if there is none, or it was taken back.
    pub text: Option<String>,
    /// When, by Meta's clock.
    pub sent_at: Timestamp,
    /// Whether the customer took it back.
    pub revoked: bool,
}

/// What the rules say of a change for these people, the heaviest first. `heard` is the message that the act names, if it is one
/// of the customer's.
#[must_use]
pub fn check(change: &ConsentChange, people: &[&Ledger], heard: Option<&Heard>, now: Timestamp) -> Vec<Finding> {
    let mut findings = match change {
        ConsentChange::Grant(consent) => {
            let mut findings = granted(consent.category, people);
            if consent.source == ConsentSource::Oral {
                findings.push(LEDGER_04.says(&[]));
            }
            findings
        }
        // A no is never held up.
        ConsentChange::Withdraw { .. } | ConsentChange::OptOut { .. } => Vec::new(),
        ConsentChange::Reverse { categories, act } => match people {
            [person] => reversed(categories, act, person, heard, now),
            _ => vec![LEDGER_05.says(&[("count", count(people.len()))])],
        },
    };
    let act_at = act_at(change, heard);
    if people.iter().all(|person| person.entries(change, act_at, now).is_empty()) {
        findings.push(LEDGER_03.says(&[]));
    }
    findings.sort_by_key(|finding| finding.level);
    findings
}

/// When the customer did what takes a no back.
#[must_use]
pub fn act_at(change: &ConsentChange, heard: Option<&Heard>) -> Option<Timestamp> {
    match change {
        ConsentChange::Reverse { act: CustomerAct::Form { signed_at, .. }, .. } => Some(*signed_at),
        ConsentChange::Reverse { .. } => heard.map(|heard| heard.sent_at),
        _ => None,
    }
}

fn count(people: usize) -> super::rules::Fact {
    u64::try_from(people).unwrap_or(u64::MAX).into()
}

fn granted(category: MessageCategory, people: &[&Ledger]) -> Vec<Finding> {
    let only = BTreeSet::from([category]);
    let stopped = people.iter().filter(|person| person.against(&only).next().is_some()).count();
    let took_back = people.iter().filter(|person| person.took_back(category)).count();
    let said = |rule: super::rules::Rule, people| {
        (people > 0).then(|| rule.says(&[("count", count(people)), ("category", category.as_str().into())]))
    };
    said(LEDGER_01, stopped).into_iter().chain(said(LEDGER_02, took_back)).collect()
}

fn reversed(
    categories: &BTreeSet<MessageCategory>,
    act: &CustomerAct,
    person: &Ledger,
    heard: Option<&Heard>,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if person.against(categories).any(|entry| entry.kind == Suppression::StoppedAtMeta) {
        findings.push(LEDGER_06.says(&[]));
    }
    let Some(since) = person.no_since(categories) else {
        findings.push(LEDGER_07.says(&[]));
        return findings;
    };
    let at = match (act, heard) {
        (CustomerAct::Form { signed_at, .. }, _) => {
            findings.push(LEDGER_12.says(&[]));
            *signed_at
        }
        (CustomerAct::Message { .. }, None) => {
            findings.push(LEDGER_08.says(&[]));
            return findings;
        }
        (CustomerAct::Message { .. }, Some(heard)) => {
            if !speaks(heard) {
                findings.push(LEDGER_10.says(&[]));
            }
            findings.push(LEDGER_11.says(&[]));
            heard.sent_at
        }
    };
    // Meta's times are whole seconds: one within the same second cannot be told to be later.
    if at.seconds() <= since.seconds() || at > now {
        findings.push(LEDGER_09.says(&[]));
    }
    findings
}

/// Whether a message can be the customer's word that they want to be written to again.
fn speaks(heard: &Heard) -> bool {
    let silent = matches!(heard.kind.as_str(), "reaction" | "revoke" | "unsupported" | "system");
    let says_stop = heard.text.as_deref().is_some_and(|text| stop_word(text).is_some());
    !(heard.revoked || silent || says_stop) && heard.text.as_deref().is_some_and(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::update::Stop;
    use crate::domain::consent::{ConsentRecord, ConsentState, OptOut};
    use crate::domain::contacts::import::RowConsent;
    use crate::domain::ids::{ConsentId, ContactId};
    use MessageCategory::{Marketing, Utility};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000 + seconds)
    }

    fn stopped(kind: Suppression) -> Ledger {
        let entry = OptOut { contact: ContactId::random(), kind, at: at(50), source: "message".into(), word: None };
        Ledger { suppressions: vec![entry], history: Vec::new() }
    }

    fn took_back(category: MessageCategory) -> Ledger {
        let record = ConsentRecord {
            id: ConsentId::random(),
            contact: ContactId::random(),
            category,
            state: ConsentState::Withdrawn,
            source: ConsentSource::WebForm,
            evidence: None,
            given_at: at(40),
            recorded_at: at(50),
            confirmed_at: None,
        };
        Ledger { suppressions: Vec::new(), history: vec![record] }
    }

    fn grant(category: MessageCategory, source: ConsentSource) -> ConsentChange {
        ConsentChange::Grant(RowConsent { category, source, evidence: "form 7".into(), given_at: at(60) })
    }

    fn rules(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    #[test]
    fn a_yes_does_not_pass_over_a_no() {
        let free = Ledger::default();
        for (person, category, wanted) in [
            (&free, Marketing, vec![]),
            (&stopped(Suppression::OptedOutOfMarketing), Marketing, vec!["LEDGER-01"]),
            (&stopped(Suppression::OptedOutOfMarketing), Utility, vec![]),
            (&stopped(Suppression::OptedOutOfEverything), Utility, vec!["LEDGER-01"]),
            (&stopped(Suppression::StoppedAtMeta), Marketing, vec!["LEDGER-01"]),
            (&stopped(Suppression::Invalid), Marketing, vec![]),
            (&took_back(Marketing), Marketing, vec!["LEDGER-02"]),
            (&took_back(Marketing), Utility, vec![]),
        ] {
            let change = grant(category, ConsentSource::WebForm);
            assert_eq!(rules(&check(&change, &[person], None, at(100))), wanted, "{person:?}");
            assert_eq!(rules(&check(&change, &[&free, person], None, at(100))), wanted, "one of many is enough");
        }
        assert_eq!(rules(&check(&grant(Marketing, ConsentSource::Oral), &[&free], None, at(100))), ["LEDGER-04"]);
    }

    #[test]
    fn a_no_is_never_held_up() {
        let everybody = [stopped(Suppression::Blocked), took_back(Marketing), Ledger::default()];
        for person in &everybody {
            for of in Stop::ALL.iter().copied() {
                let change = ConsentChange::OptOut { of, source: ConsentSource::Oral, evidence: None };
                let found = check(&change, &[person], None, at(100));
                assert!(found.iter().all(|finding| finding.rule == "LEDGER-03"), "{found:?}");
            }
        }
    }

    #[test]
    fn only_the_customers_own_later_word_takes_a_no_back() {
        let message = |change: fn(&mut Heard)| {
            let mut heard = Heard { kind: "text".into(), text: Some("START".into()), sent_at: at(60), revoked: false };
            change(&mut heard);
            Some(heard)
        };
        let by_message = CustomerAct::Message { wamid: "wamid.1".into() };
        let by_form = |seconds| CustomerAct::Form { reference: "form 9".into(), signed_at: at(seconds) };
        let all = stopped(Suppression::OptedOutOfEverything);
        for (person, act, heard, wanted) in [
            (&all, by_message.clone(), message(|_| {}), vec!["LEDGER-11"]),
            (&all, by_message.clone(), None, vec!["LEDGER-08"]),
            (&all, by_message.clone(), message(|it| it.sent_at = at(50)), vec!["LEDGER-09", "LEDGER-11"]),
            (&all, by_message.clone(), message(|it| it.sent_at = at(101)), vec!["LEDGER-09", "LEDGER-11"]),
            (&all, by_message.clone(), message(|it| it.revoked = true), vec!["LEDGER-10", "LEDGER-11"]),
            (&all, by_message.clone(), message(|it| it.text = None), vec!["LEDGER-10", "LEDGER-11"]),
            (&all, by_message.clone(), message(|it| it.kind = "reaction".into()), vec!["LEDGER-10", "LEDGER-11"]),
            (&all, by_message.clone(), message(|it| it.text = Some("Stop!".into())), vec!["LEDGER-10", "LEDGER-11"]),
            (&all, by_form(60), None, vec!["LEDGER-12"]),
            (&all, by_form(50), None, vec!["LEDGER-09", "LEDGER-12"]),
            (&took_back(Utility), by_form(60), None, vec!["LEDGER-12"]),
            (&took_back(Utility), by_form(45), None, vec!["LEDGER-09", "LEDGER-12"]),
            (&took_back(Marketing), by_form(60), None, vec!["LEDGER-07"]),
            (&Ledger::default(), by_form(60), None, vec!["LEDGER-07"]),
            (&stopped(Suppression::Invalid), by_form(60), None, vec!["LEDGER-07"]),
        ] {
            let change = ConsentChange::Reverse { categories: [Utility].into(), act };
            assert_eq!(rules(&check(&change, &[person], heard.as_ref(), at(100))), wanted, "{person:?} {heard:?}");
            let bulk = check(&change, &[person, person], heard.as_ref(), at(100));
            assert!(rules(&bulk).contains(&"LEDGER-05"), "never in bulk");
        }
        let marketing = ConsentChange::Reverse { categories: [Marketing].into(), act: by_form(60) };
        let found = check(&marketing, &[&stopped(Suppression::StoppedAtMeta)], None, at(100));
        assert_eq!(rules(&found), ["LEDGER-06", "LEDGER-12"], "only Meta's word lifts it");
    }
}
