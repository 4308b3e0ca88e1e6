//! What all business management calls share: the hourly limit, the fields that are asked for, and pages of lists.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::problem::Problem;
use super::state::World;

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
pub fn select(node: Value, call: &Call, known: &[&str], usual: &[&str], kind: &str) -> Result<Value, Problem> {
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
pub fn top_level(fields: &str) -> Vec<String> {
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
pub fn page(world: &World, call: &Call, items: Vec<(u64, Value)>) -> Result<Value, Problem> {
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
