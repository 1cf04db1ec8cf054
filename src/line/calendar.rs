//! Names of months, weekdays and halves of the day in the languages of the
//! world, found in normalised text.
//!
//! The names are CLDR's, long and abbreviated, in `calendar.txt`: one a line,
//! normalised, sorted, written by `cargo run --example calendar_names`. Names
//! that are also common words, or so short that many words look like them, are
//! told apart, because they mean a date only beside a number.

use std::cmp::Reverse;
use std::sync::LazyLock;

use super::character::Kind;

const NAMES: &str = include_str!("calendar.txt");

/// Long names that are everyday words too: march and august, "environment",
/// "market", "week", "second", "third", "fifth", "lime tree", "cuckoo".
const EVERYDAY: &[&str] =
    &["august", "gegužė", "liepa", "march", "minggu", "pazar", "δευτέρα", "πέμπτη", "τρίτη", "среда"];

/// Names of two letters that stand unmarked beside a number: 5 pm.
const HALVES: &[&str] = &["am", "pm"];

/// How much a name needs around it to be taken for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: the name is taken wherever it stands.
    Alone,
    /// A number or another name beside it.
    Beside,
    /// The same, and brackets around it or (in an alphabet) a full stop or comma
    /// behind it: 3日(月), "Do., 5. Mai".
    Marked,
}

/// A name to find in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    beginning: Beginning,
    /// The name in normal form.
    pub text: &'static str,
    /// Whether it may stand in the letters that a number runs into: "2mar2020" is
    /// a date, "5am" too, "4so" is not.
    pub glues: bool,
    /// Whether words of its script are not set apart by spaces.
    pub unspaced: bool,
    /// What it needs around it.
    pub standing: Standing,
}

impl Name {
    fn of(text: &'static str) -> Option<Self> {
        let beginning = Beginning::of(text.as_bytes())?;
        let chars = text.chars().count();
        let unspaced = text.chars().next().is_some_and(|c| Kind::of(c) == Kind::Unspaced);
        let half = HALVES.contains(&text);
        let standing = match (unspaced, chars) {
            _ if text.len() == 2 && !half => Standing::Marked,
            (false, ..=4) => Standing::Beside,
            (true, 1) => Standing::Marked,
            (true, 2) => Standing::Beside,
            _ if EVERYDAY.contains(&text) => Standing::Beside,
            _ => Standing::Alone,
        };
        Some(Name { beginning, text, glues: chars > 2 || half, unspaced, standing })
    }
}

/// The calendar, made when first asked for.
pub(super) fn calendar() -> &'static Calendar {
    static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::new(NAMES));
    &CALENDAR
}

/// The names, and what finds them.
pub(super) struct Calendar {
    /// Sorted by bucket, and the longer of two alike before the shorter.
    names: Vec<Name>,
    /// Where the names of each bucket begin, and where those of the last end.
    buckets: Vec<u16>,
    beginnings: Beginnings,
}

impl Calendar {
    fn new(names: &'static str) -> Self {
        let mut names: Vec<_> = names.lines().filter_map(Name::of).collect();
        names.sort_unstable_by_key(|name| (name.beginning.bucket(), Reverse(name.text)));
        let first_of = |bucket| names.partition_point(|name| name.beginning.bucket() < bucket);
        let buckets = (0..=Beginning::BUCKETS).map(|bucket| first_of(bucket) as u16).collect();
        Calendar { buckets, beginnings: Beginnings::of(&names), names }
    }

    /// The longest name that `text` has at byte `at`. Words of ASCII letters match
    /// as a whole; whether others go on behind it is for the caller to see.
    #[inline]
    pub(super) fn longest(&self, text: &[u8], at: usize) -> Option<&Name> {
        let text = text.get(at..)?;
        let beginning = Beginning::of(text)?;
        if !self.beginnings.contains(beginning) {
            return None;
        }
        self.search(text, beginning).or_else(|| self.search(text, beginning.of_three()?))
    }

    /// Whether a name may begin with these four bytes (as a little-endian word) of
    /// a text, of which the first so many are letters `a` to `z`.
    #[inline]
    pub(super) fn may_begin(&self, bytes: u32, letters: u32) -> bool {
        self.beginnings.contains(Beginning::of_letters(bytes, letters))
    }

    fn search(&self, text: &[u8], beginning: Beginning) -> Option<&Name> {
        let bucket = beginning.bucket();
        let (first, last) = (self.buckets.get(bucket)?, self.buckets.get(bucket + 1)?);
        let names = self.names.get(usize::from(*first)..usize::from(*last))?;
        let is_it = |name: &&Name| name.beginning == beginning && text.starts_with(name.text.as_bytes());
        names.iter().find(is_it)
    }
}

/// How a name begins: enough to tell most other words by a look at a bit map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Beginning(u32);

impl Beginning {
    /// Most letters that are told apart.
    const MOST_LETTERS: u32 = 31;

    /// The beginning of `text`, or `None` if it is too short for a name.
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        let &[first, second, ref rest @ ..] = text else {
            return None;
        };
        let at = |at| rest.get(at).copied().unwrap_or(0);
        let bytes = u32::from_le_bytes([first, second, at(0), at(1)]);
        if !first.is_ascii() {
            // The first two letters of most alphabets.
            return Some(Beginning(bytes));
        }
        let letters = text.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        Some(Self::of_letters(bytes, u32::try_from(letters).unwrap_or(u32::MAX)))
    }

    /// The number of letters, and the first three of them or what stands behind
    /// the only one.
    #[inline]
    fn of_letters(bytes: u32, letters: u32) -> Self {
        let shown = if letters > 2 { 0x00ff_ffff } else { 0x0000_ffff };
        Beginning(bytes & shown | letters.min(Self::MOST_LETTERS) << 24)
    }

    /// How many buckets names are sorted into.
    const BUCKETS: usize = 1 << 13;

    fn bucket(self) -> usize {
        (self.hash() >> 19) as usize
    }

    /// Fibonacci hashing: the high bits of a product mix all bits of a factor.
    #[inline]
    fn hash(self) -> u32 {
        self.0.wrapping_mul(0x9e37_79b1)
    }

    /// That of a name of three bytes beyond ASCII, whatever stands behind it.
    fn of_three(self) -> Option<Self> {
        let [first, second, third, _] = self.0.to_le_bytes();
        let three = Beginning(u32::from_le_bytes([first, second, third, 0]));
        (!first.is_ascii()).then_some(three)
    }
}

/// A set of beginnings as a bit map: it may hold more than was put in, not less.
struct Beginnings(Box<[u64; 1 << 11]>);

impl Beginnings {
    fn of(names: &[Name]) -> Self {
        let mut set = Beginnings(Box::new([0; 1 << 11]));
        for name in names {
            match *name.text.as_bytes() {
                [first @ 0x80..=0xff, second, third] => (0..=u8::MAX).for_each(|fourth| {
                    set.insert(Beginning(u32::from_le_bytes([first, second, third, fourth])));
                }),
                _ => set.insert(name.beginning),
            }
        }
        set
    }

    fn insert(&mut self, beginning: Beginning) {
        let (word, bit) = Self::place(beginning);
        self.0[word] |= 1 << bit;
    }

    #[inline]
    fn contains(&self, beginning: Beginning) -> bool {
        let (word, bit) = Self::place(beginning);
        self.0[word] >> bit & 1 == 1
    }

    #[inline]
    fn place(beginning: Beginning) -> (usize, u32) {
        let hash = beginning.hash() >> 15;
        ((hash >> 6) as usize, hash & 63)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::normalised;

    fn found(text: &str) -> Option<&'static str> {
        calendar().longest(text.as_bytes(), 0).map(|name| name.text)
    }

    #[test]
    fn names_are_sorted_normal_and_without_digits() {
        let names: Vec<_> = NAMES.lines().collect();
        assert!(names.is_sorted_by(|a, b| a < b));
        for name in names {
            assert_eq!(normalised(name), name);
            assert!(!name.chars().any(|c| Kind::of(c) == Kind::Digit), "{name}");
        }
    }

    #[test]
    fn the_longest_name_at_a_place_is_found() {
        assert_eq!(found("december 3"), Some("december"));
        assert_eq!(found("dec 3"), Some("dec"));
        assert_eq!(found("月曜日)"), Some("月曜日"));
        assert_eq!(found("marble 3"), None);
        assert_eq!(found("xyz"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn every_name_is_found_whatever_stands_behind_it() {
        for name in NAMES.lines() {
            for behind in ["", " ", ".", "5", "日"] {
                let text = format!("{name}{behind}");
                assert!(found(&text).is_some_and(|found| found.len() >= name.len()), "{text}");
            }
        }
    }

    #[test]
    fn many_languages_are_known() {
        for name in [
            "märz",
            "августа",
            "octobre",
            "星期一",
            "週一",
            "月曜日",
            "월요일",
            "พฤษภาคม",
            "مايو",
            "خرداد",
            "ינואר",
            "जनवरी",
            "tammikuuta",
            "segunda-feira",
            "p.m",
            "午後",
            "thứ hai",
        ] {
            assert_eq!(found(name), Some(name));
        }
    }

    #[test]
    fn short_names_and_everyday_words_need_a_number_beside_them() {
        let standing = |name| calendar().longest(str::as_bytes(name), 0).map(|name| name.standing);
        for name in ["may", "mar", "sun", "sat", "set", "out", "ago", "mai", "lis", "march", "среда", "周一"] {
            assert_eq!(standing(name), Some(Standing::Beside), "{name}");
        }
        for name in ["january", "monday", "июня", "月曜日", "september"] {
            let expected =
                if name.chars().count() > 4 || name == "月曜日" { Standing::Alone } else { Standing::Beside };
            assert_eq!(standing(name), Some(expected), "{name}");
        }
        for name in ["月", "so", "do", "on"] {
            assert_eq!(standing(name), Some(Standing::Marked), "{name}");
        }
    }
}
