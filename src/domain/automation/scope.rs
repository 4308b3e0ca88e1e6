//! For which of the business's numbers, and for customers of which languages, something acts.

use crate::domain::contacts::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Every part narrows; an empty one does not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The business's numbers: Meta's ids, or the numbers as they are shown, such as +852 5550 3000.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub numbers: BTreeSet<String>,
    /// The customer's language. One without a region stands for all its regions.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub languages: BTreeSet<Language>,
}

impl Scope {
    /// Whether a message to this number is in it. A customer whose language is not known is left out of nothing.
    #[must_use]
    pub fn covers(&self, number: &str, language: Option<&Language>) -> bool {
        let speaks = |own: &Language| self.languages.iter().any(|one| covers(one, own));
        (self.numbers.is_empty() || self.numbers.contains(number))
            && (self.languages.is_empty() || language.is_none_or(speaks))
    }

    /// With Meta's ids in the place of numbers that are named as they are shown. `shown` are the business's, each with its id.
    pub fn name_by_id<'n>(&mut self, shown: impl Iterator<Item = (&'n str, &'n str)> + Clone) {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let id_of = |named: &String| {
            let mut found =
                shown.clone().filter(|(number, _)| named.starts_with('+') && digits(number) == digits(named));
            found.next().map_or_else(|| named.clone(), |(_, id)| id.to_owned())
        };
        self.numbers = self.numbers.iter().map(id_of).collect();
    }

    /// Whether every message that can be in the other is in this one.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        let numbers = self.numbers.is_empty() || (!other.numbers.is_empty() && other.numbers.is_subset(&self.numbers));
        let languages =
            self.languages.is_empty() || (!other.languages.is_empty() && other.languages.is_subset(&self.languages));
        numbers && languages
    }

    /// Whether a message of a customer whose language is known can be in both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let numbers = self.numbers.is_empty() || other.numbers.is_empty() || !self.numbers.is_disjoint(&other.numbers);
        let share = |a: &Language, b: &Language| covers(a, b) || covers(b, a);
        let languages = self.languages.is_empty()
            || other.languages.is_empty()
            || self.languages.iter().any(|a| other.languages.iter().any(|b| share(a, b)));
        numbers && languages
    }
}

/// Whether a language that is named stands for this one.
#[must_use]
pub fn covers(named: &Language, own: &Language) -> bool {
    named == own || named.as_str() == own.base()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(numbers: &[&str], languages: &[&str]) -> Scope {
        Scope {
            numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
            languages: languages.iter().map(|code| code.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_number_may_be_named_as_it_is_shown() {
        let shown = [("+852 5550 3000", "111"), ("+1 (415) 555-0100", "222")];
        let mut named = scope(&["+85255503000", "+1 415 555 0100", "333", "+44 20 7946 0000", "85255503000"], &[]);
        named.name_by_id(shown.into_iter());
        let ids = ["111", "222", "333", "+44 20 7946 0000", "85255503000"];
        assert_eq!(named.numbers, ids.map(str::to_owned).into(), "what is no number of the business stays as it was");
    }

    #[test]
    fn each_part_narrows_and_an_unknown_language_is_left_out_of_nothing() {
        for (numbers, languages, number, language, covered) in [
            (vec![], vec![], "1", None, true),
            (vec!["1"], vec![], "1", Some("en"), true),
            (vec!["1"], vec![], "2", Some("en"), false),
            (vec![], vec!["zh"], "1", Some("zh_HK"), true),
            (vec![], vec!["zh_HK"], "1", Some("zh_CN"), false),
            (vec![], vec!["zh_HK"], "1", Some("zh"), false),
            (vec![], vec!["zh_HK"], "1", None, true),
        ] {
            let language: Option<Language> = language.map(|code| code.parse().unwrap());
            let covers = scope(&numbers, &languages).covers(number, language.as_ref());
            assert_eq!(covers, covered, "{numbers:?} {languages:?} {number} {language:?}");
        }
    }

    #[test]
    fn a_scope_holds_another_where_it_narrows_no_further() {
        assert!(scope(&[], &[]).holds(&scope(&["1"], &["en"])));
        assert!(scope(&["1", "2"], &["en"]).holds(&scope(&["1"], &["en"])));
        assert!(!scope(&["1"], &[]).holds(&scope(&[], &[])));
        assert!(!scope(&[], &["en"]).holds(&scope(&["1"], &["en", "zh"])));
    }

    #[test]
    fn scopes_meet_where_one_message_can_be_in_both() {
        assert!(scope(&["1"], &["en"]).meets(&scope(&[], &["en_GB"])));
        assert!(scope(&[], &[]).meets(&scope(&["2"], &["zh_HK"])));
        assert!(!scope(&["1"], &[]).meets(&scope(&["2"], &[])));
        assert!(!scope(&[], &["zh_HK"]).meets(&scope(&[], &["zh_CN", "en"])));
    }
}
