//! What a person has decided and not yet signed: kept in the session, so that the signing page signs what was read.

use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use crate::approvals::sign::Intent;
use crate::domain::ids::{RequestId, random_bytes};
use crate::error::Error;

const DECISIONS: &str = "decisions";
/// Half-made decisions that a session keeps; the oldest goes first.
const MOST: usize = 10;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub request: RequestId,
    pub intent: Intent,
    /// Good for one signature.
    pub nonce: String,
}

impl Kept {
    pub fn new(request: RequestId, intent: Intent) -> Self {
        Self { request, intent, nonce: hex::encode(random_bytes::<16>()) }
    }
}

async fn all(session: &Session) -> Vec<Kept> {
    session.get(DECISIONS).await.ok().flatten().unwrap_or_default()
}

/// The decision on this request, if one was made and not signed.
pub async fn kept(session: &Session, request: RequestId) -> Option<Kept> {
    all(session).await.into_iter().find(|kept| kept.request == request)
}

/// Keeps a decision in place of an earlier one on the same request.
pub async fn keep(session: &Session, new: Kept) -> Result<(), Error> {
    let mut decisions = all(session).await;
    decisions.retain(|kept| kept.request != new.request);
    decisions.push(new);
    let surplus = decisions.len().saturating_sub(MOST);
    decisions.drain(..surplus);
    session.insert(DECISIONS, decisions).await.map_err(Error::internal)
}

/// Forgets the decision on this request: it is signed, or cannot be any more.
pub async fn forget(session: &Session, request: RequestId) -> Result<(), Error> {
    let mut decisions = all(session).await;
    decisions.retain(|kept| kept.request != request);
    session.insert(DECISIONS, decisions).await.map_err(Error::internal)
}
