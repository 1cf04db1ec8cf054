//! The features of a line of HTML: landmarks, elements, names, links.

use super::F;
use super::line::{Line, yes};
use super::whole::{MAIN, links};
use super::window::{RADII, Row, Sum};
use crate::line::mark::{Block, Mark, Regions};

impl Line<'_> {
    #[inline(always)]
    pub fn markup(&mut self, mark: Mark, sums: &[f32], round: &[Row; RADII.len()]) {
        let Mark { block, regions, .. } = mark;
        let is_main = regions.intersects(MAIN);
        self.set(F::html, 1.0);
        for (feature, region) in [
            (F::html_nav, Regions::NAV),
            (F::html_aside, Regions::ASIDE),
            (F::html_footer, Regions::FOOTER),
            (F::html_main, Regions::MAIN),
            (F::html_article, Regions::ARTICLE),
        ] {
            self.set(feature, yes(regions.intersects(region)));
        }
        // An article may have a header of its own.
        self.set(F::html_header, yes(regions.intersects(Regions::HEADER) && !is_main));
        self.set(F::html_beside_main, yes(self.whole.has_main && !is_main));
        self.set(F::html_headline, yes(block == Block::H1 && self.whole.has_headline));
        // What other elements say, newspapers and manuals disagree on: a paragraph may be a teaser.
        self.set(F::html_preformatted, yes(block == Block::Preformatted));
        self.set(F::html_control, yes(block == Block::Control));
        let is_core = regions.intersects(Regions::CORE);
        for (called, within_core, region) in [
            (F::html_comments, F::html_comments_core, Regions::COMMENTS),
            (F::html_furniture, F::html_furniture_core, Regions::FURNITURE),
            (F::html_sidebar, F::html_sidebar_core, Regions::SIDEBAR),
        ] {
            self.set(called, yes(regions.intersects(region)));
            self.set(within_core, yes(regions.intersects(region) && is_core));
        }
        let share = links(mark);
        self.set(F::html_links, share);
        self.set(F::html_links_length, share * self.long);
        self.set(F::html_links_item, share * yes(block == Block::ListItem));
        let last = sums.len().saturating_sub(1);
        let above = |line: usize| sums.get(line.min(last)).copied().unwrap_or_default();
        let [_, far, _] = round;
        let of_round = above(self.at + RADII[1] + 1)
            - above(self.at.saturating_sub(RADII[1]))
            - share * self.evidence.shape.length().sqrt();
        let links_round = (of_round / (far[Sum::Weight as usize] + 1.0)).clamp(0.0, 1.0);
        self.set(F::html_links_6, links_round);
        self.core(mark, links_round);
    }

    /// What it tells whether the line stands in the core of the page; `links_round` is the share of link text round it.
    #[inline(always)]
    fn core(&mut self, mark: Mark, links_round: f32) {
        let Mark { block, regions, .. } = mark;
        let is_main = regions.intersects(MAIN);
        let is_core = regions.intersects(Regions::CORE);
        let is_beside = self.whole.has_core && !is_core;
        self.set(F::html_core, yes(is_core));
        self.set(F::html_beside_core, yes(is_beside));
        self.set(F::html_bulk, yes(regions.intersects(Regions::BULK)));
        self.set(F::html_main_beside_core, yes(is_main && is_beside));
        self.set(F::html_paragraph_core, yes(is_core && block == Block::Paragraph));
        self.set(F::html_links_core, links(mark) * yes(is_core));
        self.set(F::html_links_main, links(mark) * yes(is_main && !is_core));
        // Of teasers on a front, the core is full of links, and other pages have them too.
        self.set(F::html_core_shared, yes(is_core && self.evidence.on > 1));
        self.set(F::html_core_links, self.whole.core_links * yes(is_core));
        self.set(F::html_core_links_6, links_round * yes(is_core));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::evidence::tests::of_first;
    use crate::chrome::feature::tests::page;
    use crate::chrome::feature::{Extractor, Features, PageEvidence};
    use crate::chrome::layout::Layout;

    /// The features of a page whose lines have these marks.
    fn marked(marks: &[&str]) -> Vec<Features> {
        let lines = vec![of_first(&["A line of some words"])[0]; marks.len()];
        let marks: Vec<Mark> = marks.iter().map(|mark| mark.parse().unwrap()).collect();
        let layout = Layout::default();
        let page = PageEvidence { marks: &marks, ..page(&lines, &layout, 1) };
        let mut features = Vec::new();
        Extractor::default().extract(&page, |line| features.push(*line));
        features
    }

    #[test]
    fn markup_tells_menus_from_the_text_of_the_page() {
        let found = marked(&["li nav header 100%", "h1 header main", "p main 50%", ""]);
        let of = |feature: F| found.iter().map(|line| line[feature as usize]).collect::<Vec<_>>();
        assert_eq!(of(F::html_nav), [1.0, 0.0, 0.0, 0.0]);
        // The header of an article is none of the page.
        assert_eq!(of(F::html_header), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(of(F::html_main), [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(of(F::html_beside_main), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(of(F::html_headline), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(of(F::html_links), [1.0, 0.0, 0.5, 0.0]);
        assert_eq!(of(F::html_links_item), [1.0, 0.0, 0.0, 0.0]);
        for (name, called, within_core) in [
            ("comments", F::html_comments, F::html_comments_core),
            ("furniture", F::html_furniture, F::html_furniture_core),
            ("sidebar", F::html_sidebar, F::html_sidebar_core),
        ] {
            let found = marked(&["p main core", &format!("p main core {name}"), &format!("li {name}")]);
            let of_name = |feature: F| found.iter().map(|line| line[feature as usize]).collect::<Vec<_>>();
            assert_eq!(of_name(called), [0.0, 1.0, 1.0], "{name}");
            assert_eq!(of_name(within_core), [0.0, 1.0, 0.0], "{name}");
        }
        let round = of(F::html_links_6);
        assert!(round[3] > round[0] && round[0] > 0.0, "{round:?}");
        assert!(marked(&["h1", "h1"]).iter().all(|line| line[F::html_headline as usize] == 0.0));
        // Where nothing is marked as the text of the page, no line stands beside it.
        assert!(marked(&["li nav", "p"]).iter().all(|line| line[F::html_beside_main as usize] == 0.0));
    }
}
