//! The vocabulary of the product: what things are, and which changes are legal. No I/O, no async, no clock of its own.

pub mod audit;
pub mod canonical;
pub mod clock;
pub mod ids;
pub mod masked;
pub mod money;
pub mod people;
pub mod phone;

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
