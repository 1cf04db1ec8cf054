//! How long pages are, counted in bins an eighth of an octave wide, so that a site of a million pages takes no more room
//! than one of a hundred.

use std::collections::BTreeMap;

use super::document::Lengths;

/// Numbers of pages by their length, in characters. Counts add up in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LengthCounts {
    bins: BTreeMap<u16, u64>,
    longest: u64,
}

/// Bins of an octave.
const PARTS: u32 = 3;

impl LengthCounts {
    /// Counts a page.
    pub fn add_page(&mut self, length: u64) {
        *self.bins.entry(bin(length)).or_default() += 1;
        self.longest = self.longest.max(length);
    }

    /// Counts other pages too.
    pub fn add(&mut self, other: LengthCounts) {
        for (bin, pages) in other.bins {
            *self.bins.entry(bin).or_default() += pages;
        }
        self.longest = self.longest.max(other.longest);
    }

    /// The figures that reports show.
    pub fn figures(&self) -> Lengths {
        let pages: u64 = self.bins.values().sum();
        if pages == 0 {
            return Lengths::default();
        }
        // The bin of the longest page holds some that are just longer than an eighth below it, the next one some that are not.
        let last = bin(self.longest);
        let near: u64 = self.bins.range(last.saturating_sub(1)..).map(|(_, pages)| pages).sum();
        let deciles = std::array::from_fn(|tenths| self.quantile((pages * (tenths as u64 + 1)).div_ceil(10)));
        Lengths { deciles, longest: self.longest, as_long_as_longest: near as f64 / pages as f64 }
    }

    /// The length that the `rank`th page has or passes by less than an eighth; the first has rank 1.
    fn quantile(&self, rank: u64) -> u64 {
        let mut seen = 0;
        for (bin, pages) in &self.bins {
            seen += pages;
            if seen >= rank {
                return start(*bin);
            }
        }
        self.longest
    }
}

/// How many of these lengths lie within a twentieth of each other at most, and the longest of those. What is cut after a
/// whole word, or has an ellipsis put behind it, differs by some characters: as many are one length however short it is.
pub fn most_alike(lengths: &mut [u64]) -> (usize, u64) {
    lengths.sort_unstable();
    let (mut first, mut most) = (0, (0, 0));
    for (at, longest) in lengths.iter().enumerate() {
        let least = longest - (longest / 20).max(*longest.min(&4));
        while lengths.get(first).is_some_and(|length| *length < least) {
            first += 1;
        }
        most = most.max((at + 1 - first, *longest));
    }
    most
}

/// The bin of a length: short lengths have bins of their own, then each octave has eight.
fn bin(length: u64) -> u16 {
    if length < 1 << PARTS {
        return length as u16;
    }
    let octave = length.ilog2() - PARTS;
    ((octave << PARTS) as u64 + (length >> octave)) as u16
}

/// The least length of a bin.
fn start(bin: u16) -> u64 {
    let bin = u64::from(bin);
    if bin < 1 << PARTS {
        return bin;
    }
    let octave = (bin >> PARTS) - 1;
    (bin - (octave << PARTS)) << octave
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bin_begins_at_most_an_eighth_below_its_lengths(length in 0..u64::MAX / 2) {
            let least = start(bin(length));
            prop_assert!(least <= length && length - least <= length / 8);
            prop_assert_eq!(bin(least), bin(length));
        }
    }

    #[test]
    fn quantiles_are_those_of_the_pages() {
        let mut counts = LengthCounts::default();
        (1..=100).for_each(|n| counts.add_page(n * 100));
        let figures = counts.figures();
        let near = |found: u64, expected: u64| found <= expected && expected - found <= expected / 8;
        assert!(
            near(figures.tenth(), 1000) && near(figures.median(), 5000) && near(figures.nine_tenths(), 9000),
            "{figures:?}"
        );
        assert_eq!(figures.longest, 10_000);
        assert!(figures.deciles.iter().zip(1..).all(|(found, tenths)| near(*found, tenths * 1000)), "{figures:?}");
        assert!(figures.as_long_as_longest < 0.3);
    }

    #[test]
    fn lengths_within_a_twentieth_are_alike() {
        assert_eq!(most_alike(&mut [500, 201, 40, 195, 200, 90, 189]), (3, 201));
        assert_eq!(most_alike(&mut [0, 3, 9]), (2, 3));
        assert_eq!(most_alike(&mut []), (0, 0));
    }

    #[test]
    fn pages_cut_at_one_length_are_as_long_as_the_longest() {
        let mut counts = LengthCounts::default();
        (0..9).for_each(|n| counts.add_page(200 - n % 3));
        counts.add_page(50);
        assert_eq!(counts.figures().as_long_as_longest, 0.9);
        assert_eq!(LengthCounts::default().figures(), Lengths::default());
    }
}
