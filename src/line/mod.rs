//! Lines of a page and their fingerprints.
//!
//! A page is split, normalised and hashed in one pass over its bytes: blocks of
//! 64 are lower-cased and scanned together (`scan`), lines of plain ASCII are
//! then hashed as they lie, and only a line that holds other characters or needs
//! its spaces collapsed costs more (`normalise`). A line with a digit or an
//! address in it has a second fingerprint, of its `template`, which other
//! numbers, dates and addresses do not change.

mod address;
mod calendar;
mod character;
mod footnote;
pub(crate) mod lanes;
pub mod mark;
mod normalise;
mod reference;
mod scan;
mod shape;
mod template;
mod title;
pub(crate) mod words;

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use address::{Addresses, Found};
use normalise::{collapse, fold, fold_whole};
use scan::{BLOCK, Looks, Marks, looks, scan};
pub use shape::Shape;
pub use title::TitleParts;

/// A 64-bit hash of a line's normal form or of its template; 0 is that of a
/// blank line and of no other.
pub type Fingerprint = u64;

/// The key of all fingerprints: the seed of XXH3-64. Whoever does not know it
/// cannot make lines that share a fingerprint with a chosen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// A key of one's own; fingerprints of different keys do not compare.
    pub const fn new(seed: u64) -> Self {
        Key(seed)
    }

    /// The seed that the key was made from.
    pub const fn seed(self) -> u64 {
        self.0
    }

    /// The fingerprint of a text that is normal (or a template) already.
    #[inline]
    fn fingerprint(self, text: &[u8]) -> Fingerprint {
        if text.is_empty() {
            return 0;
        }
        xxh3_64_with_seed(text, self.0).max(1)
    }
}

impl Default for Key {
    /// The key of every run that sets none, so that their results compare.
    fn default() -> Self {
        Key(0x6465_6875_736b_0001)
    }
}

/// One line of a page: where it lies and what it is recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// First byte of the line in the page's text.
    pub start: usize,
    /// First byte behind the line's text, where its terminator begins.
    pub end: usize,
    /// First byte of the next line: `end` and the terminator's 0 to 2 bytes.
    pub next: usize,
    /// Fingerprint of the normalised line.
    pub exact: Fingerprint,
    /// Fingerprint of the line's template; the same as `exact` when there is
    /// nothing to mask.
    pub template: Fingerprint,
    /// What the line looks like; nothing where templates are not taken.
    pub shape: Shape,
}

impl Line {
    /// Whether the line holds nothing that shows.
    pub fn is_blank(&self) -> bool {
        self.exact == 0
    }
}

/// Whether lines get a fingerprint of their template, and a shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Templates {
    /// Lines with digits or addresses do.
    #[default]
    Take,
    /// None does: `template` is `exact`. For passes that do not ask for it.
    Skip,
}

/// Splits pages into lines and takes their fingerprints. Keeps its buffers from
/// page to page, so one a thread is enough.
#[derive(Debug, Default)]
pub struct Normaliser {
    key: Key,
    templates: Templates,
    /// The page in lower case, and room behind it to read and write whole blocks.
    lowered: Vec<u8>,
    /// The normal form of a line that is not plain ASCII.
    folded: Vec<u8>,
    /// A line without its addresses, and the template of a line.
    bare: Vec<u8>,
    masked: Vec<u8>,
    /// Where the addresses of the page are.
    addresses: Addresses,
}

/// Buffers are given back after a page that made them larger than this.
const KEPT_BYTES: usize = 16 << 20;

impl Normaliser {
    /// A normaliser that takes both fingerprints of each line.
    pub fn new(key: Key) -> Self {
        Normaliser { key, ..Normaliser::default() }
    }

    /// Sets whether templates are taken.
    pub fn with_templates(self, templates: Templates) -> Self {
        Normaliser { templates, ..self }
    }

    /// Puts the lines of `text` into `out`, replacing what it held. Lines end at
    /// `\n`, `\r\n` or a lone `\r`; the spans and terminators of all lines are
    /// the text, in order and without gaps. Text that ends in a terminator has
    /// no empty line behind it.
    pub fn page(&mut self, text: &str, out: &mut Vec<Line>) {
        #[cfg(target_arch = "x86_64")]
        if lanes::is_wide() {
            #[allow(unsafe_code)]
            // SAFETY: the processor has all that `page_wide` asks for.
            return unsafe { self.page_wide(text, out) };
        }
        self.page_by(text, out, scan, looks);
    }

    /// [`Self::page`], compiled for processors of the last ten years.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn page_wide(&mut self, text: &str, out: &mut Vec<Line>) {
        self.page_by(text, out, |block, lowered| scan::avx2::scan(block, lowered), |block| scan::avx2::looks(block));
    }

    #[inline(always)]
    fn page_by(
        &mut self,
        text: &str,
        out: &mut Vec<Line>,
        scan: impl Fn(&[u8; BLOCK], &mut [u8; BLOCK]) -> Marks,
        looks: impl Fn(&[u8; BLOCK]) -> Looks,
    ) {
        out.clear();
        let bytes = text.as_bytes();
        self.make_room(bytes.len());
        self.addresses.find(bytes, self.templates);
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut splitter = Splitter::at_start();
        for (number, block) in blocks.iter().enumerate() {
            let marks = scan(block, self.lowered_block(number));
            let ahead = bytes.get((number + 1) * BLOCK) == Some(&b'\n');
            splitter.split(marks, number, ahead, |span, holds| {
                out.push(self.line(span, holds));
            });
        }
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let marks = scan(&last, self.lowered_block(blocks.len())).first(rest.len());
        splitter.split(marks, blocks.len(), false, |span, holds| {
            out.push(self.line(span, holds));
        });
        if let Some((span, holds)) = splitter.open_line(&self.lowered[..bytes.len()]) {
            out.push(self.line(span, holds));
        }
        if self.templates == Templates::Take {
            let mut blocks = shape::Blocks::of(text, looks);
            for line in out.iter_mut() {
                line.shape = blocks.shape(line.start..line.end).with_date(line.shape.is_dated());
            }
        }
        self.give_back();
    }

    /// The page's room and a block behind it, so that a block can be written and
    /// a word read wherever the page has a byte.
    fn make_room(&mut self, len: usize) {
        let needed = (len / BLOCK + 2) * BLOCK;
        if self.lowered.len() < needed {
            self.lowered.resize(needed, 0);
        }
    }

    fn give_back(&mut self) {
        for buffer in [&mut self.lowered, &mut self.folded, &mut self.bare, &mut self.masked] {
            if buffer.capacity() > KEPT_BYTES {
                *buffer = Vec::new();
            }
        }
    }

    #[inline(always)]
    fn lowered_block(&mut self, number: usize) -> &mut [u8; BLOCK] {
        &mut self.lowered.as_chunks_mut().0[number]
    }

    #[inline(always)]
    fn line(&mut self, span: Span, holds: Holds) -> Line {
        let Span { start, end, next } = span;
        let digit = holds.digit && self.templates == Templates::Take;
        let address = self.addresses.are_before(end);
        let (exact, template, is_dated) = if holds.high || holds.loose || digit || address {
            self.fingerprints(start..end, holds, address)
        } else {
            let exact = self.key.fingerprint(&self.lowered[start..end]);
            (exact, exact, false)
        };
        Line { start, end, next, exact, template, shape: Shape::default().with_date(is_dated) }
    }

    /// Both fingerprints of any line, and whether it holds a date.
    #[inline(never)]
    fn fingerprints(&mut self, line: Range<usize>, holds: Holds, address: bool) -> (Fingerprint, Fingerprint, bool) {
        let Normaliser { key, templates, lowered, folded, bare, masked, .. } = self;
        let (ahead, len, digit) = normal_form(lowered, line, holds, folded);
        let exact = key.fingerprint(&ahead[..len]);
        let digit = digit && *templates == Templates::Take;
        let (template, is_dated) = template_of(ahead, len, digit, address, bare, masked);
        (exact, template.map_or(exact, |template| key.fingerprint(template)), is_dated)
    }
}

/// The template of a normalised line, if there is anything to mask, and whether the line holds a date. The line is the
/// first `len` bytes of `ahead`, behind which a block can be read; `digit` and `address` tell whether it holds a digit and
/// the mark of an address.
fn template_of<'a>(
    ahead: &[u8],
    len: usize,
    digit: bool,
    address: bool,
    bare: &'a mut Vec<u8>,
    masked: &'a mut Vec<u8>,
) -> (Option<&'a [u8]>, bool) {
    let found = if address { address::mask(&ahead[..len], bare) } else { Found::Nothing };
    match found {
        Found::AddressesAlone => (None, false),
        Found::Beside => {
            let len = bare.len();
            bare.resize(len + BLOCK, 0);
            let found = template::mask(bare, len, masked);
            (Some(if found.is_template { masked } else { &bare[..len] }), found.is_dated)
        }
        Found::Nothing if digit => {
            let found = template::mask(ahead, len, masked);
            (found.is_template.then_some(&**masked), found.is_dated)
        }
        Found::Nothing => (None, false),
    }
}

/// The normal form of a line of a lowered page, its length (a block can be read
/// behind it), and whether it holds a digit.
fn normal_form<'a>(
    lowered: &'a mut [u8],
    line: Range<usize>,
    holds: Holds,
    folded: &'a mut Vec<u8>,
) -> (&'a [u8], usize, bool) {
    if holds.high {
        return folded_form(&lowered[line.start..], line.len(), holds, folded);
    }
    let range = if holds.loose { collapse(&mut lowered[line.clone()]) } else { 0..line.len() };
    (&lowered[line.start + range.start..], range.len(), holds.digit)
}

/// [`normal_form`] of a line with characters beyond ASCII.
fn folded_form<'a>(ahead: &[u8], len: usize, holds: Holds, buffer: &'a mut Vec<u8>) -> (&'a [u8], usize, bool) {
    let folded = fold(ahead, len, buffer).unwrap_or_else(|| fold_whole(&ahead[..len], buffer));
    let loose = holds.loose || folded.loose;
    let range = if loose { collapse(&mut buffer[..folded.len]) } else { 0..folded.len };
    (&buffer[range.start..], range.len(), holds.digit || folded.digit)
}

/// Where a line lies in its page's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// See [`Line::start`].
    pub start: usize,
    /// See [`Line::end`].
    pub end: usize,
    /// See [`Line::next`].
    pub next: usize,
}

/// The lines of a text, without fingerprints: ended by `\n`, `\r\n` or a lone `\r`, as [`Normaliser::page`] has them.
pub fn spans(text: &str) -> impl Iterator<Item = Span> {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
    std::iter::from_fn(move || {
        let end = loop {
            match ends.next() {
                // The second half of a line end that is counted already.
                Some(at) if at < start => {}
                Some(at) => break at,
                None => break bytes.len(),
            }
        };
        if start == bytes.len() {
            return None;
        }
        let terminator = match bytes.get(end..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([_, ..]) => 1,
            _ => 0,
        };
        let span = Span { start, end, next: end + terminator };
        start = span.next;
        Some(span)
    })
}

/// Cuts marked blocks into lines: what the blocks so far left open.
#[derive(Clone, Copy, Debug)]
struct Splitter {
    /// First byte of the open line.
    start: usize,
    /// What the open line holds.
    holds: Holds,
    /// The last bit of each set of the block before: a space, an end of a line (or
    /// of nothing, before the text), a carriage return.
    space_before: u64,
    end_before: u64,
    carriage_before: u64,
}

impl Splitter {
    fn at_start() -> Self {
        Splitter { start: 0, holds: Holds::default(), space_before: 0, end_before: 1, carriage_before: 0 }
    }

    /// Hands on the lines that end in the block with this number. `newline_ahead`
    /// tells whether a line feed begins the next block.
    #[inline(always)]
    fn split(&mut self, marks: Marks, number: usize, newline_ahead: bool, mut line: impl FnMut(Span, Holds)) {
        let Marks { newline, carriage, space, digit, high } = marks;
        let before_newline = newline >> 1 | u64::from(newline_ahead) << (BLOCK - 1);
        let mut ends = newline | carriage & !before_newline;
        let both = newline & (carriage << 1 | self.carriage_before);
        let behind_space = space << 1 | self.space_before;
        let behind_end = ends << 1 | self.end_before;
        let loose = (space | newline | carriage) & behind_space | space & behind_end;
        self.space_before = space >> (BLOCK - 1);
        self.end_before = ends >> (BLOCK - 1);
        self.carriage_before = carriage >> (BLOCK - 1);

        let rough = loose | digit | high;
        let mut open = u64::MAX;
        while ends != 0 {
            let bit = ends.trailing_zeros();
            let bits = (ends ^ (ends - 1)) & open;
            if rough & bits != 0 {
                self.holds.note(loose & bits, digit & bits, high & bits);
            }
            let at = number * BLOCK + bit as usize;
            let span = Span { start: self.start, end: at - (both >> bit & 1) as usize, next: at + 1 };
            line(span, self.holds);
            self.start = span.next;
            self.holds = Holds::default();
            open &= !bits;
            ends &= ends - 1;
        }
        self.holds.note(loose & open, digit & open, high & open);
    }

    /// The line that the end of the text closes, if there is one.
    fn open_line(mut self, lowered: &[u8]) -> Option<(Span, Holds)> {
        let len = lowered.len();
        self.holds.loose |= lowered.last() == Some(&b' ');
        let span = Span { start: self.start, end: len, next: len };
        (self.start < len).then_some((span, self.holds))
    }
}

/// What the marks say a line holds.
#[derive(Clone, Copy, Debug, Default)]
struct Holds {
    /// Spaces at an end or in runs.
    loose: bool,
    /// An ASCII digit.
    digit: bool,
    /// A character beyond ASCII.
    high: bool,
}

impl Holds {
    #[inline]
    fn note(&mut self, loose: u64, digit: u64, high: u64) {
        self.loose |= loose != 0;
        self.digit |= digit != 0;
        self.high |= high != 0;
    }
}

/// The normal form of a line, to show or to compare: what [`Line::exact`] is the
/// fingerprint of. Line ends count as white space.
pub fn normalised(line: &str) -> String {
    let mut normaliser = Normaliser::default();
    let line = line.replace(['\n', '\r'], " ");
    normaliser.make_room(line.len());
    let mut holds = Holds { loose: true, digit: false, high: !line.is_ascii() };
    for (number, bytes) in line.as_bytes().chunks(BLOCK).enumerate() {
        let mut block = [0; BLOCK];
        block[..bytes.len()].copy_from_slice(bytes);
        holds.digit |= scan(&block, normaliser.lowered_block(number)).digit != 0;
    }
    let Normaliser { lowered, folded, .. } = &mut normaliser;
    let (ahead, len, _) = normal_form(lowered, 0..line.len(), holds, folded);
    String::from_utf8_lossy(&ahead[..len]).into_owned()
}

/// The template of a line, to show or to compare: what [`Line::template`] is the
/// fingerprint of. Names of months and days show as U+0001, addresses as U+0002.
pub fn template(line: &str) -> String {
    let text = normalised(line);
    let mut ahead = text.as_bytes().to_vec();
    ahead.resize(text.len() + BLOCK, 0);
    let (mut bare, mut masked) = (Vec::new(), Vec::new());
    let address = line.contains(address::MARK);
    match template_of(&ahead, text.len(), true, address, &mut bare, &mut masked).0 {
        Some(template) => String::from_utf8_lossy(template).into_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str) -> Vec<Line> {
        let mut lines = vec![Line { start: 7, end: 7, next: 7, exact: 7, template: 7, shape: Shape::default() }];
        Normaliser::default().page(text, &mut lines);
        lines
    }

    fn texts(text: &str) -> Vec<&str> {
        lines(text).iter().map(|line| &text[line.start..line.end]).collect()
    }

    /// Splits at each line end by the book.
    fn plainly(text: &str) -> Vec<&str> {
        let mut lines = Vec::new();
        let mut rest = text;
        while let Some(end) = rest.find(['\r', '\n']) {
            let len = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
            lines.push(&rest[..end]);
            rest = &rest[end + len..];
        }
        if !rest.is_empty() {
            lines.push(rest);
        }
        lines
    }

    #[test]
    fn lines_end_at_line_feeds_and_carriage_returns() {
        assert_eq!(texts("a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
        assert_eq!(texts("a\n\r\n\r\rb\r\n"), ["a", "", "", "", "b"]);
        assert_eq!(texts("\n"), [""]);
        assert_eq!(texts(""), [""; 0]);
    }

    #[test]
    fn other_separators_end_no_line() {
        assert_eq!(texts("a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f").len(), 1);
    }

    #[test]
    fn line_ends_are_found_across_blocks() {
        for len in 60..70 {
            let line = "x".repeat(len);
            for end in ["\n", "\r\n", "\r"] {
                let text = format!("{line}{end}{line}{end}");
                assert_eq!(texts(&text), [line.as_str(), line.as_str()], "{len} {end:?}");
            }
        }
    }

    #[test]
    fn blank_lines_and_no_others_have_the_fingerprint_nought() {
        let lines = lines("\n \t\n\u{a0}\u{200b}\na\n0\n");
        let blank: Vec<_> = lines.iter().map(Line::is_blank).collect();
        assert_eq!(blank, [true, true, true, false, false]);
    }

    #[test]
    fn templates_are_taken_when_asked_for() {
        let text = "page 1\npage 2\npage\n";
        let all = lines(text);
        assert_eq!(all[0].template, all[1].template);
        assert_ne!(all[0].exact, all[1].exact);
        assert_eq!(all[2].exact, all[2].template);
        let mut none = Vec::new();
        Normaliser::default().with_templates(Templates::Skip).page(text, &mut none);
        assert!(none.iter().all(|line| line.exact == line.template));
    }

    #[test]
    fn keys_make_fingerprints_differ() {
        let fingerprints = |seed| {
            let mut lines = Vec::new();
            Normaliser::new(Key::new(seed)).page("some line", &mut lines);
            lines[0].exact
        };
        assert_ne!(fingerprints(1), fingerprints(2));
    }

    #[test]
    fn a_normaliser_forgets_the_page_before() {
        let mut normaliser = Normaliser::default();
        let mut lines = Vec::new();
        normaliser.page(&"ÄÖ  7 x\n".repeat(100), &mut lines);
        normaliser.page("a b", &mut lines);
        assert_eq!(lines, super::tests::lines("a b"));
    }

    #[test]
    fn large_pages_and_long_lines_leave_no_large_buffers() {
        let mut normaliser = Normaliser::default();
        let mut lines = Vec::new();
        normaliser.page(&"é 1 ".repeat(KEPT_BYTES / 4), &mut lines);
        assert_eq!(lines.len(), 1);
        let held = normaliser.lowered.len() + normaliser.folded.len() + normaliser.masked.len();
        assert!(held <= 3 * KEPT_BYTES);
    }

    /// Pages of pieces that lie at the ends of lines, blocks and rules.
    fn page() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-zA-Z0-9 ,.]{0,40}",
            2 => "\r|\n|\r\n|  |\t|\x01",
            1 => "[äß年月日 \u{a0}\u{200b}\u{301}]{0,8}",
            1 => "\\PC{0,8}",
            1 => "://|http://a1",
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn spans_and_terminators_are_the_text(text in page()) {
            let lines = lines(&text);
            let mut from = 0;
            for line in &lines {
                prop_assert_eq!(line.start, from);
                prop_assert!(["", "\n", "\r", "\r\n"].contains(&&text[line.end..line.next]));
                from = line.next;
            }
            prop_assert_eq!(from, text.len());
            prop_assert_eq!(texts(&text), plainly(&text));
        }

        #[test]
        fn fingerprints_are_those_of_the_texts_shown(text in page()) {
            let key = Key::default();
            for line in lines(&text) {
                let text = &text[line.start..line.end];
                prop_assert_eq!(line.exact, key.fingerprint(normalised(text).as_bytes()));
                prop_assert_eq!(line.template, key.fingerprint(template(text).as_bytes()));
            }
        }
    }
}
