//! What kind of site it is, in a few numbers that its own pages tell without labels.
//!
//! Whether a short line that stands on one page alone is a teaser or a parameter, the line cannot tell; the site can. A
//! newspaper has much that recurs, below the article too, and its short lines are headlines; a manual has little that
//! recurs, and its short lines are code, terms and steps between paragraphs. [`Model`](super::Model) makes of these
//! numbers the odds that short rare text is content on the site.

use super::evidence::LineEvidence;
use super::layout::Layout;

/// Declares the statistics: a place for each, and its name.
macro_rules! statistics {
    ($($(#[$what:meta])* $name:ident),* $(,)?) => {
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy)]
        enum S { $($(#[$what])* $name),* }
        /// The names of the statistics, in their order.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

statistics! {
    /// Share of the rare text that is prose.
    prose,
    /// Share of short rare text that stands in the body.
    inside,
    /// Share of rare text that stands in the body.
    covered,
    /// Share of lines that are titles of other pages.
    linked,
    /// Share of recurring text that recurs in varying company.
    varying,
    /// Logarithm of the mean prose of a page.
    length,
    /// Share of the text that recurs.
    recurring,
    /// Logarithm of the mean number of recurring lines in the body, and below it.
    recurring_inside, recurring_below,
    /// Share of short rare text that holds characters of code, that is but a word or two, that ends as a sentence does,
    /// that begins with a small letter, that holds digits, and that stands within two lines of prose.
    code, tiny, closed, small, digits, near,
    /// Logarithms of the mean number of lines of a page, and of its short rare text.
    lines, short,
    /// Logarithm of the number of pages, and whether there is but one.
    pages, single,
}

/// How many statistics there are.
pub const COUNT: usize = NAMES.len();

/// What kind of site it is: see [`NAMES`]. Shares are between 0 and 1, logarithms between 0 and about 5.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics([f32; COUNT]);

impl Statistics {
    /// The numbers, in the order of [`NAMES`].
    pub fn values(&self) -> &[f32; COUNT] {
        &self.0
    }

    /// The number of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<f32> {
        NAMES.iter().zip(&self.0).find_map(|(known, value)| (*known == name).then_some(*value))
    }
}

/// Nats below which a line counts as recurring.
pub const RECURS: f32 = -0.1;
/// Prose below which a line is short, in characters.
pub const SHORT: f32 = 20.0;
/// Prose from which a line counts as a line of it, in characters.
pub const STRONG: f32 = 60.0;
/// Nats that the pages with a line exceed those with its company by, for the company to vary.
const VARIES: f32 = 0.7;
/// Pages from which a site counts as large: what larger ones are like hangs on what they are.
const LARGE: u64 = 20;

/// Logarithm of the number of pages; a site of more than twenty is like one of twenty.
pub fn log_pages(pages: u64) -> f32 {
    libm::logf(pages.clamp(1, LARGE) as f32)
}

/// What the statistics of a site are made of: sums over the pages of its sample.
#[derive(Debug, Default)]
pub struct Sums {
    pages: f64,
    lines: f64,
    titles: f64,
    /// Characters, as all below.
    all: f64,
    prose: f64,
    rare: f64,
    rare_inside: f64,
    recurring: f64,
    varying: f64,
    /// Lines.
    recurring_inside: f64,
    recurring_below: f64,
    short: Short,
}

/// Characters of short rare lines.
#[derive(Debug, Default)]
struct Short {
    all: f64,
    inside: f64,
    code: f64,
    tiny: f64,
    closed: f64,
    small: f64,
    digits: f64,
    near: f64,
}

impl Sums {
    /// Adds a page.
    pub fn add(&mut self, evidence: &[LineEvidence], layout: &Layout) {
        self.pages += 1.0;
        self.lines += evidence.len() as f64;
        for (at, line) in evidence.iter().enumerate() {
            let is_inside = layout.body.contains(&at);
            let length = f64::from(line.shape.length());
            let rare = length * f64::from(line.share);
            self.titles += yes(line.titles_another && !line.titular);
            self.all += length;
            self.prose += f64::from(line.prose);
            self.rare += rare;
            self.rare_inside += rare * yes(is_inside);
            if line.rarity < RECURS {
                self.recurring += length;
                self.varying += length * yes(libm::logf(line.on as f32 / line.in_company as f32) > VARIES);
                self.recurring_inside += yes(is_inside);
                self.recurring_below += yes(at >= layout.body.end);
            } else if line.prose < SHORT {
                let round = evidence.get(at.saturating_sub(2)..(at + 3).min(evidence.len())).unwrap_or_default();
                self.short.add(line, is_inside, round.iter().any(|line| line.prose > STRONG));
            }
        }
    }

    /// The statistics of a site of `pages` pages.
    pub fn statistics(&self, pages: u64) -> Statistics {
        let share = |part: f64, whole: f64| part / (whole + 1.0);
        let a_page = |sum: f64, unit: f64| libm::log(1.0 + sum / self.pages.max(1.0) / unit);
        let mut statistics = Statistics::default();
        let mut set = |name: S, value: f64| statistics.0[name as usize] = value as f32;
        set(S::prose, share(self.prose, self.rare));
        set(S::covered, share(self.rare_inside, self.rare));
        set(S::linked, share(self.titles, self.lines));
        set(S::varying, share(self.varying, self.recurring));
        set(S::length, a_page(self.prose, 500.0));
        set(S::recurring, share(self.recurring, self.all));
        set(S::recurring_inside, a_page(self.recurring_inside, 1.0));
        set(S::recurring_below, a_page(self.recurring_below, 1.0));
        let Short { all, inside, code, tiny, closed, small, digits, near } = self.short;
        for (name, part) in [
            (S::inside, inside),
            (S::code, code),
            (S::tiny, tiny),
            (S::closed, closed),
            (S::small, small),
            (S::digits, digits),
            (S::near, near),
        ] {
            set(name, share(part, all));
        }
        set(S::lines, a_page(self.lines, 50.0));
        set(S::short, a_page(all, 200.0));
        set(S::pages, f64::from(log_pages(pages)));
        set(S::single, yes(pages < 2));
        statistics
    }
}

impl Short {
    fn add(&mut self, line: &LineEvidence, is_inside: bool, is_near: bool) {
        let shape = line.shape;
        let length = f64::from(shape.length());
        self.all += length;
        self.inside += length * yes(is_inside);
        self.code += length * yes(shape.is_code());
        self.tiny += length * yes(shape.words() < 3);
        self.closed += length * yes(shape.is_closed() || shape.is_opening());
        self.small += length * yes(shape.begins_small());
        self.digits += length * yes(shape.digits() > 0.0);
        self.near += length * yes(is_near);
    }
}

fn yes(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::{any_page, of_first};

    fn of(pages: &[Vec<LineEvidence>], number: u64) -> Statistics {
        let (mut sums, mut layout) = (Sums::default(), Layout::default());
        for evidence in pages {
            layout.find(evidence, number);
            sums.add(evidence, &layout);
        }
        sums.statistics(number)
    }

    #[test]
    fn each_statistic_has_a_name_of_its_own() {
        assert_eq!(NAMES.iter().collect::<HashSet<_>>().len(), COUNT);
        assert_eq!(Statistics::default().get("none such"), None);
    }

    #[test]
    fn code_and_words_alone_tell_a_manual_from_headlines() {
        let alone = |text: &str| of(&[of_first(&[text])], 1);
        let (manual, paper) = (
            alone("int open(const char *path);\nreturns\nflags\nsee also:"),
            alone("Town hall asks for a higher wall\nTwo Goats Were Found on the Roof\nFerry runs late again today"),
        );
        for name in ["code", "tiny", "closed", "small"] {
            assert!(manual.get(name) > paper.get(name), "{name} {manual:?} {paper:?}");
        }
    }

    #[test]
    fn a_site_of_one_page_says_so() {
        let evidence = vec![of_first(&["A page"])];
        let [one, many] = [1, 30].map(|pages| of(&evidence, pages));
        assert_eq!((one.get("single"), many.get("single")), (Some(1.0), Some(0.0)));
        assert_eq!(one.get("pages"), Some(0.0));
        assert_eq!(many.get("pages"), of(&evidence, 20).get("pages"));
    }

    proptest! {
        #[test]
        fn statistics_stay_in_bounds((evidence, pages) in any_page()) {
            for (name, value) in NAMES.iter().zip(of(&[evidence], pages).values()) {
                prop_assert!((0.0..=9.0).contains(value), "{name} {value}");
            }
        }
    }
}
