//! The digest of a preview holds every piece of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::samples;

/// Everything that is signed, changed one piece at a time: no two of them have one digest.
#[test]
fn every_piece_of_what_is_signed_changes_the_digest() {
    let base = samples::preview();
    let (tenant, schema) = (countersign::domain::ids::TenantId::random(), samples::schema());
    let whole = |preview: &countersign::domain::preview::Preview| preview.digests(tenant, schema, "p").unwrap().whole;
    let json = serde_json::to_value(&base).unwrap();
    let read = |value: &Value| serde_json::from_value::<countersign::domain::preview::Preview>(value.clone()).ok();
    assert_eq!(whole(&read(&json).unwrap()), whole(&base), "stored and read, it is the same");
    let mut places = Vec::new();
    leaves(&json, String::new(), &mut places);
    let mut seen = BTreeSet::from([whole(&base).to_string()]);
    let mut changed = 0;
    for place in &places {
        for other in others(json.pointer(place).unwrap()) {
            let mut mutated = json.clone();
            *mutated.pointer_mut(place).unwrap() = other;
            // What does not read as a preview any more cannot be carried out either.
            let Some(preview) = read(&mutated).filter(|preview| *preview != base) else { continue };
            assert!(seen.insert(whole(&preview).to_string()), "{place} can be changed unnoticed");
            changed += 1;
        }
    }
    assert!(changed >= 60, "{changed} of {} places were changed", places.len());
    let elsewhere = base.digests(countersign::domain::ids::TenantId::random(), schema, "p").unwrap().whole;
    let other_policy = base.digests(tenant, schema, "q").unwrap().whole;
    assert!(seen.insert(elsewhere.to_string()) && seen.insert(other_policy.to_string()));
}

fn leaves(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                leaves(inner, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(n, inner)| leaves(inner, format!("{at}/{n}"), found)),
        _ => found.push(at),
    }
}

fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(flag) => vec![json!(!flag)],
        Value::Number(number) => vec![json!(number.as_u64().unwrap() + 1)],
        Value::Null => vec![json!(7), json!("x"), json!("2026-12-24T10:00:00Z")],
        // An id stays an id, an amount an amount, a word of the domain another one.
        Value::String(text) => {
            let mut tried = vec![
                json!(format!("{text}x")),
                json!(format!("{text}1")),
                json!("MO"),
                json!("zh_HK"),
                json!("yellow"),
            ];
            tried.extend(
                ["paper", "block", "utility", "no_consent", "cancel", "paused", "2026-12-24T10:00:00Z"]
                    .map(Value::from),
            );
            let mut turned = text.clone();
            if let Some(last) = turned.pop() {
                turned.push(if last == '0' { '1' } else { '0' });
                tried.push(json!(turned));
            }
            tried
        }
        _ => Vec::new(),
    }
}
