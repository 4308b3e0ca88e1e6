//! The words by which a customer ends it. Only a message that is nothing else counts.

use crate::domain::consent::Suppression;
use crate::domain::policy::message::is_way_out;

/// What a customer no longer wants who says this, and in which words. A tap on a button such as "Stop promotions" is how a
/// template lets people out; it speaks of what templates promote.
pub fn opts_out(words: &str, tapped: bool) -> Option<(Suppression, &str)> {
    let all = stop_word(words).map(|word| (Suppression::OptedOutOfEverything, word.as_str()));
    all.or_else(|| (tapped && is_way_out(words)).then_some((Suppression::OptedOutOfMarketing, words)))
}

/// A stop word that was recognised, in its plain spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopWord(&'static str);

impl StopWord {
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// As [`fold`] leaves them: lower case, without spaces and dashes.
const WORDS: &[(&str, &str)] = &[
    ("stop", "stop"),
    ("stopall", "stopall"),
    ("quit", "quit"),
    ("end", "end"),
    ("revoke", "revoke"),
    ("optout", "opt out"),
    ("cancel", "cancel"),
    ("unsubscribe", "unsubscribe"),
    ("停止", "停止"),
    ("退訂", "退訂"),
    ("退订", "退订"),
    ("取消", "取消"),
    ("拒收", "拒收"),
    ("取消接收", "取消接收"),
];

/// Longer than every word above, folded.
const LONGEST: usize = 16;

/// Whether the whole message is a stop word, in any case and width, with whatever signs around it.
pub fn stop_word(text: &str) -> Option<StopWord> {
    let folded = fold(text)?;
    WORDS.iter().find(|(word, _)| *word == folded).map(|(_, plain)| StopWord(plain))
}

/// Lower case, half width, no spaces, dashes or invisible signs, nothing but letters and digits at either end. `None`
/// when what remains is too long to be a stop word.
fn fold(text: &str) -> Option<String> {
    let mut core = String::new();
    let mut length = 0usize;
    // A sign inside the text breaks the word, but only if letters follow: `stop!!!` is one, `don't stop` is not.
    let mut sign_waiting = false;
    for c in text.chars().map(half_width) {
        if is_joint(c) {
            continue;
        }
        if !c.is_alphanumeric() {
            sign_waiting = !core.is_empty();
            continue;
        }
        if sign_waiting {
            return None;
        }
        core.extend(c.to_lowercase());
        length += 1;
        if length > LONGEST {
            return None;
        }
    }
    Some(core)
}

/// Full-width letters, digits and signs have their half-width twins at a fixed distance.
fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// What may stand between the letters of one word: spaces, dashes, and what cannot be seen.
fn is_joint(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_in_every_dress() {
        for (text, word) in [
            ("STOP", "stop"),
            ("  Stop.  ", "stop"),
            ("stop!!!", "stop"),
            ("(stop)", "stop"),
            ("\"STOP\"", "stop"),
            ("STOP 🛑", "stop"),
            ("ＳＴＯＰ", "stop"),
            ("　ｓｔｏｐ！　", "stop"),
            ("s\u{200b}top", "stop"),
            ("StopAll", "stopall"),
            ("stop all", "stopall"),
            ("QUIT", "quit"),
            ("End", "end"),
            ("revoke", "revoke"),
            ("opt out", "opt out"),
            ("Opt-Out", "opt out"),
            ("OPT—OUT", "opt out"),
            ("ｏｐｔ－ｏｕｔ", "opt out"),
            ("OptOut", "opt out"),
            ("cancel\n", "cancel"),
            ("Unsubscribe", "unsubscribe"),
            ("停止", "停止"),
            ("退訂。", "退訂"),
            ("退订！", "退订"),
            ("「取消」", "取消"),
            ("拒收", "拒收"),
            ("取消 接收", "取消接收"),
        ] {
            assert_eq!(stop_word(text).map(StopWord::as_str), Some(word), "{text:?}");
        }
    }

    #[test]
    fn other_messages_are_not_stop_words() {
        for text in [
            "",
            " ",
            "!!!",
            "please stop",
            "don't stop",
            "non-stop",
            "stop it",
            "STOP, but only on Mondays",
            "stopp",
            "the end",
            "weekend",
            "cancel my order",
            "取消訂單",
            "不要停止",
            "我想退订一个",
            "st.op",
            "stop1",
        ] {
            assert_eq!(stop_word(text), None, "{text:?}");
        }
    }

    #[test]
    fn very_long_messages_are_answered_quickly() {
        let text = format!("{}stop{}", " ".repeat(1 << 20), "!".repeat(1 << 20));
        assert_eq!(stop_word(&text).map(StopWord::as_str), Some("stop"));
        assert_eq!(stop_word(&"stop".repeat(1 << 20)), None);
    }
}
