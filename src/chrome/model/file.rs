//! A model as a file: JSON with a row for each feature, by its name.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Decoder, Model, Prior, Weights};
use crate::chrome::feature::{CONDITIONS, COUNT, NAMES};
use crate::chrome::revision::{self, Revision};
use crate::chrome::statistics;
use crate::error::{Error, Result};
use crate::page::visible;

/// The version of the form of the file.
const VERSION: u32 = 2;

/// What no number of a model reaches: weights are of the order of 1, and sums of larger ones would be no numbers.
const LARGEST: f32 = 1e9;

/// The file, with names for indices.
#[derive(Deserialize)]
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
    #[serde(default)]
    revision: Option<RevisionFile>,
}

/// A [`Revision`], of which each row has a number for each unit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevisionFile {
    constant: f32,
    bias: Vec<f32>,
    outputs: Vec<f32>,
    inputs: BTreeMap<String, Vec<f32>>,
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
        let revision = file.revision.map(|revision| parse_revision(revision).map_err(wrong)).transpose()?;
        // JSON may hold them, but nothing can be reckoned with them.
        let is_sound = |numbers: &[f32]| numbers.iter().all(|number| number.abs() < LARGEST);
        let of_site = [&[prior.bias, decoder.switch, decoder.length_power], &prior.weights[..]];
        let of_units = revision.iter().flat_map(|revision| {
            let Revision { inputs, bias, outputs, constant } = revision;
            inputs.iter().chain([bias, outputs]).map(|row| &row[..]).chain([std::slice::from_ref(constant)])
        });
        let of_features = weights.iter().chain([&bias]).map(|row| &row[..]);
        if !of_site.into_iter().chain(of_features).chain(of_units).all(is_sound) {
            return Err(wrong(format!("the model has a number of {LARGEST} or more")));
        }
        if decoder.switch < 0.0 {
            return Err(wrong("the model's decoder has a negative switch".to_owned()));
        }
        Ok(Self { weights, bias, revision, decoder, prior, self_training, about })
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
        let weights = rows("    ", NAMES.iter().zip(&self.weights).map(|(name, weights)| (*name, &weights[..])));
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
             \"bias\": {},\n  \"weights\": {{\n{weights}\n  }}{}\n}}\n",
            json(&self.about),
            prior.join(", "),
            row(&self.bias),
            self.revision.as_ref().map(write_revision).unwrap_or_default(),
        )
    }
}

/// A row of a model's file.
fn row(row: &[f32]) -> String {
    let row: Vec<String> = row.iter().map(|weight| format!("{weight:.4}")).collect();
    format!("[{}]", row.join(", "))
}

/// Rows with their names, one a line, this far to the right.
fn rows<'a>(indent: &str, named: impl Iterator<Item = (&'a str, &'a [f32])>) -> String {
    named.map(|(name, weights)| format!("{indent}\"{name}\": {}", row(weights))).collect::<Vec<_>>().join(",\n")
}

fn write_revision(Revision { inputs, bias, outputs, constant }: &Revision) -> String {
    let named = NAMES.iter().chain(revision::BESIDE).zip(inputs).map(|(name, row)| (*name, &row[..]));
    format!(
        ",\n  \"revision\": {{\n    \"constant\": {constant:.4},\n    \"bias\": {},\n    \"outputs\": {},\n    \"inputs\": \
         {{\n{}\n    }}\n  }}",
        row(bias),
        row(outputs),
        rows("      ", named),
    )
}

fn parse_revision(mut file: RevisionFile) -> Result<Revision, String> {
    let units = |name: &str, row: Vec<f32>| {
        let units = revision::NETWORKS * revision::UNITS;
        row.try_into()
            .map_err(|row: Vec<f32>| format!("the revision's '{name}' has {} weights, not {units}", row.len()))
    };
    let mut inputs = Vec::with_capacity(revision::INPUTS);
    for name in NAMES.iter().chain(revision::BESIDE) {
        let row = file.inputs.remove(*name).ok_or_else(|| format!("the revision lacks the input '{name}'"))?;
        inputs.push(units(name, row)?);
    }
    if let Some((name, _)) = file.inputs.pop_first() {
        return Err(format!("the revision has an input '{name}' that this version does not know"));
    }
    let (bias, outputs) = (units("bias", file.bias)?, units("outputs", file.outputs)?);
    Ok(Revision { inputs, bias, outputs, constant: file.constant })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::revision::tests::of_input;

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
        let mut revision = of_input("score_after", 0.75);
        (revision.bias[3], revision.constant) = (-0.5, 0.125);
        model.revision = Some(revision);
        assert_eq!(Model::parse(&model.write()).unwrap(), model);
        model.revision = None;
        // Files of former versions do not say.
        let former = model.write().replace("  \"self_training\": false,\n", "");
        assert_eq!(Model::parse(&former).unwrap(), Model { self_training: true, ..model });
    }

    #[test]
    fn a_model_of_other_features_is_refused_with_a_remedy() {
        let revision = of_input("score_after", 0.75);
        let units = revision.outputs.len();
        let one_more = format!("the revision's 'outputs' has {} weights, not {units}", units + 1);
        let good = Model { revision: Some(revision), ..Model::empty() }.write();
        for (from, to, what) in [
            ("\"score_after\"", "\"score_behind\"", "the revision lacks the input 'score_after'"),
            ("\"score_after\"", "\"more\": [1.0], \"score_after\"", "an input 'more'"),
            ("\"outputs\": [", "\"outputs\": [0.0, ", &*one_more),
            ("\"outputs\": [0.7500", "\"outputs\": [1e30", "a number of 1000000000 or more"),
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
}
