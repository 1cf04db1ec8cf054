//! What a run did, in figures, and the ledger that shows that nothing was lost.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::chrome::{Rule, Verdict};
use crate::config::Empty;
use crate::error::{Action, Error, ErrorKind, Problem, Result};
use crate::line::Line;
use crate::page::Page;
use crate::similar::{Bands, Relation};
use crate::source::stream::Ledger;

/// Lines and the bytes of their text, without line ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Amount {
    /// Lines.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Amount {
    /// Adds another amount.
    pub fn add(&mut self, other: Amount) {
        self.lines += other.lines;
        self.bytes += other.bytes;
    }
}

/// What became of the pages of a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteTally {
    /// Pages read.
    pub pages: u64,
    /// Text read.
    pub read: Amount,
    /// Text dropped.
    pub dropped: Amount,
}

impl SiteTally {
    /// Share of the site's text that was dropped, from 0 to 1.
    pub fn share_dropped(&self) -> f64 {
        share(self.dropped.bytes, self.read.bytes)
    }
}

/// Sites by name.
pub type Sites<'a> = Vec<(&'a str, SiteTally)>;

/// `part` of `whole`, from 0 to 1; 0 of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// What became of some pages. Tallies add up in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pages read.
    pub pages: u64,
    /// Pages that had no text when they were read.
    pub blank: u64,
    /// Pages of which nothing was left.
    pub emptied: u64,
    /// Pages written.
    pub written: u64,
    /// Text read.
    pub read: Amount,
    /// Text kept.
    pub kept: Amount,
    /// Text dropped, by rule.
    pub dropped: BTreeMap<Rule, Amount>,
    /// Text of pages that were left out because another page says the same, without what was dropped of it by rule.
    pub duplicate: Amount,
    /// Pages that are in a cluster of near-duplicates, by how they stand to the page that is kept.
    pub clustered: BTreeMap<Relation, u64>,
    /// Those of them that were left out.
    pub left_out: BTreeMap<Relation, u64>,
    /// The same by site.
    pub sites: HashMap<Box<str>, SiteTally>,
}

impl Tally {
    /// Counts a page and what was decided on its lines; `left_out`: it is the duplicate of one that is kept.
    pub fn add_page(
        &mut self,
        page: &Page<'_>,
        lines: &[Line],
        verdicts: &[Verdict],
        empty: Empty,
        left_out: Option<Relation>,
    ) {
        let mut read = Amount::default();
        let mut dropped = Amount::default();
        let kept = if left_out.is_some() { &mut self.duplicate } else { &mut self.kept };
        for (line, verdict) in lines.iter().zip(verdicts) {
            let amount = Amount { lines: 1, bytes: (line.end - line.start) as u64 };
            read.add(amount);
            if verdict.keep {
                kept.add(amount);
            } else {
                dropped.add(amount);
                self.dropped.entry(verdict.rule).or_default().add(amount);
            }
        }
        self.pages += 1;
        self.read.add(read);
        let was_blank = lines.iter().all(Line::is_blank);
        let is_emptied = !was_blank && emptied(lines, verdicts);
        self.blank += u64::from(was_blank);
        self.emptied += u64::from(is_emptied);
        match left_out {
            Some(relation) => *self.left_out.entry(relation).or_default() += 1,
            None => self.written += u64::from(!(is_emptied && empty == Empty::Drop)),
        }
        let site = match self.sites.get_mut(page.site) {
            Some(site) => site,
            None => self.sites.entry(page.site.into()).or_default(),
        };
        site.pages += 1;
        site.read.add(read);
        site.dropped.add(dropped);
    }

    /// Adds what became of other pages.
    pub fn add(&mut self, other: Tally) {
        self.pages += other.pages;
        self.blank += other.blank;
        self.emptied += other.emptied;
        self.written += other.written;
        self.read.add(other.read);
        self.kept.add(other.kept);
        self.duplicate.add(other.duplicate);
        for (relation, pages) in other.clustered {
            *self.clustered.entry(relation).or_default() += pages;
        }
        for (relation, pages) in other.left_out {
            *self.left_out.entry(relation).or_default() += pages;
        }
        for (rule, amount) in other.dropped {
            self.dropped.entry(rule).or_default().add(amount);
        }
        for (name, tally) in other.sites {
            let site = self.sites.entry(name).or_default();
            site.pages += tally.pages;
            site.read.add(tally.read);
            site.dropped.add(tally.dropped);
        }
    }

    /// Pages left out because another says the same.
    pub fn duplicates(&self) -> u64 {
        self.left_out.values().sum()
    }

    /// All text dropped by a rule.
    pub fn all_dropped(&self) -> Amount {
        let mut all = Amount::default();
        self.dropped.values().for_each(|amount| all.add(*amount));
        all
    }
}

/// Whether no line that shows is left of a page.
pub fn emptied(lines: &[Line], verdicts: &[Verdict]) -> bool {
    !lines.iter().zip(verdicts).any(|(line, verdict)| verdict.keep && !line.is_blank())
}

/// How the reading of one input went.
#[derive(Clone, Debug, Default)]
pub struct SourceTally {
    /// The input as the user named it.
    pub name: Arc<str>,
    /// Its size on disk, in bytes.
    pub size: u64,
    /// Bytes read and bytes lost, for formats that are read from front to back.
    pub ledger: Option<Ledger>,
    /// Pages found.
    pub pages: u64,
    /// The first problems, in their order.
    pub problems: Vec<Problem>,
    /// How many problems there were, by what was done.
    pub counts: BTreeMap<Action, u64>,
    /// Records that are no pages, by what they are.
    pub other: BTreeMap<&'static str, u64>,
}

impl SourceTally {
    /// Counts problems, and keeps the texts of the first `kept`.
    pub fn add_problems(&mut self, problems: Vec<Problem>, kept: usize) {
        for problem in problems {
            *self.counts.entry(problem.action).or_default() += 1;
            if self.problems.len() < kept {
                self.problems.push(problem);
            }
        }
    }

    /// Records that could not be read, and stretches that hold none.
    pub fn bad(&self) -> u64 {
        self.counts.iter().filter(|(action, _)| **action != Action::Repaired).map(|(_, n)| n).sum()
    }
}

/// What looking for near-duplicates found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Clusters of more than one page.
    pub clusters: u64,
    /// Pages in them.
    pub pages: u64,
    /// How they were found.
    pub bands: Bands,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Each input.
    pub sources: Vec<SourceTally>,
    /// What became of the pages.
    pub tally: Tally,
    /// Pages that differ from each other, by what the census counted.
    pub distinct: u64,
    /// Sites with too few pages to tell what repeats.
    pub small_sites: u64,
    /// What becomes of emptied pages.
    pub empty: Empty,
    /// What looking for near-duplicates found, if they were looked for.
    pub likeness: Option<Likeness>,
    /// How long the run took.
    pub elapsed: Duration,
    /// The most memory it took, in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

impl Summary {
    /// Records that could not be read, over all inputs.
    pub fn bad(&self) -> u64 {
        self.sources.iter().map(SourceTally::bad).sum()
    }

    /// Checks that what went in came out or was dropped for a named reason: pages, lines, bytes of text, bytes of files.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when it does not add up, which is a defect of dehusk; [`ErrorKind::Changed`] when an
    /// input did not have the size it had at the start.
    pub fn check(&self) -> Result<()> {
        let tally = &self.tally;
        let read: u64 = self.sources.iter().map(|source| source.pages).sum();
        let lost = |what: &str, one: u64, other: u64| {
            Err(Error::from(ErrorKind::Internal(format!("the ledger does not add up: {what}: {one} against {other}"))))
        };
        if read != tally.pages {
            return lost("pages read and pages judged", read, tally.pages);
        }
        let left_out = if self.empty == Empty::Drop { tally.emptied } else { 0 };
        let accounted = tally.written + left_out + tally.duplicates();
        if tally.pages != accounted {
            return lost("pages read and pages written or left out", tally.pages, accounted);
        }
        let clustered: u64 = tally.clustered.values().sum();
        let found = self.likeness.map_or(0, |likeness| likeness.pages);
        if clustered != found {
            return lost("pages judged and pages found in clusters", clustered, found);
        }
        let dropped = tally.all_dropped();
        let lines = tally.kept.lines + dropped.lines + tally.duplicate.lines;
        if tally.read.lines != lines {
            return lost("lines read and lines kept or dropped", tally.read.lines, lines);
        }
        let bytes = tally.kept.bytes + dropped.bytes + tally.duplicate.bytes;
        if tally.read.bytes != bytes {
            return lost("text read and text kept or dropped", tally.read.bytes, bytes);
        }
        for source in &self.sources {
            if source.ledger.is_some_and(|ledger| ledger.total() != source.size) {
                return Err(ErrorKind::Changed(source.name.to_string()).into());
            }
        }
        Ok(())
    }

    /// The sites with most text dropped and those with least, by share and then by name; at most `n` of each, none in both.
    pub fn extremes(&self, n: usize) -> (Sites<'_>, Sites<'_>) {
        let mut sites: Sites<'_> = self
            .tally
            .sites
            .iter()
            .filter(|(_, site)| site.pages > 1 && site.read.bytes > 0)
            .map(|(name, site)| (&**name, *site))
            .collect();
        sites.sort_by(|(a, x), (b, y)| y.share_dropped().total_cmp(&x.share_dropped()).then_with(|| a.cmp(b)));
        let worst = sites.len().div_ceil(2).min(n);
        let best = (sites.len() - worst).min(n);
        let best = sites.split_off(sites.len() - best);
        sites.truncate(worst);
        (sites, best.into_iter().rev().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(start: usize, end: usize) -> Line {
        Line {
            start,
            end,
            next: end + 1,
            exact: if start == end { 0 } else { 7 },
            template: 7,
            shape: Default::default(),
        }
    }

    fn page(text: &str) -> Page<'_> {
        Page { url: "u", id: None, site: "s", text, marks: &[] }
    }

    fn summary() -> Summary {
        let mut summary =
            Summary { sources: vec![SourceTally { pages: 2, ..SourceTally::default() }], ..Summary::default() };
        let (keep, drop) = (Verdict::keep(Rule::Unique), Verdict::drop(Rule::Recurs, 3, 4));
        summary.tally.add_page(&page("ab\ncd"), &[line(0, 2), line(3, 5)], &[keep, drop], Empty::Keep, None);
        summary.tally.add_page(&page("ab"), &[line(0, 2)], &[drop], Empty::Keep, None);
        summary
    }

    #[test]
    fn the_ledger_adds_up_or_the_run_fails() {
        let mut summary = summary();
        assert!(summary.check().is_ok());
        assert_eq!((summary.tally.emptied, summary.tally.written), (1, 2));
        summary.tally.kept.bytes += 1;
        assert!(summary.check().is_err_and(|e| e.to_string().contains("text read")));
        summary.tally.kept.bytes -= 1;
        summary.sources[0].pages = 3;
        assert!(summary.check().is_err_and(|e| e.to_string().contains("pages read")));
    }

    #[test]
    fn a_page_left_out_as_a_duplicate_is_accounted_for() {
        let mut summary = summary();
        let (keep, drop) = (Verdict::keep(Rule::Unique), Verdict::drop(Rule::Recurs, 3, 4));
        let (text, lines) = (page("ab\ncd"), [line(0, 2), line(3, 5)]);
        summary.tally.add_page(&text, &lines, &[keep, drop], Empty::Keep, Some(Relation::Near));
        summary.sources[0].pages = 3;
        assert!(summary.check().is_ok());
        assert_eq!((summary.tally.written, summary.tally.duplicates(), summary.tally.duplicate.bytes), (2, 1, 2));
        summary.tally.left_out.clear();
        assert!(summary.check().is_err_and(|e| e.to_string().contains("written or left out")));
    }

    #[test]
    fn a_file_of_which_bytes_are_missing_changed_while_it_was_read() {
        let mut summary = summary();
        summary.sources[0].size = 10;
        summary.sources[0].ledger = Some(Ledger { read: 7, padding: 1, gaps: 2 });
        assert!(summary.check().is_ok());
        summary.sources[0].ledger = Some(Ledger { read: 7, padding: 1, gaps: 1 });
        assert!(summary.check().is_err_and(|e| matches!(e.kind(), ErrorKind::Changed(_))));
    }

    #[test]
    fn tallies_add_up_in_any_order() {
        let (mut a, mut b) = (summary().tally, summary().tally);
        b.blank = 5;
        let (left, right) = (a.clone(), b.clone());
        a.add(right);
        b.add(left);
        assert_eq!(a, b);
    }

    #[test]
    fn only_the_first_problems_keep_their_text() {
        let mut source = SourceTally::default();
        source.add_problems((0..9).map(|n| Problem::skipped(n.to_string())).collect(), 5);
        source.add_problems(vec![Problem::repaired("x")], 5);
        assert_eq!((source.problems.len(), source.bad()), (5, 9));
    }
}
