//! A secret that cannot be printed: tokens, app secrets, verify tokens, passwords of other systems.

use std::fmt;

use serde::Deserialize;
use subtle::ConstantTimeEq;

/// Text that must reach one place only. There is no `Display` and no `Serialize`; `Debug` says that something is there.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one call that needs it. Searching for `expose` finds every use.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares without telling by the time it takes how much was right.
    pub fn matches(&self, offered: &str) -> bool {
        self.0.as_bytes().ct_eq(offered.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Secret::new("EAAB-very-private")), "Secret(..)");
    }

    #[test]
    fn matches_the_same_text_only() {
        let secret = Secret::new("verify-me");
        assert!(secret.matches("verify-me"));
        for wrong in ["", "verify-m", "verify-me ", "Verify-me"] {
            assert!(!secret.matches(wrong), "{wrong:?}");
        }
    }
}
