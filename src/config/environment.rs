//! Settings from the environment: `COUNTERSIGN__SERVER__LISTEN` is `server.listen`, and lists are written with commas.

use super::{ConfigError, DEFAULTS, check_known, keys_of, pointer, tree_of};
use config::builder::DefaultState;
use config::{ConfigBuilder, Environment};
use serde_json::Value;
use std::collections::BTreeSet;

const PREFIX: &str = "COUNTERSIGN__";

/// Adds what stands in these variables; those of others are left alone.
pub(super) fn add(
    builder: ConfigBuilder<DefaultState>,
    variables: &[(String, String)],
    known: &BTreeSet<String>,
) -> Result<ConfigBuilder<DefaultState>, ConfigError> {
    let own = variables.iter().filter(|(name, _)| name.starts_with(PREFIX)).cloned();
    let lists = lists()?;
    let (listed, single): (Vec<_>, Vec<_>) = own.partition(|(name, _)| lists.contains(&key_of(name)));
    for (name, _) in listed.iter().chain(&single) {
        check_known(&key_of(name), &format!("the environment ({name})"), known)?;
    }
    let source = Environment::with_prefix("COUNTERSIGN").prefix_separator("__").separator("__").try_parsing(true);
    let mut builder = builder.add_source(source.source(Some(single.into_iter().collect())));
    for (name, text) in listed {
        let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
        builder = builder.set_override(key_of(&name), items).map_err(|e| ConfigError::Value(e.to_string()))?;
    }
    Ok(builder)
}

/// The setting that a variable names.
fn key_of(variable: &str) -> String {
    variable.trim_start_matches(PREFIX).to_lowercase().replace("__", ".")
}

/// Settings that are lists.
fn lists() -> Result<BTreeSet<String>, ConfigError> {
    let defaults = tree_of(DEFAULTS, "config.toml")?;
    let is_list = |key: &String| defaults.pointer(&pointer(key)).is_some_and(Value::is_array);
    Ok(keys_of(&defaults).into_iter().filter(is_list).collect())
}
