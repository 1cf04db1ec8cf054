//! Pages of a column chunk, checked before the `parquet` crate decodes them.
//!
//! [`Group`] stands between the crate's record reader and the file. Each page header is read twice: first
//! here, where sizes are held against the file, the page limit and the memory budget of the slice, then by
//! the crate. Gzip and Brotli pages, which the crate inflates without an end, are measured first, and
//! delta-encoded strings are summed.
//! Reads are positioned, so that threads share one file handle.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;

use super::claims::{self, Kind, Refusal};
use super::{delta, levels};

/// Bytes read at first for a page header, which is about 30 bytes long without statistics.
const HEADER_WINDOW: usize = 256;
/// Longest page header: writers of old put whole values into its statistics.
const MAX_HEADER: usize = 16 << 20;
/// What an entry of a list takes decoded: its value and its levels.
const LIST_VALUE: u64 = 20;
/// Entries that the lists of a column chunk may have whatever its size, and per byte: bit-packed levels have
/// eight a byte, and only runs of one value have more.
const FREE_LIST_VALUES: u64 = 1 << 20;
const LIST_VALUES_PER_BYTE: u64 = 8;
/// What an entry of a dictionary takes decoded, besides its bytes.
const DICTIONARY_VALUE: u64 = 32;
/// What the two lengths of a delta-encoded string take.
const DELTA_VALUE: u64 = 8;
/// The most that Deflate and LZ4 can expand by.
const DEFLATE_RATIO: u64 = 1032;
const LZ4_RATIO: u64 = 255;

/// The bytes of one input: a file, or what was read from a pipe. Cheap to clone; clones share no cursor.
#[derive(Debug, Clone)]
pub struct Data(Inner);

#[derive(Debug, Clone)]
enum Inner {
    File { file: Arc<File>, length: u64 },
    Memory(Bytes),
}

impl From<Bytes> for Data {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Memory(bytes))
    }
}

impl TryFrom<File> for Data {
    type Error = io::Error;

    /// The length is taken once: what is appended later is not seen.
    fn try_from(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self(Inner::File { file: Arc::new(file), length }))
    }
}

impl Data {
    /// Reads up to `buffer.len()` bytes at `start`.
    fn read_at(&self, buffer: &mut [u8], start: u64) -> io::Result<usize> {
        match &self.0 {
            #[cfg(unix)]
            Inner::File { file, .. } => std::os::unix::fs::FileExt::read_at(&**file, buffer, start),
            #[cfg(windows)]
            Inner::File { file, .. } => std::os::windows::fs::FileExt::seek_read(&**file, buffer, start),
            Inner::Memory(bytes) => {
                let rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..));
                rest.unwrap_or_default().read(buffer)
            }
        }
    }

    /// The bytes from `start`, `length` of them or as many as there are.
    pub(super) fn window(&self, start: u64, length: usize) -> io::Result<Bytes> {
        let available = usize::try_from(self.len().saturating_sub(start)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(available)];
        let mut read = 0;
        while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match self.read_at(rest, start + read as u64) {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(read);
        Ok(bytes.into())
    }
}

impl Length for Data {
    fn len(&self) -> u64 {
        match &self.0 {
            Inner::File { length, .. } => *length,
            Inner::Memory(bytes) => bytes.len() as u64,
        }
    }
}

impl ChunkReader for Data {
    type T = BufReader<Cursor>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let cursor = Cursor { data: self.clone(), at: start };
        Ok(BufReader::with_capacity(HEADER_WINDOW, cursor))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = match &self.0 {
            Inner::Memory(bytes) => {
                let start = usize::try_from(start)?;
                let end = start.saturating_add(length).min(bytes.len());
                bytes.slice(start.min(end)..end)
            }
            Inner::File { .. } => self.window(start, length)?,
        };
        if bytes.len() == length { Ok(bytes) } else { Err(refused("file ends inside a page")) }
    }
}

/// A reader with a place of its own in [`Data`].
#[derive(Debug)]
pub struct Cursor {
    data: Data,
    at: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.data.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// The bytes that the pages of one slice may still take, over all columns.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    left: Arc<AtomicU64>,
    page: u64,
}

impl Budget {
    /// A budget of `memory` bytes, of which one page may take `page`.
    pub(super) fn new(memory: u64, page: u64) -> Self {
        Self { left: Arc::new(AtomicU64::new(memory)), page }
    }

    fn take(&self, bytes: u64) -> Result<()> {
        let took = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        took.map(drop).map_err(|_| refused("rows decode to more memory than a slice may take"))
    }
}

/// One row group, as the crate's record reader wants to see it.
pub(super) struct Group {
    pub data: Data,
    pub metadata: Arc<ParquetMetaData>,
    pub index: usize,
    /// The first row that is wanted.
    pub first_row: u64,
    pub budget: Budget,
}

impl RowGroups for Group {
    fn num_rows(&self) -> usize {
        usize::try_from(self.metadata.row_group(self.index).num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let group = self.metadata.row_group(self.index);
        let chunk = group.columns().get(column).ok_or_else(|| refused("row group without this column"))?;
        let pages: Box<dyn PageReader> = Box::new(Pages::new(self, chunk)?);
        Ok(Box::new(OneChunk(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.metadata.row_group(self.index)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The pages of one column in one row group.
struct OneChunk(Option<Box<dyn PageReader>>);

impl Iterator for OneChunk {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for OneChunk {}

/// The page headers of a column chunk in order, as they claim to be.
pub(super) struct Claims {
    data: Data,
    at: u64,
    end: u64,
}

impl Claims {
    /// The headers of `chunk`, which must lie inside the file.
    pub(super) fn new(data: &Data, chunk: &ColumnChunkMetaData) -> Result<Self> {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let place = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
        let (at, length) = place.ok_or_else(|| refused("column chunk at a negative place"))?;
        let end = at.saturating_add(length);
        if end > data.len() {
            return Err(refused("column chunk reaches beyond the file"));
        }
        Ok(Self { data: data.clone(), at, end })
    }

    /// The next header and the place of the page's bytes, or `None` after the last page.
    pub(super) fn next(&mut self) -> Result<Option<(claims::Page, u64)>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let left = self.end - self.at;
        let page = self.header(left)?;
        let body = self.at + page.header;
        if page.compressed > left - page.header {
            return Err(refused("page reaches beyond its column chunk"));
        }
        self.at = body + page.compressed;
        Ok(Some((page, body)))
    }

    fn header(&self, left: u64) -> Result<claims::Page> {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(MAX_HEADER);
        let mut window = HEADER_WINDOW.min(most);
        loop {
            match claims::page(&self.data.window(self.at, window)?) {
                Ok(page) => return Ok(page),
                Err(Refusal::Short) if window < most => window = window.saturating_mul(8).min(most),
                Err(Refusal::Short) => return Err(refused("page header is cut")),
                Err(Refusal::Bad(why)) => return Err(refused(why)),
            }
        }
    }
}

/// A page reader that lets a page through once its claims are checked.
struct Pages {
    inner: SerializedPageReader<Data>,
    claims: Claims,
    compression: Compression,
    budget: Budget,
    column: ColumnDescPtr,
    /// Rows of the row group, which a page of a column without lists cannot exceed.
    rows: u64,
    /// Rows that are read over before the first that is wanted, and rows that the pages so far began.
    first_row: u64,
    begun: u64,
    /// Entries and bytes of the lists so far.
    list_values: u64,
    list_bytes: u64,
    /// The next page, when it was looked at.
    ahead: Option<(claims::Page, u64)>,
    /// A dictionary that was passed over, to be checked when it is asked for.
    dictionary: Option<(claims::Page, u64)>,
}

impl Pages {
    fn new(group: &Group, chunk: &ColumnChunkMetaData) -> Result<Self> {
        // The claims come first: the crate asserts what they check.
        let claims = Claims::new(&group.data, chunk)?;
        let data = Arc::new(group.data.clone());
        Ok(Self {
            inner: SerializedPageReader::new(data, chunk, group.num_rows(), None)?,
            claims,
            compression: chunk.compression(),
            budget: group.budget.clone(),
            column: chunk.column_descr_ptr(),
            rows: group.num_rows() as u64,
            first_row: group.first_row,
            begun: 0,
            list_values: 0,
            list_bytes: 0,
            ahead: None,
            dictionary: None,
        })
    }

    fn claim(&mut self) -> Result<Option<(claims::Page, u64)>> {
        match self.ahead.take() {
            Some(claim) => Ok(Some(claim)),
            None => self.claims.next(),
        }
    }

    fn check(&mut self, (page, body): (claims::Page, u64)) -> Result<()> {
        let size = page.uncompressed.max(page.compressed);
        if size > self.budget.page {
            let limit = self.budget.page;
            return Err(refused(&format!("page of {size} bytes, above the limit of {limit} bytes")));
        }
        match page.kind {
            Kind::Dictionary if page.values > size => {
                return Err(refused("dictionary claims more values than it has bytes"));
            }
            Kind::Dictionary => self.budget.take(size + page.values * DICTIONARY_VALUE)?,
            Kind::Data if self.column.max_rep_level() > 0 => self.check_list(page)?,
            Kind::Data if page.values > self.rows => return Err(refused("page claims more rows than its row group")),
            Kind::Data => self.budget.take(size)?,
        }
        self.check_expansion(page, body)
    }

    /// Refuses lists of more entries than their bytes can hold without repeating one entry for ever.
    fn check_list(&mut self, page: claims::Page) -> Result<()> {
        self.list_bytes += page.uncompressed;
        self.list_values += page.values;
        if self.list_values > FREE_LIST_VALUES + self.list_bytes * LIST_VALUES_PER_BYTE {
            return Err(refused("lists claim more entries than they have bytes for"));
        }
        Ok(())
    }

    /// Takes a page of lists from the budget, if it reaches the rows that are wanted.
    fn hold_list(&mut self, page: &Page) -> Result<()> {
        if self.column.max_rep_level() <= 0 || !page.is_data_page() {
            return Ok(());
        }
        let values = u64::from(page.num_values());
        let begun = self.repetition_of(page).and_then(|(bytes, width)| levels::zeros(bytes, width, values));
        // A page that cannot be counted is held; so is all after it.
        self.begun = begun.map_or(u64::MAX, |begun| self.begun.saturating_add(begun));
        if self.begun > self.first_row {
            self.budget.take(page.buffer().len() as u64 + values * LIST_VALUE)?;
        }
        Ok(())
    }

    /// The repetition levels of a data page, and the bits of each.
    fn repetition_of<'a>(&self, page: &'a Page) -> Option<(&'a [u8], u8)> {
        let width = level_width(self.column.max_rep_level());
        match page {
            Page::DataPage { buf, rep_level_encoding: Encoding::RLE, .. } => {
                let length = usize::try_from(u32::from_le_bytes(*buf.first_chunk()?)).ok()?;
                Some((buf.get(4..)?.get(..length)?, width))
            }
            Page::DataPageV2 { buf, rep_levels_byte_len, .. } => {
                Some((buf.get(..usize::try_from(*rep_levels_byte_len).ok()?)?, width))
            }
            _ => None,
        }
    }

    /// Measures what the crate would decompress without regard to the claimed size.
    fn check_expansion(&self, page: claims::Page, body: u64) -> Result<()> {
        let ratio = match self.compression {
            Compression::GZIP(_) => DEFLATE_RATIO,
            Compression::LZ4 => LZ4_RATIO,
            Compression::BROTLI(_) => u64::MAX,
            _ => return Ok(()),
        };
        if page.compressed.saturating_mul(ratio) <= self.budget.page {
            return Ok(());
        }
        let body = self.inner_bytes(body, page.compressed)?;
        let limit = page.uncompressed + 1;
        let measured = match self.compression {
            Compression::GZIP(_) => measure(flate2::read::MultiGzDecoder::new(&body[..]), limit),
            Compression::BROTLI(_) => measure(brotli_decompressor::Decompressor::new(&body[..], 4096), limit),
            // Hadoop's framing states its sizes and is held to them; only whole LZ4 frames are not.
            _ if body.starts_with(&[0x04, 0x22, 0x4d, 0x18]) => limit,
            _ => 0,
        };
        if measured < limit { Ok(()) } else { Err(refused("page is larger than its header says")) }
    }

    /// Sums the lengths of delta-encoded strings, and takes what they will take from the budget.
    fn check_delta(&self, page: &Page) -> Result<()> {
        let repeats = match page.encoding() {
            Encoding::DELTA_BYTE_ARRAY => true,
            Encoding::DELTA_LENGTH_BYTE_ARRAY => false,
            _ => return Ok(()),
        };
        let values = u64::from(page.num_values());
        let cut = || refused("delta-encoded page is cut or claims too many values");
        let bytes = self.values_of(page).ok_or_else(cut)?;
        let (first, rest) = delta::lengths(bytes, values).ok_or_else(cut)?;
        self.budget.take(first.count * DELTA_VALUE)?;
        if repeats {
            let (suffixes, _) = delta::lengths(rest, values).ok_or_else(cut)?;
            // Twice: the buffer that they are put together in grows by doubling.
            self.budget.take(first.sum.saturating_add(suffixes.sum).saturating_mul(2))?;
        }
        Ok(())
    }

    /// The bytes of a data page after its levels.
    fn values_of<'a>(&self, page: &'a Page) -> Option<&'a [u8]> {
        match page {
            Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } => {
                let rest = after_levels(buf, *rep_level_encoding, self.column.max_rep_level(), *num_values)?;
                after_levels(rest, *def_level_encoding, self.column.max_def_level(), *num_values)
            }
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let levels = def_levels_byte_len.checked_add(*rep_levels_byte_len)?;
                buf.get(usize::try_from(levels).ok()?..)
            }
            Page::DictionaryPage { .. } => None,
        }
    }

    fn inner_bytes(&self, start: u64, length: u64) -> Result<Bytes> {
        self.claims.data.get_bytes(start, usize::try_from(length)?)
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        if let Some(claim) = self.claim()? {
            self.check(claim)?;
        }
        let page = self.inner.get_next_page()?;
        if let Some(page) = &page {
            self.hold_list(page)?;
            self.check_delta(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.ahead = self.claim()?;
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        let skipped = self.claim()?;
        self.dictionary = skipped.filter(|(page, _)| page.kind == Kind::Dictionary).or(self.dictionary);
        self.inner.skip_next_page()
    }

    fn supports_deferred_dictionary(&self) -> bool {
        self.inner.supports_deferred_dictionary()
    }

    fn take_deferred_dictionary(&mut self) -> Result<Option<Page>> {
        if let Some(claim) = self.dictionary.take() {
            self.check(claim)?;
        }
        self.inner.take_deferred_dictionary()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.ahead = self.claim()?;
        self.inner.at_record_boundary()
    }
}

/// What follows the repetition or definition levels at the start of a data page of version 1.
fn after_levels(bytes: &[u8], encoding: Encoding, max_level: i16, values: u32) -> Option<&[u8]> {
    if max_level <= 0 {
        return Some(bytes);
    }
    let length = if encoding == Encoding::RLE {
        u64::from(u32::from_le_bytes(*bytes.first_chunk()?)) + 4
    } else {
        (u64::from(values) * u64::from(level_width(max_level))).div_ceil(8)
    };
    bytes.get(usize::try_from(length).ok()?..)
}

/// The bits that a level up to `max_level` takes.
fn level_width(max_level: i16) -> u8 {
    (i16::BITS - max_level.leading_zeros()) as u8
}

/// The bytes that `reader` gives, up to `limit`. What cannot be decoded is left for the crate to report.
fn measure(reader: impl Read, limit: u64) -> u64 {
    let mut limited = reader.take(limit);
    match io::copy(&mut limited, &mut io::sink()) {
        Ok(count) => count,
        Err(_) => limit - limited.limit(),
    }
}

fn refused(why: &str) -> ParquetError {
    ParquetError::General(why.to_owned())
}
