//! Canonical JSON (RFC 8785) and the two hashes over it: what was asked, and what was signed.

use super::ids::TenantId;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// 32 bytes of SHA-256.
pub type Hash = [u8; 32];

/// SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// A value that has no canonical JSON, which only a number that is no number can cause.
#[derive(Debug, thiserror::Error)]
#[error("this value has no canonical form: {0}")]
pub struct NotCanonical(String);

impl NotCanonical {
    pub(super) fn new(why: &impl ToString) -> Self {
        Self(why.to_string())
    }
}

/// The one byte sequence that stands for a value.
pub fn canonical(value: &impl Serialize) -> Result<String, NotCanonical> {
    serde_json_canonicalizer::to_string(value).map_err(|e| NotCanonical(e.to_string()))
}

macro_rules! hash {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Hash);

        impl $name {
            /// The bytes, for the database.
            #[must_use]
            pub const fn bytes(&self) -> &Hash {
                &self.0
            }
            /// Back from the database.
            #[must_use]
            pub const fn from_bytes(bytes: Hash) -> Self {
                Self(bytes)
            }
            /// The first 12 digits in groups of four, for people to compare.
            #[must_use]
            pub fn chip(&self) -> String {
                let digits = hex::encode(self.0);
                [0..4, 4..8, 8..12].into_iter().filter_map(|r| digits.get(r)).collect::<Vec<_>>().join(" ")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "sha256:{}", hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadDigest;
            fn from_str(text: &str) -> Result<Self, BadDigest> {
                let mut bytes = Hash::default();
                let digits = text.strip_prefix("sha256:").ok_or(BadDigest)?;
                hex::decode_to_slice(digits, &mut bytes).map_err(|_| BadDigest)?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" })
            }
        }
    )*};
}

/// Not `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: expected sha256: and 64 hexadecimal digits")]
pub struct BadDigest;

hash! {
    /// What people sign and what the worker checks: over the resolved, frozen whole.
    Digest;
    /// What was asked: over the tool and its arguments. The same open ask of one agent is the same request.
    Ask;
    /// What a file consists of.
    ContentHash;
}

impl ContentHash {
    /// Over the bytes of a file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256(bytes))
    }
}

impl Digest {
    /// Over a value's canonical JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, NotCanonical> {
        Ok(Self(sha256(canonical(value)?.as_bytes())))
    }
}

impl Ask {
    /// Over a write tool's name and the arguments it was asked with.
    pub fn of(tenant: TenantId, tool: &str, arguments: &serde_json::Value) -> Result<Self, NotCanonical> {
        #[derive(Serialize)]
        struct Asked<'a> {
            tenant: TenantId,
            tool: &'a str,
            arguments: &'a serde_json::Value,
        }
        Ok(Self(sha256(canonical(&Asked { tenant, tool, arguments })?.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_and_the_spelling_of_numbers_do_not_matter() {
        let a: serde_json::Value = serde_json::from_str(r#"{"b": 1.0, "a": [1e2, "x"]}"#).unwrap();
        let b: serde_json::Value = serde_json::from_str(r#"{"a":[100,"x"],"b":1}"#).unwrap();
        assert_eq!(Digest::of(&a).unwrap(), Digest::of(&b).unwrap());
        assert_ne!(Digest::of(&a).unwrap(), Digest::of(&json!({"a": [100, "y"], "b": 1})).unwrap());
    }

    #[test]
    fn a_known_digest() {
        // printf '{"a":1}' | sha256sum
        let digest = Digest::of(&json!({"a": 1})).unwrap();
        assert_eq!(digest.to_string(), "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862");
        assert_eq!(digest.chip(), "015a bd7f 5cc5");
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn an_ask_is_of_one_tenant() {
        let (a, b) = (TenantId::random(), TenantId::random());
        let args = json!({"segment": "x"});
        assert_ne!(Ask::of(a, "t", &args).unwrap(), Ask::of(b, "t", &args).unwrap());
        assert_eq!(Ask::of(a, "t", &args).unwrap(), Ask::of(a, "t", &args).unwrap());
    }
}
