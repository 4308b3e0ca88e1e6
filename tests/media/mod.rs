//! Files: taken in, kept in a folder or a bucket, and fetched through their door.

mod bucket;
mod daemon;
mod files;
mod ingest;
mod received;
pub mod stage;
