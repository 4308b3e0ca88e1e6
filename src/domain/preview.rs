//! What a write would do: facts that the server worked out, findings of the policy, and the exact thing to be signed.

mod automation;
mod broadcast;
mod contacts;
mod conversations;
mod judged;
mod media;
mod messages;
mod orders;
mod people;
pub mod scripts;
mod sections;
mod segments;
mod templates;
mod webhooks;

use super::action::Action;
use super::canonical::{Digest, NotCanonical};
use super::clock::Timestamp;
use super::ids::TenantId;
use super::money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use automation::{
    AnswerView, AnsweredCount, AutomationView, LeadKind, LeadView, RehearsalView, RehearsedSample, ScriptBefore,
    ScriptChange, ScriptLine, ScriptView, StepKind, StepView, TriggerView, VerdictCount,
};
pub use broadcast::{
    AudienceView, BroadcastView, ConsentView, LanguageView, LinkView, LinksView, LocalTime, MarketCount, MessageView,
    Sample, ScheduleView, SegmentView, SourceCount, VariableView,
};
pub use contacts::{
    FactCount, ImportChange, ImportConsent, ImportSample, ImportView, LeftOutRow, LeftOutView, ReasonCount, TagCount,
};
pub use conversations::{AssignmentView, ClosingView, HandoverLine, HeardLine, OpenLink, QueueView};
pub use media::{AssetFileView, AssetView};
pub use messages::{
    CarriedView, ChoiceView, SaidView, Sensitivity, SessionMessageView, Speaker, StandingView, ThreadLine, ThreadView,
    WindowView,
};
pub use orders::{
    FoundView, IdentityView, ItemsView, LineView, OrderView, PaidOrderView, PaymentLinkView, Teller, TermsView,
};
pub use people::{
    ActView, ConsentChangeView, ConsentEntry, ContactChangeView, PersonConsent, TagChangeView, TagLine, TaggedSegment,
    latest,
};
pub use segments::{AffectedBroadcast, SegmentChange, SegmentChangeView, SegmentEffect, SegmentState};
pub use templates::{
    PartChange, SampleFileView, TemplateChangeView, TemplateDoes, TemplateLanguageView, TemplateMessageView,
    TemplateUse, TemplateView,
};
pub use webhooks::{AsideEvent, AsidePost, RetryEffect, RetryView};

words! {
    /// How much a finding weighs.
    Level, "level" {
        /// It may not be done.
        Block = "block",
        /// A person must accept it by name.
        Warn = "warn",
        /// Worth knowing.
        Note = "note",
    }
}

/// One result of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// Which rule, such as `FREQ-02`.
    pub rule: String,
    /// What is so, and what to do, in English.
    pub message: String,
    /// The figures and names in the sentence, so that it can be said in the reader's language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The exact text it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

impl Finding {
    /// A finding with the facts of its sentence.
    #[must_use]
    pub fn new(level: Level, rule: &str, message: String, facts: &[(&str, String)]) -> Self {
        Self {
            level,
            rule: rule.to_owned(),
            message,
            facts: facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            span: None,
        }
    }

    /// Whether it says what another does, of the same facts.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        (self.level, &self.rule, &self.facts) == (other.level, &other.rule, &other.facts)
    }

    /// With the text it is about.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }
}

/// A piece of a text, in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Span {
    /// Which text: `zh_HK.body`.
    pub field: String,
    /// Its first character.
    pub start: usize,
    /// The one after its last.
    pub end: usize,
    /// What stands there.
    pub text: String,
}

words! {
    /// A part of the page that a reviewer checks by itself. Which ones there are depends on the kind of write.
    Section, "section" {
        /// What it says.
        Message = "message",
        /// Who gets it.
        Audience = "audience",
        /// Whether one may.
        ConsentAndPolicy = "consent_and_policy",
        /// When, how fast, for how much.
        ScheduleAndCost = "schedule_and_cost",
        /// Where it leads.
        LinksAndMedia = "links_and_media",
        /// What is there before and after.
        Change = "change",
        /// What was asked for and is left out.
        LeftOut = "left_out",
        /// Whom and what it touches.
        Effect = "effect",
        /// What was said so far, and until when it may go on.
        Conversation = "conversation",
        /// What Meta sent, and why it could not be applied.
        Events = "events",
        /// Who the customer is, and what was said so far.
        Identity = "identity",
        /// What is ordered or paid.
        Items = "items",
    }
}

/// The whole of what is proposed: shown to people, signed by them, carried out by the worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// One sentence with the figures that matter, in English.
    pub summary: String,
    /// What the worker would do.
    pub action: Action,
    /// What the rules say.
    pub findings: Vec<Finding>,
    /// What people look at.
    pub view: View,
}

/// What people look at, by kind of write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum View {
    /// A broadcast.
    Broadcast(Box<BroadcastView>),
    /// A list of contacts.
    ContactImport(Box<ImportView>),
    /// A segment.
    Segment(Box<SegmentChangeView>),
    /// A message to one customer.
    SessionMessage(Box<SessionMessageView>),
    /// Posts of Meta's that are tried again.
    WebhookRetry(Box<RetryView>),
    /// An order.
    Order(Box<OrderView>),
    /// A link by which an order is paid.
    PaymentLink(Box<PaymentLinkView>),
    /// A rule, a flow or an auto-reply.
    Automation(Box<AutomationView>),
    /// A contact.
    ContactUpsert(Box<ContactChangeView>),
    /// Consent.
    ConsentUpdate(Box<ConsentChangeView>),
    /// Labels.
    TagApply(Box<TagChangeView>),
    /// Conversations that are given away.
    ConversationAssign(Box<AssignmentView>),
    /// A conversation that is closed.
    ConversationClose(Box<ClosingView>),
    /// A template: a draft that is stored, or brought to Meta.
    Template(Box<TemplateView>),
    /// A file.
    MediaAsset(Box<AssetView>),
}

impl View {
    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Broadcast(view) => &view.name,
            Self::ContactImport(view) => &view.name,
            Self::Segment(view) => &view.change.name,
            Self::SessionMessage(view) => view.thread.who(),
            Self::WebhookRetry(view) => &view.name,
            Self::Order(view) => view.thread.who(),
            Self::PaymentLink(view) => view.thread.who(),
            Self::Automation(view) => &view.change.name,
            Self::ContactUpsert(view) => &view.who,
            Self::ConsentUpdate(view) => &view.who,
            Self::TagApply(view) => &view.who,
            Self::ConversationAssign(view) => &view.who,
            Self::ConversationClose(view) => &view.who,
            Self::Template(view) => &view.name,
            Self::MediaAsset(view) => &view.file.name,
        }
    }

    /// What it is for, in the agent's words.
    #[must_use]
    pub fn goal(&self) -> Option<&str> {
        match self {
            Self::Broadcast(view) => view.goal.as_deref(),
            Self::ContactImport(_)
            | Self::SessionMessage(_)
            | Self::WebhookRetry(_)
            | Self::Order(_)
            | Self::PaymentLink(_)
            | Self::Automation(_)
            | Self::ContactUpsert(_)
            | Self::ConsentUpdate(_)
            | Self::TagApply(_)
            | Self::ConversationAssign(_)
            | Self::ConversationClose(_) => None,
            Self::Segment(view) => view.purpose.as_deref(),
            Self::Template(_) | Self::MediaAsset(_) => None,
        }
    }

    /// The broadcast, if it is one.
    #[must_use]
    pub const fn broadcast(&self) -> Option<&BroadcastView> {
        match self {
            Self::Broadcast(view) => Some(view),
            Self::ContactImport(_)
            | Self::Segment(_)
            | Self::SessionMessage(_)
            | Self::WebhookRetry(_)
            | Self::Order(_)
            | Self::PaymentLink(_)
            | Self::Automation(_)
            | Self::ContactUpsert(_)
            | Self::ConsentUpdate(_)
            | Self::TagApply(_)
            | Self::ConversationAssign(_)
            | Self::ConversationClose(_)
            | Self::Template(_)
            | Self::MediaAsset(_) => None,
        }
    }

    /// When it is too late to carry it out: a decision after that would decide nothing.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::Broadcast(view) => view.schedule.schedule.finish_by,
            Self::SessionMessage(view) => view.thread.window.map(|window| window.closes_at),
            Self::PaymentLink(view) => view.thread.window.map(|window| window.closes_at),
            Self::ContactImport(_)
            | Self::Segment(_)
            | Self::WebhookRetry(_)
            | Self::Order(_)
            | Self::Automation(_)
            | Self::ContactUpsert(_)
            | Self::ConsentUpdate(_)
            | Self::TagApply(_)
            | Self::ConversationAssign(_)
            | Self::ConversationClose(_)
            | Self::Template(_)
            | Self::MediaAsset(_) => None,
        }
    }

    /// Whether it says to a customer what a person has to see first.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        matches!(self, Self::SessionMessage(view) if !view.sensitive.is_empty())
    }

    /// Whether it tries more than one event again, or one that changes more than the log.
    #[must_use]
    pub fn replays_more_than_notes(&self) -> bool {
        matches!(self, Self::WebhookRetry(view) if view.effect.is_bulk() || view.effect.changes > 0)
    }

    /// Whether it makes somebody else of a contact that is known, or says who that is.
    #[must_use]
    pub fn touches_identity(&self) -> bool {
        matches!(self, Self::ContactUpsert(view) if view.touches_identity())
    }

    /// Whether it gives away or closes conversations in a way that a person has to agree to.
    #[must_use]
    pub fn moves_with_care(&self) -> bool {
        match self {
            Self::ConversationAssign(view) => view.needs_somebody(),
            Self::ConversationClose(view) => !view.reasons.is_empty(),
            _ => false,
        }
    }

    /// Whether it changes what broadcasts that wait or run were drawn from.
    #[must_use]
    pub fn touches_broadcasts(&self) -> bool {
        matches!(self, Self::Segment(view) if !view.effect.broadcasts.is_empty())
    }
}

/// The digest and the section digests that it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// What people sign.
    pub whole: Digest,
    /// What a tick in a section is bound to, in the order of the view's sections.
    pub sections: Vec<Digest>,
}

impl Preview {
    /// The digest over the resolved action, the page that people see, the schema of the tool and the policy: what is shown
    /// is what is signed is what is carried out.
    pub fn digests(&self, tenant: TenantId, schema: Digest, policy: &str) -> Result<Digests, NotCanonical> {
        let sections = self.view.section_digests(&self.findings)?;
        let whole = Digest::of(&serde_json::json!({
            "v": 1, "tenant": tenant, "tool": self.action.tool(), "schema": schema, "policy": policy,
            "name": self.view.name(), "goal": self.view.goal(), "action": self.action, "summary": self.summary,
            "sections": sections,
        }))?;
        Ok(Digests { whole, sections })
    }

    /// People and money, for the rule that says who must sign.
    #[must_use]
    pub fn size(&self) -> (u64, Option<Money>) {
        match &self.view {
            View::Broadcast(view) => (view.audience.funnel.will_receive, Some(view.schedule.cost.total)),
            View::ContactImport(view) => (view.change.written(), None),
            View::Segment(view) => (view.effect.people_after, None),
            View::SessionMessage(_)
            | View::Order(_)
            | View::PaymentLink(_)
            | View::ContactUpsert(_)
            | View::ConversationClose(_) => (1, None),
            View::Automation(view) => (view.effect.conversations, None),
            View::ConsentUpdate(view) => (view.people, None),
            View::TagApply(view) => (view.people, None),
            View::ConversationAssign(view) => (view.count, None),
            View::WebhookRetry(_) | View::Template(_) | View::MediaAsset(_) => (0, None),
        }
    }
}
