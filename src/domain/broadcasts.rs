//! Broadcasts: one template to many people, and everything that is fixed when it is signed.

pub mod report;

use super::audience::AudienceSeal;
use super::canonical::Digest;
use super::clock::Timestamp;
use super::consent::MessageCategory;
use super::contacts::Language;
use super::ids::{BroadcastId, RequestId, SegmentId};
use super::money::Money;
use super::phone::Market;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a template's variable takes its value from, for each person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Variable {
    /// The same text for everybody.
    Text(#[schemars(length(max = 1024))] String),
    /// The person's name; the text stands in where there is none.
    ContactName {
        /// For people without a name. Without it, such people are left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// A fact that the contact carries.
    Attribute {
        /// Its name.
        #[schemars(length(max = 64))]
        name: String,
        /// For people who lack it. Without it, such people are left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
}

/// Variables by the name of their placeholder.
pub type Variables = BTreeMap<String, Variable>;

/// A request may begin so much later than its turn; a turn that is older is lost.
pub const LATE: Duration = Duration::from_millis(100);

/// Turns a second under a limit of so many requests a second: as many fewer that no second holds more than the limit, even
/// if those before it began late.
#[must_use]
pub fn pace(per_second: f64) -> f64 {
    per_second / (1.0 + LATE.as_secs_f64())
}

/// Seconds that so many messages take at least, under a limit of so many a second.
#[must_use]
pub fn seconds(messages: u64, per_second: u32) -> u64 {
    // In thousandths: how long a second's worth of messages takes.
    let second = Duration::from_secs(1) + LATE;
    let took = second.as_millis() * u128::from(messages);
    u64::try_from(took.div_ceil(1_000 * u128::from(per_second.max(1)))).unwrap_or(u64::MAX)
}

/// How fast and when a broadcast goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Not before this; without it, as soon as it is approved and has cooled off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_at: Option<Timestamp>,
    /// Nothing goes out after this; what is left is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_by: Option<Timestamp>,
    /// Messages a second, at most.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1, max = 1000))]
    pub per_second: u32,
    /// People in one batch; facts are checked again before each.
    #[serde(default = "default_batch")]
    #[schemars(range(min = 1, max = 10_000))]
    pub batch_size: u32,
    /// What to do when that check fails.
    #[serde(default)]
    pub fallback: Fallback,
}

const fn default_rate() -> u32 {
    20
}

const fn default_batch() -> u32 {
    500
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            start_at: None,
            finish_by: None,
            per_second: default_rate(),
            batch_size: default_batch(),
            fallback: Fallback::default(),
        }
    }
}

/// What happens to the rest of a broadcast when its template is paused, its quality drops or its cost rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Stand still and ask people.
    #[default]
    Pause,
    /// Send nothing more.
    Cancel,
}

/// A broadcast as an agent describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastSpec {
    /// What people will call it.
    #[schemars(length(min = 1, max = 120))]
    pub name: String,
    /// The template's name.
    #[schemars(length(min = 1, max = 512))]
    pub template: String,
    /// The languages to use; without it, every approved language of the template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 40))]
    pub languages: Vec<Language>,
    /// The language for people whose own the template does not have. Without it, such people are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_language: Option<Language>,
    /// The segments to write to.
    #[schemars(with = "Vec<String>", length(min = 1, max = 20))]
    pub segments: Vec<SegmentId>,
    /// Members of these are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>", length(max = 20))]
    pub exclude_segments: Vec<SegmentId>,
    /// A value for each placeholder of the template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: Variables,
    /// The number to send from, as shown by whatsapp.phone_numbers.list; without it, the only one there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub from: Option<String>,
    /// What it is meant to achieve, for the people who read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub goal: Option<String>,
    /// What it may cost at most; without it, the estimate and the margin of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_ceiling: Option<Money>,
}

/// A broadcast, resolved: nothing in it can change any more without breaking the digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroadcastPlan {
    /// Which broadcast this is.
    pub broadcast: BroadcastId,
    /// What people call it.
    pub name: String,
    /// The description of a broadcast that was not stored before; it is stored together with its request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<BroadcastSpec>,
    /// The template's name.
    pub template: String,
    /// What Meta takes it for.
    pub category: MessageCategory,
    /// One entry a language, with the exact content that was approved.
    pub variants: Vec<Variant>,
    /// Which language for people whose own is not among them.
    pub default_language: Option<Language>,
    /// Where the values come from.
    pub variables: Variables,
    /// To whom.
    pub audience: AudienceSeal,
    /// From which number, by Meta's id.
    pub phone_number_id: String,
    /// When and how fast.
    pub schedule: Schedule,
    /// What it costs.
    pub cost: Cost,
    /// How much of the audience may fall away, in percent, before people are asked again.
    pub drift_limit_percent: u32,
}

/// One language of the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Which.
    pub language: Language,
    /// Over the template's content in it.
    pub content: Digest,
    /// How many people get it.
    pub recipients: u64,
}

/// What a broadcast costs, and what it may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Cost {
    /// Which rate card.
    pub rate_card: String,
    /// One line a market.
    pub lines: Vec<CostLine>,
    /// The sum of the lines.
    pub total: Money,
    /// Nothing goes out beyond this.
    pub ceiling: Money,
}

/// What one market costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostLine {
    /// Which.
    pub market: Market,
    /// How many messages.
    pub count: u64,
    /// Each.
    pub rate: Money,
    /// Together.
    pub total: Money,
}

words! {
    /// Where a broadcast stands.
    BroadcastState, "broadcast state" {
        /// Stored, nothing asked.
        Draft = "draft",
        /// People have to decide.
        Requested = "requested",
        /// Approved, its time has not come.
        Scheduled = "scheduled",
        /// Going out.
        Running = "running",
        /// Standing still.
        Paused = "paused",
        /// Went out.
        Done = "done",
        /// Will not go out, or not further.
        Cancelled = "cancelled",
    }
}

/// A broadcast as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// Which one.
    pub id: BroadcastId,
    /// What was described.
    pub spec: BroadcastSpec,
    /// Where it stands.
    pub state: BroadcastState,
    /// People in its frozen audience.
    pub audience_count: u64,
    /// The request that stored it.
    pub created_by: RequestId,
    /// The request that sends it.
    pub sent_by: Option<RequestId>,
    /// Since when.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_description_is_read_with_its_defaults_and_an_unknown_field_is_named() {
        let schedule: Schedule = serde_json::from_value(json!({"per_second": 5})).unwrap();
        assert_eq!((schedule.per_second, schedule.batch_size, schedule.fallback), (5, 500, Fallback::Pause));
        let refused = serde_json::from_value::<Schedule>(json!({"per_sec": 5})).unwrap_err().to_string();
        assert!(refused.contains("per_sec") && refused.contains("per_second"), "{refused}");
    }

    #[test]
    fn variables_name_their_source() {
        let variables: Variables = serde_json::from_value(json!({
            "1": {"contact_name": {"default": "friend"}}, "2": {"text": "5 Dec"}, "3": {"attribute": {"name": "tier"}}
        }))
        .unwrap();
        assert_eq!(variables.get("2"), Some(&Variable::Text("5 Dec".into())));
        assert!(serde_json::from_value::<Variables>(json!({"1": {"attr": {}}})).is_err());
    }
}
