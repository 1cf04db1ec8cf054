//! What the script of the page shows: the report in a compact form, no larger than there is room.
//!
//! Figures of sites come as rows of numbers. Of their lines, the largest sites tell all that the report has, others a few,
//! the rest nothing: [`Data::told`] and [`Data::full`] say how many. All texts are made [`harmless`] here, and
//! all of the JSON is written so that no HTML parser can take a part of it for markup.

use std::collections::BTreeSet;

use serde::Serialize;

use super::diff::{Row, side_by_side};
use super::harmless;
use crate::chrome::Rule;
use crate::report::Report;
use crate::report::document::{Cluster, Details, ExamplePage, Lengths, Recurring, RecurringKind, Site};
use crate::report::summary::share;

/// Sites that the table holds, and bytes that it takes.
const SITES: usize = 20_000;
const SITES_BYTES: usize = 1_200_000;
/// Bytes that clusters take.
const CLUSTERS_BYTES: usize = 300_000;
/// Characters of the name of a site (a host has no more than 253), of a URL, and of one of a cluster's pages.
const NAME: usize = 300;
const URL: usize = 2_100;
const CLUSTER_URL: usize = 500;

/// What the page holds.
#[derive(Debug, Default)]
pub struct Data {
    /// As the script reads it.
    pub json: String,
    /// Sites in the table.
    pub sites: usize,
    /// Sites of whose lines at least some are told.
    pub told: usize,
    /// Sites of which everything is told that the report has.
    pub full: usize,
}

impl Data {
    /// What fits into so many bytes, of these sites, the largest ones first.
    pub fn of(report: &Report, sites: &[&Site], room: usize) -> Self {
        let rules: Vec<Rule> = rules(report).into_iter().collect();
        let legend: Vec<_> = rules.iter().map(|rule| (rule.name(), rule.describe())).collect();
        let found = report.clusters.as_ref().map(|clusters| (clusters.clusters, clusters.pages));
        let mut json = format!("{{\"rules\":{},\"found\":{},\"sites\":[", as_json(&legend), as_json(&found));

        let rows = sites.iter().take(SITES).map(|site| as_json(&row(site)));
        let sites_listed = fill(&mut json, rows, SITES_BYTES.min(room));
        json.push_str("],\"clusters\":[");
        let listed = report.clusters.iter().flat_map(|clusters| &clusters.listed);
        fill(&mut json, listed.map(|cluster| as_json(&cluster_row(cluster))), CLUSTERS_BYTES.min(room));
        json.push_str("],\"details\":{");
        let detailed = sites.iter().take(sites_listed).enumerate();
        let detailed: Vec<_> = detailed.filter_map(|(at, site)| Some((at, *site, site.details.as_ref()?))).collect();
        let told = chosen(&detailed, &rules, room.saturating_sub(json.len()));
        let full = told.iter().filter(|(_, is_full)| *is_full).count();
        let entries = detailed.iter().zip(&told).map(|((at, ..), (text, _))| format!("\"{at}\":{text}"));
        let told = fill(&mut json, entries, usize::MAX);
        json.push_str("}}");
        Self { json, sites: sites_listed, told, full }
    }
}

/// A value as JSON in which no HTML parser finds markup, and no script parser the end of a line.
fn as_json(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

/// Appends items with commas between until the next one does not fit into `room` bytes. Returns how many there are.
fn fill(json: &mut String, items: impl Iterator<Item = String>, room: usize) -> usize {
    let (begin, mut filled) = (json.len(), 0);
    for item in items {
        if json.len() - begin + item.len() >= room {
            break;
        }
        if filled > 0 {
            json.push(',');
        }
        json.push_str(&item);
        filled += 1;
    }
    filled
}

/// The rules that the lines of example pages were judged by.
fn rules(report: &Report) -> BTreeSet<Rule> {
    let sites = report.sites.iter();
    let lines = sites.flat_map(|site| &site.details).flat_map(|details| &details.examples).flat_map(|page| &page.lines);
    let dropped = report.totals.figures.dropped.keys().copied();
    lines.map(|line| line.rule).chain(dropped).collect()
}

/// A share in thousandths.
fn thousandths(share: f64) -> u16 {
    (share * 1000.0).round() as u16
}

/// A site as a row of the table: name, pages, bytes read, thousandths of them that are chrome and that are its own,
/// pages that are duplicates, emptied and short, and whether there are too few of them.
fn row(site: &Site) -> impl Serialize {
    let figures = &site.figures;
    (
        harmless(&site.name, NAME),
        figures.pages,
        figures.read.bytes,
        thousandths(figures.chrome_share()),
        thousandths(figures.unique_share()),
        figures.duplicates,
        figures.emptied,
        figures.short,
        u8::from(site.few_pages),
    )
}

/// How much is told of a site.
#[derive(Clone, Copy, Debug)]
struct Extent {
    recurring: usize,
    members: usize,
    examples: usize,
    lines: usize,
    /// Characters of a line.
    text: usize,
}

/// All that the report has.
const FULL: Extent =
    Extent { recurring: usize::MAX, members: usize::MAX, examples: usize::MAX, lines: usize::MAX, text: URL };
/// The most telling.
const BRIEF: Extent = Extent { recurring: 6, members: 6, examples: 1, lines: 30, text: 100 };

/// What is told of each site, from the largest on, and whether it is all: the first half of the room is for sites in
/// full, the other for some lines of as many others as possible. What is left then tells more of those again.
fn chosen(sites: &[(usize, &Site, &Details)], rules: &[Rule], room: usize) -> Vec<(String, bool)> {
    let entry = |site: &Site, details: &Details, extent| as_json(&Detail::of(site, details, rules, extent));
    // The number of the site, quotes, colon, comma.
    const AROUND: usize = 12;
    let mut told: Vec<(String, bool)> = Vec::new();
    let mut used = 0;
    for (_, site, details) in sites {
        let full = (used < room / 2).then(|| entry(site, details, FULL));
        let full = full.filter(|full| used + full.len() + AROUND <= room / 2).map(|full| (full, true));
        let next = full.unwrap_or_else(|| (entry(site, details, BRIEF), false));
        if used + next.0.len() + AROUND > room {
            break;
        }
        used += next.0.len() + AROUND;
        told.push(next);
    }
    for ((_, site, details), told) in sites.iter().zip(&mut told).filter(|(_, told)| !told.1) {
        let full = entry(site, details, FULL);
        if used - told.0.len() + full.len() > room {
            break;
        }
        used = used - told.0.len() + full.len();
        *told = (full, true);
    }
    told
}

/// What is told of a site besides its row.
#[derive(Serialize)]
struct Detail {
    distinct: u64,
    blank: u64,
    kept: u64,
    /// Rule, lines, bytes.
    dropped: Vec<(&'static str, &'static str, u64, u64)>,
    shares: [u64; 11],
    /// A tenth, median, nine tenths, longest.
    read_lengths: [u64; 4],
    kept_lengths: [u64; 4],
    most_equal: u64,
    most_alike: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    alike_text: Option<String>,
    emptied_pages: Vec<String>,
    sampled: u64,
    positions: Vec<u8>,
    recurring: Vec<RecurringRow>,
    more_recurring: u64,
    examples: Vec<ExampleRow>,
    more_examples: usize,
}

#[derive(Serialize)]
struct RecurringRow {
    id: String,
    is_list: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<String>,
    pages: u64,
    /// Text, pages, first and last day.
    lines: Vec<(String, u64, Option<String>, Option<String>)>,
    more_lines: u64,
    lines_a_page: f64,
    bytes: u64,
    /// Hundredths of the page above it.
    position: u8,
    example: String,
}

#[derive(Serialize)]
struct ExampleRow {
    url: String,
    /// Text, whether it stays, number of the rule, on how many pages, of how many.
    lines: Vec<(String, u8, usize, u32, u64)>,
    more_lines: u64,
}

impl Detail {
    fn of(site: &Site, details: &Details, rules: &[Rule], extent: Extent) -> Self {
        let figures = &site.figures;
        let mut dropped: Vec<_> = figures.dropped.iter().collect();
        dropped.sort_by_key(|(rule, amount)| (std::cmp::Reverse(amount.bytes), **rule));
        let lengths = |lengths: &Lengths| [lengths.tenth(), lengths.median(), lengths.nine_tenths(), lengths.longest];
        let left_out = details.recurring.len().saturating_sub(extent.recurring) as u64;
        Self {
            distinct: figures.distinct,
            blank: figures.blank,
            kept: figures.kept.bytes,
            dropped: dropped
                .into_iter()
                .map(|(rule, amount)| (rule.name(), rule.describe(), amount.lines, amount.bytes))
                .collect(),
            shares: figures.pages_by_share,
            read_lengths: lengths(&site.read_lengths),
            kept_lengths: lengths(&site.kept_lengths),
            most_equal: site.most_equal,
            most_alike: site.most_alike,
            alike_text: site.alike_text.as_ref().map(|text| harmless(text, extent.text)),
            emptied_pages: site
                .emptied_pages
                .iter()
                .take(extent.members)
                .map(|name| harmless(name, URL.min(extent.text * 3)))
                .collect(),
            sampled: details.sampled,
            positions: details.positions.clone(),
            recurring: details.recurring.iter().take(extent.recurring).map(|it| recurring_row(it, extent)).collect(),
            more_recurring: details.more_recurring + left_out,
            examples: details.examples.iter().take(extent.examples).map(|it| example_row(it, rules, extent)).collect(),
            more_examples: details.examples.len().saturating_sub(extent.examples),
        }
    }
}

fn recurring_row(it: &Recurring, extent: Extent) -> RecurringRow {
    let lines = it.lines.iter().take(extent.members);
    RecurringRow {
        id: it.id.clone(),
        is_list: it.kind == RecurringKind::List,
        heading: it.heading.as_ref().map(|text| harmless(text, extent.text)),
        pages: it.pages,
        lines: lines
            .map(|line| (harmless(&line.text, extent.text), line.pages, line.first_day.clone(), line.last_day.clone()))
            .collect(),
        more_lines: it.more_lines + it.lines.len().saturating_sub(extent.members) as u64,
        lines_a_page: (it.lines_a_page * 10.0).round() / 10.0,
        bytes: it.bytes,
        position: (it.position * 100.0).round() as u8,
        example: harmless(&it.example, URL.min(extent.text * 3)),
    }
}

fn example_row(it: &ExamplePage, rules: &[Rule], extent: Extent) -> ExampleRow {
    let lines = it.lines.iter().take(extent.lines).map(|line| {
        let rule = rules.binary_search(&line.rule).unwrap_or_default();
        (harmless(&line.text, extent.text), u8::from(line.keep), rule, line.pages, line.of)
    });
    ExampleRow {
        url: harmless(&it.url, URL),
        lines: lines.collect(),
        more_lines: it.more_lines + it.lines.len().saturating_sub(extent.lines) as u64,
    }
}

/// A cluster: its pages, and its two most different ones side by side.
fn cluster_row(cluster: &Cluster) -> impl Serialize {
    #[derive(Serialize)]
    struct ClusterRow {
        id: String,
        size: u64,
        canonical: String,
        is_earlier: bool,
        /// URL, site, relation, thousandths of similarity.
        pages: Vec<(String, String, &'static str, u16)>,
        more_pages: u64,
        /// URL of the other page, rows.
        compared: Option<(String, Vec<Row>)>,
    }
    let pages = cluster.pages.iter().map(|page| {
        // Rounded down: only the same is like the other entirely.
        let similarity = (page.similarity * 1000.0).floor() as u16;
        (harmless(&page.url, CLUSTER_URL), harmless(&page.site, NAME), page.relation.name(), similarity)
    });
    let compared = cluster.compared.as_ref().map(|texts| {
        let [left, right] = [&texts.canonical, &texts.other].map(|text| harmless(text, usize::MAX));
        (harmless(&texts.url, CLUSTER_URL), side_by_side(&left, &right))
    });
    ClusterRow {
        id: cluster.id.clone(),
        size: cluster.size,
        canonical: harmless(&cluster.canonical, CLUSTER_URL),
        is_earlier: cluster.is_earlier,
        pages: pages.collect(),
        more_pages: cluster.more_pages,
        compared,
    }
}

/// How many sites have so much chrome: less than a tenth, less than two tenths …; those with too few pages to tell are
/// not among them.
pub fn sites_by_share(report: &Report) -> [u64; 10] {
    let mut sites = [0; 10];
    for site in report.sites.iter().filter(|site| !site.few_pages) {
        let tenth = (site.figures.chrome_share() * 10.0) as usize;
        if let Some(sites) = sites.get_mut(tenth.min(9)) {
            *sites += 1;
        }
    }
    sites
}

/// Shares in hundredths that add up to a hundred: largest remainders are rounded up.
pub fn in_hundred<const N: usize>(parts: [u64; N]) -> [u64; N] {
    let all: u64 = parts.iter().sum();
    let exact = parts.map(|part| share(part, all) * 100.0);
    let mut whole = exact.map(|share| share as u64);
    let mut order: Vec<usize> = (0..N).collect();
    let rest = |at: usize| exact[at] - whole[at] as f64;
    order.sort_by(|a, b| rest(*b).total_cmp(&rest(*a)));
    let missing = 100_u64.saturating_sub(whole.iter().sum()) as usize;
    for at in order.into_iter().take(if all == 0 { 0 } else { missing }) {
        whole[at] += 1;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_no_markup_and_no_line_ends() {
        let json = as_json(&"</script><!--&\u{2028}\u{2029}\0\n");
        assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\0', '\n']), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "</script><!--&\u{2028}\u{2029}\0\n");
    }

    #[test]
    fn a_list_ends_before_it_is_too_long() {
        let mut json = String::from("[");
        assert_eq!(fill(&mut json, ["11", "22", "33"].map(String::from).into_iter(), 6), 2);
        assert_eq!(json, "[11,22");
    }

    #[test]
    fn shares_add_up_to_a_hundred() {
        assert_eq!(in_hundred([1, 1, 1]), [34, 33, 33]);
        assert_eq!(in_hundred([0, 0]), [0, 0]);
        assert_eq!(in_hundred([996, 4, 0]), [100, 0, 0]);
    }
}
