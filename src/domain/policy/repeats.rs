//! What a person said no to and is asked for again: the very same is refused, and what is like it carries what differs. A
//! model that is refused looks for a way round.

use super::rules::{AGENT_01, AGENT_02};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{PersonId, RequestId};
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
    /// Whose agent had asked.
    pub owner: PersonId,
    /// With which arguments.
    pub arguments: Value,
}

/// The same content again.
#[must_use]
pub fn same_again(id: RequestId, at: Timestamp) -> Finding {
    AGENT_01.says(&[("request", id.to_string().into()), ("at", at.to_string().into())])
}

/// What holds against something asked for by this owner's agent, the latest first: one of these says the same and was the
/// owner's own, or is like it, and what differs.
#[must_use]
pub fn like_a_rejected(asked: &Value, owner: PersonId, rejected: &[Rejected]) -> Option<Finding> {
    let asked = leaves(asked);
    rejected.iter().find_map(|before| {
        let was = leaves(&before.arguments);
        if was == asked && before.owner == owner && !asked.is_empty() {
            return Some(same_again(before.id, before.at));
        }
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

/// Every value of a document by its place, as far as it says anything: spaces and what is empty say nothing, and a list of
/// words means the same in any order.
fn leaves(document: &Value) -> BTreeMap<String, String> {
    fn walk(value: &Value, place: &str, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    walk(value, &if place.is_empty() { name.clone() } else { format!("{place}.{name}") }, into);
                }
            }
            Value::Array(items) => {
                let mut words: Vec<String> = items.iter().filter(|item| !is_compound(item)).filter_map(word).collect();
                words.sort_unstable();
                words.dedup();
                into.extend(words.into_iter().map(|word| (format!("{place}[{word}]"), word)));
                for (at, item) in items.iter().enumerate().filter(|(_, item)| is_compound(item)) {
                    walk(item, &format!("{place}[{at}]"), into);
                }
            }
            plain => into.extend(word(plain).map(|word| (place.to_owned(), word))),
        }
    }
    let mut found = BTreeMap::new();
    walk(document, "", &mut found);
    found
}

const fn is_compound(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

/// What a plain value says, if anything.
fn word(value: &Value) -> Option<String> {
    let said = match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    (!said.is_empty()).then_some(said)
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
        Rejected { id: RequestId::random(), at: Timestamp::from_seconds(0), owner: OWNER, arguments }
    }

    const OWNER: PersonId = PersonId::from_uuid(uuid::Uuid::nil());

    #[test]
    fn other_letters_are_no_other_ask() {
        let before =
            [rejected(json!({"name": "Winter offer", "to": ["a", "b"], "note": null, "parts": [{"x": 1}, {"x": 2}]}))];
        let rule = |asked: Value, owner| like_a_rejected(&asked, owner, &before).map(|finding| finding.rule);
        for same in [
            json!({"name": " Winter  offer\n", "to": ["b", "a"], "parts": [{"x": 1}, {"x": 2}]}),
            json!({"name": "Winter offer", "to": ["a", "b", "a", ""], "parts": [{"x": 1, "y": ""}, {"x": 2}], "more": {}}),
        ] {
            assert_eq!(rule(same.clone(), OWNER).as_deref(), Some("AGENT-01"), "{same}");
            assert_eq!(rule(same, PersonId::random()).as_deref(), Some("AGENT-02"), "another person's agent asked");
        }
        let other = json!({"name": "Winter offer", "to": ["a", "b"], "parts": [{"x": 2}, {"x": 1}]});
        assert_eq!(rule(other, OWNER).as_deref(), Some("AGENT-02"), "steps have an order");
    }

    #[test]
    fn what_is_like_a_refused_ask_carries_what_differs() {
        let offer = |name: &str, to: &[&str]| json!({"name": name, "template": "winter", "to": to, "rate": 10});
        let before = [rejected(json!({"quite": "another"})), rejected(offer("Winter", &["a", "b"]))];
        let found = like_a_rejected(&offer("Winter sale", &["c", "a", "b"]), OWNER, &before).unwrap();
        assert_eq!((found.level, found.rule.as_str()), (Level::Warn, "AGENT-02"));
        assert_eq!(found.facts["request"], before[1].id.to_string());
        assert_eq!(found.facts["changes"], r#"name: "Winter" is "Winter sale" now; to[c]: nothing is "c" now"#);
        assert_eq!(like_a_rejected(&json!({"name": "Spring", "template": "spring"}), OWNER, &before), None);
        assert_eq!(like_a_rejected(&json!({}), OWNER, &[rejected(json!({}))]), None);
    }

    #[test]
    fn many_and_long_differences_are_cut() {
        let wide = |with: &str| -> Value {
            (0..20).map(|n| (format!("p{n:02}"), Value::from(if n < 10 { with } else { "x" }))).collect()
        };
        let found = like_a_rejected(&wide(&"y".repeat(500)), OWNER, &[rejected(wide("x"))]).unwrap();
        assert!(found.facts["changes"].ends_with("; and 5 more"), "{}", found.facts["changes"]);
        assert!(found.facts["changes"].chars().count() < 600);
    }
}
