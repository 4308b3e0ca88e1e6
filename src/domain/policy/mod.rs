//! The rules. Pure: facts in, findings out.

pub mod automation;
pub mod consent;
pub mod contacts;
pub mod conversations;
pub mod cost;
pub mod doubts;
pub mod eligibility;
pub mod hours;
pub mod identity;
pub mod links;
pub mod media;
pub mod message;
pub mod numbers;
pub mod orders;
pub mod payments;
pub mod people;
pub mod rate_card;
pub mod repeats;
pub mod rules;
pub mod schedule;
pub mod segments;
pub mod session;
pub mod settings;
pub mod signatures;
pub mod signing;
pub mod standing;
pub mod tags;
pub mod templates;
pub mod webhooks;
mod wordings;

use super::canonical::Digest;
use settings::{BadPolicy, Settings};

/// All settings of the rules, in one version.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The version that a request names: the name given to the settings, and a mark of what they say. Whoever changes a
    /// setting and keeps the name has another version all the same.
    pub version: String,
    /// Times for deciding and starting.
    pub times: signatures::Times,
    /// What the rules measure by.
    pub settings: Settings,
}

impl Policy {
    /// Settings that hold together, as a policy.
    pub fn new(settings: Settings, times: signatures::Times) -> Result<Self, BadPolicy> {
        settings.check()?;
        Ok(Self { version: version(&settings), times, settings })
    }
}

impl Default for Policy {
    fn default() -> Self {
        let settings = Settings::default();
        Self { version: version(&settings), times: signatures::Times::default(), settings }
    }
}

fn version(settings: &Settings) -> String {
    // Settings hold no floats, the one thing without a canonical form.
    let mark = Digest::of(settings).map(|digest| digest.chip()).unwrap_or_default();
    format!("{} ({mark})", settings.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_settings_hold_together_and_any_change_is_another_version() {
        let times = signatures::Times::default();
        let built_in = Policy::new(Settings::default(), times.clone()).unwrap();
        assert_eq!(built_in.version, Policy::default().version);
        let mut changed = Settings::default();
        changed.audience.max_shrink_percent = 4;
        assert_ne!(Policy::new(changed, times).unwrap().version, built_in.version);
    }
}
