//! What the worker can do: one variant for each write tool, fully resolved.

use super::audience::AudienceSeal;
use super::broadcasts::{BroadcastPlan, BroadcastSpec, Schedule};
use super::ids::BroadcastId;
use serde::{Deserialize, Serialize};

/// A write, resolved: nothing in it depends on anything that may still change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// Store a broadcast with its frozen audience; nothing is sent.
    BroadcastCreate(Box<BroadcastDraft>),
    /// Send a broadcast, once to each person of its frozen audience.
    BroadcastSchedule(Box<BroadcastPlan>),
}

/// A broadcast to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroadcastDraft {
    /// Which it will be.
    pub broadcast: BroadcastId,
    /// As it was described.
    pub spec: BroadcastSpec,
    /// How it would go out.
    pub schedule: Schedule,
    /// To whom.
    pub audience: AudienceSeal,
}

impl Action {
    /// The write tool that it belongs to.
    #[must_use]
    pub const fn tool(&self) -> &'static str {
        match self {
            Self::BroadcastCreate(_) => "whatsapp.broadcast.create",
            Self::BroadcastSchedule(_) => "whatsapp.broadcast.schedule",
        }
    }

    /// The frozen list of recipients that it is for.
    #[must_use]
    pub const fn audience(&self) -> Option<&AudienceSeal> {
        match self {
            Self::BroadcastCreate(draft) => Some(&draft.audience),
            Self::BroadcastSchedule(plan) => Some(&plan.audience),
        }
    }

    /// Whether it reaches customers or Meta, which no database can take back.
    #[must_use]
    pub const fn leaves_the_house(&self) -> bool {
        match self {
            Self::BroadcastCreate(_) => false,
            Self::BroadcastSchedule(_) => true,
        }
    }
}
