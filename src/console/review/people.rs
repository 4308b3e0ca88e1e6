//! The sections of changes of what is known of customers: part by part before and after, and what they said about consent.

use super::sheet::{Sheet, SheetFact, SheetPart, SheetReview, SheetTable, list};
use crate::console::facts;
use crate::console::requests::Section;
use crate::domain::consent::{ConsentState, Suppression};
use crate::domain::contacts::upsert::{Confirmation, ContactField, FieldChange};
use crate::domain::preview::{ConsentEntry, ContactChangeView};
use crate::words::Words;

/// The two sections of a contact.
pub fn contact(l: &Words, view: &ContactChangeView) -> SheetReview {
    let changes = if view.changes.is_empty() {
        SheetPart::Note(l.t("contact-same"))
    } else {
        SheetPart::Facts(view.changes.iter().map(|change| fact(l, change)).collect())
    };
    let who = SheetFact::is(l.t("contact-who"), view.who.clone());
    let mut consent = vec![suppressions(l, &view.suppressions)];
    consent.extend(history(l, &view.history));
    consent.push(SheetPart::Note(l.t("contact-consent-stays")));
    SheetReview {
        sections: vec![
            Sheet {
                section: Section::Change,
                meta: (!view.known).then(|| l.t("contact-new")),
                parts: vec![SheetPart::Facts(vec![who]), changes],
            },
            Sheet { section: Section::Consent, meta: None, parts: consent },
        ],
    }
}

fn fact(l: &Words, change: &FieldChange) -> SheetFact {
    let name = match (change.field, &change.name) {
        (ContactField::Attribute, Some(name)) => name.clone(),
        (field, _) => field_name(l, field),
    };
    let after = match change.field {
        ContactField::Identity => change.after.parse().map_or_else(|_| change.after.clone(), |how| confirmed(l, how)),
        _ => change.after.clone(),
    };
    SheetFact::becomes(name, change.before.clone(), after)
}

fn field_name(l: &Words, field: ContactField) -> String {
    match field {
        ContactField::Phone => l.t("contact-phone"),
        ContactField::UserId => l.t("contact-user-id"),
        ContactField::Name => l.t("contact-name"),
        ContactField::Language => l.t("contact-language"),
        ContactField::Tag => l.t("contact-tag"),
        ContactField::Attribute => l.t("contact-attribute"),
        ContactField::Identity => l.t("contact-identity"),
    }
}

/// How somebody made sure who holds a number.
pub fn confirmed(l: &Words, how: Confirmation) -> String {
    match how {
        Confirmation::InPerson => l.t("confirmed-in-person"),
        Confirmation::CallBack => l.t("confirmed-call-back"),
        Confirmation::Document => l.t("confirmed-document"),
        Confirmation::KnownAnswer => l.t("confirmed-known-answer"),
    }
}

/// Why somebody may not be written to.
pub fn suppressions(l: &Words, reasons: &[Suppression]) -> SheetPart {
    let words = reasons.iter().map(|reason| suppression(l, *reason));
    SheetPart::Facts(vec![SheetFact::is(l.t("history-suppressed"), list(words))])
}

pub fn suppression(l: &Words, reason: Suppression) -> String {
    match reason {
        Suppression::DoNotContact => l.t("excluded-do-not-contact"),
        Suppression::OptedOutOfEverything => l.t("excluded-opted-out-all"),
        Suppression::OptedOutOfMarketing => l.t("excluded-opted-out-marketing"),
        Suppression::StoppedAtMeta => l.t("excluded-stopped-marketing-at-meta"),
        Suppression::Blocked => l.t("excluded-blocked"),
        Suppression::Invalid => l.t("excluded-invalid-number"),
    }
}

/// What somebody said about consent, newest first.
pub fn history(l: &Words, entries: &[ConsentEntry]) -> Vec<SheetPart> {
    if entries.is_empty() {
        return vec![SheetPart::Note(l.t("history-none"))];
    }
    let row = |entry: &ConsentEntry| {
        vec![
            facts::category(l, entry.category),
            state(l, entry.state),
            facts::source(l, Some(entry.source)),
            l.day(entry.given_at.to_jiff()),
            entry.evidence.clone().unwrap_or_else(|| "–".to_owned()),
        ]
    };
    let head =
        ["import-category", "history-state", "import-source", "history-given", "import-evidence"].map(|key| l.t(key));
    let table = SheetTable::new(l.t("history-history"), head.to_vec(), entries.iter().map(row).collect());
    vec![SheetPart::Title(l.t("history-history")), SheetPart::Table(table)]
}

pub fn state(l: &Words, state: ConsentState) -> String {
    match state {
        ConsentState::Granted => l.t("history-granted"),
        ConsentState::Withdrawn => l.t("history-withdrawn"),
    }
}

/// What would change of a contact, in one sentence made of signed facts.
pub fn contact_summary(l: &Words, view: &ContactChangeView) -> String {
    let mut fields: Vec<String> = view.changes.iter().map(|change| field_name(l, change.field)).collect();
    fields.dedup();
    match (view.known, view.changes.is_empty()) {
        (false, _) => l.t2("summary-contact-new", "who", &view.who, "fields", list(fields)),
        (true, true) => l.t1("summary-contact-same", "who", &view.who),
        (true, false) => l.t2("summary-contact", "who", &view.who, "fields", list(fields)),
    }
}
