//! What analytics are made of: messages counted by half hour, number, country, template and price.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::customers::Status;
use super::sends::Sent;
use crate::domain::clock::Timestamp;

/// The finest grain that analytics know, in seconds.
pub const HALF_HOUR: i64 = 1_800;

/// What a figure is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub phone: Arc<str>,
    pub country: Arc<str>,
    pub template: Option<u64>,
    /// As in `pricing`, upper case in analytics.
    pub category: &'static str,
    /// `regular`, `free_customer_service` or `free_entry_point`.
    pub pricing: &'static str,
}

/// Figures of one half hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub sent: u64,
    pub delivered: u64,
    pub read: u64,
    pub clicked: u64,
    /// People who blocked the business or stopped its marketing because of it.
    pub blocked: u64,
}

impl Figures {
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.read += other.read;
        self.clicked += other.clicked;
        self.blocked += other.blocked;
    }
}

/// All figures since the start or the last reset.
#[derive(Default)]
pub struct Tally(BTreeMap<(i64, Kind), Figures>);

impl Tally {
    pub fn status(&mut self, sent: &Sent, status: Status, now: Timestamp) {
        let counted = match status {
            Status::Accepted | Status::Failed => return,
            Status::Sent => Figures { sent: 1, ..Figures::default() },
            Status::Delivered => Figures { delivered: 1, ..Figures::default() },
            Status::Read => Figures { read: 1, ..Figures::default() },
        };
        self.0.entry((floor(now), sent.counted())).or_default().add(counted);
    }

    /// A button of a template was pressed.
    pub fn clicked(&mut self, kind: Kind, now: Timestamp) {
        self.0.entry((floor(now), kind)).or_default().clicked += 1;
    }

    /// Somebody wanted no more because of a template.
    pub fn blocked(&mut self, kind: Kind, now: Timestamp) {
        self.0.entry((floor(now), kind)).or_default().blocked += 1;
    }

    /// Figures between two times, in the order of time.
    pub fn between(&self, start: i64, end: i64) -> impl Iterator<Item = (i64, &Kind, Figures)> {
        let all = self.0.iter().map(|((at, kind), figures)| (*at, kind, *figures));
        all.skip_while(move |(at, ..)| *at < start).take_while(move |(at, ..)| *at < end)
    }

    /// How often a template was sent since then, and how many people it drove away.
    pub fn of_template(&self, id: u64, since: Timestamp) -> (u64, u64) {
        let recent = self.between(floor(since), i64::MAX).filter(|(_, kind, _)| kind.template == Some(id));
        recent.fold((0, 0), |(sent, blocked), (.., figures)| (sent + figures.sent, blocked + figures.blocked))
    }
}

fn floor(at: Timestamp) -> i64 {
    at.seconds().div_euclid(HALF_HOUR) * HALF_HOUR
}
