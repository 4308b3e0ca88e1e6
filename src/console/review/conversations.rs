//! The sections of conversations that go to somebody else or are closed: who gets what, what waits, and what the team alone reads.

use super::sheet::{Sheet, SheetFact, SheetPart, SheetReview, SheetSaid, SheetTable, list, moment};
use crate::console::conversations::outcome_words;
use crate::console::message_text::pieces;
use crate::console::requests::Section;
use crate::domain::clock::Timestamp;
use crate::domain::conversations::handover::ClosingReason;
use crate::domain::preview::{AssignmentView, ClosingView, HandoverLine, HeardLine};
use crate::words::Words;

fn at(l: &Words, at: Option<Timestamp>) -> String {
    moment(l, at.map(Timestamp::to_jiff))
}

/// The two sections of conversations that are given away.
pub fn assignment(l: &Words, view: &AssignmentView) -> SheetReview {
    let mut facts = vec![SheetFact::is(l.t("handover-with"), view.who.clone())];
    match &view.queue {
        None => facts.push(SheetFact::is(l.t("handover-to-queue"), l.t("handover-same-queue"))),
        Some(queue) => {
            let who = if queue.restricted { l.t("handover-restricted") } else { l.t("handover-open") };
            facts.push(SheetFact::is(l.t("handover-to-queue"), list([queue.name.clone(), who])));
            facts.push(SheetFact::is(l.t("handover-people"), l.num(queue.people)));
            let promise = queue.answer_within_minutes.map(|minutes| l.t1("handover-minutes", "n", minutes));
            facts.extend(promise.map(|text| SheetFact::is(l.t("handover-promise"), text)));
        }
    }
    let person = view.person.clone().unwrap_or_else(|| l.t("handover-nobody"));
    facts.push(SheetFact::is(l.t("handover-to-person"), person));
    let mut change = vec![SheetPart::Facts(facts), SheetPart::Note(l.t("handover-told"))];
    change.extend(note(l, view.note.as_deref()));
    let heads = [
        l.t("handover-conversation"),
        l.t("handover-from-queue"),
        l.t("handover-from-person"),
        l.t("handover-waiting"),
        l.t("handover-by"),
        l.t("handover-by-then"),
        l.t("handover-escalated"),
        l.t("handover-notes"),
    ];
    let rows = view.threads.iter().map(|line| row(l, line)).collect();
    let table = SheetTable { unlisted: view.unlisted, ..SheetTable::new(l.t("handover-effect"), heads.to_vec(), rows) };
    let mut effect = vec![SheetPart::Title(l.t("handover-effect")), SheetPart::Table(table)];
    let links = view.threads.iter().map(|line| {
        SheetFact::is(l.t("handover-conversation"), line.who.clone())
            .at(format!("/conversations/{}", line.conversation_id))
    });
    effect.push(SheetPart::Facts(links.collect()));
    effect.extend(
        view.threads
            .iter()
            .filter_map(|line| line.latest_note.as_deref())
            .map(|text| SheetPart::Said(SheetSaid { by: l.t("handover-notes"), at: None, text: pieces(text) })),
    );
    effect.push(SheetPart::Note(l.t("handover-note-hidden")));
    SheetReview {
        sections: vec![
            Sheet { section: Section::Change, meta: None, parts: change },
            Sheet { section: Section::Effect, meta: None, parts: effect },
        ],
    }
}

fn row(l: &Words, line: &HandoverLine) -> Vec<String> {
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "–".to_owned());
    vec![
        line.who.clone(),
        named(&line.queue),
        named(&line.person),
        at(l, line.waiting_since),
        at(l, line.answer_by),
        at(l, line.answer_by_then),
        if line.escalated { l.t("handover-yes") } else { l.t("handover-no") },
        l.num(line.notes),
    ]
}

/// What only the team reads, in the agent's words.
fn note(l: &Words, text: Option<&str>) -> Option<SheetPart> {
    text.map(|text| SheetPart::Said(SheetSaid { by: l.t("handover-note"), at: None, text: pieces(text) }))
}

/// Who would get what, in one sentence made of signed facts.
pub fn assignment_summary(l: &Words, view: &AssignmentView) -> String {
    let queue = view.queue.as_ref().map_or_else(|| l.t("handover-same-queue"), |queue| queue.name.clone());
    let person = view.person.clone().unwrap_or_else(|| l.t("handover-nobody"));
    l.t3("summary-handover", "who", &view.who, "queue", queue, "person", person)
}

/// The two sections of a conversation that is closed.
pub fn closing(l: &Words, view: &ClosingView) -> SheetReview {
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "–".to_owned());
    let facts = vec![
        SheetFact::is(l.t("handover-with"), view.who.clone()).at(format!("/conversations/{}", view.conversation_id)),
        SheetFact::is(l.t("closing-outcome"), outcome_words(l, view.outcome.as_str())),
        SheetFact::is(l.t("closing-labels"), list(view.tags.iter().cloned())),
        SheetFact::is(l.t("closing-follow-up"), at(l, view.follow_up_at)),
        SheetFact::is(l.t("handover-from-queue"), named(&view.queue)),
        SheetFact::is(l.t("handover-from-person"), named(&view.person)),
        SheetFact::is(l.t("closing-opened"), at(l, Some(view.opened_at))),
        SheetFact::is(l.t("handover-waiting"), at(l, view.waiting_since)),
        SheetFact::is(l.t("handover-by"), at(l, view.answer_by)),
        SheetFact::is(l.t("closing-unread"), l.num(view.unread)),
    ];
    let mut change = vec![SheetPart::Facts(facts)];
    change.extend(note(l, view.note.as_deref()));
    change.push(SheetPart::Note(l.t("handover-note-hidden")));
    let why = if view.reasons.is_empty() {
        SheetPart::Note(l.t("closing-plain"))
    } else {
        let words = view.reasons.iter().map(|reason| reason_words(l, *reason));
        SheetPart::Facts(vec![SheetFact::is(l.t("closing-why"), list(words))])
    };
    let mut talk = vec![why, SheetPart::Title(l.t("closing-words"))];
    if view.words.is_empty() {
        talk.push(SheetPart::Note(l.t("closing-silent")));
    }
    talk.extend(view.words.iter().map(|line| said(l, line)));
    SheetReview {
        sections: vec![
            Sheet { section: Section::Change, meta: None, parts: change },
            Sheet { section: Section::Conversation, meta: None, parts: talk },
        ],
    }
}

fn said(l: &Words, line: &HeardLine) -> SheetPart {
    SheetPart::Said(SheetSaid {
        by: l.t("session-customer"),
        at: Some(line.at.to_jiff()),
        text: pieces(line.text.as_deref().unwrap_or(&line.kind)),
    })
}

fn reason_words(l: &Words, reason: ClosingReason) -> String {
    match reason {
        ClosingReason::Complaint => l.t("closing-complaint"),
        ClosingReason::Payment => l.t("closing-payment"),
        ClosingReason::Escalation => l.t("closing-escalation"),
        ClosingReason::Unanswered => l.t("closing-unanswered"),
    }
}

/// What would be closed, in one sentence made of signed facts.
pub fn closing_summary(l: &Words, view: &ClosingView) -> String {
    l.t2("summary-closing", "who", &view.who, "outcome", outcome_words(l, view.outcome.as_str()))
}
