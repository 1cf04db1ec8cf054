//! The report as Markdown, for a comment on a pull request or the summary of a step: GitHub's flavour, and short.
//!
//! GitHub refuses comments of more than 65,536 characters: what does not fit is left out, and that is said. Texts of
//! strangers stand as code alone, where neither links nor mentions nor HTML have a meaning; what code spans and tables
//! would take amiss becomes character references, which never are Markdown (CommonMark 0.31, 2.5).

use std::fmt::Write;

use super::shown::{self, shortened};
use crate::report::Report;
use crate::report::document::{Clusters, Recurring, RecurringKind, Site};
use crate::report::number::{bytes, count, grouped, hundredths};
use crate::report::summary::share;

/// Bytes that a document may have, and those of them that are for what is said at its end.
const ROOM: usize = 60_000;
const LAST_WORDS: usize = 600;
/// Sites in the table, and sites whose blocks and lists are told.
const SITES: usize = 20;
const DETAILED: usize = 5;
/// Blocks and lists of a site, and lines of each.
const RECURRING: usize = 8;
const LINES: usize = 6;
/// Clusters, sites with emptied pages, sites with too few pages and inputs with problems that are listed.
const LISTED: usize = 20;
/// Characters of a line, a URL or a message, and of a site's name.
const TEXT: usize = 160;
const NAME: usize = 60;

/// The report, short enough for a comment.
pub fn render(report: &Report) -> String {
    let mut sheet = Sheet::default();
    sheet.add(&headline(report), "the figures");
    sheet.add(&sites(report), "the sites");
    for site in report.by_chrome_bytes().into_iter().take(DETAILED) {
        sheet.add(&repeated(site), "blocks and lists of a site");
    }
    if let Some(clusters) = &report.clusters {
        sheet.add(&near_duplicates(clusters), "near-duplicates");
    }
    sheet.add(&emptied(report), "emptied pages");
    sheet.add(&few_pages(report), "sites with too few pages");
    sheet.add(&problems(report), "unreadable records");
    sheet.finish("`dehusk report --format json` tells all.")
}

fn headline(report: &Report) -> String {
    let (totals, figures) = (&report.totals, &report.totals.figures);
    let mut notes = Vec::new();
    for (n, one, many) in [
        (figures.emptied, "page was emptied", "pages were emptied"),
        (totals.few_pages, "site has too few pages to judge", "sites have too few pages to judge"),
        (totals.skipped, "record could not be read", "records could not be read"),
    ] {
        if n > 0 {
            notes.push(format!(" {}.", count(n, one, many)));
        }
    }
    format!(
        "### What the crawl repeats\n\n**{}** of {}, {} of text: **{} chrome**, {} duplicates, {} unique.{}\n\n",
        count(figures.pages, "page", "pages"),
        count(totals.sites, "site", "sites"),
        bytes(figures.read.bytes),
        hundredths(figures.chrome_share()),
        hundredths(share(figures.duplicate.bytes, figures.read.bytes)),
        hundredths(figures.unique_share()),
        notes.concat()
    )
}

fn sites(report: &Report) -> String {
    let mut rows = Table::new(&["Site", "Pages", "Text", "Chrome", "Share", "Duplicates", "Emptied"]);
    for site in report.by_chrome_bytes().into_iter().take(SITES) {
        let figures = &site.figures;
        rows.row(&[
            code(shown::site(&site.name), NAME),
            grouped(figures.pages),
            bytes(figures.read.bytes),
            bytes(figures.chrome_bytes()),
            hundredths(figures.chrome_share()),
            hundredths(figures.duplicate_share()),
            grouped(figures.emptied),
        ]);
    }
    let mut out = rows.finish();
    more(&mut out, report.sites.len(), SITES, "site", "sites");
    out
}

/// The blocks and lists of a site; nothing where none are known.
fn repeated(site: &Site) -> String {
    let Some(details) = site.details.as_ref().filter(|details| !details.recurring.is_empty()) else {
        return String::new();
    };
    let all = details.recurring.len() as u64 + details.more_recurring;
    let mut out = String::new();
    for recurring in details.recurring.iter().take(RECURRING) {
        recurs(&mut out, recurring, details.sampled);
    }
    more(&mut out, all as usize, RECURRING, "block or list", "blocks and lists");
    let title = format!(
        "What {} repeats: {}",
        html_code(&shortened(shown::site(&site.name), NAME)),
        count(all, "block or list", "blocks and lists")
    );
    folded(&title, &out)
}

fn recurs(out: &mut String, recurring: &Recurring, of: u64) {
    let kind = match recurring.kind {
        RecurringKind::Block => "Block",
        RecurringKind::List => "List",
    };
    let lines = recurring.lines.len() as u64 + recurring.more_lines;
    let heading =
        recurring.heading.as_ref().map(|heading| format!(" under {}", code(heading, TEXT))).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "**{kind} of {}**{heading} on {} of {}, {}, for example on {}\n",
        count(lines, "line", "lines"),
        grouped(recurring.pages),
        count(of, "page", "pages"),
        bytes(recurring.bytes),
        code(&recurring.example, TEXT)
    );
    let shown: Vec<String> = recurring.lines.iter().take(LINES).map(|line| shortened(&line.text, TEXT)).collect();
    out.push_str(&fenced(&shown));
    more(out, lines as usize, shown.len(), "line", "lines");
    out.push('\n');
}

fn near_duplicates(clusters: &Clusters) -> String {
    if clusters.clusters == 0 {
        return String::new();
    }
    let mut rows = Table::new(&["Canonical page", "Pages", "Least alike", "Another of them"]);
    for cluster in clusters.listed.iter().take(LISTED) {
        let last = cluster.pages.last();
        rows.row(&[
            code(&cluster.canonical, TEXT),
            grouped(cluster.size),
            last.map(|page| hundredths(page.similarity)).unwrap_or_default(),
            last.map(|page| code(&page.url, TEXT)).unwrap_or_default(),
        ]);
    }
    let mut out = rows.finish();
    more(&mut out, clusters.clusters as usize, LISTED, "cluster", "clusters");
    let (all, pages) = (count(clusters.clusters, "cluster", "clusters"), count(clusters.pages, "page", "pages"));
    folded(&format!("Near-duplicates: {all} of {pages}"), &out)
}

fn emptied(report: &Report) -> String {
    let sites: Vec<&Site> = report.sites.iter().filter(|site| site.figures.emptied > 0).collect();
    let mut out = String::new();
    for site in sites.iter().take(LISTED) {
        let example = site.emptied_pages.first().map(|page| format!(", for example {}", code(page, TEXT)));
        let _ = writeln!(
            out,
            "- {}: {}{}",
            code(shown::site(&site.name), NAME),
            count(site.figures.emptied, "page", "pages"),
            example.unwrap_or_default()
        );
    }
    more(&mut out, sites.len(), LISTED, "site", "sites");
    let pages = count(report.totals.figures.emptied, "page", "pages");
    if sites.is_empty() { out } else { folded(&format!("Emptied: {pages}"), &out) }
}

fn few_pages(report: &Report) -> String {
    let sites: Vec<&Site> = report.sites.iter().filter(|site| site.few_pages).collect();
    let mut out = String::new();
    for site in sites.iter().take(LISTED) {
        let pages = count(site.figures.pages, "page", "pages");
        let _ = writeln!(out, "- {}: {pages}", code(shown::site(&site.name), NAME));
    }
    more(&mut out, sites.len(), LISTED, "site", "sites");
    let title = format!("Too few pages to judge: {}", count(sites.len() as u64, "site", "sites"));
    if sites.is_empty() { out } else { folded(&title, &out) }
}

fn problems(report: &Report) -> String {
    let sources: Vec<_> = report.sources.iter().filter(|source| source.skipped > 0).collect();
    let mut out = String::new();
    for source in sources.iter().take(LISTED) {
        let reason = source.problems.first().map(|problem| format!(", first {}", code(&problem.reason, TEXT)));
        let _ = writeln!(
            out,
            "- {}: {}{}",
            code(&source.name, TEXT),
            count(source.skipped, "record", "records"),
            reason.unwrap_or_default()
        );
    }
    more(&mut out, sources.len(), LISTED, "input", "inputs");
    let records = count(report.totals.skipped, "record", "records");
    if sources.is_empty() { out } else { folded(&format!("Could not be read: {records}"), &out) }
}

/// Says how many there are beyond the first `shown`.
pub(super) fn more(out: &mut String, all: usize, shown: usize, one: &str, many: &str) {
    if all > shown {
        let _ =
            writeln!(out, "\nand {}\n", count((all - shown) as u64, &format!("more {one}"), &format!("more {many}")));
    }
}

/// A part that is opened by a click on its title, which is HTML.
pub(super) fn folded(title: &str, content: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{}\n\n</details>\n\n", content.trim_end())
}

/// A table.
pub(super) struct Table(String);

impl Table {
    /// A table whose first column is text and whose others are figures.
    pub fn new(titles: &[&str]) -> Self {
        Self::aligned(titles, |column| if column == 0 { ":--|" } else { "--:|" })
    }

    /// A table of texts.
    pub fn of_texts(titles: &[&str]) -> Self {
        Self::aligned(titles, |_| ":--|")
    }

    fn aligned(titles: &[&str], rule: impl Fn(usize) -> &'static str) -> Self {
        let rule = (0..titles.len()).map(rule);
        Self(format!("| {} |\n|{}\n", titles.join(" | "), rule.collect::<String>()))
    }

    /// Cells are Markdown.
    pub fn row(&mut self, cells: &[String]) {
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }

    pub fn finish(self) -> String {
        self.0 + "\n"
    }
}

/// Text of a stranger within a line, as code, cut to at most `most` characters.
pub(super) fn code(text: &str, most: usize) -> String {
    let text = shortened(text, most);
    let is_plain = !text.is_empty() && text.trim() == text && !text.contains(['`', '|', '\\']);
    if is_plain { format!("`{text}`") } else { html_code(&text) }
}

/// Text as the code of HTML, without a character that means anything to Markdown or HTML.
pub(super) fn html_code(text: &str) -> String {
    let mut out = "<code>".to_owned();
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out + "</code>"
}

/// Lines as a block of code, between fences that none of them can close.
fn fenced(lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

/// A document that takes parts as long as there is room.
#[derive(Default)]
pub(super) struct Sheet {
    text: String,
    left_out: Vec<&'static str>,
}

impl Sheet {
    /// Adds a part, whole or not at all; `what` names it where it had to be left out.
    pub fn add(&mut self, part: &str, what: &'static str) {
        if self.text.len() + part.len() + LAST_WORDS <= ROOM {
            self.text += part;
        } else if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    /// The document; if something was left out it says what, and `where_all_is`.
    pub fn finish(self, where_all_is: &str) -> String {
        let Self { mut text, left_out } = self;
        if !left_out.is_empty() {
            let _ = writeln!(text, "Left out, since there is no room: {}. {where_all_is}", left_out.join(", "));
        }
        format!("{}\n", text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Cluster, ClusterPage, Details, Member, Source, SourceProblem};
    use crate::similar::Relation;

    /// Texts that try to be something else.
    const HOSTILE: [&str; 9] = [
        "a|b",
        "`x`",
        "```",
        "<script>alert(1)</script>",
        "@octocat #1",
        "[a](http://b)\n# c",
        "</details>\\|",
        "\u{202e}\u{1b}[31m\u{0}",
        "",
    ];

    fn hostile(text: &str) -> Report {
        let line = Member { text: text.to_owned(), ..Member::default() };
        let recurring = Recurring { lines: vec![line; 9], example: text.to_owned(), ..Recurring::default() };
        let details = Some(Details { recurring: vec![recurring], ..Details::default() });
        let mut site = Site { name: text.to_owned(), details, few_pages: true, ..Site::default() };
        site.figures.emptied = 1;
        site.emptied_pages.push(text.to_owned());
        let page =
            ClusterPage { url: text.to_owned(), site: text.to_owned(), relation: Relation::Near, similarity: 0.9 };
        let cluster = Cluster { canonical: text.to_owned(), pages: vec![page], size: 2, ..Cluster::default() };
        let problem = SourceProblem { reason: text.to_owned(), ..SourceProblem::default() };
        Report {
            sites: vec![site],
            clusters: Some(Clusters { clusters: 1, pages: 2, listed: vec![cluster] }),
            sources: vec![Source { name: text.to_owned(), skipped: 1, problems: vec![problem], ..Source::default() }],
            ..Report::default()
        }
    }

    /// The document without what stands as code: all that Markdown and HTML would see.
    fn outside_code(markdown: &str) -> String {
        let mut out = String::new();
        let mut fence = None;
        for line in markdown.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                Some(open) if ticks >= open && line.len() == ticks => fence = None,
                Some(_) => {}
                None if ticks >= 3 => fence = Some(ticks),
                None => {
                    let spans: Vec<&str> = line.split('`').collect();
                    assert!(spans.len() % 2 == 1, "a span is open: {line}");
                    out.extend(spans.iter().step_by(2).copied());
                    out.push('\n');
                }
            }
        }
        assert_eq!(fence, None);
        out
    }

    #[test]
    fn no_text_is_markdown_or_html() {
        let harmless = outside_code(&render(&hostile("harmless")));
        let tags = |text: &str| text.matches('<').count() - 2 * text.matches("<code>").count();
        for text in HOSTILE {
            let markdown = render(&hostile(text));
            let seen = outside_code(&markdown);
            assert_eq!(tags(&seen), tags(&harmless), "{markdown}");
            assert_eq!(seen.lines().count(), harmless.lines().count(), "{markdown}");
            for mark in ['|', '[', '@'] {
                assert_eq!(
                    seen.matches(mark).count(),
                    harmless.matches(mark).count(),
                    "{mark} of {text:?}:\n{markdown}"
                );
            }
            assert!(!markdown.contains(['\u{1b}', '\u{202e}', '\0']), "{markdown:?}");
        }
    }

    #[test]
    fn it_fits_a_comment_and_says_what_it_left_out() {
        let mut report = hostile(&"|".repeat(10_000));
        report.sites = vec![report.sites[0].clone(); 300];
        for site in &mut report.sites {
            site.details.iter_mut().for_each(|details| details.recurring = vec![details.recurring[0].clone(); 99]);
        }
        let markdown = render(&report);
        assert!(markdown.len() <= ROOM, "{}", markdown.len());
        assert!(markdown.contains("and 280 more sites"), "{markdown}");
        assert!(markdown.ends_with("`dehusk report --format json` tells all.\n"), "{markdown}");
        assert_eq!(render(&hostile("x")).matches("Left out").count(), 0);
    }

    #[test]
    fn a_report_of_nothing_has_figures_and_no_part_to_open() {
        let markdown = render(&Report::default());
        assert!(markdown.contains("**0 pages** of 0 sites") && !markdown.contains("<details>"), "{markdown}");
    }

    #[test]
    fn lines_with_fences_stand_between_longer_ones() {
        assert_eq!(fenced(&["````".to_owned()]), "`````text\n````\n`````\n");
    }
}
