//! JSON string literals: finding their end, undoing their escapes, mending what is broken in them.
//!
//! Text between escapes is jumped over with memchr and copied in one piece. Escapes follow
//! RFC 8259, with one leniency: half of a surrogate pair is let through, reads as U+FFFD and is
//! reported, since crawls hold many of them and a page must not be lost for one character.

use std::borrow::Cow;
use std::fmt::Write;

use memchr::{memchr, memchr2};

/// A string literal that has been looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Literal {
    /// Byte after the closing quote.
    pub end: usize,
    /// It holds escapes.
    pub escaped: bool,
    /// One of the escapes is half of a surrogate pair.
    pub lone_surrogate: bool,
}

/// Why a literal has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The line ends first.
    Open,
    /// No such escape, at this byte.
    Escape(usize),
}

/// One escape, undone.
struct Escape {
    char: char,
    len: usize,
    lone_surrogate: bool,
}

/// Looks through the literal whose opening quote is at `open`.
pub(super) fn literal(bytes: &[u8], open: usize) -> Result<Literal, Fault> {
    let mut found = Literal { end: open + 1, escaped: false, lone_surrogate: false };
    loop {
        let rest = bytes.get(found.end..).unwrap_or_default();
        let jump = memchr2(b'"', b'\\', rest).ok_or(Fault::Open)?;
        found.end += jump;
        let mut rest = rest.get(jump..).unwrap_or_default();
        if rest.first() == Some(&b'"') {
            found.end += 1;
            return Ok(found);
        }
        found.escaped = true;
        // Escapes come in runs where a writer spells all but ASCII as escapes.
        while rest.first() == Some(&b'\\') {
            let escape = escape(rest).ok_or(Fault::Escape(found.end))?;
            found.lone_surrogate |= escape.lone_surrogate;
            found.end += escape.len;
            rest = rest.get(escape.len..).unwrap_or_default();
        }
    }
}

/// The characters of a literal that [`literal`] accepted, given without its quotes.
pub(super) fn unescape(inner: &str) -> Cow<'_, str> {
    let Some(mut jump) = memchr(b'\\', inner.as_bytes()) else {
        return Cow::Borrowed(inner);
    };
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escapes)) = rest.split_at_checked(jump) {
        out.push_str(plain);
        rest = escapes;
        while rest.as_bytes().first() == Some(&b'\\') {
            let Some(escape) = escape(rest.as_bytes()) else {
                break;
            };
            out.push(escape.char);
            rest = rest.get(escape.len..).unwrap_or_default();
        }
        match memchr(b'\\', rest.as_bytes()) {
            Some(next) => jump = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A whole line of JSON with its strings mended: invalid UTF-8 and halves of surrogate pairs become
/// U+FFFD, raw control characters become escapes. All else stays as it is.
pub(super) fn repair(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let mut out = String::with_capacity(line.len());
    let mut within = false;
    let mut rest = &*line;
    while let Some(char) = rest.chars().next() {
        let mut len = char.len_utf8();
        match char {
            '\\' if within => len = repair_escape(rest, &mut out),
            '\0'..='\x1f' if within => push_control(char, &mut out),
            _ => {
                within ^= char == '"';
                out.push(char);
            }
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    out
}

/// Copies the escape at the start of `rest`, mended; returns its length in `rest`.
fn repair_escape(rest: &str, out: &mut String) -> usize {
    match escape(rest.as_bytes()) {
        Some(escape) if escape.lone_surrogate => {
            out.push_str("\\ufffd");
            escape.len
        }
        Some(escape) => {
            out.push_str(rest.get(..escape.len).unwrap_or_default());
            escape.len
        }
        None => {
            out.push('\\');
            1
        }
    }
}

fn push_control(char: char, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match char {
        '\t' => out.write_str("\\t"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        _ => write!(out, "\\u{:04x}", u32::from(char)),
    };
}

/// Reads the escape at the start of `rest`, which begins with a backslash.
#[inline]
fn escape(rest: &[u8]) -> Option<Escape> {
    let letter = *rest.get(1)?;
    match SHORT[usize::from(letter)] {
        0 if letter == b'u' => unicode_escape(rest),
        0 => None,
        char => Some(Escape { char: char::from(char), len: 2, lone_surrogate: false }),
    }
}

#[inline]
fn unicode_escape(rest: &[u8]) -> Option<Escape> {
    let first = code_unit(rest)?;
    match char::from_u32(first) {
        Some(char) => Some(Escape { char, len: 6, lone_surrogate: false }),
        None => Some(surrogate_escape(first, rest)),
    }
}

#[cold]
fn surrogate_escape(first: u32, rest: &[u8]) -> Escape {
    let second = rest.get(6..).and_then(code_unit);
    match second.and_then(|second| pair(first, second)) {
        Some(char) => Escape { char, len: 12, lone_surrogate: false },
        None => Escape { char: char::REPLACEMENT_CHARACTER, len: 6, lone_surrogate: true },
    }
}

/// The character of a surrogate pair, if it is one in the right order.
fn pair(high: u32, low: u32) -> Option<char> {
    let high = high.checked_sub(0xD800).filter(|bits| *bits < 0x400)?;
    let low = low.checked_sub(0xDC00).filter(|bits| *bits < 0x400)?;
    char::from_u32(0x1_0000 + (high << 10) + low)
}

/// The UTF-16 code unit of an escape `\uXXXX`.
#[inline]
fn code_unit(rest: &[u8]) -> Option<u32> {
    let [b'\\', b'u', a, b, c, d, ..] = rest else {
        return None;
    };
    let [a, b, c, d] = [a, b, c, d].map(|digit| HEX[usize::from(*digit)]);
    let unit = u32::from(a) << 12 | u32::from(b) << 8 | u32::from(c) << 4 | u32::from(d);
    (a | b | c | d < 16).then_some(unit)
}

/// Characters of the escapes of two bytes, by their letter; 0 where there is no such escape.
static SHORT: [u8; 256] = {
    let mut table = [0; 256];
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'/' as usize] = b'/';
    table[b'b' as usize] = 0x08;
    table[b'f' as usize] = 0x0c;
    table[b'n' as usize] = b'\n';
    table[b'r' as usize] = b'\r';
    table[b't' as usize] = b'\t';
    table
};

/// Values of the hexadecimal digits; 255 for other bytes.
static HEX: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value];
        table[digit as usize] = value as u8;
        table[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (String, bool) {
        let found = literal(json.as_bytes(), 0).expect("a literal");
        assert_eq!(found.end, json.len());
        (unescape(&json[1..found.end - 1]).into_owned(), found.lone_surrogate)
    }

    #[test]
    fn every_escape_is_undone() {
        let (text, lone) = read(r#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC""#);
        assert_eq!(text, "\"\\/\x08\x0c\n\r\tAé€");
        assert!(!lone);
    }

    #[test]
    fn surrogate_pairs_are_one_character() {
        assert_eq!(read(r#""\ud83d\uDE42""#), ("🙂".into(), false));
        assert_eq!(read(r#""\ud800\udc00""#), ("\u{10000}".into(), false));
        assert_eq!(read(r#""\udbff\udfff""#), ("\u{10ffff}".into(), false));
    }

    #[test]
    fn half_a_surrogate_pair_reads_as_the_replacement_character() {
        for (json, text) in [
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\ude42b""#, "\u{fffd}b"),
            (r#""\ude42\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\ud83d\ude42""#, "\u{fffd}🙂"),
        ] {
            assert_eq!(read(json), (text.into(), true), "{json}");
        }
    }

    #[test]
    fn a_literal_without_escapes_is_borrowed() {
        assert!(matches!(unescape("plain é"), Cow::Borrowed("plain é")));
    }

    #[test]
    fn unknown_escapes_are_refused_where_they_stand() {
        for json in [r#""ab\x""#, r#""ab\u12g4""#, r#""ab\u123g""#, r#""ab\u12"#, r#""ab\'""#] {
            assert_eq!(literal(json.as_bytes(), 0), Err(Fault::Escape(3)), "{json}");
        }
    }

    #[test]
    fn a_literal_the_line_cuts_off_is_open() {
        for json in [r#"""#, r#""abc"#, r#""abc\""#] {
            assert_eq!(literal(json.as_bytes(), 0), Err(Fault::Open), "{json}");
        }
    }

    #[test]
    fn repair_touches_only_what_is_broken() {
        let line = b"{\t\"a\x01\": \"\t\\ud83d\\ude42\\udc00\xff\\\"\x7f\"}\r";
        assert_eq!(repair(line), "{\t\"a\\u0001\": \"\\t\\ud83d\\ude42\\ufffd\u{fffd}\\\"\x7f\"}\r");
    }
}
