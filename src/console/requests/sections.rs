//! The parts of a request that a reviewer reads and ticks, as the page and its form name them.

use crate::domain::preview;
use crate::words::Words;

/// A section to be read and ticked.
#[derive(Clone, Debug)]
pub struct SectionCheck {
    pub section: Section,
    /// Its place on the page, from 1.
    pub number: usize,
    pub checked: bool,
    /// Changed since this person ticked it.
    pub changed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Message,
    Audience,
    Consent,
    Schedule,
    Links,
    Change,
    LeftOut,
    Effect,
    Conversation,
    Events,
    Identity,
    Items,
}

impl Section {
    /// In the form, and the anchor of the section on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Audience => "audience",
            Self::Consent => "consent",
            Self::Schedule => "schedule",
            Self::Links => "links",
            Self::Change => "change",
            Self::LeftOut => "left-out",
            Self::Effect => "effect",
            Self::Conversation => "conversation",
            Self::Events => "events",
            Self::Identity => "identity",
            Self::Items => "items",
        }
    }

    pub fn words(self, l: &Words) -> String {
        match self {
            Self::Message => l.t("section-message"),
            Self::Audience => l.t("section-audience"),
            Self::Consent => l.t("section-consent"),
            Self::Schedule => l.t("section-schedule"),
            Self::Links => l.t("section-links"),
            Self::Change => l.t("section-change"),
            Self::LeftOut => l.t("section-left-out"),
            Self::Effect => l.t("section-effect"),
            Self::Conversation => l.t("section-conversation"),
            Self::Events => l.t("section-events"),
            Self::Identity => l.t("section-identity"),
            Self::Items => l.t("section-items"),
        }
    }
}

impl From<preview::Section> for Section {
    fn from(section: preview::Section) -> Self {
        match section {
            preview::Section::Message => Self::Message,
            preview::Section::Audience => Self::Audience,
            preview::Section::ConsentAndPolicy => Self::Consent,
            preview::Section::ScheduleAndCost => Self::Schedule,
            preview::Section::LinksAndMedia => Self::Links,
            preview::Section::Change => Self::Change,
            preview::Section::LeftOut => Self::LeftOut,
            preview::Section::Effect => Self::Effect,
            preview::Section::Conversation => Self::Conversation,
            preview::Section::Events => Self::Events,
            preview::Section::Identity => Self::Identity,
            preview::Section::Items => Self::Items,
        }
    }
}
