//! Exif, of which nothing is kept but which way up the picture is.

use super::stripped::{be16, be32, le16, le32};

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// Which way the picture is turned or mirrored, if it is: one of seven ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn(u8);

impl Turn {
    /// Reads it from the TIFF structure that Exif is.
    pub fn read(tiff: &[u8]) -> Option<Self> {
        type Reader<T> = fn(&[u8], usize) -> Option<T>;
        let (short, long): (Reader<u16>, Reader<u32>) = match tiff.get(..4)? {
            b"MM\0*" => (be16, be32),
            b"II*\0" => (le16, le32),
            _ => return None,
        };
        let at = usize::try_from(long(tiff, 4)?).ok()?;
        let count = short(tiff, at)?;
        let entries = tiff.get(at.checked_add(2)?..)?.chunks_exact(12).take(count.into());
        let entry =
            entries.into_iter().find(|entry| short(entry, 0) == Some(ORIENTATION) && short(entry, 2) == Some(SHORT))?;
        let value = short(entry, 8)?;
        u8::try_from(value).ok().filter(|value| (2..=8).contains(value)).map(Self)
    }

    /// A TIFF structure that says this and nothing else.
    pub const fn tiff(self) -> [u8; 26] {
        let [a, b] = ORIENTATION.to_be_bytes();
        [
            b'M', b'M', 0, b'*', 0, 0, 0, 8, // the list begins at byte 8
            0, 1, // and has one entry
            a, b, 0, 3, 0, 0, 0, 1, 0, self.0, 0, 0, // which is this one
            0, 0, 0, 0, // and there is no further list
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_turn_survives() {
        for turn in 2..=8 {
            assert_eq!(Turn::read(&Turn(turn).tiff()), Some(Turn(turn)));
        }
        for upright_or_none in [0, 1, 9, 255] {
            assert_eq!(Turn::read(&Turn(upright_or_none).tiff()), None);
        }
    }

    #[test]
    fn it_is_read_with_the_low_byte_first_and_among_other_entries() {
        let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
        tiff.extend(*b"\x0F\x01\x02\0\x05\0\0\0\x26\0\0\0");
        tiff.extend(*b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
        assert_eq!(Turn::read(&tiff), Some(Turn(6)));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(tail in proptest::collection::vec(any::<u8>(), 0..80)) {
            for head in [b"MM\0*", b"II*\0"] {
                let _ = Turn::read(&[head.as_slice(), &tail].concat());
            }
        }
    }
}
