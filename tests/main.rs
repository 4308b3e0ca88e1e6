//! Every test that goes through a door of the product, and the house rules, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    reason = "a test says what it expects, and fails by panicking; real clocks and random ports are its business"
)]

mod console;
mod engine;
mod fuzz;
mod harness;
mod journeys;
mod mcp;
mod media;
mod orders;
mod simulation;
mod store;
mod support;
mod tidy;
mod tools;
