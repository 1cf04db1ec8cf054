//! Logistic regression on the features of lines: the loss of weights, and which way it falls.

use super::feature::{COUNT, Features, MARKUP, is_of_text, used};

/// A line whose label is known, or taken for known.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Its features.
    pub features: &'a Features,
    /// Its label.
    pub is_content: bool,
    /// What it weighs.
    pub weight: f64,
    /// What it scores besides, in nats, whatever the weights are.
    pub score: f32,
}

/// Mean and deviation of each feature, so that a penalty on weights is fair to all.
#[derive(Debug)]
pub struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

/// What lines add to the loss.
#[derive(Debug)]
pub struct Slope {
    /// Cross entropy of labels and scores, in nats, by the lines' weights.
    pub loss: f64,
    /// What the lines weigh together.
    pub weight: f64,
    /// The slope of the loss by each weight, the bias last.
    pub slope: Vec<f64>,
}

impl Scale {
    /// The scale of these lines.
    pub fn of<'a>(lines: impl Iterator<Item = Labelled<'a>>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            #[allow(unsafe_code)]
            // SAFETY: the processor has AVX2, which is all that `of_avx2` asks for.
            return unsafe { Self::of_avx2(lines) };
        }
        Self::of_plain(lines)
    }

    /// [`Self::of_plain`], compiled for AVX2.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn of_avx2<'a>(lines: impl Iterator<Item = Labelled<'a>>) -> Self {
        Self::of_plain(lines)
    }

    #[inline(always)]
    fn of_plain<'a>(lines: impl Iterator<Item = Labelled<'a>>) -> Self {
        let (mut sum, mut squares, mut all) = (vec![0.0; COUNT], vec![0.0; COUNT], 0.0);
        for Labelled { features, weight, .. } in lines {
            all += weight;
            for ((value, sum), squares) in used(features).iter().zip(&mut sum).zip(&mut squares) {
                *sum += weight * f64::from(*value);
                *squares += weight * f64::from(value * value);
            }
        }
        Self::of_sums(&sum, &squares, all, 1e-3)
    }

    /// The scale of lines that weigh `all` together, from the sums of each of their numbers and of its square; no deviation
    /// is under the `least`.
    #[inline(always)]
    pub fn of_sums(sum: &[f64], squares: &[f64], all: f64, least: f64) -> Self {
        let mean: Vec<f64> = sum.iter().map(|sum| sum / all).collect();
        let deviation =
            squares.iter().zip(&mean).map(|(squares, mean)| (squares / all - mean * mean).max(0.0).sqrt() + least);
        Self { deviation: deviation.collect(), mean }
    }

    /// What weights of features are for features of mean 0 and deviation 1, the bias last.
    pub fn scaled(&self, weights: impl Iterator<Item = f32>, bias: f32) -> Vec<f64> {
        let mut point = Vec::with_capacity(COUNT + 1);
        let mut bias = f64::from(bias);
        for ((weight, mean), deviation) in weights.zip(&self.mean).zip(&self.deviation) {
            let weight = f64::from(weight);
            bias += weight * mean;
            point.push(weight * deviation);
        }
        point.push(bias);
        point
    }

    /// What weights at this scale are for features as they are, and the bias.
    pub fn raw(&self, point: &[f64]) -> (Vec<f32>, f64) {
        let mut bias = point.last().copied().unwrap_or_default();
        let raw = point.iter().zip(&self.mean).zip(&self.deviation).map(|((weight, mean), deviation)| {
            let weight = weight / deviation;
            bias -= weight * mean;
            weight as f32
        });
        (raw.collect(), bias)
    }

    /// What these lines add to the loss of the weights at `point`. On features as they are: the scale goes into weights
    /// and slope.
    pub fn slope<'a>(&self, lines: impl Iterator<Item = Labelled<'a>>, point: &[f64]) -> Slope {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            #[allow(unsafe_code)]
            // SAFETY: the processor has AVX2, which is all that `slope_avx2` asks for.
            return unsafe { self.slope_avx2(lines, point) };
        }
        self.slope_plain(lines, point)
    }

    /// [`Self::slope_plain`], compiled for AVX2: the eight sums of a score fit a register.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn slope_avx2<'a>(&self, lines: impl Iterator<Item = Labelled<'a>>, point: &[f64]) -> Slope {
        self.slope_plain(lines, point)
    }

    #[inline(always)]
    fn slope_plain<'a>(&self, lines: impl Iterator<Item = Labelled<'a>>, point: &[f64]) -> Slope {
        let (raw, bias) = self.raw(point);
        let (mut loss, mut all, mut pull) = (0.0, 0.0, 0.0);
        let mut sums = vec![0.0f32; COUNT];
        for Labelled { features, is_content, weight, score } in lines {
            let is_text = is_of_text(features);
            let sum = if is_text { product::<TEXT>(features, &raw) } else { product::<COUNT>(features, &raw) };
            let score = bias + f64::from(sum) + f64::from(score);
            let score = if is_content { score } else { -score };
            let small = libm::expf(-score.abs() as f32);
            let wrong = f64::from(if score > 0.0 { small } else { 1.0 } / (1.0 + small));
            loss += weight * (f64::from(libm::log1pf(small)) + (-score).max(0.0));
            all += weight;
            let slope = if is_content { -weight * wrong } else { weight * wrong };
            pull += slope;
            let slope = slope as f32;
            if is_text {
                add::<TEXT>(&mut sums, slope, features);
            } else {
                add::<COUNT>(&mut sums, slope, features);
            }
        }
        let mut slope = vec![0.0; COUNT + 1];
        self.add_slope(sums.iter().map(|sum| f64::from(*sum)), pull, &mut slope);
        Slope { loss, weight: all, slope }
    }

    /// Adds to `slope`, that of weights at this scale and of the bias, what the slope by weights of features as they are is
    /// there, and `pull`, that by the bias.
    #[inline(always)]
    pub fn add_slope(&self, sums: impl Iterator<Item = f64>, pull: f64, slope: &mut [f64]) {
        for (((slope, sum), mean), deviation) in slope.iter_mut().zip(sums).zip(&self.mean).zip(&self.deviation) {
            *slope += (sum - pull * mean) / deviation;
        }
        if let Some(bias) = slope.last_mut() {
            *bias += pull;
        }
    }
}

/// Features of a line of text: those behind them are 0 there.
const TEXT: usize = MARKUP.start;

/// The sum of the first `N` features by their weights. Where a loop ends is known when it is compiled: so it is no loop.
#[inline(always)]
fn product<const N: usize>(features: &Features, weights: &[f32]) -> f32 {
    let (Some(features), Some(weights)) = (features.first_chunk::<N>(), weights.first_chunk::<N>()) else { return 0.0 };
    let mut lanes = [0.0f32; 8];
    let ((eights, rest), (weights, last_weights)) = (features.as_chunks::<8>(), weights.as_chunks::<8>());
    for (features, weights) in eights.iter().zip(weights) {
        for lane in 0..8 {
            lanes[lane] += features[lane] * weights[lane];
        }
    }
    lanes.iter_mut().zip(rest).zip(last_weights).for_each(|((lane, a), b)| *lane += a * b);
    lanes.iter().sum()
}

/// Adds the first `N` features, so many times, to `sums`.
#[inline(always)]
fn add<const N: usize>(sums: &mut [f32], times: f32, features: &Features) {
    if let (Some(sums), Some(features)) = (sums.first_chunk_mut::<N>(), features.first_chunk::<N>()) {
        sums.iter_mut().zip(features).for_each(|(sum, feature)| *sum += times * feature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features that differ from line to line, of two means and deviations.
    fn features(line: usize) -> Features {
        std::array::from_fn(|at| ((line * 31 + at * 17) as f32 * 0.37).sin() * (1 + at % 3) as f32 + (at % 2) as f32)
    }

    fn labelled(features: &[Features]) -> impl Iterator<Item = Labelled<'_>> {
        features.iter().enumerate().map(|(at, features)| Labelled {
            features,
            is_content: at % 3 == 0,
            weight: 1.0 + at as f64,
            score: at as f32 * 0.1,
        })
    }

    #[test]
    fn the_slope_is_how_the_loss_changes() {
        // Every other line is one of text.
        let mut features: Vec<Features> = (0..9).map(features).collect();
        features.iter_mut().step_by(2).for_each(|features| features[MARKUP].fill(0.0));
        let scale = Scale::of(labelled(&features));
        let point: Vec<f64> = (0..=COUNT).map(|at| (at as f64 * 0.7).cos() * 0.1).collect();
        let loss = |point: &[f64]| scale.slope(labelled(&features), point).loss;
        let found = scale.slope(labelled(&features), &point);
        assert_eq!(found.weight, 45.0);
        for at in [0, 1, 5, TEXT - 1, TEXT, COUNT - 1, COUNT] {
            let moved = |by: f64| {
                let mut point = point.clone();
                point[at] += by;
                loss(&point)
            };
            let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((slope - found.slope[at]).abs() < 1e-2 * (1.0 + slope.abs()), "{at}: {slope} {}", found.slope[at]);
        }
    }

    #[test]
    fn weights_at_a_scale_are_the_weights_again() {
        let features: Vec<Features> = (0..9).map(features).collect();
        let scale = Scale::of(labelled(&features));
        let weights: Vec<f32> = (0..COUNT).map(|at| (at as f32).sin()).collect();
        let (raw, bias) = scale.raw(&scale.scaled(weights.iter().copied(), 0.5));
        assert!((bias - 0.5).abs() < 1e-5);
        assert!(raw.iter().zip(&weights).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}
