//! The agents' door: keys, messages, both revisions of the protocol, and clients that others wrote.

mod clients;
mod conformance;
mod keys;
mod malformed;
mod messages;
mod protocol;
mod repeats;
mod stdio;
mod tokens;
mod uploads;
mod waiting;
mod writes;
