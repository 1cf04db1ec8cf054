//! What a site's own pages teach of the weights by which they are judged, without labels.
//!
//! The lines round a line, titles and datelines say more of it than its features do. So the verdicts on pages of the
//! site's sample that are sure are taken for labels, and the weights are moved a little until they say the same of the
//! features alone: then they say it too where a page's verdicts are in doubt. This is self-training (Yarowsky,
//! Unsupervised Word Sense Disambiguation Rivaling Supervised Methods, ACL 1995) with a penalty on what is moved. Few
//! steps are made: the first ones follow what most lines have in common, the last ones what single lines have.
//!
//! Of the census alone: the text of the pages is not there any more, so that weights of what only it tells stay. Nor are
//! HTML's marks, which leave little in doubt: pages of HTML are neither learned from nor judged by what was learned.

use super::Judged;
use super::decide::{LengthWeights, decide, posterior, smooth};
use super::feature::{Extractor, Features, OF_TEXT};
use super::known::Known;
use super::logistic::{Labelled, Scale};
use super::minimise::minimise;
use super::model::{Decoder, Model, Shift, SiteWeights};
use super::site::SiteModel;
use super::{Verdict, feature};
use crate::census::{Census, Everywhere, Sampled};
use crate::line::Shape;

/// Pages of text of a site from which it moves weights: fewer have too little in common.
const LEAST: usize = 3;
/// Pages that are looked at, and lines of them.
const PAGES: usize = 48;
const LINES: usize = 3000;
/// Lines of the pages that are looked at from which it is enough of them.
const MOST_LINES: usize = 16_000;
/// Nats from which a verdict is sure.
const SURE: f64 = 0.7;
/// Power of its length that a line weighs by, and the length in characters from which it weighs no more.
const LINE_POWER: f32 = 0.5;
const LONGEST: f32 = 2000.0;
/// What it costs to move a weight, by the square of the way and half of this.
const PENALTY: f64 = 0.03;
/// Steps of the optimiser.
const STEPS: usize = 3;

/// Trains on sites, one after the other. Keeps its buffers.
pub struct SelfTraining<'a> {
    census: &'a Census,
    everywhere: &'a Everywhere,
    model: &'a Model,
    decoder: LengthWeights,
    extractor: Extractor,
    known: Known,
    scores: Vec<f32>,
    verdicts: Vec<Verdict>,
    lines: Vec<Looked>,
}

/// A line that was looked at.
struct Looked {
    features: Features,
    score: f32,
    is_content: bool,
    /// What it weighs; 0 if the verdict on it is in doubt.
    weight: f64,
}

impl Looked {
    fn new(features: &Features, score: f32) -> Self {
        Self { features: *features, score, is_content: false, weight: 0.0 }
    }
}

impl<'a> SelfTraining<'a> {
    /// Of sites of this census, which are judged by `model`.
    pub fn new(census: &'a Census, everywhere: &'a Everywhere, model: &'a Model) -> Self {
        Self {
            census,
            everywhere,
            model,
            decoder: LengthWeights::new(Decoder::UNREVISED),
            extractor: Extractor::default(),
            known: Known::default(),
            scores: Vec::new(),
            verdicts: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// What a site adds to the weights for its pages of text; nothing if they are few.
    pub fn shift(&mut self, name: &str, site: &SiteModel) -> Option<Shift> {
        let texts = self.census.sample(site.counts()).filter(|page| !page.is_html);
        let sample: Vec<Sampled<'_>> = texts.take(PAGES).collect();
        if sample.len() < LEAST {
            return None;
        }
        let weights = self.model.at(&self.model.conditions(site.statistics(), site.counts().pages()));
        self.lines.clear();
        let mut looked_at = 0;
        for page in &sample {
            self.look_at(page, name, site, &weights, LINES / sample.len());
            looked_at += self.scores.len();
            if looked_at > MOST_LINES {
                break;
            }
        }
        learn(&self.lines)
    }

    /// Looks at about as many lines of a page, spread over all of it.
    fn look_at(&mut self, page: &Sampled<'_>, name: &str, site: &SiteModel, weights: &SiteWeights, lines: usize) {
        self.known.gather(&page.lines(), &page.titles, name, site, self.everywhere);
        let Known { lines: evidence, elsewhere, marks, layout, .. } = &self.known;
        let every = evidence.len().div_ceil(lines.max(1)).max(1);
        let first = self.lines.len();
        self.scores.clear();
        let (scores, looked) = (&mut self.scores, &mut self.lines);
        self.extractor.extract(&self.known.on(site), |features| {
            let score = weights.score(features);
            if scores.len().is_multiple_of(every) {
                looked.push(Looked::new(features, score));
            }
            scores.push(score);
        });
        let (pages, date_above) = (site.counts().pages(), site.datelines().above(evidence, layout));
        let judged = Judged { lines: evidence, elsewhere, marks, scores, layout, pages, date_above };
        decide(&judged, &self.decoder, &mut self.verdicts);
        let weighed = evidence.iter().zip(scores.iter()).map(|(line, score)| self.decoder.weighed(*score, line.shape));
        let odds = posterior(&weighed.collect::<Vec<_>>(), self.decoder.switch);
        let known = evidence.iter().zip(&self.verdicts).zip(odds).step_by(every);
        let labels = known.map(|((evidence, verdict), odds)| (evidence.shape, verdict.keep, odds));
        label(looked.get_mut(first..).unwrap_or_default(), labels);
    }
}

/// The same of pages of which the features and shapes of lines are known, and no more, as in training: all pages are looked
/// at, and their verdicts are the decoder's alone.
pub fn shift_of(pages: &[Vec<(&Features, Shape)>], weights: &SiteWeights) -> Option<Shift> {
    let is_html = |page: &Vec<(&Features, Shape)>| page.first().is_some_and(|(line, _)| !feature::is_of_text(line));
    if pages.len() < LEAST || pages.iter().any(is_html) {
        return None;
    }
    let decoder = LengthWeights::new(Decoder::UNREVISED);
    let mut looked: Vec<Looked> = Vec::new();
    for page in pages {
        let scores: Vec<f32> = page.iter().map(|(line, _)| weights.score(line)).collect();
        let weighed: Vec<f64> =
            page.iter().zip(&scores).map(|((_, shape), score)| decoder.weighed(*score, *shape)).collect();
        let every = page.len().div_ceil((LINES / pages.len()).max(1)).max(1);
        let first = looked.len();
        let lines = page.iter().zip(&scores).step_by(every);
        looked.extend(lines.map(|((features, _), score)| Looked::new(features, *score)));
        let verdicts = smooth(&weighed, decoder.switch).into_iter().zip(posterior(&weighed, decoder.switch));
        let labels = page.iter().zip(verdicts).map(|((_, shape), (keep, odds))| (*shape, keep, odds));
        label(looked.get_mut(first..).unwrap_or_default(), labels.step_by(every));
    }
    learn(&looked)
}

/// Labels the lines of a page by the shape of each, whether it is kept, and the odds of that.
fn label(page: &mut [Looked], verdicts: impl Iterator<Item = (Shape, bool, f64)>) {
    let mut all = 0.0;
    for (line, (shape, keep, odds)) in page.iter_mut().zip(verdicts) {
        line.is_content = keep;
        // Where the verdict is not what the odds say, a rule or the page as a whole told more than they do.
        if odds.abs() > SURE || (odds >= 0.0) != keep {
            line.weight = f64::from(libm::powf(shape.length().min(LONGEST), LINE_POWER));
            all += line.weight;
        }
    }
    // Pages weigh the same.
    page.iter_mut().filter(|line| line.weight > 0.0).for_each(|line| line.weight /= all);
}

/// What is to be added to the weights for the scores of these lines to say what was decided on them.
fn learn(lines: &[Looked]) -> Option<Shift> {
    let sure = || lines.iter().filter(|line| line.weight > 0.0);
    sure().next()?;
    let labelled = || {
        sure().map(|line| Labelled {
            features: &line.features,
            is_content: line.is_content,
            weight: line.weight,
            score: line.score,
        })
    };
    let scale = Scale::of(labelled());
    let found = minimise(vec![0.0; feature::COUNT + 1], 0..STEPS, |point, gradient| {
        let slope = scale.slope(labelled(), point);
        let mut loss = slope.loss / slope.weight;
        for ((gradient, slope_of), moved) in gradient.iter_mut().zip(slope.slope).zip(point) {
            loss += PENALTY / 2.0 * moved * moved;
            *gradient = slope_of / slope.weight + PENALTY * moved;
        }
        // Of what the text tells nothing was seen.
        gradient[OF_TEXT].fill(0.0);
        loss
    });
    let (weights, bias) = scale.raw(&found);
    Some(Shift { weights, bias: bias as f32 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::Log;
    use crate::chrome::Sites;
    use crate::chrome::evidence::tests::census;
    use crate::chrome::feature::NAMES;
    use crate::line::{Key, Normaliser, TitleParts};
    use crate::page::Page;

    fn number(name: &str) -> usize {
        NAMES.iter().position(|known| *known == name).unwrap()
    }

    /// A model that is sure of long lines and of those of a word, and of nothing else.
    fn by_length() -> Model {
        let mut model = Model::empty();
        model.weights[number("length")][0] = 3.0;
        model.decoder.switch = 0.0;
        model
    }

    /// Articles of one long line and one that is neither long nor short, between a menu and a row of links.
    fn newspaper(pages: usize) -> Vec<String> {
        let of = ["goats", "ferries", "bells", "roofs", "piers", "quays", "boats", "rains", "towns", "walls"];
        let page = |n: usize| {
            let [one, other] = [of[n % 10], of[(n * 3 + 1) % 10]];
            let text = format!("On the quay of Hale {one} were seen by all who stood there in the rain, near {other}.");
            let (text, item) = (text.repeat(2), "x".repeat(n + 1));
            format!(
                "Start\nNews\n{text}\nThe {one} of {item} near the {other} go.\nAll that we have of {item} here\nImprint"
            )
        };
        (0..pages).map(page).collect()
    }

    /// What a site of these pages adds to the weights.
    fn shift(texts: &[String], model: &Model) -> Option<Shift> {
        let pages: Vec<(&str, &str)> = texts.iter().map(|text| ("s", text.as_str())).collect();
        let census = census(&pages);
        let sites = Sites::learn(&census);
        SelfTraining::new(&census, &Everywhere::default(), model).shift("s", sites.get("s")?)
    }

    #[test]
    fn what_sure_lines_have_in_common_counts_where_the_model_is_in_doubt() {
        let shift = shift(&newspaper(8), &by_length()).unwrap();
        let of = |name: &str| shift.weights[number(name)];
        // Long lines stay, and are sentences that this page alone has; short ones go, and all pages have them.
        assert!(of("closed") > 0.0 && of("unique") > 0.0, "{} {}", of("closed"), of("unique"));
        assert!(of("recurring") < 0.0 && of("share") < 0.0, "{} {}", of("recurring"), of("share"));
        assert!(shift.weights[OF_TEXT].iter().all(|weight| *weight == 0.0));
        assert!(shift.weights.iter().all(|weight| weight.is_finite()) && shift.bias.is_finite());
    }

    #[test]
    fn few_pages_move_nothing() {
        assert!(shift(&newspaper(LEAST - 1), &by_length()).is_none());
        assert!(shift(&newspaper(LEAST), &by_length()).is_some());
    }

    /// What a site of these pages adds to the weights if each `is_html` or not.
    fn shift_of_mixed(texts: &[String], is_html: impl Fn(usize) -> bool) -> Option<Shift> {
        let (mut census, mut log, mut lines) = (Census::default(), Log::default(), Vec::new());
        let (mut normaliser, mut titles) = (Normaliser::new(Key::default()), TitleParts::new(Key::default()));
        for (at, text) in texts.iter().enumerate() {
            normaliser.page(text, &mut lines);
            let marks = vec![Default::default(); if is_html(at) { lines.len() } else { 0 }];
            let page = Page { site: "s", text, marks: &marks, ..Page::default() };
            log.add(&page, &lines, titles.of(text, &lines));
        }
        census.add(log);
        let sites = Sites::learn(&census);
        SelfTraining::new(&census, &Everywhere::default(), &by_length()).shift("s", sites.get("s")?)
    }

    #[test]
    fn pages_of_html_move_nothing() {
        let texts = newspaper(8);
        assert!(shift_of_mixed(&texts, |_| true).is_none());
        assert!(shift_of_mixed(&texts, |at| at >= LEAST - 1).is_none());
        // Beside pages of text they count, and are not learned from.
        let mixed = shift_of_mixed(&texts, |at| at >= LEAST).unwrap();
        assert_ne!(mixed.weights, shift(&texts, &by_length()).unwrap().weights);
    }

    #[test]
    fn of_long_pages_some_lines_are_looked_at() {
        let texts: Vec<String> = newspaper(9).iter().map(|page| page.repeat(400)).collect();
        let pages: Vec<(&str, &str)> = texts.iter().map(|text| ("s", text.as_str())).collect();
        let census = census(&pages);
        let sites = Sites::learn(&census);
        let model = by_length();
        let everywhere = Everywhere::default();
        let mut training = SelfTraining::new(&census, &everywhere, &model);
        assert!(training.shift("s", sites.get("s").unwrap()).is_some());
        assert!(training.lines.len() > LINES / 2 && training.lines.len() <= LINES, "{}", training.lines.len());
    }

    proptest! {
        #[test]
        fn neither_order_nor_what_was_looked_at_before_matters(
            order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            let texts = newspaper(8);
            let shuffled: Vec<String> = order.iter().map(|at| texts[*at].clone()).collect();
            let model = by_length();
            let bits = |shift: &Shift| shift.weights.iter().map(|weight| weight.to_bits()).collect::<Vec<_>>();
            let expected = shift(&texts, &model).unwrap();
            prop_assert_eq!(bits(&expected), bits(&shift(&shuffled, &model).unwrap()));
            // One after the other, as sites of a crawl.
            let pages: Vec<(&str, &str)> = texts.iter().flat_map(|text| [("s", &**text), ("t", &text[6..])]).collect();
            let census = census(&pages);
            let sites = Sites::learn(&census);
            let everywhere = Everywhere::default();
            let mut training = SelfTraining::new(&census, &everywhere, &model);
            training.shift("t", sites.get("t").unwrap());
            prop_assert_eq!(bits(&expected), bits(&training.shift("s", sites.get("s").unwrap()).unwrap()));
        }
    }
}
