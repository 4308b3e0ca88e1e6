//! What previews and writes take around a tool's own arguments.

use crate::domain::ids::RequestId;
use crate::domain::text::refused;
use crate::error::{Error, Result};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The most characters a reason may have.
pub const REASON_LENGTH: usize = 2_000;

/// Arguments of a preview.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewArguments {
    /// The write to preview, such as whatsapp.broadcast.schedule. May be left out where the preview serves one write only.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub write_tool: Option<String>,
    /// That write's own arguments.
    pub arguments: Map<String, Value>,
    /// Why, for the people who decide. Shown to them as written by the agent, not verified.
    #[schemars(length(min = 1, max = REASON_LENGTH))]
    pub reason: String,
    /// Whether to ask people at once where policy wants their approval.
    #[serde(default = "yes")]
    pub submit: bool,
}

const fn yes() -> bool {
    true
}

/// What a write takes beside its own arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteEnvelope {
    /// Why, for the people who decide. Shown to them as written by the agent, not verified.
    #[schemars(length(min = 1, max = REASON_LENGTH))]
    pub reason: String,
    /// The request of an earlier preview; the arguments must be those that were previewed.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    pub action_request_id: Option<RequestId>,
    /// How long to wait for a result, in milliseconds, when no person is needed.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 0, max = 30_000))]
    pub wait_ms: u64,
}

const fn two_seconds() -> u64 {
    2_000
}

/// The names that the envelope takes out of a write's arguments.
const ENVELOPE: [&str; 3] = ["reason", "action_request_id", "wait_ms"];

/// Takes the envelope off a write's arguments.
pub fn open_write(arguments: Value) -> Result<(WriteEnvelope, Map<String, Value>)> {
    let Value::Object(mut own) = arguments else {
        return Err(Error::Invalid("the arguments must be an object".into()));
    };
    let envelope: Map<String, Value> =
        ENVELOPE.iter().filter_map(|name| own.remove(*name).map(|value| ((*name).to_owned(), value))).collect();
    let envelope: WriteEnvelope = super::arguments(Value::Object(envelope))?;
    check_reason(&envelope.reason)?;
    if envelope.wait_ms > 30_000 {
        return Err(Error::Invalid(format!("wait_ms: {} is more than 30000; poll instead", envelope.wait_ms)));
    }
    Ok((envelope, own))
}

/// The most characters of a name that people read in lists.
pub const NAME_LENGTH: usize = 120;

/// A name without the space around it, fit for one line.
pub fn check_name<'a>(place: &str, name: &'a str) -> Result<&'a str> {
    let name = name.trim();
    if !(1..=NAME_LENGTH).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let wanted = format!("{place}: give a name of 1 to {NAME_LENGTH} characters, in one line");
        return Err(Error::Invalid(format!("{wanted}, without control characters")));
    }
    // It stands in titles and beside the console's own words, which it must not turn round or imitate.
    if let Some(refused) = refused(name, "en").first() {
        return Err(Error::Invalid(format!("{place}: leave out {}", refused.name())));
    }
    Ok(name)
}

/// A reason that people can read.
pub fn check_reason(reason: &str) -> Result<()> {
    let length = reason.chars().count();
    if reason.trim().is_empty() {
        return Err(Error::Invalid("reason: say in a sentence why this should be done; people decide by it".into()));
    }
    if length > REASON_LENGTH {
        return Err(Error::Invalid(format!("reason: {length} characters are too many; at most {REASON_LENGTH}")));
    }
    Ok(())
}

/// The schema of a write: its own arguments and the envelope in one object.
#[must_use]
pub fn write_schema<T: JsonSchema>() -> Schema {
    let mut own = super::schema::<T>().to_value();
    let envelope = super::schema::<WriteEnvelope>().to_value();
    for key in ["properties", "required"] {
        let added = envelope.get(key).cloned();
        match (own.get_mut(key), added) {
            (Some(Value::Object(into)), Some(Value::Object(from))) => into.extend(from),
            (Some(Value::Array(into)), Some(Value::Array(from))) => into.extend(from),
            (None, Some(from)) => {
                if let Value::Object(object) = &mut own {
                    object.insert(key.to_owned(), from);
                }
            }
            _ => {}
        }
    }
    Schema::try_from(own).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Own {
        name: String,
    }

    #[test]
    fn the_schema_of_a_write_has_both_parts() {
        let schema = write_schema::<Own>().to_value();
        let properties: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(properties, ["name", "reason", "action_request_id", "wait_ms"]);
        assert_eq!((&schema["required"], &schema["additionalProperties"]), (&json!(["name", "reason"]), &json!(false)));
    }

    #[test]
    fn the_envelope_comes_off_and_what_is_wrong_with_it_is_named() {
        let (envelope, own) = open_write(json!({"reason": "sale", "name": "x"})).unwrap();
        assert_eq!((envelope.wait_ms, own.len()), (2_000, 1));
        for (arguments, named) in [
            (json!({"name": "x"}), "reason"),
            (json!({"reason": " "}), "reason"),
            (json!({"reason": "x", "wait_ms": "soon"}), "wait_ms"),
            (json!({"reason": "x", "wait_ms": 30_001}), "wait_ms"),
            (json!({"reason": "x", "action_request_id": "7"}), "action_request_id"),
            (json!([]), "object"),
        ] {
            let refused = open_write(arguments).unwrap_err().to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
