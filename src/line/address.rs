//! Addresses in lines: "Retrieved from https://…" is one template on all pages.
//!
//! Footers, notes of sources and buttons to share name the page's own address, and so are new on each page though the
//! words round them are not. An address begins with a scheme and `://` and goes on to the next space or to what no
//! address may hold (RFC 3986). A line that is nothing but addresses is left alone: what it says, it says by them.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Templates;

/// What an address is known by.
pub(super) const MARK: &str = "://";
/// What it becomes: as no normalised line holds a control character, it stands for nothing else.
const ADDRESS: u8 = 2;

/// Where the addresses of a page are.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// The places of their marks, in ascending order.
    marks: Vec<usize>,
    /// How many of them are behind.
    passed: usize,
}

impl Addresses {
    /// Finds those of a page, if templates are taken.
    pub(super) fn find(&mut self, page: &[u8], templates: Templates) {
        static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));
        self.marks.clear();
        self.passed = 0;
        if templates == Templates::Take {
            self.marks.extend(FINDER.find_iter(page));
        }
    }

    /// Whether there are any before `end` that are not behind, and passes them.
    #[inline(always)]
    pub(super) fn are_before(&mut self, end: usize) -> bool {
        let before = self.passed;
        while self.marks.get(self.passed).is_some_and(|mark| *mark < end) {
            self.passed += 1;
        }
        self.passed > before
    }
}

/// What a line with a mark in it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No address: no scheme stands before the mark.
    Nothing,
    /// Addresses and no letters beside them.
    AddressesAlone,
    /// Addresses beside letters.
    Beside,
}

/// Writes a normalised line to `out` with its addresses masked and returns what it holds.
pub(super) fn mask(line: &[u8], out: &mut Vec<u8>) -> Found {
    out.clear();
    let mut copied = 0;
    for mark in memchr::memmem::find_iter(line, MARK) {
        let scheme = line.get(copied..mark).unwrap_or_default();
        let start = mark - scheme.iter().rev().take_while(|byte| is_of_scheme(**byte)).count();
        if start == mark {
            continue;
        }
        out.extend_from_slice(line.get(copied..start).unwrap_or_default());
        out.push(ADDRESS);
        let rest = line.get(mark..).unwrap_or_default();
        copied = mark + rest.iter().take_while(|byte| is_of_address(**byte)).count();
    }
    out.extend_from_slice(line.get(copied..).unwrap_or_default());
    if copied == 0 {
        Found::Nothing
    } else if out.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()) {
        Found::Beside
    } else {
        Found::AddressesAlone
    }
}

fn is_of_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

fn is_of_address(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::line::{normalised, template};

    #[test]
    fn lines_that_differ_in_their_address_are_one() {
        for [one, other] in [
            ["Retrieved from \"http://a.example/x?title=y(z)&n=1\"", "Retrieved from \"https://b.example/\""],
            ["Source: ftp://a.example/1, read 3 May", "Source: git+ssh://b.example/, read 9 June"],
            ["see http://a.example or http://b.example", "See HTTP://c.example or x://d.example"],
        ] {
            assert_eq!(template(one), template(other));
        }
    }

    #[test]
    fn what_stands_round_an_address_tells_lines_apart() {
        assert_ne!(template("Source: http://a.example/"), template("Seen at: http://a.example/"));
        assert_ne!(template("http://a.example/雨が降った"), template("http://a.example/雪が降った"));
        assert_ne!(template("http://a.example in May"), template("http://a.example in rain"));
    }

    #[test]
    fn addresses_alone_and_marks_alone_stay() {
        for line in
            ["http://a.example/x1", "http://a.example http://b.example", "\"http://a.example\"", "a ://b", "://"]
        {
            assert_eq!(template(line), normalised(line));
        }
    }

    #[test]
    fn numbers_beside_a_mark_alone_are_masked_as_in_any_line() {
        assert_eq!(template("page 1 ://"), template("page 2 ://"));
        assert_eq!(template("://a1"), "://a0");
    }

    proptest! {
        #[test]
        fn no_address_is_left_of_a_line_with_words(before in "[a-z]{1,9} ", address in "[!-~&&[^\"<>^`{|}\\\\]]{0,40}") {
            let plain = template(&format!("{before}http://"));
            prop_assert_eq!(template(&format!("{before}http://{address}")), plain);
        }
    }
}
