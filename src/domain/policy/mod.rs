//! The rules. Pure: facts in, findings out.

pub mod signatures;

/// All settings of the rules, in one version.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The version that a request names.
    pub version: String,
    /// Times for deciding and starting.
    pub times: signatures::Times,
}
