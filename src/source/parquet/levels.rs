//! Repetition levels of list columns: how many rows a page begins.
//!
//! To reach a row of a list column, all pages before it are decoded and let go again. Only pages from that
//! row on are held, and only they count as memory, so it has to be known where in the rows a page stands.
//! Method: <https://parquet.apache.org/docs/file-format/data-pages/encodings/>, "Run Length Encoding /
//! Bit-Packing Hybrid".

use super::claims::Compact;
use super::delta::bits;

/// Counts the zeros among the first `values` levels in `bytes`, each of `width` bits. `None` if the bytes end
/// too early.
pub(super) fn zeros(bytes: &[u8], width: u8, values: u64) -> Option<u64> {
    let (mut rest, mut left, mut zeros) = (bytes, values, 0);
    while left > 0 {
        let mut run = Compact { rest };
        let header = run.varint().ok()?;
        let half = header >> 1;
        if half == 0 {
            return None;
        }
        let packed = header & 1 == 1;
        let size = if packed { half.checked_mul(u64::from(width))? } else { u64::from(width.div_ceil(8)) };
        let count = if packed { half.saturating_mul(8) } else { half }.min(left);
        let (run, after) = split(run.rest, size, packed)?;
        zeros += match packed {
            true => packed_zeros(run, width, count),
            false if run.iter().all(|&byte| byte == 0) => count,
            false => 0,
        };
        (rest, left) = (after, left - count);
    }
    Some(zeros)
}

/// The first `size` bytes and the rest. The last packed run may be cut.
fn split(bytes: &[u8], size: u64, may_be_cut: bool) -> Option<(&[u8], &[u8])> {
    let size = usize::try_from(size).ok()?;
    let cut = may_be_cut && !bytes.is_empty();
    bytes.split_at_checked(size).or_else(|| cut.then_some((bytes, &[][..])))
}

fn packed_zeros(run: &[u8], width: u8, count: u64) -> u64 {
    if width != 1 {
        return (0..count).filter(|index| bits(run, index * u64::from(width), width) == 0).count() as u64;
    }
    let (whole, rest) = (count / 8, count % 8);
    let ones = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>();
    let whole = usize::try_from(whole).unwrap_or(usize::MAX).min(run.len());
    let (whole, last) = run.split_at(whole);
    let last = last.first().map_or(0, |&byte| byte & !(0xff << rest));
    count - ones(whole) - u64::from(last.count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_and_packed_levels_are_counted_together() {
        // Five times 0; eight packed: 1, 0, 1, 1, 0, 0, 0, 0; twice 1.
        let bytes = [5 << 1, 0, 1 << 1 | 1, 0b0000_1101, 2 << 1, 1];
        assert_eq!(zeros(&bytes, 1, 15), Some(5 + 5));
        assert_eq!(zeros(&bytes, 1, 10), Some(5 + 2));
        assert_eq!(zeros(&bytes, 1, 16), None);
    }

    #[test]
    fn an_empty_run_is_no_level() {
        assert_eq!(zeros(&[0, 0, 0, 0], 1, 1), None);
    }

    proptest! {
        #[test]
        fn packed_levels_count_like_their_naive_twin(levels in prop::collection::vec(0_u8..4, 1..100), width in 2_u8..5) {
            let one_bit = levels.iter().map(|&level| level & 1).collect::<Vec<_>>();
            for (levels, width) in [(&levels, width), (&one_bit, 1)] {
                let groups = levels.len().div_ceil(8);
                let mut bytes = vec![(groups << 1 | 1) as u8];
                bytes.resize(1 + groups * usize::from(width), 0);
                for (index, level) in levels.iter().enumerate() {
                    for bit in 0..usize::from(width) {
                        let at = index * usize::from(width) + bit;
                        bytes[1 + at / 8] |= (level >> bit & 1) << (at % 8);
                    }
                }
                let naive = levels.iter().filter(|&&level| level == 0).count() as u64;
                prop_assert_eq!(zeros(&bytes, width, levels.len() as u64), Some(naive));
            }
        }

        #[test]
        fn any_bytes_give_no_more_zeros_than_values(bytes in prop::collection::vec(any::<u8>(), 0..60), width in 1_u8..17) {
            if let Some(zeros) = zeros(&bytes, width, 500) {
                prop_assert!(zeros <= 500);
            }
        }
    }
}
