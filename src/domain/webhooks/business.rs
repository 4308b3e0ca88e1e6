//! What Meta tells of the business itself: its templates, its numbers, its account.

use crate::domain::open_enum::open_enum;
use crate::domain::redact::Number;

/// Which template an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRef {
    pub id: String,
    pub name: Option<String>,
    pub language: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TemplateStatus {
    pub template: TemplateRef,
    pub event: TemplateEvent,
    pub category: Option<String>,
    pub reason: Option<String>,
    /// For pauses: `FIRST_PAUSE`, `SECOND_PAUSE`, ..
    pub title: Option<String>,
    /// What Meta advises after a refusal.
    pub recommendation: Option<String>,
}

open_enum! {
    /// What happened to a template. Sending stops on everything but approval, reinstatement and return from the archive.
    pub enum TemplateEvent {
        Approved = "APPROVED",
        Archived = "ARCHIVED",
        Deleted = "DELETED",
        Disabled = "DISABLED",
        Flagged = "FLAGGED",
        InAppeal = "IN_APPEAL",
        LimitExceeded = "LIMIT_EXCEEDED",
        Locked = "LOCKED",
        Paused = "PAUSED",
        Pending = "PENDING",
        PendingDeletion = "PENDING_DELETION",
        Reinstated = "REINSTATED",
        Rejected = "REJECTED",
        Unarchived = "UNARCHIVED",
    }
}

impl TemplateEvent {
    /// Whether messages with this template may go on after the event.
    pub fn may_send(&self) -> bool {
        matches!(self, Self::Approved | Self::Reinstated | Self::Unarchived)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct TemplateQuality {
    pub template: TemplateRef,
    pub previous: Option<String>,
    pub new: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TemplateCategory {
    pub template: TemplateRef,
    pub previous_category: Option<String>,
    pub new_category: String,
    /// Set when the change is announced, not yet made.
    pub correct_category: Option<String>,
}

/// The words of a template are others now. What they are is read anew, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateComponents {
    pub template: TemplateRef,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PhoneQuality {
    /// The business's own number; these events carry no phone number id.
    pub display_phone_number: Option<Number>,
    pub event: String,
    /// The new limit of people per day, as Meta words it: `TIER_10K` or a number.
    pub limit: Option<String>,
}

/// The name that people see at a number was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct PhoneName {
    pub display_phone_number: Option<Number>,
    pub decision: String,
    pub requested: Option<String>,
    pub reason: Option<String>,
}

/// The business's own username.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessUsername {
    pub display_phone_number: Option<Number>,
    pub username: Option<String>,
    pub status: String,
}

/// Somebody changed, or asked to change, what protects a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Security {
    pub display_phone_number: Option<Number>,
    pub event: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AccountUpdate {
    pub event: String,
    /// `RESTRICTED_BIZ_INITIATED_MESSAGING`, ..
    pub restrictions: Vec<String>,
    pub violation: Option<String>,
    pub ban_state: Option<String>,
}

impl AccountUpdate {
    /// Whether queued messages must stop because of it.
    pub fn stops_sending(&self) -> bool {
        match self.event.as_str() {
            "ACCOUNT_RESTRICTION" | "ACCOUNT_DELETED" | "ACCOUNT_OFFBOARDED" => true,
            "DISABLED_UPDATE" => self.ban_state.as_deref() != Some("REINSTATE"),
            _ => false,
        }
    }
}

/// The account was reviewed.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountReview {
    pub decision: String,
}

/// Something that Meta wants the business to know.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountAlert {
    pub entity: Option<String>,
    pub severity: Option<String>,
    pub status: Option<String>,
    pub kind: String,
}

/// What the business may do: people that it may write to in a day, numbers that it may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Capability {
    /// A number or `TIER_…`.
    pub people_a_day: Option<String>,
    pub most_numbers: Option<i64>,
}

/// One of the forms that Meta hosts changed its state or misbehaves.
#[derive(Debug, Clone, PartialEq)]
pub struct FormEvent {
    pub form_id: String,
    pub event: String,
    pub status: Option<String>,
}

/// A way of being paid changed its state.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentSetup {
    pub name: String,
    pub status: Option<String>,
}
