//! Learns what corrects the scores that leave lines in doubt.

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::example::SiteExamples;
use crate::chrome::feature::{COUNT, OF_OTHER_SITES, used};
use crate::chrome::logistic::{Labelled, Scale};
use crate::chrome::minimise::minimise;
use crate::chrome::model::Model;
use crate::chrome::revision::{Beside, INPUTS, NETWORKS, Network, Revision, SURE, Sums, UNITS};
use crate::eval::gold::Label;

/// Steps of the optimiser.
pub const STEPS: usize = 120;
/// Weight of the penalty on what the network weighs inputs and units by, for inputs of deviation 1.
const PENALTY: f64 = 4e-3;
/// Lines in doubt from which there is enough to learn from: a network learns fewer by heart.
const LEAST: usize = 20_000;
/// Added to the deviations of inputs: one that hardly any line has says little of others.
const DEVIATION: f64 = 1e-2;
/// Lines whose slopes are summed up by one thread, one after the other.
const CHUNK: usize = 4096;
/// A unit's weights at the scale of inputs, its bias last.
const COLUMNS: usize = INPUTS + 1;

/// A line in doubt, and what is read of it beside its features.
struct InDoubt<'a> {
    line: Labelled<'a>,
    beside: Beside,
}

/// Learns, in so many steps until it `is_over`, what corrects the scores by `model` of these sites' lines; nothing if few
/// are in doubt.
pub fn learn(sites: &[&SiteExamples], model: &Model, steps: usize, is_over: impl Fn() -> bool) -> Option<Revision> {
    let lines: Vec<Vec<InDoubt<'_>>> = sites.par_iter().map(|site| in_doubt(site, model)).collect();
    let lines: Vec<InDoubt<'_>> = lines.into_iter().flatten().collect();
    (lines.len() >= LEAST).then(|| {
        let goal = Goal::new(&lines);
        let networks = std::array::from_fn::<_, NETWORKS, _>(|number| {
            let steps = (0..steps).take_while(|_| !is_over());
            goal.at(&minimise(start(number), steps, |point, gradient| goal.loss(point, gradient)))
        });
        Revision::mean_of(&networks)
    })
}

/// The judged lines of a site that the scores of a model leave in doubt.
fn in_doubt<'a>(site: &'a SiteExamples, model: &Model) -> Vec<InDoubt<'a>> {
    let weights = site.weights(model);
    let (mut lines, mut sums) = (Vec::new(), Sums::default());
    for page in &site.pages {
        let scores: Vec<f32> = page.lines.iter().map(|line| weights.score(&line.features)).collect();
        sums.set(&scores);
        for (at, (line, score)) in page.lines.iter().zip(&scores).enumerate() {
            if line.label != Label::Unjudged && score.abs() < SURE {
                let beside = sums.beside(weights.prior(), at, &scores);
                lines.push(InDoubt { line: Labelled { score: *score, ..page.labelled(line) }, beside });
            }
        }
    }
    lines
}

/// Whether the weight of this column is learned. What other sites have is chrome in most gold, whose sites are strangers to
/// each other: of sites that share articles a network would learn nothing there, and be sure of it.
fn is_learned(column: usize) -> bool {
    !OF_OTHER_SITES.contains(&column)
}

/// Where the search for the network of this number begins: units that differ, and say little.
fn start(number: usize) -> Vec<f64> {
    let hash = |at: usize| xxh3_64_with_seed(&(at as u64).to_le_bytes(), number as u64);
    let number = |at: usize| hash(at) as f64 / u64::MAX as f64 * 2.0 - 1.0;
    let size = |at: usize| match at % COLUMNS {
        _ if at >= UNITS * COLUMNS => 0.09,
        INPUTS => 0.5,
        column if !is_learned(column) => 0.0,
        _ => (3.0 / INPUTS as f64).sqrt(),
    };
    let units = (0..UNITS * COLUMNS + UNITS).map(|at| size(at) * number(at));
    units.chain([0.0]).collect()
}

/// What a revision is to bring down.
struct Goal<'a> {
    lines: &'a [InDoubt<'a>],
    scale: Scale,
    /// What the lines weigh together.
    all: f64,
}

/// What lines add to the loss, and its slope by what the network weighs by.
struct Slope {
    loss: f64,
    by: Network<UNITS>,
}

impl<'a> Goal<'a> {
    fn new(lines: &'a [InDoubt<'a>]) -> Self {
        let (mut sum, mut squares, mut all) = (vec![0.0; INPUTS], vec![0.0; INPUTS], 0.0);
        for InDoubt { line, beside } in lines {
            all += line.weight;
            for ((value, sum), squares) in line.features.iter().chain(beside).zip(&mut sum).zip(&mut squares) {
                *sum += line.weight * f64::from(*value);
                *squares += line.weight * f64::from(value * value);
            }
        }
        Self { lines, scale: Scale::of_sums(&sum, &squares, all, DEVIATION), all }
    }

    /// The network at a point: of each unit the weights of inputs and its bias, then the outputs, then the constant.
    fn at(&self, point: &[f64]) -> Network<UNITS> {
        let mut network = Network::empty();
        let (units, rest) = point.split_at(UNITS * COLUMNS);
        for (unit, weights) in units.chunks(COLUMNS).enumerate() {
            let (weights, bias) = self.scale.raw(weights);
            network.inputs.iter_mut().zip(weights).for_each(|(row, weight)| row[unit] = weight);
            network.bias[unit] = bias as f32;
        }
        network.outputs.iter_mut().zip(rest).for_each(|(output, weight)| *output = *weight as f32);
        network.constant = rest.last().map_or(0.0, |constant| *constant as f32);
        network
    }

    /// Cross entropy of the labels and the penalty, at `point`, and its gradient.
    fn loss(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let network = self.at(point);
        let slopes: Vec<Slope> = self.lines.par_chunks(CHUNK).map(|lines| Slope::of(lines, &network)).collect();
        gradient.fill(0.0);
        let mut loss = 0.0;
        let (of_units, rest) = gradient.split_at_mut(UNITS * COLUMNS);
        for slope in slopes {
            loss += slope.loss;
            for (unit, gradient) in of_units.chunks_mut(COLUMNS).enumerate() {
                let by_input = slope.by.inputs.iter().map(|row| f64::from(row[unit]));
                self.scale.add_slope(by_input, f64::from(slope.by.bias[unit]), gradient);
            }
            rest.iter_mut()
                .zip(slope.by.outputs.iter().chain([&slope.by.constant]))
                .for_each(|(g, s)| *g += f64::from(*s));
        }
        loss /= self.all;
        for (at, (gradient, weight)) in gradient.iter_mut().zip(point).enumerate() {
            let column = at % COLUMNS;
            if at < UNITS * COLUMNS && !is_learned(column) {
                *gradient = 0.0;
                continue;
            }
            *gradient /= self.all;
            let is_bias = at == UNITS * COLUMNS + UNITS || at < UNITS * COLUMNS && column == INPUTS;
            if !is_bias {
                loss += PENALTY / 2.0 * weight * weight;
                *gradient += PENALTY * weight;
            }
        }
        loss
    }
}

impl Slope {
    fn of(lines: &[InDoubt<'_>], network: &Network<UNITS>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            #[allow(unsafe_code)]
            // SAFETY: the processor has AVX2, which is all that `of_avx2` asks for.
            return unsafe { Self::of_avx2(lines, network) };
        }
        Self::of_plain(lines, network)
    }

    /// [`Self::of_plain`], compiled for AVX2: the slopes of the units fit one register.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn of_avx2(lines: &[InDoubt<'_>], network: &Network<UNITS>) -> Self {
        Self::of_plain(lines, network)
    }

    #[inline(always)]
    fn of_plain(lines: &[InDoubt<'_>], network: &Network<UNITS>) -> Self {
        let mut slope = Self { loss: 0.0, by: Network::empty() };
        for InDoubt { line, beside } in lines {
            let units = network.all_units(network.units(line.features), beside);
            let score = line.score + network.correction(&units);
            let odds = if line.is_content { score } else { -score };
            let small = libm::expf(-odds.abs());
            slope.loss += line.weight * f64::from(libm::log1pf(small) + (-odds).max(0.0));
            let wrong = if odds > 0.0 { small } else { 1.0 } / (1.0 + small) * line.weight as f32;
            let pull = if line.is_content { -wrong } else { wrong };
            slope.by.constant += pull;
            let mut pulls = [0.0; UNITS];
            for unit in 0..UNITS {
                slope.by.outputs[unit] += pull * units[unit].max(0.0);
                pulls[unit] = if units[unit] > 0.0 { pull * network.outputs[unit] } else { 0.0 };
                slope.by.bias[unit] += pulls[unit];
            }
            let (of_features, of_beside) = slope.by.inputs.split_at_mut(COUNT);
            for (rows, values) in [(of_features, used(line.features)), (of_beside, &beside[..])] {
                for (row, value) in rows.iter_mut().zip(values) {
                    row.iter_mut().zip(&pulls).for_each(|(sum, pull)| *sum += value * pull);
                }
            }
        }
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::feature::Features;

    /// Lines whose label hangs on two features together, and on neither alone.
    fn features(lines: usize) -> Vec<Features> {
        let number = |line: usize, at: usize| ((line * 31 + at * 17) as f32 * 0.37).sin();
        (0..lines).map(|line| std::array::from_fn(|at| if at < 6 { number(line, at) } else { 0.0 })).collect()
    }

    fn in_doubt(features: &[Features]) -> Vec<InDoubt<'_>> {
        let labelled = |(at, features)| {
            let features: &Features = features;
            let is_content = features[0] * features[1] > 0.0;
            let beside = std::array::from_fn(|beside| ((at + beside) as f32 * 0.21).cos());
            InDoubt { line: Labelled { features, is_content, weight: 1.0 + (at % 3) as f64, score: 0.1 }, beside }
        };
        features.iter().enumerate().map(labelled).collect()
    }

    #[test]
    fn few_lines_in_doubt_teach_nothing() {
        let examples = super::super::tests::examples(&super::super::tests::gold(&["one.example"]));
        let sites: Vec<&SiteExamples> = examples.sites.iter().collect();
        let model = Model::empty();
        // All of them are in doubt.
        assert!(sites.iter().any(|site| !super::in_doubt(site, &model).is_empty()));
        assert_eq!(learn(&sites, &model, STEPS, || false), None);
    }

    #[test]
    fn the_gradient_is_how_the_loss_changes() {
        let features = features(40);
        let lines = in_doubt(&features);
        let goal = Goal::new(&lines);
        let point = start(0);
        let mut gradient = vec![0.0; point.len()];
        goal.loss(&point, &mut gradient);
        for at in [0, 1, COUNT, INPUTS - 1, INPUTS, COLUMNS, 5 * COLUMNS + 3, UNITS * COLUMNS, point.len() - 1] {
            let moved = |by: f64| {
                let mut point = point.clone();
                point[at] += by;
                goal.loss(&point, &mut vec![0.0; point.len()])
            };
            let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3;
            assert!((slope - gradient[at]).abs() < 2e-3 * (1.0 + slope.abs()), "{at}: {slope} {}", gradient[at]);
        }
    }

    #[test]
    fn what_two_features_say_only_together_is_learned() {
        let features = features(3000);
        let lines = in_doubt(&features);
        let goal = Goal::new(&lines);
        let found = goal.at(&minimise(start(0), 0..60, |point, gradient| goal.loss(point, gradient)));
        let right = lines.iter().filter(|InDoubt { line, beside }| {
            let units = found.all_units(found.units(line.features), beside);
            (line.score + found.correction(&units) > 0.0) == line.is_content
        });
        assert!(right.count() > lines.len() * 9 / 10);
    }
}
