//! What can be set of access tokens.

use serde::Deserialize;

/// Access tokens that open the agents' door.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// Whose tokens; empty for nobody's.
    pub issuer: String,
    /// Where the issuer's keys are.
    pub jwks_url: String,
    /// What tokens must be for; empty for this server's own address.
    pub audience: String,
}
