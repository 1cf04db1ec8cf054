//! Runs: lines of a page that other pages have in a row, too. The longer a run, the likelier a menu, above all if it hangs
//! on the frame of the site.

use super::evidence::{LineEvidence, prose};
use super::link::Link;
use super::logarithm::of_whole;

/// A run of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Run {
    /// How many.
    pub lines: u32,
    /// The logarithm of that.
    pub log_lines: f32,
    /// Share of the site's pages that have the most common of them.
    pub share: f32,
    /// Share of their characters that are prose, however often they recur; 0 for a line by itself.
    pub prose: f32,
}

/// The weakest links of the runs that each line is of.
pub const LINKS: [Link; 3] = [Link::Loose, Link::Tight, Link::Firm];

/// Puts the runs that each of these lines is of into `runs`, by [`LINKS`], on a site of `pages` pages. A line that is linked
/// to none is a run of its own.
pub fn find(lines: &[LineEvidence], pages: u64, runs: &mut Vec<[Run; LINKS.len()]>) {
    runs.clear();
    let alone = |line: &LineEvidence| Run { lines: 1, share: share(line.on, pages), ..Run::default() };
    runs.extend(lines.iter().map(|line| [alone(line); LINKS.len()]));
    find_within(lines, pages, runs, 0);
}

/// Finds the runs of lines that are one run by the weaker links, for the links from the `kind`th on: a run by firm links
/// is a part of one by weaker ones, and most lines have no link at all.
fn find_within(lines: &[LineEvidence], pages: u64, mut runs: &mut [[Run; LINKS.len()]], kind: usize) {
    let Some(weakest) = LINKS.get(kind) else { return };
    for run in lines.chunk_by(|_, line| line.link >= *weakest) {
        let (of_run, others) = runs.split_at_mut(run.len());
        if run.len() > 1 {
            let found = Run::of(run, pages);
            of_run.iter_mut().for_each(|runs| runs[kind] = found);
            find_within(run, pages, of_run, kind + 1);
        }
        runs = others;
    }
}

fn share(on: u32, pages: u64) -> f32 {
    (on as f32 / pages.max(1) as f32).min(1.0)
}

impl Run {
    fn of(run: &[LineEvidence], pages: u64) -> Self {
        let (mut on, mut proses, mut length) = (0, 0.0, 0.0);
        for line in run {
            on = on.max(line.on);
            proses += prose(line.shape);
            length += line.shape.length();
        }
        let (lines, log_lines) = (u32::try_from(run.len()).unwrap_or(u32::MAX), of_whole(run.len()));
        Run { lines, log_lines, share: share(on, pages), prose: proses / length.max(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::own;
    use super::*;

    #[test]
    fn a_run_is_as_long_as_its_links_and_known_by_its_most_common_line() {
        let of = |on: u32, link: Link| LineEvidence { on, link, ..own("menu") };
        let page = [of(9, Link::None), of(2, Link::Firm), of(3, Link::Tight), of(2, Link::Loose), of(1, Link::None)];
        let mut runs = Vec::new();
        find(&page, 10, &mut runs);
        let known: Vec<_> = runs.iter().map(|runs| runs.map(|run| (run.lines, run.share))).collect();
        let first = [(4, 0.9), (3, 0.9), (2, 0.9)];
        assert_eq!(
            known,
            [first, first, [(4, 0.9), (3, 0.9), (1, 0.3)], [(4, 0.9), (1, 0.2), (1, 0.2)], [(1, 0.1); 3]]
        );
        assert!(runs.iter().flatten().all(|run| run.log_lines == of_whole(run.lines as usize)));
        find(&[], 10, &mut runs);
        assert!(runs.is_empty());
    }

    #[test]
    fn a_run_of_sentences_is_prose_and_one_of_names_is_not() {
        let sentence = "The ferry to the island is late again, and nobody at the harbour can say when it will leave.";
        let of = |text: &str| LineEvidence { link: Link::Firm, ..own(text) };
        let mut runs = Vec::new();
        let mut share = |lines: &[LineEvidence]| {
            find(lines, 10, &mut runs);
            runs[0][2].prose
        };
        assert!(share(&[of("Home"), of("News"), of("Sport")]) < 0.1);
        assert!(share(&[of(sentence), of(sentence)]) > 0.7);
    }
}
