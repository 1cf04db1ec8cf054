//! Containment: which sets lie in others, and how much of them does.
//!
//! Jaccard similarity cannot tell: a short text that stands whole in a long one has little in common with it by that
//! measure. Here a set is known by its least elements (bottom-k: Broder, "On the resemblance and containment of
//! documents", 1997; Cohen and Kaplan, 2007), which are a sample of it without replacement. If a share c of a set lies
//! in another, each of its eight least elements lies there with chance c; so the index holds eight elements a set, and
//! is asked with all elements of the set that may contain others.

use super::lsh::{BUCKET, RECALL, Table};

/// Elements by which a set is known. Sets that have fewer are not found.
pub const BOTTOM: usize = 8;

/// Finds sets that lie in another.
///
/// ```
/// use dehusk::similar::{ContainmentIndex, containment};
///
/// let large: Vec<u32> = (1..1000).map(|n| n * 3).collect();
/// let small: Vec<u32> = (100..130).map(|n| n * 3).collect();
/// let mut index = ContainmentIndex::new(0.9);
/// index.insert(5, &small);
/// let mut found = Vec::new();
/// index.candidates(&large, &mut found);
/// assert_eq!(found, [5]);
/// assert_eq!(containment(&small, &large), 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct ContainmentIndex {
    table: Table,
    /// Least elements that must be in the other set.
    needed: usize,
}

impl ContainmentIndex {
    /// An empty index, to find sets of which at least this share lies in another: nearly all of them, and few others.
    pub fn new(share: f64) -> Self {
        let needed = (1..=BOTTOM).rev().find(|needed| chance(*needed, share) >= RECALL).unwrap_or(1);
        Self { table: Table::new(), needed }
    }

    /// Adds a set, ascending, if it has at least [`BOTTOM`] elements. `item` must not be `u32::MAX`.
    pub fn insert(&mut self, item: u32, set: &[u32]) {
        for element in set.first_chunk::<BOTTOM>().into_iter().flatten() {
            self.table.insert(*element, item, BUCKET);
        }
    }

    /// Puts the items that may lie in `set` into `items`, ascending.
    pub fn candidates(&self, set: &[u32], items: &mut Vec<u32>) {
        items.clear();
        for element in set {
            self.table.find(*element, |item| items.push(item));
        }
        items.sort_unstable();
        let mut kept = 0;
        let mut at = 0;
        while let Some(item) = items.get(at).copied() {
            let hits = items[at..].iter().take_while(|other| **other == item).count();
            if hits >= self.needed {
                items[kept] = item;
                kept += 1;
            }
            at += hits;
        }
        items.truncate(kept);
    }
}

/// The chance that at least `needed` of [`BOTTOM`] elements lie in another set, if each does with this chance.
fn chance(needed: usize, share: f64) -> f64 {
    let of = |hits: usize| {
        let ways = (0..hits).fold(1.0, |ways, n| ways * (BOTTOM - n) as f64 / (n + 1) as f64);
        ways * libm::pow(share, hits as f64) * libm::pow(1.0 - share, (BOTTOM - hits) as f64)
    };
    (needed..=BOTTOM).map(of).sum()
}

/// The share of `set` that lies in `other`, both ascending and without repetition; 0 for the empty set.
pub fn containment(set: &[u32], other: &[u32]) -> f64 {
    if set.is_empty() { 0.0 } else { common(set, other) as f64 / set.len() as f64 }
}

/// The Jaccard similarity of two sets, both ascending and without repetition; 0 for two empty ones.
pub fn jaccard(one: &[u32], other: &[u32]) -> f64 {
    let common = common(one, other);
    let all = one.len() + other.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}

/// How many elements two ascending sets have in common.
fn common(one: &[u32], other: &[u32]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    // Without a branch on which is less: that cannot be foreseen.
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        common += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similar::split_mix;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(from: u64, to: u64) -> Vec<u32> {
        let set: BTreeSet<u32> = (from..to).map(|n| (split_mix(3, n) >> 32) as u32).collect();
        set.into_iter().collect()
    }

    #[test]
    fn sets_that_lie_in_another_are_found_and_those_that_touch_it_are_not() {
        let mut index = ContainmentIndex::new(0.9);
        for item in 0..1000 {
            // Every tenth lies in the large set with 95 of its 100 elements, the others with ten.
            let inside = if item % 10 == 0 { 95 } else { 10 };
            let from = u64::from(item) * 100;
            let mut small = set(from, from + inside);
            small.extend(set(1_000_000 + from, 1_000_000 + from + 100 - inside));
            small.sort_unstable();
            index.insert(item, &small);
        }
        let mut found = Vec::new();
        index.candidates(&set(0, 100_000), &mut found);
        let inside = found.iter().filter(|item| *item % 10 == 0).count();
        assert!(inside >= 97, "{inside} of 100 found");
        assert!(found.len() - inside <= 5, "{} found for nothing", found.len() - inside);
    }

    #[test]
    fn a_set_of_few_elements_is_not_looked_for() {
        let mut index = ContainmentIndex::new(0.9);
        index.insert(1, &[1, 2, 3, 4, 5, 6, 7]);
        let mut found = Vec::new();
        index.candidates(&set(0, 10), &mut found);
        index.candidates(&[1, 2, 3, 4, 5, 6, 7, 8, 9], &mut found);
        assert!(found.is_empty());
    }

    proptest! {
        #[test]
        fn shares_are_those_of_sets(one: BTreeSet<u8>, other: BTreeSet<u8>) {
            let vector = |set: &BTreeSet<u8>| set.iter().map(|n| u32::from(*n)).collect::<Vec<_>>();
            let (a, b) = (vector(&one), vector(&other));
            let (both, either) = (one.intersection(&other).count(), one.union(&other).count());
            prop_assert_eq!(jaccard(&a, &b), if either == 0 { 0.0 } else { both as f64 / either as f64 });
            prop_assert_eq!(containment(&a, &b), if one.is_empty() { 0.0 } else { both as f64 / one.len() as f64 });
        }
    }
}
