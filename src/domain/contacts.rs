//! Contacts: people the business may write to, and sets of them.

pub mod identity;
pub mod import;
pub mod tags;
pub mod upsert;

use super::clock::Timestamp;
use super::ids::ContactId;
use super::masked::{CustomerName, Masked};
use super::phone::PhoneNumber;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// A contact's place among the tenant's contacts: small and dense, so that a set of a million people is a few kilobytes.
/// Never shown; the outside knows a contact by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContactNo(pub u32);

/// A set of contacts of one tenant.
pub type People = roaring::RoaringBitmap;

/// A language as Meta writes it: `en`, `zh_HK`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Language(String);

/// Why a text is not a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a language: write it as Meta does, such as en or zh_HK")]
pub struct BadLanguage(String);

impl Language {
    /// Its code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the underscore: `zh` of `zh_HK`.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.split('_').next().unwrap_or(&self.0)
    }

    /// The tag that a browser and a screen reader understand: `zh-Hant-HK` for `zh_HK`.
    #[must_use]
    pub fn bcp47(&self) -> String {
        match self.0.as_str() {
            "zh_HK" => "zh-Hant-HK".into(),
            "zh_TW" => "zh-Hant-TW".into(),
            "zh_CN" => "zh-Hans-CN".into(),
            other => other.replace('_', "-"),
        }
    }
}

impl FromStr for Language {
    type Err = BadLanguage;
    /// Meta's webhooks write hyphens where its API writes underscores; both are read.
    fn from_str(text: &str) -> Result<Self, BadLanguage> {
        let code = text.replace('-', "_");
        let (base, region) = code.split_once('_').map_or((code.as_str(), None), |(b, r)| (b, Some(r)));
        let fits = matches!(base.len(), 2 | 3)
            && base.bytes().all(|b| b.is_ascii_lowercase())
            && region.is_none_or(|r| r.len() == 2 && r.bytes().all(|b| b.is_ascii_uppercase()));
        if fits { Ok(Self(code)) } else { Err(BadLanguage(text.chars().take(20).collect())) }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Language {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Language".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z]{2,3}(_[A-Z]{2})?$", "description": "language as Meta writes it, such as en or zh_HK" })
    }
}

/// Somebody the business may write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Which one.
    pub id: ContactId,
    /// Its place in sets.
    pub no: ContactNo,
    /// The number, if the stored one is valid.
    pub phone: Option<Masked<PhoneNumber>>,
    /// What the person is called.
    pub name: Masked<CustomerName>,
    /// What language to write in.
    pub language: Option<Language>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// Further facts that a template may insert.
    pub attributes: BTreeMap<String, String>,
    /// When the person last wrote to the business.
    pub last_inbound_at: Option<Timestamp>,
    /// Since when the business knows the person.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_in_both_spellings_and_speaks_to_screen_readers() {
        let hk: Language = "zh-HK".parse().unwrap();
        assert_eq!((hk.as_str(), hk.base(), hk.bcp47().as_str()), ("zh_HK", "zh", "zh-Hant-HK"));
        for text in ["", "e", "english", "EN", "en_us", "en_USA", "zh__HK", "zh_HK_x"] {
            assert!(text.parse::<Language>().is_err(), "{text}");
        }
    }
}
