//! What is wrong with a message before it leaves: the place, and the limit that Meta sets for it.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

use url::Url;

use super::super::text::grouped;

/// One thing that Meta would not take: `body: 4,097 characters, at most 4,096 (Meta)`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Fault {
    /// The field, as the message spells it: `sections[1].rows[3].title`, counted from 0.
    pub place: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A text has too many characters.
    TooLong {
        /// How many it has.
        has: usize,
        /// How many Meta takes.
        most: usize,
    },
    /// A list has too many or too few items.
    Count {
        /// How many it has.
        has: usize,
        /// The fewest that Meta takes.
        least: usize,
        /// The most.
        most: usize,
    },
    /// Meta requires it.
    Missing,
    /// What must differ is the same twice.
    Repeated,
    /// It has another form than Meta wants; the sentence says which.
    Form(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |n: &usize| grouped(&n.to_string());
        match self {
            Self::TooLong { has, most } => {
                write!(f, "{} characters, at most {} (Meta)", number(has), number(most))
            }
            Self::Count { has, least, most } if has < least => {
                write!(f, "{has}, at least {least} (Meta); at most {most}")
            }
            Self::Count { has, most, .. } => write!(f, "{}, at most {} (Meta)", number(has), number(most)),
            Self::Missing => f.write_str("missing, and Meta requires it"),
            Self::Repeated => f.write_str("the same as one before it; Meta wants them all different"),
            Self::Form(wanted) => f.write_str(wanted),
        }
    }
}

/// Gathers what is wrong, so that whoever wrote the message reads all of it at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Everything that was found.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// Notes one.
    pub fn add(&mut self, place: impl fmt::Display, problem: Problem) {
        self.0.push(Fault { place: place.to_string(), problem });
    }

    /// A text that may be absent: Meta counts characters, not bytes.
    pub fn at_most(&mut self, place: impl fmt::Display, text: &str, most: usize) {
        let has = text.chars().count();
        if has > most {
            self.add(place, Problem::TooLong { has, most });
        }
    }

    /// A text that must say something.
    pub fn required(&mut self, place: impl fmt::Display, text: &str, most: usize) {
        if text.trim().is_empty() {
            return self.add(place, Problem::Missing);
        }
        self.at_most(place, text, most);
    }

    /// A text that may be left out, but says something where it is given.
    pub fn optional(&mut self, place: impl fmt::Display, text: Option<&str>, most: usize) {
        if let Some(text) = text {
            self.required(place, text, most);
        }
    }

    /// The length of a list.
    pub fn count(&mut self, place: impl fmt::Display, has: usize, range: RangeInclusive<usize>) {
        if !range.contains(&has) {
            self.add(place, Problem::Count { has, least: *range.start(), most: *range.end() });
        }
    }

    /// Texts of which none may come twice; each is told with its place.
    pub fn distinct<'a>(&mut self, texts: impl IntoIterator<Item = (String, &'a str)>) {
        let mut seen = HashSet::new();
        for (place, text) in texts {
            if !seen.insert(text) {
                self.add(place, Problem::Repeated);
            }
        }
    }

    /// An address that a phone opens, or that Meta fetches from.
    pub fn https(&mut self, place: impl fmt::Display, link: &str) {
        let good = Url::parse(link).is_ok_and(|url| {
            url.scheme() == "https" && url.host().is_some() && url.username().is_empty() && url.password().is_none()
        });
        self.form(place, good, "not a link that Meta takes: write it as https://example.com/page");
    }

    /// A field of a form of its own.
    pub fn form(&mut self, place: impl fmt::Display, good: bool, wanted: &'static str) {
        if !good {
            self.add(place, Problem::Form(wanted));
        }
    }
}
