//! Logs: text to a terminal, JSON lines elsewhere.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts writing, to standard error: standard output belongs to commands.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|e| anyhow::anyhow!("log.level: \"{}\" is no filter: {e}", log.level))?;
    // Below this, the protocol library writes down whole answers, with customers' names and numbers in them.
    let filter = filter.add_directive("rmcp=warn".parse()?);
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    // A log that cannot be written costs its lines. To complain of that where nobody hears it would end whoever writes.
    let builder = builder.log_internal_errors(false);
    // A second start, as in tests that run in one process, keeps the first.
    let _kept = if json { builder.json().flatten_event(true).try_init() } else { builder.try_init() };
    Ok(())
}
