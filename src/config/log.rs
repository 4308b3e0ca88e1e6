//! What can be set of logs.

use serde::Deserialize;

/// Logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A filter.
    pub level: String,
    /// Text or JSON.
    pub format: LogFormat,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text to a terminal, JSON elsewhere.
    Auto,
    /// JSON lines.
    Json,
    /// Text.
    Text,
}
