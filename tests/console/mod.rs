//! The people's door, through real HTTP, on both databases.

mod access;
mod asks;
mod audit;
mod broadcasts;
mod conversations;
mod decisions;
mod doubts;
mod files;
mod inbox;
mod kinds;
mod orders;
mod replies;
mod requests;
mod session;
mod small_kinds;
mod standing;
mod withdraw;
mod world;
