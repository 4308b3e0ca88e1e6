//! What automation says, text by text: Meta's limits, hidden characters, addresses, prices, and words that opt out.

use super::{Known, prices, whole};
use crate::domain::addresses::named_in;
use crate::domain::automation::Content;
use crate::domain::automation::flows::{Flow, Node, Question, Say};
use crate::domain::automation::keywords::Action;
use crate::domain::automation::phrases::Plain;
use crate::domain::automation::replies::{HandOver, Menu, Wording};
use crate::domain::messages::limits;
use crate::domain::policy::links::{self, Address};
use crate::domain::policy::message::letters;
use crate::domain::policy::rules::{AUTO_10, AUTO_13, AUTO_18, AUTO_19, AUTO_20, AUTO_21, Fact};
use crate::domain::preview::Finding;
use crate::domain::webhooks::opts_out;
use std::collections::BTreeSet;

/// A note for colleagues, and a name.
const NOTE: usize = 1_000;
const NAME: usize = 100;

/// What the rules say of every text.
pub(super) fn check(content: &Content, known: &Known<'_>) -> Vec<Finding> {
    let mut texts = Texts { known, findings: Vec::new() };
    texts.label("name", content.name(), NAME);
    match content {
        Content::KeywordRule(rule) => match &rule.action {
            Action::Reply { say, buttons } => {
                texts.wording("action.say", say, if buttons.is_empty() { limits::TEXT } else { limits::BODY });
                if !buttons.is_empty() {
                    texts.titles("action.button", buttons.iter().map(String::as_str), limits::BUTTONS, limits::BUTTON);
                }
            }
            Action::Route(to) => texts.hand_over("action", to),
            Action::StartFlow(_) | Action::Tag(_) => {}
        },
        Content::Flow(flow) => texts.flow(flow),
        Content::AutoReply(reply) => {
            texts.wording("say", &reply.say, limits::TEXT);
            if let Some(person) = &reply.person {
                texts.hand_over("person", person);
            }
        }
    }
    texts.findings
}

struct Texts<'a> {
    known: &'a Known<'a>,
    findings: Vec<Finding>,
}

impl Texts<'_> {
    fn flow(&mut self, flow: &Flow) {
        let mut shortest = limits::TEXT;
        for (name, node) in &flow.nodes {
            let place = format!("nodes.{name}");
            match node {
                Node::Message { say: Say::Text(wording), .. } | Node::End { say: Some(wording) } => {
                    self.wording(&format!("{place}.say"), wording, limits::TEXT);
                }
                Node::Question(question) => shortest = shortest.min(self.question(&place, question)),
                Node::HandOver(to) => self.hand_over(&place, to),
                Node::Tag { tag, .. } => self.label(&format!("{place}.tag"), tag, NAME),
                Node::Message { say: Say::Template(_), .. } | Node::Condition { .. } | Node::End { say: None } => {}
            }
        }
        // The fallback is said above the choices of whatever question was asked.
        self.wording("fallback.say", &flow.fallback.say, shortest);
        self.hand_over("person", &flow.person);
    }

    /// Gives the characters that a text above its choices may have.
    fn question(&mut self, place: &str, question: &Question) -> usize {
        let titles = |menu: &Menu| menu.choices().iter().map(|choice| choice.title.clone()).collect::<Vec<_>>();
        let most = match &question.menu {
            None => limits::TEXT,
            Some(menu @ Menu::Buttons(_)) => {
                let field = format!("{place}.button");
                self.titles(&field, titles(menu).iter().map(String::as_str), limits::BUTTONS, limits::BUTTON);
                limits::BODY
            }
            Some(menu @ Menu::List { button, rows }) => {
                let field = format!("{place}.row");
                self.titles(&field, titles(menu).iter().map(String::as_str), limits::ROWS, limits::TITLE);
                self.label(&format!("{place}.list_button"), button, limits::BUTTON);
                for (at, line) in rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.description.as_ref()?)))
                {
                    self.label(&format!("{field}.{}.description", at + 1), line, limits::ROW_DESCRIPTION);
                }
                limits::LIST_BODY
            }
        };
        let mut ids = BTreeSet::new();
        for choice in question.choices().filter(|choice| !ids.insert(&choice.id)) {
            let facts = [("place", place.into()), ("title", choice.id.as_str().into())];
            self.findings.push(AUTO_21.says(&facts).at(whole(place, choice.id.as_str())));
        }
        for (at, answer) in question.typed.iter().enumerate() {
            let field = format!("{place}.typed.{}", at + 1);
            let empty = answer.phrases.iter().find(|phrase| Plain::of(phrase).is_empty());
            if answer.phrases.is_empty() || empty.is_some() {
                let found = AUTO_10.says(&[("place", field.as_str().into())]);
                self.findings.push(found.at(whole(&field, empty.map_or("", String::as_str))));
            }
        }
        self.wording(&format!("{place}.ask"), &question.ask, most);
        most
    }

    fn hand_over(&mut self, place: &str, to: &HandOver) {
        if let Some(wording) = &to.say {
            self.wording(&format!("{place}.say"), wording, limits::TEXT);
        }
        if let Some(note) = &to.note {
            self.length(&format!("{place}.note"), note, NOTE);
        }
    }

    fn wording(&mut self, place: &str, wording: &Wording, most: usize) {
        self.length(place, &wording.text, most);
        if wording.text.trim().is_empty() {
            self.findings.push(AUTO_20.says(&[("place", place.into())]).at(whole(place, &wording.text)));
        }
        self.findings.extend(letters(place, &wording.text, ""));
        for (start, url) in named_in(&wording.text) {
            let address = Address { place, field: place, button: false, start, url: &url };
            self.findings.extend(links::check(&address, &self.known.settings.links).1);
        }
        self.findings.extend(prices::check(place, wording, self.known.products, self.known.now));
    }

    /// A text on one line.
    fn label(&mut self, place: &str, text: &str, most: usize) {
        self.length(place, text, most);
        if text.trim() != text || text.is_empty() || text.contains('\n') {
            self.findings.push(AUTO_20.says(&[("place", place.into())]).at(whole(place, text)));
        }
        self.findings.extend(letters(place, text, ""));
    }

    fn titles<'t>(&mut self, place: &str, titles: impl Iterator<Item = &'t str>, most: usize, longest: usize) {
        let titles: Vec<&str> = titles.collect();
        if titles.is_empty() || titles.len() > most {
            let facts = [("place", place.into()), ("count", count(titles.len())), ("most", count(most))];
            self.findings.push(AUTO_19.says(&facts));
        }
        let mut seen = BTreeSet::new();
        for (at, title) in titles.into_iter().enumerate() {
            let field = format!("{place}.{}", at + 1);
            self.label(&field, title, longest);
            let plain = Plain::of(title);
            if opts_out(title, true).is_some() {
                let finding = AUTO_13.says(&[("phrase", title.into()), ("place", field.as_str().into())]);
                self.findings.push(finding.at(whole(&field, title)));
            }
            if !plain.is_empty() && !seen.insert(plain.as_str().to_owned()) {
                let facts = [("place", place.into()), ("title", title.into())];
                self.findings.push(AUTO_21.says(&facts).at(whole(&field, title)));
            }
        }
    }

    fn length(&mut self, place: &str, text: &str, most: usize) {
        let length = text.chars().count();
        if length > most {
            let facts = [("place", place.into()), ("count", count(length)), ("most", count(most))];
            self.findings.push(AUTO_18.says(&facts).at(whole(place, text)));
        }
    }
}

fn count(many: usize) -> Fact {
    u64::try_from(many).unwrap_or(u64::MAX).into()
}
