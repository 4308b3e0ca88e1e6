//! A thousand calls that no schema allows, made from the schemas themselves: each is refused with a place and a reason, and
//! leaves no row behind.

use std::collections::BTreeMap;

use countersign::tools::catalogue::catalogue;
use futures::StreamExt as _;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::World;

on_both!(what_no_schema_allows_is_refused_and_leaves_nothing);

const CALLS: usize = 1_000;

/// Values that were somebody's undoing before.
fn nasty(dice: &mut SmallRng) -> Value {
    let deep = (0..60).fold(json!("x"), |inner, _| json!([inner]));
    let all = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(0.5),
        json!(1e308),
        json!(u64::MAX),
        json!("NaN"),
        json!(""),
        json!("x".repeat(70_000)),
        json!("\u{202e}drowssap\u{2066}"),
        json!("a\u{0}b"),
        json!("'; drop table action_request; --"),
        json!("whаtsapp"),
        json!("{{constructor.constructor('return 1')()}}"),
        json!([]),
        json!({}),
        json!({"$ref": "file:///etc/passwd"}),
        json!(vec![0; 5_000]),
        deep,
    ];
    all[dice.random_range(0..all.len())].clone()
}

/// Something that the schema describes, as far as schemas say it.
fn sample(schema: &Value, root: &Value, dice: &mut SmallRng, depth: u32) -> Value {
    if let Some(at) = schema["$ref"].as_str() {
        return root
            .pointer(at.trim_start_matches('#'))
            .map_or(Value::Null, |schema| sample(schema, root, dice, depth));
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(forms) = schema[several].as_array().filter(|forms| !forms.is_empty()) {
            return sample(&forms[dice.random_range(0..forms.len())], root, dice, depth);
        }
    }
    if let Some(one) = schema.get("const") {
        return one.clone();
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[dice.random_range(0..words.len())].clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("object") => {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let members = schema["properties"].as_object().into_iter().flatten();
            let wanted =
                members.filter(|(name, _)| required.contains(&name.as_str()) || depth < 4 && dice.random_bool(0.4));
            let wanted: Vec<(&String, &Value)> = wanted.collect();
            Value::Object(
                wanted.into_iter().map(|(name, of)| (name.clone(), sample(of, root, dice, depth + 1))).collect(),
            )
        }
        Some("array") => json!([sample(&schema["items"], root, dice, depth + 1)]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(dice.random_bool(0.5)),
        Some("string") => json!("x".repeat(schema["minLength"].as_u64().unwrap_or(1).max(1) as usize)),
        _ => Value::Null,
    }
}

/// Spoils one place: another value, a member too many, a member less.
fn spoil(value: &mut Value, dice: &mut SmallRng) {
    let down = dice.random_bool(0.6);
    match value {
        Value::Object(members) if down && !members.is_empty() => {
            let name = members.keys().nth(dice.random_range(0..members.len())).unwrap().clone();
            if dice.random_bool(0.15) {
                members.remove(&name);
            } else {
                spoil(members.get_mut(&name).unwrap(), dice);
            }
        }
        Value::Object(members) if dice.random_bool(0.5) => {
            members.insert("\u{200b}unknown".to_owned(), nasty(dice));
        }
        Value::Array(items) if down && !items.is_empty() => {
            let place = dice.random_range(0..items.len());
            spoil(&mut items[place], dice);
        }
        other => *other = nasty(dice),
    }
}

async fn what_no_schema_allows_is_refused_and_leaves_nothing(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.ready_to_send(3).await;
    let door = Door::open_with(&world.db, 1_000_000).await;
    let everything = "read,propose,contacts:pii,notes,attachments,staff_metrics,provider_ids,audit";
    let (_, key) = world.agent("fuzz", everything).await;
    let agent = door.modern(&key);
    let before = db.rows().await;
    let mut dice = SmallRng::seed_from_u64(7);
    let mut calls = Vec::new();
    let tools = catalogue().tools();
    for number in 0.. {
        if calls.len() >= CALLS {
            break;
        }
        assert!(number < 40 * CALLS, "the schemas allow everything: only {} calls are wrong", calls.len());
        let tool = tools[number % tools.len()];
        let schema = (tool.input)().to_value();
        let mut arguments = sample(&schema, &schema, &mut dice, 0);
        for _ in 0..dice.random_range(1..=2) {
            spoil(&mut arguments, &mut dice);
        }
        let wrong = arguments.is_object() && !jsonschema::is_valid(&schema, &arguments);
        if wrong {
            calls.push((tool.name, arguments));
        }
    }
    let per_tool = calls.iter().fold(BTreeMap::new(), |mut of: BTreeMap<&str, u32>, (tool, _)| {
        *of.entry(*tool).or_default() += 1;
        of
    });
    assert_eq!(per_tool.len(), tools.len(), "every tool is called wrongly: {per_tool:?}");
    let agent = &agent;
    let refusals = futures::stream::iter(calls).map(async |(tool, arguments): (&str, Value)| {
        let shown: String = arguments.to_string().chars().take(600).collect();
        let reply = agent.request("tools/call", json!({"name": tool, "arguments": arguments})).await;
        assert_eq!(reply.status, 200, "{tool} {shown}: {}", reply.text);
        let answer = reply.json();
        let result: &Map<String, Value> =
            answer["result"].as_object().unwrap_or_else(|| panic!("{tool} {shown}: {answer}"));
        assert_eq!(result["isError"], json!(true), "{tool} takes what its schema refuses: {shown}");
        let error = &result["structuredContent"]["error"];
        assert_eq!(error["code"], "invalid_arguments", "{tool} {shown}: {error}");
        let says = error["message"].as_str().unwrap();
        assert!(!says.is_empty() && says.chars().count() <= 2_001, "{tool} {shown}: {says}");
    });
    refusals.buffer_unordered(8).collect::<Vec<()>>().await;
    assert_eq!(db.rows().await, before);
}
