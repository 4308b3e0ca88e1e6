//! The sections of each page, and over what of it a reviewer's tick on one is bound.

use super::{Finding, Section, View};
use crate::domain::canonical::{Digest, NotCanonical};

impl View {
    /// The parts that a reviewer checks one by one, in the order of the page.
    #[must_use]
    pub const fn sections(&self) -> &'static [Section] {
        use Section::{
            Audience, Change, ConsentAndPolicy, Conversation, Effect, Events, Identity, Items, LeftOut, LinksAndMedia,
            Message, ScheduleAndCost,
        };
        match self {
            Self::Broadcast(_) => &[Message, Audience, ConsentAndPolicy, ScheduleAndCost, LinksAndMedia],
            Self::ContactImport(_) => &[Change, LeftOut, ConsentAndPolicy],
            Self::Segment(_) => &[Change, Effect],
            Self::SessionMessage(_) => &[Conversation, Message, ConsentAndPolicy],
            Self::WebhookRetry(_) => &[Events, Effect],
            Self::Order(_) => &[Identity, Items],
            Self::PaymentLink(_) => &[Identity, Items, Message],
            Self::Automation(_) => &[Message, Change, Effect],
            Self::ContactUpsert(_) | Self::ConsentUpdate(_) => &[Change, ConsentAndPolicy],
            Self::TagApply(_) => &[Change, Effect],
            Self::ConversationAssign(_) => &[Change, Effect],
            Self::ConversationClose(_) => &[Change, Conversation],
            Self::Template(_) => &[Message, Change, LinksAndMedia, Effect],
            Self::MediaAsset(_) => &[LinksAndMedia, Change],
        }
    }

    /// One digest a section, in the same order. The findings belong to the last part that a rule could be about.
    pub(super) fn section_digests(&self, findings: &[Finding]) -> Result<Vec<Digest>, NotCanonical> {
        match self {
            Self::Broadcast(view) => [
                Digest::of(&view.message),
                Digest::of(&view.audience),
                Digest::of(&(&view.consent, findings)),
                Digest::of(&view.schedule),
                Digest::of(&view.links),
            ]
            .into_iter()
            .collect(),
            Self::ContactImport(view) => [
                match &view.file {
                    None => Digest::of(&(view.rows, &view.change)),
                    Some(file) => Digest::of(&(view.rows, &view.change, file)),
                },
                Digest::of(&view.left_out),
                Digest::of(&(&view.consent, view.by_word_of_mouth, findings)),
            ]
            .into_iter()
            .collect(),
            Self::Segment(view) => {
                [Digest::of(&view.change), Digest::of(&(&view.effect, findings))].into_iter().collect()
            }
            Self::SessionMessage(view) => [
                Digest::of(&view.thread),
                Digest::of(&view.message),
                Digest::of(&(&view.sensitive, &view.standing, findings)),
            ]
            .into_iter()
            .collect(),
            Self::WebhookRetry(view) => {
                [Digest::of(&view.posts), Digest::of(&(&view.effect, findings))].into_iter().collect()
            }
            Self::Order(view) => [Digest::of(&(&view.identity, &view.thread)), Digest::of(&(&view.items, findings))]
                .into_iter()
                .collect(),
            Self::PaymentLink(view) => [
                Digest::of(&(&view.identity, &view.thread)),
                Digest::of(&(&view.order, &view.terms)),
                Digest::of(&(&view.message, findings)),
            ]
            .into_iter()
            .collect(),
            Self::Automation(view) => {
                [Digest::of(&view.script), Digest::of(&view.change), Digest::of(&(&view.effect, findings))]
                    .into_iter()
                    .collect()
            }
            Self::ContactUpsert(view) => view.digests(findings),
            Self::ConsentUpdate(view) => view.digests(findings),
            Self::TagApply(view) => view.digests(findings),
            Self::ConversationAssign(view) => view.digests(findings),
            Self::ConversationClose(view) => view.digests(findings),
            Self::MediaAsset(view) => view.digests(findings),
            Self::Template(view) => [
                Digest::of(&(&view.message, view.version, view.mark)),
                Digest::of(&view.changes),
                Digest::of(&view.links),
                Digest::of(&(&view.used_by, findings)),
            ]
            .into_iter()
            .collect(),
        }
    }
}
