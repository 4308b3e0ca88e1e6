//! docs/catalogue.md says of every tool what the table and its schemas say, with a call and an answer taken from a run.
//!
//! `UPDATE_DOCS=1 cargo nextest run documented` writes it anew; `EXAMPLES=DIR cargo nextest run` keeps the calls that
//! docs/examples.json is made of.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use countersign::tools::catalogue::catalogue;
use countersign::tools::{Kind, Tool};
use serde_json::{Map, Value, json};

use crate::support::root;

/// Items of a list, members of an object and characters of a text that a page shows.
const ITEMS: usize = 1;
const CHARACTERS: usize = 100;

type Examples = BTreeMap<String, (Value, Value)>;

fn examples() -> Examples {
    let text = std::fs::read_to_string(root().join("docs/examples.json")).expect("docs/examples.json");
    let rows: Vec<Value> = serde_json::from_str(&text).expect("a list");
    rows.into_iter()
        .map(|mut row| (row["tool"].as_str().unwrap().to_owned(), (row["arguments"].take(), row["answer"].take())))
        .collect()
}

#[test]
fn every_tool_has_an_example_that_its_schemas_allow() {
    let examples = examples();
    for tool in catalogue().tools() {
        let (arguments, answer) = examples.get(tool.name).unwrap_or_else(|| panic!("{} has no example", tool.name));
        for (what, schema, value) in [("arguments", tool.input, arguments), ("answer", tool.output, answer)] {
            let schema = (schema)().to_value();
            let validator = jsonschema::validator_for(&schema).unwrap();
            if let Err(fault) = validator.validate(value) {
                panic!("{}: the example's {what}: {fault}", tool.name);
            }
        }
    }
    assert_eq!(examples.len(), catalogue().tools().len(), "no example of a tool that is not there");
}

#[test]
fn the_page_says_what_the_table_says() {
    let file = root().join("docs/catalogue.md");
    let page = page(&examples());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "docs/catalogue.md is old: run UPDATE_DOCS=1 cargo nextest run documented");
}

fn page(examples: &Examples) -> String {
    let mut page = String::from(
        "# The tools\n\nWritten by `UPDATE_DOCS=1 cargo nextest run documented`; do not edit. How to connect, how to wait and what each error\n\
         means is in [agents.md](agents.md).\n\n",
    );
    page.push_str("| tool | kind | what it is for |\n| --- | --- | --- |\n");
    for tool in catalogue().tools() {
        let [title, ..] = tool.title;
        let anchor: String = tool.name.chars().filter(|c| *c != '.').collect();
        writeln!(page, "| [`{}`](#{anchor}) | {} | {title} |", tool.name, tool.kind.as_str()).unwrap();
    }
    for tool in catalogue().tools() {
        section(&mut page, tool, examples);
    }
    page
}

fn section(page: &mut String, tool: &Tool, examples: &Examples) {
    let [title, hant, hans] = tool.title;
    write!(page, "\n## {}\n\n*{title} · {hant} · {hans}* — {}\n\n{}\n\n", tool.name, tool.kind.as_str(), tool.summary)
        .unwrap();
    if let Kind::Preview(writes) = tool.kind {
        let writes: Vec<String> = writes.iter().map(|write| format!("`{write}`")).collect();
        writeln!(page, "- **Previews:** {}", writes.join(", ")).unwrap();
    }
    if !tool.read_first.is_empty() {
        writeln!(page, "- **Read first:** {}", tool.read_first.join("; ")).unwrap();
    }
    write!(page, "- **Approval:** {}\n- **Safety:** {}\n", tool.governance, tool.safety).unwrap();
    let also = tool.wants.map_or_else(String::new, |permission| format!(" and `{permission}`"));
    let usual = match tool.kind {
        Kind::Read(_) => "`read`".to_owned(),
        Kind::Status(_) => "`read` or any `propose`".to_owned(),
        Kind::Preview(_) | Kind::Write(_) => format!("`propose` or `propose:{}`", tool.area),
    };
    writeln!(page, "- **Permission:** {usual}{also}").unwrap();
    arguments(page, &(tool.input)().to_value());
    if let Some((arguments, answer)) = examples.get(tool.name) {
        let call = serde_json::to_string_pretty(&cut(arguments)).unwrap();
        let answer = serde_json::to_string_pretty(&cut(answer)).unwrap();
        write!(
            page,
            "\nA call:\n\n```json\n{call}\n```\n\nand its answer, lists and texts cut:\n\n```json\n{answer}\n```\n"
        )
        .unwrap();
    }
}

fn arguments(page: &mut String, schema: &Value) {
    let none = Map::new();
    let members = schema["properties"].as_object().unwrap_or(&none);
    if members.is_empty() {
        page.push_str("\nNo arguments.\n");
        return;
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page.push_str("\n| argument | type | |\n| --- | --- | --- |\n");
    for (name, of) in members {
        let must = if required.contains(&name.as_str()) { "**required.** " } else { "" };
        let said = of["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        writeln!(page, "| `{name}` | {} | {must}{said} |", kind(of, schema)).unwrap();
    }
}

/// The type of an argument in a few words.
fn kind(of: &Value, root: &Value) -> String {
    if let Some(at) = of["$ref"].as_str() {
        return root.pointer(at.trim_start_matches('#')).map_or_else(String::new, |of| kind(of, root));
    }
    if let Some(forms) = of["anyOf"].as_array().or_else(|| of["oneOf"].as_array()) {
        let mut kinds: Vec<String> = forms.iter().map(|form| kind(form, root)).filter(|kind| kind != "null").collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    if let Some(words) = of["enum"].as_array() {
        let words: Vec<String> = words
            .iter()
            .filter(|word| !word.is_null())
            .map(|word| format!("`{}`", word.as_str().unwrap_or_default()))
            .collect();
        return words.join(", ");
    }
    if let Some(word) = of["const"].as_str() {
        return format!("`{word}`");
    }
    let word = of["type"]
        .as_str()
        .or_else(|| of["type"].as_array()?.iter().filter_map(Value::as_str).find(|word| *word != "null"));
    match word {
        Some("array") => format!("list of {}", kind(&of["items"], root)),
        Some(word) => word.to_owned(),
        None => "any".to_owned(),
    }
}

fn cut(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().take(ITEMS).map(cut).collect(),
        Value::Object(members) => {
            let shown = |(name, value): (&String, &Value)| {
                // What people see of each kind of write has its own shape; the status tool's schema spells it out.
                let value = if name == "preview" { json!({"kind": value["kind"]}) } else { cut(value) };
                (name.clone(), value)
            };
            Value::Object(members.iter().map(shown).collect())
        }
        Value::String(text) => match text.char_indices().nth(CHARACTERS) {
            Some((end, _)) => format!("{}…", &text[..end]).into(),
            None => value.clone(),
        },
        other => other.clone(),
    }
}
