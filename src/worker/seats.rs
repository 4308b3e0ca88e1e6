//! Places for work that takes its time: what is slow keeps its own place busy, and nobody else waits for it.

use std::sync::Arc;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

/// So many tasks at once.
pub struct Seats {
    seats: Arc<Semaphore>,
    freed: Arc<Notify>,
    tasks: TaskTracker,
}

impl Seats {
    pub fn new(count: usize, tasks: TaskTracker) -> Self {
        Self { seats: Arc::new(Semaphore::new(count)), freed: Arc::default(), tasks }
    }

    /// All that are free now. Those that are not used are free again when they are dropped.
    pub fn free(&self) -> Vec<OwnedSemaphorePermit> {
        std::iter::from_fn(|| Arc::clone(&self.seats).try_acquire_owned().ok()).collect()
    }

    /// Does it in this seat.
    pub fn take(&self, seat: Option<OwnedSemaphorePermit>, work: impl Future<Output = ()> + Send + 'static) {
        let freed = Arc::clone(&self.freed);
        self.tasks.spawn(async move {
            work.await;
            drop(seat);
            freed.notify_one();
        });
    }

    /// Waits until some work has ended.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }
}
