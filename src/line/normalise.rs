//! The normal form of a line: two lines that a reader takes for the same have
//! the same one.
//!
//! Case and compatibility forms are levelled, invisible characters go, white space and control characters become single
//! spaces, and those at the ends go. [`reference()`] says that plainly; [`fold`] does it a character at a time from the
//! table in [`character`](super::character), and leaves to [`reference()`] only lines in which characters combine.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::character::{Form, Forms, Kind, decode, kind};
use super::reference::reference;
use super::scan::BLOCK;

/// What [`fold`] found out about a line on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Folded {
    /// Length of the text in the buffer, in bytes.
    pub len: usize,
    /// Whether white space may have to be collapsed.
    pub loose: bool,
    /// Whether the text holds a decimal digit of any script.
    pub digit: bool,
}

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Normalises `line`, whose ASCII letters are lower case and whose ASCII
/// control characters are spaces already, into `buffer`, but for collapsing
/// white space. `ahead` is the line and at least eight bytes more.
///
/// Returns `None` when characters combine and the line must be taken as a whole.
pub(super) fn fold(ahead: &[u8], line: usize, buffer: &mut Vec<u8>) -> Option<Folded> {
    let mut forms = Forms::new();
    let mut all = Form::default();
    let mut disordered = false;
    let mut last_combining: u8 = 0;
    let (mut at, mut len) = (0, 0);
    while at < line {
        let word = u64::from_le_bytes(*ahead.get(at..)?.first_chunk()?);
        let slot = slot(buffer, len)?;
        let ascii = ((word & HIGH_BITS).trailing_zeros() / 8) as usize;
        if ascii > 0 {
            *slot = word.to_le_bytes();
            let run = ascii.min(line - at);
            len += run;
            at += run;
            last_combining = 0;
            continue;
        }
        let (code, bytes) = decode(word);
        let form = forms.get(code);
        *slot = form.bytes();
        all = all | form;
        // Marks must stand in the order of their classes, of which 0 is no mark.
        let combining = form.combining();
        disordered |= combining.wrapping_sub(1) < last_combining.saturating_sub(1);
        // An invisible character is gone before marks are put in order.
        last_combining = if form.len() > 0 { combining } else { last_combining };
        len += form.len();
        at += bytes;
    }
    if all.depends() || disordered {
        return None;
    }
    make_room(buffer, len);
    Some(Folded { len, loose: all.loosens(), digit: all.digit() })
}

/// [`fold`] for any line: through [`reference()`].
#[cold]
pub(super) fn fold_whole(line: &[u8], buffer: &mut Vec<u8>) -> Folded {
    let text = reference(&String::from_utf8_lossy(line));
    buffer.clear();
    buffer.extend_from_slice(text.as_bytes());
    make_room(buffer, text.len());
    let digit = text.chars().any(|c| kind(c.into()) == Kind::Digit);
    Folded { len: text.len(), loose: true, digit }
}

/// Makes `buffer` long enough to read a block behind its first `len` bytes.
fn make_room(buffer: &mut Vec<u8>, len: usize) {
    if buffer.len() < len + BLOCK {
        buffer.resize(len + BLOCK, 0);
    }
}

/// Eight writable bytes at `at`, for which the buffer grows.
#[inline]
fn slot(buffer: &mut Vec<u8>, at: usize) -> Option<&mut [u8; 8]> {
    if buffer.len() < at + 8 {
        buffer.resize((at + 8).next_power_of_two(), 0);
    }
    buffer.get_mut(at..)?.first_chunk_mut()
}

/// Where `line` without the spaces at its ends lies.
fn trim(line: &[u8]) -> std::ops::Range<usize> {
    let start = line.iter().take_while(|&&byte| byte == b' ').count();
    let spaces_behind = line[start..].iter().rev().take_while(|&&byte| byte == b' ').count();
    start..line.len() - spaces_behind
}

static TWO_SPACES: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"  "));

/// Makes each run of spaces in `line` one space, in place, and trims the ends;
/// returns where the result lies.
pub(super) fn collapse(line: &mut [u8]) -> std::ops::Range<usize> {
    let trimmed = trim(line);
    let text = &mut line[trimmed.clone()];
    let Some(first) = TWO_SPACES.find(text) else {
        return trimmed;
    };
    let mut len = first;
    let mut last = 0;
    for at in first..text.len() {
        let byte = text[at];
        text[len] = byte;
        len += usize::from(byte != b' ' || last != b' ');
        last = byte;
    }
    trimmed.start..trimmed.start + len
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::normalised;
    use proptest::prelude::*;

    /// The normal form, step by step, without tables and fast paths.
    fn plainly(text: &str) -> String {
        reference(text).split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn same(lines: &[&str]) {
        for line in lines {
            assert_eq!(normalised(line), normalised(lines[0]), "{line:?}");
        }
    }

    #[test]
    fn white_space_of_any_kind_is_one_space() {
        same(&["a b", " a  b ", "a\tb", "a\u{a0}b", "a\u{3000}b\u{3000}", "a\u{2028}b", "a \u{1}\u{85} b"]);
        assert_eq!(normalised(" \u{a0}\t "), "");
    }

    #[test]
    fn invisible_characters_are_dropped() {
        same(&["share", "\u{feff}share", "sha\u{ad}re", "s\u{200b}h\u{200d}are\u{200f}", "share\u{fe0f}"]);
        same(&["a b", "a \u{200b} b", "\u{200b} a b"]);
    }

    #[test]
    fn case_is_folded_in_full() {
        same(&["straße", "STRASSE", "Strasse", "STRAẞE"]);
        same(&["ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"]);
        same(&["москва", "МОСКВА"]);
        same(&["ΐ", "\u{3aa}\u{301}", "\u{399}\u{308}\u{301}"]);
    }

    #[test]
    fn compatible_characters_are_the_same() {
        same(&["(1) abc", "（１）\u{3000}ＡＢＣ"]);
        same(&["office", "oﬃce"]);
        same(&["カタカナ", "ｶﾀｶﾅ"]);
        same(&["wait...", "Wait…"]);
    }

    #[test]
    fn composed_and_decomposed_text_are_the_same() {
        same(&["café", "cafe\u{301}"]);
        same(&["한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"]);
        same(&["ガ", "カ\u{3099}"]);
        same(&["ế", "e\u{302}\u{301}"]);
    }

    #[test]
    fn every_character_alone_and_between_letters_is_as_the_reference_has_it() {
        // The planes between are not assigned.
        for character in ('\0'..='\u{323ff}').chain('\u{e0000}'..='\u{e0fff}') {
            let line = format!("{character} e{character}a");
            assert_eq!(normalised(&line), plainly(&line), "{character:?}");
        }
    }

    #[test]
    fn only_lines_in_which_characters_combine_are_taken_as_a_whole() {
        let quick = |text: &str| {
            let mut ahead = text.as_bytes().to_vec();
            ahead.resize(text.len() + 8, 0);
            fold(&ahead, text.len(), &mut Vec::new()).is_some()
        };
        for text in ["grüße", "Привет, мир", "你好，世界", "こんにちは", "ข้อมูลที่สุด", "हिन्दी", "שָׁלוֹם", "한국어", "½ ﬁ"]
        {
            assert!(quick(text), "{text}");
        }
        for text in ["cafe\u{301}", "\u{1100}\u{1161}", "a\u{5b4}\u{5b0}"] {
            assert!(!quick(text), "{text}");
        }
    }

    #[test]
    fn runs_of_spaces_collapse_in_place() {
        for (line, expected) in [("", ""), ("   ", ""), ("a", "a"), (" a  b   c ", "a b c"), ("a b", "a b")] {
            let mut bytes = line.as_bytes().to_vec();
            let range = collapse(&mut bytes);
            assert_eq!(&bytes[range], expected.as_bytes());
        }
    }

    /// Characters that meet in hard ways: marks, Hangul parts, spaces, vowels.
    fn hard() -> impl Strategy<Value = String> {
        let alphabet: Vec<char> = " \u{a0}\u{200b}aKéßİıΣς\u{345}\u{301}\u{308}\u{316}\u{323}\u{338}\u{3b9}\u{3aa}\u{93c}\u{928}\u{94d}\u{9be}\u{9c7}\u{1100}\u{1161}\u{11a8}가\u{3099}カ５ﷺ½\u{feff}\u{e38}\u{e48}\u{5b0}\u{5b4}\u{344}\u{f73}\u{f71}\u{f72}"
            .chars()
            .collect();
        proptest::collection::vec(prop_oneof![3 => proptest::sample::select(alphabet), 1 => any::<char>()], 0..24)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn the_fast_way_gives_what_the_definition_gives(text in hard()) {
            prop_assert_eq!(normalised(&text), plainly(&text));
        }

        #[test]
        fn a_normal_form_is_its_own_normal_form(text in hard()) {
            let once = normalised(&text);
            prop_assert_eq!(normalised(&once), once);
        }

        #[test]
        fn ascii_needs_no_unicode(text in "[ -~\t\r\x01]{0,200}") {
            let plain = text.replace(|c: char| c.is_control(), " ").to_lowercase();
            prop_assert_eq!(normalised(&text), plain.split_whitespace().collect::<Vec<_>>().join(" "));
        }

        #[test]
        fn case_spacing_and_composition_do_not_count(words in proptest::collection::vec("[a-zäöüéñçøа-яёα-ωά가-힣一-龥か-ん]{1,8}", 1..8)) {
            let line = words.join(" ");
            let nfd = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
            let expected = normalised(&line);
            prop_assert_eq!(&normalised(&line.to_uppercase()), &expected);
            prop_assert_eq!(&normalised(&words.join(" \u{2003}\t")), &expected);
            prop_assert_eq!(&normalised(&nfd.normalize(&line)), &expected);
        }
    }
}
