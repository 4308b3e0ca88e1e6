//! The customers' screens, for people: what each phone shows, and a form to answer as its owner. Works without scripts.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::control::perform;
use super::customers::{Bubble, Customer, Status};
use super::happenings::Act;
use super::state::World;

/// Phones on the first page: those that moved last.
const SHOWN: usize = 60;

pub fn routes() -> Router<Arc<World>> {
    Router::new().route("/", get(index)).route("/people/{ordinal}", get(person).post(answer))
}

#[derive(Template)]
#[template(path = "simulate/index.html")]
struct Index {
    business: String,
    accepted: u64,
    delivered: u64,
    read: u64,
    failed: u64,
    inbound: u64,
    met: usize,
    people: Vec<Row>,
}

struct Row {
    ordinal: usize,
    name: String,
    number: String,
    last: String,
    mine: bool,
    stopped: bool,
}

async fn index(State(world): State<Arc<World>>) -> WebTemplate<Index> {
    let state = world.state();
    let mut people: Vec<&Customer> = state.customers.iter().collect();
    people.sort_unstable_by_key(|customer| Reverse((customer.last_seen, customer.ordinal)));
    let people = people.into_iter().take(SHOWN).map(row).collect();
    let counters = &state.counters;
    WebTemplate(Index {
        business: world.settings.business_name.clone(),
        accepted: counters.accepted,
        delivered: counters.delivered,
        read: counters.read,
        failed: counters.failed,
        inbound: counters.inbound,
        met: state.customers.len(),
        people,
    })
}

fn row(customer: &Customer) -> Row {
    let last = customer.screen.back();
    Row {
        ordinal: customer.ordinal,
        name: customer.name.clone(),
        number: format!("+{}", customer.wa_id),
        last: last.map(|bubble| bubble.text.chars().take(80).collect()).unwrap_or_default(),
        mine: last.is_some_and(|bubble| bubble.status.is_none()),
        stopped: customer.stopped_marketing,
    }
}

#[derive(Template)]
#[template(path = "simulate/person.html")]
struct Person {
    business: String,
    ordinal: usize,
    name: String,
    number: String,
    on_whatsapp: bool,
    stopped: bool,
    bubbles: Vec<Shown>,
    phones: Vec<(String, String)>,
}

struct Shown {
    time: String,
    wamid: String,
    phone: String,
    header: Option<String>,
    text: String,
    footer: Option<String>,
    buttons: Vec<(String, Option<String>)>,
    mine: bool,
    state: &'static str,
}

fn shown(bubble: &Bubble) -> Shown {
    Shown {
        time: bubble.at.to_jiff().strftime("%H:%M:%S").to_string(),
        wamid: bubble.wamid.to_string(),
        phone: bubble.phone.to_string(),
        header: bubble.header.clone(),
        text: bubble.text.clone(),
        footer: bubble.footer.clone(),
        buttons: bubble.buttons.iter().map(|choice| (choice.label.clone(), choice.payload.clone())).collect(),
        mine: bubble.status.is_none(),
        state: match bubble.status {
            None => "",
            Some(Status::Accepted) => "on its way",
            Some(Status::Sent) => "sent",
            Some(Status::Delivered) => "delivered",
            Some(Status::Read) => "read",
            Some(Status::Failed) => "never arrived",
        },
    }
}

async fn person(State(world): State<Arc<World>>, Path(ordinal): Path<usize>) -> Response {
    let state = world.state();
    let Some(customer) = state.customers.by_ordinal(ordinal) else { return nobody() };
    let page = Person {
        business: world.settings.business_name.clone(),
        ordinal,
        name: customer.name.clone(),
        number: format!("+{}", customer.wa_id),
        on_whatsapp: customer.on_whatsapp,
        stopped: customer.stopped_marketing,
        bubbles: customer.screen.iter().map(shown).collect(),
        phones: state.phones.values().map(|phone| (phone.id.to_string(), phone.display.clone())).collect(),
    };
    drop(state);
    WebTemplate(page).into_response()
}

fn nobody() -> Response {
    (StatusCode::NOT_FOUND, "Nobody has this phone. The list of phones is at /.").into_response()
}

/// What the form says: a text, a tap on a button, or a change of mind about marketing.
#[derive(Deserialize)]
struct Spoken {
    phone: String,
    text: Option<String>,
    label: Option<String>,
    payload: Option<String>,
    wamid: Option<String>,
    marketing: Option<String>,
}

async fn answer(State(world): State<Arc<World>>, Path(ordinal): Path<usize>, Form(spoken): Form<Spoken>) -> Response {
    let found = {
        let state = world.state();
        let phone = state.phones.get_key_value(spoken.phone.as_str()).map(|(id, _)| id.clone());
        state.customers.by_ordinal(ordinal).map(|customer| customer.wa_id.clone()).zip(phone)
    };
    let Some((wa_id, phone)) = found else { return nobody() };
    let act = match spoken {
        Spoken { label: Some(label), payload: Some(payload), wamid: Some(wamid), .. } => {
            Act::Tap { label, payload, wamid: wamid.into() }
        }
        Spoken { marketing: Some(word), .. } => Act::Preference { stop: word == "stop" },
        Spoken { text: Some(body), .. } if !body.trim().is_empty() => Act::Text { body, reply_to: None },
        _ => return Redirect::to(&format!("/people/{ordinal}")).into_response(),
    };
    match perform(&world, &wa_id, &phone, act) {
        Ok(_) => Redirect::to(&format!("/people/{ordinal}#last")).into_response(),
        Err(sentence) => (StatusCode::CONFLICT, format!("Nothing was sent: {sentence}.")).into_response(),
    }
}
