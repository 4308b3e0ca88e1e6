//! The account and its phone numbers, as Meta sees them.

mod block_list;
mod profile;
mod settings;

pub use block_list::{BlockResult, BlockedUser, block, blocked, unblock};
pub use profile::{Profile, ProfileUpdate, Vertical, profile, update_profile};
pub use settings::{SubscribedApp, enable_template_insights, set_identity_check, subscribed_apps};

use serde_json::Value;

use crate::domain::json::{flag, list, text, texts};
use crate::domain::open_enum::open_enum;
use crate::domain::redact::{Number, scrub};
use crate::graph::call::in_doubt;
use crate::graph::lists::List;
use crate::graph::{Credentials, Error, Graph};

/// One of the business's numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct PhoneNumberInfo {
    pub id: String,
    pub display_phone_number: Option<Number>,
    pub verified_name: Option<String>,
    /// Only a connected number can send.
    pub status: NumberStatus,
    pub quality: QualityScore,
    /// People per day for the whole portfolio: `TIER_2K`, ..
    pub messaging_limit: Option<MessagingLimit>,
    pub name_status: Option<String>,
    pub code_verification_status: Option<String>,
    /// `STANDARD` is 80 messages a second, `HIGH` a thousand.
    pub throughput: Option<String>,
    pub platform_type: Option<String>,
    pub account_mode: Option<String>,
    pub is_official_business_account: Option<bool>,
    /// Whether the number is protected by a PIN; without one, others can register it.
    pub is_pin_enabled: Option<bool>,
    /// Whether it is in use in the WhatsApp Business app as well, which lets it send 20 messages a second only.
    pub is_on_biz_app: Option<bool>,
    /// Where Meta delivers webhooks of this number; the address of the last override that applies.
    pub webhook_url: Option<String>,
    pub health: Option<Health>,
}

open_enum! {
    pub enum NumberStatus {
        Banned = "BANNED",
        Connected = "CONNECTED",
        Deleted = "DELETED",
        Disconnected = "DISCONNECTED",
        Flagged = "FLAGGED",
        Migrated = "MIGRATED",
        Pending = "PENDING",
        RateLimited = "RATE_LIMITED",
        Restricted = "RESTRICTED",
        Unknown = "UNKNOWN",
        Unverified = "UNVERIFIED",
    }
}

open_enum! {
    /// Of a number or of a template.
    pub enum QualityScore {
        Green = "GREEN",
        Yellow = "YELLOW",
        Red = "RED",
        Unknown = "UNKNOWN",
    }
}

open_enum! {
    /// How many people may be written to within 24 hours outside their windows.
    pub enum MessagingLimit {
        Tier50 = "TIER_50",
        Tier250 = "TIER_250",
        Tier1K = "TIER_1K",
        Tier2K = "TIER_2K",
        Tier10K = "TIER_10K",
        Tier100K = "TIER_100K",
        Unlimited = "TIER_UNLIMITED",
        Untiered = "UNTIERED",
    }
}

impl MessagingLimit {
    /// The number of people. `None` says that there is no limit, or none that we can read.
    pub fn people(&self) -> Option<u32> {
        match self {
            Self::Tier50 => Some(50),
            Self::Tier250 => Some(250),
            Self::Tier1K => Some(1_000),
            Self::Tier2K => Some(2_000),
            Self::Tier10K => Some(10_000),
            Self::Tier100K => Some(100_000),
            Self::Unlimited | Self::Untiered => None,
            Self::Other(word) => word.parse().ok(),
        }
    }
}

/// The WhatsApp Business Account.
#[derive(Debug, Clone, PartialEq)]
pub struct Waba {
    pub id: String,
    pub name: Option<String>,
    pub status: Option<String>,
    pub currency: Option<String>,
    pub timezone_id: Option<String>,
    pub country: Option<String>,
    pub account_review_status: Option<String>,
    pub business_verification_status: Option<String>,
    pub ownership_type: Option<String>,
    pub messaging_limit: Option<MessagingLimit>,
    pub marketing_disabled: Option<bool>,
    /// Whether Meta counts what becomes of each template's messages.
    pub insights_enabled: Option<bool>,
    pub health: Option<Health>,
}

/// Meta's own forecast of whether a send would go through.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    pub can_send: CanSend,
    /// Why it is not simply available, as Meta explains it.
    pub reasons: Vec<String>,
    /// Which part of it stands in the way: the number, the account, the business, the app or the template.
    pub parts: Vec<HealthPart>,
}

/// One part of what must be in order.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthPart {
    /// `PHONE_NUMBER`, `WABA`, ..
    pub kind: String,
    pub id: Option<String>,
    pub can_send: CanSend,
}

open_enum! {
    pub enum CanSend {
        Available = "AVAILABLE",
        Limited = "LIMITED",
        Blocked = "BLOCKED",
    }
}

const PHONE_FIELDS: &str = "id,display_phone_number,verified_name,status,quality_rating,quality_score,\
    whatsapp_business_manager_messaging_limit,name_status,code_verification_status,throughput,platform_type,\
    account_mode,is_official_business_account,is_pin_enabled,is_on_biz_app,webhook_configuration,health_status";

const WABA_FIELDS: &str = "id,name,status,currency,timezone_id,country,account_review_status,\
    business_verification_status,ownership_type,whatsapp_business_manager_messaging_limit,\
    disable_marketing_messages_on_cloud_api,is_enabled_for_insights,health_status";

/// All numbers of the account.
pub async fn phone_numbers(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
) -> Result<Vec<PhoneNumberInfo>, Error> {
    let items = graph.all(credentials, List::edge(waba, "phone_numbers", &[("fields", PHONE_FIELDS)])).await?;
    items
        .iter()
        .map(|item| phone_number_of(item).ok_or_else(|| in_doubt("a phone number without an id".to_owned())))
        .collect()
}

/// One number.
pub async fn phone_number(graph: &Graph, credentials: &Credentials, id: &str) -> Result<PhoneNumberInfo, Error> {
    let value = graph.object(credentials, id, PHONE_FIELDS).await?;
    phone_number_of(&value).ok_or_else(|| in_doubt("a phone number without an id".to_owned()))
}

/// The account itself.
pub async fn waba(graph: &Graph, credentials: &Credentials, waba: &str) -> Result<Waba, Error> {
    let value = graph.object(credentials, waba, WABA_FIELDS).await?;
    account(&value).ok_or_else(|| in_doubt("an account without an id".to_owned()))
}

fn phone_number_of(item: &Value) -> Option<PhoneNumberInfo> {
    let inner = |key: &str, name: &str| item.get(key).and_then(|v| text(v, name));
    let webhook = ["phone_number", "whatsapp_business_account", "application"];
    Some(PhoneNumberInfo {
        id: text(item, "id")?,
        display_phone_number: text(item, "display_phone_number").map(Number::new),
        verified_name: text(item, "verified_name"),
        status: NumberStatus::from(text(item, "status").as_deref().unwrap_or("UNKNOWN")),
        quality: quality(text(item, "quality_rating").or_else(|| inner("quality_score", "score"))),
        messaging_limit: limit(item),
        name_status: text(item, "name_status"),
        code_verification_status: text(item, "code_verification_status"),
        throughput: inner("throughput", "level"),
        platform_type: text(item, "platform_type"),
        account_mode: text(item, "account_mode"),
        is_official_business_account: flag(item, "is_official_business_account"),
        is_pin_enabled: flag(item, "is_pin_enabled"),
        is_on_biz_app: flag(item, "is_on_biz_app"),
        webhook_url: webhook.iter().find_map(|key| inner("webhook_configuration", key)),
        health: health(item),
    })
}

fn account(value: &Value) -> Option<Waba> {
    Some(Waba {
        id: text(value, "id")?,
        name: text(value, "name"),
        status: text(value, "status"),
        currency: text(value, "currency"),
        timezone_id: text(value, "timezone_id"),
        country: text(value, "country"),
        account_review_status: text(value, "account_review_status"),
        business_verification_status: text(value, "business_verification_status"),
        ownership_type: text(value, "ownership_type"),
        messaging_limit: limit(value),
        marketing_disabled: flag(value, "disable_marketing_messages_on_cloud_api"),
        insights_enabled: flag(value, "is_enabled_for_insights"),
        health: health(value),
    })
}

/// `NA` is how Meta writes that it does not know yet.
pub(super) fn quality(word: Option<String>) -> QualityScore {
    QualityScore::from(word.as_deref().filter(|word| *word != "NA").unwrap_or("UNKNOWN"))
}

fn limit(value: &Value) -> Option<MessagingLimit> {
    let word = text(value, "whatsapp_business_manager_messaging_limit").or_else(|| text(value, "messaging_limit_tier"));
    word.map(|word| MessagingLimit::from(word.as_str()))
}

pub(super) fn health(value: &Value) -> Option<Health> {
    let health = value.get("health_status")?;
    let can_send = |value: &Value| text(value, "can_send_message").map(|word| CanSend::from(word.as_str()));
    let entities = list(health, "entities");
    let mut reasons = Vec::new();
    for entity in entities {
        reasons.extend(texts(entity, "additional_info").iter().map(|info| scrub(info)));
        let errors = list(entity, "errors").iter();
        reasons.extend(errors.filter_map(|error| text(error, "error_description")).map(|reason| scrub(&reason)));
    }
    let part = |entity: &Value| {
        let kind = text(entity, "entity_type")?;
        Some(HealthPart { kind, id: text(entity, "id"), can_send: can_send(entity)? })
    };
    Some(Health { can_send: can_send(health)?, reasons, parts: entities.iter().filter_map(part).collect() })
}
