//! The tools, one file a noun, each through the agents' door on both databases.

mod asking;
mod audit;
mod automation;
mod automation_refused;
mod broadcast_cost;
mod broadcast_digest;
mod broadcast_previews;
mod broadcast_signed;
mod broadcasts;
mod business;
mod consent;
mod consent_updates;
mod contact_upserts;
mod contacts;
mod imports;
mod messages;
mod orders;
mod payments;
mod requests;
mod segments;
mod session_messages;
mod shop;
mod tags;
mod templates;
mod webhook_retries;
mod webhooks;
