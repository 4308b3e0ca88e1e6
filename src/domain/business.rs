//! The business as Meta sees it: the numbers it writes from, with their quality and limits.

mod profile;
pub mod stop;

pub use profile::BusinessProfile;

use super::clock::Timestamp;
use super::masked::ProviderId;
use super::templates::Quality;

/// One of the business's own numbers, as last read from Meta.
#[derive(Clone, PartialEq, Eq)]
pub struct SendingNumber {
    /// Meta's id of it. It has no way of being serialised: a tool must mask it first.
    pub id: ProviderId,
    /// The number as Meta writes it; the business's own, so anybody may see it.
    pub display: String,
    /// The name that customers see.
    pub name: String,
    /// Meta's word; only `connected` can send.
    pub status: String,
    /// How its messages are received.
    pub quality: Quality,
    /// How many different people the business may write to in 24 hours, over all its numbers; none if unlimited.
    pub portfolio_limit: Option<u64>,
    /// Messages a second that Meta takes from it.
    pub per_second: u32,
    /// When it was last read from Meta.
    pub synced_at: Timestamp,
}

impl SendingNumber {
    /// Whether this is the number that somebody named, by Meta's id or by its digits in any spelling.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        self.id.for_meta() == name || (!digits(name).is_empty() && digits(&self.display) == digits(name))
    }

    /// Whether Meta lets it send.
    #[must_use]
    pub fn can_send(&self) -> bool {
        self.status == "connected"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_by_its_id_and_by_any_spelling_of_its_digits() {
        let number = SendingNumber {
            id: ProviderId::new("106540352242922"),
            display: "+852 3001 0001".into(),
            name: "Shop".into(),
            status: "connected".into(),
            quality: Quality::Green,
            portfolio_limit: None,
            per_second: 80,
            synced_at: Timestamp::default(),
        };
        for name in ["106540352242922", "+852 3001 0001", "85230010001", "+852-3001-0001"] {
            assert!(number.is_called(name), "{name}");
        }
        for name in ["", "•••922", "3001 0001", "shop"] {
            assert!(!number.is_called(name), "{name}");
        }
    }
}
