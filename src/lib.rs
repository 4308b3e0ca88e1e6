//! Countersign: agents propose, people sign, workers act, and every step is a row.
//!
//! The modules are listed in layer order, lowest first. A module imports only from the layers below it, never upward
//! and never sideways; `tests/tidy.rs` holds the line. ARCHITECTURE.md draws the picture.

// 1: words, states and rules; no I/O, no async
pub mod domain;
pub mod faults;

// 2: the edges: SQL, the Graph API, SMTP, files, the source of orders, the virus scanner, tables in files
pub mod graph;
pub mod issuer;
pub mod mail;
pub mod objects;
pub mod order_source;
pub mod scan;
pub mod sheets;
pub mod store;
pub mod words;

// 3: the one error
pub mod error;

// 4: the catalogue
pub mod tools;

// 5: the life of a request
pub mod approvals;

// 6: the doors, and a Graph API to practise on
pub mod console;
pub mod files;
pub mod inbound;
pub mod mcp;
pub mod payments;
pub mod simulate;
pub mod worker;

// 7: puts the parts together
pub mod app;
pub mod cli;
pub mod config;
