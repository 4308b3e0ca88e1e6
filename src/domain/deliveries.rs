//! The delivery ledger: one row a recipient, and the states it goes through.

use super::canonical::Hash;
use super::clock::Timestamp;
use super::ids::ExecutionId;

/// Where a message stands. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum DeliveryState {
    /// Waits for its turn. No request was made for it.
    Queued = 0,
    /// Its intent is durable; a request may be on its way.
    Sending = 1,
    /// Meta took it and gave it an id.
    Accepted = 2,
    /// A request may have reached Meta, and its answer did not reach us.
    Unknown = 3,
    /// Meta refused it for good.
    Failed = 4,
    /// Not sent: the person may not be written to any more.
    Suppressed = 5,
    /// A person decided to leave it.
    Abandoned = 6,
}

impl DeliveryState {
    /// All of them, by number.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Sending, Self::Accepted, Self::Unknown, Self::Failed, Self::Suppressed, Self::Abandoned];

    /// Its number in the database.
    #[must_use]
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// From the database.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.number() == number)
    }
}

/// What Meta's status webhooks said of an accepted message. The numbers order it: it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum Progress {
    /// Left Meta's servers.
    Sent = 1,
    /// On the person's device.
    Delivered = 2,
    /// On the person's screen.
    Read = 3,
}

/// Meta said in a webhook that an accepted message did not reach the person.
pub const PROGRESS_FAILED: i16 = 9;

words! {
    /// What an outsider reads about one message: state and progress in one word.
    Delivery, "delivery state" {
        /// Waits for its turn.
        Queued = "queued",
        /// On its way to Meta.
        Sending = "sending",
        /// Meta has it.
        Accepted = "accepted",
        /// Left Meta.
        Sent = "sent",
        /// On the device.
        Delivered = "delivered",
        /// On the screen.
        Read = "read",
        /// Refused or not delivered.
        Failed = "failed",
        /// Not sent, on purpose.
        Suppressed = "suppressed",
        /// Nobody can tell yet.
        Unknown = "unknown",
        /// Left by a person's decision.
        Abandoned = "abandoned",
        /// Waited when the sending was stopped, and is not sent any more.
        NotSent = "not_sent",
    }
}

impl Delivery {
    /// From the two columns of the ledger, and what is wanted of the execution.
    #[must_use]
    pub fn of(state: DeliveryState, progress: Option<i16>, desired: Desired) -> Self {
        match (state, progress) {
            (DeliveryState::Queued, _) if desired == Desired::Cancel => Self::NotSent,
            (DeliveryState::Queued, _) => Self::Queued,
            (DeliveryState::Sending, _) => Self::Sending,
            (DeliveryState::Unknown, _) => Self::Unknown,
            (DeliveryState::Failed, _) | (DeliveryState::Accepted, Some(PROGRESS_FAILED)) => Self::Failed,
            (DeliveryState::Suppressed, _) => Self::Suppressed,
            (DeliveryState::Abandoned, _) => Self::Abandoned,
            (DeliveryState::Accepted, Some(3)) => Self::Read,
            (DeliveryState::Accepted, Some(2)) => Self::Delivered,
            (DeliveryState::Accepted, Some(1)) => Self::Sent,
            (DeliveryState::Accepted, _) => Self::Accepted,
        }
    }
}

words! {
    /// What a person decides about messages in doubt. To wait is no decision: a late webhook settles them meanwhile.
    Ruling, "decision" {
        /// They arrived.
        CountAsSent = "count_as_sent",
        /// They did not arrive, and are not sent any more.
        Leave = "leave",
        /// They are sent once more, although they may have arrived.
        SendAgain = "send_again",
    }
}

words! {
    /// What takes the signatures of the approval once more.
    Agreement, "agreement" {
        /// That sending goes on, after a person or the worker let it stand still.
        Resume = "resume",
        /// That messages in doubt are sent again.
        SendAgain = "send_again",
    }
}

words! {
    /// What people and breakers want of an execution. The worker obeys; it never writes this for itself.
    Desired, "desired state" {
        /// Go on.
        Run = "run",
        /// Stand still.
        Pause = "pause",
        /// Send nothing more, ever.
        Cancel = "cancel",
    }
}

words! {
    /// Where an execution is.
    ExecutionState, "state of an execution" {
        /// The ledger is being written; nothing is sent yet.
        Building = "building",
        /// The ledger is complete; shards may be leased.
        Running = "running",
        /// All was sent, and some of it stays in doubt.
        Attention = "attention",
        /// Every row has come to its end.
        Done = "done",
        /// What was not sent never will be.
        Cancelled = "cancelled",
    }
}

/// Names one attempt at one message: travels with it as `biz_opaque_callback_data` and comes back in every status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttemptToken {
    /// Of which execution.
    pub execution: ExecutionId,
    /// Which row of it.
    pub seq: u32,
    /// Which try.
    pub attempt: i16,
}

impl AttemptToken {
    /// As it travels: `v1.<execution>.<seq>.<attempt>.<mark>`. The mark ties the three together, so that a token that was
    /// mistyped or made up names nothing.
    #[must_use]
    pub fn to_text(self, secret: &Hash) -> String {
        format!("v1.{}.{}.{}.{}", self.execution.uuid().simple(), self.seq, self.attempt, self.mark(secret))
    }

    /// Back from a webhook.
    #[must_use]
    pub fn parse(text: &str, secret: &Hash) -> Option<Self> {
        let mut parts = text.split('.');
        let (version, execution, seq, attempt, mark) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "v1" || parts.next().is_some() {
            return None;
        }
        let execution = ExecutionId::from_uuid(uuid::Uuid::try_parse(execution).ok()?);
        let token = Self { execution, seq: seq.parse().ok()?, attempt: attempt.parse().ok()? };
        (token.mark(secret) == mark).then_some(token)
    }

    fn mark(self, secret: &Hash) -> String {
        use hmac::{Hmac, KeyInit, Mac};
        let Ok(mut mac) = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(secret) else { return String::new() };
        mac.update(self.execution.uuid().as_bytes());
        mac.update(&self.seq.to_be_bytes());
        mac.update(&self.attempt.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        hex::encode(tag.get(..6).unwrap_or_default())
    }
}

/// How many rows stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Tally {
    /// All of them.
    pub total: u64,
    /// Wait.
    pub queued: u64,
    /// On their way.
    pub sending: u64,
    /// Taken by Meta, and not known to have failed since.
    pub accepted: u64,
    /// On the device, or further.
    pub delivered: u64,
    /// On the screen.
    pub read: u64,
    /// Refused by Meta, or taken and not delivered.
    pub failed: u64,
    /// Those of the failed that Meta refused at once.
    pub refused: u64,
    /// Not sent on purpose.
    pub suppressed: u64,
    /// In doubt.
    pub unknown: u64,
    /// Left by a decision.
    pub abandoned: u64,
    /// Waited when the sending was stopped.
    pub not_sent: u64,
}

impl Tally {
    /// The figures of one message. `taken` says whether Meta had it, whatever came of it.
    #[must_use]
    pub fn of_one(delivery: Delivery, taken: bool) -> Self {
        let is = |these: &[Delivery]| u64::from(these.contains(&delivery));
        Self {
            total: 1,
            queued: is(&[Delivery::Queued]),
            sending: is(&[Delivery::Sending]),
            accepted: is(&[Delivery::Accepted, Delivery::Sent, Delivery::Delivered, Delivery::Read]),
            delivered: is(&[Delivery::Delivered, Delivery::Read]),
            read: is(&[Delivery::Read]),
            failed: is(&[Delivery::Failed]),
            refused: if taken { 0 } else { is(&[Delivery::Failed]) },
            suppressed: is(&[Delivery::Suppressed]),
            unknown: is(&[Delivery::Unknown]),
            abandoned: is(&[Delivery::Abandoned]),
            not_sent: is(&[Delivery::NotSent]),
        }
    }

    /// Taken by Meta, whatever came of them later: what sending itself can answer for.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.accepted + self.failed.saturating_sub(self.refused)
    }
}

/// One row of the ledger, for those who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Which row.
    pub seq: u32,
    /// Where it stands.
    pub delivery: Delivery,
    /// Which try.
    pub attempt: i16,
    /// Meta's error, if any.
    pub error_code: Option<i32>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text_and_a_forged_one_names_nothing() {
        let secret = [7; 32];
        let token = AttemptToken { execution: ExecutionId::random(), seq: 612, attempt: 1 };
        let text = token.to_text(&secret);
        assert!(text.len() <= 512);
        assert_eq!(AttemptToken::parse(&text, &secret), Some(token));
        assert_eq!(AttemptToken::parse(&text, &[8; 32]), None);
        assert_eq!(AttemptToken::parse(&text.replace(".612.", ".613."), &secret), None);
        for text in ["", "v1", "v1....", "op_01J9", &format!("{text}.x")] {
            assert_eq!(AttemptToken::parse(text, &secret), None, "{text}");
        }
    }

    #[test]
    fn every_state_survives_its_number() {
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::from_number(state.number()), Some(state));
        }
        assert_eq!(DeliveryState::from_number(7), None);
    }
}
