//! What Meta, or somebody who has its secret, posts: read or refused, and never a person's words in the log.
#![no_main]

use countersign::domain::webhooks::{accounts, masked, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let events = parse(body);
    assert_eq!(events.is_ok(), accounts(body).is_ok());
    assert_eq!(events.is_ok(), masked(body, "9001").is_some());
    for event in events.unwrap_or_default() {
        assert!(!event.dedup_key.is_empty() && !event.what.word().is_empty());
    }
});
