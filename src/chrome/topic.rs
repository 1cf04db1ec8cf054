//! What a line has to do with what its page is about: the words that it shares with the headline, and with the
//! beginning of the text.
//!
//! A teaser, or an article that follows below, looks like the page's own text and stands on this page alone; but it
//! speaks of other things. A list in the middle of an article looks like a menu, but has the article's words. This needs
//! neither other pages nor lists of words: long words tell more than short ones, in any language that has them.

use super::evidence::LineEvidence;
use super::layout::Layout;
use crate::line::Line;
use crate::line::words::{Word, words};

/// What a line shares with its page, as shares between 0 and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Topic {
    /// Share of the headline's words that the line has, and of its long words. Of the title if no line is the headline.
    pub headline: f32,
    /// The same of its long words.
    pub headline_long: f32,
    /// Share of the line's words that the beginning of the text has too, in another line.
    pub text: f32,
    /// The same of its long words.
    pub text_long: f32,
}

/// Words of a headline that are looked at.
const MOST: usize = 64;
/// Characters of prose that are the beginning of the text.
const BEGINNING: f32 = 2000.0;
/// Prose in a line of it, in characters.
const PROSE: f32 = 40.0;
/// Lines that the beginning may have.
const MOST_LINES: usize = 64;

/// Places in the tables: a word is taken for another once in a while.
const PLACES: usize = 1 << 12;

/// Finds topics of lines, page by page. Keeps its buffers.
#[derive(Debug)]
pub struct Topics {
    places: Box<[Place; PLACES]>,
    /// The lines of the beginning.
    beginning: Vec<usize>,
}

/// What has the words of a place.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The number of a word of the headline, from 1.
    headline: u8,
    /// The line of the beginning, from 1; [`MANY`] if more than one has such a word.
    text: u8,
}

/// Stands for more than one line.
const MANY: u8 = u8::MAX;

impl Default for Topics {
    fn default() -> Self {
        Self { places: Box::new([Place::default(); PLACES]), beginning: Vec::new() }
    }
}

/// What a line that is all of the beginning is taken to share with it, as it has no others to share words with: about
/// what content does.
const ALONE: [f32; 2] = [0.4, 0.3];

/// What is counted of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// The words of the headline that it has, a bit each.
    headline: u64,
    /// Its words, and as many times [`LONG`] as there are long ones.
    words: u64,
    /// The same of those that it shares with the beginning.
    shared: u64,
}

/// What a long word counts: words and long words are counted in the halves of one number.
const LONG: u64 = 1 << 32;

fn place(word: Word) -> usize {
    word.hash as usize % PLACES
}

impl Topics {
    /// Puts the topics of the lines of a page that are not blank into `topics`: `evidence` and `layout` are theirs.
    pub fn find(
        &mut self,
        text: &str,
        lines: &[Line],
        evidence: &[LineEvidence],
        layout: &Layout,
        topics: &mut Vec<Topic>,
    ) {
        topics.clear();
        topics.resize(evidence.len(), Topic::default());
        let shown = || lines.iter().filter(|line| !line.is_blank());
        let text_of = |line: &Line| text.get(line.start..line.end).unwrap_or_default();
        let headline = shown().nth(layout.headline.unwrap_or_default()).map_or("", text_of);
        let headline = self.set_headline(headline);
        self.set_beginning(shown().map(text_of), evidence, layout);
        let alone = match self.beginning[..] {
            [only] => Some(only),
            _ => None,
        };

        let places = &*self.places;
        let mut shown = shown().zip(topics.iter_mut()).enumerate();
        let mut beginning = self.beginning.iter().zip(1..).peekable();
        // The next line, and its number among those of the beginning, from 1; 0 if it is none.
        let mut next = || {
            let (at, (line, topic)) = shown.next()?;
            let own: u8 = beginning.next_if(|(first, _)| **first == at).map_or(0, |(_, number)| number);
            Some((line.end, topic, own))
        };
        let Some((mut end, mut topic, mut own)) = next() else { return };
        let mut counts = Counts::default();
        words(text, |word| {
            while word.start >= end {
                let Some(line) = next() else { return };
                *topic = std::mem::take(&mut counts).topic(&headline);
                (end, topic, own) = line;
            }
            let Place { headline: number, text } = places[place(word)];
            counts.headline |= u64::from(number != 0) << (number.wrapping_sub(1) & 63);
            let one = 1 + LONG * u64::from(word.is_long);
            counts.words += one;
            counts.shared += if (text != 0) & (text != own) { one } else { 0 };
        });
        *topic = counts.topic(&headline);
        if let Some(topic) = alone.and_then(|at| topics.get_mut(at)) {
            [topic.text, topic.text_long] = ALONE;
        }
    }

    /// Forgets the page before, notes the words of the headline, and returns them.
    fn set_headline(&mut self, headline: &str) -> Headline {
        self.places.fill(Place::default());
        let (mut number, mut all, mut long) = (0, 0, 0);
        words(headline, |word| {
            let place = &mut self.places[place(word)].headline;
            if *place == 0 && number < MOST as u8 {
                number += 1;
                *place = number;
                all |= 1 << (number - 1);
                long |= u64::from(word.is_long) << (number - 1);
            }
        });
        Headline::new([all, long])
    }

    /// Notes the words of the first prose of the body.
    fn set_beginning<'a>(&mut self, lines: impl Iterator<Item = &'a str>, evidence: &[LineEvidence], layout: &Layout) {
        self.beginning.clear();
        let mut prose = 0.0;
        let body = lines.zip(evidence).enumerate().skip(layout.body.start).take(layout.body.len());
        for (at, (line, evidence)) in body.filter(|(_, (_, evidence))| evidence.prose > PROSE) {
            self.beginning.push(at);
            let number = self.beginning.len() as u8;
            words(line, |word| {
                let place = &mut self.places[place(word)].text;
                *place = if *place == 0 || *place == number { number } else { MANY };
            });
            prose += evidence.prose;
            if prose > BEGINNING || self.beginning.len() >= MOST_LINES {
                return;
            }
        }
    }
}

/// The words of a headline.
#[derive(Clone, Copy, Debug, Default)]
struct Headline {
    /// All of them and the long ones, a bit each.
    words: [u64; 2],
    /// How many those are, and at least 1.
    counts: [f32; 2],
}

impl Headline {
    fn new(words: [u64; 2]) -> Self {
        Self { words, counts: words.map(|words| words.count_ones().max(1) as f32) }
    }

    /// The shares of its words that are among these.
    fn shares(&self, found: u64) -> [f32; 2] {
        let [all, long] = self.words.map(|words| (words & found).count_ones() as f32);
        [all / self.counts[0], long / self.counts[1]]
    }
}

impl Counts {
    fn topic(self, of: &Headline) -> Topic {
        let share = |shared: u64, all: u64| shared as u32 as f32 / all.max(1) as u32 as f32;
        // Most lines have nothing of the headline, and many nothing of the text.
        let [headline, headline_long] = if self.headline == 0 { [0.0; 2] } else { of.shares(self.headline) };
        let [text, text_long] = if self.shared == 0 {
            [0.0; 2]
        } else {
            [share(self.shared % LONG, self.words % LONG), share(self.shared / LONG, self.words / LONG)]
        };
        Topic { headline, headline_long, text, text_long }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::of_first;
    use crate::line::{Key, Normaliser};

    /// The topics of the lines of a page that is alone on its site.
    fn topics(text: &str) -> Vec<Topic> {
        let (mut lines, mut layout, mut topics) = (Vec::new(), Layout::default(), Vec::new());
        Normaliser::new(Key::default()).page(text, &mut lines);
        let evidence = of_first(&[text]);
        layout.find(&evidence, 1);
        // What is left of the page before does not matter.
        let mut finder = Topics::default();
        finder.find("Harbour\n", &[], &[], &Layout::default(), &mut topics);
        finder.find(text, &lines, &evidence, &layout, &mut topics);
        topics
    }

    const PAGE: &str = "Ferry to Hale is late again | Courier\n\nFerry to Hale is late again\nWhy the ferry is late\n\
        The boat that brings the islanders of Hale to market came three hours late on Tuesday, and nobody said why.\n\
        Market traders of the islanders lost their Tuesday, and the boat was seen in harbour until noon, they say.\n\
        Council meets on the price of bread, and will not say when it can decide, as all of its members told us.";

    #[test]
    fn lines_have_the_words_of_the_headline_or_have_not() {
        let found: Vec<f32> = topics(PAGE).iter().map(|topic| topic.headline).collect();
        assert_eq!(found[1], 1.0);
        assert_eq!(found[2], 3.0 / 6.0);
        assert!(found[3] > 0.0 && found[5] == 0.0, "{found:?}");
    }

    #[test]
    fn a_line_of_the_text_shares_the_words_of_other_lines_and_not_its_own() {
        let found: Vec<f32> = topics(PAGE).iter().map(|topic| topic.text_long).collect();
        assert!(found[3] > 0.2 && found[3] < 0.8, "{found:?}");
        assert!(found[4] > 0.2 && found[5] < found[4], "{found:?}");
    }

    #[test]
    fn without_a_headline_the_title_is_what_the_page_is_about() {
        let found = topics("Ferry timetable\nHale\nThe ferry leaves\nthe timetable of the ferry");
        let shares: Vec<f32> = found.iter().map(|topic| topic.headline).collect();
        assert_eq!(shares, [1.0, 0.0, 0.5, 1.0]);
        assert!(found.iter().all(|topic| topic.text == 0.0));
    }

    #[test]
    fn a_line_of_text_that_is_alone_is_not_held_to_share_words_with_others() {
        let prose = PAGE.lines().nth(4).unwrap();
        let found = topics(&format!("Harbour news\n{prose}\nCouncil meets"));
        assert_eq!([found[1].text, found[1].text_long], ALONE);
        assert_eq!((found[0].text, found[2].text), (0.0, 0.0));
    }

    #[test]
    fn a_page_without_words_has_no_topics() {
        assert_eq!(topics("*\n---\n\n...").len(), 3);
        assert!(topics("*\n---\n\n...").iter().all(|topic| *topic == Topic::default()));
    }

    proptest! {
        #[test]
        fn shares_are_between_nothing_and_all(text in "([a-z雨がé ,.]{0,90}\n){0,12}") {
            for topic in topics(&text) {
                let Topic { headline, headline_long, text, text_long } = topic;
                for share in [headline, headline_long, text, text_long] {
                    prop_assert!((0.0..=1.0).contains(&share), "{topic:?}");
                }
            }
        }
    }
}
