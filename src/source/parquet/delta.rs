//! Lengths in delta-encoded string pages, summed before the `parquet` crate allocates for them.
//!
//! Such a page opens with a count that the crate takes for the size of a buffer, and in DELTA_BYTE_ARRAY each
//! value may repeat all of the value before it, so that 64 KiB of page can hold terabytes of text. Method:
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/>, "Delta Encoding".

use super::claims::Compact;

/// One run of lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    /// Number of lengths.
    pub count: u64,
    /// Their sum; a negative length counts as none.
    pub sum: u64,
}

/// Sums the DELTA_BINARY_PACKED lengths at the start of `bytes`, at most `most` of them, and returns them
/// with the bytes that follow. `None` if the bytes end too early or claim more lengths.
pub(super) fn lengths(bytes: &[u8], most: u64) -> Option<(Lengths, &[u8])> {
    let mut header = Compact { rest: bytes };
    let block = header.varint().ok()?;
    let minis = header.varint().ok().filter(|&n| n > 0 && n <= bytes.len() as u64)?;
    let count = header.varint().ok().filter(|&n| n <= most)?;
    let first = header.int().ok()? as i32;
    let mut rest = header.rest;
    let mut total = Total { left: count, value: first, sum: 0 };
    total.add();
    while total.left > 0 {
        rest = total.block(rest, usize::try_from(minis).ok()?, block / minis)?;
    }
    Some((Lengths { count, sum: total.sum }, rest))
}

/// A running sum over lengths.
struct Total {
    left: u64,
    value: i32,
    sum: u64,
}

impl Total {
    fn add(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            self.sum = self.sum.saturating_add(u64::try_from(self.value).unwrap_or(0));
        }
    }

    /// Adds one block of `minis` miniblocks of `values` lengths each, and returns the bytes after it.
    fn block<'a>(&mut self, bytes: &'a [u8], minis: usize, values: u64) -> Option<&'a [u8]> {
        let mut head = Compact { rest: bytes };
        let least = head.int().ok()? as i32;
        let (widths, mut rest) = head.rest.split_at_checked(minis)?;
        for &width in widths {
            // Miniblocks after the last value have a width but no bytes.
            if self.left == 0 {
                break;
            }
            let size = usize::try_from(values.checked_mul(u64::from(width))? / 8).ok()?;
            // The last miniblock may be cut: what is missing reads as zeros.
            let packed = rest.get(..size).unwrap_or(rest);
            rest = rest.get(size..).unwrap_or_default();
            for index in 0..values.min(self.left) {
                let delta = bits(packed, index * u64::from(width), width);
                self.value = self.value.wrapping_add(least).wrapping_add(delta as i32);
                self.add();
            }
        }
        (values > 0).then_some(rest)
    }
}

/// The `width` bits at bit `start`, least significant bit first; bits beyond 32 are dropped.
pub(super) fn bits(bytes: &[u8], start: u64, width: u8) -> u32 {
    let byte = usize::try_from(start / 8).unwrap_or(usize::MAX);
    let mut window = [0; 8];
    for (to, from) in window.iter_mut().zip(bytes.get(byte..).unwrap_or_default()) {
        *to = *from;
    }
    let shifted = u64::from_le_bytes(window) >> (start % 8);
    let mask = 1_u64.checked_shl(u32::from(width.min(32))).map_or(u64::MAX, |bit| bit - 1);
    (shifted & mask) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A block of 128 values in 4 miniblocks: 5 lengths from 10, in steps of 2 + (0, 1, 2, 3).
    fn page() -> Vec<u8> {
        let mut bytes = vec![0x80, 1, 4, 5, 20, 4, 2, 0, 0, 0];
        bytes.extend([0b1110_0100, 0, 0, 0, 0, 0, 0, 0, b'x']);
        bytes
    }

    #[test]
    fn lengths_are_summed_and_the_bytes_after_them_returned() {
        // 10, 12, 15, 19, 24
        let expected = Lengths { count: 5, sum: 80 };
        assert_eq!(lengths(&page(), 5), Some((expected, &b"x"[..])));
    }

    #[test]
    fn more_lengths_than_values_are_refused() {
        assert_eq!(lengths(&page(), 4), None);
    }

    #[test]
    fn one_length_needs_no_block() {
        let expected = Lengths { count: 1, sum: 3 };
        assert_eq!(lengths(&[0x80, 1, 4, 1, 6, 9], 1), Some((expected, &[9][..])));
    }

    proptest! {
        #[test]
        fn any_bytes_are_summed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some((lengths, _)) = lengths(&bytes, 1000) {
                prop_assert!(lengths.count <= 1000);
            }
        }
    }
}
