//! Business management: the account, its numbers, its templates, its webhook subscription; and message history.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::customers::{Status, chance};
use super::future::span;
use super::happenings::Event;
use super::phones;
use super::problem::Problem;
use super::routes::{Call, unsupported};
use super::state::World;
use super::templates::{self, Template};
use super::webhooks::template_status;

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
const DEFAULT_PAGE: usize = 25;

/// Counts a management call against the hourly limit.
pub fn charge(world: &World) -> Result<(), Problem> {
    let now = world.clock.now();
    let mut state = world.state();
    let limit = state.limits.management_per_hour;
    if state.management.take(limit, f64::from(limit) / 3600.0, now) {
        return Ok(());
    }
    Err(Problem::new(80_008, "The account has made too many calls in the last hour"))
}

pub fn usage(world: &World) -> u32 {
    let state = world.state();
    state.management.used(state.limits.management_per_hour)
}

/// The fields that were asked for, in braces and modifiers or not; the usual ones where none were.
fn select(node: Value, call: &Call, known: &[&str], usual: &[&str], kind: &str) -> Result<Value, Problem> {
    let Value::Object(mut fields) = node else { return Ok(node) };
    let asked = call.query("fields").map_or_else(|| usual.iter().map(|&field| field.to_owned()).collect(), top_level);
    let mut selected = Map::new();
    for field in asked {
        if !known.contains(&field.as_str()) {
            return Err(Problem::no_such_field(&field, kind));
        }
        if let Some(value) = fields.remove(&field)
            && !value.is_null()
        {
            selected.insert(field, value);
        }
    }
    if let Some(id) = fields.remove("id") {
        selected.insert("id".into(), id);
    }
    Ok(Value::Object(selected))
}

/// Names at the top level of a `fields` parameter: `a,b{c,d},e.limit(3)` has a, b and e.
fn top_level(fields: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut names = vec![String::new()];
    let mut in_name = true;
    for character in fields.chars() {
        match character {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            ',' if depth == 0 => {
                names.push(String::new());
                in_name = true;
                continue;
            }
            _ => {}
        }
        in_name &= depth == 0 && !matches!(character, '.' | '{' | '(');
        if in_name
            && !character.is_whitespace()
            && let Some(name) = names.last_mut()
        {
            name.push(character);
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// One page of a list. Cursors name the last item; `next` is there only if more follows.
fn page(world: &World, call: &Call, items: Vec<(u64, Value)>) -> Result<Value, Problem> {
    let limit = call.query("limit").map_or(Some(DEFAULT_PAGE), |limit| limit.parse().ok().filter(|limit| *limit > 0));
    let limit = limit.ok_or_else(|| Problem::parameter("Param limit must be a positive number"))?.min(1_000);
    let cursor = |key: &str| call.query(key).filter(|text| !text.is_empty()).map(read_cursor).transpose();
    let start = match (cursor("after")?, cursor("before")?) {
        (Some(id), _) => items.iter().position(|(item, _)| *item == id).map(|at| at + 1),
        (None, Some(id)) => items.iter().position(|(item, _)| *item == id).map(|at| at.saturating_sub(limit)),
        (None, None) => Some(0),
    };
    let start = start.ok_or_else(|| Problem::new(131_059, "The cursor belongs to nothing that still exists"))?;
    let total = items.len();
    let shown: Vec<(u64, Value)> = items.into_iter().skip(start).take(limit).collect();
    let mut answer = json!({"data": shown.iter().map(|(_, item)| item).collect::<Vec<_>>()});
    if let (Some((first, _)), Some((last, _))) = (shown.first(), shown.last()) {
        let mut paging = json!({"cursors": {"before": write_cursor(*first), "after": write_cursor(*last)}});
        if start + shown.len() < total
            && let Some(paging) = paging.as_object_mut()
        {
            let path = format!("{}/{}", call.node, call.edge.as_deref().unwrap_or_default());
            let query = call.page_query(&write_cursor(*last));
            paging.insert("next".into(), format!("{}/v24.0/{path}?{query}", world.base_url()).into());
        }
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("paging".into(), paging);
        }
    }
    Ok(answer)
}

fn write_cursor(id: u64) -> String {
    URL_SAFE_NO_PAD.encode(id.to_be_bytes())
}

fn read_cursor(text: &str) -> Result<u64, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    bytes.map(u64::from_be_bytes).ok_or_else(|| Problem::new(131_059, "The cursor is not valid"))
}

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
    let state = world.state();
    let health = if state.blocked_with.is_some() { "BLOCKED" } else { "AVAILABLE" };
    let json = json!({
        "id": world.settings.waba_id, "name": world.settings.business_name, "currency": "HKD", "timezone_id": "42",
        "country": "HK", "status": if state.blocked_with.is_some() { "RESTRICTED" } else { "ACTIVE" },
        "account_review_status": "APPROVED", "business_verification_status": "verified", "ownership_type": "SELF",
        "health_status": {"can_send_message": health,
            "entities": [{"entity_type": "WABA", "id": world.settings.waba_id, "can_send_message": health}]},
        "message_template_namespace": "5a17_ed1e_7ea5", "is_enabled_for_insights": true,
        "whatsapp_business_manager_messaging_limit": state.limits.messaging_limit,
        "disable_marketing_messages_on_cloud_api": false, "primary_business_location": "HK",
    });
    let usual = ["id", "name", "timezone_id", "message_template_namespace"];
    select(json, call, ACCOUNT_FIELDS, &usual, "WhatsAppBusinessAccount")
}

pub fn list_templates(world: &World, call: &Call) -> Result<Value, Problem> {
    let (status, language) = (call.list("status"), call.list("language"));
    let (category, quality) = (call.list("category"), call.list("quality_score"));
    let within =
        |list: &[String], value: &str| list.is_empty() || list.iter().any(|item| item.eq_ignore_ascii_case(value));
    let holds = |key: &str, text: &str| call.query(key).is_none_or(|part| text.contains(&part.to_lowercase()));
    let wanted = |template: &&Template| {
        let text = template.shape.body.text.to_lowercase();
        let either = format!("{} {text}", template.name);
        within(&status, &template.status)
            && within(&language, &template.language)
            && within(&category, &template.category)
            && within(&quality, &template.quality)
            && holds("name", &template.name)
            && holds("content", &text)
            && holds("name_or_content", &either)
    };
    let state = world.state();
    let items: Result<Vec<_>, Problem> =
        state.templates.iter().rev().filter(wanted).map(|template| Ok((template.id, shown(template, call)?))).collect();
    drop(state);
    page(world, call, items?)
}

fn shown(template: &Template, call: &Call) -> Result<Value, Problem> {
    select(template.to_json(), call, templates::FIELDS, templates::DEFAULT_FIELDS, "WhatsAppMessageTemplate")
}

pub fn create_template(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let mut guard = world.state();
    let state = &mut *guard;
    let template = state.templates.create(&call.body, &state.limits, now)?;
    let answer = json!({"id": template.id.to_string(), "status": template.status, "category": *template.category});
    review_later(world, state.life.review_ms, template.id);
    Ok(answer)
}

fn review_later(world: &World, review_ms: (u64, u64), id: u64) {
    let mut luck = chance(world.settings.seed, "review", id);
    world.agenda.add(&world.clock, span(review_ms, &mut luck), Event::Review { template: id });
}

fn id_of(call: &Call) -> Result<u64, Problem> {
    call.node.parse().map_err(|_| unsupported(call))
}

pub fn template(world: &World, call: &Call) -> Result<Value, Problem> {
    let state = world.state();
    shown(state.templates.get(id_of(call)?).ok_or_else(|| unsupported(call))?, call)
}

pub fn edit_template(world: &World, call: &Call) -> Result<Value, Problem> {
    let id = id_of(call)?;
    let now = world.clock.now();
    let mut state = world.state();
    state.templates.edit(id, &call.body, now)?;
    review_later(world, state.life.review_ms, id);
    Ok(json!({"success": true}))
}

pub fn unpause_template(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let mut state = world.state();
    let template = state.templates.get_mut(id_of(call)?).ok_or_else(|| unsupported(call))?;
    if template.status != "PAUSED" {
        return Ok(json!({"success": false, "reason": "The template is not paused"}));
    }
    template.status = "APPROVED".into();
    let update = template_status(template, "APPROVED", Some("UNPAUSED"), now);
    world.agenda.add(&world.clock, 0, Event::Again(update));
    Ok(json!({"success": true}))
}

pub fn delete_template(world: &World, call: &Call) -> Result<Value, Problem> {
    let name = call.query("name").ok_or_else(|| Problem::missing("name"))?;
    let id = call.query("hsm_id").map(str::parse::<u64>).transpose();
    let id = id.map_err(|_| Problem::parameter("Param hsm_id must be a valid ID"))?;
    let now = world.clock.now();
    let gone = world.state().templates.delete(name, id, now)?;
    for template in &gone {
        world.agenda.add(&world.clock, 0, Event::Again(template_status(template, "PENDING_DELETION", None, now)));
    }
    Ok(json!({"success": true}))
}

pub fn subscribed_apps(world: &World, call: &Call) -> Result<Value, Problem> {
    let mut state = world.state();
    match call.method {
        Method::GET => {
            let app = json!({"whatsapp_business_api_data": {"id": "670843887433847", "name": "Simulated app",
                "link": "https://www.facebook.com/games/?app_id=670843887433847"},
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
