//! Two texts side by side: lines that are in both face each other, and in lines that differ the words that do are told.
//!
//! The differences are found by Myers' method (crate `similar`), first of lines, then of words, without its time limit:
//! the same texts must give the same page. The texts of a cluster are cut at a few thousand characters, so that even the
//! worst of them take little time.

use diff::{Algorithm, DiffOp, capture_diff_slices};
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

/// Lines that are in both texts and are shown round those that differ.
const CONTEXT: usize = 2;

/// A row of the two columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Row {
    /// So many lines that are in both texts and are left out.
    Gap(usize),
    /// A line that is in both.
    Same([String; 1]),
    /// Lines that differ, or a line that only one has: its words, by turns such as both have and such as only it has.
    Differ([Option<Vec<String>>; 2]),
}

/// Lays two texts side by side. Blank lines count for nothing.
pub fn side_by_side(left: &str, right: &str) -> Vec<Row> {
    let lines = |text| -> Vec<&str> { str::lines(text).filter(|line| !line.trim().is_empty()).collect() };
    let (left, right) = (lines(left), lines(right));
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &left, &right) {
        let old = left.get(op.old_range()).unwrap_or_default();
        let new = right.get(op.new_range()).unwrap_or_default();
        match op {
            DiffOp::Equal { .. } => same(old, &mut rows),
            _ => differing(old, new, &mut rows),
        }
    }
    without_outer_context(rows)
}

/// Lines that are in both: the first and last of them, and how many there are between.
fn same(lines: &[&str], rows: &mut Vec<Row>) {
    let row = |line: &&str| Row::Same([(*line).to_owned()]);
    let hidden = lines.len().saturating_sub(2 * CONTEXT);
    if hidden < 2 {
        return rows.extend(lines.iter().map(row));
    }
    rows.extend(lines.iter().take(CONTEXT).map(row));
    rows.push(Row::Gap(hidden));
    rows.extend(lines.iter().skip(CONTEXT + hidden).map(row));
}

/// Lines that differ: the first faces the first, and so on.
fn differing(old: &[&str], new: &[&str], rows: &mut Vec<Row>) {
    for at in 0..old.len().max(new.len()) {
        rows.push(Row::Differ(match (old.get(at), new.get(at)) {
            (Some(old), Some(new)) => words(old, new).map(Some),
            (old, new) => [old, new].map(|line| line.map(|line| vec![String::new(), (*line).to_owned()])),
        }));
    }
}

/// The words of two lines, see [`Row::Differ`].
fn words(old: &str, new: &str) -> [Vec<String>; 2] {
    let old: Vec<&str> = old.split_word_bounds().collect();
    let new: Vec<&str> = new.split_word_bounds().collect();
    let mut sides = [vec![String::new()], vec![String::new()]];
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let texts = [old.get(op.old_range()), new.get(op.new_range())].map(|words| words.unwrap_or_default().concat());
        // A blank alone does not part two words that differ.
        let is_same = matches!(op, DiffOp::Equal { .. }) && texts.iter().any(|text| !text.trim().is_empty());
        for (side, words) in sides.iter_mut().zip(&texts) {
            add(side, is_same, words);
        }
    }
    sides
}

/// Adds words to a side whose parts are by turns the same (the first) and different.
fn add(side: &mut Vec<String>, is_same: bool, words: &str) {
    if words.is_empty() {
        return;
    }
    if (side.len() % 2 == 1) != is_same {
        side.push(String::new());
    }
    if let Some(last) = side.last_mut() {
        last.push_str(words);
    }
}

/// What stands before the first difference but one gap and its context is of no use, nor what stands behind the last.
fn without_outer_context(mut rows: Vec<Row>) -> Vec<Row> {
    if let Some(at) = rows.iter().take(CONTEXT + 1).position(|row| matches!(row, Row::Gap(_))) {
        rows.drain(..at).for_each(drop);
        if let Some(Row::Gap(lines)) = rows.first_mut() {
            *lines += at;
        }
    }
    let tail = rows.len().saturating_sub(CONTEXT + 1);
    if let Some(at) = rows.iter().skip(tail).position(|row| matches!(row, Row::Gap(_))) {
        let behind = rows.len() - (tail + at) - 1;
        rows.truncate(tail + at + 1);
        if let Some(Row::Gap(lines)) = rows.last_mut() {
            *lines += behind;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(parts: &[&str]) -> Option<Vec<String>> {
        Some(parts.iter().map(|part| (*part).to_owned()).collect())
    }

    #[test]
    fn words_that_differ_are_told_by_turns() {
        let rows = side_by_side("a fine day\nend", "a grey day\n\nend");
        let differ = Row::Differ([owned(&["a ", "fine", " day"]), owned(&["a ", "grey", " day"])]);
        assert_eq!(rows, [differ, Row::Same(["end".to_owned()])]);
        let phrase = Row::Differ([owned(&["a ", "fine day", "."]), owned(&["a ", "grey noon", "."])]);
        assert_eq!(side_by_side("a fine day.", "a grey noon."), [phrase]);
    }

    #[test]
    fn a_line_that_only_one_has_faces_nothing() {
        assert_eq!(side_by_side("a\nb", "a"), [Row::Same(["a".to_owned()]), Row::Differ([owned(&["", "b"]), None])]);
        assert_eq!(side_by_side("", "b"), [Row::Differ([None, owned(&["", "b"])])]);
    }

    #[test]
    fn long_runs_of_equal_lines_are_left_out() {
        let same: String = (0..20).map(|line| format!("line {line}\n")).collect();
        let rows = side_by_side(&format!("{same}x\n{same}"), &format!("{same}y\n{same}"));
        assert_eq!((rows.first(), rows.last()), (Some(&Row::Gap(18)), Some(&Row::Gap(18))), "{rows:?}");
        assert_eq!(rows.len(), 2 + 2 * CONTEXT + 1);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_lost(left in "[abc\n]{0,30}", right in "[abc\n]{0,30}") {
            let counts = side_by_side(&left, &right).into_iter().fold([0, 0], |[l, r], row| match row {
                Row::Gap(n) => [l + n, r + n],
                Row::Same(_) => [l + 1, r + 1],
                Row::Differ([left, right]) => [l + usize::from(left.is_some()), r + usize::from(right.is_some())],
            });
            let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
            proptest::prop_assert_eq!(counts, [lines(&left), lines(&right)]);
        }
    }
}
