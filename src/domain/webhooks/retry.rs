//! What is left of a post to be tried again, and whether that would change anything beyond a note in the log.

use super::{Event, PostState, What, parse};
use crate::domain::canonical::{ContentHash, Hash, sha256};
use serde::{Deserialize, Serialize};

/// The most posts that are tried again with one request: people read every one of them.
pub const MOST_POSTS: usize = 20;

/// Posts of which something is to be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPlan {
    /// Each once, in the order of their arrival.
    pub posts: Vec<RetriedPost>,
}

/// What of one post is to be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetriedPost {
    /// Which.
    pub post: i64,
    /// As Meta sent it.
    pub body: ContentHash,
    /// The places of the events that are aside; none where nobody could read the post, and all of it waits anew.
    pub places: Option<Vec<usize>>,
}

words! {
    /// What applying an event does.
    Replay, "effect of an event" {
        /// It is written down, and nothing else follows from it.
        Notes = "notes",
        /// It changes what the business knows of people, messages, templates or its account, and so what goes out.
        Changes = "changes",
    }
}

impl What {
    /// What applying it does. In doubt it changes something: then a person looks first.
    #[must_use]
    pub fn replay(&self) -> Replay {
        match self {
            // Whoever can read it may find anything in it.
            Self::Unknown { .. } if self.unreadable().is_some() => Replay::Changes,
            Self::Payment(_)
            | Self::PhoneQuality(_)
            | Self::PhoneName(_)
            | Self::BusinessUsername(_)
            | Self::AccountAlert(_)
            | Self::Capability(_)
            | Self::FormEvent(_)
            | Self::PaymentSetup(_)
            | Self::Unknown { .. } => Replay::Notes,
            Self::Status(_)
            | Self::Message(_)
            | Self::Echo(_)
            | Self::PersonChange(_)
            | Self::UserPreference(_)
            | Self::TemplateStatus(_)
            | Self::TemplateQuality(_)
            | Self::TemplateCategory(_)
            | Self::TemplateComponents(_)
            | Self::Security(_)
            | Self::AccountUpdate(_)
            | Self::AccountReview(_)
            | Self::Trouble(_) => Replay::Changes,
        }
    }
}

impl Event {
    /// By which it is known again, however the rest of its post is read.
    #[must_use]
    pub fn key(&self) -> Hash {
        sha256(self.dedup_key.as_bytes())
    }
}

/// An event that was set aside and is still aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its place in the post when that was read.
    pub place: usize,
    /// What it was, as [`What::word`] names it.
    pub kind: String,
    /// Its [`Event::key`]; none if it was set aside before keys were kept.
    pub key: Option<Hash>,
}

/// What of a post is left to try.
#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    /// It waits for its turn.
    Waits,
    /// Nothing: all of it is applied.
    Nothing,
    /// Nobody can read it today either; and why.
    Unreadable(String),
    /// It is read in another way than when its events were set aside, and one of them is not found.
    ReadsOtherwise,
    /// All of it: nobody could read it before.
    Whole(Vec<Event>),
    /// These events, each with the place under which it was set aside.
    Events(Vec<(usize, Event)>),
}

/// The events of a post that are about this account. What is about another is left to the business that has it: one app may
/// serve several, and they share its secret.
pub fn events_of(body: &[u8], account: &str) -> Result<Vec<Event>, String> {
    let events = parse(body).map_err(|e| e.to_string())?;
    Ok(events.into_iter().filter(|event| event.waba_id == account).collect())
}

/// What is left of a post that stands so, when these of its events are aside. An event is found by its key, so that no other
/// one is ever taken for it.
#[must_use]
pub fn left(state: PostState, body: &[u8], account: &str, missing: &[Missing]) -> Left {
    match state {
        PostState::New => return Left::Waits,
        PostState::Applied if missing.is_empty() => return Left::Nothing,
        PostState::Applied | PostState::Parked => {}
    }
    let events = match events_of(body, account) {
        Ok(events) => events,
        Err(why) => return Left::Unreadable(why),
    };
    if state == PostState::Parked {
        return Left::Whole(events);
    }
    let found = missing.iter().map(|it| find(&events, it).map(|event| (it.place, event.clone())));
    found.collect::<Option<Vec<_>>>().map_or(Left::ReadsOtherwise, Left::Events)
}

fn find<'e>(events: &'e [Event], missing: &Missing) -> Option<&'e Event> {
    match missing.key {
        Some(key) => events.iter().find(|event| event.key() == key),
        None => events.get(missing.place).filter(|event| event.what.word() == missing.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn body(wamids: &[u32]) -> Vec<u8> {
        let message = |n: &u32| json!({"from": "15550100001", "id": format!("wamid.{n}"), "timestamp": "1", "type": "text", "text": {"body": "STOP"}});
        let messages: Vec<_> = wamids.iter().map(message).collect();
        let value = json!({"metadata": {"phone_number_id": "7001"}, "messages": messages});
        let entry = |id: &str| json!({"id": id, "time": 1, "changes": [{"field": "messages", "value": value.clone()}]});
        json!({"object": "whatsapp_business_account", "entry": [entry("9002"), entry("9001")]}).to_string().into_bytes()
    }

    fn missing(place: usize, kind: &str, key: Option<Hash>) -> Missing {
        Missing { place, kind: kind.to_owned(), key }
    }

    #[test]
    fn what_is_left_follows_from_where_the_post_stands() {
        let good = body(&[1, 2]);
        let one = [missing(1, "message", None)];
        assert_eq!(left(PostState::New, &good, "9001", &[]), Left::Waits);
        assert_eq!(left(PostState::Applied, &good, "9001", &[]), Left::Nothing);
        assert!(matches!(left(PostState::Parked, b"{", "9001", &[]), Left::Unreadable(_)));
        assert!(matches!(left(PostState::Applied, b"{", "9001", &one), Left::Unreadable(_)));
        let Left::Whole(all) = left(PostState::Parked, &good, "9001", &[]) else { panic!("it can be read") };
        assert_eq!((all.len(), all.iter().all(|event| event.waba_id == "9001")), (2, true), "not another's");
        let Left::Events(events) = left(PostState::Applied, &good, "9001", &one) else { panic!("it is found") };
        assert_eq!((events[0].0, events[0].1.key()), (1, all[1].key()));
    }

    #[test]
    fn without_a_key_another_kind_in_its_place_is_not_taken_for_it() {
        for other in [missing(1, "status", None), missing(2, "message", None), missing(0, "message", Some([7; 32]))] {
            assert_eq!(left(PostState::Applied, &body(&[1, 2]), "9001", &[other]), Left::ReadsOtherwise);
        }
    }

    proptest! {
        #[test]
        fn an_event_is_found_wherever_the_post_has_it_now(
            wamids in proptest::collection::btree_set(1_u32..99, 1..8),
            at in any::<prop::sample::Index>(),
            place in 0_usize..20,
        ) {
            let wamids: Vec<u32> = wamids.into_iter().collect();
            let wanted = at.get(&wamids);
            let alone = events_of(&body(&[*wanted]), "9001").unwrap().remove(0);
            let it = missing(place, "message", Some(alone.key()));
            let found = left(PostState::Applied, &body(&wamids), "9001", &[it]);
            prop_assert_eq!(found, Left::Events(vec![(place, alone)]));
        }
    }
}
