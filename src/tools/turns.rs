//! Turns for what costs as much as a business has data: a report on a large broadcast, a change of automation played on the
//! messages of a month. Agents may call as often as their pace allows, and these would take all memory and all connections.

use crate::error::{Error, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many of them one daemon works out at once.
const AT_ONCE: usize = 2;
/// How long a call waits for its turn. Hosts give a call up after half a minute or more.
const PATIENCE: Duration = Duration::from_secs(20);

/// The turns of one daemon.
#[derive(Clone)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Turns {
    /// Waits for one. It is over when what comes back is dropped.
    pub async fn take(&self) -> Result<OwnedSemaphorePermit> {
        let turn = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        turn.ok().and_then(std::result::Result::ok).ok_or_else(|| Error::RateLimited {
            message: format!(
                "{AT_ONCE} reports or previews of automation are being worked out, and none ended in {} seconds",
                PATIENCE.as_secs()
            ),
            retry_after: PATIENCE.as_secs(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_too_many_waits_and_is_told_to_come_again() {
        let turns = Turns::default();
        let (first, second) = (turns.take().await.unwrap(), turns.take().await.unwrap());
        let refused = turns.take().await.unwrap_err();
        assert!(matches!(refused, Error::RateLimited { retry_after: 20, .. }), "{refused}");
        drop(first);
        drop(turns.take().await.unwrap());
        drop(second);
    }
}
