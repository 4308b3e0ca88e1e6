//! The vocabulary of the product: what things are, and which changes are legal. No I/O, no async, no clock of its own.
