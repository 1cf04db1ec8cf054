//! WARC conversion records, as the WET files of Common Crawl hold them.
//!
//! A record that was a conversion keeps its header, but for the length and the digests of the content that changed. A
//! page that was HTML, or came from another format, gets a record of its own, whose id depends on nothing but the page.

use std::io::Write;

use crate::source::fields::{Line, Lines};

/// Fields that tell of the content as it was.
const STALE: [&str; 4] = ["Content-Length", "WARC-Block-Digest", "WARC-Payload-Digest", "WARC-Truncated"];

/// Writes the header of a conversion record again, for `length` bytes of content.
pub fn same_header(header: &[u8], length: usize, out: &mut Vec<u8>) {
    let version = header.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    let mut lines = Lines::new(
        header.get(header.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1)..).unwrap_or_default(),
    );
    out.extend_from_slice(version);
    out.extend_from_slice(b"\r\n");
    loop {
        match lines.next_line() {
            Line::Field { name, value } if !STALE.iter().any(|stale| name.eq_ignore_ascii_case(stale.as_bytes())) => {
                field(name, value, out)
            }
            Line::Field { .. } | Line::Junk(_) => {}
            Line::Blank | Line::Cut(_) => break,
        }
    }
    end_header(length, out);
}

/// What a new record tells of its page.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewRecord<'a> {
    /// Where the page was fetched.
    pub url: &'a str,
    /// When, as the record it came from says.
    pub date: Option<&'a str>,
    /// The id of that record.
    pub refers_to: Option<&'a str>,
    /// The id of the page, where it comes from another format: part of what the record's own id is made from.
    pub id: Option<&'a str>,
}

/// Writes the header of a new conversion record for `length` bytes of content.
pub fn new_header(record: NewRecord<'_>, length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"WARC/1.0\r\n");
    field(b"WARC-Type", b"conversion", out);
    field(b"WARC-Target-URI", record.url.as_bytes(), out);
    // The standard wants a date; where none is known, one that nobody takes for real.
    field(b"WARC-Date", record.date.unwrap_or("1970-01-01T00:00:00Z").as_bytes(), out);
    field(b"WARC-Record-ID", record_id(&record).as_bytes(), out);
    if let Some(id) = record.refers_to {
        field(b"WARC-Refers-To", id.as_bytes(), out);
    }
    field(b"Content-Type", b"text/plain; charset=utf-8", out);
    end_header(length, out);
}

/// A UUID (version 8, RFC 9562) made from what the record tells.
fn record_id(record: &NewRecord<'_>) -> String {
    let source = serde_json::to_vec(&(record.url, record.date, record.refers_to, record.id)).unwrap_or_default();
    let bits = xxhash_rust::xxh3::xxh3_128(&source) & !(0xf << 76) & !(0x3 << 62) | 0x8 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("<urn:uuid:{}-{}-{}-{}-{}>", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// Writes a field on one line, whatever its value held.
fn field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend(value.iter().map(|byte| if byte.is_ascii_control() { b' ' } else { *byte }));
    out.extend_from_slice(b"\r\n");
}

fn end_header(length: usize, out: &mut Vec<u8>) {
    let _ = write!(out, "Content-Length: {length}\r\n\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::warc::header::{Kind, parse};

    #[test]
    fn a_header_keeps_all_but_length_and_digests() {
        let header =
            b"WARC/1.1\nWARC-Type: conversion\nWARC-Block-Digest: sha1:X\nX-Mine: a\n b\ncontent-length: 999\n\n";
        let mut out = Vec::new();
        same_header(header, 5, &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "WARC/1.1\r\nWARC-Type: conversion\r\nX-Mine: a  b\r\nContent-Length: 5\r\n\r\n"
        );
    }

    #[test]
    fn a_new_record_is_a_conversion_with_an_id_of_its_page() {
        let record = NewRecord { url: "http://x/\r\nEvil: 1", refers_to: Some("<urn:a>"), ..NewRecord::default() };
        let (mut out, mut other) = (Vec::new(), Vec::new());
        new_header(record, 7, &mut out);
        new_header(NewRecord { refers_to: Some("<urn:b>"), ..record }, 7, &mut other);
        assert_ne!(out, other);
        let parsed = parse(&out, 1 << 20);
        assert!(parsed.is_ok_and(|h| h.kind == Kind::Conversion
            && h.length == Some(7)
            && h.uri.as_deref() == Some("http://x/  Evil: 1")
            && h.repairs.is_empty()));
    }
}
