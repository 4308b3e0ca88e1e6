//! Lists of phrases that rules look for in texts: the same words in any case, width, spacing, punctuation, and in either way of
//! writing Chinese.
//!
//! A phrase is made of words. `#` stands for a number, `…` for up to four words of any kind, `a|b` for one of these.

mod han;

use crate::domain::automation::phrases::{Plain, is_unseen, is_written_without_spaces};
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::char::canonical_combining_class;

/// What stands between two words of a phrase says nothing new up to here.
const GAP: usize = 4;

/// Numbers in words, as discounts and amounts are written.
const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty", "thirty",
    "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "零", "一", "二", "三", "四", "五", "六",
    "七", "八", "九", "十", "两", "百", "千", "万",
];

/// A text, word by word, with the place of each word in it.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    chars: Vec<char>,
    words: Vec<Word>,
}

#[derive(Debug, Clone)]
struct Word {
    text: String,
    start: usize,
    end: usize,
}

/// Words that stand in a text, as they stand there. Places are in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// Where they begin.
    pub start: usize,
    /// Where they have ended.
    pub end: usize,
    /// The words.
    pub words: String,
}

/// A list of phrases, and of what is no such phrase although it holds one.
#[derive(Debug)]
pub struct Lexicon {
    phrases: Phrases,
    except: Phrases,
}

/// Phrases by the word that they begin with.
#[derive(Debug, Default)]
struct Phrases {
    by_word: BTreeMap<String, Vec<Vec<Part>>>,
    by_number: Vec<Vec<Part>>,
}

#[derive(Debug, Clone)]
enum Part {
    Word(String),
    Number,
    Gap,
    OneOf(Vec<Vec<String>>),
}

impl Reading {
    /// Of a text as somebody wrote it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut words: Vec<Word> = Vec::new();
        let mut start = 0;
        while let Some(&first) = chars.get(start) {
            let rest = chars.get(start + 1..).unwrap_or_default();
            let end = start + 1 + rest.iter().take_while(|next| goes_on(first, **next)).count();
            let piece: String = chars.get(start..end).unwrap_or_default().iter().collect();
            words.extend(plain_words(&piece).into_iter().map(|text| Word { text, start, end }));
            start = end;
        }
        Self { chars, words }
    }

    fn said(&self, from: usize, to: usize) -> Option<Said> {
        let (start, end) = (self.words.get(from)?.start, self.words.get(to.checked_sub(1)?)?.end);
        Some(Said { start, end, words: self.chars.get(start..end)?.iter().collect() })
    }
}

/// Whether a character belongs to the word that began with `first`. A number is a word of its own, whatever stands behind it.
fn goes_on(first: char, next: char) -> bool {
    if is_unseen(next) || canonical_combining_class(next) != 0 {
        return true;
    }
    let in_a_word = |c: char| c.is_alphanumeric() && !is_written_without_spaces(c);
    in_a_word(first)
        && (in_a_word(next) || matches!(next, '\'' | '\u{2019}'))
        && first.is_numeric() == next.is_numeric()
}

/// The words of a piece of text. Signs that rules ask about are words of their own.
fn plain_words(piece: &str) -> Vec<String> {
    match piece {
        "%" | "％" | "﹪" => vec!["%".to_owned()],
        "$" | "＄" | "¥" | "￥" | "€" | "£" => vec!["$".to_owned()],
        _ => Plain::of(piece).words().iter().map(|word| word.chars().map(han::simplified).collect()).collect(),
    }
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit()) || NUMBERS.contains(&word)
}

impl Lexicon {
    /// Of phrases.
    #[must_use]
    pub fn of(phrases: &[&[&str]]) -> Self {
        Self { phrases: Phrases::of(phrases), except: Phrases::default() }
    }

    /// Of phrases that do not count within one of the others.
    #[must_use]
    pub fn but(phrases: &[&[&str]], except: &[&str]) -> Self {
        Self { phrases: Phrases::of(phrases), except: Phrases::of(&[except]) }
    }

    /// What a text says of it, in the order of the text.
    #[must_use]
    pub fn found(&self, text: &Reading) -> Vec<Said> {
        let excepted = self.except.places(text);
        let within = |(from, to): &(usize, usize)| excepted.iter().any(|(start, end)| start <= from && to <= end);
        let places = self.phrases.places(text).into_iter().filter(|place| !within(place));
        places.filter_map(|(from, to)| text.said(from, to)).collect()
    }

    /// Whether a text says anything of it.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        !self.found(&Reading::of(text)).is_empty()
    }
}

impl Phrases {
    fn of(lists: &[&[&str]]) -> Self {
        let mut all = Self::default();
        for phrase in lists.iter().flat_map(|list| list.iter()) {
            let parts = parts(phrase);
            let starts: BTreeSet<String> = match parts.first() {
                Some(Part::Word(word)) => [word.clone()].into(),
                Some(Part::OneOf(many)) => many.iter().filter_map(|words| words.first().cloned()).collect(),
                Some(Part::Number) => {
                    all.by_number.push(parts);
                    continue;
                }
                Some(Part::Gap) | None => continue,
            };
            for word in starts {
                all.by_word.entry(word).or_default().push(parts.clone());
            }
        }
        all
    }

    /// Where they stand, each as long as it is, none within another that began before.
    fn places(&self, text: &Reading) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        let none = Vec::new();
        for (at, word) in text.words.iter().enumerate() {
            if found.last().is_some_and(|(_, end)| at < *end) {
                continue;
            }
            let begun = self.by_word.get(&word.text).unwrap_or(&none).iter();
            let numbered = self.by_number.iter().filter(|_| is_number(&word.text));
            let longest = begun.chain(numbered).filter_map(|parts| ends(parts, &text.words, at)).max();
            found.extend(longest.map(|end| (at, end)));
        }
        found
    }
}

fn parts(phrase: &str) -> Vec<Part> {
    let words = |text: &str| Reading::of(text).words.into_iter().map(|word| word.text).collect::<Vec<_>>();
    let part = |piece: &str| match piece {
        "#" => vec![Part::Number],
        "…" => vec![Part::Gap],
        many if many.contains('|') => {
            vec![Part::OneOf(many.split('|').map(words).filter(|one| !one.is_empty()).collect())]
        }
        plain => words(plain).into_iter().map(Part::Word).collect(),
    };
    phrase.split(' ').flat_map(part).collect()
}

/// Where the parts have ended if they begin at this word.
fn ends(parts: &[Part], words: &[Word], at: usize) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else { return Some(at) };
    let here = words.get(at..)?;
    match part {
        Part::Word(word) => here.first().filter(|it| it.text == *word).and_then(|_| ends(rest, words, at + 1)),
        Part::Number => here.first().filter(|it| is_number(&it.text)).and_then(|_| ends(rest, words, at + 1)),
        Part::Gap => (0..=GAP).find_map(|skipped| ends(rest, words, at + skipped)),
        Part::OneOf(many) => {
            let begins = |one: &&Vec<String>| {
                one.len() <= here.len() && one.iter().zip(here).all(|(wanted, word)| *wanted == word.text)
            };
            many.iter().filter(begins).filter_map(|one| ends(rest, words, at + one.len())).max()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(phrases: &[&str], text: &str) -> Vec<String> {
        Lexicon::of(&[phrases]).found(&Reading::of(text)).into_iter().map(|said| said.words).collect()
    }

    #[test]
    fn a_phrase_is_found_as_it_stands_in_the_text() {
        for (phrase, text, said) in [
            ("flash sale", "Our FLASH-sale!", Some("FLASH-sale")),
            ("dont miss", "Don’t  miss it", Some("Don’t  miss")),
            ("promo", "PRO\u{200b}MO", Some("PRO\u{200b}MO")),
            ("promo", "ｐｒｏｍｏ！", Some("ｐｒｏｍｏ")),
            ("promo", "promote", None),
            ("# % off", "Now 20 % OFF all", Some("20 % OFF")),
            ("# % off", "twenty％off", Some("twenty％off")),
            ("# % off", "20 off", None),
            ("lose # kg", "Lose 10kg!", Some("Lose 10kg")),
            ("# 折", "全場85折", Some("85折")),
            ("# 折", "新茶八折", Some("八折")),
            ("# 折", "折扣", None),
            ("买 # 送 #", "買二送一", Some("買二送一")),
            ("优惠", "最新優惠！", Some("優惠")),
            ("優惠", "优惠", Some("优惠")),
            ("cure … cancer", "cures cancer", None),
            ("cure|cures … cancer|diabetes", "It cures all kinds of Diabetes.", Some("cures all kinds of Diabetes")),
            ("cure … cancer", "cure a b c d e cancer", None),
            ("治疗 … 癌|糖尿", "可以治療各種癌症", Some("治療各種癌")),
            ("ok to message", "ok_to-message", Some("ok_to-message")),
        ] {
            assert_eq!(found(&[phrase], text), said.into_iter().collect::<Vec<_>>(), "{phrase} in {text}");
        }
    }

    #[test]
    fn the_longest_phrase_counts_and_what_is_excepted_does_not() {
        assert_eq!(found(&["buy", "buy now", "now"], "Buy now or now"), ["Buy now", "now"]);
        let lexicon = Lexicon::but(&[&["promotions", "优惠"]], &["no more … promotions", "没有 … 优惠"]);
        for (text, is_in) in [
            ("You will get no more of our promotions.", false),
            ("No more of our promotions, but other promotions", true),
            ("暫時沒有優惠", false),
            ("優惠", true),
            ("", false),
        ] {
            assert_eq!(lexicon.is_in(text), is_in, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_stands_there(text in "[buy now%#$折八優惠' -]{0,40}") {
            let lexicon = Lexicon::of(&[&["buy … now", "# % now", "# 折", "优惠", "n|o w"]]);
            let chars: Vec<char> = text.chars().collect();
            for said in lexicon.found(&Reading::of(&text)) {
                prop_assert_eq!(chars[said.start..said.end].iter().collect::<String>(), said.words);
            }
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let reading = Reading::of(&text);
            prop_assert!(reading.words.iter().all(|word| word.start < word.end && word.end <= reading.chars.len()));
        }
    }
}
