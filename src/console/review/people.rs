//! The sections of changes of what is known of customers: part by part before and after, and what they said about consent.

use super::sheet::{Sheet, SheetFact, SheetPart, SheetReview, SheetSaid, SheetTable, Writer, list, moment};
use crate::console::conditions;
use crate::console::facts;
use crate::console::message_text::pieces;
use crate::console::requests::Section;
use crate::console::states::State;
use crate::domain::clock::Timestamp;
use crate::domain::consent::update::ChangeKind;
use crate::domain::consent::{ConsentState, MessageCategory, Suppression};
use crate::domain::contacts::upsert::{Confirmation, ContactField, FieldChange};
use crate::domain::preview::{
    ActView, ConsentChangeView, ConsentEntry, ContactChangeView, PersonConsent, TagChangeView, TagLine,
};
use crate::words::Words;
use std::collections::BTreeSet;

/// The two sections of a contact.
pub fn contact(l: &Words, view: &ContactChangeView) -> SheetReview {
    let changes = if view.changes.is_empty() {
        SheetPart::Note(l.t("contact-same"))
    } else {
        SheetPart::Facts(view.changes.iter().map(|change| fact(l, change)).collect())
    };
    let who = SheetFact::is(l.t("contact-who"), facts::whom(l, &view.who));
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
    let (name, after) = field_words(l, change);
    SheetFact::becomes(name, change.before.clone(), after)
}

/// What a part is called, and what it would be.
pub fn field_words(l: &Words, change: &FieldChange) -> (String, String) {
    let name = match (change.field, &change.name) {
        (ContactField::Attribute, Some(name)) => name.clone(),
        (field, _) => field_name(l, field),
    };
    let after = match change.field {
        ContactField::Identity => change.after.parse().map_or_else(|_| change.after.clone(), |how| confirmed(l, how)),
        _ => change.after.clone(),
    };
    (name, after)
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

/// The two sections of a change of consent.
pub fn consent(l: &Words, view: &ConsentChangeView) -> SheetReview {
    let mut facts = vec![
        SheetFact::is(l.t("contact-who"), facts::whom(l, &view.who)),
        SheetFact::is(l.t("history-change"), change(l, view.change)),
        SheetFact::is(l.t("history-about"), categories(l, &view.categories)),
    ];
    facts.extend(view.stop.map(|stop| SheetFact::is(l.t("history-stop"), suppression(l, stop))));
    facts.extend(view.source.map(|source| SheetFact::is(l.t("import-source"), facts::source(l, Some(source)))));
    facts.extend(view.evidence.clone().map(|text| SheetFact::is(l.t("import-evidence"), text)));
    facts.extend(view.given_at.map(|at| SheetFact::is(l.t("history-given"), l.when(at.to_jiff()))));
    if view.people > 1 {
        facts.push(SheetFact::is(l.t("history-people"), l.num(view.people)));
        facts.push(SheetFact::is(l.t("history-unchanged"), l.num(view.unchanged)));
    }
    let head = ["contact-who", "history-agreed", "history-would-agree", "history-stopped", "history-would-stop"];
    let table = SheetTable {
        unlisted: view.unlisted,
        ..SheetTable::new(
            l.t("history-before-after"),
            head.map(|key| l.t(key)).to_vec(),
            view.persons.iter().map(|person| person_row(l, person)).collect(),
        )
    };
    let title = SheetPart::Title(l.t("history-before-after"));
    let mut proof = act(l, view);
    if let [only] = view.persons.as_slice() {
        proof.extend(history(l, &only.history));
    }
    proof.push(SheetPart::Note(l.t("history-adds")));
    let change = vec![SheetPart::Facts(facts), title, SheetPart::Table(table)];
    SheetReview {
        sections: vec![
            Sheet { section: Section::Change, meta: None, parts: change },
            Sheet { section: Section::Consent, meta: None, parts: proof },
        ],
    }
}

/// What the customer did, where a no is taken back.
fn act(l: &Words, view: &ConsentChangeView) -> Vec<SheetPart> {
    if view.change != ChangeKind::Reverse {
        return Vec::new();
    }
    let title = SheetPart::Title(l.t("history-act"));
    let shown = match &view.act {
        None => SheetPart::Note(l.t("history-no-act")),
        Some(ActView { at, text: Some(text), .. }) => {
            let (writer, by) = (Writer::Customer, l.t("session-customer"));
            SheetPart::Said(SheetSaid { writer, by, at: Some(at.to_jiff()), text: pieces(text) })
        }
        Some(ActView { at, form, .. }) => SheetPart::Facts(vec![
            SheetFact::is(l.t("history-form"), form.clone().unwrap_or_default()),
            SheetFact::is(l.t("history-signed"), moment(l, Some(Timestamp::to_jiff(*at)))),
        ]),
    };
    vec![title, shown]
}

fn person_row(l: &Words, person: &PersonConsent) -> Vec<String> {
    let stops = |kinds: &[Suppression]| list(kinds.iter().map(|kind| suppression(l, *kind)));
    let name = [Some(person.name.clone()).filter(|name| !name.is_empty()), person.phone.clone()];
    vec![
        list(name.into_iter().flatten()),
        categories(l, &person.agreed),
        categories(l, &person.would_agree),
        stops(&person.suppressions),
        stops(&person.would_suppress),
    ]
}

fn categories<'a>(l: &Words, all: impl IntoIterator<Item = &'a MessageCategory>) -> String {
    list(all.into_iter().map(|category| facts::category(l, *category)))
}

fn change(l: &Words, kind: ChangeKind) -> String {
    match kind {
        ChangeKind::Grant => l.t("history-granted"),
        ChangeKind::Withdraw => l.t("history-withdrawn"),
        ChangeKind::OptOut => l.t("history-opted-out"),
        ChangeKind::Reverse => l.t("history-reversed"),
    }
}

/// What would be written down, in one sentence made of signed facts.
pub fn consent_summary(l: &Words, view: &ConsentChangeView) -> String {
    let who = facts::whom(l, &view.who);
    let what = categories(l, &view.categories);
    match view.change {
        ChangeKind::Grant => l.t2("summary-consent-grant", "who", who, "what", what),
        ChangeKind::Withdraw => l.t2("summary-consent-withdraw", "who", who, "what", what),
        ChangeKind::OptOut => l.t2("summary-consent-opt-out", "who", who, "what", what),
        ChangeKind::Reverse => l.t2("summary-consent-reverse", "who", who, "what", what),
    }
}

/// The two sections of labels.
pub fn tags(l: &Words, view: &TagChangeView) -> SheetReview {
    let all = |tags: &BTreeSet<String>| list(tags.iter().cloned());
    let facts = vec![
        SheetFact::is(l.t("contact-who"), facts::whom(l, &view.who)),
        SheetFact::is(l.t("labels-apply"), all(&view.apply)),
        SheetFact::is(l.t("labels-remove"), all(&view.remove)),
        SheetFact::is(l.t("history-unchanged"), l.num(view.unchanged)),
    ];
    let head = vec![l.t("labels-on"), l.t("labels-before"), l.t("labels-after")];
    let row = |line: &TagLine| vec![line.who.clone(), all(&line.before), all(&line.after)];
    let table = SheetTable {
        unlisted: view.unlisted,
        ..SheetTable::new(l.t("history-before-after"), head, view.lines.iter().map(row).collect())
    };
    let change = vec![SheetPart::Facts(facts), SheetPart::Title(l.t("history-before-after")), SheetPart::Table(table)];
    let segments = view
        .segments
        .iter()
        .map(|it| SheetFact::is(it.name.clone(), conditions::both(l, &it.include, it.exclude.as_ref())));
    let segments: Vec<SheetFact> = segments.collect();
    let drawn = view.broadcasts.iter().map(|it| {
        SheetFact::is(State::of_broadcast(it.state).words(l), it.name.clone()).at(format!("/broadcasts/{}", it.id))
    });
    let drawn: Vec<SheetFact> = drawn.collect();
    let mut effect = vec![SheetPart::Title(l.t("labels-segments"))];
    effect.push(if view.segments.is_empty() {
        SheetPart::Note(l.t("labels-no-segment"))
    } else {
        SheetPart::Facts(segments)
    });
    effect.push(SheetPart::Title(l.t("segment-drawn")));
    effect.push(if drawn.is_empty() { SheetPart::Note(l.t("segment-drawn-none")) } else { SheetPart::Facts(drawn) });
    SheetReview {
        sections: vec![
            Sheet { section: Section::Change, meta: None, parts: change },
            Sheet { section: Section::Effect, meta: None, parts: effect },
        ],
    }
}

/// What would be labelled, in one sentence made of signed facts.
pub fn tags_summary(l: &Words, view: &TagChangeView) -> String {
    let all = |tags: &BTreeSet<String>| list(tags.iter().cloned());
    let who = facts::whom(l, &view.who);
    match (view.apply.is_empty(), view.remove.is_empty()) {
        (_, true) => l.t2("summary-labels-apply", "who", who, "apply", all(&view.apply)),
        (true, false) => l.t2("summary-labels-remove", "who", who, "remove", all(&view.remove)),
        (false, false) => l.t3("summary-labels", "who", who, "apply", all(&view.apply), "remove", all(&view.remove)),
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
