//! What the simulator is told before it starts: the business it plays, how its customers live, and Meta's limits.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::samples;
use super::scenario::Scenario;
use super::traffic::Traffic;
use crate::domain::clock::{SharedClock, SystemClock};

/// Everything the simulator needs to start. `Default` is a sample business at a lifelike pace.
#[derive(Clone)]
pub struct Settings {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub waba_id: String,
    pub business_name: String,
    /// The app that uploads samples; its id is a node.
    pub app_id: String,
    /// The only bearer token that is accepted.
    pub token: String,
    /// Signs webhooks and, with the token, makes `appsecret_proof`.
    pub app_secret: Option<String>,
    /// Refuse calls without `appsecret_proof`. A wrong proof is refused either way.
    pub require_proof: bool,
    /// Sent along when a webhook address is verified.
    pub verify_token: String,
    /// Where webhooks go. Without one, life goes on and nobody is told.
    pub webhook_url: Option<String>,
    pub phone_numbers: Vec<PhoneSettings>,
    /// Templates that exist from the start: the body of a create call, with `id`, `status` and `quality_score` if they matter.
    pub templates: Vec<Value>,
    /// Ids of another business, to be answered with a permission error instead of "does not exist".
    pub foreign_ids: Vec<String>,
    /// Chance is drawn from this seed, the customer and how many messages they had, never from the time.
    pub seed: u64,
    /// Simulated seconds per real second, for delays only. The calendar runs at its own pace.
    pub speed: f64,
    /// The calendar: webhooks are stamped by it and windows judged by it.
    pub clock: SharedClock,
    pub life: Life,
    pub limits: Limits,
    pub delivery: Delivery,
    /// Played from the start. `Scenario::prepare` puts its numbers, templates and life into the rest.
    pub scenario: Option<Scenario>,
}

/// One business number.
#[derive(Clone)]
pub struct PhoneSettings {
    pub id: String,
    /// As people write it, with the plus sign.
    pub display: String,
    pub verified_name: String,
    pub quality: String,
    /// Messages per second.
    pub throughput: u32,
    /// For a test number: the only people it may write to, digits only.
    pub allowed: Option<Vec<String>>,
    /// Webhooks carry the keys of identities.
    pub identity_check: bool,
}

impl PhoneSettings {
    pub fn new(id: &str, display: &str, verified_name: &str) -> Self {
        Self {
            id: id.into(),
            display: display.into(),
            verified_name: verified_name.into(),
            quality: "GREEN".into(),
            throughput: 80,
            allowed: None,
            identity_check: false,
        }
    }
}

/// How customers and networks behave. Spans are milliseconds, from and to; shares are between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Life {
    /// From the answer to `sent`.
    pub sent_ms: (u64, u64),
    /// From `sent` to `delivered`.
    pub delivered_ms: (u64, u64),
    /// From `delivered` to `read`.
    pub read_ms: (u64, u64),
    /// From `read` to an answer.
    pub reply_ms: (u64, u64),
    /// From a template's submission to the verdict.
    pub review_ms: (u64, u64),
    /// Phones that stay switched off: `sent` and nothing more.
    pub never_delivered: f64,
    /// Read receipts switched off, or simply not opened.
    pub never_read: f64,
    /// `read` comes at once and `delivered` never does.
    pub read_without_delivered: f64,
    /// `failed` after `sent`, with 131026.
    pub failed_after_sent: f64,
    /// Marketing messages that Meta keeps back, with 131049.
    pub marketing_withheld: f64,
    /// `delivered` comes after `read`.
    pub reordered: f64,
    /// Webhook updates that never come.
    pub lost: f64,
    /// Webhook updates that come twice.
    pub duplicated: f64,
    /// People who write something back.
    pub replies: f64,
    /// People who answer a marketing message with a typed STOP.
    pub stops: f64,
    /// People who stop marketing in WhatsApp itself.
    pub marketing_stops: f64,
    /// Number endings of people who are not on WhatsApp.
    pub not_on_whatsapp: Vec<String>,
    /// Codes that are not answered at once: the call is accepted and a `failed` status follows.
    pub refused_later: Vec<u32>,
    /// People who write by themselves.
    pub traffic: Traffic,
    /// Delivered messages after which a template's quality is judged by the people who stopped; none for never.
    pub quality_after: Option<u32>,
    /// The share of them from which it is yellow.
    pub quality_yellow: f64,
    /// And from which it is red, which pauses the template.
    pub quality_red: f64,
    /// Up to version 23 statuses carry a `conversation` object.
    pub webhook_version: u32,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            sent_ms: (300, 1_200),
            delivered_ms: (500, 6_000),
            read_ms: (4_000, 90_000),
            reply_ms: (5_000, 60_000),
            review_ms: (20_000, 60_000),
            never_delivered: 0.03,
            never_read: 0.35,
            read_without_delivered: 0.01,
            failed_after_sent: 0.005,
            marketing_withheld: 0.01,
            reordered: 0.02,
            lost: 0.0,
            duplicated: 0.02,
            replies: 0.04,
            stops: 0.006,
            marketing_stops: 0.004,
            not_on_whatsapp: vec!["0404".into()],
            refused_later: vec![131_026, 131_047, 131_048, 131_049, 130_472],
            traffic: Traffic::default(),
            quality_after: None,
            quality_yellow: 0.05,
            quality_red: 0.15,
            webhook_version: 24,
        }
    }
}

impl Life {
    /// Everybody gets and reads everything within milliseconds, and nobody answers: for tests that bring their own chance.
    pub fn prompt() -> Self {
        Self {
            sent_ms: (1, 5),
            delivered_ms: (1, 10),
            read_ms: (1, 10),
            reply_ms: (1, 10),
            review_ms: (5, 20),
            never_delivered: 0.0,
            never_read: 0.0,
            read_without_delivered: 0.0,
            failed_after_sent: 0.0,
            marketing_withheld: 0.0,
            reordered: 0.0,
            lost: 0.0,
            duplicated: 0.0,
            replies: 0.0,
            stops: 0.0,
            marketing_stops: 0.0,
            ..Self::default()
        }
    }
}

/// Meta's limits, and the simulator's own memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// `TIER_250` … `TIER_UNLIMITED`: unique users in a rolling day outside open windows, shared by all numbers.
    pub messaging_limit: String,
    /// Messages to one user at once before the pair rate bites.
    pub pair_burst: u32,
    /// Seconds after which one more message to the same user is allowed.
    pub pair_seconds: u32,
    /// Marketing messages that one user gets in a rolling day outside an open window.
    pub marketing_per_day: u32,
    /// No marketing to numbers of the United States.
    pub us_marketing_blocked: bool,
    /// Business management calls per hour.
    pub management_per_hour: u32,
    /// Templates that may be created per hour.
    pub creations_per_hour: u32,
    /// How many templates the account may hold.
    pub templates: usize,
    /// Sends that each of two templates needs to be compared.
    pub compared_sends: u64,
    /// People whom one number may block.
    pub blocked_users: usize,
    /// Bytes of media that are kept; the oldest files go first.
    pub media_bytes: usize,
    /// Sends that the log remembers.
    pub keep_sends: usize,
    /// Webhook deliveries that the log remembers.
    pub keep_deliveries: usize,
    /// Messages that each customer's screen remembers.
    pub keep_messages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messaging_limit: "TIER_100K".into(),
            pair_burst: 45,
            pair_seconds: 6,
            marketing_per_day: 4,
            us_marketing_blocked: true,
            management_per_hour: 5_000,
            creations_per_hour: 100,
            templates: 6_000,
            compared_sends: 1_000,
            blocked_users: 64_000,
            media_bytes: 512 << 20,
            keep_sends: 200_000,
            keep_deliveries: 2_000,
            keep_messages: 30,
        }
    }
}

/// How webhooks are delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Updates are gathered for this long, in real milliseconds, before they are posted.
    pub gather_ms: u64,
    /// Updates in one POST, at most 1,000.
    pub max_updates: usize,
    /// POSTs at the same time.
    pub concurrency: usize,
    /// A POST without an answer for this long has failed.
    pub timeout_ms: u64,
    /// The first retry comes after this long, each next one after twice the time, up to an hour.
    pub first_retry_ms: u64,
    /// Then Meta gives up.
    pub give_up_ms: u64,
    /// Bytes of POSTs that may wait, for their turn or for a retry; the newest are dropped beyond it.
    pub backlog_bytes: usize,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            gather_ms: 25,
            max_updates: 200,
            concurrency: 4,
            timeout_ms: 10_000,
            first_retry_ms: 2_000,
            give_up_ms: 7 * 24 * 3_600_000,
            backlog_bytes: 256 << 20,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            waba_id: samples::WABA_ID.into(),
            business_name: samples::BUSINESS_NAME.into(),
            app_id: samples::APP_ID.into(),
            token: "simulated-system-user-token".into(),
            app_secret: Some("simulated-app-secret".into()),
            require_proof: false,
            verify_token: "simulated-verify-token".into(),
            webhook_url: None,
            phone_numbers: samples::phone_numbers(),
            templates: samples::templates(),
            foreign_ids: vec![samples::FOREIGN_ID.into()],
            seed: 1,
            speed: 1.0,
            clock: Arc::new(SystemClock),
            life: Life::default(),
            limits: Limits::default(),
            delivery: Delivery::default(),
            scenario: None,
        }
    }
}
