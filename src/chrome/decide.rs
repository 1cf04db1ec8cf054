//! The decision: from the evidence on a page's lines to a verdict on each.
//!
//! The model gives every line the odds that it is content. A two-state Viterbi decoder then finds the best division of
//! the page into runs of content and chrome, since neither comes a line at a time; a long line has more to say in it.
//! Last, the page's own headline is kept once, and a page that says anything alone is not emptied.

use super::Judged;
use super::evidence::LineEvidence;
use super::layout::{BESIDE, Layout};
use super::model::Decoder;
use super::{Rule, Verdict};
use crate::census::Elsewhere;
use crate::line::Shape;

/// Length, in characters, of the line whose score counts as it is.
const LENGTH: f32 = 90.0;
/// Share of a site's pages from which a line goes whatever surrounds it.
const MOST: f64 = 0.9;
/// Pages of a site from which that can be told, and from which one page may lack the line.
const MOST_OF: u64 = 3;
const BUT_ONE_OF: u64 = 5;
/// Lines below which a page has too few to tell them apart by what stands round them.
pub const FEW_LINES: usize = 8;
/// Share of a site's pages up to which a byline is the page's own.
const FEW: f64 = 0.3;
/// Lines above the body that may be byline and dateline, and how many more a headline above them may add.
const NEAR: usize = 4;
const HEADER: usize = 8;
/// Lines below the headline among which a date is the page's.
const BELOW_HEADLINE: usize = 4;
/// Lines above a dateline that belong to it: a byline, a place.
const ABOVE_DATE: usize = 2;

/// Decides on the lines of one page: the one function that does.
pub fn decide(page: &Judged<'_>, decoder: &LengthWeights, verdicts: &mut Vec<Verdict>) {
    verdicts.clear();
    let weighed = page.lines.iter().zip(page.scores).map(|(line, score)| decoder.weighed(*score, line.shape));
    let content = smooth(&weighed.collect::<Vec<_>>(), decoder.switch);
    let elsewhere = page.elsewhere.iter().copied().chain(std::iter::repeat(Elsewhere::default()));
    for (((line, score), content), elsewhere) in page.lines.iter().zip(page.scores).zip(content).zip(elsewhere) {
        let everywhere = is_everywhere(line.on, page.pages);
        let keep = content && !everywhere;
        let rule = if keep { kept_by(line, *score) } else { dropped_by(line, elsewhere, *score, everywhere) };
        verdicts.push(Verdict { keep, rule, on: line.on, of: page.pages, score: *score });
    }
    keep_something(page.lines, verdicts);
    keep_own_of_few_lines(page.lines, verdicts);
    keep_headline(page, verdicts);
    keep_dateline(page, verdicts);
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
fn dropped_by(line: &LineEvidence, elsewhere: Elsewhere, score: f32, everywhere: bool) -> Rule {
    match line.on {
        _ if score >= 0.0 && !everywhere => Rule::Surrounded,
        0 | 1 if line.titles_another => Rule::List,
        0 | 1 if line.times == 2 && line.time == 2 => Rule::Repeated,
        0 | 1 if elsewhere.in_domain > 0 => Rule::Domain,
        0 | 1 if elsewhere.beyond > 0 => Rule::Elsewhere,
        0 | 1 => Rule::Shape,
        on if line.exactly_on < on => Rule::Template,
        _ => Rule::Recurs,
    }
}

/// Where nothing else stays of a page, what it alone says does, however little that is.
fn keep_something(lines: &[LineEvidence], verdicts: &mut [Verdict]) {
    if verdicts.iter().any(|verdict| verdict.keep) {
        return;
    }
    for (line, verdict) in lines.iter().zip(verdicts) {
        if line.on < 2 && line.time < 2 {
            *verdict = Verdict { keep: true, rule: Rule::Unique, ..*verdict };
        }
    }
}

/// On a page of few lines, nothing round a line of prose that it alone has tells against it; nor against any other line
/// where hardly one recurs and most stay, as in a text that was cut out of its page before.
fn keep_own_of_few_lines(lines: &[LineEvidence], verdicts: &mut [Verdict]) {
    if lines.len() >= FEW_LINES {
        return;
    }
    let is_own = |line: &LineEvidence| line.on < 2 && line.time < 2;
    let own = lines.iter().filter(|line| is_own(line)).count();
    let stay = lines.iter().zip(verdicts.iter()).filter(|(line, verdict)| is_own(line) && verdict.keep).count();
    let is_cut_out = 4 * own >= 3 * lines.len() && 2 * stay >= own;
    for (line, verdict) in lines.iter().zip(verdicts).filter(|(_, verdict)| !verdict.keep) {
        if is_own(line) && (is_cut_out || line.prose > LENGTH / 2.0) {
            *verdict = Verdict { keep: true, rule: Rule::Unique, ..*verdict };
        }
    }
}

/// Keeps the headline, if it went: once, above the text, and however many lists it stands in.
fn keep_headline(page: &Judged<'_>, verdicts: &mut [Verdict]) {
    let Layout { headline: Some(headline), body_prose, ref body, .. } = *page.layout else { return };
    let Some(template) = page.lines.get(headline).map(|line| line.template) else { return };
    if body_prose < LENGTH {
        return;
    }
    let mut is_kept = false;
    for (i, (line, verdict)) in page.lines.iter().zip(verdicts.iter_mut()).enumerate() {
        let is_copy = line.template == template && !body.contains(&i);
        if verdict.keep && (line.headline || i == headline) {
            if is_copy && i > headline {
                *verdict = Verdict { keep: false, rule: Rule::Repeated, ..*verdict };
            } else {
                is_kept = true;
            }
        }
    }
    if let Some(verdict) = verdicts.get_mut(headline).filter(|_| !is_kept) {
        *verdict = Verdict { keep: true, rule: Rule::Title, ..*verdict };
    }
}

/// Keeps what stands between headline and body, or right above a body without a headline, and is the page's own but for
/// its form: a dateline, whose date alone is new, with what stands right above it; a byline that a few pages have. And a
/// date that stands right below the headline, or right above it where the site has it there, though other pages are of
/// that day.
fn keep_dateline(page: &Judged<'_>, verdicts: &mut [Verdict]) {
    let Layout { headline, body_prose, ref body, .. } = *page.layout;
    if body_prose < LENGTH {
        return;
    }
    let near = body.start.saturating_sub(NEAR);
    let first = headline.map_or(near, |headline| if near - near.min(headline) > HEADER { near } else { headline + 1 });
    let is_beside = |at: usize| page.marks.get(at).is_some_and(|mark| mark.regions.intersects(BESIDE));
    let line = |at: usize| page.lines.get(at).filter(|line| line.shape.length() < LENGTH && !is_beside(at));
    let is_own = |line: &&LineEvidence| {
        let few = f64::from(line.exactly_on) <= (FEW * page.pages as f64).max(1.0);
        few && line.times == 1 && !line.titles_another
    };
    // A caption may be the body's first prose: what stands between it and the next is header too, and so is a date that
    // stands below a standfirst.
    let in_body = page.lines.iter().enumerate().skip(body.start + 1).take(HEADER);
    let mut prose = in_body.filter(|(_, line)| line.prose > LENGTH / 2.0).map(|(i, _)| i);
    let last = prose.next().unwrap_or(body.start);
    let below_standfirst = prose.next().unwrap_or(last);
    let header = || (first..below_standfirst).filter_map(|i| Some((i, line(i).filter(is_own)?)));
    let date = header().rfind(|(_, line)| line.dated).map(|(i, _)| i);
    let mut keep = |i: usize| {
        if let Some(verdict) = verdicts.get_mut(i).filter(|verdict| !verdict.keep) {
            *verdict = Verdict { keep: true, rule: Rule::Dateline, ..*verdict };
        }
    };
    for (i, line) in header() {
        let by_date = date.is_some_and(|date| i <= date && i + ABOVE_DATE >= date);
        let by_headline = headline.is_some_and(|headline| headline < i && i < last) && (line.dated || line.on > 1);
        if by_date || by_headline {
            keep(i);
        }
    }
    let below = headline.map_or(0..0, |headline| headline + 1..last.min(headline + 1 + BELOW_HEADLINE));
    let is_date = |i: &usize| line(*i).is_some_and(|line| line.dated && line.times == 1);
    below.into_iter().find(is_date).into_iter().for_each(&mut keep);
    // What most pages have is the date of the crawl.
    let is_of_few = |at: &usize| line(*at).is_some_and(|line| u64::from(line.exactly_on) * 2 <= page.pages);
    let above = page.layout.date_above(page.lines).filter(|at| page.dates_above && is_of_few(at));
    above.into_iter().for_each(keep);
}

/// The division into content (true) and chrome of the highest total score (Viterbi 1967): content earns the score of
/// its lines, chrome nothing, each change costs `switch`. Ties are content.
pub fn smooth(scores: &[f64], switch: f64) -> Vec<bool> {
    let (mut chrome, mut content) = (0.0_f64, 0.0_f64);
    // For each line, whether the best path to chrome and to content comes from content.
    let mut from_content = Vec::with_capacity(scores.len());
    for (i, score) in scores.iter().enumerate() {
        let switch = if i == 0 { 0.0 } else { switch };
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::{Link, tests::any_page};
    use crate::line::Shape;

    const SWITCH: f64 = 1.5;

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

    const DECODER: Decoder = Decoder { switch: 1.0, length_power: 0.3 };

    /// A line that one page has.
    fn own(text: &str) -> LineEvidence {
        LineEvidence {
            template: 9,
            on: 1,
            exactly_on: 1,
            in_company: 1,
            link: Link::None,
            shape: Shape::of(text),
            times: 1,
            time: 1,
            alike: 1,
            titular: false,
            headline: false,
            titles_another: false,
            dated: false,
            rarity: 0.0,
            share: 1.0,
            prose: 0.0,
        }
    }

    fn on(pages: u32) -> LineEvidence {
        LineEvidence { on: pages, exactly_on: pages, in_company: pages, ..own("A line that recurs on the site") }
    }

    /// Whether each line stays, and why.
    fn decided(lines: &[LineEvidence], scores: &[f32], layout: &Layout, pages: u64) -> Vec<(bool, Rule)> {
        let mut verdicts = vec![Verdict::keep(Rule::Blank)];
        let page = Judged { lines, elsewhere: &[], marks: &[], scores, layout, pages, dates_above: false };
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
    fn a_page_that_says_anything_alone_is_not_emptied() {
        let again = LineEvidence { times: 2, time: 2, ..own("x") };
        let first = LineEvidence { time: 1, ..again };
        let found = decided(&[on(3), first, again], &[-9.0; 3], &Layout::default(), 10);
        assert_eq!(found, [(false, Rule::Recurs), (true, Rule::Unique), (false, Rule::Repeated)]);
        // One that says nothing alone is; one of which something stays is left as it is.
        assert_eq!(decided(&[on(3)], &[-9.0], &Layout::default(), 10), [(false, Rule::Recurs)]);
        let found = decided(&[on(3), own("x")], &[9.0, -9.0], &Layout::default(), 10);
        assert_eq!(found.iter().map(|(keep, _)| *keep).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn prose_that_a_page_of_few_lines_alone_has_stays() {
        let prose = LineEvidence { prose: 200.0, ..own("The ferry was late again, and nobody said why.") };
        let page = [on(3), own("x"), prose, LineEvidence { on: 3, ..prose }];
        let kept = |page: &[LineEvidence]| {
            let found = decided(page, &vec![-9.0; page.len()], &Layout::default(), 10);
            found.iter().map(|(keep, _)| *keep).collect::<Vec<_>>()
        };
        // Beside a line that stays whatever becomes of it.
        let title = |page: &[LineEvidence]| {
            let mut scores = vec![-9.0; page.len()];
            scores[1] = 90.0;
            decided(page, &scores, &Layout::default(), 10)[2].0
        };
        assert_eq!(kept(&page), [false, true, true, false]);
        assert!(title(&page));
        assert!(!title(&[&page[..], &[on(3); 4]].concat()));
        // Where hardly a line recurs and most stay, what it alone has does, prose or not.
        let second = |page: &[LineEvidence], first: f32| {
            decided(page, &[first, -90.0, 90.0, -90.0], &Layout::default(), 10)[1].0
        };
        let cut_out = [own("Two goats"), own("By Ada Brook"), prose, on(3)];
        assert!(second(&cut_out, 90.0) && !second(&[on(3), own("By Ada Brook"), prose, on(3)], 90.0));
    }

    #[test]
    fn the_headline_is_kept_once() {
        let headline = LineEvidence { titular: true, headline: true, ..own("The ferry is late") };
        let page = [on(3), headline, own("x"), own("The ferry was late again.")];
        let layout = Layout { headline: Some(1), body: 3..4, body_prose: 200.0, ..Layout::default() };
        let kept = |page: &[LineEvidence], scores: [f32; 4], layout: &Layout| {
            decided(page, &scores, layout, 10).iter().map(|(keep, _)| *keep).collect::<Vec<_>>()
        };
        let scores = [-9.0, -9.0, -9.0, 9.0];
        assert_eq!(decided(&page, &scores, &layout, 10)[1], (true, Rule::Title));
        assert_eq!(kept(&page, scores, &layout), [false, true, false, true]);
        // However many lists it stands in; but not where it stays elsewhere, nor above no text.
        let mut common = page;
        common[1].on = 10;
        assert_eq!(kept(&common, scores, &layout), [false, true, false, true]);
        let mut twice = page;
        twice[3].headline = true;
        assert_eq!(kept(&twice, scores, &layout), [false, false, false, true]);
        // A copy below the text is none, whether the headline stays by itself or not.
        let below = [&page[..], &[headline]].concat();
        assert_eq!(decided(&below, &[-9.0, -9.0, -9.0, 9.0, 9.0], &layout, 10)[4], (false, Rule::Repeated));
        assert!(decided(&below, &[-9.0, -9.0, -9.0, 9.0, 9.0], &layout, 10)[1].0);
        assert!(decided(&below, &[-9.0, 9.0, -9.0, 9.0, 9.0], &layout, 10)[1].0);
        // Another line that the title makes a headline is no copy.
        let mut other = below;
        other[4].template += 1;
        assert!(decided(&other, &[-9.0, -9.0, -9.0, 9.0, 9.0], &layout, 10)[4].0);
        let short = Layout { body_prose: 50.0, ..layout.clone() };
        assert_eq!(kept(&page, scores, &short), [false, false, false, true]);
    }

    #[test]
    fn a_dateline_is_kept_with_the_byline_above_it() {
        let date = LineEvidence { dated: true, exactly_on: 2, ..on(9) };
        let page = [own("Most read"), own("x"), own("By Ada Brook"), date, own("The ferry was late again.")];
        let layout = Layout { body: 4..5, body_prose: 200.0, ..Layout::default() };
        let found = decided(&page, &[-9.0, -9.0, -9.0, -9.0, 9.0], &layout, 10);
        assert_eq!(found.iter().map(|(keep, _)| *keep).collect::<Vec<_>>(), [false, true, true, true, true]);
        assert_eq!(found[3].1, Rule::Dateline);
        // The same line on most pages is none,
        let mut common = page;
        common[3].exactly_on = 9;
        assert!(!decided(&common, &[-9.0, -9.0, -9.0, -9.0, 9.0], &layout, 10)[3].0);
        // but right below the headline, and not in a menu.
        let headed = Layout { headline: Some(1), ..layout };
        let found = decided(&common, &[-9.0, -9.0, -9.0, -9.0, 9.0], &headed, 10);
        assert_eq!(found[3], (true, Rule::Dateline));
        let marks = ["", "", "", "p aside", "p"].map(|mark| mark.parse().unwrap());
        let headline = LineEvidence { titular: true, headline: true, ..own("The ferry is late") };
        let above = [page[1], date, headline, page[4]];
        let headed_at = Layout { headline: Some(2), body: 3..4, ..headed.clone() };
        let kept_above = |lines: &[LineEvidence], dates_above: bool| {
            let scores = [-9.0, -9.0, -9.0, 9.0];
            let mut verdicts = Vec::new();
            let page = Judged {
                elsewhere: &[],
                marks: &[],
                lines,
                scores: &scores,
                layout: &headed_at,
                pages: 10,
                dates_above,
            };
            decide(&page, &LengthWeights::new(DECODER), &mut verdicts);
            verdicts[1].keep
        };
        // Right above the headline it is the item's before, unless the site has its dates there;
        assert!(kept_above(&above, true) && !kept_above(&above, false));
        // the day of the crawl is on most pages.
        let mut crawled = above;
        crawled[1].exactly_on = 6;
        assert!(!kept_above(&crawled, true));
        let judged = Judged {
            lines: &common,
            elsewhere: &[],
            marks: &marks,
            scores: &[-9.0, -9.0, -9.0, -9.0, 9.0],
            layout: &headed,
            pages: 10,
            dates_above: false,
        };
        let mut verdicts = Vec::new();
        decide(&judged, &LengthWeights::new(DECODER), &mut verdicts);
        assert!(!verdicts[3].keep);
    }

    #[test]
    fn a_dateline_below_a_standfirst_is_kept() {
        let prose = LineEvidence { prose: 200.0, ..own("The ferry was late again, and nobody said why.") };
        let date = LineEvidence { dated: true, ..on(2) };
        let page = [own("Home"), prose, own("By Ada Brook"), date, prose, date];
        let layout = Layout { body: 1..5, body_prose: 400.0, ..Layout::default() };
        let found = decided(&page, &[-9.0, 9.0, -9.0, -9.0, 9.0, -9.0], &layout, 10);
        let kept: Vec<bool> = found.iter().map(|(keep, _)| *keep).collect();
        assert_eq!(kept, [false, true, true, true, true, false]);
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
        let rules = other_sites.map(|elsewhere| dropped_by(&own("x"), elsewhere, -9.0, false));
        assert_eq!(rules, [Rule::Shape, Rule::Elsewhere, Rule::Domain]);
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
