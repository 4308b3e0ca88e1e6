//! The people the business writes to: who they are, what is on their screens, and what Meta counts per person.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::Serialize;

use super::fill::Choice;
use super::limits::{Bucket, DAY};
use super::settings::Limits;
use crate::domain::clock::Timestamp;

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
}

/// One message on a customer's screen.
#[derive(Clone, Debug)]
pub struct Bubble {
    pub at: Timestamp,
    pub phone: Arc<str>,
    pub wamid: Arc<str>,
    pub header: Option<String>,
    pub text: String,
    pub footer: Option<String>,
    pub buttons: Vec<Choice>,
    /// How far the business's message got; none for what the customer wrote.
    pub status: Option<Status>,
}

pub struct Customer {
    /// Counted from one; the simulator's own pages use it, so that no number stands in an address.
    pub ordinal: usize,
    pub wa_id: Arc<str>,
    pub user_id: Arc<str>,
    pub name: String,
    pub on_whatsapp: bool,
    /// Writes under a username: webhooks carry no phone number.
    pub hides_number: bool,
    pub stopped_marketing: bool,
    pub in_united_states: bool,
    /// Messages they were sent so far; chance is drawn from it.
    pub sends: u64,
    pub last_seen: Timestamp,
    pub screen: VecDeque<Bubble>,
    windows: Vec<(Arc<str>, Timestamp)>,
    pairs: Vec<(Arc<str>, Bucket)>,
    marketing: VecDeque<Timestamp>,
}

impl Customer {
    /// Has the customer written to this number within a day?
    pub fn window_open(&self, phone: &str, now: Timestamp) -> bool {
        self.windows.iter().any(|(id, at)| **id == *phone && now.since(*at) < DAY)
    }

    pub fn open_window(&mut self, phone: &Arc<str>, now: Timestamp) {
        match self.windows.iter_mut().find(|(id, _)| id == phone) {
            Some((_, at)) => *at = now,
            None => self.windows.push((phone.clone(), now)),
        }
    }

    /// The pair rate: one message every few seconds, with a burst.
    pub fn admit_pair(&mut self, phone: &Arc<str>, limits: &Limits, now: Timestamp) -> bool {
        let per_second = 1.0 / f64::from(limits.pair_seconds.max(1));
        if let Some((_, bucket)) = self.pairs.iter_mut().find(|(id, _)| id == phone) {
            return bucket.take(limits.pair_burst, per_second, now);
        }
        let mut bucket = Bucket::full(limits.pair_burst, now);
        let admitted = bucket.take(limits.pair_burst, per_second, now);
        self.pairs.push((phone.clone(), bucket));
        admitted
    }

    /// The cap on marketing messages in a rolling day.
    pub fn admit_marketing(&mut self, most: u32, now: Timestamp) -> bool {
        while self.marketing.front().is_some_and(|at| now.since(*at) >= DAY) {
            self.marketing.pop_front();
        }
        let room = self.marketing.len() < usize::try_from(most).unwrap_or(usize::MAX);
        if room {
            self.marketing.push_back(now);
        }
        room
    }

    pub fn show(&mut self, bubble: Bubble, keep: usize) {
        self.last_seen = bubble.at;
        if self.screen.len() >= keep {
            self.screen.pop_front();
        }
        self.screen.push_back(bubble);
    }

    pub fn mark(&mut self, wamid: &str, status: Status) {
        if let Some(bubble) = self.screen.iter_mut().rev().find(|bubble| *bubble.wamid == *wamid) {
            bubble.status = bubble.status.max(Some(status));
        }
    }
}

/// Chance that depends on the seed, the person and how many messages they had, so that a run can be repeated whatever
/// the order in which calls arrive.
pub fn chance(seed: u64, wa_id: &str, nth: u64) -> SmallRng {
    let mut hasher = DefaultHasher::new();
    (seed, wa_id, nth).hash(&mut hasher);
    SmallRng::seed_from_u64(hasher.finish())
}

const NAMES: [&str; 16] = [
    "Ada L.",
    "陳大文",
    "Mei",
    "李秀英",
    "Tomás R.",
    "Grace H.",
    "黃志明",
    "Priya",
    "张伟",
    "Noor",
    "Ken W.",
    "林小美",
    "Olu A.",
    "Sofia",
    "周杰",
    "Hana",
];

/// Everybody the business has met.
#[derive(Default)]
pub struct Customers {
    by_wa_id: HashMap<Arc<str>, Customer>,
    by_user_id: HashMap<Arc<str>, Arc<str>>,
    order: Vec<Arc<str>>,
}

impl Customers {
    pub fn get(&self, wa_id: &str) -> Option<&Customer> {
        self.by_wa_id.get(wa_id)
    }

    pub fn get_mut(&mut self, wa_id: &str) -> Option<&mut Customer> {
        self.by_wa_id.get_mut(wa_id)
    }

    pub fn by_ordinal(&self, ordinal: usize) -> Option<&Customer> {
        self.get(self.order.get(ordinal.checked_sub(1)?)?)
    }

    pub fn wa_id_of(&self, user_id: &str) -> Option<Arc<str>> {
        self.by_user_id.get(user_id).cloned()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Customer> {
        self.by_wa_id.values()
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// The person with this number, met now if never before.
    pub fn meet(&mut self, wa_id: &str, not_on_whatsapp: &[String], now: Timestamp) -> &mut Customer {
        let Self { by_wa_id, by_user_id, order } = self;
        by_wa_id.entry(wa_id.into()).or_insert_with_key(|key| {
            order.push(key.clone());
            let ordinal = order.len();
            // The only look at numbering plans, once in a customer's life: it is too slow for every send.
            let region = PHONE_NUMBER_UTIL
                .parse(format!("+{key}"), None)
                .ok()
                .and_then(|number| PHONE_NUMBER_UTIL.get_region_for_number(&number));
            let letters = region.map_or(*b"ZZ", |region| (region as u16).to_be_bytes());
            let country = std::str::from_utf8(&letters).unwrap_or("ZZ");
            let user_id: Arc<str> = format!("{country}.{}", 1_349_000_000_000_000_000 + ordinal as u64).into();
            by_user_id.insert(user_id.clone(), key.clone());
            Customer {
                ordinal,
                wa_id: key.clone(),
                user_id,
                name: NAMES.iter().cycle().nth(ordinal % NAMES.len()).copied().unwrap_or_default().into(),
                on_whatsapp: !not_on_whatsapp.iter().any(|ending| key.ends_with(ending.as_str())),
                hides_number: false,
                stopped_marketing: false,
                in_united_states: region == Some(Region::US),
                sends: 0,
                last_seen: now,
                screen: VecDeque::new(),
                windows: Vec::new(),
                pairs: Vec::new(),
                marketing: VecDeque::new(),
            }
        })
    }
}
