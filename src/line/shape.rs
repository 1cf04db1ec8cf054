//! What a line looks like, whatever it says: its length, how it ends, how its words begin.
//!
//! Prose is long, punctuated and mostly in small letters; a headline or a menu is not. None of it needs a list of words
//! or knows the language: closing punctuation is that of all scripts, and an ideograph, which says as much as a short
//! word, counts for two and a half characters. These are the shallow text features of Kohlschütter et al. 2010, packed
//! in 32 bits so that a page's shapes cost half as much as its fingerprints.

use std::ops::Range;
use std::sync::LazyLock;

use super::footnote;
use super::scan::{BLOCK, Looks, first_bits, looks};

/// The shape of one line. The default is that of a blank line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape(u32);

/// Steps of the logarithm of the length in one nat.
const STEPS: f32 = 24.0;

impl Shape {
    /// The shape of a line; white space at its ends does not count.
    pub fn of(line: &str) -> Self {
        Blocks::of(line, looks).shape(0..line.len())
    }

    /// The shape as a number: shapes are equal where these are.
    pub fn bits(self) -> u64 {
        u64::from(self.0)
    }

    /// Length in characters, to within two per cent; one of Chinese, Japanese or Korean counts for two and a half.
    pub fn length(self) -> f32 {
        LENGTHS[usize::from(self.length_class())]
    }

    /// Which of 256 lengths it has: what hangs on the length alone can be looked up.
    pub fn length_class(self) -> u8 {
        (self.0 & 0xff) as u8
    }

    /// The length of a class, in characters.
    pub fn length_of_class(class: u8) -> f32 {
        LENGTHS[usize::from(class)]
    }

    /// Natural logarithm of the length plus one.
    pub fn log_length(self) -> f32 {
        (self.0 & 0xff) as f32 / STEPS
    }

    /// Whether it ends as a sentence does, closing quotes and brackets aside. Three dots are no end.
    pub fn is_closed(self) -> bool {
        self.0 & 1 << 8 != 0
    }

    /// Whether it ends in a colon.
    pub fn is_opening(self) -> bool {
        self.0 & 1 << 9 != 0
    }

    /// Whether it holds what menus and paths are divided by: `|`, `»`, `›`, `>`, `·`, `•`.
    pub fn is_divided(self) -> bool {
        self.0 & 1 << 10 != 0
    }

    /// Sentences that end within the line, three at most.
    pub fn sentences(self) -> u32 {
        self.0 >> 11 & 3
    }

    /// Words, three at most.
    pub fn words(self) -> u32 {
        self.0 >> 13 & 3
    }

    /// Share of the words behind the first that begin in a small letter, among those that begin in a letter that is
    /// small or capital; a half where there is none.
    pub fn small(self) -> f32 {
        (self.0 >> 15 & 15) as f32 / 15.0
    }

    /// Share of the characters that are digits.
    pub fn digits(self) -> f32 {
        (self.0 >> 19 & 15) as f32 / 15.0
    }

    /// Commas and their like a word, at most 0.3; 0 in a short line.
    pub fn commas(self) -> f32 {
        (self.0 >> 23 & 15) as f32 / 50.0
    }

    /// Whether it holds what is common in code, paths and formulas, and rare in text of any language: braces, square and
    /// angle brackets, `=`, `_`, `\\`, `/`, `|`, a semicolon or a bracket that opens.
    pub fn is_code(self) -> bool {
        self.0 & 1 << 27 != 0
    }

    /// Whether it begins with a small letter.
    pub fn begins_small(self) -> bool {
        self.0 & 1 << 28 != 0
    }

    /// Whether it holds a date, which is seen when its template is taken.
    pub fn is_dated(self) -> bool {
        self.0 & DATED != 0
    }

    /// The same shape of a line that holds a date, or none.
    pub(super) fn with_date(self, is_dated: bool) -> Self {
        Self(if is_dated { self.0 | DATED } else { self.0 & !DATED })
    }
}

/// See [`Shape::is_dated`].
const DATED: u32 = 1 << 29;

/// The length of each class, in characters.
static LENGTHS: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|class| libm::expf(class as f32 / STEPS) - 1.0));

/// The classes of the lengths of most lines.
static CLASSES: LazyLock<[u8; 1024]> = LazyLock::new(|| std::array::from_fn(|length| class(length as f32)));

/// The class of a length in characters.
fn class(length: f32) -> u8 {
    (libm::logf(1.0 + length) * STEPS + 0.5).min(255.0) as u8
}

/// How many bits are set: none, as a rule.
#[inline]
fn count(bits: u64) -> u32 {
    if bits == 0 { 0 } else { bits.count_ones() }
}

/// What is counted of a line.
#[derive(Default)]
struct Counts {
    characters: u32,
    wide: u32,
    words: u32,
    small: u32,
    capital: u32,
    digits: u32,
    commas: u32,
    sentences: u32,
    /// Whether what is common in code stands behind the end of a sentence: a bracket, perhaps, that a footnote marker opens.
    code_behind_sentence: bool,
    closed: bool,
    opening: bool,
    divided: bool,
    code: bool,
    begins_small: bool,
}

/// What goes on from one part of a line to the next.
#[derive(Default)]
struct State {
    /// Whether the byte before is of a word, and whether a sentence ended there.
    in_word: u64,
    ended: u64,
    beyond: Beyond,
}

/// The looks of a character of the block before that reaches into this one.
#[derive(Default, PartialEq, Eq)]
struct Beyond {
    blank: u64,
    closing: u64,
    stop: u64,
}

/// A text that is looked at in blocks, from its start to its end.
pub(super) struct Blocks<'a, L> {
    text: &'a str,
    /// Looks at a block: [`looks`], or the same for wider lanes.
    look: L,
    /// The block that was looked at last, and what was seen.
    last: Option<usize>,
    looks: Looks,
}

impl<'a, L: Fn(&[u8; BLOCK]) -> Looks> Blocks<'a, L> {
    pub(super) fn of(text: &'a str, look: L) -> Self {
        Self { text, look, last: None, looks: Looks::default() }
    }

    /// The shape of a line of the text, wherever its blocks begin.
    #[inline(always)]
    pub(super) fn shape(&mut self, line: Range<usize>) -> Shape {
        let mut counts = Counts::default();
        counts.add(self, trimmed(self.text, line));
        counts.pack()
    }

    #[inline(always)]
    fn looks(&mut self, number: usize) -> Looks {
        if self.last != Some(number) {
            let bytes = self.text.as_bytes().get(number * BLOCK..).unwrap_or_default();
            self.looks = match bytes.first_chunk() {
                Some(block) => (self.look)(block),
                None => {
                    let mut block = [0; BLOCK];
                    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                    (self.look)(&block)
                }
            };
            self.last = Some(number);
        }
        self.looks
    }
}

/// A line of a text without the white space at its ends.
#[inline(always)]
fn trimmed(text: &str, line: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes().get(line.clone()).unwrap_or_default();
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = line.start + bytes.iter().take_while(is_blank).count();
    let end = (line.end - bytes.iter().rev().take_while(is_blank).count()).max(start);
    let is_plain = |byte: usize| text.as_bytes().get(byte).is_none_or(u8::is_ascii);
    if start == end || is_plain(start) && is_plain(end - 1) {
        return start..end;
    }
    let rest = text.get(start..end).unwrap_or_default();
    let start = end - rest.trim_start().len();
    start..start + rest.trim().len()
}

impl Counts {
    /// Counts a line that neither begins nor ends with white space.
    #[inline(always)]
    fn add(&mut self, blocks: &mut Blocks<'_, impl Fn(&[u8; BLOCK]) -> Looks>, line: Range<usize>) {
        let text = blocks.text.get(line.clone()).unwrap_or_default();
        self.characters = line.len() as u32;
        let mut state = State::default();
        let mut at = line.start;
        while at < line.end {
            let (number, begin) = (at / BLOCK, at % BLOCK);
            let part = first_bits(line.end - number * BLOCK) & !first_bits(begin);
            let looks = blocks.looks(number);
            if looks.high & part == 0 && state.beyond == Beyond::default() {
                self.part(looks, part, &mut state);
            } else {
                let looks = self.beyond_ascii(looks, part, blocks.text, number * BLOCK, &mut state);
                self.part(looks, part, &mut state);
            }
            at = (number + 1) * BLOCK;
        }
        if self.code_behind_sentence && text.contains('[') {
            self.sentences = sentences(text);
        }
        self.ends(text);
    }

    /// Counts the part of a line that lies in a block.
    #[inline(always)]
    fn part(&mut self, looks: Looks, part: u64, state: &mut State) {
        let word = part & !looks.blank;
        let starts = word & !(word << 1 | state.in_word);
        state.in_word = word >> (BLOCK - 1);
        self.words += starts.count_ones();
        self.small += (starts & looks.small).count_ones();
        self.capital += (starts & looks.capital).count_ones();
        self.digits += count(looks.digit & part);
        self.commas += count(looks.comma & part);
        self.divided |= looks.divider & part != 0;
        self.code |= looks.code & part != 0;
        // A sum carries the end of a sentence over what closes behind it.
        let (stop, closing) = (looks.stop & part, looks.closing & part);
        let behind = stop << 1 | state.ended;
        let (carried, over) = (behind & closing).overflowing_add(closing);
        state.ended = stop >> (BLOCK - 1) | u64::from(over);
        let rest = (behind | carried) & !closing & part;
        self.sentences += count(rest & looks.blank);
        self.code_behind_sentence |= rest & looks.code != 0;
    }

    /// Adds to the looks of a block those of its characters beyond ASCII, all bytes of which look alike, but that small
    /// and capital letters show by their first byte and full stops by their last.
    #[inline(never)]
    fn beyond_ascii(&mut self, mut looks: Looks, part: u64, text: &str, base: usize, state: &mut State) -> Looks {
        let before = std::mem::take(&mut state.beyond);
        looks.blank |= before.blank;
        looks.closing |= before.closing;
        looks.stop |= before.stop;
        let mut high = looks.high & part;
        while high != 0 {
            let bit = high.trailing_zeros();
            high &= high - 1;
            let Some(c) = text.get(base + bit as usize..).and_then(|rest| rest.chars().next()) else {
                // A character that began before.
                self.characters -= 1;
                continue;
            };
            let look = look_of(c);
            let bytes = ((1_u128 << c.len_utf8()) - 1) << bit;
            let first = 1 << bit;
            let last = 1_u128 << bit << (c.len_utf8() - 1);
            let set = |what: u16, mask: u128| if look & what == 0 { 0 } else { mask };
            let [blank, closing, stop] = [set(SPACE, bytes), set(CLOSING, bytes), set(STOP, last)];
            looks.blank |= blank as u64;
            looks.closing |= closing as u64;
            looks.stop |= stop as u64;
            state.beyond.blank |= (blank >> BLOCK) as u64;
            state.beyond.closing |= (closing >> BLOCK) as u64;
            state.beyond.stop |= (stop >> BLOCK) as u64;
            looks.small |= set(SMALL, first) as u64;
            looks.capital |= set(CAPITAL, first) as u64;
            looks.digit |= set(NUMERIC, first) as u64;
            looks.comma |= set(COMMA, first) as u64;
            looks.divider |= set(DIVIDER, first) as u64;
            self.wide += u32::from(look & WIDE != 0);
            // Unspaced scripts need no space behind a full stop.
            self.sentences += u32::from(look & FULL_STOP != 0);
        }
        looks
    }

    /// Looks at the first and the last characters of a line.
    #[inline(always)]
    fn ends(&mut self, line: &str) {
        let first = line.chars().next().map_or(0, look_of);
        // The first word tells nothing: every sentence begins in a capital.
        self.begins_small = first & SMALL != 0;
        self.small -= u32::from(self.begins_small);
        self.capital -= u32::from(first & CAPITAL != 0);
        // Most lines end in a letter or a digit, and so neither in a colon nor as a sentence does.
        if line.as_bytes().last().is_some_and(u8::is_ascii_alphanumeric) {
            return;
        }
        self.opening = line.ends_with([':', '：']);
        let text = without_closing(line);
        self.closed = text.ends_with(is_end) && !text.ends_with("...");
        // The last full stop ends no sentence within the line.
        if self.closed && text.ends_with(['。', '！', '？']) {
            self.sentences -= 1;
        }
    }

    #[inline(always)]
    fn pack(self) -> Shape {
        let characters = self.characters as f32 + self.wide as f32 * 1.5;
        let known = if self.wide == 0 { CLASSES.get(self.characters as usize) } else { None };
        let length = known.copied().unwrap_or_else(|| class(characters));
        let share = |part: f32, whole: f32| (part / whole.max(1.0) * 15.0 + 0.5).min(15.0) as u32;
        let digits = if self.digits == 0 { 0 } else { share(self.digits as f32, self.characters as f32) };
        let cased = (self.small + self.capital) as f32;
        let small = share(self.small as f32 + 0.5, cased + 1.0);
        let commas = if self.commas > 0 && (self.words > 4 || characters > 30.0) {
            (self.commas as f32 / self.words.max(1) as f32 * 50.0 + 0.5).min(15.0) as u32
        } else {
            0
        };
        Shape(
            u32::from(length)
                | u32::from(self.closed) << 8
                | u32::from(self.opening) << 9
                | u32::from(self.divided) << 10
                | self.sentences.min(3) << 11
                | self.words.min(3) << 13
                | small << 15
                | digits << 19
                | commas << 23
                | u32::from(self.code) << 27
                | u32::from(self.begins_small) << 28,
        )
    }
}

/// A text without the quotes, brackets and footnote markers that it ends in.
fn without_closing(mut text: &str) -> &str {
    while let Some(rest) = footnote::strip(text).or_else(|| text.strip_suffix(is_closing)) {
        text = rest;
    }
    text
}

/// Sentences that end within a text, footnote markers behind them aside.
#[inline(never)]
fn sentences(text: &str) -> u32 {
    let (mut sentences, mut ended, mut at) = (0, false, 0);
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        match text.get(at..).filter(|_| ended).and_then(footnote::at_start) {
            Some(end) => at += end,
            None => {
                let look = look_of(c);
                let is = |what: u16| look & what != 0;
                // Unspaced scripts need no space behind a full stop.
                sentences += u32::from(is(SPACE) && ended) + u32::from(is(FULL_STOP));
                ended = is(STOP) || ended && is(CLOSING);
                at += c.len_utf8();
            }
        }
    }
    sentences
}

/// What a character counts as, a bit each.
const SPACE: u16 = 1;
const SMALL: u16 = 1 << 1;
const CAPITAL: u16 = 1 << 2;
const NUMERIC: u16 = 1 << 3;
const COMMA: u16 = 1 << 4;
const CODE: u16 = 1 << 5;
const DIVIDER: u16 = 1 << 6;
/// Ends a sentence if a space follows, and what closes before that.
const STOP: u16 = 1 << 7;
/// Ends a sentence, whatever follows.
const FULL_STOP: u16 = 1 << 8;
const CLOSING: u16 = 1 << 9;
const WIDE: u16 = 1 << 10;

/// What the characters of most alphabets, and the punctuation that all share, count as.
static LOOKS: LazyLock<Box<[u16]>> = LazyLock::new(|| ('\0'..'\u{2100}').map(look).collect());

/// What a character counts as, looked up for most.
fn look_of(c: char) -> u16 {
    LOOKS.get(c as usize).copied().unwrap_or_else(|| look(c))
}

/// What a character counts as.
fn look(c: char) -> u16 {
    let all = [
        (SPACE, c.is_whitespace()),
        (SMALL, c.is_lowercase()),
        (CAPITAL, c.is_uppercase()),
        (NUMERIC, c.is_numeric()),
        (COMMA, matches!(c, ',' | ';' | '、' | '，' | '،' | '；')),
        (CODE, matches!(c, '{' | '}' | '[' | ']' | '(' | '<' | '>' | '=' | '_' | '\\' | '/' | '|' | ';')),
        (DIVIDER, matches!(c, '|' | '>' | '»' | '«' | '›' | '·' | '•')),
        (STOP, matches!(c, '.' | '!' | '?' | '؟' | '۔' | '।')),
        (FULL_STOP, matches!(c, '。' | '！' | '？')),
        (CLOSING, is_closing(c)),
        (WIDE, is_wide(c)),
    ];
    all.into_iter().fold(0, |look, (what, is)| if is { look | what } else { look })
}

/// Whether a character is written in two cells: an ideograph, a syllable of Kana or Hangul.
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character ends a sentence, in any script.
fn is_end(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | '…'
            | '。'
            | '．'
            | '！'
            | '？'
            | '｡'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '։'
            | '።'
            | '၊'
            | '។'
            | '‼'
            | '⁇'
    )
}

/// Whether a character may stand behind the end of a sentence: a quote or bracket that closes, a footnote marker.
fn is_closing(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '>'
            | '*'
            | '”'
            | '’'
            | '»'
            | '›'
            | '“'
            | '‘'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '］'
    ) || footnote::is_sign(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sentence_ends_in_a_full_stop_of_any_script() {
        for line in [
            "It rained.",
            "“It rained.”",
            "He said (it rained!)",
            "雨が降った。",
            "「雨が降った。」",
            "هل أمطرت؟",
            "बारिश हुई।",
            "It rained.[5]",
            "“It rained.”[citation needed][nb 2]",
            "It rained. [12]",
            "It rained.²",
        ] {
            assert!(Shape::of(line).is_closed(), "{line}");
        }
        for line in
            ["Read more", "Read more...", "Topics:", "", "»", "...", "Vol. 3", "Vol. 3 [5]", "[edit]", "]", "x.[]"]
        {
            assert!(!Shape::of(line).is_closed(), "{line}");
        }
    }

    #[test]
    fn sentences_within_a_line_are_counted_to_three() {
        for (line, sentences) in [
            ("It rained. It poured.", 1),
            ("It rained.", 0),
            ("“It rained.” It poured. Then it stopped! No one knew? No.", 3),
            ("雨が降った。風が吹いた。", 1),
            ("It rained.[5] It poured.[6][nb 2] Then it stopped!¹ No.[7]", 3),
            ("It rained.[a marker that is none, so long is it] It poured.", 0),
            ("dehusk.toml and example.org", 0),
        ] {
            assert_eq!(Shape::of(line).sentences(), sentences, "{line}");
        }
    }

    #[test]
    fn small_letters_tell_prose_from_a_headline() {
        assert!(Shape::of("the rain in the hills fell for a week").small() > 0.9);
        assert!(Shape::of("Rain In The Hills Falls For A Week").small() < 0.1);
        assert!((Shape::of("山に雨が降る").small() - 0.5).abs() < 0.05);
    }

    #[test]
    fn an_ideograph_counts_for_two_and_a_half_characters() {
        let (wide, plain) =
            (Shape::of("雨が降った雨が降った").length(), Shape::of("abcdeabcdeabcdeabcdeabcde").length());
        assert!((wide / plain - 1.0).abs() < 0.01, "{wide} {plain}");
    }

    #[test]
    fn length_is_known_to_within_two_per_cent() {
        for n in [1, 7, 80, 333, 5000, 39_000] {
            let length = Shape::of(&"x".repeat(n)).length();
            assert!((length / n as f32 - 1.0).abs() < 0.05, "{n} {length}");
        }
    }

    /// How long the footnote marker is that a text begins with, in bytes.
    fn plain_mark(text: &str) -> usize {
        let inner = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or("", |(inner, _)| inner);
        if inner.is_empty() || inner.len() > 20 || inner.contains('[') { 0 } else { inner.len() + 2 }
    }

    /// Counts the characters of a line one by one.
    fn plainly(line: &str) -> Counts {
        let mut counts = Counts::default();
        let (mut spaced, mut ended) = (true, false);
        counts.begins_small = line.starts_with(char::is_lowercase);
        let mut marked = 0;
        for (at, c) in line.char_indices() {
            let look = look(c);
            let is = |what: u16| look & what != 0;
            counts.characters += 1;
            counts.wide += u32::from(is(WIDE));
            let space = is(SPACE);
            if spaced && !space {
                counts.words += 1;
                if counts.words > 1 {
                    counts.small += u32::from(is(SMALL));
                    counts.capital += u32::from(is(CAPITAL));
                }
            }
            counts.digits += u32::from(is(NUMERIC));
            counts.commas += u32::from(is(COMMA));
            counts.code |= is(CODE);
            counts.divided |= is(DIVIDER);
            // Unspaced scripts need no space behind a full stop.
            if ended && at >= marked {
                marked = at + plain_mark(&line[at..]);
            }
            if at >= marked {
                counts.sentences += u32::from(space && ended) + u32::from(is(FULL_STOP));
                ended = is(STOP) || ended && is(CLOSING);
            }
            spaced = space;
        }
        counts.opening = line.ends_with([':', '：']);
        let mut text = line;
        while let Some(last) = text.chars().next_back().filter(|c| is_closing(*c)) {
            let open = text.rfind('[').filter(|open| *open + plain_mark(&text[*open..]) == text.len());
            text = open.map_or(&text[..text.len() - last.len_utf8()], |open| text[..open].trim_end());
        }
        counts.closed = text.ends_with(is_end) && !text.ends_with("...");
        // The last full stop ends no sentence within the line.
        if counts.closed && text.ends_with(['。', '！', '？']) {
            counts.sentences -= 1;
        }
        counts
    }

    proptest! {
        #[test]
        fn white_space_round_a_line_does_not_count(line in ".{0,60}") {
            prop_assert_eq!(Shape::of(&format!("  {line}\t")), Shape::of(&line));
        }

        #[test]
        fn blocks_show_what_characters_do(
            line in "([ -~\t\u{a0}\u{3000}]|[.!?؟।。！][\"')\\]}>*”’」]{0,70} ?|[äßÄ雨٣½、；»•：…²†]|[.!]?\\[[a1 ]{0,25}\\] ?|.){0,150}",
        ) {
            prop_assert_eq!(plainly(line.trim()).pack(), Shape::of(&line));
        }

        #[test]
        fn a_line_has_one_shape_wherever_it_lies(lines in prop::collection::vec("[ -~\t\x0b\x0c]{0,90}|.{0,30}", 0..9)) {
            let text = lines.join("\n");
            let mut blocks = Blocks::of(&text, looks);
            let mut at = 0;
            for line in &lines {
                prop_assert_eq!(blocks.shape(at..at + line.len()), Shape::of(line));
                at += line.len() + 1;
            }
        }
    }
}
