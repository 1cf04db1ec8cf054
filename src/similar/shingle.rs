//! Shingles: a text as the set of its runs of n words.
//!
//! Between white space, words are those of UAX #29 that hold a letter or a digit, in lower case; everything else is
//! ignored, so punctuation, white space and line ends do not matter. In the scripts that are written without spaces (Han,
//! Hiragana, Katakana, Thai, Lao, Khmer, Myanmar) every character with its marks counts as a word, and so shingles
//! are runs of n characters there. Each shingle becomes a 64-bit hash, by a polynomial that rolls over the hashes of
//! its words (Karp and Rabin, 1987; Broder, "On the resemblance and containment of documents", 1997).
//!
//! A text of fewer than n words is one whole shingle. A text without a word has none, and is similar to nothing.

use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::class::{Class, Entry, is_katakana};
use super::scan::{BLOCK, Classes, Words, behind, scan};
use super::split_mix;

/// Words in a shingle, where nothing else is asked.
pub const WORDS: usize = 5;

/// The most words a shingle can have.
pub const MOST_WORDS: usize = 64;

/// Buffers are given back after a text that made them larger than this.
const KEPT_BYTES: usize = 16 << 20;

/// Cuts texts into shingles. Keeps its buffers from text to text, so one a thread is enough.
///
/// ```
/// use dehusk::similar::Shingler;
///
/// let mut shingler = Shingler::new(0);
/// let (mut one, mut other) = (Vec::new(), Vec::new());
/// shingler.set("The ferry was late again, and the baker waited.", &mut one);
/// shingler.set("the ferry was late\nagain and the baker waited", &mut other);
/// assert_eq!(one.len(), 5);
/// assert_eq!(one, other);
/// ```
#[derive(Debug)]
pub struct Shingler {
    hasher: WordHasher,
    roll: Roll,
    /// The text in lower case where it is ASCII, and room behind it to read and write whole blocks.
    lowered: Vec<u8>,
    masks: Masks,
    /// A word of the slow paths in lower case.
    word: String,
    /// The words of a token.
    token: Vec<u64>,
    hashes: Vec<u64>,
}

impl Shingler {
    /// A shingler of [`WORDS`] words. Hashes of different seeds do not compare.
    pub fn new(seed: u64) -> Self {
        Self {
            hasher: WordHasher::new(seed),
            roll: Roll::new(seed, WORDS),
            lowered: Vec::new(),
            masks: Masks::default(),
            word: String::new(),
            token: Vec::new(),
            hashes: Vec::new(),
        }
    }

    /// Sets how many words make a shingle: from 1 to [`MOST_WORDS`], to which other numbers are brought.
    pub fn with_words(mut self, words: usize) -> Self {
        self.roll = Roll::new(self.hasher.seed, words.clamp(1, MOST_WORDS));
        self
    }

    /// Puts the shingles of `text` into `out`, each once: the high halves of their hashes, ascending. Two different
    /// shingles fall together once in four thousand million.
    pub fn set(&mut self, text: &str, out: &mut Vec<u32>) {
        let mut hashes = std::mem::take(&mut self.hashes);
        self.hashes(text, &mut hashes);
        out.clear();
        out.extend(hashes.iter().map(|hash| (hash >> 32) as u32));
        out.sort_unstable();
        out.dedup();
        if hashes.capacity() * size_of::<u64>() <= KEPT_BYTES {
            self.hashes = hashes;
        }
    }

    /// Puts the hashes of all shingles of `text` into `out`, in the order of the text and as often as they stand there.
    pub fn hashes(&mut self, text: &str, out: &mut Vec<u64>) {
        out.clear();
        self.roll.begin();
        let bytes = text.as_bytes();
        self.scan(bytes);
        let mut at = 0;
        while at < bytes.len() {
            let Some(high) = next_bit(&self.masks.high, at) else {
                self.plain(at, bytes.len() + 1, out);
                break;
            };
            // A token with other than ASCII characters in it goes the slow way, from blank to blank.
            let start = bit_before(&self.masks.blank, high).max(at);
            let end = next_bit(&self.masks.blank, high).unwrap_or(bytes.len()).min(bytes.len());
            self.plain(at, start, out);
            self.mixed(text.get(start..end).unwrap_or_default(), out);
            at = end;
        }
        self.roll.end(out);
        self.give_back();
    }

    /// Lowers the text and marks its words, blanks and non-ASCII bytes.
    fn scan(&mut self, bytes: &[u8]) {
        let needed = (bytes.len() / BLOCK + 2) * BLOCK;
        if self.lowered.len() < needed {
            self.lowered.resize(needed, 0);
        }
        self.masks.clear();
        let (targets, _) = self.lowered.as_chunks_mut::<BLOCK>();
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        // What lies behind the text is blank.
        let mut last = [b' '; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let mut words = Words::default();
        for (block, target) in blocks.iter().chain([&last]).zip(targets) {
            let classes = scan(block, target);
            self.masks.push(classes, words.next(classes));
        }
        self.masks.words.push(words.next(Classes::default()));
        // The first was that of the block before the text.
        self.masks.words.remove(0);
    }

    /// Adds the words that end before `end`, from `start` on, which is no place inside a word. All of them are ASCII.
    #[inline]
    fn plain(&mut self, start: usize, end: usize, out: &mut Vec<u64>) {
        let (first, last) = (start / BLOCK, end.div_ceil(BLOCK));
        let mut begun = start;
        let mut inside = false;
        let mut before = 0;
        for number in first..last.min(self.masks.words.len()) {
            let mut words = self.masks.words[number];
            if number == first {
                words &= u64::MAX << (start % BLOCK);
            }
            let edges = words ^ behind(before, words);
            before = words;
            let mut edges = edges & bits_below(end - number * BLOCK);
            while edges != 0 {
                let at = number * BLOCK + edges.trailing_zeros() as usize;
                edges &= edges - 1;
                if inside {
                    self.plain_word(begun, at, out);
                }
                begun = at;
                inside = !inside;
            }
        }
    }

    #[inline(always)]
    fn plain_word(&mut self, start: usize, end: usize, out: &mut Vec<u64>) {
        let word = &self.lowered[start..end];
        // What is all underscores is no word.
        if word.first() == Some(&b'_') && word.iter().all(|byte| *byte == b'_') {
            return;
        }
        let hash = match self.lowered.get(start..).and_then(<[u8]>::first_chunk) {
            Some(ahead) if word.len() <= 8 => self.hasher.short(u64::from_le_bytes(*ahead), word.len()),
            _ => self.hasher.any(word),
        };
        self.roll.push(hash, out);
    }

    /// Adds the words of any text.
    fn mixed(&mut self, text: &str, out: &mut Vec<u64>) {
        self.token.clear();
        if !self.token_words(text) {
            self.token.clear();
            self.words_by_definition(text);
        }
        for word in &self.token {
            self.roll.push(*word, out);
        }
    }

    /// The words of a text as UAX #29 has them.
    #[cold]
    fn words_by_definition(&mut self, text: &str) {
        for word in text.unicode_words() {
            if word.contains(is_katakana) {
                // UAX #29 keeps these together as it keeps letters.
                for (at, c) in word.char_indices() {
                    self.definite_word(&word[at..at + c.len_utf8()]);
                }
            } else {
                self.definite_word(word);
            }
        }
    }

    fn definite_word(&mut self, word: &str) {
        self.word.clear();
        self.word.extend(word.chars().flat_map(char::to_lowercase));
        self.token.push(self.hasher.any(self.word.as_bytes()));
    }

    /// The same for text that is made of common characters alone; returns whether it was.
    fn token_words(&mut self, text: &str) -> bool {
        use Class::*;
        self.word.clear();
        let mut state = State::default();
        for c in text.chars() {
            let Entry { class, lower } = Entry::of(c);
            match class {
                Letter | Digit | Underscore => {
                    if state.last == Katakana && class == Underscore {
                        return false;
                    }
                    if !state.takes(class) {
                        self.end_word(&mut state);
                    }
                    self.word.push(lower);
                    state.shows |= class != Underscore;
                    state.grow(class, self.word.len());
                }
                Joiner | LetterJoiner | DigitJoiner => {
                    let can_join = match class {
                        Joiner => matches!(state.last, Letter | Digit),
                        LetterJoiner => state.last == Letter,
                        _ => state.last == Digit,
                    };
                    if state.joiner.is_some() || !can_join {
                        self.end_word(&mut state);
                    } else {
                        self.word.push(lower);
                        state.joiner = Some(class);
                    }
                }
                Alone | Katakana => {
                    if class == Katakana && state.last == Underscore && state.joiner.is_none() {
                        return false;
                    }
                    self.end_word(&mut state);
                    self.word.push(lower);
                    state.shows = true;
                    state.grow(class, self.word.len());
                }
                Extend | Mark => {
                    let is_open = state.solid > 0 && state.joiner.is_none();
                    if state.last == Katakana || class == Mark && !is_open {
                        return false;
                    }
                    if state.solid > 0 {
                        self.word.push(lower);
                        if is_open {
                            state.shows |= class == Mark;
                            state.solid = self.word.len();
                        }
                    }
                }
                Other => self.end_word(&mut state),
                Hard => return false,
            }
        }
        self.end_word(&mut state);
        true
    }

    /// Ends a word without what might have joined it to another.
    #[inline]
    fn end_word(&mut self, state: &mut State) {
        if state.shows
            && let Some(word) = self.word.as_bytes().get(..state.solid)
        {
            self.token.push(self.hasher.any(word));
        }
        self.word.clear();
        *state = State::default();
    }

    fn give_back(&mut self) {
        if self.lowered.capacity() > KEPT_BYTES {
            self.lowered = Vec::new();
            self.masks = Masks::default();
        }
    }
}

/// Where the search for a word's end stands.
#[derive(Clone, Copy, Debug)]
struct State {
    /// The class of the last character that was no mark; [`Class::Other`] outside of words.
    last: Class,
    /// What joins the word to the next if its like follows.
    joiner: Option<Class>,
    /// Bytes of the word without the joiner; 0 outside of words.
    solid: usize,
    /// Whether there is more to the word than underscores.
    shows: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { last: Class::Other, joiner: None, solid: 0, shows: false }
    }
}

impl State {
    /// Whether a letter, digit or underscore goes on with the word.
    #[inline]
    fn takes(&self, class: Class) -> bool {
        match self.joiner {
            None => matches!(self.last, Class::Letter | Class::Digit | Class::Underscore),
            Some(Class::LetterJoiner) => class == Class::Letter && self.last == Class::Letter,
            Some(Class::DigitJoiner) => class == Class::Digit && self.last == Class::Digit,
            Some(_) => class == self.last,
        }
    }

    #[inline]
    fn grow(&mut self, class: Class, len: usize) {
        (self.last, self.joiner, self.solid) = (class, None, len);
    }
}

/// A bit a byte of the text.
#[derive(Debug, Default)]
struct Masks {
    /// Bytes of words, where all is ASCII.
    words: Vec<u64>,
    /// Bytes of non-ASCII characters.
    high: Vec<u64>,
    blank: Vec<u64>,
}

impl Masks {
    fn clear(&mut self) {
        self.words.clear();
        self.high.clear();
        self.blank.clear();
    }

    #[inline]
    fn push(&mut self, classes: Classes, words: u64) {
        self.words.push(words);
        self.high.push(classes.high);
        self.blank.push(classes.blank);
    }
}

/// The lowest `n` bits; all when there are fewer than `n`.
#[inline]
fn bits_below(n: usize) -> u64 {
    if n < BLOCK { (1 << n) - 1 } else { u64::MAX }
}

/// The first set bit at or behind `at`.
fn next_bit(masks: &[u64], at: usize) -> Option<usize> {
    let number = at / BLOCK;
    let first = masks.get(number)? & (u64::MAX << (at % BLOCK));
    if first != 0 {
        return Some(number * BLOCK + first.trailing_zeros() as usize);
    }
    let (number, mask) = (number + 1..).zip(masks.get(number + 1..)?).find(|(_, mask)| **mask != 0)?;
    Some(number * BLOCK + mask.trailing_zeros() as usize)
}

/// The place behind the last set bit before `at`; 0 when there is none.
fn bit_before(masks: &[u64], at: usize) -> usize {
    let number = at / BLOCK;
    let behind = |number: usize, mask: u64| (number + 1) * BLOCK - mask.leading_zeros() as usize;
    let last = masks.get(number).map_or(0, |mask| mask & bits_below(at % BLOCK));
    if last != 0 {
        return behind(number, last);
    }
    let before = masks.iter().take(number).enumerate().rev();
    before.map(|(number, mask)| (number, *mask)).find(|(_, mask)| *mask != 0).map_or(0, |(n, mask)| behind(n, mask))
}

/// A keyed 64-bit hash of a word: one wide multiplication for words of up to 16 bytes (the mixing step of wyhash),
/// XXH3 for longer ones.
#[derive(Clone, Copy, Debug)]
struct WordHasher {
    seed: u64,
    keys: [u64; 2],
}

impl WordHasher {
    fn new(seed: u64) -> Self {
        Self { seed, keys: [split_mix(seed, 1), split_mix(seed, 2)] }
    }

    /// The hash of the low `len` bytes of `word`, of which there are at most eight.
    #[inline(always)]
    fn short(&self, word: u64, len: usize) -> u64 {
        let unused = 64 - 8 * len as u32;
        self.mix(word << unused >> unused, 0, len)
    }

    #[inline]
    fn any(&self, word: &[u8]) -> u64 {
        match (word.len(), word.first_chunk(), word.last_chunk()) {
            (9..=16, Some(first), Some(last)) => {
                self.mix(u64::from_le_bytes(*first), u64::from_le_bytes(*last), word.len())
            }
            (1..=8, ..) => {
                let mut bytes = [0; 8];
                bytes[..word.len()].copy_from_slice(word);
                self.short(u64::from_le_bytes(bytes), word.len())
            }
            _ => xxh3_64_with_seed(word, self.seed),
        }
    }

    #[inline(always)]
    fn mix(&self, first: u64, last: u64, len: usize) -> u64 {
        let spread = (len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let product = u128::from(first ^ self.keys[0]) * u128::from(last ^ self.keys[1] ^ spread);
        product as u64 ^ (product >> 64) as u64
    }
}

/// The hash of the last n words, as they come.
#[derive(Debug)]
struct Roll {
    key: u64,
    /// The hashes of the last words, the oldest at `at`.
    ring: Vec<u64>,
    at: usize,
    /// Words seen.
    count: usize,
    sum: u64,
    /// What the oldest word's hash is multiplied by when it leaves.
    leaving: u64,
}

impl Roll {
    const FACTOR: u64 = 0xd134_2543_de82_ef95;

    fn new(seed: u64, words: usize) -> Self {
        let leaving = (0..words).fold(1_u64, |power, _| power.wrapping_mul(Self::FACTOR));
        Self { key: split_mix(seed, 3), ring: vec![0; words], at: 0, count: 0, sum: 0, leaving }
    }

    fn begin(&mut self) {
        self.ring.fill(0);
        (self.at, self.count, self.sum) = (0, 0, 0);
    }

    #[inline(always)]
    fn push(&mut self, word: u64, out: &mut Vec<u64>) {
        let oldest = std::mem::replace(&mut self.ring[self.at], word);
        self.at = if self.at + 1 == self.ring.len() { 0 } else { self.at + 1 };
        let left = oldest.wrapping_mul(self.leaving);
        self.sum = self.sum.wrapping_mul(Self::FACTOR).wrapping_add(word).wrapping_sub(left);
        self.count += 1;
        if self.count >= self.ring.len() {
            out.push(finish(self.sum ^ self.key));
        }
    }

    /// A text that was too short for a shingle becomes one, which no part of a longer text is.
    fn end(&mut self, out: &mut Vec<u64>) {
        if (1..self.ring.len()).contains(&self.count) {
            out.push(finish(self.sum ^ split_mix(self.key, self.count as u64)));
        }
    }
}

/// Spreads every bit over all (the finisher of Steele, Lea and Flood's SplitMix64 in Pelle Evensen's shifts).
#[inline(always)]
fn finish(sum: u64) -> u64 {
    const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;
    let sum = (sum ^ sum >> 32).wrapping_mul(FACTOR);
    let sum = (sum ^ sum >> 32).wrapping_mul(FACTOR);
    sum ^ sum >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// The shingles by their definition, without masks and without rolling.
    fn naive(text: &str, words: usize) -> Vec<u64> {
        let hasher = WordHasher::new(0);
        let roll = Roll::new(0, words);
        let units: Vec<String> = text
            .split(|c| c <= ' ')
            .flat_map(str::unicode_words)
            .flat_map(|word| match word.contains(is_katakana) {
                true => word.chars().map(String::from).collect(),
                false => vec![word.to_owned()],
            })
            .collect();
        let hashes: Vec<u64> = units
            .iter()
            .map(|word| hasher.any(word.chars().flat_map(char::to_lowercase).collect::<String>().as_bytes()))
            .collect();
        let sum = |run: &[u64]| run.iter().fold(0_u64, |sum, word| sum.wrapping_mul(Roll::FACTOR).wrapping_add(*word));
        if hashes.is_empty() {
            return Vec::new();
        }
        if hashes.len() < words {
            return vec![finish(sum(&hashes) ^ split_mix(roll.key, hashes.len() as u64))];
        }
        hashes.windows(words).map(|run| finish(sum(run) ^ roll.key)).collect()
    }

    fn hashes(text: &str, words: usize) -> Vec<u64> {
        let mut out = Vec::new();
        Shingler::new(0).with_words(words).hashes(text, &mut out);
        out
    }

    fn set(text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        Shingler::new(0).set(text, &mut out);
        out
    }

    #[test]
    fn white_space_line_ends_case_and_punctuation_do_not_matter() {
        let plain = set("one two three four five six seven");
        assert_eq!(plain.len(), 3);
        assert_eq!(set("\r\n  One, two (three)\tfour\r\n– five … six »seven«.\n"), plain);
        assert_ne!(set("one two three four five six eight"), plain);
    }

    #[test]
    fn a_text_shorter_than_a_shingle_is_one_whole_shingle() {
        assert_eq!(set("one two three").len(), 1);
        assert_ne!(set("one two three"), set("one two"));
        assert_ne!(set("one two three"), set("three two one"));
    }

    #[test]
    fn a_text_without_words_has_no_shingle() {
        for text in ["", " \n\t", "… --- ***", "___ _", "\u{301}"] {
            assert!(set(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_characters() {
        for (text, shingles) in [
            ("一年之计在于春", 3),
            ("インターネット", 3),
            ("とうきょうとっきょ", 5),
            ("ภาษาไทยง่าย", 6),
            ("漢字、漢字", 1),
        ] {
            assert_eq!(hashes(text, 5).len(), shingles, "{text}");
        }
        let (one, other) = (set("春眠暁を覚えず処処啼鳥を聞く"), set("春眠暁を覚えず処処啼鳥を聴く"));
        let common = one.iter().filter(|hash| other.contains(hash)).count();
        assert_eq!((one.len(), common), (10, 8));
    }

    #[test]
    fn a_run_of_words_is_the_same_shingle_wherever_it_stands() {
        let inner: BTreeSet<u64> = hashes("die Fähre kam spät, und der Bäcker wartete", 5).into_iter().collect();
        let outer: BTreeSet<u64> =
            hashes("It is said: Die Fähre kam spät und der Bäcker WARTETE am Kai", 5).into_iter().collect();
        assert!(inner.is_subset(&outer));
    }

    #[test]
    fn the_bits_are_frozen() {
        // Saved indexes hold them: whoever changes these changes the version of the index too.
        assert_eq!(hashes("The ferry was late again", 5), [FROZEN_ASCII]);
        assert_eq!(hashes("Überraschungsmomente: 春", 5), [FROZEN_MIXED]);
    }

    const FROZEN_ASCII: u64 = 3_048_407_557_222_574_823;
    const FROZEN_MIXED: u64 = 6_493_584_633_004_677_217;

    #[test]
    fn a_seed_changes_every_hash() {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        Shingler::new(0).hashes("a b c d e f g h", &mut one);
        Shingler::new(1).hashes("a b c d e f g h", &mut other);
        assert!(one.iter().all(|hash| !other.contains(hash)));
    }

    #[test]
    fn hashes_of_like_shingles_share_no_half() {
        let text: String = (0..20_000).map(|n| format!("w{n} ")).collect();
        assert_eq!(set(&text).len(), 19_996);
    }

    proptest! {
        #[test]
        fn masks_find_the_words_of_the_definition_in_ascii(
            text in "[a-cA-C0-2_.':;, \\n\\t-]{0,300}", words in 1_usize..8
        ) {
            prop_assert_eq!(hashes(&text, words), naive(&text, words));
        }

        #[test]
        fn masks_find_the_words_of_the_definition_in_any_text(
            text in "([a-zA-Z0-9_.':;, \\n]{0,80}|[カタナーｶ\u{3099}漢ก\u{e34}’·，'_.:,;1aéЖ\u{301}\u{ad}א\u{200d}]{0,12}|[äéß漢字カなก\u{301}\u{200d}'. a1_]{0,12}|\\PC{0,8}){0,6}", words in 1_usize..8
        ) {
            prop_assert_eq!(hashes(&text, words), naive(&text, words));
        }
    }
}
