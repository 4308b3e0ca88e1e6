//! The agents' door: keys, messages, both revisions of the protocol, and clients that others wrote.

mod clients;
mod keys;
mod messages;
mod protocol;
mod writes;
