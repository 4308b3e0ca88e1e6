//! A Graph API to practise on: one business account with numbers, templates and customers, in memory. It is a second
//! reading of Meta's documentation and shares no code with the client, so that a misreading shows.
//!
//! It serves the calls under `/v24.0/…` (any version from 21 to 26), files under `/media/…`, the customers' screens under
//! `/`, and a control endpoint for tests under `/control/…`, JSON in and out:
//!
//! | call | does |
//! | --- | --- |
//! | `GET state` | counters, phones, templates, webhooks, faults, and what is still to happen |
//! | `GET sends?after=SEQ&limit=N` | every send call in the order of arrival, with its outcome; `next` is the `after` of the next page |
//! | `GET`, `POST faults` | what goes wrong: see [`faults::Fault`]; answers the new fault's `id` |
//! | `DELETE faults[?id=N]` | removes one, or all |
//! | `POST templates` | `{"id" or "name" and "language", "status", "reason", "quality", "category", "correct_category", "paced", "held": "release" or "drop"}` with the webhooks of each; `PAUSED` is the next pause of its life |
//! | `POST reviews` | `{"name", "language", "verdict", "after_ms", "count"}` for reviews to come; the verdict is `"approve"`, `"hold"`, `{"reject": {"reason", "recommendation"}}` or `{"recategorise": "MARKETING"}`. Nothing at all forgets them |
//! | `POST phones` | `{"id", "status", "quality", "throughput", "allowed", "test_number", "name": {"requested", "decision", "reason"}, "security": "PIN_CHANGED"}` |
//! | `POST customers` | `{"number", "name", "on_whatsapp", "hides_number", "username", "stopped_marketing", "wrote_hours_ago", "phone_number_id"}`; with `country` instead of a number, somebody whose number the business does not know |
//! | `POST customers/act` | `{"number" or "user_id", "phone_number_id"}` with one of `text` (and `reply_to`, `referral`, `product`, `forwarded`), `tap`, `react` (both with `wamid`), `media` (`{"mime_type", "filename", "caption", "text" or "base64", "voice", "too_large"}`), `location`, `contacts`, `form` (`{"name", "response"}`), `order`, `edit` (`{"wamid", "text"}`), `revoke`, `unsupported`, `marketing` (`"stop"`, `"resume"`), `blocks`, `new_number`, `new` (`"identity"`, `"user_id"`) |
//! | `POST customers/follow` | `{"number"}`: they open the newest address in a text of the business's, and press the button of the page |
//! | `GET webhooks?limit=N` | deliveries, newest first |
//! | `POST webhooks` | `{"url", "verify": true, "paused", "subscribed"}` |
//! | `POST webhooks/send` | `{"field", "value"}`: any other webhook, signed and delivered like the rest |
//! | `POST clock` | `{"advance_seconds"}`: windows close, files expire, and what is due by then happens |
//! | `POST life`, `POST limits` | changes of [`settings::Life`] and [`settings::Limits`] by field; answers the whole. `life.traffic` lets people write by themselves |
//! | `POST account` | `{"blocked_with": 131042}` refuses every send with that code, `null` lifts it; `restriction` (`{"type", "hours"}`), `violation`, `ban` (`"DISABLE"`, `"SCHEDULE_FOR_DISABLE"`, `"REINSTATE"`), `review`, `alert`, `event` with their webhooks; `direct_send`, `marketing_disabled`, `insights` |
//! | `POST scenario` | customers, life, limits, faults and timed steps: see [`scenario::Scenario`] |
//! | `POST reset` | the first day again |

mod account;
mod acts;
mod agenda;
mod analytics;
mod blocks;
mod business;
mod buttons;
mod call;
mod clock;
mod connection;
mod control;
mod courier;
mod crowd;
mod customers;
pub mod faults;
mod fill;
mod future;
mod happenings;
mod inbound;
mod interactive;
mod limits;
mod log;
mod media;
mod messages;
mod mishaps;
mod nodes;
mod pages;
mod phones;
mod problem;
mod profile;
mod routes;
mod samples;
pub mod scenario;
mod sends;
pub mod settings;
mod shape;
mod state;
mod tally;
mod templates;
mod traffic;
mod webhooks;
mod weighing;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::csrf::CsrfLayer;

use connection::{Lines, Switch};
use courier::Courier;
use happenings::Event;
pub use scenario::Scenario;
pub use settings::{Delivery, Life, Limits, PhoneSettings, Settings};
use state::World;

/// Events handled under one hold of the lock: sends must not wait behind a long day's statuses.
const EVENTS_AT_ONCE: usize = 256;
/// Files and templates are looked through for their age this often.
const AGES_EVERY: Duration = Duration::from_secs(3600);
/// How long open calls may go on after the stop.
const GRACE: Duration = Duration::from_secs(2);

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    addr: SocketAddr,
    world: Arc<World>,
    stop: CancellationToken,
    server: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Binds the listener and starts to live.
    ///
    /// # Errors
    /// When the address cannot be bound, or a template of the settings is not one that Meta would take.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        check_templates(&settings)?;
        let (lines, door) = Lines::bind(settings.listen).await?;
        let addr = axum::serve::Listener::local_addr(&lines)?;
        let courier = Courier::new(&settings).map_err(io::Error::other)?;
        let world = Arc::new(World::new(settings, addr, courier, door));
        if let Some(scenario) = &world.settings.scenario {
            scenario.play(&world).map_err(io::Error::other)?;
        }
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(live(world.clone())));
        tokio::spawn({
            let (world, stop) = (world.clone(), stop.clone());
            async move { stop.run_until_cancelled(world.courier.run(&world, &stop)).await }
        });
        tokio::spawn({
            let (world, stop) = (world.clone(), stop.clone());
            async move { stop.run_until_cancelled(traffic::run(&world)).await }
        });
        let service = router(world.clone()).into_make_service_with_connect_info::<Switch>();
        let server = axum::serve(lines, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let server = tokio::spawn(server.into_future());
        Ok(Self { addr, world, stop, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base of Graph calls, without the version.
    #[must_use]
    pub fn url(&self) -> String {
        self.world.base_url()
    }

    /// Points webhooks somewhere else, or nowhere. What is queued goes to the new address.
    pub fn set_webhook_url(&self, url: Option<&str>) {
        self.world.courier.set_target(url);
    }

    /// Gives a person a name, as it stands in their webhooks. The number has its country code.
    pub fn introduce(&self, number: &str, name: &str) {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let now = self.world.clock.now();
        let mut guard = self.world.state();
        let state = &mut *guard;
        state.customers.meet(&digits, &state.life.not_on_whatsapp, now).name = name.into();
    }

    /// Makes a call of the control endpoint by its path, as the table above has them.
    ///
    /// # Errors
    /// When there is no such call, or it does not fit the world as it is; the sentence says why.
    pub fn control(&self, call: &str, body: &Value) -> Result<Value, String> {
        control::carry_out(&self.world, call, body).map_err(|refused| refused.to_string())
    }

    /// Lets open calls finish, within bounds, and ends.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

fn check_templates(settings: &Settings) -> io::Result<()> {
    let (mut templates, now) = (templates::Templates::default(), settings.clock.now());
    for body in &settings.templates {
        if let Err(problem) = templates.seed(body, now) {
            let message = format!("the simulator's template {} is not valid: {}", body["name"], problem.envelope());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    Ok(())
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn router(world: Arc<World>) -> Router {
    // Browsers of other sites must not press the simulator's buttons; programs send no such headers and pass.
    let people = Router::new().merge(pages::routes()).nest("/control", control::routes()).layer(CsrfLayer::new());
    let graph = axum::routing::any(routes::node);
    Router::new()
        .merge(people)
        .route("/{version}/{node}", graph)
        .route("/{version}/{node}/{edge}", axum::routing::any(routes::edge))
        .route("/media/{id}", get(media::calls::download))
        .route("/healthz", get(|| async { "ok" }))
        .fallback(routes::unknown_path)
        .with_state(world)
}

/// Handles what is due, tells the business, and waits for the next thing.
async fn live(world: Arc<World>) {
    let gather = Duration::from_millis(world.settings.delivery.gather_ms.max(1));
    loop {
        let (events, next) = world.agenda.due(&world.clock, EVENTS_AT_ONCE);
        if events.is_empty() {
            age(&world);
            let next = next.unwrap_or(Duration::from_secs(3600));
            tokio::select! {
                () = tokio::time::sleep(next) => {}
                () = world.agenda.earlier() => continue,
            }
            // Others are due soon after the first: wait for them, so that they travel together.
            tokio::time::sleep(gather).await;
            continue;
        }
        let mut updates = Vec::with_capacity(events.len());
        let (steps, events): (Vec<Event>, Vec<Event>) =
            events.into_iter().partition(|event| matches!(event, Event::Step(_)));
        let subscribed = {
            let mut state = world.state();
            for event in events {
                happenings::happen(&world, &mut state, event, &mut updates);
            }
            state.subscribed
        };
        if subscribed {
            world.courier.publish(&updates);
        }
        for step in &steps {
            if let Event::Step(step) = step {
                step.happen(&world);
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Forgets and archives what is too old by now.
fn age(world: &World) {
    let now = world.clock.now();
    let mut updates = Vec::new();
    {
        let mut guard = world.state();
        let state = &mut *guard;
        if now.since(state.aged_at) < AGES_EVERY {
            return;
        }
        state.aged_at = now;
        state.media.age(now);
        templates::review::age(&mut state.templates, now, &mut updates);
    }
    world.courier.publish(&updates);
}

#[cfg(test)]
mod tests;
