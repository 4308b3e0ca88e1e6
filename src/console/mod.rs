//! The people's door: pages on which a person sees what an agent asked for, signs it, watches it and stops it.
//!
//! A page is a struct of plain values beside the handler that fills it; its HTML is in `templates/`, its texts are in
//! the catalogue. Every page is whole in one GET and works without script.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::tools::Ctx;
use errors::Trouble;
use session_store::DbSessions;
use visit::Visit;

pub mod assets;
pub mod audit;
pub mod audit_event;
pub mod broadcasts;
pub mod conditions;
pub mod confirm;
pub mod conversations;
pub mod decisions;
pub mod doubts;
pub mod errors;
pub mod facts;
pub mod findings;
pub mod forms;
pub mod headers;
pub mod help;
pub mod inbox;
pub mod left_out;
pub mod message_text;
pub mod monitor;
pub mod numbers;
pub mod order_stop;
pub mod page;
pub mod parts;
pub mod pictures;
pub mod preferences;
pub mod proof;
pub mod reopen;
pub mod replies;
pub mod requests;
pub mod review;
pub mod session;
pub mod session_store;
pub mod states;
pub mod stop;
pub mod submitted;
pub mod values;
pub mod visit;
pub mod withdraw;
pub mod word_diff;

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod style;

/// How the console is reached, and how long a session lasts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether people come over TLS: cookies are then for TLS only.
    pub https: bool,
    /// A session that nobody used for this long has ended.
    pub idle_timeout: Duration,
    /// A session has ended after this long, used or not.
    pub absolute_timeout: Duration,
    /// Messages a second that the worker sends at most from one number.
    pub rate_per_second: u32,
}

/// Passwords that are checked at the same moment; each takes 19 MiB.
const HASHING: usize = 4;

/// What every page works with.
#[derive(Clone)]
pub struct Console {
    pub ctx: Ctx,
    pub settings: Arc<Settings>,
    hashing: Arc<Semaphore>,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Console {
    fn sessions(&self) -> DbSessions {
        DbSessions { db: self.ctx.db.clone(), clock: self.ctx.clock.clone(), idle: self.settings.idle_timeout }
    }

    /// For a call that came past the session layer.
    fn no_session(&self) -> Session {
        Session::new(None, Arc::new(self.sessions()), None)
    }
}

/// The name of the session's cookie, with TLS and without.
const SESSION: [&str; 2] = ["__Host-sid", "sid"];
/// Where signing out is sent to.
const LOGOUT: &str = "/logout";

/// All pages, behind the session, the check of where a form came from, and the headers.
pub fn router(ctx: Ctx, settings: Settings) -> Router {
    let console = Console { ctx, settings: Arc::new(settings), hashing: Arc::new(Semaphore::new(HASHING)) };
    let [with_tls, without] = SESSION;
    let name = if console.settings.https { with_tls } else { without };
    let sessions = SessionManagerLayer::new(console.sessions())
        .with_name(name)
        .with_secure(console.settings.https)
        .with_http_only(true)
        // Not Strict: the link in a mail would then arrive without the session, and people would sign in twice. A foreign
        // site gets no further with Lax, because nothing here acts on GET and every form is checked twice.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnSessionEnd);
    let pages = Router::new()
        .route("/", get(async || Redirect::to("/inbox")))
        .route("/login", get(session::new).post(session::create))
        .route(LOGOUT, post(session::end))
        .route("/preferences", post(preferences::update))
        .route("/inbox", get(inbox::index))
        .route("/requests/{id}", get(requests::show))
        .route("/requests/{id}/decision", get(decisions::back).post(decisions::decide))
        .route("/requests/{id}/sign", get(decisions::new).post(decisions::create))
        .route("/requests/{id}/stop", get(stop::new).post(stop::create))
        .route("/requests/{id}/take-back", get(replies::take_back::new).post(replies::take_back::create))
        .route("/requests/{id}/stop-order", get(order_stop::new).post(order_stop::create))
        .route("/requests/{id}/close-order", get(order_stop::before_closing).post(order_stop::close))
        .route("/replies/{id}/doubts", get(replies::doubts::new).post(replies::doubts::create))
        .route("/requests/{id}/withdraw", get(withdraw::new).post(withdraw::create))
        .route("/requests/{id}/left-out", get(left_out::show))
        .route("/requests/{id}/left-out.csv", get(left_out::file))
        .route("/requests/{id}/reopen", get(reopen::new).post(reopen::create))
        .route("/requests/{id}/values", get(values::new).post(values::create))
        .route("/broadcasts", get(broadcasts::index))
        .route("/broadcasts/{id}", get(monitor::show))
        .route("/broadcasts/{id}/live", get(monitor::live))
        .route("/broadcasts/{id}/doubts", get(doubts::new).post(doubts::create))
        .route("/broadcasts/{id}/pause", get(broadcasts::before_pause).post(broadcasts::pause))
        .route("/broadcasts/{id}/resume", get(broadcasts::agree).post(broadcasts::agreed))
        .route("/broadcasts/{id}/stop", get(broadcasts::new).post(broadcasts::create))
        .route("/conversations", get(conversations::index))
        .route("/conversations/{id}", get(conversations::show))
        .route("/conversations/{id}/look", get(conversations::before).post(conversations::look))
        .route("/conversations/{id}/note", get(conversations::before).post(conversations::note))
        .route("/conversations/{id}/take", get(conversations::before).post(conversations::take))
        .route("/conversations/{id}/hand-on", get(conversations::before).post(conversations::hand_on))
        .route("/conversations/{id}/escalate", get(conversations::before).post(conversations::escalate))
        .route("/conversations/{id}/settle", get(conversations::before).post(conversations::settle))
        .route("/conversations/{id}/close", get(conversations::before).post(conversations::close))
        .route("/numbers", get(numbers::index))
        .route("/numbers/stop", get(numbers::back).post(numbers::stop))
        .route("/numbers/resume", get(numbers::back).post(numbers::resume))
        .route("/audit", get(audit::index))
        .route("/audit/{seq}", get(audit_event::show))
        .route("/help/keys", get(help::keys))
        .fallback(missing)
        .method_not_allowed_fallback(no_such_method)
        .layer(CsrfLayer::new())
        .layer(middleware::from_fn_with_state(console.clone(), say_why))
        .layer(sessions)
        .layer(middleware::from_fn(keep_the_newer_session))
        .route("/static/{*path}", get(assets::show))
        .with_state(console);
    headers::secured(pages)
}

async fn missing(visit: Visit) -> Response {
    visit.answer(Err::<Response, _>(Trouble::NotFound)).await
}

async fn no_such_method(visit: Visit) -> Response {
    visit.answer(Err::<Response, _>(Trouble::Method)).await
}

/// Who proves anew who they are gets a new session. A form that was sent twice comes the second time with the old one, and
/// its answer would take away the cookie of the new: only signing out may.
async fn keep_the_newer_session(request: Request, next: Next) -> Response {
    let signs_out = request.uri().path() == LOGOUT;
    let mut response = next.run(request).await;
    if !signs_out {
        let takes_away = |cookie: &HeaderValue| {
            let named = cookie.to_str().ok().and_then(|text| text.split_once('='));
            named.is_some_and(|(name, rest)| SESSION.contains(&name) && rest.starts_with(';'))
        };
        let kept: Vec<HeaderValue> =
            response.headers().get_all(SET_COOKIE).iter().filter(|cookie| !takes_away(cookie)).cloned().collect();
        response.headers_mut().remove(SET_COOKIE);
        response.headers_mut().extend(kept.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    }
    response
}

/// The check of where a form came from answers with an empty page; this one says what happened.
async fn say_why(State(console): State<Console>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut again = parts.clone();
    let response = next.run(Request::<Body>::from_parts(parts, body)).await;
    if response.extensions().get::<ProtectionError>().is_none() {
        return response;
    }
    tracing::warn!(path = again.uri.path(), "a form came from another site");
    let Ok(visit) = Visit::from_request_parts(&mut again, &console).await;
    visit.answer(Err::<Response, _>(Trouble::NotYours(visit.l.t("error-foreign-site")))).await.into_response()
}
