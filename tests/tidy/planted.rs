//! Each house rule, shown a fault, so that a green run means something.

use super::*;

fn file(path: &str, text: &str) -> Vec<File> {
    vec![File { path: path.to_owned(), text: text.to_owned() }]
}

#[test]
fn a_layer_above_or_beside() {
    let upward = layers(&file("src/store/mod.rs", "//! x\nuse crate::tools::Tool;"));
    assert_eq!(upward, ["src/store/mod.rs:2: store may not name tools"]);
    assert_eq!(layers(&file("src/mcp/auth.rs", "let x = crate::console::y();")).len(), 1, "sideways");
    assert_eq!(layers(&file("src/error.rs", "use super::tools::Tool;")).len(), 1, "through super, at the root");
    assert_eq!(layers(&file("src/store/a.rs", "use super::super::tools::X;")).len(), 1, "through super, from below");
    let in_a_test = "#[cfg(test)]\nmod tests {\n use super::super::super::tools::X;\n}";
    assert_eq!(layers(&file("src/store/a.rs", in_a_test)).len(), 1, "through super, in a test");
    assert_eq!(layers(&file("src/simulate/mod.rs", "use crate::graph::X;")).len(), 1, "the simulator");
    assert_eq!(layers(&file("src/simulate/mod.rs", "use crate::words::X;")).len(), 1, "the simulator, downward");
    assert_eq!(layers(&file("src/approvals.rs", "countersign::worker::run()")).len(), 1, "by the crate's name");
    assert_eq!(layers(&file("src/misc.rs", "")).len(), 1, "a module without a layer");
}

#[test]
fn a_layer_below_is_no_fault() {
    let fine = "use crate::domain::X;\nuse crate::store::Db;\nuse crate::mcp::y;\nuse super::tools;\n// crate::app::X";
    assert!(layers(&file("src/mcp/call/one.rs", fine)).is_empty());
    let in_a_test = "#[cfg(test)]\nmod tests {\n use super::*;\n use super::super::tools;\n}";
    assert!(layers(&file("src/store/a.rs", in_a_test)).is_empty(), "a sibling in the same module");
    assert!(layers(&file("src/main.rs", "fn main() -> X { countersign::cli::run() }")).is_empty());
}

#[test]
fn a_library_outside_its_wall() {
    assert_eq!(walls(&file("src/tools/contacts.rs", "sqlx::query(\"select 1\")")).len(), 1);
    assert_eq!(walls(&file("src/domain/ids.rs", "#[derive(sqlx::Type)]")).len(), 1);
    assert_eq!(walls(&file("src/mcp/mod.rs", "use reqwest as http;")).len(), 1);
    assert_eq!(walls(&file("src/approvals/submit.rs", "use ::axum::Json;")).len(), 1);
    assert_eq!(walls(&file("src/tools/media.rs", "use object_store::path::Path;")).len(), 1);
    assert!(walls(&file("src/store/mod.rs", "use sqlx::Row; use my::axum::X;")).is_empty());
}

#[test]
fn an_area_that_knows_another() {
    assert_eq!(nouns(&file("src/tools/contacts.rs", "use crate::tools::segments::x;")).len(), 1);
    assert_eq!(nouns(&file("src/tools/contacts.rs", "super::segments::x()")).len(), 1);
    assert_eq!(nouns(&file("src/tools/contacts/import.rs", "use crate::tools::segments::x;")).len(), 1);
    assert!(nouns(&file("src/tools/contacts/import.rs", "use super::segments::x;")).is_empty(), "its own part");
    assert!(nouns(&file("src/tools/mod.rs", "crate::tools::segments::tools()")).is_empty(), "the table names all");
}

#[test]
fn a_silent_a_long_and_a_braced_file() {
    assert_eq!(heads(&file("src/a.rs", "use std::fmt;")).len(), 1);
    assert_eq!(lengths(&file("src/a.rs", &"x\n".repeat(LONGEST + 1))).len(), 1);
    assert!(lengths(&file("src/a.rs", &format!("#[cfg(test)]\n{}", "x\n".repeat(500)))).is_empty());
    assert_eq!(braces(&file("src/a.rs", concat!("pub use crate::", "{a, b};"))).len(), 1);
    assert_eq!(skipped_tests(&file("tests/a.rs", concat!("#[ign", "ore = \"slow\"]"))).len(), 1);
}

#[test]
fn a_migration_for_one_database_only() {
    let files = file("migrations/sqlite/0001_people.sql", "");
    assert_eq!(migrations(&files), ["migrations/postgres/0001_people.sql: missing"]);
    assert_eq!(migrations(&file("migrations/postgres/0002_x.sql", "")), ["migrations/sqlite/0002_x.sql: missing"]);
}

#[test]
fn a_path_of_one_machine() {
    for piece in FOREIGN_PATHS {
        assert_eq!(foreign_paths(&file("README.md", &format!("see {piece}x"))).len(), 1, "{piece}");
    }
}

#[test]
fn a_page_that_names_a_lost_file() {
    let page = |text: &str| [file("src/a.rs", ""), file("README.md", text)].into_iter().flatten().collect::<Vec<_>>();
    assert!(named_files(&page("see `src/a.rs`, not src/b.rs")).is_empty());
    assert_eq!(named_files(&page("x `y`\nsee `src/b.rs`")), ["README.md:2: there is no src/b.rs"]);
}

#[test]
fn a_dependency_from_elsewhere() {
    let own = "[[package]]\nname = \"countersign\"\nversion = \"0.1.0\"\n";
    let package = |name: &str, source: &str| {
        format!("{own}\n[[package]]\nname = \"{name}\"\nsource = \"{source}\"\nchecksum = \"00\"\n")
    };
    assert!(lock(&package("serde", CRATES_IO)).is_empty());
    assert_eq!(lock(&package("openssl-sys", CRATES_IO)).len(), 1, "unwelcome");
    assert_eq!(lock(&package("serde", "git+https://example.com/serde")).len(), 1, "not the registry");
    assert_eq!(lock("[[package]]\nname = \"local\"\n").len(), 1, "a path");
    assert_eq!(client_locks(&file("tests/clients/package-lock.json", "  \"resolved\": \"https://x\"")).len(), 1);
    assert_eq!(client_locks(&file("tests/clients/requirements.txt", "# why\nmcp==2.3.0\nother>=1")).len(), 1);
}
