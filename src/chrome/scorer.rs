//! Scores the lines of a page: each by its features, then those in doubt once more.

use super::feature::Features;
use super::model::{Model, SiteWeights};
use super::revision::{NETWORKS, SURE, Sums, UNITS};

/// Scores the lines of pages, one page after the other. Keeps its buffers.
#[derive(Debug, Default)]
pub struct Scorer {
    scores: Vec<f32>,
    doubts: Vec<Doubt>,
    sums: Sums,
}

/// A line in doubt.
#[derive(Debug)]
struct Doubt {
    /// Its number on its page.
    at: usize,
    /// The units of the revision by its features.
    units: [f32; NETWORKS * UNITS],
    /// What its score is corrected by.
    correction: f32,
}

impl Scorer {
    /// Scores the next line of a page: the logarithm of the odds that it is content, in nats, by its features alone.
    #[inline]
    pub fn line(&mut self, model: &Model, weights: &SiteWeights, features: &Features) {
        let score = weights.score(features);
        if let Some(revision) = model.revision.as_ref().filter(|_| score.abs() < SURE) {
            self.doubts.push(Doubt { at: self.scores.len(), units: revision.units(features), correction: 0.0 });
        }
        self.scores.push(score);
    }

    /// Ends the page whose lines were scored, and gives their scores, those in doubt corrected; each is moved by so many
    /// nats. The next line is the first of another page.
    pub fn page(&mut self, model: &Model, weights: &SiteWeights, lenience: f32, scores: &mut Vec<f32>) {
        std::mem::swap(&mut self.scores, scores);
        self.scores.clear();
        if let Some(revision) = &model.revision {
            self.sums.set(scores);
            // All are read before one is changed.
            for doubt in &mut self.doubts {
                let beside = self.sums.beside(weights.prior(), doubt.at, scores);
                doubt.correction = revision.correction(&revision.all_units(doubt.units, &beside));
            }
            for doubt in self.doubts.drain(..) {
                if let Some(score) = scores.get_mut(doubt.at) {
                    *score += doubt.correction;
                }
            }
        }
        scores.iter_mut().for_each(|score| *score += lenience);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::feature::{COUNT, NAMES};
    use crate::chrome::revision::{Revision, tests::of_input};

    /// The scores of lines that score so by their features, once they were revised.
    fn revised(scores: &[f32], revision: Revision, lenience: f32) -> Vec<f32> {
        let length = NAMES.iter().position(|name| *name == "length").unwrap();
        let mut model = Model { revision: Some(revision), ..Model::empty() };
        model.weights[length][0] = 1.0;
        let weights = model.at(&model.conditions(&Default::default(), 9));
        let (mut scorer, mut found) = (Scorer::default(), Vec::new());
        // The page before it leaves nothing behind.
        scorer.line(&model, &weights, &[0.0; COUNT]);
        scorer.page(&model, &weights, 0.0, &mut found);
        for score in scores {
            let mut features = [0.0; COUNT];
            features[length] = *score;
            scorer.line(&model, &weights, &features);
        }
        scorer.page(&model, &weights, lenience, &mut found);
        found
    }

    #[test]
    fn lines_in_doubt_are_corrected_and_others_are_not() {
        let found = revised(&[-8.0, 1.0, SURE, -0.5, 8.0], of_input("score", 3.0), 0.0);
        assert_eq!(found, [-8.0, 4.0, SURE, -0.5, 8.0]);
    }

    #[test]
    fn corrections_are_by_scores_that_are_not_corrected() {
        assert_eq!(revised(&[1.0; 4], of_input("score_before", 1.0), 0.0), [1.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn lenience_moves_all_scores_and_no_correction() {
        assert_eq!(revised(&[-8.0, 1.0, -0.5], of_input("score", 3.0), 2.0), [-6.0, 6.0, 1.5]);
    }

    proptest! {
        #[test]
        fn scores_stay_numbers(scores in prop::collection::vec(-20.0..20.0f32, 0..50), output in -9.0..9.0f32) {
            let found = revised(&scores, of_input("scores_of_page", output), 0.0);
            prop_assert_eq!(found.len(), scores.len());
            for (found, score) in found.iter().zip(&scores) {
                prop_assert!(found.is_finite());
                prop_assert!(score.abs() < SURE || found == score);
            }
        }
    }
}
