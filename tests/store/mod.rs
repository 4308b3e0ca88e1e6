//! The store, function by function: the same tests on SQLite and on PostgreSQL.

mod audit;
mod automation;
mod consent;
mod contacts;
mod conversations;
mod identity;
mod media;
mod orders;
mod replies;
mod requests;
mod segments;
mod templates;
