//! Reading: from paths to batches of pages.
//!
//! [`resolve`](paths::resolve) turns what the user named into [`Source`]s. A [`Reader`] takes one source apart in two
//! stages: [`Reader::read`] runs in one thread, cuts the input where records end and does nothing else; the
//! [`Raw`] batches it gives are turned into a [`Batch`] of pages by [`Raw::parse`], which runs on any thread. A bad
//! record is a [`Problem`] of its batch and costs only itself.

pub mod charset;
pub(crate) mod date;
pub(crate) mod fields;
mod folder;
pub mod gzip;
pub mod html;
pub mod http;
pub mod jsonl;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod paths;
pub mod stream;
pub mod warc;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::ThreadPool;

use crate::config::Settings;
use crate::error::{Error, ErrorKind, Location, Problem, Result};
use crate::line::mark::Mark;
use crate::page::Page;
pub use jsonl::Id;
pub use paths::{Format, Place, Source};
use stream::{Ledger, Start, Stream};

/// Pages that were read together, in the order of the input.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes as they were read and decompressed.
    bytes: Vec<u8>,
    /// Text that had to be made: decoded, unescaped, taken out of HTML.
    arena: String,
    /// What HTML told of the lines of `arena`.
    marks: Vec<Mark>,
    /// The pages.
    pub slots: Vec<Slot>,
    /// Records that are no pages but belong into a file of the same format: the page they stand before, and where.
    pub verbatim: Vec<(usize, Span)>,
    /// What was wrong.
    pub problems: Vec<Problem>,
    /// Records that are no pages, by what they are.
    pub other: BTreeMap<&'static str, u64>,
    /// Bytes of the file that this batch took, for the progress bar.
    pub progress: u64,
    /// The rows as columns, for Parquet.
    #[cfg(feature = "parquet")]
    pub table: Option<parquet::rows::Table>,
}

/// A stretch of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Of the bytes as read.
    Bytes(Range<usize>),
    /// Of the text that was made.
    Arena(Range<usize>),
}

/// A page in a batch.
#[derive(Debug)]
pub struct Slot {
    /// See [`Page::url`].
    pub url: Box<str>,
    /// See [`Page::id`].
    pub id: Option<Id<'static>>,
    /// See [`Page::site`].
    pub site: Box<str>,
    text: Span,
    marks: Range<usize>,
    /// What is needed to write the page back in its own format.
    pub origin: Origin,
}

/// Where a page stood, as its own format needs it.
#[derive(Debug)]
pub enum Origin {
    /// A WARC record: its header in the batch.
    Warc {
        /// The header, with the empty line that ends it.
        header: Range<usize>,
        /// Whether the record holds text already, so that its header can be kept.
        conversion: bool,
    },
    /// A line of JSON.
    Json {
        /// The line.
        line: Span,
        /// Where its parts are.
        splice: jsonl::Splice,
    },
    /// A row of the batch's table.
    Row(usize),
    /// A file of its own: its path under the folder.
    File(PathBuf),
}

impl Batch {
    /// The page in `slot`.
    pub fn page<'a>(&'a self, slot: &'a Slot) -> Page<'a> {
        Page {
            url: &slot.url,
            id: slot.id.as_ref().map(Id::as_str),
            site: &slot.site,
            text: self.str(&slot.text),
            marks: self.marks.get(slot.marks.clone()).unwrap_or_default(),
        }
    }

    /// The characters of a span that was checked to hold some.
    pub fn str(&self, span: &Span) -> &str {
        match span {
            Span::Bytes(range) => simdutf8::basic::from_utf8(self.raw(range)).unwrap_or_default(),
            Span::Arena(range) => self.arena.get(range.clone()).unwrap_or_default(),
        }
    }

    /// Bytes as they were read.
    pub fn raw(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// Memory the batch takes, in bytes.
    pub fn memory(&self) -> usize {
        let slots: usize = self.slots.iter().map(|slot| size_of::<Slot>() + slot.url.len() + slot.site.len()).sum();
        self.bytes.capacity()
            + self.arena.capacity()
            + self.marks.capacity() * size_of::<Mark>()
            + slots
            + self.table_memory()
    }

    #[cfg(feature = "parquet")]
    fn table_memory(&self) -> usize {
        self.table.as_ref().map_or(0, parquet::rows::Table::memory)
    }

    #[cfg(not(feature = "parquet"))]
    fn table_memory(&self) -> usize {
        0
    }

    /// Bytes of text that the pages have.
    pub fn text_len(&self) -> usize {
        let length = |slot: &Slot| match &slot.text {
            Span::Bytes(range) | Span::Arena(range) => range.len(),
        };
        self.slots.iter().map(length).sum()
    }

    /// A batch of one page without a URL.
    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Self {
        let slot = Slot {
            url: Box::default(),
            id: None,
            site: Box::default(),
            text: Span::Bytes(0..text.len()),
            marks: 0..0,
            origin: Origin::Row(0),
        };
        Self { bytes: text.as_bytes().to_vec(), slots: vec![slot], ..Self::default() }
    }

    /// Whether the pages were HTML.
    pub fn is_html(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Gives back the memory that reading took and nothing uses.
    pub fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.arena.shrink_to_fit();
        self.marks.shrink_to_fit();
    }

    /// Counts a record that is no page.
    fn pass_over(&mut self, what: &'static str) {
        *self.other.entry(what).or_default() += 1;
    }
}

/// A part of an input, cut where a record ends.
pub enum Raw {
    /// Records of a WARC file.
    Warc(warc::Raw),
    /// Lines of JSON.
    Jsonl(jsonl::Raw),
    /// Files of a folder.
    Files(folder::Raw),
    /// Rows of a Parquet file.
    #[cfg(feature = "parquet")]
    Parquet(parquet::rows::Raw),
}

impl Raw {
    /// Finds the pages.
    pub fn parse(self, settings: &Settings) -> Batch {
        match self {
            Self::Warc(raw) => raw.parse(&settings.results),
            Self::Jsonl(raw) => raw.parse(&settings.results),
            Self::Files(raw) => raw.parse(&settings.results),
            #[cfg(feature = "parquet")]
            Self::Parquet(raw) => raw.parse(&settings.results),
        }
    }
}

/// One source, being read from its start to its end.
pub enum Reader {
    /// A WARC or WET file.
    Warc(Box<warc::Reader>),
    /// A JSONL file.
    Jsonl(Box<jsonl::Reader>),
    /// Files that are pages.
    Files(folder::Reader),
    /// A Parquet file.
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet::rows::Reader>),
}

impl Reader {
    /// Opens a source.
    ///
    /// # Errors
    /// When it cannot be opened, or is no file of the format it seemed to be.
    pub fn open(source: &Source, settings: &Settings, pool: &Arc<ThreadPool>) -> Result<Self> {
        let stream = || -> Result<Stream> {
            let file = source.open()?;
            Ok(Stream::new(Box::new(file), source.compression, settings.running.batch, settings.results.max_page, pool))
        };
        Ok(match source.format {
            Format::Warc => Self::Warc(Box::new(warc::Reader::new(stream()?, settings.results.max_page))),
            Format::Jsonl => Self::Jsonl(Box::new(jsonl::Reader::new(stream()?, &settings.results)?)),
            Format::Pages => Self::Files(folder::Reader::new(source, settings.running.batch)),
            #[cfg(feature = "parquet")]
            Format::Parquet => Self::Parquet(Box::new(parquet::rows::Reader::open(source, settings)?)),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => {
                return Err(Error::settings(format!(
                    "{}: this build of dehusk reads no Parquet; build it with the feature 'parquet'",
                    source.name
                )));
            }
        })
    }

    /// The next part, `None` at the end.
    ///
    /// # Errors
    /// When the system cannot read the file.
    pub fn read(&mut self, source: &Source) -> Result<Option<Raw>> {
        let read = match self {
            Self::Warc(reader) => reader.read().map(|raw| raw.map(Raw::Warc)),
            Self::Jsonl(reader) => reader.read().map(|raw| raw.map(Raw::Jsonl)),
            Self::Files(reader) => Ok(reader.read().map(Raw::Files)),
            #[cfg(feature = "parquet")]
            Self::Parquet(reader) => Ok(reader.read().map(Raw::Parquet)),
        };
        read.map_err(|e| Error::from(ErrorKind::Read { path: PathBuf::from(&*source.name), source: e }))
    }

    /// The bytes of the file read so far; `None` where the format is not read from front to back.
    pub fn ledger(&self) -> Option<Ledger> {
        match self {
            Self::Warc(reader) => Some(reader.ledger()),
            Self::Jsonl(reader) => Some(reader.ledger()),
            _ => None,
        }
    }
}

/// Where a problem stands.
pub fn location(source: &Source, problem: &Problem) -> Location {
    Location { source: Arc::clone(&source.name), record: problem.record, byte: problem.byte }
}

/// The place in the file of a position in a buffer.
///
/// In a plain file every byte has its own place; in a compressed one the member or frame is as near as one can point.
fn byte_at(starts: &[Start], plain: bool, at: usize) -> u64 {
    let next = starts.partition_point(|start| start.at <= at);
    match next.checked_sub(1).and_then(|i| starts.get(i)) {
        Some(start) if plain => start.byte + (at - start.at) as u64,
        Some(start) => start.byte,
        None => 0,
    }
}
