//! The people the business writes to: who they are, what is on their screens, and what Meta counts per person.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Serialize;

use super::fill::Choice;
use super::limits::{Bucket, DAY};
use super::sends::Sent;
use super::settings::Limits;
use crate::domain::clock::Timestamp;

const FREE_ENTRY: Duration = Duration::from_secs(72 * 3600);

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
    /// A file, by its name.
    pub media: Option<String>,
    pub text: String,
    pub footer: Option<String>,
    pub buttons: Vec<Choice>,
    /// How far the business's message got; none for what the customer wrote.
    pub status: Option<Status>,
    /// The business's message behind it.
    pub sent: Option<Arc<Sent>>,
    /// For what the customer wrote: the business has marked it as read.
    pub seen: bool,
}

impl Bubble {
    /// Something that the customer wrote.
    pub fn theirs(phone: &Arc<str>, wamid: &Arc<str>, text: String, at: Timestamp) -> Self {
        Self {
            at,
            phone: phone.clone(),
            wamid: wamid.clone(),
            header: None,
            media: None,
            text,
            footer: None,
            buttons: Vec::new(),
            status: None,
            sent: None,
            seen: false,
        }
    }

    /// The last address in a text of the business's, which a phone makes a link of.
    pub fn link(&self) -> Option<&str> {
        self.status?;
        self.text.split_whitespace().rev().find(|word| word.starts_with("https://") || word.starts_with("http://"))
    }
}

pub struct Customer {
    /// Counted from one; the simulator's own pages use it, so that no number stands in an address.
    pub ordinal: usize,
    pub wa_id: Arc<str>,
    pub user_id: Arc<str>,
    /// Two letters, from the number.
    pub country: Arc<str>,
    pub name: String,
    pub on_whatsapp: bool,
    /// Writes under a username: webhooks carry no phone number.
    pub hides_number: bool,
    pub username: Option<String>,
    /// Sees nothing of the business any more.
    pub blocks_business: bool,
    /// Counts the identity keys that this person had.
    pub identity: u64,
    /// The business's number that shows dots, and until when.
    pub typing: Option<(Arc<str>, Timestamp)>,
    pub stopped_marketing: bool,
    pub in_united_states: bool,
    /// Messages they were sent so far; chance is drawn from it.
    pub sends: u64,
    pub last_seen: Timestamp,
    pub screen: VecDeque<Bubble>,
    windows: Vec<(Arc<str>, Timestamp)>,
    /// The numbers to which they came by an advertisement, when, and until when answers are free once there was one.
    entries: Vec<(Arc<str>, Timestamp, Option<Timestamp>)>,
    pairs: Vec<(Arc<str>, Bucket)>,
    marketing: VecDeque<Timestamp>,
}

impl Customer {
    /// Somebody who has not done anything yet.
    pub fn new(
        ordinal: usize,
        wa_id: Arc<str>,
        user_id: Arc<str>,
        country: Arc<str>,
        name: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            ordinal,
            wa_id,
            user_id,
            country,
            name: name.into(),
            on_whatsapp: true,
            hides_number: false,
            username: None,
            blocks_business: false,
            identity: 1,
            typing: None,
            stopped_marketing: false,
            in_united_states: false,
            sends: 0,
            last_seen: now,
            screen: VecDeque::new(),
            windows: Vec::new(),
            entries: Vec::new(),
            pairs: Vec::new(),
            marketing: VecDeque::new(),
        }
    }

    /// Who this is, without screen and limits: what webhooks tell of somebody as they were.
    pub fn as_known(&self) -> Self {
        let plain = Self::new(
            self.ordinal,
            self.wa_id.clone(),
            self.user_id.clone(),
            self.country.clone(),
            &self.name,
            self.last_seen,
        );
        Self { hides_number: self.hides_number, username: self.username.clone(), identity: self.identity, ..plain }
    }

    /// The key that stands for the person behind the number.
    pub fn identity_hash(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (&*self.wa_id, self.identity).hash(&mut hasher);
        STANDARD.encode(hasher.finish().to_be_bytes())
    }

    /// The name under which somebody writes who hides the number.
    pub fn username(&self) -> String {
        self.username.clone().unwrap_or_else(|| format!("guest.{}", self.ordinal))
    }

    /// The business has read a message, and with it the earlier ones to the same number.
    pub fn mark_seen(&mut self, wamid: &str) -> Option<Arc<str>> {
        let at = self.screen.iter().position(|bubble| *bubble.wamid == *wamid)?;
        let phone = self.screen.get(at)?.phone.clone();
        let earlier = self.screen.iter_mut().take(at + 1);
        for bubble in earlier.filter(|bubble| bubble.phone == phone && bubble.status.is_none()) {
            bubble.seen = true;
        }
        Some(phone)
    }

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

    /// They came by an advertisement.
    pub fn enter(&mut self, phone: &Arc<str>, now: Timestamp) {
        self.entries.retain(|(id, ..)| id != phone);
        self.entries.push((phone.clone(), now, None));
    }

    /// Until when messages to somebody who came by an advertisement are free: for three days from the first answer,
    /// which must come within a day.
    pub fn entry_until(&mut self, phone: &str, now: Timestamp) -> Option<Timestamp> {
        let (_, came, until) = self.entries.iter_mut().find(|(id, ..)| **id == *phone)?;
        if until.is_none() && now.since(*came) < DAY {
            *until = Some(now.after(FREE_ENTRY));
        }
        until.filter(|until| now < *until)
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

    /// The newest message of the business on the screen, if it is from the last day.
    pub fn lately_read(&self, phone: &str, now: Timestamp) -> Option<Arc<Sent>> {
        let bubble = self.screen.iter().rev().find(|bubble| *bubble.phone == *phone && bubble.sent.is_some())?;
        bubble.sent.clone().filter(|_| now.since(bubble.at) < DAY)
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
