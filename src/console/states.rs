//! The states of a request as people read them, and whose move it is in each.

use std::time::Duration;

use jiff::Timestamp;

use super::parts::{Tag, Tone};
use crate::domain::broadcasts::BroadcastState;
use crate::domain::clock::Timestamp as Instant;
use crate::domain::requests::Status;
use crate::words::Words;

/// A state with the facts that its words need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Previewed,
    Pending,
    PendingSecond,
    ChangesRequested,
    Rejected,
    CoolingOff { until: Timestamp },
    Approved,
    Scheduled { at: Timestamp },
    Sending,
    UnderWay,
    Paused,
    Stopped { by: String },
    Done,
    DoneWithFailures,
    Failed,
    OutcomeUnknown,
    HeldByMeta,
    Stale,
    Expired,
    Withdrawn,
    Superseded,
    Blocked,
}

impl State {
    /// The words for where a request stands. What is approved says what it waits for: the time to stop it, or its hour.
    pub fn of(
        status: Status,
        half_signed: bool,
        not_before: Option<Instant>,
        cooling_off: Duration,
        now: Instant,
    ) -> Self {
        match status {
            Status::Previewed => Self::Previewed,
            Status::PendingApproval if half_signed => Self::PendingSecond,
            Status::PendingApproval => Self::Pending,
            Status::ChangesRequested => Self::ChangesRequested,
            Status::Rejected => Self::Rejected,
            Status::Expired => Self::Expired,
            Status::Cancelled => Self::Withdrawn,
            Status::Superseded => Self::Superseded,
            Status::Approved => match not_before.filter(|at| *at > now) {
                Some(at) if at.since(now) > cooling_off => Self::Scheduled { at: at.to_jiff() },
                Some(until) => Self::CoolingOff { until: until.to_jiff() },
                None => Self::Approved,
            },
            Status::Stale => Self::Stale,
            Status::Executing => Self::Sending,
            Status::Paused => Self::Paused,
            Status::NeedsAttention => Self::OutcomeUnknown,
            Status::Succeeded => Self::Done,
            Status::PartiallySucceeded => Self::DoneWithFailures,
            Status::Failed => Self::Failed,
        }
    }

    /// The same for what is done by this tool: few of them send messages.
    pub fn by_tool(self, tool: &str) -> Self {
        let sends = ["whatsapp.broadcast.schedule", "whatsapp.session_message.send", "whatsapp.payment_link.send"];
        if self == Self::Sending && !sends.contains(&tool) { Self::UnderWay } else { self }
    }

    /// Where something stands that was stopped, with the person who did it, if one did. What of it is still in doubt waits for
    /// people all the same.
    pub fn stopped(status: Status, by: String) -> Self {
        if status == Status::NeedsAttention { Self::OutcomeUnknown } else { Self::Stopped { by } }
    }

    /// Where a broadcast stands, as far as its row alone tells.
    pub fn of_broadcast(state: BroadcastState) -> Self {
        match state {
            BroadcastState::Draft => Self::Previewed,
            BroadcastState::Requested => Self::Pending,
            BroadcastState::Scheduled => Self::Approved,
            BroadcastState::Running => Self::Sending,
            BroadcastState::Paused => Self::Paused,
            BroadcastState::Done => Self::Done,
            BroadcastState::Cancelled => Self::Stopped { by: String::new() },
        }
    }

    pub fn words(&self, l: &Words) -> String {
        match self {
            Self::Previewed => l.t("state-previewed"),
            Self::Pending => l.t("state-pending"),
            Self::PendingSecond => l.t("state-pending-second"),
            Self::ChangesRequested => l.t("state-changes"),
            Self::Rejected => l.t("state-rejected"),
            Self::CoolingOff { until } => l.t1("state-cooling", "until", l.short(until)),
            Self::Approved => l.t("state-approved"),
            Self::Scheduled { at } => l.t1("state-scheduled", "at", l.when(at)),
            Self::Sending => l.t("state-sending"),
            Self::UnderWay => l.t("state-under-way"),
            Self::Paused => l.t("state-paused"),
            Self::Stopped { by } if by.is_empty() => l.t("state-halted"),
            Self::Stopped { by } => l.t1("state-stopped", "name", by),
            Self::Done => l.t("state-done"),
            Self::DoneWithFailures => l.t("state-partial"),
            Self::Failed => l.t("state-failed"),
            Self::OutcomeUnknown => l.t("state-unknown"),
            Self::HeldByMeta => l.t("state-held"),
            Self::Stale => l.t("state-stale"),
            Self::Expired => l.t("state-expired"),
            Self::Withdrawn => l.t("state-withdrawn"),
            Self::Superseded => l.t("state-superseded"),
            Self::Blocked => l.t("state-blocked"),
        }
    }

    /// Who moves next, as a sentence.
    pub fn next(&self, l: &Words) -> String {
        match self {
            Self::Previewed => l.t("next-agent"),
            Self::Pending => l.t("next-reviewer"),
            Self::PendingSecond => l.t("next-second"),
            Self::ChangesRequested | Self::Expired | Self::Blocked => l.t("next-requester"),
            Self::CoolingOff { .. } => l.t("next-cooling"),
            Self::Scheduled { .. } => l.t("next-clock"),
            Self::Approved | Self::Sending => l.t("next-worker"),
            Self::UnderWay => l.t("next-under-way"),
            Self::Paused => l.t("next-paused"),
            Self::DoneWithFailures | Self::Failed => l.t("next-read"),
            Self::OutcomeUnknown => l.t("next-reconcile"),
            Self::HeldByMeta => l.t("next-meta"),
            Self::Stale => l.t("next-stale"),
            Self::Rejected | Self::Stopped { .. } | Self::Done | Self::Withdrawn | Self::Superseded => {
                l.t("next-nobody")
            }
        }
    }

    pub fn tag(&self, l: &Words) -> Tag {
        let (tone, icon) = match self {
            Self::Pending | Self::PendingSecond => (Tone::Warn, "clock"),
            Self::ChangesRequested => (Tone::Info, "edit"),
            Self::Previewed | Self::Superseded | Self::Withdrawn => (Tone::Plain, "dot"),
            Self::CoolingOff { .. } | Self::Approved => (Tone::Ok, "check"),
            Self::Scheduled { .. } => (Tone::Info, "calendar"),
            Self::Sending => (Tone::Info, "send"),
            Self::UnderWay => (Tone::Info, "clock"),
            Self::Paused | Self::HeldByMeta => (Tone::Warn, "pause"),
            Self::Done => (Tone::Ok, "check"),
            Self::DoneWithFailures | Self::OutcomeUnknown => (Tone::Warn, "warn"),
            Self::Stopped { .. } => (Tone::Danger, "stop"),
            Self::Rejected | Self::Failed | Self::Blocked | Self::Stale => (Tone::Danger, "cross"),
            Self::Expired => (Tone::Plain, "clock"),
        };
        Tag::new(tone, icon, self.words(l))
    }
}

#[cfg(test)]
impl State {
    /// Every state once, for the gallery.
    pub(super) fn samples() -> Vec<Self> {
        let at: Timestamp = "2026-12-01T02:00:00Z".parse().unwrap();
        vec![
            Self::Previewed,
            Self::Pending,
            Self::PendingSecond,
            Self::ChangesRequested,
            Self::Rejected,
            Self::CoolingOff { until: at },
            Self::Approved,
            Self::Scheduled { at },
            Self::Sending,
            Self::UnderWay,
            Self::Paused,
            Self::Stopped { by: "M. Lau".into() },
            Self::Done,
            Self::DoneWithFailures,
            Self::Failed,
            Self::OutcomeUnknown,
            Self::HeldByMeta,
            Self::Stale,
            Self::Expired,
            Self::Withdrawn,
            Self::Superseded,
            Self::Blocked,
        ]
    }
}
