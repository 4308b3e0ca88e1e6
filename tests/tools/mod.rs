//! The tools, one file a noun, each through the agents' door on both databases.

mod audit;
mod broadcasts;
mod business;
mod consent;
mod contacts;
mod messages;
mod requests;
mod segments;
mod templates;
