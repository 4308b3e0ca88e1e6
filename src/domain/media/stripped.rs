//! What is left of a file, and what was taken out.

use std::collections::BTreeSet;

/// Data behind the end of an image, which no viewer shows: a second file may hide there.
pub const TRAILER: &str = "trailing data";

/// A file in the making.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stripped {
    /// What is kept.
    pub bytes: Vec<u8>,
    /// What is not, by the names that the formats have for it.
    pub removed: BTreeSet<String>,
}

impl Stripped {
    pub fn begin(signature: &[u8], size: usize) -> Self {
        let mut bytes = Vec::with_capacity(size);
        bytes.extend_from_slice(signature);
        Self { bytes, removed: BTreeSet::new() }
    }

    pub fn keep(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn remove(&mut self, name: impl Into<String>) {
        self.removed.insert(name.into());
    }
}

/// The number at `at` with the high byte first.
pub fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_be_bytes(*b))
}

/// The number at `at` with the high byte first.
pub fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}

/// The number at `at` with the low byte first.
pub fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

/// The number at `at` with the low byte first.
pub fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

/// What stands before `at`, and what from there on.
pub fn cut(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(at)
}

/// A length that was read, as one to reckon with.
pub fn length(read: u32) -> Option<usize> {
    usize::try_from(read).ok()
}
