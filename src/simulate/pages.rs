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

use super::acts::Act;
use super::control::perform;
use super::customers::{Bubble, Customer, Status};
use super::fill::Choice;
use super::inbound::{Enclosure, Said};
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
    initial: String,
    name: String,
    address: String,
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
    let said = last.map(|bubble| match &bubble.media {
        Some(file) if bubble.text.is_empty() => format!("📎 {file}"),
        _ => bubble.text.chars().take(80).collect(),
    });
    Row {
        ordinal: customer.ordinal,
        initial: initial(&customer.name),
        name: customer.name.clone(),
        address: address(customer),
        last: said.unwrap_or_default(),
        mine: last.is_some_and(|bubble| bubble.status.is_none()),
        stopped: customer.stopped_marketing,
    }
}

fn initial(name: &str) -> String {
    name.chars().take(1).collect()
}

/// The number, or the username of somebody who hides it.
fn address(customer: &Customer) -> String {
    if customer.hides_number { format!("@{}", customer.username()) } else { format!("+{}", customer.wa_id) }
}

#[derive(Template)]
#[template(path = "simulate/person.html")]
struct Person {
    business: String,
    ordinal: usize,
    initial: String,
    name: String,
    address: String,
    on_whatsapp: bool,
    stopped: bool,
    blocks: bool,
    bubbles: Vec<Shown>,
    /// The number of the business at which somebody writes an answer.
    typing: Option<String>,
    phones: Vec<(String, String)>,
}

struct Shown {
    time: String,
    wamid: String,
    phone: String,
    header: Option<String>,
    media: Option<String>,
    text: String,
    link: Option<String>,
    footer: Option<String>,
    buttons: Vec<Pressable>,
    mine: bool,
    ticks: &'static str,
    seen: bool,
    state: &'static str,
}

struct Pressable {
    label: String,
    detail: Option<String>,
    payload: Option<String>,
}

fn shown(bubble: &Bubble) -> Shown {
    let (ticks, state) = match bubble.status {
        None if bubble.seen => ("✓✓", "read by the business"),
        None => ("✓", "sent"),
        Some(Status::Accepted) => ("◷", "on its way"),
        Some(Status::Sent) => ("✓", "sent"),
        Some(Status::Delivered) => ("✓✓", "delivered"),
        Some(Status::Read) => ("✓✓", "read"),
        Some(Status::Failed) => ("✕", "never arrived"),
    };
    let pressable = |choice: &Choice| Pressable {
        label: choice.label.clone(),
        detail: choice.row.clone().flatten(),
        payload: choice.payload.clone(),
    };
    Shown {
        time: bubble.at.to_jiff().strftime("%H:%M:%S").to_string(),
        wamid: bubble.wamid.to_string(),
        phone: bubble.phone.to_string(),
        header: bubble.header.clone(),
        media: bubble.media.clone(),
        text: bubble.text.clone(),
        link: bubble.link().map(str::to_owned),
        footer: bubble.footer.clone(),
        buttons: bubble.buttons.iter().map(pressable).collect(),
        mine: bubble.status.is_none(),
        ticks,
        seen: bubble.seen || bubble.status == Some(Status::Read),
        state,
    }
}

async fn person(State(world): State<Arc<World>>, Path(ordinal): Path<usize>) -> Response {
    let state = world.state();
    let Some(customer) = state.customers.by_ordinal(ordinal) else { return nobody() };
    let now = world.clock.now();
    let typing = customer.typing.as_ref().filter(|(_, until)| now < *until);
    let page = Person {
        business: world.settings.business_name.clone(),
        ordinal,
        initial: initial(&customer.name),
        name: customer.name.clone(),
        address: address(customer),
        on_whatsapp: customer.on_whatsapp,
        stopped: customer.stopped_marketing,
        blocks: customer.blocks_business,
        typing: typing.and_then(|(id, _)| state.phones.get(id)).map(|phone| phone.display.clone()),
        bubbles: customer.screen.iter().map(shown).collect(),
        phones: state.phones.values().map(|phone| (phone.id.to_string(), phone.display.clone())).collect(),
    };
    drop(state);
    WebTemplate(page).into_response()
}

fn nobody() -> Response {
    (StatusCode::NOT_FOUND, "Nobody has this phone. The list of phones is at /.").into_response()
}

/// What the form says: a text or a file, a tap on a button, or a change of mind about the business.
#[derive(Deserialize)]
struct Spoken {
    phone: String,
    text: Option<String>,
    label: Option<String>,
    payload: Option<String>,
    wamid: Option<String>,
    file: Option<String>,
    marketing: Option<String>,
    blocks: Option<String>,
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
            Act::Say { said: Said::Tap { label, payload, wamid: wamid.into() }, reply_to: None }
        }
        Spoken { marketing: Some(word), .. } => Act::Preference { stop: word == "stop" },
        Spoken { blocks: Some(word), .. } => Act::Block { on: word == "yes" },
        Spoken { file: Some(mime), text, .. } if !mime.is_empty() => {
            let caption = text.filter(|text| !text.trim().is_empty());
            Act::Say { said: Said::Media(Enclosure::sample(&mime, caption)), reply_to: None }
        }
        Spoken { text: Some(body), .. } if !body.trim().is_empty() => Act::text(body),
        _ => return Redirect::to(&format!("/people/{ordinal}")).into_response(),
    };
    match perform(&world, &wa_id, &phone, act) {
        Ok(_) => Redirect::to(&format!("/people/{ordinal}#last")).into_response(),
        Err(sentence) => (StatusCode::CONFLICT, format!("Nothing was sent: {sentence}.")).into_response(),
    }
}
