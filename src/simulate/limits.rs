//! Counting against Meta's limits: messages per second, messages to one person, people per day, calls per hour.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::clock::Timestamp;

pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// A token bucket: `burst` at once, refilled at `per_second`.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    level: f64,
    at: Timestamp,
}

impl Bucket {
    pub fn full(burst: u32, now: Timestamp) -> Self {
        Self { level: f64::from(burst), at: now }
    }

    pub fn take(&mut self, burst: u32, per_second: f64, now: Timestamp) -> bool {
        self.level = (self.level + now.since(self.at).as_secs_f64() * per_second).min(f64::from(burst));
        self.at = now;
        let enough = self.level >= 1.0;
        if enough {
            self.level -= 1.0;
        }
        enough
    }

    /// How much of the bucket is used, in percent, as usage headers tell it.
    #[expect(clippy::cast_possible_truncation, reason = "a percentage is within 0 and 100")]
    pub fn used(&self, burst: u32) -> u32 {
        let share = 100.0 * (1.0 - self.level / f64::from(burst.max(1)));
        share.clamp(0.0, 100.0) as u32
    }
}

/// Unique people in a rolling day, outside open windows, over all numbers of the business.
#[derive(Default)]
pub struct MessagingLimit {
    last: HashMap<Arc<str>, Timestamp>,
    order: VecDeque<(Timestamp, Arc<str>)>,
}

impl MessagingLimit {
    /// Counts the person if the limit leaves room, or had counted them already.
    pub fn admit(&mut self, wa_id: &Arc<str>, tier: &str, now: Timestamp) -> bool {
        let Some(most) = size(tier) else { return true };
        while let Some((at, oldest)) = self.order.front() {
            if now.since(*at) < DAY {
                break;
            }
            self.last.remove(oldest);
            self.order.pop_front();
        }
        if self.last.contains_key(wa_id) {
            return true;
        }
        if self.last.len() >= most {
            return false;
        }
        self.last.insert(wa_id.clone(), now);
        self.order.push_back((now, wa_id.clone()));
        true
    }

    pub fn used(&self) -> usize {
        self.last.len()
    }
}

/// How many people a tier allows; none for no limit.
fn size(tier: &str) -> Option<usize> {
    match tier {
        "TIER_50" => Some(50),
        "TIER_250" => Some(250),
        "TIER_1K" => Some(1_000),
        "TIER_2K" => Some(2_000),
        "TIER_10K" => Some(10_000),
        "TIER_100K" => Some(100_000),
        _ => None,
    }
}
