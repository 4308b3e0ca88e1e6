//! Auto-replies: what customers read when nobody answers, because the shop is closed, everybody is away, or it is the first
//! message of all.

use super::hours::OpeningHours;
use super::names::Queue;
use super::replies::{HandOver, Wording};
use super::scope::Scope;
use crate::domain::ids::{AutoReplyId, FlowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// What an auto-reply says; one version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoReply {
    /// Which one.
    pub id: AutoReplyId,
    /// What people call it.
    pub name: String,
    /// When it speaks.
    pub occasion: Occasion,
    /// For which messages.
    pub scope: Scope,
    /// Only for conversations in one of these queues; all if empty.
    pub queues: BTreeSet<Queue>,
    /// What it says.
    pub say: Wording,
    /// What happens to those who write on after they have read it. None only in a draft.
    pub fallback: Option<ReplyFallback>,
    /// Who takes over. None only in a draft.
    pub person: Option<HandOver>,
}

/// When an auto-reply speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Occasion {
    /// Outside these hours.
    Closed(OpeningHours),
    /// While nobody of the team is there, within these hours if some are given.
    EverybodyAway(Option<OpeningHours>),
    /// To the first message of a customer, within these hours if some are given.
    FirstMessage(Option<OpeningHours>),
}

/// What happens to those who write on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReplyFallback {
    /// They are handed to people.
    Person,
    /// They are led through a flow.
    Flow(#[schemars(with = "String")] FlowId),
}

/// Nobody reads the same auto-reply twice within this time.
pub const AGAIN: Duration = Duration::from_hours(12);

impl Occasion {
    /// Its place in the order in which occasions are tried.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Closed(_) => 0,
            Self::EverybodyAway(_) => 1,
            Self::FirstMessage(_) => 2,
        }
    }
}
