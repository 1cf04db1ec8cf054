//! An evaluation for the terminal: tables of figures, the sites and pages that fare worst, and whether scores mean what
//! they say.

use std::fmt::Write;

use super::table::{cut, left, share, styled};
use super::{BAD, BOLD, DIM, NOTE};
use crate::eval::calibration::Calibration;
use crate::eval::score::Figures;
use crate::eval::{Evaluation, RuleFigures, SiteFigures, WorstLine, WorstPage};
use crate::page::visible;
use crate::report::number::{count, grouped, percent};

/// The columns of figures, and the least width of what stands before them.
const FIGURES: usize = 67;
const NAME: usize = 12;

/// The evaluation as people read it.
pub fn drawn(evaluation: &Evaluation, worst: usize, width: usize) -> String {
    let mut out = String::new();
    figures(&mut out, evaluation, width);
    sites(&mut out, &evaluation.sites, worst, width);
    rules(&mut out, &evaluation.rules);
    if let Some(calibration) = &evaluation.calibration {
        calibrated(&mut out, calibration, width);
    }
    pages(&mut out, &evaluation.worst, width);
    if evaluation.missing > 0 {
        line(&mut out, format_args!("\n{NOTE}{}{NOTE:#}", missing(evaluation.missing)));
    }
    out
}

fn missing(pages: u64) -> String {
    format!("{} of the gold not in the cleaner's output, counted as emptied", count(pages, "page", "pages"))
}

/// Writing to a string cannot fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(out, "{text}");
}

fn figures(out: &mut String, evaluation: &Evaluation, width: usize) {
    let longest = evaluation.files.iter().map(|file| file_name(&file.file).chars().count()).max().unwrap_or(0);
    let name = longest.clamp(NAME, width.saturating_sub(FIGURES).max(NAME));
    line(
        out,
        format_args!(
            "{DIM}{:name$}{:>7}{:>7}{:>6}{:>6}{:>6}{:>6}{:>8}{:>7}{:>6}{:>8}{DIM:#}",
            "", "", "", "", "", "", "site", "", "recur-", "short", ""
        ),
    );
    line(
        out,
        format_args!(
            "{DIM}{:name$}{:>7}{:>7}{:>6}{:>6}{:>6}{:>6}{:>8}{:>7}{:>6}{:>8}{DIM:#}",
            "", "pages", "sites", "P", "R", "F1", "F1", "chrome", "ring", "kept", "titles"
        ),
    );
    for file in &evaluation.files {
        figures_row(out, &left(&file_name(&file.file), name), &file.figures);
    }
    if evaluation.files.len() > 1 {
        figures_row(out, &styled(BOLD, left("all", name)), &evaluation.all);
    }
    if let Some(before) = &evaluation.before {
        figures_row(out, &styled(DIM, left("before", name)), before);
    }
}

fn figures_row(out: &mut String, name: &str, figures: &Figures) {
    let f1 = |f1: f64| styled(BOLD, format_args!("{:>6}", share(Some(f1))));
    line(
        out,
        format_args!(
            "{name}{:>7}{:>7}{:>6}{:>6}{}{}{:>8}{:>7}{:>6}{:>8}",
            grouped(figures.pages),
            grouped(figures.sites),
            share(Some(figures.shares.precision)),
            share(Some(figures.shares.recall)),
            f1(figures.shares.f1),
            f1(figures.site_f1),
            share(figures.chrome),
            share(figures.recurring),
            share(figures.short_kept),
            share(figures.titles)
        ),
    );
}

/// The last part of a path.
fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(path).to_owned()
}

fn sites(out: &mut String, sites: &[SiteFigures], worst: usize, width: usize) {
    if sites.len() < 2 || worst == 0 {
        return;
    }
    let names = sites.iter().take(worst).map(|site| site.site.chars().count()).max().unwrap_or(0);
    let name = names.clamp(NAME, width.saturating_sub(40).max(NAME));
    line(
        out,
        format_args!(
            "\n{BOLD}{}{BOLD:#}{DIM}{:>7}{:>7}{:>7}{:>7}{:>9}{DIM:#}",
            left("Worst sites", name),
            "pages",
            "P",
            "R",
            "F1",
            "chrome"
        ),
    );
    for site in sites.iter().take(worst) {
        line(
            out,
            format_args!(
                "{}{:>7}{:>7}{:>7}{:>7}{:>9}",
                left(&site.site, name),
                grouped(site.pages),
                share(Some(site.shares.precision)),
                share(Some(site.shares.recall)),
                share(Some(site.shares.f1)),
                share(site.chrome)
            ),
        );
    }
}

fn rules(out: &mut String, rules: &[RuleFigures]) {
    for (keeps, title) in [(false, "Rules that drop"), (true, "Rules that keep")] {
        let mut of_kind = rules.iter().filter(|rule| rule.keeps == keeps).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        line(
            out,
            format_args!(
                "\n{BOLD}{title:<16}{BOLD:#}{DIM}{:>10}{:>9}{:>14}{:>9}{DIM:#}",
                "lines", "right", "characters", "right"
            ),
        );
        for rule in of_kind {
            line(
                out,
                format_args!(
                    "{:<16}{:>10}{:>9}{:>14}{:>9}",
                    rule.rule.name(),
                    grouped(rule.lines),
                    right(rule.lines_right, rule.lines),
                    grouped(rule.characters),
                    right(rule.characters_right, rule.characters)
                ),
            );
        }
    }
}

/// How much was right of what there is.
fn right(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { percent(part, whole) }
}

fn calibrated(out: &mut String, calibration: &Calibration, width: usize) {
    line(
        out,
        format_args!(
            "\n{BOLD}{:<16}{BOLD:#}{DIM}{:>10}{:>9}{:>14}{DIM:#}",
            "Calibration", "lines", "said", "are content"
        ),
    );
    let room = width.saturating_sub(51).min(40);
    for (number, bin) in calibration.bins.iter().enumerate() {
        let (low, high) = (number as f64 / 10.0, (number + 1) as f64 / 10.0);
        let said = (bin.lines > 0).then_some(bin.said);
        line(
            out,
            format_args!(
                "{:<16}{:>10}{:>9}{:>14}  {}",
                format!("{low:.1} – {high:.1}"),
                grouped(bin.lines),
                share(said),
                share(bin.share()),
                bar(bin.share().unwrap_or(0.0), room)
            ),
        );
    }
    line(
        out,
        format_args!(
            "expected calibration error {BOLD}{}{BOLD:#}, Brier score {BOLD}{}{BOLD:#}",
            share(Some(calibration.expected_error)),
            share(Some(calibration.brier))
        ),
    );
}

/// A bar of `share` of `room` columns.
fn bar(share: f64, room: usize) -> String {
    "▇".repeat((share * room as f64).round() as usize)
}

fn pages(out: &mut String, pages: &[WorstPage], width: usize) {
    if pages.is_empty() {
        return;
    }
    line(out, format_args!("\n{BOLD}Worst pages{BOLD:#}"));
    for page in pages {
        let name = if page.url.is_empty() { &page.id } else { &page.url };
        line(
            out,
            format_args!(
                "{BOLD}{}{BOLD:#}  P {}  R {}  {}",
                share(Some(page.shares.f1)),
                share(Some(page.shares.precision)),
                share(Some(page.shares.recall)),
                visible(name)
            ),
        );
        for wrong in &page.lines {
            line(out, format_args!("{}", wrong_line(wrong, width)));
        }
    }
}

/// A line on the wrong side: whether it stayed, its length, the rule, as much of it as there is room for.
fn wrong_line(wrong: &WorstLine, width: usize) -> String {
    let (what, style) = if wrong.kept { ("chrome kept", NOTE) } else { ("content lost", BAD) };
    let rule = wrong.rule.map_or("", |rule| rule.name());
    format!(
        "  {style}{what:<12}{style:#}{:>7}  {DIM}{rule:<18}{DIM:#} {}",
        grouped(wrong.characters),
        cut(wrong.text.trim(), width.saturating_sub(43))
    )
}
