//! The weights that turn a line's features into the odds that it is content, and those that the decoder takes.
//!
//! A score is linear in the features: how much one counts is its weight, moved by what kind of site it is, so that one
//! model serves a newspaper, where a short line beside the article is a teaser, and a manual, where it is a parameter.
//! What corrects the scores that leave doubt is part of the model: see [`revision`](super::revision).
//! `weights.json` holds the model that is compiled in, with the figures it was chosen by; `dehusk eval --train` makes
//! such a file of labelled pages.

mod file;

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::feature::{CONDITIONS, COUNT, Conditions, Features, KINDS, conditions, for_kind, kind, prior, used};
use super::revision::Revision;
use super::statistics::{self, Statistics};

/// A model: weights and what the decoder takes. [`Model::built_in`] is the one compiled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// For each feature its weight in nats, then what each condition of the site adds to it.
    pub weights: Vec<Weights>,
    /// The same for what every line has.
    pub bias: Weights,
    /// What corrects the scores that leave lines in doubt, if anything does.
    pub revision: Option<Revision>,
    /// What the decoder takes.
    pub decoder: Decoder,
    /// What a site's statistics say of its short lines.
    pub prior: Prior,
    /// Whether sites move the weights by themselves: see [`self_training`](super::self_training). Not those that labels of
    /// the very sites moved, which know better.
    pub self_training: bool,
    /// What the model was made from, and how good it is: for readers.
    pub about: serde_json::Value,
}

/// A weight, and what each condition adds to it: see [`CONDITIONS`].
pub type Weights = Conditions;

/// What finds the runs of content and chrome on a page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoder {
    /// What it costs to pass between content and chrome, in nats.
    pub switch: f32,
    /// How much more a long line says: its score counts as (length / 90) to this power.
    pub length_power: f32,
}

impl Decoder {
    /// That of scores which are not revised: they know less of the lines round a line, so that passing is dearer.
    pub const UNREVISED: Self = Self { switch: 0.5, length_power: 0.45 };
}

/// The odds that short rare text is content on a site, from the site's statistics: a logistic regression over sites.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// The odds in nats where all statistics are 0.
    pub bias: f32,
    /// What each statistic adds.
    pub weights: [f32; statistics::COUNT],
}

/// What the odds of a prior are at most, in nats.
const SUREST: f32 = 3.5;

impl Prior {
    /// The odds for a site of these statistics, in nats.
    pub fn of(&self, statistics: &Statistics) -> f32 {
        let sum: f32 = statistics.values().iter().zip(&self.weights).map(|(value, weight)| value * weight).sum();
        (self.bias + sum).clamp(-SUREST, SUREST)
    }
}

impl Model {
    /// The model that is compiled in.
    pub fn built_in() -> Arc<Self> {
        static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
            // A test reads the file: if it cannot be read, all lines are content.
            Arc::new(Model::parse(include_str!("../weights.json")).unwrap_or_else(|_| Model::empty()))
        });
        Arc::clone(&MODEL)
    }

    /// A model without an opinion.
    pub fn empty() -> Self {
        Self {
            weights: vec![[0.0; CONDITIONS.len()]; COUNT],
            bias: [0.0; CONDITIONS.len()],
            revision: None,
            decoder: Decoder { switch: 1.0, length_power: 0.3 },
            prior: Prior { bias: 0.0, weights: [0.0; statistics::COUNT] },
            self_training: true,
            about: serde_json::Value::Null,
        }
    }

    /// What a site of these statistics, of so many pages, moves the weights by.
    pub fn conditions(&self, statistics: &Statistics, pages: u64) -> Conditions {
        conditions(self.prior.of(statistics), pages)
    }

    /// The weights for a site of these conditions.
    pub fn at(&self, conditions: &Conditions) -> SiteWeights {
        let kinds = std::array::from_fn(|kind| self.of_kind(&for_kind(*conditions, kind)));
        SiteWeights { kinds, prior: prior(conditions) }
    }

    fn of_kind(&self, conditions: &Conditions) -> KindWeights {
        let sum =
            |weights: &Weights| weights.iter().zip(conditions).map(|(weight, condition)| weight * condition).sum();
        let mut weights = [0.0; COUNT];
        for (weight, row) in weights.iter_mut().zip(&self.weights) {
            *weight = sum(row);
        }
        KindWeights { weights, bias: sum(&self.bias) }
    }
}

/// The weights for one site, by the kind of line.
#[derive(Clone, Debug)]
pub struct SiteWeights {
    kinds: [KindWeights; KINDS],
    /// The condition that the prior of the site is.
    prior: f32,
}

/// The weights for lines of one kind on one site.
#[derive(Clone, Debug)]
struct KindWeights {
    weights: Features,
    bias: f32,
}

/// What a site adds to the weights of lines of all kinds.
#[derive(Clone, Debug)]
pub struct Shift {
    /// By feature.
    pub weights: Vec<f32>,
    /// What every line has.
    pub bias: f32,
}

impl SiteWeights {
    /// Moves the weights.
    pub fn shift(&mut self, shift: &Shift) {
        for kind in &mut self.kinds {
            kind.bias += shift.bias;
            kind.weights.iter_mut().zip(&shift.weights).for_each(|(weight, shift)| *weight += shift);
        }
    }

    /// What the prior of the site is as a condition.
    pub fn prior(&self) -> f32 {
        self.prior
    }

    /// The logarithm of the odds that a line of these features is content, in nats.
    pub fn score(&self, features: &Features) -> f32 {
        let KindWeights { weights, bias } = &self.kinds[kind(features)];
        bias + product(weights, features)
    }
}

/// The sum of the features by their weights, with the widest vectors that the processor has.
fn product(weights: &Features, features: &Features) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code)]
        // SAFETY: the processor has AVX2, which is all that `product_avx2` asks for.
        return unsafe { product_avx2(weights, features) };
    }
    product_plain(weights, features)
}

/// [`product_plain`], compiled for AVX2: each eight of its sums fit a register.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn product_avx2(weights: &Features, features: &Features) -> f32 {
    product_plain(weights, features)
}

#[inline(always)]
fn product_plain(weights: &Features, features: &Features) -> f32 {
    let features = used(features);
    // Sums side by side: none waits for the one before it, and the order of additions is fixed.
    let mut sums = [0.0f32; 32];
    let ((weights, last_weights), (features, last_features)) =
        (weights[..features.len()].as_chunks::<32>(), features.as_chunks::<32>());
    for (weights, features) in weights.iter().zip(features) {
        for lane in 0..32 {
            sums[lane] += weights[lane] * features[lane];
        }
    }
    for ((sum, weight), feature) in sums.iter_mut().zip(last_weights).zip(last_features) {
        *sum += weight * feature;
    }
    for half in [16, 8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::feature::MARKUP;

    #[test]
    fn vector_code_does_what_plain_code_does() {
        let features: Features = std::array::from_fn(|at| (at as f32 * 0.7).sin() * 20.0);
        let weights: Features = std::array::from_fn(|at| (at as f32 * 1.3).cos());
        assert_eq!(product(&weights, &features).to_bits(), product_plain(&weights, &features).to_bits());
    }

    #[test]
    fn a_product_is_the_sum_over_all_features_of_a_page_of_html_or_text() {
        let weights: Features = std::array::from_fn(|at| (at as f32 * 1.3).cos());
        let html: Features = std::array::from_fn(|at| (at as f32 * 0.7).sin());
        let mut text = html;
        text[MARKUP].fill(0.0);
        for features in [html, text] {
            let sum: f64 = weights.iter().zip(&features).map(|(a, b)| f64::from(a * b)).sum();
            assert!((f64::from(product(&weights, &features)) - sum).abs() < 1e-4, "{sum}");
        }
    }

    #[test]
    fn the_model_that_is_compiled_in_can_be_read() {
        let model = Model::parse(include_str!("../weights.json")).unwrap();
        assert_eq!(*Model::built_in(), model);
        assert!(model.weights.iter().flatten().any(|weight| *weight != 0.0));
        assert!(model.revision.is_some_and(|revision| revision.outputs.iter().any(|output| *output != 0.0)));
    }

    #[test]
    fn a_site_moves_the_weights() {
        let mut model = Model::empty();
        (model.weights[0][0], model.weights[0][1]) = (1.0, 2.0);
        let mut features = [0.0; COUNT];
        features[0] = 0.5;
        let score = |prose| {
            let mut conditions = [0.0; CONDITIONS.len()];
            (conditions[0], conditions[1]) = (1.0, prose);
            model.at(&conditions).score(&features)
        };
        assert_eq!((score(0.0), score(-1.0)), (0.5, -0.5));
    }
}
