//! Sketches: all that comparing a text with others needs.
//!
//! A [`Sketch`] holds a 128-bit hash of the text (BLAKE3, so that nobody can make two texts that share it), the set of
//! its shingles and the signature of that set. Making sketches is the costly part and is done by any number of
//! threads, each with a [`Sketcher`] of its own; comparing them comes after.

use std::fmt;

use super::minhash::{self, MinHasher, Signature};
use super::shingle::{self, Shingler};

/// How sketches are made. Those of different methods do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Words in a shingle.
    pub words: usize,
    /// Slots of a signature.
    pub slots: usize,
    /// Seed of all hashes but that of the text.
    pub seed: u64,
    /// Whether only pages of one site are compared with each other.
    pub by_site: bool,
}

impl Default for Method {
    fn default() -> Self {
        Self { words: shingle::WORDS, slots: minhash::SLOTS, seed: 0, by_site: false }
    }
}

/// What a text says, as 128 bits of its BLAKE3 hash. Shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content(pub [u8; 16]);

impl Content {
    /// The hash of a text's bytes.
    pub fn of(text: &str) -> Self {
        let hash = blake3::hash(text.as_bytes());
        Self(hash.as_bytes().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// What is known of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// What it says; `None` for a text in which nothing shows, which is the duplicate of no other.
    pub content: Option<Content>,
    /// Its length in bytes.
    pub length: u64,
    /// Its shingles, ascending.
    pub shingles: Vec<u32>,
    /// The signature of the shingles.
    pub signature: Signature,
}

/// Makes sketches.
#[derive(Debug)]
pub struct Sketcher {
    shingler: Shingler,
    hasher: MinHasher,
}

impl Sketcher {
    /// A sketcher of this method.
    pub fn new(method: Method) -> Self {
        Self {
            shingler: Shingler::new(method.seed).with_words(method.words),
            hasher: MinHasher::with_slots(method.seed, method.slots),
        }
    }

    /// The sketch of a text.
    pub fn sketch(&mut self, text: &str) -> Sketch {
        let mut shingles = Vec::new();
        self.shingler.set(text, &mut shingles);
        let signature = self.hasher.signature(&shingles);
        let shows = !shingles.is_empty() || !text.trim().is_empty();
        Sketch { content: shows.then(|| Content::of(text)), length: text.len() as u64, shingles, signature }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_text_has_no_content_and_one_without_words_has_no_shingles() {
        let mut sketcher = Sketcher::new(Method::default());
        for (text, shows, words) in
            [("", false, false), (" \n\u{a0}", false, false), ("***", true, false), ("a", true, true)]
        {
            let sketch = sketcher.sketch(text);
            assert_eq!((sketch.content.is_some(), !sketch.shingles.is_empty()), (shows, words), "{text:?}");
            assert_eq!(sketch.signature.is_empty(), !words);
        }
    }

    #[test]
    fn content_is_shown_as_the_first_half_of_the_hash() {
        // The published test vector of the empty input begins so.
        assert_eq!(Content::of("").to_string(), "af1349b9f5f9a1a6a0404dea36dcc949");
    }
}
