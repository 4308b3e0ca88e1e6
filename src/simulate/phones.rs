//! The business's numbers: what read calls tell about them, and how fast each may send.

use std::collections::BTreeSet;
use std::sync::Arc;

use rlibphonenumber::PHONE_NUMBER_UTIL;
use serde_json::{Value, json};

use super::limits::Bucket;
use super::problem::Problem;
use super::profile::Profile;
use super::settings::PhoneSettings;
use crate::domain::clock::Timestamp;

pub const FIELDS: &[&str] = &[
    "id",
    "display_phone_number",
    "verified_name",
    "status",
    "quality_rating",
    "quality_score",
    "whatsapp_business_manager_messaging_limit",
    "messaging_limit_tier",
    "name_status",
    "new_name_status",
    "code_verification_status",
    "throughput",
    "platform_type",
    "account_mode",
    "webhook_configuration",
    "is_official_business_account",
    "is_pin_enabled",
    "is_on_biz_app",
    "is_preverified_number",
    "health_status",
    "last_onboarded_time",
    "country_dial_code",
];
pub const DEFAULT_FIELDS: &[&str] = &[
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "webhook_configuration",
    "id",
];

/// One number and its state.
pub struct Phone {
    pub id: Arc<str>,
    pub display: String,
    /// Digits only, as it stands in webhooks.
    pub digits: Arc<str>,
    pub verified_name: String,
    pub status: String,
    pub quality: String,
    pub throughput: u32,
    pub allowed: Option<Vec<String>>,
    pub country_code: String,
    pub profile: Profile,
    /// Webhooks carry the keys of identities.
    pub identity_check: bool,
    /// People whom the business blocked.
    pub blocked: BTreeSet<Arc<str>>,
    pub name_status: String,
    speed: Bucket,
    /// Service messages in this month: the first thousand are free.
    service: (i64, u32),
}

impl Phone {
    pub fn new(settings: &PhoneSettings, now: Timestamp) -> Self {
        let parsed = PHONE_NUMBER_UTIL.parse(&settings.display, None);
        let country_code = parsed.map(|number| number.country_code.to_string()).unwrap_or_default();
        Self {
            id: settings.id.as_str().into(),
            display: settings.display.clone(),
            digits: settings.display.chars().filter(char::is_ascii_digit).collect::<String>().into(),
            verified_name: settings.verified_name.clone(),
            status: "CONNECTED".into(),
            quality: settings.quality.clone(),
            throughput: settings.throughput,
            allowed: settings.allowed.clone(),
            country_code,
            profile: Profile::default(),
            identity_check: settings.identity_check,
            blocked: BTreeSet::new(),
            name_status: "APPROVED".into(),
            speed: Bucket::full(settings.throughput, now),
            service: (0, 0),
        }
    }

    pub fn to_json(&self, tier: &str, webhook: Option<&str>) -> Value {
        let health = if self.status == "CONNECTED" { "AVAILABLE" } else { "BLOCKED" };
        json!({
            "id": *self.id, "display_phone_number": self.display, "verified_name": self.verified_name,
            "status": self.status, "quality_rating": self.quality, "quality_score": {"score": self.quality},
            "whatsapp_business_manager_messaging_limit": tier, "messaging_limit_tier": tier,
            "name_status": self.name_status, "new_name_status": "NONE", "code_verification_status": "VERIFIED",
            "throughput": {"level": if self.throughput > 80 { "HIGH" } else { "STANDARD" }},
            "platform_type": "CLOUD_API", "account_mode": if self.allowed.is_some() { "SANDBOX" } else { "LIVE" },
            "webhook_configuration": {"application": webhook}, "is_official_business_account": false,
            "is_pin_enabled": true, "is_on_biz_app": false, "is_preverified_number": false,
            "last_onboarded_time": "2026-01-05T09:00:00+0000", "country_dial_code": self.country_code,
            "health_status": {"can_send_message": health,
                "entities": [{"entity_type": "PHONE_NUMBER", "id": *self.id, "can_send_message": health}]},
        })
    }

    /// Is the number able to send at all, and not too fast?
    pub fn admit(&mut self, now: Timestamp) -> Result<(), Problem> {
        match self.status.as_str() {
            "CONNECTED" | "FLAGGED" => {}
            "BANNED" => return Err(Problem::new(131_031, "The phone number is banned")),
            "RATE_LIMITED" | "RESTRICTED" => return Err(Problem::new(131_048, "The phone number is restricted")),
            _ => return Err(Problem::new(133_010, "The phone number is not registered for Cloud API")),
        }
        if self.speed.take(self.throughput, f64::from(self.throughput), now) {
            return Ok(());
        }
        Err(Problem::new(
            130_429,
            "Message failed to send because there were too many messages sent from this phone number in a short period of time",
        ))
    }

    /// Counts a service message; true while the month's free thousand lasts.
    pub fn count_service(&mut self, now: Timestamp) -> bool {
        let date = now.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
        let month = i64::from(date.year()) * 12 + i64::from(date.month());
        if self.service.0 != month {
            self.service = (month, 0);
        }
        self.service.1 = self.service.1.saturating_add(1);
        self.service.1 <= 1_000
    }
}
