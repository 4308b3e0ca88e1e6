//! A row of the catalogue as MCP describes a tool.

use crate::domain::people::NameStyle;
use crate::tools::catalogue::catalogue;
use crate::tools::{Kind, Tool};
use rmcp::model::{JsonObject, MetaObject, Tool as Described, ToolAnnotations};
use schemars::Schema;
use serde_json::{Value, json};
use std::sync::Arc;

/// Prefix of our own keys in `_meta`.
const PREFIX: &str = "countersign.dev";

/// Its name, as this caller's host takes it.
pub(super) fn name(tool: &Tool, names: NameStyle) -> String {
    match names {
        NameStyle::Dotted => tool.name.to_owned(),
        NameStyle::Underscore => tool.underscore_name(),
    }
}

/// The whole of it. Names in the texts have the caller's spelling, or the model could not call what it reads.
pub(super) fn describe(tool: &'static Tool, names: NameStyle) -> Described {
    let [title, hant, hans] = tool.title;
    let read_first: Vec<String> = tool.read_first.iter().map(|text| spell(text, names)).collect();
    let own = |key: &str| format!("{PREFIX}/{key}");
    let mut meta = JsonObject::new();
    meta.insert(own("kind"), tool.kind.as_str().into());
    meta.insert(own("read_first"), json!(read_first));
    meta.insert(own("titles"), json!({"en": title, "zh-Hant": hant, "zh-Hans": hans}));
    Described::new(name(tool, names), description(tool, &read_first, names), object((tool.input)()))
        .with_title(title)
        .with_raw_output_schema(Arc::new(object((tool.output)())))
        .with_annotations(annotations(tool))
        .with_meta(MetaObject(meta))
}

fn description(tool: &Tool, read_first: &[String], names: NameStyle) -> String {
    let mut text = spell(tool.summary, names);
    match tool.kind {
        Kind::Preview(writes) => {
            let writes: Vec<String> = writes.iter().map(|write| spell(write, names)).collect();
            text.push_str(&format!(
                "\nPreviews {}. Changes nothing of what it previews; it stores what it found as an action request, \
                 which people are asked to sign where policy wants that.",
                writes.join(", ")
            ));
        }
        Kind::Write(_) => text.push_str(
            "\nNever acts by itself: it answers with an action request, which is carried out once everybody who has to agree has.",
        ),
        Kind::Read(_) | Kind::Status(_) => {}
    }
    if !read_first.is_empty() {
        text.push_str(&format!("\nRead first: {}.", read_first.join("; ")));
    }
    text.push_str(&format!("\nGovernance: {}\nSafety: {}", spell(tool.governance, names), spell(tool.safety, names)));
    text
}

/// Replaces the names of tools in a text by the caller's spelling of them.
fn spell(text: &str, names: NameStyle) -> String {
    if names == NameStyle::Dotted {
        return text.to_owned();
    }
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    let respell = |word: &str| {
        let bare = word.trim_end_matches('.');
        if bare.starts_with("whatsapp.") && bare.matches('.').count() == 2 {
            format!("{}{}", bare.replace('.', "_"), ".".repeat(word.len() - bare.len()))
        } else {
            word.to_owned()
        }
    };
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars() {
        if is_name(c) {
            word.push(c);
        } else {
            out.push_str(&respell(&word));
            word.clear();
            out.push(c);
        }
    }
    out + respell(&word).as_str()
}

/// Hints for the host's own question before a call; nothing here relies on them.
fn annotations(tool: &Tool) -> ToolAnnotations {
    let hints = ToolAnnotations::new().idempotent(true);
    match tool.kind {
        Kind::Read(_) | Kind::Status(_) | Kind::Preview(_) => hints.read_only(true).open_world(false),
        Kind::Write(_) => {
            let reaches_out =
                tool.name.ends_with(".send") || tool.name.ends_with(".schedule") || tool.name.ends_with(".submit");
            hints.read_only(false).destructive(reaches_out).open_world(reaches_out)
        }
    }
}

fn object(schema: Schema) -> JsonObject {
    match schema.to_value() {
        Value::Object(members) => members,
        // A schema that is only `true` or `false`, which no argument or answer type has.
        _ => JsonObject::new(),
    }
}

/// The description by name, for the SDK's checks of mirrored headers.
pub(super) fn by_name(name: &str) -> Option<Described> {
    catalogue().find(name).map(|tool| describe(tool, NameStyle::Dotted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_texts_follow_the_spelling_of_the_list() {
        let text = "Read whatsapp.contacts.list, or whatsapp.contact.get. See example.com.";
        assert_eq!(spell(text, NameStyle::Dotted), text);
        assert_eq!(
            spell(text, NameStyle::Underscore),
            "Read whatsapp_contacts_list, or whatsapp_contact_get. See example.com."
        );
    }

    #[test]
    fn every_tool_says_what_comes_before_it_and_who_decides() {
        for tool in catalogue().tools() {
            for names in [NameStyle::Dotted, NameStyle::Underscore] {
                let described = describe(tool, names);
                let text = described.description.unwrap_or_default();
                assert!(text.contains("Governance: ") && text.contains("Safety: "), "{}", tool.name);
                assert_eq!(text.contains("Read first: "), !tool.read_first.is_empty(), "{}", tool.name);
                if names == NameStyle::Underscore {
                    assert!(!text.contains("whatsapp.") && !described.name.contains('.'), "{text}");
                }
            }
        }
    }
}
