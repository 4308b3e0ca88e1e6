//! What people look at before they let what Meta sent be applied again, section by section.

use crate::domain::clock::Timestamp;
use crate::domain::webhooks::Replay;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The two sections of a retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RetryView {
    /// What people call it.
    pub name: String,
    /// 1: what Meta sent and could not be applied.
    pub posts: Vec<AsidePost>,
    /// 2: what would follow from it.
    pub effect: RetryEffect,
}

/// A post of which something is left to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AsidePost {
    /// Its place in the order of arrival.
    pub id: i64,
    /// When it came.
    pub received_at: Timestamp,
    /// The business's numbers that it is about, as customers see them.
    pub numbers: BTreeSet<String>,
    /// Why nobody could read it; none where single events of it are aside.
    pub unread: Option<String>,
    /// The events that would be applied, as far as they are listed.
    pub events: Vec<AsideEvent>,
    /// How many more there are.
    pub unlisted: u64,
    /// What Meta sent, masked, as far as it is shown.
    pub payload: Option<String>,
}

/// An event that would be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AsideEvent {
    /// Its place in the post, from 0.
    pub place: usize,
    /// What it is.
    pub kind: String,
    /// When it happened, by Meta's clock.
    pub at: Option<Timestamp>,
    /// What applying it does.
    pub effect: Replay,
    /// Why it could not be applied; none if it was not tried yet.
    pub why: Option<String>,
    /// How often it was tried in vain.
    pub tries: u64,
}

/// What would follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RetryEffect {
    /// Posts.
    pub posts: u64,
    /// Events.
    pub events: u64,
    /// Events that change more than the log.
    pub changes: u64,
    /// Events that were tried again in vain already.
    pub in_vain: u64,
    /// Events that happened before the time in which customers may be answered freely.
    pub old: u64,
    /// How many events of which kind.
    pub kinds: BTreeMap<String, u64>,
}

impl RetryEffect {
    /// Whether more than one thing would be applied.
    #[must_use]
    pub const fn is_bulk(&self) -> bool {
        self.posts > 1 || self.events > 1
    }
}
