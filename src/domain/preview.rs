//! What a write would do: facts that the server worked out, findings of the policy, and the exact thing to be signed.

use super::action::Action;
use super::audience::{Funnel, SegmentVersion};
use super::broadcasts::{Cost, Schedule};
use super::canonical::{Digest, NotCanonical};
use super::clock::Timestamp;
use super::consent::{ConsentSource, MessageCategory};
use super::contacts::Language;
use super::ids::TenantId;
use super::money::Money;
use super::phone::Market;
use super::templates::{Quality, Rendered, TemplateContent, TemplateStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// The five parts that a reviewer checks one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// What it says.
    Message,
    /// Who gets it.
    Audience,
    /// Whether one may.
    ConsentAndPolicy,
    /// When, how fast, for how much.
    ScheduleAndCost,
    /// Where it leads.
    LinksAndMedia,
}

impl Section {
    /// All five, in the order of the page.
    pub const ALL: [Self; 5] =
        [Self::Message, Self::Audience, Self::ConsentAndPolicy, Self::ScheduleAndCost, Self::LinksAndMedia];

    /// Its word, for forms and rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Audience => "audience",
            Self::ConsentAndPolicy => "consent_and_policy",
            Self::ScheduleAndCost => "schedule_and_cost",
            Self::LinksAndMedia => "links_and_media",
        }
    }
}

impl std::str::FromStr for Section {
    type Err = super::UnknownWord;
    fn from_str(text: &str) -> Result<Self, super::UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| super::UnknownWord::new("section", text, &Self::ALL.map(Self::as_str)))
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
}

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
    /// Where the value comes from: `the contact's name, or "friend"`.
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
    /// Its conditions.
    pub in_words: String,
    /// How many match it.
    pub matched: u64,
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
    /// Whether any of it falls into that market's quiet hours.
    pub quiet: bool,
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

/// The digest and the five section digests that it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// What people sign.
    pub whole: Digest,
    /// What a tick in a section is bound to.
    pub sections: [Digest; 5],
}

impl Preview {
    /// The worst finding there is.
    #[must_use]
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|f| f.level).min()
    }

    /// The findings that forbid it.
    pub fn blocks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.level == Level::Block)
    }

    /// The findings that a person must accept by name.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.level == Level::Warn)
    }

    /// The digest over the resolved action, the page that people see, the schema of the tool and the policy: what is shown
    /// is what is signed is what is carried out.
    pub fn digests(&self, tenant: TenantId, schema: Digest, policy: &str) -> Result<Digests, NotCanonical> {
        let View::Broadcast(view) = &self.view;
        let sections = [
            Digest::of(&view.message)?,
            Digest::of(&view.audience)?,
            Digest::of(&(&view.consent, &self.findings))?,
            Digest::of(&view.schedule)?,
            Digest::of(&view.links)?,
        ];
        let whole = Digest::of(&serde_json::json!({
            "v": 1, "tenant": tenant, "tool": self.action.tool(), "schema": schema, "policy": policy,
            "name": view.name, "goal": view.goal, "action": self.action, "summary": self.summary, "sections": sections,
        }))?;
        Ok(Digests { whole, sections })
    }

    /// People and money, for the rule that says who must sign.
    #[must_use]
    pub fn size(&self) -> (u64, Option<Money>) {
        let View::Broadcast(view) = &self.view;
        (view.audience.funnel.will_receive, Some(view.schedule.cost.total))
    }
}
