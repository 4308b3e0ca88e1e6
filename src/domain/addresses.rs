//! The addresses in a text: whatever a phone would make a link of.

/// The addresses that a text names, each with its place in characters. A phone makes a link of whatever ends in a public
/// suffix, with or without a scheme before it, so all of that counts; an address for mail does not.
#[must_use]
pub fn named_in(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || "「」『』（）《》，。！？、；：<>\"".contains(c))
    {
        let lower = word.to_ascii_lowercase();
        let begins =
            ["http://", "https://", "www."].iter().filter_map(|begin| lower.find(begin)).chain(bare_host(word)).min();
        if let Some((before, address)) = begins.and_then(|at| word.split_at_checked(with_placeholder(word, at))) {
            let end = |c: char| c.is_whitespace() || ".,;:!?)]}'\"「」『』（）《》，。！？、；：<>".contains(c);
            // A closing brace may end a placeholder.
            let trimmed =
                if address.trim_end().ends_with("}}") { address.trim_end() } else { address.trim_end_matches(end) };
            found.push((start + before.chars().count(), trimmed.to_owned()));
        }
        start += word.chars().count();
    }
    found
}

/// A placeholder right before a host becomes a part of it.
fn with_placeholder(word: &str, at: usize) -> usize {
    let before = word.get(..at).unwrap_or_default();
    before.strip_suffix("}}").and_then(|before| before.rfind("{{")).unwrap_or(at)
}

/// Where in a word a host begins that is written without a scheme. Han, Kana and Hangul end it: they need no space before a
/// host.
fn bare_host(word: &str) -> Option<usize> {
    let of_host = |c: char| c == '.' || c == '-' || (c.is_alphanumeric() && !is_east_asian(c));
    let mut from = 0;
    while let Some(rest) = word.get(from..).filter(|rest| !rest.is_empty()) {
        let run = rest.find(|c| !of_host(c)).unwrap_or(rest.len());
        let (host, after) = rest.split_at(run);
        let host_starts = from + host.len() - host.trim_start_matches(['.', '-']).len();
        let host = host.trim_matches(['.', '-']).to_lowercase();
        let mailbox = after.starts_with('@') || word.get(..from).is_some_and(|before| before.ends_with('@'));
        let labels = host.split('.').all(|label| !label.is_empty());
        if !mailbox && labels && psl::domain(host.as_bytes()).is_some_and(|domain| domain.suffix().is_known()) {
            return Some(host_starts);
        }
        from += run + after.chars().next().map_or(0, char::len_utf8);
    }
    None
}

/// Han, Kana and Hangul, with their marks and wide forms.
const fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..)
}

/// Whether a text names any.
#[must_use]
pub fn has_address(text: &str) -> bool {
    // Each of them has a dot; nearly no name does.
    text.contains('.') && !named_in(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_a_text_are_found_with_their_place() {
        assert_eq!(
            named_in("詳情：https://example.hk/a，或 www.example.hk. See HTTP://X.org/{{1}}"),
            [
                (3, "https://example.hk/a".to_owned()),
                (26, "www.example.hk".to_owned()),
                (46, "HTTP://X.org/{{1}}".to_owned())
            ]
        );
        for (text, address) in [
            ("Win now: bit.ly/abc", (9, "bit.ly/abc")),
            ("去wa.me/85291234567看看", (1, "wa.me/85291234567看看")),
            ("Go to Evil.COM.", (6, "Evil.COM")),
            ("(evil.co.uk)", (1, "evil.co.uk")),
            ("see shop.example.hk:8443/x", (4, "shop.example.hk:8443/x")),
            ("evil.com/https://example.hk", (0, "evil.com/https://example.hk")),
            ("see {{1}}example.hk/x", (4, "{{1}}example.hk/x")),
            ("or ex\u{430}mple.com/{{1}}", (3, "ex\u{430}mple.com/{{1}}")),
        ] {
            assert_eq!(named_in(text), [(address.0, address.1.to_owned())], "{text}");
        }
        for text in [
            "no address here: 5.50 or a@b.c",
            "mail shop@example.com, first.last@example.com",
            "HK$1,280.00 at 10.30 a.m.",
            "Wait...what? v2.0",
            "e.g. this, U.S. or etc.",
            "com",
        ] {
            assert_eq!(named_in(text), [], "{text}");
        }
    }
}
