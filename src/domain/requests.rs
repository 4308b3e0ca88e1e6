//! The life of an action request: its states, who moves it, and what a signature is.

use super::canonical::{Ask, Digest};
use super::clock::Timestamp;
use super::ids::{AgentId, PersonId, RequestId, SignatureId, TenantId};
use super::people::Role;
use super::preview::{Finding, Preview, Section};
use super::trace::TraceParent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// Where a request stands.
    Status, "status" {
        /// Worked out, nothing asked.
        Previewed = "previewed",
        /// People have to decide.
        PendingApproval = "pending_approval",
        /// A person wants something else.
        ChangesRequested = "changes_requested",
        /// A person said no.
        Rejected = "rejected",
        /// Nobody decided, or nothing started, in time.
        Expired = "expired",
        /// Taken back or stopped.
        Cancelled = "cancelled",
        /// A newer request took its place.
        Superseded = "superseded",
        /// All signatures are there; the worker will take it.
        Approved = "approved",
        /// What was signed is no longer what would happen.
        Stale = "stale",
        /// The worker is at it.
        Executing = "executing",
        /// The worker stands still until people say go on.
        Paused = "paused",
        /// Something is in doubt, and a person must look.
        NeedsAttention = "needs_attention",
        /// Done, all of it.
        Succeeded = "succeeded",
        /// Done, with failures.
        PartiallySucceeded = "partially_succeeded",
        /// Not done.
        Failed = "failed",
    }
}

words! {
    /// Why a part of what was signed was left undone.
    LeftUndone, "reason" {
        /// It is not as it was when people looked at it.
        Changed = "changed_since",
        /// It is closed by now.
        Closed = "closed",
        /// It is not there any more.
        Gone = "gone",
    }
}

impl Status {
    /// Whether it may still lead to anything.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Previewed
                | Self::PendingApproval
                | Self::Approved
                | Self::Executing
                | Self::Paused
                | Self::NeedsAttention
        )
    }

    /// Whether the worker has it.
    #[must_use]
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Executing | Self::Paused | Self::NeedsAttention)
    }

    /// The states that may follow. Everything else is refused by the guarded update and by this table.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        use Status::{
            Approved, Cancelled, ChangesRequested, Executing, Expired, Failed, NeedsAttention, PartiallySucceeded,
            Paused, PendingApproval, Previewed, Rejected, Stale, Succeeded, Superseded,
        };
        match self {
            Previewed => &[PendingApproval, Approved, Expired, Cancelled, Superseded],
            PendingApproval => &[Approved, ChangesRequested, Rejected, Expired, Stale, Cancelled, Superseded],
            Approved => &[Executing, Expired, Stale, Cancelled, Superseded],
            Executing => &[Succeeded, PartiallySucceeded, Failed, NeedsAttention, Paused, Stale, Cancelled],
            Paused => &[Executing, Cancelled],
            NeedsAttention => &[Executing, Succeeded, PartiallySucceeded, Failed, Cancelled],
            ChangesRequested | Rejected | Expired | Cancelled | Superseded | Stale | Succeeded | PartiallySucceeded
            | Failed => &[],
        }
    }

    /// Whether that state may follow.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.next().contains(&next)
    }
}

/// A request, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRequest {
    /// Which one.
    pub id: RequestId,
    /// Of which business.
    pub tenant: TenantId,
    /// The write tool.
    pub tool: String,
    /// Over what was asked.
    pub ask: Ask,
    /// Over what would happen.
    pub digest: Digest,
    /// The parts of the digest, in the order of the view's sections.
    pub sections: Vec<Digest>,
    /// What would happen.
    pub preview: Preview,
    /// Why, in the agent's words. Data, never instructions.
    pub reason: String,
    /// The arguments, as they came.
    pub arguments: serde_json::Value,
    /// The reads that the agent made before, of those that the catalogue advises.
    pub reads_made: Vec<ReadMade>,
    /// Where it stands.
    pub status: Status,
    /// Raised by every change; the guard of every update.
    pub version: i64,
    /// Who asked.
    pub agent: AgentId,
    /// What that agent is called.
    pub agent_name: String,
    /// Who answers for that agent.
    pub owner: PersonId,
    /// What that person is called.
    pub owner_name: String,
    /// Who must sign, copied from the policy when it was filed.
    pub quorum: Quorum,
    /// The version of the policy that was applied.
    pub policy: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// After this nobody can sign it.
    pub decide_by: Timestamp,
    /// After this it does not start.
    pub start_by: Option<Timestamp>,
    /// Before this it does not start.
    pub not_before: Option<Timestamp>,
    /// When the last signature was given.
    pub approved_at: Option<Timestamp>,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
    /// What came out.
    pub result: Option<serde_json::Value>,
    /// What went wrong.
    pub error: Option<Failure>,
    /// The request that took its place.
    pub superseded_by: Option<RequestId>,
    /// When a person allowed what was rejected to be asked for again.
    pub reopened_at: Option<Timestamp>,
    /// Where the call that made it stood in a trace of its agent's host.
    pub trace: Option<TraceParent>,
}

impl ActionRequest {
    /// The sections that a reviewer checks, each with its digest.
    pub fn sections(&self) -> impl Iterator<Item = (Section, Digest)> {
        self.preview.view.sections().iter().copied().zip(self.sections.iter().copied())
    }
}

/// One of the reads that the catalogue advises before a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ReadMade {
    /// The tool.
    pub tool: String,
    /// When the agent last called it; none if it did not.
    pub at: Option<Timestamp>,
}

/// Why a request did not succeed, for agents and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Failure {
    /// A stable word.
    pub code: String,
    /// What happened, what was not done, what to do.
    pub message: String,
    /// The rule that says so, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

impl Failure {
    /// The word of what its own agent took back.
    pub const WITHDRAWN: &str = "withdrawn";
}

/// How many must sign, and in which capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Quorum {
    /// The rule that says so.
    pub rule: String,
    /// One entry a signature.
    pub seats: Vec<Seat>,
}

/// One signature that is needed: any one of these roles may give it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Seat {
    /// Who may sit here.
    pub roles: Vec<Role>,
}

impl Quorum {
    /// No person is needed; the rule approves.
    #[must_use]
    pub fn nobody(rule: &str) -> Self {
        Self { rule: rule.to_owned(), seats: Vec::new() }
    }

    /// Whether any person must sign.
    #[must_use]
    pub fn needs_people(&self) -> bool {
        !self.seats.is_empty()
    }
}

words! {
    /// What a person decides.
    Decision, "decision" {
        /// It shall happen.
        Approved = "approved",
        /// Something else shall happen.
        ChangesRequested = "changes_requested",
        /// It shall not happen.
        Rejected = "rejected",
    }
}

/// A person's decision over a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Which one.
    pub id: SignatureId,
    /// Under what.
    pub request: RequestId,
    /// By whom.
    pub person: PersonId,
    /// The name as it was printed.
    pub name: String,
    /// In which capacity.
    pub role: Role,
    /// What was decided.
    pub decision: Decision,
    /// Over exactly what.
    pub digest: Digest,
    /// Why.
    pub comment: String,
    /// The warnings that were accepted, each with its reason.
    pub accepted: Vec<AcceptedWarning>,
    /// How the person proved to be that person: `password`.
    pub method: String,
    /// When.
    pub at: Timestamp,
}

/// A warning that a person took on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedWarning {
    /// Which rule warned.
    pub rule: String,
    /// Why it is acceptable.
    pub reason: String,
    /// Of what it warned, by the facts of each of its findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<BTreeMap<String, String>>,
}

impl AcceptedWarning {
    /// All that a rule warns of among these, taken on for this reason.
    #[must_use]
    pub fn new(rule: &str, reason: String, findings: &[Finding]) -> Self {
        let of = findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.facts.clone()).collect();
        Self { rule: rule.to_owned(), reason, of }
    }

    /// Whether it takes this on, with a reason.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule && !self.reason.trim().is_empty() && self.of.contains(&finding.facts)
    }
}

/// The warnings that people knew of when they signed.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    shown: Vec<Finding>,
    taken_on: Vec<AcceptedWarning>,
}

impl Accepted {
    /// What was shown with it, which nobody signs without accepting it, and what was taken on besides.
    #[must_use]
    pub fn of(shown: &[Finding], taken_on: Vec<AcceptedWarning>) -> Self {
        Self { shown: shown.to_vec(), taken_on }
    }

    /// Whether this was among them.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        self.shown.iter().any(|shown| shown.is_as(finding)) || self.taken_on.iter().any(|it| it.covers(finding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_never_moves_again_and_what_is_open_can_be_stopped() {
        for &status in Status::ALL {
            assert_eq!(status.next().is_empty(), !status.is_open(), "{status}");
            if status.is_open() {
                assert!(status.may_become(Status::Cancelled), "{status}");
            }
            assert!(!status.may_become(status), "{status}");
        }
    }

    #[test]
    fn nothing_reaches_the_worker_but_through_approval() {
        for &status in Status::ALL {
            let may = status.may_become(Status::Executing);
            assert_eq!(may, matches!(status, Status::Approved | Status::Paused | Status::NeedsAttention), "{status}");
            let may = status.may_become(Status::Approved);
            assert_eq!(may, matches!(status, Status::Previewed | Status::PendingApproval), "{status}");
        }
    }
}
