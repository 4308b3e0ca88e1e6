//! What people look at before they sign a segment, section by section.

use crate::domain::broadcasts::BroadcastState;
use crate::domain::ids::BroadcastId;
use crate::domain::segments::Condition;
use serde::{Deserialize, Serialize};

/// The two sections of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SegmentChangeView {
    /// What it is for, in the agent's words.
    pub purpose: Option<String>,
    /// 1: its conditions before and after.
    pub change: SegmentChange,
    /// 2: who enters, who leaves, and what was drawn from it.
    pub effect: SegmentEffect,
}

/// A segment before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SegmentChange {
    /// What people will call it.
    pub name: String,
    /// As it is; none if it is new.
    pub before: Option<SegmentState>,
    /// As it would be.
    pub after: SegmentState,
}

/// One version of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SegmentState {
    /// Which version.
    pub version: u32,
    /// What it is called.
    pub name: String,
    /// Who belongs.
    pub include: Condition,
    /// Who of those does not.
    pub exclude: Option<Condition>,
    /// The same in words.
    pub in_words: String,
}

/// Whom and what it touches. Counts of people leave out opt-outs, blocked people and invalid numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SegmentEffect {
    /// People it reaches now.
    pub people_before: u64,
    /// People it would reach.
    pub people_after: u64,
    /// People who would come in.
    pub enter: u64,
    /// People who would fall out.
    pub leave: u64,
    /// Broadcasts that were drawn from it and wait or run. What was frozen for them stays as it is.
    pub broadcasts: Vec<AffectedBroadcast>,
}

impl SegmentEffect {
    /// Whether the figures add up.
    #[must_use]
    pub const fn balances(&self) -> bool {
        self.people_before + self.enter == self.people_after + self.leave
    }
}

/// A broadcast that was drawn from a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AffectedBroadcast {
    /// Which.
    #[schemars(with = "String")]
    pub id: BroadcastId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub state: BroadcastState,
}
