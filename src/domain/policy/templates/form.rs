//! The form of a template: how long its texts may be, where variables may stand, and which buttons go together.

use crate::domain::phone::PhoneNumber;
use crate::domain::policy::message::whole;
use crate::domain::policy::rules::{
    DRAFT_01, DRAFT_02, DRAFT_03, DRAFT_04, DRAFT_05, DRAFT_06, DRAFT_07, DRAFT_08, DRAFT_09, DRAFT_10, DRAFT_11,
    DRAFT_12, DRAFT_13, DRAFT_14, DRAFT_15, DRAFT_16, DRAFT_17, Fact, Rule,
};
use crate::domain::preview::{Finding, Span};
use crate::domain::templates::draft::{ButtonDraft, HeaderDraft, LanguageDraft, Slot, variables};
use std::collections::BTreeSet;

const BODY: usize = 1_024;
const LINE: usize = 60;
const LABEL: usize = 25;
const URL: usize = 2_000;
const NUMBER: usize = 20;
const CODE: usize = 15;
const BUTTONS: usize = 10;
const URLS: usize = 2;

/// One text of a draft, by its place.
struct Part<'a> {
    field: String,
    text: &'a str,
    slots: Vec<Slot<'a>>,
    findings: Vec<Finding>,
}

impl<'a> Part<'a> {
    /// What holds for every text: it says something, is not too long, and its braces make variables.
    fn new(field: String, text: &'a str, most: usize) -> Self {
        let (slots, bad) = variables(text);
        let mut part = Self { field, text, slots, findings: Vec::new() };
        if text.trim().is_empty() || text.trim() != text {
            part.say(DRAFT_02, &[]);
        }
        let length = text.chars().count();
        if length > most {
            part.say(DRAFT_01, &[("count", count(length)), ("most", count(most))]);
        }
        for braces in bad {
            let finding = DRAFT_03.says(&[("place", part.field.as_str().into()), ("fault", braces.fault.into())]);
            let span = part.span(braces.start, braces.end);
            part.findings.push(finding.at(span));
        }
        part
    }

    fn say(&mut self, rule: Rule, facts: &[(&str, Fact)]) {
        let facts: Vec<(&str, Fact)> =
            [("place", self.field.as_str().into())].into_iter().chain(facts.iter().cloned()).collect();
        self.findings.push(rule.says(&facts).at(whole(&self.field, self.text)));
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let text = self.text.chars().skip(start).take(end.saturating_sub(start)).collect();
        Span { field: self.field.clone(), start, end, text }
    }

    /// Numbers go from 1 without a gap, and a name stands once.
    fn numbered(mut self) -> Self {
        let numbers: BTreeSet<u64> =
            self.slots.iter().filter(|it| it.is_number()).filter_map(|it| it.name.parse().ok()).collect();
        if !numbers.iter().copied().eq(1..=count_of(numbers.len())) {
            let found = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            self.say(DRAFT_04, &[("found", found.into())]);
        }
        let mut seen = BTreeSet::new();
        for slot in self.slots.clone().into_iter().filter(|it| !it.is_number()) {
            if !seen.insert(slot.name) {
                self.say(DRAFT_12, &[("placeholder", slot.name.into())]);
            }
        }
        self
    }

    /// No variable at all.
    fn plain(mut self) -> Self {
        if let Some(first) = self.slots.first().copied() {
            let span = self.span(first.start, first.end);
            self.findings.push(DRAFT_09.says(&[("place", self.field.as_str().into())]).at(span));
        }
        self
    }

    /// One line, without marks that format.
    fn unadorned(mut self) -> Self {
        if self.text.contains(['\n', '*', '~', '`']) || self.text.split(' ').any(|word| word.starts_with('_')) {
            self.say(DRAFT_13, &[]);
        }
        self
    }

    fn one_line(mut self) -> Self {
        if self.text.contains('\n') {
            self.say(DRAFT_13, &[]);
        }
        self
    }
}

fn count(number: usize) -> Fact {
    Fact::from(count_of(number))
}

fn count_of(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// What is wrong with the form of one language.
pub fn check(draft: &LanguageDraft) -> Vec<Finding> {
    let language = draft.language.as_str();
    let mut parts = Vec::new();
    if let Some(HeaderDraft::Text(text)) = &draft.header {
        let mut header = Part::new(format!("{language}.header"), text, LINE).numbered().unadorned();
        if header.slots.len() > 1 {
            header.say(DRAFT_10, &[("count", count(header.slots.len()))]);
        }
        parts.push(header);
    }
    parts.push(body(Part::new(format!("{language}.body"), &draft.body, BODY).numbered()));
    if let Some(footer) = &draft.footer {
        parts.push(Part::new(format!("{language}.footer"), footer, LINE).plain().one_line());
    }
    for (at, button) in (1..).zip(&draft.buttons) {
        parts.extend(of_button(&format!("{language}.button.{at}"), button));
    }
    let mut kinds: BTreeSet<bool> = BTreeSet::new();
    kinds.extend(parts.iter().flat_map(|part| part.slots.iter().map(Slot::is_number)));
    let mut findings: Vec<Finding> = parts.into_iter().flat_map(|part| part.findings).collect();
    if kinds.len() > 1 {
        findings.push(DRAFT_05.says(&[("language", language.into())]));
    }
    findings.extend(together(language, &draft.buttons));
    findings
}

/// Words stand around each variable of the text, and enough of them.
fn body(mut part: Part<'_>) -> Part<'_> {
    let text = part.text.trim();
    let (before, after) = (part.text.chars().count() - part.text.trim_start().chars().count(), text.chars().count());
    let edge = |slot: &Slot<'_>| slot.start == before || slot.end == before + after;
    if part.slots.iter().any(edge) {
        part.say(DRAFT_06, &[]);
    }
    if part.slots.windows(2).any(|two| two.first().map(|it| it.end) == two.last().map(|it| it.start)) {
        part.say(DRAFT_07, &[]);
    }
    let (variables, words) = (count_of(part.slots.len()), words(part.text));
    if variables > 0 && words < 2 * variables + 1 {
        part.say(DRAFT_08, &[("count", variables.into()), ("words", words.into())]);
    }
    part
}

/// Words beside the variables. A character of Chinese counts as one.
pub fn words(text: &str) -> u64 {
    let (slots, _) = variables(text);
    let within = |at: usize| slots.iter().any(|slot| (slot.start..slot.end).contains(&at));
    let rest: String = text.chars().enumerate().map(|(at, c)| if within(at) { ' ' } else { c }).collect();
    count_of(crate::domain::automation::phrases::Plain::of(&rest).words().len())
}

fn of_button<'a>(field: &str, button: &'a ButtonDraft) -> Vec<Part<'a>> {
    let label = |text: &'a str| Part::new(field.to_owned(), text, LABEL).plain().one_line();
    match button {
        ButtonDraft::QuickReply { text } => vec![label(text)],
        ButtonDraft::Url { text, url } => {
            let mut address = Part::new(format!("{field}.url"), url, URL).numbered();
            let end = url.chars().count();
            if address.slots.len() > 1 || address.slots.iter().any(|slot| slot.end != end) {
                address.say(DRAFT_11, &[]);
            }
            vec![label(text), address]
        }
        ButtonDraft::PhoneNumber { text, phone_number } => {
            let mut number = Part::new(format!("{field}.phone_number"), phone_number, NUMBER).plain();
            if PhoneNumber::parse(phone_number, None).is_err() {
                number.say(DRAFT_17, &[]);
            }
            vec![label(text), number]
        }
        ButtonDraft::CopyCode { example } => {
            vec![Part::new(format!("{field}.example"), example, CODE).plain().one_line()]
        }
    }
}

/// Which buttons go together.
fn together(language: &str, buttons: &[ButtonDraft]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let of = |wanted: fn(&ButtonDraft) -> bool| buttons.iter().filter(|it| wanted(it)).count();
    for (kind, there, most) in [
        ("all", buttons.len(), BUTTONS),
        ("url", of(|it| matches!(it, ButtonDraft::Url { .. })), URLS),
        ("phone_number", of(|it| matches!(it, ButtonDraft::PhoneNumber { .. })), 1),
        ("copy_code", of(|it| matches!(it, ButtonDraft::CopyCode { .. })), 1),
    ] {
        if there > most {
            findings.push(DRAFT_14.says(&[
                ("language", language.into()),
                ("count", count(there)),
                ("kind", kind.into()),
                ("most", count(most)),
            ]));
        }
    }
    let quick = buttons.iter().map(|it| matches!(it, ButtonDraft::QuickReply { .. })).collect::<Vec<_>>();
    if quick.chunk_by(|a, b| a == b).filter(|run| run.first() == Some(&true)).count() > 1 {
        findings.push(DRAFT_15.says(&[("language", language.into())]));
    }
    let mut seen = BTreeSet::new();
    for label in buttons.iter().filter_map(ButtonDraft::label) {
        if !seen.insert(label.to_lowercase()) {
            findings.push(DRAFT_16.says(&[("language", language.into()), ("title", label.into())]));
        }
    }
    findings
}
