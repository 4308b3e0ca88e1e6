//! What the address of the inbox asks for, and the filter bar that shows it.

use std::time::Duration;

use super::{Filters, Tab};
use crate::console::forms::{Address, Fields};
use crate::console::parts::{Chip, Choice};
use crate::domain::clock::Timestamp;
use crate::store::requests::Line;
use crate::words::Words;

pub struct Query {
    tab: Tab,
    pub search: Option<String>,
    pub tool: Option<String>,
    pub agent: Option<String>,
    due: Option<(&'static str, Duration)>,
}

const DUE: [(&str, Duration); 2] = [("hours", Duration::from_hours(4)), ("day", Duration::from_hours(24))];

impl Query {
    pub fn read(asked: &Fields, tab: Tab) -> Self {
        let text = |name| asked.some(name).map(|text| text.chars().take(100).collect());
        Self {
            tab,
            search: text("q"),
            tool: text("tool"),
            agent: text("agent"),
            due: DUE.into_iter().find(|(name, _)| asked.get("due") == *name),
        }
    }

    pub fn fits(&self, line: &Line, now: Timestamp) -> bool {
        let text = || format!("{} {} {}", line.title, line.summary, line.id).to_lowercase();
        self.search.as_ref().is_none_or(|search| text().contains(&search.to_lowercase()))
            && self.tool.as_ref().is_none_or(|tool| line.tool == *tool)
            && self.agent.as_ref().is_none_or(|agent| line.agent == *agent)
            && self.due.is_none_or(|(_, within)| line.decide_by <= now.after(within))
    }

    fn clear(&self) -> Address {
        Address::new("/inbox").with("tab", self.tab.name())
    }

    /// This list, without its page.
    pub fn address(&self) -> Address {
        self.clear()
            .with("q", self.search.as_deref().unwrap_or_default())
            .with("tool", self.tool.as_deref().unwrap_or_default())
            .with("agent", self.agent.as_deref().unwrap_or_default())
            .with("due", self.due.map_or("", |(name, _)| name))
    }

    pub fn filters(&self, l: &Words, tools: Vec<String>, agents: Vec<String>) -> Filters {
        let due = |name: &str| if name == "day" { l.t("inbox-due-day") } else { l.t("inbox-due-hours") };
        let active = [
            ("q", self.search.clone()),
            ("tool", self.tool.clone()),
            ("agent", self.agent.clone()),
            ("due", self.due.map(|(name, _)| due(name))),
        ];
        let chip = |(name, text): (&str, Option<String>)| {
            Some(Chip { text: text?, without: self.address().without(name).to_string() })
        };
        let waits = matches!(self.tab, Tab::Mine | Tab::Others);
        let chosen = self.due.map(|(name, _)| name);
        let dues = DUE.iter().filter(|_| waits).map(|(name, _)| Choice::new(name, due(name), chosen == Some(*name)));
        Filters {
            search: self.search.clone().unwrap_or_default(),
            tools: choices(l, tools, self.tool.as_deref()),
            agents: choices(l, agents, self.agent.as_deref()),
            due: std::iter::once(Choice::new("", l.t("inbox-any"), chosen.is_none())).chain(dues).collect(),
            chips: active.into_iter().filter_map(chip).collect(),
            clear: self.clear().to_string(),
        }
    }
}

fn choices(l: &Words, mut values: Vec<String>, chosen: Option<&str>) -> Vec<Choice> {
    values.sort();
    values.dedup();
    let any = Choice::new("", l.t("inbox-any"), chosen.is_none());
    let rest = values.into_iter().map(|value| Choice::new(&value, value.clone(), chosen == Some(value.as_str())));
    std::iter::once(any).chain(rest).collect()
}
