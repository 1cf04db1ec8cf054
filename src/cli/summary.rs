//! The summary at the end of a run, for the terminal.

use std::fmt::Write;
use std::sync::Arc;

use super::{BAD, BOLD, DIM, NOTE, Talk, say};
use crate::error::{Action, Location, Problem};
use crate::page::visible;
use crate::render::shown::{self, shortened};
use crate::report::Summary;
use crate::report::number::{bytes, count, grouped, percent};
use crate::report::summary::{SiteTally, SourceTally};
use crate::similar::Relation;

/// Characters of a site's name.
const NAME: usize = 48;
/// Sites that are listed at each end.
const LISTED_SITES: usize = 3;

/// Shows what was wrong with the input: the first problems of each source, and how many more there were.
pub fn problems(summary: &Summary) {
    for source in &summary.sources {
        for problem in &source.problems {
            say(format_args!("{}", line(source, problem)));
        }
        let more = source.counts.values().sum::<u64>() - source.problems.len() as u64;
        if more > 0 {
            say(format_args!(
                "{NOTE}warning:{NOTE:#} {}: {} more problems like these",
                visible(&source.name),
                grouped(more)
            ));
        }
    }
}

fn line(source: &SourceTally, problem: &Problem) -> String {
    let at = Location { source: Arc::clone(&source.name), record: problem.record, byte: problem.byte };
    let style = if problem.action == Action::Repaired { NOTE } else { BAD };
    format!("{style}{}:{style:#} {at}: {}", problem.action.word(), visible(&problem.reason))
}

/// Shows what the run did.
pub fn show(summary: &Summary, talk: &Talk) {
    let tally = &summary.tally;
    let dropped = tally.all_dropped();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{BOLD}{}{BOLD:#} of {}, {}",
        count(tally.pages, "page", "pages"),
        count(tally.sites.len() as u64, "site", "sites"),
        pages_note(summary)
    );
    let _ = writeln!(
        out,
        "{BOLD}{}{BOLD:#} of text kept, {BOLD}{}{BOLD:#} dropped ({})",
        bytes(tally.kept.bytes),
        bytes(dropped.bytes),
        percent(dropped.bytes, tally.read.bytes)
    );
    let mut rules: Vec<_> = tally.dropped.iter().collect();
    rules.sort_by_key(|(rule, amount)| (std::cmp::Reverse(amount.bytes), **rule));
    let widest = rules.iter().map(|(rule, _)| rule.name().len()).max().unwrap_or(0).max(11);
    for (rule, amount) in rules {
        let _ = writeln!(
            out,
            "  {:>7}  {:<widest$} {:>12} {}  {DIM}{}{DIM:#}",
            percent(amount.bytes, tally.read.bytes),
            rule.name(),
            grouped(amount.lines),
            if amount.lines == 1 { "line " } else { "lines" },
            rule.describe()
        );
    }
    duplicates(&mut out, summary, talk);
    let (worst, best) = summary.extremes(LISTED_SITES);
    sites(&mut out, "most chrome", &worst);
    sites(&mut out, "least chrome", &best);
    for source in summary.sources.iter().filter(|_| talk.verbose > 0) {
        for (what, n) in &source.other {
            let _ = writeln!(out, "{DIM}{}: {} × {what}, no pages{DIM:#}", visible(&source.name), grouped(*n));
        }
    }
    let bad = summary.bad();
    if bad > 0 {
        let _ = writeln!(out, "{NOTE}{} could not be read{NOTE:#}", count(bad, "record", "records"));
    }
    let seconds = summary.elapsed.as_secs_f64();
    let rate = tally.read.bytes as f64 / seconds.max(1e-9);
    let memory = summary.peak_memory.map(|peak| format!(", {} of memory at most", bytes(peak))).unwrap_or_default();
    let _ = write!(out, "{DIM}{seconds:.2} s, {} of text a second{memory}{DIM:#}", bytes(rate as u64));
    say(format_args!("{out}"));
}

/// What is worth saying of the pages as pages.
fn pages_note(summary: &Summary) -> String {
    let tally = &summary.tally;
    let mut notes = vec![format!("{} written", grouped(tally.written))];
    let said = tally.pages - tally.blank;
    if summary.distinct < said {
        notes.push(format!("{} like others line for line", grouped(said - summary.distinct)));
    }
    if tally.blank > 0 {
        notes.push(format!("{} blank", grouped(tally.blank)));
    }
    if tally.emptied > 0 {
        notes.push(format!("{} emptied", grouped(tally.emptied)));
    }
    if summary.small_sites > 0 {
        notes.push(format!("{} with too few pages to judge", count(summary.small_sites, "site", "sites")));
    }
    notes.join(", ")
}

/// What was found of near-duplicates.
fn duplicates(out: &mut String, summary: &Summary, talk: &Talk) {
    let Some(likeness) = summary.likeness else { return };
    let tally = &summary.tally;
    let by_relation: Vec<String> = [Relation::Equal, Relation::Near, Relation::Contained]
        .into_iter()
        .filter_map(|relation| Some(format!("{} {}", grouped(*tally.clustered.get(&relation)?), relation.name())))
        .collect();
    let by_relation = if by_relation.is_empty() { String::new() } else { format!(" ({})", by_relation.join(", ")) };
    let left_out = match tally.duplicates() {
        0 => String::new(),
        pages => format!(", {BOLD}{}{BOLD:#} left out with {}", grouped(pages), bytes(tally.duplicate.bytes)),
    };
    let _ = writeln!(
        out,
        "{BOLD}{}{BOLD:#} of {}{by_relation}{left_out}",
        count(likeness.clusters, "cluster", "clusters"),
        count(likeness.pages, "page", "pages"),
    );
    if talk.verbose > 0 {
        let _ = writeln!(out, "{DIM}{}{DIM:#}", likeness.bands);
    }
}

fn sites(out: &mut String, title: &str, sites: &[(&str, SiteTally)]) {
    for (i, (name, site)) in sites.iter().enumerate() {
        let title = if i == 0 { title } else { "" };
        let share = percent(site.dropped.bytes, site.read.bytes);
        let _ = writeln!(
            out,
            "  {title:<12} {share:>7}  {} {DIM}({}){DIM:#}",
            shortened(shown::site(name), NAME),
            count(site.pages, "page", "pages")
        );
    }
}
