//! Labelled pages as the trainer sees them: the features of each line, beside its label.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::census::{Census, Log};
use crate::chrome::feature::Features;
use crate::chrome::logistic::Labelled;
use crate::chrome::model::{Model, SiteWeights};
use crate::chrome::site::SiteModel;
use crate::chrome::statistics::Statistics;
use crate::chrome::{Judge, Sites, self_training};
use crate::eval::gold::{Gold, GoldPage, Label};
use crate::line::{Key, Line, Normaliser, Shape, TitleParts};
use crate::page::domain_of;

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

/// The pages of sites, none of which is of another's group; each site with the name of its group.
type Crawl<'a> = Vec<(Box<str>, Vec<&'a GoldPage>)>;

/// Labelled pages as the trainer sees them.
#[derive(Debug, Default)]
pub struct Examples {
    pub(super) sites: Vec<SiteExamples>,
}

/// The pages of one site in one crawl.
#[derive(Debug)]
pub struct SiteExamples {
    pub group: Box<str>,
    pub statistics: Statistics,
    /// Pages of the site in its crawl.
    pub number: u64,
    pub pages: Vec<PageExample>,
}

#[derive(Debug)]
pub struct PageExample {
    pub lines: Vec<Example>,
    /// What the page weighs.
    pub weight: f64,
}

#[derive(Debug)]
pub struct Example {
    pub features: Features,
    pub label: Label,
    pub characters: usize,
    pub shape: Shape,
    /// What the line weighs of its page.
    pub share: f32,
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
        for page in gold.pages.iter().filter(|page| page.is_judged()) {
            groups.entry((&page.site, group(page))).or_default().push(page);
        }
        // Sums of floats hang on the order of what is summed up.
        groups.values_mut().for_each(|pages| pages.sort_by_key(|page| &page.id));
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
        log.add(&page.as_page(), &lines, titles.of(&page.text, &lines));
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
            PageExample { lines: examples(page, &lines, &judge.features(&page.as_page(), &lines)), weight }
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

impl SiteExamples {
    /// The weights that the site is judged by: those of a model, moved by what the site adds to them.
    pub fn weights(&self, model: &Model) -> SiteWeights {
        let mut weights = model.at(&model.conditions(&self.statistics, self.number));
        let lines = self.pages.iter().map(|page| page.lines.iter().map(|line| (&line.features, line.shape)).collect());
        let pages: Vec<Vec<_>> = lines.collect();
        if let Some(shift) = self_training::shift_of(&pages, &weights).filter(|_| model.self_training) {
            weights.shift(&shift);
        }
        weights
    }
}

/// Whether a line of these sites is judged.
pub fn are_labelled(sites: &[&SiteExamples]) -> bool {
    sites.iter().flat_map(|site| &site.pages).flat_map(PageExample::judged).any(|line| line.weight > 0.0)
}

impl PageExample {
    /// The judged lines.
    pub fn judged(&self) -> impl Iterator<Item = Labelled<'_>> {
        let judged = self.lines.iter().filter(|line| line.label != Label::Unjudged);
        judged.map(|line| self.labelled(line))
    }

    /// A judged line of the page, with what it weighs among all lines.
    pub fn labelled<'a>(&self, line: &'a Example) -> Labelled<'a> {
        Labelled {
            features: &line.features,
            is_content: line.label == Label::Content,
            weight: f64::from(line.share) * self.weight,
            score: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::eval::train::tests::{examples, gold};

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
