//! One look at 64 bytes of a text: a lower-cased copy, and where its words are, as bit sets.
//!
//! The classes are those of UAX #29 that matter within ASCII: letters, digits and the underscore join each other;
//! some punctuation joins two letters (`don't`, `e.g`) or two digits (`3.14`, `10,000`) and nothing else. Bit sets let
//! words be found without looking at a byte twice (the method of simdjson: Langdale and Lemire, "Parsing gigabytes of
//! JSON per second", 2019). SSE2 on x86-64, plain code elsewhere.

pub(super) use crate::line::lanes::BLOCK;

/// What stands where in a block: bit `i` speaks of byte `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Classes {
    /// `a` to `z`, in either case.
    pub letter: u64,
    /// `0` to `9`
    pub digit: u64,
    /// `_`
    pub underscore: u64,
    /// `.` and `'`, which join two letters or two digits, and `:`, which joins two letters.
    pub joins_letters: u64,
    /// `.` and `'`, and `,` and `;`, which join two digits.
    pub joins_digits: u64,
    /// Spaces and control characters: words on both sides of one have nothing to do with each other.
    pub blank: u64,
    /// Bytes of non-ASCII characters.
    pub high: u64,
}

/// Finds the words of a text block by block, the last block but one being known for sure.
#[derive(Debug, Default)]
pub(super) struct Words {
    before: Classes,
    now: Classes,
}

impl Words {
    /// Takes the next block's classes, and tells which bytes of the block before it belong to words.
    #[inline]
    pub(super) fn next(&mut self, next: Classes) -> u64 {
        let words = between(self.before, self.now, next);
        self.before = std::mem::replace(&mut self.now, next);
        words
    }
}

/// The bytes of `now` that belong to words, by what stands before and behind the block.
#[inline]
fn between(before: Classes, now: Classes, next: Classes) -> u64 {
    let letters_around = behind(before.letter, now.letter) & ahead(now.letter, next.letter);
    let digits_around = behind(before.digit, now.digit) & ahead(now.digit, next.digit);
    now.letter | now.digit | now.underscore | now.joins_letters & letters_around | now.joins_digits & digits_around
}

/// Bytes that stand behind one of the set.
#[inline]
pub(super) fn behind(before: u64, now: u64) -> u64 {
    now << 1 | before >> (BLOCK - 1)
}

/// Bytes that stand before one of the set.
#[inline]
fn ahead(now: u64, next: u64) -> u64 {
    now >> 1 | next << (BLOCK - 1)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) use plain::scan;

/// Writes `input` in lower case to `lowered` and tells what stands where.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[inline]
pub(super) fn scan(input: &[u8; BLOCK], lowered: &mut [u8; BLOCK]) -> Classes {
    // SAFETY: `sse2::scan` asks for nothing but SSE2, which is part of x86-64.
    unsafe { sse2::scan(input, lowered) }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use super::{BLOCK, Classes};
    use crate::line::lanes::sse2::*;

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn scan(input: &[u8; BLOCK], lowered: &mut [u8; BLOCK]) -> Classes {
        let mut classes = Classes::default();
        let (sources, _) = input.as_chunks::<16>();
        let (targets, _) = lowered.as_chunks_mut::<16>();
        for (lane, (source, target)) in sources.iter().zip(targets).enumerate() {
            let bytes = load(source);
            let small = _mm_or_si128(bytes, splat(0x20));
            let letter = in_range(small, b'a', b'z');
            let case = _mm_and_si128(letter, splat(0x20));
            store(_mm_or_si128(bytes, case), target);

            let both = _mm_or_si128(is(bytes, b'.'), is(bytes, b'\''));
            let shift = 16 * lane;
            classes.letter |= bits(letter) << shift;
            classes.digit |= bits(in_range(bytes, b'0', b'9')) << shift;
            classes.underscore |= bits(is(bytes, b'_')) << shift;
            classes.joins_letters |= bits(_mm_or_si128(both, is(bytes, b':'))) << shift;
            let joins_digits = _mm_or_si128(is(bytes, b','), is(bytes, b';'));
            classes.joins_digits |= bits(_mm_or_si128(both, joins_digits)) << shift;
            classes.blank |= bits(in_range(bytes, 0, b' ')) << shift;
            classes.high |= bits(bytes) << shift;
        }
        classes
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain {
    use super::{BLOCK, Classes};
    use crate::line::lanes::gather;

    /// Writes `input` in lower case to `lowered` and tells what stands where.
    #[inline]
    pub(in super::super) fn scan(input: &[u8; BLOCK], lowered: &mut [u8; BLOCK]) -> Classes {
        *lowered = input.map(|byte| byte.to_ascii_lowercase());
        Classes {
            letter: gather(input.map(|byte| byte.is_ascii_alphabetic())),
            digit: gather(input.map(|byte| byte.is_ascii_digit())),
            underscore: gather(input.map(|byte| byte == b'_')),
            joins_letters: gather(input.map(|byte| matches!(byte, b'.' | b'\'' | b':'))),
            joins_digits: gather(input.map(|byte| matches!(byte, b'.' | b'\'' | b',' | b';'))),
            blank: gather(input.map(|byte| byte <= b' ')),
            high: gather(input.map(|byte| !byte.is_ascii())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_lowered_and_marked_by_its_class() {
        for byte in 0..=255_u8 {
            let mut lowered = [0; BLOCK];
            let classes = scan(&[byte; BLOCK], &mut lowered);
            assert_eq!(lowered, [byte.to_ascii_lowercase(); BLOCK]);
            assert_eq!(classes, plain::scan(&[byte; BLOCK], &mut lowered), "{byte}");
            assert_eq!(classes.blank == u64::MAX, byte <= b' ');
        }
    }

    #[test]
    fn punctuation_joins_across_the_edge_of_a_block() {
        let words_of = |text: &[u8; 2 * BLOCK]| {
            let mut words = Words::default();
            let (blocks, _) = text.as_chunks();
            let _ = words.next(scan(&blocks[0], &mut [0; BLOCK]));
            let first = words.next(scan(&blocks[1], &mut [0; BLOCK]));
            (first, words.next(Classes::default()))
        };
        let mut text = [b' '; 2 * BLOCK];
        text[62..65].copy_from_slice(b"n't");
        assert_eq!(words_of(&text), (0b11 << 62, 1));
        text[62..65].copy_from_slice(b"3't");
        assert_eq!(words_of(&text), (1 << 62, 1));
        text[62..65].copy_from_slice(b"n' ");
        assert_eq!(words_of(&text), (1 << 62, 0));
    }

    proptest! {
        #[test]
        fn vector_code_does_what_plain_code_does(input: [[u8; 32]; 2]) {
            let mut block = [0; BLOCK];
            block[..32].copy_from_slice(&input[0]);
            block[32..].copy_from_slice(&input[1]);
            let (mut fast, mut slow) = ([0; BLOCK], [0; BLOCK]);
            prop_assert_eq!(scan(&block, &mut fast), plain::scan(&block, &mut slow));
            prop_assert_eq!(fast, slow);
        }
    }
}
