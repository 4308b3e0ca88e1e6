//! What Meta, or somebody who has its secret, posts: read or refused, and never a person's words in the log. The fuzzer calls
//! this with whatever it makes up, and the usual tests with what it began with.

use countersign::domain::webhooks::{accounts, masked, parse};

/// What must hold of every body.
pub fn check(body: &[u8]) {
    let events = parse(body);
    assert_eq!(events.is_ok(), accounts(body).is_ok());
    assert_eq!(events.is_ok(), masked(body, "9001", None).is_some());
    for event in events.unwrap_or_default() {
        assert!(!event.dedup_key.is_empty() && !event.what.word().is_empty());
    }
}
