//! Two texts as one, with what goes and what comes marked: by words, and by signs where a script has no spaces.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::message_text::{Piece, pieces};

/// What becomes of a stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Stays,
    Goes,
    Comes,
}

/// A stretch of text with one fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub fate: Fate,
    pub text: Vec<Piece>,
}

impl Stretch {
    pub fn new(fate: Fate, text: &str) -> Self {
        Self { fate, text: pieces(text) }
    }
}

/// Texts that share less than one part in so many of the longer are another text: single words in common would only confuse.
const LEAST_SHARED: usize = 4;

/// What was and what will be, in one.
pub fn diff(before: Option<&str>, after: Option<&str>) -> Vec<Stretch> {
    let (was, will) = (before.unwrap_or_default(), after.unwrap_or_default());
    let (old, new) = (tokens(was), tokens(will));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let of = |tokens: &[&str], start: usize, length: usize| -> String {
        tokens.iter().skip(start).take(length).copied().collect()
    };
    let steps: Vec<(Fate, String)> = ops
        .iter()
        .flat_map(|op| match *op {
            DiffOp::Equal { old_index, len, .. } => vec![(Fate::Stays, of(&old, old_index, len))],
            DiffOp::Delete { old_index, old_len, .. } => vec![(Fate::Goes, of(&old, old_index, old_len))],
            DiffOp::Insert { new_index, new_len, .. } => vec![(Fate::Comes, of(&new, new_index, new_len))],
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                vec![(Fate::Goes, of(&old, old_index, old_len)), (Fate::Comes, of(&new, new_index, new_len))]
            }
        })
        .collect();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let shared: usize = steps.iter().filter(|(fate, _)| *fate == Fate::Stays).map(|(_, text)| letters(text)).sum();
    let steps = if shared * LEAST_SHARED < letters(was).max(letters(will)) {
        vec![(Fate::Goes, was.to_owned()), (Fate::Comes, will.to_owned())]
    } else {
        bridged(steps)
    };
    let said = steps.iter().filter(|(_, text)| !text.is_empty());
    said.map(|(fate, text)| Stretch::new(*fate, text)).collect()
}

/// Changes with nothing but space between them are one change: what goes first, then what comes.
fn bridged(steps: Vec<(Fate, String)>) -> Vec<(Fate, String)> {
    let mut out = Vec::new();
    let (mut goes, mut comes, mut between) = (String::new(), String::new(), String::new());
    for (fate, text) in steps {
        let changes = !(goes.is_empty() && comes.is_empty());
        if fate == Fate::Stays && changes && between.is_empty() && text.trim().is_empty() {
            between = text;
            continue;
        }
        if fate == Fate::Stays {
            settle(&mut out, &mut goes, &mut comes);
            between.push_str(&text);
            out.push((Fate::Stays, std::mem::take(&mut between)));
            continue;
        }
        // What was between two changes is part of both.
        if !between.is_empty() {
            goes.push_str(&between);
            comes.push_str(&between);
            between.clear();
        }
        if fate == Fate::Goes { goes.push_str(&text) } else { comes.push_str(&text) }
    }
    settle(&mut out, &mut goes, &mut comes);
    out.push((Fate::Stays, between));
    out
}

fn settle(out: &mut Vec<(Fate, String)>, goes: &mut String, comes: &mut String) {
    out.push((Fate::Goes, std::mem::take(goes)));
    out.push((Fate::Comes, std::mem::take(comes)));
}

/// Words, variables, and single signs of all else.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let variable = rest.strip_prefix("{{").and_then(|inner| inner.find("}}")).map(|end| end + 4);
        let word = || rest.chars().take_while(|c| is_of_word(*c)).map(char::len_utf8).sum::<usize>();
        let length = variable.unwrap_or_else(|| if is_of_word(first) { word() } else { first.len_utf8() });
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// Part of a word in a script that has spaces between its words.
fn is_of_word(c: char) -> bool {
    let spaceless = matches!(u32::from(c), 0x0E00..=0x0EFF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF);
    (c.is_alphanumeric() || c == '\'' || c == '’') && !spaceless
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(before: Option<&str>, after: Option<&str>) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) | Piece::Variable(text) | Piece::Hidden(text) => text.clone(),
        };
        let of = |stretch: &Stretch| {
            let text: String = stretch.text.iter().map(text).collect();
            match stretch.fate {
                Fate::Stays => text,
                Fate::Goes => format!("[-{text}-]"),
                Fate::Comes => format!("[+{text}+]"),
            }
        };
        diff(before, after).iter().map(of).collect()
    }

    #[test]
    fn words_and_signs_are_marked_and_the_rest_stays() {
        for (before, after, wanted) in [
            (
                Some("Hi {{1}}, your order is ready."),
                Some("Hi {{1}}, your tea is ready."),
                "Hi {{1}}, your [-order-][+tea+] is ready.",
            ),
            (
                Some("in an hour, at most"),
                Some("within two hours, at most"),
                "[-in an hour-][+within two hours+], at most",
            ),
            (Some("週一至週五營業"), Some("週一至週六營業"), "週一至週[-五-][+六+]營業"),
            (
                Some("We are open until six"),
                Some("We are open until six, and on Sundays"),
                "We are open until six[+, and on Sundays+]",
            ),
            (Some("Hello {{1}}"), Some("Hello {{2}}"), "Hello [-{{1}}-][+{{2}}+]"),
            (Some("Which tea would you like?"), Some("Goodbye"), "[-Which tea would you like?-][+Goodbye+]"),
            (None, Some("New"), "[+New+]"),
            (Some("Old"), None, "[-Old-]"),
            (Some("Same"), Some("Same"), "Same"),
        ] {
            assert_eq!(marked(before, after), wanted);
        }
    }

    proptest! {
        #[test]
        fn nothing_of_either_text_is_lost(before in "[ab, 茶葉{}1]{0,24}", after in "[ab, 茶葉{}1]{0,24}") {
            let side = |leaves_out: Fate| {
                let kept = diff(Some(&before), Some(&after)).into_iter().filter(move |it| it.fate != leaves_out);
                kept.flat_map(|it| it.text).map(|piece| match piece {
                    Piece::Text(text) | Piece::Variable(text) | Piece::Hidden(text) => text,
                }).collect::<String>()
            };
            prop_assert_eq!(side(Fate::Comes), before.clone());
            prop_assert_eq!(side(Fate::Goes), after.clone());
        }
    }
}
