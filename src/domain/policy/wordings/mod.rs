//! What texts say, by their words: whether they advertise, ask for secrets, speak of money or health, promise, or claim what Meta
//! forbids. In English and in Chinese of either writing; one list of each for messages and templates.

mod advertising;
mod prohibited;
mod sensitive;

#[cfg(test)]
mod tests;

use super::rules::{Fact, Rule};
use crate::domain::lexicon::{Lexicon, Reading, Said};
use crate::domain::preview::{Finding, Span};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static SELLS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::but(&[advertising::SELLS], advertising::NONE_OF_IT));
static NEWS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::but(&[advertising::NEWS], advertising::NONE_OF_IT));
static CALLS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::but(&[advertising::CALLS], advertising::NONE_OF_IT));
static OFFERS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::but(&[advertising::OFFERS], advertising::NONE_OF_IT));
static PROHIBITED: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::but(&[prohibited::GOODS, prohibited::CLAIMS, prohibited::THREATS], prohibited::NO_CLAIM));

/// Numbers and words that open an account or stand for a person, and how they are asked for.
pub(super) static SECRETS: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::but(&[sensitive::SECRETS, sensitive::ASKS], sensitive::OPEN_CODES));
/// Codes by which somebody proves for a moment who they are.
pub(super) static CODES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(&[sensitive::CODES]));
/// Prices, and how they are paid.
pub(super) static MONEY: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(&[sensitive::MONEY]));
/// What binds the business.
pub(super) static PROMISES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(&[sensitive::PROMISES]));
/// What only the person and those who treat them may know.
pub(super) static HEALTH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(&[sensitive::HEALTH]));

/// How a text comes to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In answer to what the customer wrote, who may be told what they ask.
    Answer,
    /// Unasked.
    Notice,
}

/// The words by which a text advertises.
pub(super) fn advertising(text: &Reading, way: Way) -> Vec<Said> {
    let mut said = SELLS.found(text);
    let (news, calls) = (NEWS.found(text), CALLS.found(text));
    // What is new is worth telling; with a call to come and get it, it sells.
    if !news.is_empty() && !calls.is_empty() {
        said.extend(news);
        said.extend(calls);
    }
    if way == Way::Notice {
        said.extend(OFFERS.found(text));
    }
    in_order(said)
}

/// What a text offers, claims or threatens that Meta's policies forbid.
pub(super) fn prohibited(text: &Reading) -> Vec<Said> {
    PROHIBITED.found(text)
}

/// Sorted, and each place once.
pub(super) fn in_order(mut said: Vec<Said>) -> Vec<Said> {
    said.sort();
    let mut end = 0;
    said.retain(|one| {
        let new = one.end > end;
        end = end.max(one.end);
        new
    });
    said
}

/// The finding of a rule about words, at the first of them; none where none were said.
pub(super) fn says(rule: Rule, place: &str, said: &[Said]) -> Option<Finding> {
    let first = said.first()?;
    let mut seen = BTreeSet::new();
    let words: Vec<&str> = said.iter().map(|one| one.words.as_str()).filter(|words| seen.insert(*words)).collect();
    let facts = [("place", Fact::from(place)), ("words", words.join(", ").into())];
    let span = Span { field: place.to_owned(), start: first.start, end: first.end, text: first.words.clone() };
    Some(rule.says(&facts).at(span))
}
