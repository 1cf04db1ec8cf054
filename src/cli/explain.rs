//! `dehusk explain`: why each line of a page stays or goes, or what is known of one line on its site.

use std::fmt::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};

use super::input::Input;
use super::summary::problems;
use super::table::{self, cut, left};
use super::{BOLD, DIM, Talk, exit_status};
use crate::config::Options;
use crate::error::Result;
use crate::explain::{self, Examples, ExplainedLine, ExplainedPage, KnownLine};
use crate::page::visible;
use crate::render::shown;
use crate::report::number::{bytes, count, grouped, percent};

/// A line that stays.
const KEPT: Style = AnsiColor::Green.on_default();
/// The mark of a line that goes.
const GONE: Style = AnsiColor::Red.on_default();
/// The text of a line that goes.
const STRUCK: Style = Style::new().dimmed().strikethrough();

/// Tells why each line of a page stays or goes
///
/// Judges the crawl as `clean` does and shows one page of it, line by line: whether the line stays (+) or goes (-), by
/// what rule, on how many pages of the site it stands, and its score: the log-odds that it is content, before the page
/// is divided into runs. With --line and --site, tells on how many pages of a site one line stands instead.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dehusk explain crawl.warc.wet.gz --page https://example.org/news/1.html
  dehusk explain crawl.warc.wet.gz --page https://example.org/news/1.html --examples dropped
  dehusk explain crawl.warc.wet.gz --site example.org --line 'All rights reserved'")]
pub struct Explain {
    #[command(flatten)]
    input: Input,
    /// The page to explain, by its URL or id
    #[arg(long, value_name = "URL", required_unless_present = "line", conflicts_with = "line")]
    page: Option<String>,
    /// The line to tell about
    #[arg(long, value_name = "TEXT", requires = "site")]
    line: Option<String>,
    /// The site on which the line stands
    #[arg(long, value_name = "SITE", requires = "line")]
    site: Option<String>,
    /// Which lines of the page get up to three other pages that have them; takes one more reading
    #[arg(long, value_enum, value_name = "WHICH", default_value = "none", help_heading = "Output")]
    examples: Examples,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

impl Explain {
    /// Runs the command.
    pub fn run(self, talk: &Talk) -> Result<ExitCode> {
        let crawl = self.input.resolve(self.options, talk)?;
        let (shown, summary) = match (&self.line, &self.site) {
            (Some(line), Some(site)) => {
                let (known, summary) =
                    crawl.run(talk, None, |context, sources| explain::line(context, sources, line, site))?;
                (self.format.of(&known, drawn_line)?, summary)
            }
            _ => {
                let page = self.page.as_deref().unwrap_or_default();
                let (page, summary) =
                    crawl.run(talk, None, |context, sources| explain::page(context, sources, page, self.examples))?;
                (self.format.of(&page, drawn_page)?, summary)
            }
        };
        problems(&summary);
        table::print(&shown)?;
        Ok(exit_status(&summary, &crawl.settings, talk))
    }
}

impl Format {
    /// The document in this format.
    fn of<T: serde::Serialize>(self, document: &T, draw: impl Fn(&T, usize) -> String) -> Result<String> {
        match self {
            Format::Text => Ok(draw(document, table::width())),
            Format::Json => table::json(document),
        }
    }
}

/// Writing to a string cannot fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(out, "{text}");
}

fn drawn_page(page: &ExplainedPage, width: usize) -> String {
    let mut out = String::new();
    let name = if page.url.is_empty() { page.id.as_deref().unwrap_or_default() } else { &page.url };
    line(&mut out, format_args!("{BOLD}{}{BOLD:#}", visible(name)));
    line(&mut out, format_args!("{}", site_note(page)));
    line(&mut out, format_args!("{}\n", kept_note(page)));
    let columns = Columns::of(page, width);
    line(
        &mut out,
        format_args!(
            "{DIM}  {} {:>pages$} {:>7}{}{DIM:#}",
            left("rule", columns.rule),
            "pages",
            "score",
            if columns.html > 0 { "  html" } else { "" },
            pages = columns.pages
        ),
    );
    for explained in &page.lines {
        columns.row(&mut out, explained);
    }
    out
}

fn site_note(page: &ExplainedPage) -> String {
    let of = page.lines.iter().map(|line| line.evidence.of).max().unwrap_or(0);
    let site = visible(shown::site(&page.site));
    let copies = match page.pages {
        1 => String::new(),
        n => format!("; {} pages have this name, the first is shown", grouped(n)),
    };
    format!("site {site}, {}, equal ones counted once{copies}", count(of, "page", "pages"))
}

fn kept_note(page: &ExplainedPage) -> String {
    let size = |line: &ExplainedLine| line.end - line.start;
    let kept = || page.lines.iter().filter(|line| line.keep());
    let (kept_bytes, all) = (kept().map(size).sum::<u64>(), page.lines.iter().map(size).sum::<u64>());
    format!(
        "{} of {} kept, {} of {} ({})",
        grouped(kept().count() as u64),
        count(page.lines.len() as u64, "line", "lines"),
        bytes(kept_bytes),
        bytes(all),
        percent(kept_bytes, all)
    )
}

/// How wide columns are: as narrow as what stands in them, so that there is room for the text.
struct Columns {
    rule: usize,
    pages: usize,
    /// With the space before it; 0 where the page was text.
    html: usize,
    text: usize,
}

impl Columns {
    fn of(page: &ExplainedPage, width: usize) -> Self {
        let rule = page.lines.iter().map(|line| line.rule.name().len()).max().unwrap_or(0).max(4);
        let pages = page.lines.iter().map(|line| evidence(line).len()).max().unwrap_or(0).max(5);
        let html = page.lines.iter().filter_map(|line| line.evidence.html.as_deref()).map(|html| html.len() + 2).max();
        let html = html.map_or(0, |longest| longest.max(6));
        // The mark, the score, and spaces between.
        Self { rule, pages, html, text: width.saturating_sub(rule + pages + html + 13) }
    }

    fn row(&self, out: &mut String, line_of_page: &ExplainedLine) {
        let (mark, style, text) = if line_of_page.keep() { ('+', KEPT, Style::new()) } else { ('-', GONE, STRUCK) };
        let score = if line_of_page.score == 0.0 { String::new() } else { format!("{:.2}", line_of_page.score) };
        let html = line_of_page.evidence.html.as_deref().map(|html| format!("  {html}")).unwrap_or_default();
        line(
            out,
            format_args!(
                "{style}{mark}{style:#} {} {DIM}{:>pages$}{DIM:#} {score:>7}{DIM}{html:<width$}{DIM:#}  {text}{}{text:#}",
                left(line_of_page.rule.name(), self.rule),
                evidence(line_of_page),
                cut(line_of_page.text.trim(), self.text),
                pages = self.pages,
                width = self.html,
            ),
        );
        // Whole, so that they can be copied.
        for url in &line_of_page.examples {
            line(out, format_args!("    {DIM}{}{DIM:#}", visible(url)));
        }
    }
}

/// The pages that have the line, of all.
fn evidence(line: &ExplainedLine) -> String {
    match line.evidence.pages {
        0 => String::new(),
        pages => format!("{} of {}", grouped(pages.into()), grouped(line.evidence.of)),
    }
}

fn drawn_line(known: &KnownLine, width: usize) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{BOLD}{}{BOLD:#}", cut(&known.text, width)));
    line(&mut out, format_args!("site {}, {}\n", visible(&known.site), count(known.pages, "page", "pages")));
    for (pages, what) in [(known.exact, "have this very line"), (known.template, "have it, numbers and dates aside")] {
        line(&mut out, format_args!("{BOLD}{:>9}{BOLD:#} {:>8}  {what}", grouped(pages), percent(pages, known.pages)));
    }
    line(&mut out, format_args!("\n{DIM}      lines  rule{DIM:#}"));
    for decided in &known.decided {
        let (mark, style) = if decided.verdict == "keep" { ('+', KEPT) } else { ('-', GONE) };
        line(
            &mut out,
            format_args!(
                "{style}{mark}{style:#} {:>9}  {:<18} {DIM}{}{DIM:#}",
                grouped(decided.lines),
                decided.rule.name(),
                decided.rule.describe()
            ),
        );
    }
    line(&mut out, format_args!("\n{DIM}for example{DIM:#}"));
    for url in &known.examples {
        line(&mut out, format_args!("  {}", visible(url)));
    }
    out
}
