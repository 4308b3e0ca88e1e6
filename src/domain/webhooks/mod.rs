//! What Meta tells us by webhook, as typed events. Pure: bytes in, events out; storing and acting happen elsewhere.

mod business;
mod log;
mod message;
mod parse;
mod retry;
mod signature;
mod stop;

pub use business::{
    AccountAlert, AccountReview, AccountUpdate, BusinessUsername, Capability, FormEvent, PaymentSetup, PhoneName,
    PhoneQuality, Security, TemplateCategory, TemplateComponents, TemplateEvent, TemplateQuality, TemplateRef,
    TemplateStatus,
};
pub use log::{PostState, Progress, masked};
pub use message::{
    Article, Card, Cart, CartItem, ChangeKind, Echo, Interactive, Location, Media, MediaKind, Message, MessageKind,
    PersonChange, Referral, Sender,
};
pub use parse::{ParseError, accounts, is_acted_on, parse};
pub use retry::{Left, MOST_POSTS, Missing, Replay, RetriedPost, RetryPlan, events_of, left};
pub use signature::{SignatureError, verify_signature};
pub use stop::{StopWord, opts_out, stop_word};

use serde_json::Value;

use crate::domain::open_enum::open_enum;

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
    /// What became of a payment. It is a claim until it has been looked up.
    Payment(Payment),
    Message(Box<Message>),
    Echo(Echo),
    PersonChange(PersonChange),
    UserPreference(UserPreference),
    TemplateStatus(TemplateStatus),
    TemplateQuality(TemplateQuality),
    TemplateCategory(TemplateCategory),
    TemplateComponents(TemplateComponents),
    PhoneQuality(PhoneQuality),
    PhoneName(PhoneName),
    BusinessUsername(BusinessUsername),
    Security(Security),
    AccountUpdate(AccountUpdate),
    AccountReview(AccountReview),
    AccountAlert(AccountAlert),
    Capability(Capability),
    FormEvent(FormEvent),
    PaymentSetup(PaymentSetup),
    /// Something that Meta could not do for the number or the account.
    Trouble(EventError),
    /// A field, or a shape of a known field, that this version does not act on. Kept whole.
    Unknown {
        field: String,
        raw: Value,
    },
}

impl What {
    /// The field that this version acts on and that says nothing it can read; none if it can be read, or is about something that
    /// this version does not know at all.
    #[must_use]
    pub fn unreadable(&self) -> Option<&str> {
        match self {
            Self::Unknown { field, .. } if is_acted_on(field) => Some(field),
            _ => None,
        }
    }

    /// The word by which people find it in the log.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unknown { .. } if self.unreadable().is_some() => "unreadable",
            Self::Status(_) => "status",
            Self::Payment(_) => "payment",
            Self::Message(_) => "message",
            Self::Echo(_) => "echo",
            Self::PersonChange(_) => "person_change",
            Self::UserPreference(_) => "user_preference",
            Self::TemplateStatus(_) => "template_status",
            Self::TemplateQuality(_) => "template_quality",
            Self::TemplateCategory(_) => "template_category",
            Self::TemplateComponents(_) => "template_components",
            Self::PhoneQuality(_) => "number_quality",
            Self::PhoneName(_) => "number_name",
            Self::BusinessUsername(_) => "business_username",
            Self::Security(_) => "security",
            Self::AccountUpdate(_) => "account_update",
            Self::AccountReview(_) => "account_review",
            Self::AccountAlert(_) => "account_alert",
            Self::Capability(_) => "capability",
            Self::FormEvent(_) => "form",
            Self::PaymentSetup(_) => "payment_setup",
            Self::Trouble(_) => "trouble",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// What became of a message that we sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub wamid: String,
    pub status: DeliveryStatus,
    pub recipient: Sender,
    /// The person's identity as Meta knew it when the message was sent.
    pub identity_hash: Option<String>,
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

/// A payment that a message of ours asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub wamid: String,
    /// Ours, of the order.
    pub reference: String,
    /// `captured`, `pending`, `failed`.
    pub status: String,
}

/// An error as webhooks carry it. The texts have no phone numbers or tokens left in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventError {
    pub code: i64,
    pub title: Option<String>,
    pub details: Option<String>,
}

/// A person told WhatsApp itself that they want no marketing messages from this business, or want them again.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPreference {
    pub who: Sender,
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
