//! The catalogue is whole: the same keys and placeholders in every language, and every key that a page names.

#![expect(clippy::string_slice, reason = "a test may stop at a file that is not what it should be")]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser::parse;

use super::{Lang, Locales, Words};

/// Key to placeholders, for one language.
fn keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut out = BTreeMap::new();
    let folder = format!("{}/", lang.tag());
    for path in Locales::iter().filter(|path| path.starts_with(&folder)) {
        let file = Locales::get(&path).unwrap();
        let text = String::from_utf8(file.data.to_vec()).unwrap();
        let resource = parse(text).unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"));
        for entry in resource.body {
            if let Entry::Message(message) = entry {
                let mut names = BTreeSet::new();
                gather(message.value.as_ref().unwrap(), &mut names);
                let again = out.insert(message.id.name.clone(), names);
                assert!(again.is_none(), "{path}: {} is there twice", message.id.name);
            }
        }
    }
    out
}

fn gather(pattern: &Pattern<String>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => gather_inline(inline, names),
            Expression::Select { selector, variants } => {
                gather_inline(selector, names);
                for variant in variants {
                    gather(&variant.value, names);
                }
            }
        }
    }
}

fn gather_inline(inline: &InlineExpression<String>, names: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = inline {
        names.insert(id.name.clone());
    }
}

#[test]
fn every_language_has_the_same_keys_and_placeholders() {
    let english = keys(Lang::En);
    assert!(english.len() > 100, "the catalogue was not read");
    for lang in [Lang::ZhHant, Lang::ZhHans] {
        let other = keys(lang);
        let missing: Vec<_> = english.keys().filter(|key| !other.contains_key(*key)).collect();
        let extra: Vec<_> = other.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{lang:?}: missing {missing:?}, extra {extra:?}");
        for (key, names) in &english {
            assert_eq!(names, &other[key], "{lang:?}: placeholders of {key}");
        }
    }
}

/// The keys that templates name literally, found by the shape of the call.
fn named_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in ["l.t(\"", "l.t1(\"", "l.t2(\"", "l.t3(\"", "l.t_with(\""] {
        for (start, _) in text.match_indices(call) {
            let rest = &text[start + call.len()..];
            found.push(rest[..rest.find('"').unwrap()].to_owned());
        }
    }
    found
}

fn files_under(folder: &std::path::Path, ending: &[&str], out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, ending, out);
        } else if ending.iter().any(|e| path.extension().is_some_and(|x| x == *e)) {
            out.push(path);
        }
    }
}

#[test]
fn every_key_that_a_page_names_exists_and_every_key_is_named() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, english) = (Vec::new(), keys(Lang::En));
    files_under(&root.join("templates"), &["html", "txt"], &mut files);
    files_under(&root.join("src"), &["rs"], &mut files);
    let mut sources = String::new();
    for path in &files {
        let text = std::fs::read_to_string(path).unwrap();
        for key in named_in(&text) {
            assert!(english.contains_key(&key), "{} names {key}, which is not in the catalogue", path.display());
        }
        sources.push_str(&text);
    }
    // Whatever stands between two quotation marks.
    let quoted: HashSet<&str> = sources.split('"').collect();
    let unused: Vec<_> = english.keys().filter(|key| !quoted.contains(key.as_str())).collect();
    assert!(unused.is_empty(), "keys that nothing names: {unused:?}");
}

#[test]
fn a_missing_key_shows_itself() {
    assert_eq!(Words::hong_kong(Lang::En).t("no-such-key"), "⟦no-such-key⟧");
}

#[test]
fn plurals_follow_the_number_and_numbers_are_grouped() {
    let l = Words::hong_kong(Lang::En);
    assert_eq!(l.t1("people", "n", 1_u64), "1 person");
    assert_eq!(l.t1("people", "n", 12_480_u64), "12,480 people");
    assert_eq!(Words::hong_kong(Lang::ZhHant).t1("people", "n", 12_480_u64), "12,480人");
}

#[test]
fn the_pseudo_language_is_longer_and_leaves_values_alone() {
    let text = Words::hong_kong(Lang::Pseudo).t1("people", "n", 12_480_u64);
    assert!(text.contains("12,480") && text.contains("pëöplë") && text.contains('~'), "{text}");
}
