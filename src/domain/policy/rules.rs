//! Every rule there is: its id, its weight, its title and its sentence. One table, so that what an agent can read of the
//! policy, what a reviewer accepts and what a translator translates is the same list.

/// Makes a constant of each row, and one of the whole table.
macro_rules! rules {
    ($(#[$doc:meta])* $table:ident $($name:ident = $level:ident $id:literal $title:literal $sentence:literal;)*) => {
        $(#[doc = $title]
        pub const $name: Rule = Rule { id: $id, level: Level::$level, title: $title, sentence: $sentence };)*
        $(#[$doc])*
        pub const $table: &[Rule] = &[$($name,)*];
    };
}

mod drafts;
mod orders;
mod people;
mod table;

// Each row is a name of its own, and all of them are wanted by that name.
pub use drafts::*;
pub use orders::*;
pub use people::*;
pub use table::*;

use crate::domain::preview::{Finding, Level};
use crate::domain::text::grouped;
use std::fmt;

/// A rule. One id says one thing with one weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// By which people and rows name it.
    pub id: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// What it is about.
    pub title: &'static str,
    /// What it says, with the names of its facts in braces.
    pub sentence: &'static str,
}

/// A figure or a name in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A number of something.
    Count(u64),
    /// A name, a text, an amount.
    Text(String),
}

impl From<u64> for Fact {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for Fact {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<u16> for Fact {
    fn from(count: u16) -> Self {
        Self::Count(count.into())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Fact {
    /// As it stands among the facts of a finding: digits only, so that each language can group them its own way.
    fn raw(&self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// In an English sentence.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => f.write_str(&grouped(&count.to_string())),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Rule {
    /// What this rule says of these facts.
    #[must_use]
    pub fn says(&self, facts: &[(&str, Fact)]) -> Finding {
        let mut message = String::with_capacity(self.sentence.len() + 32);
        let mut rest = self.sentence;
        while let Some((before, after)) = rest.split_once('{') {
            message.push_str(before);
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            match facts.iter().find(|(known, _)| *known == name) {
                Some((_, fact)) => message.push_str(&fact.to_string()),
                None => message.push('…'),
            }
            rest = tail;
        }
        message.push_str(rest);
        let facts: Vec<(&str, String)> = facts.iter().map(|(name, fact)| (*name, fact.raw())).collect();
        Finding::new(self.level, self.id, message, &facts)
    }
}

/// All of them, table by table.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    TABLE.iter().chain(DRAFTS).chain(ORDERS).chain(PEOPLE)
}

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_rule_has_an_id_of_its_own_and_a_whole_sentence() {
        let ids: BTreeSet<&str> = all().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), all().count());
        for rule in all() {
            assert!(rule.sentence.ends_with('.') && !rule.title.ends_with('.'), "{}", rule.id);
            assert_eq!(rule.sentence.matches('{').count(), rule.sentence.matches('}').count(), "{}", rule.id);
            assert_eq!(find(rule.id), Some(rule));
        }
    }

    #[test]
    fn a_sentence_groups_its_figures_and_the_facts_stay_plain() {
        let finding = FREQ_02.says(&[("count", 1_215_u64.into()), ("warn_from", 2_u16.into())]);
        assert_eq!(finding.message, "1,215 people already got 2 or more marketing messages in 30 days.");
        assert_eq!(finding.facts.get("count").map(String::as_str), Some("1215"));
    }

    #[test]
    fn a_fact_is_never_read_as_a_sentence() {
        let finding = LINK_09.says(&[("url", "{url} {count}".into())]);
        assert_eq!(finding.message, "{url} {count} cannot be read as an address.");
    }
}
