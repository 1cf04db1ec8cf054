//! How much of a line are words that prose is full of.
//!
//! Headlines and captions leave out articles and pronouns, menus and tables have none, and a sentence of any language is
//! half made of them, however short it is. It is asked only where nothing else tells: of lines of some words that are
//! neither long nor on many pages. What the crawl's prose is full of says nothing of a page in another language: there the
//! page's own prose has few of these words too.

use super::evidence::LineEvidence;
use super::layout::Layout;
use super::statistics::{RECURS, STRONG};
use crate::census::FrequentWords;
use crate::line::Line;
use crate::line::words::first_words;

/// Length in characters from which a line is not asked, and words that it must have.
const LONG: f32 = 120.0;
const LEAST: u32 = 3;
/// Words that weigh as much as what is usual.
const FEW: f32 = 3.0;
/// Words of the body's prose by which it is told in what language the page is.
const ENOUGH: f32 = 100.0;
/// Share of what is usual that they must have, to be in a language that is known.
const KNOWN: f32 = 0.5;

/// Puts how much of each line that is not blank are frequent words into `shares`, less what is usual in prose: from -1 to
/// 1, and 0 where it is not asked.
pub fn shares(
    text: &str,
    lines: &[Line],
    evidence: &[LineEvidence],
    layout: &Layout,
    frequent: &FrequentWords,
    shares: &mut Vec<f32>,
) {
    shares.clear();
    shares.resize(evidence.len(), 0.0);
    let usual = frequent.share();
    if usual == 0.0 {
        return;
    }
    let mut prose = Counts::default();
    let shown = lines.iter().filter(|line| !line.is_blank());
    for (at, ((line, evidence), share)) in shown.zip(evidence).zip(shares.iter_mut()).enumerate() {
        if is_asked(evidence) {
            let Counts { found, words } = Counts::of(text, line, frequent);
            *share = (found + FEW * usual) / (words + FEW) - usual;
        } else if evidence.prose > STRONG && layout.body.contains(&at) && prose.words < ENOUGH {
            let Counts { found, words } = Counts::of(text, line, frequent);
            prose.found += found;
            prose.words += words;
        }
    }
    if prose.found < KNOWN * usual * prose.words {
        shares.fill(0.0);
    }
}

/// Whether nothing else tells what a line is.
fn is_asked(line: &LineEvidence) -> bool {
    line.rarity >= RECURS && line.shape.length() < LONG && line.shape.words() >= LEAST
}

/// How many words of a line are frequent, and how many there are.
#[derive(Default)]
struct Counts {
    found: f32,
    words: f32,
}

impl Counts {
    fn of(text: &str, line: &Line, frequent: &FrequentWords) -> Self {
        let (mut found, mut words) = (0u32, 0u32);
        first_words(text, line, |word| {
            found += u32::from(frequent.has(word));
            words += 1;
        });
        Self { found: found as f32, words: words as f32 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::{Census, Log};
    use crate::chrome::evidence::tests::of_first;
    use crate::line::{Key, Normaliser};
    use crate::page::Page;

    /// How much of each line of a page are frequent words, in a crawl of that page and these texts.
    fn of(page: &str, crawl: &[&str]) -> Vec<f32> {
        let (mut census, mut log, mut lines) = (Census::default(), Log::default(), Vec::new());
        let mut normaliser = Normaliser::new(Key::default());
        for text in crawl.iter().chain([&page]) {
            normaliser.page(text, &mut lines);
            log.add(&Page { site: "s", text, ..Page::default() }, &lines, &[]);
        }
        census.add(log);
        let (evidence, mut layout, mut found) = (of_first(&[page]), Layout::default(), Vec::new());
        layout.find(&evidence, 1);
        shares(page, &lines, &evidence, &layout, &census.frequent_words(), &mut found);
        found
    }

    const ENGLISH: &str = "Ferry late again on Monday\n\
        The ferry was late, and the baker stood on the quay in the rain and waited for it with all of his rolls for the \
        hotel, which were for the guests of the night.\n\
        Harbour master cuts evening service\n\
        It was the third time in the week.\n\
        On the pier the heron slept, and nobody had seen it so wet in all of the years that they had been there, and the \
        mayor said that it was all the same to her.";

    const GERMAN: &str = "Fähre schon wieder zu spät\n\
        Der Bäcker stand mit seinen Brötchen am Kai und wartete auf die Fähre, und es regnete die ganze Zeit über, und in der \
        Nacht war sie dann noch nicht da.\n\
        Hafenmeister streicht Abendfähre\n\
        Das war in der Woche schon das dritte Mal und nicht das letzte.\n\
        Der Reiher schlief auf dem Steg, und so nass hatte ihn in der Stadt in all den Jahren noch niemand gesehen, und der \
        Bürgermeisterin war es gleich.";

    #[test]
    fn a_short_sentence_has_more_frequent_words_than_a_headline() {
        for text in [ENGLISH, GERMAN] {
            let found = of(text, &[]);
            assert!(found[3] > found[0] && found[0] < 0.0, "{found:?}");
        }
        // Of long lines it is not asked, and of a word or two neither.
        let found = of(&format!("{ENGLISH}\nThe ferry"), &[]);
        assert_eq!((found[1], found[5]), (0.0, 0.0));
    }

    #[test]
    fn words_of_another_language_tell_nothing() {
        assert!(of(GERMAN, &[ENGLISH; 90]).iter().all(|share| *share == 0.0));
        // A crawl may be in several.
        assert!(of(GERMAN, &[ENGLISH, ENGLISH, GERMAN, GERMAN]).iter().any(|share| *share != 0.0));
        assert_eq!(of("Ferry late again", &[]), [0.0]);
    }

    proptest! {
        #[test]
        fn shares_stay_in_bounds(text in "([a-cA-Z]{1,4} |雨が降った。|[a-c ]{70,90}\\.|\n){0,30}") {
            prop_assume!(!text.trim().is_empty());
            prop_assert!(of(&text, &[ENGLISH]).iter().all(|share| (-1.0..=1.0).contains(share)));
        }
    }
}
