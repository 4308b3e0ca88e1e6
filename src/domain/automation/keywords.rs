//! Keyword rules: which words in a message lead to which answer.

use super::names::Queue;
use super::phrases::{MatchKind, Plain};
use super::replies::{HandOver, Wording};
use super::scope::Scope;
use crate::domain::contacts::Language;
use crate::domain::ids::{FlowId, KeywordRuleId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a rule says; one version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeywordRule {
    /// Which rule.
    pub id: KeywordRuleId,
    /// What people call it.
    pub name: String,
    /// Of several rules that match, the one with the lowest number acts.
    pub priority: u16,
    /// For which messages.
    pub scope: Scope,
    /// How the phrases are looked for.
    pub kind: MatchKind,
    /// Any of these.
    pub phrases: Vec<String>,
    /// What happens.
    pub action: Action,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Answers.
    Reply {
        /// With this text.
        say: Wording,
        /// With these words on buttons; a tap counts as if the customer had typed them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<String>,
    },
    /// Leads the customer through a flow.
    StartFlow(#[schemars(with = "String")] FlowId),
    /// Puts the conversation into a queue for people.
    Route(HandOver),
    /// Labels the customer, and says nothing.
    Tag(BTreeSet<String>),
}

impl KeywordRule {
    /// The first of its phrases that is found in the text.
    #[must_use]
    pub fn finds(&self, text: &Plain) -> Option<&str> {
        self.phrases.iter().map(String::as_str).find(|phrase| self.kind.finds(&Plain::of(phrase), text))
    }

    /// Whether it acts on messages in this language to this number.
    #[must_use]
    pub fn covers(&self, number: &str, language: Option<&Language>) -> bool {
        self.scope.covers(number, language)
    }

    /// The queue to which it routes.
    #[must_use]
    pub const fn queue(&self) -> Option<&Queue> {
        match &self.action {
            Action::Route(to) => Some(&to.queue),
            Action::Reply { .. } | Action::StartFlow(_) | Action::Tag(_) => None,
        }
    }
}
