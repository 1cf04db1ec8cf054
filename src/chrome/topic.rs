//! What a line has to do with what its page is about: the words that it shares with the headline, and with the
//! beginning of the text.
//!
//! A teaser, or an article that follows below, looks like the page's own text and stands on this page alone; but it
//! speaks of other things. A list in the middle of an article looks like a menu, but has the article's words. This needs
//! neither other pages nor lists of words: long words tell more than short ones, in any language that has them. Of a line
//! that recurs it is not asked, since the site's other pages tell more.

use super::evidence::LineEvidence;
use super::layout::Layout;
use super::statistics::RECURS;
use crate::line::Line;
use crate::line::words::long_words;

/// What a line shares with its page, as shares between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Topic {
    /// Share of the headline's long words that the line has. Of the title if no line is the headline.
    pub headline: f32,
    /// Share of the line's long words that the beginning of the text has too, in another line; where there are few words
    /// to compare, closer to what content shares on the average.
    pub text: f32,
}

/// Words of the title that a headline has at least, and half of them all.
const WORDED: u32 = 2;
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
    /// The lines of the beginning, and how many long words each has.
    beginning: Vec<(usize, u32)>,
}

/// What has the words of a place.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The number of a long word of the headline, from 1.
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

/// What content shares with the beginning of its text on the average: what is assumed of a line as long as there is
/// little to compare.
const MEAN: f32 = 0.3;
/// Words of a line that weigh as much as the assumption, and words of the beginning.
const FEW: [f32; 2] = [2.0, 20.0];

/// What is said of a line of which it is not asked, or of which the text is not there.
impl Default for Topic {
    fn default() -> Self {
        Self { headline: 0.0, text: MEAN }
    }
}

/// What a line shares of which `shared` of its `words` stand among the `others` words of the beginning.
fn shrunk(shared: u32, words: u32, others: u32) -> f32 {
    let share = (shared as f32 + MEAN * FEW[0]) / (words as f32 + FEW[0]);
    MEAN + (share - MEAN) * others as f32 / (others as f32 + FEW[1])
}

/// What is counted of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// The long words of the headline that it has, a bit each.
    headline: u64,
    /// Its words.
    words: u32,
    /// Those that it shares with the beginning.
    shared: u32,
}

fn place(word: u32) -> usize {
    word as usize % PLACES
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
        let shown = lines.iter().filter(|line| !line.is_blank());
        let shown = shown.map(|line| text.get(line.start..line.end).unwrap_or_default());
        let headline = shown.clone().nth(layout.headline.unwrap_or_default()).unwrap_or_default();
        let long = self.set_headline(headline);
        self.set_beginning(shown.clone(), evidence, layout);
        let all: u32 = self.beginning.iter().map(|(_, words)| words).sum();
        let mut beginning = self.beginning.iter().zip(1..).peekable();
        topics.extend(shown.zip(evidence).enumerate().map(|(at, (line, evidence))| {
            let own = beginning.next_if(|((of, _), _)| *of == at);
            if evidence.rarity < RECURS {
                return Topic::default();
            }
            let (words, number) = own.map_or((0, 0), |((_, words), number)| (*words, number));
            self.counts(line, number).topic(long, all - words)
        }));
    }

    /// Counts the words of a line, which has this number among the lines of the beginning, from 1; 0 if it is none.
    fn counts(&self, line: &str, number: u8) -> Counts {
        let mut counts = Counts::default();
        // Nothing but what a word asks for: it is a part of the loop that finds words then.
        long_words(line, |word| {
            let Place { headline, text } = self.places[place(word)];
            counts.headline |= u64::from(headline != 0) << (headline.wrapping_sub(1) & 63);
            counts.words += 1;
            counts.shared += u32::from((text != 0) & (text != number));
        });
        counts
    }

    /// Which of the lines that `may` be the headline has most of the title's long words, if one has many: titles are often
    /// worded otherwise ("Ferry to Hale late: what we know" above "Why the ferry to Hale is late"). Of equal ones it is the
    /// first given.
    pub fn worded(&mut self, text: &str, lines: &[Line], may: impl Iterator<Item = usize>) -> Option<usize> {
        let shown: Vec<&str> =
            lines.iter().filter(|line| !line.is_blank()).filter_map(|line| text.get(line.start..line.end)).collect();
        let all = self.set_headline(shown.first()?);
        let mut best = None;
        for at in may.filter(|at| *at > 0) {
            let mut has = 0u64;
            long_words(shown.get(at).unwrap_or(&""), |word| {
                if let Some(number) = self.places[place(word)].headline.checked_sub(1) {
                    has |= 1 << number;
                }
            });
            let shared = has.count_ones();
            if shared >= WORDED && 2 * shared >= all && best.is_none_or(|(most, _)| shared > most) {
                best = Some((shared, at));
            }
        }
        best.map(|(_, at)| at)
    }

    /// Forgets the page before, notes the long words of the headline, and returns how many there are.
    fn set_headline(&mut self, headline: &str) -> u32 {
        self.places.fill(Place::default());
        let mut number = 0;
        long_words(headline, |word| {
            let place = &mut self.places[place(word)].headline;
            if *place == 0 && number < MOST as u8 {
                number += 1;
                *place = number;
            }
        });
        number.into()
    }

    /// Notes the words of the first prose of the body.
    fn set_beginning<'a>(&mut self, lines: impl Iterator<Item = &'a str>, evidence: &[LineEvidence], layout: &Layout) {
        self.beginning.clear();
        let mut prose = 0.0;
        let body = lines.zip(evidence).enumerate().skip(layout.body.start).take(layout.body.len());
        for (at, (line, evidence)) in body.filter(|(_, (_, evidence))| evidence.prose > PROSE) {
            let number = self.beginning.len() as u8 + 1;
            let mut words = 0;
            long_words(line, |word| {
                let place = &mut self.places[place(word)].text;
                *place = if *place == 0 || *place == number { number } else { MANY };
                words += 1;
            });
            self.beginning.push((at, words));
            prose += evidence.prose;
            if prose > BEGINNING || self.beginning.len() >= MOST_LINES {
                return;
            }
        }
    }
}

impl Counts {
    /// The headline has so many `long` words, and the beginning's other lines so many.
    fn topic(self, long: u32, others: u32) -> Topic {
        Topic {
            headline: self.headline.count_ones() as f32 / long.max(1) as f32,
            text: shrunk(self.shared, self.words, others),
        }
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
        topics_on_site(&[text])
    }

    /// The topics of the lines of the first of a site's pages.
    fn topics_on_site(pages: &[&str]) -> Vec<Topic> {
        let (mut lines, mut layout, mut topics) = (Vec::new(), Layout::default(), Vec::new());
        let (text, evidence) = (pages[0], of_first(pages));
        Normaliser::new(Key::default()).page(text, &mut lines);
        layout.find(&evidence, pages.len() as u64);
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
        assert_eq!(found, [1.0, 1.0, 0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_line_of_the_text_shares_the_words_of_other_lines_and_not_its_own() {
        let found: Vec<f32> = topics(PAGE).iter().map(|topic| topic.text).collect();
        assert!(found[3] > 0.2 && found[3] < 0.8, "{found:?}");
        assert!(found[4] > 0.2 && found[5] < found[4], "{found:?}");
    }

    #[test]
    fn without_a_headline_the_title_is_what_the_page_is_about() {
        let found = topics("Ferry timetable\nHale\nThe ferry leaves\nthe timetable of the ferry");
        let shares: Vec<f32> = found.iter().map(|topic| topic.headline).collect();
        assert_eq!(shares, [1.0, 0.0, 0.5, 1.0]);
        assert!(found.iter().all(|topic| topic.text == MEAN));
    }

    #[test]
    fn a_headline_is_found_by_the_words_of_the_title() {
        let text = "Ferry to Hale stuck in harbour: what we know\n\nHarbour news\nWhy the ferry is stuck\nIn harbour: a stuck ferry\nx";
        let mut lines = Vec::new();
        Normaliser::new(Key::default()).page(text, &mut lines);
        let worded = |may: &[usize]| Topics::default().worded(text, &lines, may.iter().copied());
        assert_eq!((worded(&[3, 2, 1]), worded(&[2, 1]), worded(&[1, 0]), worded(&[])), (Some(3), Some(2), None, None));
        assert_eq!(Topics::default().worded("", &[], std::iter::empty()), None);
    }

    #[test]
    fn of_a_line_that_recurs_it_is_not_asked() {
        let menu = "Ferry times";
        let pages = [format!("{menu}\n{PAGE}"), format!("{menu}\nGoats"), format!("{menu}\nBells")];
        let of = |pages: &[&str]| topics_on_site(pages)[0];
        let pages = pages.each_ref().map(String::as_str);
        assert_eq!(of(&pages), Topic::default());
        assert!(of(&pages[..1]).headline > 0.0);
    }

    #[test]
    fn where_there_is_little_to_compare_a_line_is_taken_for_the_average() {
        let prose = PAGE.lines().nth(4).unwrap();
        let found = topics(&format!("Harbour news\n{prose}\nCouncil meets"));
        assert_eq!(found[1].text, MEAN);
        assert!(found[2].text < MEAN && found[2].text > 0.0, "{found:?}");
        // The longer a line is that shares nothing, and the more there is to share, the less is assumed.
        let shares = [(2, 20), (2, 90), (9, 90), (90, 9000)].map(|(words, others)| shrunk(0, words, others));
        assert!(shares.is_sorted_by(|a, b| a > b) && shares[3] < 0.02, "{shares:?}");
    }

    #[test]
    fn a_page_without_words_has_no_topics() {
        let found = topics("*\n---\n\n...");
        assert_eq!(found, [Topic::default(); 3]);
    }

    proptest! {
        #[test]
        fn shares_are_between_nothing_and_all(text in "([a-z雨がé ,.]{0,90}\n){0,12}") {
            for topic in topics(&text) {
                let Topic { headline, text } = topic;
                for share in [headline, text] {
                    prop_assert!((0.0..=1.0).contains(&share), "{topic:?}");
                }
            }
        }
    }
}
