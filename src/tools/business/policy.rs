//! The rules that every send and every automation is held against, for agents to read before they ask.

use crate::domain::consent::{MessageCategory, Suppression};
use crate::domain::money::Money;
use crate::domain::people::{Area, Caller, Role};
use crate::domain::policy::hours::MarketRule;
use crate::domain::policy::rules;
use crate::domain::policy::settings::Settings;
use crate::domain::policy::signing::{SIGNING, SigningRule};
use crate::domain::preview::Level;
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::tools::reading::reading;
use crate::tools::{Ctx, Kind, Tool, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.policy_rules.get",
    title: ["Read the policy", "讀取政策規則", "读取政策规则"],
    summary: "Shows the rules that every send is held against: consent and opt-outs by category of message, the 24-hour \
              window, frequency, quiet hours by market, links, quality, cost and the rate card, who has to sign what, and \
              every finding that a preview can have.",
    read_first: &["whatsapp.config.get"],
    governance: "Only reads; nobody has to approve it.",
    safety: "These rules are applied by the server to every send and every automation; a call cannot switch one off.",
    area: Area::Business,
    wants: None,
    kind: Kind::Read(reading!(get)),
    input: schema::<PolicyArguments>,
    output: schema::<PolicyRules>,
}];

/// Nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyArguments {}

/// The policy that is applied now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyRules {
    /// Its version; a request names the one that was applied to it.
    version: String,
    /// What holds for each category of message.
    categories: Vec<CategoryItem>,
    /// How long free text may be sent after a person has written, in hours.
    service_window_hours: u32,
    /// Marketing messages to one person, at most.
    frequency: FrequencyItem,
    /// The markets that may be written to, with their quiet hours.
    markets: Vec<MarketItem>,
    /// Who has to sign what.
    approvals: Vec<ApprovalRule>,
    /// How much one agent may ask for.
    agent_limits: AgentLimits,
    /// How long people have, and how long what they signed holds.
    times: TimesItem,
    /// Prices of a message by market and category.
    rate_card: RateCardItem,
    /// Every finding that a preview can have: `block` forbids, `warn` is for a person to accept, `note` informs.
    rules: Vec<RuleItem>,
    /// All settings, by section, as the operator configured them.
    settings: Value,
}

/// What holds for one category of message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CategoryItem {
    /// Which.
    category: MessageCategory,
    /// Whether the person must have agreed to it.
    consent_needed: bool,
    /// Whether an approved template is needed, or free text within the 24-hour window will do.
    template_needed: bool,
    /// Whether the quiet hours of the markets are kept.
    keeps_quiet_hours: bool,
    /// The entries of the suppression list that forbid it.
    forbidden_by: Vec<Suppression>,
}

/// Marketing messages to one person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FrequencyItem {
    /// Within 7 days.
    per_7_days: u16,
    /// Within 30 days.
    per_30_days: u16,
}

/// One market.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MarketItem {
    /// Country or territory.
    market: String,
    /// Whether it may be written to.
    allowed: bool,
    /// Its time zone.
    zone: String,
    /// Its quiet hours, as `21:00-09:00`; null if it has none.
    quiet: Option<String>,
}

/// How much one agent may ask for; what is more is refused with the time after which to ask again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentLimits {
    /// Requests that wait for people at a time.
    pending: u16,
    /// Broadcasts asked for in an hour.
    broadcasts_per_hour: u16,
    /// Calls of tools in a minute.
    calls_per_minute: u32,
}

/// Who has to sign one kind of request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApprovalRule {
    /// By which a request names the rule that was applied to it.
    id: &'static str,
    /// The write tools that it is about. Of the rules of one tool, the first that fits counts.
    #[schemars(with = "Vec<String>")]
    tools: &'static [&'static str],
    /// Which requests.
    when: String,
    /// One entry a signature: any of these roles may give it, each person once, and never whose agent asked.
    signatures: Vec<Vec<Role>>,
}

/// Times of an approval.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimesItem {
    /// To be signed.
    pending_expiry_hours: u64,
    /// To start after approval or after the planned time.
    start_expiry_hours: u64,
    /// How long a broadcast stands still after the last signature, so that anybody can stop it.
    cooling_off_seconds: u64,
    /// How long a person must have had a page before signing it.
    min_review_seconds: u64,
}

/// What messages cost.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RateCardItem {
    /// Which rate card.
    version: String,
    /// One line a market and category. A market without a line cannot be sent to.
    rates: Vec<RateItem>,
}

/// One price.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RateItem {
    /// Country or territory.
    market: String,
    /// Category of message.
    category: MessageCategory,
    /// Each message.
    rate: Money,
}

/// One rule.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleItem {
    /// By which a finding names it.
    id: &'static str,
    /// How much it weighs.
    level: Level,
    /// What it is about.
    title: &'static str,
    /// What it says, with the names of its figures in braces.
    sentence: &'static str,
}

async fn get(ctx: &Ctx, _: &Caller, _: PolicyArguments) -> Result<PolicyRules> {
    let (policy, settings) = (&ctx.policy, &ctx.policy.settings);
    let hours = |span: std::time::Duration| span.as_secs() / 3600;
    Ok(PolicyRules {
        version: policy.version.clone(),
        categories: MessageCategory::ALL.iter().map(|category| category_item(*category, settings)).collect(),
        service_window_hours: 24,
        frequency: FrequencyItem {
            per_7_days: settings.frequency.marketing_per_7_days,
            per_30_days: settings.frequency.marketing_per_30_days,
        },
        markets: settings.markets.iter().map(|(market, rule)| market_item(market.to_string(), rule)).collect(),
        approvals: approvals(settings),
        agent_limits: AgentLimits {
            pending: settings.agents.max_pending,
            broadcasts_per_hour: settings.agents.broadcasts_per_hour,
            calls_per_minute: ctx.calls_per_minute.get(),
        },
        times: TimesItem {
            pending_expiry_hours: hours(policy.times.pending_expiry),
            start_expiry_hours: hours(policy.times.start_expiry),
            cooling_off_seconds: policy.times.cooling_off.as_secs(),
            min_review_seconds: policy.times.min_review.as_secs(),
        },
        rate_card: RateCardItem {
            version: settings.rate_card.version.clone(),
            rates: settings
                .rate_card
                .rates()
                .map(|(market, category, rate)| RateItem { market: market.to_string(), category, rate })
                .collect(),
        },
        rules: rules::all()
            .map(|rule| RuleItem { id: rule.id, level: rule.level, title: rule.title, sentence: rule.sentence })
            .collect(),
        settings: serde_json::to_value(settings).map_err(Error::internal)?,
    })
}

fn category_item(category: MessageCategory, settings: &Settings) -> CategoryItem {
    CategoryItem {
        category,
        consent_needed: settings.consent.needed_for.contains(&category),
        template_needed: category != MessageCategory::Service,
        keeps_quiet_hours: settings.schedule.quiet_hours_for.contains(&category),
        forbidden_by: Suppression::ALL.iter().copied().filter(|entry| entry.forbids(category)).collect(),
    }
}

fn market_item(market: String, rule: &MarketRule) -> MarketItem {
    let quiet =
        rule.quiet.as_ref().map(|hours| format!("{}-{}", hours.from.strftime("%H:%M"), hours.until.strftime("%H:%M")));
    MarketItem { market, allowed: rule.allowed, zone: rule.zone.name().to_owned(), quiet }
}

fn approvals(settings: &Settings) -> Vec<ApprovalRule> {
    let limits = &settings.signatures;
    // Without a limit, cost alone never asks for a second person.
    let rules = SIGNING.iter().filter(|rule| limits.two_above_cost.is_some() || !rule.when.contains("{cost}"));
    let rule = |rule: &SigningRule| ApprovalRule {
        id: rule.id,
        tools: rule.tools,
        when: rule
            .when
            .replace("{people}", &grouped(&limits.two_above_people.to_string()))
            .replace("{cost}", &limits.two_above_cost.map(|cost| cost.to_string()).unwrap_or_default()),
        signatures: rule.quorum().seats.into_iter().map(|seat| seat.roles).collect(),
    };
    rules.map(rule).collect()
}
