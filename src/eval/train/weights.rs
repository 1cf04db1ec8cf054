//! Learns the weights of features, by logistic regression.

use rayon::prelude::*;

use super::example::{PageExample, SiteExamples, are_labelled};
use super::minimise::minimise;
use crate::chrome::feature::{CONDITIONS, COUNT, Conditions, Features, KINDS, MARKUP, for_kind, kind};
use crate::chrome::model::Model;

/// What it costs to move a weight from where it began, by the square of the way and half of this.
pub struct Penalty {
    bias: f64,
    /// Of a feature's weight, and of what a condition adds to it.
    weights: [f64; 2],
    /// The same where HTML alone sets the feature.
    markup: [f64; 2],
}

impl Penalty {
    /// Where weights begin at nothing: few labelled sites are HTML, and a landmark is the same on all of them.
    pub const FROM_NOTHING: Self = Self { bias: 0.0, weights: [1e-4, 1.2e-3], markup: [1e-3, 0.03] };
    /// Where a model is adapted: so much that few pages move what they are sure of, and that other sites are judged as
    /// before.
    pub const ADAPTED: Self = Self { bias: 1.0, weights: [1.0; 2], markup: [1.0; 2] };

    /// Of the weight of a column; the last column is the bias.
    fn of(&self, condition: usize, column: usize) -> f64 {
        if condition == 0 && column == COUNT {
            return self.bias;
        }
        let penalty = if MARKUP.contains(&column) { &self.markup } else { &self.weights };
        penalty[usize::from(condition > 0)]
    }
}

/// Learns weights of these sites, from those of `start` on, in so many steps until it `is_over`. Of no labels, `start`.
pub fn learn(
    sites: &[&SiteExamples],
    start: &Model,
    penalty: &Penalty,
    steps: usize,
    is_over: impl Fn() -> bool,
) -> Model {
    let mut model = start.clone();
    if !are_labelled(sites) {
        return model;
    }
    let sites: Vec<(&SiteExamples, Conditions)> =
        sites.iter().map(|site| (*site, model.conditions(&site.statistics, site.number))).collect();
    let scale = Scale::of(&sites);
    let parts = sites.iter().flat_map(|(site, conditions)| parts(site, *conditions)).collect();
    let goal = Goal { parts, scale: &scale, start: scale.point(&model), penalty };
    let steps = (0..steps).take_while(|_| !is_over());
    let found = minimise(goal.start.clone(), steps, |point, gradient| goal.loss(point, gradient));
    scale.set(&mut model, &found);
    model
}

/// Mean and deviation of each feature, so that the penalty is fair to all.
struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    fn of(sites: &[(&SiteExamples, Conditions)]) -> Self {
        let (mut sum, mut squares, mut all) = (vec![0.0; COUNT], vec![0.0; COUNT], 0.0);
        for (features, _, weight) in sites.iter().flat_map(|(site, _)| &site.pages).flat_map(PageExample::judged) {
            all += weight;
            for ((value, sum), squares) in features.iter().zip(&mut sum).zip(&mut squares) {
                *sum += weight * f64::from(*value);
                *squares += weight * f64::from(value * value);
            }
        }
        let mean: Vec<f64> = sum.iter().map(|sum| sum / all).collect();
        let deviation =
            squares.iter().zip(&mean).map(|(squares, mean)| (squares / all - mean * mean).max(0.0).sqrt() + 1e-3);
        Self { deviation: deviation.collect(), mean }
    }

    /// The weights of a model, for features of mean 0 and deviation 1: those of each condition, its bias last.
    fn point(&self, model: &Model) -> Vec<f64> {
        let mut point = Vec::with_capacity((COUNT + 1) * CONDITIONS.len());
        for condition in 0..CONDITIONS.len() {
            let mut bias = f64::from(model.bias[condition]);
            for ((row, mean), deviation) in model.weights.iter().zip(&self.mean).zip(&self.deviation) {
                let weight = f64::from(row[condition]);
                bias += weight * mean;
                point.push(weight * deviation);
            }
            point.push(bias);
        }
        point
    }

    /// Gives a model the weights that stand at `point`.
    fn set(&self, model: &mut Model, point: &[f64]) {
        for (condition, weights) in point.chunks(COUNT + 1).enumerate() {
            let mut bias = weights.last().copied().unwrap_or_default();
            for (((row, weight), mean), deviation) in
                model.weights.iter_mut().zip(weights).zip(&self.mean).zip(&self.deviation)
            {
                let weight = weight / deviation;
                bias -= weight * mean;
                row[condition] = weight as f32;
            }
            model.bias[condition] = bias as f32;
        }
    }
}

/// The judged lines of one kind on one site: features, whether they are content, and what they weigh.
struct Part<'a> {
    conditions: Conditions,
    lines: Vec<(&'a Features, bool, f64)>,
}

fn parts(site: &SiteExamples, conditions: Conditions) -> impl Iterator<Item = Part<'_>> {
    let mut lines: [Vec<_>; KINDS] = Default::default();
    for line in site.pages.iter().flat_map(PageExample::judged) {
        lines[kind(line.0)].push(line);
    }
    let of_kind = move |(kind, lines)| Part { conditions: for_kind(conditions, kind), lines };
    lines.into_iter().enumerate().map(of_kind).filter(|part| !part.lines.is_empty())
}

/// What weights are to bring down.
struct Goal<'a> {
    parts: Vec<Part<'a>>,
    scale: &'a Scale,
    /// The point that weights are drawn to.
    start: Vec<f64>,
    penalty: &'a Penalty,
}

impl Goal<'_> {
    /// Cross entropy of the labels and the penalty, at `point`, and its gradient.
    fn loss(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let columns = COUNT + 1;
        let slopes: Vec<Slope> = self.parts.par_iter().map(|part| part.slope(self.scale, point)).collect();
        gradient.fill(0.0);
        let (mut total, mut all) = (0.0, 0.0);
        for (part, slope) in self.parts.iter().zip(slopes) {
            total += slope.loss;
            all += slope.weight;
            for (condition, gradient) in part.conditions.iter().zip(gradient.chunks_mut(columns)) {
                for (gradient, slope) in gradient.iter_mut().zip(&slope.slope) {
                    *gradient += f64::from(*condition) * slope;
                }
            }
        }
        gradient.iter_mut().for_each(|g| *g /= all);
        let mut loss = total / all;
        for (i, ((gradient, weight), start)) in gradient.iter_mut().zip(point).zip(&self.start).enumerate() {
            let moved = weight - start;
            let penalty = self.penalty.of(i / columns, i % columns);
            loss += penalty / 2.0 * moved * moved;
            *gradient += penalty * moved;
        }
        loss
    }
}

/// What the lines of a part add to the loss.
struct Slope {
    loss: f64,
    weight: f64,
    /// The slope of the loss by the weights that hold there.
    slope: Vec<f64>,
}

impl Part<'_> {
    fn slope(&self, scale: &Scale, point: &[f64]) -> Slope {
        let columns = COUNT + 1;
        let mut here = vec![0.0; columns];
        for (condition, weights) in self.conditions.iter().zip(point.chunks(columns)) {
            here.iter_mut().zip(weights).for_each(|(here, weight)| *here += f64::from(*condition) * weight);
        }
        // On features as they are: the scale goes into weights and slope.
        let mut bias = here[COUNT];
        let raw: Vec<f32> = (0..COUNT)
            .map(|i| {
                let weight = here[i] / scale.deviation[i];
                bias -= weight * scale.mean[i];
                weight as f32
            })
            .collect();
        let (mut loss, mut all, mut pull) = (0.0, 0.0, 0.0);
        let mut sums = vec![0.0f32; COUNT];
        for (features, is_content, weight) in self.lines.iter().copied() {
            let mut lanes = [0.0f32; 8];
            for (features, raw) in features.chunks(8).zip(raw.chunks(8)) {
                lanes.iter_mut().zip(features).zip(raw).for_each(|((lane, a), b)| *lane += a * b);
            }
            let score = bias + f64::from(lanes.iter().sum::<f32>());
            let score = if is_content { score } else { -score };
            let small = libm::expf(-score.abs() as f32);
            let wrong = f64::from(if score > 0.0 { small } else { 1.0 } / (1.0 + small));
            loss += weight * (f64::from(libm::log1pf(small)) + (-score).max(0.0));
            all += weight;
            let slope = if is_content { -weight * wrong } else { weight * wrong };
            pull += slope;
            let slope = slope as f32;
            sums.iter_mut().zip(features).for_each(|(sum, feature)| *sum += slope * feature);
        }
        let mut slope: Vec<f64> =
            (0..COUNT).map(|i| (f64::from(sums[i]) - pull * scale.mean[i]) / scale.deviation[i]).collect();
        slope.push(pull);
        Slope { loss, weight: all, slope }
    }
}
