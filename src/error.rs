//! The one error that the upper layers speak, and the stable words by which agents know it.

use crate::domain::preview::Finding;
use crate::store;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not for this caller: the two look the same.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// The id, as it was given.
        id: String,
    },
    /// The caller may not do this at all.
    #[error("{0}")]
    Forbidden(String),
    /// The input does not read: what, where, and what to write instead.
    #[error("{0}")]
    Invalid(String),
    /// A policy rule forbids it.
    #[error("{}", blocked(.0))]
    Blocked(Vec<Finding>),
    /// The arguments are not those that were previewed.
    #[error("{0}")]
    AskMismatch(String),
    /// Somebody was faster, or the state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// Too many calls in a short time.
    #[error("{message}")]
    RateLimited {
        /// What is limited, and to how much.
        message: String,
        /// When it is worth trying again, in seconds.
        retry_after: u64,
    },
    /// Too many requests of this agent wait for people.
    #[error("{0}")]
    TooManyPending(String),
    /// It has begun and takes its time; the same call finds it further on.
    #[error("{0}")]
    InProgress(String),
    /// Something that is needed does not answer; trying again later may help.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of ours. What it is goes to the log, not to the caller.
    #[error("something went wrong here; nothing was done")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What the upper layers answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn blocked(findings: &[Finding]) -> String {
    let count = findings.iter().filter(|f| f.level == crate::domain::preview::Level::Block).count();
    let rules = if count == 1 { "1 policy rule forbids".into() } else { format!("{count} policy rules forbid") };
    let first = findings.first().map_or("", |f| f.message.as_str());
    format!("{rules} this. Nothing was sent and nobody was asked. {first}")
}

impl Error {
    /// No such thing.
    #[must_use]
    pub fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound { what, id: id.to_string().chars().take(80).collect() }
    }

    /// A fault of ours.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// The stable word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Forbidden(_) => "forbidden",
            Self::Invalid(_) => "invalid_arguments",
            Self::Blocked(_) => "blocked",
            Self::AskMismatch(_) => "ask_mismatch",
            Self::Conflict(_) => "conflict",
            Self::RateLimited { .. } => "rate_limited",
            Self::TooManyPending(_) => "too_many_pending",
            Self::InProgress(_) => "in_progress",
            Self::Unavailable(_) | Self::Internal(_) => "unavailable",
        }
    }

    /// What the caller should do now.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "List what there is with the matching list tool, and use an id from its answer.",
            Self::Forbidden(_) => "Ask the owner of this agent for the permission; trying again does not help.",
            Self::Invalid(_) => "Correct the arguments and call again.",
            Self::Blocked(_) => "Change what the findings name, or ask your user. Do not resubmit the same content.",
            Self::AskMismatch(_) => "Preview the changed arguments first, or leave out action_request_id.",
            Self::Conflict(_) => "Read the present state with whatsapp.action_request.status, then decide.",
            Self::RateLimited { .. } => "Wait for the time named, then call again.",
            Self::TooManyPending(_) => "Wait until people have decided some of them.",
            Self::InProgress(_) => "Call again in some seconds with the same arguments; it goes on meanwhile.",
            Self::Unavailable(_) | Self::Internal(_) => {
                "Wait a little and call again; the same call is the same request."
            }
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::TooManyPending(_)
                | Self::InProgress(_)
                | Self::Unavailable(_)
                | Self::Internal(_)
        )
    }
}

impl From<store::Error> for Error {
    fn from(e: store::Error) -> Self {
        match e {
            store::Error::Conflict(what) => {
                Self::Conflict(format!("{what} has changed in the meantime; nothing was done"))
            }
            other => Self::internal(other),
        }
    }
}

impl From<crate::domain::canonical::NotCanonical> for Error {
    fn from(e: crate::domain::canonical::NotCanonical) -> Self {
        Self::internal(e)
    }
}
