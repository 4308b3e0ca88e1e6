//! The simulated world: everything that is remembered, behind one lock that is held for microseconds.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use serde_json::{Value, json};

use super::agenda::Agenda;
use super::business::Account;
use super::clock::LifeClock;
use super::connection::Door;
use super::courier::Courier;
use super::crowd::{Customers, Received};
use super::faults::Faults;
use super::limits::{Bucket, MessagingLimit};
use super::log::SendLog;
use super::media::Media;
use super::media::uploads::Uploads;
use super::phones::Phone;
use super::sends::Sent;
use super::settings::{Life, Limits, Settings};
use super::tally::Tally;
use super::templates::Templates;
use super::templates::review::Orders;
use super::webhooks::signature;
use crate::domain::clock::Timestamp;

/// What every part of the simulator shares.
pub struct World {
    pub settings: Settings,
    addr: SocketAddr,
    pub clock: LifeClock,
    pub agenda: Agenda,
    pub courier: Courier,
    pub door: Door,
    /// The only right `appsecret_proof`.
    pub proof: Option<String>,
    state: Mutex<State>,
    faults: Mutex<Faults>,
}

impl World {
    pub fn new(settings: Settings, addr: SocketAddr, courier: Courier, door: Door) -> Self {
        let clock = LifeClock::start(settings.clock.clone(), settings.speed);
        let state = State::new(&settings, clock.now());
        let proof = settings.app_secret.as_ref().map(|secret| signature(secret, settings.token.as_bytes()));
        Self {
            settings,
            addr,
            clock,
            agenda: Agenda::default(),
            courier,
            door,
            proof,
            state: Mutex::new(state),
            faults: Mutex::new(Faults::default()),
        }
    }

    /// A panic elsewhere must not take the oracle down with it: what it knows stays readable.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where paging links point.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Back to the first day, with nothing due and no faults. Webhooks keep their address.
    pub fn reset(&self) {
        let mut state = self.state();
        self.agenda.clear();
        self.courier.forget();
        self.faults().clear();
        *state = State::new(&self.settings, self.clock.now());
    }
}

pub struct State {
    pub phones: BTreeMap<Arc<str>, Phone>,
    pub templates: Templates,
    pub orders: Orders,
    pub media: Media,
    pub uploads: Uploads,
    pub tally: Tally,
    pub customers: Customers,
    pub log: SendLog,
    pub people_today: MessagingLimit,
    pub life: Life,
    pub limits: Limits,
    pub account: Account,
    /// Who wrote what, for read receipts and reactions.
    pub received: Received,
    pub subscribed: bool,
    /// When things were looked through for their age.
    pub aged_at: Timestamp,
    /// Messages of paced templates.
    pub held: Vec<Arc<Sent>>,
    pub management: Bucket,
    pub counters: Counters,
    wamids: u64,
    /// Seeded by the time, so that no id of an earlier run comes again.
    noise: SmallRng,
}

/// Totals since the start or the last reset.
#[derive(Default, Serialize)]
pub struct Counters {
    pub received: u64,
    pub accepted: u64,
    pub held: u64,
    pub refused: u64,
    pub refused_by_code: BTreeMap<u32, u64>,
    pub sent: u64,
    pub delivered: u64,
    pub read: u64,
    pub failed: u64,
    pub failed_by_code: BTreeMap<u32, u64>,
    pub inbound: u64,
    pub read_receipts: u64,
    pub updates_lost: u64,
    pub updates_duplicated: u64,
}

impl State {
    fn new(settings: &Settings, now: Timestamp) -> Self {
        let mut templates = Templates::default();
        for body in &settings.templates {
            // They were read once before the start, which refuses those that do not fit.
            templates.seed(body, now).ok();
        }
        let mut uploads = Uploads::default();
        for handle in templates.iter().flat_map(|template| template.shape.samples()) {
            uploads.remember(handle);
        }
        Self {
            phones: settings
                .phone_numbers
                .iter()
                .map(|phone| Phone::new(phone, now))
                .map(|p| (p.id.clone(), p))
                .collect(),
            templates,
            orders: Orders::default(),
            media: Media::default(),
            uploads,
            tally: Tally::default(),
            customers: Customers::default(),
            log: SendLog::default(),
            people_today: MessagingLimit::default(),
            life: settings.life.clone(),
            limits: settings.limits.clone(),
            account: Account { insights: true, ..Account::default() },
            received: Received::default(),
            subscribed: true,
            aged_at: now,
            held: Vec::new(),
            management: Bucket::full(settings.limits.management_per_hour, now),
            counters: Counters::default(),
            wamids: 0,
            noise: SmallRng::seed_from_u64(now.micros().cast_unsigned()),
        }
    }

    /// A message id: unique by its counter, meaningless to everybody else.
    pub fn new_wamid(&mut self) -> Arc<str> {
        self.wamids += 1;
        let noise: u128 = self.noise.random();
        let mut bytes = vec![0x1c, 0x18, 0x0b];
        bytes.extend(self.wamids.to_be_bytes().into_iter().skip(2));
        bytes.extend(noise.to_be_bytes().into_iter().take(15));
        format!("wamid.{}", STANDARD.encode(bytes)).into()
    }

    pub fn summary(&self) -> Value {
        let phones: Vec<Value> = self
            .phones
            .values()
            .map(|phone| {
                json!({"id": *phone.id, "display_phone_number": phone.display, "status": phone.status,
                    "quality": phone.quality, "throughput": phone.throughput, "allowed": phone.allowed})
            })
            .collect();
        let templates: Vec<Value> = self
            .templates
            .iter()
            .map(|template| {
                json!({"id": template.id.to_string(), "name": *template.name, "language": *template.language,
                    "status": template.status, "category": *template.category, "quality": template.quality,
                    "paced": template.paced})
            })
            .collect();
        json!({
            "counters": self.counters, "distinct_opaque": self.log.distinct(), "duplicate_opaque": self.log.duplicates(),
            "people_counted_today": self.people_today.used(), "customers": self.customers.len(),
            "media": self.media.len(), "held": self.held.len(),
            "account": self.account.summary(), "blocked_with": self.account.blocked_with, "subscribed": self.subscribed, "phones": phones, "templates": templates,
            "life": self.life, "limits": self.limits,
        })
    }
}
