//! What automation says: texts with the prices in them, buttons and lists, and to whom a conversation is handed.

use super::names::{ChoiceId, NodeId, Queue};
use super::phrases::{MatchKind, Plain};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A text for a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// What it says.
    pub text: String,
    /// The prices in it, each with where it was looked up and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<Price>,
}

/// A price in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// As it stands in the text: HK$128.
    pub shown: String,
    /// Where it was looked up: a price list, a page, a product's number.
    pub source: String,
    /// On which day.
    #[schemars(with = "String")]
    pub as_of: Date,
}

/// Who takes over from automation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The queue in which the conversation waits for a person.
    pub queue: Queue,
    /// What the people there should know. The customer never reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the customer is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<Wording>,
}

/// What a customer can choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Menu {
    /// Buttons below the text.
    Buttons(Vec<Choice>),
    /// A list behind one button.
    List {
        /// What stands on that button.
        button: String,
        /// What the list offers.
        rows: Vec<Choice>,
    },
}

/// One thing to choose, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// By which a tap is recognised.
    pub id: ChoiceId,
    /// What stands on it.
    pub title: String,
    /// A line below it; only lists show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it leads.
    pub next: NodeId,
}

/// An answer that is typed, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedAnswer {
    /// How the phrases are looked for.
    #[serde(rename = "match")]
    pub kind: MatchKind,
    /// Any of these.
    pub phrases: Vec<String>,
    /// Where it leads.
    pub next: NodeId,
}

impl Menu {
    /// What it offers, in order.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::Buttons(choices) | Self::List { rows: choices, .. } => choices,
        }
    }

    /// The choice that somebody typed: its title, or its place in the order.
    #[must_use]
    pub fn typed(&self, text: &Plain) -> Option<&Choice> {
        let titled = self.choices().iter().find(|choice| MatchKind::Exact.finds(&Plain::of(&choice.title), text));
        let place = || text.as_str().parse::<usize>().ok()?.checked_sub(1);
        titled.or_else(|| self.choices().get(place()?))
    }
}

impl TypedAnswer {
    /// Whether the text is such an answer.
    #[must_use]
    pub fn finds(&self, text: &Plain) -> bool {
        self.phrases.iter().any(|phrase| self.kind.finds(&Plain::of(phrase), text))
    }
}

impl Wording {
    /// A text without prices.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), prices: Vec::new() }
    }
}

/// A message to be sent in an open conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Outgoing {
    /// A text.
    Text {
        /// What it says.
        text: String,
    },
    /// A text with up to three buttons.
    Buttons {
        /// What it says.
        text: String,
        /// What can be tapped.
        buttons: Vec<Tappable>,
    },
    /// A text with a list behind a button.
    List {
        /// What it says.
        text: String,
        /// What stands on the button.
        button: String,
        /// What can be chosen.
        rows: Vec<Tappable>,
    },
    /// A template, in the customer's language.
    Template {
        /// Its name.
        name: String,
    },
}

/// Something to tap, as it is sent to Meta.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tappable {
    /// What comes back when it is tapped.
    pub id: String,
    /// What stands on it.
    pub title: String,
    /// A line below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_can_be_typed_by_its_title_or_its_place() {
        let choice = |id: &str, title: &str| Choice {
            id: id.parse().unwrap(),
            title: title.into(),
            description: None,
            next: "end".parse().unwrap(),
        };
        let menu = Menu::Buttons(vec![choice("a", "Opening hours"), choice("b", "查訂單"), choice("c", "1")]);
        for (text, id) in [
            ("opening  hours!", Some("a")),
            ("查 訂單", Some("b")),
            ("2", Some("b")),
            ("１", Some("c")),
            ("3", Some("c")),
            ("0", None),
            ("4", None),
            ("hours", None),
            ("", None),
        ] {
            assert_eq!(menu.typed(&Plain::of(text)).map(|choice| choice.id.as_str()), id, "{text}");
        }
    }
}
