//! Makes Meta act on the business: templates judged, paused or rated, limits and the account changed.

use std::time::Duration;

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::business::{DirectSend, Forbidden, Review};
use super::super::happenings::settle_held;
use super::super::limits::DAY;
use super::super::state::World;
use super::super::templates::Template;
use super::super::templates::review::{self, named};
use super::super::templates::standing::{Reason, Standing};
use super::super::webhooks::{Update, template_status};
use super::{Outcome, overlay, read, refused};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateChange {
    id: Option<String>,
    name: Option<String>,
    language: Option<String>,
    status: Option<Standing>,
    reason: Option<Reason>,
    quality: Option<String>,
    category: Option<String>,
    correct_category: Option<String>,
    paced: Option<bool>,
    held: Option<String>,
}

pub fn template(world: &World, body: &Bytes) -> Outcome {
    let change: TemplateChange = read(body)?;
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
        let id = template.id;
        change_template(world, template, &change, &mut updates);
        let json = template.to_json();
        let settled = match change.held.as_deref() {
            None => 0,
            Some("release") => settle_held(world, state, id, true),
            Some("drop") => settle_held(world, state, id, false),
            Some(_) => return Err(refused("held is \"release\" or \"drop\"")),
        };
        (json, settled)
    };
    world.courier.publish(&updates);
    Ok(json!({"template": json, "settled": settled}))
}

fn change_template(world: &World, template: &mut Template, change: &TemplateChange, updates: &mut Vec<Update>) {
    let now = world.clock.now();
    if let Some(quality) = &change.quality {
        review::rate(template, quality, now, updates);
    }
    if let Some(correct) = &change.correct_category {
        let value = json!({"new_category": *template.category, "correct_category": correct,
            "category_update_timestamp": now.after(DAY).seconds()});
        updates.push(Update::account("template_category_update", named(template, value), now));
        template.correct_category = Some(correct.clone());
    }
    if let Some(category) = &change.category {
        let value = json!({"previous_category": *template.category, "new_category": category});
        updates.push(Update::account("template_category_update", named(template, value), now));
        template.previous_category = Some(template.category.to_string());
        template.category = category.as_str().into();
        template.correct_category = None;
    }
    if let Some(reason) = change.reason {
        template.rejected_reason = reason;
    }
    match change.status {
        None => {}
        Some(Standing::Paused) => review::pause(world, template, updates),
        Some(status) => {
            let event = match (template.status, status) {
                (Standing::Archived, Standing::Approved) => "UNARCHIVED",
                (Standing::Disabled, Standing::Approved) => "REINSTATED",
                _ => status.word(),
            };
            template.status = status;
            template.last_used = now;
            let title = (status == Standing::Disabled).then_some("DISABLED");
            updates.push(template_status(template, event, title, now));
        }
    }
    template.paced = change.paced.unwrap_or(template.paced);
}

pub fn limits(world: &World, body: &Bytes) -> Outcome {
    let now = world.clock.now();
    let (limits, tier) = {
        let mut state = world.state();
        let wanted = overlay(&state.limits, body)?;
        let before = std::mem::replace(&mut state.limits, wanted);
        let changed = before.messaging_limit != state.limits.messaging_limit;
        (json!(state.limits), changed.then(|| state.limits.messaging_limit.clone()))
    };
    if let Some(tier) = tier {
        let value = json!({"max_daily_conversations_per_business": tier, "max_phone_numbers_per_business": 20});
        world.courier.publish(&[Update::account("business_capability_update", value, now)]);
    }
    Ok(limits)
}

/// What Meta decides about the account. Each part comes with its webhook.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct AccountChange {
    /// Present and null lifts it.
    #[serde(deserialize_with = "present")]
    blocked_with: Option<Option<u32>>,
    restriction: Option<Restriction>,
    /// Such as `SCAM`: a warning, and nothing more.
    violation: Option<String>,
    ban: Option<Ban>,
    review: Option<Review>,
    direct_send: Option<DirectSend>,
    marketing_disabled: Option<bool>,
    insights: Option<bool>,
    alert: Option<Alert>,
    /// Any other event of `account_update`, such as `ACCOUNT_OFFBOARDED`.
    event: Option<String>,
}

fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restriction {
    #[serde(rename = "type")]
    what: Forbidden,
    /// None lifts it.
    hours: Option<f64>,
}

#[derive(Clone, Copy, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Ban {
    Disable,
    ScheduleForDisable,
    Reinstate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    #[serde(rename = "type")]
    kind: String,
    severity: Option<String>,
    description: Option<String>,
}

pub fn account(world: &World, body: &Bytes) -> Outcome {
    let change: AccountChange = read(body)?;
    let now = world.clock.now();
    let mut updates = Vec::new();
    let mut tell = |field: &str, value: Value| updates.push(Update::account(field, value, now));
    let summary = {
        let mut guard = world.state();
        let account = &mut guard.account;
        if let Some(code) = change.blocked_with {
            account.blocked_with = code;
        }
        if let Some(restriction) = change.restriction {
            account.restrictions.retain(|(what, _)| *what != restriction.what);
            if let Some(hours) = restriction.hours {
                let span = Duration::try_from_secs_f64(hours * 3600.0).map_err(|_| refused("hours is not a time"))?;
                let until = now.after(span);
                account.restrictions.push((restriction.what, until));
                let info = json!([{"restriction_type": restriction.what, "expiration": until.seconds().to_string()}]);
                tell("account_update", json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": info}));
            }
        }
        if let Some(violation) = change.violation {
            let info = json!({"violation_type": violation});
            tell("account_update", json!({"event": "ACCOUNT_VIOLATION", "violation_info": info}));
        }
        if let Some(ban) = change.ban {
            account.banned = ban == Ban::Disable;
            let info = json!({"waba_ban_state": ban, "waba_ban_date": now.to_jiff().strftime("%B %d, %Y").to_string()});
            tell("account_update", json!({"event": "DISABLED_UPDATE", "ban_info": info}));
        }
        if let Some(review) = change.review {
            account.review = Some(review);
            tell("account_review_update", json!({"decision": review}));
        }
        if let Some(alert) = change.alert {
            let info = json!({"alert_severity": alert.severity.as_deref().unwrap_or("INFORMATIONAL"),
                "alert_status": "ACTIVE", "alert_type": alert.kind,
                "alert_description": alert.description.unwrap_or_default()});
            let id = &world.settings.waba_id;
            tell("account_alerts", json!({"entity_type": "BUSINESS", "entity_id": id, "alert_info": info}));
        }
        if let Some(event) = change.event {
            tell("account_update", json!({ "event": event }));
        }
        account.direct_send = change.direct_send.unwrap_or(account.direct_send);
        account.marketing_disabled = change.marketing_disabled.unwrap_or(account.marketing_disabled);
        account.insights = change.insights.unwrap_or(account.insights);
        account.summary()
    };
    world.courier.publish(&updates);
    Ok(summary)
}

/// Orders a verdict for reviews to come.
pub fn order(world: &World, body: &Bytes) -> Outcome {
    let mut state = world.state();
    if body.is_empty() {
        state.orders.clear();
        return Ok(json!({"orders": []}));
    }
    let order: review::Order = read(body)?;
    Ok(json!({"orders": state.orders.add(order)}))
}
