//! Header lines of WARC and HTTP, read leniently.
//!
//! Both formats took their headers from mail (RFC 822): `Name: value` a line, a line that begins
//! with a blank continues the one before, an empty line ends the block. Crawls hold every variation
//! of it: LF alone, NUL bytes, lines without a colon, bytes that are no UTF-8. So this scanner
//! refuses nothing; it hands out lines as they are and leaves judging to its callers.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// One line of a header block, together with the lines that continue it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// `name: value`; the name is a token, the value may hold line ends when it was folded.
    Field { name: &'a [u8], value: &'a [u8] },
    /// Not a field: no colon, or no token before it.
    Junk(&'a [u8]),
    /// The empty line that ends the block.
    Blank,
    /// The bytes ended before the line did. The rest may be empty.
    Cut(&'a [u8]),
}

/// Walks over the lines of a header block.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    len: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, len: bytes.len() }
    }

    /// Offset of the next line.
    pub(crate) fn at(&self) -> usize {
        self.len - self.rest.len()
    }

    /// The next line; after [`Line::Blank`] what follows is the block's content.
    pub(crate) fn next_line(&mut self) -> Line<'a> {
        let Some(mut end) = line_end(self.rest, 0) else {
            return Line::Cut(std::mem::take(&mut self.rest));
        };
        if matches!(self.rest, [b'\n', ..] | [b'\r', b'\n', ..]) {
            self.rest = self.rest.get(end..).unwrap_or_default();
            return Line::Blank;
        }
        while matches!(self.rest.get(end), Some(b' ' | b'\t')) {
            end = line_end(self.rest, end).unwrap_or(self.rest.len());
        }
        let (line, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        field(line)
    }
}

/// Offset behind the line end at or after `from`.
fn line_end(bytes: &[u8], from: usize) -> Option<usize> {
    memchr(b'\n', bytes.get(from..)?).map(|at| from + at + 1)
}

fn field(line: &[u8]) -> Line<'_> {
    memchr(b':', line)
        .and_then(|colon| {
            let name = trim(line.get(..colon)?);
            let value = trim(line.get(colon + 1..)?);
            is_token(name).then_some(Line::Field { name, value })
        })
        .unwrap_or(Line::Junk(line))
}

/// Whether `name` can name a field (RFC 9110, section 5.6.2).
fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|b| TOKEN_BYTES[usize::from(*b)])
}

/// Which bytes a token may hold.
const TOKEN_BYTES: [bool; 256] = {
    let mut may = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        may[byte as usize] = byte.is_ascii_graphic();
        byte += 1;
    }
    let mut separators: &[u8] = b"()<>@,;:\\\"/[]?={}";
    while let [separator, rest @ ..] = separators {
        may[*separator as usize] = false;
        separators = rest;
    }
    may
};

/// `bytes` without the blanks, line ends and NULs around them.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c | 0);
    let start = bytes.iter().position(|b| !blank(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !blank(b)).map_or(start, |at| at + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// A value as text: a fold becomes one space, NULs go, what is no UTF-8 becomes U+FFFD.
pub(crate) fn text(value: &[u8]) -> Cow<'_, str> {
    let value = trim(value);
    if memchr2(b'\n', 0, value).is_none() {
        return String::from_utf8_lossy(value);
    }
    let mut clean = Vec::with_capacity(value.len());
    for part in value.split(|&b| b == b'\n').map(trim).filter(|part| !part.is_empty()) {
        if !clean.is_empty() {
            clean.push(b' ');
        }
        clean.extend(part.iter().filter(|&&b| b != 0));
    }
    Cow::Owned(String::from_utf8_lossy(&clean).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Line<'_>> {
        let mut lines = Lines::new(bytes);
        let mut found = Vec::new();
        loop {
            let line = lines.next_line();
            found.push(line);
            if matches!(line, Line::Blank | Line::Cut(_)) {
                return found;
            }
        }
    }

    fn pair<'a>(name: &'a str, value: &'a str) -> Line<'a> {
        Line::Field { name: name.as_bytes(), value: value.as_bytes() }
    }

    #[test]
    fn both_line_ends_end_a_line() {
        assert_eq!(all(b"A: 1\r\nB:2\n\n"), [pair("A", "1"), pair("B", "2"), Line::Blank]);
    }

    #[test]
    fn blanks_and_nuls_around_name_and_value_go() {
        assert_eq!(all(b"\0A\t:\0 1 \0\r\n\r\n"), [pair("A", "1"), Line::Blank]);
    }

    #[test]
    fn a_folded_line_belongs_to_the_one_before() {
        let lines = all(b"A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n");
        assert_eq!(lines, [pair("A", "1\r\n 2\r\n\t3"), pair("B", "4"), Line::Blank]);
        assert_eq!(text(b"1\r\n 2\r\n\t3"), "1 2 3");
    }

    #[test]
    fn lines_without_a_named_value_are_junk() {
        for line in ["nocolon\n", ": empty name\n", "<p style=x: 1>\n", "two words: 1\n"] {
            assert_eq!(all(line.as_bytes()), [Line::Junk(line.as_bytes()), Line::Cut(b"")]);
        }
    }

    #[test]
    fn the_block_stops_at_the_blank_line() {
        let mut lines = Lines::new(b"A: 1\r\n\r\nB: 2\r\n");
        lines.next_line();
        assert_eq!(lines.next_line(), Line::Blank);
        assert_eq!(lines.at(), 8);
    }

    #[test]
    fn text_drops_nuls_and_replaces_what_is_no_utf8() {
        assert_eq!(text(b" a\0b \xff "), "ab \u{fffd}");
        assert!(matches!(text(b" as it is\r\n"), Cow::Borrowed("as it is")));
    }

    proptest! {
        #[test]
        fn every_byte_belongs_to_one_line(bytes in "[aA:\\n\\r \\t\u{0}]{0,60}") {
            let mut lines = Lines::new(bytes.as_bytes());
            let mut before = 0;
            loop {
                let line = lines.next_line();
                prop_assert!(lines.at() > before || matches!(line, Line::Cut(b"")));
                before = lines.at();
                if matches!(line, Line::Cut(_)) {
                    break;
                }
            }
            prop_assert_eq!(before, bytes.len());
        }
    }
}
