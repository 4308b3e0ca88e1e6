//! Meta's own figures of what became of messages: for each template, and as it is billed. They are approximate.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::json::{int, list, text};
use crate::domain::open_enum::open_enum;
use crate::graph::call::{in_doubt, never};
use crate::graph::lists::{How, List};
use crate::graph::{Credentials, Error, Graph};

/// Whole days, from the first moment of the first one to the last of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    start: Timestamp,
    end: Timestamp,
}

/// Days that Meta has no figures for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDays {
    #[error("the last day is before the first one")]
    Backwards,
    #[error("a day that no calendar has")]
    Unreal,
}

/// Which figures of templates.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateQuery {
    pub days: Days,
    /// One to ten.
    pub template_ids: Vec<String>,
    /// Whether days begin at midnight of the account's own time zone; of UTC without it. `days` must be of the same.
    pub account_time_zone: bool,
}

/// One template on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplatePoint {
    pub template_id: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub sent: u64,
    pub delivered: u64,
    /// Within seven days, by those who let it be known.
    pub read: Option<u64>,
    pub clicked: Vec<Clicks>,
    /// What Meta bills, by its names for the figures; nothing for those who are billed by somebody else.
    pub cost: Vec<(String, String)>,
}

/// How often one button was tapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clicks {
    /// `quick_reply_button`, `url_button`, ..
    pub kind: String,
    pub button: Option<String>,
    pub count: u64,
}

/// Which figures of what is billed. Empty lists stand for everything.
#[derive(Debug, Clone, PartialEq)]
pub struct PricingQuery {
    pub days: Days,
    pub granularity: Granularity,
    pub phone_numbers: Vec<String>,
    pub country_codes: Vec<String>,
    pub categories: Vec<String>,
    /// By what the figures are told apart.
    pub dimensions: Vec<Dimension>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    HalfHour,
    Daily,
    Monthly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    Country,
    Phone,
    Category,
    Kind,
    Tier,
}

open_enum! {
    /// Why messages cost something, or do not.
    pub enum PricingKind {
        FreeCustomerService = "FREE_CUSTOMER_SERVICE",
        FreeEntryPoint = "FREE_ENTRY_POINT",
        FreeGroupCustomerService = "FREE_GROUP_CUSTOMER_SERVICE",
        Regular = "REGULAR",
    }
}

/// What was billed in one stretch of time. What the query does not tell apart is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct PricingPoint {
    pub start: Timestamp,
    pub end: Timestamp,
    pub phone_number: Option<String>,
    pub country: Option<String>,
    /// From how many messages to how many: `0:100000`.
    pub tier: Option<String>,
    pub kind: Option<PricingKind>,
    pub category: Option<String>,
    pub volume: u64,
    /// As Meta writes it, in the account's currency.
    pub cost: Option<String>,
}

/// Templates in one call.
const MOST_TEMPLATES: usize = 10;
/// How far back Meta has figures of templates.
const TEMPLATE_LOOKBACK: Duration = Duration::from_hours(90 * 24);
/// How far back it has what was billed.
const PRICING_LOOKBACK: Duration = Duration::from_hours(365 * 24);

impl Days {
    /// From the beginning of `first` to the end of `last`, by the clock of this zone: a day there may have 23 or 25 hours.
    pub fn new(first: Date, last: Date, zone: &TimeZone) -> Result<Self, BadDays> {
        if last < first {
            return Err(BadDays::Backwards);
        }
        let midnight = |day: Date| zone.to_zoned(day.at(0, 0, 0, 0)).map(|at| Timestamp::from(at.timestamp()));
        let start = midnight(first).map_err(|_| BadDays::Unreal)?;
        let end = last.tomorrow().and_then(midnight).map_err(|_| BadDays::Unreal)?;
        Ok(Self { start, end })
    }

    /// The first moment.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The first moment that does not belong to it any more.
    pub const fn end(&self) -> Timestamp {
        self.end
    }

    fn check(&self, now: Timestamp, lookback: Duration) -> Result<(), Error> {
        if self.start >= now.before(lookback) {
            return Ok(());
        }
        let days = lookback.as_secs() / 86_400;
        Err(never(format!("the first day is more than {days} days ago, and Meta has no figures of it")))
    }
}

/// The figures of templates, one point for each of them and each day on which there was something.
pub async fn templates(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
    query: &TemplateQuery,
    now: Timestamp,
) -> Result<Vec<TemplatePoint>, Error> {
    query.days.check(now, TEMPLATE_LOOKBACK)?;
    if !(1..=MOST_TEMPLATES).contains(&query.template_ids.len()) {
        return Err(never(format!("figures of 1 to {MOST_TEMPLATES} templates can be asked for at once (Meta)")));
    }
    let mut filters = filters(query.days, "DAILY");
    push_list(&mut filters, "template_ids", &query.template_ids);
    filters.push_str(".metric_types([SENT,DELIVERED,READ,CLICKED,COST])");
    if query.account_time_zone {
        filters.push_str(".use_waba_timezone(true)");
    }
    let points = metric(graph, credentials, waba, "template_analytics", &filters).await?;
    let unreadable = || in_doubt("a figure without its template or its day".to_owned());
    points.iter().map(|point| template_point(point).ok_or_else(unreadable)).collect()
}

/// What was billed, one point for each stretch of time and each combination of what is told apart.
pub async fn pricing(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
    query: &PricingQuery,
    now: Timestamp,
) -> Result<Vec<PricingPoint>, Error> {
    query.days.check(now, PRICING_LOOKBACK)?;
    let mut filters = filters(query.days, query.granularity.as_str());
    push_list(&mut filters, "phone_numbers", &query.phone_numbers);
    push_list(&mut filters, "country_codes", &query.country_codes);
    push_list(&mut filters, "pricing_categories", &query.categories);
    filters.push_str(".metric_types([COST,VOLUME])");
    let dimensions: Vec<&str> = query.dimensions.iter().map(|dimension| dimension.as_str()).collect();
    push_list(&mut filters, "dimensions", &dimensions);
    let points = metric(graph, credentials, waba, "pricing_analytics", &filters).await?;
    let unreadable = || in_doubt("a figure without its time".to_owned());
    points.iter().map(|point| pricing_point(point).ok_or_else(unreadable)).collect()
}

/// All points of a figure. Filters stand in the name of the field.
async fn metric(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
    name: &str,
    filters: &str,
) -> Result<Vec<Value>, Error> {
    let groups = graph.all(credentials, List { object: waba, name, how: How::Field(filters) }).await?;
    Ok(groups.iter().flat_map(|group| list(group, "data_points")).cloned().collect())
}

fn filters(days: Days, granularity: &str) -> String {
    format!(".start({}).end({}).granularity({granularity})", days.start.seconds(), days.end.seconds())
}

fn push_list<T: AsRef<str>>(filters: &mut String, name: &str, words: &[T]) {
    // Whatever is in a word, it ends no list and begins no other field.
    let clean = |word: &T| word.as_ref().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    if !words.is_empty() {
        let words: Vec<String> = words.iter().map(clean).collect();
        // Writing to a text cannot fail.
        write!(filters, ".{name}([{}])", words.join(",")).ok();
    }
}

impl Granularity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::HalfHour => "HALF_HOUR",
            Self::Daily => "DAILY",
            Self::Monthly => "MONTHLY",
        }
    }
}

impl Dimension {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Country => "COUNTRY",
            Self::Phone => "PHONE",
            Self::Category => "PRICING_CATEGORY",
            Self::Kind => "PRICING_TYPE",
            Self::Tier => "TIER",
        }
    }
}

fn template_point(point: &Value) -> Option<TemplatePoint> {
    let clicks = |item: &Value| {
        Some(Clicks { kind: text(item, "type")?, button: text(item, "button_content"), count: count(item, "count")? })
    };
    let cost = |item: &Value| Some((text(item, "type")?, text(item, "value")?));
    Some(TemplatePoint {
        template_id: text(point, "template_id")?,
        start: moment(point, "start")?,
        end: moment(point, "end")?,
        sent: count(point, "sent").unwrap_or(0),
        delivered: count(point, "delivered").unwrap_or(0),
        read: count(point, "read"),
        clicked: list(point, "clicked").iter().filter_map(clicks).collect(),
        cost: list(point, "cost").iter().filter_map(cost).collect(),
    })
}

fn pricing_point(point: &Value) -> Option<PricingPoint> {
    Some(PricingPoint {
        start: moment(point, "start")?,
        end: moment(point, "end")?,
        phone_number: text(point, "phone_number"),
        country: text(point, "country"),
        tier: text(point, "tier"),
        kind: text(point, "pricing_type").map(|word| PricingKind::from(word.as_str())),
        category: text(point, "pricing_category"),
        volume: count(point, "volume").unwrap_or(0),
        cost: text(point, "cost"),
    })
}

fn moment(point: &Value, key: &str) -> Option<Timestamp> {
    int(point, key).map(Timestamp::from_seconds)
}

fn count(point: &Value, key: &str) -> Option<u64> {
    int(point, key).and_then(|count| u64::try_from(count).ok())
}
