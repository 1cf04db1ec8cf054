//! The decision: from the evidence on a page's lines to a verdict on each.
//!
//! A line is weighed in nats, towards content if positive: how often it stands on pages of the site, and in the same
//! company, against how often a content line of a site of that size may; and its length. A two-state Viterbi decoder
//! then finds the best division of the page into runs of content and chrome. The expected count grows with the site, as
//! `1 + 0.1·(n-1)^⅔`: a fixed number of pages throws away documentation, whose content recurs by nature, and a fixed
//! share keeps the menus of sections. The constants were chosen on labelled news, portals and documentation together,
//! and lie in flat optima.

use super::evidence::{Gatherer, LineEvidence};
use super::{Rule, Verdict};
use crate::census::SiteCounts;
use crate::line::{Key, Line};
use crate::page::Page;

/// Pages beside its own that a content line is expected on, for a site of two pages.
const EXPECTED: f64 = 0.1;
/// How that grows with the number of pages.
const GROWTH: f64 = 2.0 / 3.0;
/// Weight of recurrence against length, in nats per e-fold.
const RECURRENCE: f64 = 3.0;
/// Length, in characters, at which length says nothing; also the unit of a line's weight.
const LENGTH: f64 = 90.0;
/// What length can say at most, either way, in nats.
const LENGTH_SAYS: f64 = 1.5;
/// What shortness can say at most against a line that stands on one page alone, as a share of what that says for it.
const SHORTNESS: f64 = 0.9;
/// What it says that the line stands on the page already, in nats.
const REPETITION: f64 = 1.0;
/// Cost of passing between content and chrome, in nats.
const SWITCH: f64 = 1.5;
/// Share of a site's pages from which a line goes whatever its company.
const MOST: f64 = 0.9;
/// Share of a site's pages up to which a line of the title may be the headline.
const HEADLINE: f64 = 0.3;

/// Judges pages, one after the other. Keeps its buffers.
#[derive(Debug)]
pub struct Judge {
    min_pages: u64,
    gatherer: Gatherer,
    evidence: Vec<LineEvidence>,
    decided: Vec<Verdict>,
}

impl Judge {
    /// A judge who drops nothing from sites of fewer than `min_pages` pages, for lines whose fingerprints were made
    /// with `key`.
    pub fn new(min_pages: u64, key: Key) -> Self {
        Self { min_pages, gatherer: Gatherer::new(key), evidence: Vec::new(), decided: Vec::new() }
    }

    /// Puts a verdict on each line of `page` into `verdicts`, by what the census counted on its site.
    pub fn page(&mut self, page: &Page<'_>, lines: &[Line], site: Option<&SiteCounts>, verdicts: &mut Vec<Verdict>) {
        verdicts.clear();
        let pages = site.map_or(0, SiteCounts::pages);
        let Some(site) = site.filter(|_| pages >= self.min_pages.max(2)) else {
            verdicts.extend(lines.iter().map(|_| Verdict::keep(Rule::FewPages).seen(1, pages)));
            return;
        };
        self.gatherer.gather(page, lines, site, &mut self.evidence);
        decide(&self.evidence, pages, &mut self.decided);
        // There is a decision for each line that is not blank.
        let mut decided = self.decided.iter();
        let mut keep = true;
        for line in lines {
            let shown = if line.is_blank() { None } else { decided.next() };
            // A blank line goes where the line before it goes.
            let verdict = shown.copied().unwrap_or(Verdict { keep, rule: Rule::Blank, on: 0, of: pages, score: 0.0 });
            keep = verdict.keep;
            verdicts.push(verdict);
        }
    }
}

/// Decides on the lines of one page of a site of `pages` pages, at least two.
pub fn decide(evidence: &[LineEvidence], pages: u64, verdicts: &mut Vec<Verdict>) {
    verdicts.clear();
    let expected = libm::log(1.0 + EXPECTED * libm::pow((pages - 1) as f64, GROWTH));
    let scores: Vec<f64> = evidence.iter().map(|line| score(line, expected)).collect();
    let content = smooth(&scores);
    for ((line, score), content) in evidence.iter().zip(&scores).zip(content) {
        let everywhere = f64::from(line.on) >= MOST * pages as f64;
        let rule = match (content && !everywhere, *score < 0.0 || everywhere) {
            (true, true) => Rule::Among,
            (true, false) if line.on < 2 => Rule::Unique,
            (true, false) => Rule::Rare,
            (false, false) => Rule::Surrounded,
            (false, true) if line.on < 2 && line.repeated => Rule::Repeated,
            (false, true) if line.on < 2 => Rule::Surrounded,
            (false, true) if line.exactly_on < line.on => Rule::Template,
            (false, true) => Rule::Recurs,
        };
        verdicts.push(Verdict { keep: content && !everywhere, rule, on: line.on, of: pages, score: *score as f32 });
    }
    keep_something(evidence, verdicts);
    rescue_headline(evidence, pages, verdicts);
}

/// Where nothing else stays of a page, what it alone says does, however little that is.
fn keep_something(evidence: &[LineEvidence], verdicts: &mut [Verdict]) {
    if verdicts.iter().any(|verdict| verdict.keep) {
        return;
    }
    for (line, verdict) in evidence.iter().zip(verdicts) {
        if line.on < 2 && !line.repeated {
            *verdict = Verdict { keep: true, rule: Rule::Unique, ..*verdict };
        }
    }
}

/// Nats towards content, of one line.
fn score(line: &LineEvidence, expected: f64) -> f64 {
    // Most lines stand alone, and a logarithm is the dearest part of a score.
    let seen = f64::from(line.on) * f64::from(line.in_company);
    let recurrence = if line.on == 1 { expected } else { expected - libm::log(seen) / 2.0 };
    // That a line stands alone outweighs that it is short: on a small site neither says much, and text must not go
    // for being short.
    let floor = if line.on == 1 { LENGTH_SAYS.min(SHORTNESS * RECURRENCE * expected) } else { LENGTH_SAYS };
    let length = libm::log((1.0 + line.length) / LENGTH).clamp(-floor, LENGTH_SAYS);
    let repetition = if line.repeated { REPETITION } else { 0.0 };
    (RECURRENCE * recurrence + length) * (line.length / LENGTH).sqrt() - repetition
}

/// The division into content (true) and chrome of the highest total score (Viterbi 1967): content earns the score of
/// its lines, chrome nothing, each change costs [`SWITCH`]. Ties are content.
fn smooth(scores: &[f64]) -> Vec<bool> {
    let (mut chrome, mut content) = (0.0_f64, 0.0_f64);
    // For each line, whether the best path to chrome and to content comes from content.
    let mut from_content = Vec::with_capacity(scores.len());
    for (i, score) in scores.iter().enumerate() {
        let switch = if i == 0 { 0.0 } else { SWITCH };
        from_content.push([content - switch > chrome, content >= chrome - switch]);
        (chrome, content) = (chrome.max(content - switch), content.max(chrome - switch) + score);
    }
    let mut state = content >= chrome;
    let mut states = vec![false; scores.len()];
    for (kept, from) in states.iter_mut().zip(&from_content).rev() {
        *kept = state;
        state = from[usize::from(state)];
    }
    states
}

/// Keeps the headline once, if it went: the last line above the body that is a part of the title.
fn rescue_headline(evidence: &[LineEvidence], pages: u64, verdicts: &mut [Verdict]) {
    let rare = |line: &LineEvidence| f64::from(line.on) <= (HEADLINE * pages as f64).max(1.0);
    let headline = |i: &usize| evidence.get(*i).is_some_and(|line| line.titular && rare(line));
    let kept = |i: usize| verdicts.get(i).is_some_and(|verdict| verdict.keep);
    if (0..evidence.len()).filter(headline).any(kept) {
        return;
    }
    let Some(body) =
        (1..evidence.len()).find(|i| kept(*i) && evidence.get(*i).is_some_and(|line| line.length >= LENGTH))
    else {
        return;
    };
    if let Some(verdict) = (1..body).rev().find(headline).and_then(|i| verdicts.get_mut(i)) {
        *verdict = Verdict { keep: true, rule: Rule::Title, ..*verdict };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(on: u32, in_company: u32, length: f64) -> LineEvidence {
        LineEvidence { on, exactly_on: on, in_company, length, repeated: false, titular: false }
    }

    fn decided(evidence: &[LineEvidence], pages: u64) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        decide(evidence, pages, &mut verdicts);
        verdicts
    }

    fn kept(evidence: &[LineEvidence], pages: u64) -> Vec<bool> {
        decided(evidence, pages).iter().map(|verdict| verdict.keep).collect()
    }

    const BODY: f64 = 300.0;

    #[test]
    fn what_stands_on_all_pages_goes_and_what_stands_on_one_stays() {
        let page = [line(50, 50, 20.0), line(50, 50, 12.0), line(1, 1, BODY), line(1, 1, BODY), line(50, 50, 80.0)];
        assert_eq!(kept(&page, 50), [false, false, true, true, false]);
    }

    #[test]
    fn on_a_site_of_two_pages_what_both_have_goes() {
        assert_eq!(kept(&[line(2, 2, 20.0), line(1, 1, BODY), line(2, 1, 40.0)], 2), [false, true, false]);
    }

    #[test]
    fn the_threshold_grows_with_the_site() {
        let page = |on| [line(1, 1, BODY), line(on, on, 200.0), line(1, 1, BODY)];
        for (pages, stays, goes) in [(10, 1, 5), (100, 2, 20), (1000, 6, 100), (10_000, 20, 1000)] {
            assert!(kept(&page(stays), pages)[1], "{stays} of {pages}");
            assert!(!kept(&page(goes), pages)[1], "{goes} of {pages}");
        }
    }

    #[test]
    fn a_line_that_recurs_in_varying_company_stays_where_one_in_fixed_company_goes() {
        let page = |company| [line(1, 1, BODY), line(40, company, 60.0), line(1, 1, BODY)];
        assert!(kept(&page(1), 500)[1]);
        assert!(!kept(&page(40), 500)[1]);
    }

    #[test]
    fn a_short_unique_line_among_chrome_goes_with_it() {
        let menu = line(30, 30, 40.0);
        let page = [menu, menu, line(1, 1, 8.0), menu, menu, line(1, 1, BODY)];
        let verdicts = decided(&page, 40);
        assert_eq!((verdicts[2].keep, verdicts[2].rule), (false, Rule::Surrounded));
    }

    #[test]
    fn the_headline_is_kept_once_though_it_recurs() {
        let headline = LineEvidence { titular: true, ..line(9, 9, 50.0) };
        let menu = line(40, 40, 30.0);
        let page = [line(1, 1, 60.0), menu, menu, headline, menu, headline, line(1, 1, BODY), menu, headline];
        let verdicts = decided(&page, 40);
        let kept: Vec<usize> = (1..page.len()).filter(|i| verdicts[*i].keep).collect();
        assert_eq!(kept, [5, 6]);
        assert_eq!(verdicts[5].rule, Rule::Title);
    }

    #[test]
    fn short_lines_that_stand_alone_stay_on_a_small_site() {
        for pages in [2, 3, 7, 17, 100] {
            let page = [line(1, 1, 5.0), line(1, 1, 7.0), line(1, 1, 17.0)];
            assert_eq!(kept(&page, pages), [true, true, true], "{pages}");
        }
    }

    #[test]
    fn a_page_that_says_anything_alone_is_not_emptied() {
        let menu = line(30, 30, 40.0);
        assert_eq!(kept(&[menu, line(1, 1, 5.0), menu], 40), [false, true, false]);
        assert_eq!(kept(&[menu, menu], 40), [false, false]);
    }

    #[test]
    fn a_template_is_named_as_the_reason() {
        let dated = LineEvidence { exactly_on: 1, ..line(30, 30, 30.0) };
        assert_eq!(decided(&[dated, line(1, 1, BODY)], 30)[0].rule, Rule::Template);
    }

    /// The best division by trying all.
    fn naive(scores: &[f64]) -> f64 {
        (0..1u32 << scores.len())
            .map(|states| {
                let total: f64 =
                    scores.iter().enumerate().filter(|(i, _)| states >> i & 1 == 1).map(|(_, score)| score).sum();
                let switches = (1..scores.len()).filter(|i| (states >> i ^ states >> (i - 1)) & 1 == 1).count();
                total - SWITCH * switches as f64
            })
            .fold(f64::MIN, f64::max)
    }

    proptest! {
        #[test]
        fn smoothing_finds_the_best_division(scores in prop::collection::vec(-4.0..4.0f64, 1..10)) {
            let states = smooth(&scores);
            let total: f64 = scores.iter().zip(&states).filter(|(_, kept)| **kept).map(|(score, _)| score).sum();
            let switches = states.windows(2).filter(|pair| pair[0] != pair[1]).count();
            prop_assert!((total - SWITCH * switches as f64 - naive(&scores)).abs() < 1e-9);
        }

        #[test]
        fn there_is_a_verdict_for_every_line(
            page in prop::collection::vec((1..60u32, 1..60u32, 0.0..500.0f64, any::<bool>(), any::<bool>()), 0..40),
            pages in 2..1000u64,
        ) {
            let page: Vec<_> = page
                .into_iter()
                .map(|(on, company, length, repeated, titular)| LineEvidence { repeated, titular, ..line(on, company.min(on), length) })
                .collect();
            prop_assert_eq!(decided(&page, pages).len(), page.len());
        }
    }
}
