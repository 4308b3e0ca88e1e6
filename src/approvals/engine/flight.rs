//! One request on its way. Whatever happens to the task that makes it, an outcome comes back: a task that is lost reports
//! that nobody can tell.

use super::Script;
use crate::faults::{ANSWERED, REQUESTING, point};
use crate::graph::messages::{SendOutcome, TemplateMessage};
use crate::store::deliveries::{Outcome, Settled};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::sender::Event;

/// One try of one row. A row alone does not say which: a daemon that stood still may have an old try of it on its way and,
/// after people decided that it goes again, the next one, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Try {
    /// Which row.
    pub seq: u32,
    /// The how manieth.
    pub attempt: i16,
    /// Under which holding of the shard.
    pub epoch: i64,
}

impl Try {
    /// How it ended.
    pub const fn settled(self, settled: Settled) -> Outcome {
        let Self { seq, attempt, epoch } = self;
        Outcome { seq, attempt, epoch, settled }
    }
}

/// A request that has an intent.
pub struct Flight {
    /// Of which try.
    pub of: Try,
    /// What is sent, with its token.
    pub message: TemplateMessage,
    /// Its turn: the request begins no sooner,
    pub from: Instant,
    /// and not after this: the lease may be over by then, or the turn is.
    pub until: Instant,
    /// Cancelled when nothing more may begin.
    pub grounded: CancellationToken,
    /// The place that the request takes up.
    pub slot: OwnedSemaphorePermit,
}

/// How a flight ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Landing {
    /// Of which try.
    pub of: Try,
    /// How; `None` if the request was never begun.
    pub outcome: Option<SendOutcome>,
    /// How long it took.
    pub took: Duration,
}

/// Promises one landing, whatever happens.
struct Ticket {
    of: Try,
    begun: Instant,
    slot: Option<OwnedSemaphorePermit>,
    events: Option<UnboundedSender<Event>>,
}

impl Ticket {
    fn land(&mut self, outcome: Option<SendOutcome>) {
        // Free before the sender hears of it: the sender has the next request for this place.
        self.slot = None;
        if let Some(events) = self.events.take() {
            let took = self.begun.elapsed();
            let landing = Landing { of: self.of, outcome, took };
            // A sender that is gone has left its rows to the next holder of the shard, who marks them as in doubt.
            events.send(Event::Landed(landing)).ok();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.land(Some(SendOutcome::Unknown { why: "the task that made the request was lost".to_owned() }));
    }
}

/// Begins the request in a task of its own.
pub fn begin(script: Arc<dyn Script>, flight: Flight, events: UnboundedSender<Event>) {
    let Flight { of, message, from, until, grounded, slot } = flight;
    let mut ticket = Ticket { of, begun: Instant::now(), slot: Some(slot), events: Some(events) };
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = grounded.cancelled() => return ticket.land(None),
            () = tokio::time::sleep_until(from) => {}
        }
        ticket.begun = Instant::now();
        // The process may have stood still since the intent was made durable. If the shard may be somebody else's by now,
        // the row may be marked as in doubt already, and people may be looking at it.
        if ticket.begun >= until {
            ticket.land(None);
            return;
        }
        point(REQUESTING);
        let outcome = script.send(&message).await;
        point(ANSWERED);
        ticket.land(Some(outcome));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audience::NotNow;
    use crate::domain::clock::Timestamp;
    use crate::domain::contacts::ContactNo;
    use crate::domain::messages::Recipient;
    use crate::domain::preview::Finding;
    use crate::error::Result;
    use crate::graph::messages::Parameters;
    use tokio::sync::{Semaphore, mpsc};

    struct Broken;

    #[async_trait::async_trait]
    impl Script for Broken {
        async fn refresh(&self) -> Result<()> {
            Ok(())
        }
        async fn recheck(&self) -> Result<Vec<Finding>> {
            Ok(Vec::new())
        }
        fn quiet_until(&self) -> Option<Timestamp> {
            None
        }
        async fn messages(&self, _: &[(u32, ContactNo)]) -> Result<Vec<(u32, Result<TemplateMessage, NotNow>)>> {
            Ok(Vec::new())
        }
        async fn send(&self, _: &TemplateMessage) -> SendOutcome {
            panic!("the parser fell over")
        }
    }

    async fn fly(from: Instant, until: Instant, grounded: CancellationToken) -> Landing {
        let (events, mut landed) = mpsc::unbounded_channel();
        let slot = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        let message = TemplateMessage {
            phone_number_id: "1".into(),
            to: Recipient::phone("+85291234567").unwrap(),
            identity_key_hash: None,
            name: "x".into(),
            language: "en".into(),
            header: None,
            body: Parameters::None,
            buttons: Vec::new(),
            extension: None,
            callback: "t".into(),
        };
        let of = Try { seq: 7, attempt: 1, epoch: 1 };
        begin(Arc::new(Broken), Flight { of, message, from, until, grounded, slot }, events);
        match landed.recv().await {
            Some(Event::Landed(landing)) => landing,
            _ => panic!("every flight lands"),
        }
    }

    #[tokio::test]
    async fn a_task_that_falls_over_leaves_its_message_in_doubt() {
        let now = Instant::now();
        let landing = fly(now, now + Duration::from_secs(5), CancellationToken::new()).await;
        assert!(matches!(landing.outcome, Some(SendOutcome::Unknown { .. })), "{landing:?}");
    }

    #[tokio::test]
    async fn nothing_is_begun_before_its_turn_or_after_it() {
        let now = Instant::now();
        let landing = fly(now, now, CancellationToken::new()).await;
        assert_eq!((landing.of.seq, landing.outcome), (7, None));
        let turn = Duration::from_millis(30);
        fly(now + turn, now + Duration::from_secs(5), CancellationToken::new()).await;
        assert!(now.elapsed() >= turn);
    }

    #[tokio::test]
    async fn one_that_waits_for_its_turn_is_called_off() {
        let (now, grounded) = (Instant::now(), CancellationToken::new());
        grounded.cancel();
        let landing = fly(now + Duration::from_hours(1), now + Duration::from_hours(2), grounded).await;
        assert_eq!(landing.outcome, None);
    }
}
