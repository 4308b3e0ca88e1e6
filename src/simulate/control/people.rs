//! Makes customers act: who they are, what they write, which buttons they press.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::super::fill::Choice;
use super::super::happenings::{Act, act_of};
use super::super::state::World;
use super::{Answer, Refused, Shared, read, refused};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerChange {
    number: String,
    phone_number_id: Option<String>,
    name: Option<String>,
    on_whatsapp: Option<bool>,
    hides_number: Option<bool>,
    stopped_marketing: Option<bool>,
    /// Opens the window as if they had written then, without a webhook.
    wrote_hours_ago: Option<f64>,
}

fn digits(number: &str) -> Result<String, Refused> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if (5..=15).contains(&digits.len()) {
        return Ok(digits);
    }
    Err(refused("number is a phone number with its country code"))
}

fn phone_or_first(world: &World, id: Option<&str>) -> Result<Arc<str>, Refused> {
    let state = world.state();
    let found = match id {
        Some(id) => state.phones.get_key_value(id).map(|(id, _)| id.clone()),
        None => state.phones.keys().next().cloned(),
    };
    found.ok_or_else(|| refused("there is no such phone_number_id"))
}

pub async fn customer(State(world): Shared, body: Bytes) -> Answer {
    let change: CustomerChange = read(&body)?;
    let digits = digits(&change.number)?;
    let phone = phone_or_first(&world, change.phone_number_id.as_deref())?;
    let now = world.clock.now();
    let mut guard = world.state();
    let state = &mut *guard;
    let customer = state.customers.meet(&digits, &state.life.not_on_whatsapp, now);
    customer.name = change.name.unwrap_or_else(|| customer.name.clone());
    customer.on_whatsapp = change.on_whatsapp.unwrap_or(customer.on_whatsapp);
    customer.hides_number = change.hides_number.unwrap_or(customer.hides_number);
    customer.stopped_marketing = change.stopped_marketing.unwrap_or(customer.stopped_marketing);
    if let Some(hours) = change.wrote_hours_ago {
        let ago = Duration::try_from_secs_f64(hours * 3600.0).map_err(|_| refused("wrote_hours_ago is not a time"))?;
        customer.open_window(&phone, now.before(ago));
    }
    Ok(Json(
        json!({"wa_id": *customer.wa_id, "user_id": *customer.user_id, "page": format!("/people/{}", customer.ordinal),
        "name": customer.name, "on_whatsapp": customer.on_whatsapp, "window_open": customer.window_open(&phone, now)}),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActAsked {
    number: String,
    phone_number_id: Option<String>,
    text: Option<String>,
    reply_to: Option<String>,
    tap: Option<String>,
    react: Option<String>,
    wamid: Option<String>,
    marketing: Option<String>,
}

pub async fn act(State(world): Shared, body: Bytes) -> Answer {
    let asked: ActAsked = read(&body)?;
    let digits = digits(&asked.number)?;
    let phone = phone_or_first(&world, asked.phone_number_id.as_deref())?;
    let act = match asked {
        ActAsked { text: Some(body), reply_to, .. } => Act::Text { body, reply_to: reply_to.map(Into::into) },
        ActAsked { tap: Some(label), wamid, .. } => find_button(&world, &digits, &label, wamid.as_deref())?,
        ActAsked { react: Some(emoji), wamid: Some(wamid), .. } => Act::React { emoji, wamid: wamid.into() },
        ActAsked { marketing: Some(word), .. } if word == "stop" || word == "resume" => {
            Act::Preference { stop: word == "stop" }
        }
        _ => return Err(refused("say text, tap, react with wamid, or marketing (\"stop\" or \"resume\")")),
    };
    let wamid = perform(&world, &digits, &phone, act).map_err(refused)?;
    Ok(Json(json!({"wamid": wamid.as_deref()})))
}

/// The newest button with this label or payload on the customer's screen.
fn find_button(world: &World, digits: &str, label: &str, wamid: Option<&str>) -> Result<Act, Refused> {
    let state = world.state();
    let screen = state.customers.get(digits).map(|customer| &customer.screen);
    let newest_first = screen.into_iter().flat_map(|screen| screen.iter().rev());
    newest_first
        .filter(|bubble| wamid.is_none_or(|wamid| *bubble.wamid == *wamid))
        .find_map(|bubble| {
            let fits = |choice: &&Choice| choice.label == label || choice.payload.as_deref() == Some(label);
            let choice = bubble.buttons.iter().filter(|choice| choice.payload.is_some()).find(fits)?;
            let payload = choice.payload.clone().unwrap_or_default();
            Some(Act::Tap { label: choice.label.clone(), payload, wamid: bubble.wamid.clone() })
        })
        .ok_or_else(|| refused("this customer sees no such button"))
}

/// Lets a customer act now, and tells the business.
pub fn perform(world: &World, digits: &str, phone: &Arc<str>, act: Act) -> Result<Option<Arc<str>>, &'static str> {
    let mut updates = Vec::new();
    let (result, subscribed) = {
        let mut state = world.state();
        (act_of(world, &mut state, digits, phone, act, &mut updates), state.subscribed)
    };
    if subscribed {
        world.courier.publish(&updates);
    }
    result
}
