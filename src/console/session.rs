//! Signing in and out.

use askama::Template;
use askama_web::WebTemplate;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts as _};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::Console;
use super::errors::Trouble;
use super::forms::{Address, Fields, Posted};
use super::page::{Chrome, Here};
use super::proof::{Refusal, prove};
use super::visit::{SIGNED_IN, SignedIn, Visit, local};
use crate::domain::audit::{Actor, Event};
use crate::domain::ids::random_bytes;
use crate::domain::people::Person;
use crate::error::Error;
use crate::store;
use crate::store::people::Account;
use crate::words::Words;

/// `GET /login`.
#[derive(Template, WebTemplate)]
#[template(path = "session/new.html")]
pub struct SignInPage {
    pub l: Words,
    pub chrome: Chrome,
    /// What was typed before, so that it need not be typed again.
    pub email: String,
    /// Where the person was going.
    pub next: String,
    /// Why they are still here; the same sentence whether the address is known or not.
    pub fault: Option<String>,
}

/// The longest e-mail address that there can be.
const LONGEST_EMAIL: usize = 254;

pub async fn new(visit: Visit) -> Response {
    let fields = Fields::of_path(&visit.path);
    let next = fields.get("next");
    if visit.account.is_some() {
        return Redirect::to(local(next)).into_response();
    }
    page(&visit, "", next, None).await.into_response()
}

async fn page(visit: &Visit, email: &str, next: &str, fault: Option<String>) -> SignInPage {
    let mut chrome = visit.chrome(visit.l.t("session-title"), Here::Elsewhere).await;
    chrome.path = Address::new("/login").with("next", next).to_string();
    // Whoever still has a session and tries another sign-in sees the form, not an empty page of the person before.
    chrome.viewer = None;
    SignInPage { l: visit.l.clone(), chrome, email: email.to_owned(), next: next.to_owned(), fault }
}

/// `POST /login`. It needs no token: there is no session yet that another site could act in.
pub async fn create(visit: Visit, SignInForm(fields): SignInForm) -> Response {
    let (email, password, next) = (fields.get("email").trim(), fields.get("password"), fields.get("next"));
    let known = match signed_in(&visit, email, password).await {
        Ok(known) => known,
        Err(error) => return visit.answer(Err::<Response, _>(Trouble::from_error(&visit.l, error))).await,
    };
    match known {
        Ok(()) => Redirect::to(local(next)).into_response(),
        Err(refusal) => {
            let fault = refusal.sentence(&visit.l, "session-wrong");
            refusal.answer(StatusCode::UNAUTHORIZED, page(&visit, email, next, Some(fault)).await)
        }
    }
}

/// The outer error is ours, the inner one theirs.
async fn signed_in(visit: &Visit, email: &str, password: &str) -> Result<Result<(), Refusal>, Error> {
    if email.len() > LONGEST_EMAIL {
        return Ok(Err(Refusal::Wrong));
    }
    match prove(visit, email, password, "person.sign_in_failed").await? {
        Ok(account) => open(visit, &account).await.map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    }
}

async fn open(visit: &Visit, account: &Account) -> Result<(), Error> {
    let person = &account.person;
    let signed_in = SignedIn {
        tenant: person.tenant,
        person: person.id,
        since: visit.now,
        token: hex::encode(random_bytes::<32>()),
    };
    // A new id, so that one that somebody planted before is worth nothing; and nothing of whoever was here before.
    visit.session.clear().await;
    visit.session.cycle_id().await.map_err(Error::internal)?;
    visit.session.insert(SIGNED_IN, signed_in).await.map_err(Error::internal)?;
    write_down(visit, person, "person.signed_in").await
}

async fn write_down(visit: &Visit, person: &Person, act: &'static str) -> Result<(), Error> {
    let mut tx = visit.console.ctx.db.begin().await?;
    let actor = Actor::Person(person.id);
    let event = Event { actor, act, subject: person.id.to_string(), details: json!({ "role": person.role }) };
    store::audit::append(&mut tx, person.tenant, visit.now, event).await?;
    Ok(tx.commit().await?)
}

/// `POST /logout`.
pub async fn end(Posted(visit, _): Posted<Visit>) -> Response {
    let done = async {
        if let Some(account) = &visit.account {
            write_down(&visit, &account.person, "person.signed_out").await?;
        }
        visit.session.flush().await.map_err(Error::internal)
    };
    let result = done.await.map(|()| Redirect::to("/login")).map_err(|e| Trouble::from_error(&visit.l, e));
    visit.answer(result).await
}

/// The fields of the sign-in.
pub struct SignInForm(Fields);

impl FromRequest<Console> for SignInForm {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(visit) = Visit::from_request_parts(&mut parts, console).await;
        match Fields::of_form(&parts, body, &visit.l).await {
            Ok(fields) => Ok(Self(fields)),
            Err(trouble) => Err(visit.answer(Err::<(), _>(trouble)).await),
        }
    }
}
