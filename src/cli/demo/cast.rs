//! The customers who play a part in the demo's story: the same ones of its contacts every time.

use super::contacts;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::TenantId;
use crate::domain::phone::PhoneNumber;
use crate::store::contacts::{Filter, list};
use crate::store::{self, Db};
use std::collections::BTreeMap;

/// Meta's ids of the business's numbers: the shop's, the one for orders and repairs, and the one in Macau.
pub const SHOP: &str = "106540352242922";
pub const CARE: &str = "106540352242923";
pub const MACAU: &str = "106540352242924";

/// Who somebody is in the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Walks through the menu and is served by it alone.
    Curious,
    /// Asks for a person, and gets an answer.
    Regular,
    /// Asks for a person, and waits too long.
    Waiting,
    /// Sends a picture of a broken teapot.
    Broken,
    /// Sends an order as a file.
    Buyer,
    /// Writes to Macau while nobody is there.
    Evening,
    /// Asks when the shop closes, and that was all.
    Closing,
    /// Wants to give something back.
    Returning,
    /// Has had enough.
    Leaving,
    /// Sends a cart, and pays for it.
    Shopper,
    /// Sends a cart that nobody of the team signs.
    Guest,
}

impl Part {
    /// All of them.
    const ALL: [Self; 11] = [
        Self::Curious,
        Self::Regular,
        Self::Waiting,
        Self::Broken,
        Self::Buyer,
        Self::Evening,
        Self::Closing,
        Self::Returning,
        Self::Leaving,
        Self::Shopper,
        Self::Guest,
    ];

    /// In which language they write.
    const fn language(self) -> &'static str {
        match self {
            Self::Curious | Self::Regular | Self::Broken | Self::Returning | Self::Shopper => "en_US",
            Self::Waiting | Self::Buyer | Self::Evening | Self::Leaving | Self::Guest => "zh_HK",
            Self::Closing => "zh_CN",
        }
    }

    /// To which number of the business.
    pub const fn writes_to(self) -> &'static str {
        match self {
            Self::Buyer | Self::Broken => CARE,
            Self::Evening => MACAU,
            _ => SHOP,
        }
    }
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Player {
    pub phone: PhoneNumber,
    pub contact: ContactNo,
}

/// Who plays which part.
pub struct Cast(BTreeMap<Part, Player>);

impl Cast {
    /// Chooses people who may be written to: a part in a story is no use to somebody who opted out long ago.
    pub async fn choose(db: &Db, tenant: TenantId, now: Timestamp) -> store::Result<Self> {
        let mut free: Vec<_> = contacts::people(now)
            .into_iter()
            .filter(|person| person.suppression.is_none() && !person.name.is_empty() && !person.tags.contains(&"staff"))
            .collect();
        let mut cast = BTreeMap::new();
        for part in Part::ALL {
            let fits = |person: &contacts::Person| {
                let hong_kong = person.phone.as_ref().is_some_and(|phone| phone.e164().starts_with("+852"));
                hong_kong && person.language.as_ref().is_some_and(|language| language.as_str() == part.language())
            };
            let Some(at) = free.iter().position(fits) else { continue };
            let Some(phone) = free.remove(at).phone else { continue };
            let found = list(db, tenant, &Filter { phone: Some(phone.clone()), ..Filter::default() }, 1).await?;
            if let Some(contact) = found.first() {
                cast.insert(part, Player { phone, contact: contact.no });
            }
        }
        Ok(Self(cast))
    }

    /// Who plays this part; nobody if the list of contacts had no such person.
    pub fn player(&self, part: Part) -> Option<&Player> {
        self.0.get(&part)
    }
}
