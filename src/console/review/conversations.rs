//! The sections of conversations that go to somebody else or are closed: who gets what, what waits, and what the team alone reads.

use super::sheet::{Sheet, SheetCell, SheetFact, SheetPart, SheetReview, SheetSaid, SheetTable, Writer, list, moment};
use crate::console::conversations::{kind_words, outcome_words};
use crate::console::facts;
use crate::console::message_text::pieces;
use crate::console::requests::{Section, link_tag};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::handover::{CLOSING_READ, CLOSING_SHOWN, ClosingReason};
use crate::domain::preview::{AssignmentView, ClosingView, HandoverLine, HeardLine, OpenLink};
use crate::words::Words;

fn at(l: &Words, at: Option<Timestamp>) -> String {
    moment(l, at.map(Timestamp::to_jiff))
}

/// The two sections of conversations that are given away.
pub fn assignment(l: &Words, view: &AssignmentView) -> SheetReview {
    let mut facts = vec![SheetFact::is(l.t("handover-with"), facts::whom(l, &view.who))];
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
    let heads = ["handover-conversation", "handover-now", "handover-waiting", "handover-by", "handover-notes"];
    let rows = view.threads.iter().map(|line| row(l, line)).collect();
    let table = SheetTable {
        unlisted: view.unlisted,
        ..SheetTable::new(l.t("handover-effect"), heads.map(|key| l.t(key)).to_vec(), rows)
    };
    let mut effect = vec![SheetPart::Title(l.t("handover-effect")), SheetPart::Table(table)];
    effect.extend(view.threads.iter().filter_map(|line| {
        let by = l.t2("handover-newest-note", "who", &line.who, "n", line.notes);
        let text = pieces(line.latest_note.as_deref()?);
        Some(SheetPart::Said(SheetSaid { writer: Writer::Team, by, at: None, text }))
    }));
    effect.push(SheetPart::Note(l.t("handover-note-hidden")));
    SheetReview {
        sections: vec![
            Sheet { section: Section::Change, meta: None, parts: change },
            Sheet { section: Section::Effect, meta: None, parts: effect },
        ],
    }
}

fn row(l: &Words, line: &HandoverLine) -> Vec<SheetCell> {
    let short = |at: Option<Timestamp>| at.map_or_else(|| "–".to_owned(), |at| l.short(at.to_jiff()));
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "–".to_owned());
    let escalated = line.escalated.then(|| l.t("handover-escalated"));
    let conversation = SheetCell::from(line.who.clone()).over(escalated);
    let then = (line.answer_by != line.answer_by_then).then(|| l.t1("handover-then", "at", short(line.answer_by_then)));
    vec![
        SheetCell { href: Some(format!("/conversations/{}", line.conversation_id)), ..conversation },
        SheetCell::from(named(&line.queue)).over(line.person.clone()),
        short(line.waiting_since).into(),
        SheetCell::from(short(line.answer_by)).over(then),
        l.num(line.notes).into(),
    ]
}

/// What only the team reads, in the agent's words.
fn note(l: &Words, text: Option<&str>) -> Option<SheetPart> {
    let said = |text| SheetSaid { writer: Writer::Agent, by: l.t("handover-note"), at: None, text: pieces(text) };
    text.map(|text| SheetPart::Said(said(text)))
}

/// Who would get what, in one sentence made of signed facts.
pub fn assignment_summary(l: &Words, view: &AssignmentView) -> String {
    let who = facts::whom(l, &view.who);
    let queue = view.queue.as_ref().map(|queue| queue.name.as_str());
    match (queue, view.person.as_deref()) {
        (Some(queue), Some(person)) => l.t3("summary-handover", "who", who, "queue", queue, "person", person),
        (Some(queue), None) => l.t2("summary-handover-queue", "who", who, "queue", queue),
        (None, person) => l.t2("summary-handover-person", "who", who, "person", person.unwrap_or("–")),
    }
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
    if view.words.len() >= CLOSING_SHOWN {
        talk.push(SheetPart::Note(l.t2("closing-part", "shown", CLOSING_SHOWN, "read", CLOSING_READ)));
    }
    talk.extend(links(l, &view.links));
    SheetReview {
        sections: vec![
            Sheet { section: Section::Change, meta: None, parts: change },
            Sheet { section: Section::Conversation, meta: None, parts: talk },
        ],
    }
}

fn said(l: &Words, line: &HeardLine) -> SheetPart {
    SheetPart::Said(SheetSaid {
        writer: Writer::Customer,
        by: l.t("session-customer"),
        at: Some(line.at.to_jiff()),
        text: pieces(&line.text.clone().or_else(|| kind_words(l, &line.kind)).unwrap_or_default()),
    })
}

/// The payment links by which somebody may still pay, or may have paid.
fn links(l: &Words, links: &[OpenLink]) -> Vec<SheetPart> {
    if links.is_empty() {
        return Vec::new();
    }
    let heads = ["closing-link", "order-amount", "closing-link-order", "closing-link-expires"];
    let row = |link: &OpenLink| {
        let state = SheetCell::from(link_tag(l, link.state).text);
        vec![
            SheetCell { href: Some(format!("/requests/{}", link.request_id)), ..state },
            link.amount.to_string().into(),
            link.order.clone().into(),
            l.when(link.expires_at.to_jiff()).into(),
        ]
    };
    let title = l.t("closing-links");
    let table = SheetTable::new(title.clone(), heads.map(|key| l.t(key)).to_vec(), links.iter().map(row).collect());
    vec![SheetPart::Title(title), SheetPart::Table(table)]
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
