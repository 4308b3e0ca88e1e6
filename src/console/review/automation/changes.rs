//! What differs between two versions of automation, in the words by which people know its parts: one line a change.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{lead_words, matched, part_name, trigger};
use crate::console::word_diff::{Fate, Stretch, diff};
use crate::domain::preview::{LeadKind, ScriptView, StepKind, StepView};
use crate::words::Words;

/// A part of which something differs: when it speaks, or one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDiff {
    /// What the part does.
    pub title: String,
    /// The name of a step, where it has one.
    pub name: String,
    /// Whether the part as a whole goes or comes.
    pub fate: Fate,
    pub lines: Vec<LineDiff>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineDiff {
    /// What it is: "Button", "Opening hours".
    pub label: String,
    pub text: Vec<Stretch>,
}

/// Two versions, held against each other.
#[derive(Clone, Debug, Default)]
pub struct ScriptDiff {
    pub parts: Vec<PartDiff>,
    /// The places of the new one's steps that say what they said.
    pub unchanged: Vec<usize>,
}

type Line = (String, String);

/// What differs, the occasion first and then step by step; what goes stands last.
pub fn compare(l: &Words, was: (&str, &ScriptView), will: (&str, &ScriptView)) -> ScriptDiff {
    let mut found = ScriptDiff::default();
    let head = lines(&occasion(l, was.0, was.1), &occasion(l, will.0, will.1));
    let mut gone: Vec<&StepView> = was.1.steps.iter().collect();
    if !head.is_empty() {
        let title = l.t("automation-occasion");
        found.parts.push(PartDiff { title, name: String::new(), fate: Fate::Stays, lines: head });
    }
    for (at, step) in will.1.steps.iter().enumerate() {
        let same = |old: &&StepView| old.name == step.name && (!step.name.is_empty() || old.does == step.does);
        let before = gone.iter().position(same).map(|place| gone.remove(place));
        let changes = match before {
            Some(old) => lines(&said(l, old), &said(l, step)),
            None => lines(&[], &content(l, step)),
        };
        if before.is_some() && changes.is_empty() {
            found.unchanged.push(at);
            continue;
        }
        let fate = if before.is_some() { Fate::Stays } else { Fate::Comes };
        found.parts.push(part(l, step, fate, changes));
    }
    found.parts.extend(gone.into_iter().map(|old| part(l, old, Fate::Goes, lines(&content(l, old), &[]))));
    found
}

fn part(l: &Words, step: &StepView, fate: Fate, lines: Vec<LineDiff>) -> PartDiff {
    PartDiff { title: part_name(l, step.does), name: step.name.clone(), fate, lines }
}

/// Its name, when it speaks, for whom, and where it begins.
fn occasion(l: &Words, name: &str, script: &ScriptView) -> Vec<Line> {
    let begins = script.steps.first().map(|step| step.name.clone()).filter(|name| !name.is_empty());
    let begins = begins.map(|name| (l.t("automation-begins"), name));
    [(l.t("automation-name"), name.to_owned())].into_iter().chain(trigger(l, script)).chain(begins).collect()
}

/// Everything that a step does and says, line by line.
fn said(l: &Words, step: &StepView) -> Vec<Line> {
    [(l.t("automation-does"), part_name(l, step.does))].into_iter().chain(content(l, step)).collect()
}

/// The same without what kind of step it is, which its title says.
fn content(l: &Words, step: &StepView) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |key: &str, text: String| lines.push((l.t(key), text));
    if let Some(what) = &step.what {
        let key = match step.does {
            StepKind::Template => "automation-what-template",
            StepKind::Tag => "automation-what-label",
            StepKind::HandOver => "automation-what-queue",
            _ => "automation-flow",
        };
        add(key, what.clone());
    }
    if let Some(holds) = &step.holds {
        add("automation-part-condition", super::holds(l, holds));
    }
    let chosen = step.leads.iter().filter(|lead| lead.by == LeadKind::Choice);
    if let Some(message) = &step.says {
        let text = [message.header.as_deref(), message.body.as_deref(), message.footer.as_deref()];
        add("automation-text", text.into_iter().flatten().collect::<Vec<_>>().join("\n"));
        if let Some(opens) = &message.opens {
            add("automation-opens", opens.clone());
        }
        // Where there is a way for each, they are in one order.
        let ways = chosen.map(Some).chain(std::iter::repeat(None));
        let key = if message.opens.is_some() { "automation-row" } else { "automation-button" };
        for (choice, lead) in message.choices.iter().zip(ways) {
            let detail = choice.detail.as_ref().map(|detail| format!(" – {detail}")).unwrap_or_default();
            let to = lead.map(|lead| format!(" → {}", lead.to)).unwrap_or_default();
            let above = choice.above.as_ref().map(|above| format!("{above}: ")).unwrap_or_default();
            add(key, format!("{above}{}{detail}{to}", choice.title));
        }
    }
    for lead in step.leads.iter().filter(|lead| lead.by != LeadKind::Choice) {
        let key = match lead.by {
            LeadKind::Typed => "automation-typed",
            _ => "automation-next",
        };
        let words = match (lead_words(l, lead), lead.matching) {
            (words, Some(kind)) => format!("{words} ({}) → {}", matched(l, kind), lead.to),
            (words, None) if words.is_empty() => lead.to.clone(),
            (words, None) => format!("{words} → {}", lead.to),
        };
        add(key, words);
    }
    for price in &step.prices {
        add("automation-price-line", price.clone());
    }
    if let Some(note) = &step.note {
        add("automation-note-line", note.clone());
    }
    lines
}

/// The lines that differ. What takes the place of a line of the same kind is shown within it.
fn lines(was: &[Line], will: &[Line]) -> Vec<LineDiff> {
    let mut found = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, was, will) {
        let (mut goes, comes): (Vec<&Line>, Vec<&Line>) = match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { old_index, old_len, .. } => (part_of(was, old_index, old_len), Vec::new()),
            DiffOp::Insert { new_index, new_len, .. } => (Vec::new(), part_of(will, new_index, new_len)),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                (part_of(was, old_index, old_len), part_of(will, new_index, new_len))
            }
        };
        for (label, text) in comes {
            let before = goes.iter().position(|(old, _)| old == label).map(|place| goes.remove(place));
            let text = diff(before.map(|(_, text)| text.as_str()), Some(text));
            found.push(LineDiff { label: label.clone(), text });
        }
        found.extend(
            goes.into_iter().map(|(label, text)| LineDiff { label: label.clone(), text: diff(Some(text), None) }),
        );
    }
    found
}

fn part_of(lines: &[Line], start: usize, length: usize) -> Vec<&Line> {
    lines.iter().skip(start).take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::message_text::Piece;
    use crate::domain::automation::Content;
    use crate::domain::automation::auto_replies::Occasion;
    use crate::domain::automation::samples::{auto_reply, menu, rule};
    use crate::domain::ids::FlowId;
    use crate::domain::preview::scripts::Named;
    use crate::words::Lang;

    struct Nobody;

    impl Named for Nobody {
        fn number(&self, id: &str) -> String {
            id.to_owned()
        }
        fn flow(&self, id: FlowId) -> String {
            id.to_string()
        }
        fn starters(&self, _: FlowId) -> Vec<String> {
            Vec::new()
        }
    }

    fn shown(was: &Content, will: &Content) -> Vec<String> {
        let l = Words::hong_kong(Lang::En);
        let (before, after) = (ScriptView::of(was, &Nobody), ScriptView::of(will, &Nobody));
        let diff = compare(&l, (was.name(), &before), (will.name(), &after));
        let text = |stretch: &Stretch| {
            let text: String = stretch
                .text
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Variable(text) | Piece::Hidden(text) => text.clone(),
                })
                .collect();
            match stretch.fate {
                Fate::Stays => text,
                Fate::Goes => format!("[-{text}-]"),
                Fate::Comes => format!("[+{text}+]"),
            }
        };
        let line = |part: &PartDiff, line: &LineDiff| {
            let text: String = line.text.iter().map(text).collect();
            format!("{} {}: {} {text}", part.title, part.name, line.label)
        };
        diff.parts.iter().flat_map(|part| part.lines.iter().map(|it| line(part, it)).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn the_occasion_that_was_stands_beside_the_one_that_comes() {
        let hours = serde_json::from_value(serde_json::json!({
            "zone": "Asia/Hong_Kong", "open": {"mon": ["09:00-18:00"]},
        }));
        let was = Content::AutoReply(auto_reply(Occasion::FirstMessage(None)));
        let Content::AutoReply(mut will) = was.clone() else { panic!("an auto-reply") };
        will.occasion = Occasion::EverybodyAway(Some(hours.unwrap()));
        let will = Content::AutoReply(will);
        assert_eq!(
            shown(&was, &will),
            [
                "When it speaks : Speaks when [-a customer writes for the first time-][+nobody of the team is there+]",
                "When it speaks : Hours [+Asia/Hong_Kong: Mon 09:00-18:00+]",
            ]
        );
        assert_eq!(shown(&was, &was), [""; 0]);
    }

    #[test]
    fn a_flow_is_compared_step_by_step() {
        let was = menu();
        let mut will = was.clone();
        let node = |json| serde_json::from_value(json).unwrap();
        will.nodes.insert(
            "menu".parse().unwrap(),
            node(serde_json::json!({"question": {
                "ask": {"text": "What is it about?"},
                "menu": {"buttons": [
                    {"id": "hours", "title": "Opening times", "next": "hours"},
                    {"id": "person", "title": "Somebody else", "next": "desk"},
                ]},
                "typed": [{"match": "word", "phrases": ["open"], "next": "hours"}],
            }})),
        );
        will.nodes.remove(&"bye".parse().unwrap());
        will.nodes.insert(
            "hours".parse().unwrap(),
            node(serde_json::json!({"hand_over": {"queue": "sales", "say": {"text": "From 9 to 7."}}})),
        );
        assert_eq!(
            shown(&Content::Flow(was), &Content::Flow(will)),
            [
                "Question menu: Button Opening [-hours-][+times+] → hours",
                "Question menu: Typed answer [-“open · 幾點” (letters anywhere, even within words) → hours-][+“open” (a word of the message) → hours+]",
                "Hand-over hours: Does [-Message-][+Hand-over+]",
                "Hand-over hours: Queue [+sales+]",
                "Hand-over hours: Text From 9 to [-6-][+7+].",
                "Hand-over hours: Goes on to [-bye-]",
                "End bye: Text [-See you!-]",
            ]
        );
    }

    #[test]
    fn a_rule_shows_its_phrases_and_its_name() {
        let was = rule(10, "price");
        let mut will = was.clone();
        will.phrases.push("prices".into());
        will.name = "Prices".into();
        assert_eq!(
            shown(&Content::KeywordRule(was), &Content::KeywordRule(will)),
            ["When it speaks : Name [-About price-][+Prices+]", "When it speaks : Phrases price[+ · prices+]"]
        );
    }
}
