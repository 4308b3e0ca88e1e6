//! People whom the business blocks: nothing goes from either side to the other.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use super::call::{Call, unsupported};
use super::nodes::page;
use super::problem::Problem;
use super::state::{State, World};

/// Entries of one call.
const AT_ONCE: usize = 1_000;

/// `/{phone}/block_users`.
pub fn call(world: &World, call: &Call) -> Result<Value, Problem> {
    if call.method == Method::GET {
        let state = world.state();
        let phone = state.phones.get(call.node.as_str()).ok_or_else(|| unsupported(call))?;
        let items = phone.blocked.iter().filter_map(|wa_id| state.customers.get(wa_id)).map(|customer| {
            let shown = if customer.hides_number {
                json!({"messaging_product": "whatsapp", "user_id": *customer.user_id})
            } else {
                json!({"messaging_product": "whatsapp", "wa_id": *customer.wa_id, "user_id": *customer.user_id})
            };
            (customer.ordinal as u64, shown)
        });
        let items = items.collect();
        drop(state);
        return page(world, call, items);
    }
    let adds = match call.method {
        Method::POST => true,
        Method::DELETE => false,
        _ => return Err(unsupported(call)),
    };
    if call.body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
        return Err(Problem::missing("messaging_product"));
    }
    let users = call.body.get("block_users").and_then(Value::as_array).filter(|users| !users.is_empty());
    let users = users.ok_or_else(|| Problem::missing("block_users"))?;
    if users.len() > AT_ONCE {
        return Err(Problem::new(130_429, "Too many people in one call"));
    }
    let mut state = world.state();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for user in users {
        let input = user.get("user").and_then(Value::as_str).unwrap_or_default();
        let outcome = change(world, &mut state, &call.node, input, adds);
        match outcome {
            Ok(wa_id) => done.push(json!({"input": input, "wa_id": *wa_id})),
            Err(problem) => {
                let error = json!({"message": problem.title(), "code": problem.code,
                    "error_data": {"details": problem.details()}});
                failed.push(json!({"input": input, "errors": [error]}));
            }
        }
    }
    let name = if adds { "added_users" } else { "removed_users" };
    let mut lists = json!({ name: done });
    if failed.is_empty() {
        return Ok(json!({"messaging_product": "whatsapp", "block_users": lists}));
    }
    if let Some(fields) = lists.as_object_mut() {
        fields.insert("failed_users".into(), failed.into());
    }
    let both = json!({"messaging_product": "whatsapp", "block_users": lists});
    Err(Problem::new(139_100, "Some of the people could not be blocked or unblocked").beside(both))
}

/// Blocks or unblocks one person. Only who wrote within a day can be blocked.
fn change(world: &World, state: &mut State, phone: &str, input: &str, adds: bool) -> Result<Arc<str>, Problem> {
    let most = state.limits.blocked_users;
    let State { phones, customers, .. } = state;
    let phone = phones.get_mut(phone).ok_or_else(|| Problem::bare(131_000))?;
    let digits: String = input.chars().filter(char::is_ascii_digit).collect();
    if digits == *phone.digits {
        return Err(Problem::new(131_021, "A business cannot block itself"));
    }
    let wa_id = customers.wa_id_of(input).unwrap_or_else(|| digits.as_str().into());
    let customer = customers.get(&wa_id).ok_or_else(|| Problem::new(131_047, "This person has never written"))?;
    let wa_id = customer.wa_id.clone();
    if !adds {
        if phone.blocked.remove(&wa_id) {
            return Ok(wa_id);
        }
        return Err(Problem::new(131_009, "This person is not blocked"));
    }
    if !customer.window_open(&phone.id, world.clock.now()) {
        return Err(Problem::new(131_047, "This person has not written in the last 24 hours"));
    }
    if phone.blocked.len() >= most && !phone.blocked.contains(&wa_id) {
        return Err(Problem::new(139_101, "The list of blocked people is full"));
    }
    phone.blocked.insert(wa_id.clone());
    Ok(wa_id)
}
