//! Makes customers act: who they are, what they write, which buttons they press.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::acts::{self, Act};
use super::super::customers::{Bubble, Customer};
use super::super::fill::Choice;
use super::super::inbound::{Enclosure, Said};
use super::super::state::World;
use super::{Outcome, Refused, read, refused};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerChange {
    /// Without one, somebody whose number the business does not know; `country` says from where.
    number: Option<String>,
    country: Option<String>,
    username: Option<String>,
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

pub fn customer(world: &World, body: &Bytes) -> Outcome {
    let change: CustomerChange = read(body)?;
    let phone = phone_or_first(world, change.phone_number_id.as_deref())?;
    let now = world.clock.now();
    let mut guard = world.state();
    let state = &mut *guard;
    let digits = match &change.number {
        Some(number) => digits(number)?,
        None => state.customers.unlisted(change.country.as_deref().unwrap_or("HK")).map_err(refused)?,
    };
    let customer = state.customers.meet(&digits, &state.life.not_on_whatsapp, now);
    customer.name = change.name.unwrap_or_else(|| customer.name.clone());
    customer.on_whatsapp = change.on_whatsapp.unwrap_or(customer.on_whatsapp);
    let hides = change.number.is_none() || customer.hides_number;
    customer.hides_number = change.hides_number.unwrap_or(hides);
    customer.username = change.username.or_else(|| customer.username.take());
    customer.stopped_marketing = change.stopped_marketing.unwrap_or(customer.stopped_marketing);
    if let Some(hours) = change.wrote_hours_ago {
        let ago = Duration::try_from_secs_f64(hours * 3600.0).map_err(|_| refused("wrote_hours_ago is not a time"))?;
        customer.open_window(&phone, now.before(ago));
    }
    Ok(json!({"wa_id": *customer.wa_id, "user_id": *customer.user_id, "page": format!("/people/{}", customer.ordinal),
        "name": customer.name, "on_whatsapp": customer.on_whatsapp, "window_open": customer.window_open(&phone, now),
        "identity_key_hash": customer.identity_hash()}))
}

/// Who acts, towards which number, and one thing that they do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActAsked {
    number: Option<String>,
    user_id: Option<String>,
    phone_number_id: Option<String>,
    reply_to: Option<String>,
    /// The message that `tap`, `react` and `form` are about.
    wamid: Option<String>,
    text: Option<String>,
    referral: Option<Value>,
    product: Option<Value>,
    #[serde(default)]
    forwarded: bool,
    tap: Option<String>,
    react: Option<String>,
    media: Option<Enclosure>,
    location: Option<Value>,
    contacts: Option<Value>,
    form: Option<Form>,
    order: Option<Value>,
    edit: Option<Edit>,
    revoke: Option<String>,
    unsupported: Option<String>,
    marketing: Option<String>,
    blocks: Option<bool>,
    new_number: Option<String>,
    new: Option<New>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default = "flow")]
    name: String,
    response: Value,
}

fn flow() -> String {
    "flow".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    wamid: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum New {
    Identity,
    UserId,
}

pub fn act(world: &World, body: &Bytes) -> Outcome {
    let asked: ActAsked = read(body)?;
    let wa_id = match (&asked.number, &asked.user_id) {
        (Some(number), _) => digits(number)?,
        (None, Some(user)) => {
            let found = world.state().customers.wa_id_of(user);
            found.ok_or_else(|| refused("nobody has this user_id"))?.to_string()
        }
        (None, None) => return Err(refused("say who acts, by number or user_id")),
    };
    let phone = phone_or_first(world, asked.phone_number_id.as_deref())?;
    let act = read_act(world, &wa_id, asked)?;
    let wamid = perform(world, &wa_id, &phone, act).map_err(refused)?;
    let state = world.state();
    let customer = state.customers.get(&wa_id);
    Ok(json!({"wamid": wamid.as_deref(), "user_id": customer.map(|customer| &*customer.user_id),
        "identity_key_hash": customer.map(Customer::identity_hash)}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Follows {
    number: String,
}

/// A customer opens the newest address on the screen, and presses the button of its page.
pub fn follow(world: &World, body: &Bytes) -> Outcome {
    let wa_id = digits(&read::<Follows>(body)?.number)?;
    let state = world.state();
    let screen = state.customers.get(&wa_id).map(|customer| &customer.screen);
    let url = screen.into_iter().flatten().rev().find_map(Bubble::link);
    let url = url.ok_or_else(|| refused("no text on this customer's screen holds an address"))?;
    world.courier.visit(url);
    Ok(json!({}))
}

fn read_act(world: &World, wa_id: &str, asked: ActAsked) -> Result<Act, Refused> {
    let wamid: Option<Arc<str>> = asked.wamid.as_deref().map(Into::into);
    let said = match asked {
        ActAsked { text: Some(body), referral, product, forwarded, .. } => {
            Said::Text { body, referral, product, forwarded }
        }
        ActAsked { tap: Some(label), .. } => find_button(world, wa_id, &label, wamid.as_deref())?,
        ActAsked { react: Some(emoji), .. } => {
            Said::React { emoji, wamid: wamid.ok_or_else(|| refused("react needs the wamid of a message"))? }
        }
        ActAsked { media: Some(enclosure), .. } => Said::Media(enclosure),
        ActAsked { location: Some(place), .. } => Said::Location(place),
        ActAsked { contacts: Some(list), .. } => Said::Contacts(list),
        ActAsked { form: Some(form), .. } => Said::Form { name: form.name, response: form.response, wamid },
        ActAsked { order: Some(order), .. } => Said::Order(order),
        ActAsked { edit: Some(edit), .. } => Said::Edit { wamid: edit.wamid.into(), body: edit.text },
        ActAsked { revoke: Some(wamid), .. } => Said::Revoke { wamid: wamid.into() },
        ActAsked { unsupported: Some(kind), .. } => Said::Unsupported(kind),
        ActAsked { marketing: Some(word), .. } if word == "stop" || word == "resume" => {
            return Ok(Act::Preference { stop: word == "stop" });
        }
        ActAsked { blocks: Some(on), .. } => return Ok(Act::Block { on }),
        ActAsked { new_number: Some(number), .. } => return Ok(Act::NewNumber { digits: digits(&number)? }),
        ActAsked { new: Some(New::Identity), .. } => return Ok(Act::NewIdentity),
        ActAsked { new: Some(New::UserId), .. } => return Ok(Act::NewUserId),
        _ => {
            return Err(refused(
                "say one of text, tap, react, media, location, contacts, form, order, edit, revoke, unsupported, \
                 marketing (\"stop\" or \"resume\"), blocks, new_number or new (\"identity\" or \"user_id\")",
            ));
        }
    };
    Ok(Act::Say { said, reply_to: asked.reply_to.map(Into::into) })
}

/// The newest button with this label or payload on the customer's screen.
fn find_button(world: &World, wa_id: &str, label: &str, wamid: Option<&str>) -> Result<Said, Refused> {
    let state = world.state();
    let screen = state.customers.get(wa_id).map(|customer| &customer.screen);
    let fits = |choice: &&Choice| choice.label == label || choice.payload.as_deref() == Some(label);
    screen
        .into_iter()
        .flatten()
        .rev()
        .filter(|bubble| wamid.is_none_or(|wamid| *bubble.wamid == *wamid))
        .find_map(|bubble| {
            let choice = bubble.buttons.iter().find(fits)?;
            let payload = choice.payload.clone()?;
            Some(Said::Tap { label: choice.label.clone(), payload, wamid: bubble.wamid.clone() })
        })
        .ok_or_else(|| refused("this customer sees no such button"))
}

/// Lets a customer act now, and tells the business.
pub fn perform(world: &World, digits: &str, phone: &Arc<str>, act: Act) -> Result<Option<Arc<str>>, &'static str> {
    let mut updates = Vec::new();
    let (result, subscribed) = {
        let mut state = world.state();
        (acts::act(world, &mut state, digits, phone, act, &mut updates), state.subscribed)
    };
    if subscribed {
        world.courier.publish(&updates);
    }
    result
}
