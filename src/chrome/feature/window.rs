//! Sums over the lines of a page, and over those round a line.

/// Lines on both sides that are looked at together.
pub const RADII: [usize; 3] = [2, 6, 20];

/// What is summed up over the lines of a page.
#[derive(Clone, Copy)]
pub enum Sum {
    /// Characters of prose.
    Prose,
    /// Roots of lengths, and those of recurring lines.
    Weight,
    Recurring,
    /// Lines that are short and rare, that are titles of other pages, that have many like them, that recur.
    Short,
    Titles,
    Alike,
    Breaks,
    /// Shares of the headline's long words, by the roots of lengths.
    Headline,
}

/// Each [`Sum`], side by side so that a vector register or two hold them.
pub type Row = [f32; 8];

/// Sums over the lines of a page up to each, so that those over a window are a difference.
#[derive(Debug, Default)]
pub struct Sums(Vec<Row>);

impl Sums {
    pub fn set(&mut self, rows: impl Iterator<Item = Row>) {
        self.0.clear();
        let mut sums = Row::default();
        self.0.push(sums);
        self.0.extend(rows.map(|row| {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            sums
        }));
    }

    /// The sums over lines `from..to`, as far as the page goes.
    #[inline(always)]
    pub fn over(&self, from: usize, to: usize) -> Row {
        let last = self.0.len() - 1;
        difference(&self.0[to.min(last)], &self.0[from.min(last)])
    }

    /// The sums over `radius` lines on both sides, without the line itself.
    #[inline(always)]
    pub fn round(&self, at: usize, radius: usize) -> Row {
        difference(&self.over(at.saturating_sub(radius), at + radius + 1), &self.over(at, at + 1))
    }
}

#[inline(always)]
fn difference(a: &Row, b: &Row) -> Row {
    std::array::from_fn(|at| a[at] - b[at])
}

/// Lines of a page of `lines` within `radius` on both sides of one.
#[inline(always)]
pub fn lines_round(lines: usize, at: usize, radius: usize) -> f32 {
    let round = (at + radius + 1).min(lines) - at.saturating_sub(radius) - 1;
    round.max(1) as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn windows_are_sums_over_their_lines(
            values in prop::collection::vec(0..100u8, 1..50),
            from in 0..60usize,
            to in 0..60usize,
            radius in 0..30usize,
        ) {
            let mut sums = Sums::default();
            sums.set([[1.0; 8], [2.0; 8]].into_iter());
            sums.set(values.iter().map(|value| std::array::from_fn(|at| f32::from(*value) * at as f32)));
            let naive = |of: &[u8]| of.iter().map(|value| f32::from(*value)).sum::<f32>();
            let (from, to) = (from.min(to), from.max(to));
            let end = values.len();
            prop_assert_eq!(sums.over(from, to)[1], naive(&values[from.min(end)..to.min(end)]));
            for at in 0..end {
                let round = naive(&values[at.saturating_sub(radius)..at]) + naive(&values[at + 1..(at + 1 + radius).min(end)]);
                prop_assert_eq!(sums.round(at, radius), std::array::from_fn(|at| round * at as f32));
            }
        }
    }
}
