//! Waking the worker of this process, so that it need not wait for its next look at the database. A wake-up is a hint:
//! what is to be done stands in the rows, and the worker looks at them at least every second anyway.

use tokio::sync::watch;

/// Shared by those who make work and those who do it.
#[derive(Clone, Debug)]
pub struct Wake {
    requests: watch::Sender<()>,
    posts: watch::Sender<()>,
    replies: watch::Sender<()>,
    templates: watch::Sender<()>,
    imports: watch::Sender<()>,
}

/// Waits for one kind of work.
#[derive(Debug)]
pub struct Waiter(watch::Receiver<()>);

impl Default for Wake {
    fn default() -> Self {
        let [requests, posts, replies, templates, imports] = std::array::from_fn(|_| watch::Sender::new(()));
        Self { requests, posts, replies, templates, imports }
    }
}

impl Wake {
    /// A request was approved, stopped or resumed.
    pub fn requests(&self) {
        self.requests.send_replace(());
    }

    /// Meta has sent something.
    pub fn posts(&self) {
        self.posts.send_replace(());
    }

    /// Something is to be said to a customer.
    pub fn replies(&self) {
        self.replies.send_replace(());
    }

    /// A template is to be brought to Meta.
    pub fn templates(&self) {
        self.templates.send_replace(());
    }

    /// A list of contacts is to be read or written.
    pub fn imports(&self) {
        self.imports.send_replace(());
    }

    /// Waits for requests.
    #[must_use]
    pub fn on_requests(&self) -> Waiter {
        Waiter(self.requests.subscribe())
    }

    /// Waits for posts.
    #[must_use]
    pub fn on_posts(&self) -> Waiter {
        Waiter(self.posts.subscribe())
    }

    /// Waits for replies.
    #[must_use]
    pub fn on_replies(&self) -> Waiter {
        Waiter(self.replies.subscribe())
    }

    /// Waits for templates.
    #[must_use]
    pub fn on_templates(&self) -> Waiter {
        Waiter(self.templates.subscribe())
    }

    /// Waits for lists of contacts.
    #[must_use]
    pub fn on_imports(&self) -> Waiter {
        Waiter(self.imports.subscribe())
    }
}

impl Waiter {
    /// Comes back when there was a wake-up since the last time.
    pub async fn woken(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wake_up_before_the_wait_is_not_lost() {
        let wake = Wake::default();
        let (mut requests, mut posts) = (wake.on_requests(), wake.on_posts());
        wake.requests();
        wake.requests();
        requests.woken().await;
        let soon = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, requests.woken()).await.is_err(), "two wake-ups are one");
        assert!(tokio::time::timeout(soon, posts.woken()).await.is_err());
    }
}
