//! Cutting a file of JSON Lines into batches of lines, and lines into pages.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::{DEPTH_LIMIT, Fields, Row, Splice, is_blank, scan};
use crate::config::Results;
use crate::error::{Error, Problem, Result, guarded};
use crate::page::site_of;
use crate::source::stream::{Ledger, Start, Stream};
use crate::source::{Batch, Origin, Slot, Span, byte_at};

/// How much longer than its text a line may be: escapes take up to three times the bytes of most text.
const ESCAPED: usize = 3;

/// Complete lines, not yet looked into.
pub struct Raw {
    bytes: Vec<u8>,
    /// The number of the first line, counted from 1.
    first: u64,
    starts: Vec<Start>,
    plain: bool,
    problems: Vec<Problem>,
    progress: u64,
    fields: Arc<Fields>,
}

/// Cuts a file where lines end.
pub struct Reader {
    stream: Stream,
    fields: Arc<Fields>,
    plain: bool,
    limit: usize,
    bytes: Vec<u8>,
    starts: Vec<Start>,
    /// Lines given out so far.
    lines: u64,
    /// Whether the line at the start of `bytes` is too large, so that its rest is passed over.
    skipping: bool,
    ended: bool,
    reported: u64,
}

impl Reader {
    /// Reads lines from `stream`.
    ///
    /// # Errors
    /// When the field for the text is one that dehusk itself writes.
    pub fn new(stream: Stream, settings: &Results) -> Result<Self> {
        let fields = Fields::new(&settings.fields).map_err(|e| Error::settings(e.to_string()))?;
        Ok(Self {
            plain: matches!(stream, Stream::Plain(_)),
            stream,
            fields: Arc::new(fields),
            limit: settings.max_page,
            bytes: Vec::new(),
            starts: Vec::new(),
            lines: 0,
            skipping: false,
            ended: false,
            reported: 0,
        })
    }

    /// The bytes of the file read so far.
    pub fn ledger(&self) -> Ledger {
        self.stream.ledger()
    }

    /// The next lines. `None` at the end of the file.
    pub fn read(&mut self) -> io::Result<Option<Raw>> {
        let mut problems = Vec::new();
        while !self.ended {
            let searched = self.bytes.len();
            match self.stream.read()? {
                Some(block) => {
                    let base = self.bytes.len();
                    for start in &block.starts {
                        if self.starts.last().is_none_or(|last| last.byte != start.byte) {
                            self.starts.push(Start { at: base + start.at, byte: start.byte });
                        }
                    }
                    problems.extend(block.damage.iter().map(|damage| damage.problem()));
                    if base == 0 {
                        self.bytes = block.bytes;
                    } else {
                        self.bytes.extend_from_slice(&block.bytes);
                    }
                }
                None => self.ended = true,
            }
            let cut = match memchr::memrchr(b'\n', self.bytes.get(searched..).unwrap_or_default()) {
                Some(at) => searched + at + 1,
                None if self.ended => self.bytes.len(),
                None => {
                    self.pass_over_if_too_large(&mut problems);
                    0
                }
            };
            if cut > 0 || !problems.is_empty() {
                return Ok(Some(self.take(cut, problems)));
            }
        }
        Ok(None)
    }

    /// Gives up on a line that has grown beyond the limit.
    fn pass_over_if_too_large(&mut self, problems: &mut Vec<Problem>) {
        if !self.skipping && self.bytes.len() <= self.limit.saturating_mul(ESCAPED) {
            return;
        }
        if !std::mem::replace(&mut self.skipping, true) {
            let byte = byte_at(&self.starts, self.plain, 0);
            problems.push(Problem::too_large(self.limit).at_record(self.lines + 1).at_byte(byte));
        }
        self.bytes.clear();
        let last = self.starts.last().map(|last| Start { at: 0, ..*last });
        self.starts.clear();
        self.starts.extend(last);
    }

    /// Gives out the bytes up to `cut`.
    fn take(&mut self, cut: usize, problems: Vec<Problem>) -> Raw {
        let rest = self.bytes.split_off(cut);
        let mut bytes = std::mem::replace(&mut self.bytes, rest);
        let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let starts = self.starts.clone();
        if cut > 0 && std::mem::take(&mut self.skipping) {
            // The rest of a line that was given up: blank, so that positions stay.
            let end = memchr::memchr(b'\n', &bytes).unwrap_or(bytes.len());
            bytes.get_mut(..end).unwrap_or_default().fill(b' ');
        }
        let open = self.starts.partition_point(|start| start.at <= cut).saturating_sub(1);
        self.starts.drain(..open);
        for start in &mut self.starts {
            if self.plain {
                start.byte += cut.saturating_sub(start.at) as u64;
            }
            start.at = start.at.saturating_sub(cut);
        }
        let first = self.lines + 1;
        self.lines += lines;
        let read = self.stream.ledger().total();
        let progress = read - std::mem::replace(&mut self.reported, read);
        Raw { bytes, first, starts, plain: self.plain, problems, progress, fields: Arc::clone(&self.fields) }
    }
}

impl Raw {
    /// Turns the lines into pages.
    pub fn parse(self, settings: &Results) -> Batch {
        let mut batch = Batch { problems: self.problems, progress: self.progress, ..Batch::default() };
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', &self.bytes).chain(std::iter::once(self.bytes.len()));
        for (number, end) in (self.first..).zip(ends) {
            let line = start..end;
            start = end + 1;
            let bytes = self.bytes.get(line.clone()).unwrap_or_default();
            if is_blank(bytes) {
                continue;
            }
            let place =
                |problem: Problem| problem.at_record(number).at_byte(byte_at(&self.starts, self.plain, line.start));
            match guarded(|| scan(bytes, &self.fields, DEPTH_LIMIT)) {
                Ok(Ok(row)) if row.text.len() > settings.max_page => {
                    batch.problems.push(place(Problem::too_large(settings.max_page)))
                }
                Ok(Ok(row)) => {
                    if row.repaired {
                        batch.problems.push(place(Problem::repaired(
                            "invalid UTF-8, half a surrogate pair or raw control characters: mended",
                        )));
                    }
                    let page = batch.row(row, &line, bytes, settings);
                    batch.slots.push(page);
                }
                Ok(Err(e)) => batch.problems.push(place(Problem::skipped(e.to_string()))),
                Err(panic) => batch
                    .problems
                    .push(place(Problem::skipped(format!("dehusk failed on this line ({panic}); please report it")))),
            }
        }
        batch.bytes = self.bytes;
        batch
    }
}

impl Row<'_> {
    /// The site the page belongs to: what the row names where a field was set for it or there is no url, else by the url.
    pub fn site_by(&self, settings: &Results) -> Cow<'_, str> {
        let url = self.url.as_deref().unwrap_or_default();
        match &self.site {
            Some(site) if settings.fields.site.is_some() || url.is_empty() => Cow::Borrowed(site),
            _ => site_of(url, settings.scope),
        }
    }
}

impl Batch {
    /// The page of a row that was scanned from `bytes`, which are to lie at `line` in the batch.
    fn row(&mut self, row: Row<'_>, line: &Range<usize>, bytes: &[u8], settings: &Results) -> Slot {
        let site: Box<str> = row.site_by(settings).into();
        let marks = self.marks.len();
        self.marks.extend(row.marks());
        let Row { text, url, id, repaired, line: written, splice, .. } = row;
        // Without a byte order mark the line may begin later than its bytes.
        let skipped = bytes.len() - written.len().min(bytes.len());
        let base = line.start + skipped;
        let whole = if repaired { self.put(&written) } else { Span::Bytes(base..line.end) };
        let text = match text {
            Cow::Borrowed(_) if !repaired => Span::Bytes(inner(&splice, base)),
            text => self.put(&text),
        };
        let url: Box<str> = url.as_deref().unwrap_or_default().into();
        Slot {
            url,
            id: id.map(super::Id::into_owned),
            site,
            text,
            marks: marks..self.marks.len(),
            origin: Origin::Json { line: whole, splice },
        }
    }
}

/// The characters between the quotes of the text.
fn inner(splice: &Splice, base: usize) -> Range<usize> {
    base + splice.text.start + 1..base + splice.text.end - 1
}
