//! The two steps of stopping: a first signal ends politely, a second one at once.

use tokio::signal::unix::{SignalKind, signal};

/// Waits until somebody asks this process to stop.
pub async fn asked() {
    let (mut term, mut int) = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(term), Ok(int)) => (term, int),
        (Err(e), _) | (_, Err(e)) => {
            tracing::error!(error = %e, "signals cannot be caught; only a kill will stop this process");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = term.recv() => {},
        _ = int.recv() => {},
    }
}
