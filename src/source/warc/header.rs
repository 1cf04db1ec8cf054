//! The header of a WARC record, and finding one again after damage.
//!
//! After ISO 28500 (WARC 1.0 and 1.1), read as leniently as crawls need it: drafts from 0.17 on,
//! LF line ends (ClueWeb09), `<uri>` in brackets (wget), NULs, stray line ends and byte order marks
//! between records, lengths that are no lengths. What was put right is listed in
//! [`Header::repairs`], so that nothing is mended in silence.
//!
//! All functions look at bytes in memory, in linear time; reading on is the caller's business.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memmem};

use crate::source::fields::{Line, Lines, text, trim};

const MAGIC: &[u8] = b"WARC/";
const BOM: &[u8] = b"\xef\xbb\xbf";
const KNOWN_VERSIONS: [&str; 4] = ["0.17", "0.18", "1.0", "1.1"];

/// Longest version line that is believed, in bytes.
const VERSION_LINE: usize = 32;

/// Lines behind a version line among which [`find_record`] wants a `WARC-` field.
const EVIDENCE_LINES: usize = 8;

/// What a record holds (`WARC-Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Text taken from another record: the pages of a WET file.
    Conversion,
    /// An HTTP response, header and body.
    Response,
    /// A resource without protocol headers.
    Resource,
    /// A response equal to an earlier one, without its body.
    Revisit,
    /// An HTTP request.
    Request,
    /// Facts about another record.
    Metadata,
    /// Facts about the file.
    Warcinfo,
    /// A further piece of a record cut in several.
    Continuation,
    /// Missing or unknown.
    #[default]
    Other,
}

impl Kind {
    fn from_value(value: &[u8]) -> Self {
        const NAMES: [(&[u8], Kind); 8] = [
            (b"conversion", Kind::Conversion),
            (b"response", Kind::Response),
            (b"resource", Kind::Resource),
            (b"revisit", Kind::Revisit),
            (b"request", Kind::Request),
            (b"metadata", Kind::Metadata),
            (b"warcinfo", Kind::Warcinfo),
            (b"continuation", Kind::Continuation),
        ];
        let known = NAMES.iter().find(|(name, _)| value.eq_ignore_ascii_case(name));
        known.map_or(Self::Other, |(_, kind)| *kind)
    }
}

/// What was wrong with a header and how it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Line ends or a byte order mark before the record were passed over.
    Stray,
    /// The version is none of 0.17, 0.18, 1.0 and 1.1; read as 1.1.
    UnknownVersion,
    /// No `Content-Length`: the record ends where the next begins.
    NoLength,
    /// `Content-Length` is no number of bytes; taken as missing.
    BadLength,
    /// Two values for `Content-Length`; the first was taken.
    TwoLengths,
    /// NULs in a value were left out.
    Nul,
    /// Bytes of a value that are no UTF-8 became U+FFFD.
    BadUtf8,
    /// A line that is no field was passed over.
    Junk,
}

/// The header of a record. Where a field stands twice, the first counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header<'a> {
    /// Version of the format, e.g. `1.0`.
    pub version: &'a str,
    /// What the record holds.
    pub kind: Kind,
    /// `WARC-Target-URI`, without angle brackets. Not checked to be a URI.
    pub uri: Option<Cow<'a, str>>,
    /// `WARC-Record-ID`, as it stands. Not to be trusted to be unique.
    pub id: Option<Cow<'a, str>>,
    /// `WARC-Date`, as it stands. May be impossible.
    pub date: Option<Cow<'a, str>>,
    /// `Content-Type` of the record, e.g. `application/http; msgtype=response`.
    pub content_type: Option<Cow<'a, str>>,
    /// `WARC-Identified-Payload-Type`: the media type as the crawler sniffed it.
    pub payload_type: Option<Cow<'a, str>>,
    /// `WARC-Refers-To`: id of the record that this one is made from or equal to.
    pub refers_to: Option<Cow<'a, str>>,
    /// `WARC-Truncated`: why the crawler stored only a part, e.g. `length`.
    pub truncated: Option<Cow<'a, str>>,
    /// Bytes of content behind the header; `None` when missing or no number.
    pub length: Option<u64>,
    /// Bytes before `WARC/` that were passed over.
    pub start: usize,
    /// Bytes up to the content: those before `WARC/`, the header and its blank line.
    pub len: usize,
    /// What was put right.
    pub repairs: Vec<Repair>,
}

/// Why there is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// The bytes end too early: read on, or the file is cut off here.
    Incomplete,
    /// No record begins here, or another one begins within its header.
    NotARecord,
    /// The header is longer than the limit.
    TooLong {
        /// The limit that was passed, in bytes.
        limit: usize,
    },
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete => f.write_str("header of a WARC record is cut off"),
            Self::NotARecord => f.write_str("not a WARC record"),
            Self::TooLong { limit } => write!(f, "WARC header is longer than {limit} bytes"),
        }
    }
}

impl std::error::Error for HeaderError {}

/// Reads the header of the record at the start of `bytes`, which takes at most `limit` bytes
/// (1 MiB is plenty). Line ends and a byte order mark before it are passed over.
///
/// # Errors
///
/// [`HeaderError::Incomplete`] when `bytes` ends before the header does,
/// [`HeaderError::NotARecord`] when something else stands here, [`HeaderError::TooLong`].
pub fn parse(bytes: &[u8], limit: usize) -> Result<Header<'_>, HeaderError> {
    let start = stray(bytes);
    let record = bytes.get(start..).unwrap_or_default();
    let (version, version_len) = version_line(record)?;
    let mut header = Header { version, start, ..Header::default() };
    if start > 0 {
        header.repairs.push(Repair::Stray);
    }
    if !KNOWN_VERSIONS.contains(&version) {
        header.repairs.push(Repair::UnknownVersion);
    }
    let block = record.get(version_len..record.len().min(limit)).unwrap_or_default();
    let mut lines = Lines::new(block);
    let mut named = false;
    loop {
        match lines.next_line() {
            Line::Field { name, value } => named |= header.take(name, value),
            Line::Junk(line) if is_version_line(line) => return Err(HeaderError::NotARecord),
            Line::Junk(_) => header.repairs.push_once(Repair::Junk),
            Line::Blank if named => break,
            Line::Blank => return Err(HeaderError::NotARecord),
            Line::Cut(_) if record.len() >= limit => return Err(HeaderError::TooLong { limit }),
            Line::Cut(_) => return Err(HeaderError::Incomplete),
        }
    }
    if header.length.is_none() && !header.repairs.contains(&Repair::BadLength) {
        header.repairs.push(Repair::NoLength);
    }
    header.len = start + version_len + lines.at();
    Ok(header)
}

/// How many bytes before a record may be passed over: line ends, and a byte order mark that
/// editors put at the start of a file.
pub fn stray(bytes: &[u8]) -> usize {
    let rest = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let ends = rest.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
    bytes.len() - rest.len() + ends
}

/// Offset of the next plausible start of a record at or after `from`: a line `WARC/1.0` (any
/// version) with a `WARC-` field among the next lines. Linear in `bytes`.
///
/// This is a guess to go on with after damage, to be reported as uncertain: the text of a page may
/// quote a whole record. It is certain only where a gzip member begins too, or where the record
/// before says that it ends.
///
/// A candidate that the end of `bytes` leaves open is believed; [`parse`] then asks for more. The
/// five letters themselves must be there: keep the last four bytes when more is to come.
pub fn find_record(bytes: &[u8], from: usize) -> Option<usize> {
    let hay = bytes.get(from..)?;
    memmem::find_iter(hay, MAGIC).map(|at| from + at).find(|&at| {
        let at_line_start = at == 0 || bytes.get(at - 1) == Some(&b'\n');
        at_line_start && bytes.get(at..).is_some_and(looks_like_record)
    })
}

/// Whether a version line stands here and a `WARC-` field soon after, as far as can be seen.
fn looks_like_record(bytes: &[u8]) -> bool {
    let version_len = match version_line(bytes) {
        Ok((_, len)) => len,
        Err(error) => return error == HeaderError::Incomplete,
    };
    let mut rest = bytes.get(version_len..).unwrap_or_default();
    for _ in 0..EVIDENCE_LINES {
        if rest.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"WARC-")) {
            return true;
        }
        let Some(end) = memchr(b'\n', rest) else {
            return true;
        };
        if end == 0 || rest.starts_with(b"\r\n") {
            return false;
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    false
}

fn is_version_line(line: &[u8]) -> bool {
    version_line(line).is_ok()
}

/// The version and the length of the line `WARC/<version>` at the start of `bytes`.
fn version_line(bytes: &[u8]) -> Result<(&str, usize), HeaderError> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        let cut = MAGIC.starts_with(bytes);
        return Err(if cut { HeaderError::Incomplete } else { HeaderError::NotARecord });
    };
    let Some(end) = rest.iter().take(VERSION_LINE).position(|&b| b == b'\n') else {
        let cut = rest.len() < VERSION_LINE && rest.iter().all(|&b| is_version_byte(b));
        return Err(if cut { HeaderError::Incomplete } else { HeaderError::NotARecord });
    };
    let line = rest.get(..end).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii();
    let version = std::str::from_utf8(line).map_err(|_| HeaderError::NotARecord)?;
    let (major, minor) = version.split_once('.').ok_or(HeaderError::NotARecord)?;
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !number(major) || !number(minor) || line.contains(&b'\r') {
        return Err(HeaderError::NotARecord);
    }
    Ok((version, MAGIC.len() + end + 1))
}

fn is_version_byte(b: u8) -> bool {
    b.is_ascii_digit() || matches!(b, b'.' | b' ' | b'\t' | b'\r')
}

impl<'a> Header<'a> {
    /// Takes over one field and says whether it is one that WARC records have.
    fn take(&mut self, name: &[u8], value: &'a [u8]) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("WARC-Type") {
            if self.kind == Kind::Other {
                self.kind = Kind::from_value(value);
            }
            return true;
        }
        if is("Content-Length") {
            self.take_length(value);
            return true;
        }
        let field = if is("WARC-Target-URI") {
            &mut self.uri
        } else if is("WARC-Record-ID") {
            &mut self.id
        } else if is("WARC-Date") {
            &mut self.date
        } else if is("Content-Type") {
            &mut self.content_type
        } else if is("WARC-Identified-Payload-Type") {
            &mut self.payload_type
        } else if is("WARC-Refers-To") {
            &mut self.refers_to
        } else if is("WARC-Truncated") {
            &mut self.truncated
        } else {
            return name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"WARC-"));
        };
        let value = if is("WARC-Target-URI") { without_brackets(value) } else { value };
        if field.is_none() && !value.is_empty() {
            let text = text(value);
            // A value that is taken as it lies had nothing to mend.
            let mended = matches!(text, Cow::Owned(_));
            *field = Some(text);
            if mended && value.contains(&0) {
                self.repairs.push_once(Repair::Nul);
            }
            if mended && std::str::from_utf8(value).is_err() {
                self.repairs.push_once(Repair::BadUtf8);
            }
        }
        true
    }

    fn take_length(&mut self, value: &[u8]) {
        let length = parse_length(value);
        match (self.length, length) {
            (None, Some(_)) => self.length = length,
            (None, None) => self.repairs.push_once(Repair::BadLength),
            (Some(_), _) if self.length != length => self.repairs.push_once(Repair::TwoLengths),
            (Some(_), _) => {}
        }
    }
}

/// A length in decimal digits; signs, hexadecimal and figures over 64 bits are none.
pub(crate) fn parse_length(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(trim(value)).ok()?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// wget writes `<http://...>`.
fn without_brackets(uri: &[u8]) -> &[u8] {
    let inner = uri.strip_prefix(b"<").and_then(|uri| uri.strip_suffix(b">"));
    trim(inner.unwrap_or(uri))
}

/// Lists each kind of repair once, however often a stranger makes it necessary.
trait PushOnce {
    fn push_once(&mut self, repair: Repair);
}

impl PushOnce for Vec<Repair> {
    fn push_once(&mut self, repair: Repair) {
        if !self.contains(&repair) {
            self.push(repair);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1 << 20;

    const WET: &str = "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://a.example/\r\n\
        WARC-Date: 2024-05-05T05:05:05Z\r\nWARC-Record-ID: <urn:uuid:1>\r\n\
        WARC-Refers-To: <urn:uuid:2>\r\nContent-Type: text/plain\r\nContent-Length: 42\r\n\r\n";

    fn parsed(header: &str) -> Header<'_> {
        parse(header.as_bytes(), LIMIT).unwrap()
    }

    /// A header with one more line.
    fn with(line: &str) -> String {
        format!("WARC/1.0\r\nWARC-Type: response\r\n{line}\r\n\r\n")
    }

    #[test]
    fn a_plain_header_needs_no_repair() {
        let header = parsed(WET);
        let text = |text| Some(Cow::Borrowed(text));
        let expected = Header {
            version: "1.0",
            kind: Kind::Conversion,
            uri: text("http://a.example/"),
            id: text("<urn:uuid:1>"),
            date: text("2024-05-05T05:05:05Z"),
            content_type: text("text/plain"),
            refers_to: text("<urn:uuid:2>"),
            length: Some(42),
            len: WET.len(),
            ..Header::default()
        };
        assert_eq!(header, expected);
    }

    #[test]
    fn the_content_is_not_looked_at() {
        let record = format!("{WET}WARC-Type: request\r\n\r\n");
        assert_eq!(parsed(&record), parsed(WET));
    }

    #[test]
    fn line_feeds_alone_will_do() {
        let header = WET.replace("\r\n", "\n").replace("1.0", "0.18");
        assert_eq!(parsed(&header).length, Some(42));
        assert_eq!((parsed(&header).len, parsed(&header).repairs), (header.len(), vec![]));
    }

    #[test]
    fn field_names_have_no_case() {
        let header = WET.to_lowercase().replace("warc/", "WARC/");
        assert_eq!(parsed(&header).kind, Kind::Conversion);
        assert_eq!(parsed(&header).length, Some(42));
    }

    #[test]
    fn every_kind_has_its_name() {
        for (name, kind) in [
            ("conversion", Kind::Conversion),
            ("Response", Kind::Response),
            ("RESOURCE", Kind::Resource),
            ("revisit", Kind::Revisit),
            ("request", Kind::Request),
            ("metadata", Kind::Metadata),
            ("warcinfo", Kind::Warcinfo),
            ("continuation", Kind::Continuation),
            ("screenshot", Kind::Other),
            ("", Kind::Other),
        ] {
            let header = format!("WARC/1.1\nWARC-Type: {name}\n\n");
            assert_eq!(parsed(&header).kind, kind, "{name}");
        }
    }

    #[test]
    fn wget_brackets_and_blanks_around_a_uri_go() {
        for uri in ["<http://a/>", "  http://a/  ", "< http://a/ >", "\0http://a/"] {
            let header = with(&format!("WARC-Target-URI: {uri}"));
            assert_eq!(parsed(&header).uri.as_deref(), Some("http://a/"), "{uri}");
        }
    }

    #[test]
    fn a_missing_or_empty_uri_is_none() {
        assert_eq!(parsed(&with("WARC-Target-URI:")).uri, None);
        assert_eq!(parsed(&with("X: y")).uri, None);
    }

    #[test]
    fn nuls_and_bad_utf8_in_a_uri_are_repaired() {
        let header = with("WARC-Target-URI: http://a\0b/");
        assert_eq!(parsed(&header).uri.as_deref(), Some("http://ab/"));
        assert!(parsed(&header).repairs.contains(&Repair::Nul));
        let header = [b"WARC/1.0\nWARC-Target-URI: a\xffb\n\n".as_slice()].concat();
        let header = parse(&header, LIMIT).unwrap();
        assert_eq!(header.uri.as_deref(), Some("a\u{fffd}b"));
        assert!(header.repairs.contains(&Repair::BadUtf8));
    }

    #[test]
    fn a_folded_value_is_one_value() {
        let header = with("Content-Type: application/http;\r\n msgtype=response");
        let content_type = parsed(&header).content_type;
        assert_eq!(content_type.as_deref(), Some("application/http; msgtype=response"));
    }

    #[test]
    fn lengths_that_are_no_lengths_count_as_missing() {
        for bad in ["-1", "0x1F", "", "+5", "12 34", "1e3", "18446744073709551616"] {
            let header = with(&format!("Content-Length: {bad}"));
            assert_eq!(parsed(&header).length, None, "{bad}");
            assert_eq!(parsed(&header).repairs, [Repair::BadLength], "{bad}");
        }
        assert_eq!(parsed(&with("X: y")).repairs, [Repair::NoLength]);
        assert_eq!(parsed(&with("Content-Length:  007 ")).length, Some(7));
    }

    #[test]
    fn the_first_length_counts() {
        let header = with("Content-Length: 5\r\nContent-Length: 500");
        assert_eq!(parsed(&header).length, Some(5));
        assert_eq!(parsed(&header).repairs, [Repair::TwoLengths]);
        assert_eq!(parsed(&with("Content-Length: 5\r\nContent-Length: 5")).repairs, []);
    }

    #[test]
    fn unknown_versions_are_read_and_named() {
        for version in ["9.9", "2.0", "1.10", "0.9"] {
            let header = WET.replace("1.0", version);
            assert_eq!(parsed(&header).version, version);
            assert_eq!(parsed(&header).repairs, [Repair::UnknownVersion]);
        }
        for version in ["", "1", "one.two", "1.", "1.0\rWARC-Type: x", "1.0.0"] {
            let header = WET.replace("1.0", version);
            assert_eq!(parse(header.as_bytes(), LIMIT), Err(HeaderError::NotARecord), "{version}");
        }
    }

    #[test]
    fn stray_line_ends_and_a_byte_order_mark_are_passed_over() {
        for before in ["\r\n", "\n\n\n", "\r\n\r\n\r\n\r\n\r\n", "\u{feff}", "\u{feff}\r\n"] {
            let record = format!("{before}{WET}");
            let header = parsed(&record);
            assert_eq!((header.start, header.len), (before.len(), record.len()));
            assert_eq!(header.repairs, [Repair::Stray]);
        }
    }

    #[test]
    fn lines_that_are_no_fields_are_passed_over() {
        let header = with("nocolon\r\n: empty name\r\nContent-Length: 3");
        assert_eq!(parsed(&header).length, Some(3));
        assert_eq!(parsed(&header).repairs, [Repair::Junk]);
    }

    #[test]
    fn a_header_cut_anywhere_asks_for_more() {
        for cut in 0..WET.len() {
            let part = &WET.as_bytes()[..cut];
            assert_eq!(parse(part, LIMIT), Err(HeaderError::Incomplete), "cut at {cut}");
        }
    }

    #[test]
    fn a_header_over_the_limit_is_refused() {
        let long = with(&"X: y\r\n".repeat(1_000));
        assert_eq!(parse(long.as_bytes(), 500), Err(HeaderError::TooLong { limit: 500 }));
        assert_eq!(parse(&long.as_bytes()[..400], 500), Err(HeaderError::Incomplete));
        assert!(parse(WET.as_bytes(), WET.len()).is_ok());
    }

    #[test]
    fn text_about_warc_is_no_record() {
        for text in ["WARC/1.0 is a format\n\n", "WARC/1.0\n\ntext", "WARC/1.0\nNote: x\n\n", "x"] {
            assert_eq!(parse(text.as_bytes(), LIMIT), Err(HeaderError::NotARecord), "{text}");
        }
    }

    #[test]
    fn a_header_cut_off_by_the_next_record_is_none() {
        let spliced = format!("{}{WET}", &WET[..WET.find("WARC-Date").unwrap()]);
        assert_eq!(parse(spliced.as_bytes(), LIMIT), Err(HeaderError::NotARecord));
        assert_eq!(find_record(spliced.as_bytes(), 1), Some(spliced.len() - WET.len()));
    }

    #[test]
    fn the_next_record_is_found_at_a_line_start() {
        let bytes = format!("damage WARC/1.0\r\nWARC-Type: x\r\n\n{WET}");
        assert_eq!(find_record(bytes.as_bytes(), 0), Some(bytes.len() - WET.len()));
        assert_eq!(find_record(WET.as_bytes(), 0), Some(0));
        assert_eq!(find_record(WET.as_bytes(), 1), None);
        assert_eq!(find_record(WET.as_bytes(), 1 << 20), None);
    }

    #[test]
    fn a_version_line_without_fields_is_passed_over() {
        for text in ["WARC/1.0\n\nWARC-Type: x\n", "WARC/x.y\nWARC-Type: x\n", "WARC/1.0 of\nWARC-"] {
            assert_eq!(find_record(text.as_bytes(), 0), None, "{text}");
        }
        let far = format!("WARC/1.0\n{}WARC-Type: x\n", "X: y\n".repeat(EVIDENCE_LINES));
        assert_eq!(find_record(far.as_bytes(), 0), None);
    }

    #[test]
    fn a_candidate_at_the_end_is_believed() {
        for end in ["WARC/", "WARC/1.", "WARC/1.0\r", "WARC/1.0\r\n", "WARC/1.0\r\nX: y\r\nWA"] {
            let bytes = format!("text\n{end}");
            assert_eq!(find_record(bytes.as_bytes(), 0), Some(5), "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), limit in 0_usize..300,
        ) {
            let _ = parse(&bytes, limit);
            let _ = parse(&[b"WARC/1.0\r\nWARC-Type:".as_slice(), &bytes].concat(), limit);
            find_record(&bytes, limit);
        }

        #[test]
        fn a_changed_header_stays_in_bounds(
            at in 0..WET.len(), with in "[\\r\\n\u{0}:<>WARC/1.0 -]{0,8}", cut in 0..WET.len(),
        ) {
            let bytes = format!("{}{with}{}", &WET[..at], &WET[at.max(cut)..]);
            if let Ok(header) = parse(bytes.as_bytes(), LIMIT) {
                prop_assert!(header.start < header.len && header.len <= bytes.len());
            }
        }

        #[test]
        fn what_is_written_is_read(
            uri in "[!-;=?-~]{1,40}", length in any::<u64>(), end in "\r?\n",
        ) {
            let header = format!("WARC/1.1{end}WARC-Target-URI: {uri}{end}Content-Length: {length}{end}{end}");
            let found = parsed(&header);
            prop_assert_eq!(found.uri.as_deref(), Some(uri.as_str()));
            prop_assert_eq!((found.length, found.len), (Some(length), header.len()));
            prop_assert_eq!(found.repairs, vec![]);
        }
    }
}
