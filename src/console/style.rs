//! The style sheet keeps its promises: contrast of every pair in both themes, no inline exceptions, layers in order.

#![expect(clippy::string_slice, reason = "a test may stop at a file that is not what it should be")]

use std::collections::HashMap;

use super::assets::Assets;

fn sheet() -> String {
    String::from_utf8(Assets::get("console.css").unwrap().data.to_vec()).unwrap()
}

/// The colours that are declared between a selector and the end of its block.
fn tokens(sheet: &str, selector: &str) -> HashMap<String, [f64; 3]> {
    let start = sheet.find(selector).unwrap_or_else(|| panic!("no {selector}"));
    let block = &sheet[start..start + sheet[start..].find('}').unwrap()];
    block
        .split([';', '{'])
        .filter_map(|declaration| declaration.trim().strip_prefix("--")?.split_once(": #"))
        .map(|(name, hex)| {
            let part = |i: usize| f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()) / 255.0;
            (name.to_owned(), [part(0), part(2), part(4)])
        })
        .collect()
}

fn luminance(colour: [f64; 3]) -> f64 {
    let [r, g, b] = colour.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Ink, ground, and the ratio that the ink needs: 4.5 for text, 3 for borders of controls and the focus ring.
const PAIRS: [(&str, &str, f64); 37] = [
    ("text", "canvas", 4.5),
    ("text", "surface", 4.5),
    ("text", "sunken", 4.5),
    ("text-2", "canvas", 4.5),
    ("text-2", "surface", 4.5),
    ("text-2", "sunken", 4.5),
    ("line-strong", "canvas", 3.0),
    ("line-strong", "surface", 3.0),
    ("link", "canvas", 4.5),
    ("link", "surface", 4.5),
    ("link", "sunken", 4.5),
    ("link", "bubble", 4.5),
    ("focus", "canvas", 3.0),
    ("focus", "surface", 3.0),
    ("focus", "sunken", 3.0),
    ("accent", "surface", 3.0),
    ("accent", "canvas", 3.0),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("ok", "ok-bg", 4.5),
    ("ok", "surface", 4.5),
    ("ok", "sunken", 4.5),
    ("warn", "warn-bg", 4.5),
    ("warn", "surface", 4.5),
    ("danger", "danger-bg", 4.5),
    ("danger", "surface", 4.5),
    ("danger", "sunken", 4.5),
    ("surface", "danger", 4.5),
    ("surface", "del-ink", 4.5),
    ("info", "info-bg", 4.5),
    ("violet", "violet-bg", 4.5),
    ("text", "violet-bg", 4.5),
    ("add-ink", "add-bg", 4.5),
    ("del-ink", "del-bg", 4.5),
    ("bubble-text", "bubble", 4.5),
    ("bubble-meta", "bubble", 4.5),
    ("bubble-meta", "chat", 4.5),
];

#[test]
fn every_pair_has_its_contrast_in_both_themes() {
    let sheet = sheet();
    for selector in [":root {", ":root:not([data-theme=\"light\"])", ":root[data-theme=\"dark\"]"] {
        let tokens = tokens(&sheet, selector);
        assert!(tokens.len() >= 27, "{selector} has only {} colours", tokens.len());
        for (ink, ground, least) in PAIRS {
            let ratio = contrast(tokens[ink], tokens[ground]);
            assert!(ratio >= least, "{selector}: {ink} on {ground} is {ratio:.2}, less than {least}");
        }
    }
    let light = tokens(&sheet, ":root {");
    assert!((contrast(light["text"], light["surface"]) - 17.63).abs() < 0.01, "the formula is WCAG's");
}

#[test]
fn both_ways_into_the_dark_agree() {
    let sheet = sheet();
    let by_system = tokens(&sheet, ":root:not([data-theme=\"light\"])");
    assert_eq!(by_system, tokens(&sheet, ":root[data-theme=\"dark\"]"));
    assert_eq!(by_system.len(), tokens(&sheet, ":root {").len());
}

#[test]
fn colours_come_from_tokens_only() {
    let sheet = sheet();
    let after_tokens = &sheet[sheet.find("@layer base {").unwrap()..sheet.find("@layer print {").unwrap()];
    assert!(!after_tokens.contains('#') && !after_tokens.contains("rgb("), "a colour stands outside the tokens");
    assert!(!sheet.contains("!important") && !sheet.contains("@import") && !sheet.contains("url("));
}

#[test]
fn the_script_is_plain() {
    let script = String::from_utf8(Assets::get("console.js").unwrap().data.to_vec()).unwrap();
    for never in ["eval(", "innerHTML", "document.write", "http://", "https://", "new Function", ".style"] {
        assert!(!script.contains(never), "the script has {never}");
    }
}
