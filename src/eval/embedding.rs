//! Where kept lines stand on their page.
//!
//! A cleaner says what it kept, not which of equal lines that was. It is given the benefit of the doubt: of all ways to
//! find its lines on the page in their order, the one that finds most of them and, of these, the one worth most.
//! That is a longest common subsequence with weights (Wagner and Fischer 1974). Most pages do not need it: where each
//! text was kept as often as it stands on the page, or not at all, there is one way only.

use std::collections::{HashMap, HashSet};

use super::score::trim;

/// Cells of the table at most; on larger pages each kept line is found at the first place it can have.
const CELLS: usize = 4_000_000;

/// The number of the text of blank lines.
const BLANK: u32 = 0;

/// Says of each of `lines` whether it is one of `kept`. White space around lines does not count, and blank lines are
/// never found. `worth` decides between equal lines.
pub fn embedding(lines: &[&str], worth: &[u64], kept: &[&str]) -> Vec<bool> {
    let mut texts = HashMap::from([("", BLANK)]);
    let lines = numbered(lines, &mut texts);
    let mut kept = numbered(kept, &mut texts);
    kept.retain(|text| *text != BLANK);
    let mask = first_places(&lines, &kept);
    if is_only_way(&lines, &kept, &mask) || lines.len().saturating_mul(kept.len()) > CELLS {
        return mask;
    }
    best_places(&lines, worth, &kept)
}

/// Lines as the numbers of their texts.
fn numbered<'a>(lines: &[&'a str], texts: &mut HashMap<&'a str, u32>) -> Vec<u32> {
    let mut number = |line: &&'a str| {
        let next = texts.len() as u32;
        *texts.entry(trim(line)).or_insert(next)
    };
    lines.iter().map(&mut number).collect()
}

/// Each kept line at the first place behind the one before; lines that stand nowhere there are passed over.
fn first_places(lines: &[u32], kept: &[u32]) -> Vec<bool> {
    let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, text) in lines.iter().enumerate() {
        places.entry(*text).or_default().push(at);
    }
    let mut mask = vec![false; lines.len()];
    let mut from = 0;
    for text in kept {
        let of_text = places.get(text).map(Vec::as_slice).unwrap_or_default();
        let at = of_text.get(of_text.partition_point(|at| *at < from));
        if let Some((at, found)) = at.and_then(|at| Some((at, mask.get_mut(*at)?))) {
            *found = true;
            from = at + 1;
        }
    }
    mask
}

/// Whether all of `kept` were found, at every place where such lines stand.
fn is_only_way(lines: &[u32], kept: &[u32], mask: &[bool]) -> bool {
    let found = mask.iter().filter(|found| **found).count();
    let texts: HashSet<u32> = kept.iter().copied().collect();
    found == kept.len() && lines.iter().zip(mask).all(|(text, found)| *found || !texts.contains(text))
}

/// What to do at a line and a kept line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The line was not kept.
    PassLine,
    /// The kept line stands nowhere from here on.
    PassKept,
    /// They are the same.
    Take,
}

/// Fills the table from the last line to the first: the best of each cell is what the lines from there on can give to
/// the kept lines from there on. Of equal ways the one with the earliest places wins.
fn best_places(lines: &[u32], worth: &[u64], kept: &[u32]) -> Vec<bool> {
    let width = kept.len();
    let mut steps = vec![Step::PassLine; lines.len() * width];
    // How many lines were found, and what they are worth; one cell more for the end.
    let mut below = vec![(0u32, 0u64); width + 1];
    for ((line, worth), steps) in lines.iter().zip(worth).zip(steps.chunks_mut(width)).rev() {
        let mut row = below.clone();
        let mut right = (0, 0);
        for (((text, step), cell), diagonal) in kept.iter().zip(steps).zip(&mut row).zip(below.iter().skip(1)).rev() {
            let taken = (diagonal.0 + 1, diagonal.1 + worth);
            if line == text && taken >= *cell {
                (*cell, *step) = (taken, Step::Take);
            }
            if right > *cell {
                (*cell, *step) = (right, Step::PassKept);
            }
            right = *cell;
        }
        below = row;
    }
    follow(lines.len(), width, &steps)
}

/// The lines that the table says to take.
fn follow(lines: usize, width: usize, steps: &[Step]) -> Vec<bool> {
    let mut mask = vec![false; lines];
    let (mut line, mut kept) = (0, 0);
    while let Some(found) = mask.get_mut(line).filter(|_| kept < width) {
        match steps.get(line * width + kept) {
            Some(Step::PassKept) => kept += 1,
            Some(Step::Take) => {
                *found = true;
                line += 1;
                kept += 1;
            }
            Some(Step::PassLine) | None => line += 1,
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(lines: &str, worth: &[u64], kept: &str) -> String {
        let lines: Vec<&str> = lines.split(',').collect();
        let kept: Vec<&str> = kept.split(',').collect();
        let mask = embedding(&lines, worth, &kept);
        mask.iter().map(|found| if *found { '1' } else { '0' }).collect()
    }

    #[test]
    fn of_equal_lines_the_one_worth_more_was_kept() {
        assert_eq!(found("a,b,a,c", &[0, 0, 9, 0], "a"), "0010");
        assert_eq!(found("a,b,a,c", &[9, 0, 0, 0], "a"), "1000");
        assert_eq!(found("a,b,a,c", &[5, 0, 5, 0], "a"), "1000", "the earliest of equal ones");
    }

    #[test]
    fn more_lines_are_better_than_worthier_ones() {
        assert_eq!(found("a,b,a", &[0, 1, 50], "a,b"), "110");
    }

    #[test]
    fn order_counts_and_what_is_not_there_is_passed_over() {
        assert_eq!(found("a,b,c", &[1, 1, 1], "x,c,a"), "001");
        assert_eq!(found("a,b,c", &[1, 1, 1], "x,a,y,c"), "101");
    }

    #[test]
    fn white_space_around_a_line_does_not_count_and_blank_lines_are_never_found() {
        assert_eq!(found(" a\t,  ,b", &[1, 1, 1], "a,,b "), "101");
    }

    /// The best of all sets of lines that are a subsequence of what was kept: how many, and what they are worth.
    fn naive(lines: &[u32], worth: &[u64], kept: &[u32]) -> (u32, u64) {
        let is_subsequence = |taken: &[u32]| {
            let mut kept = kept.iter();
            taken.iter().all(|text| kept.any(|k| k == text))
        };
        (0..1u32 << lines.len())
            .filter_map(|set| {
                let is_in = |i: &usize| set >> i & 1 == 1;
                let taken: Vec<u32> = (0..lines.len()).filter(is_in).map(|i| lines[i]).collect();
                let worth = (0..lines.len()).filter(is_in).map(|i| worth[i]).sum();
                is_subsequence(&taken).then_some((taken.len() as u32, worth))
            })
            .max()
            .unwrap_or_default()
    }

    proptest! {
        #[test]
        fn no_other_places_are_better(
            page in prop::collection::vec((0..4u32, 0..9u64), 0..9),
            kept in prop::collection::vec(0..5u32, 0..6),
        ) {
            let (lines, worth): (Vec<u32>, Vec<u64>) = page.into_iter().unzip();
            let texts = |of: &[u32]| of.iter().map(|text| format!("line {text}")).collect::<Vec<_>>();
            let (shown, shown_kept) = (texts(&lines), texts(&kept));
            let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
            let shown_kept: Vec<&str> = shown_kept.iter().map(String::as_str).collect();
            let mask = embedding(&shown, &worth, &shown_kept);
            let taken = mask.iter().filter(|found| **found).count() as u32;
            let value = mask.iter().zip(&worth).filter(|(found, _)| **found).map(|(_, worth)| worth).sum::<u64>();
            prop_assert_eq!((taken, value), naive(&lines, &worth, &kept));
        }
    }
}
