//! What a check remembers of a site: figures that a broken scraper changes, and the lines that recur.
//!
//! A [`Profile`] is made of a report's site and stands in the baseline. Its figures are rounded (shares to hundredths,
//! lengths to two digits, the share of pages that have a line to tenths), so that a crawl that changed little changes
//! few lines of the file; the profile of the crawl that is checked is made the same way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::document::{RecurringKind, Site};
use crate::report::summary::share;

/// Lines of a site that are remembered: those of most pages.
pub const MOST_LINES: usize = 300;
/// Characters of such a line.
const TEXT: usize = 60;

/// Figures of a site. Shares are hundredths, lengths are characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Its pages.
    pub pages: u64,
    /// Text that is chrome.
    pub chrome: u64,
    /// Pages that say what others say.
    pub duplicates: u64,
    /// Pages that are alike, at most: line for line or as near-duplicates.
    pub alike: u64,
    /// Pages that are blank or of which nothing is left.
    pub empty: u64,
    /// Pages with little unique text.
    pub short: u64,
    /// Pages that are of one length, and the same of what is left of them: see
    /// [`Ends`](crate::report::document::Ends).
    pub read_alike: u64,
    /// See [`read_alike`](Self::read_alike).
    pub kept_alike: u64,
    /// Pages of which something is left that ends without closing punctuation.
    pub open: u64,
    /// The lengths that one, two … nine tenths of the pages stay below.
    pub read: [u64; 9],
    /// The same of what is left of them.
    pub kept: [u64; 9],
}

/// A line that recurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Tenths of the pages that have it.
    pub tenths: u64,
    /// Tenths of the page that stand above it.
    pub place: u64,
    /// How it begins.
    pub text: String,
}

/// The lines of a site, by their fingerprints.
pub type Lines = BTreeMap<String, Line>;

impl Profile {
    /// The figures of a site.
    pub fn of(site: &Site) -> Self {
        let figures = &site.figures;
        let of_pages = |pages: u64| hundredths(share(pages, figures.pages));
        let ends = site.details.as_ref().map(|details| details.ends).unwrap_or_default();
        Self {
            pages: figures.pages,
            chrome: hundredths(figures.chrome_share()),
            duplicates: hundredths(figures.duplicate_share()),
            alike: of_pages(site.most_equal.max(site.most_alike)),
            empty: of_pages(figures.blank + figures.emptied),
            short: of_pages(figures.short),
            read_alike: hundredths(ends.read_alike),
            kept_alike: hundredths(ends.kept_alike),
            open: hundredths(ends.kept_open),
            read: site.read_lengths.deciles.map(two_digits),
            kept: site.kept_lengths.deciles.map(two_digits),
        }
    }

    /// The median of what is left of the pages.
    pub fn kept_median(&self) -> u64 {
        self.kept[4]
    }

    /// The median of what was read.
    pub fn read_median(&self) -> u64 {
        self.read[4]
    }
}

/// Share of the pages that are shorter than `length`, to a tenth.
pub fn below(deciles: &[u64; 9], length: u64) -> f64 {
    deciles.iter().filter(|decile| **decile < length).count() as f64 / 10.0
}

/// The lines that recur on a site, those on most pages.
pub fn lines(site: &Site) -> Lines {
    let Some(details) = &site.details else { return Lines::new() };
    let mut all: Vec<(u64, &str, Line)> = Vec::new();
    for found in &details.recurring {
        for member in &found.lines {
            let tenths = tenths(share(member.pages, details.sampled));
            let place = (found.position * 10.0) as u64;
            let text = member.text.chars().take(TEXT).collect();
            all.push((tenths, &member.fingerprint, Line { tenths, place, text }));
        }
    }
    all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    all.truncate(MOST_LINES);
    all.into_iter().map(|(_, fingerprint, line)| (fingerprint.to_owned(), line)).collect()
}

/// The lines of blocks that stand on at least so many tenths of a site's pages, with their texts.
pub fn fixed(site: &Site, least: u64) -> impl Iterator<Item = (&str, &str)> {
    let details = site.details.iter();
    details.flat_map(move |details| {
        let blocks = details.recurring.iter().filter(|found| found.kind == RecurringKind::Block);
        let lines = blocks.flat_map(|found| &found.lines);
        lines
            .filter(move |line| tenths(share(line.pages, details.sampled)) >= least)
            .map(|line| (line.fingerprint.as_str(), line.text.as_str()))
    })
}

/// A share in hundredths, rounded.
pub fn hundredths(share: f64) -> u64 {
    (share * 100.0).round() as u64
}

/// A share in tenths, rounded.
fn tenths(share: f64) -> u64 {
    (share * 10.0).round() as u64
}

/// A number of which the first two digits are left.
fn two_digits(number: u64) -> u64 {
    let unit = 10_u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(1));
    number / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Details, Member, Recurring};

    #[test]
    fn lengths_have_two_digits() {
        assert_eq!([0, 7, 99, 101, 1999, 123_456].map(two_digits), [0, 7, 99, 100, 1900, 120_000]);
    }

    #[test]
    fn the_share_of_shorter_pages_is_that_of_the_deciles() {
        let deciles = [0, 0, 10, 20, 30, 40, 50, 60, 70];
        assert_eq!([0, 10, 35, 1000].map(|length| below(&deciles, length)), [0.0, 0.2, 0.5, 0.9]);
    }

    #[test]
    fn the_lines_of_most_pages_are_remembered() {
        let member = |n: u64| Member {
            fingerprint: format!("{n:016x}"),
            text: "é".repeat(99),
            pages: 1 + n % 10,
            ..Member::default()
        };
        let recurring = Recurring { lines: (0..500).map(member).collect(), position: 0.57, ..Recurring::default() };
        let details = Details { sampled: 10, recurring: vec![recurring], ..Details::default() };
        let site = Site { details: Some(details), ..Site::default() };
        let lines = lines(&site);
        assert_eq!(lines.len(), MOST_LINES);
        assert!(lines.values().all(|line| line.tenths >= 5 && line.place == 5 && line.text.chars().count() == TEXT));
        assert_eq!(fixed(&site, 10).count(), 50);
    }
}
