//! The life of a request. It knows the tools only by their kind, and every change of state is one transaction with its audit
//! entry and its mails.
//!
//! ```text
//! previewed ──submit──► pending_approval ──signatures──► approved ──claim──► executing ──► succeeded
//!     │                      │  │  └─► changes_requested      │                 │  ├──► partially_succeeded
//!     │                      │  └────► rejected               │                 │  ├──► failed
//!     │                      └───────► expired                ├─► expired       │  ├──► needs_attention
//!     └─► expired            any open state ─► cancelled      └─► stale ◄───────┘  └──► paused
//! ```

pub mod agree;
pub mod attachments;
pub mod begin;
pub mod behind;
pub mod doubts;
pub mod engine;
pub mod execute;
pub mod imports;
pub mod inbox;
pub mod orders;
pub mod recheck;
mod reconcile;
mod repeats;
pub mod replies;
pub mod resume;
pub mod retries;
pub mod script;
pub mod shown;
pub mod sign;
pub mod stops;
pub mod submit;
pub mod templates;
