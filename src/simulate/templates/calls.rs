//! The calls on templates: list, read, create, edit, unpause, delete, compare.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::call::{Call, unsupported};
use super::super::happenings::Event;
use super::super::nodes::{page, select};
use super::super::problem::Problem;
use super::super::state::World;
use super::super::webhooks::template_status;
use super::review::{self, EARLIEST_UNPAUSE};
use super::standing::Standing;
use super::{DEFAULT_FIELDS, FIELDS, Template};

const DAY: i64 = 24 * 3600;

pub fn list(world: &World, call: &Call) -> Result<Value, Problem> {
    let (status, language) = (call.list("status"), call.list("language"));
    let (category, quality) = (call.list("category"), call.list("quality_score"));
    let within =
        |list: &[String], value: &str| list.is_empty() || list.iter().any(|item| item.eq_ignore_ascii_case(value));
    let holds = |key: &str, text: &str| call.query(key).is_none_or(|part| text.contains(&part.to_lowercase()));
    // Nothing here was made by Direct Send.
    let automatic = call.query("source") == Some("AUTO_GENERATED");
    let wanted = |template: &&Template| {
        let text = template.shape.body.text.to_lowercase();
        let either = format!("{} {text}", template.name);
        !automatic
            && within(&status, template.status.word())
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
    select(template.to_json(), call, FIELDS, DEFAULT_FIELDS, "WhatsAppMessageTemplate")
}

pub fn create(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let mut guard = world.state();
    let state = &mut *guard;
    let template = state.templates.create(&call.body, &state.limits, |handle| state.uploads.knows(handle), now)?;
    let id = template.id;
    let answer = json!({"id": id.to_string(), "status": template.status, "category": *template.category});
    review::later(world, state, id);
    Ok(answer)
}

fn id_of(call: &Call) -> Result<u64, Problem> {
    call.node.parse().map_err(|_| unsupported(call))
}

pub fn read(world: &World, call: &Call) -> Result<Value, Problem> {
    let state = world.state();
    shown(state.templates.get(id_of(call)?).ok_or_else(|| unsupported(call))?, call)
}

pub fn edit(world: &World, call: &Call) -> Result<Value, Problem> {
    let id = id_of(call)?;
    let now = world.clock.now();
    let mut guard = world.state();
    let state = &mut *guard;
    state.templates.edit(id, &call.body, |handle| state.uploads.knows(handle), now)?;
    review::later(world, state, id);
    Ok(json!({"success": true}))
}

pub fn unpause(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let mut state = world.state();
    let template = state.templates.get_mut(id_of(call)?).ok_or_else(|| unsupported(call))?;
    let refuse = |reason: &str| Ok(json!({"success": false, "reason": reason}));
    if template.status != Standing::Paused {
        return refuse("The template is not paused");
    }
    if now.since(template.paused_at) < EARLIEST_UNPAUSE {
        return refuse("A template can be unpaused five minutes after it was paused");
    }
    let update = review::unpause(template, now);
    world.agenda.add(&world.clock, 0, Event::Again(update));
    Ok(json!({"success": true}))
}

pub fn delete(world: &World, call: &Call) -> Result<Value, Problem> {
    let name = call.query("name").ok_or_else(|| Problem::missing("name"))?;
    let ids = [call.list("hsm_id"), call.list("hsm_ids")].concat();
    let ids: Result<Vec<u64>, _> = ids.iter().map(|id| id.parse()).collect();
    let ids = ids.map_err(|_| Problem::parameter("Param hsm_id must be a valid ID"))?;
    let now = world.clock.now();
    let gone = world.state().templates.delete(name, &ids, now)?;
    for template in &gone {
        world.agenda.add(&world.clock, 0, Event::Again(template_status(template, "PENDING_DELETION", None, now)));
    }
    Ok(json!({"success": true}))
}

/// Two templates beside each other, over a window that ends now.
pub fn compare(world: &World, call: &Call) -> Result<Value, Problem> {
    let now = world.clock.now();
    let seconds = |key: &str| call.query(key).and_then(|text| text.parse::<i64>().ok());
    let (start, end) = seconds("start").zip(seconds("end")).ok_or_else(|| Problem::missing("start"))?;
    let days = (end - start) / DAY;
    if (end - start) % DAY != 0 || ![7, 30, 60, 90].contains(&days) || (now.seconds() - end).abs() > DAY {
        let sentence = "Params start and end must be 7, 30, 60 or 90 days apart, and end must be now.";
        return Err(Problem::parameter(sentence));
    }
    let others: Result<Vec<u64>, _> = call.list("template_ids").iter().map(|id| id.parse()).collect();
    let others = others.ok().filter(|ids| ids.len() == 1);
    let other = others.and_then(|ids| ids.first().copied());
    let other = other.ok_or_else(|| Problem::parameter("Param template_ids must have one id."))?;
    let state = world.state();
    let mut rows = Vec::new();
    for id in [id_of(call)?, other] {
        state.templates.get(id).ok_or_else(|| unsupported(call))?;
        let since = now.before(Duration::from_secs(days.unsigned_abs() * DAY.unsigned_abs()));
        let (sent, blocks) = state.tally.of_template(id, since);
        let enough = state.limits.compared_sends;
        if sent < enough {
            let sentence = format!("Template {id} was sent {sent} times in the window; {enough} are needed.");
            return Err(Problem::parameter(sentence));
        }
        rows.push((id.to_string(), sent, blocks));
    }
    // Blocks over sends, without fractions: the order is all that Meta tells.
    let mut order: Vec<&(String, u64, u64)> = rows.iter().collect();
    order.sort_by(|a, b| (u128::from(a.2) * u128::from(b.1)).cmp(&(u128::from(b.2) * u128::from(a.1))));
    let order: Vec<&String> = order.into_iter().map(|(id, ..)| id).collect();
    let sends: Vec<Value> = rows.iter().map(|(id, sent, _)| json!({"key": id, "value": sent})).collect();
    let reason = |blocks: u64| if blocks > 0 { "NO_REASON_GIVEN" } else { "UNKNOWN_BLOCK_REASON" };
    let reasons: Vec<Value> = rows.iter().map(|(id, _, blocks)| json!({"key": id, "value": reason(*blocks)})).collect();
    Ok(json!({"data": [
        {"metric": "BLOCK_RATE", "type": "RELATIVE", "order_by_relative_metric": order},
        {"metric": "MESSAGE_SENDS", "type": "NUMBER_VALUES", "number_values": sends},
        {"metric": "TOP_BLOCK_REASON", "type": "STRING_VALUES", "string_values": reasons}]}))
}
