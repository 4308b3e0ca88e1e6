//! When a broadcast may go out: time enough, not past, not too far ahead, and not while people sleep.

use super::hours::Quiet;
use super::rules::{SCHED_01, SCHED_02, SCHED_03, SCHED_05, SCHED_06, SCHED_07, SCHED_08, SCHED_09};
use super::settings::Settings;
use crate::domain::broadcasts::{Schedule, seconds};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::phone::Market;
use crate::domain::preview::{Finding, LocalTime};
use std::time::Duration;

/// How long sending takes, and when it begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// When it begins, if that is known.
    pub start: Option<Timestamp>,
    /// When it ends, if that is known.
    pub end: Option<Timestamp>,
    /// Seconds that it takes at least.
    pub seconds: u64,
    /// Batches.
    pub batches: u64,
}

impl Course {
    /// For so many people from a number that sends at most so fast.
    #[must_use]
    pub fn of(schedule: &Schedule, count: u64, number_per_second: u32) -> Self {
        let seconds = seconds(count, schedule.per_second.min(number_per_second));
        let end = schedule.start_at.map(|start| start.after(Duration::from_secs(seconds)));
        Self { start: schedule.start_at, end, seconds, batches: count.div_ceil(schedule.batch_size.max(1).into()) }
    }

    /// How quiet the sending time is in a market, for this category. `None` where that depends on when it begins: sending
    /// will wait for the end of the quiet hours.
    #[must_use]
    pub fn quiet_in(&self, settings: &Settings, category: MessageCategory, market: Market) -> Option<Quiet> {
        let rule = settings.market(market).filter(|rule| rule.quiet.is_some());
        let Some(rule) = rule.filter(|_| settings.schedule.quiet_hours_for.contains(&category)) else {
            return Some(Quiet::Never);
        };
        Some(rule.quiet_between(self.start?, self.end?))
    }
}

/// What the rules say of a schedule for so many people in these markets.
#[must_use]
pub fn check(
    settings: &Settings,
    category: MessageCategory,
    schedule: &Schedule,
    course: &Course,
    people: &[(Market, u64)],
    number_per_second: u32,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    match schedule.start_at {
        Some(start) if start < now => findings.push(SCHED_01.says(&[("start", start.to_string().into())])),
        Some(start) if start.since(now) > Duration::from_hours(24 * u64::from(settings.schedule.max_days_ahead)) => {
            let facts = [("start", start.to_string().into()), ("days", settings.schedule.max_days_ahead.into())];
            findings.push(SCHED_05.says(&facts));
        }
        Some(_) => {}
        None => findings.push(SCHED_06.says(&[])),
    }
    // Without a start it begins when it is no longer quiet everywhere, at the earliest.
    let awake = || quiet_until(settings, category, people.iter().map(|(market, _)| *market), now).unwrap_or(now);
    let from = schedule.start_at.unwrap_or_else(awake).max(now);
    let count: u64 = people.iter().map(|(_, count)| count).sum();
    if schedule.finish_by.is_some_and(|by| from.after(Duration::from_secs(course.seconds)) > by) {
        findings.push(SCHED_02.says(&[
            ("count", count.into()),
            ("per_second", schedule.per_second.min(number_per_second).into()),
            ("seconds", course.seconds.into()),
        ]));
    }
    if number_per_second < schedule.per_second {
        let facts = [("limit", number_per_second.into()), ("per_second", schedule.per_second.into())];
        findings.push(SCHED_08.says(&facts));
    }
    for local in local_times(settings, category, course, people) {
        let hours = settings.market(local.market).and_then(|rule| rule.quiet).map(|hours| hours.to_string());
        let (market, quiet) = (local.market.as_str().into(), hours.unwrap_or_default().into());
        match local.quiet {
            Some(true) => findings.push(SCHED_03.says(&[
                ("market", market),
                ("starts", local.starts.unwrap_or_default().into()),
                ("ends", local.ends.unwrap_or_default().into()),
                ("quiet", quiet),
            ])),
            Some(false) => {}
            None => findings.push(SCHED_07.says(&[("market", market), ("quiet", quiet)])),
        }
    }
    findings
}

/// The clocks of these markets.
#[must_use]
pub fn local_times(
    settings: &Settings,
    category: MessageCategory,
    course: &Course,
    people: &[(Market, u64)],
) -> Vec<LocalTime> {
    people
        .iter()
        .filter_map(|&(market, _)| {
            let zone = &settings.market(market)?.zone;
            Some(LocalTime {
                market,
                zone: zone.name().to_owned(),
                starts: course.start.map(|at| zone.show(at)),
                ends: course.end.map(|at| zone.show(at)),
                quiet: course.quiet_in(settings, category, market).map(|quiet| quiet != Quiet::Never),
            })
        })
        .collect()
}

/// Whether its time is over.
#[must_use]
pub fn is_over(schedule: &Schedule, now: Timestamp) -> Option<Finding> {
    let by = schedule.finish_by.filter(|by| now >= *by)?;
    Some(SCHED_09.says(&[("finish_by", by.to_string().into())]))
}

/// Until when it is quiet in every one of these markets, so that nothing at all can go out; `None` if something can.
#[must_use]
pub fn quiet_until(
    settings: &Settings,
    category: MessageCategory,
    markets: impl IntoIterator<Item = Market>,
    now: Timestamp,
) -> Option<Timestamp> {
    let ends: Option<Vec<Timestamp>> =
        markets.into_iter().map(|market| settings.quiet_until(category, market, now)).collect();
    ends?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::hours::MarketRule;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rules(schedule: &Schedule, count: u64, now: &str) -> Vec<String> {
        let settings = Settings::default();
        let people = [("HK".parse().unwrap(), count)];
        let course = Course::of(schedule, count, 80);
        check(&settings, MessageCategory::Marketing, schedule, &course, &people, 80, at(now))
            .into_iter()
            .map(|f| f.rule)
            .collect()
    }

    #[test]
    fn a_schedule_is_neither_past_nor_too_far_nor_too_short_nor_quiet() {
        let now = "2026-11-22T14:00:00+08:00";
        let start = |text: &str| Schedule { start_at: Some(at(text)), ..Schedule::default() };
        let by = |text: &str| Schedule { finish_by: Some(at(text)), ..start("2026-12-01T10:00:00+08:00") };
        for (schedule, broken) in [
            (start("2026-12-01T10:00:00+08:00"), vec![]),
            (start("2026-11-22T13:59:59+08:00"), vec!["SCHED-01"]),
            (start("2027-02-01T10:00:00+08:00"), vec!["SCHED-05"]),
            (start("2026-12-01T20:55:00+08:00"), vec!["SCHED-03"]),
            (start("2026-12-01T23:00:00+08:00"), vec!["SCHED-03"]),
            (by("2026-12-01T10:11:27+08:00"), vec![]),
            (by("2026-12-01T10:11:26+08:00"), vec!["SCHED-02"]),
            (Schedule::default(), vec!["SCHED-06", "SCHED-07"]),
            (
                Schedule { finish_by: Some(at("2026-11-22T14:11:27+08:00")), ..Schedule::default() },
                vec!["SCHED-06", "SCHED-07"],
            ),
            (
                Schedule { finish_by: Some(at("2026-11-22T14:11:26+08:00")), ..Schedule::default() },
                vec!["SCHED-06", "SCHED-02", "SCHED-07"],
            ),
            (Schedule { per_second: 200, ..start("2026-12-01T10:00:00+08:00") }, vec!["SCHED-08"]),
        ] {
            assert_eq!(rules(&schedule, 12_480, now), broken, "{schedule:?}");
        }
    }

    #[test]
    fn a_night_that_outlasts_the_sending_time_leaves_none() {
        let ends = |text: &str| Schedule { finish_by: Some(at(text)), ..Schedule::default() };
        let night = "2026-11-22T22:00:00+08:00";
        assert!(rules(&ends("2026-11-23T08:00:00+08:00"), 10, night).contains(&"SCHED-02".to_owned()));
        assert!(!rules(&ends("2026-11-23T09:10:00+08:00"), 10, night).contains(&"SCHED-02".to_owned()));
    }

    #[test]
    fn the_course_counts_batches_and_seconds_up() {
        let schedule = Schedule { start_at: Some(at("2026-12-01T10:00:00+08:00")), ..Schedule::default() };
        let course = Course::of(&schedule, 12_480, 80);
        assert_eq!((course.batches, course.seconds), (25, 687));
        assert_eq!(course.end, Some(at("2026-12-01T10:11:27+08:00")));
        assert_eq!(Course::of(&schedule, 0, 80).batches, 0);
        let people = [("SG".parse().unwrap(), 1)];
        let local = local_times(&Settings::default(), MessageCategory::Marketing, &course, &people);
        assert_eq!(local[0].starts.as_deref(), Some("2026-12-01 10:00 +08:00"));
    }

    #[test]
    fn sending_ends_when_its_time_is_over() {
        let schedule = Schedule { finish_by: Some(at("2026-12-02T12:00:00+08:00")), ..Schedule::default() };
        assert_eq!(is_over(&schedule, at("2026-12-02T11:59:59+08:00")), None);
        assert_eq!(is_over(&schedule, at("2026-12-02T12:00:00+08:00")).unwrap().rule, "SCHED-09");
    }

    #[test]
    fn it_is_quiet_when_it_is_quiet_in_every_market() {
        let mut settings = Settings::default();
        let rule =
            MarketRule { zone: "Europe/London".parse().unwrap(), ..settings.markets.values().next().unwrap().clone() };
        let [hk, gb]: [Market; 2] = ["HK", "GB"].map(|market| market.parse().unwrap());
        settings.markets.insert(gb, rule);
        let until =
            |text: &str, category, markets: &[Market]| quiet_until(&settings, category, markets.to_vec(), at(text));
        let marketing = MessageCategory::Marketing;
        assert_eq!(until("2026-12-01T20:59:59+08:00", marketing, &[hk]), None);
        assert_eq!(until("2026-12-01T21:00:00+08:00", marketing, &[hk]), Some(at("2026-12-02T09:00:00+08:00")));
        assert_eq!(until("2026-12-02T08:59:59+08:00", marketing, &[hk]), Some(at("2026-12-02T09:00:00+08:00")));
        assert_eq!(until("2026-12-01T21:00:00+08:00", MessageCategory::Utility, &[hk]), None);
        assert_eq!(
            until("2026-12-01T21:00:00+08:00", marketing, &[hk, gb]),
            None,
            "it is one in the afternoon in London"
        );
        let night = until("2026-12-02T06:00:00+08:00", marketing, &[hk, gb]);
        assert_eq!(night, Some(at("2026-12-02T09:00:00+08:00")), "Hong Kong wakes first");
    }
}
