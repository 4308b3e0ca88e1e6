//! What every read tool shares: bounded arguments, pages with opaque cursors, and how a typed function becomes a row.

use crate::error::{Error, Result};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

/// Turns `async fn(&Ctx, &Caller, Arguments) -> Result<Answer>` into the function of a row: arguments are read into their
/// type, the answer is written out of its own.
macro_rules! reading {
    ($function:path) => {
        |ctx, caller, value| {
            Box::pin(async move {
                let arguments = crate::tools::arguments(value)?;
                crate::tools::answer(&$function(ctx, caller, arguments).await?)
            })
        }
    };
}
pub(super) use reading;

/// A text of at most so many characters; a longer one is refused with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, to keep.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        if text.chars().count() > MAX {
            return Err(Error::Invalid(format!("longer than {MAX} characters")));
        }
        Ok(Self(text))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl<const MAX: usize> JsonSchema for Text<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": MAX })
    }
}

/// How many items a page has at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    const MOST: u32 = 200;

    /// As many rows as must be read to know whether there is a next page.
    #[must_use]
    pub const fn and_one(self) -> u32 {
        self.0 + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        if !(1..=Self::MOST).contains(&number) {
            return Err(D::Error::custom(format!("{number} is not between 1 and {}", Self::MOST)));
        }
        Ok(Self(number))
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST, "default": 50 })
    }
}

/// Where the last page ended; only the tool that gave it can read it.
pub type Cursor = Text<512>;

/// One page of a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Give this back as `cursor` to read on; null on the last page.
    pub next_cursor: Option<String>,
}

/// The key after which to read on, from a cursor that this list has given.
pub fn after<K: DeserializeOwned>(list: &str, cursor: Option<&Cursor>) -> Result<Option<K>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let read = || {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor.as_str()).ok()?;
        let (of, key): (String, K) = serde_json::from_slice(&bytes).ok()?;
        (of == list).then_some(key)
    };
    read().map(Some).ok_or_else(|| {
        Error::Invalid("cursor: not one that this tool has given; leave it out to begin with the first page".into())
    })
}

/// Cuts what was read to one page, and makes the cursor that leads on from its last row.
pub fn cut<R, K: Serialize>(
    list: &str,
    limit: Limit,
    mut rows: Vec<R>,
    key: impl Fn(&R) -> K,
) -> Result<(Vec<R>, Option<String>)> {
    let most = usize::try_from(limit.0).unwrap_or(usize::MAX);
    if rows.len() <= most {
        return Ok((rows, None));
    }
    rows.truncate(most);
    let last = rows.last().map(|row| serde_json::to_vec(&(list, key(row)))).transpose().map_err(Error::internal)?;
    Ok((rows, last.map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_on_in_its_own_list_only() {
        let (page, next) = cut("contacts", Limit(2), vec![1, 2, 3], |n| *n).unwrap();
        assert_eq!(page, [1, 2]);
        let cursor = serde_json::from_value::<Cursor>(next.into()).unwrap();
        assert_eq!(after::<i32>("contacts", Some(&cursor)).unwrap(), Some(2));
        assert_eq!(after::<i32>("contacts", None).unwrap(), None);
        for (list, cursor) in [("segments", cursor.as_str()), ("contacts", "x"), ("contacts", ""), ("contacts", "🙂")]
        {
            let cursor = serde_json::from_value::<Cursor>(cursor.into()).unwrap();
            assert_eq!(after::<i32>(list, Some(&cursor)).unwrap_err().code(), "invalid_arguments", "{cursor:?}");
        }
        assert_eq!(cut("contacts", Limit(3), vec![1, 2, 3], |n| *n).unwrap().1, None);
    }

    #[test]
    fn bounds_are_kept_and_named() {
        assert!(serde_json::from_str::<Limit>("0").unwrap_err().to_string().contains("between 1 and 200"));
        assert!(serde_json::from_str::<Limit>("201").is_err() && serde_json::from_str::<Limit>("-1").is_err());
        assert_eq!(serde_json::from_str::<Limit>("200").unwrap(), Limit(200));
        assert!(serde_json::from_str::<Text<2>>("\"陳大文\"").unwrap_err().to_string().contains("2 characters"));
        assert_eq!(serde_json::from_str::<Text<3>>("\"陳大文\"").unwrap().as_str(), "陳大文");
    }
}
