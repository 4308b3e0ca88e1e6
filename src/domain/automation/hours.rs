//! Opening hours: by the clock on the wall where the business is, with the days on which it stays closed.

use crate::domain::clock::Timestamp;
use crate::domain::policy::hours::Zone;
use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

words! {
    /// A day of the week.
    Day, "day" {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
    }
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// Nobody means to let a customer wait for longer than this, whatever the hours are.
pub const LONGEST_WAIT: Duration = Duration::from_hours(31 * 24);

const MINUTE: Duration = Duration::from_mins(1);

/// When a business is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningHours {
    /// Whose clock, as an IANA name such as Asia/Hong_Kong.
    #[schemars(with = "String")]
    pub zone: Zone,
    /// Hours of each day, such as 09:00-13:00; a day that is not named is closed.
    pub open: BTreeMap<Day, Vec<Hours>>,
    /// Days of the calendar on which it stays closed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(with = "BTreeSet<String>")]
    pub closed_on: BTreeSet<Date>,
}

impl OpeningHours {
    /// Whether it is open at this instant.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = self.zone.calendar(at);
        let hours = self.open.get(&Day::from(local.weekday()));
        !self.closed_on.contains(&local.date())
            && hours.is_some_and(|hours| hours.iter().any(|hours| hours.hold(local.time())))
    }

    /// When it will have been open for so long since then, minute by minute, whatever clocks are changed in between. A
    /// business that stays closed is not waited for longer than [`LONGEST_WAIT`].
    #[must_use]
    pub fn after(&self, since: Timestamp, open_for: Duration) -> Timestamp {
        let last = since.after(LONGEST_WAIT);
        let (mut at, mut left) = (since, open_for);
        while !left.is_zero() && at < last {
            // Hours begin and end with minutes.
            let step = MINUTE - Duration::from_secs(at.seconds().rem_euclid(60).unsigned_abs());
            if self.is_open(at) {
                let counted = step.min(left);
                left -= counted;
                at = at.after(counted);
            } else {
                at = at.after(step);
            }
        }
        at
    }
}

/// From when until when on one day. The end is not part of it; 24:00 is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from: Time,
    /// None is midnight.
    until: Option<Time>,
}

/// Not hours of one day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" are not hours of a day: write two times, the earlier first, such as 09:00-18:30 or 18:00-24:00")]
pub struct BadHours(String);

impl Hours {
    fn hold(self, clock: Time) -> bool {
        self.from <= clock && self.until.is_none_or(|until| clock < until)
    }
}

impl FromStr for Hours {
    type Err = BadHours;
    fn from_str(text: &str) -> Result<Self, BadHours> {
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            (minute.len() == 2).then_some(())?;
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        let read = |text: &str| {
            let (from, until) = text.split_once('-')?;
            let until = if until.trim() == "24:00" { None } else { Some(time(until)?) };
            Some(Self { from: time(from)?, until })
        };
        read(text)
            .filter(|hours| hours.until.is_none_or(|until| hours.from < until))
            .ok_or_else(|| BadHours(text.chars().take(30).collect()))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = self.until.map_or((24, 0), |until| (until.hour(), until.minute()));
        write!(f, "{:02}:{:02}-{hour:02}:{minute:02}", self.from.hour(), self.from.minute())
    }
}

impl Serialize for Hours {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Hours {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hours".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^\\d{1,2}:\\d{2}-\\d{1,2}:\\d{2}$", "description": "hours of one day, such as 09:00-18:30" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_is_open_by_its_own_clock_and_calendar() {
        let hours: OpeningHours = serde_json::from_value(serde_json::json!({
            "zone": "Asia/Hong_Kong", "closed_on": ["2026-12-25"],
            "open": {"mon": ["09:00-13:00", "14:00-18:00"], "fri": ["09:00-24:00"]},
        }))
        .unwrap();
        for (at, open) in [
            ("2026-11-30T08:59:59+08:00", false), // a Monday
            ("2026-11-30T09:00:00+08:00", true),
            ("2026-11-30T01:00:00Z", true),
            ("2026-11-30T13:00:00+08:00", false),
            ("2026-11-30T17:59:59+08:00", true),
            ("2026-11-30T18:00:00+08:00", false),
            ("2026-12-01T10:00:00+08:00", false), // a Tuesday
            ("2026-12-04T23:59:59+08:00", true),
            ("2026-12-05T00:00:00+08:00", false),
            ("2026-12-25T10:00:00+08:00", false), // a Friday, and a holiday
        ] {
            assert_eq!(hours.is_open(at.parse().unwrap()), open, "{at}");
        }
    }

    #[test]
    fn time_is_counted_while_it_is_open() {
        let hours: OpeningHours = serde_json::from_value(serde_json::json!({
            "zone": "Asia/Hong_Kong", "closed_on": ["2026-12-25"],
            "open": {"mon": ["09:00-13:00", "14:00-18:00"], "fri": ["09:00-24:00"]},
        }))
        .unwrap();
        for (since, minutes, until) in [
            ("2026-11-30T09:00:20+08:00", 30, "2026-11-30T09:30:20+08:00"),
            ("2026-11-30T08:00:00+08:00", 30, "2026-11-30T09:30:00+08:00"),
            ("2026-11-30T12:45:30+08:00", 30, "2026-11-30T14:15:30+08:00"), // over lunch
            ("2026-11-30T17:50:00+08:00", 30, "2026-12-04T09:20:00+08:00"), // from Monday to Friday
            ("2026-12-21T17:50:00+08:00", 30, "2026-12-28T09:20:00+08:00"), // over Christmas
            ("2026-11-30T20:00:00+08:00", 0, "2026-11-30T20:00:00+08:00"),
        ] {
            let (since, until): (Timestamp, Timestamp) = (since.parse().unwrap(), until.parse().unwrap());
            assert_eq!(hours.after(since, Duration::from_mins(minutes)), until, "{minutes} minutes from {since}");
        }
        // The clocks of London go back at 02:00 on 25 October 2026: that night has an hour more.
        let london: OpeningHours =
            serde_json::from_value(serde_json::json!({"zone": "Europe/London", "open": {"sun": ["00:00-24:00"]}}))
                .unwrap();
        let since: Timestamp = "2026-10-25T00:30:00+01:00".parse().unwrap();
        assert_eq!(london.after(since, Duration::from_hours(3)), since.after(Duration::from_hours(3)));
        let never = OpeningHours { open: BTreeMap::new(), ..london };
        assert_eq!(never.after(since, MINUTE), since.after(LONGEST_WAIT));
    }

    #[test]
    fn hours_survive_their_text_and_nonsense_is_refused() {
        for text in ["09:00-18:30", "00:00-24:00"] {
            assert_eq!(text.parse::<Hours>().unwrap().to_string(), text);
        }
        for text in ["", "9-18", "18:00-09:00", "09:00-09:00", "09:00-25:00", "24:00-24:00", "09:0-10:00"] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
    }
}
