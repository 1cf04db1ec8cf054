//! The outcome of a check for people: what fails, one line each; what is worth knowing; the verdict.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{BAD, BOLD, DIM, NOTE};
use crate::gate::Outcome;
use crate::page::visible;
use crate::render::shown;
use crate::report::number::count;
use crate::report::{Finding, Level};

/// Notes and stale entries that are shown, if not all of them are wanted.
const SHOWN: usize = 10;

/// The outcome, with all notes or the first of them.
pub fn draw(outcome: &Outcome, all: bool) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for finding in outcome.failures() {
        let _ = writeln!(out, "{}", line(finding, BAD));
    }
    let shown = if all { usize::MAX } else { SHOWN };
    let notes: Vec<&Finding> = outcome.findings.iter().filter(|finding| finding.level == Level::Note).collect();
    for finding in notes.iter().take(shown) {
        let _ = writeln!(out, "{DIM}note: {}{DIM:#}", line(finding, DIM));
    }
    more(&mut out, notes.len(), shown, "note", "notes");
    for entry in outcome.stale.iter().take(shown) {
        let _ = writeln!(out, "{DIM}stale: {}{DIM:#}", visible(entry));
    }
    more(&mut out, outcome.stale.len(), shown, "stale entry", "stale entries");
    verdict(&mut out, outcome);
    out
}

fn more(out: &mut String, all: usize, shown: usize, one: &str, many: &str) {
    if all > shown {
        let _ = writeln!(out, "{DIM}{} more; -v shows all{DIM:#}", count((all - shown) as u64, one, many));
    }
}

fn line(finding: &Finding, style: anstyle::Style) -> String {
    let site = visible(shown::site_of(finding.site.as_deref()));
    let known = match finding.known {
        0 => String::new(),
        known => format!(" (the baseline accepts {known}, this counts {})", finding.count),
    };
    let page = finding.page.iter().map(|page| format!("; see {}", visible(page))).collect::<String>();
    format!("{site}: {style}{}{style:#}: {}{known}{page}", finding.kind.title(), visible(&finding.message))
}

fn verdict(out: &mut String, outcome: &Outcome) {
    let failures: Vec<&Finding> = outcome.failures().collect();
    let what = count(failures.len() as u64, "finding", "findings");
    let accepted = outcome.findings.iter().filter(|finding| finding.level == Level::Error && !finding.is_new()).count();
    let accepted = match accepted {
        0 => String::new(),
        some => format!(", {} accepted by the baseline", count(some as u64, "finding", "findings")),
    };
    let seen = format!(
        "{}, {}{accepted}",
        count(outcome.sites.len() as u64, "site", "sites"),
        count(outcome.pages, "page", "pages")
    );
    let _ = if failures.is_empty() {
        writeln!(out, "{BOLD}passed{BOLD:#}: {seen}")
    } else if outcome.passes() {
        writeln!(out, "{NOTE}passed{NOTE:#}: {seen}; {what}, and {} may be new", outcome.max_new)
    } else {
        let sites: BTreeSet<&str> = failures.iter().filter_map(|finding| finding.site.as_deref()).collect();
        let on = match sites.len() {
            0 => String::new(),
            sites => format!(" on {}", count(sites as u64, "site", "sites")),
        };
        writeln!(
            out,
            "{BAD}failed{BAD:#}: {what}{on}; {seen} checked. If all is well, --update-baseline accepts what fails"
        )
    };
}
