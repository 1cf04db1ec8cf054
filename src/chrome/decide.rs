//! The decision: from the evidence on a page's lines to a verdict on each.
//!
//! The model gives every line the odds that it is content. A two-state Viterbi decoder then finds the best division of
//! the page into runs of content and chrome, since neither comes a line at a time; a long line has more to say in it.
//! Last comes what [`rescue`](super::rescue) keeps all the same.

use super::Judged;
use super::evidence::LineEvidence;
use super::model::Decoder;
use super::rescue::rescue;
use super::{Rule, Verdict};
use crate::census::Elsewhere;
use crate::line::Shape;
use crate::line::mark::{Mark, Regions};

/// Length, in characters, of the line whose score counts as it is.
const LENGTH: f32 = 90.0;
/// Share of a site's pages from which a line goes whatever surrounds it.
const MOST: f64 = 0.9;
/// Pages of a site from which that can be told, and from which one page may lack the line.
const MOST_OF: u64 = 3;
const BUT_ONE_OF: u64 = 5;

/// Nats beyond which a line could not be surer.
const SUREST: f64 = 60.0;

/// What HTML says of lines that stand beside the text of a page, but for comments.
const BESIDE: Regions =
    Regions::NAV.with(Regions::FOOTER).with(Regions::ASIDE).with(Regions::FURNITURE).with(Regions::SIDEBAR);

/// Decides on the lines of one page: the one function that does.
pub fn decide(page: &Judged<'_>, decoder: &LengthWeights, verdicts: &mut Vec<Verdict>) {
    verdicts.clear();
    let weighed = page.lines.iter().zip(page.scores).map(|(line, score)| decoder.weighed(*score, line.shape));
    let content = smooth(&weighed.collect::<Vec<_>>(), decoder.switch);
    for (at, ((line, score), content)) in page.lines.iter().zip(page.scores).zip(content).enumerate() {
        let everywhere = is_everywhere(line.on, page.pages);
        let keep = content && !everywhere;
        let elsewhere = page.elsewhere.get(at).copied().unwrap_or_default();
        let mark = page.marks.get(at).copied().unwrap_or_default();
        let rule = if keep { kept_by(line, *score) } else { dropped_by(line, elsewhere, mark, *score, everywhere) };
        verdicts.push(Verdict { keep, rule, on: line.on, of: page.pages, score: *score });
    }
    rescue(page, verdicts);
}

/// Whether nearly all pages of a site have a line.
fn is_everywhere(on: u32, pages: u64) -> bool {
    let most = (MOST * pages as f64).ceil() as u64;
    let most = if pages < BUT_ONE_OF { most } else { most.min(pages - 1) };
    pages >= MOST_OF && u64::from(on) >= most
}

/// What a line's score is multiplied by for its length, and what a change costs: [`Decoder`] with its powers looked up.
#[derive(Clone, Debug)]
pub struct LengthWeights {
    /// By the class of the length.
    weights: Box<[f64]>,
    /// See [`Decoder::switch`].
    pub switch: f64,
}

impl LengthWeights {
    /// The weights of a decoder.
    pub fn new(decoder: Decoder) -> Self {
        let weight = |class| {
            let length = f64::from(Shape::length_of_class(class).max(4.0) / LENGTH);
            libm::pow(length, f64::from(decoder.length_power))
        };
        Self { weights: (0..=u8::MAX).map(weight).collect(), switch: f64::from(decoder.switch) }
    }

    /// What a line of this score brings to a run of content, in nats.
    pub fn weighed(&self, score: f32, shape: Shape) -> f64 {
        f64::from(score) * self.weights.get(usize::from(shape.length_class())).copied().unwrap_or(1.0)
    }
}

/// Why a line stays.
fn kept_by(line: &LineEvidence, score: f32) -> Rule {
    match line.on {
        _ if score < 0.0 => Rule::Among,
        0 | 1 => Rule::Unique,
        _ => Rule::Rare,
    }
}

/// Why a line goes.
fn dropped_by(line: &LineEvidence, elsewhere: Elsewhere, mark: Mark, score: f32, everywhere: bool) -> Rule {
    match line.on {
        _ if score >= 0.0 && !everywhere => Rule::Surrounded,
        0 | 1 if line.titles_another => Rule::List,
        0 | 1 if line.times == 2 && line.time == 2 => Rule::Repeated,
        0 | 1 if mark.regions.contains(Regions::COMMENTS) => Rule::Comments,
        0 | 1 if elsewhere.in_domain > 0 => Rule::Domain,
        0 | 1 if elsewhere.beyond > 0 => Rule::Elsewhere,
        0 | 1 if mark.regions.intersects(BESIDE) => Rule::Markup,
        0 | 1 => Rule::Shape,
        on if line.exactly_on < on => Rule::Template,
        _ => Rule::Recurs,
    }
}

/// The division into content (true) and chrome of the highest total score (Viterbi 1967): content earns the score of
/// its lines, chrome nothing, each change costs `switch`. Ties are content.
pub fn smooth(scores: &[f64], switch: f64) -> Vec<bool> {
    // Before each line, by how much the best path to content is better than that to chrome. Whichever is worse by more than
    // a change costs would rather come from the other.
    let mut ahead = Vec::with_capacity(scores.len());
    let mut content = 0.0_f64;
    for score in scores {
        ahead.push(content);
        content = content.max(-switch).min(switch) + score;
    }
    let mut state = content >= 0.0;
    let mut states = vec![false; scores.len()];
    for (kept, ahead) in states.iter_mut().zip(&ahead).rev() {
        *kept = state;
        state = if state { *ahead >= -switch } else { *ahead > switch };
    }
    states
}

/// The logarithm of the odds that each line is content, over all divisions of the page, of which one is the likelier the
/// higher its total score (forward-backward; Rabiner, A tutorial on hidden Markov models, Proc. IEEE 1989). In nats.
pub fn posterior(scores: &[f64], switch: f64) -> Vec<f64> {
    let change = libm::exp(-switch);
    let own: Vec<f64> = scores.iter().map(|score| libm::exp(score.clamp(-SUREST, SUREST))).collect();
    // The odds of a line by those of the line beside it.
    let beside = |odds: f64| (odds + change) / (1.0 + odds * change);
    let mut all = Vec::with_capacity(own.len());
    let mut before = 1.0;
    for own in &own {
        all.push(before * own);
        before = beside(before * own);
    }
    let mut after = 1.0;
    for (all, own) in all.iter_mut().zip(&own).rev() {
        *all = libm::log(*all * after);
        after = beside(own * after);
    }
    all
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::{any_page, own};
    use crate::chrome::layout::Layout;

    const SWITCH: f64 = 1.5;

    /// The total score of a division: a bit for each line, set if it is content.
    fn worth(scores: &[f64], states: u32) -> f64 {
        let total: f64 = scores.iter().enumerate().filter(|(i, _)| states >> i & 1 == 1).map(|(_, score)| score).sum();
        let switches = (1..scores.len()).filter(|i| (states >> i ^ states >> (i - 1)) & 1 == 1).count();
        total - SWITCH * switches as f64
    }

    /// The best division by trying all.
    fn naive(scores: &[f64]) -> f64 {
        (0..1u32 << scores.len()).map(|states| worth(scores, states)).fold(f64::MIN, f64::max)
    }

    /// What the tests decode by.
    pub const DECODER: Decoder = Decoder { switch: 1.0, length_power: 0.3 };

    /// A line that recurs.
    pub fn on(pages: u32) -> LineEvidence {
        LineEvidence { on: pages, exactly_on: pages, in_company: pages, ..own("A line that recurs on the site") }
    }

    /// Whether each line stays, and why.
    pub fn decided(lines: &[LineEvidence], scores: &[f32], layout: &Layout, pages: u64) -> Vec<(bool, Rule)> {
        let mut verdicts = vec![Verdict::keep(Rule::Blank)];
        let page = Judged { lines, elsewhere: &[], marks: &[], scores, layout, pages, date_above: None };
        decide(&page, &LengthWeights::new(DECODER), &mut verdicts);
        assert_eq!(verdicts.len(), lines.len());
        verdicts.iter().map(|verdict| (verdict.keep, verdict.rule)).collect()
    }

    #[test]
    fn a_line_that_nearly_all_pages_have_goes_whatever_its_score() {
        let page = [own("x"), on(9), on(8)];
        let found = decided(&page, &[9.0; 3], &Layout::default(), 10);
        assert_eq!(found, [(true, Rule::Unique), (false, Rule::Recurs), (true, Rule::Rare)]);
        // One page of a few may lack it, but not of three.
        assert!(is_everywhere(4, 5) && is_everywhere(8, 9) && !is_everywhere(3, 5) && !is_everywhere(2, 3));
        // Of two pages, that cannot be told.
        assert_eq!(decided(&[on(2)], &[9.0], &Layout::default(), 2), [(true, Rule::Rare)]);
    }

    #[test]
    fn rules_say_what_was_seen() {
        let template = LineEvidence { exactly_on: 1, ..on(3) };
        let list = LineEvidence { titles_another: true, ..own("x") };
        let page = [on(3), template, list, own("x"), own("a long line that says it stays, whatever stands round it")];
        let rules: Vec<Rule> = decided(&page, &[-9.0, -9.0, -9.0, -9.0, 9.0], &Layout::default(), 10)
            .iter()
            .map(|(_, rule)| *rule)
            .collect();
        assert_eq!(rules, [Rule::Recurs, Rule::Template, Rule::List, Rule::Shape, Rule::Unique]);
        let other_sites = [(0, 0), (0, 3), (1, 3)].map(|(in_domain, beyond)| Elsewhere { in_domain, beyond });
        let regions = [Regions::CORE, Regions::ASIDE, Regions::ASIDE.with(Regions::COMMENTS)];
        let [core, aside, comments] = regions.map(|regions| Mark { regions, ..Mark::default() });
        let rules = |mark| other_sites.map(|elsewhere| dropped_by(&own("x"), elsewhere, mark, -9.0, false));
        assert_eq!(rules(core), [Rule::Shape, Rule::Elsewhere, Rule::Domain]);
        assert_eq!(rules(aside), [Rule::Markup, Rule::Elsewhere, Rule::Domain]);
        assert_eq!(rules(comments), [Rule::Comments; 3]);
        // A line is carried along by its neighbours, either way.
        let found = decided(&[own("x"), own("x"), own("x")], &[9.0, -0.1, 9.0], &Layout::default(), 10);
        assert_eq!(found[1], (true, Rule::Among));
        let found = decided(&[own("x"), own("x"), own("x"), on(2)], &[-9.0, 0.1, -9.0, 9.0], &Layout::default(), 10);
        assert_eq!(found[1], (false, Rule::Surrounded));
    }

    proptest! {
        #[test]
        fn smoothing_finds_the_best_division(scores in prop::collection::vec(-4.0..4.0f64, 1..10)) {
            let states = smooth(&scores, SWITCH);
            let total: f64 = scores.iter().zip(&states).filter(|(_, kept)| **kept).map(|(score, _)| score).sum();
            let switches = states.windows(2).filter(|pair| pair[0] != pair[1]).count();
            prop_assert!((total - SWITCH * switches as f64 - naive(&scores)).abs() < 1e-9);
        }

        #[test]
        fn the_posterior_is_that_of_all_divisions(scores in prop::collection::vec(-4.0..4.0f64, 1..9)) {
            let found = posterior(&scores, SWITCH);
            for (at, odds) in found.iter().enumerate() {
                let (mut chrome, mut content) = (0.0, 0.0);
                for states in 0..1u32 << scores.len() {
                    let likelihood = libm::exp(worth(&scores, states));
                    if states >> at & 1 == 1 { content += likelihood } else { chrome += likelihood }
                }
                prop_assert!((odds - libm::log(content / chrome)).abs() < 1e-9);
            }
        }

        #[test]
        fn higher_scores_keep_what_was_kept(
            scores in prop::collection::vec(-4.0..4.0f64, 0..40),
            lenience in 0.01..3.0f64,
        ) {
            let careful: Vec<f64> = scores.iter().map(|score| score + lenience).collect();
            let (usual, careful) = (smooth(&scores, SWITCH), smooth(&careful, SWITCH));
            prop_assert!(usual.iter().zip(&careful).all(|(usual, careful)| *careful || !usual));
        }

        #[test]
        fn nothing_stays_that_goes_by_rule_and_no_page_is_emptied(
            (page, pages) in any_page(),
            seed in prop::collection::vec(-5.0..5.0f32, 60),
        ) {
            let mut layout = Layout::default();
            layout.find(&page, pages);
            let found = decided(&page, &seed[..page.len()], &layout, pages);
            let says_anything = page.iter().any(|line| line.on < 2 && line.time < 2);
            prop_assert!(found.iter().any(|(keep, _)| *keep) || !says_anything);
            for (line, (keep, rule)) in page.iter().zip(&found) {
                let everywhere = is_everywhere(line.on, pages);
                let is_own = matches!(rule, Rule::Title | Rule::Dateline);
                prop_assert!(!(everywhere && *keep) || is_own, "{rule:?}");
            }
            prop_assert!(found.iter().filter(|(_, rule)| *rule == Rule::Title).count() <= 1);
        }
    }
}
