//! Locality-sensitive hashing: which of many signatures may be similar to one, without comparing it to each.
//!
//! A signature is cut into bands of some rows; two signatures meet when all rows of a band agree, which happens with
//! chance 1-(1-s^r)^b at similarity s (Leskovec, Rajaraman and Ullman, "Mining of massive datasets", 3.4). [`Bands`]
//! takes the longest bands that still find nearly every pair at the threshold, since what meets by chance is sorted
//! out afterwards at little cost, and what does not meet is lost.
//!
//! [`LshIndex`] holds eight bytes a band and signature. Work is bounded whatever is put in: a bucket takes so many
//! signatures and no more, and where they lie in memory depends on a key that each process draws anew.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use super::split_mix;

/// Chance with which a pair at the threshold meets, at least.
pub const RECALL: f64 = 0.99;

/// Signatures that a bucket takes, where nothing else is asked. What comes later with the same band is not found by
/// this band, but by its others.
pub const BUCKET: usize = 64;

/// How a signature is cut into bands.
///
/// ```
/// let bands = dehusk::similar::Bands::for_threshold(0.8, 128);
/// assert_eq!((bands.bands(), bands.rows()), (21, 6));
/// assert!(bands.chance(0.8) > 0.99 && bands.chance(0.3) < 0.02);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bands {
    rows: usize,
    bands: usize,
    threshold: f64,
}

impl Bands {
    /// The longest bands that `slots` slots allow and of which one meets with chance [`RECALL`] at `threshold`, which
    /// is brought between 0 and 1. Where no length is enough, bands of one slot.
    pub fn for_threshold(threshold: f64, slots: usize) -> Self {
        let threshold = if threshold.is_nan() { 1.0 } else { threshold.clamp(0.0, 1.0) };
        let of_rows = |rows: usize| Self { rows, bands: (slots / rows).max(1), threshold };
        // A single band would find nothing but equal sets.
        let mut lengths = (1..=slots / 2).rev().map(of_rows);
        lengths.find(|bands| bands.chance(threshold) >= RECALL).unwrap_or_else(|| of_rows(1))
    }

    /// Slots in a band.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of bands.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// The chance that two sets of this Jaccard similarity meet in some band.
    pub fn chance(&self, similarity: f64) -> f64 {
        let meets = libm::pow(similarity.clamp(0.0, 1.0), self.rows as f64);
        1.0 - libm::pow(1.0 - meets, self.bands as f64)
    }

    /// Puts a key for each band of `signature` into `keys`; keys of different seeds do not compare. The empty set has
    /// none.
    pub fn keys(&self, seed: u64, signature: &[u32], keys: &mut Vec<u32>) {
        keys.clear();
        if super::minhash::is_empty(signature) {
            return;
        }
        keys.extend(signature.chunks_exact(self.rows).take(self.bands).zip(0..).map(|(band, number)| {
            let start = split_mix(seed, number);
            let mixed = band.iter().fold(start, |mixed, slot| {
                (mixed ^ u64::from(*slot)).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(29)
            });
            (split_mix(mixed, number) >> 32) as u32
        }));
    }
}

/// The bands, and the chance of finding a pair below, at and above the threshold.
impl fmt::Display for Bands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bands of {} slots find a pair", self.bands, self.rows)?;
        let around = [-0.2, -0.1, 0.0, 0.05, 0.1].map(|step| self.threshold + step);
        for (number, similarity) in around.into_iter().filter(|s| (0.0..=1.0).contains(s)).enumerate() {
            let separator = if number == 0 { "" } else { "," };
            let percent = 100.0 * self.chance(similarity);
            write!(f, "{separator} at {similarity:.2} in {percent:.1} %")?;
        }
        write!(f, " of cases")
    }
}

/// Finds signatures that share a band.
///
/// ```
/// use dehusk::similar::{Bands, LshIndex, MinHasher};
///
/// let (hasher, bands) = (MinHasher::new(0), Bands::for_threshold(0.8, 128));
/// let (mut index, mut keys, mut found) = (LshIndex::new(bands), Vec::new(), Vec::new());
/// let one: Vec<u32> = (0..100_u32).map(|n| n.wrapping_mul(0x9e37_79b9)).collect();
/// bands.keys(0, hasher.signature(&one).slots(), &mut keys);
/// index.insert(17, &keys);
/// bands.keys(0, hasher.signature(&one[..95]).slots(), &mut keys);
/// index.candidates(&keys, &mut found);
/// assert_eq!(found, [17]);
/// ```
#[derive(Clone, Debug)]
pub struct LshIndex {
    tables: Vec<Table>,
    bucket: usize,
}

impl LshIndex {
    /// An empty index of signatures that are cut this way.
    pub fn new(bands: Bands) -> Self {
        Self { tables: vec![Table::new(); bands.bands()], bucket: BUCKET }
    }

    /// Sets how many signatures a bucket takes.
    pub fn with_bucket(self, bucket: usize) -> Self {
        Self { bucket: bucket.max(1), ..self }
    }

    /// Adds an item by the [keys](Bands::keys) of its bands. A bucket that is full stays as it is.
    ///
    /// `item` must not be `u32::MAX`; an item of this number is not found again.
    pub fn insert(&mut self, item: u32, keys: &[u32]) {
        for (table, key) in self.tables.iter_mut().zip(keys) {
            table.insert(*key, item, self.bucket);
        }
    }

    /// Puts the items that share a band into `items`, ascending and each once.
    pub fn candidates(&self, keys: &[u32], items: &mut Vec<u32>) {
        items.clear();
        for (table, key) in self.tables.iter().zip(keys) {
            table.find(*key, |item| items.push(item));
        }
        items.sort_unstable();
        items.dedup();
    }

    /// Memory taken, in bytes.
    pub fn memory(&self) -> usize {
        self.tables.iter().map(|table| table.entries.capacity() * size_of::<u64>()).sum()
    }
}

/// The buckets of one band: a hash table with linear probing, an entry for each item.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Key and, above zero, the number behind the item's; 0 where nothing is.
    entries: Vec<u64>,
    len: usize,
    /// Decides where a key lies, and nothing else.
    layout: u64,
}

impl Table {
    pub(super) fn new() -> Self {
        // Odd: every bit of a key has its say in where the key lies.
        Self { entries: Vec::new(), len: 0, layout: RandomState::new().hash_one(0) | 1 }
    }

    /// Where the search for a key begins.
    #[inline]
    fn start(&self, key: u32) -> usize {
        let spread = u64::from(key).wrapping_mul(self.layout).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((u128::from(spread) * self.entries.len() as u128) >> 64) as usize
    }

    #[inline]
    pub(super) fn find(&self, key: u32, mut found: impl FnMut(u32)) {
        if self.entries.is_empty() {
            return;
        }
        let (before, behind) = self.entries.split_at(self.start(key));
        for entry in behind.iter().chain(before) {
            if *entry == 0 {
                return;
            }
            if (entry >> 32) as u32 == key {
                found((*entry as u32).wrapping_sub(1));
            }
        }
    }

    pub(super) fn insert(&mut self, key: u32, item: u32, bucket: usize) {
        if (self.len + 1) * 10 > self.entries.len() * 7 {
            self.grow();
        }
        let start = self.start(key);
        let mut of_key = 0;
        let places = self.entries.len();
        for at in (start..places).chain(0..start) {
            let Some(entry) = self.entries.get_mut(at) else { return };
            if *entry == 0 {
                *entry = u64::from(key) << 32 | u64::from(item.wrapping_add(1));
                self.len += usize::from(*entry != 0);
                return;
            }
            of_key += usize::from((*entry >> 32) as u32 == key);
            if of_key == bucket {
                return;
            }
        }
    }

    #[cold]
    fn grow(&mut self) {
        let places = (self.entries.len() + self.entries.len() / 2).max(16);
        let old = std::mem::replace(&mut self.entries, vec![0; places]);
        self.len = 0;
        for entry in old.into_iter().filter(|entry| *entry != 0) {
            self.insert((entry >> 32) as u32, (entry as u32).wrapping_sub(1), usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn bands_are_the_longest_that_find_nearly_every_pair_at_the_threshold() {
        for (threshold, rows, count) in [(0.5, 3, 42), (0.7, 4, 32), (0.8, 6, 21), (0.9, 10, 12), (1.0, 64, 2)] {
            let bands = Bands::for_threshold(threshold, 128);
            assert_eq!((bands.rows(), bands.bands()), (rows, count), "{threshold}");
            assert!(bands.chance(threshold) >= RECALL);
        }
        for (threshold, slots) in [(0.0, 128), (0.01, 128), (f64::NAN, 128), (2.0, 1), (0.5, 0), (0.9, 2)] {
            let bands = Bands::for_threshold(threshold, slots);
            assert!(bands.rows() >= 1 && bands.bands() >= 1 && bands.rows() * bands.bands() <= slots.max(1));
        }
    }

    #[test]
    fn the_chances_stand_beside_the_bands() {
        assert_eq!(
            Bands::for_threshold(0.8, 128).to_string(),
            "21 bands of 6 slots find a pair at 0.60 in 63.3 %, at 0.70 in 92.8 %, at 0.80 in 99.8 %, \
             at 0.85 in 100.0 %, at 0.90 in 100.0 % of cases"
        );
    }

    #[test]
    fn pairs_meet_as_often_as_the_chance_says() {
        let bands = Bands::for_threshold(0.8, 128);
        let (hasher, pairs) = (super::super::MinHasher::new(5), 2000);
        let (mut one_keys, mut other_keys) = (Vec::new(), Vec::new());
        for common in [40, 60, 70] {
            let truth = f64::from(common) / f64::from(200 - common);
            let met = (0..pairs).filter(|pair| {
                let set = |from: u32| -> Vec<u32> {
                    (from..from + 100).map(|n| (split_mix(*pair, u64::from(n)) >> 32) as u32).collect()
                };
                bands.keys(0, hasher.signature(&set(0)).slots(), &mut one_keys);
                bands.keys(0, hasher.signature(&set(100 - common)).slots(), &mut other_keys);
                one_keys.iter().zip(&other_keys).any(|(one, other)| one == other)
            });
            let (met, chance) = (met.count() as f64 / pairs as f64, bands.chance(truth));
            let deviation = (chance * (1.0 - chance) / pairs as f64).sqrt();
            assert!((met - chance).abs() < 4.5 * deviation, "{truth:.2}: {met:.3} of {chance:.3}");
        }
    }

    #[test]
    fn a_full_bucket_takes_no_more_and_the_other_bands_still_find() {
        let bands = Bands::for_threshold(0.8, 128);
        let mut index = LshIndex::new(bands).with_bucket(3);
        for item in 0..1000 {
            // All share the first band, and no other.
            let keys: Vec<u32> = (0..21).map(|band| if band == 0 { 7 } else { item * 21 + band }).collect();
            index.insert(item, &keys);
        }
        let mut found = Vec::new();
        index.candidates(&[7; 1], &mut found);
        assert_eq!(found, [0, 1, 2]);
        index.candidates(&[7, 999 * 21 + 1], &mut found);
        assert_eq!(found, [0, 1, 2, 999]);
    }

    #[test]
    fn the_empty_set_is_no_candidate() {
        let bands = Bands::for_threshold(0.8, 128);
        let mut keys = vec![1];
        bands.keys(0, &[u32::MAX; 128], &mut keys);
        assert!(keys.is_empty());
        let mut index = LshIndex::new(bands);
        index.insert(1, &keys);
        let mut found = vec![9];
        index.candidates(&keys, &mut found);
        assert!(found.is_empty());
    }

    proptest! {
        #[test]
        fn an_index_finds_what_a_map_finds(
            items in prop::collection::vec(prop::array::uniform3(0_u32..40), 0..300), asked in prop::array::uniform3(0_u32..40)
        ) {
            let bands = Bands { rows: 1, bands: 3, threshold: 0.5 };
            let mut index = LshIndex::new(bands).with_bucket(5);
            let mut map: BTreeMap<(usize, u32), Vec<u32>> = BTreeMap::new();
            for (item, keys) in (0..).zip(&items) {
                index.insert(item, keys);
                for (band, key) in keys.iter().enumerate() {
                    let bucket = map.entry((band, *key)).or_default();
                    if bucket.len() < 5 {
                        bucket.push(item);
                    }
                }
            }
            let mut expected: Vec<u32> =
                asked.iter().enumerate().flat_map(|(band, key)| map.get(&(band, *key)).cloned().unwrap_or_default()).collect();
            expected.sort_unstable();
            expected.dedup();
            let mut found = Vec::new();
            index.candidates(&asked, &mut found);
            prop_assert_eq!(found, expected);
        }
    }
}
