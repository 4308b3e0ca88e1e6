//! Templates as Meta lists them.
#![no_main]

#[path = "../read/template.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|body: &[u8]| read::check(body));
