//! Which line is the headline of a page that no title names one of.
//!
//! Titles are often worded otherwise than headlines, or are those of the site alone. Then the headline is the line above
//! the body with the title's words, or else one that the page has twice and hardly another page has, as an article and a
//! list of links would have it.

use std::ops::Range;

use super::evidence::LineEvidence;
use super::layout::Layout;
use super::topic::Topics;
use crate::line::Line;
use crate::line::mark::{Mark, Regions};

/// Lengths that such a headline may have, in characters.
const LENGTHS: Range<f32> = 20.0..160.0;
/// Share of a site's pages that it may be on, in lists.
const MOST: f64 = 0.85;
/// Where neither headline nor byline stands.
pub const BESIDE: Regions = Regions::NAV.with(Regions::ASIDE).with(Regions::FOOTER);

/// What is known of a page when its headline is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Untitled<'a> {
    /// Its text.
    pub text: &'a str,
    /// The lines of it, blank ones too.
    pub lines: &'a [Line],
    /// What is known of each line that is not blank.
    pub evidence: &'a [LineEvidence],
    /// What HTML says of each of these; none where the page is no HTML.
    pub marks: &'a [Mark],
    /// Where they stand.
    pub layout: &'a Layout,
    /// Pages of the site.
    pub pages: u64,
}

impl Untitled<'_> {
    /// The number of the headline among the lines that are not blank, if one is found.
    pub fn headline(&self, topics: &mut Topics) -> Option<usize> {
        let worded = topics.worded(self.text, self.lines, self.candidates());
        worded.or_else(|| self.candidates().find(|at| self.evidence.get(*at).is_some_and(is_doubled)))
    }

    /// The lines that may be it, the last first: above the body, as long as headlines are, and in no menu as far as HTML
    /// tells.
    fn candidates(&self) -> impl Iterator<Item = usize> {
        let above = self.evidence.iter().enumerate().take(self.layout.body.start + 1).rev();
        let may = above.filter(|(at, line)| {
            let beside = self.marks.get(*at).is_some_and(|mark| mark.regions.intersects(BESIDE));
            // What titles of many pages hold, or all pages, is the name of the site or of a section.
            let is_name = line.titular || self.pages > 2 && f64::from(line.exactly_on) > MOST * self.pages as f64;
            line.shape.words() > 2 && LENGTHS.contains(&line.shape.length()) && !is_name && !beside
        });
        may.map(|(at, _)| at)
    }
}

/// Whether a line stands on the page more than once, and hardly anywhere else.
fn is_doubled(line: &LineEvidence) -> bool {
    line.times > 1 && line.rarity >= 0.0 && !line.shape.is_closed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::evidence::tests::own;

    #[test]
    fn a_line_above_the_body_and_out_of_menus_may_be_the_headline() {
        let texts = ["The ferry from Hale is late again", "Home", "Why the ferry is so late"];
        let mut page: Vec<_> = texts.map(own).into();
        page.extend([LineEvidence { prose: 200.0, ..own("") }, own(texts[0])]);
        let mut layout = Layout::default();
        layout.find(&page, 1);
        let candidates = |marks: &[Mark]| {
            let page = Untitled { text: "", lines: &[], evidence: &page, marks, layout: &layout, pages: 1 };
            page.candidates().collect::<Vec<_>>()
        };
        assert_eq!(candidates(&[]), [2, 0]);
        assert_eq!(candidates(&["li nav 100%", "p", "h1 main"].map(|mark| mark.parse().unwrap())), [2]);
        // Standing twice makes one of them the headline, but for a sentence, and what many pages have.
        let doubled = |text: &str, rarity| is_doubled(&LineEvidence { times: 2, rarity, ..own(text) });
        assert!(doubled(texts[0], 0.0) && !doubled("The ferry is late.", 0.0) && !doubled(texts[0], -1.0));
        assert!(!is_doubled(&page[0]));
    }
}
