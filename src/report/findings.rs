//! What a report says, one [`Finding`] at a time: for outputs that are read line by line.
//!
//! All of them are notes: nothing of it fails a check by itself. Their order and fingerprints hang on neither threads nor
//! the order of the input.

use super::document::{Cluster, Recurring, RecurringKind, Report, Site};
use super::finding::{Finding, Kind, Level};
use super::number::{count, grouped};
use crate::page::head;

/// Emptied pages that a message names.
const NAMED: usize = 20;
/// Characters of a line that a message quotes.
const QUOTED: usize = 80;

impl Report {
    /// All findings, by site (in the order of names), kind and fingerprint.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.sites.iter().flat_map(of_site).collect();
        let clusters = self.clusters.iter().flat_map(|clusters| &clusters.listed);
        findings.extend(clusters.map(|cluster| of_cluster(cluster, self.totals.figures.pages)));
        findings.sort_by(|a, b| {
            (&a.site, a.kind, &a.fingerprint, &a.page).cmp(&(&b.site, b.kind, &b.fingerprint, &b.page))
        });
        findings
    }
}

/// What is found on a site.
fn of_site(site: &Site) -> Vec<Finding> {
    let note = |kind, pages, message| Finding {
        kind,
        level: Level::Note,
        site: Some(site.name.clone()),
        fingerprint: String::new(),
        count: 1,
        pages,
        of: site.figures.pages,
        message,
        page: None,
        known: 0,
    };
    let mut findings = Vec::new();
    if let Some(details) = &site.details {
        findings.extend(details.recurring.iter().map(|recurring| Finding {
            fingerprint: recurring.id.clone(),
            of: details.sampled,
            page: some(&recurring.example),
            ..note(kind(recurring), recurring.pages, recurs(recurring, details.sampled))
        }));
    }
    let emptied = site.figures.emptied;
    if emptied > 0 {
        findings.push(Finding {
            count: emptied,
            page: site.emptied_pages.first().cloned(),
            ..note(Kind::Emptied, emptied, names_emptied(site))
        });
    }
    if site.few_pages {
        let message = format!("too few pages to tell what repeats: {} different", site.figures.distinct);
        findings.push(note(Kind::FewPages, site.figures.pages, message));
    }
    findings
}

/// What is found of pages that say nearly the same; `of`: all pages.
fn of_cluster(cluster: &Cluster, of: u64) -> Finding {
    let first = cluster.pages.first();
    Finding {
        kind: Kind::Cluster,
        level: Level::Note,
        // The canonical page comes first. One of an earlier run is not among them; then the most similar page speaks for it.
        site: first.map(|page| page.site.clone()),
        fingerprint: cluster.id.clone(),
        count: if cluster.is_earlier { cluster.size } else { cluster.size.saturating_sub(1) },
        pages: cluster.size,
        of,
        message: match cluster.is_earlier {
            true => format!("{} say nearly the same as one of an earlier run", pages(cluster.size)),
            false => format!("{} say nearly the same", pages(cluster.size)),
        },
        page: some(&cluster.canonical),
        known: 0,
    }
}

fn kind(recurring: &Recurring) -> Kind {
    match recurring.kind {
        RecurringKind::Block => Kind::RecurringBlock,
        RecurringKind::List => Kind::RecurringList,
    }
}

/// How many lines recur, on how many of the pages that were looked at, and how they begin.
fn recurs(recurring: &Recurring, of: u64) -> String {
    let lines = recurring.lines.len() as u64 + recurring.more_lines;
    let first = recurring.lines.first().map_or("", |line| &line.text);
    let lines = count(lines, "line", "lines");
    format!("{lines} on {} of {}: {}", grouped(recurring.pages), pages(of), head(first, QUOTED))
}

fn names_emptied(site: &Site) -> String {
    let named: Vec<&str> = site.emptied_pages.iter().take(NAMED).map(String::as_str).collect();
    let more = site.figures.emptied.saturating_sub(named.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let of = pages(site.figures.pages);
    format!("nothing is left of {} of {of}: {}{more}", site.figures.emptied, named.join(", "))
}

fn pages(n: u64) -> String {
    count(n, "page", "pages")
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::document::{ClusterPage, Clusters, Details, Figures, Member};
    use super::*;
    use crate::similar::Relation;

    fn recurring(id: &str, kind: RecurringKind) -> Recurring {
        let line = Member { fingerprint: id.into(), text: "x".repeat(90), pages: 7, ..Member::default() };
        let (lines, example) = (vec![line], "http://b/1".into());
        Recurring { id: id.into(), kind, pages: 7, lines, more_lines: 2, example, ..Recurring::default() }
    }

    fn report() -> Report {
        let lists = vec![recurring("02", RecurringKind::List), recurring("01", RecurringKind::List)];
        let blocks = vec![recurring("03", RecurringKind::Block)];
        let details = Details { sampled: 8, recurring: [lists, blocks].concat(), ..Details::default() };
        let b = Site {
            name: "b".into(),
            figures: Figures { pages: 9, emptied: 3, ..Figures::default() },
            emptied_pages: vec!["http://b/8".into(), "http://b/9".into()],
            details: Some(details),
            ..Site::default()
        };
        let few = Figures { pages: 2, distinct: 1, ..Figures::default() };
        let a = Site { name: "a".into(), few_pages: true, figures: few, ..Site::default() };
        let page = |url: &str, relation| ClusterPage { url: url.into(), site: "b".into(), relation, similarity: 1.0 };
        let cluster = Cluster {
            id: "04".into(),
            size: 2,
            canonical: "http://b/1".into(),
            pages: vec![page("http://b/1", Relation::Canonical), page("http://b/2", Relation::Near)],
            ..Cluster::default()
        };
        let earlier = Cluster { id: "05".into(), is_earlier: true, canonical: "http://c/".into(), ..cluster.clone() };
        let clusters = Some(Clusters { clusters: 2, pages: 4, listed: vec![earlier, cluster] });
        let mut report = Report { sites: vec![a, b], clusters, ..Report::default() };
        report.totals.figures.pages = 11;
        report
    }

    #[test]
    fn findings_stand_by_site_kind_and_fingerprint() {
        let findings = report().findings();
        let order: Vec<_> = findings
            .iter()
            .map(|finding| (finding.site.as_deref().unwrap(), finding.kind, finding.fingerprint.as_str()))
            .collect();
        assert_eq!(
            order,
            [
                ("a", Kind::FewPages, ""),
                ("b", Kind::RecurringBlock, "03"),
                ("b", Kind::RecurringList, "01"),
                ("b", Kind::RecurringList, "02"),
                ("b", Kind::Cluster, "04"),
                ("b", Kind::Cluster, "05"),
                ("b", Kind::Emptied, ""),
            ]
        );
        assert!(findings.iter().all(|finding| finding.level == Level::Note && !finding.fails()));
    }

    #[test]
    fn a_finding_says_how_many_and_of_how_many_pages() {
        let findings = report().findings();
        let said = |at: usize| (findings[at].count, findings[at].pages, findings[at].of, findings[at].message.as_str());
        assert_eq!(said(0), (1, 2, 2, "too few pages to tell what repeats: 1 different"));
        assert_eq!(said(1), (1, 7, 8, &*format!("3 lines on 7 of 8 pages: {}…", "x".repeat(80))));
        assert_eq!(said(4), (1, 2, 11, "2 pages say nearly the same"));
        assert_eq!(said(5), (2, 2, 11, "2 pages say nearly the same as one of an earlier run"));
        assert_eq!(said(6), (3, 3, 9, "nothing is left of 3 of 9 pages: http://b/8, http://b/9 and 1 more"));
    }

    #[test]
    fn a_finding_names_a_page_to_look_at() {
        let findings = report().findings();
        let pages: Vec<Option<&str>> = findings.iter().map(|finding| finding.page.as_deref()).collect();
        let one = Some("http://b/1");
        assert_eq!(pages, [None, one, one, one, one, Some("http://c/"), Some("http://b/8")]);
    }
}
