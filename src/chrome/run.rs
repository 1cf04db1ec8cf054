//! Runs: lines of a page that other pages have in a row, too. The longer a run, the likelier a menu, above all if it hangs
//! on the frame of the site.

use super::evidence::{LineEvidence, prose};
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

/// Puts the run that each of these lines is of into `runs`, on a site of `pages` pages. A line that is linked to none is a
/// run of its own.
pub fn find(lines: &[LineEvidence], pages: u64, runs: &mut Vec<Run>) {
    runs.clear();
    for run in lines.chunk_by(|_, line| line.linked) {
        let found = if let [line] = run {
            Run { lines: 1, share: share(line.on, pages), ..Run::default() }
        } else {
            Run::of(run, pages)
        };
        runs.resize(runs.len() + run.len(), found);
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
        let of = |on: u32, linked: bool| LineEvidence { on, linked, ..own("menu") };
        let page = [of(9, false), of(2, true), of(3, true), of(1, false), of(2, false), of(4, true)];
        let mut runs = Vec::new();
        find(&page, 10, &mut runs);
        let known: Vec<_> = runs.iter().map(|run| (run.lines, run.share)).collect();
        assert_eq!(known, [(3, 0.9), (3, 0.9), (3, 0.9), (1, 0.1), (2, 0.4), (2, 0.4)]);
        assert!(runs.iter().all(|run| run.log_lines == of_whole(run.lines as usize)));
        find(&[], 10, &mut runs);
        assert!(runs.is_empty());
    }

    #[test]
    fn a_run_of_sentences_is_prose_and_one_of_names_is_not() {
        let sentence = "The ferry to the island is late again, and nobody at the harbour can say when it will leave.";
        let of = |text: &str| LineEvidence { linked: true, ..own(text) };
        let mut runs = Vec::new();
        let mut share = |lines: &[LineEvidence]| {
            find(lines, 10, &mut runs);
            runs[0].prose
        };
        assert!(share(&[of("Home"), of("News"), of("Sport")]) < 0.1);
        assert!(share(&[of(sentence), of(sentence)]) > 0.7);
    }
}
