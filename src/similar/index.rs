//! An index that outlives its run: the texts that stayed, with their signatures.
//!
//! The next crawl is compared with it, so that what was kept once is not kept again. The file holds, all numbers
//! little-endian: eight bytes that name it and its version; the method (words, slots, seed, scope); the number of
//! texts; for each of them hash, scope, length, length of its URL, the URL, the signature; and the 128-bit XXH3 of
//! all before. It is believed only as far as it goes: no length is trusted before its bytes are there.

use std::io::{self, BufReader, BufWriter, Read, Write};

use xxhash_rust::xxh3::Xxh3;

use super::collection::{Strings, TextFacts};
use super::sketch::{Content, Method};
use super::{minhash, shingle};

/// What a file begins with; the last byte is the version of the format, of the shingles and of the signatures.
const MAGIC: [u8; 8] = *b"dehuskS\x01";

/// The longest URL that is believed, in bytes; longer ones are cut when they are written.
const LONGEST_URL: usize = 64 << 10;

/// Texts that stayed in earlier runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    method: Method,
    texts: Vec<TextFacts>,
    urls: Strings,
    signatures: Vec<u32>,
}

/// Why an index cannot be used. Every message says what would help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The system could not read it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is another file, or damaged.
    #[error("{what} at byte {at}; make it again with --save-index")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// Bytes before the place.
        at: u64,
    },
    /// It was made by a version that makes other signatures.
    #[error("an index of version {0}, and this dehusk knows version {known}; make it again with --save-index", known = MAGIC[7])]
    Version(u8),
    /// Its sketches do not compare with those of this run.
    #[error(
        "made with {made}, which does not compare with {asked}; make it again with the settings of this run, or run with its settings"
    )]
    Method {
        /// The method it was made with.
        made: String,
        /// The method of this run.
        asked: String,
    },
}

impl Index {
    /// An index of nothing.
    pub fn new(method: Method) -> Self {
        Self { method, texts: Vec::new(), urls: Strings::default(), signatures: Vec::new() }
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// How its sketches were made.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The URL of the page with a text.
    pub fn url(&self, number: usize) -> &str {
        self.urls.get(number)
    }

    pub(super) fn text(&self, number: usize) -> Option<TextFacts> {
        self.texts.get(number).copied()
    }

    pub(super) fn signature(&self, number: usize) -> &[u32] {
        let start = number * self.method.slots;
        self.signatures.get(start..start + self.method.slots).unwrap_or_default()
    }

    pub(super) fn push(&mut self, facts: TextFacts, url: &str, signature: &[u32]) {
        self.texts.push(facts);
        let mut end = url.len().min(LONGEST_URL);
        while !url.is_char_boundary(end) {
            end -= 1;
        }
        self.urls.push(url.get(..end).unwrap_or_default());
        self.signatures.extend(signature.iter().chain(std::iter::repeat(&u32::MAX)).take(self.method.slots));
    }

    /// Checks that sketches of this method compare with those of the index.
    ///
    /// # Errors
    /// [`IndexError::Method`] when they do not.
    pub fn check(&self, method: Method) -> Result<(), IndexError> {
        if self.method == method {
            return Ok(());
        }
        Err(IndexError::Method { made: described(self.method), asked: described(method) })
    }

    /// Writes the index, its texts in the order of their hashes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, target: impl Write) -> io::Result<()> {
        let mut out = Hashing::new(BufWriter::new(target));
        let Method { words, slots, seed, by_site } = self.method;
        out.write(&MAGIC)?;
        out.write(&(words as u32).to_le_bytes())?;
        out.write(&(slots as u32).to_le_bytes())?;
        out.write(&seed.to_le_bytes())?;
        out.write(&[u8::from(by_site)])?;
        out.write(&(self.len() as u64).to_le_bytes())?;
        let mut order: Vec<(TextFacts, &str, usize)> =
            self.texts.iter().enumerate().map(|(number, facts)| (*facts, self.url(number), number)).collect();
        order.sort_unstable_by_key(|(facts, url, _)| (facts.content, facts.scope, *url));
        for (facts, url, number) in order {
            out.write(&facts.content.0)?;
            out.write(&facts.scope.to_le_bytes())?;
            out.write(&facts.length.to_le_bytes())?;
            out.write(&(url.len() as u32).to_le_bytes())?;
            out.write(url.as_bytes())?;
            for slot in self.signature(number) {
                out.write(&slot.to_le_bytes())?;
            }
        }
        let check = out.hash.digest128();
        out.inner.write_all(&check.to_le_bytes())?;
        out.inner.flush()
    }

    /// Reads an index.
    ///
    /// # Errors
    /// When it cannot be read, is no index, is of another version, or damaged.
    pub fn read(source: impl Read) -> Result<Self, IndexError> {
        let mut source = Hashing::new(BufReader::with_capacity(1 << 16, source));
        let magic: [u8; 8] = source.array("no index of dehusk: it ends")?;
        let [name @ .., version] = magic;
        if MAGIC[..7] != name {
            return Err(IndexError::Damaged { what: "no index of dehusk", at: 0 });
        }
        if version != MAGIC[7] {
            return Err(IndexError::Version(version));
        }
        let method = method(&mut source)?;
        let count = u64::from_le_bytes(source.array(ENDS)?);
        let mut index = Self::new(method);
        let mut signature = vec![0; method.slots * size_of::<u32>()];
        let mut url = Vec::new();
        for _ in 0..count {
            if index.len() == u32::MAX as usize - 1 {
                return Err(source.damaged("more texts than dehusk can number"));
            }
            let facts = TextFacts {
                content: Content(source.array(ENDS)?),
                scope: u64::from_le_bytes(source.array(ENDS)?),
                length: u64::from_le_bytes(source.array(ENDS)?),
            };
            let length = u32::from_le_bytes(source.array(ENDS)?) as usize;
            if length > LONGEST_URL {
                return Err(source.damaged("the length of a URL is wrong"));
            }
            url.resize(length, 0);
            source.fill(&mut url, ENDS)?;
            let url = std::str::from_utf8(&url).map_err(|_| source.damaged("a URL is no UTF-8"))?;
            source.fill(&mut signature, ENDS)?;
            index.texts.push(facts);
            index.urls.push(url);
            let (slots, _) = signature.as_chunks();
            index.signatures.extend(slots.iter().map(|slot| u32::from_le_bytes(*slot)));
        }
        let expected = source.hash.digest128();
        let found = u128::from_le_bytes(source.array(ENDS)?);
        if found != expected {
            return Err(source.damaged("its checksum does not fit what stands"));
        }
        if source.inner.read(&mut [0])? != 0 {
            return Err(source.damaged("more than an index: something stands"));
        }
        Ok(index)
    }
}

const ENDS: &str = "cut short: it ends";

fn method(source: &mut Hashing<impl Read>) -> Result<Method, IndexError> {
    let words = u32::from_le_bytes(source.array(ENDS)?) as usize;
    let slots = u32::from_le_bytes(source.array(ENDS)?) as usize;
    let seed = u64::from_le_bytes(source.array(ENDS)?);
    let [by_site] = source.array(ENDS)?;
    let fits = (1..=shingle::MOST_WORDS).contains(&words) && (1..=minhash::MOST_SLOTS).contains(&slots) && by_site < 2;
    if fits {
        Ok(Method { words, slots, seed, by_site: by_site == 1 })
    } else {
        Err(source.damaged("settings that cannot be"))
    }
}

fn described(method: Method) -> String {
    let Method { words, slots, seed, by_site } = method;
    let scope = if by_site { "pages compared within their site" } else { "all pages compared" };
    format!("shingles of {words} words, {slots} slots, key {seed}, {scope}")
}

/// Bytes that are hashed and counted on their way.
struct Hashing<T> {
    inner: T,
    hash: Xxh3,
    at: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, hash: Xxh3::new(), at: 0 }
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.at += bytes.len() as u64;
    }

    fn damaged(&self, what: &'static str) -> IndexError {
        IndexError::Damaged { what, at: self.at }
    }
}

impl<W: Write> Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pass(bytes);
        self.inner.write_all(bytes)
    }
}

impl<R: Read> Hashing<R> {
    /// Fills `bytes`; `what` is wrong when there are too few.
    fn fill(&mut self, bytes: &mut [u8], what: &'static str) -> Result<(), IndexError> {
        self.inner.read_exact(bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(what),
            _ => IndexError::Io(e),
        })?;
        self.pass(bytes);
        Ok(())
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], IndexError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(texts: u32, slots: usize) -> Index {
        let mut index = Index::new(Method { slots, ..Method::default() });
        for number in 0..texts {
            let content = Content::of(&number.to_string());
            let facts = TextFacts { content, scope: u64::from(number % 2), length: 7 };
            let signature: Vec<u32> = (0..slots as u32).map(|slot| slot * number).collect();
            index.push(facts, &format!("http://example.org/{number}"), &signature);
        }
        index
    }

    fn written(index: &Index) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert!(index.write(&mut bytes).is_ok());
        bytes
    }

    fn message(bytes: &[u8]) -> String {
        Index::read(bytes).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_was_written_is_read_whatever_the_order_it_came_in() -> Result<(), IndexError> {
        let index = sample(5, 40);
        let bytes = written(&index);
        let read = Index::read(&bytes[..])?;
        assert_eq!(read.len(), 5);
        assert_eq!(written(&read), bytes);
        let number = (0..5).find(|number| read.url(*number) == index.url(3)).unwrap_or(9);
        assert_eq!((read.text(number), read.signature(number)), (index.text(3), index.signature(3)));
        Ok(())
    }

    #[test]
    fn other_files_other_versions_and_other_settings_are_refused_with_a_remedy() {
        let mut bytes = written(&sample(1, 8));
        assert!(message(b"PAR1 and more").contains("no index of dehusk"));
        assert!(message(b"").contains("no index of dehusk: it ends at byte 0"));
        bytes[7] = 9;
        assert!(message(&bytes).contains("version 9") && message(&bytes).contains("--save-index"));
        let other = sample(1, 8).check(Method::default()).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(other.contains("8 slots") && other.contains("128 slots") && other.contains("make it again"), "{other}");
    }

    #[test]
    fn a_lying_count_or_length_costs_no_memory() {
        let mut bytes = written(&sample(1, 8));
        bytes[25..33].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(message(&bytes).contains("cut short"));
        let mut bytes = written(&sample(1, 8));
        bytes[65..69].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(message(&bytes).contains("the length of a URL is wrong at byte 69"), "{}", message(&bytes));
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let bytes = written(&sample(3, 4));
        for cut in 0..bytes.len() {
            assert!(Index::read(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Index::read(&bytes[..]).is_err(), "bit {bit}");
        }
        assert!(message(&[&bytes[..], b"x"].concat()).contains("more than an index"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Index::read(&bytes[..]);
            let _ = Index::read(&[&MAGIC[..], &bytes].concat()[..]);
        }
    }
}
