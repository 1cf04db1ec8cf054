//! What a report needs to know of the pages, gathered while they are judged.
//!
//! Every page adds to the figures of its site. Lines are noted of a sample of pages alone: those of the larger sites
//! whose digests are the smallest, which neither order nor sharding changes, so that a report of a million pages takes no
//! more memory than one of a few thousand. Workers gather a batch each; what they gathered adds up in any order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::document::Figures;
use super::lengths::LengthCounts;
use super::recurring::Shown;
use super::summary::{Amount, emptied};
use crate::census::digest;
use crate::chrome::{Rule, Sites, Verdict};
use crate::config::MIN_TEXT;
use crate::line::{Fingerprint, Line};
use crate::page::head;
use crate::similar::{Clusters, Content, Relation};
use crate::sink::render::Judged;

/// What is wanted of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Pages with fewer characters of unique text are counted as short.
    pub min_text: u64,
    /// Sites of which lines are told, those with most pages first.
    pub detailed: usize,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { min_text: MIN_TEXT, detailed: 500 }
    }
}

/// Pages of a site of which lines are noted.
const SAMPLED: usize = 64;
/// Share of the pages from which a line that is left is told to be left of many.
pub(super) const REPEATED: f64 = 0.1;
/// Pages of a site that are shown whole.
const EXAMPLES: usize = 3;
/// Characters of a headline: shorter titles are those of sections, which menus name.
const HEADLINE: f32 = 20.0;
/// Lines of one page that are noted: what is beyond is of a page that no one reads to the end.
const MOST_LINES: usize = 5000;
/// Lines of a page that are shown.
pub(super) const SHOWN_LINES: usize = 400;
/// Characters of a line that are shown.
pub(super) const SHOWN_TEXT: usize = 240;
/// Emptied pages of a site that are named.
const NAMED: usize = 20;
/// Clusters that are listed, and pages of each.
pub(super) const CLUSTERS: usize = 100;
pub(super) const CLUSTER_PAGES: usize = 20;
/// Characters of the texts of a cluster that are laid side by side.
const COMPARED_TEXT: usize = 6000;
/// Characters of what the pages of a cluster say that are noted, and pages from which it is.
const HEAD: usize = 300;
const LEAST_CLUSTER: usize = 3;

/// What is to be gathered.
pub struct Gathering<'a> {
    sites: &'a Sites,
    /// See [`Wanted::min_text`].
    min_text: u64,
    /// Sites of which lines are noted.
    detailed: HashSet<&'a str>,
    /// Pages of the clusters that are listed, by their numbers: whether their text is wanted.
    listed: HashMap<usize, bool>,
}

/// What was gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    pub(super) sites: HashMap<Box<str>, SiteGathered>,
    /// Pages of the clusters that are listed: site and, where it is wanted, text.
    pub(super) listed: HashMap<usize, (Box<str>, Option<Box<str>>)>,
    /// How the texts of clusters begin.
    pub(super) heads: HashMap<Content, Box<str>>,
}

/// What was gathered of a site.
#[derive(Debug, Default)]
pub(super) struct SiteGathered {
    pub figures: Figures,
    pub read_lengths: LengthCounts,
    pub kept_lengths: LengthCounts,
    pub open_ends: u64,
    pub emptied: BTreeSet<Box<str>>,
    /// Pages of each cluster.
    pub clusters: HashMap<Content, u64>,
    /// The sampled pages, by their digests.
    pub sampled: BTreeMap<u128, SampledPage>,
    /// The texts of dropped lines and of those that are on many pages, each from the page with the smallest digest.
    pub texts: HashMap<Fingerprint, (u128, Box<str>)>,
}

/// A page of the sample.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SampledPage {
    pub name: Box<str>,
    /// When it was fetched, in seconds from 1970 on.
    pub date: Option<i64>,
    /// Its lines that show.
    pub lines: Vec<Shown>,
    /// How long it is and how it ends.
    pub measures: Measures,
    /// The page for people to read, if it is one of the examples.
    pub example: Option<Example>,
}

/// Lengths of a page in characters, and how what is left of it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Measures {
    pub read: u64,
    /// Without its first line: what a scraper puts before the text is often not cut with it.
    pub read_after_first: u64,
    pub kept: u64,
    pub kept_after_first: u64,
    /// Whether the last line that is left has no closing punctuation.
    pub is_open: bool,
}

impl Measures {
    fn of(judged: &Judged<'_>) -> Self {
        let text = judged.page.text;
        let characters = |line: &Line| text.get(line.start..line.end).unwrap_or_default().trim().chars().count() as u64;
        let mut measures = Self { read: text.trim().chars().count() as u64, ..Self::default() };
        let shown = || judged.lines.iter().filter(|line| !line.is_blank());
        measures.read_after_first = measures.read.saturating_sub(shown().next().map_or(0, characters));
        let (mut first, mut last) = (None, None);
        for (line, _) in
            judged.lines.iter().zip(judged.verdicts).filter(|(line, verdict)| verdict.keep && !line.is_blank())
        {
            let length = characters(line);
            first.get_or_insert(length);
            last = Some(line);
            measures.kept += length;
        }
        measures.kept_after_first = measures.kept - first.unwrap_or(0);
        // Scrapers put an ellipsis where they cut.
        let is_cut = |line: &Line| {
            text.get(line.start..line.end).unwrap_or_default().trim_end_matches([' ', ']', ')']).ends_with('…')
        };
        measures.is_open = last.is_some_and(|line| !line.shape.is_closed() || is_cut(line));
        measures
    }
}

/// A page to be shown.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Example {
    /// Text, rule, and the pages that have what the rule speaks of, for the first lines.
    pub lines: Vec<(Box<str>, Rule, u32, u64)>,
}

impl<'a> Gathering<'a> {
    /// Chooses what is to be gathered, of what is known of the sites and of near-duplicates.
    pub fn new(wanted: Wanted, sites: &'a Sites, clusters: Option<&Clusters>) -> Self {
        let mut by_pages: Vec<(u64, &str)> = sites.iter().map(|(name, site)| (site.counts().pages(), name)).collect();
        by_pages.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let detailed = by_pages.into_iter().take(wanted.detailed).map(|(_, name)| name).collect();
        let mut listed = HashMap::new();
        for cluster in clusters.map(largest).unwrap_or_default() {
            for page in cluster.pages.iter().take(CLUSTER_PAGES) {
                listed.insert(*page, false);
            }
            for page in clusters.and_then(|clusters| farthest(clusters, &cluster.pages)).into_iter().flatten() {
                listed.insert(page, true);
            }
        }
        Self { sites, min_text: wanted.min_text, detailed, listed }
    }

    /// Adds a page, which is number `number` of all, to what was gathered.
    pub fn page(&self, number: usize, judged: &Judged<'_>, gathered: &mut Gathered) {
        let page = &judged.page;
        if !gathered.sites.contains_key(page.site) {
            gathered.sites.insert(page.site.into(), SiteGathered::default());
        }
        let Some(site) = gathered.sites.get_mut(page.site) else { return };
        site.add_page(judged, self.min_text);
        if let Some(place) = judged.place {
            *site.clusters.entry(place.standing.cluster).or_default() += 1;
            if place.standing.relation == Relation::Canonical && place.standing.size >= LEAST_CLUSTER {
                gathered.heads.insert(place.standing.cluster, kept_head(judged, HEAD));
            }
        }
        if let Some(wants_text) = self.listed.get(&number) {
            let text = wants_text.then(|| kept_head(judged, COMPARED_TEXT));
            gathered.listed.insert(number, (page.site.into(), text));
        }
        self.sample(judged, site);
    }

    /// Notes the lines of the page if it is of the sample.
    fn sample(&self, judged: &Judged<'_>, gathered: &mut SiteGathered) {
        let page = &judged.page;
        let Some(site) = self.sites.get(page.site).filter(|_| self.detailed.contains(page.site)) else { return };
        let shown = || judged.lines.iter().zip(judged.verdicts).filter(|(line, _)| !line.is_blank());
        let digest = digest(shown().map(|(line, _)| line.template), &mut Vec::new());
        let Some(rank) = site.counts().rank_in_sample(digest).filter(|rank| *rank < SAMPLED) else { return };
        let text = |line: &Line| page.text.get(line.start..line.end).unwrap_or_default().trim();
        let many = (REPEATED * site.counts().pages() as f64) as u32;
        let is_told =
            |line: &Line, verdict: &Verdict| !verdict.keep || site.counts().template(line.template) >= many.max(2);
        for (line, _) in shown().filter(|(line, verdict)| is_told(line, verdict)).take(MOST_LINES) {
            keep_least(&mut gathered.texts, line.template, digest, || head(text(line), SHOWN_TEXT).into());
        }
        let lines = shown().take(MOST_LINES).map(|(line, verdict)| Shown {
            template: line.template,
            bytes: u32::try_from(line.end - line.start).unwrap_or(u32::MAX),
            keep: verdict.keep,
            is_headline: line.shape.length() >= HEADLINE && site.counts().titled(line) > 0,
        });
        let example = (rank < EXAMPLES).then(|| Example {
            lines: shown()
                .take(SHOWN_LINES)
                .map(|(line, verdict)| (head(text(line), SHOWN_TEXT).into(), verdict.rule, verdict.on, verdict.of))
                .collect(),
        });
        let name = name_of(judged);
        let (date, measures) = (judged.batch.date(judged.slot), Measures::of(judged));
        let sampled = SampledPage { name, date, lines: lines.collect(), measures, example };
        gathered.add_sampled(digest, sampled);
    }
}

/// The clusters that are listed: the largest.
pub(super) fn largest(clusters: &Clusters) -> Vec<crate::similar::Cluster<'_>> {
    let mut all = clusters.clusters();
    all.sort_by(|a, b| b.pages.len().cmp(&a.pages.len()).then(a.id.cmp(&b.id)));
    all.truncate(CLUSTERS);
    all
}

/// The canonical page of a cluster, if it is of this run, and the page that differs most from it; `None` if all say
/// the same.
pub(super) fn farthest(clusters: &Clusters, pages: &[usize]) -> Option<[usize; 2]> {
    let relation = |page: usize| clusters.standing(page).map(|standing| standing.relation);
    let canonical = *pages.first().filter(|page| relation(**page) == Some(Relation::Canonical))?;
    let other =
        pages.iter().rev().find(|page| matches!(relation(**page), Some(Relation::Near | Relation::Contained)))?;
    Some([canonical, *other])
}

/// Keeps the text of the page with the smallest digest: the same one in whatever order pages come.
fn keep_least(
    texts: &mut HashMap<Fingerprint, (u128, Box<str>)>,
    line: Fingerprint,
    digest: u128,
    text: impl FnOnce() -> Box<str>,
) {
    match texts.get_mut(&line) {
        Some((of, _)) if *of < digest => {}
        // Pages of one digest may differ in numbers.
        Some(known) => *known = std::mem::take(known).min((digest, text())),
        None => {
            texts.insert(line, (digest, text()));
        }
    }
}

/// The page's URL, or its id where it has none.
fn name_of(judged: &Judged<'_>) -> Box<str> {
    let page = &judged.page;
    if page.url.is_empty() { page.id.unwrap_or_default().into() } else { page.url.into() }
}

/// How the text that is left of a page begins.
fn kept_head(judged: &Judged<'_>, characters: usize) -> Box<str> {
    let mut text = String::new();
    judged.kept_text(&mut text);
    head(text.trim(), characters).into()
}

impl SiteGathered {
    fn add_page(&mut self, judged: &Judged<'_>, min_text: u64) {
        let text = judged.page.text;
        let (mut read, mut kept, mut characters) = (Amount::default(), Amount::default(), 0);
        let mut last = None;
        for (line, verdict) in judged.lines.iter().zip(judged.verdicts) {
            let amount = Amount { lines: 1, bytes: (line.end - line.start) as u64 };
            read.add(amount);
            if verdict.keep {
                kept.add(amount);
                characters += text.get(line.start..line.end).unwrap_or_default().trim().chars().count() as u64;
            } else {
                self.figures.dropped.entry(verdict.rule).or_default().add(amount);
            }
            if !line.is_blank() {
                last = Some(line);
            }
        }
        let is_duplicate = judged.place.is_some_and(|place| place.standing.relation != Relation::Canonical);
        let figures = &mut self.figures;
        figures.pages += 1;
        figures.read.add(read);
        figures.kept.add(kept);
        figures.short += u64::from(characters < min_text);
        if is_duplicate {
            figures.duplicates += 1;
            figures.duplicate.add(kept);
        }
        match last {
            None => figures.blank += 1,
            Some(last) => {
                let dropped = (read.bytes - kept.bytes) * 10;
                figures.pages_by_share[(dropped / read.bytes.max(1)) as usize] += 1;
                self.open_ends += u64::from(!last.shape.is_closed());
                if emptied(judged.lines, judged.verdicts) {
                    figures.emptied += 1;
                    self.name_emptied(name_of(judged));
                }
            }
        }
        self.read_lengths.add_page(text.trim().chars().count() as u64);
        self.kept_lengths.add_page(characters);
    }

    fn name_emptied(&mut self, name: Box<str>) {
        self.emptied.insert(name);
        if self.emptied.len() > NAMED {
            self.emptied.pop_last();
        }
    }

    /// Of pages that are the same line for line, the one whose name comes first is shown.
    fn add_sampled(&mut self, digest: u128, page: SampledPage) {
        match self.sampled.get(&digest) {
            Some(known) if *known <= page => {}
            _ => {
                self.sampled.insert(digest, page);
            }
        }
    }

    fn add(&mut self, other: SiteGathered) {
        self.figures.add(&other.figures);
        self.read_lengths.add(other.read_lengths);
        self.kept_lengths.add(other.kept_lengths);
        self.open_ends += other.open_ends;
        other.emptied.into_iter().for_each(|name| self.name_emptied(name));
        for (cluster, pages) in other.clusters {
            *self.clusters.entry(cluster).or_default() += pages;
        }
        for (digest, page) in other.sampled {
            self.add_sampled(digest, page);
        }
        for (line, (digest, text)) in other.texts {
            keep_least(&mut self.texts, line, digest, || text);
        }
    }
}

impl Gathered {
    /// Adds what was gathered of other pages.
    pub fn add(&mut self, other: Gathered) {
        for (name, site) in other.sites {
            match self.sites.get_mut(&name) {
                Some(known) => known.add(site),
                None => {
                    self.sites.insert(name, site);
                }
            }
        }
        self.listed.extend(other.listed);
        self.heads.extend(other.heads);
    }
}
