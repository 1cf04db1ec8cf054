//! MinHash: a set as a signature of fixed length, of which so many slots agree as the sets have in common.
//!
//! Classical k-mins (Broder, 1997): slot `i` holds the least of `(x ^ s_i) * a_i` over all elements `x`, on 32-bit
//! lanes, of which a processor does eight at a time. The share of equal slots is an unbiased estimate of the Jaccard
//! similarity J with variance J(1-J)/k. Against one-permutation sketches and fast similarity sketching it is the
//! fastest on the small sets that pages are, `benches/similar.rs` says by how much; and every prefix of a signature is
//! a signature of fewer slots, which those lack.

use super::split_mix;

/// Slots of a signature, where nothing else is asked.
pub const SLOTS: usize = 128;

/// The most slots a signature can have.
pub const MOST_SLOTS: usize = 4096;

/// Slots that are worked on together: as many minima and constants as fit the registers.
const BLOCK: usize = 32;

/// Makes signatures of sets.
///
/// ```
/// use dehusk::similar::{MinHasher, Shingler, similarity};
///
/// let (mut shingler, hasher) = (Shingler::new(0), MinHasher::new(0));
/// let mut set = Vec::new();
/// shingler.set("A grey heron has taken to sleeping on the old pier.", &mut set);
/// let one = hasher.signature(&set);
/// shingler.set("A grey heron has taken to sleeping on the new pier.", &mut set);
/// let other = hasher.signature(&set);
/// assert!(similarity(one.slots(), other.slots()) > 0.3);
/// assert_eq!(similarity(one.slots(), one.slots()), 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct MinHasher {
    slots: usize,
    /// The constants of a whole number of blocks.
    blocks: Vec<Constants>,
}

/// What the elements of a set are hashed with, for the slots of a block.
#[derive(Clone, Copy, Debug)]
struct Constants {
    xor: [u32; BLOCK],
    factor: [u32; BLOCK],
}

/// A set as its minima.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Box<[u32]>);

impl Signature {
    /// The minima, one a slot.
    pub fn slots(&self) -> &[u32] {
        &self.0
    }

    /// Whether it is that of the empty set.
    pub fn is_empty(&self) -> bool {
        is_empty(&self.0)
    }
}

impl From<Vec<u32>> for Signature {
    fn from(slots: Vec<u32>) -> Self {
        Self(slots.into())
    }
}

/// Whether a signature is that of the empty set.
pub fn is_empty(signature: &[u32]) -> bool {
    signature.iter().all(|slot| *slot == u32::MAX)
}

/// The estimated Jaccard similarity of two sets, by the slots that both signatures have. Empty sets are similar to
/// nothing.
pub fn similarity(one: &[u32], other: &[u32]) -> f64 {
    let slots = one.len().min(other.len());
    if slots == 0 || is_empty(one) {
        return 0.0;
    }
    let equal: u32 = one.iter().zip(other).map(|(a, b)| u32::from(a == b)).sum();
    f64::from(equal) / slots as f64
}

/// Standard deviation of the estimate for two sets of this Jaccard similarity.
pub fn deviation(similarity: f64, slots: usize) -> f64 {
    (similarity * (1.0 - similarity) / slots.max(1) as f64).sqrt()
}

impl MinHasher {
    /// A hasher of [`SLOTS`] slots. Signatures of different seeds do not compare.
    pub fn new(seed: u64) -> Self {
        Self::with_slots(seed, SLOTS)
    }

    /// A hasher of so many slots: from 1 to [`MOST_SLOTS`], to which other numbers are brought. Slot `i` is the same
    /// however many there are.
    pub fn with_slots(seed: u64, slots: usize) -> Self {
        let slots = slots.clamp(1, MOST_SLOTS);
        let blocks = (0..slots.div_ceil(BLOCK)).map(|block| {
            let constant = |at: usize| split_mix(!seed, (block * BLOCK + at) as u64);
            Constants {
                xor: std::array::from_fn(|at| constant(at) as u32),
                factor: std::array::from_fn(|at| (constant(at) >> 32) as u32 | 1),
            }
        });
        Self { slots, blocks: blocks.collect() }
    }

    /// Slots of a signature.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The signature of a set, whose elements must be spread over all 32 bits. Order and repetition do not matter.
    pub fn signature(&self, set: &[u32]) -> Signature {
        let mut minima = vec![[u32::MAX; BLOCK]; self.blocks.len()];
        minimise(&self.blocks, set, &mut minima);
        let mut slots = minima.into_flattened();
        slots.truncate(self.slots);
        Signature(slots.into())
    }
}

/// Brings `minima` down to those of `set`, with the widest vectors that the processor has.
fn minimise(blocks: &[Constants], set: &[u32], minima: &mut [[u32; BLOCK]]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code)]
        // SAFETY: the processor has AVX2, which is all that `minimise_avx2` asks for.
        return unsafe { minimise_avx2(blocks, set, minima) };
    }
    minimise_plain(blocks, set, minima);
}

/// [`minimise_plain`], compiled for AVX2: without it there is no 32-bit minimum and no 32-bit product in x86-64.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn minimise_avx2(blocks: &[Constants], set: &[u32], minima: &mut [[u32; BLOCK]]) {
    minimise_plain(blocks, set, minima);
}

#[inline(always)]
fn minimise_plain(blocks: &[Constants], set: &[u32], minima: &mut [[u32; BLOCK]]) {
    for (Constants { xor, factor }, minima) in blocks.iter().zip(minima) {
        let mut least = *minima;
        for element in set {
            for (least, (xor, factor)) in least.iter_mut().zip(xor.iter().zip(factor)) {
                *least = (*least).min((element ^ xor).wrapping_mul(*factor));
            }
        }
        *minima = least;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// So many elements that no other `from` shares.
    fn elements(from: usize, count: usize) -> impl Iterator<Item = u32> {
        (from..from + count).map(|n| (split_mix(7, n as u64) >> 32) as u32)
    }

    #[test]
    fn the_bits_are_frozen() {
        // Saved indexes hold them: whoever changes these changes the version of the index too.
        let set: Vec<u32> = elements(0, 100).collect();
        let signature = MinHasher::new(42).signature(&set);
        assert_eq!(signature.slots()[..4], FROZEN);
        let sum: u64 = signature.slots().iter().map(|slot| u64::from(*slot)).sum();
        assert_eq!(sum, FROZEN_SUM);
    }

    const FROZEN: [u32; 4] = [39956436, 1537719, 28749000, 22829253];
    const FROZEN_SUM: u64 = 6_321_648_245;

    #[test]
    fn every_prefix_is_a_smaller_signature() {
        let set: Vec<u32> = elements(0, 50).collect();
        let whole = MinHasher::with_slots(1, 200).signature(&set);
        for slots in [1, 31, 32, 33, 128] {
            let short = MinHasher::with_slots(1, slots).signature(&set);
            assert_eq!(short.slots(), &whole.slots()[..slots]);
        }
    }

    #[test]
    fn the_empty_set_is_similar_to_nothing() {
        let hasher = MinHasher::new(0);
        let (empty, full) = (hasher.signature(&[]), hasher.signature(&[1, 2, 3]));
        assert!(empty.is_empty() && !full.is_empty());
        assert_eq!(similarity(empty.slots(), empty.slots()), 0.0);
        assert_eq!(similarity(empty.slots(), full.slots()), 0.0);
        assert_eq!(similarity(full.slots(), empty.slots()), 0.0);
    }

    #[test]
    fn the_error_of_the_estimate_is_that_of_theory() {
        let pairs = 400;
        for size in [5, 20, 100, 500, 5000] {
            // Sets of this size that have two thirds of it in common: half of their union.
            let common = size * 2 / 3;
            let truth = common as f64 / (2 * size - common) as f64;
            let hasher = MinHasher::new(3);
            let (mut sum, mut squares) = (0.0, 0.0);
            for pair in 0..pairs {
                let from = pair * 3 * size;
                let one: Vec<u32> = elements(from, size).collect();
                let other: Vec<u32> = elements(from + size - common, size).collect();
                let (one, other) = (hasher.signature(&one), hasher.signature(&other));
                let error = similarity(one.slots(), other.slots()) - truth;
                sum += error;
                squares += error * error;
            }
            let theory = deviation(truth, SLOTS);
            let ratio = (squares / pairs as f64).sqrt() / theory;
            let bias = (sum / pairs as f64).abs() / theory * (pairs as f64).sqrt();
            // Six and four standard deviations of the figures themselves.
            assert!((0.79..1.21).contains(&ratio), "{size}: error {ratio:.3} of theory");
            assert!(bias < 4.0, "{size}: bias {bias:.2} standard deviations");
        }
    }

    proptest! {
        #[test]
        fn vector_code_does_what_plain_code_does(set: Vec<u32>, slots in 1_usize..300) {
            let hasher = MinHasher::with_slots(9, slots);
            let mut plain = vec![[u32::MAX; BLOCK]; hasher.blocks.len()];
            minimise_plain(&hasher.blocks, &set, &mut plain);
            let signature = hasher.signature(&set);
            prop_assert_eq!(signature.slots(), &plain.into_flattened()[..slots]);
        }

        #[test]
        fn order_and_repetition_do_not_matter(mut set: Vec<u32>) {
            let hasher = MinHasher::new(1);
            let signature = hasher.signature(&set);
            set.reverse();
            set.extend_from_within(..);
            prop_assert_eq!(hasher.signature(&set), signature);
        }
    }
}
