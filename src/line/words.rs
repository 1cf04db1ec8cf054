//! The long words of a text, as hashes.
//!
//! A word is a run of letters and digits of any script, in any case. Short ones are mostly those that all texts have, and
//! say what language it is in rather than what it is about. Scripts without spaces have no such runs: there, each two
//! characters side by side are a word. Blocks of 64 bytes are looked at together, and a word of ASCII is hashed by its
//! first and last eight bytes, so that the words of a page cost little more than reading it.

use std::ops::Range;
use std::sync::LazyLock;

use super::scan::{BLOCK, WordBytes, first_bits, word_bytes};
use super::shape::is_wide;

/// Characters of a long word.
const LONG: usize = 5;
/// Bytes of a word that count: longer runs are no words.
const MOST: usize = 64;

/// Hands the hashes of the long words of a text, in small letters, to `take`, in their order: those of five characters or
/// more, or of a script without spaces.
#[inline(always)]
pub fn long_words(text: &str, mut take: impl FnMut(u32)) {
    let bytes = text.as_bytes();
    let mut open = Open::default();
    let mut last = [0; BLOCK];
    let mut base = 0;
    loop {
        let rest = bytes.get(base..).unwrap_or_default();
        let block = rest.first_chunk().unwrap_or_else(|| {
            last[..rest.len()].copy_from_slice(rest);
            &last
        });
        // What is behind the end is of no word, and ends the last one.
        let WordBytes { part, high } = word_bytes(block).first(rest.len());
        let part = long_runs(part);
        let before = part << 1 | u64::from(open.is_open);
        let (mut starts, mut ends) = (part & !before, !part & before);
        let mut start = if open.is_open { open.start } else { base + next(&mut starts) };
        // Whether the run that ends next holds a character beyond ASCII, and those of it and of later runs.
        let (mut is_high, mut beyond) = (open.is_high, high & part);
        while ends != 0 {
            let end = next(&mut ends);
            if beyond != 0 {
                let of_this = beyond & first_bits(end);
                is_high |= of_this != 0;
                beyond ^= of_this;
            }
            let end = base + end;
            if is_high {
                of_run(text, start..end, &mut take);
                is_high = false;
            } else if end - start >= LONG {
                // The runs at the ends of a block may be short ones.
                take(hash_at(bytes, start, end));
            }
            start = base + next(&mut starts);
        }
        if rest.len() < BLOCK {
            return;
        }
        open = Open::behind(part, high, start, open);
        base += BLOCK;
    }
}

/// The runs of set bits that are as long as a long word, and those at both ends, which may be longer than is seen.
/// Bytes are counted here: no word has fewer of them than characters.
#[inline]
fn long_runs(part: u64) -> u64 {
    // An opening of mathematical morphology: what an interval of five fits into.
    let fits = part & part >> 1 & part >> 2 & part >> 3 & part >> 4;
    let opened = fits | fits << 1 | fits << 2 | fits << 3 | fits << 4;
    let first = part & !part.wrapping_add(1);
    opened | first | part & from_bit(BLOCK - part.leading_ones() as usize)
}

/// The number of the lowest bit, which is taken out; beyond the block if there is none.
#[inline]
fn next(bits: &mut u64) -> usize {
    let bit = bits.trailing_zeros() as usize;
    *bits &= bits.wrapping_sub(1);
    bit
}

/// The run that goes on behind a block, if there is one.
#[derive(Clone, Copy, Default)]
struct Open {
    is_open: bool,
    start: usize,
    /// Whether it holds a character beyond ASCII.
    is_high: bool,
}

impl Open {
    /// `start` is where the last run of the block begins; `before` went on behind the block before.
    #[inline]
    fn behind(part: u64, high: u64, start: usize, before: Open) -> Self {
        let own = from_bit(BLOCK - part.leading_ones() as usize);
        let is_of_before = part == u64::MAX && before.is_high;
        Open { is_open: part >> (BLOCK - 1) != 0, start, is_high: high & own != 0 || is_of_before }
    }
}

/// All bits from the one of this number.
fn from_bit(number: usize) -> u64 {
    u64::MAX.checked_shl(number as u32).unwrap_or_default()
}

/// The words of a run that holds characters beyond ASCII, which may be punctuation.
#[inline(never)]
fn of_run(text: &str, run: Range<usize>, take: &mut impl FnMut(u32)) {
    let run = text.get(run).unwrap_or_default();
    let mut word = [0; MOST];
    let (mut len, mut characters) = (0, 0);
    let mut before = None;
    for c in run.chars().chain([' ']) {
        let known = SMALL_LETTERS.get(c as usize).copied().unwrap_or_default();
        let mut add = |c: char| {
            let mut utf8 = [0; 4];
            for byte in c.encode_utf8(&mut utf8).bytes() {
                if let Some(to) = word.get_mut(len) {
                    *to = byte;
                    len += 1;
                }
            }
        };
        if let Some(small) = known {
            add(small);
            characters += 1;
        } else if is_rare_part(c) {
            c.to_lowercase().for_each(&mut add);
            characters += 1;
        } else if characters > 0 {
            if characters >= LONG {
                take(hash(word.get(..len).unwrap_or_default()));
            }
            (len, characters) = (0, 0);
        }
        let wide = Some(c).filter(|c| is_wide_part(*c));
        if let (Some(before), Some(wide)) = (before, wide) {
            let pair = u64::from(u32::from(before)) << 32 | u64::from(u32::from(wide));
            take(mixed(pair, 0));
        }
        before = wide;
    }
}

/// The letters and digits of most alphabets in small letters, by character; `None` for what is neither, and for İ, which
/// is two in small letters.
static SMALL_LETTERS: LazyLock<Box<[Option<char>]>> = LazyLock::new(|| ('\0'..FIRST_RARE).map(small_letter).collect());

/// The first character that is not looked up. No character before it is of a script without spaces.
const FIRST_RARE: char = '\u{2100}';

fn small_letter(c: char) -> Option<char> {
    let mut small = c.to_lowercase();
    let only = small.next().filter(|_| small.len() == 0);
    only.filter(|_| c.is_alphanumeric())
}

/// Whether a character of which there is no small letter to look up is of a word nevertheless.
fn is_rare_part(c: char) -> bool {
    (c >= FIRST_RARE || c == 'İ') && !is_wide(c) && c.is_alphanumeric()
}

/// Whether a character is a letter or digit of a script without spaces. Most are known without a look at Unicode's tables.
fn is_wide_part(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
        || is_wide(c) && c.is_alphanumeric()
}

/// As letters of ASCII differ in one bit by their case, and digits have it.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// The hash of the word of ASCII from `start` to `end`, as [`hash`] has it: without a branch on its length, which no
/// processor foresees.
#[inline]
fn hash_at(bytes: &[u8], start: usize, end: usize) -> u32 {
    let len = end - start;
    let first = bytes.get(start..).and_then(<[u8]>::first_chunk::<8>);
    let last = bytes.get(..end).and_then(<[u8]>::last_chunk::<8>);
    let (Some(first), Some(last)) = (first, last) else {
        return hash(bytes.get(start..end).unwrap_or_default());
    };
    // A short word is read with what follows it, which is cut off.
    let kept = u64::MAX >> (64 - 8 * len.clamp(1, 8));
    let is_long = u64::from(len >= 8).wrapping_neg();
    mixed((u64::from_le_bytes(*first) | SMALL) & kept, (u64::from_le_bytes(*last) | SMALL) & is_long)
}

/// The hash of a word in small letters; of ASCII, in any letters.
#[inline]
fn hash(word: &[u8]) -> u32 {
    match (word.first_chunk::<8>(), word.last_chunk::<8>()) {
        (Some(first), Some(last)) => mixed(u64::from_le_bytes(*first) | SMALL, u64::from_le_bytes(*last) | SMALL),
        _ => {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(word).for_each(|(to, from)| *to = *from | 0x20);
            mixed(u64::from_le_bytes(bytes), 0)
        }
    }
}

#[inline]
fn mixed(first: u64, last: u64) -> u32 {
    let mixed = (first ^ last.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashes(text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        long_words(text, |word| found.push(word));
        found
    }

    #[test]
    fn case_and_punctuation_make_no_other_words() {
        let ferry = hashes("ferry never leaves kaşık");
        assert_eq!(ferry.len(), 4);
        assert_eq!(hashes("“THE Ferry—never… leaves (at Kaşık)”"), ferry);
        assert_eq!(hashes("Internationalisation"), hashes("internationalisation"));
        assert_ne!(hashes("ferry"), hashes("ferries"));
    }

    #[test]
    fn scripts_without_spaces_have_pairs_of_characters_for_words() {
        assert_eq!(hashes("雨が降った。").len(), 4);
        assert_eq!(hashes("昨日、雨が降った")[1..], hashes("雨が降った")[..]);
    }

    #[test]
    fn letters_that_are_looked_up_are_those_of_unicode() {
        for c in '\0'..=char::MAX {
            let known = SMALL_LETTERS.get(c as usize).copied().flatten();
            assert_eq!(known.is_some() || is_rare_part(c), c.is_alphanumeric() && !is_wide(c), "{c:?}");
            assert_eq!(is_wide_part(c), c.is_alphanumeric() && is_wide(c), "{c:?}");
            assert!(known.is_none_or(|small| c.to_lowercase().eq([small])), "{c:?}");
        }
        // Two characters in small letters, and still of the word.
        assert_eq!((small_letter('İ'), hashes("xxİxx").len()), (None, 1));
    }

    #[test]
    fn long_words_have_five_characters() {
        let long = hashes("rain river rêve rêves");
        assert_eq!((long.len(), long), (2, hashes("river rêves")));
    }

    proptest! {
        #[test]
        fn words_are_the_same_wherever_blocks_begin(
            text in "([a-zA-Z0-9]{1,12}[ .,\n]|.{0,3}|[äßé]{1,9} |[雨が降った]{1,4}){0,40}",
            pad in 0..70usize,
        ) {
            let padded = format!("{}{text}", " ".repeat(pad));
            prop_assert_eq!(hashes(&text), hashes(&padded));
        }

        #[test]
        fn every_long_word_is_found_and_no_other(text in "([a-z0-9]{1,9}[ ,.\n]{1,3}|[a-zé ]{0,70}){0,20}") {
            let is_part = |c: char| c.is_alphanumeric();
            let is_long = |word: &&str| word.chars().count() >= LONG;
            let split: Vec<u32> =
                text.split(|c: char| !is_part(c)).filter(is_long).map(|word| hash(word.to_lowercase().as_bytes())).collect();
            let near = |word: &str| word.len() <= MOST;
            prop_assume!(text.split(|c: char| !is_part(c)).all(near));
            prop_assert_eq!(hashes(&text), split);
        }
    }
}
