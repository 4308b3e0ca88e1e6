//! Small pieces that several pages show: tags, due times, digests, filters, pagers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a colour means; a word and an icon always say it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    Plain,
    Ok,
    Info,
    Warn,
    Danger,
    /// Made by an agent.
    Agent,
}

impl Tone {
    /// The second half of a class name: `tag--warn`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Danger => "danger",
            Self::Agent => "violet",
        }
    }
}

/// An icon and a word in a tone.
#[derive(Clone, Debug)]
pub struct Tag {
    pub tone: Tone,
    /// A symbol of the sprite, without its `i-`.
    pub icon: &'static str,
    pub text: String,
}

impl Tag {
    pub fn new(tone: Tone, icon: &'static str, text: String) -> Self {
        Self { tone, icon, text }
    }
}

/// A time by which somebody must move, and how much of the allowed time is left.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub from: Timestamp,
    pub at: Timestamp,
    pub now: Timestamp,
}

impl Due {
    /// Warns at half of the allowed time, and again, louder, at four fifths.
    pub fn class(&self) -> &'static str {
        let allowed = self.at.duration_since(self.from).as_secs().max(1);
        let used = self.now.duration_since(self.from).as_secs();
        match used.saturating_mul(10) / allowed {
            ..5 => "",
            5..8 => "due--warn",
            _ => "due--late",
        }
    }
}

/// A hash that people compare by eye: the first twelve digits in fours, the whole in a tooltip and on the evidence.
#[derive(Clone, Debug)]
pub struct Digest {
    pub full: String,
}

impl Digest {
    /// Takes `sha256:<hex>` or the bare hex.
    pub fn new(full: &str) -> Self {
        Self { full: full.to_owned() }
    }

    pub fn short(&self) -> String {
        let hex = self.full.strip_prefix("sha256:").unwrap_or(&self.full);
        let digits: Vec<char> = hex.chars().take(12).collect();
        digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
    }
}

/// One choice of a drop-down.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub text: String,
    pub chosen: bool,
}

impl Choice {
    pub fn new(value: &str, text: String, chosen: bool) -> Self {
        Self { value: value.to_owned(), text, chosen }
    }
}

/// An active filter; its link leads to the same list without it.
#[derive(Clone, Debug)]
pub struct Chip {
    pub text: String,
    pub without: String,
}

/// What of a list a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The rows from one number to another, of so many. The first is 1; 0 when there is none.
    Part { first: u64, last: u64, total: u64 },
    /// So many rows, where counting all would cost more than the page is worth.
    Some(usize),
}

impl Default for Shown {
    fn default() -> Self {
        Self::Some(0)
    }
}

/// Where in a list a page is. `next` and `previous` are addresses.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    pub shown: Shown,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// A count under a name, already in the reader's language.
#[derive(Clone, Debug)]
pub struct Share {
    pub name: String,
    pub count: u64,
}

/// Something that was checked, and whether it holds.
#[derive(Clone, Debug)]
pub struct Proof {
    pub holds: bool,
    pub text: String,
}

/// The whole percent, rounded down, so that 100 means all.
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 { 0 } else { u64::try_from(u128::from(part) * 100 / u128::from(whole)).unwrap_or(100) }
}

#[cfg(test)]
mod tests {
    use super::{Digest, Due, percent};

    #[test]
    fn digests_are_shown_in_fours() {
        assert_eq!(Digest::new("sha256:9a1f77c03be2ff00").short(), "9a1f 77c0 3be2");
        assert_eq!(Digest::new("9a").short(), "9a");
    }

    #[test]
    fn due_times_warn_at_half_and_at_four_fifths() {
        let from = jiff::Timestamp::UNIX_EPOCH;
        let at = from + jiff::SignedDuration::from_hours(10);
        for (hours, class) in
            [(0, ""), (4, ""), (5, "due--warn"), (7, "due--warn"), (8, "due--late"), (99, "due--late")]
        {
            assert_eq!(Due { from, at, now: from + jiff::SignedDuration::from_hours(hours) }.class(), class, "{hours}");
        }
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!((percent(0, 0), percent(8_240, 12_480), percent(12_479, 12_480)), (0, 66, 99));
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
    }
}
