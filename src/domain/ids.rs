//! Identifiers: one type for each kind of thing, 128 random bits behind a prefix that says which kind it is.

use rand::TryRng as _;
use uuid::Uuid;

/// 16 bytes from the operating system's generator. A version-4 UUID spends six of its bits on saying so; an identifier
/// that people put into addresses should spend all of them on not being guessed.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    // The system generator fails only on a machine that cannot run this program at all; a guessable id would be worse
    // than stopping, so there is no fallback.
    while rand::rngs::SysRng.try_fill_bytes(&mut bytes).is_err() {}
    bytes
}

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not an id of this kind: expected {prefix}_ and 32 hexadecimal digits")]
pub struct BadId {
    text: String,
    prefix: &'static str,
}

/// Bytes for what the rows of a long list make: they begin in the order of the rows, so that an index over them grows at one end
/// instead of everywhere. 88 bits of each are chance, drawn for many at once.
#[derive(Debug)]
pub struct InOrder {
    list: [u8; 2],
    pool: Vec<[u8; 11]>,
}

impl InOrder {
    /// Drawn at once.
    const POOL: usize = 512;

    /// For this list.
    #[must_use]
    pub fn of(list: ImportId) -> Self {
        let [first, second, ..] = *list.0.as_bytes();
        Self { list: [first, second], pool: Vec::new() }
    }

    /// For something that this row makes.
    pub fn draw(&mut self, row: u32) -> Uuid {
        if self.pool.is_empty() {
            let bytes: [u8; 11 * Self::POOL] = random_bytes();
            let (chunks, _) = bytes.as_chunks::<11>();
            self.pool = chunks.to_vec();
        }
        let chance = self.pool.pop().unwrap_or_else(random_bytes);
        let [_, row @ ..] = row.to_be_bytes();
        let mut whole = [0; 16];
        let begins = self.list.iter().chain(&row).chain(&chance);
        whole.iter_mut().zip(begins).for_each(|(byte, chosen)| *byte = *chosen);
        Uuid::from_bytes(whole)
    }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What its text begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new one, not to be guessed.
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::from_bytes(random_bytes()))
            }

            /// The bits, for the database.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Back from the database.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Six digits that people can say to each other; never a key.
            #[must_use]
            pub fn short(self) -> String {
                self.0.simple().to_string().chars().take(6).collect::<String>().to_uppercase()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|digits| digits.len() == 32)
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or_else(|| BadId { text: text.chars().take(80).collect(), prefix: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

id! {
    /// One business.
    TenantId = "tn";
    /// Someone who signs in.
    PersonId = "pn";
    /// A program with a key.
    AgentId = "ag";
    /// A request for an action.
    RequestId = "ar";
    /// A person's decision over a digest.
    SignatureId = "sg";
    /// Somebody the business may write to.
    ContactId = "ct";
    /// A named part of the contacts.
    SegmentId = "se";
    /// A list of contacts to be imported.
    ImportId = "im";
    /// A broadcast, draft or executed.
    BroadcastId = "bc";
    /// A frozen list of recipients.
    AudienceId = "au";
    /// One carrying-out of an approved request.
    ExecutionId = "ex";
    /// One entry of a consent history.
    ConsentId = "co";
    /// A rule that answers keywords.
    KeywordRuleId = "kr";
    /// A flow through which customers are led.
    FlowId = "fl";
    /// A reply that is sent by itself at certain times.
    AutoReplyId = "rp";
    /// One mail that waits to be sent.
    MailId = "ml";
    /// A thread with one customer.
    ConversationId = "cv";
    /// A message to one customer.
    ReplyId = "ry";
    /// What a customer ordered.
    OrderId = "or";
    /// An address under which an order is paid.
    PaymentLinkId = "pl";
    /// A file that is sent or was received.
    AssetId = "as";
    /// What a request carries and keeps apart.
    DetailId = "dt";
    /// A file that an agent sent for a tool to take.
    UploadId = "up";
    /// One running daemon.
    DaemonId = "dm";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_and_no_other_kind_takes_it() {
        let id = RequestId::random();
        assert_eq!(id.to_string().parse::<RequestId>(), Ok(id));
        assert!(id.to_string().parse::<ContactId>().is_err());
        assert_eq!(serde_json::from_str::<RequestId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }

    #[test]
    fn what_a_list_makes_is_in_its_order_and_never_the_same() {
        let mut ids = InOrder::of(ImportId::random());
        let drawn: Vec<Uuid> = (1..2_000).flat_map(|row| [ids.draw(row), ids.draw(row)]).collect();
        let heads: Vec<&[u8]> = drawn.iter().map(|id| &id.as_bytes()[..5]).collect();
        assert!(heads.is_sorted());
        assert_eq!(drawn.iter().collect::<std::collections::HashSet<_>>().len(), drawn.len());
    }

    #[test]
    fn what_is_not_an_id_is_refused_in_words() {
        for text in
            ["", "ar_", "ar_zz", "7f", "ar_0123456789abcdef0123456789abcde", "ar_0123456789abcdef-0123456789abcdef"]
        {
            assert!(text.parse::<RequestId>().unwrap_err().to_string().contains("ar_ and 32"), "{text}");
        }
    }
}
