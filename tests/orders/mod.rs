//! What customers order and how they pay: the door that a payment link opens, and a source of orders that is another system.

mod door;
mod source;
mod stopping;
