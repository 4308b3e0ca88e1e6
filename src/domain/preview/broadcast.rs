//! What people look at before they sign a broadcast, section by section.

use crate::domain::audience::{Funnel, SegmentVersion};
use crate::domain::broadcasts::{Cost, Schedule, Variable};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::contacts::Language;
use crate::domain::phone::Market;
use crate::domain::segments::Condition;
use crate::domain::templates::{Quality, Rendered, TemplateContent, TemplateStatus};
use serde::{Deserialize, Serialize};

/// The five sections of a broadcast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BroadcastView {
    /// What people call it.
    pub name: String,
    /// What it is for, in the agent's words.
    pub goal: Option<String>,
    /// 1: what it says.
    pub message: MessageView,
    /// 2: who gets it.
    pub audience: AudienceView,
    /// 3: whether one may.
    pub consent: ConsentView,
    /// 4: when and for how much.
    pub schedule: ScheduleView,
    /// 5: where it leads.
    pub links: LinksView,
}

/// The message in every language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MessageView {
    /// The template's name.
    pub template: String,
    /// What Meta takes it for.
    pub category: MessageCategory,
    /// One a language.
    pub languages: Vec<LanguageView>,
}

/// The message in one language: as stored, and as one recipient would see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LanguageView {
    /// Which.
    pub language: Language,
    /// How many people get it.
    pub recipients: u64,
    /// Whether Meta lets it be sent.
    pub status: TemplateStatus,
    /// How it is received.
    pub quality: Quality,
    /// As stored, with its placeholders.
    #[schemars(with = "serde_json::Value")]
    pub raw: TemplateContent,
    /// With a sample's values filled in; those of the person are masked.
    pub rendered: Rendered,
    /// What each placeholder becomes, in words.
    pub variables: Vec<VariableView>,
    /// Invisible characters, as `U+200B ZERO WIDTH SPACE at body 12`.
    pub invisible: Vec<String>,
}

/// What a placeholder becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct VariableView {
    /// Its name.
    pub name: String,
    /// Where the value comes from.
    pub value: Variable,
    /// The same in words: `the contact's name, or "friend"`.
    pub source: String,
    /// A masked example.
    pub sample: String,
    /// How many people get the default instead.
    pub defaulted: u64,
}

/// The audience in figures, with ten of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AudienceView {
    /// The segments, in the versions of that moment, with their conditions in words.
    pub segments: Vec<SegmentView>,
    /// When the list was frozen.
    pub frozen_at: Timestamp,
    /// The way from those who match to those who receive.
    pub funnel: Funnel,
    /// Receivers by market.
    pub markets: Vec<MarketCount>,
    /// Ten of them: the extremes by name, the rest drawn from the digest.
    pub samples: Vec<Sample>,
}

/// A segment as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SegmentView {
    /// Which, and in which version.
    pub segment: SegmentVersion,
    /// Who belongs.
    pub include: Condition,
    /// Who of those does not.
    pub exclude: Option<Condition>,
    /// The conditions in words.
    pub in_words: String,
    /// Whether its people are left out instead of written to.
    pub left_out: bool,
    /// How many match it; none where its people are left out, who are not counted by themselves.
    pub matched: Option<u64>,
}

/// How many people of one market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MarketCount {
    /// Which.
    pub market: Market,
    /// How many.
    pub count: u64,
}

/// One recipient, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sample {
    /// Why this one: `longest_text`, `shortest_text`, `most_defaults`, `oldest_consent`, `drawn`.
    pub why: String,
    /// Masked number.
    pub phone: String,
    /// Masked name.
    pub name: String,
    /// Language of the message.
    pub language: Language,
    /// The text, with the person's own values masked.
    pub text: String,
    /// When the person agreed.
    pub consent_at: Option<Timestamp>,
    /// How.
    pub consent_source: Option<ConsentSource>,
}

/// On what ground, and how often already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConsentView {
    /// The version of the policy that was applied.
    pub policy: String,
    /// Receivers by the way they agreed.
    pub sources: Vec<SourceCount>,
    /// For how many it is the first marketing message (the notice of PDPO s.35F must be in it).
    pub first_marketing: u64,
    /// Receivers by how many messages of the category they had in 7 days: none, one, two, more.
    pub last_7_days: [u64; 4],
    /// The same over 30 days.
    pub last_30_days: [u64; 4],
}

/// How many agreed in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SourceCount {
    /// The way; none where the category needs no consent.
    pub source: Option<ConsentSource>,
    /// How many.
    pub count: u64,
}

/// When, how fast, for how much, within which limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ScheduleView {
    /// As it was asked for.
    pub schedule: Schedule,
    /// How many batches.
    pub batches: u64,
    /// How long it takes at least, in seconds.
    pub seconds: u64,
    /// What the clock shows in each market when it begins and ends.
    pub local: Vec<LocalTime>,
    /// Rates, counts, sum, ceiling.
    pub cost: Cost,
    /// The number it goes out from, masked.
    pub from: String,
    /// How that number is received.
    pub number_quality: Quality,
    /// How many different people Meta lets the business write to in 24 hours; none if unlimited.
    pub portfolio_limit: Option<u64>,
    /// How many it wrote to in the last 24 hours.
    pub portfolio_used: u64,
}

/// The clock of one market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LocalTime {
    /// Which market.
    pub market: Market,
    /// Its time zone, such as `Asia/Hong_Kong`.
    pub zone: String,
    /// What the clock shows at the first message: `2026-12-01 10:00 +08:00`; none if it depends on when people sign.
    pub starts: Option<String>,
    /// And at the last.
    pub ends: Option<String>,
    /// Whether any of it falls into that market's quiet hours. Null where that depends on when it begins: in quiet hours it
    /// waits for their end.
    pub quiet: Option<bool>,
}

/// Every address in the message, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LinksView {
    /// Each once.
    pub links: Vec<LinkView>,
    /// What is shown on top, by language.
    pub media: Vec<String>,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LinkView {
    /// Where it stands: `zh_HK button 1`.
    pub place: String,
    /// In full.
    pub url: String,
    /// The part that says whose it is.
    pub domain: String,
    /// Whether the policy lists that domain.
    pub allowed: bool,
}
