//! Learns what the statistics of a site say of its short lines.

use super::STEPS;
use super::example::{Example, SiteExamples};
use crate::chrome::evidence::prose;
use crate::chrome::feature::kind;
use crate::chrome::minimise::minimise;
use crate::chrome::model::Prior;
use crate::chrome::statistics::{self, SHORT};
use crate::eval::gold::Label;

/// Weight of the penalty on the prior's weights, for statistics of deviation 1.
const PRIOR_PENALTY: f64 = 0.02;
/// Characters of short rare text from which a site counts fully.
const PRIOR_TEXT: f64 = 3000.0;

impl SiteExamples {
    /// Characters of short rare text that are judged, and those of them that are content.
    fn short(&self) -> [f64; 2] {
        let is_short = |line: &&Example| prose(line.shape) < SHORT && kind(&line.features).is_multiple_of(2);
        let mut sums = [0.0; 2];
        for line in self.pages.iter().flat_map(|page| &page.lines).filter(is_short) {
            let characters = line.characters as f64;
            match line.label {
                Label::Content => sums = [sums[0] + characters, sums[1] + characters],
                Label::Chrome => sums[0] += characters,
                Label::Unjudged => {}
            }
        }
        sums
    }
}

/// What the statistics of sites say of their short lines: by logistic regression of the share that is content.
pub fn learn(sites: &[&SiteExamples]) -> Prior {
    const COLUMNS: usize = statistics::COUNT;
    let examples: Vec<([f64; COLUMNS], f64, f64)> = sites
        .iter()
        .map(|site| {
            let [all, content] = site.short();
            (site.statistics.values().map(f64::from), content / all.max(1.0), (all / PRIOR_TEXT).min(1.0))
        })
        .collect();
    let all: f64 = examples.iter().map(|(.., weight)| weight).sum::<f64>().max(f64::MIN_POSITIVE);
    let mean: [f64; COLUMNS] =
        std::array::from_fn(|i| examples.iter().map(|(x, _, weight)| weight * x[i]).sum::<f64>() / all);
    let deviation: [f64; COLUMNS] = std::array::from_fn(|i| {
        let squares = examples.iter().map(|(x, _, weight)| weight * (x[i] - mean[i]).powi(2)).sum::<f64>();
        (squares / all).sqrt() + 1e-3
    });
    let found = minimise(vec![0.0; COLUMNS + 1], 0..STEPS, |point, gradient| {
        gradient.fill(0.0);
        let mut loss = 0.0;
        for (x, share, weight) in &examples {
            let scaled: [f64; COLUMNS] = std::array::from_fn(|i| (x[i] - mean[i]) / deviation[i]);
            let score = point[COLUMNS] + scaled.iter().zip(point).map(|(x, weight)| x * weight).sum::<f64>();
            let weight = weight / all;
            let log_odds = libm::log1p(libm::exp(-score.abs())) + score.max(0.0);
            loss += weight * (log_odds - share * score);
            let slope = weight * (1.0 / (1.0 + libm::exp(-score)) - share);
            gradient.iter_mut().zip(scaled.iter().chain([&1.0])).for_each(|(gradient, x)| *gradient += slope * x);
        }
        for (gradient, weight) in gradient.iter_mut().zip(point).take(COLUMNS) {
            loss += PRIOR_PENALTY / 2.0 * weight * weight;
            *gradient += PRIOR_PENALTY * weight;
        }
        loss
    });
    let weights: [f64; COLUMNS] = std::array::from_fn(|i| found[i] / deviation[i]);
    let bias = found[COLUMNS] - weights.iter().zip(&mean).map(|(weight, mean)| weight * mean).sum::<f64>();
    Prior { bias: bias as f32, weights: weights.map(|weight| weight as f32) }
}
