//! The account and its numbers, the webhook subscription, and message history.

use axum::http::Method;
use serde_json::{Value, json};

use super::analytics::{self, METRICS};
use super::business::Review;
use super::call::{Call, unsupported};
use super::customers::Status;
use super::nodes::{page, select, top_level};
use super::phones;
use super::problem::Problem;
use super::state::World;

const ACCOUNT_FIELDS: &[&str] = &[
    "id",
    "name",
    "currency",
    "timezone_id",
    "country",
    "status",
    "account_review_status",
    "business_verification_status",
    "ownership_type",
    "health_status",
    "message_template_namespace",
    "whatsapp_business_manager_messaging_limit",
    "is_enabled_for_insights",
    "disable_marketing_messages_on_cloud_api",
    "primary_business_location",
];
pub fn phone(world: &World, call: &Call) -> Result<Value, Problem> {
    let webhook = world.courier.target();
    let state = world.state();
    let phone = state.phones.get(call.node.as_str()).ok_or_else(|| unsupported(call))?;
    let json = phone.to_json(&state.limits.messaging_limit, webhook.as_deref());
    select(json, call, phones::FIELDS, phones::DEFAULT_FIELDS, "WhatsAppBusinessPhoneNumber")
}

pub fn phone_numbers(world: &World, call: &Call) -> Result<Value, Problem> {
    let webhook = world.courier.target();
    let state = world.state();
    let tier = &state.limits.messaging_limit;
    let items: Result<Vec<_>, Problem> = state
        .phones
        .values()
        .zip(1..)
        .map(|(phone, at)| {
            let json = phone.to_json(tier, webhook.as_deref());
            Ok((at, select(json, call, phones::FIELDS, phones::DEFAULT_FIELDS, "WhatsAppBusinessPhoneNumber")?))
        })
        .collect();
    drop(state);
    page(world, call, items?)
}

pub fn account(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let mut metrics = Vec::new();
    if let Some(fields) = call.query("fields") {
        let asked = top_level(fields);
        for metric in METRICS.iter().filter(|metric| asked.iter().any(|field| field == *metric)) {
            metrics.push((*metric, analytics::field(world, metric, fields)?));
        }
    }
    let state = world.state();
    let (account, waba_id) = (&state.account, &world.settings.waba_id);
    let (own, entity) = account.health(waba_id, now);
    let mut json = json!({
        "id": waba_id, "name": world.settings.business_name, "currency": "HKD", "timezone_id": "42",
        "country": "HK", "status": account.status(now), "account_review_status": account.review.unwrap_or(Review::Approved),
        "business_verification_status": "verified", "ownership_type": "SELF",
        "health_status": {"can_send_message": own, "entities": [entity,
            {"entity_type": "BUSINESS", "id": format!("{waba_id}1"), "can_send_message": own},
            {"entity_type": "APP", "id": world.settings.app_id, "can_send_message": "AVAILABLE"}]},
        "message_template_namespace": "5a17_ed1e_7ea5", "is_enabled_for_insights": account.insights,
        "whatsapp_business_manager_messaging_limit": state.limits.messaging_limit,
        "disable_marketing_messages_on_cloud_api": account.marketing_disabled, "primary_business_location": "HK",
    });
    drop(state);
    if let Some(fields) = json.as_object_mut() {
        fields.extend(metrics.into_iter().map(|(metric, value)| (metric.to_owned(), value)));
    }
    let known = [ACCOUNT_FIELDS, METRICS].concat();
    let usual = ["id", "name", "timezone_id", "message_template_namespace"];
    select(json, call, &known, &usual, "WhatsAppBusinessAccount")
}

/// `POST /{waba}`: switches template analytics on; they cannot be switched off.
pub fn edit(world: &World, call: &Call) -> Result<Value, Problem> {
    let on = call.body.get("is_enabled_for_insights").and_then(Value::as_bool);
    match on {
        Some(true) => world.state().account.insights = true,
        Some(false) => return Err(Problem::new(200_006, "Template insights cannot be disabled")),
        None => return Err(Problem::missing("is_enabled_for_insights")),
    }
    Ok(json!({"success": true}))
}

pub fn subscribed_apps(world: &World, call: &Call) -> Result<Value, Problem> {
    let mut state = world.state();
    match call.method {
        Method::GET => {
            let id = &world.settings.app_id;
            let app = json!({"whatsapp_business_api_data": {"id": id, "name": "Simulated app",
                "link": format!("https://www.facebook.com/games/?app_id={id}")},
                "override_callback_uri": world.courier.target().as_deref()});
            return Ok(json!({"data": if state.subscribed { vec![app] } else { Vec::new() }}));
        }
        Method::POST => {
            if let Some(url) = call.body.get("override_callback_uri") {
                let url = url.as_str().filter(|url| url.len() <= 200 && url::Url::parse(url).is_ok());
                let url = url.ok_or_else(|| {
                    Problem::parameter("Param override_callback_uri must be a URL of at most 200 characters")
                })?;
                world.courier.set_target(Some(url));
            }
            state.subscribed = true;
        }
        Method::DELETE => state.subscribed = false,
        _ => return Err(unsupported(call)),
    }
    Ok(json!({"success": true}))
}

/// Delivery events of one message, by its wamid alone.
pub fn history(world: &World, call: &Call) -> Result<Value, Problem> {
    let wamid = call.query("message_id").ok_or_else(|| Problem::missing("message_id"))?;
    let state = world.state();
    let Some(record) = state.log.by_wamid(wamid).filter(|record| *record.phone == *call.node) else {
        return Ok(json!({"data": []}));
    };
    let events: Vec<Value> = record
        .statuses
        .iter()
        .map(|(status, at)| {
            json!({"delivery_status": status, "timestamp": at.seconds().to_string(), "webhook_update_state": "SUCCESS",
                "error_description": (*status == Status::Failed).then(|| record.failed_with.map(|code| code.to_string()))})
        })
        .collect();
    Ok(
        json!({"data": [{"id": format!("history-{}", record.at.micros()), "message_id": wamid, "events": {"data": events}}]}),
    )
}
