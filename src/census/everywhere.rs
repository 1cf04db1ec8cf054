//! On how many sites a line stands: those of one registrable domain, whose hosts share an owner and often their chrome,
//! and all that was read.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::Census;
use super::counts::{SiteCounts, pair_key};
use super::seed::Seed;
use super::sieve::Sieve;
use crate::line::Fingerprint;
use crate::page::domain_of;

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

impl Census {
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
}
