//! Where a template stands with Meta, and how that is written in calls and webhooks.

use serde::{Deserialize, Serialize};

/// Only an approved template can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    Approved,
    Pending,
    Rejected,
    Paused,
    Disabled,
    InAppeal,
    PendingDeletion,
    LimitExceeded,
    Archived,
    /// Marked for its poor quality, and still sendable.
    Flagged,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::Approved => "APPROVED",
            Standing::Pending => "PENDING",
            Standing::Rejected => "REJECTED",
            Standing::Paused => "PAUSED",
            Standing::Disabled => "DISABLED",
            Standing::InAppeal => "IN_APPEAL",
            Standing::PendingDeletion => "PENDING_DELETION",
            Standing::LimitExceeded => "LIMIT_EXCEEDED",
            Standing::Archived => "ARCHIVED",
            Standing::Flagged => "FLAGGED",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        serde_json::from_value(word.into()).ok()
    }

    pub fn sendable(self) -> bool {
        matches!(self, Standing::Approved | Standing::Flagged)
    }

    pub fn editable(self) -> bool {
        matches!(self, Standing::Approved | Standing::Rejected | Standing::Paused)
    }
}

/// Why a template was not approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    AbusiveContent,
    InvalidFormat,
    Promotional,
    Scam,
    TagContentMismatch,
    IncorrectCategory,
    CategoryNotAvailable,
    None,
}

impl Reason {
    pub fn word(self) -> &'static str {
        match self {
            Reason::AbusiveContent => "ABUSIVE_CONTENT",
            Reason::InvalidFormat => "INVALID_FORMAT",
            Reason::Promotional => "PROMOTIONAL",
            Reason::Scam => "SCAM",
            Reason::TagContentMismatch => "TAG_CONTENT_MISMATCH",
            Reason::IncorrectCategory => "INCORRECT_CATEGORY",
            Reason::CategoryNotAvailable => "CATEGORY_NOT_AVAILABLE",
            Reason::None => "NONE",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        serde_json::from_value(word.into()).ok()
    }
}
