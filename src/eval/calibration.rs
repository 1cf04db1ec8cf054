//! Whether scores mean what they say.
//!
//! A score of s nats says that its line is content with probability 1/(1+e^-s). Of the lines that are said to be so with
//! probability .8, four fifths should be. The reliability table compares the two in ten bins of equal width; the
//! expected calibration error (Naeini, Cooper and Hauskrecht 2015) is the mean difference, weighted by lines; the Brier
//! score (1950) is the mean square of what was said less what was so.

use serde::Serialize;

/// Bins of equal width.
const BINS: usize = 10;

/// The reliability of scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// Ten bins, least probable first.
    pub bins: [Bin; BINS],
    /// Expected calibration error, from 0 (best) to 1.
    pub expected_error: f64,
    /// Brier score, from 0 (best) to 1; who always says ½ has ¼.
    pub brier: f64,
}

/// Lines that are said to be content with about the same probability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Lines.
    pub lines: u64,
    /// Lines that are content.
    pub content: u64,
    /// The mean of what was said, from 0 to 1; 0 where the bin is empty.
    pub said: f64,
}

impl Bin {
    /// The share of its lines that are content; nothing where the bin is empty.
    pub fn share(&self) -> Option<f64> {
        (self.lines > 0).then(|| self.content as f64 / self.lines as f64)
    }
}

impl Calibration {
    /// Adds a line with this score.
    pub fn add(&mut self, score: f32, is_content: bool) {
        let said = 1.0 / (1.0 + libm::exp(-f64::from(score)));
        let at = ((said * BINS as f64) as usize).min(BINS - 1);
        if let Some(bin) = self.bins.get_mut(at) {
            bin.lines += 1;
            bin.content += u64::from(is_content);
            // Sums until they are divided at the end.
            bin.said += said;
        }
        let miss = said - f64::from(u8::from(is_content));
        self.brier += miss * miss;
    }

    /// The means of what was added; nothing of nothing.
    pub fn finish(mut self) -> Option<Self> {
        let lines: u64 = self.bins.iter().map(|bin| bin.lines).sum();
        if lines == 0 {
            return None;
        }
        for bin in &mut self.bins {
            self.expected_error += (bin.said - bin.content as f64).abs() / lines as f64;
            bin.said /= bin.lines.max(1) as f64;
        }
        self.brier /= lines as f64;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(f32, bool)]) -> Option<Calibration> {
        let mut calibration = Calibration::default();
        lines.iter().for_each(|(score, is_content)| calibration.add(*score, *is_content));
        calibration.finish()
    }

    #[test]
    fn who_says_half_is_right_half_the_time() {
        let found = of(&[(0.0, true), (0.0, false)]).expect("two lines");
        assert_eq!((found.expected_error, found.brier), (0.0, 0.25));
        assert_eq!((found.bins[5].lines, found.bins[5].share(), found.bins[5].said), (2, Some(0.5), 0.5));
    }

    #[test]
    fn who_is_sure_and_wrong_has_all_the_error() {
        let found = of(&[(90.0, false), (f32::INFINITY, false), (-90.0, true)]).expect("three lines");
        assert!(found.expected_error > 0.999 && found.brier > 0.999);
        assert_eq!((found.bins[9].lines, found.bins[0].lines), (2, 1));
    }

    #[test]
    fn nothing_is_calibrated_where_nothing_was_scored() {
        assert_eq!(of(&[]), None);
    }
}
