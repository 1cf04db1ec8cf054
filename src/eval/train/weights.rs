//! Learns the weights of features, by logistic regression.

use rayon::prelude::*;

use super::example::{PageExample, SiteExamples, are_labelled};
use crate::chrome::feature::{CONDITIONS, COUNT, Conditions, KINDS, MARKUP, for_kind, kind};
use crate::chrome::logistic::{Labelled, Scale, Slope};
use crate::chrome::minimise::minimise;
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
    let lines = || sites.iter().flat_map(|(site, _)| &site.pages).flat_map(PageExample::judged);
    let scale = Scale::of(lines());
    let parts = sites.iter().flat_map(|(site, conditions)| parts(site, *conditions)).collect();
    let goal = Goal { parts, scale: &scale, start: point(&scale, &model), penalty };
    let steps = (0..steps).take_while(|_| !is_over());
    let found = minimise(goal.start.clone(), steps, |point, gradient| goal.loss(point, gradient));
    set(&scale, &mut model, &found);
    model
}

/// The weights of a model at a scale: those of each condition, its bias last.
fn point(scale: &Scale, model: &Model) -> Vec<f64> {
    let of_condition =
        |condition: usize| scale.scaled(model.weights.iter().map(move |row| row[condition]), model.bias[condition]);
    (0..CONDITIONS.len()).flat_map(of_condition).collect()
}

/// Gives a model the weights that stand at `point`.
fn set(scale: &Scale, model: &mut Model, point: &[f64]) {
    for (condition, weights) in point.chunks(COUNT + 1).enumerate() {
        let (weights, bias) = scale.raw(weights);
        model.weights.iter_mut().zip(weights).for_each(|(row, weight)| row[condition] = weight);
        model.bias[condition] = bias as f32;
    }
}

/// The judged lines of one kind on one site.
struct Part<'a> {
    conditions: Conditions,
    lines: Vec<Labelled<'a>>,
}

fn parts(site: &SiteExamples, conditions: Conditions) -> impl Iterator<Item = Part<'_>> {
    let mut lines: [Vec<_>; KINDS] = Default::default();
    for line in site.pages.iter().flat_map(PageExample::judged) {
        lines[kind(line.features)].push(line);
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

impl Part<'_> {
    /// What the lines add to the loss, and its slope by the weights that hold there.
    fn slope(&self, scale: &Scale, point: &[f64]) -> Slope {
        let columns = COUNT + 1;
        let mut here = vec![0.0; columns];
        for (condition, weights) in self.conditions.iter().zip(point.chunks(columns)) {
            here.iter_mut().zip(weights).for_each(|(here, weight)| *here += f64::from(*condition) * weight);
        }
        scale.slope(self.lines.iter().copied(), &here)
    }
}
