//! Which words the prose of a crawl is full of: articles, pronouns and particles, in whatever languages it is written.
//!
//! jusText (Pomikálek, 2011) tells text from lists by its share of stop words, from a list for each language. Here they
//! are learned from what is read: no list is needed, and none is missing. Words are counted by a hash of 14 bits, in some
//! of the prose of each page, so that counting costs next to nothing.

use crate::line::Line;
use crate::line::words::{Word, first_words};

/// Places of the table: one in a hundred rare words shares the place of a frequent one.
const PLACES: usize = 1 << 14;
/// Lines of prose that are taken from a page, from the middle of it, where the text is rather than notices.
const LINES: usize = 4;
/// Characters that a line of prose has at least.
const PROSE: f32 = 60.0;
/// A word is frequent from so many times on, if one in so many words is it.
const TIMES: u64 = 3;
const ONE_IN: u64 = 1000;

/// The place of a word in the table.
fn place(word: Word) -> u16 {
    (word.hash as usize % PLACES) as u16
}

/// Puts the places of the words of some of a page's prose behind `words`.
pub(super) fn sample(text: &str, lines: &[Line], words: &mut Vec<u16>) {
    let is_prose = |line: &&Line| {
        let shape = line.shape;
        shape.length() >= PROSE && (shape.is_closed() || shape.sentences() > 0)
    };
    let prose = lines.iter().filter(is_prose);
    let above = prose.clone().count().saturating_sub(LINES) / 2;
    for line in prose.skip(above).take(LINES) {
        first_words(text, line, |word| words.push(place(word)));
    }
}

/// How often words stand in the prose of a crawl, by their places.
#[derive(Debug, Default)]
pub(super) struct WordCounts(Vec<u64>);

impl WordCounts {
    pub(super) fn add(&mut self, words: &[u16]) {
        self.0.resize(PLACES, 0);
        for word in words {
            if let Some(times) = self.0.get_mut(usize::from(*word)) {
                *times += 1;
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.resize(PLACES, 0);
        self.0.iter_mut().zip(&other.0).for_each(|(times, others)| *times += others);
    }

    pub(super) fn frequent(&self) -> FrequentWords {
        let all: u64 = self.0.iter().sum();
        let is_frequent: Box<[bool]> =
            self.0.iter().map(|times| *times >= TIMES && times.saturating_mul(ONE_IN) >= all).collect();
        let frequent: u64 = self.0.iter().zip(&is_frequent).filter(|(_, is)| **is).map(|(times, _)| times).sum();
        FrequentWords { is_frequent, share: frequent as f32 / all.max(1) as f32 }
    }
}

/// The words that the prose of a crawl is full of.
#[derive(Debug, Default)]
pub struct FrequentWords {
    /// By place; empty if there is no prose.
    is_frequent: Box<[bool]>,
    share: f32,
}

impl FrequentWords {
    /// Whether a word is one of them, or of a rare one whether it shares the place of one.
    pub fn has(&self, word: Word) -> bool {
        self.is_frequent.get(usize::from(place(word))).copied().unwrap_or_default()
    }

    /// Share of the words of prose that they are, from 0 to 1.
    pub fn share(&self) -> f32 {
        self.share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Key, Normaliser};

    fn sampled(text: &str) -> Vec<u16> {
        let (mut lines, mut words) = (Vec::new(), Vec::new());
        Normaliser::new(Key::default()).page(text, &mut lines);
        sample(text, &lines, &mut words);
        words
    }

    /// The words of a text of one line.
    fn words(text: &str) -> Vec<Word> {
        let (mut lines, mut found) = (Vec::new(), Vec::new());
        Normaliser::new(Key::default()).page(text, &mut lines);
        lines.iter().for_each(|line| first_words(text, line, |word| found.push(word)));
        found
    }

    fn places(text: &str) -> Vec<u16> {
        words(text).into_iter().map(place).collect()
    }

    /// The words of a text that are frequent in the prose of these pages.
    fn frequent<'a>(pages: &[&str], of: &'a str) -> Vec<&'a str> {
        let mut counts = WordCounts::default();
        pages.iter().for_each(|page| counts.add(&sampled(page)));
        let frequent = counts.frequent();
        let found = words(of).into_iter().filter(|word| frequent.has(*word));
        found.map(|word| of[word.start..].split(' ').next().unwrap_or_default()).collect()
    }

    const PROSE: &str = "The ferry was late, and the baker stood on the quay in the rain and waited for the boat.";

    #[test]
    fn words_of_prose_that_come_often_are_frequent() {
        assert_eq!(frequent(&[PROSE, "the the the the"], "The baker and the harbour"), ["The", "the"]);
        assert_eq!(frequent(&[PROSE; 3], "The baker and the harbour"), ["The", "baker", "and", "the"]);
        assert!(frequent(&[], "The baker").is_empty());
        // One in a thousand words is frequent, and one in two thousand is not.
        let rare = format!("Otherwise {}.", "the and on in ".repeat(9).trim());
        let pages = vec![rare.as_str(); 3];
        let many: Vec<&str> = pages.iter().copied().chain(vec![PROSE; 400]).collect();
        assert_eq!(frequent(&pages, "otherwise the"), ["otherwise", "the"]);
        assert_eq!(frequent(&many, "otherwise the"), ["the"]);
    }

    #[test]
    fn prose_is_taken_from_the_middle_of_a_page_and_so_much_of_each_line() {
        let lines: Vec<String> = ["cookies", "one", "two", "three", "four", "imprint"]
            .map(|name| format!("Of {name} this paper tells its readers all that there is to tell."))
            .into();
        assert_eq!(sampled(&format!("Menu\n{}", lines.join("\nMore\n"))), places(&lines[1..5].join("\n")));
        let long = format!("{}.", "雨が降った".repeat(100));
        assert_eq!(sampled(&long), places(&long[..192]));
        assert!(sampled(&long).len() < long.chars().count() / 2);
    }

    #[test]
    fn counts_of_parts_add_up() {
        let (mut one, mut other, mut both) = (WordCounts::default(), WordCounts::default(), WordCounts::default());
        one.add(&sampled(PROSE));
        other.add(&sampled("雨が降った。"));
        other.add(&sampled(PROSE));
        both.merge(&other);
        both.merge(&one);
        one.merge(&other);
        assert_eq!(one.0, both.0);
    }
}
