//! What went wrong, and what it proves. Branches on Meta's code, never on its wording.

use serde_json::Value;

use crate::domain::json::{flag, int, text};
use crate::domain::redact::scrub;
use crate::graph::backoff::Backoff;
use crate::graph::error_table::{ROWS, UNLISTED};

/// How a call ended that did not end well. For a write the three differ in what they prove.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Meta provably did nothing: it was not reached, or it turned the call away at the gate.
    #[error("not sent: {why}")]
    NotSent { why: String, retry: Backoff },
    /// Meta refused what was asked. It did nothing, and the same call would be refused again.
    #[error("refused by Meta: {0}")]
    Rejected(GraphError),
    /// The call was made and nothing that came back says whether Meta acted.
    #[error("no usable answer: {why}")]
    InDoubt { why: String },
}

/// Meta's error object. Its texts have been scrubbed of phone numbers and tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    pub code: i64,
    pub subcode: Option<i64>,
    pub title: String,
    pub details: Option<String>,
    pub is_transient: bool,
    /// Meta's support asks for it.
    pub trace_id: Option<String>,
}

impl std::fmt::Display for GraphError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "code {}", self.code)?;
        if let Some(subcode) = self.subcode {
            write!(f, "/{subcode}")?;
        }
        write!(f, ", {}", self.title)?;
        self.details.iter().try_for_each(|details| write!(f, ": {details}"))
    }
}

impl GraphError {
    /// Reads the error object of an answer; `None` if there is none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let answer: Value = serde_json::from_slice(body).ok()?;
        Self::from_object(answer.get("error")?)
    }

    /// Reads an error object that stands anywhere else.
    pub(super) fn from_object(error: &Value) -> Option<Self> {
        let code = int(error, "code")?;
        let message = text(error, "message").unwrap_or_default();
        // "(#131047) Re-engagement message": the number is the code again.
        let title =
            message.strip_prefix("(#").and_then(|rest| rest.split_once(") ")).map_or(message.as_str(), |(_, t)| t);
        let details = match error.get("error_data") {
            Some(Value::String(details)) => Some(details.clone()),
            Some(data) => text(data, "details"),
            None => None,
        };
        Some(Self {
            code,
            subcode: int(error, "error_subcode"),
            title: scrub(title),
            details: details.or_else(|| text(error, "error_user_msg")).map(|d| scrub(&d)),
            is_transient: flag(error, "is_transient").unwrap_or(false),
            trace_id: text(error, "fbtrace_id").map(|id| id.chars().take(64).collect()),
        })
    }

    /// Whether Meta may have refused a message because it does not know its file. It has no code for just that.
    pub const fn may_miss_a_file(&self) -> bool {
        matches!(self.code, 100 | 131_009 | 131_053)
    }

    /// What we know about it. Code 100 says little; its subcode says what.
    pub fn row(&self) -> &'static Row {
        let subcode = self.subcode.filter(|_| self.code == 100).and_then(lookup);
        subcode.or_else(|| lookup(self.code)).unwrap_or(&UNLISTED)
    }
}

/// One line of the error table: a code, or a range of codes that mean the same.
#[derive(Debug)]
pub struct Row {
    pub first: i64,
    pub last: i64,
    pub class: Class,
    pub remedy: Remedy,
    /// For logs and engineers.
    pub meaning: &'static str,
    /// For the person who asks why.
    pub sentence: &'static str,
}

/// What the code proves when it answers a send with a 4xx status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Turned away at the gate: nothing was sent, the same message may go later.
    Throttled(Backoff),
    /// Meta does not promise that nothing was sent.
    Ambiguous,
    /// Nothing was sent, and the same message would be refused again.
    Fatal(FatalFor),
}

/// How far a refusal reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FatalFor {
    /// This message as it is written.
    Message,
    /// Whatever goes to this person, at least for now.
    Recipient,
    /// Whatever uses this template.
    Template,
    /// Everything from this number: stop, and tell a person.
    Number,
    /// Everything from this account, whichever number: stop, and tell a person.
    Account,
}

/// What the product does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Waits and makes the same call again.
    Wait,
    /// Leaves the message `unknown` until a webhook or a person settles it.
    Reconcile,
    /// Records the failure; nothing else changes.
    Fail,
    /// Records the failure and leaves the person alone for a day.
    RestRecipient,
    /// Records that the person stopped marketing messages.
    SuppressMarketing,
    /// Records that the number cannot be reached.
    MarkUnreachable,
    /// Stops every send with this template and reads its state again.
    StopTemplate,
    /// Stops every send of the account and alerts an operator.
    StopSending,
    /// Starts reading the list again from its beginning.
    RestartPaging,
}

/// The row of a code, if the table has one.
pub fn lookup(code: i64) -> Option<&'static Row> {
    ROWS.iter().find(|row| (row.first..=row.last).contains(&code))
}

/// The row of a code, or what is said of codes that the table does not have.
pub fn explain(code: i64) -> &'static Row {
    lookup(code).unwrap_or(&UNLISTED)
}
