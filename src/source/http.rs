//! From the HTTP response in a `response` record to the page it carried.
//!
//! Crawlers store what came over the wire, or what their HTTP library made of it, and often leave
//! the header as it was: `chunked` over a body that is no longer chunked, `gzip` over plain text,
//! lengths of something else. So no header is believed before the bytes were looked at, and a body
//! that breaks off keeps what decoded. Whatever was put right is listed in [`Body::repairs`].
//!
//! The record's length says where the body ends; `Content-Length` is not even read. Formats: RFC
//! 9110 and 9112; sniffing after the WHATWG MIME Sniffing standard, sections 5 and 7.1.

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use memchr::memchr;
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation};

use crate::source::fields::{Line, Lines, trim};
use crate::source::gzip::{MemberError, Members, Stream, rescue};

/// Longest HTTP header, in bytes.
pub const HEADER_LIMIT: usize = 256 << 10;

/// Most codings on one body. Honest servers use two; curl stops at five.
const MAX_CODINGS: usize = 5;

/// Bytes that sniffing looks at (WHATWG MIME Sniffing, section 5.2).
const SNIFF: usize = 1445;

/// Size of the steps in which brotli and zstd hand out what they decoded.
const STEP: usize = 64 << 10;

/// Bytes that brotli gets at once. It keeps what it has decoded to itself until its input ends, and
/// on damage it drops that: small pieces save all but the last.
const BROTLI_PIECE: usize = 256;

/// Longest line with a chunk's size and extensions, in bytes.
const CHUNK_LINE: usize = 4 << 10;

/// Window of zstd, as a power of two: 8 MiB is what RFC 9659 allows on the web.
const ZSTD_WINDOW_LOG: u32 = 23;

/// The body of a response, decoded, and what its header says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body<'a> {
    /// Status code; `None` without a header or a number in it. May be anything, 0 too.
    pub status: Option<u16>,
    /// Media type without parameters, as it stands: compare without case. Never empty.
    pub content_type: Option<&'a str>,
    /// Label of the character encoding, without quotes. Never empty, often wrong.
    pub charset: Option<&'a str>,
    /// The body with all codings taken off.
    pub bytes: Cow<'a, [u8]>,
    /// What was put right, in the order it was met.
    pub repairs: Vec<Repair>,
}

/// A transfer or content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `chunked`
    Chunked,
    /// `gzip`, `x-gzip`
    Gzip,
    /// `deflate`: a zlib stream by the standard, a bare deflate stream by many servers.
    Deflate,
    /// `br`
    Brotli,
    /// `zstd`
    Zstd,
}

/// What was wrong with a response and how it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// No HTTP header: the whole payload is the body.
    NoHeader,
    /// No status line before the header fields.
    NoStatusLine,
    /// No blank line behind the header: the body begins at the first line that begins with `<`,
    /// or there is none.
    HeaderNotEnded,
    /// The header names this coding but the body does not have it, and was taken as it is.
    NotCoded(Coding),
    /// The body is chunked and no header says so.
    UndeclaredChunks,
    /// The header names a coding that is not known; passed over.
    UnknownCoding,
    /// The body is cut off; what decoded was kept. Part of the page is missing.
    Truncated(Coding),
    /// The body is damaged; what decoded before the damage was kept (for chunks: the rest too, as
    /// it stands). Part of the page may be missing.
    Damaged(Coding),
    /// Bytes behind the end of the coded body were left out.
    Trailing(Coding),
}

impl Repair {
    /// Whether content of the page was lost or may have been.
    pub fn is_loss(self) -> bool {
        matches!(self, Self::HeaderNotEnded | Self::Truncated(_) | Self::Damaged(_))
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader => f.write_str("no HTTP header"),
            Self::NoStatusLine => f.write_str("no HTTP status line"),
            Self::HeaderNotEnded => f.write_str("the HTTP header does not end"),
            Self::NotCoded(coding) => write!(f, "the header names {coding:?}, but the body is not so coded"),
            Self::UndeclaredChunks => f.write_str("the body is chunked, but no header says so"),
            Self::UnknownCoding => f.write_str("unknown content encoding"),
            Self::Truncated(coding) => write!(f, "the body is cut off ({coding:?}); what could be decoded was kept"),
            Self::Damaged(coding) => write!(f, "the body is damaged ({coding:?}); what could be decoded was kept"),
            Self::Trailing(coding) => write!(f, "bytes follow the end of the body ({coding:?})"),
        }
    }
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// The decoded body is larger than the limit.
    TooLarge {
        /// The limit that was passed, in bytes.
        limit: usize,
    },
    /// The HTTP header is longer than [`HEADER_LIMIT`].
    HeaderTooLong,
    /// More than five codings on one body.
    TooManyCodings,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "decoded body is larger than {limit} bytes"),
            Self::HeaderTooLong => write!(f, "HTTP header is longer than {HEADER_LIMIT} bytes"),
            Self::TooManyCodings => write!(f, "body has more than {MAX_CODINGS} codings"),
        }
    }
}

impl std::error::Error for BodyError {}

/// Takes the payload of a `response` record apart. A body without codings is borrowed, whatever
/// its size; a decoded one, and each stage on the way to it, has at most `limit` bytes.
///
/// # Errors
///
/// Every [`BodyError`]. Damage is none: see [`Body::repairs`].
pub fn body(payload: &[u8], limit: usize) -> Result<Body<'_>, BodyError> {
    let mut head = Head::read(payload)?;
    let chunked = head.codings.contains(&Coding::Chunked);
    let mut bytes = Cow::Borrowed(head.body);
    if !chunked && let Some(plain) = undeclared_chunks(&bytes) {
        head.repairs.push(Repair::UndeclaredChunks);
        bytes = Cow::Owned(plain);
    }
    for &coding in head.codings.iter().rev() {
        if let Some(decoded) = take_off(coding, &bytes, limit, &mut head.repairs)? {
            bytes = Cow::Owned(decoded);
        }
    }
    let (content_type, charset) = head.content_type.map_or((None, None), split_content_type);
    Ok(Body { status: head.status, content_type, charset, bytes, repairs: head.repairs })
}

/// What a body is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// HTML or XHTML.
    Html,
    /// Plain text.
    Text,
    /// No page: images, scripts, PDF, data.
    Other,
}

/// What a body is to be read as: by its content type; by its first bytes when that is missing or
/// says nothing (`unknown/unknown`, `*/*`, no slash).
pub fn media(content_type: Option<&str>, bytes: &[u8]) -> Media {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is = |other: &str| essence.eq_ignore_ascii_case(other);
    if is("text/html") || is("application/xhtml+xml") {
        Media::Html
    } else if is("text/plain") {
        Media::Text
    } else if !is_media_type(essence) || is("unknown/unknown") || is("application/unknown") || is("*/*") {
        sniff(bytes)
    } else {
        Media::Other
    }
}

fn is_media_type(essence: &str) -> bool {
    essence.split_once('/').is_some_and(|(kind, name)| {
        let is_name = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic());
        is_name(kind) && is_name(name)
    })
}

/// WHATWG's rules for an unknown type, but a byte order mark or an XML declaration may stand
/// before the HTML.
fn sniff(bytes: &[u8]) -> Media {
    let head = bytes.get(..SNIFF).unwrap_or(bytes);
    if let [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] = head {
        let ascii: Vec<u8> = rest.iter().copied().filter(|&b| b != 0).collect();
        return if begins_as_html(&ascii) { Media::Html } else { Media::Text };
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if begins_as_html(head) {
        Media::Html
    } else if !head.is_empty() && is_text(head) && !trim(head).starts_with(b"<?xml") {
        Media::Text
    } else {
        Media::Other
    }
}

/// Whether the first tag, behind blanks and an XML declaration, is one that HTML begins with.
fn begins_as_html(head: &[u8]) -> bool {
    const TAGS: [&[u8]; 16] = [
        b"!doctype html",
        b"html",
        b"head",
        b"script",
        b"iframe",
        b"h1",
        b"div",
        b"font",
        b"table",
        b"a",
        b"style",
        b"title",
        b"b",
        b"body",
        b"br",
        b"p",
    ];
    let mut head = head.trim_ascii_start();
    let mut declared = false;
    if head.starts_with(b"<?xml") {
        declared = true;
        head = memchr(b'>', head).and_then(|end| head.get(end + 1..)).unwrap_or_default();
        head = head.trim_ascii_start();
    }
    let Some(tag) = head.strip_prefix(b"<") else {
        return false;
    };
    // Behind an XML declaration a comment may begin any kind of XML.
    if tag.starts_with(b"!--") {
        return !declared;
    }
    TAGS.iter().take(if declared { 2 } else { TAGS.len() }).any(|name| {
        tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            && matches!(tag.get(name.len()), Some(b' ' | b'\t' | b'\r' | b'\n' | b'>' | 0x0c))
    })
}

/// Whether the first bytes hold none of those that text never has (MIME Sniffing, sections 3 and
/// 7.1), or a mark of UTF-16. Compressed data of some length always has some.
fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..SNIFF).unwrap_or(bytes);
    matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || !head.iter().any(|b| matches!(b, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f))
}

/// Media type and charset of a `Content-Type`.
fn split_content_type(value: &[u8]) -> (Option<&str>, Option<&str>) {
    let mut parts = value.split(|&b| b == b';' || b == b',').map(trim);
    let filled = |part: &&str| !part.is_empty();
    let media_type = parts.next().and_then(|part| std::str::from_utf8(part).ok()).filter(filled);
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_at_checked(memchr(b'=', part)?)?;
        let quote = |b: &u8| matches!(b, b'=' | b'"' | b'\'' | b' ' | b'\t');
        let start = value.iter().position(|b| !quote(b))?;
        let end = value.iter().rposition(|b| !quote(b))?;
        let value = std::str::from_utf8(value.get(start..=end)?).ok()?;
        trim(name).eq_ignore_ascii_case(b"charset").then_some(value)
    });
    (media_type, charset)
}

/// What the header says, and the bytes behind it.
#[derive(Debug, Default)]
struct Head<'a> {
    status: Option<u16>,
    content_type: Option<&'a [u8]>,
    /// In the order they were put on.
    codings: Vec<Coding>,
    body: &'a [u8],
    repairs: Vec<Repair>,
}

impl<'a> Head<'a> {
    fn read(payload: &'a [u8]) -> Result<Self, BodyError> {
        let mut payload = payload;
        loop {
            let head = Self::read_one(payload)?;
            // `100 Continue` and its like come before the response itself.
            let interim = head.status.is_some_and(|status| (100..200).contains(&status));
            if !(interim && head.body.starts_with(b"HTTP/")) {
                return Ok(head);
            }
            payload = head.body;
        }
    }

    fn read_one(payload: &'a [u8]) -> Result<Self, BodyError> {
        let no_header = || Self { body: payload, repairs: vec![Repair::NoHeader], ..Self::default() };
        let start = payload.iter().position(|b| !matches!(b, b'\r' | b'\n'));
        let text = start.and_then(|start| payload.get(start..)).unwrap_or_default();
        let (mut head, block) = if is_status_line(text) {
            let end = memchr(b'\n', text).map_or(text.len(), |end| end + 1);
            let (line, block) = text.split_at_checked(end).unwrap_or((text, &[]));
            (Self { status: status(line), ..Self::default() }, block)
        } else if is_response_field(text) {
            (Self { repairs: vec![Repair::NoStatusLine], ..Self::default() }, text)
        } else {
            return Ok(no_header());
        };
        let ended = head.read_fields(block)?;
        if !ended && head.repairs.contains(&Repair::NoStatusLine) {
            // A text that began with `Date:` or the like.
            return Ok(no_header());
        }
        if !ended {
            head.repairs.push(Repair::HeaderNotEnded);
        }
        if head.codings.len() > MAX_CODINGS {
            return Err(BodyError::TooManyCodings);
        }
        Ok(head)
    }

    /// Reads the fields and finds the body; says whether a blank line stood between them.
    fn read_fields(&mut self, block: &'a [u8]) -> Result<bool, BodyError> {
        let mut transfer = Vec::new();
        let mut lines = Lines::new(block);
        let (ended, body) = loop {
            let at = lines.at();
            match lines.next_line() {
                Line::Junk(line) | Line::Cut(line) if trim(line).starts_with(b"<") => {
                    break (false, block.get(at..));
                }
                _ if lines.at() > HEADER_LIMIT => return Err(BodyError::HeaderTooLong),
                Line::Field { name, value } => self.take(name, value, &mut transfer),
                Line::Junk(_) => {}
                Line::Blank => break (true, block.get(lines.at()..)),
                Line::Cut(_) => break (false, None),
            }
        };
        self.body = body.unwrap_or_default();
        // Transfer codings were put on last.
        self.codings.append(&mut transfer);
        Ok(ended)
    }

    fn take(&mut self, name: &[u8], value: &'a [u8], transfer: &mut Vec<Coding>) {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("Content-Type") {
            // Of several the last counts (WHATWG Fetch), but an empty one says nothing.
            self.content_type = Some(value).filter(|value| !value.is_empty()).or(self.content_type);
        } else if is("Content-Encoding") {
            name_codings(value, &mut self.codings, &mut self.repairs);
        } else if is("Transfer-Encoding") {
            name_codings(value, transfer, &mut self.repairs);
        }
    }
}

/// Whether a status line begins here; the version may be missing.
fn is_status_line(text: &[u8]) -> bool {
    text.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"HTTP"))
        && matches!(text.get(4), Some(b'/' | b' '))
        && text.get(5).is_some_and(u8::is_ascii_digit)
}

fn status(line: &[u8]) -> Option<u16> {
    let word = line.split(|&b| b == b' ').filter(|word| !word.is_empty()).nth(1)?;
    std::str::from_utf8(trim(word)).ok()?.parse().ok()
}

/// Whether the first line is a field that responses have: then only the status line is missing.
fn is_response_field(text: &[u8]) -> bool {
    const NAMES: [&[u8]; 10] = [
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"transfer-encoding",
        b"server",
        b"date",
        b"connection",
        b"cache-control",
        b"set-cookie",
        b"last-modified",
    ];
    let head = text.get(..64).unwrap_or(text);
    memchr(b':', head)
        .and_then(|colon| head.get(..colon))
        .is_some_and(|name| NAMES.iter().any(|known| trim(name).eq_ignore_ascii_case(known)))
}

/// Adds the codings of a list such as `gzip, br`.
fn name_codings(value: &[u8], codings: &mut Vec<Coding>, repairs: &mut Vec<Repair>) {
    const NAMES: [(&[u8], Option<Coding>); 8] = [
        (b"chunked", Some(Coding::Chunked)),
        (b"gzip", Some(Coding::Gzip)),
        (b"x-gzip", Some(Coding::Gzip)),
        (b"deflate", Some(Coding::Deflate)),
        (b"br", Some(Coding::Brotli)),
        (b"zstd", Some(Coding::Zstd)),
        (b"identity", None),
        (b"none", None),
    ];
    for name in value.split(|&b| b == b',').map(trim).filter(|name| !name.is_empty()) {
        match NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
            // Keeps one more than allowed, so that the caller sees that there are too many.
            Some((_, Some(coding))) if codings.len() <= MAX_CODINGS => codings.push(*coding),
            Some(_) => {}
            None if repairs.contains(&Repair::UnknownCoding) => {}
            None => repairs.push(Repair::UnknownCoding),
        }
    }
}

/// What a decoder made of a body.
#[derive(Debug)]
struct Decoded {
    bytes: Vec<u8>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The coded data ended as it should, so many bytes before the body did.
    Complete {
        unread: usize,
    },
    Truncated,
    Damaged,
}

/// Takes one coding off; `None` when the body does not have it, so that it stays as it is.
fn take_off(
    coding: Coding,
    bytes: &[u8],
    limit: usize,
    repairs: &mut Vec<Repair>,
) -> Result<Option<Vec<u8>>, BodyError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let decoded = match coding {
        Coding::Chunked => dechunk(bytes),
        Coding::Gzip => gunzip(bytes, limit)?,
        Coding::Deflate => inflate(bytes, limit)?,
        Coding::Brotli => unbrotli(bytes, limit)?,
        Coding::Zstd => unzstd(bytes, limit)?,
    };
    let Some(Decoded { bytes: decoded, end }) = decoded else {
        repairs.push(Repair::NotCoded(coding));
        return Ok(None);
    };
    match end {
        End::Complete { unread } => {
            let rest = bytes.len().checked_sub(unread).and_then(|end| bytes.get(end..));
            if !trim(rest.unwrap_or_default()).is_empty() {
                repairs.push(Repair::Trailing(coding));
            }
        }
        End::Truncated => repairs.push(Repair::Truncated(coding)),
        End::Damaged => repairs.push(Repair::Damaged(coding)),
    }
    Ok(Some(decoded))
}

/// For codings without a mark at their start: refuses the decoder's word when the body reads as
/// text and did not decode to its very end. Plain text often passes for a short brotli stream.
fn unless_text(decoded: Decoded, bytes: &[u8]) -> Option<Decoded> {
    let whole = matches!(decoded.end, End::Complete { unread: 0 });
    (whole || !is_text(bytes)).then_some(decoded)
}

/// Whether `bytes` begins with `magic`, as far as it goes.
fn begins_with(bytes: &[u8], magic: &[u8]) -> bool {
    bytes.starts_with(magic) || magic.starts_with(bytes)
}

/// All members of a gzip body, one after the other.
fn gunzip(bytes: &[u8], limit: usize) -> Result<Option<Decoded>, BodyError> {
    if !begins_with(bytes, &[0x1f, 0x8b, 8]) {
        return Ok(None);
    }
    let mut members = Members::new();
    let mut out = Vec::with_capacity(claimed_size(bytes).min(limit));
    let mut rest = bytes;
    let end = loop {
        let room = limit.saturating_sub(out.len());
        match members.inflate_member(rest, &mut out, room) {
            Ok(consumed) => rest = rest.get(consumed..).unwrap_or_default(),
            Err(MemberError::TooLarge { .. }) => return Err(BodyError::TooLarge { limit }),
            Err(MemberError::NotGzip) => break End::Complete { unread: rest.len() },
            Err(error) => {
                rescue(rest, &mut out, room);
                let cut = error == MemberError::Truncated;
                break if cut { End::Truncated } else { End::Damaged };
            }
        }
        if rest.is_empty() {
            break End::Complete { unread: 0 };
        }
    };
    Ok(Some(Decoded { bytes: out, end }))
}

/// The size that the trailer of a gzip body claims, if deflate can reach it. A guess, but a right
/// one for most bodies, and it saves decoding them again with more room.
fn claimed_size(bytes: &[u8]) -> usize {
    const MOST: usize = 1032;
    let claim = bytes.last_chunk().map_or(0, |claim| u32::from_le_bytes(*claim));
    let most = bytes.len().saturating_mul(MOST);
    usize::try_from(claim).ok().filter(|&claim| claim <= most).unwrap_or(0)
}

/// `deflate`: zlib if it begins so, else bare; some servers send gzip under this name.
fn inflate(bytes: &[u8], limit: usize) -> Result<Option<Decoded>, BodyError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return gunzip(bytes, limit);
    }
    let zlib = matches!(bytes, [method, flags, ..]
        if method & 0x8f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0);
    let mut decoded = inflate_as(if zlib { Stream::zlib() } else { Stream::raw() }, bytes, limit)?;
    if zlib && decoded.bytes.is_empty() && decoded.end == End::Damaged {
        decoded = inflate_as(Stream::raw(), bytes, limit)?;
    }
    Ok(unless_text(decoded, bytes))
}

fn inflate_as(stream: Stream, bytes: &[u8], limit: usize) -> Result<Decoded, BodyError> {
    let mut out = Vec::new();
    let end = match stream.read(bytes, &mut out, limit) {
        Ok(consumed) => End::Complete { unread: bytes.len() - consumed },
        Err(MemberError::TooLarge { .. }) => return Err(BodyError::TooLarge { limit }),
        Err(MemberError::Truncated) => End::Truncated,
        Err(_) => End::Damaged,
    };
    Ok(Decoded { bytes: out, end })
}

fn unbrotli(bytes: &[u8], limit: usize) -> Result<Option<Decoded>, BodyError> {
    let mut out = Vec::new();
    // Brotli decoders have panicked on bad input (rust-brotli-decompressor#21, #64). What decoded
    // before stands in `out`, which holds whole bytes only, so it may be looked at afterwards.
    let end = catch_unwind(AssertUnwindSafe(|| brotli_steps(bytes, &mut out, limit))).unwrap_or(Ok(End::Damaged))?;
    Ok(unless_text(Decoded { bytes: out, end }, bytes))
}

fn brotli_steps(bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<End, BodyError> {
    let alloc = StandardAlloc::default;
    // Strict: without the windows of up to 1 GiB that the web does not have.
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let mut step = vec![0; STEP];
    let (mut at, mut total) = (0, 0);
    loop {
        let piece_end = bytes.len().min(at + BROTLI_PIECE);
        let (mut left, mut room, mut written) = (piece_end - at, step.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut at,
            bytes,
            &mut room,
            &mut written,
            &mut step,
            &mut total,
            &mut state,
        );
        out.extend_from_slice(step.get(..written).unwrap_or_default());
        if out.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        match result {
            BrotliResult::ResultSuccess => {
                return Ok(End::Complete { unread: bytes.len() - at });
            }
            BrotliResult::ResultFailure => return Ok(End::Damaged),
            // It asks for input before the output that it has found no room for.
            BrotliResult::NeedsMoreInput if at == bytes.len() && room > 0 => {
                return Ok(End::Truncated);
            }
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
    }
}

/// All frames of a zstd body, one after the other.
fn unzstd(bytes: &[u8], limit: usize) -> Result<Option<Decoded>, BodyError> {
    if !begins_with(bytes, ZSTD_MAGIC) {
        return Ok(None);
    }
    let mut out = Vec::new();
    let end = zstd_steps(bytes, &mut out, limit)?;
    Ok(Some(Decoded { bytes: out, end }))
}

const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

fn zstd_steps(bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<End, BodyError> {
    let Ok(mut decoder) = zstd_decoder() else {
        return Ok(End::Damaged);
    };
    let mut step = vec![0; STEP];
    let mut rest = bytes;
    loop {
        let Ok(status) = decoder.run_on_buffers(rest, &mut step) else {
            return Ok(End::Damaged);
        };
        out.extend_from_slice(step.get(..status.bytes_written).unwrap_or_default());
        if out.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        rest = rest.get(status.bytes_read..).unwrap_or_default();
        let frame_ended = status.remaining == 0;
        if frame_ended && (rest.is_empty() || !begins_with(rest, ZSTD_MAGIC)) {
            return Ok(End::Complete { unread: rest.len() });
        }
        if !frame_ended && status.bytes_read == 0 && status.bytes_written == 0 {
            return Ok(End::Truncated);
        }
    }
}

fn zstd_decoder() -> std::io::Result<ZstdDecoder<'static>> {
    let mut decoder = ZstdDecoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
    Ok(decoder)
}

/// The chunks of a body put together; `None` when its first lines are no chunk.
fn dechunk(bytes: &[u8]) -> Option<Decoded> {
    let mut out = Vec::new();
    let mut rest = bytes;
    let mut first = true;
    let end = loop {
        let Some((size, data)) = chunk_line(rest) else {
            if first {
                return None;
            }
            if is_cut_chunk_line(rest) {
                break End::Truncated;
            }
            out.extend_from_slice(rest);
            break End::Damaged;
        };
        if size == 0 {
            let trailer = trailer_len(data);
            if first && trailer.is_none() {
                return None;
            }
            break End::Complete { unread: data.len() - trailer.unwrap_or(0) };
        }
        let Some((chunk, after)) = data.split_at_checked(size) else {
            // The last chunk may follow all the same, when only this one's size is wrong.
            out.extend_from_slice(data.strip_suffix(b"\r\n0\r\n\r\n").unwrap_or(data));
            break End::Truncated;
        };
        let next = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n"));
        let wrong_size = next.is_none() && !b"\r\n".starts_with(after);
        if wrong_size && first {
            return None;
        }
        if wrong_size {
            out.extend_from_slice(data);
            break End::Damaged;
        }
        out.extend_from_slice(chunk);
        rest = next.unwrap_or_default();
        first = false;
    };
    Some(Decoded { bytes: out, end })
}

/// Size of the chunk that begins here, and the bytes behind its line.
fn chunk_line(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = memchr(b'\n', bytes.get(..CHUNK_LINE).unwrap_or(bytes))?;
    let line = bytes.get(..end)?.split(|&b| b == b';').next()?.trim_ascii();
    let digits = std::str::from_utf8(line).ok()?;
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let size = is_hex.then(|| usize::from_str_radix(digits, 16).ok())??;
    Some((size, bytes.get(end + 1..)?))
}

/// Whether only a chunk's first line was begun when the body ended.
fn is_cut_chunk_line(rest: &[u8]) -> bool {
    let begun = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'\r' | b' ');
    rest.len() <= 16 && rest.iter().all(begun)
}

/// Length of the trailer fields and the blank line behind the last chunk. The end of the body will
/// do for the blank line; `None` when something else stands here.
fn trailer_len(bytes: &[u8]) -> Option<usize> {
    let mut lines = Lines::new(bytes);
    loop {
        match lines.next_line() {
            Line::Field { .. } => {}
            Line::Blank => return Some(lines.at()),
            Line::Cut(rest) => return trim(rest).is_empty().then_some(bytes.len()),
            Line::Junk(_) => return None,
        }
    }
}

/// The content of a body that is chunked from its first to its last byte though no header says so.
fn undeclared_chunks(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.ends_with(b"0\r\n\r\n") || !bytes.first()?.is_ascii_hexdigit() {
        return None;
    }
    let decoded = dechunk(bytes)?;
    (decoded.end == End::Complete { unread: 0 } && !decoded.bytes.is_empty()).then_some(decoded.bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::source::gzip::Deflater;

    const LIMIT: usize = 1 << 20;
    const PAGE: &str = "<!DOCTYPE html>\n<html><body><p>Only this page says so.</p></body></html>\n";

    /// A response with header lines (each with its line end) and a body.
    fn response(lines: &str, body: &[u8]) -> Vec<u8> {
        [b"HTTP/1.1 200 OK\r\n", lines.as_bytes(), b"\r\n", body].concat()
    }

    /// The body's text and the repairs of a response.
    fn read(lines: &str, coded: &[u8]) -> (Vec<u8>, Vec<Repair>) {
        let payload = response(lines, coded);
        let body = body(&payload, LIMIT).unwrap();
        (body.bytes.into_owned(), body.repairs)
    }

    fn page() -> Vec<u8> {
        PAGE.into()
    }

    /// A page long enough that cuts fall into its middle.
    fn long_page() -> Vec<u8> {
        let line = |n: u32| format!("<p>Line {n} of {}</p>\n", n.wrapping_mul(2_654_435_761));
        (0..8_000).map(line).collect::<String>().into_bytes()
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Deflater::new(6).deflate_member(data, &mut out);
        out
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(data: &[u8]) -> Vec<u8> {
        let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
        let mut out = Vec::new();
        brotli::BrotliCompress(&mut &data[..], &mut out, &params).unwrap();
        out
    }

    fn zstd(data: &[u8]) -> Vec<u8> {
        zstd::encode_all(data, 3).unwrap()
    }

    fn chunks(data: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in data.chunks(size) {
            out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            out.extend(chunk);
            out.extend(b"\r\n");
        }
        out.extend(b"0\r\n\r\n");
        out
    }

    type Coder = fn(&[u8]) -> Vec<u8>;

    /// Name in the header, the coding it means, and what makes such bodies.
    const CODERS: [(&str, Coding, Coder); 6] = [
        ("gzip", Coding::Gzip, gzip),
        ("x-gzip", Coding::Gzip, gzip),
        ("deflate", Coding::Deflate, zlib),
        ("br", Coding::Brotli, brotli),
        ("zstd", Coding::Zstd, zstd),
        ("Deflate", Coding::Deflate, deflate),
    ];

    #[test]
    fn a_plain_body_is_borrowed() {
        let payload = response("Content-Type: Text/HTML; charset=utf-8\r\n", PAGE.as_bytes());
        let body = body(&payload, 0).unwrap();
        assert_eq!((body.status, body.content_type), (Some(200), Some("Text/HTML")));
        assert_eq!((body.charset, body.repairs), (Some("utf-8"), vec![]));
        assert!(matches!(body.bytes, Cow::Borrowed(bytes) if bytes == PAGE.as_bytes()));
    }

    #[test]
    fn status_lines_may_lack_their_parts() {
        for (line, status) in [
            ("HTTP/1.1 404 Not Found", Some(404)),
            ("HTTP/1.1 200", Some(200)),
            ("HTTP/2 200 ", Some(200)),
            ("HTTP 301 Moved", Some(301)),
            ("http/1.0  200  OK", Some(200)),
            ("HTTP/1.1 0 ", Some(0)),
            ("HTTP/1.1 -1 ", None),
            ("HTTP/1.1 99999999 ", None),
            ("HTTP/1.1", None),
        ] {
            for end in ["\r\n", "\n"] {
                let payload = format!("{line}{end}Server: x{end}{end}{PAGE}");
                let body = body(payload.as_bytes(), LIMIT).unwrap();
                assert_eq!((body.status, &*body.bytes), (status, PAGE.as_bytes()), "{line}");
                assert_eq!(body.repairs, [], "{line}");
            }
        }
    }

    #[test]
    fn without_a_header_the_payload_is_the_body() {
        for text in [PAGE, "\r\n<p>x", "HTTP is a protocol.\r\n\r\nIt", "Date: today\nand more\n", ""] {
            let body = body(text.as_bytes(), LIMIT).unwrap();
            assert_eq!((&*body.bytes, body.status), (text.as_bytes(), None), "{text}");
            assert_eq!(body.repairs, [Repair::NoHeader]);
        }
    }

    #[test]
    fn a_header_may_lack_its_status_line() {
        let payload = format!("Content-Type: text/html\r\nX: y\r\n\r\n{PAGE}");
        let body = body(payload.as_bytes(), LIMIT).unwrap();
        assert_eq!((&*body.bytes, body.content_type), (PAGE.as_bytes(), Some("text/html")));
        assert_eq!(body.repairs, [Repair::NoStatusLine]);
    }

    #[test]
    fn interim_responses_are_passed_over() {
        let payload = [b"HTTP/1.1 100 Continue\r\n\r\n", &response("", PAGE.as_bytes())[..]].concat();
        let body = body(&payload, LIMIT).unwrap();
        assert_eq!((body.status, &*body.bytes), (Some(200), PAGE.as_bytes()));
    }

    #[test]
    fn odd_header_lines_do_no_harm() {
        let lines = "X: \u{0}\u{80}\r\nnocolon\r\n folded\r\n: empty name\r\nContent-Length: 1\r\n";
        assert_eq!(read(lines, PAGE.as_bytes()), (page(), vec![]));
    }

    #[test]
    fn content_length_is_not_believed() {
        for length in ["1", "99999999", "-1", "x"] {
            let lines = format!("Content-Length: {length}\r\n");
            assert_eq!(read(&lines, PAGE.as_bytes()), (page(), vec![]));
        }
    }

    #[test]
    fn a_header_without_end_gives_way_to_a_tag() {
        let payload = format!("HTTP/1.1 200 OK\r\nServer: x\r\n{PAGE}");
        let found = body(payload.as_bytes(), LIMIT).unwrap();
        assert_eq!((&*found.bytes, found.repairs), (PAGE.as_bytes(), vec![Repair::HeaderNotEnded]));
        let long = format!("HTTP/1.1 200 OK\r\nServer: x\r\n<p>{}", "x".repeat(HEADER_LIMIT));
        assert!(body(long.as_bytes(), LIMIT).unwrap().bytes.starts_with(b"<p>x"));
        let found = body(b"HTTP/1.1 200 OK\r\nServer: x\r\nCont", LIMIT).unwrap();
        assert_eq!((&*found.bytes, found.repairs), (&b""[..], vec![Repair::HeaderNotEnded]));
    }

    #[test]
    fn long_headers_are_read_up_to_the_limit() {
        let lines = |size: usize| "X: y\r\n".repeat(size / 6);
        assert_eq!(read(&lines(200_000), PAGE.as_bytes()), (page(), vec![]));
        let payload = response(&lines(HEADER_LIMIT + 12), PAGE.as_bytes());
        assert_eq!(body(&payload, LIMIT), Err(BodyError::HeaderTooLong));
    }

    #[test]
    fn content_types_are_split() {
        for (value, media_type, charset) in [
            ("text/html", Some("text/html"), None),
            ("text/html;charset=UTF-8", Some("text/html"), Some("UTF-8")),
            ("text/html; Charset = \"koi8-r\" ; x=y", Some("text/html"), Some("koi8-r")),
            ("text/html; x=y; charset='big5'", Some("text/html"), Some("big5")),
            ("text/html; charset=a; charset=b", Some("text/html"), Some("a")),
            ("text/html;\r\n charset=folded", Some("text/html"), Some("folded")),
            ("text/html; charset=", Some("text/html"), None),
            ("text/html; charset=a, text/plain", Some("text/html"), Some("a")),
            ("; charset=utf-8", None, Some("utf-8")),
            ("", None, None),
        ] {
            let payload = response(&format!("Content-Type: {value}\r\n"), b"");
            let body = body(&payload, LIMIT).unwrap();
            assert_eq!((body.content_type, body.charset), (media_type, charset), "{value}");
        }
    }

    #[test]
    fn the_last_content_type_that_says_something_counts() {
        let payload = response("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Type:\r\n", b"");
        assert_eq!(body(&payload, LIMIT).unwrap().content_type, Some("c/d"));
    }

    #[test]
    fn every_coding_is_taken_off() {
        for (name, _, coder) in CODERS {
            for text in [page(), long_page(), b"x".to_vec(), b"".to_vec()] {
                let lines = format!("Content-Encoding: {name}\r\n");
                assert_eq!(read(&lines, &coder(&text)), (text, vec![]), "{name}");
            }
        }
    }

    #[test]
    fn identity_and_none_are_no_codings() {
        assert_eq!(read("Content-Encoding: identity, none\r\n", PAGE.as_bytes()), (page(), vec![]));
    }

    #[test]
    fn an_unknown_coding_is_passed_over_and_named() {
        let lines = "Content-Encoding: gzip, UTF-8\r\n";
        assert_eq!(read(lines, &gzip(PAGE.as_bytes())), (page(), vec![Repair::UnknownCoding]));
    }

    #[test]
    fn several_codings_come_off_last_one_first() {
        let both = brotli(&gzip(PAGE.as_bytes()));
        assert_eq!(read("Content-Encoding: gzip, br\r\n", &both), (page(), vec![]));
        let lines = "Content-Encoding: gzip\r\nContent-Encoding: br\r\n";
        assert_eq!(read(lines, &both), (page(), vec![]));
        let lines = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n";
        assert_eq!(read(lines, &chunks(&gzip(PAGE.as_bytes()), 10)), (page(), vec![]));
    }

    #[test]
    fn a_coding_named_twice_and_used_once_comes_off_once() {
        let lines = "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n";
        let repairs = vec![Repair::NotCoded(Coding::Gzip)];
        assert_eq!(read(lines, &gzip(PAGE.as_bytes())), (page(), repairs));
    }

    #[test]
    fn too_many_codings_are_refused() {
        let payload = response("Content-Encoding: gzip,gzip,gzip,gzip,gzip,gzip\r\n", b"");
        assert_eq!(body(&payload, LIMIT), Err(BodyError::TooManyCodings));
    }

    #[test]
    fn a_header_that_lies_leaves_the_body_as_it_is() {
        let pages = [
            page(),
            long_page(),
            b"n".to_vec(),
            b"2024\nyears".to_vec(),
            b"x\x9c is no zlib".to_vec(),
            "\u{444}\u{44b}\u{432}\u{430}".into(),
            vec![0x83, 0x65, 0x83, 0x58, 0x83, 0x67],
        ];
        for (name, coding, _) in CODERS {
            for text in &pages {
                let lines = format!("Content-Encoding: {name}\r\n");
                let repairs = vec![Repair::NotCoded(coding)];
                assert_eq!(read(&lines, text), (text.clone(), repairs), "{name} {text:?}");
            }
        }
    }

    #[test]
    fn gzip_under_the_name_of_deflate_is_taken_off() {
        assert_eq!(read("Content-Encoding: deflate\r\n", &gzip(PAGE.as_bytes())), (page(), vec![]));
    }

    #[test]
    fn all_members_of_a_gzip_body_count() {
        let body = [gzip(b"<p>one "), gzip(b""), gzip(b"two")].concat();
        assert_eq!(read("Content-Encoding: gzip\r\n", &body), (b"<p>one two".to_vec(), vec![]));
    }

    #[test]
    fn all_frames_of_a_zstd_body_count() {
        let body = [zstd(b"<p>one "), zstd(b"two")].concat();
        assert_eq!(read("Content-Encoding: zstd\r\n", &body), (b"<p>one two".to_vec(), vec![]));
    }

    #[test]
    fn bytes_behind_a_coded_body_are_left_out() {
        for (name, coding, coder) in CODERS {
            for (junk, repairs) in [("\r\n", vec![]), ("junk", vec![Repair::Trailing(coding)])] {
                let coded = [coder(&long_page()), junk.into()].concat();
                let lines = format!("Content-Encoding: {name}\r\n");
                assert_eq!(read(&lines, &coded), (long_page(), repairs), "{name}");
            }
        }
    }

    #[test]
    fn a_coded_body_cut_off_keeps_what_decoded() {
        let text = long_page();
        for (name, coding, coder) in CODERS {
            let coded = coder(&text);
            let lines = format!("Content-Encoding: {name}\r\n");
            for part in [10, 50, 90] {
                let (found, repairs) = read(&lines, &coded[..coded.len() * part / 100]);
                assert_eq!(repairs, [Repair::Truncated(coding)], "{name} {part} %");
                assert!(text.starts_with(&found), "{name} {part} %");
                assert!(found.len() > text.len() / 2 || part < 90, "{name} {}", found.len());
            }
        }
    }

    #[test]
    fn a_damaged_body_keeps_what_stands_before() {
        let text = long_page();
        for (name, coding, coder) in CODERS {
            if name == "Deflate" {
                // Nothing in a bare deflate stream tells of damage for certain.
                continue;
            }
            let mut coded = coder(&text);
            let at = coded.len() * 3 / 4;
            coded[at..at + 200].fill(0xff);
            let (found, repairs) = read(&format!("Content-Encoding: {name}\r\n"), &coded);
            let lost = [Repair::Damaged(coding), Repair::Truncated(coding)];
            assert!(repairs.len() == 1 && lost.contains(&repairs[0]), "{name} {repairs:?}");
            let agree = found.iter().zip(&text).take_while(|(a, b)| a == b).count();
            assert!(agree > text.len() / 10, "{name} {agree}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        let big = vec![b'a'; LIMIT + 1];
        for (name, _, coder) in CODERS {
            let coded = coder(&big);
            assert!(coded.len() < 20_000);
            let payload = response(&format!("Content-Encoding: {name}\r\n"), &coded);
            assert_eq!(body(&payload, LIMIT), Err(BodyError::TooLarge { limit: LIMIT }), "{name}");
            assert_eq!(body(&payload, LIMIT + 1).unwrap().bytes.len(), LIMIT + 1, "{name}");
        }
    }

    #[test]
    fn zstd_windows_the_web_does_not_have_are_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(PAGE.as_bytes()).unwrap();
        let (found, repairs) = read("Content-Encoding: zstd\r\n", &encoder.finish().unwrap());
        assert_eq!((found, repairs), (vec![], vec![Repair::Damaged(Coding::Zstd)]));
    }

    const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

    fn dechunked(body: &str) -> (String, Vec<Repair>) {
        let (found, repairs) = read(CHUNKED, body.as_bytes());
        (String::from_utf8(found).unwrap(), repairs)
    }

    #[test]
    fn chunks_are_put_together() {
        for size in [1, 7, 1_000] {
            assert_eq!(read(CHUNKED, &chunks(PAGE.as_bytes(), size)), (page(), vec![]));
        }
    }

    #[test]
    fn chunk_lines_may_have_extensions_blanks_zeros_and_bare_line_feeds() {
        for body in [
            "3;name=value\r\nabc\r\n2 ; x\r\nde\r\n0\r\n\r\n",
            " 003 \r\nabc\r\n02\r\nde\r\n0;last\r\n\r\n",
            "3\nabc\n2\nde\n0\n\n",
            "3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
            "3\r\nabc\r\n2\r\nde\r\n0\r\n",
        ] {
            assert_eq!(dechunked(body), ("abcde".into(), vec![]), "{body}");
        }
    }

    #[test]
    fn a_body_that_is_not_chunked_stays_as_it_is() {
        for body in [
            PAGE,
            "-5\r\nabc\r\n",
            "0x3\r\nabc\r\n",
            "abc",
            "0\r\n<p>text",
            "2\r\nabcdef\r\n",
            "11111111111111111\r\nabc",
            "\r\n3\r\nabc\r\n0\r\n\r\n",
        ] {
            assert_eq!(dechunked(body), (body.into(), vec![Repair::NotCoded(Coding::Chunked)]));
        }
    }

    #[test]
    fn cut_chunks_keep_what_there_is() {
        let cut = vec![Repair::Truncated(Coding::Chunked)];
        for (body, text) in [
            ("5\r\nabc", "abc"),
            ("3\r\nabc", "abc"),
            ("3\r\nabc\r\n", "abc"),
            ("3\r\nabc\r\n1", "abc"),
            ("3\r\nabc\r\n4\r\nd", "abcd"),
            ("FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n", "abc"),
        ] {
            assert_eq!(dechunked(body), (text.into(), cut.clone()), "{body}");
        }
    }

    #[test]
    fn behind_a_bad_chunk_the_rest_is_kept() {
        let damaged = vec![Repair::Damaged(Coding::Chunked)];
        for (body, text) in
            [("3\r\nabc\r\n-5\r\nde", "abc-5\r\nde"), ("3\r\nabc\r\n2\r\ndeeee\r\n0\r\n\r\n", "abcdeeee\r\n0\r\n\r\n")]
        {
            assert_eq!(dechunked(body), (text.into(), damaged.clone()), "{body}");
        }
    }

    #[test]
    fn chunks_that_no_header_names_are_seen() {
        let found = read("", &chunks(PAGE.as_bytes(), 50));
        assert_eq!(found, (page(), vec![Repair::UndeclaredChunks]));
        let nearly = "5\r\nabc\r\n0\r\n\r\n";
        assert_eq!(read("", nearly.as_bytes()), (nearly.into(), vec![]));
    }

    #[test]
    fn losses_are_told_from_harmless_repairs() {
        assert!(Repair::Truncated(Coding::Gzip).is_loss());
        assert!(!Repair::NotCoded(Coding::Gzip).is_loss());
    }

    #[test]
    fn the_content_type_says_what_a_page_is() {
        for (content_type, media_type) in [
            ("text/html", Media::Html),
            ("TEXT/HTML; charset=utf-8", Media::Html),
            ("application/xhtml+xml", Media::Html),
            ("text/plain", Media::Text),
            ("image/png", Media::Other),
            ("application/json", Media::Other),
            ("text/css", Media::Other),
            ("application/octet-stream", Media::Other),
        ] {
            assert_eq!(media(Some(content_type), PAGE.as_bytes()), media_type, "{content_type}");
        }
    }

    #[test]
    fn without_a_type_the_first_bytes_say_it() {
        for nothing in [None, Some(""), Some("html"), Some("unknown/unknown"), Some("*/*")] {
            assert_eq!(media(nothing, PAGE.as_bytes()), Media::Html);
        }
        for html in [
            " \r\n<HTML>",
            "<body class=x>",
            "<p>",
            "<!-- x -->",
            "<br>",
            "<a\n",
            "\u{feff}<html>",
            "<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC>",
            "<?xml version='1.0'?><html xmlns=x>",
        ] {
            assert_eq!(media(None, html.as_bytes()), Media::Html, "{html}");
        }
        for text in ["Just words.", "<abbr>", "a < b", "caf\u{e9}"] {
            assert_eq!(media(None, text.as_bytes()), Media::Text, "{text}");
        }
        for other in [&b"\x89PNG\r\n\x1a\n\0"[..], b"", b"<?xml version='1.0'?><rss>", b"PK\x03\x04"] {
            assert_eq!(media(None, other), Media::Other, "{other:?}");
        }
    }

    #[test]
    fn utf_16_is_sniffed_behind_its_mark() {
        let utf_16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        assert_eq!(media(None, &utf_16("\u{feff}<html>")), Media::Html);
        assert_eq!(media(None, &utf_16("\u{feff}words")), Media::Text);
    }

    proptest! {
        #[test]
        fn any_payload_is_read_without_panic(
            coding in 0..CODERS.len(), bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let _ = body(&bytes, 1_000);
            let lines = format!("Content-Encoding: {}\r\n{CHUNKED}", CODERS[coding].0);
            let _ = body(&response(&lines, &bytes), 1_000);
            media(None, &bytes);
        }

        #[test]
        fn a_damaged_body_stays_within_the_limit(
            coding in 0..CODERS.len(), at in any::<prop::sample::Index>(), with in any::<[u8; 3]>(),
        ) {
            let (name, _, coder) = CODERS[coding];
            let mut coded = coder(PAGE.repeat(20).as_bytes());
            let at = at.index(coded.len() - 3);
            coded[at..at + 3].copy_from_slice(&with);
            let payload = response(&format!("Content-Encoding: {name}\r\n"), &coded);
            if let Ok(body) = body(&payload, 5_000) {
                prop_assert!(body.bytes.len() <= 5_000.max(coded.len()));
            }
        }

        #[test]
        fn any_content_survives_its_codings(
            text in proptest::collection::vec(any::<u8>(), 1..2_000),
            // Without the last: a bare deflate stream may begin as a zlib or gzip one would.
            first in 0..CODERS.len() - 1, second in 0..CODERS.len() - 1, size in 1_usize..500,
        ) {
            let ((one, _, code_one), (two, _, code_two)) = (CODERS[first], CODERS[second]);
            let lines = format!("Content-Encoding: {one}, {two}\r\n{CHUNKED}");
            let coded = chunks(&code_two(&code_one(&text)), size);
            prop_assert_eq!(read(&lines, &coded), (text, vec![]));
        }

        #[test]
        fn any_header_line_leaves_the_body_alone(line in "[ -;=-~\u{0}\u{e9}]{0,60}") {
            prop_assume!(!line.to_lowercase().contains("encoding") && !line.trim().is_empty());
            let (found, _) = read(&format!("{line}\r\n"), PAGE.as_bytes());
            prop_assert_eq!(found, page());
        }
    }
}
