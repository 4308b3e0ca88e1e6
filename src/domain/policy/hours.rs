//! What the clock shows where people live, and when it is too early or too late to write to them.

use crate::domain::clock::Timestamp;
use crate::domain::phone::Market;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A market, and when it may be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketRule {
    /// Whether it may be written to at all.
    #[serde(default = "yes")]
    pub allowed: bool,
    /// Its time zone. A market with several has the one in which most people live.
    pub zone: Zone,
    /// When nothing goes out there. Without it, at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}

const fn yes() -> bool {
    true
}

impl MarketRule {
    /// Hong Kong and its neighbours.
    pub(super) fn built_in() -> BTreeMap<Market, Self> {
        [("HK", "Asia/Hong_Kong"), ("MO", "Asia/Macau"), ("SG", "Asia/Singapore")]
            .into_iter()
            .filter_map(|(market, zone)| {
                let quiet = QuietHours { from: Time::constant(21, 0, 0, 0), until: Time::constant(9, 0, 0, 0) };
                Some((market.parse().ok()?, Self { allowed: true, zone: zone.parse().ok()?, quiet: Some(quiet) }))
            })
            .collect()
    }

    /// Whether it is quiet at this instant.
    #[must_use]
    pub fn is_quiet(&self, at: Timestamp) -> bool {
        self.quiet.is_some_and(|quiet| quiet.holds(self.zone.clock(at)))
    }

    /// When the quiet hours end that hold at this instant; `None` if none do.
    #[must_use]
    pub fn quiet_until(&self, at: Timestamp) -> Option<Timestamp> {
        let hours = self.quiet.filter(|_| self.is_quiet(at))?;
        self.zone.next(hours.until, at)
    }

    /// How much of the time from `start` to `end` is quiet. In steps of five minutes, which is finer than anybody's hours.
    #[must_use]
    pub fn quiet_between(&self, start: Timestamp, end: Timestamp) -> Quiet {
        const STEP: Duration = Duration::from_mins(5);
        // After a whole day every hour has been seen.
        let last = end.min(start.after(Duration::from_hours(25)));
        let (mut at, mut quiet, mut loud) = (start, self.is_quiet(end.max(start)), !self.is_quiet(end.max(start)));
        while at < last {
            if self.is_quiet(at) {
                quiet = true;
            } else {
                loud = true;
            }
            at = at.after(STEP);
        }
        match (quiet, loud) {
            (false, _) => Quiet::Never,
            (true, true) => Quiet::Partly,
            (true, false) => Quiet::Throughout,
        }
    }
}

/// How much of a time is quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// None of it.
    Never,
    /// Some of it.
    Partly,
    /// All of it.
    Throughout,
}

/// A time zone of the IANA database.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// No such time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a time zone: write its IANA name, such as Asia/Hong_Kong")]
pub struct BadZone(String);

impl Zone {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("Etc/Unknown")
    }

    /// What a clock on the wall shows.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> Time {
        self.calendar(at).time()
    }

    /// The same with its day.
    #[must_use]
    pub fn calendar(&self, at: Timestamp) -> DateTime {
        at.to_jiff().to_zoned(self.0.clone()).datetime()
    }

    /// The next instant at which the clock shows this time. Of a time that a change of the clocks repeats both count; one that
    /// it leaves out is that of the change.
    #[must_use]
    pub fn next(&self, clock: Time, after: Timestamp) -> Option<Timestamp> {
        let zoned = after.to_jiff().to_zoned(self.0.clone());
        let today = zoned.date();
        let days = [Some(today), today.tomorrow().ok()].into_iter().flatten();
        let instants = days.flat_map(|date| {
            let at = self.0.to_ambiguous_zoned(date.to_datetime(clock));
            [at.clone().compatible(), at.later()]
        });
        let mut later = instants.filter_map(Result::ok).map(|at| at.timestamp()).filter(|at| *at > zoned.timestamp());
        later.next().map(|at| Timestamp::from_micros(at.as_microsecond()))
    }

    /// For people: `2026-12-01 10:00 +08:00`.
    #[must_use]
    pub fn show(&self, at: Timestamp) -> String {
        let zoned = at.to_jiff().to_zoned(self.0.clone());
        zoned.strftime("%Y-%m-%d %H:%M %:z").to_string()
    }
}

impl FromStr for Zone {
    type Err = BadZone;
    fn from_str(text: &str) -> Result<Self, BadZone> {
        TimeZone::get(text).map(Self).map_err(|_| BadZone(text.chars().take(60).collect()))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// From when until when nothing goes out, by the clock on the wall. The end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute.
    pub from: Time,
    /// The first minute that is not.
    pub until: Time,
}

/// Not two times of the day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" are not quiet hours: write two different times of the day, such as 21:00-09:00")]
pub struct BadHours(String);

impl QuietHours {
    /// Whether the clock shows a quiet time. Hours that begin in the evening end on the next morning.
    #[must_use]
    pub fn holds(self, clock: Time) -> bool {
        if self.from < self.until {
            self.from <= clock && clock < self.until
        } else {
            self.from <= clock || clock < self.until
        }
    }
}

impl FromStr for QuietHours {
    type Err = BadHours;
    fn from_str(text: &str) -> Result<Self, BadHours> {
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            (minute.len() == 2).then_some(())?;
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        text.split_once('-')
            .and_then(|(from, until)| Some(Self { from: time(from)?, until: time(until)? }))
            .filter(|hours| hours.from != hours.until)
            .ok_or_else(|| BadHours(text.chars().take(30).collect()))
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.hour(), from.minute(), until.hour(), until.minute())
    }
}

impl Serialize for QuietHours {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QuietHours {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hong_kong() -> MarketRule {
        MarketRule::built_in().remove(&"HK".parse().unwrap()).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_evening_begins_and_the_morning_ends_it() {
        for (time, quiet) in [
            ("2026-12-01T20:59:59+08:00", false),
            ("2026-12-01T21:00:00+08:00", true),
            ("2026-12-02T00:00:00+08:00", true),
            ("2026-12-02T08:59:59+08:00", true),
            ("2026-12-02T09:00:00+08:00", false),
        ] {
            assert_eq!(hong_kong().is_quiet(at(time)), quiet, "{time}");
        }
    }

    #[test]
    fn quiet_hours_end_when_the_clock_shows_it_even_on_the_day_that_it_is_changed() {
        let rule = |zone: &str, quiet: &str| MarketRule {
            allowed: true,
            zone: zone.parse().unwrap(),
            quiet: Some(quiet.parse().unwrap()),
        };
        for (zone, quiet, now, end) in [
            ("Asia/Hong_Kong", "21:00-09:00", "2026-12-01T23:00:00+08:00", Some("2026-12-02T09:00:00+08:00")),
            ("Asia/Hong_Kong", "21:00-09:00", "2026-12-02T08:59:59+08:00", Some("2026-12-02T09:00:00+08:00")),
            ("Asia/Hong_Kong", "21:00-09:00", "2026-12-02T09:00:00+08:00", None),
            // On 25 October 2026 the hour from 1 to 2 comes twice in London.
            ("Europe/London", "21:00-01:30", "2026-10-25T01:10:00+01:00", Some("2026-10-25T01:30:00+01:00")),
            ("Europe/London", "21:00-01:30", "2026-10-25T01:10:00+00:00", Some("2026-10-25T01:30:00+00:00")),
            // On 29 March 2026 it is left out.
            ("Europe/London", "21:00-01:30", "2026-03-29T00:50:00+00:00", Some("2026-03-29T02:30:00+01:00")),
        ] {
            let end: Option<Timestamp> = end.map(at);
            assert_eq!(rule(zone, quiet).quiet_until(at(now)), end, "{now}");
        }
    }

    #[test]
    fn a_sending_time_is_quiet_not_at_all_in_part_or_throughout() {
        for (start, end, quiet) in [
            ("2026-12-01T10:00:00+08:00", "2026-12-01T20:00:00+08:00", Quiet::Never),
            ("2026-12-01T20:50:00+08:00", "2026-12-01T21:10:00+08:00", Quiet::Partly),
            ("2026-12-01T20:59:00+08:00", "2026-12-01T21:00:00+08:00", Quiet::Partly),
            ("2026-12-01T22:00:00+08:00", "2026-12-01T23:00:00+08:00", Quiet::Throughout),
            ("2026-12-01T22:00:00+08:00", "2026-12-01T22:00:00+08:00", Quiet::Throughout),
            ("2026-12-01T10:00:00+08:00", "2026-12-09T10:00:00+08:00", Quiet::Partly),
        ] {
            assert_eq!(hong_kong().quiet_between(at(start), at(end)), quiet, "{start} to {end}");
        }
    }

    #[test]
    fn summer_time_is_the_zones_business() {
        let london: Zone = "Europe/London".parse().unwrap();
        assert_eq!(london.show(at("2026-07-01T12:00:00Z")), "2026-07-01 13:00 +01:00");
        assert_eq!(london.show(at("2026-12-01T12:00:00Z")), "2026-12-01 12:00 +00:00");
        assert!("Asia/Kowloon".parse::<Zone>().is_err());
    }

    #[test]
    fn hours_survive_their_text_and_nonsense_is_refused() {
        assert_eq!("21:00-09:00".parse::<QuietHours>().unwrap().to_string(), "21:00-09:00");
        for text in ["", "21-9", "21:00", "25:00-09:00", "09:00-09:00", "21:0-9:00"] {
            assert!(text.parse::<QuietHours>().is_err(), "{text}");
        }
    }
}
