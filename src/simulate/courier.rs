//! Carries webhooks to the business: a few POSTs at a time, retried with growing delays until Meta would give up.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngExt;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::happenings::Event;
use super::problem::scribble;
use super::settings::{Delivery, Settings};
use super::state::World;
use super::webhooks::{self, Update};
use crate::domain::clock::Timestamp;

/// Bodies up to this size stay in the log.
const KEPT_BODY: usize = 8 * 1024;
const HOUR_MS: u64 = 3_600_000;

/// One POST that is on its way, or waits.
#[derive(Clone, Debug)]
pub struct Post {
    body: Bytes,
    updates: usize,
    attempt: u32,
    /// Milliseconds of life that were spent waiting so far.
    waited_ms: u64,
}

pub struct Courier {
    client: reqwest::Client,
    waba_id: String,
    secret: Option<String>,
    settings: Delivery,
    target: Mutex<Option<Arc<str>>>,
    queue: Mutex<VecDeque<Post>>,
    log: Mutex<VecDeque<Value>>,
    keep: usize,
    arrived: Notify,
    free: Arc<Semaphore>,
    paused: AtomicBool,
    /// Of bodies that were not delivered yet, wherever they wait.
    waiting_bytes: AtomicUsize,
    posted: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Courier {
    pub fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        // Building a client needs a TLS provider, even for plain HTTP; one that is installed already is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_millis(settings.delivery.timeout_ms))
            .user_agent("facebookexternalua")
            .no_proxy()
            .build()?;
        Ok(Self {
            client,
            waba_id: settings.waba_id.clone(),
            secret: settings.app_secret.clone(),
            settings: settings.delivery.clone(),
            target: Mutex::new(settings.webhook_url.as_deref().map(Arc::from)),
            queue: Mutex::default(),
            log: Mutex::default(),
            keep: settings.limits.keep_deliveries,
            arrived: Notify::new(),
            free: Arc::new(Semaphore::new(settings.delivery.concurrency.clamp(1, 64))),
            paused: AtomicBool::new(false),
            waiting_bytes: AtomicUsize::new(0),
            posted: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        })
    }

    pub fn target(&self) -> Option<Arc<str>> {
        lock(&self.target).clone()
    }

    pub fn set_target(&self, url: Option<&str>) {
        *lock(&self.target) = url.map(Arc::from);
    }

    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
        self.arrived.notify_one();
    }

    /// A customer's browser opens a page and presses its one button.
    pub fn visit(&self, url: &str) {
        let (client, url) = (self.client.clone(), url.to_owned());
        tokio::spawn(async move {
            let seen = client.get(&url).send().await.and_then(reqwest::Response::error_for_status);
            let went = match seen {
                Ok(_) => client.post(&url).send().await.map(drop),
                Err(error) => Err(error),
            };
            if let Err(error) = went {
                tracing::debug!(error = %error.without_url(), "a customer followed a link in vain");
            }
        });
    }

    /// Makes POSTs of updates and queues them.
    pub fn publish(&self, updates: &[Update]) {
        if self.target().is_none() {
            return;
        }
        for chunk in updates.chunks(self.settings.max_updates.clamp(1, 1_000)) {
            let body = webhooks::to_bytes(&webhooks::envelope(&self.waba_id, chunk));
            if self.waiting_bytes.load(Ordering::Relaxed) + body.len() > self.settings.backlog_bytes {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            self.waiting_bytes.fetch_add(body.len(), Ordering::Relaxed);
            self.enqueue(Post { body, updates: chunk.len(), attempt: 0, waited_ms: 0 });
        }
    }

    pub fn enqueue(&self, post: Post) {
        lock(&self.queue).push_back(post);
        self.arrived.notify_one();
    }

    /// This post waits no longer, delivered or given up.
    fn settle(&self, post: &Post) {
        // A reset in between has set the count to nothing already.
        let less = |bytes: usize| Some(bytes.saturating_sub(post.body.len()));
        self.waiting_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok();
    }

    pub fn forget(&self) {
        self.waiting_bytes.store(0, Ordering::Relaxed);
        lock(&self.queue).clear();
        lock(&self.log).clear();
    }

    pub fn summary(&self) -> Value {
        json!({
            "url": self.target().as_deref(), "paused": self.paused.load(Ordering::Relaxed),
            "waiting": lock(&self.queue).len(), "waiting_bytes": self.waiting_bytes.load(Ordering::Relaxed), "posted": self.posted.load(Ordering::Relaxed),
            "failed": self.failed.load(Ordering::Relaxed), "dropped": self.dropped.load(Ordering::Relaxed),
        })
    }

    /// The latest deliveries, newest first.
    pub fn deliveries(&self, limit: usize) -> Vec<Value> {
        lock(&self.log).iter().rev().take(limit).cloned().collect()
    }

    /// Asks a new address for its consent, as Meta does before it sends anything there.
    pub async fn verify(&self, url: &str, token: &str) -> Result<(), String> {
        let challenge = scribble().random_range(1_000_000_000..10_000_000_000_u64).to_string();
        let query = [("hub.mode", "subscribe"), ("hub.challenge", challenge.as_str()), ("hub.verify_token", token)];
        let answer = self.client.get(url).query(&query).send().await.map_err(|error| reason(&error))?;
        let status = answer.status();
        let body = answer.text().await.unwrap_or_default();
        if status.as_u16() == 200 && body.trim() == challenge {
            return Ok(());
        }
        Err(format!("the address answered {status}, not 200 with the bare challenge"))
    }

    /// Takes posts from the queue until the task is dropped; `stop` ends those that are on their way.
    pub async fn run(&self, world: &Arc<World>, stop: &CancellationToken) {
        loop {
            let arrived = self.arrived.notified();
            let next = if self.paused.load(Ordering::Relaxed) { None } else { lock(&self.queue).pop_front() };
            let Some(post) = next else {
                arrived.await;
                continue;
            };
            let Ok(permit) = self.free.clone().acquire_owned().await else { return };
            let (world, stop) = (world.clone(), stop.clone());
            tokio::spawn(async move {
                stop.run_until_cancelled(world.courier.carry(&world, post)).await;
                drop(permit);
            });
        }
    }

    async fn carry(&self, world: &World, mut post: Post) {
        let Some(url) = self.target() else { return self.settle(&post) };
        let mut request = self.client.post(&*url).header(CONTENT_TYPE, "application/json").body(post.body.clone());
        if let Some(secret) = &self.secret {
            let signed = format!("sha256={}", webhooks::signature(secret, &post.body));
            request = request.header("X-Hub-Signature-256", signed);
        }
        post.attempt += 1;
        let started = Instant::now();
        let outcome = match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(reason(&error)),
        };
        self.note(&post, &outcome, started.elapsed(), world.clock.now());
        if outcome == Ok(200) {
            self.settle(&post);
            self.posted.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.failed.fetch_add(1, Ordering::Relaxed);
        let wait = self
            .settings
            .first_retry_ms
            .max(1)
            .saturating_mul(1 << post.attempt.saturating_sub(1).min(30))
            .min(HOUR_MS);
        post.waited_ms = post.waited_ms.saturating_add(wait);
        if post.waited_ms > self.settings.give_up_ms {
            self.settle(&post);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        world.agenda.add(&world.clock, wait, Event::Retry(post));
    }

    fn note(&self, post: &Post, outcome: &Result<u16, String>, took: Duration, now: Timestamp) {
        let (status, error) = match outcome {
            Ok(status) => (Some(*status), None),
            Err(error) => (None, Some(error)),
        };
        let body = (post.body.len() <= KEPT_BODY).then(|| String::from_utf8_lossy(&post.body));
        let entry = json!({"at_us": now.micros(), "updates": post.updates, "bytes": post.body.len(), "attempt": post.attempt,
            "status": status, "error": error, "took_ms": took.as_secs_f64() * 1000.0, "body": body});
        let mut log = lock(&self.log);
        while log.len() >= self.keep.max(1) {
            log.pop_front();
        }
        log.push_back(entry);
    }
}

/// Why a request failed, without the address: it may carry a secret.
fn reason(error: &reqwest::Error) -> String {
    let word = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "the connection broke"
    };
    word.into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
