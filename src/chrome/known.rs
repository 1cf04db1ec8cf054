//! All that is known of the lines of a page before they are weighed.

use super::evidence::{Gatherer, LineEvidence};
use super::feature::PageEvidence;
use super::layout::Layout;
use super::site::{Pooled, SiteModel};
use super::topic::Topic;
use super::usual::Usual;
use crate::census::{Elsewhere, Everywhere, digest};
use crate::line::mark::Mark;
use crate::line::{Fingerprint, Line};

/// What is known of the lines of a page that are not blank. Keeps its buffers.
#[derive(Debug, Default)]
pub struct Known {
    /// See [`LineEvidence`].
    pub lines: Vec<LineEvidence>,
    /// How many other sites have each.
    pub elsewhere: Vec<Elsewhere>,
    /// What HTML says of them; none where the page is no HTML.
    pub marks: Vec<Mark>,
    /// Where they stand.
    pub layout: Layout,
    /// What the site's other pages have in their slots.
    pub pooled: Vec<[Pooled; 2]>,
    /// What they share with their page.
    pub topics: Vec<Topic>,
    /// Where they stand on the site's other pages.
    pub usual: Vec<Usual>,
    gatherer: Gatherer,
    bytes: Vec<u8>,
}

impl Known {
    /// Gathers what the census tells of a page of a site of this name. What its text and its HTML tell is not known then.
    pub fn gather(
        &mut self,
        lines: &[Line],
        titles: &[Fingerprint],
        name: &str,
        site: &SiteModel,
        everywhere: &Everywhere,
    ) {
        let Self { lines: evidence, elsewhere, marks, layout, pooled, topics, usual, gatherer, bytes } = self;
        gatherer.gather(lines, titles, site.counts(), evidence);
        let digest = digest(evidence.iter().map(|line| line.template), bytes);
        site.copies().discount(digest, evidence, site.counts());
        layout.find(evidence, site.counts().pages());
        site.pool(digest, evidence, layout, pooled);
        site.usual(digest, evidence, layout, usual);
        let domain = everywhere.domain(name);
        elsewhere.clear();
        elsewhere.extend(evidence.iter().map(|line| everywhere.elsewhere(domain, line.template)));
        marks.clear();
        topics.clear();
    }

    /// The same as features are made of it.
    pub fn on(&self, site: &SiteModel) -> PageEvidence<'_> {
        let Self { lines, elsewhere, marks, layout, pooled, topics, usual, .. } = self;
        PageEvidence { lines, elsewhere, marks, layout, pooled, topics, usual, pages: site.counts().pages() }
    }
}
