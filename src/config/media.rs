//! What can be set of files.

use super::ConfigError;
use crate::domain::media::LARGEST;
use serde::Deserialize;
use std::time::Duration;

/// Files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// Where they are kept; empty for beside a SQLite file.
    pub url: String,
    /// A server that speaks S3, if it is not Amazon's.
    pub endpoint: String,
    /// Where the bucket is.
    pub region: String,
    /// The variable with the name of who asks.
    pub access_key_env: String,
    /// The variable with the proof.
    pub secret_key_env: String,
    /// Where the virus scanner listens; empty for none.
    pub clamd: String,
    /// How long an address is good.
    #[serde(deserialize_with = "super::duration")]
    pub link_lifetime: Duration,
    /// How large a customer's file may be.
    pub largest_received_mb: u32,
}

impl Media {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !(Duration::from_secs(10)..=Duration::from_hours(1)).contains(&self.link_lifetime) {
            return Err(ConfigError::Value("media.link_lifetime: must be from 10s to 1h".to_owned()));
        }
        if !(1..=LARGEST >> 20).contains(&self.largest_received_mb.into()) {
            return Err(ConfigError::Value(format!("media.largest_received_mb: must be from 1 to {}", LARGEST >> 20)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;

    #[test]
    fn an_address_is_good_for_minutes() {
        for (lifetime, fine) in [("9s", false), ("10s", true), ("1h", true), ("2h", false)] {
            let loaded = load(None, &format!("[media]\nlink_lifetime = \"{lifetime}\""), &[]);
            assert_eq!(loaded.is_ok(), fine, "{lifetime}");
        }
    }

    #[test]
    fn no_file_is_taken_that_could_not_be_kept() {
        for (most, fine) in [(0, false), (1, true), (100, true), (101, false)] {
            let loaded = load(None, &format!("[media]\nlargest_received_mb = {most}"), &[]);
            assert_eq!(loaded.is_ok(), fine, "{most}");
        }
    }
}
