//! Text that came from elsewhere, made fit for logs and errors: no phone numbers, no addresses, no tokens in it.

use std::fmt;

/// A phone number in digits as Meta wrote it, or a text that stands in its place. `Debug` shows its last two digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(String);

impl Number {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({})", mask_digits(&self.0))
    }
}

/// Digits in a row, with the signs people put between them, that are long enough to be a phone number.
const PHONE_DIGITS: usize = 7;
/// Letters and digits in a row that are long enough to be a token rather than a word.
const TOKEN_LENGTH: usize = 32;
/// Free text longer than this is cut: an error is a sentence, not a document.
const MAX_CHARS: usize = 500;

/// What is left of `text` when phone numbers, mail addresses, URLs and tokens are taken out of it.
pub fn scrub(text: &str) -> String {
    let cut: String = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).take(MAX_CHARS).collect();
    let words: Vec<String> = cut.split_whitespace().map(scrub_word).collect();
    scrub_phones(&words.join(" "))
}

/// A customer's words for those who may not see who somebody is: phone numbers and mail addresses are hidden, all else stays.
pub fn hide_people(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let space = piece.strip_prefix(word).unwrap_or_default();
        let address = word.char_indices().any(|(at, c)| c == '@' && at > 0 && at + 1 < word.len());
        out.push_str(if address { "•••@•••" } else { word });
        out.push_str(space);
    }
    scrub_phones(&out)
}

fn scrub_word(word: &str) -> String {
    if word.contains('@') {
        return "[address]".to_owned();
    }
    if word.contains("://") {
        return "[url]".to_owned();
    }
    let mut out = String::new();
    let mut run = String::new();
    for c in word.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            run.push(c);
            continue;
        }
        out.push_str(if run.len() >= TOKEN_LENGTH { "[token]" } else { &run });
        run.clear();
        if c != ' ' {
            out.push(c);
        }
    }
    out
}

/// Masks each stretch of digits that could be a phone number, also when it is written with spaces, dashes or brackets.
fn scrub_phones(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut stretch = String::new();
    for c in text.chars() {
        let belongs = c.is_numeric() || c == '+' || (!stretch.is_empty() && matches!(c, ' ' | '-' | '.' | '(' | ')'));
        if belongs {
            stretch.push(c);
        } else {
            push_stretch(&mut out, &stretch);
            stretch.clear();
            out.push(c);
        }
    }
    push_stretch(&mut out, &stretch);
    out
}

fn push_stretch(out: &mut String, stretch: &str) {
    let number = stretch.trim_end_matches([' ', '-', '.', '(', ')']);
    let tail = stretch.strip_prefix(number).unwrap_or_default();
    if number.chars().filter(|c| c.is_numeric()).count() >= PHONE_DIGITS {
        out.push_str(&mask_digits(number));
    } else {
        out.push_str(number);
    }
    out.push_str(tail);
}

fn mask_digits(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(|c| c.is_numeric()).collect();
    if digits.len() < PHONE_DIGITS {
        return "…".to_owned();
    }
    let last: String = digits.iter().skip(digits.len() - 2).collect();
    format!("…{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_addresses_urls_and_tokens_are_gone_and_the_sentence_stays() {
        for (text, clean) in [
            ("Recipient +85291234567 not allowed", "Recipient …67 not allowed"),
            ("Param to (852) 9123-4567.", "Param to (…67."),
            ("to=8529123 4567, code 131030", "to=…67, code 131030"),
            ("550 5.1.1 <ann@example.com>: unknown", "550 5.1.1 [address] unknown"),
            ("Malformed access token EAABsbCS1234567890abcdefghijklmnopQRST", "Malformed access token [token]"),
            ("see https://graph.facebook.com/x?appsecret_proof=1", "see [url]"),
            ("more than 24 hours have passed", "more than 24 hours have passed"),
            ("", ""),
        ] {
            assert_eq!(scrub(text), clean);
        }
    }

    #[test]
    fn a_customers_words_stay_and_say_of_nobody_who_it_is() {
        for (text, shown) in [
            ("Call me at +852 9123 4567, please.\n  Thanks!", "Call me at …67, please.\n  Thanks!"),
            ("ann@example.com 或 9123-4567", "•••@••• 或 …67"),
            ("Order A-17 for 12 at 7 @ Central", "Order A-17 for 12 at 7 @ Central"),
            ("https://shop.example/w?a=1 *now*", "https://shop.example/w?a=1 *now*"),
            ("", ""),
        ] {
            assert_eq!(hide_people(text), shown);
        }
    }

    #[test]
    fn fullwidth_digits_are_digits_too() {
        assert_eq!(scrub("致 +８５２９１２３４５６７ 失败"), "致 …６７ 失败");
    }

    #[test]
    fn long_text_is_cut_and_control_characters_do_not_pass() {
        assert!(scrub(&"word ".repeat(10_000)).chars().count() <= MAX_CHARS);
        assert_eq!(scrub("a\u{1b}[31mb\nc"), "a[31mb c");
    }

    #[test]
    fn a_number_does_not_print_itself() {
        assert_eq!(format!("{:?}", Number::new("85291234567")), "Number(…67)");
        assert_eq!(format!("{:?}", Number::new("911")), "Number(…)");
    }
}
