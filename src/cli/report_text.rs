//! The report for the terminal: what share is chrome, the sites that have most of it, what they repeat, and the pages
//! that say the same or nothing.
//!
//! Every line fits the width that is given. Shares are drawn as bars of blocks, which differ without colour too.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::table::{cut, left, styled};
use super::{BOLD, DIM, NOTE};
use crate::render::shown;
use crate::report::Report;
use crate::report::document::{Cluster, Clusters, Recurring, RecurringKind, Site};
use crate::report::number::{bytes, count, grouped, hundredths, percent};
use crate::report::summary::share;

/// What is chrome, a duplicate's, unique.
const CHROME: Style = AnsiColor::Red.on_default();
const DUPLICATE: Style = AnsiColor::Yellow.on_default();
const UNIQUE: Style = AnsiColor::Green.on_default();
/// Blocks and lists of a site that are told, and lines of each.
const RECURRING: usize = 6;
const LINES: usize = 5;
/// Clusters that are told.
const CLUSTERS: usize = 10;
/// Columns from which the table of sites has more than the most needed.
const WIDE: usize = 120;
/// The widest name of a site, and the widest bar beside it.
const NAME: usize = 64;
const BAR: usize = 40;

/// The report, at most `width` columns wide, with `sites` of its sites; what recurs is told of the first quarter of them.
pub fn draw(report: &Report, width: usize, sites: usize) -> String {
    let mut out = String::new();
    let listed = report.by_chrome_bytes();
    let listed = listed.get(..sites).unwrap_or(&listed);
    headline(&mut out, report, width);
    site_table(&mut out, report, listed, width);
    for site in listed.iter().take(sites.div_ceil(4)) {
        repeated(&mut out, site, width);
    }
    if let Some(clusters) = report.clusters.as_ref().filter(|clusters| clusters.clusters > 0) {
        near_duplicates(&mut out, clusters, width);
    }
    emptied(&mut out, report, sites, width);
    few_pages(&mut out, report, sites, width);
    problems(&mut out, report, width);
    out
}

/// Writing to a string cannot fail.
macro_rules! line {
    ($out:expr $(, $($argument:tt)+)?) => { let _ = writeln!($out $(, $($argument)+)?); };
}

fn headline(out: &mut String, report: &Report, width: usize) {
    let (totals, figures) = (&report.totals, &report.totals.figures);
    let (pages, sites) = (count(figures.pages, "page", "pages"), count(totals.sites, "site", "sites"));
    line!(out, "{BOLD}{pages}{BOLD:#} of {sites}, {} of text", bytes(figures.read.bytes));
    let parts = [
        ('█', CHROME, "chrome", figures.chrome_share()),
        ('▒', DUPLICATE, "duplicates", share(figures.duplicate.bytes, figures.read.bytes)),
        ('░', UNIQUE, "unique", figures.unique_share()),
    ];
    if figures.read.bytes > 0 {
        let mut drawn = 0;
        let mut until = 0.0;
        for (block, style, _, share) in parts {
            until += share;
            let end = ((until * width as f64).round() as usize).min(width);
            let _ = write!(out, "{}", styled(style, repeated_char(block, end.saturating_sub(drawn))));
            drawn = end.max(drawn);
        }
        line!(out);
        let legend = parts.map(|(block, style, name, share)| {
            format!("{} {BOLD}{}{BOLD:#} {name}", styled(style, block), hundredths(share))
        });
        line!(out, "{}", legend.join("   "));
    }
    for (n, one, many) in [
        (figures.blank, "page was blank", "pages were blank"),
        (figures.emptied, "page was emptied: nothing of it is left", "pages were emptied: nothing of them is left"),
    ] {
        if n > 0 {
            line!(out, "{}", count(n, one, many));
        }
    }
    if figures.short > 0 {
        let short = count(figures.short, "page has", "pages have");
        line!(out, "{short} less than {} characters of unique text", grouped(totals.min_text));
    }
}

/// The table of sites.
fn site_table(out: &mut String, report: &Report, sites: &[&Site], width: usize) {
    if sites.is_empty() {
        return;
    }
    let columns = [
        Column::new("pages", sites, |site| grouped(site.figures.pages)),
        Column::new("text", sites, |site| bytes(site.figures.read.bytes)),
        Column::new("chrome", sites, |site| bytes(site.figures.chrome_bytes())),
        Column::new("share", sites, |site| hundredths(site.figures.chrome_share())),
    ];
    let mut further = vec![Column::new("duplicates", sites, |site| hundredths(site.figures.duplicate_share()))];
    if width >= WIDE {
        further.push(Column::new("unique", sites, |site| hundredths(site.figures.unique_share())));
        further.push(Column::new("distinct", sites, |site| grouped(site.figures.distinct)));
        further.push(Column::new("short", sites, |site| grouped(site.figures.short)));
        further.push(Column::new("emptied", sites, |site| grouped(site.figures.emptied)));
    }
    let taken: usize = columns.iter().chain(&further).map(|column| column.width + 2).sum();
    let room = width.saturating_sub(taken + 1);
    let widest = sites.iter().map(|site| shown::site(&site.name).width()).max().unwrap_or(0).clamp(5, NAME);
    let name = widest.min(room.saturating_sub(10).max(room / 2));
    let bar = room.saturating_sub(name).min(BAR);
    let cells = |row: Option<usize>, of: &[Column]| of.iter().map(|column| column.cell(row)).collect::<String>();
    let title = format!("{}{} {}{}", left("Sites", name), cells(None, &columns), left("", bar), cells(None, &further));
    line!(out, "\n{}", styled(BOLD, title.trim_end()));
    for (row, site) in sites.iter().enumerate() {
        let drawn = self::bar(site.figures.chrome_share(), bar);
        line!(
            out,
            "{}{} {}{}",
            left(shown::site(&site.name), name),
            cells(Some(row), &columns),
            styled(CHROME, left(&drawn, bar)),
            cells(Some(row), &further)
        );
    }
    more(out, report.sites.len().saturating_sub(sites.len()), "site, see --sites", "sites, see --sites");
}

/// A column of figures, as wide as the widest of them.
struct Column {
    title: &'static str,
    cells: Vec<String>,
    width: usize,
}

impl Column {
    fn new(title: &'static str, sites: &[&Site], cell: impl Fn(&Site) -> String) -> Self {
        let cells: Vec<String> = sites.iter().map(|site| cell(site)).collect();
        let width = cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(title.len());
        Self { title, cells, width }
    }

    /// The cell of a row, or the title; two spaces stand between it and what is before.
    fn cell(&self, row: Option<usize>) -> String {
        let text = row.map_or(Some(self.title), |row| self.cells.get(row).map(String::as_str));
        format!("  {:>width$}", text.unwrap_or_default(), width = self.width)
    }
}

/// What recurs on a site, those blocks and lists first that take most text.
fn repeated(out: &mut String, site: &Site, width: usize) {
    let Some(details) = site.details.as_ref().filter(|details| !details.recurring.is_empty()) else { return };
    let found = details.recurring.len() as u64 + details.more_recurring;
    let title = format!("{} repeated on ", count(found, "block or list", "blocks and lists"));
    let name = cut(shown::site(&site.name), width.saturating_sub(title.width()));
    line!(out, "\n{}", styled(BOLD, title + &name));
    for recurring in details.recurring.iter().take(RECURRING) {
        recurs(out, recurring, details.sampled, width);
    }
    more(out, (found as usize).saturating_sub(RECURRING), "block or list", "blocks and lists");
}

fn recurs(out: &mut String, recurring: &Recurring, of: u64, width: usize) {
    let lines = recurring.lines.len() as u64 + recurring.more_lines;
    let kind = match recurring.kind {
        RecurringKind::Block => "block",
        RecurringKind::List => "list",
    };
    let what = format!("{kind} of {}", count(lines, "line", "lines"));
    let said = format!(
        "{:>7}  {} of {}, {}, {}",
        percent(recurring.pages, of),
        grouped(recurring.pages),
        count(of, "page", "pages"),
        bytes(recurring.bytes),
        place(recurring.position)
    );
    let columns = (width / 8).min(20);
    let drawn = styled(CHROME, left(&bar(share(recurring.pages, of), columns), columns));
    line!(out, "  {} {drawn} {}", styled(BOLD, left(&what, 18)), cut(&said, width.saturating_sub(columns + 22)));
    if let Some(heading) = &recurring.heading {
        line!(out, "    {}", styled(DIM, cut(&format!("under {heading}"), width.saturating_sub(4))));
    }
    for line in recurring.lines.iter().take(LINES) {
        line!(out, "    {}", cut(&line.text, width.saturating_sub(4)));
    }
    if lines > LINES as u64 {
        line!(out, "    {}", styled(DIM, format!("and {}", count(lines - LINES as u64, "more line", "more lines"))));
    }
    if !recurring.example.is_empty() {
        line!(out, "    {}", styled(DIM, cut(&format!("on {}", recurring.example), width.saturating_sub(4))));
    }
}

/// Where on a page something stands, in a word.
fn place(position: f64) -> &'static str {
    match position {
        at if at < 0.25 => "at the top",
        at if at > 0.75 => "at the end",
        _ => "in the middle",
    }
}

fn near_duplicates(out: &mut String, clusters: &Clusters, width: usize) {
    let (all, pages) = (count(clusters.clusters, "cluster", "clusters"), count(clusters.pages, "page", "pages"));
    line!(out, "\n{}", styled(BOLD, format!("Near-duplicates: {all} of {pages}")));
    for cluster in clusters.listed.iter().take(CLUSTERS) {
        of_cluster(out, cluster, width);
    }
    more(out, (clusters.clusters as usize).saturating_sub(CLUSTERS), "cluster", "clusters");
}

fn of_cluster(out: &mut String, cluster: &Cluster, width: usize) {
    let earlier = if cluster.is_earlier { " (of an earlier run)" } else { "" };
    let pages = count(cluster.size, "page", "pages");
    let room = width.saturating_sub(pages.len().max(10) + 4 + earlier.len());
    entry(out, &pages, &format!("{}{earlier}", cut(&cluster.canonical, room)), width);
    // The pages stand by their likeness: the last one differs most.
    if let Some(page) = cluster.pages.last().filter(|page| page.url != cluster.canonical) {
        let how = format!("{} {}", page.relation.name(), hundredths(page.similarity));
        line!(out, "{}", styled(DIM, format!("  {how:>17}  {}", cut(&page.url, width.saturating_sub(21)))));
    }
}

fn emptied(out: &mut String, report: &Report, most: usize, width: usize) {
    let sites: Vec<&Site> = report.sites.iter().filter(|site| site.figures.emptied > 0).collect();
    if sites.is_empty() {
        return;
    }
    let pages = count(report.totals.figures.emptied, "page", "pages");
    line!(out, "\n{}", styled(BOLD, format!("Emptied: {pages}")));
    for site in sites.iter().take(most) {
        let pages = count(site.figures.emptied, "page", "pages");
        let example = site.emptied_pages.first().map(|page| format!(", such as {page}")).unwrap_or_default();
        let text = format!("{}{example}", shown::site(&site.name));
        entry(out, &pages, &text, width);
    }
    more(out, sites.len().saturating_sub(most), "site", "sites");
}

fn few_pages(out: &mut String, report: &Report, most: usize, width: usize) {
    let sites: Vec<&Site> = report.sites.iter().filter(|site| site.few_pages).collect();
    if sites.is_empty() {
        return;
    }
    let all = count(sites.len() as u64, "site", "sites");
    line!(out, "\n{}", styled(BOLD, format!("Too few pages to judge: {all}")));
    for site in sites.iter().take(most) {
        let pages = count(site.figures.pages, "page", "pages");
        entry(out, &pages, shown::site(&site.name), width);
    }
    more(out, sites.len().saturating_sub(most), "site", "sites");
}

fn problems(out: &mut String, report: &Report, width: usize) {
    if report.totals.skipped == 0 {
        return;
    }
    let records = count(report.totals.skipped, "record", "records");
    line!(out, "\n{}", styled(NOTE, format!("Could not be read: {records}")));
    for source in report.sources.iter().filter(|source| source.skipped > 0) {
        entry(out, &grouped(source.skipped), &source.name, width);
    }
}

/// A number of something, and what it is of.
fn entry(out: &mut String, number: &str, of: &str, width: usize) {
    let number = format!("{number:>10}");
    line!(out, "  {number}  {}", cut(of, width.saturating_sub(number.len() + 4)));
}

/// Says how many there are beyond those shown.
fn more(out: &mut String, n: usize, one: &str, many: &str) {
    if n > 0 {
        line!(
            out,
            "{}",
            styled(DIM, format!("  and {}", count(n as u64, &format!("more {one}"), &format!("more {many}"))))
        );
    }
}

fn repeated_char(c: char, n: usize) -> String {
    std::iter::repeat_n(c, n).collect()
}

/// A bar for a share, to an eighth of a column; what is more than nothing shows.
fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let eighths = eighths.max(usize::from(share > 0.0 && width > 0));
    let mut out = repeated_char('█', eighths / 8);
    out += EIGHTHS.get(eighths % 8).unwrap_or(&"");
    out
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::report::document::{ClusterPage, Details, Member, Source};
    use crate::report::summary::Amount;
    use crate::similar::Relation;

    /// A report of `sites` sites with every part, all texts being `text`.
    fn report(sites: usize, text: &str) -> Report {
        let line = Member { text: text.to_owned(), ..Member::default() };
        let recurring = Recurring {
            kind: RecurringKind::List,
            pages: 7,
            lines: vec![line; 9],
            bytes: 123_456,
            position: 0.5,
            example: text.to_owned(),
            ..Recurring::default()
        };
        let mut report = Report::default();
        for n in 0..sites {
            let details = Details { sampled: 9, recurring: vec![recurring.clone(); 8], ..Details::default() };
            let mut site =
                Site { name: format!("{n}{text}"), few_pages: true, details: Some(details), ..Site::default() };
            site.figures.pages = 1_234_567;
            site.figures.read = Amount { lines: 9, bytes: 1000 + n as u64 };
            site.figures.kept = Amount { lines: 9, bytes: 300 };
            site.figures.duplicate = Amount { lines: 1, bytes: 50 };
            site.figures.emptied = 2;
            site.emptied_pages.push(text.to_owned());
            report.totals.figures.add(&site.figures);
            report.sites.push(site);
        }
        let page = ClusterPage {
            url: format!("b{text}"),
            site: text.to_owned(),
            relation: Relation::Contained,
            similarity: 1.0,
        };
        let cluster = Cluster {
            size: 12_345,
            canonical: text.to_owned(),
            is_earlier: true,
            pages: vec![page],
            ..Cluster::default()
        };
        report.clusters = Some(Clusters { clusters: 12, pages: 99, listed: vec![cluster; 12] });
        report.sources.push(Source { name: text.to_owned(), skipped: 1_000_000, ..Source::default() });
        report.totals.skipped = 1_000_000;
        report.totals.sites = sites as u64;
        report
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let long = "long-name.".repeat(40);
        for text in ["", "a.example", &long, &"日本語".repeat(80), "\u{1b}[31m\u{202e}\n\0", &"e\u{301}".repeat(300)]
        {
            for width in [60, 80, 120, 160, 200] {
                let drawn = draw(&report(3, text), width, 20);
                for line in strip_str(&drawn).to_string().lines() {
                    assert!(line.width() <= width, "{} > {width}: {line}", line.width());
                }
            }
        }
    }

    #[test]
    fn the_bar_of_all_text_has_its_three_parts_as_wide_as_the_terminal() {
        let drawn = strip_str(&draw(&report(1, "x"), 80, 20)).to_string();
        let bar = drawn.lines().nth(1).unwrap();
        let of = |block: char| bar.chars().filter(|c| *c == block).count();
        assert_eq!((of('█'), of('▒'), of('░')), (56, 4, 20));
    }

    #[test]
    fn figures_stand_under_their_titles_whatever_the_names() {
        let mut report = report(2, "");
        report.sites[1].name = "日本語.example".into();
        let drawn = strip_str(&draw(&report, 80, 20)).to_string();
        let end = |start: &str, figure: &str| {
            let line = drawn.lines().find(|line| line.starts_with(start)).unwrap();
            line[..line.find(figure).unwrap() + figure.len()].width()
        };
        assert_eq!(end("Sites ", "pages"), end("日本語", "1,234,567"));
        assert_eq!(end("0 ", "1,234,567"), end("日本語", "1,234,567"));
    }

    #[test]
    fn sites_beyond_the_wanted_ones_are_counted() {
        let drawn = strip_str(&draw(&report(30, ".example"), 80, 4)).to_string();
        assert!(drawn.contains("and 26 more sites, see --sites"), "{drawn}");
        assert!(drawn.find("29.example") < drawn.find("28.example"), "most chrome comes first");
        assert_eq!(drawn.matches("repeated on").count(), 1);
        assert!(drawn.contains("8 blocks and lists repeated on 29.example"), "{drawn}");
        assert!(drawn.contains("and 2 more blocks and lists") && drawn.contains("and 4 more lines"), "{drawn}");
    }

    #[test]
    fn a_report_of_nothing_is_one_line() {
        assert_eq!(strip_str(&draw(&Report::default(), 80, 20)).to_string(), "0 pages of 0 sites, 0 B of text\n");
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_nothing_for_something() {
        assert_eq!([bar(0.5, 8), bar(1.0, 3), bar(0.0, 3), bar(0.0001, 3)], ["████", "███", "", "▏"]);
        assert_eq!(bar(0.3125, 2), "▋");
    }
}
