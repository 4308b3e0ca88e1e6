//! What the rules measure by: the `[policy]` section of the configuration, typed, with its defaults.

use super::hours::MarketRule;
use super::rate_card::RateCard;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, MessageCategory};
use crate::domain::money::Money;
use crate::domain::phone::Market;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All of it. What is left out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What people call this version of the policy.
    pub version: String,
    /// Who must sign.
    pub signatures: Signatures,
    /// The markets that may be written to; people elsewhere are left out.
    pub markets: BTreeMap<Market, MarketRule>,
    /// How much one agent may ask for.
    pub agents: AgentSettings,
    /// On what ground people may be written to.
    pub consent: ConsentSettings,
    /// How often.
    pub frequency: Frequency,
    /// Whom.
    pub audience: AudienceSettings,
    /// When.
    pub schedule: ScheduleSettings,
    /// Where addresses may lead.
    pub links: Links,
    /// Orders and how they are paid.
    pub orders: OrderSettings,
    /// What Meta's measures of quality forbid.
    pub quality: QualitySettings,
    /// What it may cost.
    pub cost: CostSettings,
    /// What it costs.
    pub rate_card: RateCard,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: "built-in".into(),
            signatures: Signatures::default(),
            markets: MarketRule::built_in(),
            agents: AgentSettings::default(),
            consent: ConsentSettings::default(),
            frequency: Frequency::default(),
            audience: AudienceSettings::default(),
            schedule: ScheduleSettings::default(),
            links: Links::default(),
            orders: OrderSettings::default(),
            quality: QualitySettings::default(),
            cost: CostSettings::default(),
            rate_card: RateCard::example(),
        }
    }
}

/// From where on two people must sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signatures {
    /// More people than this need two signatures.
    pub two_above_people: u64,
    /// A higher cost than this needs two signatures. Without it, cost alone never does.
    pub two_above_cost: Option<Money>,
}

impl Default for Signatures {
    fn default() -> Self {
        let currency = RateCard::example().currency;
        Self { two_above_people: 10_000, two_above_cost: Some(Money { currency, micros: 10_000_000_000 }) }
    }
}

/// How much one agent may ask for: people who are flooded with requests read none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentSettings {
    /// Requests of one agent that wait for people, at most.
    pub max_pending: u16,
    /// Broadcasts that one agent may ask for in an hour, at most.
    pub broadcasts_per_hour: u16,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self { max_pending: 10, broadcasts_per_hour: 3 }
    }
}

/// On what ground people may be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentSettings {
    /// Categories that need consent. Without it, opt-outs still hold.
    pub needed_for: BTreeSet<MessageCategory>,
    /// Whether consent without a reference to its proof is worth nothing.
    pub must_be_traceable: bool,
}

impl ConsentSettings {
    /// Whether one may rely on this consent now: there is proof where that is asked for, and an oral one was confirmed in time.
    #[must_use]
    pub fn rely_on(&self, consent: &Consent, now: Timestamp) -> bool {
        consent.counts_at(now) && (consent.traceable || !self.must_be_traceable)
    }
}

impl Default for ConsentSettings {
    fn default() -> Self {
        Self {
            needed_for: BTreeSet::from([MessageCategory::Marketing, MessageCategory::Utility]),
            must_be_traceable: true,
        }
    }
}

/// How many marketing messages one person gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Frequency {
    /// At most, within 7 days.
    pub marketing_per_7_days: u16,
    /// At most, within 30 days.
    pub marketing_per_30_days: u16,
    /// Who had so many within 30 days is counted in a warning.
    pub warn_from: u16,
    /// For how long nobody gets marketing after Meta refused it for that person.
    pub meta_cap_hours: u16,
    /// For how long nobody gets marketing whom Meta holds out of it as an experiment.
    pub meta_experiment_days: u16,
}

impl Default for Frequency {
    fn default() -> Self {
        Self {
            marketing_per_7_days: 2,
            marketing_per_30_days: 6,
            warn_from: 2,
            meta_cap_hours: 24,
            meta_experiment_days: 7,
        }
    }
}

/// Who is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AudienceSettings {
    /// How much of a signed audience may fall away before people are asked again.
    pub max_shrink_percent: u32,
    /// A larger share of the matches left out is worth a warning.
    pub warn_excluded_percent: u32,
    /// A larger share with a default instead of a value is worth a warning.
    pub warn_defaulted_percent: u32,
}

impl Default for AudienceSettings {
    fn default() -> Self {
        Self { max_shrink_percent: 5, warn_excluded_percent: 50, warn_defaulted_percent: 20 }
    }
}

/// When it goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleSettings {
    /// A start further ahead is refused: what was checked would be too old.
    pub max_days_ahead: u16,
    /// Categories that keep the quiet hours of the markets.
    pub quiet_hours_for: BTreeSet<MessageCategory>,
}

impl Default for ScheduleSettings {
    fn default() -> Self {
        Self { max_days_ahead: 60, quiet_hours_for: BTreeSet::from([MessageCategory::Marketing]) }
    }
}

/// Where addresses may lead.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// Domains; each stands for itself and what is below it.
    pub allow: BTreeSet<String>,
}

/// Orders and how they are paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderSettings {
    /// A payment link is good for no longer.
    pub max_link_hours: u16,
}

impl Default for OrderSettings {
    fn default() -> Self {
        Self { max_link_hours: 24 }
    }
}

/// What Meta's measures of quality forbid. Medium quality is always a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QualitySettings {
    /// Whether a template of low quality may not be sent.
    pub refuse_low_template: bool,
    /// Whether a number of low quality may not send marketing.
    pub refuse_low_number: bool,
    /// A template read from Meta longer ago is worth a warning.
    pub warn_template_older_than_hours: u16,
}

impl Default for QualitySettings {
    fn default() -> Self {
        Self { refuse_low_template: true, refuse_low_number: true, warn_template_older_than_hours: 24 }
    }
}

/// What it may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostSettings {
    /// How far the ceiling lies above the estimate when the agent names none.
    pub margin_percent: u32,
    /// No broadcast may cost more, whoever signs. Without it, there is no such limit.
    pub limit: Option<Money>,
}

impl Default for CostSettings {
    fn default() -> Self {
        Self { margin_percent: 5, limit: None }
    }
}

/// Why settings do not hold together: which, and what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy.{key}: {what}")]
pub struct BadPolicy {
    key: String,
    what: String,
}

impl Settings {
    /// What holds in a market, if it may be written to.
    #[must_use]
    pub fn market(&self, market: Market) -> Option<&MarketRule> {
        self.markets.get(&market).filter(|rule| rule.allowed)
    }

    /// When nothing is to go out to a market at this instant: until when; `None` if it may.
    #[must_use]
    pub fn quiet_until(&self, category: MessageCategory, market: Market, at: Timestamp) -> Option<Timestamp> {
        let keeps = self.schedule.quiet_hours_for.contains(&category);
        self.market(market).filter(|_| keeps)?.quiet_until(at)
    }

    /// Whether the parts fit each other; each part alone was checked when it was read.
    pub fn check(&self) -> Result<(), BadPolicy> {
        let bad = |key: &str, what: String| Err(BadPolicy { key: key.to_owned(), what });
        if self.version.trim().is_empty() || self.version.chars().count() > 60 {
            return bad("version", "give the policy a name of 1 to 60 characters, such as its date".into());
        }
        if !self.markets.values().any(|market| market.allowed) {
            return bad("markets", "allow at least one market, or nobody could ever be written to".into());
        }
        for (key, percent, max) in [
            ("audience.max_shrink_percent", self.audience.max_shrink_percent, 100),
            ("audience.warn_excluded_percent", self.audience.warn_excluded_percent, 100),
            ("audience.warn_defaulted_percent", self.audience.warn_defaulted_percent, 100),
            ("cost.margin_percent", self.cost.margin_percent, 1000),
        ] {
            if percent > max {
                return bad(key, format!("{percent} is not a percentage from 0 to {max}"));
            }
        }
        let f = &self.frequency;
        if f.marketing_per_7_days == 0 || f.marketing_per_30_days < f.marketing_per_7_days {
            return bad("frequency", "allow at least 1 message in 7 days, and in 30 days no fewer than in 7".into());
        }
        if self.schedule.max_days_ahead == 0 || self.schedule.max_days_ahead > 3650 {
            return bad("schedule.max_days_ahead", "write a number of days from 1 to 3650".into());
        }
        if !(1..=168).contains(&self.orders.max_link_hours) {
            return bad("orders.max_link_hours", "write a number of hours from 1 to 168".into());
        }
        let currency = self.rate_card.currency;
        let amounts = [("signatures.two_above_cost", self.signatures.two_above_cost), ("cost.limit", self.cost.limit)];
        for (key, amount) in amounts {
            if let Some(amount) = amount.filter(|amount| amount.currency != currency) {
                return bad(key, format!("{amount} is not in {currency}, the currency of the rate card"));
            }
        }
        for domain in &self.links.allow {
            let labels = || domain.split('.');
            let fits = |label: &str| {
                !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            };
            if labels().count() < 2 || !labels().all(fits) || labels().any(|label| label.starts_with("xn--")) {
                let what = format!("\"{domain}\" is not a domain: write it in small letters, such as shop.example.com");
                return bad("links.allow", what);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_unknown_is_refused() {
        let read: Settings = serde_json::from_value(json!({"frequency": {"warn_from": 3}})).unwrap();
        assert_eq!(read.frequency, Frequency { warn_from: 3, ..Frequency::default() });
        assert_eq!(read.rate_card, RateCard::example());
        let refused = serde_json::from_value::<Settings>(json!({"frequenzy": {}})).unwrap_err().to_string();
        assert!(refused.contains("frequenzy") && refused.contains("frequency"), "{refused}");
        let written = serde_json::to_value(Settings::default()).unwrap();
        assert_eq!(serde_json::from_value::<Settings>(written).unwrap(), Settings::default());
    }

    #[test]
    fn the_file_shows_the_defaults() {
        let file = config::File::from_str(include_str!("../../../config.toml"), config::FileFormat::Toml);
        let read = config::Config::builder().add_source(file).build().unwrap();
        assert_eq!(read.get::<Settings>("policy").unwrap(), Settings::default());
    }

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        for (change, key) in [
            (json!({"version": " "}), "policy.version"),
            (json!({"markets": {}}), "policy.markets"),
            (json!({"audience": {"max_shrink_percent": 101}}), "policy.audience.max_shrink_percent"),
            (json!({"frequency": {"marketing_per_30_days": 1}}), "policy.frequency"),
            (json!({"schedule": {"max_days_ahead": 0}}), "policy.schedule.max_days_ahead"),
            (json!({"cost": {"limit": {"currency": "USD", "amount": "5"}}}), "policy.cost.limit"),
            (json!({"links": {"allow": ["https://example.com"]}}), "policy.links.allow"),
            (json!({"links": {"allow": ["com"]}}), "policy.links.allow"),
            (json!({"orders": {"max_link_hours": 0}}), "policy.orders.max_link_hours"),
        ] {
            let settings: Settings = serde_json::from_value(change).unwrap();
            let refused = settings.check().unwrap_err().to_string();
            assert!(refused.starts_with(key), "{refused}");
        }
    }
}
