//! The people's door, through real HTTP, on both databases.

mod audit;
mod inbox;
mod session;
mod world;
