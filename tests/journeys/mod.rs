//! The product's main job through its real doors: official MCP clients, a browser, SMTP, a Graph API that is not ours to call
//! inside, on both databases, with the real program.

mod answers;
mod backup;
mod beginning;
mod conversations;
mod copies;
mod crash;
mod crowd;
mod demo;
mod facts;
mod faults;
mod files;
mod imports;
mod matrix;
mod outage;
mod payments;
mod posts;
mod replies;
mod signer;
mod signing;
mod stage;
mod stopping;
mod stops;
mod storms;
mod submissions;
mod trial;
