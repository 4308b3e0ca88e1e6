//! What people see of a text that others wrote: characters that hide, look like others or turn the direction are refused,
//! because a person who signs must see what is sent.

use super::addresses::has_address;
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// A character that may not stand where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Its place, in characters.
    pub at: usize,
    /// Which one.
    pub character: char,
    /// What it does.
    pub why: &'static str,
}

impl Refused {
    /// For people: `U+200B ZERO WIDTH SPACE`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("U+{:04X} {}", u32::from(self.character), self.why)
    }
}

/// The characters of a text that are refused, in their order. `language` is the base of the text's language: direction
/// marks belong into texts that run from right to left, and nowhere else.
#[must_use]
pub fn refused(text: &str, language: &str) -> Vec<Refused> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&character) = chars.get(at) {
        if let Some(length) = flag(&chars, at) {
            at += length;
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied();
        let after = chars.get(at + 1).copied();
        if let Some(why) = fault(character, before, after, language) {
            found.push(Refused { at, character, why });
        }
        at += 1;
    }
    found
}

/// The length of a flag of a region at this place: a black flag, its letters as tags, and the end.
fn flag(chars: &[char], at: usize) -> Option<usize> {
    if *chars.get(at)? != '\u{1F3F4}' {
        return None;
    }
    let tags = chars.get(at + 1..)?;
    let letters =
        tags.iter().take_while(|c| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}')).count();
    ((2..=6).contains(&letters) && tags.get(letters) == Some(&'\u{E007F}')).then_some(letters + 2)
}

fn fault(c: char, before: Option<char>, after: Option<char>, language: &str) -> Option<&'static str> {
    Some(match c {
        '\n' => return None,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => "turns the direction of the text",
        '\u{200E}' | '\u{200F}' | '\u{061C}' if is_right_to_left(language) => return None,
        '\u{200E}' | '\u{200F}' | '\u{061C}' => "direction mark in a text that runs from left to right",
        '\u{E0000}'..='\u{E007F}' => "invisible tag",
        '\u{200B}' => "ZERO WIDTH SPACE",
        '\u{2060}' => "WORD JOINER",
        '\u{FEFF}' => "ZERO WIDTH NO-BREAK SPACE",
        '\u{00AD}' => "SOFT HYPHEN",
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => "blank letter",
        '\u{FFF9}'..='\u{FFFB}' => "annotation mark",
        '\u{2028}' | '\u{2029}' => "line or paragraph separator",
        '\u{200C}' | '\u{200D}' => {
            let joins = |test: fn(char) -> bool| before.is_some_and(test) && after.is_some_and(test);
            if joins(is_joining_letter) || (c == '\u{200D}' && joins(is_emoji_part)) {
                return None;
            }
            "joiner that joins nothing"
        }
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
            if before.is_some_and(|base| takes_variation(base, c)) {
                return None;
            }
            "variation selector without its character"
        }
        _ => match get_general_category(c) {
            GeneralCategory::Control => "control character",
            GeneralCategory::PrivateUse => "private character, which every device shows differently",
            GeneralCategory::Unassigned => "no character",
            GeneralCategory::Format if !is_script_format(c) => "invisible format character",
            _ => return None,
        },
    })
}

fn is_right_to_left(language: &str) -> bool {
    matches!(language, "ar" | "he" | "fa" | "ur" | "ps" | "prs" | "sd" | "ug" | "yi")
}

/// Arabic, Syriac and the scripts of India, in which joiners choose the shape of a letter.
const fn is_joining_letter(c: char) -> bool {
    matches!(c, '\u{0600}'..='\u{07BF}' | '\u{0840}'..='\u{0DFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

fn is_emoji_part(c: char) -> bool {
    matches!(c, '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{20E3}')
        || get_general_category(c) == GeneralCategory::OtherSymbol
        || matches!(c, '\u{2194}' | '\u{2195}')
}

fn takes_variation(base: char, selector: char) -> bool {
    let category = get_general_category(base);
    match selector {
        '\u{FE0E}' | '\u{FE0F}' => {
            matches!(category, GeneralCategory::OtherSymbol | GeneralCategory::MathSymbol)
                || matches!(base, '0'..='9' | '#' | '*' | '\u{203C}' | '\u{2049}' | '\u{3030}' | '\u{1F3FB}'..='\u{1F3FF}')
        }
        '\u{E0100}'..='\u{E01EF}' => {
            matches!(base, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}' | '\u{F900}'..='\u{FAFF}')
        }
        _ => matches!(
            category,
            GeneralCategory::OtherLetter | GeneralCategory::MathSymbol | GeneralCategory::OtherSymbol
        ),
    }
}

/// Format characters that are part of how a script is written, and visible: Arabic number signs and the like.
const fn is_script_format(c: char) -> bool {
    matches!(c, '\u{0600}'..='\u{0605}' | '\u{06DD}' | '\u{070F}' | '\u{0890}'..='\u{0891}' | '\u{08E2}' | '\u{110BD}' | '\u{110CD}')
}

/// Whether two spellings of the same characters are told apart: text must be in the composed form (NFC).
#[must_use]
pub fn is_composed(text: &str) -> bool {
    unicode_normalization::is_nfc(text)
}

/// The composed form.
#[must_use]
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// What a name looks like, whatever letters it is made of: two names that people would take for each other look the same.
#[must_use]
pub fn look(name: &str) -> String {
    // Capitals of two alphabets may look alike where their small letters do not, so the case goes last.
    let plain: String = name.nfkc().collect();
    skeleton(&plain).flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

/// Words that mix Latin letters with Cyrillic or Greek ones, each with its place in characters. Chinese beside Latin is
/// normal.
#[must_use]
pub fn mixed_words(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut start = 0;
    for (at, c) in text.chars().chain([' ']).enumerate() {
        if c.is_alphabetic() && script(c) != Script::Other {
            if word.is_empty() {
                start = at;
            }
            word.push(c);
            continue;
        }
        let has = |wanted: Script| word.chars().any(|c| script(c) == wanted);
        if has(Script::Latin) && (has(Script::Cyrillic) || has(Script::Greek)) {
            found.push((start, std::mem::take(&mut word)));
        }
        word.clear();
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Other,
}

const fn script(c: char) -> Script {
    match c {
        'A'..='Z' | 'a'..='z' | '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => Script::Latin,
        '\u{0400}'..='\u{052F}' | '\u{1C80}'..='\u{1C8F}' | '\u{2DE0}'..='\u{2DFF}' | '\u{A640}'..='\u{A69F}' => {
            Script::Cyrillic
        }
        // The micro sign is no letter of a word.
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
        _ => Script::Other,
    }
}

/// Why Meta would refuse a text as the value of a variable, or why nobody would want it there.
#[must_use]
pub fn value_fault(value: &str) -> Option<&'static str> {
    if value.trim().is_empty() {
        Some("it is empty")
    } else if value.contains(['\n', '\r', '\t']) {
        Some("it has a line break or a tab")
    } else if value.contains("     ") {
        Some("it has more than four spaces in a row")
    } else if value.chars().count() > 1024 {
        Some("it has more than 1024 characters")
    } else {
        None
    }
}

/// Whether a value that belongs to a person may go into a message: nobody reads these one by one, so what could be a
/// link or a trick stays out.
#[must_use]
pub fn fits_a_person(value: &str) -> bool {
    // Nearly all values are plain; only others are looked at closely.
    let plain = value.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    value_fault(value).is_none()
        && !value.contains("://")
        && !has_address(value)
        && (plain || (refused(value, "").is_empty() && mixed_words(value).is_empty()))
}

/// `12480` as `12,480`.
#[must_use]
pub fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_refused_with_its_name_and_place() {
        for (text, at, name) in [
            ("a\u{200B}b", 1, "U+200B ZERO WIDTH SPACE"),
            ("陳\u{202E}先生", 1, "U+202E turns the direction of the text"),
            ("\u{2066}x", 0, "U+2066 turns the direction of the text"),
            ("x\u{E0041}", 1, "U+E0041 invisible tag"),
            ("\u{1F3F4}\u{E0067}\u{E007F}", 1, "U+E0067 invisible tag"),
            ("a\u{2060}", 1, "U+2060 WORD JOINER"),
            ("\u{FEFF}a", 0, "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
            ("co\u{00AD}op", 2, "U+00AD SOFT HYPHEN"),
            ("\u{3164}", 0, "U+3164 blank letter"),
            ("a\u{FFF9}", 1, "U+FFF9 annotation mark"),
            ("a\u{E000}", 1, "U+E000 private character, which every device shows differently"),
            ("a\u{0378}", 1, "U+0378 no character"),
            ("a\u{FDD0}", 1, "U+FDD0 no character"),
            ("a\u{0007}", 1, "U+0007 control character"),
            ("a\u{0085}", 1, "U+0085 control character"),
            ("a\rb", 1, "U+000D control character"),
            ("pa\u{200D}y", 2, "U+200D joiner that joins nothing"),
            ("pa\u{200C}y", 2, "U+200C joiner that joins nothing"),
            ("a\u{FE0F}", 1, "U+FE0F variation selector without its character"),
            ("a\u{E0101}", 1, "U+E0101 variation selector without its character"),
            ("pay\u{200F}", 3, "U+200F direction mark in a text that runs from left to right"),
            ("a\u{2061}", 1, "U+2061 invisible format character"),
            ("a\u{2028}", 1, "U+2028 line or paragraph separator"),
        ] {
            let found = refused(text, "en");
            assert_eq!(found.first().map(|r| (r.at, r.name())), Some((at, name.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (digits, said) in [("0", "0"), ("999", "999"), ("1000", "1,000"), ("1234567", "1,234,567")] {
            assert_eq!(grouped(digits), said);
        }
    }

    #[test]
    fn what_people_write_in_many_scripts_passes() {
        for (text, language) in [
            ("陳先生，冬季優惠!\n回覆「停止」可取消接收", "zh"),
            ("Grüße, Zürich — 15% günstiger", "de"),
            ("家族 👨‍👩‍👧‍👦 と 🏳️‍🌈 と 👩🏽‍💻", "ja"),
            ("🏴󠁧󠁢󠁥󠁮󠁧󠁿 England, 1️⃣ #️⃣ ❤️ ‼️ ©️ ↔️", "en"),
            ("می‌خواهم", "fa"),
            ("क्‍ष और क्ष", "hi"),
            ("שלום \u{200F}123", "he"),
            ("葛󠄀城市", "ja"),
            ("สวัสดีครับ", "th"),
            ("Привет, мир", "ru"),
            ("한국어 메시지", "ko"),
            ("Tiếng Việt", "vi"),
        ] {
            assert_eq!(refused(text, language), [], "{text}");
            assert_eq!(mixed_words(text), [], "{text}");
        }
    }

    #[test]
    fn words_of_two_alphabets_are_found() {
        assert_eq!(mixed_words("open a р\u{0430}ypal account"), [(7, "р\u{0430}ypal".to_owned())]);
        assert_eq!(mixed_words("Οmega"), [(0, "Οmega".to_owned())]);
        assert_eq!(mixed_words("WhatsApp優惠 A4 тест"), []);
    }

    #[test]
    fn names_that_people_would_take_for_each_other_look_the_same() {
        for (one, other, same) in [
            ("Tea club", "Теа club", true),
            ("Tea club", "tea  CLUB", true),
            ("Tea club", "Ｔｅａ club", true),
            ("VIP", "VlP", true),
            ("Tea club", "Tea clubs", false),
            ("茶友", "茶支", false),
            ("Café", "Cafe", false),
        ] {
            assert_eq!(look(one) == look(other), same, "{one} {other}");
        }
    }

    #[test]
    fn composed_text_is_told_from_decomposed() {
        assert!(is_composed("é") && !is_composed("e\u{301}"));
        assert_eq!(composed("e\u{301}"), "é");
    }

    #[test]
    fn a_value_that_could_be_a_trick_does_not_fit_a_person() {
        for value in [
            "",
            " ",
            "a\nb",
            "a\tb",
            "a     b",
            "see https://evil.example",
            "www.evil.example",
            "WWW.evil.example",
            "evil.com",
            "a\u{202E}b",
        ] {
            assert!(!fits_a_person(value), "{value:?}");
        }
        for value in ["Ada", "陳大文", "5 Dec", "A    B", "O'Neill-Ñandú", "J. R. Lau", "Mr.Lee"] {
            assert!(fits_a_person(value), "{value:?}");
        }
    }
}
