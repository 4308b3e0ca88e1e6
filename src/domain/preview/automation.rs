//! What people look at before they sign a change of what answers customers by itself: what it says, step by step, what changes,
//! and how messages of the past would be answered.

use super::messages::{ChoiceView, SaidView};
use crate::domain::automation::Kind;
use crate::domain::automation::auto_replies::Occasion;
use crate::domain::automation::flows::{Fact, FlowKind};
use crate::domain::automation::names::Queue;
use crate::domain::automation::phrases::MatchKind;
use crate::domain::automation::plan::Becomes;
use crate::domain::automation::rehearse::Verdict;
use crate::domain::automation::replies::{Menu, Outgoing, Wording};
use crate::domain::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The three sections of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AutomationView {
    /// 1: when it speaks, and what it says, step by step.
    pub script: ScriptView,
    /// 2: what becomes of it, and what is different from before.
    pub change: ScriptChange,
    /// 3: what it would have done with messages of the past.
    pub effect: RehearsalView,
}

/// When something speaks, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScriptView {
    /// A rule, a flow or an auto-reply.
    pub kind: Kind,
    /// When it speaks.
    pub trigger: TriggerView,
    /// The business's numbers for which it acts; all if empty.
    pub numbers: Vec<String>,
    /// Languages of the customers for whom it acts; all if empty.
    pub languages: Vec<String>,
    /// What it does, in the order in which customers come to it.
    pub steps: Vec<StepView>,
}

/// When something speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum TriggerView {
    /// A message holds one of these phrases, and no rule with a lower number takes it.
    Keywords {
        /// Its place among the rules.
        priority: u16,
        /// How they are looked for.
        matching: MatchKind,
        /// The phrases.
        phrases: Vec<String>,
    },
    /// Something starts it.
    Started {
        /// What it is for.
        kind: FlowKind,
        /// Rules and auto-replies that start it today.
        starters: Vec<String>,
        /// How long a question waits.
        timeout_minutes: u16,
        /// How often an answer may be none that it knows.
        tries: u8,
    },
    /// Nothing else answers, and this is so.
    Occasion {
        /// What is so, as whatsapp.flow.upsert takes it.
        #[schemars(with = "serde_json::Value")]
        occasion: Occasion,
        /// Only in these queues; in all if empty.
        #[schemars(with = "BTreeSet<String>")]
        queues: BTreeSet<Queue>,
    },
}

words! {
    /// What a step does.
    StepKind, "kind of step" {
        /// Says something.
        Message = "message",
        /// Sends a template.
        Template = "template",
        /// Asks, and waits.
        Question = "question",
        /// Goes one way or the other.
        Condition = "condition",
        /// Labels the customer.
        Tag = "tag",
        /// Hands over to people.
        HandOver = "hand_over",
        /// Leads into a flow.
        StartFlow = "start_flow",
        /// Says that it did not understand.
        Fallback = "fallback",
        /// Is the end.
        End = "end",
    }
}

words! {
    /// By what a step leads on.
    LeadKind, "way on" {
        /// By itself.
        Next = "next",
        /// By a tap.
        Choice = "choice",
        /// By what is typed.
        Typed = "typed",
        /// If it is so.
        Then = "then",
        /// If it is not so.
        Otherwise = "otherwise",
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepView {
    /// Its name; empty where nothing leads to it by name.
    pub name: String,
    /// How far from the beginning it is.
    pub depth: u32,
    /// Whether anything leads to it.
    pub reached: bool,
    /// What it does: `message`, `template`, `question`, `condition`, `tag`, `hand_over`, `start_flow`, `fallback` or `end`.
    #[schemars(with = "String")]
    pub does: StepKind,
    /// What the customer reads.
    pub says: Option<SaidView>,
    /// The prices in that, with where they were looked up and when.
    pub prices: Vec<String>,
    /// The template, label, queue or flow.
    pub what: Option<String>,
    /// What people who take over should know.
    pub note: Option<String>,
    /// What is looked at, as whatsapp.flow.upsert takes it.
    #[schemars(with = "serde_json::Value")]
    pub holds: Option<Fact>,
    /// Where it leads.
    pub leads: Vec<LeadView>,
}

/// Where a step leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LeadView {
    /// By what: `next`, `choice`, `typed`, `then` or `otherwise`.
    #[schemars(with = "String")]
    pub by: LeadKind,
    /// What is tapped or typed for it.
    pub words: Vec<String>,
    /// How what is typed is looked for.
    pub matching: Option<MatchKind>,
    /// To which step.
    pub to: String,
    /// Whether that was there before, so that customers can go round.
    pub back: bool,
}

/// What becomes of something, and what is different from before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScriptChange {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What becomes of it.
    pub becomes: Becomes,
    /// The version that is stored, made live or taken away.
    pub version: u32,
    /// The version that is no longer live after that.
    pub replaces: Option<u32>,
    /// The version that it is compared with: the live one, or else the newest. None if there is none.
    pub compared_with: Option<u32>,
    /// What that one says.
    pub before: Option<ScriptBefore>,
    /// Each value that is different from it.
    pub lines: Vec<ScriptLine>,
    /// Differences that are not listed.
    pub unlisted: u64,
}

/// The version that a change is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScriptBefore {
    /// What people call it.
    pub name: String,
    /// When it speaks, and what it says.
    pub script: ScriptView,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScriptLine {
    /// Where.
    pub place: String,
    /// What stands there; none if nothing does.
    pub before: Option<String>,
    /// What would stand there.
    pub after: Option<String>,
}

/// How messages of the past would be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RehearsalView {
    /// How far back.
    pub days: u64,
    /// Messages that were played.
    pub messages: u64,
    /// Whether there were more, so that only the newest were.
    pub only_newest: bool,
    /// Messages that would be answered in another way, or lose or get an answer.
    pub different: u64,
    /// In how many conversations.
    pub conversations: u64,
    /// Customers at a question of this flow now.
    pub standing: u64,
    /// How many messages show what.
    pub verdicts: Vec<VerdictCount>,
    /// What would have answered how many.
    pub by: Vec<AnsweredCount>,
    /// A few of them.
    pub samples: Vec<RehearsedSample>,
}

/// Messages that show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct VerdictCount {
    /// What.
    pub verdict: Verdict,
    /// How many.
    pub messages: u64,
}

/// Messages that one thing would have answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AnsweredCount {
    /// What kind of thing.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// How many.
    pub messages: u64,
}

/// One message of the past. Nobody can be known by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RehearsedSample {
    /// All that it shows.
    pub verdicts: Vec<Verdict>,
    /// When it came.
    pub at: Timestamp,
    /// Its words, without numbers and addresses; none if it has none, or lies in a queue that is for few.
    pub text: Option<String>,
    /// How it is answered today.
    pub today: Option<AnswerView>,
    /// How it would be.
    pub then: Option<AnswerView>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AnswerView {
    /// The name of what gives it; none if a person was asked for, or a guard ended it.
    pub by: Option<String>,
    /// What is said.
    pub says: Vec<SaidView>,
    /// The queue to which the conversation goes.
    pub queue: Option<String>,
}

impl RehearsalView {
    /// Of nothing that was played.
    #[must_use]
    pub const fn nothing(days: u64) -> Self {
        Self {
            days,
            messages: 0,
            only_newest: false,
            different: 0,
            conversations: 0,
            standing: 0,
            verdicts: Vec::new(),
            by: Vec::new(),
            samples: Vec::new(),
        }
    }
}

impl SaidView {
    /// A message of automation, as its reader sees it.
    #[must_use]
    pub fn of_outgoing(outgoing: &Outgoing) -> Self {
        let said =
            |kind: &str, body: &str| Self { kind: kind.to_owned(), body: Some(body.to_owned()), ..Self::default() };
        match outgoing {
            Outgoing::Text { text } => said("text", text),
            Outgoing::Buttons { text, buttons } => Self {
                choices: buttons.iter().map(|it| ChoiceView::button(&it.title)).collect(),
                ..said("reply_buttons", text)
            },
            Outgoing::List { text, button, rows } => Self {
                opens: Some(button.clone()),
                choices: rows
                    .iter()
                    .map(|it| ChoiceView { detail: it.description.clone(), ..ChoiceView::button(&it.title) })
                    .collect(),
                ..said("list", text)
            },
            Outgoing::Template { name } => said("template", name),
        }
    }

    /// A text of automation, with what can be chosen below it.
    #[must_use]
    pub fn of_wording(wording: &Wording, menu: Option<&Menu>) -> Self {
        let choices = menu.map(Menu::choices).unwrap_or_default();
        let lists = matches!(menu, Some(Menu::List { .. }));
        Self {
            kind: match menu {
                None => "text",
                Some(Menu::Buttons(_)) => "reply_buttons",
                Some(Menu::List { .. }) => "list",
            }
            .to_owned(),
            body: Some(wording.text.clone()),
            opens: menu.and_then(|menu| match menu {
                Menu::List { button, .. } => Some(button.clone()),
                Menu::Buttons(_) => None,
            }),
            choices: choices
                .iter()
                .map(|it| ChoiceView {
                    detail: it.description.clone().filter(|_| lists),
                    ..ChoiceView::button(&it.title)
                })
                .collect(),
            ..Self::default()
        }
    }
}
