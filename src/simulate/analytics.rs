//! Analytics of the account, worked out from what was really sent.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::call::Call;
use super::problem::Problem;
use super::state::World;
use super::tally::{Figures, HALF_HOUR, Kind};

/// The fields and edges that are answered here.
pub const METRICS: &[&str] = &["analytics", "conversation_analytics", "pricing_analytics", "template_analytics"];

const DAY: i64 = 24 * 3600;
/// How far back the figures go; those of templates less far.
const YEAR: i64 = 365 * DAY;
const QUARTER: i64 = 90 * DAY;
/// Templates in one call.
const MOST_TEMPLATES: usize = 10;

/// Example prices, in the account's currency, in ten-thousandths.
fn price(category: &str) -> u64 {
    match category {
        "marketing" => 5_700,
        "utility" | "authentication" => 800,
        _ => 0,
    }
}

/// What is asked for, written as modifiers of a field or as parameters of an edge.
#[derive(Default)]
struct Filters(BTreeMap<String, Vec<String>>);

impl Filters {
    /// `.start(1).end(2).phone_numbers(["1"])`.
    fn from_modifiers(text: &str) -> Self {
        let mut filters = BTreeMap::new();
        for part in text.split(").").map(|part| part.trim_start_matches('.').trim_end_matches(')')) {
            if let Some((name, values)) = part.split_once('(') {
                filters.insert(name.trim().to_owned(), values_of(values));
            }
        }
        Self(filters)
    }

    fn from_query(call: &Call) -> Self {
        let pairs = call.query.iter().map(|(key, value)| (key.trim_end_matches("[]").to_owned(), values_of(value)));
        Self(pairs.collect())
    }

    fn list(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    fn one(&self, key: &str) -> Result<&str, Problem> {
        let value = self.list(key).first().map(String::as_str);
        value.ok_or_else(|| Problem::missing(key))
    }

    fn seconds(&self, key: &str) -> Result<i64, Problem> {
        let value = self.one(key)?.parse();
        value.map_err(|_| Problem::parameter(format_args!("Param {key} must be a UNIX timestamp.")))
    }

    /// Does a filter let a value through? One that is not given does.
    fn lets(&self, key: &str, value: &str) -> bool {
        let list = self.list(key);
        list.is_empty() || list.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
    }
}

fn values_of(text: &str) -> Vec<String> {
    let bare = text.trim().trim_start_matches('[').trim_end_matches(']');
    let words = bare.split(',').map(|word| word.trim().trim_matches(['"', '\'']).to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// A metric as a field of the account: its modifiers are what follows its name in `fields`.
pub fn field(world: &World, metric: &str, fields: &str) -> Result<Value, Problem> {
    // One metric's name ends with another's.
    let whole = |at: &usize| {
        !fields.get(..*at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let at = fields.match_indices(metric).map(|(at, _)| at).find(whole).unwrap_or_default();
    let filters = Filters::from_modifiers(modifiers(fields.get(at + metric.len()..).unwrap_or_default()));
    work_out(world, metric, &filters)
}

/// A metric as an edge, in a list as edges have it.
pub fn edge(world: &World, metric: &str, call: &Call) -> Result<Value, Problem> {
    Ok(json!({"data": [work_out(world, metric, &Filters::from_query(call))?]}))
}

/// Up to the comma that separates the next field.
fn modifiers(text: &str) -> &str {
    let mut depth = 0_i32;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => return text.get(..at).unwrap_or_default(),
            _ => {}
        }
    }
    text
}

fn work_out(world: &World, metric: &str, filters: &Filters) -> Result<Value, Problem> {
    let (start, end) = (filters.seconds("start")?, filters.seconds("end")?);
    let now = world.clock.now().seconds();
    let back = if metric == "template_analytics" { QUARTER } else { YEAR };
    if start >= end || start < now - back - DAY {
        return Err(Problem::parameter("Param start must be before end, and not too long ago."));
    }
    let grain = grain(metric, filters.one("granularity")?)?;
    if metric == "template_analytics" {
        check_templates(world, filters)?;
    }
    let state = world.state();
    let mut points: BTreeMap<(i64, Vec<String>), (Figures, u64)> = BTreeMap::new();
    for (at, kind, figures) in state.tally.between(start, end) {
        let number = state.phones.get(&kind.phone).map(|phone| phone.digits.to_string()).unwrap_or_default();
        if !wanted(metric, filters, kind, &number) {
            continue;
        }
        let begin = start + (at - start).div_euclid(grain) * grain;
        let (sum, cost) = points.entry((begin, labels(metric, filters, kind, &number))).or_default();
        sum.add(figures);
        if kind.pricing == "regular" {
            *cost += figures.delivered * price(kind.category);
        }
    }
    drop(state);
    let rows = points.into_iter().map(|((begin, labels), (sum, cost))| {
        point(metric, filters, (begin, (begin + grain).min(end)), &labels, sum, cost)
    });
    let rows: Vec<Value> = rows.collect();
    Ok(match metric {
        "analytics" => {
            json!({"phone_numbers": filters.list("phone_numbers"), "granularity": filters.one("granularity")?,
            "data_points": rows})
        }
        "template_analytics" => json!({"granularity": "DAILY", "product_type": "cloud_api", "data_points": rows}),
        _ => json!({"data": [{"data_points": rows}]}),
    })
}

fn grain(metric: &str, word: &str) -> Result<i64, Problem> {
    let day = if metric == "analytics" { "DAY" } else { "DAILY" };
    let month = if metric == "analytics" { "MONTH" } else { "MONTHLY" };
    match word {
        "HALF_HOUR" if metric != "template_analytics" => Ok(HALF_HOUR),
        word if word == day => Ok(DAY),
        word if word == month && metric != "template_analytics" => Ok(30 * DAY),
        _ => Err(Problem::parameter(format_args!("Param granularity must be one of {{HALF_HOUR, {day}, {month}}}."))),
    }
}

fn check_templates(world: &World, filters: &Filters) -> Result<(), Problem> {
    if !world.state().account.insights {
        return Err(Problem::new(200_007, "Template insights are not enabled for this account"));
    }
    let count = filters.list("template_ids").len();
    if (1..=MOST_TEMPLATES).contains(&count) {
        return Ok(());
    }
    Err(Problem::parameter("Param template_ids must have 1 to 10 ids."))
}

fn wanted(metric: &str, filters: &Filters, kind: &Kind, number: &str) -> bool {
    let template = kind.template.map(|id| id.to_string()).unwrap_or_default();
    let phones = filters.lets("phone_numbers", number);
    let countries = filters.lets("country_codes", &kind.country);
    match metric {
        "analytics" => {
            let product = if kind.category == "service" { "2" } else { "0" };
            phones && countries && filters.lets("product_types", product)
        }
        "template_analytics" => kind.template.is_some() && filters.lets("template_ids", &template),
        "pricing_analytics" => {
            phones
                && countries
                && filters.lets("pricing_categories", kind.category)
                && filters.lets("pricing_types", kind.pricing)
        }
        _ => phones && countries && filters.lets("conversation_categories", kind.category),
    }
}

/// What distinguishes points of the same time, in the order in which `point` reads it.
fn labels(metric: &str, filters: &Filters, kind: &Kind, number: &str) -> Vec<String> {
    if metric == "template_analytics" {
        return vec![kind.template.map(|id| id.to_string()).unwrap_or_default()];
    }
    let mut labels = Vec::new();
    for dimension in filters.list("dimensions") {
        labels.push(match dimension.to_ascii_uppercase().as_str() {
            "COUNTRY" => kind.country.to_string(),
            "PHONE" => number.to_owned(),
            "PRICING_CATEGORY" | "CONVERSATION_CATEGORY" => kind.category.to_ascii_uppercase(),
            "PRICING_TYPE" => kind.pricing.to_ascii_uppercase(),
            "CONVERSATION_TYPE" if kind.pricing == "regular" => "REGULAR".into(),
            "CONVERSATION_TYPE" => "FREE_TIER".into(),
            _ => "UNKNOWN".into(),
        });
    }
    labels
}

#[expect(clippy::cast_precision_loss, reason = "costs of a simulated business are far below 2^52")]
fn point(
    metric: &str,
    filters: &Filters,
    (start, end): (i64, i64),
    labels: &[String],
    sum: Figures,
    cost: u64,
) -> Value {
    let cost = cost as f64 / 10_000.0;
    let asked = |word: &str| filters.lets("metric_types", word);
    let mut point = Map::new();
    point.insert("start".into(), start.into());
    point.insert("end".into(), end.into());
    let mut set = |key: &str, value: Value| drop(point.insert(key.to_owned(), value));
    match metric {
        "analytics" => {
            set("sent", sum.sent.into());
            set("delivered", sum.delivered.into());
        }
        "template_analytics" => {
            set("template_id", labels.first().cloned().unwrap_or_default().into());
            for (word, value) in
                [("SENT", sum.sent), ("DELIVERED", sum.delivered), ("READ", sum.read)].iter().filter(|(w, _)| asked(w))
            {
                set(&word.to_ascii_lowercase(), (*value).into());
            }
            if asked("CLICKED") && sum.clicked > 0 {
                set("clicked", json!([{"type": "quick_reply_button", "count": sum.clicked}]));
            }
            if asked("COST") {
                set("cost", json!([{"type": "amount_spent", "value": cost}]));
            }
        }
        _ => {
            for (dimension, label) in filters.list("dimensions").iter().zip(labels) {
                let key = dimension.to_ascii_lowercase();
                set(if key == "phone" { "phone_number" } else { &key }, label.as_str().into());
            }
            let volume = if metric == "pricing_analytics" { "volume" } else { "conversation" };
            if asked(&volume.to_ascii_uppercase()) {
                set(volume, sum.delivered.into());
            }
            if asked("COST") {
                set("cost", cost.into());
            }
        }
    }
    Value::Object(point)
}
