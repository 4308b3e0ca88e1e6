//! A running broadcast: how far it is, what fails, each message, and the button that stops it.

mod fill;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use super::page::Chrome;
use super::parts::{Chip, Choice, Pager, Tag, Tone, percent};
use crate::domain::deliveries::Tally;
use crate::words::Words;

pub use fill::{live, person_who, show, why_halted};

/// The delivery ledger by state. A message is in one state, so the counts sum to the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub queued: u64,
    pub sending: u64,
    /// Meta took it; whether it left there is not known yet.
    pub accepted: u64,
    pub delivered: u64,
    pub read: u64,
    pub failed: u64,
    pub suppressed: u64,
    pub unknown: u64,
    /// Left by a person's decision.
    pub abandoned: u64,
    /// Waited when the sending was stopped.
    pub not_sent: u64,
}

impl From<Tally> for Progress {
    /// The tally counts what Meta took as a whole; here each message is in one place.
    fn from(t: Tally) -> Self {
        let rest = t.queued + t.sending + t.delivered + t.failed + t.suppressed + t.unknown + t.abandoned + t.not_sent;
        Self {
            queued: t.queued,
            sending: t.sending,
            accepted: t.total.saturating_sub(rest),
            delivered: t.delivered.saturating_sub(t.read),
            read: t.read,
            failed: t.failed,
            suppressed: t.suppressed,
            unknown: t.unknown,
            abandoned: t.abandoned,
            not_sent: t.not_sent,
        }
    }
}

/// A count with its name and tone, for the tiles of the monitor.
pub struct Tile {
    pub name: String,
    pub count: u64,
    pub tone: Tone,
}

impl Progress {
    pub fn total(&self) -> u64 {
        self.waiting() + self.arrived() + self.failed + self.suppressed + self.unknown + self.abandoned + self.not_sent
    }

    /// Meta took it, whatever came after.
    pub fn arrived(&self) -> u64 {
        self.accepted + self.delivered + self.read
    }

    pub fn waiting(&self) -> u64 {
        self.queued + self.sending
    }

    /// Nothing more happens to these by themselves.
    pub fn done(&self) -> u64 {
        self.total() - self.waiting()
    }

    /// "8,240 of 12,480 accepted (66%)".
    pub fn sentence(&self, l: &Words) -> String {
        l.t3(
            "progress",
            "part",
            self.arrived(),
            "total",
            self.total(),
            "percent",
            percent(self.arrived(), self.total()),
        )
    }

    pub fn tiles(&self, l: &Words) -> Vec<Tile> {
        let tile = |name, count, tone| Tile { name, count, tone: if count == 0 { Tone::Plain } else { tone } };
        let left = tile(ledger_words("abandoned", l), self.abandoned, Tone::Plain);
        let mut tiles = vec![
            tile(ledger_words("queued", l), self.queued, Tone::Plain),
            tile(ledger_words("sending", l), self.sending, Tone::Info),
            tile(ledger_words("accepted", l), self.accepted, Tone::Plain),
            tile(ledger_words("delivered", l), self.delivered, Tone::Ok),
            tile(ledger_words("read", l), self.read, Tone::Ok),
            tile(ledger_words("failed", l), self.failed, Tone::Danger),
            tile(ledger_words("suppressed", l), self.suppressed, Tone::Plain),
            tile(ledger_words("unknown", l), self.unknown, Tone::Warn),
            tile(ledger_words("not_sent", l), self.not_sent, Tone::Plain),
        ];
        // Only a decision on messages in doubt leaves any; nine tiles fill a row.
        tiles.extend((left.count > 0).then_some(left));
        tiles
    }
}

/// The words for a state of the ledger, by its stored name.
pub fn ledger_words(state: &str, l: &Words) -> String {
    match state {
        "queued" => l.t("ledger-queued"),
        "sending" => l.t("ledger-sending"),
        "accepted" => l.t("ledger-accepted"),
        "sent" => l.t("ledger-sent"),
        "delivered" => l.t("ledger-delivered"),
        "read" => l.t("ledger-read"),
        "failed" => l.t("ledger-failed"),
        "suppressed" => l.t("ledger-suppressed"),
        "unknown" => l.t("ledger-unknown"),
        "abandoned" => l.t("ledger-abandoned"),
        "not_sent" => l.t("ledger-not-sent"),
        other => other.to_owned(),
    }
}

/// The tag of a state of the ledger, by its stored name.
pub fn ledger_tag(state: &str, l: &Words) -> Tag {
    let (tone, icon) = match state {
        "delivered" | "read" => (Tone::Ok, "check"),
        "failed" => (Tone::Danger, "cross"),
        "unknown" => (Tone::Warn, "warn"),
        "sending" => (Tone::Info, "send"),
        "suppressed" => (Tone::Plain, "stop"),
        _ => (Tone::Plain, "dot"),
    };
    Tag::new(tone, icon, ledger_words(state, l))
}

/// One error code and how often it came.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Meta's code, or our reason for a suppression.
    pub code: String,
    pub meaning: String,
    /// The language of the meaning, where it is not the page's.
    pub lang: Option<&'static str>,
    pub count: u64,
    pub tone: Tone,
}

/// One message.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    pub number: u64,
    /// Masked.
    pub phone: String,
    pub name: String,
    pub language: String,
    pub state: Tag,
    pub at: Option<Timestamp>,
    /// Meta's code or the reason of a suppression, with its meaning.
    pub detail: Option<String>,
}

/// What the page reloads by itself where there is script.
#[derive(Clone, Debug)]
pub struct Live {
    pub state: Tag,
    pub next_move: String,
    pub progress: Progress,
    pub failures: Vec<Failure>,
    /// "about 4 min left at 20 a second".
    pub forecast: Option<String>,
    /// What keeps messages back, with what was seen of it as it was written down, in English.
    pub turned_away: Option<(String, String)>,
    /// Something a person should look at now: paused by drift, number restricted.
    pub alarm: Option<String>,
    /// The language of the alarm, where it is not the page's.
    pub alarm_lang: Option<&'static str>,
    /// What would not let it go on as things are now, with the language of each where it is not the page's.
    pub forbids: Vec<(String, Option<&'static str>)>,
    pub finished: bool,
    pub at: Timestamp,
}

/// `GET /broadcasts/{id}`.
#[derive(Template, WebTemplate)]
#[template(path = "broadcasts/show.html")]
pub struct MonitorPage {
    pub l: Words,
    pub chrome: Chrome,
    /// This page without its query, and with `/live` after it the fragment.
    pub href: String,
    pub request: String,
    pub template: String,
    pub number: String,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub per_second: u64,
    pub live: Live,
    /// Where people decide on outcomes that stay unknown, while they have to.
    pub doubts: Option<String>,
    /// Where people agree that it goes on, while it stands still.
    pub resume: Option<String>,
    /// Where it is paused, and where it is stopped.
    pub pause: Option<String>,
    pub stop: Option<String>,
    pub states: Vec<Choice>,
    pub chips: Vec<Chip>,
    pub ledger: Vec<LedgerRow>,
    pub pager: Pager,
}

/// `GET /broadcasts/{id}/live`.
#[derive(Template, WebTemplate)]
#[template(path = "broadcasts/_live.html")]
pub struct LiveFragment {
    pub l: Words,
    pub live: Live,
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use crate::words::{Lang, Words};

    #[test]
    fn the_tiles_sum_to_the_total() {
        let l = Words::hong_kong(Lang::En);
        let p = Progress {
            queued: 1,
            sending: 2,
            accepted: 12,
            delivered: 16,
            read: 32,
            failed: 64,
            suppressed: 128,
            unknown: 256,
            abandoned: 512,
            not_sent: 1_024,
        };
        assert_eq!(p.total(), 2_047);
        assert_eq!(p.tiles(&l).iter().map(|tile| tile.count).sum::<u64>(), p.total());
        assert_eq!((p.arrived(), p.waiting(), p.done()), (60, 3, 2_044));
        assert_eq!(Progress::default().sentence(&l), "0 of 0 accepted (0%)");
    }
}
