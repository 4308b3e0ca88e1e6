//! What a person said no to and is asked for again: the very same is refused, and what is like it carries what differs. A
//! model that is refused looks for a way round.

use super::rules::{AGENT_01, AGENT_02};
use crate::domain::clock::Timestamp;
use crate::domain::ids::RequestId;
use crate::domain::preview::Finding;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// For this long a refusal is held against what is like it.
pub const REMEMBERED: Duration = Duration::from_hours(30 * 24);
/// Of a hundred values, so many at least are the same in two asks that are alike.
const ALIKE_PERCENT: usize = 50;
/// Differences that a finding names, at most.
const NAMED: usize = 5;
/// Characters of a value that a finding shows, at most.
const SHOWN: usize = 60;

/// A request that a person rejected.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// Which.
    pub id: RequestId,
    /// When.
    pub at: Timestamp,
    /// With which arguments.
    pub arguments: Value,
}

/// The same content again.
#[must_use]
pub fn same_again(id: RequestId, at: Timestamp) -> Finding {
    AGENT_01.says(&[("request", id.to_string().into()), ("at", at.to_string().into())])
}

/// Which of these is like what is asked for now, the latest first, and what differs.
#[must_use]
pub fn like_a_rejected(asked: &Value, rejected: &[Rejected]) -> Option<Finding> {
    let asked = leaves(asked);
    rejected.iter().find_map(|before| {
        let was = leaves(&before.arguments);
        let changed = differences(&was, &asked)?;
        let named: Vec<String> = changed.iter().take(NAMED).cloned().collect();
        let more = changed.len().saturating_sub(named.len());
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        Some(AGENT_02.says(&[
            ("request", before.id.to_string().into()),
            ("at", before.at.to_string().into()),
            ("changes", format!("{}{more}", named.join("; ")).into()),
        ]))
    })
}

/// Every value of a document by its place.
fn leaves(document: &Value) -> BTreeMap<String, String> {
    fn walk(value: &Value, place: &str, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    walk(value, &if place.is_empty() { name.clone() } else { format!("{place}.{name}") }, into);
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    walk(value, &format!("{place}[{at}]"), into);
                }
            }
            Value::String(text) => drop(into.insert(place.to_owned(), text.clone())),
            other => drop(into.insert(place.to_owned(), other.to_string())),
        }
    }
    let mut found = BTreeMap::new();
    walk(document, "", &mut found);
    found
}

/// What differs between two asks that are alike; `None` if they are about different things.
fn differences(was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let places: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let same = places.iter().filter(|place| was.get(**place) == is.get(**place)).count();
    if places.is_empty() || same * 100 < places.len() * ALIKE_PERCENT {
        return None;
    }
    let said =
        |value: Option<&String>| value.map_or_else(|| "nothing".to_owned(), |text| format!("\"{}\"", shown(text)));
    let changed = places.into_iter().filter(|place| was.get(*place) != is.get(*place));
    Some(changed.map(|place| format!("{place}: {} is {} now", said(was.get(place)), said(is.get(place)))).collect())
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::preview::Level;
    use serde_json::json;

    fn rejected(arguments: Value) -> Rejected {
        Rejected { id: RequestId::random(), at: Timestamp::from_seconds(0), arguments }
    }

    #[test]
    fn what_is_like_a_refused_ask_carries_what_differs() {
        let offer = |name: &str, to: &[&str]| json!({"name": name, "template": "winter", "to": to, "rate": 10});
        let before = [rejected(json!({"quite": "another"})), rejected(offer("Winter", &["a", "b"]))];
        let found = like_a_rejected(&offer("Winter sale", &["a", "b", "c"]), &before).unwrap();
        assert_eq!((found.level, found.rule.as_str()), (Level::Warn, "AGENT-02"));
        assert_eq!(found.facts["request"], before[1].id.to_string());
        assert_eq!(found.facts["changes"], r#"name: "Winter" is "Winter sale" now; to[2]: nothing is "c" now"#);
        assert_eq!(like_a_rejected(&json!({"name": "Spring", "template": "spring"}), &before), None);
        assert_eq!(like_a_rejected(&json!({}), &[rejected(json!({}))]), None);
    }

    #[test]
    fn many_and_long_differences_are_cut() {
        let wide = |with: &str| -> Value {
            (0..20).map(|n| (format!("p{n:02}"), Value::from(if n < 10 { with } else { "x" }))).collect()
        };
        let found = like_a_rejected(&wide(&"y".repeat(500)), &[rejected(wide("x"))]).unwrap();
        assert!(found.facts["changes"].ends_with("; and 5 more"), "{}", found.facts["changes"]);
        assert!(found.facts["changes"].chars().count() < 600);
    }
}
