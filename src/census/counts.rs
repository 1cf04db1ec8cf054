//! Counting: on how many pages of a site each line stands, by sorting the fingerprints of its pages.

use std::collections::HashMap;

use rayon::prelude::*;

use super::log::PageLog;
use super::seed::Seed;
use super::sieve::Sieve;
use super::{Census, SAMPLE, digest};
use crate::line::{Fingerprint, Line};

/// How many pages of a site have a line, a template, a pair.
#[derive(Debug)]
pub struct SiteCounts {
    /// Pages that differ from each other.
    pages: u64,
    /// See [`SiteCounts::most_equal`].
    most_equal: u64,
    /// What stands on two pages or more.
    table: HashMap<u64, u32, Seed>,
    /// How many pages have this title, or a part of theirs.
    titles: HashMap<Fingerprint, u32, Seed>,
    titles_sieve: Sieve,
    /// Digest, log and number of some pages: see [`Census::sample`].
    pub(super) sample: Vec<(u128, u32, u32)>,
}

impl SiteCounts {
    /// Pages of the site that differ from each other.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The largest number of pages that are the same line for line, numbers and dates aside: 1 if all differ, 0 if none
    /// holds a line.
    pub fn most_equal(&self) -> u64 {
        self.most_equal
    }

    /// The rank of a page of the site in its sample ([`Census::sample`]), by what tells it apart; `None` if it is not of
    /// the sample.
    pub fn rank_in_sample(&self, digest: u128) -> Option<usize> {
        self.sample.binary_search_by(|(of, ..)| of.cmp(&digest)).ok()
    }

    /// Whether nothing stands on two pages.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Pages that have the line: at least 1, since it is asked for a page of the census.
    pub fn line(&self, line: &Line) -> u32 {
        self.get(if line.exact == line.template { line.template } else { exact_key(line.exact) })
    }

    /// Pages that have a line of this template: at least as many as have the line.
    pub fn template(&self, template: Fingerprint) -> u32 {
        self.get(template)
    }

    /// Pages on which a line of template `a` stands directly before one of `b`; [`EDGE`] is the start or end of the page.
    pub fn pair(&self, a: Fingerprint, b: Fingerprint) -> u32 {
        self.get(pair_key(a, b))
    }

    /// Pages that have this line as their title, or as a part of it.
    pub fn titled(&self, line: &Line) -> u32 {
        if !self.titles_sieve.passes(line.exact) {
            return 0;
        }
        self.titles.get(&line.exact).copied().unwrap_or_default()
    }

    fn get(&self, key: u64) -> u32 {
        self.table.get(&key).copied().unwrap_or(1)
    }
}

impl Census {
    /// Counts the pages of one site; those that say the same line for line, numbers and dates aside, count once.
    pub(super) fn count(&self, pages: &[(u32, u32)], seed: Seed) -> SiteCounts {
        let mut all: Vec<(u128, u32, u32)> = pages
            .par_iter()
            .map_init(Vec::new, |bytes, &(log, page)| (digest(self.page(log, page).shown(), bytes), log, page))
            .filter(|(digest, ..)| *digest != 0)
            .collect();
        all.par_sort_unstable();
        let equal = || all.chunk_by(|a, b| a.0 == b.0);
        let most_equal = equal().map(<[_]>::len).max().unwrap_or(0) as u64;
        let mut bytes = Vec::new();
        let distinct: Vec<(u128, u32, u32)> = equal().filter_map(|pages| self.one_of(pages, &mut bytes)).collect();
        let mut counts = SiteCounts {
            pages: distinct.len() as u64,
            most_equal,
            table: HashMap::with_hasher(seed),
            titles: HashMap::with_hasher(seed),
            titles_sieve: Sieve::default(),
            // The smallest digests: a sample that neither the order of pages nor their distribution changes.
            sample: distinct.iter().take(SAMPLE).copied().collect(),
        };
        if counts.pages < 2 {
            return counts;
        }
        let pages = Pages { census: self, distinct: &distinct };
        let templates = pages.recurring(|page, keys| keys.extend(page.shown()));
        let sieve = Sieve::of(templates.iter().map(|(template, _)| *template).chain([EDGE]));
        let exacts = pages.recurring(|page, keys| keys.extend(page.exacts.iter().map(|(_, exact)| exact_key(*exact))));
        let pairs = pages.recurring(|page, keys| pair_keys(page, &sieve, keys));
        counts.table.reserve(templates.len() + exacts.len() + pairs.len());
        // Should keys of two kinds be the same, the last kind counts.
        counts.table.extend(templates.into_iter().chain(exacts).chain(pairs));
        counts.table.shrink_to_fit();
        for &(.., log, page) in &distinct {
            for title in self.logs[log as usize].titles(page) {
                *counts.titles.entry(title).or_default() += 1;
            }
        }
        counts.titles_sieve = Sieve::of(counts.titles.keys().copied());
        counts
    }

    /// Of pages that differ in numbers, in case, in white space or in markup only, the same one in whatever order they came.
    fn one_of(&self, equal: &[(u128, u32, u32)], bytes: &mut Vec<u8>) -> Option<(u128, u32, u32)> {
        let [first, _, ..] = equal else { return equal.first().copied() };
        let of_rest = |&&(_, log, page): &&(u128, u32, u32)| {
            let lines = self.page(log, page);
            let exacts = lines.exacts.iter().map(|(_, exact)| *exact);
            let looks = lines.shapes.iter().map(|shape| shape.bits());
            let rest = self.logs[log as usize].titles(page).into_iter().chain([lines.is_html.into()]);
            digest(exacts.chain(looks).chain(rest), bytes)
        };
        Some(*equal.iter().min_by_key(of_rest).unwrap_or(first))
    }
}

/// The pages of one site that differ from each other.
struct Pages<'a> {
    census: &'a Census,
    /// Digest, log, page.
    distinct: &'a [(u128, u32, u32)],
}

/// Pages whose keys are gathered together.
pub(super) const CHUNK: usize = 256;

/// Parts that the keys of a site of more than one chunk are sorted in: each fits the cache.
const PARTS: usize = 64;

impl Pages<'_> {
    /// The keys that stand on two pages or more, and on how many.
    fn recurring(&self, keys: impl Fn(PageLog<'_>, &mut Vec<u64>) + Sync) -> Vec<(u64, u32)> {
        let parts = if self.distinct.len() > CHUNK { PARTS } else { 1 };
        let chunks: Vec<Vec<Vec<u64>>> =
            self.distinct.par_chunks(CHUNK).map(|pages| self.partitioned(pages, parts, &keys)).collect();
        let counted: Vec<Vec<(u64, u32)>> = (0..parts)
            .into_par_iter()
            .map(|part| counted(chunks.iter().filter_map(|chunk| Some(chunk.get(part)?.as_slice())).collect()))
            .collect();
        counted.concat()
    }

    /// The keys of some pages, each once a page, by their highest bits.
    fn partitioned(
        &self,
        pages: &[(u128, u32, u32)],
        parts: usize,
        keys: impl Fn(PageLog<'_>, &mut Vec<u64>),
    ) -> Vec<Vec<u64>> {
        let mut all = vec![Vec::new(); parts];
        let mut of_page = Vec::new();
        for &(.., log, page) in pages {
            of_page.clear();
            keys(self.census.page(log, page), &mut of_page);
            of_page.sort_unstable();
            of_page.dedup();
            for key in &of_page {
                let part = ((u128::from(*key) * parts as u128) >> u64::BITS) as usize;
                if let Some(part) = all.get_mut(part) {
                    part.push(*key);
                }
            }
        }
        all
    }
}

/// The keys that stand in `keys` twice or more, and how often.
fn counted(keys: Vec<&[u64]>) -> Vec<(u64, u32)> {
    let mut all = keys.concat();
    all.sort_unstable();
    let runs = all.chunk_by(|a, b| a == b).filter_map(|run| match run {
        [key, _, ..] => Some((*key, u32::try_from(run.len()).unwrap_or(u32::MAX))),
        _ => None,
    });
    runs.collect()
}

/// The pairs of neighbours that may both stand on other pages too.
fn pair_keys(page: PageLog<'_>, sieve: &Sieve, keys: &mut Vec<u64>) {
    let mut before = Some(EDGE);
    for line in page.shown().chain([EDGE]) {
        let line = Some(line).filter(|line| sieve.passes(*line));
        if let (Some(before), Some(line)) = (before, line) {
            keys.push(pair_key(before, line));
        }
        before = line;
    }
}

/// Stands for what is before the first and after the last line of a page.
pub const EDGE: Fingerprint = 0;

/// The key of a line that has a template: not that of the template which happens to read the same.
fn exact_key(exact: Fingerprint) -> u64 {
    exact.rotate_left(17) ^ 0x9e37_79b9_7f4a_7c15
}

/// The key of two neighbouring lines, in their order: a shingle of two lines.
pub(super) fn pair_key(a: Fingerprint, b: Fingerprint) -> u64 {
    let mixed = u128::from(a ^ 0xa076_1d64_78bd_642f) * u128::from(b.rotate_left(29) ^ 0xe703_7ed1_a0b4_28db | 1);
    (mixed >> 64) as u64 ^ mixed as u64 ^ a
}
