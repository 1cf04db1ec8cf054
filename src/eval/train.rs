//! Makes a model of labelled pages: the weights of [`Model`] by logistic regression, its decoder by trial.
//!
//! Every gold file is a crawl. A site is shown to the trainer whole and cut to a few pages, so that the weights hold on
//! small sites too, and never in one crawl with another of its group (a newspaper's other years), which would share its
//! chrome, unless both are hosts of one domain. A line weighs by a power of its length and pages weigh the same, as the
//! measure has it; the weights are kept small by a quadratic penalty, those that a site's conditions move more than the
//! others. Before them, the prior is learned: from a site's statistics, the share of its short rare text that is content.
//! The decoder is chosen last, on groups that the weights before it were not made from. Nothing is drawn at random: the
//! same gold makes the same model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::gold::{Gold, GoldPage, Label};
use super::minimise::minimise;
use crate::census::{Census, Log};
use crate::chrome::decide::LengthWeights;
use crate::chrome::evidence::prose;
use crate::chrome::feature::{CONDITIONS, COUNT, Conditions, Features, KINDS, MARKUP, for_kind, kind};
use crate::chrome::model::{Decoder, Model, Prior};
use crate::chrome::site::SiteModel;
use crate::chrome::statistics::{self, SHORT, Statistics};
use crate::chrome::{Judge, Sites, decide};
use crate::line::{Key, Line, Normaliser, Shape, TitleParts};
use crate::page::{Page, domain_of};

/// What a site is cut to, in pages, and how often.
const CUTS: &[(usize, u64)] = &[(1, 2), (2, 2), (5, 2), (40, 1)];
/// What a crawl of cut sites weighs against the whole.
const CUT_WEIGHT: f64 = 0.3;
/// Pages of a site that are shown, at most.
const PAGES: usize = 25;
/// Power of its length that a line weighs by, and the length from which it weighs no more.
const LINE_POWER: f64 = 0.5;
const LONGEST: usize = 2000;
/// Power of the number of its sites that a gold file weighs by.
const FILE_POWER: f64 = 0.35;
/// Weight of the penalty on a feature's weight, and on what a condition adds to it.
const PENALTY: [f64; 2] = [1e-4, 1.2e-3];
/// The same where HTML alone sets the feature: few labelled sites are HTML, and a landmark is the same on all of them.
const MARKUP_PENALTY: [f64; 2] = [1e-3, 0.03];
/// Weight of the penalty on what a weight is moved from where it was, where a model is adapted: so large that few pages
/// move what they are sure of, and that other sites are judged as before.
const ADAPTED_PENALTY: f64 = 1.0;
/// Steps of the optimiser.
const STEPS: usize = 180;
/// Its steps where a model is made to choose the decoder by.
const SCOUT_STEPS: usize = 80;
/// Decoders that are tried.
const SWITCHES: &[f32] = &[0.25, 0.35, 0.5, 0.75, 1.0, 1.5];
const LENGTH_POWERS: &[f32] = &[0.0, 0.15, 0.3, 0.45, 0.6];

/// The pages of sites, none of which is of another's group; each site with the name of its group.
type Crawl<'a> = Vec<(Box<str>, Vec<&'a GoldPage>)>;

/// Labelled pages as the trainer sees them.
#[derive(Debug, Default)]
pub struct Examples {
    sites: Vec<SiteExamples>,
}

/// The pages of one site in one crawl.
#[derive(Debug)]
struct SiteExamples {
    group: Box<str>,
    statistics: Statistics,
    /// Pages of the site in its crawl.
    number: u64,
    pages: Vec<PageExample>,
}

#[derive(Debug)]
struct PageExample {
    lines: Vec<Example>,
    /// What the page weighs.
    weight: f64,
}

#[derive(Debug)]
struct Example {
    features: Features,
    label: Label,
    characters: usize,
    shape: Shape,
    /// What the line weighs of its page.
    share: f32,
}

impl Examples {
    /// Shows the pages of gold files to a trainer, on the rayon pool it is called from. `group` names what a site
    /// belongs to; sites of a group are alike.
    pub fn new(golds: &[&Gold], key: Key, group: impl Fn(&str) -> Box<str> + Sync) -> Self {
        let mut sites = Vec::new();
        for gold in golds {
            let mut by_site: BTreeMap<&str, Vec<&GoldPage>> = BTreeMap::new();
            for page in &gold.pages {
                by_site.entry(&page.site).or_default().push(page);
            }
            let mut crawls: BTreeMap<(usize, u64), BTreeMap<usize, Crawl<'_>>> = BTreeMap::new();
            for (cut, round) in std::iter::once((usize::MAX, 1)).chain(CUTS.iter().copied()).flat_map(rounds) {
                let mut of_group: HashMap<Box<str>, Vec<&str>> = HashMap::new();
                for (site, pages) in &by_site {
                    if cut != usize::MAX && pages.len() <= cut {
                        continue;
                    }
                    let group = group(site);
                    let domains = of_group.entry(group.clone()).or_default();
                    // Sites of one domain stay together.
                    let domain = domain_of(site).unwrap_or(site);
                    let number = domains.iter().position(|known| *known == domain).unwrap_or(domains.len());
                    if number == domains.len() {
                        domains.push(domain);
                    }
                    let crawl = crawls.entry((cut, round)).or_default().entry(number).or_default();
                    crawl.push((group, pick(pages, cut, round)));
                }
            }
            let worth = libm::pow(by_site.len() as f64, FILE_POWER);
            for ((cut, _), crawls) in crawls {
                let worth = if cut == usize::MAX { worth } else { worth * CUT_WEIGHT };
                let shown: Vec<Vec<SiteExamples>> =
                    crawls.into_values().collect::<Vec<_>>().into_par_iter().map(|crawl| show(&crawl, key)).collect();
                let mut shown: Vec<SiteExamples> = shown.into_iter().flatten().collect();
                let all: f64 = shown.iter().flat_map(|site| &site.pages).map(|page| page.weight).sum();
                for page in shown.iter_mut().flat_map(|site| &mut site.pages) {
                    page.weight *= worth / all.max(f64::MIN_POSITIVE);
                }
                sites.append(&mut shown);
            }
        }
        Self { sites }
    }

    /// Shows the labelled pages of a gold file, whose `sites` are known of a crawl that it is a part of. `group` names what
    /// a page belongs to.
    pub fn of_crawl(gold: &Gold, sites: &Sites, key: Key, group: impl Fn(&GoldPage) -> Box<str>) -> Self {
        let mut groups: BTreeMap<(&str, Box<str>), Vec<&GoldPage>> = BTreeMap::new();
        for page in gold.pages.iter().filter(|page| page.labels.iter().any(|label| *label != Label::Unjudged)) {
            groups.entry((&page.site, group(page))).or_default().push(page);
        }
        let (mut judge, mut normaliser) = (Judge::new(sites, key), Normaliser::new(key));
        let shown = groups.into_iter().filter_map(|((site, group), pages)| {
            let site = sites.get(site)?;
            Some(SiteExamples::of(site, group, &pages, &mut judge, &mut normaliser))
        });
        Self { sites: shown.collect() }
    }

    /// Adds the examples of another crawl.
    pub fn append(&mut self, mut other: Self) {
        self.sites.append(&mut other.sites);
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.sites.iter().flat_map(|site| &site.pages).map(|page| page.lines.len()).sum()
    }

    /// Whether there is nothing to learn from.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes a model of the sites whose group is `chosen`, on the rayon pool it is called from; of no labels, a model
    /// without an opinion. Once it `is_over`, what was found so far is the model.
    pub fn train(&self, chosen: impl Fn(&str) -> bool, is_over: impl Fn() -> bool) -> Model {
        let sites = self.chosen(chosen);
        if !are_labelled(&sites) {
            return Model::empty();
        }
        let start = Model { prior: prior(&sites), ..Model::empty() };
        let mut model = weighed(&sites, &start, Penalty::OnWeights, STEPS, &is_over);
        model.decoder = decoder(&sites, &model, &is_over);
        model
    }

    /// Moves the weights of a model towards what the pages of a `chosen` group say, as far as they are sure of it: the
    /// penalty is on what is moved (Chelba & Acero, Adaptation of Maximum Entropy Capitalizer, 2004). Prior and decoder
    /// stay. Of no labels, the model as it is. As [`train`](Self::train) otherwise.
    pub fn adapt(&self, model: &Model, chosen: impl Fn(&str) -> bool, is_over: impl Fn() -> bool) -> Model {
        weighed(&self.chosen(chosen), model, Penalty::OnWhatIsMoved, STEPS, is_over)
    }

    fn chosen(&self, chosen: impl Fn(&str) -> bool) -> Vec<&SiteExamples> {
        self.sites.iter().filter(|site| chosen(&site.group)).collect()
    }
}

/// What is kept small.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Penalty {
    OnWeights,
    OnWhatIsMoved,
}

fn are_labelled(sites: &[&SiteExamples]) -> bool {
    sites.iter().flat_map(|site| &site.pages).flat_map(PageExample::judged).any(|(.., weight)| weight > 0.0)
}

/// Learns weights of these sites, from those of `start` on, in so many steps until it `is_over`. Of no labels, `start`.
fn weighed(
    sites: &[&SiteExamples],
    start: &Model,
    penalty: Penalty,
    steps: usize,
    is_over: impl Fn() -> bool,
) -> Model {
    let mut model = start.clone();
    if !are_labelled(sites) {
        return model;
    }
    let sites: Vec<(&SiteExamples, Conditions)> =
        sites.iter().map(|site| (*site, model.conditions(&site.statistics, site.number))).collect();
    let scale = Scale::of(&sites);
    let start = scale.point(&model);
    let goal = Goal {
        parts: sites.iter().flat_map(|(site, conditions)| parts(site, *conditions)).collect(),
        origin: (penalty == Penalty::OnWhatIsMoved).then(|| start.clone()),
        scale: &scale,
    };
    let steps = (0..steps).take_while(|_| !is_over());
    let found = minimise(start, steps, |point, gradient| goal.loss(point, gradient));
    scale.set(&mut model, &found);
    model
}

fn rounds((cut, rounds): (usize, u64)) -> impl Iterator<Item = (usize, u64)> {
    (0..rounds).map(move |round| (cut, round))
}

/// So many of the pages: by a hash of their ids, others in each round.
fn pick<'a>(pages: &[&'a GoldPage], cut: usize, round: u64) -> Vec<&'a GoldPage> {
    let mut pages: Vec<&GoldPage> = pages.to_vec();
    if cut < pages.len() {
        pages.sort_by_key(|page| xxh3_64_with_seed(page.id.as_bytes(), cut as u64 * 64 + round));
        pages.truncate(cut);
    }
    pages
}

/// Takes the census of a crawl and makes examples of its pages.
fn show(crawl: &[(Box<str>, Vec<&GoldPage>)], key: Key) -> Vec<SiteExamples> {
    let (mut census, mut log) = (Census::default(), Log::default());
    let (mut normaliser, mut titles) = (Normaliser::new(key), TitleParts::new(key));
    let mut lines = Vec::new();
    for page in crawl.iter().flat_map(|(_, pages)| pages) {
        normaliser.page(&page.text, &mut lines);
        log.add(&page.site, &page.text, &lines, titles.of(&page.text, &lines));
    }
    census.add(log);
    let sites = Sites::learn(&census);
    let mut judge = Judge::new(&sites, key);
    let shown = crawl.iter().filter_map(|(group, pages)| {
        let site = sites.get(&pages.first()?.site)?;
        Some(SiteExamples::of(site, group.clone(), &pick(pages, PAGES, 0), &mut judge, &mut normaliser))
    });
    shown.collect()
}

impl SiteExamples {
    /// Makes examples of pages of a site.
    fn of(
        site: &SiteModel,
        group: Box<str>,
        pages: &[&GoldPage],
        judge: &mut Judge<'_>,
        normaliser: &mut Normaliser,
    ) -> Self {
        let weight = 1.0 / (pages.len().max(1) as f64).sqrt();
        let mut lines = Vec::new();
        let pages = pages.iter().map(|page| {
            normaliser.page(&page.text, &mut lines);
            let address = Page { url: &page.url, id: None, site: &page.site, text: &page.text, marks: &page.marks };
            PageExample { lines: examples(page, &lines, &judge.features(&address, &lines)), weight }
        });
        Self { group, pages: pages.collect(), statistics: *site.statistics(), number: site.counts().pages() }
    }
}

/// The lines of a page that are not blank, with their labels. Gold ends lines at line feeds alone.
fn examples(page: &GoldPage, lines: &[Line], features: &[Features]) -> Vec<Example> {
    let mut labels = page.labels.iter().copied();
    let mut label = labels.next();
    let mut ends = memchr::memchr_iter(b'\n', page.text.as_bytes()).peekable();
    let shown = lines.iter().filter(|line| !line.is_blank()).zip(features);
    let with_label = shown.map(|(line, features)| {
        while ends.next_if(|end| *end < line.start).is_some() {
            label = labels.next();
        }
        Example {
            features: *features,
            label: label.unwrap_or(Label::Unjudged),
            characters: page.text.get(line.start..line.end).map_or(0, |text| text.chars().count()),
            shape: line.shape,
            share: 0.0,
        }
    });
    let mut examples: Vec<Example> = with_label.collect();
    let worth = |line: &Example| libm::pow(line.characters.min(LONGEST) as f64, LINE_POWER);
    let judged = |line: &&mut Example| line.label != Label::Unjudged;
    let all: f64 = examples.iter_mut().filter(judged).map(|line| worth(line)).sum();
    examples.iter_mut().filter(judged).for_each(|line| line.share = (worth(line) / all.max(1.0)) as f32);
    examples
}

impl PageExample {
    /// The judged lines: features, whether they are content, and what they weigh.
    fn judged(&self) -> impl Iterator<Item = (&Features, bool, f64)> {
        let judged = self.lines.iter().filter(|line| line.label != Label::Unjudged);
        judged.map(|line| (&line.features, line.label == Label::Content, f64::from(line.share) * self.weight))
    }
}

/// Mean and deviation of each feature, so that the penalty is fair to all.
struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    fn of(sites: &[(&SiteExamples, Conditions)]) -> Self {
        let (mut sum, mut squares, mut all) = (vec![0.0; COUNT], vec![0.0; COUNT], 0.0);
        for (features, _, weight) in sites.iter().flat_map(|(site, _)| &site.pages).flat_map(PageExample::judged) {
            all += weight;
            for ((value, sum), squares) in features.iter().zip(&mut sum).zip(&mut squares) {
                *sum += weight * f64::from(*value);
                *squares += weight * f64::from(value * value);
            }
        }
        let mean: Vec<f64> = sum.iter().map(|sum| sum / all).collect();
        let deviation =
            squares.iter().zip(&mean).map(|(squares, mean)| (squares / all - mean * mean).max(0.0).sqrt() + 1e-3);
        Self { deviation: deviation.collect(), mean }
    }

    /// The weights of a model, for features of mean 0 and deviation 1: those of each condition, its bias last.
    fn point(&self, model: &Model) -> Vec<f64> {
        let mut point = Vec::with_capacity((COUNT + 1) * CONDITIONS.len());
        for condition in 0..CONDITIONS.len() {
            let mut bias = f64::from(model.bias[condition]);
            for ((row, mean), deviation) in model.weights.iter().zip(&self.mean).zip(&self.deviation) {
                let weight = f64::from(row[condition]);
                bias += weight * mean;
                point.push(weight * deviation);
            }
            point.push(bias);
        }
        point
    }

    /// Gives a model the weights that stand at `point`.
    fn set(&self, model: &mut Model, point: &[f64]) {
        for (condition, weights) in point.chunks(COUNT + 1).enumerate() {
            let mut bias = weights.last().copied().unwrap_or_default();
            for (((row, weight), mean), deviation) in
                model.weights.iter_mut().zip(weights).zip(&self.mean).zip(&self.deviation)
            {
                let weight = weight / deviation;
                bias -= weight * mean;
                row[condition] = weight as f32;
            }
            model.bias[condition] = bias as f32;
        }
    }
}

/// Weight of the penalty on the prior's weights, for statistics of deviation 1.
const PRIOR_PENALTY: f64 = 0.02;
/// Characters of short rare text from which a site counts fully.
const PRIOR_TEXT: f64 = 3000.0;

impl SiteExamples {
    /// Characters of short rare text that are judged, and those of them that are content.
    fn short(&self) -> [f64; 2] {
        let is_short = |line: &&Example| prose(line.shape) < SHORT && kind(&line.features).is_multiple_of(2);
        let mut sums = [0.0; 2];
        for line in self.pages.iter().flat_map(|page| &page.lines).filter(is_short) {
            let characters = line.characters as f64;
            match line.label {
                Label::Content => sums = [sums[0] + characters, sums[1] + characters],
                Label::Chrome => sums[0] += characters,
                Label::Unjudged => {}
            }
        }
        sums
    }
}

/// What the statistics of sites say of their short lines: by logistic regression of the share that is content.
fn prior(sites: &[&SiteExamples]) -> Prior {
    const COLUMNS: usize = statistics::COUNT;
    let examples: Vec<([f64; COLUMNS], f64, f64)> = sites
        .iter()
        .map(|site| {
            let [all, content] = site.short();
            (site.statistics.values().map(f64::from), content / all.max(1.0), (all / PRIOR_TEXT).min(1.0))
        })
        .collect();
    let all: f64 = examples.iter().map(|(.., weight)| weight).sum::<f64>().max(f64::MIN_POSITIVE);
    let mean: [f64; COLUMNS] =
        std::array::from_fn(|i| examples.iter().map(|(x, _, weight)| weight * x[i]).sum::<f64>() / all);
    let deviation: [f64; COLUMNS] = std::array::from_fn(|i| {
        let squares = examples.iter().map(|(x, _, weight)| weight * (x[i] - mean[i]).powi(2)).sum::<f64>();
        (squares / all).sqrt() + 1e-3
    });
    let found = minimise(vec![0.0; COLUMNS + 1], 0..STEPS, |point, gradient| {
        gradient.fill(0.0);
        let mut loss = 0.0;
        for (x, share, weight) in &examples {
            let scaled: [f64; COLUMNS] = std::array::from_fn(|i| (x[i] - mean[i]) / deviation[i]);
            let score = point[COLUMNS] + scaled.iter().zip(point).map(|(x, weight)| x * weight).sum::<f64>();
            let weight = weight / all;
            let log_odds = libm::log1p(libm::exp(-score.abs())) + score.max(0.0);
            loss += weight * (log_odds - share * score);
            let slope = weight * (1.0 / (1.0 + libm::exp(-score)) - share);
            gradient.iter_mut().zip(scaled.iter().chain([&1.0])).for_each(|(gradient, x)| *gradient += slope * x);
        }
        for (gradient, weight) in gradient.iter_mut().zip(point).take(COLUMNS) {
            loss += PRIOR_PENALTY / 2.0 * weight * weight;
            *gradient += PRIOR_PENALTY * weight;
        }
        loss
    });
    let weights: [f64; COLUMNS] = std::array::from_fn(|i| found[i] / deviation[i]);
    let bias = found[COLUMNS] - weights.iter().zip(&mean).map(|(weight, mean)| weight * mean).sum::<f64>();
    Prior { bias: bias as f32, weights: weights.map(|weight| weight as f32) }
}

/// The judged lines of one kind on one site: features, whether they are content, and what they weigh.
struct Part<'a> {
    conditions: Conditions,
    lines: Vec<(&'a Features, bool, f64)>,
}

fn parts(site: &SiteExamples, conditions: Conditions) -> impl Iterator<Item = Part<'_>> {
    let mut lines: [Vec<_>; KINDS] = Default::default();
    for line in site.pages.iter().flat_map(PageExample::judged) {
        lines[kind(line.0)].push(line);
    }
    let of_kind = move |(kind, lines)| Part { conditions: for_kind(conditions, kind), lines };
    lines.into_iter().enumerate().map(of_kind).filter(|part| !part.lines.is_empty())
}

/// What weights are to bring down.
struct Goal<'a> {
    parts: Vec<Part<'a>>,
    scale: &'a Scale,
    /// The point that weights are drawn to; nothing where they are drawn to 0.
    origin: Option<Vec<f64>>,
}

impl Goal<'_> {
    /// Cross entropy of the labels and the penalty, at `point`, and its gradient.
    fn loss(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let columns = COUNT + 1;
        let slopes: Vec<Slope> = self.parts.par_iter().map(|part| part.slope(self.scale, point)).collect();
        gradient.fill(0.0);
        let (mut total, mut all) = (0.0, 0.0);
        for (part, slope) in self.parts.iter().zip(slopes) {
            total += slope.loss;
            all += slope.weight;
            for (condition, gradient) in part.conditions.iter().zip(gradient.chunks_mut(columns)) {
                for (gradient, slope) in gradient.iter_mut().zip(&slope.slope) {
                    *gradient += f64::from(*condition) * slope;
                }
            }
        }
        gradient.iter_mut().for_each(|g| *g /= all);
        let mut loss = total / all;
        for (i, (gradient, weight)) in gradient.iter_mut().zip(point).enumerate() {
            let moved = weight - self.origin.as_ref().map_or(0.0, |origin| origin[i]);
            let penalty = self.penalty(i / columns, i % columns);
            loss += penalty / 2.0 * moved * moved;
            *gradient += penalty * moved;
        }
        loss
    }

    /// What the weight of a column costs; the last column is the bias.
    fn penalty(&self, condition: usize, column: usize) -> f64 {
        let penalty = match self.origin {
            Some(_) => return ADAPTED_PENALTY,
            None if column == COUNT && condition == 0 => return 0.0,
            None if MARKUP.contains(&column) => MARKUP_PENALTY,
            None => PENALTY,
        };
        penalty[usize::from(condition > 0)]
    }
}

/// What the lines of a part add to the loss.
struct Slope {
    loss: f64,
    weight: f64,
    /// The slope of the loss by the weights that hold there.
    slope: Vec<f64>,
}

impl Part<'_> {
    fn slope(&self, scale: &Scale, point: &[f64]) -> Slope {
        let columns = COUNT + 1;
        let mut here = vec![0.0; columns];
        for (condition, weights) in self.conditions.iter().zip(point.chunks(columns)) {
            here.iter_mut().zip(weights).for_each(|(here, weight)| *here += f64::from(*condition) * weight);
        }
        // On features as they are: the scale goes into weights and slope.
        let mut bias = here[COUNT];
        let raw: Vec<f32> = (0..COUNT)
            .map(|i| {
                let weight = here[i] / scale.deviation[i];
                bias -= weight * scale.mean[i];
                weight as f32
            })
            .collect();
        let (mut loss, mut all, mut pull) = (0.0, 0.0, 0.0);
        let mut sums = vec![0.0f32; COUNT];
        for (features, is_content, weight) in self.lines.iter().copied() {
            let mut lanes = [0.0f32; 8];
            for (features, raw) in features.chunks(8).zip(raw.chunks(8)) {
                lanes.iter_mut().zip(features).zip(raw).for_each(|((lane, a), b)| *lane += a * b);
            }
            let score = bias + f64::from(lanes.iter().sum::<f32>());
            let score = if is_content { score } else { -score };
            let small = libm::expf(-score.abs() as f32);
            let wrong = f64::from(if score > 0.0 { small } else { 1.0 } / (1.0 + small));
            loss += weight * (f64::from(libm::log1pf(small)) + (-score).max(0.0));
            all += weight;
            let slope = if is_content { -weight * wrong } else { weight * wrong };
            pull += slope;
            let slope = slope as f32;
            sums.iter_mut().zip(features).for_each(|(sum, feature)| *sum += slope * feature);
        }
        let mut slope: Vec<f64> =
            (0..COUNT).map(|i| (f64::from(sums[i]) - pull * scale.mean[i]) / scale.deviation[i]).collect();
        slope.push(pull);
        Slope { loss, weight: all, slope }
    }
}

/// The decoder by which pages have the highest mean F1 if each half of the groups is judged by weights of the other: on
/// what it was made from, a model is surer than it should be, and the lines round a line seem to matter less than they do.
/// `model` is made of all, and judges where there is but one group.
fn decoder(sites: &[&SiteExamples], model: &Model, is_over: impl Fn() -> bool) -> Decoder {
    let tried: Vec<Decoder> = SWITCHES
        .iter()
        .flat_map(|switch| LENGTH_POWERS.iter().map(|power| Decoder { switch: *switch, length_power: *power }))
        .collect();
    let groups: BTreeSet<&str> = sites.iter().map(|site| &*site.group).collect();
    let numbers: HashMap<&str, usize> = groups.into_iter().zip(0..).collect();
    let half = |site: &SiteExamples| numbers.get(&*site.group).map_or(0, |number| number % 2);
    let mut all = vec![0.0; tried.len()];
    for part in 0..2 {
        let (judged, others): (Vec<&SiteExamples>, Vec<&SiteExamples>) =
            sites.iter().partition(|site| half(site) == part);
        let start = if are_labelled(&others) { &Model { prior: prior(&others), ..Model::empty() } } else { model };
        let of_others = weighed(&others, start, Penalty::OnWeights, SCOUT_STEPS, &is_over);
        let found = f1_by(&tried, &judged, &of_others);
        all.iter_mut().zip(found).for_each(|(all, found)| *all += found);
    }
    let best = (0..tried.len()).max_by(|a, b| all[*a].total_cmp(&all[*b]));
    best.and_then(|best| tried.get(best).copied()).unwrap_or(model.decoder)
}

/// The sum of the F1 of pages, by their weights, with each of these decoders.
fn f1_by(tried: &[Decoder], sites: &[&SiteExamples], model: &Model) -> Vec<f64> {
    let weights: Vec<LengthWeights> = tried.iter().copied().map(LengthWeights::new).collect();
    let sums: Vec<Vec<f64>> = sites
        .par_iter()
        .map(|site| {
            let of_site = model.at(&model.conditions(&site.statistics, site.number));
            let mut sums = vec![0.0; tried.len()];
            for page in &site.pages {
                let scores: Vec<f32> = page.lines.iter().map(|line| of_site.score(&line.features)).collect();
                for (sum, decoder) in sums.iter_mut().zip(&weights) {
                    *sum += page.weight * page.f1(&scores, decoder);
                }
            }
            sums
        })
        .collect();
    // In the order of the sites, whatever thread was first.
    let mut all = vec![0.0; tried.len()];
    for sums in sums {
        all.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
    }
    all
}

impl PageExample {
    fn f1(&self, scores: &[f32], decoder: &LengthWeights) -> f64 {
        let scores = self.lines.iter().zip(scores).map(|(line, score)| decoder.weighed(*score, line.shape));
        let kept = decide::smooth(&scores.collect::<Vec<_>>(), decoder.switch);
        let (mut content, mut stayed, mut right) = (0, 0, 0);
        for (line, kept) in self.lines.iter().zip(kept).filter(|(line, _)| line.label != Label::Unjudged) {
            let is_content = line.label == Label::Content;
            content += if is_content { line.characters } else { 0 };
            stayed += if kept { line.characters } else { 0 };
            right += if kept && is_content { line.characters } else { 0 };
        }
        if content + stayed == 0 { 1.0 } else { 2.0 * right as f64 / (content + stayed) as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word that no other number makes.
    fn word(n: usize) -> String {
        let letters = b"abcdefghijklmnopqrst";
        (0..4).map(|at| char::from(letters[(n / 20usize.pow(at)) % 20])).collect()
    }

    /// A site with a menu, a sentence or two of each page's own, and a footer.
    fn pages(site: &str, number: usize) -> Vec<GoldPage> {
        let page = |n: usize| {
            let own: Vec<String> = (0..20).map(|at| word(number * 4000 + n * 100 + at)).collect();
            let teaser = word(number * 4000 + n * 100 + 50);
            let text = format!("Home of {site}\nNews\n\nAll of {} was seen.\nMore {teaser}\nImprint", own.join(" "));
            GoldPage {
                id: format!("{site}/{n}").into(),
                url: format!("http://{site}/{n}").into(),
                site: site.into(),
                marks: Vec::new(),
                text: text.into(),
                labels: [Label::Chrome, Label::Chrome, Label::Unjudged, Label::Content, Label::Chrome, Label::Chrome]
                    .into(),
                record: n as u64 + 1,
            }
        };
        (0..8).map(page).collect()
    }

    fn gold(sites: &[&str]) -> Gold {
        let pages = sites.iter().zip(0..).flat_map(|(site, number)| pages(site, number));
        Gold { name: "gold.jsonl".into(), pages: pages.collect() }
    }

    fn examples(gold: &Gold) -> Examples {
        Examples::new(&[gold], Key::default(), |site| site.into())
    }

    /// Mean cross entropy of the model over the judged lines of sites.
    fn surprise(examples: &Examples, model: &Model, chosen: impl Fn(&str) -> bool) -> f64 {
        let (mut sum, mut all) = (0.0, 0.0);
        for site in examples.sites.iter().filter(|site| chosen(&site.group)) {
            let weights = model.at(&model.conditions(&site.statistics, site.number));
            for (features, is_content, weight) in site.pages.iter().flat_map(PageExample::judged) {
                let score = f64::from(weights.score(features));
                sum += weight * libm::log1p(libm::exp(if is_content { -score } else { score }));
                all += weight;
            }
        }
        sum / all
    }

    #[test]
    fn what_is_learned_of_one_site_holds_on_another() {
        let gold = gold(&["one.example", "two.example", "three.example"]);
        let examples = examples(&gold);
        let model = examples.train(|group| group != "two.example", || false);
        let on_the_other = |model| surprise(&examples, model, |group| group == "two.example");
        let (empty, trained) = (on_the_other(&Model::empty()), on_the_other(&model));
        assert!((empty - std::f64::consts::LN_2).abs() < 1e-6, "{empty}");
        assert!(trained < 0.2 * empty, "{trained} of {empty}");
        assert!(examples.sites.iter().flat_map(|site| &site.pages).all(|page| {
            let site = &examples.sites[0];
            let weights = model.at(&model.conditions(&site.statistics, site.number));
            let scores: Vec<f32> = page.lines.iter().map(|line| weights.score(&line.features)).collect();
            page.f1(&scores, &LengthWeights::new(model.decoder)) > 0.9
        }));
    }

    #[test]
    fn the_same_gold_makes_the_same_model() {
        let gold = gold(&["one.example", "two.example"]);
        let model = examples(&gold).train(|_| true, || false).write();
        assert_eq!(examples(&gold).train(|_| true, || false).write(), model);
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one_thread.install(|| examples(&gold).train(|_| true, || false).write()), model);
    }

    /// Pages whose menus hold, in the model's eyes, text: of one site of the gold, the labels are turned round.
    fn turned_round(gold: &Gold) -> Gold {
        let pages = gold.pages.iter().filter(|page| &*page.site == "one.example").map(|page| {
            let labels = page.labels.iter().map(|label| match label {
                Label::Content => Label::Chrome,
                Label::Chrome => Label::Content,
                Label::Unjudged => Label::Unjudged,
            });
            GoldPage {
                id: page.id.clone(),
                url: page.url.clone(),
                site: page.site.clone(),
                marks: Vec::new(),
                text: page.text.clone(),
                labels: labels.collect(),
                record: page.record,
            }
        });
        Gold { name: "turned.jsonl".into(), pages: pages.collect() }
    }

    #[test]
    fn a_model_is_adapted_to_what_few_pages_say_of_their_site() {
        let gold = gold(&["one.example", "two.example", "three.example"]);
        let model = examples(&gold).train(|_| true, || false);
        let turned = turned_round(&gold);
        let mut census = Census::default();
        let mut log = Log::default();
        let (mut normaliser, mut titles) = (Normaliser::new(Key::default()), TitleParts::new(Key::default()));
        let mut lines = Vec::new();
        for page in &gold.pages {
            normaliser.page(&page.text, &mut lines);
            log.add(&page.site, &page.text, &lines, titles.of(&page.text, &lines));
        }
        census.add(log);
        let sites = Sites::learn(&census);
        let part = |page: &GoldPage| if page.record < 4 { "few" } else { "rest" };
        let own = Examples::of_crawl(&turned, &sites, Key::default(), |page| part(page).into());
        let parts: Vec<(&str, usize)> = own.sites.iter().map(|site| (&*site.group, site.pages.len())).collect();
        assert_eq!(parts, [("few", 3), ("rest", 5)]);
        let adapted = own.adapt(&model, |group| group == "few", || false);
        assert_eq!((&adapted.prior, adapted.decoder), (&model.prior, model.decoder));
        let on_rest = |model| surprise(&own, model, |group| group == "rest");
        assert!(on_rest(&adapted) < 0.8 * on_rest(&model), "{} of {}", on_rest(&adapted), on_rest(&model));
        // Nothing said, nothing moved.
        assert_eq!(own.adapt(&model, |_| false, || false), model);
        // Nor where the labels are what the model says already.
        let agreed = Examples::of_crawl(&gold, &sites, Key::default(), |_| "".into());
        let still = agreed.adapt(&model, |_| true, || false);
        assert!(surprise(&own, &still, |_| true) > 0.9 * surprise(&own, &model, |_| true));
    }

    #[test]
    fn of_no_examples_a_model_without_an_opinion_is_made() {
        let gold = gold(&["one.example"]);
        assert_eq!(examples(&gold).train(|_| false, || false), Model::empty());
        assert!(Examples::default().is_empty() && !examples(&gold).is_empty());
    }

    #[test]
    fn what_is_over_ends_at_the_next_step() {
        let gold = gold(&["one.example", "two.example"]);
        let steps = std::sync::atomic::AtomicUsize::new(0);
        let is_over = || steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 3;
        let few = examples(&gold).train(|_| true, is_over);
        // Three steps, and a look before each of three rounds ends.
        assert_eq!(steps.into_inner(), 6);
        assert_ne!(few, examples(&gold).train(|_| true, || false));
    }

    #[test]
    fn sites_of_a_group_are_never_shown_in_one_crawl() {
        // Alone, a line of the menu stands on one site; beside its twin, on two.
        let mut gold = gold(&["2023.example", "2024.example"]);
        gold.pages.iter_mut().for_each(|page| page.text = page.text.replace(&*format!("of {}", page.site), "").into());
        let at = crate::chrome::feature::NAMES.iter().position(|name| *name == "elsewhere").unwrap();
        let elsewhere = |group: fn(&str) -> Box<str>| {
            let examples = Examples::new(&[&gold], Key::default(), group);
            let groups: BTreeSet<Box<str>> = examples.sites.iter().map(|site| site.group.clone()).collect();
            let lines = examples.sites.iter().flat_map(|site| &site.pages).flat_map(|page| &page.lines);
            (groups.len(), lines.map(|line| line.features[at]).fold(0.0, f32::max))
        };
        assert_eq!(elsewhere(|_| "example".into()), (1, 0.0));
        let (groups, most) = elsewhere(|site| site.into());
        assert!(groups == 2 && most > 0.0);
    }

    #[test]
    fn sites_are_shown_whole_and_cut() {
        let gold = gold(&["one.example"]);
        let examples = examples(&gold);
        // Of eight pages: all, twice one, twice two, twice five; the sites of forty are no smaller.
        let mut shown: Vec<usize> = examples.sites.iter().map(|site| site.pages.len()).collect();
        shown.sort_unstable();
        assert_eq!(shown, [1, 1, 2, 2, 5, 5, 8]);
        // Blank lines are not shown, and labels stay with their lines.
        for page in examples.sites.iter().flat_map(|site| &site.pages) {
            let labels: Vec<Label> = page.lines.iter().map(|line| line.label).collect();
            assert_eq!(labels, [Label::Chrome, Label::Chrome, Label::Content, Label::Chrome, Label::Chrome]);
            assert!((page.lines.iter().map(|line| line.share).sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}
