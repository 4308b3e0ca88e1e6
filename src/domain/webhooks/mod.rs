//! What Meta tells us by webhook, as typed events. Pure: bytes in, events out; storing and acting happen elsewhere.

mod parse;
mod signature;
mod stop;

pub use parse::{ParseError, accounts, parse};
pub use signature::{SignatureError, verify_signature};
pub use stop::{StopWord, stop_word};

use serde_json::Value;

use crate::domain::open_enum::open_enum;
use crate::domain::redact::Number;

/// One thing that happened. A delivery of Meta's carries up to a thousand of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The WhatsApp Business Account; empty when the delivery does not say.
    pub waba_id: String,
    pub phone_number_id: Option<String>,
    /// The same for every delivery of the same event, so that a repeat can be told; unique within the account.
    pub dedup_key: String,
    /// When it happened by Meta's clock, in unix seconds.
    pub at: Option<i64>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Status(Status),
    Message(Message),
    TemplateStatus(TemplateStatus),
    TemplateQuality(TemplateQuality),
    TemplateCategory(TemplateCategory),
    PhoneQuality(PhoneQuality),
    AccountUpdate(AccountUpdate),
    UserPreference(UserPreference),
    /// A field, or a shape of a known field, that this version does not act on. Kept whole.
    Unknown {
        field: String,
        raw: Value,
    },
}

/// What became of a message that we sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub wamid: String,
    pub status: DeliveryStatus,
    /// Absent when the person is known by a user id only.
    pub recipient: Option<Number>,
    pub recipient_user_id: Option<String>,
    /// What we sent along as `biz_opaque_callback_data`.
    pub callback: Option<String>,
    pub pricing: Option<Pricing>,
    pub errors: Vec<EventError>,
}

open_enum! {
    /// How far a message came. Statuses arrive in any order.
    pub enum DeliveryStatus {
        Sent = "sent",
        Delivered = "delivered",
        Read = "read",
        Played = "played",
        Failed = "failed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pricing {
    pub billable: Option<bool>,
    pub model: Option<String>,
    /// `regular`, `free_customer_service`, `free_entry_point`, ..
    pub kind: Option<String>,
    pub category: Option<String>,
}

/// An error as webhooks carry it. The texts have no phone numbers or tokens left in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventError {
    pub code: i64,
    pub title: Option<String>,
    pub details: Option<String>,
}

/// What a customer wrote or tapped.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: String,
    /// Absent when the person is known by a user id only.
    pub from: Option<Number>,
    pub user_id: Option<String>,
    pub kind: MessageKind,
    /// The message that this one answers.
    pub context_id: Option<String>,
    pub profile_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MessageKind {
    Text {
        body: String,
    },
    /// A quick reply of a template.
    Button {
        payload: Option<String>,
        text: String,
    },
    Interactive(Interactive),
    /// Everything else, by Meta's word for it: image, location, reaction, ..
    Other {
        kind: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Interactive {
    ButtonReply { id: String, title: String },
    ListReply { id: String, title: String },
    FormReply { name: Option<String>, response: Option<String> },
    Other { kind: String },
}

impl Message {
    /// The button of a template that was tapped.
    pub fn tapped(&self) -> Option<&str> {
        match &self.kind {
            MessageKind::Button { text, .. } => Some(text),
            MessageKind::Interactive(Interactive::ButtonReply { title, .. }) => Some(title),
            _ => None,
        }
    }

    /// What a STOP word or a keyword rule is looked for in.
    pub fn words(&self) -> Option<&str> {
        match &self.kind {
            MessageKind::Text { body } => Some(body),
            MessageKind::Button { text, .. } => Some(text),
            MessageKind::Interactive(Interactive::ButtonReply { title, .. } | Interactive::ListReply { title, .. }) => {
                Some(title)
            }
            MessageKind::Interactive(_) | MessageKind::Other { .. } => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct TemplateStatus {
    pub template_id: String,
    pub name: Option<String>,
    pub language: Option<String>,
    pub event: TemplateEvent,
    pub category: Option<String>,
    pub reason: Option<String>,
    /// For pauses: `FIRST_PAUSE`, `SECOND_PAUSE`, ..
    pub title: Option<String>,
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
    pub template_id: String,
    pub name: Option<String>,
    pub language: Option<String>,
    pub previous: Option<String>,
    pub new: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TemplateCategory {
    pub template_id: String,
    pub name: Option<String>,
    pub language: Option<String>,
    pub previous_category: Option<String>,
    pub new_category: String,
    /// Set when the change is announced, not yet made.
    pub correct_category: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PhoneQuality {
    /// The business's own number; these events carry no phone number id.
    pub display_phone_number: Option<Number>,
    pub event: String,
    /// The new limit of people per day, as Meta words it: `TIER_10K` or a number.
    pub limit: Option<String>,
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

/// A person told WhatsApp itself that they want no marketing messages from this business, or want them again.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPreference {
    pub wa_id: Option<Number>,
    pub user_id: Option<String>,
    /// `marketing_messages` so far.
    pub category: Option<String>,
    pub value: Preference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    Stop,
    Resume,
}

#[cfg(test)]
mod tests;
