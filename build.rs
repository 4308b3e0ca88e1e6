//! Rebuilds when a migration or an asset is added: the macros that embed the two folders notice changed files only.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=static");
}
