//! Whose access tokens open the agents' door, from the settings.

use crate::config::Settings;
use crate::issuer::{self, Issuer};

/// Opens what tokens are checked with; none where no issuer is set.
pub fn open(settings: &Settings) -> anyhow::Result<Option<Issuer>> {
    let set = &settings.oauth;
    if set.issuer.is_empty() {
        anyhow::ensure!(set.jwks_url.is_empty(), "oauth.issuer is empty and oauth.jwks_url is not: set both, or none");
        return Ok(None);
    }
    let audience = if set.audience.is_empty() { format!("{}/mcp", settings.origin()) } else { set.audience.clone() };
    let (issuer, jwks_url) = (set.issuer.clone(), set.jwks_url.clone());
    Ok(Some(Issuer::new(issuer::Settings { issuer, jwks_url, audience })?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn an_issuer_is_set_whole_or_not_at_all() {
        let opened = |file: &str| open(&config::load(None, file, &[]).unwrap());
        assert!(opened("").unwrap().is_none());
        let whole = "[oauth]\nissuer = \"https://login.example\"\njwks_url = \"https://login.example/keys\"";
        assert_eq!(opened(whole).unwrap().unwrap().audience(), "http://127.0.0.1:8080/mcp");
        for half in
            ["[oauth]\nissuer = \"https://login.example\"", "[oauth]\njwks_url = \"https://login.example/keys\""]
        {
            assert!(opened(half).unwrap_err().to_string().contains("oauth."), "{half}");
        }
    }
}
