//! A message template as Meta lists it: whatever its components are, it is read or left out.
#![no_main]

use countersign::graph::templates::template;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let Ok(item) = serde_json::from_slice::<Value>(body) else { return };
    let Some(template) = template(&item) else { return };
    let listed = item.get("components").and_then(Value::as_array).map_or(0, Vec::len);
    assert_eq!(template.components.len(), listed, "a component is lost");
});
