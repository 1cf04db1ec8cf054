//! How a page is laid out: where its text is, what stands round it, and which slots of the site's template its lines
//! fill.
//!
//! The *body* is the stretch of lines with the most prose, a maximum-sum segment (Bentley, "Programming Pearls", CACM
//! 1984) in which every line that is no prose costs a little; it begins with the headline where that is in it. *Anchors*
//! are lines that recur on the site; what stands between two of them is a *slot*, named by the anchor above it and by the
//! one below.

use std::ops::Range;

use super::evidence::LineEvidence;
use crate::line::Fingerprint;

/// What a line must hold of prose not to cost the body anything, in characters.
const COST: f32 = 18.0;
/// What it costs besides that the line recurs, at most.
const COST_RECURRING: f32 = 30.0;
/// Share of a site's pages from which a line is an anchor.
const ANCHOR: f64 = 0.1;

/// Share of the body's prose up to which what stands above the headline in it is none of it: a promotion, the author's life.
const ABOVE_HEADLINE: f32 = 1.0 / 3.0;

/// Lines that may stand between a headline and the date above it, and lines below it that may be its date.
const BETWEEN: usize = 10;
const BELOW: usize = 3;

/// The layout of one page. The default is that of a page without lines.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Prose of the whole page, in characters.
    pub prose: f32,
    /// The lines of the body.
    pub body: Range<usize>,
    /// Prose of the body, in characters.
    pub body_prose: f32,
    /// The headline: the last line above the body that the title makes one, or else the first in it; or what
    /// [`headline`](super::headline) finds where there is none.
    pub headline: Option<usize>,
    /// Whether each line is an anchor.
    pub anchors: Vec<bool>,
    /// For each line, the anchors above and below it.
    pub slots: Vec<[Fingerprint; 2]>,
}

/// Stands for the start of a page where there is no anchor above a line, and for its end.
pub const EDGES: [Fingerprint; 2] = [1, 2];

impl Layout {
    /// Finds the layout of a page of a site of `pages` pages. Keeps its buffers.
    pub fn find(&mut self, evidence: &[LineEvidence], pages: u64) {
        self.prose = evidence.iter().map(|line| line.prose).sum();
        self.body = body(evidence);
        self.body_prose = evidence.get(self.body.clone()).unwrap_or_default().iter().map(|line| line.prose).sum();
        self.find_headline(evidence);
        let least = (ANCHOR * pages as f64).max(2.0);
        self.anchors.clear();
        self.anchors.extend(evidence.iter().map(|line| f64::from(line.on) >= least));
        self.find_slots(evidence);
    }

    /// The line above the headline, if it is a date and no part of the title line. Between them there may be a few anchors,
    /// as of a row of links to share the article by, unless it has a date below its headline: at most half as many as stand
    /// above the date, which is that of the day else.
    pub fn date_above(&self, evidence: &[LineEvidence]) -> Option<usize> {
        let headline = self.headline?;
        let dated = |at: &usize| evidence.get(*at).is_some_and(|line| line.dated && line.times == 1);
        let anchor = |at: &usize| self.anchors.get(*at) == Some(&true);
        let nearest = headline.checked_sub(1).filter(|at| *at > 0)?;
        if dated(&nearest) {
            return Some(nearest);
        }
        let mut above = ((2 * nearest).div_ceil(3)..nearest).rev().take(BETWEEN);
        let has_date_below = || (headline + 1..).take(BELOW).any(|at| dated(&at));
        above.find(|at| dated(at) || !anchor(at)).filter(|at| dated(at) && !has_date_below())
    }

    /// Finds the headline among the lines above the body, or in it: then what stands above is none of the body.
    fn find_headline(&mut self, evidence: &[LineEvidence]) {
        let above = evidence.get(..(self.body.start + 1).min(evidence.len())).unwrap_or_default();
        self.headline = above.iter().rposition(|line| line.headline);
        let body = evidence.get(self.body.clone()).unwrap_or_default();
        if self.headline.is_none()
            && let Some(at) = body.iter().position(|line| line.headline)
        {
            let prose: f32 = body.iter().take(at).map(|line| line.prose).sum();
            if prose < ABOVE_HEADLINE * self.body_prose {
                self.body.start += at;
                self.body_prose -= prose;
                self.headline = Some(self.body.start);
            }
        }
    }

    fn find_slots(&mut self, evidence: &[LineEvidence]) {
        self.slots.clear();
        let [mut above, mut below] = EDGES;
        for (line, anchor) in evidence.iter().zip(&self.anchors) {
            self.slots.push([above, below]);
            if *anchor {
                above = line.template;
            }
        }
        for ((line, anchor), slot) in evidence.iter().zip(&self.anchors).zip(&mut self.slots).rev() {
            slot[1] = below;
            if *anchor {
                below = line.template;
            }
        }
    }
}

/// The stretch of lines with the most prose.
fn body(evidence: &[LineEvidence]) -> Range<usize> {
    let (mut best, mut body) = (f32::MIN, 0..0);
    let (mut sum, mut start) = (0.0, 0);
    for (i, line) in evidence.iter().enumerate() {
        if sum <= 0.0 {
            (sum, start) = (0.0, i);
        }
        sum += line.prose - COST - COST_RECURRING * (1.0 - line.share);
        if sum > best {
            (best, body) = (sum, start..i + 1);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::{any_page, own};

    fn line(template: Fingerprint, on: u32, prose: f32) -> LineEvidence {
        LineEvidence { template, on, exactly_on: on, in_company: on, prose, ..own("") }
    }

    fn layout(evidence: &[LineEvidence], pages: u64) -> Layout {
        let mut layout = Layout::default();
        layout.find(evidence, pages);
        layout
    }

    #[test]
    fn the_body_spans_short_lines_between_paragraphs_and_none_round_them() {
        let page: Vec<_> = [0.0, 0.0, 200.0, 0.0, 0.0, 150.0, 0.0].map(|prose| line(9, 1, prose)).into();
        let found = layout(&page, 1);
        assert_eq!((found.body, found.body_prose, found.prose), (2..6, 350.0, 350.0));
    }

    #[test]
    fn a_long_menu_ends_the_body() {
        let mut page = vec![line(9, 1, 300.0)];
        page.extend((0..40).map(|_| line(9, 1, 0.0)));
        page.push(line(9, 1, 100.0));
        assert_eq!(layout(&page, 1).body, 0..1);
    }

    #[test]
    fn a_slot_is_named_by_the_anchors_round_it() {
        // Anchors of a site of 20 pages stand on two or more.
        let page = [line(11, 1, 0.0), line(12, 20, 0.0), line(13, 1, 0.0), line(14, 2, 0.0), line(15, 1, 0.0)];
        let found = layout(&page, 20);
        assert_eq!(found.anchors, [false, true, false, true, false]);
        assert_eq!(found.slots, [[EDGES[0], 12], [EDGES[0], 14], [12, 14], [12, EDGES[1]], [14, EDGES[1]]]);
        // On a site of a hundred pages, ten make an anchor; one page alone has none.
        assert_eq!(layout(&page, 100).anchors, [false, true, false, false, false]);
        assert_eq!(layout(&page[..1], 1).anchors, [false]);
    }

    #[test]
    fn the_headline_is_the_last_that_may_be_above_the_body() {
        let titled = |at: &[usize]| {
            let mut page: Vec<_> = [0.0, 0.0, 0.0, 200.0, 200.0].map(|prose| line(9, 1, prose)).into();
            at.iter().for_each(|at| page[*at].headline = true);
            layout(&page, 1).headline
        };
        assert_eq!((titled(&[0, 1, 4]), titled(&[3]), titled(&[4]), titled(&[])), (Some(1), Some(3), None, None));
    }

    #[test]
    fn the_body_begins_with_a_headline_that_has_little_of_its_prose_above() {
        let page = |above: f32| {
            let mut page: Vec<_> = [above, 0.0, 0.0, 200.0, 200.0, 0.0].map(|prose| line(9, 1, prose)).into();
            [2, 4].iter().for_each(|at| page[*at].headline = true);
            let found = layout(&page, 1);
            (found.headline, found.body, found.body_prose)
        };
        assert_eq!(page(150.0), (Some(2), 2..5, 400.0));
        assert_eq!(page(250.0), (None, 0..5, 650.0));
    }

    #[test]
    fn a_date_right_above_the_headline_is_found_unless_the_page_has_it_again() {
        let dated = LineEvidence { dated: true, ..line(9, 1, 0.0) };
        let headline = LineEvidence { headline: true, ..line(9, 1, 0.0) };
        let above = |page: &[LineEvidence]| layout(page, 9).date_above(page);
        let text = line(9, 1, 200.0);
        assert_eq!(above(&[line(8, 1, 0.0), dated, headline, text]), Some(1));
        assert_eq!(above(&[line(8, 1, 0.0), LineEvidence { times: 2, ..dated }, headline, text]), None);
        assert_eq!(above(&[dated, line(8, 1, 0.0), headline, text]), None);
        // A row of links may stand between, which is short beside what stands above the date.
        let row = |above: usize, between: usize, anchors: u32| {
            let mut page = vec![line(8, 9, 0.0); above];
            page.push(dated);
            page.extend(vec![line(7, anchors, 0.0); between]);
            page.extend([headline, text]);
            page
        };
        assert_eq!(above(&row(20, 10, 9)), Some(20));
        assert_eq!((above(&row(19, 10, 9)), above(&row(40, 11, 9)), above(&row(20, 9, 1))), (None, None, None));
        // What has a date below its headline has that of the day above it.
        assert_eq!(above(&[row(20, 9, 9), vec![dated]].concat()), None);
        // The first line is the title, and without a headline nothing is above it.
        assert_eq!(above(&[dated, headline, text]), None);
        assert_eq!(above(&[line(8, 1, 0.0), dated, text]), None);
    }

    #[test]
    fn a_layout_holds_nothing_of_the_page_before() {
        let mut found = layout(&[line(12, 5, 90.0), line(13, 1, 200.0)], 5);
        found.find(&[], 5);
        assert_eq!((found.prose, found.body, found.body_prose, found.headline), (0.0, 0..0, 0.0, None));
        assert!(found.anchors.is_empty() && found.slots.is_empty());
    }

    proptest! {
        #[test]
        fn the_body_is_the_best_of_all_segments((page, _) in any_page()) {
            let found = body(&page);
            let worth = |lines: &[LineEvidence]| -> f64 {
                let recurring = |line: &LineEvidence| 1.0 - libm::expf(line.rarity.min(0.0));
                lines.iter().map(|line| f64::from(line.prose - COST - COST_RECURRING * recurring(line))).sum()
            };
            let segments = (0..page.len()).flat_map(|start| (start + 1..=page.len()).map(move |end| start..end));
            let best = segments.map(|segment| worth(&page[segment])).fold(f64::MIN, f64::max);
            if page.is_empty() {
                prop_assert_eq!(found, 0..0);
            } else {
                prop_assert!((worth(&page[found]) - best).abs() < 0.05, "{} {}", best, page.len());
            }
        }

        #[test]
        fn a_slot_reaches_to_the_nearest_anchors((page, pages) in any_page()) {
            let found = layout(&page, pages);
            for (at, slot) in found.slots.iter().enumerate() {
                let anchor = |at: &usize| found.anchors[*at];
                let above = (0..at).rev().find(anchor).map_or(EDGES[0], |at| page[at].template);
                let below = (at + 1..page.len()).find(anchor).map_or(EDGES[1], |at| page[at].template);
                prop_assert_eq!(slot, &[above, below]);
            }
            prop_assert_eq!((found.slots.len(), found.anchors.len()), (page.len(), page.len()));
        }
    }
}
