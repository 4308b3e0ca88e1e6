//! Phrases and how they are found in what a customer writes: the same words in any case, width, spacing and punctuation.

use crate::domain::messages::limits;
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

words! {
    /// How a phrase is looked for in a message.
    MatchKind, "kind of match" {
        /// The message is the phrase and nothing else.
        Exact = "exact",
        /// The message has this one word somewhere.
        Word = "word",
        /// The message begins with these whole words.
        Prefix = "prefix",
        /// The message has these words next to each other, in this order.
        Phrase = "phrase",
        /// The message has these letters somewhere, even within a word.
        Contains = "contains",
    }
}

/// A text as phrases are compared: compatibility forms, case, spacing, punctuation and what cannot be seen make no difference.
/// A word of a script that is written without spaces cannot be told, so that each of its characters stands for one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plain {
    words: Vec<String>,
    joined: String,
}

impl Plain {
    /// Of a text as somebody wrote it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let (mut open, mut on_a_letter) = (false, false);
        let seen = |c: &char| !is_unseen(*c) && !matches!(c, '\'' | '\u{2019}');
        for c in text.chars().take(limits::TEXT).nfkc().flat_map(fold).filter(seen).nfkc() {
            // An accent belongs to the letter before it; where there is none, it says nothing.
            if canonical_combining_class(c) != 0 {
                words.last_mut().filter(|_| on_a_letter).into_iter().for_each(|word| word.push(c));
                continue;
            }
            on_a_letter = is_letter(c);
            if is_written_without_spaces(c) && is_letter(c) {
                words.push(c.to_string());
                open = false;
            } else if is_letter(c) {
                match words.last_mut().filter(|_| open) {
                    Some(word) => word.push(c),
                    None => words.push(c.to_string()),
                }
                open = true;
            } else {
                open = false;
            }
        }
        let joined = join(&words);
        Self { words, joined }
    }

    /// Its words, in order.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Its words in one text, with spaces only where they are needed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.joined
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether it is one word: several characters of Chinese count as one.
    #[must_use]
    pub fn is_one_word(&self) -> bool {
        self.words.len() == 1 || self.words.iter().all(|word| word.chars().all(is_written_without_spaces))
    }

    /// Letters and digits, and how many of them belong to a script without spaces, such as Chinese.
    #[must_use]
    pub fn letters(&self) -> (usize, usize) {
        let all = self.words.iter().flat_map(|word| word.chars());
        all.fold((0, 0), |(letters, dense), c| (letters + 1, dense + usize::from(is_written_without_spaces(c))))
    }

    /// Whether these words stand in it next to each other, in this order.
    fn has(&self, other: &Self) -> bool {
        self.words.windows(other.words.len().max(1)).any(|some| some == other.words)
    }
}

impl MatchKind {
    /// Whether the phrase is found in the text. An empty phrase is found nowhere.
    #[must_use]
    pub fn finds(self, phrase: &Plain, text: &Plain) -> bool {
        if phrase.is_empty() {
            return false;
        }
        match self {
            Self::Exact => text.words == phrase.words,
            Self::Word | Self::Phrase => text.has(phrase),
            Self::Prefix => text.words.starts_with(&phrase.words),
            Self::Contains => text.joined.contains(&phrase.joined),
        }
    }
}

fn join(words: &[String]) -> String {
    let mut joined = String::new();
    let mut spaced = false;
    for word in words {
        let needs_space = !word.chars().next().is_some_and(is_written_without_spaces);
        if spaced && needs_space {
            joined.push(' ');
        }
        joined.push_str(word);
        spaced = needs_space;
    }
    joined
}

/// By way of the capital, so that letters whose small forms differ but whose capitals do not are the same.
fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            get_general_category(c),
            GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark
        )
}

/// Joiners, direction marks, variation selectors: nobody knows that they typed them.
pub(in crate::domain) const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Han and Kana, Thai, Lao, Burmese, Khmer.
pub(in crate::domain) const fn is_written_without_spaces(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(kind: MatchKind, phrase: &str, text: &str) -> bool {
        kind.finds(&Plain::of(phrase), &Plain::of(text))
    }

    #[test]
    fn the_dress_of_a_text_makes_no_difference() {
        for (text, plain) in [
            ("  Opening HOURS?? ", "opening hours"),
            ("ＯＰＥＮＩＮＧ　ｈｏｕｒｓ！", "opening hours"),
            ("don't", "dont"),
            ("don’t", "dont"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("ΟΔΟΣ", "οδοσ"),
            ("cafe\u{301}", "café"),
            ("ﬁne", "fine"),
            ("pri\u{200b}ce", "price"),
            ("買 iPhone 17", "買iphone 17"),
            ("營 業 時 間？", "營業時間"),
            ("营业时间，几点", "营业时间几点"),
            ("①②", "12"),
            ("👍🏽 ok 👍", "ok"),
            ("!!!", ""),
        ] {
            assert_eq!(Plain::of(text).as_str(), plain, "{text:?}");
        }
    }

    #[test]
    fn each_kind_finds_what_it_says_and_nothing_else() {
        use MatchKind::{Contains, Exact, Phrase, Prefix, Word};
        for (kind, phrase, yes, no) in [
            (Exact, "price", vec!["Price", " PRICE! ", "ｐｒｉｃｅ"], vec!["price list", "prices", ""]),
            (Exact, "退款", vec!["退款", "退 款。", "「退款」"], vec!["我要退款", "退", "退款政策"]),
            (Word, "price", vec!["the price?", "Price"], vec!["prices", "priceless", "reprice"]),
            (Word, "退款", vec!["我想退款", "點樣退款呀"], vec!["退貨款項", "款退"]),
            (Prefix, "order", vec!["order 123", "Order"], vec!["my order", "orders"]),
            (Prefix, "查單", vec!["查單123", "查 單"], vec!["我想查單"]),
            (Phrase, "opening hours", vec!["your opening, hours?"], vec!["hours opening", "opening the hours"]),
            (Phrase, "几点关门", vec!["请问几点关门？"], vec!["几点开门", "几點关门"]),
            (Contains, "deliver", vec!["delivery?", "Undelivered"], vec!["de livery"]),
            (Contains, "iphone殼", vec!["有冇iPhone 殼？"], vec!["iPhone手機殼"]),
            (Contains, "營業時間", vec!["想問營業時間"], vec!["营业时间"]),
        ] {
            for text in yes {
                assert!(finds(kind, phrase, text), "{kind} {phrase} in {text:?}");
            }
            for text in no {
                assert!(!finds(kind, phrase, text), "{kind} {phrase} not in {text:?}");
            }
        }
    }

    #[test]
    fn an_empty_phrase_is_found_nowhere() {
        for kind in MatchKind::ALL {
            assert!(!finds(*kind, "?!", "anything") && !finds(*kind, "", "") && !finds(*kind, "", "!"));
        }
    }

    #[test]
    fn chinese_counts_as_one_word_and_two_english_words_as_two() {
        assert!(Plain::of("退款").is_one_word() && Plain::of("refund").is_one_word());
        assert!(!Plain::of("opening hours").is_one_word() && !Plain::of("iphone殼").is_one_word());
        assert_eq!(Plain::of("A4 紙").letters(), (3, 1));
    }

    #[test]
    fn accents_stay_on_their_letters() {
        assert!(Plain::of("\u{11370} \u{e48}").is_empty(), "on nothing");
        assert_eq!(Plain::of("caf\u{e9}"), Plain::of("cafe\u{301}"));
        assert_eq!(Plain::of("e\u{200d}\u{301}"), Plain::of("\u{e9}"));
        assert_eq!(Plain::of("\u{e01}\u{e48}\u{e32}").words(), ["\u{e01}\u{e48}", "\u{e32}"]);
    }

    proptest! {
        #[test]
        fn a_plain_text_is_its_own_plain_form(text in "\\PC{0,40}") {
            let plain = Plain::of(&text);
            prop_assert_eq!(Plain::of(plain.as_str()), plain);
        }

        #[test]
        fn what_is_found_strictly_is_found_loosely(phrase in "[a-c 退款]{1,4}", text in "[a-c 退款!]{0,10}") {
            let (phrase, text) = (Plain::of(&phrase), Plain::of(&text));
            let found = |kind: MatchKind| kind.finds(&phrase, &text);
            prop_assert!(!found(MatchKind::Exact) || found(MatchKind::Prefix));
            prop_assert!(!found(MatchKind::Prefix) || found(MatchKind::Phrase));
            prop_assert!(!found(MatchKind::Phrase) || found(MatchKind::Contains));
        }
    }
}
