//! The sketches of many pages, held as closely as comparing them allows.
//!
//! Pages of which the text is the same share one sketch, so that a hundred thousand equal pages cost a hundred
//! thousand URLs and one signature. What is left of a page is some 30 bytes and its URL, of a text some 600.

use std::collections::HashMap;
use std::io;

use super::sketch::{Content, Method, Sketch};
use super::store::ShingleStore;

/// What is known of a page besides its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About<'a> {
    /// Where it was fetched.
    pub url: &'a str,
    /// The site it belongs to; asked for only by a [`Method`] that compares by site.
    pub site: &'a str,
    /// Its id, which decides between pages that are alike in everything else.
    pub id: Option<&'a str>,
    /// When it was fetched, in seconds from 1970 on.
    pub date: Option<i64>,
}

/// Sketches of pages, numbered as they were added.
#[derive(Debug)]
pub struct Sketches {
    pub(super) method: Method,
    pub(super) pages: Vec<PageFacts>,
    names: Strings,
    pub(super) texts: Vec<TextFacts>,
    /// Which text says what.
    pub(super) numbers: HashMap<(Content, u64), u32>,
    /// The signatures of the texts, one behind the other.
    signatures: Vec<u32>,
    pub(super) shingles: ShingleStore,
}

/// What is held of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageFacts {
    /// The number of its text; [`NO_TEXT`] for a blank page.
    pub text: u32,
    /// Of its id.
    pub id: u64,
    /// Whether it is known by its id, for want of a URL.
    pub by_id: bool,
    pub date: Option<i64>,
}

/// What is held of a text besides its sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextFacts {
    pub content: Content,
    /// Texts of different scopes are not compared.
    pub scope: u64,
    pub length: u64,
}

/// The text of a page in which nothing shows.
pub(super) const NO_TEXT: u32 = u32::MAX;

impl Sketches {
    /// An empty collection of sketches of this method, whose sets of shingles go to `shingles`.
    pub fn new(method: Method, shingles: ShingleStore) -> Self {
        Self {
            method,
            pages: Vec::new(),
            names: Strings::default(),
            texts: Vec::new(),
            numbers: HashMap::new(),
            signatures: Vec::new(),
            shingles,
        }
    }

    /// How the sketches were made.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Number of pages.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Adds a page; it gets the next number.
    ///
    /// # Errors
    /// When the set of its shingles cannot be stored.
    pub fn add(&mut self, about: &About<'_>, sketch: &Sketch) -> io::Result<()> {
        let text = match sketch.content {
            None => NO_TEXT,
            Some(content) => self.text(content, about.site, sketch)?,
        };
        let id = about.id.map_or(0, |id| hash(id).max(1));
        let by_id = about.url.is_empty() && about.id.is_some();
        self.pages.push(PageFacts { text, id, by_id, date: about.date });
        self.names.push(if by_id { about.id.unwrap_or_default() } else { about.url });
        Ok(())
    }

    /// The number of a text, which is new or was seen before.
    fn text(&mut self, content: Content, site: &str, sketch: &Sketch) -> io::Result<u32> {
        let scope = scope_of(self.method, site);
        if let Some(number) = self.numbers.get(&(content, scope)) {
            return Ok(*number);
        }
        let number = self.texts.len() as u32;
        self.numbers.insert((content, scope), number);
        self.texts.push(TextFacts { content, scope, length: sketch.length });
        // A signature of another length would shift all that follow.
        let slots = sketch.signature.slots().iter().chain(std::iter::repeat(&u32::MAX));
        self.signatures.extend(slots.take(self.method.slots));
        self.shingles.push(&sketch.shingles)?;
        Ok(number)
    }

    /// The URL of a page; nothing where it has none.
    pub fn url(&self, page: usize) -> &str {
        if self.is_known_by_id(page) { "" } else { self.names.get(page) }
    }

    /// The URL of a page, or its id where it has none.
    pub fn name(&self, page: usize) -> &str {
        self.names.get(page)
    }

    /// Whether a page has no URL, but an id.
    pub fn is_known_by_id(&self, page: usize) -> bool {
        self.pages.get(page).is_some_and(|page| page.by_id)
    }

    pub(super) fn signature(&self, text: u32) -> &[u32] {
        let start = text as usize * self.method.slots;
        self.signatures.get(start..start + self.method.slots).unwrap_or_default()
    }

    /// Memory taken, in bytes.
    pub fn memory(&self) -> usize {
        self.pages.capacity() * size_of::<PageFacts>()
            + self.names.memory()
            + self.texts.capacity() * size_of::<TextFacts>()
            + self.numbers.capacity() * (size_of::<(Content, u64, u32)>() + 1)
            + self.signatures.capacity() * size_of::<u32>()
            + self.shingles.memory()
    }
}

/// What texts are compared within: 0 when all are compared with all.
pub(super) fn scope_of(method: Method, site: &str) -> u64 {
    if method.by_site { hash(site).max(1) } else { 0 }
}

fn hash(text: &str) -> u64 {
    u64::from_le_bytes(blake3::hash(text.as_bytes()).as_bytes().first_chunk().copied().unwrap_or_default())
}

/// Strings one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Strings {
    all: String,
    ends: Vec<u64>,
}

impl Strings {
    pub(super) fn push(&mut self, string: &str) {
        self.all.push_str(string);
        self.ends.push(self.all.len() as u64);
    }

    pub(super) fn get(&self, number: usize) -> &str {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(number).copied().unwrap_or(start);
        self.all.get(start as usize..end as usize).unwrap_or_default()
    }

    pub(super) fn memory(&self) -> usize {
        self.all.capacity() + self.ends.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similar::Sketcher;

    #[test]
    fn equal_texts_share_a_sketch_and_blank_ones_have_none() -> io::Result<()> {
        let method = Method::default();
        let mut sketcher = Sketcher::new(method);
        let mut sketches = Sketches::new(method, ShingleStore::in_memory());
        for (url, text) in [("a", "one"), ("b", "two"), ("c", "one"), ("", ""), ("d", " ")] {
            sketches.add(&About { url, ..About::default() }, &sketcher.sketch(text))?;
        }
        let texts: Vec<u32> = sketches.pages.iter().map(|page| page.text).collect();
        assert_eq!(texts, [0, 1, 0, NO_TEXT, NO_TEXT]);
        assert_eq!((0..6).map(|page| sketches.url(page)).collect::<String>(), "abcd");
        assert_eq!(sketches.shingles.len(), 2);
        Ok(())
    }

    #[test]
    fn equal_texts_of_two_sites_are_two_when_sites_are_compared_alone() -> io::Result<()> {
        for (by_site, texts) in [(false, 1), (true, 2)] {
            let method = Method { by_site, ..Method::default() };
            let mut sketches = Sketches::new(method, ShingleStore::in_memory());
            for site in ["a.example", "b.example"] {
                sketches.add(&About { site, ..About::default() }, &Sketcher::new(method).sketch("one"))?;
            }
            assert_eq!(sketches.texts.len(), texts);
        }
        Ok(())
    }
}
