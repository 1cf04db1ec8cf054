//! What the page shows without its script: the whole crawl in figures, and the largest sites.

use std::fmt::Write;

use super::data::{Data, in_hundred, sites_by_share};
use super::{escaped, shown};
use crate::report::Report;
use crate::report::document::Site;
use crate::report::number::{bytes, count, grouped, hundredths, percent};

/// Sites that are written into the page; the script shows all of them.
const SITES: usize = 50;
/// Inputs that are named, and such of which the problems are told.
const SOURCES: usize = 20;
const BAD_SOURCES: usize = 5;
/// Characters of a name that is written into the page.
const NAME: usize = 200;

/// The body of the page, up to its scripts.
pub fn draw(report: &Report, sites: &[&Site], data: &Data) -> String {
    let clusters = report.clusters.as_ref().map_or(0, |clusters| clusters.clusters);
    format!(
        "<a class=\"skip\" href=\"#main\">Skip to the content</a>
<header class=\"top\">
<a class=\"brand\" href=\"#overview\">dehusk<span>crawl report</span></a>
<nav aria-label=\"Parts of the report\">
<a href=\"#overview\" data-view=\"overview\">Overview</a>
<a href=\"#sites\" data-view=\"sites\">Sites <b>{sites_count}</b></a>
<a href=\"#clusters\" data-view=\"clusters\">Near-duplicates <b>{clusters}</b></a>
</nav>
</header>
<main id=\"main\" tabindex=\"-1\">
<noscript><p class=\"note\">Without scripts this page shows the overview and the largest sites. Their lines, example pages \
and near-duplicates need the script that is in this file; nothing is loaded from anywhere.</p></noscript>
<div id=\"overview\">
{headline}
{figures}
{charts}
{rules}
{problems}
{table}
</div>
<div id=\"view\" hidden></div>
</main>
{footer}",
        sites_count = grouped(report.totals.sites),
        clusters = grouped(clusters),
        headline = headline(report),
        figures = figures(report),
        charts = charts(report),
        rules = rules(report),
        problems = problems(report),
        table = table(report, sites, data),
        footer = footer(report),
    )
}

/// What share of the text is the pages' own, chrome, and said twice, in a sentence and as a bar.
fn headline(report: &Report) -> String {
    let figures = &report.totals.figures;
    let read = figures.read.bytes;
    let of = format!("{} of {}", count(figures.pages, "page", "pages"), count(report.totals.sites, "site", "sites"));
    if read == 0 {
        return format!(
            "<section class=\"hero\"><p class=\"eyebrow\">{of}</p><h1>There is no text in this crawl.</h1></section>"
        );
    }
    let twice = figures.duplicate.bytes;
    let parts = [figures.kept.bytes.saturating_sub(twice), read.saturating_sub(figures.kept.bytes), twice];
    let whole = in_hundred(parts);
    // A part that rounds to nothing is there nevertheless, and one that rounds to all is not alone.
    let told = |at: usize| match whole[at] {
        0 if parts[at] > 0 => "under 1".to_owned(),
        100 if parts[at] < read => "over 99".to_owned(),
        share => share.to_string(),
    };
    let looked = report.clusters.is_some();
    let mut rest = Vec::new();
    if parts[1] > 0 {
        rest.push(format!("{}&nbsp;% is chrome", told(1)));
    }
    if parts[2] > 0 {
        rest.push(format!("{}&nbsp;% is said twice", told(2)));
    }
    let stop = if rest.is_empty() { '.' } else { ';' };
    let rest = if rest.is_empty() { String::new() } else { format!(" {}.", rest.join("; ")) };
    let names = ["its own", "chrome", "said twice"];
    let classes = ["own", "chrome", "twice"];
    let (mut bar, mut legend, mut label) = (String::new(), String::new(), Vec::new());
    for at in (0..3).filter(|at| looked || *at < 2) {
        // Writing to a string cannot fail.
        let share = percent(parts[at], read);
        if parts[at] > 0 {
            let _ = write!(bar, "<i class=\"{}\" style=\"flex-grow:{}\"></i>", classes[at], parts[at]);
        }
        let _ = write!(
            legend,
            "<li class=\"{}\"><b>{}</b> {share}<small>{}</small></li>",
            classes[at],
            names[at],
            bytes(parts[at])
        );
        label.push(format!("{share} {}", names[at]));
    }
    let note = match report.totals.few_pages == report.totals.sites {
        true => "<p class=\"note\">No site has enough pages to tell what repeats.</p>",
        false => "",
    };
    format!(
        "<section class=\"hero\">
<p class=\"eyebrow\">{of}, {} of text</p>
<h1><em>{}&nbsp;% of this crawl is its own{stop}</em>{rest}</h1>
<div class=\"stack\" role=\"img\" aria-label=\"{}\">{bar}</div>
<ul class=\"legend\">{legend}</ul>{note}
</section>",
        bytes(read),
        told(0),
        label.join(", ")
    )
}

/// The figures below the headline.
fn figures(report: &Report) -> String {
    let (totals, figures) = (&report.totals, &report.totals.figures);
    let mut out = String::from("<dl class=\"figures\">");
    let mut add = |name: &str, number: u64, note: String| {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{}<small>{note}</small></dd></div>", grouped(number));
    };
    let of_pages = |pages| format!("{} of the pages", percent(pages, figures.pages));
    add("Pages", figures.pages, format!("{} that differ", grouped(figures.distinct)));
    let few = match totals.few_pages {
        0 => "each with enough pages to judge".to_owned(),
        few => format!("{} with too few pages to judge", grouped(few)),
    };
    add("Sites", totals.sites, few);
    if report.clusters.is_some() {
        add("Duplicates", figures.duplicates, of_pages(figures.duplicates));
    }
    add("Emptied pages", figures.emptied, "all of their text is chrome".to_owned());
    let short = format!("fewer than {} characters of their own", grouped(totals.min_text));
    add("Short pages", figures.short, short);
    let skipped = if totals.skipped == 0 { "everything could be read" } else { "listed below" };
    add("Unreadable records", totals.skipped, skipped.to_owned());
    out + "</dl>"
}

/// Distributions over sites and pages, as tables which the script draws as charts.
fn charts(report: &Report) -> String {
    let tenths: Vec<String> = (0..10).map(|tenth| format!("{}–{}", tenth * 10, tenth * 10 + 10)).collect();
    let mut with_all = tenths.clone();
    with_all.push("all".to_owned());
    let sites = sites_by_share(report);
    let left_out = match report.totals.few_pages {
        0 => String::new(),
        few => format!(" Without {} too small to judge.", count(few, "site", "sites")),
    };
    let pages = report.totals.figures.pages_by_share;
    format!(
        "<section class=\"charts\">{}{}</section>",
        chart(
            "Sites by share of chrome",
            &format!("How much of a site’s text is chrome, in %.{left_out}"),
            "sites",
            &tenths,
            &sites
        ),
        chart("Pages by share dropped", "How much of a page’s text is chrome, in %.", "pages", &with_all, &pages),
    )
}

fn chart(title: &str, note: &str, what: &str, labels: &[String], values: &[u64]) -> String {
    let caption = format!("<figcaption><h2>{title}</h2><p>{note}</p></figcaption>");
    if values.iter().all(|value| *value == 0) {
        return format!("<figure>{caption}<p class=\"hint\">There are none.</p></figure>");
    }
    let rows: String = labels
        .iter()
        .zip(values)
        .map(|(label, value)| {
            format!("<tr><th scope=\"row\">{label}</th><td data-n=\"{value}\">{}</td></tr>", grouped(*value))
        })
        .collect();
    format!(
        "<figure data-what=\"{what}\">{caption}<div class=\"chart\"></div>\
         <details open><summary>As a table</summary><table><thead><tr><th scope=\"col\">share, in %</th>\
         <th scope=\"col\">{what}</th></tr></thead><tbody>{rows}</tbody></table></details></figure>"
    )
}

/// Why lines were dropped.
fn rules(report: &Report) -> String {
    let figures = &report.totals.figures;
    let mut rules: Vec<_> = figures.dropped.iter().collect();
    rules.sort_by_key(|(rule, amount)| (std::cmp::Reverse(amount.bytes), **rule));
    let most = rules.first().map_or(1, |(_, amount)| amount.bytes.max(1));
    let rows: String = rules
        .into_iter()
        .map(|(rule, amount)| {
            format!(
                "<tr><th scope=\"row\">{}<small>{}</small></th><td class=\"n\">{}</td><td class=\"n\">{}</td>\
                 <td class=\"meter\"><i style=\"width:{:.1}%\"></i><span>{}</span></td></tr>",
                rule.name(),
                escaped(rule.describe()),
                grouped(amount.lines),
                bytes(amount.bytes),
                amount.bytes as f64 / most as f64 * 100.0,
                percent(amount.bytes, figures.read.bytes),
            )
        })
        .collect();
    if rows.is_empty() {
        return "<section><h2>Why lines were dropped</h2><p>No line was dropped.</p></section>".to_owned();
    }
    format!(
        "<section><h2>Why lines were dropped</h2><div class=\"scroll\"><table class=\"rules\"><thead><tr>\
         <th scope=\"col\">The line …</th><th scope=\"col\" class=\"n\">lines</th><th scope=\"col\" class=\"n\">text</th>\
         <th scope=\"col\">share of all text</th></tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

/// Inputs of which a part could not be read.
fn problems(report: &Report) -> String {
    let bad: Vec<_> =
        report.sources.iter().filter(|source| source.skipped > 0 || !source.problems.is_empty()).collect();
    if bad.is_empty() {
        return String::new();
    }
    let mut out = String::from("<section><h2>What could not be read</h2><ul class=\"problems\">");
    for source in bad.iter().take(BAD_SOURCES) {
        let skipped = count(source.skipped, "record", "records");
        let _ = write!(out, "<li><bdi dir=\"auto\">{}</bdi>: {skipped} skipped<ul>", shown(&source.name, NAME));
        for problem in &source.problems {
            let record = problem.record.map(|record| format!("record {}", grouped(record)));
            let byte = problem.byte.map(|byte| format!("byte {}", grouped(byte)));
            let mut place: Vec<String> = record.into_iter().chain(byte).collect();
            place.push(shown(&problem.reason, NAME));
            let _ = write!(out, "<li>{}</li>", place.join(", "));
        }
        out.push_str("</ul></li>");
    }
    if bad.len() > BAD_SOURCES {
        let _ = write!(out, "<li>and {} more</li>", count((bad.len() - BAD_SOURCES) as u64, "input", "inputs"));
    }
    out + "</ul></section>"
}

/// The largest sites, and what is told of how many.
fn table(report: &Report, sites: &[&Site], data: &Data) -> String {
    let all = report.sites.len();
    let mut notes = Vec::new();
    if data.sites < all {
        notes.push(format!("The table holds the {} sites with most pages.", grouped(data.sites as u64)));
    }
    let detailed = report.totals.detailed as usize;
    if data.full < detailed {
        notes.push(format!(
            "This file is kept small and holds details of {} of {} sites, in full of {}; {} in the JSON report.",
            grouped(data.told as u64),
            grouped(all as u64),
            grouped(data.full as u64),
            if detailed < all { format!("{} are", grouped(detailed as u64)) } else { "all are".to_owned() },
        ));
    } else if detailed < all {
        notes.push(format!(
            "Details are told of the {} sites with most pages; --detailed-sites tells more.",
            grouped(detailed as u64)
        ));
    }
    let rows: String = sites.iter().take(SITES).map(|site| row(site)).collect();
    format!(
        "<section id=\"sites\"><h2>Sites</h2><p class=\"hint\">{}</p><div class=\"tools\"></div>\
         <div class=\"scroll\"><table class=\"sites\"><thead><tr><th scope=\"col\">Site</th>\
         <th scope=\"col\" class=\"n\">Pages</th><th scope=\"col\" class=\"n\">Text</th>\
         <th scope=\"col\" class=\"shares\">Chrome</th><th scope=\"col\" class=\"n\">Own</th>\
         <th scope=\"col\" class=\"n\">Duplicates</th><th scope=\"col\" class=\"n\">Emptied</th>\
         <th scope=\"col\" class=\"n\">Short</th></tr></thead><tbody>{rows}</tbody></table></div>\
         <div class=\"pager\"></div></section>",
        notes.join(" "),
    )
}

fn row(site: &Site) -> String {
    let figures = &site.figures;
    let name = shown(crate::render::shown::site(&site.name), NAME);
    format!(
        "<tr><th scope=\"row\"><bdi dir=\"auto\">{name}</bdi></th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"shares\">{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        grouped(figures.pages),
        bytes(figures.read.bytes),
        hundredths(figures.chrome_share()),
        hundredths(figures.unique_share()),
        grouped(figures.duplicates),
        grouped(figures.emptied),
        grouped(figures.short),
    )
}

/// What made the report, and of what.
fn footer(report: &Report) -> String {
    let names: Vec<String> = report.sources.iter().take(SOURCES).map(|source| shown(&source.name, NAME)).collect();
    let more = report.sources.len().saturating_sub(SOURCES);
    let more = if more > 0 { format!(" and {} more", grouped(more as u64)) } else { String::new() };
    format!(
        "<footer><p>Read from <bdi dir=\"auto\">{}</bdi>{more}.</p>\
         <p>dehusk {} · form {} · settings {}</p>\
         <p>Figures are of all pages. Recurring blocks, lists and example pages are of a sample of each site’s pages. \
         <kbd>/</kbd> filters, <kbd>Esc</kbd> clears, <kbd>↑</kbd> <kbd>↓</kbd> go through lists, \
         <kbd>←</kbd> <kbd>→</kbd> to the next site.</p></footer>",
        names.join("</bdi>, <bdi dir=\"auto\">"),
        escaped(&report.dehusk),
        report.version,
        escaped(&report.settings),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Clusters, Figures, Totals};
    use crate::report::summary::Amount;

    fn crawl(read: u64, kept: u64, duplicate: u64) -> Report {
        let [read, kept, duplicate] = [read, kept, duplicate].map(|bytes| Amount { lines: 1, bytes });
        let figures = Figures { pages: 9, read, kept, duplicate, ..Figures::default() };
        let totals = Totals { sites: 2, figures, ..Totals::default() };
        Report { totals, clusters: Some(Clusters::default()), ..Report::default() }
    }

    #[test]
    fn the_headline_tells_the_parts_that_there_are() {
        let has = |report: &Report, text: &str| assert!(headline(report).contains(text), "{}", headline(report));
        has(
            &crawl(1000, 560, 20),
            "54&nbsp;% of this crawl is its own;</em> 44&nbsp;% is chrome; 2&nbsp;% is said twice.",
        );
        has(
            &crawl(1000, 999, 1),
            "over 99&nbsp;% of this crawl is its own;</em> under 1&nbsp;% is chrome; under 1&nbsp;%",
        );
        has(&crawl(1000, 1000, 0), "100&nbsp;% of this crawl is its own.</em></h1>");
    }

    #[test]
    fn a_chart_is_a_table_too() {
        let chart = chart("Title", "Note.", "pages", &["0–10".to_owned()], &[1234]);
        assert!(chart.contains("0–10</th><td data-n=\"1234\">1,234</td>"), "{chart}");
    }
}
