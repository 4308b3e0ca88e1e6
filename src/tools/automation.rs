//! What answers customers by itself.

pub mod lists;
mod says;
