//! A message template as Meta lists it: whatever its components are, it is read or left out. The fuzzer calls this with whatever it
//! makes up, and the usual tests with what it began with.

use countersign::graph::templates::template;
use serde_json::Value;

/// What must hold of every item of the list.
pub fn check(body: &[u8]) {
    let Ok(item) = serde_json::from_slice::<Value>(body) else { return };
    let Some(read) = template(&item) else { return };
    let listed = item.get("components").and_then(Value::as_array).map_or(0, Vec::len);
    assert_eq!(read.components.len(), listed, "a component is lost");
}
