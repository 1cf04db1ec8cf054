//! Where a site has the dates of its articles, if that is above their headlines. Learned from the site's sample.
//!
//! A date above a headline may as well be that of the item before, or of the day of the crawl. It is the article's
//! where the site has one above most of its headlines, or one of that form above all headlines of a kind of page.

use std::collections::{HashMap, HashSet};

use super::evidence::LineEvidence;
use super::layout::Layout;
use crate::census::Seed;
use crate::line::Fingerprint;

/// Pages from which it can be told where a site has its dates.
const LEAST: u32 = 3;

/// Where the dates above headlines are the articles'.
#[derive(Debug, Default)]
pub struct Datelines {
    /// Whether all are.
    is_usual: bool,
    /// The templates of those that are.
    templates: HashSet<Fingerprint, Seed>,
}

/// Looks for them on the pages of a site.
#[derive(Debug, Default)]
pub struct Finder {
    headed: u32,
    dated: u32,
    of: HashMap<Fingerprint, Counts, Seed>,
}

/// How often a date of one form stands anywhere, and above a headline.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    all: u32,
    above: u32,
}

impl Finder {
    /// Adds a page of the site.
    pub fn add(&mut self, evidence: &[LineEvidence], layout: &Layout) {
        let above = layout.date_above(evidence);
        self.headed += u32::from(layout.headline.is_some());
        self.dated += u32::from(above.is_some());
        for (at, line) in evidence.iter().enumerate().filter(|(_, line)| line.dated) {
            let counts = self.of.entry(line.template).or_default();
            counts.all += 1;
            counts.above += u32::from(above == Some(at));
        }
    }

    /// Where the site has its dates.
    pub fn datelines(self) -> Datelines {
        let mostly_above = |counts: &Counts| counts.above >= LEAST && counts.above * 2 >= counts.all;
        let found = self.of.into_iter().filter(|(_, counts)| mostly_above(counts));
        Datelines {
            is_usual: self.headed >= LEAST && self.dated * 2 >= self.headed,
            templates: found.map(|(template, _)| template).collect(),
        }
    }
}

impl Datelines {
    /// The line above the headline of a page that is its date.
    pub fn above(&self, evidence: &[LineEvidence], layout: &Layout) -> Option<usize> {
        let is_of_site = |line: &LineEvidence| self.is_usual || self.templates.contains(&line.template);
        layout.date_above(evidence).filter(|at| evidence.get(*at).is_some_and(is_of_site))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::evidence::tests::of_all;

    /// On each of these pages, the date above its headline.
    fn above(pages: &[String]) -> Vec<Option<usize>> {
        let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
        let mut finder = Finder::default();
        let known: Vec<_> = of_all(&pages)
            .into_iter()
            .map(|evidence| {
                let mut layout = Layout::default();
                layout.find(&evidence, pages.len() as u64);
                finder.add(&evidence, &layout);
                (evidence, layout)
            })
            .collect();
        let datelines = finder.datelines();
        known.iter().map(|(evidence, layout)| datelines.above(evidence, layout)).collect()
    }

    /// A page with these lines between title and headline.
    fn page(n: usize, between: &str) -> String {
        let titles =
            ["The ferry is late", "Two goats on a roof", "Rain until Friday", "A bell for the bridge", "No fish"];
        let text = "The harbour master of Hale said on the quay that the ferry would be late for a week or two.";
        format!("{0} | Courier\n{between}\n{0}\n{text} {n}.", titles[n])
    }

    #[test]
    fn dates_right_above_the_headlines_of_half_the_pages_are_the_articles() {
        let found = |dated: usize, pages: usize| {
            let between = |n: usize| {
                if n < dated { format!("Courier\n{} March 2024, 09:1{n}", 10 + n) } else { "Harbour".into() }
            };
            above(&(0..pages).map(|n| page(n, &between(n))).collect::<Vec<_>>())
        };
        assert_eq!(found(4, 4), [Some(2); 4]);
        assert_eq!(found(2, 4), [Some(2), Some(2), None, None]);
        assert_eq!(found(1, 4), [None; 4]);
        // Two pages are too few to tell.
        assert_eq!(found(2, 2), [None; 2]);
    }

    #[test]
    fn dates_of_one_form_are_the_articles_though_other_pages_have_none() {
        let mut pages: Vec<String> = (0..3).map(|n| page(n, "Courier\nUpdated 14 March 2024")).collect();
        pages.extend((0..9).map(|n| page(3, "Courier\nHarbour") + &format!("\nNothing happened here {n}.")));
        assert_eq!(above(&pages)[..3], [Some(2); 3]);
        // Below the text of as many pages, it is not the date of what stands there.
        pages.extend((0..4).map(|n| page(4, "Courier") + &format!("\nUpdated {n} March 2024")));
        assert_eq!(above(&pages)[..3], [None; 3]);
    }
}
