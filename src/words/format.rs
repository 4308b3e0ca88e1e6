//! Numbers, money, dates and ages as people write them, always with the zone named.

use fluent_bundle::FluentValue;
use intl_memoizer::concurrent::IntlLangMemoizer;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::Words;
use super::arg::{Moment, Whole};
use crate::domain::text::grouped;

/// `-12480` as `−12,480`, with the sign that is as wide as a digit.
fn signed(number: &str) -> String {
    number.strip_prefix('-').map_or_else(|| grouped(number), |digits| format!("−{}", grouped(digits)))
}

/// Groups the digits of every number that fills a placeholder.
pub(super) fn fluent_number(value: &FluentValue<'_>, _: &IntlLangMemoizer) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value.fract() == 0.0 => Some(signed(&format!("{:.0}", number.value))),
        _ => None,
    }
}

impl Words {
    pub fn num(&self, n: impl Whole) -> String {
        signed(&n.whole().to_string())
    }

    /// `a, b`, `a、b`.
    pub fn series(&self, words: &[impl AsRef<str>]) -> String {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        words.join(if self.lang().is_chinese() { "、" } else { ", " })
    }

    /// `Tue 1 Dec 2026, 10:00 HKT`, `2026年12月1日(星期二)10:00 HKT`.
    pub fn when(&self, at: impl Moment) -> String {
        self.when_in(at, self.zone())
    }

    pub fn when_in(&self, at: impl Moment, zone: &TimeZone) -> String {
        let at = at.moment().to_zoned(zone.clone());
        let zone = zone_name(&at);
        if self.lang().is_chinese() {
            format!("{}({}){} {zone}", at.strftime("%Y年%-m月%-d日"), self.weekday(&at), at.strftime("%H:%M"))
        } else {
            format!("{}, {} {zone}", at.strftime("%a %-d %b %Y"), at.strftime("%H:%M"))
        }
    }

    /// A sentence of ours with its times as people write them: what is signed holds them as programs do.
    pub fn dated(&self, sentence: &str) -> String {
        let word = |word: &str| {
            let moment = word.trim_end_matches(['.', ',', ';', ':', ')']);
            let rest = word.strip_prefix(moment).unwrap_or_default();
            let at: Option<Timestamp> = moment.contains('T').then(|| moment.parse().ok()).flatten();
            at.map_or_else(|| word.to_owned(), |at| format!("{}{rest}", self.when(at)))
        };
        sentence.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// `1 Dec 10:00`, for columns whose heading names the zone.
    pub fn short(&self, at: impl Moment) -> String {
        let at = at.moment().to_zoned(self.zone().clone());
        let pattern = if self.lang().is_chinese() { "%-m月%-d日 %H:%M" } else { "%-d %b %H:%M" };
        at.strftime(pattern).to_string()
    }

    /// `1 Dec 2026`, for days without a time.
    pub fn day(&self, at: impl Moment) -> String {
        let at = at.moment().to_zoned(self.zone().clone());
        let pattern = if self.lang().is_chinese() { "%Y年%-m月%-d日" } else { "%-d %b %Y" };
        at.strftime(pattern).to_string()
    }

    /// `10:00:05`.
    pub fn clock(&self, at: impl Moment) -> String {
        at.moment().to_zoned(self.zone().clone()).strftime("%H:%M:%S").to_string()
    }

    /// RFC 3339 in UTC for `datetime` attributes and tooltips.
    pub fn utc(&self, at: impl Moment) -> String {
        at.moment().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// RFC 3339 with the reader's offset, for the footer and for evidence.
    pub fn iso(&self, at: impl Moment) -> String {
        at.moment().to_zoned(self.zone().clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// `HKT (UTC+8)`: the zone that a page's columns are in.
    pub fn zone_label(&self, at: impl Moment) -> String {
        let at = at.moment().to_zoned(self.zone().clone());
        let (name, offset) = (zone_name(&at), utc_offset(&at));
        if name == offset { name } else { format!("{name} ({offset})") }
    }

    /// `2 h 10 min ago`, `in 40 min`; never alone, always beside the absolute time.
    pub fn age(&self, at: impl Moment, now: impl Moment) -> String {
        let seconds = at.moment().duration_since(now.moment()).as_secs();
        let span = self.span(seconds.unsigned_abs());
        match seconds {
            -59..=0 => self.t("age-now"),
            ..-59 => self.t1("age-past", "span", span),
            _ => self.t1("age-future", "span", span),
        }
    }

    /// A length of time in its two largest units.
    pub fn span(&self, seconds: u64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        match (days, hours, minutes) {
            (0, 0, 0) => self.t1("span-seconds", "n", seconds),
            (0, 0, m) => self.t1("span-minutes", "n", m),
            (0, h, 0) => self.t1("span-hours", "n", h),
            (0, h, m) => self.t2("span-hours-minutes", "h", h, "m", m),
            (d, 0, _) => self.t1("span-days", "n", d),
            (d, h, _) => self.t2("span-days-hours", "d", d, "h", h),
        }
    }

    fn weekday(&self, at: &Zoned) -> &'static str {
        match at.weekday() {
            jiff::civil::Weekday::Monday => "星期一",
            jiff::civil::Weekday::Tuesday => "星期二",
            jiff::civil::Weekday::Wednesday => "星期三",
            jiff::civil::Weekday::Thursday => "星期四",
            jiff::civil::Weekday::Friday => "星期五",
            jiff::civil::Weekday::Saturday => "星期六",
            jiff::civil::Weekday::Sunday => "星期日",
        }
    }
}

/// The zone's usual letters. The time-zone database gives several of these markets only an offset, or one that is
/// ambiguous, so the ones that our readers know are named here.
pub fn zone_name(at: &Zoned) -> String {
    match at.time_zone().iana_name() {
        Some("Asia/Hong_Kong") => "HKT".to_owned(),
        Some("Asia/Macau") => "MOT".to_owned(),
        Some("Asia/Singapore") => "SGT".to_owned(),
        Some("Asia/Taipei") => "TST".to_owned(),
        Some("Asia/Shanghai") => "CST".to_owned(),
        Some("UTC" | "Etc/UTC") | None if at.offset().seconds() == 0 => "UTC".to_owned(),
        _ => {
            let letters = at.strftime("%Z").to_string();
            if letters.chars().all(|c| c.is_ascii_alphabetic()) { letters } else { utc_offset(at) }
        }
    }
}

fn utc_offset(at: &Zoned) -> String {
    let minutes = at.offset().seconds() / 60;
    let sign = if minutes < 0 { "−" } else { "+" };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, part) => format!("UTC{sign}{hours}:{part:02}"),
    }
}

/// The zone that a market's people live in, by ISO country code; `None` where a country has several or is not known.
pub fn market_zone(country: &str) -> Option<TimeZone> {
    let name = match country {
        "HK" => "Asia/Hong_Kong",
        "MO" => "Asia/Macau",
        "SG" => "Asia/Singapore",
        "TW" => "Asia/Taipei",
        "CN" => "Asia/Shanghai",
        "MY" => "Asia/Kuala_Lumpur",
        "GB" => "Europe/London",
        "JP" => "Asia/Tokyo",
        _ => return None,
    };
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use crate::words::{Lang, Words, market_zone};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn dates_are_written_as_each_language_does() {
        let t = at("2026-12-01T02:00:00Z");
        assert_eq!(Words::hong_kong(Lang::En).when(t), "Tue 1 Dec 2026, 10:00 HKT");
        assert_eq!(Words::hong_kong(Lang::ZhHant).when(t), "2026年12月1日(星期二)10:00 HKT");
        assert_eq!(Words::hong_kong(Lang::ZhHans).when(t), "2026年12月1日(星期二)10:00 HKT");
        assert_eq!(Words::hong_kong(Lang::En).zone_label(t), "HKT (UTC+8)");
        assert_eq!(Words::new(Lang::En, TimeZone::UTC).when(t), "Tue 1 Dec 2026, 02:00 UTC");
        assert_eq!(Words::new(Lang::En, TimeZone::UTC).zone_label(t), "UTC");
        assert_eq!(Words::hong_kong(Lang::En).iso(t), "2026-12-01T10:00:00+08:00");
        let (l, singapore) = (Words::hong_kong(Lang::En), market_zone("SG").unwrap());
        assert_eq!(l.when_in(t, &singapore), "Tue 1 Dec 2026, 10:00 SGT");
    }

    #[test]
    fn times_in_a_sentence_are_written_for_people() {
        let l = Words::hong_kong(Lang::En);
        assert_eq!(l.dated("Send it, by 2026-12-01T02:00:00.237852Z."), "Send it, by Tue 1 Dec 2026, 10:00 HKT.");
        assert_eq!(l.dated("T 2026-12-01 and Team  tea"), "T 2026-12-01 and Team  tea");
    }

    #[test]
    fn numbers_are_grouped() {
        let l = Words::hong_kong(Lang::En);
        assert_eq!((l.num(7), l.num(999), l.num(1_000)), ("7".into(), "999".into(), "1,000".into()));
        assert_eq!((l.num(12_480_u64), l.num(-1_234_567)), ("12,480".into(), "−1,234,567".into()));
    }

    #[test]
    fn ages_name_their_two_largest_units() {
        let l = Words::hong_kong(Lang::En);
        let now = at("2026-12-01T02:00:00Z");
        assert_eq!(l.age(at("2026-11-30T23:50:00Z"), now), "2 h 10 min ago");
        assert_eq!(l.age(at("2026-12-01T02:40:00Z"), now), "in 40 min");
        assert_eq!(l.age(at("2026-12-01T01:59:40Z"), now), "just now");
        assert_eq!(l.age(at("2026-12-01T02:00:20Z"), now), "in 20 s");
        assert_eq!(l.age(at("2026-12-04T05:00:00Z"), now), "in 3 d 3 h");
        assert_eq!(Words::hong_kong(Lang::ZhHant).age(at("2026-11-30T23:50:00Z"), now), "2小時10分鐘前");
    }
}
