//! Posts of Meta's.
#![no_main]

#[path = "../read/webhook.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|body: &[u8]| read::check(body));
