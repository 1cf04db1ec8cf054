//! A sieve before a table: most of what is asked for is not in it.

/// Lets through all of some keys and few others: a Bloom filter of one bit a key.
///
/// A pair recurs only if both its lines do, and half of the pairs need no counting for that. Most lines are no titles,
/// and stand on no other site: these need not be looked up.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    bits: Vec<u64>,
    /// What is left of a hash is the number of its bit.
    shift: u32,
}

/// Bits a key: one in as many keys that do not belong comes through.
const SIEVE_BITS: usize = 16;

impl Sieve {
    pub(super) fn of(keys: impl Iterator<Item = u64> + Clone) -> Self {
        let bits = (keys.clone().count() * SIEVE_BITS).next_power_of_two().max(64);
        let mut sieve = Self { bits: vec![0; bits / 64], shift: u64::BITS - bits.trailing_zeros() };
        for key in keys {
            let (word, bit) = sieve.place(key);
            if let Some(word) = sieve.bits.get_mut(word) {
                *word |= bit;
            }
        }
        sieve
    }

    pub(super) fn passes(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The word and the bit in it that stand for a key.
    fn place(&self, key: u64) -> (usize, u64) {
        let at = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        ((at / 64) as usize, 1 << (at % 64))
    }
}
