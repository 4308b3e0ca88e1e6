//! Makes Meta act on the business: templates paused or rated, numbers restricted, limits and accounts changed.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::happenings::{Event, settle_held};
use super::super::templates::Template;
use super::super::webhooks::{Update, template_status};
use super::{Answer, Shared, overlay, read, refused};
use crate::domain::clock::Timestamp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateChange {
    id: Option<String>,
    name: Option<String>,
    language: Option<String>,
    status: Option<String>,
    reason: Option<String>,
    quality: Option<String>,
    category: Option<String>,
    correct_category: Option<String>,
    paced: Option<bool>,
    held: Option<String>,
}

pub async fn template(State(world): Shared, body: Bytes) -> Answer {
    let change: TemplateChange = read(&body)?;
    let now = world.clock.now();
    let mut updates = Vec::new();
    let (json, settled) = {
        let mut guard = world.state();
        let state = &mut *guard;
        let id = match (&change.id, &change.name) {
            (Some(id), _) => id.parse().ok(),
            (None, Some(name)) => state
                .templates
                .iter()
                .find(|t| {
                    *t.name == **name && change.language.as_ref().is_none_or(|language| *t.language == **language)
                })
                .map(|t| t.id),
            (None, None) => None,
        };
        let template =
            id.and_then(|id| state.templates.get_mut(id)).ok_or_else(|| refused("there is no such template"))?;
        let (id, pauses) = (template.id, template.pauses);
        change_template(template, &change, now, &mut updates);
        let (json, paused) = (template.to_json(), (template.pauses > pauses).then_some(template.pauses));
        if let Some(pause) = paused {
            // Three hours, then six.
            let hours = u64::from(pause) * 3;
            world.agenda.add(&world.clock, hours * 3_600_000, Event::Unpause { template: id, pause });
        }
        let settled = match change.held.as_deref() {
            None => 0,
            Some("release") => settle_held(&world, state, id, true),
            Some("drop") => settle_held(&world, state, id, false),
            Some(_) => return Err(refused("held is \"release\" or \"drop\"")),
        };
        (json, settled)
    };
    world.courier.publish(&updates);
    Ok(Json(json!({"template": json, "settled": settled})))
}

fn change_template(template: &mut Template, change: &TemplateChange, now: Timestamp, updates: &mut Vec<Update>) {
    let named = |value: &mut Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.insert("message_template_id".into(), template_id(template.id));
            fields.insert("message_template_name".into(), Value::from(&*template.name));
            fields.insert("message_template_language".into(), Value::from(&*template.language));
        }
    };
    if let Some(quality) = &change.quality {
        let mut value = json!({"previous_quality_score": template.quality, "new_quality_score": quality});
        named(&mut value);
        updates.push(Update::account("message_template_quality_update", value, now));
        template.quality.clone_from(quality);
        template.quality_since = now;
    }
    if let Some(correct) = &change.correct_category {
        let mut value = json!({"new_category": *template.category, "correct_category": correct,
            "category_update_timestamp": now.after(Duration::from_secs(24 * 3600)).seconds()});
        named(&mut value);
        updates.push(Update::account("template_category_update", value, now));
        template.correct_category = Some(correct.clone());
    }
    if let Some(category) = &change.category {
        let mut value = json!({"previous_category": *template.category, "new_category": category});
        named(&mut value);
        updates.push(Update::account("template_category_update", value, now));
        template.previous_category = Some(template.category.to_string());
        template.category = category.as_str().into();
        template.correct_category = None;
    }
    if let Some(reason) = &change.reason {
        template.rejected_reason.clone_from(reason);
    }
    if let Some(status) = &change.status {
        let pauses = template.pauses + u8::from(status == "PAUSED" && template.status != "PAUSED");
        let (event, title) = match (status.as_str(), pauses) {
            ("PAUSED", 3..) => ("DISABLED", Some("DISABLED")),
            ("PAUSED", 2) => ("PAUSED", Some("SECOND_PAUSE")),
            ("PAUSED", _) => ("PAUSED", Some("FIRST_PAUSE")),
            ("DISABLED", _) => ("DISABLED", Some("DISABLED")),
            (other, _) => (other, None),
        };
        template.pauses = pauses;
        template.status = event.to_owned();
        updates.push(template_status(template, event, title, now));
    }
    template.paced = change.paced.unwrap_or(template.paced);
}

/// Template ids are numbers in webhooks, and strings everywhere else.
fn template_id(id: u64) -> Value {
    id.into()
}

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
}

pub async fn phone(State(world): Shared, body: Bytes) -> Answer {
    let change: PhoneChange = read(&body)?;
    let now = world.clock.now();
    let mut updates = Vec::new();
    let json = {
        let mut guard = world.state();
        let state = &mut *guard;
        let phone = state.phones.get_mut(change.id.as_str()).ok_or_else(|| refused("there is no such phone number"))?;
        let mut tell = |event: &str, digits: &str, tier: &str| {
            let value =
                json!({"display_phone_number": digits, "event": event, "max_daily_conversations_per_business": tier});
            updates.push(Update::account("phone_number_quality_update", value, now));
        };
        if let Some(quality) = change.quality.filter(|quality| *quality != phone.quality) {
            tell(if quality == "RED" { "FLAGGED" } else { "UNFLAGGED" }, &phone.digits, &state.limits.messaging_limit);
            phone.quality = quality;
        }
        if let Some(throughput) = change.throughput {
            if throughput > phone.throughput {
                tell("THROUGHPUT_UPGRADE", &phone.digits, &state.limits.messaging_limit);
            }
            phone.throughput = throughput;
        }
        phone.status = change.status.unwrap_or_else(|| phone.status.clone());
        if change.allowed.is_some() || change.test_number == Some(false) {
            phone.allowed = change.allowed;
        }
        phone.to_json(&state.limits.messaging_limit, None)
    };
    world.courier.publish(&updates);
    Ok(Json(json))
}

pub async fn limits(State(world): Shared, body: Bytes) -> Answer {
    let now = world.clock.now();
    let (limits, tier) = {
        let mut state = world.state();
        let wanted = overlay(&state.limits, &body)?;
        let before = std::mem::replace(&mut state.limits, wanted);
        let changed = before.messaging_limit != state.limits.messaging_limit;
        (json!(state.limits), changed.then(|| state.limits.messaging_limit.clone()))
    };
    if let Some(tier) = tier {
        let value = json!({"max_daily_conversations_per_business": tier, "max_phone_numbers_per_business": 20});
        world.courier.publish(&[Update::account("business_capability_update", value, now)]);
    }
    Ok(Json(limits))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    blocked_with: Option<u32>,
}

pub async fn account(State(world): Shared, body: Bytes) -> Answer {
    let change: AccountChange = read(&body)?;
    world.state().blocked_with = change.blocked_with;
    Ok(Json(json!({"blocked_with": change.blocked_with})))
}
