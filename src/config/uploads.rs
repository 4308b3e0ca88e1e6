//! What can be set of files that agents send.

use super::ConfigError;
use crate::domain::uploads::{Limits, MOST_BYTES};
use serde::Deserialize;
use std::time::Duration;

/// Files that agents send.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uploads {
    /// The most bytes of one.
    max_bytes: u64,
    /// How long one is kept.
    #[serde(deserialize_with = "super::duration")]
    lifetime: Duration,
}

impl Uploads {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !(1..=MOST_BYTES).contains(&self.max_bytes) {
            return Err(ConfigError::Value(format!("uploads.max_bytes: must be from 1 to {MOST_BYTES}")));
        }
        if !(Duration::from_mins(1)..=Duration::from_hours(30 * 24)).contains(&self.lifetime) {
            return Err(ConfigError::Value("uploads.lifetime: must be from 1m to 720h".to_owned()));
        }
        Ok(())
    }

    /// As the door takes them.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits { max_bytes: self.max_bytes, lifetime: self.lifetime }
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    #[test]
    fn the_shipped_limits_are_those_of_the_domain() {
        assert_eq!(load(None, "", &[]).unwrap().uploads.limits(), Limits::default());
    }

    #[test]
    fn a_limit_is_one() {
        for (line, fine) in [
            ("max_bytes = 0", false),
            ("max_bytes = 1", true),
            ("max_bytes = 4294967296", true),
            ("max_bytes = 4294967297", false),
            ("lifetime = \"59s\"", false),
            ("lifetime = \"720h\"", true),
            ("lifetime = \"721h\"", false),
        ] {
            assert_eq!(load(None, &format!("[uploads]\n{line}"), &[]).is_ok(), fine, "{line}");
        }
    }
}
