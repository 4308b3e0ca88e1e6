//! Flows: journeys and answers to frequent questions, as nodes through which customers are led.

use super::hours::OpeningHours;
use super::names::{ChoiceId, NodeId};
use super::replies::{Choice, HandOver, Menu, TypedAnswer, Wording};
use super::scope::Scope;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::Language;
use crate::domain::ids::FlowId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

words! {
    /// What a flow is for.
    FlowKind, "kind of flow" {
        /// Leads to something: a booking, an order, a complaint.
        Journey = "journey",
        /// Answers what is asked often.
        Faq = "faq",
    }
}

/// What a flow says; one version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Which flow.
    pub id: FlowId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub kind: FlowKind,
    /// For whom it may be started.
    pub scope: Scope,
    /// Where it begins.
    pub start: NodeId,
    /// Its nodes.
    pub nodes: BTreeMap<NodeId, Node>,
    /// What happens with an answer that is none of those it knows.
    pub fallback: Fallback,
    /// Who takes over when the customer asks for a person, or the flow must not go on.
    pub person: HandOver,
    /// After so many minutes without an answer the flow is over.
    pub timeout_minutes: u16,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Node {
    /// Says something and goes on.
    Message {
        /// What it says.
        say: Say,
        /// Where it goes on.
        next: NodeId,
    },
    /// Asks, and waits for the answer.
    Question(Question),
    /// Goes one way or the other, by what is known.
    Condition {
        /// What is looked at.
        holds: Fact,
        /// Where it goes on if it holds.
        then: NodeId,
        /// Where it goes on if it does not.
        otherwise: NodeId,
    },
    /// Labels the customer and goes on.
    Tag {
        /// The label.
        tag: String,
        /// Where it goes on.
        next: NodeId,
    },
    /// Hands the conversation to people.
    HandOver(HandOver),
    /// The end.
    End {
        /// What is said last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        say: Option<Wording>,
    },
}

/// A question with its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What it asks.
    pub ask: Wording,
    /// What can be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<Menu>,
    /// What can be typed instead. The first that is found counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<TypedAnswer>,
}

/// What a message node sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Say {
    /// A text.
    Text(Wording),
    /// An approved template without variables, by its name.
    Template(String),
}

/// What a condition can look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// The customer reads one of these.
    Language(BTreeSet<Language>),
    /// The customer carries this label.
    Tag(String),
    /// The business is open.
    Open(OpeningHours),
}

/// What happens with an answer that a question does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// What is said before the customer may try again.
    pub say: Wording,
    /// How often.
    pub tries: u8,
    /// Where it goes on when all tries are used up.
    pub next: NodeId,
}

/// Answers in one walk through a flow. Whoever has given so many is led to a person.
pub const MOST_TURNS: u16 = 20;

/// Messages in a row, without an answer between them.
pub const MOST_IN_A_ROW: usize = 5;

/// Where a customer stands: at a question that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In which flow.
    pub flow: FlowId,
    /// In which version of it.
    pub version: u32,
    /// At which question.
    pub node: NodeId,
    /// Answers to it that were not understood.
    pub tries: u8,
    /// Answers in this flow so far.
    pub turns: u16,
    /// Since when it waits.
    pub since: Timestamp,
}

impl Node {
    /// Where it can go on by itself or by an answer.
    #[must_use]
    pub fn next(&self) -> Vec<&NodeId> {
        match self {
            Self::Message { next, .. } | Self::Tag { next, .. } => vec![next],
            Self::Condition { then, otherwise, .. } => vec![then, otherwise],
            Self::Question(question) => question.next(),
            Self::HandOver(_) | Self::End { .. } => Vec::new(),
        }
    }

    /// Whether it waits for the customer.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self, Self::Question(_))
    }

    /// Whether the flow is over there.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::HandOver(_) | Self::End { .. })
    }
}

impl Question {
    /// Where its answers lead.
    #[must_use]
    pub fn next(&self) -> Vec<&NodeId> {
        let chosen = self.choices().map(|choice| &choice.next);
        chosen.chain(self.typed.iter().map(|answer| &answer.next)).collect()
    }

    /// What can be chosen.
    pub fn choices(&self) -> impl Iterator<Item = &Choice> {
        self.menu.iter().flat_map(Menu::choices)
    }
}

impl Flow {
    /// How long a question waits.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_mins(self.timeout_minutes as u64)
    }

    /// The question of this name, if it is one.
    #[must_use]
    pub fn question(&self, node: &NodeId) -> Option<&Question> {
        match self.nodes.get(node)? {
            Node::Question(question) => Some(question),
            _ => None,
        }
    }

    /// The id by which Meta gives a tap back. It names the flow and the question, because a customer may tap what stands far
    /// above in the conversation.
    #[must_use]
    pub fn tap_id(&self, node: &NodeId, choice: &ChoiceId) -> String {
        format!("{}.{node}.{choice}", self.id)
    }
}
