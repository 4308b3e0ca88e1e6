//! The house rules that a compiler cannot see: layers, walls, file heads and lengths, migration parity, the lock file.
//!
//! Each rule is a function from files to faults, so that the tests below can plant a fault and see it found. A rule
//! over the whole repository is one test that expects no fault, and prints each as `path:line: what to do`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

mod figures;
mod planted;

/// Lowest first. A module names only modules of lower rows: never upward, never sideways.
const LAYERS: &[&[&str]] = &[
    &["domain", "faults"],
    &["store", "graph", "mail", "issuer", "objects", "order_source", "scan", "sheets", "words"],
    &["error"],
    &["tools"],
    &["approvals"],
    &["mcp", "console", "inbound", "files", "payments", "worker", "simulate"],
    &["config"],
    &["app"],
    &["cli"],
    &["lib", "main"],
];

/// Modules that may name fewer others than their row allows. The simulator is a second reading of the Graph
/// specification, so it shares nothing with the client but the words.
const NARROWER: &[(&str, &[&str])] = &[("simulate", &["domain"])];

/// A library, and the only modules that may name it.
const WALLS: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("reqwest", &["graph", "issuer", "order_source", "simulate"]),
    ("jsonwebtoken", &["issuer"]),
    ("rmcp", &["mcp"]),
    ("axum", &["mcp", "console", "inbound", "files", "payments", "simulate", "app"]),
    ("askama", &["mcp", "console", "inbound", "payments", "simulate", "app"]),
    ("askama_web", &["mcp", "console", "inbound", "payments", "simulate", "app"]),
    ("lettre", &["mail"]),
    ("object_store", &["objects"]),
    ("clap", &["cli", "main"]),
    ("calamine", &["sheets"]),
    ("csv_core", &["sheets"]),
    ("zip", &["sheets"]),
];

/// The areas of `tools/`. None names another: what two share is a word of the domain or a query of the store.
const NOUNS: &[&str] = &[
    "business",
    "contacts",
    "segments",
    "consent",
    "conversations",
    "messages",
    "templates",
    "broadcasts",
    "automation",
    "orders",
    "media",
    "webhooks",
    "requests",
    "audit",
];

const LONGEST: usize = 400;

/// TLS is rustls over ring: these would bring a C library to find or a long build.
const UNWELCOME_CRATES: &[&str] = &["openssl-sys", "native-tls", "aws-lc-sys"];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Pieces of paths that exist on one machine only. Split, so that this file does not contain them.
const FOREIGN_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("sha", "red/"), concat!("artif", "actory")];

struct File {
    path: String,
    text: String,
}

impl File {
    /// Numbered lines of code, with comments cut off.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
    }

    fn lines_before_tests(&self) -> usize {
        self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
    }

    /// The module of the crate that a file under `src/` belongs to, and how deep in it the file stands.
    fn home(&self) -> Option<(&str, usize)> {
        let inside = self.path.strip_prefix("src/")?.strip_suffix(".rs")?;
        let inside = inside.strip_suffix("/mod").unwrap_or(inside);
        Some((inside.split('/').next()?, inside.split('/').count()))
    }

    /// Modules of the crate that this file names, through `crate::`, through `countersign::` or through `super::`.
    fn names(&self) -> Vec<(usize, &str)> {
        let depth = self.home().map_or(0, |(_, depth)| depth);
        let before_tests = self.lines_before_tests();
        let mut found = Vec::new();
        for (number, line) in self.code() {
            for root in ["crate", "countersign"] {
                found.extend(paths_from(line, root).filter_map(word).map(|name| (number, name)));
            }
            let top = if number > before_tests { depth + 1 } else { depth };
            for mut rest in paths_from(line, "super") {
                let mut climbed = 1;
                while let Some(next) = rest.strip_prefix("super::") {
                    (climbed, rest) = (climbed + 1, next);
                }
                if climbed >= top {
                    found.extend(word(rest).map(|name| (number, name)));
                }
            }
        }
        found
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The identifier at the start of `text`.
fn word(text: &str) -> Option<&str> {
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

/// What follows each `root::` that starts a path in `line`.
fn paths_from<'a>(line: &'a str, root: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(root).filter_map(move |(at, _)| {
        let before = &line[..at];
        let inside_a_path = before.strip_suffix("::").is_some_and(|path| path.ends_with(is_word));
        let rest = line[at + root.len()..].strip_prefix("::")?;
        (!inside_a_path && !before.ends_with(is_word)).then_some(rest)
    })
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&name))
}

fn layers(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some((home, _)) = file.home() else { continue };
        let Some(own) = layer(home) else {
            faults.push(format!("{}:1: {home} is in no layer; give it a row in tests/tidy.rs", file.path));
            continue;
        };
        for (number, name) in file.names() {
            let Some(other) = layer(name) else { continue };
            let narrow = NARROWER.iter().find(|(module, _)| *module == home).map(|(_, allowed)| *allowed);
            let legal = name == home || (other < own && narrow.is_none_or(|allowed| allowed.contains(&name)));
            if !legal {
                faults.push(format!("{}:{number}: {home} may not name {name}", file.path));
            }
        }
    }
    faults
}

fn walls(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some((home, _)) = file.home() else { continue };
        for (number, line) in file.code() {
            for (library, homes) in WALLS {
                let bare = [";", " as "].iter().any(|end| line.contains(&format!("use {library}{end}")));
                if (bare || paths_from(line, library).next().is_some()) && !homes.contains(&home) {
                    faults.push(format!("{}:{number}: {library} belongs in {}", file.path, homes.join(", ")));
                }
            }
        }
    }
    faults
}

fn nouns(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        let Some(inside) = file.path.strip_prefix("src/tools/") else { continue };
        let noun = inside.split(['/', '.']).next().unwrap_or_default();
        if !NOUNS.contains(&noun) {
            continue; // mod.rs and what all areas share
        }
        for (number, line) in file.code() {
            let mut named: Vec<&str> = paths_from(line, "crate").filter_map(|p| p.strip_prefix("tools::")).collect();
            if !inside.contains('/') {
                named.extend(paths_from(line, "super"));
            }
            for other in named.into_iter().filter_map(word).filter(|name| NOUNS.contains(name) && *name != noun) {
                faults.push(format!("{}:{number}: tools::{noun} may not name tools::{other}", file.path));
            }
        }
    }
    faults
}

fn heads(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let silent = rust.filter(|file| !file.text.starts_with("//! "));
    silent.map(|file| format!("{}:1: say in a //! comment what this file is for", file.path)).collect()
}

fn lengths(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    rust.filter(|file| file.lines_before_tests() > LONGEST)
        .map(|file| format!("{}: {} lines before its tests; split by noun", file.path, file.lines_before_tests()))
        .collect()
}

fn braces(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        for (number, line) in file.code().filter(|(_, line)| line.contains(concat!("use crate::", "{"))) {
            faults.push(format!("{}:{number}: one `use crate::x` line per module: {}", file.path, line.trim()));
        }
    }
    faults
}

fn skipped_tests(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        for (number, _) in file.code().filter(|(_, line)| line.contains(concat!("#[ign", "ore"))) {
            faults.push(format!("{}:{number}: a test that does not run proves nothing; mend or remove it", file.path));
        }
    }
    faults
}

/// The same change exists for both databases, under the same name.
fn migrations(files: &[File]) -> Vec<String> {
    let names = |folder: &str| -> BTreeSet<String> {
        files.iter().filter_map(|file| Some(file.path.strip_prefix(folder)?.to_owned())).collect()
    };
    let (sqlite, postgres) = (names("migrations/sqlite/"), names("migrations/postgres/"));
    let missing = |have: &BTreeSet<String>, lack: &BTreeSet<String>, folder: &str| -> Vec<String> {
        have.difference(lack).map(|name| format!("migrations/{folder}/{name}: missing")).collect()
    };
    [missing(&sqlite, &postgres, "postgres"), missing(&postgres, &sqlite, "sqlite")].concat()
}

fn foreign_paths(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        for (at, line) in file.text.lines().enumerate() {
            for piece in FOREIGN_PATHS.iter().filter(|piece| line.contains(**piece)) {
                faults.push(format!("{}:{}: {piece} means nothing on another machine", file.path, at + 1));
            }
        }
    }
    faults
}

/// A page that names a source file names one that is there.
fn named_files(files: &[File]) -> Vec<String> {
    let there: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (at, line) in file.text.lines().enumerate() {
            let quoted = line.split('`').skip(1).step_by(2);
            let ours = |name: &&str| ["src/", "tests/", "benches/"].iter().any(|folder| name.starts_with(folder));
            for name in quoted.filter(ours).filter(|name| name.ends_with(".rs") && !there.contains(*name)) {
                faults.push(format!("{}:{}: there is no {name}", file.path, at + 1));
            }
        }
    }
    faults
}

fn lock(lock: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        let name = value("name").unwrap_or("a package without a name");
        if UNWELCOME_CRATES.contains(&name) {
            faults.push(format!("Cargo.lock: {name}; choose features that keep it out (cargo tree -i {name})"));
        }
        let known = match (value("source"), value("checksum")) {
            (Some(source), Some(_)) => source == CRATES_IO,
            (None, None) => name == "countersign",
            _ => false,
        };
        if !known {
            faults.push(format!("Cargo.lock: {name} does not come from crates.io with a checksum"));
        }
    }
    faults
}

/// Lock files of the test clients: a version and a hash for each package, and no server's name.
fn client_locks(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("package-lock.json")) {
        for (at, _) in file.text.lines().enumerate().filter(|(_, line)| line.contains("\"resolved\"")) {
            faults.push(format!("{}:{}: names a registry; keep .npmrc beside it", file.path, at + 1));
        }
    }
    for file in files.iter().filter(|file| file.path.ends_with("requirements.txt")) {
        let lines = file.text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let packages = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        for (number, line) in packages.filter(|(_, line)| !line.contains("==") || line.starts_with('-')) {
            faults.push(format!("{}:{number}: pin one version: {line}", file.path));
        }
    }
    faults
}

/// Every text file that is, or is about to be, in the repository.
fn repository() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .expect("git lists the files of this checkout");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let paths = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    let files: Vec<File> = paths
        .split_terminator('\0')
        .filter_map(|path| Some(File { path: path.to_owned(), text: std::fs::read_to_string(root.join(path)).ok()? }))
        .collect();
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the list holds the crate");
    files
}

fn expect_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn modules_name_lower_layers_only() {
    expect_none(layers(&repository()));
}

#[test]
fn libraries_stay_behind_their_walls() {
    expect_none(walls(&repository()));
}

#[test]
fn areas_of_the_tools_do_not_know_each_other() {
    expect_none(nouns(&repository()));
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let files = repository();
    expect_none([heads(&files), lengths(&files)].concat());
}

#[test]
fn imports_are_a_list_of_dependencies() {
    expect_none(braces(&repository()));
}

#[test]
fn every_test_runs() {
    expect_none(skipped_tests(&repository()));
}

#[test]
fn both_databases_have_the_same_migrations() {
    expect_none(migrations(&repository()));
}

#[test]
fn nothing_points_outside_the_repository() {
    let files = repository();
    expect_none([foreign_paths(&files), named_files(&files)].concat());
}

#[test]
fn dependencies_are_locked_and_welcome() {
    let files = repository();
    let cargo = files.iter().find(|file| file.path == "Cargo.lock").expect("Cargo.lock is committed");
    expect_none([lock(&cargo.text), client_locks(&files)].concat());
}
