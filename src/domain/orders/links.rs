//! Payment links: short-lived addresses, one for each message, that lead one customer to the payment of one order.

use super::Price;
use crate::domain::canonical::{Hash, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::conversations::Conversation;
use crate::domain::ids::{ConversationId, OrderId, PaymentLinkId, RequestId, random_bytes};
use crate::domain::messages::session::SessionContent;
use crate::domain::messages::{CtaUrl, Text};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::fmt;
use std::time::Duration;

/// What every address of a payment link begins with.
pub const PATH: &str = "/p/";
/// Whoever has pressed the button may press it again within this: the answer got lost, or the payment page did not load.
pub const GRACE: Duration = Duration::from_mins(15);

/// What opens a payment link: 256 bits of chance, which stand in the customer's message and nowhere else. Of a token only
/// the hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; 32]);

impl LinkToken {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(random_bytes())
    }

    /// Back from an address; `None` for what was never one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// As it stands in an address: 43 letters.
    #[must_use]
    pub fn reveal(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// By what it is found.
    #[must_use]
    pub fn hash(&self) -> Hash {
        sha256(&self.0)
    }
}

/// Shows nothing of it.
impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(..)")
    }
}

words! {
    /// Why a link no longer opens anything.
    Revocation, "revocation of a payment link" {
        /// A person or an agent took it back.
        Withdrawn = "withdrawn",
        /// Its message was not delivered.
        NotDelivered = "not_delivered",
        /// The customer's number may be in other hands.
        IdentityChanged = "identity_changed",
        /// The database was put back from a backup, and may have forgotten that it was paid or taken back.
        Restored = "restored",
    }
}

words! {
    /// Where a payment link stands.
    LinkState, "state of a payment link" {
        /// It can be paid by it, once its message is there.
        Open = "open",
        /// The customer went on to the payment. Whether they paid, the payment provider knows.
        Followed = "followed",
        /// Its time is over.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
}

/// An address under which an order is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentLink {
    /// Which.
    pub id: PaymentLinkId,
    /// What is paid.
    pub order: OrderId,
    /// Where it is sent; it is good nowhere else.
    pub conversation: ConversationId,
    /// To whom.
    pub contact: ContactNo,
    /// The request under which it is sent.
    pub request: RequestId,
    /// How much is to be paid.
    pub amount: Price,
    /// Since when.
    pub created_at: Timestamp,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
    /// Since when it is taken back, and why.
    pub revoked: Option<(Timestamp, Revocation)>,
    /// When it was first looked at.
    pub opened_at: Option<Timestamp>,
    /// When the customer first went on to the payment.
    pub used_at: Option<Timestamp>,
}

/// Why a link may not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It would be good for too long.
    #[error("the link would be good for {} minutes: a payment link is good for at most {} (policy.orders.max_link_hours)", .wanted.as_secs().div_ceil(60), .most.as_secs() / 60)]
    TooLong {
        /// As it was asked for.
        wanted: Duration,
        /// As policy allows.
        most: Duration,
    },
    /// Nobody could open it in time.
    #[error("the link would be over before anybody could open it: make it good for 5 minutes or more")]
    TooShort,
    /// The thread is another customer's.
    #[error("the conversation belongs to another customer than the order")]
    OtherCustomer,
}

/// Nobody reads a message and pays sooner.
const SHORTEST: Duration = Duration::from_mins(5);

/// Whether a link may be good for so long.
pub fn check_lifetime(wanted: Duration, most: Duration) -> Result<(), BadLink> {
    if wanted > most {
        return Err(BadLink::TooLong { wanted, most });
    }
    if wanted < SHORTEST { Err(BadLink::TooShort) } else { Ok(()) }
}

/// Whether the thread is that of the customer who ordered.
pub fn check_thread(ordered_by: ContactNo, thread: &Conversation) -> Result<(), BadLink> {
    if thread.contact == ordered_by { Ok(()) } else { Err(BadLink::OtherCustomer) }
}

/// The message that carries a link: a button that opens the payment. Meta takes none that leads to plain http, as an address of
/// this machine does; there the address stands in the text.
#[must_use]
pub fn message(body: &str, label: &str, url: String) -> SessionContent {
    if url.starts_with("https://") {
        let (body, label) = (body.to_owned(), label.to_owned());
        return SessionContent::CtaUrl(CtaUrl { header: None, body, footer: None, label, url });
    }
    SessionContent::Text(Text { body: format!("{body}\n\n{label}: {url}"), preview_url: false })
}

impl PaymentLink {
    /// Where it stands at this time.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> LinkState {
        match (self.used_at, self.revoked) {
            (Some(_), _) => LinkState::Followed,
            (None, Some(_)) => LinkState::Revoked,
            (None, None) if now < self.expires_at => LinkState::Open,
            (None, None) => LinkState::Expired,
        }
    }

    /// Whether it leads anywhere at this time.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        let unused = self.used_at.is_none_or(|used| now < used.after(GRACE));
        self.revoked.is_none() && now < self.expires_at && unused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn a_token_survives_its_text_and_does_not_print() {
        let token = LinkToken::random();
        let text = token.reveal();
        assert_eq!((text.len(), LinkToken::parse(&text)), (43, Some(token.clone())));
        assert_eq!(format!("{token:?}"), "LinkToken(..)");
        assert_ne!(token.hash(), LinkToken::random().hash());
        for text in
            ["", "x", text.get(1..).unwrap(), &format!("{text}A"), &text.replace(text.chars().next().unwrap(), "=")]
        {
            assert_eq!(LinkToken::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_lives_shortly() {
        let day = Duration::from_hours(24);
        for (wanted, fine) in
            [(day, true), (day + Duration::from_secs(1), false), (SHORTEST, true), (Duration::ZERO, false)]
        {
            assert_eq!(check_lifetime(wanted, day).is_ok(), fine, "{wanted:?}");
        }
        let long = check_lifetime(Duration::from_hours(25), day).unwrap_err().to_string();
        assert!(long.contains("1500 minutes") && long.contains("at most 1440"), "{long}");
    }

    #[test]
    fn a_link_is_open_until_it_is_over_taken_back_or_used() {
        let at = Timestamp::from_seconds;
        let link = |revoked: Option<i64>, used: Option<i64>| PaymentLink {
            id: PaymentLinkId::random(),
            order: OrderId::random(),
            conversation: ConversationId::random(),
            contact: ContactNo(1),
            request: RequestId::random(),
            amount: Price::zero(Currency::HKD),
            created_at: at(0),
            expires_at: at(10_000),
            revoked: revoked.map(|seconds| (at(seconds), Revocation::Withdrawn)),
            opened_at: None,
            used_at: used.map(at),
        };
        for (link, now, open) in [
            (link(None, None), 9_999, true),
            (link(None, None), 10_000, false),
            (link(Some(5), None), 6, false),
            (link(None, Some(5)), 6, true),
            (link(None, Some(5)), 904, true),
            (link(None, Some(5)), 905, false),
            (link(None, Some(9_999)), 10_001, false),
        ] {
            assert_eq!(link.is_open(at(now)), open, "{now}: {link:?}");
        }
        for (link, now, state) in [
            (link(None, None), 9_999, LinkState::Open),
            (link(None, None), 10_000, LinkState::Expired),
            (link(Some(5), None), 10_001, LinkState::Revoked),
            (link(Some(6), Some(5)), 10_001, LinkState::Followed),
        ] {
            assert_eq!(link.state(at(now)), state, "{now}: {link:?}");
        }
    }

    #[test]
    fn a_payment_is_opened_by_a_button_where_meta_takes_one() {
        let to = |url: &str| message("Your order", "Pay", url.to_owned());
        let SessionContent::CtaUrl(button) = to("https://tea.example/p/x") else { panic!("a button") };
        assert_eq!((button.label.as_str(), button.url.as_str()), ("Pay", "https://tea.example/p/x"));
        let SessionContent::Text(text) = to("http://127.0.0.1:8080/p/x") else { panic!("words") };
        assert!(text.body.ends_with("Pay: http://127.0.0.1:8080/p/x"), "{}", text.body);
    }
}
