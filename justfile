# Bare `just` lists the recipes. Each is one command that can be typed without just.

_list:
    @just --list --unsorted

# Format, clippy and the type check, without running anything
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Everything, on both databases; with a filter, the tests that match
test *FILTER:
    ./test {{FILTER}}

# The whole product on this machine: http://127.0.0.1:8080
run:
    cargo run --release -- demo

# The database of config.toml, brought up to date
migrate:
    cargo run -- migrate

# Licences, banned crates and sources of the dependencies
deny:
    cargo fetch --locked
    cargo deny --offline check licenses bans sources
