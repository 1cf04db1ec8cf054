//! From what was gathered to the report.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::document::{
    Cluster, ClusterPage, Clusters as Found, Compared, Details, Ends, ExampleLine, ExamplePage, Member, Recurring,
    Repeated, Report, Site, Source, SourceProblem, Totals, VERSION,
};
use super::gather::{
    CLUSTER_PAGES, Gathered, Measures, REPEATED, SampledPage, SiteGathered, Wanted, farthest, largest,
};
use super::lengths::most_alike;
use super::recurring::{Found as FoundLines, Shown, recurring};
use super::summary::{Likeness, SourceTally, share};
use crate::chrome::Sites;
use crate::config::Results;
use crate::line::Fingerprint;
use crate::similar::{Clusters, Content, Kept};
use crate::sink::annotate::rounded;
use crate::source::date::day;

/// Blocks and lists of a site that are told, and lines of each.
const RECURRING: usize = 40;
const MEMBERS: usize = 60;
/// Parts in which positions are told.
const POSITIONS: usize = 50;

/// What a report is made of besides what was gathered.
pub struct Run<'a> {
    /// What was wanted.
    pub wanted: Wanted,
    /// The settings that change results.
    pub results: &'a Results,
    /// How reading went.
    pub sources: &'a [SourceTally],
    /// What is known of the sites.
    pub sites: &'a Sites,
    /// Near-duplicates, if they were looked for, and their figures.
    pub clusters: Option<(&'a Clusters, Likeness)>,
}

impl Run<'_> {
    /// The report on what was gathered, made on the rayon pool it is called from.
    pub fn report(&self, gathered: Gathered) -> Report {
        let Gathered { sites, listed, heads } = gathered;
        let sites: BTreeMap<_, _> = sites.into_iter().collect();
        let sites: Vec<_> = sites.into_iter().collect();
        let sites: Vec<Site> = sites.into_par_iter().map(|(name, site)| self.site(&name, site, &heads)).collect();
        let mut totals = Totals {
            sites: sites.len() as u64,
            few_pages: sites.iter().filter(|site| site.few_pages).count() as u64,
            detailed: sites.iter().filter(|site| site.details.is_some()).count() as u64,
            min_text: self.wanted.min_text,
            skipped: self.sources.iter().map(SourceTally::bad).sum(),
            ..Totals::default()
        };
        sites.iter().for_each(|site| totals.figures.add(&site.figures));
        let clusters = self.clusters.map(|(clusters, likeness)| Found {
            clusters: likeness.clusters,
            pages: likeness.pages,
            listed: largest(clusters).iter().map(|cluster| listed_cluster(clusters, cluster, &listed)).collect(),
        });
        Report {
            version: VERSION,
            dehusk: env!("CARGO_PKG_VERSION").to_owned(),
            settings: self.results.digest(),
            totals,
            sources: self.sources.iter().map(source).collect(),
            sites,
            clusters,
        }
    }

    fn site(&self, name: &str, gathered: SiteGathered, heads: &Heads) -> Site {
        let mut figures = gathered.figures.clone();
        let counts = self.sites.get(name).map(|site| site.counts());
        figures.distinct = counts.map_or(0, |counts| counts.pages());
        let most_alike = gathered.clusters.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        Site {
            name: name.to_owned(),
            few_pages: figures.distinct < self.results.min_pages.max(2),
            figures,
            read_lengths: gathered.read_lengths.figures(),
            kept_lengths: gathered.kept_lengths.figures(),
            open_ends: gathered.open_ends,
            most_equal: counts.map_or(0, |counts| counts.most_equal()),
            most_alike: most_alike.map_or(0, |(_, pages)| *pages),
            alike_text: most_alike.and_then(|(id, _)| heads.get(id)).map(|text| text.to_string()),
            emptied_pages: gathered.emptied.iter().map(|name| name.to_string()).collect(),
            details: (!gathered.sampled.is_empty()).then(|| details(&gathered)),
        }
    }
}

type Heads = std::collections::HashMap<Content, Box<str>>;
type Listed = std::collections::HashMap<usize, (Box<str>, Option<Box<str>>)>;

fn source(tally: &SourceTally) -> Source {
    let problems = tally.problems.iter().take(5).map(|problem| SourceProblem {
        record: problem.record,
        byte: problem.byte,
        reason: problem.reason.to_string(),
    });
    Source { name: tally.name.to_string(), pages: tally.pages, skipped: tally.bad(), problems: problems.collect() }
}

fn details(gathered: &SiteGathered) -> Details {
    let pages: Vec<&SampledPage> = gathered.sampled.values().collect();
    let lines: Vec<&[Shown]> = pages.iter().map(|page| page.lines.as_slice()).collect();
    let found = recurring(&lines);
    let text = |line: Fingerprint| gathered.texts.get(&line).map_or("", |(_, text)| text).to_owned();
    let repeated = left_of_many(&lines);
    let own: Vec<u64> = pages.iter().map(|page| own_text(page, &repeated)).collect();
    let mut left: Vec<Repeated> = repeated
        .iter()
        .map(|(line, on)| Repeated {
            fingerprint: hex(*line),
            text: text(*line),
            pages: on.len() as u64,
            own_text: median_of(on, &own),
        })
        .collect();
    left.sort_by(|a, b| b.pages.cmp(&a.pages).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    left.truncate(MEMBERS);
    Details {
        sampled: pages.len() as u64,
        more_recurring: found.len().saturating_sub(RECURRING) as u64,
        recurring: found.iter().take(RECURRING).map(|found| told(found, &pages, &own, &text)).collect(),
        positions: positions(&lines),
        repeated: left,
        ends: ends(&pages, own),
        examples: pages.iter().filter_map(|page| example(page)).collect(),
    }
}

/// A block or list with its texts.
fn told(found: &FoundLines, pages: &[&SampledPage], own: &[u64], text: &impl Fn(Fingerprint) -> String) -> Recurring {
    let dates = |on: &[usize]| {
        let days: BTreeSet<i64> = on.iter().filter_map(|page| pages.get(*page)?.date).collect();
        (days.first().map(|date| day(*date)), days.last().map(|date| day(*date)))
    };
    let member = |line: &super::recurring::FoundLine| {
        let (first_day, last_day) = dates(&line.pages);
        let (fingerprint, pages) = (hex(line.template), line.pages.len() as u64);
        let own_text = median_of(&line.pages, own);
        Member { fingerprint, text: text(line.template), pages, own_text, first_day, last_day }
    };
    Recurring {
        id: found.lines.first().map(|line| hex(line.template)).unwrap_or_default(),
        kind: found.kind,
        heading: found.heading.map(text).filter(|text| !text.is_empty()),
        pages: found.pages.len() as u64,
        lines: found.lines.iter().take(MEMBERS).map(member).collect(),
        more_lines: found.lines.len().saturating_sub(MEMBERS) as u64,
        lines_a_page: rounded(found.occurrences as f64 / found.pages.len().max(1) as f64),
        bytes: found.bytes,
        position: rounded(found.position),
        example: found
            .pages
            .first()
            .and_then(|page| pages.get(*page))
            .map(|page| page.name.to_string())
            .unwrap_or_default(),
    }
}

/// The lines that are left of many pages, and of which.
fn left_of_many(pages: &[&[Shown]]) -> BTreeMap<Fingerprint, Vec<usize>> {
    let mut left: BTreeMap<Fingerprint, Vec<usize>> = BTreeMap::new();
    for (number, page) in pages.iter().enumerate() {
        for line in page.iter().filter(|line| line.keep) {
            let on = left.entry(line.template).or_default();
            if on.last() != Some(&number) {
                on.push(number);
            }
        }
    }
    let least = ((REPEATED * pages.len() as f64).ceil() as usize).max(2);
    left.retain(|_, on| on.len() >= least);
    left
}

/// Characters that are left of a page alone.
fn own_text(page: &SampledPage, repeated: &BTreeMap<Fingerprint, Vec<usize>>) -> u64 {
    let kept = || page.lines.iter().filter(|line| line.keep);
    let bytes: u64 = kept().map(|line| u64::from(line.bytes)).sum();
    let own: u64 = kept().filter(|line| !repeated.contains_key(&line.template)).map(|line| u64::from(line.bytes)).sum();
    (page.measures.kept as f64 * share(own, bytes)).round() as u64
}

/// The median over these pages.
fn median_of(pages: &[usize], own: &[u64]) -> u64 {
    let mut numbers: Vec<u64> = pages.iter().filter_map(|page| own.get(*page).copied()).collect();
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

fn ends(pages: &[&SampledPage], mut own: Vec<u64>) -> Ends {
    let alike = |whole: fn(&Measures) -> u64, after_first: fn(&Measures) -> u64| {
        let of = |length: fn(&Measures) -> u64| {
            most_alike(
                &mut pages.iter().map(|page| length(&page.measures)).filter(|length| *length > 0).collect::<Vec<_>>(),
            )
        };
        let (most, length) = of(whole).max(of(after_first));
        (rounded(share(most as u64, pages.len() as u64)), length)
    };
    let (read_alike, read_length) = alike(|page| page.read, |page| page.read_after_first);
    let (kept_alike, kept_length) = alike(|page| page.kept, |page| page.kept_after_first);
    let left = pages.iter().filter(|page| page.measures.kept > 0).count() as u64;
    let open = pages.iter().filter(|page| page.measures.is_open).count() as u64;
    own.sort_unstable();
    let decile = |tenths: usize| own.get((own.len() * tenths).div_ceil(10).saturating_sub(1)).copied().unwrap_or(0);
    Ends {
        read_alike,
        read_length,
        kept_alike,
        kept_length,
        kept_open: rounded(share(open, left)),
        own: std::array::from_fn(|at| decile(at + 1)),
    }
}

/// A fingerprint as reports write it.
fn hex(line: Fingerprint) -> String {
    format!("{line:016x}")
}

/// Where on the pages text was dropped, see [`Details::positions`].
fn positions(pages: &[&[Shown]]) -> Vec<u8> {
    let (mut dropped, mut all) = ([0.0; POSITIONS], [0.0; POSITIONS]);
    for page in pages {
        let bytes: u64 = page.iter().map(|line| u64::from(line.bytes)).sum();
        let mut begun = 0;
        for line in *page {
            let ended = begun + u64::from(line.bytes);
            // In parts of the page, so that long pages count no more than short ones.
            let place = |byte: u64| byte as f64 / bytes.max(1) as f64 * POSITIONS as f64;
            let (from, to) = (place(begun), place(ended));
            for at in from as usize..(to.ceil() as usize).min(POSITIONS) {
                let share = (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
                all[at] += share;
                dropped[at] += if line.keep { 0.0 } else { share };
            }
            begun = ended;
        }
    }
    let hundredths = |(dropped, all): (f64, f64)| if all > 0.0 { (dropped / all * 100.0).round() as u8 } else { 0 };
    dropped.into_iter().zip(all).map(hundredths).collect()
}

fn example(page: &SampledPage) -> Option<ExamplePage> {
    let example = page.example.as_ref()?;
    let lines = example.lines.iter().zip(&page.lines).map(|((text, rule, pages, of), line)| ExampleLine {
        text: text.to_string(),
        keep: line.keep,
        rule: *rule,
        pages: *pages,
        of: *of,
    });
    let lines: Vec<ExampleLine> = lines.collect();
    let more_lines = page.lines.len().saturating_sub(lines.len()) as u64;
    Some(ExamplePage { url: page.name.to_string(), lines, more_lines })
}

fn listed_cluster(clusters: &Clusters, cluster: &crate::similar::Cluster<'_>, listed: &Listed) -> Cluster {
    let sketches = clusters.sketches();
    let text = |page: usize| listed.get(&page).and_then(|(_, text)| text.as_deref()).unwrap_or_default().to_owned();
    let pages = cluster.pages.iter().take(CLUSTER_PAGES).filter_map(|page| {
        let standing = clusters.standing(*page)?;
        Some(ClusterPage {
            url: sketches.name(*page).to_owned(),
            site: listed.get(page).map(|(site, _)| site.to_string()).unwrap_or_default(),
            relation: standing.relation,
            similarity: rounded(standing.similarity),
        })
    });
    Cluster {
        id: cluster.id.to_string(),
        size: cluster.pages.len() as u64,
        canonical: clusters.name(cluster.kept).to_owned(),
        is_earlier: matches!(cluster.kept, Kept::Earlier(_)),
        pages: pages.collect(),
        more_pages: cluster.pages.len().saturating_sub(CLUSTER_PAGES) as u64,
        compared: farthest(clusters, &cluster.pages).map(|[canonical, other]| Compared {
            canonical: text(canonical),
            url: sketches.name(other).to_owned(),
            other: text(other),
        }),
    }
}
