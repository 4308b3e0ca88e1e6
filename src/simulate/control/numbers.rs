//! Makes Meta act on the business's numbers: quality, speed, status, name and security.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::state::World;
use super::super::webhooks::Update;
use super::{Outcome, read, refused};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneChange {
    id: String,
    status: Option<String>,
    quality: Option<String>,
    throughput: Option<u32>,
    /// Digits of the only people it may write to; makes it a test number.
    allowed: Option<Vec<String>>,
    /// `false` makes it an ordinary number again.
    test_number: Option<bool>,
    name: Option<NameDecision>,
    security: Option<Security>,
}

/// Meta's answer to a requested display name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameDecision {
    requested: String,
    decision: Decision,
    reason: Option<String>,
}

#[derive(Clone, Copy, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum Decision {
    Approved,
    Deferred,
    Pending,
    Rejected,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
enum Security {
    #[serde(rename = "PIN_CHANGED")]
    Changed,
    #[serde(rename = "PIN_RESET_REQUEST")]
    ResetAsked,
    #[serde(rename = "PIN_REQUEST_SUCCESS")]
    ResetDone,
}

pub fn phone(world: &World, body: &Bytes) -> Outcome {
    let change: PhoneChange = read(body)?;
    let now = world.clock.now();
    let mut updates = Vec::new();
    let json = {
        let mut guard = world.state();
        let state = &mut *guard;
        let phone = state.phones.get_mut(change.id.as_str()).ok_or_else(|| refused("there is no such phone number"))?;
        let digits = phone.digits.clone();
        let mut tell = |field: &str, value: Value| updates.push(Update::account(field, value, now));
        let tier = &state.limits.messaging_limit;
        let quality = |event: &str| json!({"display_phone_number": *digits, "event": event, "max_daily_conversations_per_business": tier});
        if let Some(rating) = change.quality.filter(|rating| *rating != phone.quality) {
            tell("phone_number_quality_update", quality(if rating == "RED" { "FLAGGED" } else { "UNFLAGGED" }));
            phone.quality = rating;
        }
        if let Some(throughput) = change.throughput {
            if throughput > phone.throughput {
                tell("phone_number_quality_update", quality("THROUGHPUT_UPGRADE"));
            }
            phone.throughput = throughput;
        }
        if let Some(name) = change.name {
            tell(
                "phone_number_name_update",
                json!({"display_phone_number": *digits, "decision": name.decision,
                    "requested_verified_name": name.requested, "rejection_reason": name.reason}),
            );
            match name.decision {
                Decision::Approved => (phone.verified_name, phone.name_status) = (name.requested, "APPROVED".into()),
                Decision::Rejected => phone.name_status = "DECLINED".into(),
                Decision::Deferred | Decision::Pending => phone.name_status = "PENDING_REVIEW".into(),
            }
        }
        if let Some(event) = change.security {
            tell("security", json!({"display_phone_number": *digits, "event": event}));
        }
        phone.status = change.status.unwrap_or_else(|| phone.status.clone());
        if change.allowed.is_some() || change.test_number == Some(false) {
            phone.allowed = change.allowed;
        }
        phone.to_json(tier, None)
    };
    world.courier.publish(&updates);
    Ok(json)
}
