//! The weights that turn a line's features into the odds that it is content, and those that the decoder takes.
//!
//! A score is linear in the features: how much one counts is its weight, moved by what kind of site it is, so that one
//! model serves a newspaper, where a short line beside the article is a teaser, and a manual, where it is a parameter.
//! `weights.json` holds the model that is compiled in, with the figures it was chosen by; `dehusk eval --train` makes
//! such a file of labelled pages.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::feature::{CONDITIONS, COUNT, Conditions, Features, KINDS, NAMES, conditions, for_kind, kind, used};
use super::statistics::{self, Statistics};
use crate::error::{Error, Result};
use crate::page::visible;

/// The version of the form of the file.
const VERSION: u32 = 2;

/// A model: weights and what the decoder takes. [`Model::built_in`] is the one compiled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// For each feature its weight in nats, then what each condition of the site adds to it.
    pub weights: Vec<Weights>,
    /// The same for what every line has.
    pub bias: Weights,
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

/// The odds that short rare text is content on a site, from the site's statistics: a logistic regression over sites.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// The odds in nats where all statistics are 0.
    pub bias: f32,
    /// What each statistic adds.
    pub weights: [f32; statistics::COUNT],
}

/// What no number of a model reaches: weights are of the order of 1, and sums of larger ones would be no numbers.
const LARGEST: f32 = 1e9;

/// What the odds of a prior are at most, in nats.
const SUREST: f32 = 3.5;

impl Prior {
    /// The odds for a site of these statistics, in nats.
    pub fn of(&self, statistics: &Statistics) -> f32 {
        let sum: f32 = statistics.values().iter().zip(&self.weights).map(|(value, weight)| value * weight).sum();
        (self.bias + sum).clamp(-SUREST, SUREST)
    }
}

/// The file, with names for indices.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    about: serde_json::Value,
    decoder: Decoder,
    #[serde(default = "by_default")]
    self_training: bool,
    /// The prior's weights by the names of the statistics; its bias.
    prior: BTreeMap<String, f32>,
    /// Names of the columns of `weights`: the weight itself, then what moves it.
    conditions: Vec<String>,
    bias: Vec<f32>,
    weights: BTreeMap<String, Vec<f32>>,
}

fn by_default() -> bool {
    true
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// When the text is not JSON of this form, or its features are not those of this version of dehusk.
    pub fn parse(json: &str) -> Result<Self> {
        let wrong =
            |what: String| Error::settings(format!("{what}; `dehusk eval --train` makes a model for this version"));
        let mut file: File = serde_json::from_str(json).map_err(|e| wrong(format!("this is no model: {e}")))?;
        if file.version != VERSION {
            return Err(wrong(format!("this is a model of version {}, not {VERSION}", file.version)));
        }
        if file.conditions != CONDITIONS {
            return Err(wrong("the model's conditions are not those of this version".to_owned()));
        }
        let row = |name: &str, row: Vec<f32>| {
            let row: Result<Weights, _> = row.try_into();
            row.map_err(|row| wrong(format!("'{name}' has {} weights, not {}", row.len(), CONDITIONS.len())))
        };
        let bias = row("bias", file.bias)?;
        let mut weights = Vec::with_capacity(COUNT);
        for name in NAMES {
            let found =
                file.weights.remove(*name).ok_or_else(|| wrong(format!("the model lacks the feature '{name}'")))?;
            weights.push(row(name, found)?);
        }
        if let Some((name, _)) = file.weights.pop_first() {
            return Err(wrong(format!("the model has a feature '{name}' that this version does not know")));
        }
        let mut of_prior = |name: &str| {
            file.prior.remove(name).ok_or_else(|| wrong(format!("the model's prior lacks the statistic '{name}'")))
        };
        let mut prior = Prior { bias: of_prior("bias")?, weights: [0.0; statistics::COUNT] };
        for (weight, name) in prior.weights.iter_mut().zip(statistics::NAMES) {
            *weight = of_prior(name)?;
        }
        if let Some((name, _)) = file.prior.pop_first() {
            return Err(wrong(format!("the model's prior has a statistic '{name}' that this version does not know")));
        }
        let File { decoder, self_training, about, .. } = file;
        // JSON may hold them, but nothing can be reckoned with them.
        let is_sound = |numbers: &[f32]| numbers.iter().all(|number| number.abs() < LARGEST);
        let of_site = [&[prior.bias, decoder.switch, decoder.length_power], &prior.weights[..]];
        if !of_site.into_iter().chain(weights.iter().chain([&bias]).map(|row| &row[..])).all(is_sound) {
            return Err(wrong(format!("the model has a number of {LARGEST} or more")));
        }
        if decoder.switch < 0.0 {
            return Err(wrong("the model's decoder has a negative switch".to_owned()));
        }
        Ok(Self { weights, bias, decoder, prior, self_training, about })
    }

    /// Reads the model in a file.
    ///
    /// # Errors
    /// When the file cannot be read; as [`parse`](Self::parse).
    pub fn load(path: &Path) -> Result<Self> {
        let json = std::fs::read_to_string(path).map_err(Error::reading(path))?;
        Self::parse(&json).map_err(|e| Error::settings(format!("{}: {e}", visible(&path.display().to_string()))))
    }

    /// The model as text, one feature a line, as [`parse`](Self::parse) reads it.
    pub fn write(&self) -> String {
        let row = |row: &Weights| {
            let row: Vec<String> = row.iter().map(|weight| format!("{weight:.4}")).collect();
            format!("[{}]", row.join(", "))
        };
        let weights: Vec<String> = NAMES
            .iter()
            .zip(&self.weights)
            .map(|(name, weights)| format!("    \"{name}\": {}", row(weights)))
            .collect();
        let json = |value: &serde_json::Value| format!("{value:#}").replace('\n', "\n  ");
        let named = statistics::NAMES.iter().zip(&self.prior.weights);
        let prior: Vec<String> = std::iter::once((&"bias", &self.prior.bias))
            .chain(named)
            .map(|(name, weight)| format!("\"{name}\": {weight:.4}"))
            .collect();
        let Decoder { switch, length_power } = self.decoder;
        let self_training = self.self_training;
        let conditions = serde_json::to_value(CONDITIONS).unwrap_or_default();
        format!(
            "{{\n  \"version\": {VERSION},\n  \"about\": {},\n  \"decoder\": {{\"switch\": {switch}, \"length_power\": {length_power}}},\n  \"self_training\": {self_training},\n  \"prior\": {{{}}},\n  \"conditions\": {conditions},\n  \
             \"bias\": {},\n  \"weights\": {{\n{}\n  }}\n}}\n",
            json(&self.about),
            prior.join(", "),
            row(&self.bias),
            weights.join(",\n")
        )
    }

    /// The model that is compiled in.
    pub fn built_in() -> Arc<Self> {
        static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
            // A test reads the file: if it cannot be read, all lines are content.
            Arc::new(Model::parse(include_str!("weights.json")).unwrap_or_else(|_| Model::empty()))
        });
        Arc::clone(&MODEL)
    }

    /// A model without an opinion.
    pub fn empty() -> Self {
        Self {
            weights: vec![[0.0; CONDITIONS.len()]; COUNT],
            bias: [0.0; CONDITIONS.len()],
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
        SiteWeights(std::array::from_fn(|kind| self.of_kind(&for_kind(*conditions, kind))))
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
pub struct SiteWeights([KindWeights; KINDS]);

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
        for kind in &mut self.0 {
            kind.bias += shift.bias;
            kind.weights.iter_mut().zip(&shift.weights).for_each(|(weight, shift)| *weight += shift);
        }
    }

    /// The logarithm of the odds that a line of these features is content, in nats.
    pub fn score(&self, features: &Features) -> f32 {
        let KindWeights { weights, bias } = &self.0[kind(features)];
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
        let model = Model::parse(include_str!("weights.json")).unwrap();
        assert_eq!(*Model::built_in(), model);
        assert!(model.weights.iter().flatten().any(|weight| *weight != 0.0));
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut model = Model::empty();
        model.weights[3][2] = -0.125;
        model.bias[0] = 1.5;
        (model.prior.bias, model.prior.weights[4]) = (-0.5, 2.25);
        model.about = serde_json::json!({"made from": ["a", "b"]});
        for self_training in [true, false] {
            model.self_training = self_training;
            assert_eq!(Model::parse(&model.write()).unwrap(), model);
        }
        // Files of former versions do not say.
        let former = model.write().replace("  \"self_training\": false,\n", "");
        assert_eq!(Model::parse(&former).unwrap(), Model { self_training: true, ..model });
    }

    #[test]
    fn a_model_of_other_features_is_refused_with_a_remedy() {
        let good = Model::empty().write();
        for (from, to, what) in [
            ("\"rarity\"", "\"rareness\"", "lacks the feature 'rarity'"),
            ("\"version\": 2", "\"version\": 9", "version 9, not 2"),
            ("\"prior_squared\"", "\"fixed\"", "conditions"),
            ("\"tiny\"", "\"small one\"", "lacks the statistic 'tiny'"),
            ("[0.0000, ", "[", "has 13 weights, not 14"),
            ("[0.0000, ", "[1e30, ", "a number of 1000000000 or more"),
            ("\"switch\": 1", "\"switch\": -1", "negative switch"),
            ("{", "", "no model"),
        ] {
            let message = Model::parse(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(message.contains(what) && message.contains("--train"), "{message}");
        }
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
