//! The gate: whether a crawl passes the limits that are set for it, and is what the last good one was.
//!
//! [`check`] holds a [`Report`] to [`Limits`] and to a [`Baseline`]. Every site is judged alone, so that one that got
//! better pays for no other. Where a cause is known ([`diagnose`]), it is the only finding of its site: that pages are
//! short and share a text is what a wall does, and need not be said again.

pub mod baseline;
pub mod diagnose;
pub mod profile;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::config::limits::{Expected, Limits};
use crate::report::document::{Figures, Site};
use crate::report::summary::share;
use crate::report::{Finding, Kind, Level, Report};

pub use baseline::Baseline;
use profile::Profile;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The sites that were checked, by name.
    pub sites: Vec<CheckedSite>,
    /// What was found, by site (findings of all sites together come first), kind and fingerprint.
    pub findings: Vec<Finding>,
    /// What the baseline knows and this crawl does not have any more: entries as they stand in the file.
    pub stale: Vec<String>,
    /// Findings that may be new and the check still passes.
    pub max_new: u64,
    /// Share of all text that is chrome, from 0 to 1.
    pub chrome_share: f64,
    /// Share of all pages that are duplicates, from 0 to 1.
    pub duplicate_share: f64,
    /// Pages that were checked.
    pub pages: u64,
}

/// A site that was checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckedSite {
    /// Its name; empty for pages without a URL.
    pub name: String,
    /// Its pages.
    pub pages: u64,
    /// Share of its text that is chrome, from 0 to 1.
    pub chrome_share: f64,
    /// Share of its pages that are duplicates, from 0 to 1.
    pub duplicate_share: f64,
}

impl Outcome {
    /// The findings that fail the check.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.fails())
    }

    /// Whether the crawl passes.
    pub fn passes(&self) -> bool {
        self.failures().count() as u64 <= self.max_new
    }
}

/// Holds a crawl to limits, and to what is known of the last good one.
pub fn check(report: &Report, limits: &Limits, baseline: Option<&Baseline>) -> Outcome {
    let mut checked = Checked { limits, baseline, findings: Vec::new(), diagnosed: BTreeSet::new() };
    checked.totals(report);
    for site in &report.sites {
        checked.site(site);
    }
    checked.missing_sites(report);
    checked.clusters(report);
    let Checked { mut findings, diagnosed, .. } = checked;
    findings.sort_by(|a, b| (&a.site, a.kind, &a.fingerprint).cmp(&(&b.site, b.kind, &b.fingerprint)));
    let stale = match baseline {
        Some(baseline) => {
            baseline.apply(&mut findings);
            baseline.stale(&findings, &diagnosed)
        }
        None => Vec::new(),
    };
    Outcome {
        sites: report.sites.iter().map(checked_site).collect(),
        findings,
        stale,
        max_new: limits.max_new,
        chrome_share: report.totals.figures.chrome_share(),
        duplicate_share: report.totals.figures.duplicate_share(),
        pages: report.totals.figures.pages,
    }
}

fn checked_site(site: &Site) -> CheckedSite {
    CheckedSite {
        name: site.name.clone(),
        pages: site.figures.pages,
        chrome_share: site.figures.chrome_share(),
        duplicate_share: site.figures.duplicate_share(),
    }
}

/// A check under way.
struct Checked<'a> {
    limits: &'a Limits,
    baseline: Option<&'a Baseline>,
    findings: Vec<Finding>,
    /// Sites of which the cause of what is wrong is known.
    diagnosed: BTreeSet<&'a str>,
}

/// A finding of which one is enough to be told.
fn finding(
    kind: Kind,
    level: Level,
    site: Option<&str>,
    count: u64,
    (pages, of): (u64, u64),
    message: String,
) -> Finding {
    let (site, fingerprint) = (site.map(str::to_owned), String::new());
    Finding { kind, level, site, fingerprint, count, pages, of, message, page: None, known: 0 }
}

/// A share that has a limit.
struct Share {
    kind: Kind,
    share: f64,
    pages: u64,
    of: u64,
    /// What it is the share of, and what has it.
    what: String,
}

impl Share {
    /// Says that it is larger than the limit, if it is. It counts in steps of five hundredths: a baseline that accepts it
    /// need not change with every page.
    fn over(self, limit: f64, site: Option<&str>) -> Option<Finding> {
        let Share { kind, share, pages, of, what } = self;
        let count = (share * 20.0 - 1e-9).ceil() as u64 * 5;
        let message = format!("{:.0} % {what}; the limit is {:.0} %", share * 100.0, limit * 100.0);
        (share > limit).then(|| finding(kind, Level::Error, site, count, (pages, of), message))
    }
}

/// The shares that have limits: of chrome, duplicates, emptied and short pages.
fn shares(figures: &Figures, min_text: u64) -> [Share; 4] {
    let pages = figures.pages;
    let of_pages = |kind: Kind, count: u64, what: String| Share {
        kind,
        share: share(count, pages),
        pages: count,
        of: pages,
        what: format!("of the pages {what} ({count} of {pages})"),
    };
    [
        Share {
            kind: Kind::ChromeShare,
            share: figures.chrome_share(),
            pages,
            of: pages,
            what: "of the text is chrome".to_owned(),
        },
        of_pages(Kind::DuplicateShare, figures.duplicates, "say what another page says".to_owned()),
        of_pages(Kind::Emptied, figures.emptied, "have nothing left".to_owned()),
        of_pages(Kind::ShortPages, figures.short, format!("have less than {min_text} characters of unique text")),
    ]
}

impl<'a> Checked<'a> {
    /// Holds all sites together to their limits.
    fn totals(&mut self, report: &Report) {
        let limits = self.limits;
        let figures = &report.totals.figures;
        let (skipped, pages) = (report.totals.skipped, figures.pages);
        if !limits.skipped.allows(skipped, pages + skipped) {
            let message = format!("{skipped} of {} records could not be read", pages + skipped);
            let of = (skipped, pages + skipped);
            self.findings.push(finding(Kind::SkippedRecords, Level::Error, None, skipped, of, message));
        }
        if let Some(expected) = limits.pages.filter(|expected| pages < *expected) {
            let message = format!("{pages} pages; at least {expected} are expected");
            let of = (pages, expected);
            self.findings.push(finding(Kind::MissingPages, Level::Error, None, expected - pages, of, message));
        }
        let allowed = [limits.chrome, limits.duplicates, limits.emptied, limits.short];
        let shares = allowed.into_iter().zip(shares(figures, limits.min_text));
        self.findings.extend(shares.filter_map(|(limit, share)| share.over(limit?, None)));
        let few = report.sites.iter().filter(|site| site.figures.pages < limits.judge_from);
        let (sites, few_pages) = few.fold((0, 0), |(sites, pages), site| (sites + 1, pages + site.figures.pages));
        if sites > 0 {
            let message = format!(
                "{sites} of {} sites have fewer than {} pages and are not held to limits",
                report.sites.len(),
                limits.judge_from
            );
            self.findings.push(finding(Kind::FewPages, Level::Note, None, sites, (few_pages, pages), message));
        }
    }

    /// Holds a site to its limits and to what it was.
    fn site(&mut self, site: &'a Site) {
        let limits = self.limits.of(&site.name);
        let known = self.baseline.and_then(|baseline| baseline.site(&site.name));
        let name = Some(site.name.as_str());
        let before = known.map(|known| known.profile.pages);
        self.findings.extend(self.missing(&site.name, site.figures.pages, before));
        if site.figures.pages < self.limits.judge_from {
            return;
        }
        let now = Profile::of(site);
        let known = known.filter(|known| known.profile.pages >= self.limits.judge_from);
        let changed = known.and_then(|known| diagnose::changed(site, &now, known, limits));
        if let Some(diagnose::Diagnosis { kind, pages, message, page }) = changed.or_else(|| diagnose::sure(site)) {
            let cause = finding(kind, Level::Error, name, 1, (pages, now.pages), message);
            self.findings.push(Finding { page, ..cause });
            self.diagnosed.insert(&site.name);
            return;
        }
        let allowed = [limits.chrome, limits.duplicates, limits.emptied, limits.short];
        let shares = allowed.into_iter().zip(shares(&site.figures, self.limits.min_text));
        let over = shares.filter_map(|(limit, share)| share.over(limit, name)).map(|over| match over.kind {
            Kind::Emptied => Finding { page: site.emptied_pages.first().cloned(), ..over },
            _ => over,
        });
        self.findings.extend(over);
        let (new, gone) = known.map_or((0, 0), |known| diagnose::navigation(site, known));
        if new + gone > 0 {
            let message = format!("{new} lines new that recur on most pages, {gone} gone");
            let (count, of) = ((new + gone) as u64, (now.pages, now.pages));
            self.findings.push(finding(Kind::NavigationChanged, Level::Note, name, count, of, message));
        }
    }

    /// Says that a site has fewer pages than it should have.
    fn missing(&self, site: &str, pages: u64, before: Option<u64>) -> Option<Finding> {
        let expected = match (self.limits.of(site).pages, before) {
            (Expected::Pages(expected), _) => expected,
            (Expected::Percent(share), Some(before)) if before >= self.limits.judge_from => {
                (share.share() * before as f64).ceil() as u64
            }
            _ => return None,
        };
        let before = before.map(|before| format!(", {before} before")).unwrap_or_default();
        let message = format!("{pages} pages{before}; at least {expected} are expected");
        (pages < expected).then(|| {
            finding(Kind::MissingPages, Level::Error, Some(site), expected - pages, (pages, expected), message)
        })
    }

    /// Sites that are known or have limits of their own, and are not there at all.
    fn missing_sites(&mut self, report: &Report) {
        let known: BTreeMap<&str, u64> = self
            .baseline
            .iter()
            .flat_map(|baseline| baseline.sites())
            .map(|(name, known)| (name, known.profile.pages))
            .collect();
        let limited = self.limits.site.keys().map(String::as_str);
        let names: BTreeSet<&str> = known.keys().copied().chain(limited).collect();
        for name in names.into_iter().filter(|name| report.site(name).is_none()) {
            let before = known.get(name).copied();
            let missing = self.missing(name, 0, before);
            // A name that is misspelt would else be a limit that holds nothing.
            let unused = || {
                let message = "it has limits of its own, and no page in this crawl".to_owned();
                finding(Kind::MissingPages, Level::Note, Some(name), 1, (0, 0), message)
            };
            let is_limited = self.limits.site.contains_key(name);
            self.findings.extend(missing.or_else(|| is_limited.then(unused)));
        }
    }

    /// Pages that have more copies than they may.
    fn clusters(&mut self, report: &Report) {
        for cluster in report.clusters.iter().flat_map(|clusters| &clusters.listed) {
            let site = cluster.pages.first().map_or("", |page| page.site.as_str());
            let copies = cluster.size.saturating_sub(u64::from(!cluster.is_earlier));
            if self.limits.of(site).copies.is_some_and(|limit| copies > limit) {
                let message = format!("{copies} copies of {}", cluster.canonical);
                let of = (copies, cluster.size);
                self.findings.push(Finding {
                    fingerprint: cluster.id.clone(),
                    page: Some(cluster.canonical.clone()),
                    ..finding(Kind::Cluster, Level::Error, Some(site), copies, of, message)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AllowBad;
    use crate::config::limits::{SiteWritten, Written};
    use crate::error::Result;
    use crate::report::document::Totals;
    use crate::report::summary::Amount;

    fn limits() -> Result<Limits> {
        Written::default().limits(AllowBad::Records(0))
    }

    /// A site with text of which this share is kept, and so many pages emptied.
    fn site(name: &str, pages: u64, kept: u64, emptied: u64) -> Site {
        let amount = |bytes: u64| Amount { lines: 1, bytes };
        let figures =
            Figures { pages, emptied, read: amount(100), kept: amount(kept), distinct: pages, ..Figures::default() };
        Site { name: name.to_owned(), figures, most_equal: 1, ..Site::default() }
    }

    fn report(sites: Vec<Site>) -> Report {
        let mut totals = Totals::default();
        sites.iter().for_each(|site| totals.figures.add(&site.figures));
        Report { totals, sites, ..Report::default() }
    }

    fn found(outcome: &Outcome) -> Vec<(Option<&str>, Kind, u64)> {
        outcome.findings.iter().map(|finding| (finding.site.as_deref(), finding.kind, finding.count)).collect()
    }

    #[test]
    fn each_site_is_held_to_the_limits_alone() -> Result<()> {
        let report = report(vec![site("a", 9, 3, 0), site("b", 90, 99, 0)]);
        let outcome = check(&report, &limits()?, None);
        assert_eq!(found(&outcome), [(Some("a"), Kind::ChromeShare, 100)]);
        assert!(!outcome.passes());
        Ok(())
    }

    #[test]
    fn a_site_of_few_pages_is_noted_and_not_held_to_limits() -> Result<()> {
        let outcome = check(&report(vec![site("a", 4, 0, 4), site("b", 9, 50, 0)]), &limits()?, None);
        assert_eq!(found(&outcome), [(None, Kind::FewPages, 1)]);
        assert!(outcome.passes());
        Ok(())
    }

    #[test]
    fn where_the_cause_is_known_its_consequences_are_not_told() -> Result<()> {
        let outcome = check(&report(vec![site("a", 20, 1, 19)]), &limits()?, None);
        assert_eq!(found(&outcome), [(Some("a"), Kind::EmptyBody, 1)]);
        Ok(())
    }

    #[test]
    fn shares_that_are_accepted_count_in_steps() -> Result<()> {
        let limits = limits()?;
        let first = report(vec![site("a", 20, 80, 7)]);
        let baseline = Baseline::of(&first, check(&first, &limits, None).failures());
        assert_eq!(baseline.accepted(), 1);
        assert!(check(&first, &limits, Some(&baseline)).passes());
        let worse = report(vec![site("a", 20, 80, 8)]);
        assert_eq!(found(&check(&worse, &limits, Some(&baseline))), [(Some("a"), Kind::Emptied, 40)]);
        let better = check(&report(vec![site("a", 20, 80, 0)]), &limits, Some(&baseline));
        assert!(better.passes() && better.stale.len() == 1);
        Ok(())
    }

    #[test]
    fn a_site_that_is_gone_is_missing() -> Result<()> {
        let limits = limits()?;
        let baseline = Baseline::of(&report(vec![site("a", 20, 80, 0), site("b", 2, 80, 0)]), std::iter::empty());
        let outcome = check(&report(Vec::new()), &limits, Some(&baseline));
        assert_eq!(found(&outcome), [(Some("a"), Kind::MissingPages, 10)]);
        Ok(())
    }

    #[test]
    fn limits_of_a_site_that_is_not_there_are_told() -> Result<()> {
        let of = |expect_pages| SiteWritten { expect_pages, ..SiteWritten::default() };
        let site_limits = [("a", None), ("b", Some(Expected::Pages(7))), ("c", None)]
            .map(|(name, pages)| (name.to_owned(), of(pages)));
        let limits = Written { site: site_limits.into(), ..Written::default() }.limits(AllowBad::Records(0))?;
        let outcome = check(&report(vec![site("c", 9, 50, 0)]), &limits, None);
        assert_eq!(found(&outcome), [(Some("a"), Kind::MissingPages, 1), (Some("b"), Kind::MissingPages, 7)]);
        assert_eq!(outcome.failures().count(), 1, "an unused name is worth knowing, missing pages are a failure");
        Ok(())
    }
}
