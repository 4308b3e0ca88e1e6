//! Names within automation: of nodes, of choices, of queues.

use std::fmt;
use std::str::FromStr;

/// Why a text is not such a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a {what}: {rule}")]
pub struct BadName {
    text: String,
    what: &'static str,
    rule: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $fits:expr, $rule:literal, $schema:tt;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) {
                    return Ok(Self(text.to_owned()));
                }
                Err(BadName { text: text.chars().take(80).collect(), what: $what, rule: $rule })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
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
                schemars::json_schema!($schema)
            }
        }
    )*};
}

names! {
    /// A node of a flow.
    NodeId, "name of a node", is_word, "write 1 to 40 small letters, digits, - or _",
        { "type": "string", "pattern": "^[a-z0-9_-]{1,40}$" };
    /// Something to choose at a question.
    ChoiceId, "name of a choice", is_word, "write 1 to 40 small letters, digits, - or _",
        { "type": "string", "pattern": "^[a-z0-9_-]{1,40}$" };
    /// A queue in which conversations wait for people.
    Queue, "name of a queue", is_label, "write 1 to 64 characters on one line, without space around them",
        { "type": "string", "minLength": 1, "maxLength": 64 };
}

impl Default for Queue {
    /// That of a business that has set up none.
    fn default() -> Self {
        Self("support".to_owned())
    }
}

/// What fits into the id of a button, with the flow and the node before it.
fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

fn is_label(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_may_hold() {
        assert_eq!("main-menu_2".parse::<NodeId>().unwrap().as_str(), "main-menu_2");
        assert_eq!("售後 Support".parse::<Queue>().unwrap().as_str(), "售後 Support");
        for text in ["", "Main", "a.b", "主", &"x".repeat(41)] {
            let refused = text.parse::<NodeId>().unwrap_err().to_string();
            assert!(refused.contains("name of a node") && refused.contains("1 to 40"), "{refused}");
        }
        for text in ["", " a", "a\nb", &"x".repeat(65)] {
            assert!(text.parse::<Queue>().is_err(), "{text:?}");
        }
    }
}
