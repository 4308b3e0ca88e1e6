//! The store, function by function: the same tests on SQLite and on PostgreSQL.

mod consent;
mod contacts;
mod segments;
mod templates;
