//! The people's door: pages on which a person sees what an agent asked for, signs it, watches it and stops it.
//!
//! A page is a struct of plain values beside the handler that fills it; its HTML is in `templates/`, its texts are in
//! the catalogue. Every page is whole in one GET and works without script.

pub mod assets;
pub mod audit;
pub mod audit_event;
pub mod broadcasts;
pub mod decisions;
pub mod errors;
pub mod headers;
pub mod help;
pub mod inbox;
pub mod letters;
pub mod message_text;
pub mod monitor;
pub mod page;
pub mod parts;
pub mod requests;
pub mod review;
pub mod session;
pub mod states;

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod style;
