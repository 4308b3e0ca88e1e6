//! Customers act: they write, press buttons, stop marketing, block the business, and change their number.

use std::sync::Arc;

use serde_json::{Value, json};

use super::customers::{Bubble, Customer};
use super::future::is_stop;
use super::inbound::{self, Said, Tapped};
use super::media::{Incoming, RECEIVED};
use super::problem::Problem;
use super::sends::Sent;
use super::state::{State, World};
use super::templates::review;
use super::webhooks::{Line, Update};
use crate::domain::clock::Timestamp;

/// What a customer does.
#[derive(Clone, Debug)]
pub enum Act {
    Say {
        said: Said,
        reply_to: Option<Arc<str>>,
    },
    /// Marketing stopped or resumed in WhatsApp itself.
    Preference {
        stop: bool,
    },
    /// The business is blocked, or let in again. Nobody tells it.
    Block {
        on: bool,
    },
    /// A new phone number, and with it a new user id.
    NewNumber {
        digits: String,
    },
    /// A new user id with the same number.
    NewUserId,
    /// Another device, or another person: the identity key is new.
    NewIdentity,
}

impl Act {
    pub fn text(body: impl Into<String>) -> Self {
        Act::Say { said: Said::text(body), reply_to: None }
    }
}

/// A customer acts. Answers the id of the message they wrote, or why nothing happened.
pub fn act(
    world: &World,
    state: &mut State,
    wa_id: &str,
    phone: &Arc<str>,
    act: Act,
    updates: &mut Vec<Update>,
) -> Result<Option<Arc<str>>, &'static str> {
    let now = world.clock.now();
    let line = state.phones.get(phone).map(Line::of).ok_or("there is no such business number")?;
    let wamid = state.new_wamid();
    let customer = state.customers.meet(wa_id, &state.life.not_on_whatsapp, now);
    if !customer.on_whatsapp {
        return Err("this person is not on WhatsApp");
    }
    customer.last_seen = now;
    let wa_id = customer.wa_id.clone();
    match act {
        Act::Say { said, reply_to } => {
            return say(world, state, &wa_id, line, &said, reply_to.as_ref(), updates).map(Some);
        }
        Act::Preference { stop } => {
            customer.stopped_marketing = stop;
            updates.push(Update::preference(line, customer, stop, now));
            if stop {
                complain(world, state, &wa_id, phone, updates);
            }
        }
        Act::Block { on } => {
            customer.blocks_business = on;
            if on {
                complain(world, state, &wa_id, phone, updates);
            }
        }
        Act::NewNumber { digits } => change_number(state, &wa_id, &digits, line, wamid, now, updates)?,
        Act::NewUserId => {
            state.customers.renew_user_id(&wa_id);
            if let Some(customer) = state.customers.get(&wa_id) {
                let body = format!("User {} changed their user id", customer.name);
                updates.push(system(line, customer, "user_changed_user_id", &body, now, wamid));
            }
        }
        Act::NewIdentity => {
            customer.identity += 1;
            let body = format!("The identity of {} has changed", customer.name);
            let told = customer.as_known();
            updates.push(system(line, &told, "customer_identity_changed", &body, now, wamid));
        }
    }
    Ok(None)
}

fn change_number(
    state: &mut State,
    wa_id: &str,
    digits: &str,
    line: Line,
    wamid: Arc<str>,
    now: Timestamp,
    updates: &mut Vec<Update>,
) -> Result<(), &'static str> {
    let from = state.customers.get(wa_id).map(Customer::as_known).ok_or("there is no such person")?;
    let customer = state.customers.change_number(wa_id, digits).ok_or("somebody else has this number")?;
    let body = format!("User {} changed from {wa_id} to {digits}", customer.name);
    let system = json!({"body": body, "wa_id": digits, "user_id": *customer.user_id, "type": "user_changed_number"});
    updates.push(system_message(line, &from, system, now, wamid));
    Ok(())
}

fn system(line: Line, customer: &Customer, kind: &str, body: &str, now: Timestamp, wamid: Arc<str>) -> Update {
    let mut told = json!({"body": body, "user_id": *customer.user_id, "type": kind});
    if let Some(fields) = told.as_object_mut().filter(|_| !customer.hides_number) {
        fields.insert("wa_id".into(), Value::from(&*customer.wa_id));
    }
    system_message(line, customer, told, now, wamid)
}

/// System messages come without a list of contacts.
fn system_message(line: Line, from: &Customer, system: Value, now: Timestamp, wamid: Arc<str>) -> Update {
    let mut message = json!({"type": "system", "system": system});
    sign(&mut message, from, &wamid, now);
    Update::Inbound { line, message, contact: None }
}

/// Who wrote a message, when, and under which id.
fn sign(message: &mut Value, customer: &Customer, wamid: &Arc<str>, now: Timestamp) {
    let Some(fields) = message.as_object_mut() else { return };
    fields.insert("id".into(), Value::from(&**wamid));
    fields.insert("timestamp".into(), now.seconds().to_string().into());
    fields.insert("from_user_id".into(), Value::from(&*customer.user_id));
    if !customer.hides_number {
        fields.insert("from".into(), Value::from(&*customer.wa_id));
    }
}

fn say(
    world: &World,
    state: &mut State,
    wa_id: &Arc<str>,
    line: Line,
    said: &Said,
    reply_to: Option<&Arc<str>>,
    updates: &mut Vec<Update>,
) -> Result<Arc<str>, &'static str> {
    let now = world.clock.now();
    let wamid = state.new_wamid();
    let phone = line.id.clone();
    let (tapped, sent) = match said {
        Said::Tap { wamid, payload, .. } => pressed(state, wa_id, wamid, payload),
        _ => (Tapped::Template, None),
    };
    let (mut message, shown) = inbound::content(said, tapped);
    let mut media = None;
    if let Said::Media(enclosure) = said {
        (message, media) = keep(world, state, &phone, enclosure, now)?;
    }
    let checks = state.phones.get(&phone).is_some_and(|phone| phone.identity_check);
    let Some(customer) = state.customers.get_mut(wa_id) else { return Err("there is no such person") };
    sign(&mut message, customer, &wamid, now);
    if let Some(fields) = message.as_object_mut()
        && let Some(context) = context(said, reply_to, &line)
    {
        fields.insert("context".into(), context);
    }
    customer.open_window(&phone, now);
    if matches!(said, Said::Text { referral: Some(_), .. }) {
        customer.enter(&phone, now);
    }
    let bubble = Bubble { media, ..Bubble::theirs(&phone, &wamid, shown, now) };
    customer.show(bubble, state.limits.keep_messages);
    let blocked = state.phones.get(&phone).is_some_and(|phone| phone.blocked.contains(wa_id));
    state.received.note(&wamid, wa_id, state.limits.keep_sends);
    state.counters.inbound += 1;
    // What somebody writes whom the business has blocked reaches nobody.
    if !blocked {
        updates.push(Update::inbound(line, customer, checks, message));
    }
    if let Some(sent) = sent.filter(|sent| sent.template.is_some()) {
        state.tally.clicked(sent.counted(), now);
    }
    if matches!(said, Said::Text { body, .. } if is_stop(body)) {
        complain(world, state, wa_id, &phone, updates);
    }
    Ok(wamid)
}

/// What kind of button this is, and the message that it is on.
fn pressed(state: &State, wa_id: &str, wamid: &str, payload: &str) -> (Tapped, Option<Arc<Sent>>) {
    let screen = state.customers.get(wa_id).map(|customer| &customer.screen);
    let bubble = screen.and_then(|screen| screen.iter().rev().find(|bubble| *bubble.wamid == *wamid));
    let choice =
        bubble.and_then(|bubble| bubble.buttons.iter().find(|choice| choice.payload.as_deref() == Some(payload)));
    let tapped = match choice.and_then(|choice| choice.row.clone()) {
        Some(description) => Tapped::Row(description),
        None if state.log.by_wamid(wamid).is_some_and(|record| record.kind == "interactive") => Tapped::Button,
        None => Tapped::Template,
    };
    (tapped, bubble.and_then(|bubble| bubble.sent.clone()))
}

/// Keeps what a customer sent for as long as Meta does.
fn keep(
    world: &World,
    state: &mut State,
    phone: &Arc<str>,
    enclosure: &inbound::Enclosure,
    now: Timestamp,
) -> Result<(Value, Option<String>), &'static str> {
    if enclosure.too_large() {
        let error = Problem::new(131_052, "The file is larger than 100 MB").in_webhook();
        let message = json!({"type": "unsupported", "errors": [error], "unsupported": {"type": enclosure.kind()}});
        return Ok((message, enclosure.filename.clone()));
    }
    let incoming = Incoming {
        phone: phone.clone(),
        mime: enclosure.mime_type.clone(),
        name: enclosure.filename.clone(),
        bytes: enclosure.bytes()?,
    };
    let medium = state.media.keep(incoming, RECEIVED, state.limits.media_bytes, now);
    let file = medium.in_message(&world.base_url(), &world.settings.token, now);
    Ok((enclosure.in_message(file), Some(medium.shown_name())))
}

fn context(said: &Said, reply_to: Option<&Arc<str>>, line: &Line) -> Option<Value> {
    if let Some(id) = said.about().or(reply_to) {
        return Some(json!({"from": *line.digits, "id": **id}));
    }
    match said {
        Said::Text { forwarded: true, .. } => Some(json!({"forwarded": true})),
        Said::Text { product: Some(product), .. } => Some(json!({"referred_product": product})),
        _ => None,
    }
}

/// Somebody wants no more: it speaks against the template that they read last.
fn complain(world: &World, state: &mut State, wa_id: &str, phone: &str, updates: &mut Vec<Update>) {
    let now = world.clock.now();
    let read = state.customers.get(wa_id).and_then(|customer| customer.lately_read(phone, now));
    let Some(sent) = read else { return };
    if let Some(template) = sent.template {
        state.tally.blocked(sent.counted(), now);
        review::complained(world, state, template, updates);
    }
}
