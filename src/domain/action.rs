//! What the worker can do: one variant for each write tool, fully resolved.

use super::audience::AudienceSeal;
use super::automation::plan::AutomationPlan;
use super::broadcasts::{BroadcastPlan, BroadcastSpec, Schedule};
use super::consent::update::ConsentPlan;
use super::contacts::import::ImportPlan;
use super::contacts::tags::TagPlan;
use super::contacts::upsert::ContactPlan;
use super::conversations::handover::{AssignPlan, ClosePlan};
use super::ids::BroadcastId;
use super::media::AssetPlan;
use super::messages::session::SessionPlan;
use super::orders::{LinkPlan, OrderPlan};
use super::segments::SegmentPlan;
use super::templates::draft::DraftPlan;
use super::templates::submission::SubmitPlan;
use super::webhooks::RetryPlan;
use serde::{Deserialize, Serialize};

/// A write, resolved: nothing in it depends on anything that may still change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// Store a broadcast with its frozen audience; nothing is sent.
    BroadcastCreate(Box<BroadcastDraft>),
    /// Send a broadcast, once to each person of its frozen audience.
    BroadcastSchedule(Box<BroadcastPlan>),
    /// Write a list of contacts, with what they agreed to.
    ContactImport(Box<ImportPlan>),
    /// Store a new version of a segment.
    SegmentUpsert(Box<SegmentPlan>),
    /// Say something to one customer, once, while their window is open.
    SessionMessageSend(Box<SessionPlan>),
    /// Apply what Meta sent and could not be applied, each event at most once.
    WebhookRetry(RetryPlan),
    /// Create an order at its source, once.
    OrderCreate(Box<OrderPlan>),
    /// Send a customer a link by which their order is paid, once, while their window is open.
    PaymentLinkSend(Box<LinkPlan>),
    /// Store what answers customers by itself, make it live, or take it away.
    AutomationChange(Box<AutomationPlan>),
    /// Add or change one contact.
    ContactUpsert(ContactPlan),
    /// Write down what customers agreed to, or no longer agree to.
    ConsentUpdate(ConsentPlan),
    /// Put labels on people or conversations, or take them away.
    TagApply(TagPlan),
    /// Give conversations to a queue or a person.
    ConversationAssign(AssignPlan),
    /// Close a conversation.
    ConversationClose(Box<ClosePlan>),
    /// Store a new version of a template's draft; Meta sees nothing of it.
    TemplateDraftUpsert(Box<DraftPlan>),
    /// Create or edit a template at Meta, language by language.
    TemplateSubmit(Box<SubmitPlan>),
    /// Keep a file of the business's; nobody gets it by that.
    MediaAssetUpload(Box<AssetPlan>),
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
            Self::ContactImport(_) => "whatsapp.contact.import",
            Self::SegmentUpsert(_) => "whatsapp.segment.upsert",
            Self::SessionMessageSend(_) => "whatsapp.session_message.send",
            Self::WebhookRetry(_) => "whatsapp.webhook.retry",
            Self::OrderCreate(_) => "whatsapp.order.create_from_chat",
            Self::PaymentLinkSend(_) => "whatsapp.payment_link.send",
            Self::AutomationChange(plan) => plan.tool(),
            Self::ContactUpsert(_) => "whatsapp.contact.upsert",
            Self::ConsentUpdate(_) => "whatsapp.consent.update",
            Self::TagApply(_) => "whatsapp.tag.apply",
            Self::ConversationAssign(_) => "whatsapp.conversation.assign",
            Self::ConversationClose(_) => "whatsapp.conversation.close",
            Self::TemplateDraftUpsert(_) => "whatsapp.template_draft.upsert",
            Self::TemplateSubmit(_) => "whatsapp.template.submit",
            Self::MediaAssetUpload(_) => "whatsapp.media_asset.upload",
        }
    }

    /// The frozen list of recipients that it is for.
    #[must_use]
    pub const fn audience(&self) -> Option<&AudienceSeal> {
        match self {
            Self::BroadcastCreate(draft) => Some(&draft.audience),
            Self::BroadcastSchedule(plan) => Some(&plan.audience),
            Self::ContactImport(_)
            | Self::SegmentUpsert(_)
            | Self::SessionMessageSend(_)
            | Self::WebhookRetry(_)
            | Self::OrderCreate(_)
            | Self::PaymentLinkSend(_)
            | Self::AutomationChange(_)
            | Self::ContactUpsert(_)
            | Self::ConsentUpdate(_)
            | Self::TagApply(_)
            | Self::ConversationAssign(_)
            | Self::ConversationClose(_)
            | Self::TemplateDraftUpsert(_)
            | Self::TemplateSubmit(_)
            | Self::MediaAssetUpload(_) => None,
        }
    }

    /// Whether it reaches customers, Meta or another system, which no database can take back.
    #[must_use]
    pub const fn leaves_the_house(&self) -> bool {
        match self {
            Self::BroadcastSchedule(_)
            | Self::SessionMessageSend(_)
            | Self::OrderCreate(_)
            | Self::PaymentLinkSend(_)
            | Self::TemplateSubmit(_) => true,
            Self::BroadcastCreate(_)
            | Self::ContactImport(_)
            | Self::SegmentUpsert(_)
            | Self::WebhookRetry(_)
            | Self::AutomationChange(_)
            | Self::ContactUpsert(_)
            | Self::ConsentUpdate(_)
            | Self::TagApply(_)
            | Self::ConversationAssign(_)
            | Self::ConversationClose(_)
            | Self::TemplateDraftUpsert(_)
            | Self::MediaAssetUpload(_) => false,
        }
    }

    /// Whether it stands still for a while after the last signature, so that anybody can stop it. A customer who waits for
    /// an answer would only wait longer.
    #[must_use]
    pub const fn cools_off(&self) -> bool {
        matches!(self, Self::BroadcastSchedule(_))
    }
}
