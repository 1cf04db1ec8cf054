//! The gate: whether a crawl passes the limits that are set for it.

use crate::report::Finding;

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
