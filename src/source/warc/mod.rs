//! WARC and WET files: cutting them into records, and records into pages.
//!
//! The length in a record's header is believed only if a record, the end of a member or the end of the file follows;
//! else the next plausible start of a record ends it, and the repair is reported. So a wrong length costs no other
//! page, and a page that quotes a record does not become two. The crawl formats are described in ISO 28500.

pub mod header;

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use super::http::{self, BodyError, Media};
use super::stream::{Ledger, Start, Stream};
use super::{Batch, Id, Origin, Slot, Span, byte_at, charset, html};
use crate::config::Results;
use crate::error::{Problem, guarded};
use crate::page::site_of;
use header::{Header, HeaderError, Kind, Repair};

/// Bytes a record's header may have.
const HEADER_LIMIT: usize = 1 << 20;

/// Bytes kept back when looking for the start of a record, because it may lie across the end of what was read.
const OVERLAP: usize = 4;

/// Complete records, cut but not yet looked into.
pub struct Raw {
    bytes: Vec<u8>,
    records: Vec<Record>,
    problems: Vec<Problem>,
    starts: Vec<Start>,
    plain: bool,
    progress: u64,
}

/// Where a record lies in the bytes.
struct Record {
    /// Its number in the file, counted from 1.
    number: u64,
    header: Range<usize>,
    content: Range<usize>,
}

/// Cuts a file into records.
pub struct Reader {
    stream: Stream,
    splitter: Splitter,
    reported: u64,
}

impl Reader {
    /// Reads records of at most `max_page` bytes from `stream`.
    pub fn new(stream: Stream, max_page: usize) -> Self {
        let plain = matches!(stream, Stream::Plain(_));
        Self { stream, splitter: Splitter { plain, limit: max_page, ..Splitter::default() }, reported: 0 }
    }

    /// The next records. `None` at the end of the file.
    pub fn read(&mut self) -> io::Result<Option<Raw>> {
        while !self.splitter.ended {
            match self.stream.read()? {
                Some(block) => {
                    for damage in &block.damage {
                        self.splitter.problems.push(damage.problem());
                        self.splitter.walls.push(self.splitter.bytes.len() + damage.at);
                    }
                    self.splitter.add(block.bytes, &block.starts, block.ends_member);
                }
                None => self.splitter.ended = true,
            }
            self.splitter.split();
            if let Some(mut raw) = self.splitter.take() {
                let read = self.stream.ledger().total();
                raw.progress = read - self.reported;
                self.reported = read;
                return Ok(Some(raw));
            }
        }
        Ok(None)
    }

    /// The bytes of the file read so far.
    pub fn ledger(&self) -> Ledger {
        self.stream.ledger()
    }
}

/// Finds where records begin and end in bytes that arrive in blocks.
#[derive(Default)]
struct Splitter {
    bytes: Vec<u8>,
    starts: Vec<Start>,
    /// Positions that no record crosses, in ascending order: members that begin with a record, and damage.
    walls: Vec<usize>,
    plain: bool,
    /// Bytes a record may have.
    limit: usize,
    /// Whether the file has ended.
    ended: bool,
    /// Whether the bytes end where a gzip member ends.
    ends_member: bool,
    /// Bytes of a record that is too large, still to be passed over.
    skipping: u64,
    /// Whether the last record was reported as lost, so that the bytes after it are no further problem.
    searching: bool,
    records: Vec<Record>,
    problems: Vec<Problem>,
    number: u64,
    /// Position up to which all is settled.
    done: usize,
}

/// What is known about the record at a position.
enum Found {
    /// It lies here, with a problem to report if it had to be mended.
    Record { header: Range<usize>, content: Range<usize>, next: usize, problem: Option<String> },
    /// Nothing but line ends and zeros up to the position, which is no problem.
    Blank { next: usize },
    /// There is none up to the position; the problem says why.
    None { next: usize, problem: String },
    /// It is larger than the limit.
    TooLarge { content: usize, length: u64 },
    /// More bytes have to be read to know.
    More,
}

impl Splitter {
    fn add(&mut self, bytes: Vec<u8>, starts: &[Start], ends_member: bool) {
        let base = self.bytes.len();
        if base == 0 {
            self.bytes = bytes;
        } else {
            self.bytes.extend_from_slice(&bytes);
        }
        for start in starts {
            let at = base + start.at;
            // A streamed member says again in each block where it began.
            if self.starts.last().is_none_or(|last| last.byte != start.byte) {
                self.starts.push(Start { at, byte: start.byte });
                if !self.plain
                    && self.bytes.get(at..).is_some_and(|rest| {
                        rest.get(header::stray(rest)..).is_some_and(|rest| rest.starts_with(b"WARC/"))
                    })
                {
                    self.walls.push(at);
                }
            }
        }
        self.walls.sort_unstable();
        self.ends_member = ends_member;
    }

    /// Finds all records that are complete.
    fn split(&mut self) {
        let mut at = self.done;
        if self.skipping > 0 {
            let end = self.wall_after(at).unwrap_or(self.bytes.len());
            let skipped = self.skipping.min((end - at) as u64);
            at += skipped as usize;
            self.skipping = if end < self.bytes.len() { 0 } else { self.skipping - skipped };
        }
        while self.skipping == 0 && at < self.bytes.len() {
            match self.find(at) {
                Found::More => break,
                Found::Blank { next } => at = next,
                Found::Record { header, content, next, problem } => {
                    self.searching = false;
                    self.number += 1;
                    if let Some(reason) = problem {
                        self.report(header.start, Problem::repaired(reason), true);
                    }
                    self.records.push(Record { number: self.number, header, content });
                    at = next;
                }
                Found::None { next, problem } => {
                    // One report for one stretch without records.
                    if !std::mem::replace(&mut self.searching, true) {
                        self.report(at, Problem::gap(problem), false);
                    }
                    at = next;
                }
                Found::TooLarge { content, length } => {
                    self.number += 1;
                    let reason = format!("a record of {length} bytes is larger than --max-page {}", self.limit);
                    self.report(at, Problem::skipped(reason), true);
                    let end = self.wall_after(at).unwrap_or(self.bytes.len());
                    let there = ((end - content) as u64).min(length);
                    at = content + there as usize;
                    self.skipping = if end < self.bytes.len() { 0 } else { length - there };
                }
            }
        }
        self.done = at.min(self.bytes.len());
    }

    fn report(&mut self, at: usize, problem: Problem, numbered: bool) {
        let problem = problem.at_byte(byte_at(&self.starts, self.plain, at));
        self.problems.push(if numbered { problem.at_record(self.number) } else { problem });
    }

    /// The first wall behind `at`.
    fn wall_after(&self, at: usize) -> Option<usize> {
        let next = self.walls.partition_point(|wall| *wall <= at);
        self.walls.get(next).copied()
    }

    /// Whether a member of the file begins at `at`.
    fn begins_member(&self, at: usize) -> bool {
        !self.plain && self.starts.binary_search_by_key(&at, |start| start.at).is_ok()
    }

    /// Looks at the record that begins at `at`.
    fn find(&self, at: usize) -> Found {
        let wall = self.wall_after(at);
        let end = wall.unwrap_or(self.bytes.len());
        // Whether no further byte can belong to the record.
        let closed = wall.is_some() || self.ended;
        let rest = self.bytes.get(at..end).unwrap_or_default();
        if header::stray(rest) == rest.len() || rest.iter().all(|byte| *byte == 0) {
            return if closed { Found::Blank { next: end } } else { Found::More };
        }
        let header = match header::parse(rest, HEADER_LIMIT) {
            Ok(header) => header,
            Err(HeaderError::Incomplete) if !closed => return Found::More,
            Err(HeaderError::Incomplete) => {
                return Found::None { next: end, problem: "the header of a record is cut off".to_owned() };
            }
            Err(HeaderError::TooLong { limit }) => {
                return self.without(at, end, closed, format!("the header of a record is longer than {limit} bytes"));
            }
            Err(HeaderError::NotARecord) => {
                return self.without(at, end, closed, "these bytes are no WARC record".to_owned());
            }
        };
        let problem = complaint(&header);
        let content = at + header.len;
        let Some(length) = header.length else {
            return self.until_next(at + header.start..content, end, closed, problem.unwrap_or_default());
        };
        if length > self.limit as u64 {
            // A length that no file can have is a wrong one, not a large page.
            if closed && length > (end - content) as u64 {
                return self.until_next(
                    at + header.start..content,
                    end,
                    closed,
                    "the record ends before its Content-Length".to_owned(),
                );
            }
            if self.bytes.len() - content < self.limit.min(1 << 20) && !closed {
                return Found::More;
            }
            return Found::TooLarge { content, length };
        }
        let behind = content + length as usize;
        if behind > end {
            if !closed {
                return Found::More;
            }
            return self.until_next(
                at + header.start..content,
                end,
                closed,
                "the record ends before its Content-Length".to_owned(),
            );
        }
        let rest = self.bytes.get(behind..end).unwrap_or_default();
        let stray = header::stray(rest);
        let next = behind + stray;
        let after = rest.get(stray..).unwrap_or_default();
        let member_ends =
            next == self.bytes.len() && self.ends_member || self.begins_member(next) || self.begins_member(behind);
        if after.starts_with(b"WARC/") || member_ends || next == end && closed {
            return Found::Record { header: at + header.start..content, content: content..behind, next, problem };
        }
        if after.len() < 5 && !closed && b"WARC/".starts_with(after) {
            return Found::More;
        }
        self.until_next(
            at + header.start..content,
            end,
            closed,
            "Content-Length is wrong: no record follows where the length says".to_owned(),
        )
    }

    /// A record whose end only the next one tells.
    fn until_next(&self, header: Range<usize>, end: usize, closed: bool, problem: String) -> Found {
        let content = header.end;
        let rest = self.bytes.get(..end).unwrap_or_default();
        let next = match header::find_record(rest, content) {
            Some(next) => next,
            None if closed => end,
            None if end - content > self.limit => return Found::TooLarge { content, length: (end - content) as u64 },
            None => return Found::More,
        };
        let body = self.bytes.get(content..next).unwrap_or_default();
        let body = body.strip_suffix(b"\r\n\r\n").or_else(|| body.strip_suffix(b"\n\n")).unwrap_or(body);
        Found::Record { header, content: content..content + body.len(), next, problem: Some(problem) }
    }

    /// No record begins at `at`: where the next one does.
    fn without(&self, at: usize, end: usize, closed: bool, problem: String) -> Found {
        let rest = self.bytes.get(..end).unwrap_or_default();
        match header::find_record(rest, at + 1) {
            Some(next) => Found::None { next, problem },
            None if closed => Found::None { next: end, problem },
            None if end - at > OVERLAP => Found::None { next: end - OVERLAP, problem },
            None => Found::More,
        }
    }

    /// The records found so far, if there is anything to tell.
    fn take(&mut self) -> Option<Raw> {
        if self.records.is_empty() && self.problems.is_empty() {
            self.forget();
            return None;
        }
        let rest = self.bytes.split_off(self.done);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let raw = Raw {
            bytes,
            records: std::mem::take(&mut self.records),
            problems: std::mem::take(&mut self.problems),
            starts: self.starts.clone(),
            plain: self.plain,
            progress: 0,
        };
        self.rebase();
        Some(raw)
    }

    /// Drops what is settled.
    fn forget(&mut self) {
        self.bytes.drain(..self.done);
        self.rebase();
    }

    /// Moves all positions to where they are after the settled bytes went.
    fn rebase(&mut self) {
        let done = std::mem::take(&mut self.done);
        let open = self.starts.partition_point(|start| start.at <= done).saturating_sub(1);
        self.starts.drain(..open);
        for start in &mut self.starts {
            if self.plain {
                start.byte += done.saturating_sub(start.at) as u64;
            }
            start.at = start.at.saturating_sub(done);
        }
        self.walls.retain(|wall| *wall > done);
        for wall in &mut self.walls {
            *wall -= done;
        }
    }
}

/// What of a header is worth a report.
fn complaint(header: &Header<'_>) -> Option<String> {
    let mut reasons = header.repairs.iter().filter_map(|repair| match repair {
        Repair::UnknownVersion => Some("unknown WARC version, read as 1.1"),
        Repair::NoLength => Some("no Content-Length: read up to the next record"),
        Repair::BadLength => Some("Content-Length is no number: read up to the next record"),
        Repair::TwoLengths => Some("two Content-Lengths, the first was taken"),
        Repair::Stray | Repair::Nul | Repair::BadUtf8 | Repair::Junk => None,
    });
    reasons.next().map(str::to_owned)
}

impl Raw {
    /// Turns the records into pages.
    pub fn parse(self, settings: &Results) -> Batch {
        let mut batch = Batch { problems: self.problems, progress: self.progress, ..Batch::default() };
        for record in &self.records {
            let byte = byte_at(&self.starts, self.plain, record.header.start);
            let place = |problem: Problem| problem.at_record(record.number).at_byte(byte);
            let (arena, marks, slots) = (batch.arena.len(), batch.marks.len(), batch.slots.len());
            match guarded(|| batch.add_record(&self.bytes, record, settings)) {
                Ok(problems) => batch.problems.extend(problems.into_iter().map(place)),
                Err(panic) => {
                    batch.arena.truncate(arena);
                    batch.marks.truncate(marks);
                    batch.slots.truncate(slots);
                    batch.problems.push(place(Problem::skipped(format!(
                        "dehusk failed on this record ({panic}); please report it"
                    ))));
                }
            }
        }
        batch.bytes = self.bytes;
        batch.forget_bodies();
        batch
    }
}

/// Whether a resource was not fetched but made by the crawler: its log and arguments (wget: `metadata://gnu.org/…`), or
/// what a browser made of a page that has a record of its own (browsertrix: `urn:text:…`, `urn:pageinfo:…`).
fn is_crawlers_own(header: &Header<'_>) -> bool {
    let scheme = header.uri.as_deref().and_then(|uri| uri.split_once(':')).map_or("", |(scheme, _)| scheme);
    ["metadata", "urn"].iter().any(|own| scheme.eq_ignore_ascii_case(own))
}

impl Batch {
    /// Drops the bodies of the records once all pages were made of them: of HTML only the headers are needed again.
    fn forget_bodies(&mut self) {
        if !self.slots.iter().all(|slot| matches!(slot.text, Span::Arena(_))) {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let mut keep = |range: &mut Range<usize>| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(bytes.get(range.clone()).unwrap_or_default());
            *range = start..self.bytes.len();
        };
        for slot in &mut self.slots {
            if let Origin::Warc { header, .. } = &mut slot.origin {
                keep(header);
            }
        }
        for (_, span) in &mut self.verbatim {
            if let Span::Bytes(range) = span {
                keep(range);
            }
        }
    }

    /// Adds the page of a record, if it holds one. Returns what was wrong with it.
    fn add_record(&mut self, bytes: &[u8], record: &Record, settings: &Results) -> Vec<Problem> {
        match header::parse(bytes.get(record.header.start..).unwrap_or_default(), HEADER_LIMIT) {
            Ok(header) => self.add_page(bytes, &header, record, settings),
            Err(e) => vec![Problem::skipped(e.to_string())],
        }
    }

    fn add_page(&mut self, bytes: &[u8], header: &Header<'_>, record: &Record, settings: &Results) -> Vec<Problem> {
        let content = bytes.get(record.content.clone()).unwrap_or_default();
        let mut problems = Vec::new();
        let marks = self.marks.len();
        let text = match header.kind {
            Kind::Conversion => self.plain_text(bytes, record.content.clone(), &mut problems),
            Kind::Resource if is_crawlers_own(header) => return self.pass(problems, "resource record of the crawler"),
            Kind::Response | Kind::Resource => match self.payload(header, content, settings, &mut problems) {
                Some(text) => text,
                None => return problems,
            },
            Kind::Warcinfo => {
                self.verbatim.push((self.slots.len(), Span::Bytes(record.header.start..record.content.end)));
                return problems;
            }
            Kind::Revisit => return self.pass(problems, "revisit record"),
            Kind::Request => return self.pass(problems, "request record"),
            Kind::Metadata => return self.pass(problems, "metadata record"),
            Kind::Continuation => return self.pass(problems, "continuation record"),
            Kind::Other => return self.pass(problems, "record of another kind"),
        };
        let url: Box<str> = header.uri.as_deref().unwrap_or_default().into();
        self.slots.push(Slot {
            site: site_of(&url, settings.scope).into(),
            url,
            id: header.id.as_deref().map(|id| Id::Text(id.to_owned().into())),
            text,
            marks: marks..self.marks.len(),
            origin: Origin::Warc { header: record.header.clone(), conversion: header.kind == Kind::Conversion },
        });
        problems
    }

    fn pass(&mut self, problems: Vec<Problem>, what: &'static str) -> Vec<Problem> {
        self.pass_over(what);
        problems
    }

    /// The text of a record that holds text: as it lies, if it is valid.
    fn plain_text(&mut self, bytes: &[u8], at: Range<usize>, problems: &mut Vec<Problem>) -> Span {
        let content = bytes.get(at.clone()).unwrap_or_default();
        if simdutf8::basic::from_utf8(content).is_ok() {
            return Span::Bytes(at);
        }
        problems.push(Problem::repaired("invalid UTF-8: replaced by U+FFFD"));
        self.put(&String::from_utf8_lossy(content))
    }

    /// Adds text to the arena.
    pub(super) fn put(&mut self, text: &str) -> Span {
        let start = self.arena.len();
        self.arena.push_str(text);
        Span::Arena(start..self.arena.len())
    }

    /// The text of an HTTP response or of a resource; `None` when it is no page.
    fn payload(
        &mut self,
        header: &Header<'_>,
        content: &[u8],
        settings: &Results,
        problems: &mut Vec<Problem>,
    ) -> Option<Span> {
        let is_http = content.starts_with(b"HTTP/")
            || header.kind == Kind::Response
                && header.content_type.as_deref().is_none_or(|kind| kind.trim_start().starts_with("application/http"));
        let (bytes, declared, media) = if is_http {
            match http::body(content, settings.max_page) {
                Ok(body) => {
                    if body.status.is_some_and(|status| (100..200).contains(&status) || (300..400).contains(&status)) {
                        self.pass_over("response without a page (redirect)");
                        return None;
                    }
                    problems.extend(
                        body.repairs
                            .iter()
                            .filter(|repair| repair.is_loss())
                            .map(|repair| Problem::repaired(repair.to_string())),
                    );
                    let media = http::media(body.content_type, &body.bytes);
                    (body.bytes, body.charset.map(str::to_owned), media)
                }
                Err(e @ BodyError::TooLarge { .. }) => {
                    problems.push(Problem::skipped(format!("{e}; raise --max-page to read it")));
                    return None;
                }
                Err(e) => {
                    problems.push(Problem::skipped(e.to_string()));
                    return None;
                }
            }
        } else {
            (Cow::Borrowed(content), None, http::media(header.content_type.as_deref(), content))
        };
        match media {
            Media::Html => Some(self.put_html(&bytes, declared.as_deref())),
            Media::Text => {
                let decoded = match declared {
                    Some(label) => charset::decode(&bytes, Some(&label)),
                    None => charset::decode_text(&bytes),
                };
                Some(self.put(&decoded.text))
            }
            Media::Other => {
                self.pass_over("response that is no page (neither HTML nor plain text)");
                None
            }
        }
    }

    /// Adds the lines of an HTML page to the arena.
    pub(super) fn put_html(&mut self, bytes: &[u8], declared: Option<&str>) -> Span {
        let start = self.arena.len();
        let decoded = charset::decode(bytes, declared);
        html::Extractor::default().extract(&decoded.text, &mut self.arena, &mut self.marks);
        Span::Arena(start..self.arena.len())
    }
}
