//! The census: which lines stand on which pages of which site.
//!
//! A page is logged as the sequence of its lines' fingerprints, eight bytes a line, and nothing is counted while pages
//! are read. So adding a page is a copy, merging two censuses is putting one log behind the other, and neither the
//! order of pages nor their distribution over threads or machines can change what [`Census::sites`] makes of them:
//! pages that say the same are counted once whoever brought them. Counting is a sort of each site's fingerprints,
//! which is faster than hash tables that outgrow the cache.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::line::{Fingerprint, Line, Shape};
use crate::page::domain_of;

/// The lines of the pages of one batch, as fingerprints.
#[derive(Debug, Default)]
pub struct Log {
    /// Sites of this log, in the order in which they came.
    names: Vec<Box<str>>,
    /// Where each of them stands in `names`; empty once the log is in a census.
    numbers: HashMap<Box<str>, u32>,
    pages: Vec<PageEnd>,
    /// The templates of the lines of all pages.
    templates: Vec<Fingerprint>,
    /// The shapes of the lines of all pages.
    shapes: Vec<Shape>,
    /// Lines that differ from their template: position, and fingerprint.
    exacts: Vec<(u32, Fingerprint)>,
    /// The titles of the pages, in the pages' order: number of the page, and fingerprint of the title or a part of it.
    titles: Vec<(u32, Fingerprint)>,
}

/// A page's site, and where its part of the log ends.
#[derive(Clone, Copy, Debug, Default)]
struct PageEnd {
    site: u32,
    templates: u32,
    exacts: u32,
}

impl Log {
    /// Adds a page by its lines, and by its title and the parts of it. Blank lines are logged as 0 and count for nothing.
    pub fn add(&mut self, site: &str, lines: &[Line], titles: &[Fingerprint]) {
        let site = match self.numbers.get(site) {
            Some(number) => *number,
            None => {
                let number = self.names.len() as u32;
                self.names.push(site.into());
                self.numbers.insert(site.into(), number);
                number
            }
        };
        for line in lines {
            if line.exact != line.template {
                self.exacts.push((self.templates.len() as u32, line.exact));
            }
            self.templates.push(line.template);
            self.shapes.push(line.shape);
        }
        let number = self.pages.len() as u32;
        self.titles.extend(titles.iter().map(|title| (number, *title)));
        let end = PageEnd { site, templates: self.templates.len() as u32, exacts: self.exacts.len() as u32 };
        self.pages.push(end);
    }

    /// Finds the lines of page number `page` of this log in its `text` again, without normalising it. Returns whether
    /// the text has as many lines as were logged; if not, it is another text and `lines` is of no use.
    pub fn lines(&self, page: usize, text: &str, lines: &mut Vec<Line>) -> bool {
        lines.clear();
        if page >= self.pages.len() {
            return false;
        }
        let logged = self.page(page as u32);
        lines.extend(crate::line::spans(text).zip(logged.lines()).map(|(span, line)| Line {
            start: span.start,
            end: span.end,
            next: span.next,
            ..line
        }));
        lines.len() == logged.templates.len() && lines.last().map_or(0, |line| line.next) == text.len()
    }

    /// The lines of a page.
    fn page(&self, page: u32) -> PageLog<'_> {
        let page = page as usize;
        let start = page.checked_sub(1).map_or_else(PageEnd::default, |before| self.pages[before]);
        let end = self.pages[page];
        let of_page = start.templates as usize..end.templates as usize;
        PageLog {
            first: start.templates,
            templates: &self.templates[of_page.clone()],
            shapes: &self.shapes[of_page],
            exacts: &self.exacts[start.exacts as usize..end.exacts as usize],
        }
    }

    /// The titles of a page, each once.
    fn titles(&self, page: u32) -> Vec<Fingerprint> {
        let start = self.titles.partition_point(|(of, _)| *of < page);
        let titles = self.titles[start..].iter().take_while(move |(of, _)| *of == page);
        let mut titles: Vec<Fingerprint> = titles.map(|(_, title)| *title).collect();
        titles.sort_unstable();
        titles.dedup();
        titles
    }

    /// Memory taken, in bytes.
    pub fn memory(&self) -> usize {
        self.templates.capacity() * 8
            + self.shapes.capacity() * 4
            + (self.exacts.capacity() + self.titles.capacity()) * 16
            + self.pages.capacity() * size_of::<PageEnd>()
    }
}

/// One page of a log.
#[derive(Clone, Copy)]
struct PageLog<'a> {
    /// Position of its first line in the log.
    first: u32,
    templates: &'a [Fingerprint],
    shapes: &'a [Shape],
    exacts: &'a [(u32, Fingerprint)],
}

impl<'a> PageLog<'a> {
    /// The lines, without their places in the text.
    fn lines(self) -> impl Iterator<Item = Line> + use<'a> {
        let mut exacts = self.exacts.iter().peekable();
        self.templates.iter().zip(self.shapes).zip(self.first..).map(move |((template, shape), at)| {
            let exact = exacts.next_if(|(of, _)| *of == at).map_or(*template, |(_, exact)| *exact);
            Line { start: 0, end: 0, next: 0, exact, template: *template, shape: *shape }
        })
    }

    /// The templates of the lines that show.
    fn shown(&self) -> impl Iterator<Item = Fingerprint> {
        self.templates.iter().copied().filter(|template| *template != 0)
    }
}

/// The pages of a crawl, by site.
#[derive(Debug, Default)]
pub struct Census {
    logs: Vec<Log>,
    sites: HashMap<Box<str>, Vec<(u32, u32)>>,
}

impl Census {
    /// Adds the pages of a log.
    pub fn add(&mut self, mut log: Log) {
        log.numbers = HashMap::new();
        log.templates.shrink_to_fit();
        log.exacts.shrink_to_fit();
        let number = self.logs.len() as u32;
        for page in 0..log.pages.len() as u32 {
            let name = &log.names[log.pages[page as usize].site as usize];
            match self.sites.get_mut(name) {
                Some(pages) => pages.push((number, page)),
                None => {
                    self.sites.insert(name.clone(), vec![(number, page)]);
                }
            }
        }
        self.logs.push(log);
    }

    /// Adds the pages of another census. Commutative and associative in what [`sites`](Self::sites) gives.
    pub fn merge(&mut self, other: Census) {
        for log in other.logs {
            self.add(log);
        }
    }

    /// The logs, in the order in which they were added.
    pub fn into_logs(self) -> Vec<Log> {
        self.logs
    }

    /// Number of sites.
    pub fn len(&self) -> usize {
        self.sites.len()
    }

    /// Whether no page was added.
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }

    /// Counts each site's lines, templates and pairs of neighbouring lines, on the rayon pool it is called from.
    pub fn sites(&self) -> HashMap<Box<str>, SiteCounts> {
        let seed = Seed::default();
        self.sites.par_iter().map(|(name, pages)| (name.clone(), self.count(pages, seed))).collect()
    }

    /// Counts the pages of one site; those that say the same line for line, numbers and dates aside, count once.
    fn count(&self, pages: &[(u32, u32)], seed: Seed) -> SiteCounts {
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

    /// Of pages that differ in numbers, in case or in white space only, the same one in whatever order they came.
    fn one_of(&self, equal: &[(u128, u32, u32)], bytes: &mut Vec<u8>) -> Option<(u128, u32, u32)> {
        let [first, _, ..] = equal else { return equal.first().copied() };
        let of_rest = |&&(_, log, page): &&(u128, u32, u32)| {
            let lines = self.page(log, page);
            let exacts = lines.exacts.iter().map(|(_, exact)| *exact);
            let looks = lines.shapes.iter().map(|shape| shape.bits());
            digest(exacts.chain(looks).chain(self.logs[log as usize].titles(page)), bytes)
        };
        Some(*equal.iter().min_by_key(of_rest).unwrap_or(first))
    }

    /// The pages of the sample of a site: what tells them apart, their lines, which have no place in a text here, and
    /// their titles.
    pub fn sample<'a>(
        &'a self,
        site: &'a SiteCounts,
    ) -> impl Iterator<Item = (u128, Vec<Line>, Vec<Fingerprint>)> + 'a {
        site.sample.iter().map(move |&(digest, log, page)| {
            (digest, self.page(log, page).lines().collect(), self.logs[log as usize].titles(page))
        })
    }

    /// Counts on how many of these sites each line stands, on the rayon pool it is called from: by the pages of their
    /// samples, so that a huge site costs no more than a large one.
    pub fn everywhere<'a>(&self, sites: impl Iterator<Item = (&'a str, &'a SiteCounts)>) -> Everywhere {
        let sites: Vec<(&str, &SiteCounts)> = sites.collect();
        let mut everywhere = Everywhere::default();
        if sites.len() < 2 {
            return everywhere;
        }
        let mut of_domain: HashMap<&str, u64> = HashMap::new();
        for domain in sites.iter().filter_map(|(name, _)| domain_of(name)) {
            *of_domain.entry(domain).or_default() += 1;
        }
        let domain = |name| domain_of(name).filter(|domain| of_domain.get(domain).is_some_and(|sites| *sites > 1));
        let mut all: Vec<u64> = sites
            .par_iter()
            .flat_map_iter(|(name, site)| {
                let pages = site.sample.iter().map(|&(_, log, page)| self.page(log, page));
                let mut of_site: Vec<u64> = pages.flat_map(|page| page.shown().collect::<Vec<_>>()).collect();
                of_site.sort_unstable();
                of_site.dedup();
                if let Some(domain) = domain(name).map(Domain::named) {
                    of_site.extend_from_within(..);
                    let half = of_site.len() / 2;
                    of_site.iter_mut().take(half).for_each(|line| *line = domain.key(*line));
                }
                of_site
            })
            .collect();
        all.par_sort_unstable();
        for run in all.chunk_by(|a, b| a == b) {
            if let [key, _, ..] = run {
                everywhere.sites.insert(*key, u32::try_from(run.len()).unwrap_or(u32::MAX));
            }
        }
        everywhere.domains =
            of_domain.into_iter().filter(|(_, sites)| *sites > 1).map(|(name, _)| name.into()).collect();
        everywhere.sieve = Sieve::of(everywhere.sites.keys().copied());
        everywhere
    }

    fn page(&self, log: u32, page: u32) -> PageLog<'_> {
        self.logs[log as usize].page(page)
    }

    /// Memory taken, in bytes.
    pub fn memory(&self) -> usize {
        self.logs.iter().map(Log::memory).sum::<usize>()
            + self.sites.values().map(|pages| pages.capacity() * 8 + 64).sum::<usize>()
    }
}

/// Pages of a site that are looked at as a whole, to learn what its pages are like: more than about a hundred add nothing.
const SAMPLE: usize = 128;

/// The pages of one site that differ from each other.
struct Pages<'a> {
    census: &'a Census,
    /// Digest, log, page.
    distinct: &'a [(u128, u32, u32)],
}

/// Pages whose keys are gathered together.
const CHUNK: usize = 256;

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

/// Lets through all of some keys and few others: a Bloom filter of one bit a key.
///
/// A pair recurs only if both its lines do, and half of the pairs need no counting for that. Most lines are no titles,
/// and stand on no other site: these need not be looked up.
#[derive(Debug, Default)]
struct Sieve {
    bits: Vec<u64>,
    /// What is left of a hash is the number of its bit.
    shift: u32,
}

/// Bits a key: one in as many keys that do not belong comes through.
const SIEVE_BITS: usize = 16;

impl Sieve {
    fn of(keys: impl Iterator<Item = u64> + Clone) -> Self {
        let bits = (keys.clone().count() * SIEVE_BITS).next_power_of_two().max(64);
        let mut sieve = Self { bits: vec![0; bits / 64], shift: u64::BITS - bits.trailing_zeros() };
        for key in keys {
            let (word, bit) = sieve.place(key);
            if let Some(word) = sieve.bits.get_mut(word) {
                *word |= bit;
            }
        }
        sieve
    }

    fn passes(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The word and the bit in it that stand for a key.
    fn place(&self, key: u64) -> (usize, u64) {
        let at = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        ((at / 64) as usize, 1 << (at % 64))
    }
}

/// What tells pages apart that do not say the same, numbers aside, by the templates of their lines: 0 for a page without
/// lines. `bytes` is a buffer.
pub fn digest(lines: impl Iterator<Item = Fingerprint>, bytes: &mut Vec<u8>) -> u128 {
    bytes.clear();
    for line in lines {
        bytes.extend_from_slice(&line.to_le_bytes());
    }
    if bytes.is_empty() { 0 } else { xxh3_128(bytes).max(1) }
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
fn pair_key(a: Fingerprint, b: Fingerprint) -> u64 {
    let mixed = u128::from(a ^ 0xa076_1d64_78bd_642f) * u128::from(b.rotate_left(29) ^ 0xe703_7ed1_a0b4_28db | 1);
    (mixed >> 64) as u64 ^ mixed as u64 ^ a
}

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
    sample: Vec<(u128, u32, u32)>,
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

/// On how many sites lines stand: of one registrable domain, and of all that was read.
#[derive(Debug, Default)]
pub struct Everywhere {
    /// By template, and by template and domain, what stands on two sites or more.
    sites: HashMap<u64, u32, Seed>,
    sieve: Sieve,
    /// The domains that have several sites.
    domains: HashSet<Box<str>>,
}

/// How many other sites have a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Other sites of the registrable domain of the line's site.
    pub in_domain: u32,
    /// Sites of other domains.
    pub beyond: u32,
}

/// A registrable domain that has several sites.
#[derive(Clone, Copy, Debug)]
pub struct Domain(u64);

impl Domain {
    fn named(name: &str) -> Self {
        Self(xxh3_64(name.as_bytes()))
    }

    /// The key of a line on the sites of the domain.
    fn key(self, template: Fingerprint) -> u64 {
        pair_key(self.0, template)
    }
}

impl Everywhere {
    /// The registrable domain of a site that is named as its host, if other sites of the crawl are of it too.
    pub fn domain(&self, site: &str) -> Option<Domain> {
        if self.domains.is_empty() {
            return None;
        }
        let domain = domain_of(site).filter(|domain| self.domains.contains(*domain))?;
        Some(Domain::named(domain))
    }

    /// How many other sites have a line of this template, asked for a site of `domain` that has it.
    pub fn elsewhere(&self, domain: Option<Domain>, template: Fingerprint) -> Elsewhere {
        let others = |key| {
            // Most lines are of one site alone.
            if self.sieve.passes(key) { self.sites.get(&key).map_or(0, |sites| sites - 1) } else { 0 }
        };
        let all = others(template);
        // What no other site has, none of the domain has.
        let in_domain = if all == 0 { 0 } else { domain.map_or(0, |domain| others(domain.key(template))) };
        Elsewhere { in_domain, beyond: all.saturating_sub(in_domain) }
    }
}

/// Hashes keys that are hashes already; a seed of the process keeps strangers from choosing the bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0u8))
    }
}

impl BuildHasher for Seed {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher(self.0)
    }
}

/// One multiplication: enough to spread a fingerprint over a table.
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        let mixed = u128::from(key ^ self.0) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (mixed >> 64) as u64 ^ mixed as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(prints: &[u64]) -> Vec<Line> {
        prints
            .iter()
            .map(|&exact| Line {
                start: 0,
                end: 0,
                next: 0,
                exact,
                template: if exact % 3 == 0 { 1000 } else { exact },
                shape: Shape::default(),
            })
            .collect()
    }

    fn census(pages: &[(&str, Vec<u64>)]) -> Census {
        let mut census = Census::default();
        for (site, prints) in pages {
            let mut log = Log::default();
            log.add(site, &lines(prints), &prints[..prints.len().min(1)]);
            census.add(log);
        }
        census
    }

    /// Everything that can be asked of a census, in one comparable value.
    fn answers(census: &Census) -> Vec<(String, u64, Vec<u32>)> {
        let mut all: Vec<_> = census
            .sites()
            .into_iter()
            .map(|(site, counts)| {
                let singles = lines(&(0..40).collect::<Vec<_>>())
                    .into_iter()
                    .flat_map(|a| [counts.line(&a), counts.template(a.template)]);
                let pairs = (0..40).flat_map(|a| (0..40).map(move |b| (a, b))).map(|(a, b)| counts.pair(a, b));
                (site.to_string(), counts.pages(), singles.chain(pairs).collect())
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn a_line_counts_once_a_page_and_once_for_equal_pages() {
        let counts = census(&[("a", vec![1, 2, 2, 3]), ("a", vec![2, 9]), ("a", vec![2, 9]), ("b", vec![2])]).sites();
        let [two, nine] = [2, 9].map(|n| lines(&[n])[0]);
        assert_eq!(
            (counts["a"].pages(), counts["a"].line(&two), counts["a"].line(&nine), counts["b"].line(&two)),
            (2, 2, 1, 1)
        );
    }

    #[test]
    fn pairs_know_their_order_and_the_edges() {
        let counts = census(&[("a", vec![1, 2, 5]), ("a", vec![4, 1, 2]), ("a", vec![1, 7, 5])]).sites();
        let a = &counts["a"];
        assert_eq!((a.pair(1, 2), a.pair(2, 1), a.pair(EDGE, 1), a.pair(5, EDGE)), (2, 1, 2, 2));
    }

    #[test]
    fn a_line_counts_apart_from_its_template() {
        // 3 and 6 are masked as 1000.
        let counts = census(&[("a", vec![3]), ("a", vec![6, 1]), ("a", vec![3, 7])]).sites();
        let [three, six] = [3, 6].map(|n| lines(&[n])[0]);
        assert_eq!((counts["a"].template(1000), counts["a"].line(&three), counts["a"].line(&six)), (3, 2, 1));
    }

    #[test]
    fn many_pages_are_counted_as_few_are() {
        // More than a chunk, with fingerprints spread as hashes are: some lines recur, and each page has one of its own.
        let spread = |n: u64| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()) | 1;
        let page = |n: u64| vec![1, 2 + n % 2, 1000 + n, 4 + n % 50, 5000 + n / 3];
        let pages: Vec<Vec<u64>> = (0..CHUNK as u64 * 2 + 40).map(page).collect();
        let mut census = Census::default();
        for page in &pages {
            let lines: Vec<Line> = page
                .iter()
                .map(|n| Line {
                    start: 0,
                    end: 0,
                    next: 0,
                    exact: spread(*n),
                    template: spread(*n),
                    shape: Shape::default(),
                })
                .collect();
            let mut log = Log::default();
            log.add("a", &lines, &[]);
            census.add(log);
        }
        let counts = &census.sites()["a"];
        let on = |told: &dyn Fn(&[u64]) -> bool| pages.iter().filter(|page| told(page)).count() as u32;
        for line in (1..60).chain(1000..1010).chain(5000..5010) {
            assert_eq!(counts.template(spread(line)), on(&|page| page.contains(&line)).max(1), "{line}");
            for next in (4..60).chain(1000..1010).chain(5000..5010) {
                let expected = on(&|page| page.windows(2).any(|pair| pair == [line, next])).max(1);
                assert_eq!(counts.pair(spread(line), spread(next)), expected, "{line} {next}");
            }
        }
        assert_eq!((counts.pair(EDGE, spread(1)), counts.pair(spread(5000), EDGE)), (pages.len() as u32, 3));
    }

    #[test]
    fn logged_lines_are_found_in_their_text_again() {
        let text = "Home\n\n 3 May\r\nhome\rend";
        let (mut log, mut lines, mut again) = (Log::default(), Vec::new(), Vec::new());
        let mut normaliser = crate::line::Normaliser::default();
        for text in ["first 1 a", text] {
            normaliser.page(text, &mut lines);
            log.add("s", &lines, &[]);
        }
        assert!(log.lines(1, text, &mut again));
        assert_eq!(again, lines);
        assert!(!log.lines(1, "Home", &mut again));
        assert!(!log.lines(2, text, &mut again));
    }

    #[test]
    fn everywhere_counts_the_other_sites_that_have_a_line() {
        let census =
            census(&[("a", vec![1, 2]), ("a", vec![1, 4]), ("b", vec![1, 2, 3]), ("c", vec![5, 1, 1]), ("d", vec![6])]);
        let sites = census.sites();
        let everywhere = |most| census.everywhere(sites.iter().map(|(name, counts)| (&**name, counts)).take(most));
        // Pages do not count, sites do; 3 and 6 share the template 1000.
        let found = [1, 2, 4, 5, 1000, 77].map(|line| everywhere(9).elsewhere(None, line));
        assert_eq!(found.map(|found| (found.in_domain, found.beyond)), [2, 1, 0, 0, 1, 0].map(|beyond| (0, beyond)));
        assert_eq!(everywhere(1).elsewhere(None, 1), Elsewhere::default(), "one site has no others");
    }

    #[test]
    fn other_sites_of_the_domain_are_told_from_those_beyond() {
        let census = census(&[
            ("a.x.example", vec![1, 2, 4, 5]),
            ("b.x.example", vec![1, 2]),
            ("c.x.example", vec![1, 7]),
            ("y.example", vec![1, 4]),
            ("a.github.io", vec![1, 8]),
            ("b.github.io", vec![8]),
            ("plain", vec![1]),
        ]);
        let sites = census.sites();
        let everywhere = census.everywhere(sites.iter().map(|(name, counts)| (&**name, counts)));
        let of = |site, line| {
            let Elsewhere { in_domain, beyond } = everywhere.elsewhere(everywhere.domain(site), line);
            (in_domain, beyond)
        };
        assert_eq!([1, 2, 4, 5].map(|line| of("a.x.example", line)), [(2, 3), (1, 0), (0, 1), (0, 0)]);
        // A domain of one site, hosts of two owners, and a name that is no host.
        assert_eq!([of("y.example", 1), of("a.github.io", 8), of("plain", 1)], [(0, 5), (0, 1), (0, 5)]);
    }

    #[test]
    fn a_title_counts_once_a_page_and_once_for_equal_pages() {
        let mut log = Log::default();
        let pages: [(&[u64], &[u64]); 5] =
            [(&[1, 2], &[1, 7, 7, 7]), (&[4, 2], &[4, 7]), (&[4, 2], &[4, 7]), (&[5], &[]), (&[], &[7])];
        for (prints, titles) in pages {
            log.add("a", &lines(prints), titles);
        }
        let mut census = Census::default();
        census.add(log);
        let counts = &census.sites()["a"];
        assert_eq!([1, 4, 7, 2, 5].map(|n| counts.titled(&lines(&[n])[0])), [1, 1, 2, 0, 0]);
    }

    #[test]
    fn a_large_site_is_known_by_some_of_its_pages() {
        let pages: Vec<(&str, Vec<u64>)> = (0..SAMPLE as u64 + 40).map(|n| ("a", vec![1, 4000 + 3 * n])).collect();
        let sampled = census(&pages);
        let sites = sampled.sites();
        let sample: Vec<_> = sampled.sample(&sites["a"]).collect();
        assert_eq!(sample.len(), SAMPLE);
        let mut digests: Vec<u128> = sample.iter().map(|(digest, ..)| *digest).collect();
        digests.dedup();
        assert_eq!(digests.len(), SAMPLE, "each page once");
    }

    #[test]
    fn pages_without_lines_are_no_evidence() {
        assert_eq!(census(&[("a", vec![]), ("a", vec![1])]).sites()["a"].pages(), 1);
    }

    proptest! {
        #[test]
        fn order_and_shards_do_not_matter(
            pages in prop::collection::vec((0..3usize, prop::collection::vec(1..12u64, 0..8)), 0..30),
            cut in 0..30usize,
        ) {
            let names = ["a", "b", "c"];
            let pages: Vec<_> = pages.into_iter().map(|(site, prints)| (names[site], prints)).collect();
            let whole = answers(&census(&pages));
            let (left, right) = pages.split_at(cut.min(pages.len()));
            let mut merged = census(right);
            merged.merge(census(left));
            prop_assert_eq!(&answers(&merged), &whole);
            let reversed: Vec<_> = pages.iter().rev().cloned().collect();
            prop_assert_eq!(&answers(&census(&reversed)), &whole);
        }

        #[test]
        fn neither_order_nor_shards_change_the_sample(
            pages in prop::collection::vec((prop::collection::vec(1..12u64, 0..6), 0..3usize, 0..3u64), 0..30),
            cut in 0..30usize,
        ) {
            // Pages that say the same may look otherwise, and be titled otherwise.
            let log = |pages: &[(Vec<u64>, usize, u64)]| {
                let mut log = Log::default();
                for (prints, look, title) in pages {
                    let mut lines = lines(prints);
                    lines.iter_mut().for_each(|line| line.shape = Shape::of(["x", "X x", "xxxxx"][*look]));
                    log.add("a", &lines, &[*title]);
                }
                log
            };
            let sampled = |logs: Vec<Log>| {
                let mut census = Census::default();
                logs.into_iter().for_each(|log| census.add(log));
                let sites = census.sites();
                let counts = sites.get("a");
                counts.map(|counts| census.sample(counts).collect::<Vec<_>>()).unwrap_or_default()
            };
            let whole = sampled(vec![log(&pages)]);
            let (left, right) = pages.split_at(cut.min(pages.len()));
            prop_assert_eq!(&sampled(vec![log(right), log(left)]), &whole);
            let reversed: Vec<_> = pages.iter().rev().cloned().collect();
            prop_assert_eq!(&sampled(vec![log(&reversed)]), &whole);
        }

        #[test]
        fn counts_are_those_of_a_naive_census(pages in prop::collection::vec(prop::collection::vec(1..12u64, 0..8), 0..20)) {
            let masked = |page: &Vec<u64>| page.iter().map(|n| if n % 3 == 0 { 1000 } else { *n }).collect::<Vec<u64>>();
            let mut naive: Vec<_> = pages.iter().filter(|page| !page.is_empty()).map(masked).collect();
            naive.sort();
            naive.dedup();
            let counts = census(&pages.iter().map(|page| ("a", page.clone())).collect::<Vec<_>>()).sites();
            if let Some(counts) = counts.get("a") {
                prop_assert_eq!(counts.pages(), naive.len() as u64);
                for template in (1..12).chain([1000]) {
                    let on = naive.iter().filter(|page| page.contains(&template)).count().max(1);
                    prop_assert_eq!(counts.template(template) as usize, on);
                }
            }
        }
    }
}
