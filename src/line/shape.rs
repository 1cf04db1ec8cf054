//! What a line looks like, whatever it says: its length, how it ends, how its words begin.
//!
//! Prose is long, punctuated and mostly in small letters; a headline or a menu is not. None of it needs a list of words
//! or knows the language: closing punctuation is that of all scripts, and an ideograph, which says as much as a short
//! word, counts for two and a half characters. These are the shallow text features of Kohlschütter et al. 2010, packed
//! in 32 bits so that a page's shapes cost half as much as its fingerprints.

use std::sync::LazyLock;

/// The shape of one line. The default is that of a blank line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape(u32);

/// Steps of the logarithm of the length in one nat.
const STEPS: f32 = 24.0;

impl Shape {
    /// The shape of a line; white space at its ends does not count.
    pub fn of(line: &str) -> Self {
        let line = line.trim();
        let mut counts = Counts::default();
        if line.is_ascii() {
            counts.ascii(line.as_bytes());
        } else {
            counts.unicode(line);
        }
        counts.pack()
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
}

/// The length of each class, in characters.
static LENGTHS: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|class| libm::expf(class as f32 / STEPS) - 1.0));

/// What is counted of a line.
#[derive(Default)]
struct Counts {
    length: f32,
    characters: u32,
    words: u32,
    small: u32,
    capital: u32,
    digits: u32,
    commas: u32,
    sentences: u32,
    closed: bool,
    opening: bool,
    divided: bool,
    code: bool,
    begins_small: bool,
}

/// What a byte of ASCII counts as: bytes of a sum, which hold until 255 bytes are added.
const COUNTS: [u64; 128] = {
    let mut counts = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        counts[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b',' => COMMA,
            b';' => COMMA | CODE,
            b'|' | b'>' => DIVIDER | CODE,
            b'{' | b'}' | b'[' | b']' | b'(' | b'<' | b'=' | b'_' | b'\\' | b'/' => CODE,
            _ => 0,
        };
        byte += 1;
    }
    counts
};
const DIGIT: u64 = 1;
const COMMA: u64 = 1 << 8;
const DIVIDER: u64 = 1 << 16;
const CODE: u64 = 1 << 48;

/// What a byte counts as besides where it begins a word.
const STARTS: [u64; 128] = {
    let mut starts = [WORD; 128];
    let mut byte = 0;
    while byte < 128 {
        starts[byte] = match byte as u8 {
            b' ' | b'\t' | 0x0b | 0x0c => 0,
            b'a'..=b'z' => WORD | SMALL,
            b'A'..=b'Z' => WORD | CAPITAL,
            _ => WORD,
        };
        byte += 1;
    }
    starts
};
const WORD: u64 = 1 << 24;
const SMALL: u64 = 1 << 32;
const CAPITAL: u64 = 1 << 40;

/// Bytes whose counts fit a byte each.
const FITS: usize = 255;

impl Counts {
    fn ascii(&mut self, line: &[u8]) {
        self.length = line.len() as f32;
        self.characters = line.len() as u32;
        let mut spaced = true;
        for part in line.chunks(FITS) {
            let mut sum = 0;
            for &byte in part {
                let at = usize::from(byte & 127);
                let starts = STARTS[at];
                sum += COUNTS[at] + if spaced { starts } else { 0 };
                spaced = starts == 0;
            }
            let count = |unit: u64| ((sum / unit) & 0xff) as u32;
            self.digits += count(DIGIT);
            self.commas += count(COMMA);
            self.divided |= count(DIVIDER) > 0;
            self.code |= count(CODE) > 0;
            self.words += count(WORD);
            self.small += count(SMALL);
            self.capital += count(CAPITAL);
        }
        // The first word tells nothing: every sentence begins in a capital.
        match line.first().map(|byte| STARTS[usize::from(byte & 127)]) {
            Some(start) if start & SMALL != 0 => {
                self.small -= 1;
                self.begins_small = true;
            }
            Some(start) if start & CAPITAL != 0 => self.capital -= 1,
            _ => {}
        }
        for end in memchr::memchr3_iter(b'.', b'!', b'?', line) {
            let behind = line.get(end + 1..).unwrap_or_default();
            let closing = behind.iter().take_while(|byte| is_closing(char::from(**byte))).count();
            let space = behind.get(closing).is_some_and(|byte| STARTS[usize::from(byte & 127)] == 0);
            self.sentences += u32::from(space);
        }
        self.opening = line.last() == Some(&b':');
        let end = line.iter().rposition(|byte| !is_closing(char::from(*byte)));
        let text = &line[..end.map_or(0, |end| end + 1)];
        self.closed = matches!(text.last(), Some(b'.' | b'!' | b'?')) && !text.ends_with(b"...");
    }

    fn unicode(&mut self, line: &str) {
        let (mut spaced, mut ended) = (true, false);
        self.begins_small = line.starts_with(char::is_lowercase);
        for c in line.chars() {
            self.characters += 1;
            self.length += if is_wide(c) { 2.5 } else { 1.0 };
            let space = c.is_whitespace();
            if spaced && !space {
                self.words += 1;
                if self.words > 1 {
                    self.small += u32::from(c.is_lowercase());
                    self.capital += u32::from(c.is_uppercase());
                }
            }
            self.digits += u32::from(c.is_numeric());
            self.commas += u32::from(matches!(c, ',' | ';' | '、' | '，' | '،' | '；'));
            self.code |= matches!(c, '{' | '}' | '[' | ']' | '(' | '<' | '>' | '=' | '_' | '\\' | '/' | '|' | ';');
            self.divided |= matches!(c, '|' | '>' | '»' | '«' | '›' | '·' | '•');
            if space {
                self.sentences += u32::from(ended);
            }
            // Unspaced scripts need no space behind a full stop.
            self.sentences += u32::from(matches!(c, '。' | '！' | '？'));
            ended = !space && (matches!(c, '.' | '!' | '?' | '؟' | '۔' | '।') || ended && is_closing(c));
            spaced = space;
        }
        self.opening = line.ends_with([':', '：']);
        let text = line.trim_end_matches(is_closing);
        self.closed = text.ends_with(is_end) && !text.ends_with("...");
        // The last full stop ends no sentence within the line.
        if self.closed && text.ends_with(['。', '！', '？']) {
            self.sentences -= 1;
        }
    }

    fn pack(self) -> Shape {
        let length = (libm::logf(1.0 + self.length) * STEPS + 0.5).min(255.0) as u32;
        let share = |part: f32, whole: f32| (part / whole.max(1.0) * 15.0 + 0.5).min(15.0) as u32;
        let cased = (self.small + self.capital) as f32;
        let small = share(self.small as f32 + 0.5, cased + 1.0);
        let commas = if self.words > 4 || self.length > 30.0 {
            (self.commas as f32 / self.words.max(1) as f32 * 50.0 + 0.5).min(15.0) as u32
        } else {
            0
        };
        Shape(
            length
                | u32::from(self.closed) << 8
                | u32::from(self.opening) << 9
                | u32::from(self.divided) << 10
                | self.sentences.min(3) << 11
                | self.words.min(3) << 13
                | small << 15
                | share(self.digits as f32, self.characters as f32) << 19
                | commas << 23
                | u32::from(self.code) << 27
                | u32::from(self.begins_small) << 28,
        )
    }
}

/// Whether a character is written in two cells: an ideograph, a syllable of Kana or Hangul.
fn is_wide(c: char) -> bool {
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

/// Whether a character may stand behind the end of a sentence: a quote or bracket that closes.
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
    )
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
        ] {
            assert!(Shape::of(line).is_closed(), "{line}");
        }
        for line in ["Read more", "Read more...", "Topics:", "", "»", "...", "Vol. 3"] {
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

    proptest! {
        #[test]
        fn white_space_round_a_line_does_not_count(line in ".{0,60}") {
            prop_assert_eq!(Shape::of(&format!("  {line}\t")), Shape::of(&line));
        }

        #[test]
        fn ascii_has_one_shape_by_either_way(line in "[ -~]{0,80}") {
            let line = line.trim();
            let mut counts = Counts::default();
            counts.unicode(line);
            prop_assert_eq!(counts.pack(), Shape::of(line));
        }
    }
}
