//! Reading JSON from outside without trusting its shape: a missing or wrongly typed member is `None`, never a failure.

use serde_json::Value;

/// The member as text. Numbers count as text too, since Meta writes ids both ways; an empty text counts as absent.
pub fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(s) if !s.is_empty() => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// The member as a whole number, also when it was written as text.
pub fn int(value: &Value, key: &str) -> Option<i64> {
    match value.get(key)? {
        Value::Number(n) => n.as_i64(),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

/// The member as a flag, also when it was written as text.
pub fn flag(value: &Value, key: &str) -> Option<bool> {
    match value.get(key)? {
        Value::Bool(b) => Some(*b),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

/// The member as a list; anything else is an empty one.
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The texts in a list member; what is not text is left out.
pub fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key).iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        let v = json!({"a": "12", "b": 12, "c": "", "d": [1], "e": "x", "f": 1.5, "g": "true"});
        assert_eq!((text(&v, "a"), text(&v, "b")), (Some("12".into()), Some("12".into())));
        assert_eq!((int(&v, "a"), int(&v, "b")), (Some(12), Some(12)));
        assert_eq!((text(&v, "c"), text(&v, "d"), text(&v, "z")), (None, None, None));
        assert_eq!((int(&v, "e"), int(&v, "f"), int(&v, "d")), (None, None, None));
        assert_eq!((flag(&v, "g"), flag(&v, "a")), (Some(true), None));
        assert!(list(&v, "a").is_empty() && list(&Value::Null, "a").is_empty());
    }
}
