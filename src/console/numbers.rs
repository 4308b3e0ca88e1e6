//! `/numbers`: the numbers of the business, whether anything goes out from them, and stopping all of it or letting it go on.

use askama::Template;
use askama_web::WebTemplate;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::broadcasts::permitted;
use super::errors::Trouble;
use super::facts;
use super::forms::{Fields, Posted};
use super::page::{Chrome, Here, Notice, StopLine};
use super::parts::{Tag, Tone};
use super::proof::prove;
use super::visit::Reviewer;
use crate::approvals::stops::{self, REASON_LENGTH};
use crate::domain::business::SendingNumber;
use crate::domain::business::stop::{Stop, StopReach, StoppedBy};
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::people::Person;
use crate::domain::templates::Quality;
use crate::error::Error;
use crate::store;
use crate::store::Db;
use crate::words::{Lang, Words};

/// How a form names all numbers.
const ALL: &str = "all";

/// Why nothing goes out from a place.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// As it was written down: by a person in any language, otherwise in English.
    pub reason: String,
    pub lang: Option<&'static str>,
    /// Who gave it, and when.
    pub by: String,
    /// Since when nothing goes out, if it was stopped for another reason before.
    pub since: Option<String>,
    /// The form lets this reason be lifted, and no later one.
    pub told: i64,
}

/// A number, or all of them.
#[derive(Clone, Debug)]
pub struct Place {
    /// As forms name it.
    pub name: String,
    /// The number with the name that customers see; `None` for all.
    pub number: Option<String>,
    /// State and quality at Meta.
    pub at_meta: Option<(String, String)>,
    pub state: Tag,
    pub stopped: Option<Stopped>,
    /// Why what was asked for was not done.
    pub fault: Option<String>,
}

/// `GET /numbers`.
#[derive(Template, WebTemplate)]
#[template(path = "numbers/index.html")]
pub struct NumbersPage {
    pub l: Words,
    pub chrome: Chrome,
    pub places: Vec<Place>,
    pub may_stop: bool,
    pub email: String,
    pub longest: usize,
}

pub async fn index(who: Reviewer) -> Response {
    let page = fill(&who, None).await;
    who.answer(page).await
}

/// `GET` of what is only posted to: whoever had to sign in first comes back by this address.
pub async fn back(_: Reviewer) -> Response {
    Redirect::to("/numbers").into_response()
}

/// `POST /numbers/stop`.
pub async fn stop(Posted(who, fields): Posted<Reviewer>) -> Response {
    let done = put_stop(&who, &fields).await;
    who.answer(done).await
}

/// `POST /numbers/resume`.
pub async fn resume(Posted(who, fields): Posted<Reviewer>) -> Response {
    let done = put_resume(&who, &fields).await;
    who.answer(done).await
}

/// The stops of a business, for the frame of every page.
pub async fn lines(db: &Db, tenant: TenantId) -> store::Result<Vec<StopLine>> {
    let stops = store::stops::all(db, tenant).await?;
    if stops.is_empty() {
        return Ok(Vec::new());
    }
    let numbers = store::business::numbers(db, tenant).await?;
    let line = |stop: Stop| StopLine {
        number: match &stop.reach {
            StopReach::Business => None,
            StopReach::Number(id) => {
                let number = numbers.iter().find(|number| number.id.for_meta() == id);
                Some(number.map_or_else(|| "•••".to_owned(), |number| number.display.clone()))
            }
        },
        since: stop.since.to_jiff(),
    };
    Ok(stops.into_iter().map(line).collect())
}

fn failed(who: &Reviewer, error: impl Into<Error>) -> Trouble {
    Trouble::from_error(&who.l, error.into())
}

async fn fill(who: &Reviewer, fault: Option<(&str, String)>) -> Result<NumbersPage, Trouble> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let stops = store::stops::all(db, tenant).await.map_err(|error| failed(who, error))?;
    let numbers = store::business::numbers(db, tenant).await.map_err(|error| failed(who, error))?;
    let people = store::people::people(db, tenant).await.map_err(|error| failed(who, error))?;
    let all = std::iter::once(None).chain(numbers.iter().map(Some));
    let place = |number: Option<&SendingNumber>| {
        let stop = stops.iter().find(|stop| match (&stop.reach, number) {
            (StopReach::Business, None) => true,
            (StopReach::Number(id), Some(number)) => number.id.for_meta() == id,
            _ => false,
        });
        let mut place = place(l, number, stop.map(|stop| stopped(l, stop, &people)));
        place.fault = fault.as_ref().filter(|(name, _)| *name == place.name).map(|(_, fault)| fault.clone());
        place
    };
    let mut chrome = who.chrome(l.t("numbers-title"), Here::Numbers).await;
    chrome.path = "/numbers".to_owned();
    Ok(NumbersPage {
        places: all.map(place).collect(),
        may_stop: who.person.role.may_stop(),
        email: who.person.email.clone(),
        longest: REASON_LENGTH,
        l: l.clone(),
        chrome,
    })
}

/// One place of the page.
pub fn place(l: &Words, number: Option<&SendingNumber>, stopped: Option<Stopped>) -> Place {
    let quality = |quality: Quality| match quality {
        Quality::Green => l.t("quality-high"),
        Quality::Yellow => l.t("quality-medium"),
        Quality::Red => l.t("quality-low"),
        Quality::Unknown => l.t("quality-unknown"),
    };
    Place {
        name: number.map_or_else(|| ALL.to_owned(), |number| number.display.clone()),
        number: number.map(|number| format!("{} · {}", number.display, number.name)),
        at_meta: number.map(|number| (facts::number_status(l, &number.status), quality(number.quality))),
        state: if stopped.is_some() {
            Tag::new(Tone::Danger, "stop", l.t("numbers-stopped"))
        } else {
            Tag::new(Tone::Ok, "check", l.t("numbers-goes"))
        },
        stopped,
        fault: None,
    }
}

fn stopped(l: &Words, stop: &Stop, people: &[Person]) -> Stopped {
    let at = l.when(stop.told_at.to_jiff());
    let (by, lang) = match stop.by {
        StoppedBy::Person(id) => {
            let name = people.iter().find(|person| person.id == id).map(|person| person.name.clone());
            (l.t2("numbers-by-person", "name", name.unwrap_or_else(|| id.to_string()), "at", at), None)
        }
        StoppedBy::Meta => (l.t1("numbers-by-meta", "at", at), Some("en")),
        StoppedBy::Worker => (l.t1("numbers-by-worker", "at", at), Some("en")),
    };
    Stopped {
        reason: stop.reason.clone(),
        lang: lang.filter(|_| l.lang() != Lang::En),
        by,
        since: (stop.since != stop.told_at).then(|| l.t1("numbers-since", "at", l.when(stop.since.to_jiff()))),
        told: stop.told_at.micros(),
    }
}

/// The place that a form names, if it is one of this business.
async fn named(who: &Reviewer, name: &str) -> Result<StopReach, Trouble> {
    if name == ALL {
        return Ok(StopReach::Business);
    }
    let numbers = store::business::numbers(&who.console.ctx.db, who.person.tenant).await;
    let numbers = numbers.map_err(|error| failed(who, error))?;
    let number = numbers.into_iter().find(|number| number.display == name).ok_or(Trouble::NotFound)?;
    Ok(StopReach::Number(number.id.for_meta().to_owned()))
}

async fn again(who: &Reviewer, name: &str, fault: String) -> Result<Response, Trouble> {
    let page = fill(who, Some((name, fault))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn put_stop(who: &Reviewer, fields: &Fields) -> Result<Response, Trouble> {
    let (ctx, l, name) = (&who.console.ctx, &who.l, fields.get("number"));
    permitted(who)?;
    let reach = named(who, name).await?;
    match stops::stop(ctx, who.person.tenant, &reach, fields.get("reason"), &who.person).await {
        Ok(()) => {}
        Err(Error::Invalid(_)) => {
            return again(who, name, l.t1("numbers-reason-missing", "n", REASON_LENGTH as u64)).await;
        }
        Err(Error::Conflict(_)) => return again(who, name, l.t("numbers-stands-already")).await,
        Err(error) => return Err(failed(who, error)),
    }
    who.notify(Notice { tone: Tone::Warn, text: l.t("numbers-stop-done") }).await;
    Ok(Redirect::to("/numbers").into_response())
}

async fn put_resume(who: &Reviewer, fields: &Fields) -> Result<Response, Trouble> {
    let (ctx, l, name) = (&who.console.ctx, &who.l, fields.get("number"));
    permitted(who)?;
    let reach = named(who, name).await?;
    let proof = prove(who, &who.person.email, fields.get("password"), "person.proof_failed").await;
    if let Err(wrong) = proof.map_err(|error| failed(who, error))? {
        let page = fill(who, Some((name, wrong.sentence(l, "fault-password")))).await?;
        return Ok(wrong.answer(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    let told = Timestamp::from_micros(fields.get("told").parse().unwrap_or(0));
    match stops::lift(ctx, who.person.tenant, &reach, told, &who.person, "password").await {
        Ok(()) => {}
        Err(Error::Conflict(_)) => return again(who, name, l.t("numbers-changed")).await,
        Err(error) => return Err(failed(who, error)),
    }
    // Whoever has proved who they are gets a new session id.
    who.session.cycle_id().await.map_err(|error| failed(who, Error::internal(error)))?;
    who.notify(Notice { tone: Tone::Ok, text: l.t("numbers-resume-done") }).await;
    Ok(Redirect::to("/numbers").into_response())
}
