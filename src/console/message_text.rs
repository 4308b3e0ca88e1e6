//! Message text as a recipient sees it, and as it is stored: WhatsApp's formatting marks, variables, hidden characters.

/// How a run of characters looks in WhatsApp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Plain,
    Bold,
    Italic,
    Strike,
    Code,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub look: Look,
    pub text: String,
}

/// Splits a text into lines of runs. Marks work as in WhatsApp: within one line, opening before and closing after a
/// character that is not a space. Marks inside marks keep the outer look, which is enough to read by.
pub fn formatted(text: &str) -> Vec<Vec<Run>> {
    text.split('\n').map(format_line).collect()
}

fn format_line(line: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut plain = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((look, inside, after)) = marked(rest, plain.chars().next_back()) {
            if !plain.is_empty() {
                runs.push(Run { look: Look::Plain, text: std::mem::take(&mut plain) });
            }
            runs.push(Run { look, text: inside.to_owned() });
            rest = after;
        } else {
            plain.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    if !plain.is_empty() || runs.is_empty() {
        runs.push(Run { look: Look::Plain, text: plain });
    }
    runs
}

/// If the text starts with a closed mark: its look, what is inside, and what follows.
fn marked(text: &str, before: Option<char>) -> Option<(Look, &str, &str)> {
    let (mark, look) =
        [("```", Look::Code), ("`", Look::Code), ("*", Look::Bold), ("_", Look::Italic), ("~", Look::Strike)]
            .into_iter()
            .find(|(mark, _)| text.starts_with(mark))?;
    if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = text.get(mark.len()..)?;
    let end = rest.find(mark)?;
    let (inside, after) = (rest.get(..end)?, rest.get(end + mark.len()..)?);
    let firm = !inside.is_empty() && !inside.starts_with(' ') && !inside.ends_with(' ');
    let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric());
    (firm && ends).then_some((look, inside, after))
}

/// A piece of stored text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `{{1}}`, or a named variable.
    Variable(String),
    /// A character that nobody would see: `U+200B` and its name.
    Hidden(String),
}

/// Splits stored text so that variables and hidden characters can be shown for what they are.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (piece, length) = if let Some(name) = variable(rest) {
            (Piece::Variable(name.to_owned()), name.len())
        } else if let Some(name) = hidden_name(c) {
            (Piece::Hidden(format!("U+{:04X} {name}", u32::from(c)).trim_end().to_owned()), c.len_utf8())
        } else {
            plain.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        };
        if !plain.is_empty() {
            out.push(Piece::Text(std::mem::take(&mut plain)));
        }
        out.push(piece);
        rest = rest.get(length..).unwrap_or_default();
    }
    if !plain.is_empty() {
        out.push(Piece::Text(plain));
    }
    out
}

fn variable(text: &str) -> Option<&str> {
    let end = text.strip_prefix("{{")?.find("}}")?;
    let name = text.get(2..2 + end)?;
    let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if named { text.get(..end + 4) } else { None }
}

/// The name of a character that has no shape of its own, or that changes the order of others. Joiners between emoji
/// are shown too: the raw text hides nothing.
fn hidden_name(c: char) -> Option<&'static str> {
    Some(match u32::from(c) {
        0x0A => return None,
        0x09 => "TAB",
        0x00..=0x1F | 0x7F..=0x9F => "CONTROL",
        0xAD => "SHY",
        0x61C => "ALM",
        0x115F | 0x1160 | 0x3164 | 0xFFA0 => "FILLER",
        0x200B => "ZWSP",
        0x200C => "ZWNJ",
        0x200D => "ZWJ",
        0x200E => "LRM",
        0x200F => "RLM",
        0x2028 | 0x2029 => "LINE SEPARATOR",
        0x202A..=0x202E | 0x2066..=0x2069 => "BIDI",
        0x2060 => "WJ",
        0xFEFF => "BOM",
        0xFE00..=0xFE0F | 0xE0100..=0xE01EF => "VARIATION",
        0xFFF9..=0xFFFB => "ANNOTATION",
        0xE0000..=0xE007F => "TAG",
        0xE000..=0xF8FF | 0xF0000..=0x10FFFF => "PRIVATE USE",
        _ => return None,
    })
}

/// How many characters of a text nobody would see.
pub fn hidden_count(text: &str) -> usize {
    text.chars().filter(|c| hidden_name(*c).is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::{Look, Piece, Run, formatted, hidden_count, pieces};

    fn run(look: Look, text: &str) -> Run {
        Run { look, text: text.into() }
    }

    #[test]
    fn marks_become_looks_as_in_whatsapp() {
        assert_eq!(
            formatted("Dear *Ms Chan*, _now_ ~20~ `15`%"),
            [[
                run(Look::Plain, "Dear "),
                run(Look::Bold, "Ms Chan"),
                run(Look::Plain, ", "),
                run(Look::Italic, "now"),
                run(Look::Plain, " "),
                run(Look::Strike, "20"),
                run(Look::Plain, " "),
                run(Look::Code, "15"),
                run(Look::Plain, "%"),
            ]]
        );
        assert_eq!(formatted("*優惠*：今日"), [vec![run(Look::Bold, "優惠"), run(Look::Plain, "：今日")]]);
    }

    #[test]
    fn marks_that_are_not_marks_stay() {
        for text in ["2 * 3 * 4", "snake_case_name", "*open", "**", "* a *", "", "a*b*c", "<b>*</b>"] {
            assert_eq!(formatted(text), [[run(Look::Plain, text)]], "{text}");
        }
        assert_eq!(formatted("*one\ntwo*").len(), 2, "a mark ends with its line");
    }

    #[test]
    fn variables_and_hidden_characters_are_shown() {
        assert_eq!(
            pieces("Hi {{1}}\u{200B}!\u{202E} {{ x }} {{}}"),
            [
                Piece::Text("Hi ".into()),
                Piece::Variable("{{1}}".into()),
                Piece::Hidden("U+200B ZWSP".into()),
                Piece::Text("!".into()),
                Piece::Hidden("U+202E BIDI".into()),
                Piece::Text(" {{ x }} {{}}".into()),
            ]
        );
        assert_eq!(hidden_count("plain 文字\nnext"), 0);
        assert_eq!(hidden_count("a\u{E0041}\u{FEFF}"), 2);
    }

    #[test]
    fn no_text_is_lost() {
        let text = "a {{b}} *c* \u{200D}😀 {{unclosed";
        let back: String = formatted(text).concat().into_iter().map(|run| run.text).collect();
        assert_eq!(back, text.replace('*', ""));
    }
}
