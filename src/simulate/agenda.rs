//! What is still to happen, in the order of its time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::LifeClock;
use super::happenings::Event;

/// A heap of events by due time, in microseconds of life.
#[derive(Default)]
pub struct Agenda {
    entries: Mutex<Entries>,
    earlier: Notify,
}

#[derive(Default)]
struct Entries {
    heap: BinaryHeap<Reverse<Entry>>,
    added: u64,
}

struct Entry {
    due: u64,
    /// Among equals, first come first served.
    order: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.order) == (other.due, other.order)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl Agenda {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an event happen after so many milliseconds of life.
    pub fn add(&self, clock: &LifeClock, after_ms: u64, event: Event) {
        let due = clock.life().saturating_add(after_ms.saturating_mul(1_000));
        let mut entries = self.entries();
        let soonest = entries.heap.peek().is_none_or(|Reverse(first)| due < first.due);
        entries.added += 1;
        let order = entries.added;
        entries.heap.push(Reverse(Entry { due, order, event }));
        drop(entries);
        if soonest {
            self.earlier.notify_one();
        }
    }

    /// At most `most` events that are due, and when the next one is.
    pub fn due(&self, clock: &LifeClock, most: usize) -> (Vec<Event>, Option<Duration>) {
        let now = clock.life();
        let mut entries = self.entries();
        let mut events = Vec::new();
        while events.len() < most
            && entries.heap.peek().is_some_and(|Reverse(first)| first.due <= now)
            && let Some(Reverse(entry)) = entries.heap.pop()
        {
            events.push(entry.event);
        }
        let next = entries.heap.peek().map(|Reverse(first)| clock.until(first.due));
        (events, next)
    }

    /// Returns when something may be due earlier than was thought.
    pub async fn earlier(&self) {
        self.earlier.notified().await;
    }

    pub fn wake(&self) {
        self.earlier.notify_one();
    }

    pub fn len(&self) -> usize {
        self.entries().heap.len()
    }

    pub fn clear(&self) {
        self.entries().heap.clear();
    }
}
