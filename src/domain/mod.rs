//! The vocabulary of the product: what things are, and which changes are legal. No I/O, no async, no clock of its own.

/// An enum whose variants are words that the outside knows: in the database, on the wire and in the console.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word by which the outside knows it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::domain::UnknownWord;
            fn from_str(text: &str) -> Result<Self, crate::domain::UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(crate::domain::UnknownWord::new($what, text, &[$($word,)*])),
                }
            }
        }
    };
}

pub mod action;
pub mod addresses;
pub mod amounts;
pub mod audience;
pub mod audit;
pub mod automation;
pub mod broadcasts;
pub mod business;
pub mod canonical;
pub mod clock;
pub mod compose;
pub mod consent;
pub mod contacts;
pub mod conversations;
pub mod deliveries;
pub mod ids;
pub mod json;
pub mod lexicon;
pub mod mails;
pub mod masked;
pub mod media;
pub mod messages;
pub mod money;
pub mod open_enum;
pub mod orders;
pub mod password;
pub mod people;
pub mod phone;
pub mod policy;
pub mod preview;
pub mod redact;
pub mod replies;
pub mod requests;
pub mod secret;
pub mod segments;
pub mod templates;
pub mod text;
pub mod trace;
pub mod uploads;
pub mod webhooks;

/// A word that is none of those a field may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is not a {what}: use one of {known}")]
pub struct UnknownWord {
    what: &'static str,
    word: String,
    known: String,
}

impl UnknownWord {
    /// Names the word, what it should have been, and the words that are.
    #[must_use]
    pub fn new(what: &'static str, word: &str, known: &[&str]) -> Self {
        Self { what, word: word.chars().take(80).collect(), known: known.join(", ") }
    }
}
