//! A flow drawn as an outline: what follows what, by which answer, and where customers come back to.

use std::collections::BTreeMap;

use super::{DEEPEST, lead_words, part_name};
use crate::domain::preview::{LeadView, ScriptView, StepView};
use crate::words::Words;

/// Letters of a text by which a step is known again; the whole of it stands with the step.
const KNOWN_BY: usize = 60;

/// One line of the drawing: a way, and the step to which it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineLine {
    pub depth: u32,
    /// By what customers come here; empty at the beginning, and where it follows by itself.
    pub ways: Vec<String>,
    pub name: String,
    pub does: String,
    /// The beginning of what is said there.
    pub says: Option<String>,
    /// Drawn above already.
    pub again: bool,
    /// Customers come back to where they were.
    pub back: bool,
    pub reached: bool,
}

/// The drawing; empty for what has no steps that lead on by name.
pub fn outline(l: &Words, script: &ScriptView) -> Vec<OutlineLine> {
    let named: BTreeMap<&str, &StepView> =
        script.steps.iter().filter(|step| !step.name.is_empty()).map(|step| (step.name.as_str(), step)).collect();
    let mut drawing = Drawing { l, named, drawn: Vec::new(), lines: Vec::new() };
    for step in &script.steps {
        if !step.name.is_empty() && !drawing.drawn.contains(&step.name.as_str()) {
            drawing.draw(&step.name, 0, Vec::new(), false);
        }
    }
    let last = script.steps.iter().filter(|step| step.name.is_empty());
    if !drawing.lines.is_empty() {
        let last: Vec<OutlineLine> =
            last.flat_map(|step| drawing.line(step, 0, Vec::new()).followed(l, step)).collect();
        drawing.lines.extend(last);
    }
    drawing.lines
}

struct Drawing<'a> {
    l: &'a Words,
    named: BTreeMap<&'a str, &'a StepView>,
    drawn: Vec<&'a str>,
    lines: Vec<OutlineLine>,
}

impl<'a> Drawing<'a> {
    /// Steps that are on hold while what is before them is drawn; a list rather than calls, for a flow may be long.
    fn draw(&mut self, first: &'a str, depth: u32, ways: Vec<String>, back: bool) {
        let mut waiting = vec![(first, depth, ways, back)];
        while let Some((name, depth, ways, back)) = waiting.pop() {
            let Some(step) = self.named.get(name).copied() else { continue };
            let again = self.drawn.contains(&name);
            let line = OutlineLine { again, back: again && back, ..self.line(step, depth, ways) };
            self.lines.push(line);
            if again {
                continue;
            }
            self.drawn.push(name);
            let next = self.next(step);
            // A way that is the only one goes straight on; where they part, each is set in.
            let deeper = if next.len() > 1 { depth + 1 } else { depth };
            waiting.extend(next.into_iter().rev().map(|(to, ways, back)| (to, deeper, ways, back)));
        }
    }

    /// Where a step leads, each step once, with all the ways to it.
    fn next(&self, step: &'a StepView) -> Vec<(&'a str, Vec<String>, bool)> {
        let mut next: Vec<(&'a str, Vec<String>, bool)> = Vec::new();
        for lead in &step.leads {
            let way = way(self.l, lead);
            match next.iter_mut().find(|(to, ..)| *to == lead.to) {
                Some((_, ways, _)) => ways.extend(way),
                None => next.push((lead.to.as_str(), way.into_iter().collect(), lead.back)),
            }
        }
        next
    }

    fn line(&self, step: &StepView, depth: u32, ways: Vec<String>) -> OutlineLine {
        let body = step.says.as_ref().and_then(|said| said.body.as_deref()).map(beginning);
        let says: Vec<String> = step.what.clone().into_iter().chain(body).collect();
        OutlineLine {
            depth: depth.min(DEEPEST),
            ways,
            name: step.name.clone(),
            does: part_name(self.l, step.does),
            says: (!says.is_empty()).then(|| says.join(" · ")),
            again: false,
            back: false,
            reached: step.reached,
        }
    }
}

impl OutlineLine {
    /// With where it leads: what has no name of its own leads to one step at most.
    fn followed(self, l: &Words, step: &StepView) -> Vec<Self> {
        let to = |lead: &LeadView| Self {
            depth: self.depth + 1,
            ways: way(l, lead).into_iter().collect(),
            name: lead.to.clone(),
            does: String::new(),
            says: None,
            again: true,
            back: false,
            reached: true,
        };
        let leads: Vec<Self> = step.leads.iter().map(to).collect();
        [self].into_iter().chain(leads).collect()
    }
}

/// By what customers go on; nothing where it happens by itself.
fn way(l: &Words, lead: &LeadView) -> Option<String> {
    let words = lead_words(l, lead);
    (!words.is_empty()).then_some(words)
}

fn beginning(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(KNOWN_BY).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::automation::Content;
    use crate::domain::automation::samples::menu;
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

    #[test]
    fn each_step_is_drawn_once_and_the_ways_to_it_stand_with_it() {
        let script = ScriptView::of(&Content::Flow(menu()), &Nobody);
        let lines = outline(&Words::hong_kong(Lang::En), &script);
        let drawn: Vec<(u32, String, &str, bool)> =
            lines.iter().map(|line| (line.depth, line.ways.join(" / "), line.name.as_str(), line.again)).collect();
        let line = |depth, ways: &str, name, again| (depth, ways.to_owned(), name, again);
        assert_eq!(
            drawn,
            [
                line(0, "", "hello", false),
                line(0, "", "menu", false),
                line(1, "[Opening hours] / “open · 幾點”", "hours", false),
                line(1, "", "bye", false),
                line(1, "[Somebody else]", "desk", false),
                line(0, "", "", false),
                line(1, "", "desk", true),
                line(0, "", "", false),
            ]
        );
    }
}
