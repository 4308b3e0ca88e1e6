//! The sections of a retry: what Meta sent and why it is aside, and what applying it would change.

use jiff::Timestamp;

use crate::domain::preview::{AsideEvent, AsidePost, RetryView};
use crate::domain::webhooks::Replay;
use crate::words::Words;

/// The two sections of a retry.
#[derive(Clone, Debug)]
pub struct RetryReview {
    pub posts: Vec<PostReview>,
    pub events: u64,
    pub changes: u64,
    /// How many of which kind, in Meta's terms.
    pub kinds: Vec<(String, u64)>,
}

/// One post.
#[derive(Clone, Debug)]
pub struct PostReview {
    pub id: String,
    pub received: Timestamp,
    pub numbers: String,
    /// Why nobody could read it.
    pub unread: Option<String>,
    pub events: Vec<EventLine>,
    pub unlisted: u64,
    /// Masked.
    pub payload: Option<String>,
}

/// One event.
#[derive(Clone, Debug)]
pub struct EventLine {
    /// Its place in the post, from 1.
    pub number: u64,
    pub kind: String,
    pub at: Option<Timestamp>,
    pub effect: String,
    pub why: Option<String>,
    pub tries: u64,
}

impl RetryReview {
    pub fn notes(&self) -> u64 {
        self.events.saturating_sub(self.changes)
    }
}

/// The two sections of a retry.
pub fn retry(l: &Words, view: &RetryView) -> RetryReview {
    RetryReview {
        posts: view.posts.iter().map(|it| post(l, it)).collect(),
        events: view.effect.events,
        changes: view.effect.changes,
        kinds: view.effect.kinds.iter().map(|(kind, count)| (kind.clone(), *count)).collect(),
    }
}

fn post(l: &Words, view: &AsidePost) -> PostReview {
    PostReview {
        id: view.id.to_string(),
        received: view.received_at.to_jiff(),
        numbers: view.numbers.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        unread: view.unread.clone(),
        events: view.events.iter().map(|it| event(l, it)).collect(),
        unlisted: view.unlisted,
        payload: view.payload.clone(),
    }
}

fn event(l: &Words, view: &AsideEvent) -> EventLine {
    EventLine {
        number: u64::try_from(view.place).unwrap_or(u64::MAX).saturating_add(1),
        kind: view.kind.clone(),
        at: view.at.map(crate::domain::clock::Timestamp::to_jiff),
        effect: match view.effect {
            Replay::Notes => l.t("retry-notes"),
            Replay::Changes => l.t("retry-changes"),
        },
        why: view.why.clone(),
        tries: view.tries,
    }
}

/// What would be tried again, in one sentence made of signed figures.
pub fn summary(l: &Words, view: &RetryView) -> String {
    let ids: Vec<String> = view.posts.iter().map(|post| post.id.to_string()).collect();
    l.t3("summary-retry", "name", l.series(&ids), "events", view.effect.events, "changes", view.effect.changes)
}
