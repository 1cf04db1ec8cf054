//! The census: which lines stand on which pages of which site.
//!
//! A page is logged as the sequence of its lines' fingerprints, eight bytes a line, and nothing is counted while pages
//! are read. So adding a page is a copy, merging two censuses is putting one log behind the other, and neither the
//! order of pages nor their distribution over threads or machines can change what [`Census::sites`] makes of them:
//! pages that say the same are counted once whoever brought them. Counting is a sort of each site's fingerprints,
//! which is faster than hash tables that outgrow the cache.

mod counts;
mod everywhere;
mod log;
mod seed;
mod sieve;

use std::collections::HashMap;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

pub use counts::{EDGE, SiteCounts};
pub use everywhere::{Domain, Elsewhere, Everywhere};
pub use log::Log;
use log::PageLog;
pub(crate) use seed::Seed;

use crate::line::{Fingerprint, Line};

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

    /// The pages of the sample of a site.
    pub fn sample<'a>(&'a self, site: &'a SiteCounts) -> impl Iterator<Item = Sampled<'a>> + 'a {
        site.sample.iter().map(move |&(digest, log, page)| {
            let logged = self.page(log, page);
            let titles = self.logs[log as usize].titles(page);
            Sampled { digest, titles, is_html: logged.is_html, logged }
        })
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

/// A page of a site's sample, as it was logged.
pub struct Sampled<'a> {
    /// What tells it apart: see [`digest`].
    pub digest: u128,
    /// Its title and the parts of it.
    pub titles: Vec<Fingerprint>,
    /// Whether it was HTML.
    pub is_html: bool,
    logged: PageLog<'a>,
}

impl Sampled<'_> {
    /// Its lines, which have no place in a text here.
    pub fn lines(&self) -> Vec<Line> {
        self.logged.lines().collect()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::counts::CHUNK;
    use super::*;
    use crate::line::Shape;
    use crate::line::mark::Mark;
    use crate::page::Page;

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
            log.add(&Page { site, ..Page::default() }, &lines(prints), &prints[..prints.len().min(1)]);
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
            log.add(&Page { site: "a", ..Page::default() }, &lines, &[]);
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
            log.add(&Page { site: "s", text, ..Page::default() }, &lines, &[]);
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
            log.add(&Page { site: "a", ..Page::default() }, &lines(prints), titles);
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
        let mut digests: Vec<u128> = sample.iter().map(|page| page.digest).collect();
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
                    let marks = vec![Mark::default(); if *look > 1 { lines.len() } else { 0 }];
                    log.add(&Page { site: "a", marks: &marks, ..Page::default() }, &lines, &[*title]);
                }
                log
            };
            let sampled = |logs: Vec<Log>| {
                let mut census = Census::default();
                logs.into_iter().for_each(|log| census.add(log));
                let sites = census.sites();
                let counts = sites.get("a");
                let known = |page: Sampled<'_>| (page.digest, page.lines(), page.titles, page.is_html);
                counts.map(|counts| census.sample(counts).map(known).collect::<Vec<_>>()).unwrap_or_default()
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
